"""Opening hours as people enter them: when something is on, across holidays and changes of the clocks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.directory.domain.schedule import (
    LOOK_AHEAD,
    Closure,
    ClosureReason,
    Schedule,
    Session,
    TimeZone,
    WindowTooLong,
    next_opening,
    occurrences,
    open_at,
)
from tests.unit.directory.schedules import DAY, closures, read_plainly, schedules, zone_days

PRAGUE = "Europe/Prague"
MONDAY = date(2026, 3, 2)
SUMMER = Closure(first_day=date(2026, 7, 1), last_day=date(2026, 8, 31), reason=ClosureReason.SCHOOL_HOLIDAYS)


def schedule(rrule: str | None = "FREQ=WEEKLY;BYDAY=TU,TH", times: str = "09:00-12:00", **more: Any) -> Schedule:
    starts, _, ends = times.partition("-")
    return Schedule(**{"start_date": MONDAY, "start_time": starts, "end_time": ends, "rrule": rrule, **more})


def at(text: str, zone: str = PRAGUE) -> datetime:
    """A local time of the town."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def local(sessions: list[Session], zone: str = PRAGUE) -> list[str]:
    """Sessions as a person with a clock on the wall would note them, with the offset to UTC."""
    where = ZoneInfo(zone)
    return [f"{b.astimezone(where):%d.%m. %H:%M%z}–{e.astimezone(where):%H:%M%z}" for b, e in sessions]


def on_the_night(night: str, zone: str, *ours: Schedule) -> list[str]:
    """What is on from that noon to the next."""
    noon = at(f"{night}T12:00", zone)
    return local(occurrences(zone, ours, [], noon, noon + DAY), zone)


# ---- open or not


def test_open_on_thursday_morning():
    course = schedule()
    assert open_at(PRAGUE, [course], [], at("2026-03-05T09:00"))
    assert open_at(PRAGUE, [course], [], at("2026-03-05T11:59"))
    assert not open_at(PRAGUE, [course], [], at("2026-03-05T12:00"))
    assert not open_at(PRAGUE, [course], [], at("2026-03-04T10:00"))
    assert occurrences(PRAGUE, [course], [], at("2026-03-05T06:00"), at("2026-03-05T12:00"))
    assert not occurrences(PRAGUE, [course], [], at("2026-03-05T12:00"), at("2026-03-05T18:00"))


def test_an_evening_that_passes_midnight_belongs_to_the_day_on_which_it_begins():
    party = schedule("FREQ=WEEKLY;BYDAY=FR", "20:00-02:00", except_dates=["2026-03-13"])
    assert open_at(PRAGUE, [party], [], at("2026-03-07T01:30"))
    assert not open_at(PRAGUE, [party], [], at("2026-03-14T01:30"))
    saturday = Closure(first_day=date(2026, 3, 7), last_day=date(2026, 3, 7), reason=ClosureReason.OTHER)
    assert open_at(PRAGUE, [party], [saturday], at("2026-03-07T01:30"))


def test_the_next_opening_is_after_the_holidays():
    assert next_opening(PRAGUE, [schedule()], [SUMMER], at("2026-06-30T10:00")) == (
        at("2026-09-01T09:00"),
        at("2026-09-01T12:00"),
    )


def test_the_next_opening_is_the_nearest_of_all_schedules():
    ours = [schedule(), schedule("FREQ=WEEKLY;BYDAY=WE", "17:00-18:00"), schedule(None)]
    found = next_opening(PRAGUE, ours, [], at("2026-03-03T10:00"))
    assert found and local([found]) == ["04.03. 17:00+0100–18:00+0100"]


def test_a_session_that_begins_this_moment_is_on_and_not_the_next():
    begins = at("2026-03-03T09:00")
    assert open_at(PRAGUE, [schedule()], [], begins)
    assert next_opening(PRAGUE, [schedule()], [], begins) == (at("2026-03-05T09:00"), at("2026-03-05T12:00"))


def test_what_is_over_never_opens_again():
    over = schedule("FREQ=WEEKLY;UNTIL=20260331")
    assert next_opening(PRAGUE, [over], [], at("2026-04-01T00:00")) is None
    assert next_opening(PRAGUE, [], [], at("2026-04-01T00:00")) is None


def test_nobody_looks_further_ahead_than_400_days():
    festival = schedule(None, start_date=date(2028, 6, 1))
    assert next_opening(PRAGUE, [festival], [], at("2026-06-01T00:00")) is None
    assert next_opening(PRAGUE, [festival], [], at("2027-06-01T00:00"))
    with pytest.raises(WindowTooLong, match="400 days"):
        occurrences(PRAGUE, [festival], [], at("2026-01-01T00:00"), at("2026-01-01T00:00") + LOOK_AHEAD + DAY)


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_at_the_ends_of_time_everything_is_closed(moment: datetime):
    always = schedule("FREQ=DAILY")
    assert not open_at(PRAGUE, [always], [], moment)
    assert occurrences(PRAGUE, [always], [], moment, moment) == []
    if moment.year > 1:
        assert next_opening(PRAGUE, [always], [], moment) is None


