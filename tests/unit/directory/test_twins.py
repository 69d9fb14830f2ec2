"""The same center entered twice: refused with a link to the likely twin, forced, or merged later."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk

Body = Callable[..., dict[str, Any]]
TOPIC = "directory.center.v1"


@pytest.mark.parametrize(
    "different",
    [
        {"name": "MATEŘSKÉ CENTRUM PRAHA"},
        {"name": "Materske centrum,  Praha"},
        {"name": "Praha: mateřské centrum"},
        {"name": "Domeček", "registration_number": "26999900"},
    ],
)
async def test_what_looks_like_a_center_that_is_there_is_refused_with_a_link(
    office: Desk, registration: Body, different: dict[str, Any]
) -> None:
    first = await office.done("POST", "/centers", registration(registration_number="26999900"))
    answer = await office.send("POST", "/centers", registration(**different))
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:mine:problem:possible-duplicate"
    assert answer.json()["twins"] == [f"/centers/{first['id']}"]


async def test_another_town_another_country_or_a_closed_one_is_no_twin(office: Desk, registration: Body) -> None:
    usual = registration(registration_number="26999900")
    first = await office.done("POST", "/centers", usual)
    brno = {**usual["place"], "town": "Brno"}
    await office.done("POST", "/centers", registration(place=brno))
    vienna = {"country": "AT", "town": "Wien"}
    await office.done("POST", "/centers", registration(place=vienna, registration_number="26999900"))
    await office.done("POST", f"/centers/{first['id']}/closing", {"reason": "other"})
    await office.done("POST", "/centers", usual)


async def test_a_coordinator_may_insist(coordinator: Callable[..., Desk], registration: Body) -> None:
    desk = coordinator("CZ")
    await desk.done("POST", "/centers", registration())
    assert (await desk.send("POST", "/centers", registration())).status_code == 409
    assert (await desk.send("POST", "/centers?force=true", registration())).status_code == 201


async def test_the_same_request_again_is_a_repeat_and_no_twin(office: Desk, registration: Body) -> None:
    first = await office.send("POST", "/centers", registration(), key="once")
    again = await office.send("POST", "/centers", registration(), key="once")
    assert (first.content, again.headers["Idempotent-Replayed"]) == (again.content, "true")


async def test_the_repeat_of_a_registration_gets_its_answer_whatever_twins_it_has_got_since(
    office: Desk, registration: Body
) -> None:
    first = await office.send("POST", "/centers", registration(), key="once")
    await office.done("POST", "/centers?force=true", registration())
    again = await office.send("POST", "/centers", registration(), key="once")
    assert (again.status_code, again.content) == (201, first.content)


async def test_two_entries_of_one_center_become_one_and_keep_both_histories(
    network: MemoryNetwork, office: Desk, everybody: Desk, registration: Body
) -> None:
    stays = (await office.done("POST", "/centers", registration()))["id"]
    twin = (await office.done("POST", "/centers?force=true", registration()))["id"]
    await office.done("POST", f"/centers/{twin}/closing", {"reason": "duplicate", "successor": stays})
    await network.settle()
    assert (await everybody.get(f"/centers/{stays}")).json()["absorbed"] == [twin]
    gone = (await everybody.get(f"/centers/{twin}")).json()
    assert (gone["status"], gone["successor"]) == ("closed", stays)
    for id, last in ((stays, "DuplicateAbsorbed"), (twin, "CenterClosed")):
        history = (await everybody.get(f"/centers/{id}/history")).json()["items"]
        assert [history[0]["event"], history[-1]["event"]] == ["CenterRegistered", last]


async def test_a_duplicate_needs_the_entry_that_stays_and_the_people_of_both(
    office: Desk, coordinator: Callable[..., Desk], registration: Body
) -> None:
    stays = (await office.done("POST", "/centers", registration()))["id"]
    vienna = registration(place={"country": "AT", "town": "Wien"})
    twin = (await office.done("POST", "/centers", vienna))["id"]
    alone = await office.send("POST", f"/centers/{twin}/closing", {"reason": "duplicate"})
    assert alone.json()["type"] == "urn:mine:problem:successor-missing"
    body = {"reason": "duplicate", "successor": stays}
    assert (await coordinator("AT").send("POST", f"/centers/{twin}/closing", body)).status_code == 403
    await coordinator("AT", "CZ").done("POST", f"/centers/{twin}/closing", body)


async def test_two_entries_cannot_both_be_closed_in_favor_of_the_other(office: Desk, registration: Body) -> None:
    one = (await office.done("POST", "/centers", registration()))["id"]
    two = (await office.done("POST", "/centers?force=true", registration()))["id"]
    await office.done("POST", f"/centers/{one}/closing", {"reason": "duplicate", "successor": two})
    answer = await office.send("POST", f"/centers/{two}/closing", {"reason": "duplicate", "successor": one})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:mine:problem:center-closed")
