"""The map of a past day over HTTP: late entries land on their day, and whoever hides today hides then too."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk

Body = Callable[..., dict[str, Any]]


@pytest.fixture
async def two(network: MemoryNetwork, office: Desk, registration: Body) -> list[str]:
    """Praha, opened 1992, and Brno, opened 2004."""
    brno = registration(
        name="Domeček", names={}, founded=2004, opened_on="2004-09-01", place={"country": "CZ", "town": "Brno"}
    )
    ids = [str((await office.done("POST", "/centers", body))["id"]) for body in (registration(), brno)]
    await network.settle()
    return ids


async def names(desk: Desk, query: str) -> list[str]:
    answer = await desk.get(f"/centers?{query}")
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def test_what_was_entered_today_is_on_the_map_of_its_day(everybody: Desk, two: list[str]) -> None:
    assert await names(everybody, "on=1991-12-31") == []
    assert await names(everybody, "on=1992-06-01") == ["Mateřské centrum Praha"]
    assert await names(everybody, "on=2006-11-10&country=CZ") == ["Domeček", "Mateřské centrum Praha"]
    counts = (await everybody.get("/countries?on=2000-01-01")).json()
    assert (counts["items"], counts["on"]) == ([{"country": "CZ", "active": 1, "paused": 0, "closed": 0}], "2000-01-01")


async def test_a_late_entry_changes_its_day_and_those_after_it(
    network: MemoryNetwork, office: Desk, everybody: Desk, two: list[str]
) -> None:
    before = (await everybody.get("/centers?on=2006-11-10")).json()
    await office.done("POST", f"/centers/{two[1]}/closing", {"reason": "no-funding", "on": "2006-05-01"})
    await network.settle()
    assert await names(everybody, "on=2006-04-30&status=active") == ["Domeček", "Mateřské centrum Praha"]
    assert await names(everybody, "on=2006-11-10&status=active") == ["Mateřské centrum Praha"]
    after = (await everybody.get("/centers?on=2006-11-10")).json()
    assert after["as_of"] >= before["as_of"]
    assert (await everybody.get("/centers?on=2006-04-30")).json()["as_of"] == before["as_of"]


async def test_who_hides_today_hides_on_every_day(
    network: MemoryNetwork, office: Desk, everybody: Desk, two: list[str]
) -> None:
    await office.done("PUT", f"/centers/{two[1]}/visibility", {"location_visibility": "hidden"})
    answer = await everybody.get("/centers?on=2006-11-10")
    assert "Domeček" not in answer.text and "Brno" not in answer.text
    await network.settle()
    answer = await everybody.get("/centers?on=2006-11-10")
    assert "Domeček" not in answer.text and "Brno" not in answer.text
    assert len(answer.json()["items"]) == 2


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("on=2031-01-01", "in-the-future"),
        ("on=2006-11-10&q=praha", "bad-query"),
        ("on=2006-11-10&near=50,14", "bad-query"),
        ("on=2006-02-30", "invalid-input"),
    ],
)
async def test_a_day_that_cannot_be_asked_for_is_refused(everybody: Desk, query: str, problem: str) -> None:
    answer = await everybody.get(f"/centers?{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:mine:problem:{problem}")


async def test_the_doors_do_not_open_again_before_they_were_shut(
    network: MemoryNetwork, office: Desk, everybody: Desk, praha_id: str
) -> None:
    path = f"/centers/{praha_id}"
    early = await office.send("POST", f"{path}/pause", {"reason": "moving", "on": "1991-12-31"})
    assert (early.status_code, early.json()["since"]) == (422, "1992-01-01")
    await office.done("POST", f"{path}/closing", {"reason": "no-funding", "on": "2020-05-01"})
    answer = await office.send("POST", f"{path}/reopening", {"on": "2010-01-01"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:mine:problem:out-of-order")
    assert answer.json()["since"] == "2020-05-01"
    await office.done("POST", f"{path}/reopening", {"on": "2020-05-01"})
    await network.settle()
    for address in ("/countries", "/countries?on=2026-03-01"):
        assert (await everybody.get(address)).json()["items"][0]["active"] == 1


async def test_an_older_move_entered_late_does_not_move_the_center_back(
    office: Desk, everybody: Desk, praha_id: str
) -> None:
    path = f"/centers/{praha_id}"
    kolin, brno = ({"country": "CZ", "town": town} for town in ("Kolín", "Brno"))
    await office.done("PUT", f"{path}/location", {"place": brno, "on": "2025-01-01"}, match="*")
    answer = await office.send("PUT", f"{path}/location", {"place": kolin, "on": "2024-01-01"}, match="*")
    assert (answer.status_code, answer.json()["since"]) == (422, "2025-01-01")
    assert (await everybody.get(path)).json()["place"]["town"] == "Brno"


async def test_a_day_before_there_were_centers_is_a_slip_of_the_pen(office: Desk, registration: Body) -> None:
    answer = await office.send("POST", "/centers", registration(founded=None, opened_on="0206-11-10"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/opened_on")
