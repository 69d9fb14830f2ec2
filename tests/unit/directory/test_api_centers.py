"""The directory over HTTP: what its people do there, what they are told, and what they are refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.directory.api.centers import Registration
from services.directory.api.views import CenterView
from shared.http.app import create_app
from shared.security import unguarded_routes
from shared.testing import MemoryNetwork

pytestmark = pytest.mark.asyncio
TOPIC = "directory.center.v1"
Body = Callable[..., dict[str, Any]]
Desk = Any

BRNO = {"country": "CZ", "town": "Brno"}
WIEN = {"country": "AT", "town": "Wien"}


def problem(answer: Any) -> str:
    """The code of the problem that the answer is."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    code: str = answer.json()["type"].removeprefix("urn:mine:problem:")
    return code


# ---- registering


async def test_a_registered_center_can_be_read_and_everybody_hears_of_it(
    network: MemoryNetwork, office: Desk, everybody: Desk, registration: Body
) -> None:
    answer = await office.send("POST", "/centers", registration())
    assert (answer.status_code, answer.headers["ETag"], answer.json()["events"]) == (201, '"1"', ["CenterRegistered"])

    seen = await everybody.get(answer.headers["Location"])
    assert (seen.status_code, seen.json()["name"]) == (200, "Mateřské centrum Praha")

    await network.settle()
    [event] = network.events(TOPIC, answer.json()["id"])
    assert event.type == "org.mine.directory.CenterRegistered.v1"
    assert event.data["snapshot"] == answer.json()["snapshot"]


async def test_the_documented_examples_are_true(office: Desk) -> None:
    [example] = Registration.model_json_schema()["examples"]
    receipt = await office.done("POST", "/centers", example)
    assert receipt["snapshot"]["town"] == "Praha"
    [example] = CenterView.model_json_schema()["examples"]
    CenterView.model_validate(example)


async def test_the_same_registration_twice_is_one_center(office: Desk, registration: Body) -> None:
    first = await office.send("POST", "/centers", registration(), key="row-17")
    again = await office.send("POST", "/centers", registration(), key="row-17")
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_row_imported_again_is_the_same_center_and_a_changed_row_is_told_so(
    office: Desk, registration: Body
) -> None:
    row = registration(external_id="list-2009:CZ-17")
    first = await office.send("POST", "/centers", row, key="CZ-17")
    assert (await office.send("POST", "/centers", row, key="CZ-17")).json() == first.json()

    changed = registration(external_id="list-2009:CZ-17", name="Klub Praha")
    same_key = await office.send("POST", "/centers", changed, key="CZ-17")
    assert (same_key.status_code, problem(same_key)) == (422, "idempotency-key-reused")
    other_key = await office.send("POST", "/centers", changed, key="CZ-17-second-try")
    assert (other_key.status_code, problem(other_key)) == (409, "already-exists")
    assert other_key.json()["id"] == first.json()["id"]


async def test_an_imported_center_is_no_news(network: MemoryNetwork, office: Desk, registration: Body) -> None:
    receipt = await office.done("POST", "/centers", registration(external_id="list-2009:CZ-17"))
    await network.settle()
    assert network.events(TOPIC, receipt["id"])[0].data["imported"] is True


async def test_a_coordinator_registers_in_the_own_country_only(
    coordinator: Callable[..., Desk], registration: Body
) -> None:
    desk = coordinator("CZ", "SK")
    assert (await desk.send("POST", "/centers", registration())).status_code == 201
    abroad = await desk.send("POST", "/centers", registration(place=WIEN))
    assert (abroad.status_code, problem(abroad)) == (403, "forbidden")


