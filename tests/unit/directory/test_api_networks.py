"""Networks over HTTP: the office registers and places them, their coordinators describe them, everybody reads."""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from services.directory.api.networks import Dissolving, NetworkRegistration, NetworkView, NewCriteria
from shared.testing import MemoryNetwork

pytestmark = pytest.mark.asyncio
Desk = Any

MINE = {"name": "mine", "level": "international"}
SIT = {
    "name": "Síť mateřských center",
    "level": "national",
    "country": "CZ",
    "contact": {"email": "office@sit.example.org"},
}
MORAVA = {"name": "Moravská síť", "level": "regional", "country": "CZ"}
CRITERIA = {
    "criteria": [
        {"code": "open-to-all", "labels": {"en": "Open to everybody", "de": "Offen für alle"}},
        {"code": "daily-opening", "labels": {"en": "Open every day"}, "mandatory": False},
    ]
}


def problem(answer: Any) -> str:
    code: str = answer.json()["type"].removeprefix("urn:mine:problem:")
    return code


@pytest_asyncio.fixture
async def mine(office: Desk) -> str:
    return str((await office.done("POST", "/networks", MINE))["id"])


@pytest_asyncio.fixture
async def sit(office: Desk, mine: str) -> str:
    return str((await office.done("POST", "/networks", {**SIT, "parent": mine}))["id"])


async def test_a_registered_network_can_be_read_and_everybody_hears_of_it(
    network: MemoryNetwork, office: Desk, everybody: Desk, mine: str
) -> None:
    answer = await office.send("POST", "/networks", {**SIT, "parent": mine})
    assert (answer.status_code, answer.headers["ETag"], answer.json()["events"]) == (201, '"1"', ["NetworkRegistered"])
    seen = await everybody.get(answer.headers["Location"])
    assert (seen.json()["name"], seen.json()["parent"]) == ("Síť mateřských center", mine)
    assert seen.json()["contact"]["email"] == "office@sit.example.org"

    await network.settle()
    [event] = network.events("directory.network.v1", answer.json()["id"])
    assert event.type == "org.mine.directory.NetworkRegistered.v1"
    assert "@" not in str(event.data)


async def test_the_documented_examples_are_true(office: Desk) -> None:
    [example] = NetworkRegistration.model_json_schema()["examples"]
    registered = await office.done("POST", "/networks", example)
    [example] = NewCriteria.model_json_schema()["examples"]
    await office.done("PUT", f"/networks/{registered['id']}/criteria", example, match='"1"')
    [example] = Dissolving.model_json_schema()["examples"]
    await office.done("POST", f"/networks/{registered['id']}/dissolution", example)
    [example] = NetworkView.model_json_schema()["examples"]
    NetworkView.model_validate(example)


@pytest.mark.parametrize(
    ("different", "code"),
    [
        ({"parent": "nowhere"}, "unknown-network"),
        ({"country": None}, "country-does-not-fit"),
        ({"founded": 2031}, "in-the-future"),
        ({"level": "galactic"}, "invalid-input"),
        ({"colour": "red"}, "invalid-input"),
        ({"name": "S\u202eíť"}, "invalid-input"),
    ],
)
async def test_what_makes_no_sense_is_refused(office: Desk, different: dict[str, Any], code: str) -> None:
    answer = await office.send("POST", "/networks", {**SIT, **different})
    assert (answer.status_code, problem(answer)) == (422, code)


async def test_the_tree_has_no_circles(office: Desk, mine: str, sit: str) -> None:
    await office.done("POST", "/networks", {**MORAVA, "parent": sit})
    below_itself = await office.send("PUT", f"/networks/{sit}/parent", {"parent": sit}, match="*")
    assert (below_itself.status_code, problem(below_itself)) == (422, "parent-not-above")
    upside_down = await office.send("PUT", f"/networks/{mine}/parent", {"parent": sit}, match="*")
    assert (upside_down.status_code, problem(upside_down)) == (422, "parent-not-above")
    other = await office.done("POST", "/networks", {**SIT, "name": "Sieť", "country": "SK"})
    abroad = await office.send("POST", "/networks", {**MORAVA, "parent": other["id"]})
    assert (abroad.status_code, problem(abroad)) == (422, "parent-abroad")


