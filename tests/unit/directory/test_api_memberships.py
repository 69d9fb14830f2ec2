"""Memberships over HTTP: applying, deciding, leaving; who was a member on a day; what ends with a closed center."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.directory.api.membership_views import MembershipView
from services.directory.api.memberships import (
    Admission,
    Application,
    CheckedCriteria,
    Correction,
    Decline,
    Earlier,
    MembershipEnd,
    NewKind,
)
from services.directory.api.rights import Asker, asker_about
from services.directory.domain.center import Center
from services.directory.domain.membership import Membership, MemberSpell
from services.directory.views.members import centers_of_network, networks_of_centers
from shared.commands import Command
from shared.events.directory.membership import MembershipKind
from shared.security import Identity
from shared.testing import MemoryNetwork

pytestmark = pytest.mark.asyncio
TOPIC = "directory.membership.v1"
Desk = Any
Body = Callable[..., dict[str, Any]]

CRITERIA = {
    "criteria": [
        {"code": "open-to-all", "labels": {"en": "Open to everybody"}},
        {"code": "daily-opening", "labels": {"en": "Open every day"}, "mandatory": False},
    ]
}


def problem(answer: Any) -> str:
    code: str = answer.json()["type"].removeprefix("urn:mine:problem:")
    return code


@pytest_asyncio.fixture
async def sit(office: Desk) -> str:
    """The Czech national network, with criteria."""
    receipt = await office.done("POST", "/networks", {"name": "Síť", "level": "national", "country": "CZ"})
    await office.done("PUT", f"/networks/{receipt['id']}/criteria", CRITERIA, match='"1"')
    return str(receipt["id"])


@pytest_asyncio.fixture
async def region(office: Desk, sit: str) -> str:
    """A region of it."""
    body = {"name": "Středočeská síť", "level": "regional", "country": "CZ", "parent": sit}
    return str((await office.done("POST", "/networks", body))["id"])


@pytest.fixture
def join(office: Desk) -> Callable[..., Any]:
    """Makes a center a friendly member of a network; returns the membership's id."""

    async def joined(network: str, center: str, on: str = "2026-02-01") -> str:
        body = {"center": center, "kind": "friendly", "on": on}
        receipt = await office.done("POST", f"/networks/{network}/members", body)
        await office.done("POST", f"/memberships/{receipt['id']}/admission", {"on": on})
        return str(receipt["id"])

    return joined


async def members(desk: Desk, network: str, query: str = "") -> list[str]:
    """The centers that a list of members names, in order."""
    answer = await desk.get(f"/networks/{network}/members?{query}")
    assert answer.status_code == 200, answer.text
    return sorted(each["center"] for each in answer.json()["items"])


# ---- from the application to the admission


async def test_a_center_applies_is_checked_and_admitted_and_everybody_hears_of_it(
    network: MemoryNetwork,
    house: Callable[[str], Desk],
    coordinator: Callable[..., Desk],
    everybody: Desk,
    sit: str,
    praha_id: str,
) -> None:
    center, desk = house(praha_id), coordinator(sit)
    applied = await center.send(
        "POST", f"/networks/{sit}/members", {"center": praha_id, "kind": "full", "on": "2026-02-14"}
    )
    path = applied.headers["Location"]
    assert (applied.status_code, applied.json()["events"]) == (201, ["MembershipApplied"])
    assert await members(everybody, sit) == []

    [waiting] = (await desk.get(f"/networks/{sit}/memberships?status=applied")).json()["items"]
    assert (waiting["center_name"], waiting["internal"]) == (
        "Mateřské centrum Praha", {"consented": True, "note": None},
    )  # fmt: skip
    hasty = await desk.send("POST", f"{path}/admission", {})
    assert (hasty.status_code, problem(hasty)) == (409, "requirements-missing")
    assert (hasty.json()["missing_criteria"], hasty.json()["ethical_code_missing"]) == (["open-to-all"], True)

    await center.done("POST", f"{path}/code-acceptance", {"on": "2026-02-15"})
    await desk.done("PUT", f"{path}/criteria", {"version": 1, "met": ["open-to-all"]})
    await desk.done("POST", f"{path}/admission", {"on": "2026-02-20"})
    assert await members(everybody, sit) == [praha_id]
    seen = (await everybody.get(path)).json()
    assert (seen["status"], seen["network_name"], seen["internal"]) == ("admitted", "Síť", None)
    assert seen["criteria"] == {"version": 1, "met": ["open-to-all"], "missing": [], "on": "2026-03-01"}
    assert seen["on_that_day"] == {"kind": "full", "since": "2026-02-20", "until": None}

    await network.settle()
    events = network.events(TOPIC, seen["id"])
    assert [event.type.split(".")[3] for event in events] == [
        "MembershipApplied", "EthicalCodeAccepted", "CriteriaChecked", "MembershipAdmitted",
    ]  # fmt: skip
    assert events[-1].happened.isoformat() == "2026-02-20T00:00:00+00:00"


