"""When something is open: sessions by the town's own clock, what repeats them, and what calls them off.

A `Schedule` says it as people do: Tuesdays and Thursdays, 9:00 to 12:00. Its times are wall-clock times of the town;
the zone is named by whoever asks. `occurrences`, `open_at` and `next_opening` answer for moments; `week_pattern` and
`special_days` say the same in quarter-hours, for an index.

Twice a year the clocks change, and RFC 5545 decides. A time that comes twice means the first one. A time that is
skipped is no start for a session that repeats: it does not take place that day. A session entered for that very day
begins as if the clocks had not changed yet, which is later by the new clock; so does an end that is skipped.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

from dateutil.tz import datetime_exists
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from services.directory.domain import recurrence
from services.directory.domain.recurrence import FIRST_DAY, LAST_DAY, RRule, Rule
from shared.aggregate import Refusal, Why

LOOK_AHEAD = timedelta(days=400)
"""How far `next_opening` looks, and the longest time that `occurrences` answers for."""

Session = tuple[datetime, datetime]
"""Beginning and end of being open, in UTC: local times of one zone do not compare when the clocks change."""

_DAY = timedelta(days=1)
_REACH = 2 * _DAY
"""How long before a moment a session that is still on can have begun: a day, and one more where a zone skipped one."""
_QUARTERS = 96
_OPEN = re.compile(rb"1+")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(:00)?")
_AREA = r"^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z0-9/_+-]+$"


def _wall_time(value: object) -> object:
    told = _TIME.fullmatch(value) if isinstance(value, str) else None
    if told:
        return time(int(told[1]), int(told[2]))
    if isinstance(value, time) and value.tzinfo is None and not (value.second or value.microsecond):
        return value
    raise PydanticCustomError("wall_time", "a time of day is written 09:30, from 00:00 to 23:59, without a zone")


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError("time_zone", "there is no such time zone; it is written like Europe/Prague") from None
    return value


def _each_once(days: tuple[date, ...]) -> tuple[date, ...]:
    return tuple(sorted(set(days)))


TimeZone = Annotated[str, StringConstraints(max_length=40, pattern=_AREA), AfterValidator(_known_zone)]
"""The IANA name of a town's time zone."""

WallTime = Annotated[
    time,
    BeforeValidator(_wall_time),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["09:30"]}),
]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Days = Annotated[tuple[Day, ...], Field(max_length=200), AfterValidator(_each_once)]


class WindowTooLong(Refusal):
    """Opening hours are told for at most `LOOK_AHEAD` at a time."""

    code = "window-too-long"
    why = Why.INVALID


class ClosureReason(StrEnum):
    """Why what is usually open is not."""

    SCHOOL_HOLIDAYS = "school-holidays"
    PUBLIC_HOLIDAY = "public-holiday"
    RENOVATION = "renovation"
    OTHER = "other"


