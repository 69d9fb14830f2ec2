"""Partners over HTTP: entered, found, linked by whoever is at the other end, and silent about hidden houses."""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from services.directory.api.partners import NewLink, PartnerRegistration, PartnershipEnd, PartnerView
from services.directory.domain.partner import Partner
from services.directory.domain.spells import Spell
from shared.commands import Command
from shared.events.directory.partner import LinkKind
from shared.testing import MemoryNetwork

pytestmark = pytest.mark.asyncio
TOPIC = "directory.partner.v1"
Desk = Any
Body = Callable[..., dict[str, Any]]

NADACE = {
    "name": "Nadace Kamínek", "kind": "foundation", "country": "CZ", "since": "2015-09-01",
    "contact": {"email": "info@nadace.example.org"},
}  # fmt: skip
UNION = {"name": "Union of Houses", "kind": "international-organisation"}


def problem(answer: Any) -> str:
    code: str = answer.json()["type"].removeprefix("urn:mine:problem:")
    return code


@pytest_asyncio.fixture
async def nadace(office: Desk) -> str:
    return str((await office.done("POST", "/partners", NADACE))["id"])


@pytest_asyncio.fixture
async def sit(office: Desk) -> str:
    receipt = await office.done("POST", "/networks", {"name": "Síť", "level": "national", "country": "CZ"})
    return str(receipt["id"])


async def names(desk: Desk, query: str) -> list[str]:
    answer = await desk.get(f"/partners?{query}")
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


async def test_a_partner_is_entered_and_everybody_hears_of_it(
    network: MemoryNetwork, office: Desk, everybody: Desk
) -> None:
    answer = await office.send("POST", "/partners", NADACE)
    assert (answer.status_code, answer.json()["events"]) == (201, ["PartnerRegistered"])
    seen = (await everybody.get(answer.headers["Location"])).json()
    assert (seen["name"], seen["contact"]["email"], seen["links"]) == (
        "Nadace Kamínek", "info@nadace.example.org", [],
    )  # fmt: skip
    await network.settle()
    [event] = network.events(TOPIC, seen["id"])
    assert event.type == "org.mine.directory.PartnerRegistered.v1"
    assert "@" not in str(event.data)


async def test_the_documented_examples_are_true(office: Desk, praha_id: str) -> None:
    [example] = PartnerRegistration.model_json_schema()["examples"]
    path = f"/partners/{(await office.done('POST', '/partners', example))['id']}"
    [example] = NewLink.model_json_schema()["examples"]
    await office.done("POST", f"{path}/links", {**example, "center": praha_id})
    [example] = PartnershipEnd.model_json_schema()["examples"]
    await office.done("POST", f"{path}/end", example)
    [example] = PartnerView.model_json_schema()["examples"]
    PartnerView.model_validate(example)


@pytest.mark.parametrize(
    ("different", "code"),
    [
        ({"kind": "bank"}, "invalid-input"),
        ({"country": "ZZ"}, "invalid-input"),
        ({"since": "2031-01-01"}, "in-the-future"),
        ({"since": "0215-09-01"}, "invalid-input"),
        ({"contact": {"person": "Jana"}}, "invalid-input"),
    ],
)
async def test_what_makes_no_sense_is_refused(office: Desk, different: dict[str, Any], code: str) -> None:
    answer = await office.send("POST", "/partners", {**NADACE, **different})
    assert (answer.status_code, problem(answer)) == (422, code)


# ---- who may