async def test_the_documented_examples_are_true(office: Desk, sit: str, praha_id: str) -> None:
    [application] = Application.model_json_schema()["examples"]
    applied = await office.done("POST", f"/networks/{sit}/members", {**application, "center": praha_id})
    path = f"/memberships/{applied['id']}"
    assert applied["events"] == ["MembershipApplied", "EthicalCodeAccepted"]
    for method, step, body in (
        ("POST", "decline", Decline),
        ("PUT", "criteria", CheckedCriteria),
        ("POST", "admission", Admission),
        ("PUT", "kind", NewKind),
        ("POST", "end", MembershipEnd),
    ):
        [example] = body.model_json_schema()["examples"]
        if step == "end":
            example = {**example, "on": "2026-03-01"}
        await office.done(method, f"{path}/{step}", example)
        if step == "decline":
            await office.done("POST", f"/networks/{sit}/members", {**application, "center": praha_id})
    [example] = Earlier.model_json_schema()["examples"]
    await office.done("POST", f"/networks/{sit}/earlier-members", {**example, "center": praha_id})
    [example] = Correction.model_json_schema()["examples"]
    ended = [{**spell, "until": spell.get("until") or "2006-11-10"} for spell in example["spells"]]
    await office.done("PUT", f"{path}/spells", {"spells": ended}, match="*")
    [example] = MembershipView.model_json_schema()["examples"]
    MembershipView.model_validate(example)


