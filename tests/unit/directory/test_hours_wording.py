"""Opening hours in words, as they would stand on the door."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.schedule import Schedule
from services.directory.exports.hours_wording import describe
from tests.unit.directory.schedules import schedules


def schedule(rrule: str | None, **more: Any) -> Schedule:
    return Schedule(
        **{"start_date": date(2026, 3, 14), "start_time": "9:00", "end_time": "12:30", "rrule": rrule, **more}
    )


@pytest.mark.parametrize(("rrule", "english", "german", "czech"), [
    ("FREQ=WEEKLY;BYDAY=TU,TH", "Tuesdays and Thursdays 9:00–12:30", "Dienstag und Donnerstag 9:00–12:30 Uhr",
     "Úterý a čtvrtek 9:00–12:30"),
    ("FREQ=WEEKLY;BYDAY=FR,MO,TU,WE,TH", "Mondays to Fridays 9:00–12:30", "Montag bis Freitag 9:00–12:30 Uhr",
     "Pondělí až pátek 9:00–12:30"),
    ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "Mondays, Wednesdays and Fridays 9:00–12:30",
     "Montag, Mittwoch und Freitag 9:00–12:30 Uhr", "Pondělí, středa a pátek 9:00–12:30"),
    ("FREQ=WEEKLY", "Saturdays 9:00–12:30", "Samstag 9:00–12:30 Uhr", "Sobota 9:00–12:30"),
    ("FREQ=WEEKLY;BYDAY=SA,SU;BYMONTH=7,8", "Saturdays and Sundays 9:00–12:30 (July, August)",
     "Samstag und Sonntag 9:00–12:30 Uhr (Juli, August)", "Sobota a neděle 9:00–12:30 (červenec, srpen)"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "Every 2 weeks: Tuesdays 9:00–12:30",
     "Alle 2 Wochen: Dienstag 9:00–12:30 Uhr", "Každý 2. týden: úterý 9:00–12:30"),
    ("FREQ=DAILY", "Every day 9:00–12:30", "Täglich 9:00–12:30 Uhr", "Denně 9:00–12:30"),
    ("FREQ=DAILY;INTERVAL=3", "Every 3 days from 14 March 2026 9:00–12:30",
     "Alle 3 Tage ab 14. März 2026 9:00–12:30 Uhr", "Každý 3. den od 14. března 2026 9:00–12:30"),
    ("FREQ=MONTHLY;BYDAY=1SA,3SA", "First and third Saturday of the month 9:00–12:30",
     "1. und 3. Samstag im Monat 9:00–12:30 Uhr", "1. a 3. sobota v měsíci 9:00–12:30"),
    ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1", "Last Friday of the month 9:00–12:30",
     "Letzter Freitag im Monat 9:00–12:30 Uhr", "Poslední pátek v měsíci 9:00–12:30"),
    ("FREQ=MONTHLY;BYDAY=1TU,-1TH", "Last Thursday and first Tuesday of the month 9:00–12:30",
     "Letzter Donnerstag und 1. Dienstag im Monat 9:00–12:30 Uhr",
     "Poslední čtvrtek a 1. úterý v měsíci 9:00–12:30"),
    ("FREQ=MONTHLY;BYMONTHDAY=15", "On day 15 of the month 9:00–12:30", "Am 15. des Monats 9:00–12:30 Uhr",
     "15. den v měsíci 9:00–12:30"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "On the last day of the month 9:00–12:30",
     "Am letzten Tag des Monats 9:00–12:30 Uhr", "Poslední den v měsíci 9:00–12:30"),
    ("FREQ=YEARLY", "Every year on 14 March 9:00–12:30", "Jedes Jahr am 14. März 9:00–12:30 Uhr",
     "Každý rok 14. března 9:00–12:30"),
    ("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1", "Every year on 1 May 9:00–12:30", "Jedes Jahr am 1. Mai 9:00–12:30 Uhr",
     "Každý rok 1. května 9:00–12:30"),
    ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260630", "Tuesdays 9:00–12:30, until 30 June 2026",
     "Dienstag 9:00–12:30 Uhr, bis 30. Juni 2026", "Úterý 9:00–12:30, do 30. června 2026"),
    ("FREQ=WEEKLY;COUNT=3", "Saturdays 9:00–12:30, until 28 March 2026", "Samstag 9:00–12:30 Uhr, bis 28. März 2026",
     "Sobota 9:00–12:30, do 28. března 2026"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "On days shown in the calendar 9:00–12:30",
     "An den Tagen, die der Kalender zeigt, 9:00–12:30 Uhr", "Ve dnech, které ukazuje kalendář, 9:00–12:30"),
    (None, "Saturday, 14 March 2026 9:00–12:30", "Samstag, 14. März 2026 9:00–12:30 Uhr",
     "Sobota 14. března 2026 9:00–12:30"),
])  # fmt: skip
def test_hours_are_said_as_on_the_door(rrule: str | None, english: str, german: str, czech: str):
    ours = schedule(rrule)
    said = [describe(ours, language).replace("\xa0", " ") for language in ("en", "de", "cs")]
    assert said == [english, german, czech]


def test_single_days_are_listed_while_they_are_few():
    few = schedule(None, extra_dates=["2026-04-11", "2026-05-09"])
    assert describe(few, "en") == "14 March 2026, 11 April 2026 and 9 May 2026 9:00–12:30"
    many = schedule(None, extra_dates=[f"2026-04-{day:02}" for day in range(1, 10)])
    assert describe(many, "en") == "On days shown in the calendar 9:00–12:30"


def test_who_speaks_another_language_reads_english():
    assert describe(schedule("FREQ=DAILY"), "uk") == "Every day 9:00–12:30"


@pytest.mark.parametrize("rrule", [
    "FREQ=MONTHLY;INTERVAL=2;BYDAY=1SA", "FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=MONTHLY;BYDAY=-2FR",
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "FREQ=YEARLY;INTERVAL=2", "FREQ=YEARLY;BYMONTH=5;BYDAY=1SA",
    "FREQ=YEARLY;BYMONTH=5",
    "FREQ=YEARLY;BYWEEKNO=2,4;BYDAY=TU", "FREQ=DAILY;INTERVAL=2;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=-2",
    "FREQ=MONTHLY;BYDAY=SA,SU",
])  # fmt: skip
def test_what_has_no_short_name_is_left_to_the_calendar(rrule: str):
    assert describe(schedule(rrule), "en") == "On days shown in the calendar 9:00–12:30"


@given(schedules(date(2026, 3, 2)), st.sampled_from(["en", "de", "cs"]))
def test_every_schedule_can_be_said(ours: Schedule, language: str):
    said = describe(ours, language)
    assert f"{ours.start_time.hour}:{ours.start_time:%M}–" in said
    assert "{" not in said
    assert "None" not in said
