"""What does not work is said in the same way at every door: RFC 9457, stable codes, and nothing half-done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from deploy.engines import SERVICES
from tests.journeys.story import Story, code

NOBODY = "01890a5d-ac96-774b-bcce-000000000000"


@dataclass
class Door:
    """One service's way in: how something is created, read and edited there, by whom, and who may not."""

    story: Story
    client: httpx.Client
    wrong_role: httpx.Client
    anybody: httpx.Client
    create: str
    form: Callable[[], dict[str, Any]]
    other_form: Callable[[dict[str, Any]], dict[str, Any]]
    read: Callable[[str], str]
    edit: Callable[[str], tuple[str, str, dict[str, Any]]]

    def created(self) -> str:
        """The id of something new."""
        return str(self.story.done(self.story.say(self.client, "POST", self.create, self.form()), 201)["id"])


def _directory(story: Story) -> Door:
    return Door(
        story,
        story.office("directory"),
        story.client("directory", "moderator"),
        story.client("directory"),
        "/centers",
        lambda: story.registration("Mateřské centrum"),
        lambda form: {**form, "founded": 1999},
        lambda id: f"/centers/{id}",
        lambda id: ("PATCH", f"/centers/{id}", {"founded": 1992}),
    )


def _exchange(story: Story) -> Door:
    def form() -> dict[str, Any]:
        center = story.registered("Haus")
        story.asks(center, topic="digital-tools", language="xx")  # from now on the exchange knows it
        return {"center": center, "topics": ["digital-tools"], "languages": ["eo"], "capacity": 6}

    return Door(
        story,
        story.office("exchange"),
        story.client("exchange", "editor"),
        story.client("exchange"),
        "/host-offers",
        form,
        lambda form: {**form, "capacity": 5},
        lambda id: f"/host-offers/{id}",
        lambda id: ("PATCH", f"/host-offers/{id}", {"capacity": 4}),
    )


def _newsletter(story: Story) -> Door:
    editor = story.client("newsletter", "editor")
    return Door(
        story,
        editor,
        story.client("newsletter", "center", centers=["somewhere"]),
        story.client("newsletter"),
        "/issues",
        lambda: {"language": "en", "title": "Spring", "introduction": "Dear readers,"},
        lambda form: {**form, "title": "Autumn"},
        lambda id: f"/issues/{id}",
        lambda id: ("PUT", f"/issues/{id}/texts/de", {"title": "Frühling", "introduction": "Liebe Leserinnen,"}),
    )


def _campaign(story: Story) -> Door:
    def form(title: str = "What families need") -> dict[str, Any]:
        return {
            "title": {"en": title},
            "question": {"en": "What do families need where you live?"},
            "questionnaires": ["good-child-raising"],
            "phases": [{"key": "collect", "title": {"en": "Talking in rooms"}, "collects": True}],
            "opens": str(story.day(0)),
        }

    return Door(
        story,
        story.office("campaign"),
        story.client("campaign", "center", centers=["somewhere"]),
        story.client("campaign"),
        "/campaigns",
        form,
        lambda form: {**form, "title": {"en": "What fathers need"}},
        lambda id: f"/campaigns/{id}/plan",
        lambda id: ("PUT", f"/campaigns/{id}/plan", form("What children need")),
    )


@pytest.fixture(params=SERVICES)
def door(request: pytest.FixtureRequest, story: Story) -> Door:
    """The way into each service in turn."""
    ways = {"directory": _directory, "exchange": _exchange, "newsletter": _newsletter, "campaign": _campaign}
    return ways[request.param](story)


def _problem(answer: httpx.Response, status: int, expected: str) -> None:
    assert (answer.status_code, code(answer)) == (status, expected), answer.text


def test_a_body_that_is_not_json_is_refused(door: Door):
    headers = {"Idempotency-Key": door.story.key(), "Content-Type": "application/json"}
    _problem(door.client.post(door.create, content=b'{"name": ', headers=headers), 422, "invalid-input")


