"""A center's hours as an iCalendar feed (RFC 5545) to which other calendars subscribe.

Each schedule is one event with its rule. What not every reader makes the same of is excluded from the rule, and each
day of it stands as an event of its own, in UTC: extra days (many ignore RDATE), weeks by number (some count them
otherwise), and the nights on which the clocks change, where a rule knows one length only and readers choose differently
between the two times of one name. So all come to the moments of `schedule.occurrences`, from a year before the center
last changed to five years after; no reader keeps a feed that long.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from dateutil.tz import datetime_ambiguous, datetime_exists
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vRecur, vText

from services.directory.domain import recurrence
from services.directory.domain.schedule import Closure, Schedule, clock_changes, closed_days

MEDIA_TYPE = "text/calendar; charset=utf-8"
YEARS_BACK, YEARS_AHEAD = 1, 5


@dataclass(frozen=True)
class FeedOffer:
    """One of a center's services, as the feed shows it."""

    id: str
    title: str
    service: str
    languages: Sequence[str]
    schedules: Sequence[Schedule]
    closures: Sequence[Closure] = ()


def feed(
    center_id: str,
    name: str,
    zone: str,
    offers: Sequence[FeedOffer],
    changed: datetime,
    *,
    location: str | None = None,
    url: str | None = None,
) -> bytes:
    """The feed as it is since the center last ``changed``; the same input gives the same bytes.

    ``location`` is what everybody may know of where it is, ``url`` a page about it.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//mine//directory//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", vText(name))
    calendar.add("x-wr-calname", vText(name))
    calendar.add("last-modified", changed)
    calendar.add("refresh-interval", timedelta(days=1), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "P1D")  # what Outlook reads instead
    calendar.add_component(_timezone(zone, changed.year - YEARS_BACK - 1, changed.year + YEARS_AHEAD + 2))
    for offer in offers:
        for number, schedule in enumerate(offer.schedules, 1):
            for event in _events(f"{center_id}-{offer.id}-{number}", schedule, offer.closures, ZoneInfo(zone), changed):
                event.add("dtstamp", changed)
                event.add("last-modified", changed)
                event.add("summary", offer.title)
                event.add("categories", [offer.service])
                event.add("transp", "TRANSPARENT")  # a house that is open keeps nobody busy
                if offer.languages:
                    event.add("description", ", ".join(_own_name(language) for language in offer.languages))
                if location:
                    event.add("location", location)
                if url:
                    event.add("url", url)
                calendar.add_component(event)
    document: bytes = calendar.to_ical()
    return document


def _events(
    uid: str, schedule: Schedule, closures: Sequence[Closure], zone: ZoneInfo, changed: datetime
) -> Iterator[Event]:
    """What repeats as one event, and each day that this does not say rightly as another."""
    year = timedelta(days=366)
    first, last = changed.date() - YEARS_BACK * year, changed.date() + YEARS_AHEAD * year
    on = schedule.days(first, last) - closed_days(closures, first, last)
    ruled: tuple[date, ...] = ()
    if schedule.rule and not schedule.rule.weeks:
        ruled = recurrence.days(schedule.rule, schedule.start_date, first, last)
    changes = clock_changes(zone, first, last)
    ordinary = [day for day in ruled if day not in changes or _is_ordinary(schedule, day, zone)]
    if not on.isdisjoint(ordinary):
        yield _repeated(uid, schedule, ordinary[0], set(ruled) - (on & set(ordinary)), zone)
        on.difference_update(ordinary)
    for day in sorted(on):
        if session := schedule.session(day, zone):
            once = schedule.rule is None and day == schedule.start_date
            event = Event()
            event.add("uid", f"{uid}@directory" if once else f"{uid}-{day:%Y%m%d}@directory")
            event.add("dtstart", session[0])
            event.add("dtend", session[1])
            yield event


def _is_ordinary(schedule: Schedule, day: date, zone: ZoneInfo) -> bool:
    """Whether that day's session begins and ends at times that come once, and is as long as on other days."""
    begins = datetime.combine(day, schedule.start_time, zone)
    ends = begins + schedule.length
    come_once = all(datetime_exists(at) and not datetime_ambiguous(at) for at in (begins, ends))
    return come_once and ends.astimezone(UTC) - begins.astimezone(UTC) == schedule.length


def _repeated(uid: str, schedule: Schedule, first: date, off: set[date], zone: ZoneInfo) -> Event:
    """The event that repeats from its ``first`` day on, except on the days ``off``."""

    def begins(day: date) -> datetime:
        return datetime.combine(day, schedule.start_time, zone)

    event = Event()
    event.add("uid", f"{uid}@directory")
    event.add("dtstart", begins(first))
    event.add("dtend", begins(first) + schedule.length)
    event.add("rrule", _rule(schedule, begins))
    if excluded := [begins(day) for day in sorted(off) if day >= first]:
        event.add("exdate", excluded)
    return event


def _rule(schedule: Schedule, begins: Callable[[date], datetime]) -> vRecur:
    """The schedule's rule; its end as a moment, whether it was told as a day or as a count."""
    assert schedule.rule is not None
    text = replace(schedule.rule, count=None, until=None).text
    last = recurrence.last_day(schedule.rule, schedule.start_date)
    if last < recurrence.LAST_DAY:
        text += f";UNTIL={begins(last).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    rule: vRecur = vRecur.from_ical(text)
    return rule


def _own_name(language: str) -> str:
    """What a language calls itself; its code where that is not known."""
    try:
        return Locale.parse(language).get_display_name() or language
    except (UnknownLocaleError, ValueError):
        return language


@lru_cache(maxsize=128)
def _timezone(zone: str, first_year: int, last_year: int) -> Timezone:
    """The zone's VTIMEZONE for these years, one part for each change of its clocks.

    icalendar's own `Timezone.from_tzid` lets summer time begin an hour late.
    """
    place, start = ZoneInfo(zone), datetime(first_year, 1, 1, tzinfo=UTC)
    timezone = Timezone()
    timezone.add("tzid", zone)
    for moment in (start, *_changes(place, start, datetime(last_year, 1, 1, tzinfo=UTC))):
        before, after = (at.astimezone(place) for at in (moment - timedelta(seconds=1), moment))
        part = TimezoneDaylight() if after.dst() else TimezoneStandard()
        part.add("dtstart", before.replace(tzinfo=None) + timedelta(seconds=1))
        part.add("tzoffsetfrom", before.utcoffset())
        part.add("tzoffsetto", after.utcoffset())
        part.add("tzname", after.tzname())
        timezone.add_component(part)
    return timezone


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The moments at which the clocks change."""
    midnights = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    for midnight, next_midnight in pairwise(midnights):
        if midnight.astimezone(zone).utcoffset() != next_midnight.astimezone(zone).utcoffset():
            yield _change_after(midnight, zone)


def _change_after(midnight: datetime, zone: ZoneInfo) -> datetime:
    """The one moment in the day from ``midnight`` on at which the clocks change."""
    before = midnight.astimezone(zone).utcoffset()
    seconds = bisect_left(
        range(86_400), True, key=lambda n: (midnight + timedelta(seconds=n)).astimezone(zone).utcoffset() != before
    )
    return midnight + timedelta(seconds=seconds)