async def test_nobody_else_registers_centers(everybody: Desk, house: Callable[[str], Desk], registration: Body) -> None:
    assert (await everybody.send("POST", "/centers", registration())).status_code == 401
    assert (await house("praha").send("POST", "/centers", registration())).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": "Klub\u0007"}, "/name"),
        ({"place": {"country": "ZZ", "town": "Praha"}}, "/place/country"),
        ({"place": {"country": "CZ", "town": "Praha", "point": {"lat": 91, "lon": 0}}}, "/place/point/lat"),
        ({"languages": ["cs", "qq"]}, "/languages/1"),
        ({"contact": {"email": "secret-somebody"}}, "/contact/email"),
        ({"external_id": "with space"}, "/external_id"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_what_is_malformed_is_refused_by_its_place_and_not_repeated(
    office: Desk, registration: Body, wrong: dict[str, Any], pointer: str
) -> None:
    answer = await office.send("POST", "/centers", registration(**wrong))
    assert (answer.status_code, problem(answer)) == (422, "invalid-input")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"services": ["open-cafe", "language-curse"]}, "unknown-service"),
        ({"founded": 2031}, "in-the-future"),
        ({"verified_on": "2026-04-01"}, "in-the-future"),
        ({"place": {"country": "CZ"}}, "town-missing"),
        ({"discreet_name": "U nás v Praha 9"}, "name-tells-town"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    office: Desk, registration: Body, wrong: dict[str, Any], code: str
) -> None:
    answer = await office.send("POST", "/centers", registration(**wrong))
    assert (answer.status_code, problem(answer)) == (422, code)


async def test_an_unknown_service_is_answered_with_the_nearest(office: Desk, praha_id: str) -> None:
    answer = await office.send("POST", f"/centers/{praha_id}/services", {"service": "father-gruppe"})
    assert (answer.status_code, answer.json()["nearest"][0]) == (422, "father-group")


# ---- reading


async def test_a_reader_who_has_the_present_version_is_not_sent_it_again(everybody: Desk, praha_id: str) -> None:
    first = await everybody.get(f"/centers/{praha_id}")
    assert (first.headers["ETag"], first.headers["Vary"]) == ('"1"', "Authorization")
    assert (await everybody.get(f"/centers/{praha_id}", **{"If-None-Match": '"1"'})).status_code == 304


async def test_a_center_that_does_not_exist_is_missing_everywhere(office: Desk, everybody: Desk) -> None:
    for path in ("/centers/nowhere", "/centers/nowhere/history"):
        assert problem(await everybody.get(path)) == "not-found"
    for method, path, body in COMMANDS:
        answer = await office.send(method, f"/centers/nowhere{path}", body, match="*")
        assert (answer.status_code, problem(answer)) == (404, "not-found"), path


# ---- editing


async def test_an_edit_is_based_on_what_was_seen(house: Callable[[str], Desk], praha_id: str) -> None:
    desk, path = house(praha_id), f"/centers/{praha_id}"
    blind = await desk.send("PATCH", path, {"name": "Klub Praha"})
    assert (blind.status_code, problem(blind)) == (428, "if-match-missing")

    edited = await desk.send("PATCH", path, {"name": "Klub Praha", "founded": None}, match='"1"')
    assert (edited.status_code, edited.headers["ETag"]) == (200, '"2"')
    assert (edited.json()["snapshot"]["name"], edited.json()["snapshot"]["founded"]) == ("Klub Praha", None)

    stale = await desk.send("PATCH", path, {"name": "Herna"}, match='"1"')
    assert (stale.status_code, problem(stale), stale.json()["current"]) == (412, "stale-version", 2)


async def test_an_edit_that_changes_nothing_leaves_the_version(office: Desk, praha_id: str) -> None:
    receipt = await office.done("PATCH", f"/centers/{praha_id}", {"founded": 1992}, match='"1"')
    assert (receipt["version"], receipt["events"]) == (1, [])


async def test_a_required_field_cannot_be_emptied(office: Desk, praha_id: str) -> None:
    answer = await office.send("PATCH", f"/centers/{praha_id}", {"name": None}, match='"1"')
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/name")


async def test_a_center_moves_in_its_country_by_itself_and_abroad_with_both_coordinators(
    house: Callable[[str], Desk], coordinator: Callable[..., Desk], praha_id: str
) -> None:
    path = f"/centers/{praha_id}/location"
    moved = await house(praha_id).done("PUT", path, {"place": BRNO, "on": "2026-02-08"}, match='"1"')
    assert moved["snapshot"]["town"] == "Brno"
    for desk in (house(praha_id), coordinator("CZ")):
        abroad = await desk.send("PUT", path, {"place": WIEN}, match='"2"')
        assert (abroad.status_code, problem(abroad)) == (403, "forbidden")
    moved = await coordinator("CZ", "AT").done("PUT", path, {"place": WIEN}, match='"2"')
    assert moved["snapshot"]["country"] == "AT"