def test_two_groups_at_the_same_time_are_two_sessions():
    assert len(occurrences(PRAGUE, [schedule(), schedule()], [], at("2026-03-03T00:00"), at("2026-03-04T00:00"))) == 2


def test_single_days_are_one_schedule_without_a_rule():
    saturdays = schedule(None, "14:00-18:00", start_date=date(2026, 3, 14), extra_dates=["2026-04-11", "2026-05-09"])
    found = occurrences(PRAGUE, [saturdays], [], at("2026-03-01T00:00"), at("2026-12-01T00:00"))
    assert local(found) == [
        "14.03. 14:00+0100–18:00+0100",
        "11.04. 14:00+0200–18:00+0200",
        "09.05. 14:00+0200–18:00+0200",
    ]


def test_a_closed_house_is_closed_for_extra_days_too():
    extra = schedule(None, extra_dates=["2026-07-15"])
    assert not open_at(PRAGUE, [extra], [SUMMER], at("2026-07-15T10:00"))


# ---- the clocks change


def test_a_course_at_nine_stays_at_nine_when_summer_time_begins():
    sundays = schedule("FREQ=WEEKLY;BYDAY=SU")
    found = occurrences(PRAGUE, [sundays], [], at("2026-03-22T00:00"), at("2026-04-01T00:00"))
    assert local(found) == ["22.03. 09:00+0100–12:00+0100", "29.03. 09:00+0200–12:00+0200"]


def test_a_night_ends_by_the_clock_on_the_wall_whether_it_is_shorter_or_longer():
    nights = schedule("FREQ=DAILY", "22:00-06:00")
    assert on_the_night("2026-03-28", PRAGUE, nights) == ["28.03. 22:00+0100–06:00+0200"]  # seven hours
    assert on_the_night("2026-10-24", PRAGUE, nights) == ["24.10. 22:00+0200–06:00+0100"]  # nine


def test_a_repeated_session_whose_beginning_is_skipped_does_not_take_place():
    assert on_the_night("2026-03-28", PRAGUE, schedule("FREQ=DAILY", "02:30-05:00")) == []


def test_a_session_entered_for_the_very_day_begins_later_by_the_new_clock():
    once = schedule(None, "02:30-05:00", start_date=date(2026, 3, 29))
    extra = schedule("FREQ=YEARLY", "02:30-05:00", extra_dates=["2026-03-29"])
    assert on_the_night("2026-03-28", PRAGUE, once) == ["29.03. 03:30+0200–05:00+0200"]
    assert on_the_night("2026-03-28", PRAGUE, extra) == ["29.03. 03:30+0200–05:00+0200"]


def test_an_end_that_is_skipped_comes_later_by_the_new_clock():
    assert on_the_night("2026-03-28", PRAGUE, schedule("FREQ=DAILY", "22:00-02:30")) == ["28.03. 22:00+0100–03:30+0200"]


def test_a_session_that_would_not_end_after_it_begins_does_not_take_place():
    for times in ("02:30-03:00", "02:30-03:30"):
        once = schedule(None, times, start_date=date(2026, 3, 29))
        assert on_the_night("2026-03-28", PRAGUE, once) == []


def test_a_time_that_comes_twice_means_the_first():
    assert on_the_night("2026-10-24", PRAGUE, schedule("FREQ=DAILY", "02:30-03:00")) == ["25.10. 02:30+0200–03:00+0100"]
    until_half_past_two = schedule("FREQ=DAILY", "22:00-02:30")
    assert on_the_night("2026-10-24", PRAGUE, until_half_past_two) == ["24.10. 22:00+0200–02:30+0200"]


def test_an_island_that_moves_its_clocks_by_half_an_hour():
    assert on_the_night("2026-10-03", "Australia/Lord_Howe", schedule("FREQ=DAILY", "23:00-04:00")) == [
        "03.10. 23:00+1030–04:00+1100"
    ]
    assert on_the_night("2026-10-03", "Australia/Lord_Howe", schedule("FREQ=DAILY", "02:15-04:00")) == []


def test_a_day_that_was_skipped_is_nobodys_session():
    daily = schedule("FREQ=DAILY", "10:00-12:00", start_date=date(2011, 12, 1))
    apia = "Pacific/Apia"
    found = occurrences(apia, [daily], [], at("2011-12-29T00:00", apia), at("2012-01-01T00:00", apia))
    assert local(found, apia) == ["29.12. 10:00-1000–12:00-1000", "31.12. 10:00+1400–12:00+1400"]


# ---- against the plainest reading