def test_a_field_that_nobody_asked_for_is_named_and_not_repeated(door: Door):
    form = {**door.form(), "shoe_size": "thirty-eight"}
    answer = door.story.say(door.client, "POST", door.create, form)
    _problem(answer, 422, "invalid-input")
    assert "/shoe_size" in [error["pointer"] for error in answer.json()["errors"]]
    assert "thirty-eight" not in answer.text


def test_a_body_of_five_megabytes_is_too_large(door: Door):
    headers = {"Idempotency-Key": door.story.key(), "Content-Type": "application/json"}
    answer = door.client.post(door.create, content=b'{"name": "' + b"x" * 5_000_000 + b'"}', headers=headers)
    _problem(answer, 413, "too-large")
    assert door.client.get("/health/live").status_code == 200


def test_what_is_not_there_is_not_found(door: Door):
    _problem(door.client.get(door.read(NOBODY)), 404, "not-found")
    _problem(door.client.get("/no/such/path"), 404, "no-such-path")


def test_a_command_without_a_key_is_not_carried_out(door: Door):
    _problem(door.client.post(door.create, json=door.form()), 400, "idempotency-key-missing")


def test_an_edit_needs_the_version_it_is_based_on_and_a_stale_one_is_refused(door: Door):
    id = door.created()
    method, path, body = door.edit(id)
    _problem(door.story.say(door.client, method, path, body), 428, "if-match-missing")
    seen = door.client.get(door.read(id)).headers["ETag"]
    door.story.done(door.story.say(door.client, method, path, body, If_Match=seen))
    _problem(door.story.say(door.client, method, path, body, If_Match=seen), 412, "stale-version")
    _problem(door.story.say(door.client, method, path, body, If_Match="seven"), 400, "if-match-malformed")


def test_a_repeated_command_gets_the_same_answer_and_its_key_serves_for_nothing_else(door: Door):
    key, form = door.story.key(), door.form()
    first = door.story.say(door.client, "POST", door.create, form, key=key)
    again = door.story.say(door.client, "POST", door.create, form, key=key)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    other = door.story.say(door.client, "POST", door.create, door.other_form(form), key=key)
    _problem(other, 422, "idempotency-key-reused")


def test_nobody_without_a_token_and_nobody_in_the_wrong_role_may_do_it(door: Door):
    form = door.form()
    without = door.story.say(door.anybody, "POST", door.create, form)
    _problem(without, 401, "unauthenticated")
    assert without.headers["WWW-Authenticate"] == "Bearer"
    forged = door.story.say(door.anybody, "POST", door.create, form, Authorization="Bearer e30.e30.e30")
    _problem(forged, 401, "unauthenticated")
    assert 'error="invalid_token"' in forged.headers["WWW-Authenticate"]
    _problem(door.story.say(door.wrong_role, "POST", door.create, form), 403, "forbidden")


def test_who_has_the_present_version_is_not_sent_it_again(door: Door):
    id = door.created()
    first = door.client.get(door.read(id))
    again = door.client.get(door.read(id), headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    method, path, body = door.edit(id)
    door.story.done(door.story.say(door.client, method, path, body, If_Match=first.headers["ETag"]))
    changed = door.client.get(door.read(id), headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_health_and_numbers_are_there_for_everybody(door: Door):
    door.created()
    assert door.anybody.get("/health/live").json()["ok"] is True
    ready = door.anybody.get("/health/ready")
    assert ready.status_code == 200
    assert {"store", "broker", "consumer"} <= set(ready.json()["parts"])
    numbers = door.anybody.get("/metrics").text
    assert 'mine_command_seconds_count{aggregate="' in numbers
    assert "mine_outbox_events" in numbers


def test_administration_is_for_the_office_only(door: Door):
    for path in ("/admin/status", "/admin/dead-letters"):
        assert door.anybody.get(path).status_code == 401
        assert door.wrong_role.get(path).status_code == 403
