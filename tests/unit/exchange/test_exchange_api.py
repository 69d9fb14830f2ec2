"""Who may see and do what over HTTP, and how the answers look."""

from typing import Any

import pytest

from shared.events.directory import center as told
from shared.http.app import create_app
from shared.security.policy import unguarded_routes
from tests.unit.exchange.conftest import Story

REQUEST: dict[str, Any] = {
    "guest": "praha",
    "questions": [{"topic": "founding-a-center", "text": "Wie habt ihr angefangen?", "language": "de"}],
    "party": {"guests": 4, "children": 1},
    "window": {"first": "2026-09-01", "last": "2026-09-30"},
    "length": 3,
    "languages": ["de"],
}
OFFER: dict[str, Any] = {
    "center": "muenchen",
    "topics": ["founding-a-center"],
    "languages": ["de"],
    "capacity": 4,
}


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:mine:problem:")


async def test_a_center_that_is_not_known_yet_is_told_to_try_again(story: Story) -> None:
    for path, body in (("/visits", REQUEST), ("/host-offers", OFFER)):
        center = story.center(body.get("guest") or body["center"])
        answer = await story.say(center, path, body)
        assert problem(answer) == (409, "center-unknown")
        assert answer.headers["Retry-After"] == "5"
    await story.directory("praha")
    assert (await story.say(story.center("praha"), "/visits", REQUEST)).status_code == 201


async def test_a_center_that_cannot_host_is_told_why(story: Story) -> None:
    await story.directory("muenchen")
    await story.directory("muenchen", told.CenterPaused(reason="crisis"), status=told.CenterStatus.PAUSED)
    answer = await story.say(story.center("muenchen"), "/host-offers", OFFER)
    assert problem(answer) == (409, "center-cannot-host")
    assert answer.json()["reasons"] == ["center-paused"]


async def test_one_offer_per_center_and_a_repeat_is_no_second_one(story: Story) -> None:
    await story.directory("muenchen")
    muenchen = story.center("muenchen")
    first = await story.say(muenchen, "/host-offers", OFFER, key="same")
    assert (first.status_code, first.headers["Location"]) == (201, "/host-offers/muenchen")
    again = await story.say(muenchen, "/host-offers", OFFER, key="same")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert problem(await story.say(muenchen, "/host-offers", OFFER)) == (409, "already-exists")
    other = {**OFFER, "capacity": 5}
    assert problem(await story.say(muenchen, "/host-offers", other, key="same")) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity": 0},
        {"topics": []},
        {"languages": ["Deutsch"]},
        {"seasons": [{"first": "2026-05-02", "last": "2026-05-01"}]},
        {"surprise": True},
    ],
)
async def test_offers_of_the_wrong_form_are_refused(story: Story, wrong: dict[str, Any]) -> None:
    await story.directory("muenchen")
    answer = await story.say(story.center("muenchen"), "/host-offers", {**OFFER, **wrong})
    assert problem(answer) == (422, "invalid-input")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"party": {"guests": 7}}, "invalid-input"),
        ({"party": {"guests": 2, "children": 2}}, "request-impossible"),
        ({"length": 0}, "invalid-input"),
        ({"window": {"first": "2026-09-01", "last": "2026-09-02"}}, "request-impossible"),
        ({"questions": [{"topic": "knitting", "text": "?", "language": "de"}]}, "unknown-topic"),
        ({"questions": []}, "invalid-input"),
    ],
)
async def test_requests_that_make_no_sense_are_refused(story: Story, wrong: dict[str, Any], code: str) -> None:
    await story.directory("praha")
    assert problem(await story.say(story.center("praha"), "/visits", {**REQUEST, **wrong})) == (422, code)


