"""When a center is open, over HTTP: now, next, in words, and as a feed that other calendars read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk

THURSDAYS = {"start_date": "2026-01-01", "start_time": "09:00", "end_time": "11:30", "rrule": "FREQ=WEEKLY;BYDAY=TH"}


@pytest.fixture
async def thursdays(office: Desk, praha_id: str) -> str:
    """The center in Praha, with a fathers' group on Thursday mornings. Now it is Sunday, 1 March 2026, 9:00 UTC."""
    await office.done("POST", f"/centers/{praha_id}/services", {"service": "father-group", "hours": [THURSDAYS]})
    return praha_id


async def test_what_comes_next_is_told_by_the_town_s_own_clock(everybody: Desk, thursdays: str) -> None:
    answer = (await everybody.get(f"/centers/{thursdays}/openings?days=14")).json()
    assert (answer["time_zone"], answer["open_now"]) == ("Europe/Prague", False)
    assert answer["next"]["starts"] == "2026-03-05T08:00:00.000Z"
    assert [session["starts"] for session in answer["sessions"]] == [
        "2026-03-05T08:00:00.000Z", "2026-03-12T08:00:00.000Z",
    ]  # fmt: skip


async def test_the_clocks_change_and_the_group_meets_at_nine(
    network: MemoryNetwork, everybody: Desk, thursdays: str
) -> None:
    network.clock.move(timedelta(days=30))
    next_one = (await everybody.get(f"/centers/{thursdays}/openings")).json()["next"]
    assert next_one["starts"] == "2026-04-02T07:00:00.000Z"


async def test_hours_are_said_in_the_reader_s_language(everybody: Desk, thursdays: str) -> None:
    for language, label, words in (("en", "Father group", "Thursdays"), ("de", "Vätergruppe", "Donnerstag")):
        [offer] = (await everybody.get(f"/centers/{thursdays}/openings?language={language}")).json()["offers"]
        assert offer["label"] == label
        assert words in offer["in_words"][0]


async def test_open_now_while_it_lasts_and_not_on_a_holiday(
    network: MemoryNetwork, office: Desk, everybody: Desk, thursdays: str
) -> None:
    network.clock.move(timedelta(days=4))
    assert (await everybody.get(f"/centers/{thursdays}/openings")).json()["open_now"] is True
    closed = {"first_day": "2026-03-05", "last_day": "2026-03-20", "reason": "school-holidays"}
    await office.done("PUT", f"/centers/{thursdays}/closed-days", {"closures": [closed]}, match="*")
    answer = (await everybody.get(f"/centers/{thursdays}/openings?days=30")).json()
    assert (answer["open_now"], answer["next"]["starts"]) == (False, "2026-03-26T08:00:00.000Z")


@pytest.mark.parametrize("what", ["pause", "closing", "hide"])
async def test_nothing_is_told_of_a_house_that_is_shut_or_hides(
    office: Desk, everybody: Desk, thursdays: str, what: str
) -> None:
    if what == "hide":
        await office.done("PUT", f"/centers/{thursdays}/visibility", {"location_visibility": "hidden"})
    else:
        await office.done("POST", f"/centers/{thursdays}/{what}", {"reason": "other"})
    assert (await everybody.get(f"/centers/{thursdays}/openings")).json() == {
        "time_zone": None, "open_now": False, "next": None, "offers": [], "sessions": [],
    }  # fmt: skip
    calendar = Calendar.from_ical((await everybody.get(f"/centers/{thursdays}/calendar.ics")).content)
    assert calendar.walk("VEVENT") == []


async def test_another_calendar_reads_the_feed_and_asks_again_for_nothing(
    office: Desk, everybody: Desk, house: Callable[[str], Desk], thursdays: str
) -> None:
    path = f"/centers/{thursdays}/calendar.ics"
    answer = await everybody.get(path, **{"Accept-Language": "de"})
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    event: Any
    [event] = [event for event in calendar.walk("VEVENT") if "RRULE" in event]
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("Vätergruppe", "Hejnická 538, 190 00, Praha, CZ")
    assert str(event["DTSTART"].dt) == "2026-01-01 09:00:00+01:00"
    again = await everybody.get(path, **{"Accept-Language": "de", "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    await office.done("PUT", f"/centers/{thursdays}/visibility", {"location_visibility": "town"})
    shown = Calendar.from_ical((await everybody.get(path)).content)
    assert "Hejnická" not in str(shown) and str(shown.walk("VEVENT")[0]["LOCATION"]) == "Praha, CZ"


@pytest.mark.parametrize("query", ["days=0", "days=93", "days=x"])
async def test_no_more_than_three_months_are_told_at_once(everybody: Desk, praha_id: str, query: str) -> None:
    assert (await everybody.get(f"/centers/{praha_id}/openings?{query}")).status_code == 422


async def test_a_point_at_sea_is_kept_and_its_people_are_told(office: Desk, everybody: Desk, registration: Any) -> None:
    place = {"country": "CZ", "town": "Praha", "town_point": {"lat": 14.42, "lon": 50.09}}
    odd = (await office.done("POST", "/centers", registration(place=place, name="Loď")))["id"]
    assert (await office.get(f"/centers/{odd}")).json()["internal"]["looks_odd"] in ("at-sea", "outside-country")
    assert (await everybody.get(f"/centers/{odd}")).json()["place"]["town_point"] == place["town_point"]
