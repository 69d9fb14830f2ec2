"""Anybody says what is not right about an entry; the center's people decide."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk

WRONG_YEAR = {"change": {"founded": 1993}, "remark": "Paní Nováková říká 1993.\nViz kronika."}


@pytest.fixture
async def suggested(everybody: Desk, praha_id: str) -> str:
    """The id of what a passer-by suggested about the center in Praha."""
    receipt = await everybody.done("POST", f"/centers/{praha_id}/corrections", WRONG_YEAR)
    assert receipt["snapshot"] == {"center": praha_id, "fields": ["founded"], "status": "open"}
    return str(receipt["id"])


async def test_an_accepted_correction_goes_into_the_entry(
    network: MemoryNetwork, everybody: Desk, house: Callable[[str], Desk], praha_id: str, suggested: str
) -> None:
    [open_one] = (await house(praha_id).get(f"/centers/{praha_id}/corrections")).json()["items"]
    assert (open_one["change"], open_one["remark"]) == (WRONG_YEAR["change"], WRONG_YEAR["remark"])
    await house(praha_id).done("POST", f"/corrections/{suggested}/acceptance")
    await network.settle()
    assert (await everybody.get(f"/centers/{praha_id}")).json()["founded"] == 1993
    last = (await everybody.get(f"/centers/{praha_id}/history")).json()["items"][-1]
    assert (last["event"], last["what"], last["by"]) == (
        "CenterProfileUpdated", {"changed": ["founded"]}, "change_what_was_accepted",
    )  # fmt: skip
    assert (await everybody.get(f"/corrections/{suggested}")).json()["status"] == "accepted"


async def test_a_refused_correction_changes_nothing_and_its_remark_is_forgotten(
    network: MemoryNetwork, everybody: Desk, house: Callable[[str], Desk], praha_id: str, suggested: str
) -> None:
    desk = house(praha_id)
    await desk.done("POST", f"/corrections/{suggested}/refusal", {"reason": "already-right"})
    await network.settle()
    assert (await everybody.get(f"/centers/{praha_id}")).json()["founded"] == 1992
    assert (await desk.get(f"/centers/{praha_id}/corrections")).json()["items"] == []
    [refused] = (await desk.get(f"/centers/{praha_id}/corrections?status=refused")).json()["items"]
    assert refused["remark"] is None
    assert (await desk.send("POST", f"/corrections/{suggested}/acceptance")).status_code == 409


async def test_only_the_centers_people_see_and_decide(
    everybody: Desk,
    house: Callable[[str], Desk],
    coordinator: Callable[..., Desk],
    praha_id: str,
    suggested: str,
) -> None:
    for stranger in (house("brno"), coordinator("SK")):
        assert (await stranger.get(f"/centers/{praha_id}/corrections")).status_code == 403
        assert (await stranger.send("POST", f"/corrections/{suggested}/acceptance")).status_code == 403
    assert (await everybody.send("POST", f"/corrections/{suggested}/acceptance")).status_code == 401
    assert (await coordinator("CZ").send("POST", f"/corrections/{suggested}/acceptance")).status_code == 200


async def test_no_event_tells_what_was_suggested(network: MemoryNetwork, praha_id: str, suggested: str) -> None:
    await network.settle()
    [event] = network.events("directory.correction.v1", suggested)
    assert event.data == {"snapshot": {"center": praha_id, "fields": ["founded"], "status": "open"}}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "nothing-suggested"),
        ({"change": {"founded": 2222}}, "invalid-input"),
        ({"change": {"founded": 2030}}, "in-the-future"),
        ({"change": {"topics": ["fundation"]}}, "unknown-topic"),
        ({"change": {"status": "closed"}}, "invalid-input"),
        ({"remark": "\u202e evil"}, "invalid-input"),
        ({"remark": "x" * 1001}, "invalid-input"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    everybody: Desk, praha_id: str, body: dict[str, Any], problem: str
) -> None:
    answer = await everybody.send("POST", f"/centers/{praha_id}/corrections", body)
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:mine:problem:{problem}")


async def test_nobody_suggests_without_end(everybody: Desk, praha_id: str) -> None:
    answers = [await everybody.send("POST", f"/centers/{praha_id}/corrections", {"remark": "?"}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [429]


async def test_a_closed_center_takes_no_corrections_over(office: Desk, praha_id: str, suggested: str) -> None:
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "other"})
    answer = await office.send("POST", f"/corrections/{suggested}/acceptance")
    assert (answer.status_code, answer.json()["detail"]) == (409, "the center is closed")


async def test_there_must_be_such_a_center(everybody: Desk) -> None:
    assert (await everybody.send("POST", "/centers/nowhere/corrections", WRONG_YEAR)).status_code == 404
