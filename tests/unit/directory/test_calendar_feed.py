"""A center's hours in other people's calendars: read back by a reader that knows nothing of ours."""

import io
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from dateutil.tz import tzical
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, vText

from services.directory.domain.schedule import Closure, ClosureReason, Schedule, Session, occurrences
from services.directory.exports.calendar_feed import YEARS_AHEAD, FeedOffer, feed
from tests.unit.directory.schedules import DAY, ZONES, closures, exists, schedules, zone_days

CHANGED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
PRAGUE = "Europe/Prague"
COURSE = Schedule(
    start_date=date(2025, 9, 1),
    start_time="09:00",
    end_time="12:00",
    rrule="FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20260630",
    except_dates=(date(2026, 3, 12),),
    extra_dates=(date(2026, 3, 13),),
)
EASTER = Closure(first_day=date(2026, 4, 2), last_day=date(2026, 4, 6), reason=ClosureReason.SCHOOL_HOLIDAYS)


def offer(*ours: Schedule, **more: Any) -> FeedOffer:
    usual: dict[str, Any] = {"id": "s1", "title": "Jazykový kurz", "service": "language-course", "languages": ("cs",)}
    return FeedOffer(**{**usual, "schedules": ours, **more})


def praha(*offers: FeedOffer, **more: Any) -> bytes:
    return feed("praha", "Mateřské centrum Praha", PRAGUE, offers, CHANGED, **more)


def read(document: bytes) -> list[Any]:
    """The events of a feed."""
    return list(Calendar.from_ical(document).walk("VEVENT"))


def sessions(document: bytes, first: datetime, last: datetime) -> list[Session]:
    """What a foreign calendar shows between two moments: it knows rules and excluded moments, nothing else."""
    found = []
    for event in read(document):
        length = event.end.astimezone(UTC) - event.start.astimezone(UTC)
        starts = [event.start]
        if "RRULE" in event:
            rule = rrulestr(event["RRULE"].to_ical().decode(), dtstart=event.start)
            where = event.start.tzinfo
            starts = rule.between(first.astimezone(where) - 3 * DAY, last.astimezone(where) + 3 * DAY, inc=True)
        excluded = {moment.dt for moment in event["EXDATE"].dts} if "EXDATE" in event else set()
        begins = [start.astimezone(UTC) for start in starts if start not in excluded]
        found += [(start, start + length) for start in begins if start < last and start + length > first]
    return sorted(found)


def test_the_feed_of_a_course():
    document = praha(
        offer(COURSE, closures=(EASTER,)), location="Hejnická 538, Praha", url="https://praha.example.org/"
    )
    weekly, extra = read(document)
    assert weekly["UID"] == "praha-s1-1@directory"
    assert weekly["SUMMARY"] == "Jazykový kurz"
    assert weekly["LOCATION"] == "Hejnická 538, Praha"
    assert weekly["URL"] == "https://praha.example.org/"
    assert weekly["DESCRIPTION"] == "čeština"
    assert weekly.categories == ["language-course"]
    assert weekly.DTSTAMP == weekly.LAST_MODIFIED == CHANGED
    assert weekly.start == datetime(2025, 9, 2, 9, tzinfo=ZoneInfo(PRAGUE))
    assert weekly["RRULE"].to_ical() == b"FREQ=WEEKLY;UNTIL=20260630T070000Z;BYDAY=TU,TH"
    assert [moment.dt.date() for moment in weekly["EXDATE"].dts] == [date(2026, 3, 12), date(2026, 4, 2)]
    assert extra["UID"] == "praha-s1-1-20260313@directory"
    assert (extra.start, extra.end) == (datetime(2026, 3, 13, 8, tzinfo=UTC), datetime(2026, 3, 13, 11, tzinfo=UTC))
    assert "RRULE" not in extra
    assert b"REFRESH-INTERVAL;VALUE=DURATION:P1D\r\n" in document
    assert b"X-WR-CALNAME:Mate\xc5\x99sk\xc3\xa9 centrum Praha\r\n" in document


def test_a_place_that_is_not_told_does_not_appear():
    [event, _] = read(praha(offer(COURSE)))
    assert "LOCATION" not in event
    assert "URL" not in event


def test_a_feed_without_hours_is_still_a_calendar():
    assert read(praha()) == []
    assert read(praha(offer())) == []
    assert b"BEGIN:VTIMEZONE" in praha()  # RFC 5545 wants at least one component


def test_the_same_center_gives_the_same_bytes():
    assert praha(offer(COURSE)) == praha(offer(COURSE))


def test_an_event_keeps_its_name_when_the_hours_change():
    later = COURSE.model_copy(update={"except_dates": (), "rrule": "FREQ=WEEKLY;BYDAY=FR"})
    assert read(praha(offer(COURSE)))[0]["UID"] == read(praha(offer(later)))[0]["UID"]


def test_what_is_closed_all_the_time_is_no_event():
    spring = Closure(first_day=date(2026, 3, 1), last_day=date(2026, 3, 31), reason=ClosureReason.RENOVATION)
    festival = Schedule(start_date=date(2026, 3, 7), start_time="10:00", end_time="18:00")
    march = Schedule(
        start_date=date(2026, 3, 2), start_time="10:00", end_time="12:00", rrule="FREQ=WEEKLY;UNTIL=20260330"
    )
    assert read(praha(offer(festival, march, closures=(spring,)))) == []