class Closure(BaseModel):
    """Days on which nothing begins, not even a session entered for one of them. What began the evening before ends."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"first_day": "2026-07-01", "last_day": "2026-08-31", "reason": "school-holidays"}]
        },
    )

    first_day: Day
    last_day: Day = Field(description="Included. A closure lasts at most 400 days; who closes for longer, pauses.")
    reason: ClosureReason

    @field_validator("last_day")
    @classmethod
    def _ends_in_time(cls, last: date, info: ValidationInfo) -> date:
        first = info.data.get("first_day", last)
        if not first <= last < first + LOOK_AHEAD:
            raise PydanticCustomError("closure_days", "a closure lasts from one to 400 days")
        return last


class Schedule(BaseModel):
    """Sessions at one time of day: one, or as many as ``rrule`` repeats. At most one begins on a day."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{
                "start_date": "2026-03-01", "start_time": "09:00", "end_time": "12:00",
                "rrule": "FREQ=WEEKLY;BYDAY=TU,TH", "except_dates": ["2026-12-24"], "extra_dates": ["2026-12-21"],
            }]
        },
    )  # fmt: skip

    start_date: Day = Field(description="The day of the session; where it repeats, the day from which the rule counts.")
    start_time: WallTime
    end_time: WallTime = Field(description="Not after start_time: on the next day. 00:00 is midnight.")
    rrule: RRule | None = None
    except_dates: Days = Field(default=(), description="Days on which no session begins though the rule says so.")
    extra_dates: Days = Field(default=(), description="Days on which one begins though the rule does not say so.")

    @field_validator("end_time")
    @classmethod
    def _lasts(cls, end: time, info: ValidationInfo) -> time:
        if end == info.data.get("start_time"):
            raise PydanticCustomError("session_length", "a session must end at another time than it begins")
        return end

    @field_validator("rrule")
    @classmethod
    def _happens(cls, rrule: str | None, info: ValidationInfo) -> str | None:
        if rrule is not None and "start_date" in info.data:
            recurrence.require_it_happens(recurrence.read(rrule), info.data["start_date"])
        return rrule

    @field_validator("extra_dates")
    @classmethod
    def _not_both(cls, extra: tuple[date, ...], info: ValidationInfo) -> tuple[date, ...]:
        if not set(extra).isdisjoint(info.data.get("except_dates", ())):
            raise PydanticCustomError("contradicting_dates", "a day cannot be among except_dates and extra_dates")
        return extra

    @property
    def rule(self) -> Rule | None:
        """The rule by which it repeats."""
        return recurrence.read(self.rrule) if self.rrule is not None else None

    @property
    def begins(self) -> timedelta:
        """When a session begins, since midnight by the clock on the wall."""
        return timedelta(hours=self.start_time.hour, minutes=self.start_time.minute)

    @property
    def length(self) -> timedelta:
        """How long it lasts by the clock on the wall, less than a day."""
        return (timedelta(hours=self.end_time.hour, minutes=self.end_time.minute) - self.begins) % _DAY

    def days(self, first: date, last: date) -> set[date]:
        """The local days on which a session begins, from ``first`` to ``last``, both included; without closures."""
        days = set(recurrence.days(self.rule, self.start_date, first, last)) if self.rule else {self.start_date}
        days.update(self.extra_dates)
        days.difference_update(self.except_dates)
        return {day for day in days if first <= day <= last}

    def session(self, day: date, zone: ZoneInfo) -> Session | None:
        """The session that begins on ``day``; none where the clocks skip it."""
        start = datetime.combine(day, self.start_time, zone)
        end = start + self.length  # by the clock on the wall
        repeats = self.rrule is not None and day not in self.extra_dates
        if repeats and not datetime_exists(start):
            return None
        begins, ends = start.astimezone(UTC), end.astimezone(UTC)
        return (begins, ends) if begins < ends else None


Schedules = Annotated[tuple[Schedule, ...], Field(max_length=20)]
Closures = Annotated[tuple[Closure, ...], Field(max_length=60)]


def occurrences(
    zone: str, schedules: Sequence[Schedule], closures: Sequence[Closure], first: datetime, last: datetime
) -> list[Session]:
    """The sessions that are on at some time from ``first`` up to, not including, ``last``, in the order they begin.

    Two at the same time stay two. `WindowTooLong` for more than `LOOK_AHEAD`.
    """
    if last - first > LOOK_AHEAD:
        raise WindowTooLong(f"at most {LOOK_AHEAD.days} days at a time")
    return sorted(
        (begins, ends)
        for schedule in schedules
        for begins, ends in _sessions(zone, schedule, closures, first, last)
        if begins < last and ends > first
    )


def open_at(zone: str, schedules: Sequence[Schedule], closures: Sequence[Closure], instant: datetime) -> bool:
    """Whether a session is on at that moment; its first moment counts, its last does not."""
    return any(
        begins <= instant < ends
        for schedule in schedules
        for begins, ends in _sessions(zone, schedule, closures, instant, instant)
    )


def next_opening(
    zone: str, schedules: Sequence[Schedule], closures: Sequence[Closure], after: datetime
) -> Session | None:
    """The first session that begins after that moment; none where nothing begins within `LOOK_AHEAD`."""
    if after.year > LAST_DAY.year:
        return None
    for reach in (timedelta(days=8), LOOK_AHEAD):  # as a rule the coming week is enough
        to_come: list[Session] = []
        for schedule in schedules:
            sessions = _sessions(zone, schedule, closures, after, after + reach)
            to_come += islice((session for session in sessions if after < session[0] <= after + reach), 1)
        if to_come:
            return min(to_come)
    return None


