"""The week in quarter-hours and the days that differ: together they are exactly the truth."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.schedule import Closure, ClosureReason, Schedule, Session, special_days, week_pattern
from tests.unit.directory.schedules import DAY, closures, exists, instant, read_plainly, schedules, zone_days

QUARTERS = 96
MONDAY = date(2026, 3, 2)


def told(pattern: bytes, special: dict[date, tuple[tuple[int, int], ...]], day: date, quarter: int) -> bool:
    """What an index says that has only these two."""
    if day in special:
        return any(start <= quarter < end for start, end in special[day])
    bit = day.weekday() * QUARTERS + quarter
    return bool(pattern[bit // 8] >> bit % 8 & 1)


def disagreements(zone: str, ours: list[Schedule], closed: list[Closure], first_day: date, days: int) -> list[datetime]:
    """Quarters, of those that the clocks show, at which the index and the sessions differ."""
    pattern = week_pattern(ours, first_day)
    special = special_days(zone, ours, closed, first_day, days)
    assert len(pattern) == 84
    assert all(first_day <= day < first_day + days * DAY for day in special)
    sessions = read_plainly(zone, ours, closed, first_day - 3 * DAY, first_day + days * DAY)
    return [
        wall
        for day in (first_day + n * DAY for n in range(days))
        for wall, quarter, true in quarters(zone, sessions, day)
        if told(pattern, special, day, quarter) != true
    ]


def quarters(zone: str, sessions: list[Session], day: date) -> Iterator[tuple[datetime, int, bool]]:
    """Each quarter of the day that the clocks show, and whether a session is on at its first moment."""
    midnight = datetime.combine(day, time())
    near = [session for session in sessions if abs(session[0] - midnight.replace(tzinfo=UTC)) < 4 * DAY]
    for quarter in range(QUARTERS):
        wall = midnight + quarter * timedelta(minutes=15)
        if exists(zone, wall):
            moment = instant(zone, wall)
            yield wall, quarter, any(begins <= moment < ends for begins, ends in near)


@given(st.data(), zone_days, st.integers(-3, 3), st.integers(1, 12))
def test_pattern_and_special_days_are_the_truth(data: st.DataObject, where: tuple[str, date], by: int, days: int):
    zone, changes = where
    ours = data.draw(st.lists(schedules(changes), max_size=4))
    closed = data.draw(st.lists(closures(changes), max_size=2))
    assert disagreements(zone, ours, closed, changes + by * DAY, days) == []


@pytest.mark.parametrize("zone", ["Europe/Prague", "Australia/Lord_Howe"])
def test_a_whole_year_of_a_busy_house_is_told_exactly(zone: str):
    ours = [
        Schedule(start_date=MONDAY, start_time="09:00", end_time="12:10", rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE"),
        Schedule(start_date=MONDAY, start_time="22:00", end_time="02:30", rrule="FREQ=DAILY"),
        Schedule(start_date=MONDAY, start_time="02:15", end_time="03:00", rrule="FREQ=DAILY"),
        Schedule(start_date=MONDAY, start_time="14:00", end_time="18:00", rrule="FREQ=MONTHLY;BYDAY=-1SA"),
        Schedule(start_date=date(2025, 9, 1), start_time="15:00", end_time="16:00", rrule="FREQ=WEEKLY;UNTIL=20260630"),
    ]
    summer = Closure(first_day=date(2026, 7, 1), last_day=date(2026, 8, 31), reason=ClosureReason.SCHOOL_HOLIDAYS)
    assert disagreements(zone, ours, [summer], date(2026, 3, 10), 366) == []


# ---- read by a person


def test_the_first_bit_is_monday_midnight():
    night = Schedule(start_date=MONDAY, start_time="23:45", end_time="00:30", rrule="FREQ=WEEKLY;BYDAY=SU")
    pattern = week_pattern([night], MONDAY)
    assert pattern[0] == 0b00000011  # Sunday's session goes on into Monday's first half-hour
    assert pattern[83] == 0b10000000
    assert not any(pattern[1:83])


def test_a_quarter_counts_by_its_first_moment():
    short = Schedule(start_date=MONDAY, start_time="09:05", end_time="09:35", rrule="FREQ=WEEKLY")
    bits = int.from_bytes(week_pattern([short], MONDAY), "little")
    assert [n for n in range(7 * QUARTERS) if bits >> n & 1] == [37, 38]  # 9:15 and 9:30


@pytest.mark.parametrize("rrule", [
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=YEARLY", "FREQ=WEEKLY;BYMONTH=3",
    "FREQ=WEEKLY;UNTIL=20260309", "FREQ=WEEKLY;COUNT=2", None,
])  # fmt: skip
def test_what_is_not_the_same_every_week_is_special_instead(rrule: str | None):
    schedule = Schedule(start_date=MONDAY, start_time="09:00", end_time="10:00", rrule=rrule)
    assert week_pattern([schedule], date(2026, 3, 10)) == bytes(84)
    assert special_days("Europe/Prague", [schedule], [], date(2026, 3, 1), 3) == {MONDAY: ((36, 40),)}


def test_a_holiday_is_a_day_with_nothing_and_an_extra_day_one_with_something():
    weekly = Schedule(
        start_date=MONDAY, start_time="09:00", end_time="10:00", rrule="FREQ=WEEKLY", extra_dates=(date(2026, 3, 18),)
    )
    holiday = Closure(first_day=date(2026, 3, 16), last_day=date(2026, 3, 16), reason=ClosureReason.PUBLIC_HOLIDAY)
    assert special_days("Europe/Prague", [weekly], [holiday], MONDAY, 30) == {
        date(2026, 3, 16): (),
        date(2026, 3, 18): ((36, 40),),
    }


def test_an_ordinary_house_has_no_special_days_even_when_the_clocks_change():
    weekly = Schedule(start_date=MONDAY, start_time="09:00", end_time="10:00", rrule="FREQ=WEEKLY")
    assert special_days("Europe/Prague", [weekly], [], MONDAY) == {}
    assert weekly.session(MONDAY, ZoneInfo("Europe/Prague")) == (
        datetime(2026, 3, 2, 8, tzinfo=UTC),
        datetime(2026, 3, 2, 9, tzinfo=UTC),
    )