async def test_hiding_needs_no_version_and_counts_at_once(
    everybody: Desk, house: Callable[[str], Desk], praha_id: str
) -> None:
    desk, path = house(praha_id), f"/centers/{praha_id}"
    await desk.done("PUT", f"{path}/visibility", {"location_visibility": "hidden", "discreet_name": "U Lípy"})
    seen = (await everybody.get(path)).json()
    assert (seen["name"], seen["names"], seen["contact"], seen["internal"]) == ("U Lípy", {}, None, None)
    assert {field for field, value in seen["place"].items() if value} == {"country"}

    telling = {"location_visibility": "hidden", "discreet_name": "Praha"}
    assert problem(await desk.send("PUT", f"{path}/visibility", telling)) == "name-tells-town"


# ---- services


async def test_a_service_over_its_life(office: Desk, house: Callable[[str], Desk], praha_id: str) -> None:
    desk, path = house(praha_id), f"/centers/{praha_id}/services"
    offered = await desk.done("POST", path, {"service": "father-group", "languages": ["de"]})
    assert offered["snapshot"]["services"][-1] == {
        "offer": "s3", "service": "father-group", "status": "active", "languages": ["de"],
        "price": None, "ages": None, "sign_up": "not-needed", "hours": [],
    }  # fmt: skip
    twice = await desk.send("POST", path, {"service": "father-group"})
    assert (twice.status_code, problem(twice), twice.json()["offer"]) == (409, "already-offered", "s3")

    assert problem(await desk.send("PATCH", f"{path}/s3", {"languages": ["cs"]})) == "if-match-missing"
    assert (await desk.done("PATCH", f"{path}/s3", {"languages": ["cs"]}, match='"2"'))["events"] == ["ServiceChanged"]
    assert (await desk.done("POST", f"{path}/s3/pause"))["events"] == ["ServicePaused"]
    assert problem(await desk.send("POST", f"{path}/s3/pause")) == "wrong-state"
    assert (await desk.done("POST", f"{path}/s3/resume"))["events"] == ["ServiceChanged"]
    assert problem(await desk.send("POST", f"{path}/s3/resume")) == "wrong-state"
    assert (await desk.done("POST", f"{path}/s3/withdrawal"))["events"] == ["ServiceWithdrawn"]
    for gone in ("pause", "resume", "withdrawal"):
        answer = await desk.send("POST", f"{path}/s3/{gone}")
        assert (answer.status_code, problem(answer)) == (404, "no-such-offer")
    answer = await desk.send("PATCH", f"{path}/s3", {"languages": []}, match="*")
    assert (answer.status_code, problem(answer)) == (404, "no-such-offer")


# ---- freshness


async def test_a_profile_nobody_confirms_lapses_and_one_word_restores_it(
    network: MemoryNetwork, everybody: Desk, house: Callable[[str], Desk], praha_id: str
) -> None:
    async def check() -> str:
        await network.settle()
        answer = await everybody.get(f"/centers/{praha_id}")
        return str(answer.json()["check"])

    assert await check() == "fresh"
    network.clock.move(timedelta(days=366))
    assert await check() == "due"
    network.clock.move(timedelta(days=89))
    assert await check() == "due"
    network.clock.move(timedelta(days=1))
    assert await check() == "lapsed"
    await house(praha_id).done("POST", f"/centers/{praha_id}/verification", {})
    assert await check() == "fresh"
    assert [event.type.split(".")[3] for event in network.events(TOPIC, praha_id)] == [
        "CenterRegistered", "VerificationRequested", "VerificationReminded", "VerificationLapsed", "CenterVerified",
    ]  # fmt: skip


