"""The rules by which sessions repeat: which are let in, and that none of them can keep the machine busy."""

import calendar
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
from dateutil import rrule as dateutil
from pydantic import ValidationError

from services.directory.domain import recurrence
from services.directory.domain.schedule import Schedule

START = date(2026, 3, 2)  # a Monday


def schedule(rrule: str, start: date = START) -> Schedule:
    return Schedule.model_validate({"start_date": start, "start_time": "09:00", "end_time": "12:00", "rrule": rrule})


def days(rrule: str, first: str, last: str, start: date = START) -> list[str]:
    found = schedule(rrule, start).days(date.fromisoformat(first), date.fromisoformat(last))
    return [f"{day:%a %d.%m.%y}" for day in sorted(found)]


def refusal(rrule: str, start: date = START) -> str:
    with pytest.raises(ValidationError) as error:
        schedule(rrule, start)
    [only] = error.value.errors()
    assert only["loc"] == ("rrule",)
    assert only["type"] in ("recurrence_rule", "string_too_long")
    return only["msg"]


# ---- what is let in


def test_every_second_week_counts_from_the_start():
    assert days("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-03-01", "2026-04-01") == [
        "Tue 03.03.26", "Tue 17.03.26", "Tue 31.03.26",
    ]  # fmt: skip


def test_the_first_saturday_and_the_last_workday_of_the_month():
    assert days("FREQ=MONTHLY;BYDAY=1SA", "2026-03-01", "2026-05-31") == [
        "Sat 07.03.26", "Sat 04.04.26", "Sat 02.05.26",
    ]  # fmt: skip
    assert days("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-05-01", "2026-05-31") == ["Fri 29.05.26"]


def test_even_weeks_of_the_calendar():
    assert days("FREQ=YEARLY;BYWEEKNO=10,12,14;BYDAY=TH", "2026-01-01", "2026-12-31") == [
        "Thu 05.03.26", "Thu 19.03.26", "Thu 02.04.26",
    ]  # fmt: skip


def test_the_last_day_is_included():
    assert days("FREQ=WEEKLY;UNTIL=20260316", "2026-03-01", "2026-12-31")[-1] == "Mon 16.03.26"
    assert days("FREQ=WEEKLY;COUNT=3", "2026-03-01", "2026-12-31")[-1] == "Mon 16.03.26"


def test_the_start_is_only_a_session_if_the_rule_says_so():
    assert days("FREQ=WEEKLY;BYDAY=TU", "2026-03-01", "2026-03-03") == ["Tue 03.03.26"]


def test_31_january_monthly_has_no_day_in_february():
    assert days("FREQ=MONTHLY", "2026-01-01", "2026-03-31", date(2026, 1, 31)) == ["Sat 31.01.26", "Tue 31.03.26"]


def test_a_rule_may_be_entered_as_other_calendars_write_it():
    assert schedule(" rrule:byday=th,tu;interval=1;freq=weekly ").rrule == "FREQ=WEEKLY;BYDAY=TU,TH"
    assert schedule("FREQ=MONTHLY;BYMONTH=9,03;BYDAY=+1SA,-1SA;WKST=MO").rrule == (
        "FREQ=MONTHLY;BYMONTH=3,9;BYDAY=-1SA,1SA"
    )


# ---- what is not