@pytest.mark.parametrize(
    ("different", "code"),
    [
        ({"center": "nowhere"}, "unknown-center"),
        ({"on": "2026-04-01"}, "in-the-future"),
        ({"on": "0206-11-10"}, "invalid-input"),
        ({"kind": "honorary"}, "invalid-input"),
        ({"note": "Hallo"}, "invalid-input"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    office: Desk, sit: str, praha_id: str, different: dict[str, Any], code: str
) -> None:
    body = {"center": praha_id, "kind": "full", **different}
    answer = await office.send("POST", f"/networks/{sit}/members", body)
    assert (answer.status_code, problem(answer)) == (422, code)


async def test_there_is_one_membership_for_a_center_and_a_network_whoever_applies_how_often(
    office: Desk, house: Callable[[str], Desk], coordinator: Callable[..., Desk], sit: str, praha_id: str
) -> None:
    body = {"center": praha_id, "kind": "friendly"}
    first = await house(praha_id).done("POST", f"/networks/{sit}/members", body)
    again = await coordinator(sit).send("POST", f"/networks/{sit}/members", body)
    assert (again.status_code, problem(again)) == (409, "wrong-state")
    path = f"/memberships/{first['id']}"
    await office.done("POST", f"{path}/decline", {"reason": "incomplete"})
    anew = await house(praha_id).done("POST", f"/networks/{sit}/members", body)
    assert (anew["id"], anew["version"]) == (first["id"], 3)
    history = (await office.get(f"{path}/history")).json()["items"]
    assert [entry["event"] for entry in history] == ["MembershipApplied", "MembershipDeclined", "MembershipApplied"]


async def test_a_repeated_application_gets_its_first_answer_even_when_the_center_has_closed(
    house: Callable[[str], Desk], sit: str, praha_id: str
) -> None:
    desk, body = house(praha_id), {"center": praha_id, "kind": "friendly"}
    first = await desk.send("POST", f"/networks/{sit}/members", body, key="paper-17")
    await desk.done("POST", f"/centers/{praha_id}/closing", {"reason": "other"})
    again = await desk.send("POST", f"/networks/{sit}/members", body, key="paper-17")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert again.headers["Location"] == first.headers["Location"] == f"/memberships/{first.json()['id']}"
    new = await desk.send("POST", f"/networks/{sit}/members", body)
    assert (new.status_code, problem(new)) == (409, "center-closed")


async def test_criteria_are_checked_off_by_the_list_that_counts_today(
    office: Desk, coordinator: Callable[..., Desk], sit: str, praha_id: str
) -> None:
    receipt = await office.done("POST", f"/networks/{sit}/members", {"center": praha_id, "kind": "full"})
    path, desk = f"/memberships/{receipt['id']}/criteria", coordinator("CZ")
    unknown = await desk.send("PUT", path, {"version": 1, "met": ["open-to-alle"]})
    assert (unknown.status_code, problem(unknown), unknown.json()["nearest"]) == (
        422, "unknown-criterion", ["open-to-all"],
    )  # fmt: skip
    await office.done("PUT", f"/networks/{sit}/criteria", {"criteria": CRITERIA["criteria"][:1]}, match="*")
    outdated = await desk.send("PUT", path, {"version": 1, "met": []})
    assert (outdated.status_code, problem(outdated), outdated.json()["present"]) == (409, "criteria-outdated", 2)
    await desk.done("PUT", path, {"version": 2, "met": ["open-to-all"]})


# ---- what its people know, and what everybody does


async def test_why_an_application_was_declined_is_the_affair_of_the_two(
    network: MemoryNetwork,
    office: Desk,
    house: Callable[[str], Desk],
    coordinator: Callable[..., Desk],
    everybody: Desk,
    sit: str,
    praha_id: str,
) -> None:
    receipt = await house(praha_id).done("POST", f"/networks/{sit}/members", {"center": praha_id, "kind": "full"})
    path = f"/memberships/{receipt['id']}"
    body = {"reason": "other", "note": "Příliš malé.\nZkuste to znovu."}
    declined = await coordinator(sit).send("POST", f"{path}/decline", body)
    assert "malé" not in declined.text

    for insider in (office, house(praha_id), coordinator(sit), coordinator("CZ")):
        assert (await insider.get(path)).json()["internal"]["note"] == "Příliš malé.\nZkuste to znovu."
        assert len((await insider.get(f"/centers/{praha_id}/memberships")).json()["items"]) == 1
    for outsider in (everybody, house("brno"), coordinator("SK")):
        for asked in (path, f"{path}/history"):
            assert problem(await outsider.get(asked)) == "not-found"
        assert (await outsider.get(f"/centers/{praha_id}/memberships")).json()["items"] == []
    await network.settle()
    assert "malé" not in str([event.data for event in network.events(TOPIC)])
    assert "malé" not in (await office.get(f"{path}/history")).text


async def test_a_former_member_that_was_declined_is_a_former_member_to_everybody_else(
    office: Desk, everybody: Desk, house: Callable[[str], Desk], join: Callable[..., Any], sit: str, praha_id: str
) -> None:
    path = f"/memberships/{await join(sit, praha_id)}"
    await office.done("POST", f"{path}/end", {"reason": "own-wish", "on": "2026-02-20"})
    await office.done("POST", f"/networks/{sit}/members", {"center": praha_id, "kind": "full"})
    await office.done("POST", f"{path}/decline", {"reason": "criteria-not-met"})

    def seen_of(answer: Any) -> tuple[Any, ...]:
        return tuple(answer.json()[field] for field in ("status", "kind", "applied_on", "reason"))

    assert seen_of(await house(praha_id).get(path)) == ("declined", "full", "2026-03-01", "criteria-not-met")
    assert seen_of(await everybody.get(path)) == ("ended", "friendly", None, None)

    async def told(desk: Desk) -> list[str]:
        return [entry["event"] for entry in (await desk.get(f"{path}/history")).json()["items"]]

    assert await told(everybody) == ["MembershipAdmitted", "MembershipEnded"]
    assert await told(house(praha_id)) == [
        "MembershipApplied", "MembershipAdmitted", "MembershipEnded", "MembershipApplied", "MembershipDeclined",
    ]  # fmt: skip


async def test_the_desk_of_a_network_is_its_coordinators(
    everybody: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], sit: str
) -> None:
    path = f"/networks/{sit}/memberships"
    assert (await everybody.get(path)).status_code == 401
    assert (await coordinator("SK").get(path)).status_code == 403
    assert (await house("praha").get(path)).status_code == 403
    assert (await coordinator("CZ").get(path)).status_code == 200


COMMANDS: list[tuple[str, str, Any, bool]] = [
    ("POST", "consent", None, False),
    ("POST", "code-acceptance", {}, True),
    ("PUT", "criteria", {"version": 1, "met": []}, True),
    ("POST", "admission", {"kind": "friendly"}, True),
    ("POST", "decline", {"reason": "other"}, True),
    ("POST", "withdrawal", {}, True),
    ("PUT", "kind", {"kind": "friendly"}, True),
    ("POST", "end", {"reason": "other"}, True),
    ("PUT", "spells", {"spells": []}, True),
]
"""Method, path, body, and whether it is among what the network's coordinator may do."""


@pytest.mark.parametrize(("method", "step", "body", "by_network"), COMMANDS)
async def test_strangers_change_nothing_and_each_side_does_its_own_part(
    office: Desk,
    everybody: Desk,
    house: Callable[[str], Desk],
    coordinator: Callable[..., Desk],
    sit: str,
    region: str,
    praha_id: str,
    method: str,
    step: str,
    body: Any,
    by_network: bool,
) -> None:
    receipt = await office.done("POST", f"/networks/{region}/members", {"center": praha_id, "kind": "full"})
    earlier = {"center": praha_id, "kind": "full", "since": "1998-05-01", "until": "2006-11-10"}
    await office.done("POST", f"/networks/{region}/earlier-members", earlier)
    path = f"/memberships/{receipt['id']}/{step}"
    assert (await everybody.send(method, path, body, match="*")).status_code == 401
    for stranger in (house("brno"), coordinator("SK"), coordinator(sit)):
        answer = await stranger.send(method, path, body, match="*")
        assert (answer.status_code, problem(answer)) == (403, "forbidden")
    own = await coordinator(region).send(method, path, body, match="*")
    assert (own.status_code == 403) is not by_network


async def test_only_the_two_apply_and_only_the_network_enters_older_lists(
    house: Callable[[str], Desk], coordinator: Callable[..., Desk], region: str, sit: str, praha_id: str
) -> None:
    body = {"center": praha_id, "kind": "friendly"}
    for stranger in (house("brno"), coordinator("SK"), coordinator(sit)):
        assert problem(await stranger.send("POST", f"/networks/{region}/members", body)) == "forbidden"
    earlier = {**body, "since": "1998-05-01", "until": "2006-11-10"}
    for stranger in (house(praha_id), coordinator("CZ")):
        assert problem(await stranger.send("POST", f"/networks/{region}/earlier-members", earlier)) == "forbidden"
    assert (await coordinator("CZ").send("POST", f"/networks/{region}/members", body)).status_code == 201
    assert (await coordinator(region).send("POST", f"/networks/{region}/earlier-members", earlier)).status_code == 201


async def test_a_center_leaves_by_itself(
    house: Callable[[str], Desk], everybody: Desk, join: Callable[..., Any], sit: str, praha_id: str
) -> None:
    path = f"/memberships/{await join(sit, praha_id)}/end"
    early = await house(praha_id).send("POST", path, {"reason": "own-wish", "on": "2026-01-31"})
    assert (early.status_code, problem(early), early.json()["since"]) == (422, "ends-before-it-begins", "2026-02-01")
    await house(praha_id).done("POST", path, {"reason": "own-wish", "on": "2026-02-20", "note": "Neshody."})
    assert await members(everybody, sit, "on=2026-02-19") == [praha_id]
    assert await members(everybody, sit, "on=2026-02-20") == []
    [past] = (await everybody.get(f"/centers/{praha_id}/memberships")).json()["items"]
    assert (past["status"], past["reason"], past["internal"]) == ("ended", "own-wish", None)


# ---- whom a network's coordinator speaks for


async def test_a_coordinator_acts_for_the_centers_of_the_network_but_takes_no_house_by_paper(
    network: MemoryNetwork,
    office: Desk,
    house: Callable[[str], Desk],
    coordinator: Callable[..., Desk],
    region: str,
    praha_id: str,
) -> None:
    world = network.runtimes["directory"].world
    desk = coordinator(region)
    token = Identity("test", frozenset({"coordinator"}), networks=frozenset({region}))

    async def speaks_for_it() -> bool:
        center = (await world.repository(Center).get(praha_id)).aggregate
        asker = await asker_about(praha_id, token, world)
        assert not Asker(token).is_its_people(center)
        assert asker.role(center) == ("coordinator" if asker.networks else "office")
        return asker.is_its_people(center)

    receipt = await desk.done("POST", f"/networks/{region}/members", {"center": praha_id, "kind": "friendly"})
    path = f"/memberships/{receipt['id']}"
    await desk.done("POST", f"{path}/admission", {})
    assert (await desk.get(path)).json()["internal"]["consented"] is False
    assert not await speaks_for_it()
    assert problem(await desk.send("POST", f"{path}/consent")) == "forbidden"

    confirmed = await house(praha_id).done("POST", f"{path}/consent")
    assert confirmed["events"] == ["CenterConsented"]
    assert await speaks_for_it()
    nobody_else = Identity("test", frozenset({"center"}), networks=frozenset({region}))
    assert (await asker_about(praha_id, nobody_else, world)).networks == ()
    await office.done("POST", f"{path}/end", {"reason": "own-wish"})
    assert not await speaks_for_it()


async def test_the_country_code_opens_the_national_network_of_a_center_from_abroad(
    network: MemoryNetwork, office: Desk, join: Callable[..., Any], registration: Body, sit: str
) -> None:
    wien = (await office.done("POST", "/centers", registration(place={"country": "AT", "town": "Wien"})))["id"]
    await join(sit, wien)
    networks = await networks_of_centers(network.runtimes["directory"].world, [wien, "nowhere"])
    assert networks == {wien: {sit, "CZ"}}


# ---- who was a member on a day


async def test_who_was_a_member_on_any_day_is_answered_whenever_it_was_entered(
    office: Desk,
    everybody: Desk,
    coordinator: Callable[..., Desk],
    join: Callable[..., Any],
    registration: Body,
    sit: str,
    praha_id: str,
) -> None:
    brno = (await office.done("POST", "/centers", registration(place={"country": "CZ", "town": "Brno"})))["id"]
    membership = await join(sit, praha_id, on="2019-01-01")
    desk = coordinator(sit)
    for center, kind, since, until in (
        (praha_id, "friendly", "1998-05-01", "2003-01-01"),
        (praha_id, "full", "2003-01-01", "2007-01-01"),
        (brno, "full", "2006-11-10", None),
    ):
        earlier = {"center": center, "kind": kind, "since": since, "until": until}
        await desk.done("POST", f"/networks/{sit}/earlier-members", earlier)
    both = sorted([praha_id, brno])
    for day, wanted in (
        ("1998-04-30", []),
        ("1998-05-01", [praha_id]),
        ("2006-11-09", [praha_id]),
        ("2006-11-10", both),
        ("2007-01-01", [brno]),
        ("2019-01-01", both),
        ("2026-03-01", both),
    ):
        assert await members(everybody, sit, f"on={day}") == wanted, day
    assert await members(everybody, sit, "on=2002-12-31&kind=friendly") == [praha_id]
    assert await members(everybody, sit, "on=2003-01-01&kind=friendly") == []
    [then] = (await everybody.get(f"/centers/{praha_id}/memberships?on=2003-01-01")).json()["items"]
    assert then["on_that_day"] == {"kind": "full", "since": "2003-01-01", "until": "2007-01-01"}
    assert (await everybody.get(f"/centers/{praha_id}/memberships?on=2010-01-01")).json()["items"] == []

    overlap = {"center": praha_id, "kind": "full", "since": "2006-01-01", "until": "2008-01-01"}
    refused = await desk.send("POST", f"/networks/{sit}/earlier-members", overlap)
    assert (refused.status_code, problem(refused)) == (409, "spells-overlap")

    seen = await desk.get(f"/memberships/{membership}")
    spells = [each for each in seen.json()["spells"] if each["kind"] == "friendly"]
    blind = await desk.send("PUT", f"/memberships/{membership}/spells", {"spells": spells})
    assert problem(blind) == "if-match-missing"
    await desk.done("PUT", f"/memberships/{membership}/spells", {"spells": spells}, match=seen.headers["ETag"])
    assert await members(everybody, sit, "on=2005-01-01") == []


async def test_the_members_of_a_network_and_of_those_below_it_come_in_pages(
    network: MemoryNetwork,
    office: Desk,
    everybody: Desk,
    join: Callable[..., Any],
    registration: Body,
    sit: str,
    region: str,
) -> None:
    places = [{"country": "CZ", "town": town} for town in ("Brno", "Plzeň", "Zlín", "Opava")]
    centers = [(await office.done("POST", "/centers", registration(place=place)))["id"] for place in places]
    for center in centers[:3]:
        await join(sit, center)
    for center in centers[2:]:
        await join(region, center, on="2026-02-15")
    assert await members(everybody, sit) == sorted(centers[:3])
    assert await members(everybody, sit, "below=true") == sorted([*centers, centers[2]])
    assert await members(everybody, sit, "below=true&on=2026-02-14") == sorted(centers[:3])

    found, query = [], f"/networks/{sit}/members?below=true&limit=2"
    while query:
        page = await everybody.get(query)
        found += [each["id"] for each in page.json()["items"]]
        query = page.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert len(found) == len(set(found)) == 5

    world = network.runtimes["directory"].world
    assert await centers_of_network(world, sit, date(2026, 2, 15)) == set(centers)
    assert await centers_of_network(world, sit, date(2026, 2, 14)) == set(centers[:3])
    assert await centers_of_network(world, region, date(2026, 2, 14)) == frozenset()
    assert await centers_of_network(world, "nowhere", date(2026, 2, 14)) == frozenset()


# ---- hidden houses


async def test_a_hidden_center_is_a_member_by_its_public_name_and_of_no_region(
    office: Desk, house: Callable[[str], Desk], everybody: Desk, join: Callable[..., Any], sit: str, region: str,
    praha_id: str,
) -> None:  # fmt: skip
    in_region = f"/memberships/{await join(region, praha_id)}"
    await join(sit, praha_id)
    await house(praha_id).done("PUT", f"/centers/{praha_id}/visibility", {"location_visibility": "hidden"})

    [seen] = (await everybody.get(f"/networks/{sit}/members")).json()["items"]
    assert (seen["center"], seen["center_name"]) == (praha_id, "Mother Center")
    assert await members(everybody, region) == []
    assert await members(everybody, sit, "below=true") == [praha_id]
    told = (await everybody.get(f"/centers/{praha_id}/memberships")).json()["items"]
    assert [each["network"] for each in told] == [sit]
    for asked in (in_region, f"{in_region}/history"):
        assert problem(await everybody.get(asked)) == "not-found"
    assert await members(house(praha_id), region) == [praha_id]

    await office.done("POST", f"{in_region}/end", {"reason": "own-wish"})
    for path, body in (
        ("members", {"center": praha_id, "kind": "friendly"}),
        ("earlier-members", {"center": praha_id, "kind": "full", "since": "1998-05-01", "until": "2006-11-10"}),
    ):
        refused = await office.send("POST", f"/networks/{region}/{path}", body)
        assert (refused.status_code, problem(refused)) == (409, "tells-region")


# ---- closed and dissolved


async def test_a_closed_center_is_a_member_nowhere_and_has_to_apply_again_when_it_reopens(
    network: MemoryNetwork,
    office: Desk,
    everybody: Desk,
    join: Callable[..., Any],
    sit: str,
    region: str,
    praha_id: str,
) -> None:
    member = await join(sit, praha_id)
    applied = await office.done("POST", f"/networks/{region}/members", {"center": praha_id, "kind": "friendly"})
    await network.settle()
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "no-funding", "on": "2026-02-20"})
    await network.settle()
    await office.done("POST", f"/centers/{praha_id}/reopening", {})
    await network.settle()

    ended = (await office.get(f"/memberships/{member}")).json()
    assert (ended["status"], ended["reason"], ended["spells"][0]["until"]) == ("ended", "center-closed", "2026-02-20")
    void = (await office.get(f"/memberships/{applied['id']}")).json()
    assert (void["status"], void["reason"]) == ("withdrawn", "center-closed")
    assert await members(everybody, sit, "on=2026-02-19") == [praha_id]
    [*_, entry] = (await everybody.get(f"/memberships/{member}/history")).json()["items"]
    assert (entry["event"], entry["by"]) == ("MembershipEnded", "end_memberships_when_center_closes")
    assert (entry["happened"], entry["recorded"]) == ("2026-02-20T00:00:00.000Z", "2026-03-01T09:00:00.000Z")
    assert (await join(sit, praha_id, on="2026-03-01")) == member


