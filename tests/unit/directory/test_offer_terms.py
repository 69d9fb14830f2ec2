"""What a center says about a service: price, ages, sign-up, opening hours; and what makes no sense."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.directory.conftest import Desk

Body = Callable[..., dict[str, Any]]

COURSE: dict[str, Any] = {
    "service": "father-group",
    "price": {"kind": "fee", "amount": "3.50", "currency": "EUR"},
    "ages": {"youngest": 18},
    "sign_up": "needed",
    "hours": [
        {"start_date": "2026-03-05", "start_time": "17:30", "end_time": "19:00", "rrule": "FREQ=WEEKLY;BYDAY=TH"}
    ],
}


@pytest.fixture
async def clocked(office: Desk, registration: Body) -> str:
    """The id of the center, whose clock is known."""
    body = registration()
    return str(
        (await office.done("POST", "/centers", {**body, "place": {**body["place"], "time_zone": "Europe/Prague"}}))[
            "id"
        ]
    )


async def test_a_service_with_all_its_terms_is_told_to_everybody(office: Desk, everybody: Desk, clocked: str) -> None:
    offered = (await office.done("POST", f"/centers/{clocked}/services", COURSE))["snapshot"]["services"][-1]
    assert offered["price"] == COURSE["price"]
    assert offered["ages"] == {"youngest": 18, "oldest": None}
    assert offered["hours"] == [{**COURSE["hours"][0], "except_dates": [], "extra_dates": []}]
    assert (await everybody.get(f"/centers/{clocked}")).json()["services"][-1] == offered


async def test_only_what_is_named_changes(office: Desk, clocked: str) -> None:
    path = f"/centers/{clocked}/services"
    await office.done("POST", path, COURSE)
    changed = await office.done("PATCH", f"{path}/s3", {"ages": None, "sign_up": "welcome"}, match="*")
    offered = changed["snapshot"]["services"][-1]
    assert (offered["ages"], offered["sign_up"], offered["price"]) == (None, "welcome", COURSE["price"])
    assert changed["events"] == ["ServiceChanged"]
    again = await office.done("PATCH", f"{path}/s3", {"ages": None, "sign_up": "welcome"}, match="*")
    assert again["events"] == []


@pytest.mark.parametrize(
    "different",
    [
        {"price": {"kind": "fee", "amount": "3.50"}},
        {"price": {"kind": "fee", "amount": "\u0663.50", "currency": "EUR"}},
        {"price": {"kind": "free", "amount": "1", "currency": "EUR"}},
        {"price": {"kind": "fee", "amount": "-1", "currency": "EUR"}},
        {"ages": {"youngest": 5, "oldest": 3}},
        {"ages": {"youngest": -1}},
        {"hours": [{"start_date": "2026-02-30", "start_time": "09:00", "end_time": "10:00"}]},
        {"hours": [{"start_date": "2026-03-01", "start_time": "09:00", "end_time": "09:00"}]},
        {"hours": [{"start_date": "2026-03-01", "start_time": "9am", "end_time": "10:00"}]},
        {"hours": [{"start_date": "2026-03-01", "start_time": "09:00", "end_time": "10:00", "rrule": "FREQ=SECONDLY"}]},
        {"hours": [{"start_date": "2026-03-01", "start_time": "09:00", "end_time": "10:00", "rrule": "every day"}]},
    ],
)
async def test_terms_that_make_no_sense_are_refused(office: Desk, clocked: str, different: dict[str, Any]) -> None:
    answer = await office.send("POST", f"/centers/{clocked}/services", {**COURSE, **different})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:mine:problem:invalid-input")
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{next(iter(different))}")


async def test_hours_need_a_clock(office: Desk, registration: Body) -> None:
    nowhere = registration(place={"country": "US"}, location_visibility="hidden")
    center = (await office.done("POST", "/centers", nowhere))["id"]
    answer = await office.send("POST", f"/centers/{center}/services", COURSE)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:mine:problem:time-zone-missing")
    bad = registration(place={"country": "CZ", "town": "Praha", "time_zone": "Europe/Brno"})
    assert (await office.send("POST", "/centers", bad)).json()["errors"][0]["pointer"] == "/place/time_zone"


async def test_the_house_says_when_it_is_shut(office: Desk, everybody: Desk, clocked: str) -> None:
    summer = {"first_day": "2026-07-01", "last_day": "2026-08-31", "reason": "school-holidays"}
    receipt = await office.done("PUT", f"/centers/{clocked}/closed-days", {"closures": [summer]}, match="*")
    assert receipt["events"] == ["ClosedDaysChanged"]
    assert (await everybody.get(f"/centers/{clocked}")).json()["closed_days"] == [summer]
    wrong = {**summer, "last_day": "2026-06-01"}
    answer = await office.send("PUT", f"/centers/{clocked}/closed-days", {"closures": [wrong]}, match="*")
    assert answer.status_code == 422


async def test_a_stale_edit_is_told_what_changed_since(office: Desk, clocked: str) -> None:
    path = f"/centers/{clocked}"
    await office.done("PATCH", path, {"families": 120}, match='"1"')
    await office.done("PUT", f"{path}/closed-days", {"closures": []}, match="*")
    await office.done("POST", f"{path}/pause", {"reason": "renovation"})
    answer = await office.send("PATCH", path, {"families": 150}, match='"1"')
    assert (answer.status_code, answer.json()["current"]) == (412, 3)
    assert [(each["version"], each["event"], each["by"]) for each in answer.json()["since"]] == [
        (2, "CenterProfileUpdated", "office"), (3, "CenterPaused", "office"),
    ]  # fmt: skip
    assert answer.json()["since"][0]["changed"] == ["families"]