async def test_an_offer_is_edited_on_the_version_that_was_read(story: Story) -> None:
    await story.hosts("muenchen")
    muenchen = story.center("muenchen")
    path = "/host-offers/muenchen"

    async def patch(body: Any, key: str, tag: str | None) -> Any:
        headers = {"Idempotency-Key": key, **({"If-Match": tag} if tag else {})}
        return await muenchen.patch(path, json=body, headers=headers)

    tag = (await muenchen.get(path)).headers["ETag"]
    assert problem(await patch({"capacity": 8}, "a", None)) == (428, "if-match-missing")
    assert (
        await patch({"capacity": 8, "blocked": [{"first": "2026-08-01", "last": "2026-08-31"}]}, "b", tag)
    ).is_success
    assert problem(await patch({"capacity": 9}, "c", tag)) == (412, "stale-version")
    offer = (await muenchen.get(path)).json()
    assert (offer["capacity"], offer["languages"], offer["version"]) == (8, ["de", "en"], 2)
    assert offer["arrival"]["route"] == "Tram 12"
    assert (await patch({"arrival": None}, "d", '"2"')).json()["events"] == ["HostingChanged"]
    assert (await muenchen.get(path)).json()["arrival"] is None
    assert (await patch({"topics": None}, "e", '"3"')).status_code == 422
    not_modified = await muenchen.get(path, headers={"If-None-Match": '"3"'})
    assert not_modified.status_code == 304


async def test_promises_are_not_broken_by_an_edit(story: Story) -> None:
    await story.hosts("muenchen")
    await story.asks("praha")
    headers = {"Idempotency-Key": "k", "If-Match": "*"}
    answer = await story.center("muenchen").patch("/host-offers/muenchen", json={"capacity": 3}, headers=headers)
    assert problem(answer) == (409, "promises-broken")
    assert answer.json()["days"][0] == "2026-09-01"


async def test_the_public_sees_numbers_and_codes_only(story: Story) -> None:
    await story.hosts("muenchen")
    id, _ = await story.agreed("praha")
    for path in ("/visits", f"/visits/{id}", "/host-offers", "/host-offers/muenchen", "/host-offers/muenchen/calendar"):
        answer = await story.public.get(path)
        assert answer.status_code == 200, path
        for secret in ("angefangen", "Markt", "Slippers", "children", "Mother Center"):
            assert secret not in answer.text, (path, secret)
    assert (await story.visit(id, story.public))["inside"] is None
    assert (await story.public.get(f"/visits/{id}/arrival")).status_code == 401
    assert (await story.public.post("/visits", json=REQUEST)).status_code == 401


async def test_the_inside_of_a_visit_is_for_guest_matched_host_their_coordinators_and_the_office(story: Story) -> None:
    await story.hosts("muenchen")
    await story.hosts("stuttgart", topics=["founding-a-center"])
    id = await story.asks("praha")
    coordinators = {
        country: story.network.client("exchange", "coordinator", networks=[country]) for country in ("CZ", "DE", "IT")
    }
    for client, inside in (
        (story.center("praha"), True),
        (story.center("muenchen"), True),
        (coordinators["CZ"], True),
        (coordinators["DE"], True),
        (story.office, True),
        (story.center("stuttgart"), False),
        (coordinators["IT"], False),
    ):
        visit = await story.visit(id, client)
        assert (visit["inside"] is not None) is inside
    inside = (await story.visit(id, story.center("muenchen")))["inside"]
    assert inside["party"] == {"guests": 4, "children": 1}
    assert inside["questions"][0]["text"] == "Wie habt ihr angefangen?"


async def test_how_to_get_there_is_told_after_confirmation_only(story: Story) -> None:
    await story.hosts("muenchen")
    await story.hosts("stuttgart", topics=["founding-a-center"])
    id = await story.asks("praha")
    path = f"/visits/{id}/arrival"
    praha, muenchen = story.center("praha"), story.center("muenchen")
    assert problem(await praha.get(path)) == (403, "forbidden")
    await story.say(muenchen, f"/visits/{id}/acceptance", {"host": "muenchen"})
    assert problem(await praha.get(path)) == (403, "forbidden")
    for client in (muenchen, story.office):
        assert (await client.get(path)).status_code == 200
    await story.say(praha, f"/visits/{id}/confirmation")
    answer = await praha.get(path)
    assert answer.json()["address"] == "Hinter dem Markt 1, Muenchen"
    assert answer.json()["days"] == {"first": "2026-09-01", "last": "2026-09-03"}
    assert "no-store" in answer.headers["Cache-Control"]
    assert problem(await story.center("stuttgart").get(path)) == (403, "forbidden")
    await story.say(praha, f"/visits/{id}/cancellation")
    assert problem(await praha.get(path)) == (403, "forbidden")
    assert problem(await story.office.get("/visits/nowhere/arrival")) == (404, "not-found")