async def test_who_confirmed_is_told_by_the_role(
    network: MemoryNetwork,
    office: Desk,
    coordinator: Callable[..., Desk],
    house: Callable[[str], Desk],
    praha_id: str,
) -> None:
    for desk in (house(praha_id), coordinator("CZ"), office):
        network.clock.move(timedelta(days=1))
        await desk.done("POST", f"/centers/{praha_id}/verification", {})
    await network.settle()
    assert [event.data.get("by") for event in network.events(TOPIC, praha_id)[1:]] == [
        "center",
        "coordinator",
        "office",
    ]


async def test_confirming_twice_a_day_or_from_long_ago(office: Desk, registration: Body) -> None:
    receipt = await office.done("POST", "/centers", registration(verified_on="2020-01-01"))
    path = f"/centers/{receipt['id']}/verification"
    old = await office.send("POST", path, {"on": "2024-12-24"})
    assert (old.status_code, problem(old)) == (422, "verification-too-old")
    assert (await office.done("POST", path, {"on": "2026-02-20"}))["events"] == ["CenterVerified"]
    assert (await office.done("POST", path, {"on": "2026-02-20"}))["events"] == []
    assert problem(await office.send("POST", path, {"on": "2026-05-05"})) == "in-the-future"


# ---- open or not


async def test_a_pause_and_its_end(office: Desk, praha_id: str) -> None:
    path = f"/centers/{praha_id}"
    backwards = {"reason": "holidays", "on": "2026-02-20", "until": "2026-02-01"}
    assert problem(await office.send("POST", f"{path}/pause", backwards)) == "ends-before-it-begins"
    assert problem(await office.send("POST", f"{path}/resume", {})) == "wrong-state"
    await office.done("POST", f"{path}/pause", {"reason": "renovation", "until": "2026-09-01"})
    seen = (await office.get(path)).json()
    assert (seen["status"], seen["paused_until"]) == ("paused", "2026-09-01")
    assert problem(await office.send("POST", f"{path}/pause", {"reason": "crisis"})) == "wrong-state"
    assert (await office.done("POST", f"{path}/resume", {}))["snapshot"]["status"] == "active"


async def test_a_closing_with_a_successor_and_a_second_life(office: Desk, registration: Body, praha_id: str) -> None:
    path = f"/centers/{praha_id}"
    successor = (await office.done("POST", "/centers", registration(place=BRNO)))["id"]

    nobody = await office.send("POST", f"{path}/closing", {"reason": "merged", "successor": "nobody"})
    assert (nobody.status_code, problem(nobody)) == (422, "unknown-center")
    itself = await office.send("POST", f"{path}/closing", {"reason": "merged", "successor": praha_id})
    assert (itself.status_code, problem(itself)) == (422, "own-successor")
    assert problem(await office.send("POST", f"{path}/reopening", {})) == "wrong-state"

    closed = await office.done(
        "POST", f"{path}/closing", {"reason": "merged", "successor": successor, "on": "2026-02-27"}
    )
    assert (closed["snapshot"]["status"], closed["snapshot"]["services"]) == ("closed", [])
    assert closed["snapshot"]["successor"] == successor
    again = await office.send("POST", f"{path}/closing", {"reason": "merged"})
    assert (again.status_code, problem(again)) == (409, "wrong-state")

    reopened = await office.done("POST", f"{path}/reopening", {"on": "2026-02-28"})
    assert (reopened["snapshot"]["status"], reopened["snapshot"]["services"]) == ("active", [])


# ---- who may


COMMANDS: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"name": "Klub"}),
    ("PUT", "/location", {"place": BRNO}),
    ("PUT", "/visibility", {"location_visibility": "hidden"}),
    ("POST", "/services", {"service": "festival"}),
    ("PATCH", "/services/s1", {"languages": ["cs"]}),
    ("POST", "/services/s1/pause", None),
    ("POST", "/services/s1/resume", None),
    ("POST", "/services/s1/withdrawal", None),
    ("POST", "/verification", {}),
    ("POST", "/pause", {"reason": "other"}),
    ("POST", "/resume", {}),
    ("POST", "/closing", {"reason": "other"}),
    ("POST", "/reopening", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), COMMANDS)