async def test_a_region_gets_a_national_network_later(office: Desk, everybody: Desk, mine: str, sit: str) -> None:
    region = await office.done("POST", "/networks", {**MORAVA, "parent": mine})
    path = f"/networks/{region['id']}/parent"
    assert problem(await office.send("PUT", path, {"parent": sit})) == "if-match-missing"
    moved = await office.done("PUT", path, {"parent": sit}, match='"1"')
    assert (moved["events"], moved["snapshot"]["parent"]) == (["NetworkMoved"], sit)
    below = (await everybody.get(f"/networks?parent={sit}")).json()["items"]
    assert [each["id"] for each in below] == [region["id"]]


async def test_networks_are_listed_by_name_and_filter(office: Desk, everybody: Desk, sit: str) -> None:
    for body in ({**MORAVA, "name": "Čechy"}, {**MORAVA, "name": "brno"}, {**SIT, "country": "SK", "name": "Sieť"}):
        await office.done("POST", "/networks", body)

    async def names(query: str) -> list[str]:
        return [each["name"] for each in (await everybody.get(f"/networks?{query}")).json()["items"]]

    assert await names("") == ["brno", "Čechy", "mine", "Sieť", "Síť mateřských center"]
    assert await names("country=CZ&level=regional") == ["brno", "Čechy"]
    assert await names("status=dissolved") == []
    first = (await everybody.get("/networks?limit=2")).json()
    assert [each["name"] for each in first["items"]] == ["brno", "Čechy"]
    rest = (await everybody.get(f"/networks?limit=9&cursor={first['next']}")).json()
    assert ([each["name"] for each in rest["items"]], rest["next"]) == (["mine", "Sieť", "Síť mateřských center"], None)


async def test_criteria_are_read_in_every_version(coordinator: Callable[..., Desk], everybody: Desk, sit: str) -> None:
    path = f"/networks/{sit}/criteria"
    assert (await everybody.get(path)).json() == {"version": 0, "criteria": []}
    desk = coordinator(sit)
    revised = await desk.done("PUT", path, CRITERIA, match='"1"')
    assert (revised["events"], revised["snapshot"]["criteria_version"]) == (["CriteriaRevised"], 1)
    assert "Offen" not in str(revised["snapshot"])
    await desk.done("PUT", path, {"criteria": CRITERIA["criteria"][:1]}, match='"2"')
    assert (await desk.done("PUT", path, {"criteria": CRITERIA["criteria"][:1]}, match='"3"'))["events"] == []

    now, then = (await everybody.get(path)).json(), (await everybody.get(f"{path}?version=1")).json()
    assert ([each["code"] for each in now["criteria"]], now["version"]) == (["open-to-all"], 2)
    assert [each["mandatory"] for each in then["criteria"]] == [True, False]
    assert then["criteria"][0]["labels"]["de"] == "Offen für alle"
    missing = await everybody.get(f"{path}?version=3")
    assert (missing.status_code, problem(missing)) == (404, "no-such-criteria")
    twice = await desk.send("PUT", path, {"criteria": CRITERIA["criteria"] * 2}, match="*")
    assert (twice.status_code, problem(twice)) == (422, "criterion-twice")


async def test_a_coordinator_edits_the_own_network_by_id_or_country_and_no_other(
    office: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], everybody: Desk, sit: str
) -> None:
    region = (await office.done("POST", "/networks", {**MORAVA, "parent": sit}))["id"]
    assert (await coordinator(sit).send("PATCH", f"/networks/{sit}", {"founded": 2001}, match='"1"')).status_code == 200
    assert (await coordinator("CZ").send("PATCH", f"/networks/{sit}", {"founded": 2}, match='"2"')).status_code == 422
    assert (await coordinator("CZ").send("PATCH", f"/networks/{sit}", {"name": "S"}, match='"2"')).status_code == 422
    edited = await coordinator("CZ").done("PATCH", f"/networks/{sit}", {"name": "Síť"}, match='"2"')
    assert (edited["version"], edited["events"]) == (3, ["NetworkProfileUpdated"])

    for desk, id in ((coordinator("SK"), sit), (coordinator(region), sit), (coordinator("CZ", sit), region)):
        for method, path, body in (("PATCH", "", {"name": "Naše"}), ("PUT", "/criteria", CRITERIA)):
            refused = await desk.send(method, f"/networks/{id}{path}", body, match="*")
            assert (refused.status_code, problem(refused)) == (403, "forbidden")
    assert (await house("praha").send("PATCH", f"/networks/{sit}", {"name": "Naše"}, match="*")).status_code == 403
    assert (await everybody.send("PATCH", f"/networks/{sit}", {"name": "Naše"}, match="*")).status_code == 401