async def test_a_house_that_wrote_nothing_down_has_nothing_to_tell(story: Story) -> None:
    await story.hosts("muenchen", arrival=None)
    id, _ = await story.agreed("praha")
    assert problem(await story.center("praha").get(f"/visits/{id}/arrival")) == (404, "arrival-missing")


async def test_nobody_acts_for_another_center(story: Story) -> None:
    await story.hosts("muenchen")
    await story.hosts("stuttgart", topics=["founding-a-center"])
    id = await story.asks("praha")
    stuttgart, praha = story.center("stuttgart"), story.center("praha")
    body = {"host": "muenchen", "programme": [{"title": "x", "topic": "founding-a-center"}]}
    for client, path, sent in (
        (stuttgart, "/host-offers", OFFER),
        (stuttgart, "/visits", REQUEST),
        (stuttgart, f"/visits/{id}/acceptance", {"host": "muenchen"}),
        (stuttgart, f"/visits/{id}/acceptance", {"host": "stuttgart"}),
        (stuttgart, f"/visits/{id}/decline", {"host": "muenchen", "reason": "no-time"}),
        (stuttgart, f"/visits/{id}/confirmation", None),
        (stuttgart, f"/visits/{id}/cancellation", None),
        (stuttgart, f"/visits/{id}/preparation", body),
        (stuttgart, f"/visits/{id}/attendance", {"side": "host", "held": True}),
        (stuttgart, f"/visits/{id}/attendance", {"side": "guest", "held": True}),
        (stuttgart, f"/visits/{id}/report", {"language": "de", "story": "x"}),
        (stuttgart, f"/visits/{id}/reflection", {"host": "muenchen", "language": "de", "story": "x"}),
        (praha, f"/visits/{id}/settlement", {"held": True}),
        (praha, "/host-offers/muenchen/pause", None),
        (praha, "/host-offers/muenchen/resumption", None),
        (praha, "/host-offers/muenchen/withdrawal", None),
    ):
        answer = await story.say(client, path, sent)
        assert answer.status_code == 403, (path, answer.text)
    headers = {"Idempotency-Key": "k", "If-Match": "*"}
    assert (await praha.patch("/host-offers/muenchen", json={"capacity": 9}, headers=headers)).status_code == 403
    assert (await story.visit(id))["status"] == "matched"


async def test_a_coordinator_acts_for_the_centers_of_its_country(story: Story) -> None:
    await story.directory("muenchen")
    coordinator = story.network.client("exchange", "coordinator", networks=["DE"])
    assert (await story.say(coordinator, "/host-offers", OFFER)).status_code == 201
    id = await story.asks("praha")
    assert (await story.say(coordinator, f"/visits/{id}/acceptance", {"host": "muenchen"})).status_code == 200
    assert problem(await story.say(coordinator, f"/visits/{id}/confirmation")) == (403, "forbidden")


async def test_a_host_that_hosts_nobody_resumes_and_the_states_are_kept(story: Story) -> None:
    await story.hosts("muenchen")
    muenchen, path = story.center("muenchen"), "/host-offers/muenchen"
    assert (await story.say(muenchen, f"{path}/pause")).json()["snapshot"]["status"] == "paused"
    assert problem(await story.say(muenchen, f"{path}/pause")) == (409, "wrong-state")
    assert (await story.say(muenchen, f"{path}/withdrawal")).json()["snapshot"]["status"] == "withdrawn"
    assert (await story.say(muenchen, f"{path}/resumption")).json()["snapshot"]["status"] == "open"
    await story.directory("muenchen", told.CenterClosed(reason="merged"), status=told.CenterStatus.CLOSED)
    await story.say(muenchen, f"{path}/pause")
    answer = await story.say(muenchen, f"{path}/resumption")
    assert (problem(answer), answer.json()["reasons"]) == ((409, "center-cannot-host"), ["center-closed"])


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Topics it can teach: 2 of 2 (Founding a center, Self-run childcare)"),
        ("de-AT, en;q=0.5", "Gemeinsame Sprachen: Deutsch"),
        ("cs", "Společné jazyky: němčina"),
        ("sw, xx;q=0.3", "Languages in common: German"),
    ],
)
async def test_the_reasons_are_told_in_the_readers_language(story: Story, language: str, sentence: str) -> None:
    await story.hosts("muenchen")
    id = await story.asks("praha")
    answer = await story.public.get(f"/visits/{id}", headers={"Accept-Language": language})
    assert sentence in [reason["text"] for reason in answer.json()["match"]["reasons"]]
    assert "Accept-Language" in answer.headers["Vary"]