@pytest.mark.parametrize(("rrule", "told"), [
    ("", "a rule is made of FREQ, INTERVAL, BYMONTH"),
    ("every Tuesday", "a rule is made of"),
    ("FREQ=WEEKLY;BYHOUR=9", "a rule is made of"),
    ("FREQ=WEEKLY;BYEASTER=1", "a rule is made of"),
    ("FREQ=WEEKLY;TZID=Europe/Prague", "start, time of day and zone stand beside it"),
    ("DTSTART:20260302T090000\nRRULE:FREQ=WEEKLY", "start, time of day and zone stand beside it"),
    ("FREQ=WEEKLY;FREQ=DAILY", "FREQ stands in this rule twice"),
    ("FREQ=WEEKLY;", "a rule is made of"),
    ("BYDAY=TU", "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY"),
    ("FREQ=FORTNIGHTLY", "FREQ must be"),
    ("FREQ=HOURLY", "FREQ must be"),
    ("FREQ=MINUTELY", "FREQ must be"),
    ("FREQ=SECONDLY", "FREQ must be"),
    ("FREQ=WEEKLY;INTERVAL=0", "INTERVAL goes from 1 to 53"),
    ("FREQ=WEEKLY;INTERVAL=54", "INTERVAL goes from 1 to 53"),
    ("FREQ=WEEKLY;INTERVAL=99999999999999999999", "INTERVAL goes from 1 to 53"),
    ("FREQ=WEEKLY;INTERVAL=1,2", "INTERVAL is one number"),
    ("FREQ=WEEKLY;INTERVAL=٢", "INTERVAL goes from 1 to 53"),
    ("FREQ=WEEKLY;COUNT=0", "COUNT goes from 1 to 500"),
    ("FREQ=WEEKLY;COUNT=501", "COUNT goes from 1 to 500"),
    ("FREQ=WEEKLY;COUNT=2;UNTIL=20260401", "COUNT and UNTIL exclude each other"),
    ("FREQ=WEEKLY;UNTIL=20260401T090000Z", "UNTIL is the last local day without a time, such as 20260630"),
    ("FREQ=WEEKLY;UNTIL=2026W101", "UNTIL is the last local day"),
    ("FREQ=WEEKLY;UNTIL=20260230", "UNTIL is no day of the calendar"),
    ("FREQ=WEEKLY;UNTIL=21000101", "UNTIL lies between 1970-01-01 and 2099-12-31"),
    ("FREQ=WEEKLY;BYDAY=", "BYDAY is a list of MO"),
    ("FREQ=WEEKLY;BYDAY=DI", "BYDAY is a list of MO"),
    ("FREQ=WEEKLY;BYDAY=TU(+1)", "BYDAY is a list of MO"),
    ("FREQ=MONTHLY;BYDAY=0TU", "BYDAY is a list of MO"),
    ("FREQ=YEARLY;BYDAY=54TU", "BYDAY is a list of MO"),
    ("FREQ=WEEKLY;BYDAY=1TU", "numbered days such as 1TU go with FREQ=MONTHLY or YEARLY"),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1TU", "numbered days such as 1TU"),
    ("FREQ=MONTHLY;BYDAY=MO,1TU", "in BYDAY all days are numbered or none is"),
    ("FREQ=MONTHLY;BYDAY=6TU", "a month has no more than five of any weekday"),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=-6TU", "a month has no more than five of any weekday"),
    ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with FREQ=WEEKLY"),
    ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS does not go with FREQ=DAILY"),
    ("FREQ=MONTHLY;BYWEEKNO=20;BYDAY=MO", "BYWEEKNO does not go with FREQ=MONTHLY"),
    ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs BYDAY or BYMONTHDAY"),
    ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "BYSETPOS goes from -5 to 5, without 0"),
    ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO goes with BYDAY, and with no other restriction"),
    ("FREQ=YEARLY;BYWEEKNO=54;BYDAY=MO", "BYWEEKNO goes from -53 to 53, without 0"),
    ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY goes from -31 to 31, without 0"),
    ("FREQ=YEARLY;BYMONTH=13", "BYMONTH goes from 1 to 12"),
    ("FREQ=WEEKLY;WKST=XX", "WKST is one of MO"),
    ("FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 200), "String should have at most 300 characters"),
])  # fmt: skip
def test_a_rule_that_is_not_let_in_says_why(rrule: str, told: str):
    assert told in refusal(rrule)


# ---- rules that never happen


@contextmanager
def months_looked_through() -> Iterator[list[int]]:
    """Counts how often dateutil goes on to another month or year."""
    steps = [0]
    step = dateutil._iterinfo.rebuild

    def counted(self: Any, year: int, month: int) -> None:
        steps[0] += 1
        step(self, year, month)

    with patch.object(dateutil._iterinfo, "rebuild", counted):
        yield steps


@pytest.mark.parametrize("rrule", [
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30,31",
    "FREQ=MONTHLY;INTERVAL=12;BYMONTH=4",
    "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    "FREQ=DAILY;INTERVAL=364;BYMONTH=8",
    "FREQ=WEEKLY;INTERVAL=52;BYMONTH=8",
    "FREQ=YEARLY;BYMONTH=2;BYDAY=5MO;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=3",
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",  # from 2026 on every fourth year has no such day
])  # fmt: skip
def test_a_rule_that_never_happens_is_refused_without_looking_through_the_ages(rrule: str):
    with months_looked_through() as steps:
        assert refusal(rrule) == "this rule never happens"
    assert steps[0] <= 57 * 12


def test_a_rule_that_ends_before_it_happens_is_refused():
    assert refusal("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260302") == "this rule never happens before its UNTIL"
    assert refusal("FREQ=WEEKLY;UNTIL=20260301") == "this rule never happens before its UNTIL"
    assert schedule("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260303")


def test_29_february_happens_from_wherever_one_starts():
    for year in range(1970, 2096):
        assert schedule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", date(year, 3, 1))
    assert schedule("FREQ=YEARLY", date(2028, 2, 29))
    assert schedule("FREQ=YEARLY;INTERVAL=4", date(2028, 2, 29))
    assert schedule("FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29", date(2026, 1, 1))


def test_the_calendar_that_stands_in_for_the_real_one_is_like_it():
    for year in range(1970, 2100):
        other = 9944 + (year - 1944) % 28
        assert [calendar.isleap(year + n) for n in range(28)] == [calendar.isleap(other + n) for n in range(28)] or (
            year > 2072  # the end comes first
        )
        assert date(year, 1, 1).weekday() == date(other, 1, 1).weekday()


@pytest.mark.parametrize("rrule", [
    "FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=MO,TU,WE", "FREQ=WEEKLY;INTERVAL=3;BYMONTH=2",
])  # fmt: skip
def test_a_week_is_found_without_counting_from_long_ago(rrule: str):
    recurrence._days.cache_clear()
    ours = schedule(rrule, date(1970, 1, 5))
    with months_looked_through() as steps:
        ours.days(date(2090, 1, 2), date(2090, 1, 9))
    assert steps[0] <= 15


@pytest.mark.parametrize("rrule", ["FREQ=DAILY;COUNT=500", "FREQ=YEARLY;INTERVAL=10;COUNT=500", "FREQ=WEEKLY"])
def test_nothing_repeats_beyond_the_century(rrule: str):
    ours = schedule(rrule)
    assert ours.days(date(2100, 1, 1), date(9990, 1, 1)) == set()
    assert ours.days(START, START) == {START}