async def test_only_the_office_registers_places_and_dissolves(coordinator: Callable[..., Desk], sit: str) -> None:
    desk = coordinator(sit, "CZ")
    for method, path, body in (
        ("POST", "/networks", SIT),
        ("PUT", f"/networks/{sit}/parent", {"parent": None}),
        ("POST", f"/networks/{sit}/dissolution", {"reason": "other"}),
    ):
        assert (await desk.send(method, path, body, match="*")).status_code == 403


async def test_a_dissolved_network_is_read_as_it_was_and_takes_nothing_new(
    office: Desk, everybody: Desk, mine: str, sit: str
) -> None:
    region = (await office.done("POST", "/networks", {**MORAVA, "parent": sit}))["id"]
    path = f"/networks/{sit}"
    unknown = await office.send("POST", f"{path}/dissolution", {"reason": "merged", "successor": "nowhere"})
    assert (unknown.status_code, problem(unknown)) == (422, "unknown-network")
    itself = await office.send("POST", f"{path}/dissolution", {"reason": "merged", "successor": sit})
    assert (itself.status_code, problem(itself)) == (422, "own-successor")
    await office.done("POST", f"{path}/dissolution", {"reason": "merged", "on": "2026-02-01", "successor": mine})

    seen = (await everybody.get(path)).json()
    assert (seen["status"], seen["dissolved_on"], seen["successor"]) == ("dissolved", "2026-02-01", mine)
    assert seen["contact"] is None
    assert (await everybody.get(f"/networks/{region}")).json()["parent"] == sit
    late = await office.send("POST", "/networks", {**MORAVA, "name": "Slezsko", "parent": sit})
    assert (late.status_code, problem(late)) == (409, "network-dissolved")


async def test_a_history_tells_what_happened_to_a_network_and_when(
    office: Desk, coordinator: Callable[..., Desk], everybody: Desk, sit: str
) -> None:
    await coordinator(sit).done("PUT", f"/networks/{sit}/criteria", CRITERIA, match='"1"')
    await office.done("POST", f"/networks/{sit}/dissolution", {"reason": "no-funding", "on": "2026-02-01"})
    history = (await everybody.get(f"/networks/{sit}/history")).json()
    assert [(entry["event"], entry["by"], entry["what"]) for entry in history["items"]] == [
        ("NetworkRegistered", "office", {}),
        ("CriteriaRevised", "coordinator", {"list_version": 1}),
        ("NetworkDissolved", "office", {"reason": "no-funding", "on": "2026-02-01", "successor": None}),
    ]
    end = history["items"][2]
    assert (end["happened"], end["recorded"]) == ("2026-02-01T00:00:00.000Z", "2026-03-01T09:00:00.000Z")
    assert (end["snapshot"]["status"], history["next"]) == ("dissolved", None)
    part = (await everybody.get(f"/networks/{sit}/history?after=1&limit=1")).json()
    assert ([entry["version"] for entry in part["items"]], part["next"]) == ([2], 2)


async def test_a_network_that_does_not_exist_is_missing_everywhere(office: Desk, everybody: Desk) -> None:
    for path in ("", "/history", "/criteria", "/members"):
        assert problem(await everybody.get(f"/networks/nowhere{path}")) == "not-found"
    for method, path, body in (
        ("PATCH", "", {"name": "Síť"}),
        ("PUT", "/criteria", CRITERIA),
        ("PUT", "/parent", {"parent": None}),
        ("POST", "/dissolution", {"reason": "other"}),
        ("POST", "/members", {"center": "praha", "kind": "full"}),
    ):
        answer = await office.send(method, f"/networks/nowhere{path}", body, match="*")
        assert (answer.status_code, problem(answer)) == (404, "not-found"), path


async def test_who_coordinates_a_national_network_registers_the_centers_of_its_country_and_no_others(
    office: Desk, coordinator: Callable[..., Desk], registration: Callable[..., dict[str, Any]]
) -> None:
    czech = (await office.done("POST", "/networks", {"name": "Síť", "level": "national", "country": "CZ"}))["id"]
    desk = coordinator(czech)
    await desk.done("POST", "/centers", registration())
    vienna = registration(place={"country": "AT", "town": "Wien"})
    assert (await desk.send("POST", "/centers", vienna)).status_code == 403
