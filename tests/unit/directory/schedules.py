"""Random schedules, and what a calendar would make of them: the plainest possible reading, slow and independent."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import strategies as st
from pydantic import ValidationError

from services.directory.domain.schedule import Closure, ClosureReason, Schedule, Session

DAY = timedelta(days=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONES = {
    "Europe/Prague": (date(2026, 3, 29), date(2026, 10, 25)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),  # by half an hour
    "Asia/Kathmandu": (date(2026, 1, 1),),  # +05:45, never changes
    "America/St_Johns": (date(2026, 3, 8), date(2026, 11, 1)),  # -03:30
    "Africa/Cairo": (date(2026, 4, 24), date(2026, 10, 29)),  # at midnight
    "America/Nuuk": (date(2026, 3, 28), date(2026, 10, 24)),  # in the evening
    "Pacific/Apia": (date(2011, 12, 30),),  # a day that was skipped
}
"""Zones, and days on which their clocks change."""

zone_days = st.sampled_from([(zone, day) for zone, days in ZONES.items() for day in days])
"""A zone and a day on which something happens to its clocks."""

nearby = st.integers(-4, 4).map(lambda n: n * DAY)
times = st.builds(
    time,
    st.sampled_from([0, 0, 1, 2, 3, 9, 12, 20, 22, 23]),
    st.sampled_from([0, 0, 15, 30, 45, 7, 59]),
)


def _listed(values: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(",".join)


_days = _listed(st.sampled_from(WEEKDAYS), 7)
_numbered = _listed(st.builds("{}{}".format, st.sampled_from([-2, -1, 1, 2, 3, 5]), st.sampled_from(WEEKDAYS)))
_month_days = _listed(st.sampled_from(["1", "13", "29", "31", "-1", "-5"]))
_months = _listed(st.integers(1, 12).map(str))
_interval = st.sampled_from(["", "", ";INTERVAL=2", ";INTERVAL=3"])
_week_start = st.sampled_from(["", "", ";WKST=SU"])
_in_months = st.just("") | _months.map(";BYMONTH={}".format)

endless_rules = st.one_of(
    st.builds("FREQ=DAILY{}{}".format, _interval, _in_months),
    st.builds("FREQ=WEEKLY{};BYDAY={}{}".format, _interval, _days, _week_start),
    st.builds("FREQ=WEEKLY;BYDAY={}".format, _days),
    st.builds("FREQ=WEEKLY{}{}".format, _interval, _in_months),
    st.builds("FREQ=MONTHLY{};BYDAY={}".format, _interval, _numbered),
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}{}".format, _month_days, _in_months),
    st.builds("FREQ=MONTHLY;BYDAY={};BYSETPOS={}".format, _days, st.sampled_from(["1", "-1", "2,4"])),
    st.builds("FREQ=MONTHLY{}".format, _interval),
    st.builds("FREQ=YEARLY;BYMONTH={};BYDAY={}".format, _months, _numbered),
    st.builds("FREQ=YEARLY;BYWEEKNO={};BYDAY={}".format, _listed(st.integers(2, 51).map(str), 9), _days),
    st.just("FREQ=YEARLY"),
)


@st.composite
def schedules(draw: st.DrawFn, around: date) -> Schedule:
    """A schedule with something to happen near ``around``."""
    start = around + draw(st.sampled_from([-400, -30, -8, -7, -2, -1, 0, 1, 6])) * DAY
    rule = draw(st.none() | endless_rules)
    if rule:
        until = (around + draw(st.integers(-5, 30)) * DAY).strftime("%Y%m%d")
        rule += draw(st.sampled_from(["", "", f";UNTIL={until}", f";COUNT={draw(st.integers(1, 60))}"]))
    starts, ends = draw(st.lists(times, min_size=2, max_size=2, unique=True))
    days = st.lists(nearby.map(lambda by: around + by), max_size=3)
    excepted = draw(days)
    extra = [day for day in draw(days) if day not in excepted]
    try:
        return Schedule(
            start_date=start,
            start_time=starts,
            end_time=ends,
            rrule=rule,
            except_dates=tuple(excepted),
            extra_dates=tuple(extra),
        )
    except ValidationError:  # never happens, or not before its end
        return Schedule(start_date=start, start_time=starts, end_time=ends)


@st.composite
def closures(draw: st.DrawFn, around: date) -> Closure:
    """Some days near ``around`` on which nothing begins."""
    first = around + draw(st.integers(-9, 9)) * DAY
    return Closure(
        first_day=first, last_day=first + draw(st.integers(0, 9)) * DAY, reason=draw(st.sampled_from(ClosureReason))
    )


def read_plainly(
    zone: str, schedules: list[Schedule], closures: list[Closure], first: date, last: date
) -> list[Session]:
    """Every session that begins on a local day from ``first`` to ``last``."""
    found = []
    for schedule in schedules:
        ruled = _ruled(schedule, first, last)
        for n in range((last - first).days + 1):
            day = first + n * DAY
            dated = day in schedule.extra_dates or (schedule.rrule is None and day == schedule.start_date)
            off = day in schedule.except_dates or any(each.first_day <= day <= each.last_day for each in closures)
            if off or not (dated or day in ruled):
                continue
            start = datetime.combine(day, schedule.start_time)
            end = datetime.combine(day + (schedule.end_time < schedule.start_time) * DAY, schedule.end_time)
            if not dated and not exists(zone, start):
                continue
            if instant(zone, start) < instant(zone, end):
                found.append((instant(zone, start), instant(zone, end)))
    return sorted(found)


def _ruled(schedule: Schedule, first: date, last: date) -> set[date]:
    if schedule.rrule is None:
        return set()
    rule = rrulestr(schedule.rrule, dtstart=datetime.combine(schedule.start_date, time()))
    return {day.date() for day in rule.between(_midnight(first), _midnight(last), inc=True)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


@cache
def _offsets(zone: str, day: date) -> set[timedelta]:
    around = (datetime.combine(day, time(), UTC) + n * DAY for n in (-2, 0, 1, 3))
    return {moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta() for moment in around}


def _readings(zone: str, wall: datetime) -> tuple[list[datetime], list[datetime]]:
    """What moment ``wall`` may mean: by the offsets of the days around, and those of them that read back as it."""
    moments = sorted(wall.replace(tzinfo=UTC) - offset for offset in _offsets(zone, wall.date()))
    if len(moments) == 1:
        return moments, moments
    return moments, [m for m in moments if m.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall]


def exists(zone: str, wall: datetime) -> bool:
    """Whether the clocks show that time."""
    return bool(_readings(zone, wall)[1])


def instant(zone: str, wall: datetime) -> datetime:
    """RFC 5545, 3.3.5: the first moment at which the clocks show ``wall``; if none, by the offset before the gap."""
    moments, true = _readings(zone, wall)
    return true[0] if true else moments[-1]  # forward is to a larger offset: the smaller one gives the later moment
