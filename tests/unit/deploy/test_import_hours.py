"""Opening hours as people write them: what is understood, and that the rest is refused, never guessed."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.importer.hours import LONG_SINCE, schedules
from services.directory.domain.schedule import Schedule

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
SPOKEN = {
    "en": ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"],
    "de": ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
    "cs": ["Po", "Út", "St", "Čt", "Pá", "So", "Ne"],
    "sk": ["Po", "Ut", "St", "Št", "Pi", "So", "Ne"],
}


def told(text: str, **said: Any) -> list[tuple[str | None, str, str]]:
    """What was understood: rule, from, to."""
    found = schedules(text, **said)
    for schedule in found:
        Schedule.model_validate(schedule)
    return [(each.get("rrule"), each["start_time"], each["end_time"]) for each in found]


WEEKLY = "FREQ=WEEKLY;BYDAY="
UNDERSTOOD = {
    "Tu,Th 09:00-12:00; Sa 10:00-13:00": [(f"{WEEKLY}TU,TH", "09:00", "12:00"), (f"{WEEKLY}SA", "10:00", "13:00")],
    "Mo-Fr 9-12, 14-17": [(f"{WEEKLY}MO,TU,WE,TH,FR", "09:00", "12:00"), (f"{WEEKLY}MO,TU,WE,TH,FR", "14:00", "17:00")],
    "Mo 9-12, Do 14-17": [(f"{WEEKLY}MO", "09:00", "12:00"), (f"{WEEKLY}TH", "14:00", "17:00")],
    "Tu 9-12; Th 9-12": [(f"{WEEKLY}TU,TH", "09:00", "12:00")],
    "Dienstag: 9.30 – 12.00 Uhr": [(f"{WEEKLY}TU", "09:30", "12:00")],
    "Po, St 9.00-12.00\nPá 14-17 hod.": [(f"{WEEKLY}MO,WE", "09:00", "12:00"), (f"{WEEKLY}FR", "14:00", "17:00")],
    "ctvrtek 9-12": [(f"{WEEKLY}TH", "09:00", "12:00")],
    "Št 9-12": [(f"{WEEKLY}TH", "09:00", "12:00")],
    "St 9-12": [(f"{WEEKLY}WE", "09:00", "12:00")],
    "Sa-Mo 22-2": [(f"{WEEKLY}MO,SA,SU", "22:00", "02:00")],
    "Fr, So 9-24": [(f"{WEEKLY}FR,SU", "09:00", "00:00")],
    "täglich 9-18": [(f"{WEEKLY}MO,TU,WE,TH,FR,SA,SU", "09:00", "18:00")],
    "1st Sa 10-13": [("FREQ=MONTHLY;BYDAY=1SA", "10:00", "13:00")],
    "1.,3. Mi 10-13": [("FREQ=MONTHLY;BYDAY=1WE,3WE", "10:00", "13:00")],
    "letzten Freitag 16-18": [("FREQ=MONTHLY;BYDAY=-1FR", "16:00", "18:00")],
    "2026-05-01 10-16": [(None, "10:00", "16:00")],
    "FREQ=MONTHLY;BYDAY=-1FR 16-18; Mo 9-12": [
        (f"{WEEKLY}MO", "09:00", "12:00"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "16:00", "18:00"),
    ],
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_people_write_is_understood(text: str) -> None:
    assert told(text) == UNDERSTOOD[text]


@pytest.mark.parametrize(
    "text",
    ["", "9-12", "nach Vereinbarung", "Mo geschlossen", "Mo", "Mo 9", "Mo 9-9", "Mo 25-26", "Mo 9:60-10", "Xx 9-12",
     "Mo 9-12 Do 14-17", "every other We 9-12", "Mo,Xx 9-12", "Mo-Di-Mi 9-12", "2026-02-30 9-12", "0. Mo 9-12",
     "Mo 9-12; and sometimes more", "Mo 9-12" * 100, "Mo, út 9-12", "9am-12pm Mo", "Mo 9am-12pm"],
)  # fmt: skip
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        told(text)
    assert not text or text not in str(refused.value)


def test_a_day_that_means_two_needs_a_language() -> None:
    with pytest.raises(ValueError, match="hours_language"):
        told("So 10-13")
    assert told("So 10-13", languages=["de"]) == [(f"{WEEKLY}SU", "10:00", "13:00")]
    assert told("So 10-13", languages=["cs"]) == [(f"{WEEKLY}SA", "10:00", "13:00")]
    assert told("So 10-13", languages=["uk", "en", "sk", "de"]) == [(f"{WEEKLY}SA", "10:00", "13:00")]


def test_weekly_hours_count_from_the_day_that_is_known() -> None:
    assert schedules("Mo 9-12")[0]["start_date"] == LONG_SINCE.isoformat()
    assert schedules("Mo 9-12", date(2026, 2, 14))[0]["start_date"] == "2026-02-14"
    assert schedules("2026-05-01 9-12", date(2026, 2, 14))[0]["start_date"] == "2026-05-01"


def test_a_rule_that_counts_weeks_needs_the_day_from_which() -> None:
    with pytest.raises(ValueError, match="hours_from"):
        schedules("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE 9-12")
    [found] = schedules("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE 9-12", date(2026, 2, 18))
    assert found["rrule"] == "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE"


# ---- in general

clock = st.tuples(st.integers(0, 23), st.integers(0, 59))
span = st.tuples(clock, clock).filter(lambda ends: ends[0] != ends[1])
part = st.tuples(st.sets(st.sampled_from(range(7)), min_size=1), st.lists(span, min_size=1, max_size=3))


@given(st.sampled_from(sorted(SPOKEN)), st.lists(part, min_size=1, max_size=4))
def test_what_is_written_by_the_rules_is_read_as_it_was_meant(
    language: str, parts: list[tuple[set[int], list[Any]]]
) -> None:
    meant: set[tuple[str, str, str]] = set()
    written = []
    for days, spans in parts:
        names = ",".join(SPOKEN[language][day] for day in sorted(days))
        times = [tuple(f"{hour:02}:{minute:02}" for hour, minute in ends) for ends in spans]
        written.append(f"{names} {', '.join('-'.join(ends) for ends in times)}")
        meant |= {(DAYS[day], begin, end) for day in days for begin, end in times}
    found = told("; ".join(written), languages=[language])
    read = {(day, begin, end) for rule, begin, end in found for day in str(rule).partition("BYDAY=")[2].split(",")}
    assert read == meant
    assert len({each[1:] for each in found}) == len(found)


@given(st.text(st.sampled_from("MoTuDiSt.,;:-– 0129\n&FREQ=")) | st.text(max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        found = schedules(text)
    except ValueError:
        return
    assert found


def test_a_text_made_to_be_slow_is_refused_at_once() -> None:
    with pytest.raises(ValueError):
        schedules("Mo," * 160 + "!")
    with pytest.raises(ValueError):
        schedules("last " * 99)