async def test_partners_of_a_country_are_its_coordinators_and_international_ones_the_offices(
    office: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], everybody: Desk, sit: str
) -> None:
    for desk in (coordinator("CZ"), coordinator(sit)):
        receipt = await desk.done("POST", "/partners", NADACE)
        path = f"/partners/{receipt['id']}"
        await desk.done("PATCH", path, {"kind": "ngo"}, match='"1"')
        abroad = await desk.send("PATCH", path, {"country": "SK"}, match='"2"')
        assert (abroad.status_code, problem(abroad)) == (403, "forbidden")
        for stranger in (coordinator("SK"), coordinator("SK", "AT")):
            for method, step, body in (("PATCH", "", {"kind": "ngo"}), ("POST", "/end", {"reason": "other"})):
                assert (await stranger.send(method, f"{path}{step}", body, match="*")).status_code == 403
        await desk.done("POST", f"{path}/end", {"reason": "agreed"})
    assert (await coordinator("CZ", sit).send("POST", "/partners", UNION)).status_code == 403
    assert (await coordinator("SK").send("POST", "/partners", NADACE)).status_code == 403
    assert (await house("praha").send("POST", "/partners", NADACE)).status_code == 403
    assert (await everybody.send("POST", "/partners", NADACE)).status_code == 401
    assert (await office.send("POST", "/partners", UNION)).status_code == 201


async def test_a_partner_moves_abroad_by_whoever_coordinates_both_countries(
    coordinator: Callable[..., Desk], nadace: str
) -> None:
    moved = await coordinator("CZ", "SK").done("PATCH", f"/partners/{nadace}", {"country": "SK"}, match='"1"')
    assert moved["snapshot"]["country"] == "SK"


async def test_links_are_made_and_ended_by_whoever_is_at_the_other_end(
    office: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], sit: str, nadace: str, praha_id: str
) -> None:
    path = f"/partners/{nadace}/links"
    to_center = {"kind": "host-of-premises", "center": praha_id, "since": "2024-01-01"}
    to_network = {"kind": "funder", "network": sit, "since": "2020-01-01"}
    for stranger in (house("brno"), coordinator("SK")):
        for body in (to_center, to_network):
            refused = await stranger.send("POST", path, body)
            assert (refused.status_code, problem(refused)) == (403, "forbidden")
    assert problem(await house(praha_id).send("POST", path, to_network)) == "forbidden"
    assert problem(await coordinator(sit).send("POST", path, to_center)) == "forbidden"

    linked = await house(praha_id).send("POST", path, to_center)
    assert (linked.status_code, linked.headers["Location"]) == (201, f"/partners/{nadace}")
    assert (await coordinator(sit).send("POST", path, to_network)).status_code == 201
    twice = await office.send("POST", path, to_center)
    assert (twice.status_code, problem(twice), twice.json()["link"]) == (409, "already-linked", "l1")

    for desk, link in ((coordinator(sit), "l1"), (house(praha_id), "l2"), (coordinator("SK"), "l2")):
        assert problem(await desk.send("POST", f"{path}/{link}/end", {})) == "forbidden"
    await house(praha_id).done("POST", f"{path}/l1/end", {"on": "2026-02-01"})
    again = await house(praha_id).send("POST", f"{path}/l1/end", {})
    assert (again.status_code, problem(again)) == (409, "wrong-state")
    await coordinator("CZ").done("POST", f"{path}/l2/end", {})
    missing = await office.send("POST", f"{path}/l9/end", {})
    assert (missing.status_code, problem(missing)) == (404, "no-such-link")


async def test_the_coordinator_of_a_centers_network_links_it_once_the_center_has_consented(
    office: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], sit: str, nadace: str, praha_id: str
) -> None:
    body = {"kind": "sponsor", "center": praha_id, "since": "2024-01-01"}
    desk = coordinator(sit)
    applied = await desk.done("POST", f"/networks/{sit}/members", {"center": praha_id, "kind": "friendly"})
    assert problem(await desk.send("POST", f"/partners/{nadace}/links", body)) == "forbidden"
    await house(praha_id).done("POST", f"/memberships/{applied['id']}/consent")
    assert (await desk.send("POST", f"/partners/{nadace}/links", body)).status_code == 201