async def test_what_a_reopened_center_began_anew_stays_when_the_news_of_its_closing_comes_late(
    network: MemoryNetwork, office: Desk, join: Callable[..., Any], sit: str, region: str, praha_id: str
) -> None:
    old = await join(sit, praha_id)
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "other"})
    await office.done("POST", f"/centers/{praha_id}/reopening", {})
    network.clock.move(timedelta(seconds=1))
    new = await office.done("POST", f"/networks/{region}/members", {"center": praha_id, "kind": "friendly"})
    await network.settle()
    assert (await office.get(f"/memberships/{old}")).json()["status"] == "ended"
    assert (await office.get(f"/memberships/{new['id']}")).json()["status"] == "applied"


@pytest.mark.parametrize(
    ("enter", "outcome"),
    [
        (lambda it, now: it.apply(MembershipKind.FRIENDLY, True, now), ("withdrawn", None)),
        (
            lambda it, now: it.record_earlier(
                MemberSpell(kind=MembershipKind.FULL, since=date(2020, 1, 1)), consented=True, now=now
            ),
            ("ended", "2026-02-20"),
        ),
    ],
)
async def test_what_was_entered_while_the_center_closed_ends_as_if_it_had_been_there_before(
    network: MemoryNetwork, office: Desk, sit: str, praha_id: str, enter: Any, outcome: tuple[str, str | None]
) -> None:
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "other", "on": "2026-02-20"})
    await network.settle()
    await (
        network.runtimes["directory"]
        .world.repository(Membership)
        .change("m", Command("on its way"), enter, begin=lambda id: Membership(id=id, network=sit, center=praha_id))
    )
    await network.settle()
    over = (await office.get("/memberships/m")).json()
    until = over["spells"][0]["until"] if over["spells"] else None
    assert (over["status"], until, over["reason"]) == (*outcome, "center-closed")