def week_pattern(schedules: Sequence[Schedule], on: date) -> bytes:
    """The regular week as it stands on that day: one bit for each quarter-hour, from Monday 00:00 on.

    84 bytes, the first quarter of a byte in its lowest bit. What is the same every week counts, if it has begun and
    not ended by ``on``; exceptions and closures do not.
    """
    return int(_week(schedules, on)[::-1], 2).to_bytes(7 * _QUARTERS // 8, "little")


def special_days(
    zone: str, schedules: Sequence[Schedule], closures: Sequence[Closure], first_day: date, days: int = 366
) -> dict[date, tuple[tuple[int, int], ...]]:
    """Those of ``days`` days that differ from the `week_pattern` on ``first_day``, with what is true for them.

    Each as ranges of its quarters, from the one to before the other; an empty tuple is a day closed. A quarter is open
    if a session is on at its first moment; where it comes twice, at the first of the two. What is said of quarters
    that the clocks skip means nothing.
    """
    monday = first_day.weekday() * _QUARTERS
    week = _week(schedules, first_day)
    usual = (week[monday:] + week[:monday]) * (days // 7 + 1)
    true = _quarters(zone, schedules, closures, first_day, days)
    special = {}
    for n in range(days):
        day = slice(n * _QUARTERS, (n + 1) * _QUARTERS)
        if true[day] != usual[day]:
            special[first_day + n * _DAY] = tuple(found.span() for found in _OPEN.finditer(true[day]))
    return special


def closed_days(closures: Sequence[Closure], first: date, last: date) -> set[date]:
    """The days on which nothing begins, both ends included."""
    return {
        date.fromordinal(day)
        for closure in closures
        for day in range(max(closure.first_day, first).toordinal(), min(closure.last_day, last).toordinal() + 1)
    }


@lru_cache(maxsize=256)
def clock_changes(zone: ZoneInfo, first: date, last: date) -> frozenset[date]:
    """The days, both ends included, whose sessions may meet a change of the clocks: that day or the next."""
    days = [first + n * _DAY for n in range((last - first).days + 4)]
    offsets = [datetime.combine(day, time(), zone).utcoffset() for day in days]
    return frozenset(day for n, day in enumerate(days[:-2]) if not offsets[n] == offsets[n + 1] == offsets[n + 2])


def _sessions(
    zone: str, schedule: Schedule, closures: Sequence[Closure], first: datetime, last: datetime
) -> Iterator[Session]:
    """One after the other, those that begin between two moments, and some of the days around that may be on as well."""
    if first.year > LAST_DAY.year or last.year < FIRST_DAY.year:
        return
    place = ZoneInfo(zone)
    from_day, to_day = first.astimezone(place).date() - _REACH, last.astimezone(place).date()
    for day in sorted(schedule.days(from_day, to_day) - closed_days(closures, from_day, to_day)):
        if session := schedule.session(day, place):
            yield session


def _week(schedules: Sequence[Schedule], on: date) -> bytearray:
    """One "0" or "1" for each quarter of the regular week."""
    week = bytearray(b"0") * (7 * _QUARTERS)
    for schedule in schedules:
        rule = schedule.rule
        if rule and schedule.start_date <= on <= recurrence.last_day(rule, schedule.start_date):
            for weekday in recurrence.every_week(rule, schedule.start_date):
                for quarter in range(*_span(weekday * _DAY + schedule.begins, schedule.length)):
                    week[quarter % len(week)] = ord("1")
    return week


def _quarters(
    zone: str, schedules: Sequence[Schedule], closures: Sequence[Closure], first_day: date, days: int
) -> bytearray:
    """One "0" or "1" for each quarter of so many days, as it is by the clock on the wall."""
    place = ZoneInfo(zone)
    from_day, to_day = first_day - _REACH, first_day + (days - 1) * _DAY
    quarters = bytearray(b"0") * ((days + 4) * _QUARTERS)
    closed = closed_days(closures, from_day, to_day)
    changes = clock_changes(place, from_day, to_day)
    for schedule in schedules:
        usual = _span(schedule.begins, schedule.length)
        for day in schedule.days(from_day, to_day) - closed:
            start, end = usual if day not in changes else _span_across_change(schedule, day, place)
            midnight = (day - from_day).days * _QUARTERS
            quarters[midnight + start : midnight + end] = b"1" * (end - start)
    return quarters[_REACH.days * _QUARTERS :]


def _span(begins: timedelta, length: timedelta) -> tuple[int, int]:
    """The quarters whose first moment falls into that time since midnight, from the one to before the other."""
    quarter = timedelta(minutes=15)
    return -(-begins // quarter), -(-(begins + length) // quarter)


def _span_across_change(schedule: Schedule, day: date, zone: ZoneInfo) -> tuple[int, int]:
    """`_span` of that day's session, by the clock on the wall as it is set forward or back."""
    session = schedule.session(day, zone)
    if session is None:
        return 0, 0
    begins, ends = (moment.astimezone(zone).replace(tzinfo=None) for moment in session)
    return _span(begins - datetime.combine(day, time()), ends - begins)