@given(st.data(), zone_days, st.integers(-5, 5), st.integers(0, 24 * 12))
def test_sessions_are_those_that_the_rules_say(data: st.DataObject, where: tuple[str, date], by: int, hours: int):
    zone, around = where
    ours = data.draw(st.lists(schedules(around), max_size=3))
    closed = data.draw(st.lists(closures(around), max_size=2))
    first = datetime.combine(around, datetime.min.time(), UTC) + by * DAY
    last = first + timedelta(hours=hours)
    everything = read_plainly(zone, ours, closed, around - 10 * DAY, around + 20 * DAY)
    assert occurrences(zone, ours, closed, first, last) == [
        (begins, ends) for begins, ends in everything if begins < last and ends > first
    ]
    assert open_at(zone, ours, closed, first) == any(begins <= first < ends for begins, ends in everything)
    later = [session for session in everything if first < session[0] <= first + 5 * DAY]
    found = next_opening(zone, ours, closed, first)
    assert found == later[0] if later else not found or found[0] > first + 5 * DAY


@given(schedules(MONDAY), st.integers(-900, 900))
def test_where_one_looks_from_does_not_change_what_one_sees(ours: Schedule, by: int):
    days = ours.days(ours.start_date - 10 * DAY, ours.start_date + 2000 * DAY)
    first, last = MONDAY + by * DAY, MONDAY + (by + 40) * DAY
    assert ours.days(first, last) == {day for day in days if first <= day <= last}


@given(schedules(MONDAY), closures(MONDAY))
def test_what_is_stored_is_read_back_the_same(ours: Schedule, closed: Closure):
    assert Schedule.model_validate(ours.model_dump(mode="json")) == ours
    assert Schedule.model_validate_json(ours.model_dump_json()).model_dump_json() == ours.model_dump_json()
    assert Closure.model_validate(closed.model_dump(mode="json")) == closed


# ---- what is refused


def refusal(**fields: Any) -> tuple[tuple[int | str, ...], str]:
    """Where and why a schedule with these fields is refused."""
    usual = {"start_date": "2026-03-02", "start_time": "09:00", "end_time": "12:00"}
    with pytest.raises(ValidationError) as error:
        Schedule.model_validate({**usual, **fields})
    [only] = error.value.errors()
    return only["loc"], only["msg"]


@pytest.mark.parametrize(
    "text", ["9:60", "24:00", "9", "09:00:30", "09:00Z", "09:00+01:00", "", "noon", 540, 9.5, None]
)
def test_a_time_of_day_is_hours_and_minutes(text: object):
    wanted = "a time of day is written 09:30, from 00:00 to 23:59, without a zone"
    assert refusal(start_time=text) == (("start_time",), wanted)


def test_a_time_may_be_entered_as_people_write_it():
    assert schedule(times="9:00-12:00").model_dump(mode="json")["start_time"] == "09:00"
    assert schedule(times="09:00:00-00:00").length == timedelta(hours=15)


def test_a_session_that_ends_when_it_begins_is_refused():
    assert refusal(end_time="09:00") == (("end_time",), "a session must end at another time than it begins")


@pytest.mark.parametrize("day", ["2026-02-30", "1969-12-31", "2100-01-01", "30.2.2026", "20000-01-01"])
def test_impossible_days_are_refused(day: str):
    assert refusal(start_date=day)[0] == ("start_date",)
    assert refusal(extra_dates=[day])[0] == ("extra_dates", 0)


def test_a_day_cannot_be_excepted_and_extra():
    told = refusal(except_dates=["2026-03-03"], extra_dates=["2026-03-03"])
    assert told == (("extra_dates",), "a day cannot be among except_dates and extra_dates")


def test_too_many_exceptions_are_refused():
    days = [str(MONDAY + n * DAY) for n in range(201)]
    assert refusal(except_dates=days)[0] == ("except_dates",)
    assert len(schedule(except_dates=days[:200]).except_dates) == 200


def test_what_a_schedule_does_not_know_is_refused():
    assert refusal(timezone="Europe/Prague")[0] == ("timezone",)


@pytest.mark.parametrize(("first", "last"), [("2026-07-02", "2026-07-01"), ("2026-01-01", "2027-02-05")])
def test_a_closure_lasts_from_one_to_400_days(first: str, last: str):
    with pytest.raises(ValidationError, match="a closure lasts from one to 400 days"):
        Closure.model_validate({"first_day": first, "last_day": last, "reason": "other"})
    assert Closure.model_validate({"first_day": "2026-01-01", "last_day": "2027-02-04", "reason": "other"})


@pytest.mark.parametrize("zone", [
    "Europe", "Europe/Atlantis", "europe/prague", "UTC", "Factory", "localtime", "Etc/GMT-1", "right/Europe/Prague",
    "../../etc/passwd", "Europe/../Prague", "Europe/Prague\0", "Europe/" + "x" * 99, "",
])  # fmt: skip
def test_a_zone_is_a_place_on_the_map(zone: str):
    with pytest.raises(ValidationError):
        TypeAdapter(TimeZone).validate_python(zone)
    assert TypeAdapter(TimeZone).validate_python("America/Argentina/Buenos_Aires")