async def test_a_dissolved_network_has_members_in_the_past_only(
    network: MemoryNetwork,
    office: Desk,
    everybody: Desk,
    join: Callable[..., Any],
    registration: Body,
    sit: str,
    praha_id: str,
) -> None:
    brno = (await office.done("POST", "/centers", registration(place={"country": "CZ", "town": "Brno"})))["id"]
    await join(sit, praha_id)
    applied = await office.done("POST", f"/networks/{sit}/members", {"center": brno, "kind": "full"})
    await office.done("POST", f"/networks/{sit}/dissolution", {"reason": "no-volunteers", "on": "2026-02-20"})
    await network.settle()
    assert await members(everybody, sit) == []
    assert await members(everybody, sit, "on=2026-02-19") == [praha_id]
    assert (await office.get(f"/memberships/{applied['id']}")).json()["reason"] == "network-dissolved"

    for path, body in (
        ("members", {"center": brno, "kind": "full"}),
        ("earlier-members", {"center": brno, "kind": "full", "since": "2020-01-01"}),
    ):
        refused = await office.send("POST", f"/networks/{sit}/{path}", body)
        assert (refused.status_code, problem(refused)) == (409, "network-dissolved")
    earlier = {"center": brno, "kind": "full", "since": "2020-01-01", "until": "2021-01-01"}
    await office.done("POST", f"/networks/{sit}/earlier-members", earlier)
    assert await members(everybody, sit, "on=2020-06-01") == [brno]


# ---- what nobody else is told


async def test_who_may_not_correct_a_membership_does_not_learn_from_a_stale_version_what_became_of_it(
    office: Desk, coordinator: Callable[..., Desk], sit: str, praha_id: str
) -> None:
    receipt = await office.done("POST", f"/networks/{sit}/members", {"center": praha_id, "kind": "friendly"})
    path = f"/memberships/{receipt['id']}"
    await office.done("POST", f"{path}/admission", {})
    await office.done("POST", f"{path}/end", {"reason": "own-wish"})
    await office.done("POST", f"/networks/{sit}/members", {"center": praha_id, "kind": "full"})
    await office.done("POST", f"{path}/decline", {"reason": "incomplete"})
    told = await coordinator("SK").send("PUT", f"{path}/spells", {"spells": []}, match='"1"')
    assert (told.status_code, problem(told), "since" in told.json()) == (403, "forbidden", False)
    told = await coordinator("CZ").send("PUT", f"{path}/spells", {"spells": []}, match='"1"')
    assert (told.status_code, told.json()["since"][-1]["event"]) == (412, "MembershipDeclined")