@pytest.mark.parametrize(
    ("link", "status", "code"),
    [
        ({"center": "nowhere"}, 422, "unknown-center"),
        ({"network": "nowhere"}, 422, "unknown-network"),
        ({}, 422, "invalid-input"),
        ({"center": "praha", "network": "sit"}, 422, "invalid-input"),
        ({"network": "sit", "since": "2027-01-01"}, 422, "in-the-future"),
        ({"network": "sit", "until": "2019-12-31"}, 422, "ends-before-it-begins"),
        ({"network": "sit", "kind": "friend"}, 422, "invalid-input"),
    ],
)
async def test_a_link_that_makes_no_sense_is_refused(
    office: Desk, nadace: str, sit: str, link: dict[str, Any], status: int, code: str
) -> None:
    body = {"kind": "funder", "since": "2020-01-01", **link}
    if body.get("network") == "sit":
        body["network"] = sit
    answer = await office.send("POST", f"/partners/{nadace}/links", body)
    assert (answer.status_code, problem(answer)) == (status, code)


# ---- found


async def test_partners_are_found_by_country_kind_link_and_day(
    office: Desk, everybody: Desk, nadace: str, sit: str, praha_id: str
) -> None:
    union = (await office.done("POST", "/partners", UNION))["id"]
    uni = (await office.done("POST", "/partners", {**NADACE, "name": "Univerzita", "kind": "university"}))["id"]
    for partner, body in (
        (nadace, {"kind": "funder", "center": praha_id, "since": "2020-01-01", "until": "2022-01-01"}),
        (nadace, {"kind": "funder", "network": sit, "since": "2016-01-01"}),
        (union, {"kind": "member-of", "network": sit, "since": "2021-01-01"}),
    ):
        await office.done("POST", f"/partners/{partner}/links", body)
    await office.done("POST", f"/partners/{uni}/end", {"reason": "other", "on": "2024-01-01"})

    for query, wanted in (
        ("", ["Nadace Kamínek", "Union of Houses", "Univerzita"]),
        ("country=CZ", ["Nadace Kamínek", "Univerzita"]),
        ("country=international", ["Union of Houses"]),
        ("kind=university", ["Univerzita"]),
        ("status=active", ["Nadace Kamínek", "Union of Houses"]),
        (f"center={praha_id}", ["Nadace Kamínek"]),
        (f"center={praha_id}&on=2021-12-31", ["Nadace Kamínek"]),
        (f"center={praha_id}&on=2022-01-01", []),
        (f"network={sit}", ["Nadace Kamínek", "Union of Houses"]),
        (f"network={sit}&on=2020-06-01", ["Nadace Kamínek"]),
        (f"network={sit}&center={praha_id}&on=2020-06-01", ["Nadace Kamínek"]),
        ("on=2015-08-31", ["Union of Houses"]),
        ("on=2023-12-31&country=CZ", ["Nadace Kamínek", "Univerzita"]),
        ("on=2024-01-01&country=CZ", ["Nadace Kamínek"]),
    ):
        assert await names(everybody, query) == wanted, query
    unreadable = await everybody.get("/partners?country=nowhere")
    assert (unreadable.status_code, problem(unreadable)) == (422, "invalid-input")
    first = (await everybody.get("/partners?limit=2")).json()
    rest = (await everybody.get(f"/partners?limit=2&cursor={first['next']}")).json()
    assert ([each["name"] for each in rest["items"]], rest["next"]) == (["Univerzita"], None)


async def test_the_contact_of_an_ended_partner_is_not_shown(office: Desk, everybody: Desk, nadace: str) -> None:
    await office.done("POST", f"/partners/{nadace}/end", {"reason": "dissolved", "on": "2026-02-01"})
    seen = (await everybody.get(f"/partners/{nadace}")).json()
    assert (seen["status"], seen["ended_on"], seen["contact"]) == ("ended", "2026-02-01", None)


# ---- hidden houses