async def test_visits_are_listed_by_status_guest_host_and_topic_in_pages(story: Story) -> None:
    await story.hosts("muenchen", capacity=6)
    ids = []
    for guest in ("praha", "brno", "praha"):
        ids.append(await story.asks(guest, window={"first": "2026-09-01", "last": "2026-09-03"}))
        await story.passes(minutes=1)
    newest_first = ids[::-1]

    async def listed(query: str) -> list[str]:
        answer = await story.public.get(f"/visits?{query}")
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await listed("") == newest_first
    assert await listed("guest=praha") == [ids[2], ids[0]]
    assert await listed("guest=praha&status=matched") == [ids[0]]
    assert await listed("status=matched&status=waitlisted") == newest_first
    assert await listed("host=muenchen") == [ids[0]]
    assert await listed("host=stuttgart") == []
    assert await listed("topic=founding-a-center&guest_country=CZ") == newest_first
    assert await listed("topic=public-relations") == []
    seen, cursor = [], ""
    while cursor is not None:
        page = (await story.public.get(f"/visits?limit=2{cursor and f'&cursor={cursor}'}")).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == newest_first


async def test_offers_are_listed_by_topic_language_country_and_whether_they_host(story: Story) -> None:
    await story.hosts("muenchen")
    await story.hosts("stuttgart", topics=["public-relations"], languages=["fr"])
    await story.hosts("brno")
    await story.say(story.center("brno"), "/host-offers/brno/pause")
    await story.directory("stuttgart", told.CenterPaused(reason="crisis"), status=told.CenterStatus.PAUSED)

    async def listed(query: str) -> list[str]:
        return [item["center"] for item in (await story.public.get(f"/host-offers?{query}")).json()["items"]]

    assert await listed("") == ["brno", "muenchen", "stuttgart"]
    assert await listed("topic=public-relations") == ["stuttgart"]
    assert await listed("language=en") == ["brno", "muenchen"]
    assert await listed("country=CZ") == ["brno"]
    assert await listed("status=paused") == ["brno"]
    assert await listed("hosts=true") == ["muenchen"]


async def test_a_calendar_says_how_full_it_is_and_not_who_comes(story: Story) -> None:
    await story.hosts("muenchen", blocked=[{"first": "2026-09-05", "last": "2026-09-05"}])
    id = await story.asks("praha")
    answer = await story.public.get("/host-offers/muenchen/calendar?first=2026-09-03&last=2026-09-05")
    assert answer.json() == {
        "center": "muenchen",
        "hosts": True,
        "capacity": 6,
        "days": [
            {"day": "2026-09-03", "possible": True, "promised": 4, "free": 2},
            {"day": "2026-09-04", "possible": True, "promised": 0, "free": 6},
            {"day": "2026-09-05", "possible": False, "promised": 0, "free": 0},
        ],
    }
    assert id not in answer.text
    assert len((await story.public.get("/host-offers/muenchen/calendar")).json()["days"]) == 28
    for query in ("first=2026-09-03&last=2026-09-01", "first=2026-01-01&last=2028-01-01"):
        assert (await story.public.get(f"/host-offers/muenchen/calendar?{query}")).status_code == 422
    assert (await story.public.get("/host-offers/nowhere/calendar")).status_code == 404


async def test_the_topics_have_names_in_three_languages(story: Story) -> None:
    answer = await story.public.get("/topics")
    topics = answer.json()["terms"]
    assert len(topics) == 15
    assert all(set(topic["labels"]) == {"en", "de", "cs"} and all(topic["labels"].values()) for topic in topics)
    again = await story.public.get("/topics", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


async def test_every_route_says_who_may_use_it(story: Story) -> None:
    app = create_app(story.network.runtimes["exchange"])
    assert unguarded_routes(app) == []
    assert "/visits/{visit_id}/arrival" in app.openapi()["paths"]