async def test_strangers_change_nothing(
    everybody: Desk,
    coordinator: Callable[..., Desk],
    house: Callable[[str], Desk],
    praha_id: str,
    method: str,
    path: str,
    body: Any,
) -> None:
    address = f"/centers/{praha_id}{path}"
    assert (await everybody.send(method, address, body, match="*")).status_code == 401
    for stranger in (house("brno"), coordinator("DE")):
        answer = await stranger.send(method, address, body, match="*")
        assert (answer.status_code, problem(answer)) == (403, "forbidden")
    assert (await everybody.get(f"/centers/{praha_id}")).json()["version"] == 1


@pytest.mark.parametrize(("method", "path", "body"), COMMANDS)
async def test_a_command_without_a_key_is_refused(
    office: Desk, praha_id: str, method: str, path: str, body: Any
) -> None:
    answer = await office.client.request(method, f"/centers/{praha_id}{path}", json=body, headers={"If-Match": "*"})
    assert (answer.status_code, problem(answer)) == (400, "idempotency-key-missing")


async def test_every_route_says_who_may(network: MemoryNetwork) -> None:
    assert unguarded_routes(create_app(network.runtimes["directory"])) == []


# ---- history


async def test_a_history_tells_what_happened_when_and_by_whom(
    network: MemoryNetwork, everybody: Desk, office: Desk, house: Callable[[str], Desk], praha_id: str
) -> None:
    await house(praha_id).done("PUT", f"/centers/{praha_id}/location", {"place": BRNO, "on": "2026-02-08"}, match='"1"')
    network.clock.move(timedelta(days=366))
    await network.settle()
    history = (await everybody.get(f"/centers/{praha_id}/history")).json()
    assert [(entry["version"], entry["event"], entry["by"]) for entry in history["items"]] == [
        (1, "CenterRegistered", "office"), (2, "CenterRelocated", "center"), (3, "VerificationRequested", "timer"),
    ]  # fmt: skip
    move = history["items"][1]
    assert (move["happened"], move["recorded"]) == ("2026-02-08T00:00:00.000Z", "2026-03-01T09:00:00.000Z")
    assert (move["what"], move["snapshot"]["town"]) == ({"from_country": "CZ"}, "Brno")
    assert history["next"] is None


async def test_a_long_history_comes_in_parts(everybody: Desk, office: Desk, praha_id: str) -> None:
    for _ in range(2):
        await office.done("POST", f"/centers/{praha_id}/services/s1/pause")
        await office.done("POST", f"/centers/{praha_id}/services/s1/resume")
    first = (await everybody.get(f"/centers/{praha_id}/history?limit=3")).json()
    assert ([entry["version"] for entry in first["items"]], first["next"]) == ([1, 2, 3], 3)
    rest = (await everybody.get(f"/centers/{praha_id}/history?limit=3&after=3")).json()
    assert ([entry["version"] for entry in rest["items"]], rest["next"]) == ([4, 5], None)
    beyond = (await everybody.get(f"/centers/{praha_id}/history?after=5")).json()
    assert beyond == {"items": [], "next": None}


# ---- reference


async def test_the_taxonomy_is_there_to_be_read_and_kept(everybody: Desk) -> None:
    answer = await everybody.get("/taxonomy/services")
    assert answer.json()["version"] == 1
    assert answer.json()["terms"][0] == {
        "code": "open-cafe",
        "labels": {"en": "Open meeting and café", "de": "Offener Treff und Café", "cs": "Otevřená kavárna a setkávání"},
    }
    assert (await everybody.get("/taxonomy/services", **{"If-None-Match": answer.headers["ETag"]})).status_code == 304


async def test_countries_are_counted_by_status(
    network: MemoryNetwork, office: Desk, everybody: Desk, registration: Body
) -> None:
    ids = [
        (await office.done("POST", "/centers?force=true", registration(place=place)))["id"]
        for place in (BRNO, BRNO, BRNO, WIEN)
    ]
    await office.done("POST", f"/centers/{ids[0]}/closing", {"reason": "other"})
    await office.done("POST", f"/centers/{ids[1]}/pause", {"reason": "other"})
    await network.settle()
    assert (await everybody.get("/countries")).json() == {
        "items": [
            {"country": "AT", "active": 1, "paused": 0, "closed": 0},
            {"country": "CZ", "active": 1, "paused": 1, "closed": 1},
        ],
        "centers": 3,
    }