async def test_nobody_learns_from_a_partner_where_a_hidden_house_is(
    network: MemoryNetwork,
    office: Desk,
    everybody: Desk,
    house: Callable[[str], Desk],
    coordinator: Callable[..., Desk],
    praha_id: str,
) -> None:
    town = await office.done("POST", "/partners", {"name": "Město Praha", "kind": "municipality", "country": "CZ"})
    path = f"/partners/{town['id']}"
    funder = {"kind": "funder", "center": praha_id, "since": "2020-01-01"}
    await house(praha_id).done("POST", f"{path}/links", funder)
    assert [link["center"] for link in (await everybody.get(path)).json()["links"]] == [praha_id]

    hidden = {"location_visibility": "hidden"}
    await house(praha_id).done("PUT", f"/centers/{praha_id}/visibility", hidden)
    await house(praha_id).done("POST", f"{path}/links", {**funder, "kind": "host-of-premises"})
    for outsider in (everybody, house("brno"), coordinator("SK")):
        assert (await outsider.get(path)).json()["links"] == []
        assert await names(outsider, f"center={praha_id}") == []
        assert [each["links"] for each in (await outsider.get("/partners")).json()["items"]] == [[]]
        assert praha_id not in (await outsider.get(f"{path}/history")).text
    for insider in (office, house(praha_id), coordinator("CZ")):
        assert len((await insider.get(path)).json()["links"]) == 2
        assert await names(insider, f"center={praha_id}") == ["Město Praha"]

    await network.settle()
    told = [event.data.get("center") for event in network.events(TOPIC) if "PartnershipLinked" in event.type]
    assert told == [praha_id, None]


# ---- closed and dissolved


async def test_a_closed_centers_and_a_dissolved_networks_links_end_with_them(
    network: MemoryNetwork, office: Desk, everybody: Desk, nadace: str, sit: str, praha_id: str
) -> None:
    for target in ({"center": praha_id}, {"network": sit}):
        await office.done("POST", f"/partners/{nadace}/links", {"kind": "funder", "since": "2020-01-01", **target})
    await network.settle()
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "no-funding", "on": "2026-02-10"})
    await office.done("POST", f"/networks/{sit}/dissolution", {"reason": "other", "on": "2026-02-20"})
    await network.settle()
    seen = (await everybody.get(f"/partners/{nadace}")).json()
    assert ([link["until"] for link in seen["links"]], seen["status"]) == (["2026-02-10", "2026-02-20"], "active")
    history = (await everybody.get(f"/partners/{nadace}/history")).json()["items"]
    assert sorted(entry["what"]["reason"] for entry in history[3:]) == ["center-closed", "network-dissolved"]

    for target, code in (({"center": praha_id}, "center-closed"), ({"network": sit}, "network-dissolved")):
        body = {"kind": "sponsor", "since": "2020-01-01", **target}
        assert problem(await office.send("POST", f"/partners/{nadace}/links", body)) == code
        await office.done("POST", f"/partners/{nadace}/links", {**body, "until": "2021-01-01"})


async def test_a_link_entered_while_the_hidden_center_closed_ends_too(
    network: MemoryNetwork, office: Desk, house: Callable[[str], Desk], nadace: str, praha_id: str
) -> None:
    await house(praha_id).done("PUT", f"/centers/{praha_id}/visibility", {"location_visibility": "hidden"})
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "other", "on": "2026-02-10"})
    await network.settle()
    spell = Spell.model_validate({"since": "2020-01-01"})
    await (
        network.runtimes["directory"]
        .world.repository(Partner)
        .change(
            nadace,
            Command("on its way"),
            lambda it, now: it.link(LinkKind.FUNDER, spell, now, center=praha_id, hidden=True),
        )
    )
    await network.settle()
    assert [link["until"] for link in (await office.get(f"/partners/{nadace}")).json()["links"]] == ["2026-02-10"]


async def test_a_partner_that_does_not_exist_is_missing_everywhere(office: Desk, everybody: Desk) -> None:
    for path in ("", "/history"):
        assert problem(await everybody.get(f"/partners/nowhere{path}")) == "not-found"
    for method, path, body in (
        ("PATCH", "", {"kind": "ngo"}),
        ("POST", "/end", {"reason": "other"}),
        ("POST", "/links/l1/end", {}),
    ):
        answer = await office.send(method, f"/partners/nowhere{path}", body, match="*")
        assert (answer.status_code, problem(answer)) == (404, "not-found"), path