def test_the_night_on_which_the_clocks_change_is_an_event_of_its_own():
    nights = Schedule(start_date=date(2026, 3, 1), start_time="22:00", end_time="06:00", rrule="FREQ=DAILY;COUNT=60")
    usual, short = read(praha(offer(nights)))
    assert [moment.dt.date() for moment in usual["EXDATE"].dts] == [date(2026, 3, 28)]
    assert short["UID"] == "praha-s1-1-20260328@directory"
    assert short.end.astimezone(UTC) - short.start.astimezone(UTC) == timedelta(hours=7)


TEXTS = ["مركز الأمهات " * 9, "Příliš žluťoučký kůň úpěl ďábelské ódy " * 4, 'a;b,c\\d "e"\nf: g', "👩‍👧‍👦" * 30]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_in_every_alphabet_survive(text: str):
    document = feed("c", text, PRAGUE, [offer(COURSE, title=text)], CHANGED, location=text)
    assert [(event["SUMMARY"], event["LOCATION"]) for event in read(document)] == [(text, text)] * 2
    calendar: Any = Calendar.from_ical(document)
    assert calendar["NAME"] == vText(text).to_ical().decode()  # the reader leaves this one as it stands
    lines = document.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() is not None for line in lines)  # no character is torn apart


@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_in_the_feed_is_the_zone_of_the_town(zone: str):
    changed = CHANGED.replace(year=min(day.year for day in ZONES[zone]) + 1)
    document = feed("c", "C", zone, [], changed).decode()
    [vtimezone] = re.findall(r"BEGIN:VTIMEZONE.*END:VTIMEZONE\r\n", document, re.DOTALL)
    told, true = tzical(io.StringIO(vtimezone.replace("\r", ""))).get(zone), ZoneInfo(zone)
    midnight = datetime.combine(date(changed.year - 1, 1, 1), time())
    for _ in range((YEARS_AHEAD + 1) * 365):
        changes = midnight.replace(tzinfo=true).utcoffset() != (midnight + DAY).replace(tzinfo=true).utcoffset()
        for quarter in range(96) if changes else [48]:
            wall = midnight + quarter * timedelta(minutes=15)
            if exists(zone, wall):
                assert wall.replace(tzinfo=told).utcoffset() == wall.replace(tzinfo=true).utcoffset(), wall
        midnight += DAY


@settings(max_examples=60)
@given(st.data(), zone_days, st.integers(-30, 300))
def test_a_foreign_calendar_shows_the_same_moments(data: st.DataObject, where: tuple[str, date], by: int):
    zone, around = where
    ours = data.draw(st.lists(schedules(around), min_size=1, max_size=3))
    closed = data.draw(st.lists(closures(around), max_size=2))
    changed = datetime(around.year, around.month, around.day, 12, tzinfo=UTC) - by * DAY
    document = feed("c", "C", zone, [offer(*ours, closures=closed)], changed)
    first, last = changed - 364 * DAY, changed + 364 * DAY
    expected = {*occurrences(zone, ours, closed, first, changed), *occurrences(zone, ours, closed, changed, last)}
    assert set(sessions(document, first, last)) == expected
    assert len({event["UID"] for event in read(document)}) == len(read(document))


@pytest.mark.parametrize("zone", [PRAGUE, "Australia/Lord_Howe", "Africa/Cairo"])
def test_a_nightly_house_is_shown_rightly_for_years(zone: str):
    nights = [
        Schedule(start_date=date(2020, 1, 1), start_time=begins, end_time=ends, rrule="FREQ=DAILY")
        for begins, ends in (("22:00", "06:00"), ("02:15", "05:00"), ("01:00", "02:15"), ("23:30", "00:10"))
    ]
    document = feed("c", "C", zone, [offer(*nights)], CHANGED)
    for year in range(-1, YEARS_AHEAD):
        first, last = CHANGED + year * 365 * DAY, CHANGED + (year + 1) * 365 * DAY
        assert sessions(document, first, last) == occurrences(zone, nights, [], first, last)


def test_even_weeks_of_the_calendar_are_single_days_because_readers_count_weeks_differently():
    even = Schedule(
        start_date=date(2026, 1, 1), start_time="9:00", end_time="10:00", rrule="FREQ=YEARLY;BYWEEKNO=44;BYDAY=TU"
    )
    events = read(praha(offer(even)))
    assert [event.start.date() for event in events[:2]] == [date(2026, 10, 27), date(2027, 11, 2)]
    assert not any("RRULE" in event for event in events)


def test_a_time_that_comes_twice_is_told_in_utc_because_readers_choose_differently():
    once = Schedule(start_date=date(2026, 10, 25), start_time="02:30", end_time="02:45")
    [event] = read(praha(offer(once)))
    assert event["DTSTART"].to_ical() == b"20261025T003000Z"
    daily = Schedule(start_date=date(2026, 10, 24), start_time="22:00", end_time="02:30", rrule="FREQ=DAILY")
    usual, changing = read(praha(offer(daily)))[:2]
    assert usual.start.day == 25
    assert changing["DTEND"].to_ical() == b"20261025T003000Z"
