"""Rules by which days repeat (RFC 5545): those that a house's hours need, worked out in bounded time.

A rule says on which local days, never at what hour; start, time of day and zone stand beside it. dateutil does the
arithmetic. What is let in is narrower than the RFC: only what dateutil and foreign calendars understand alike, and no
rule that never happens, because dateutil would look for its first day up to the year 9999.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Annotated, Literal

from dateutil.rrule import DAILY, MO, MONTHLY, WEEKLY, YEARLY, rrule, weekday, weekdays
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2099, 12, 31)
"""Nothing is entered for a day outside, and nothing repeats beyond. In between the calendar repeats every 28 years."""

_FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
_MOST_INTERVAL = {"DAILY": 366, "WEEKLY": 53, "MONTHLY": 24, "YEARLY": 10}
_MOST_COUNT = 500
_WEEKDAYS = {repr(day): day for day in weekdays}
_NUMBERED = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
_UNTIL = re.compile(r"[0-9]{8}")
_PARTS = ("FREQ", "INTERVAL", "BYMONTH", "BYWEEKNO", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST", "COUNT", "UNTIL")
_GO_WITH = {
    "DAILY": {"BYMONTH", "BYDAY"},
    "WEEKLY": {"BYMONTH", "BYDAY"},
    "MONTHLY": {"BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"},
    "YEARLY": {"BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYWEEKNO"},
}


@dataclass(frozen=True)
class Rule:
    """A rule, read. An empty tuple: no restriction, or by the start day, as in the RFC."""

    freq: str
    interval: int = 1
    months: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[weekday, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: weekday = MO
    count: int | None = None
    until: date | None = None

    @property
    def text(self) -> str:
        """The rule in its one spelling; lists ascend, because not every calendar reads them otherwise."""
        parts = {
            "FREQ": self.freq,
            "INTERVAL": str(self.interval) if self.interval > 1 else "",
            "BYMONTH": ",".join(map(str, self.months)),
            "BYWEEKNO": ",".join(map(str, self.weeks)),
            "BYMONTHDAY": ",".join(map(str, self.month_days)),
            "BYDAY": ",".join(f"{day.n or ''}{weekdays[day.weekday]}" for day in self.weekdays),
            "BYSETPOS": ",".join(map(str, self.positions)),
            "WKST": f"{self.week_start}" if self.week_start != MO else "",
            "COUNT": str(self.count or ""),
            "UNTIL": f"{self.until:%Y%m%d}" if self.until else "",
        }
        return ";".join(f"{name}={value}" for name, value in parts.items() if value)

    def from_start(self, start: date) -> Iterator[date]:
        """The days of the rule without its end: endless, as far as dateutil's calendar goes."""
        days = rrule(
            _FREQUENCIES[self.freq],
            dtstart=datetime.combine(start, time()),
            interval=self.interval,
            bymonth=self.months or None,
            byweekno=self.weeks or None,
            bymonthday=self.month_days or None,
            byweekday=self.weekdays or None,
            bysetpos=self.positions or None,
            wkst=self.week_start,
        )
        return (day.date() for day in days)


def days(rule: Rule, start: date, first: date, last: date) -> tuple[date, ...]:
    """The days of a rule that begins to count on ``start``, from ``first`` to ``last``, both included.

    ``start`` itself is only one of them if it fits the rule.
    """
    first, last = max(first, start), min(last, last_day(rule, start))
    return _days(rule, _near(rule, start, first), first, last) if first <= last else ()


@lru_cache(maxsize=1024)
def last_day(rule: Rule, start: date) -> date:
    """The day beyond which the rule does not go, by its UNTIL, its COUNT or `LAST_DAY`."""
    if rule.until is not None:
        return rule.until
    if rule.count is None:
        return LAST_DAY
    last = start
    for day in islice(rule.from_start(start), rule.count):
        if day > LAST_DAY:
            break
        last = day
    return last


def every_week(rule: Rule, start: date) -> frozenset[int]:
    """The weekdays (Monday is 0) that the rule has in each and every week; none where weeks differ."""
    if rule.freq not in ("DAILY", "WEEKLY") or rule.interval > 1 or rule.months:
        return frozenset()
    if rule.weekdays:
        return frozenset(day.weekday for day in rule.weekdays)
    return frozenset(range(7)) if rule.freq == "DAILY" else frozenset({start.weekday()})


def require_it_happens(rule: Rule, start: date) -> None:
    """Refuses a rule that has no day within the 28 years after which the calendar repeats, or none before its end.

    dateutil looks for a day up to the year 9999; asked from a year near that end which begins and goes on like
    ``start``'s own, it has at most 56 years to look through.
    """
    alike = start.replace(year=9944 + (start.year - 1944) % 28)
    if next(rule.from_start(alike), None) is None:
        raise _wrong("this rule never happens")
    if rule.until is not None and next(rule.from_start(start)) > rule.until:
        raise _wrong("this rule never happens before its UNTIL")


@lru_cache(maxsize=1024)
def read(text: str) -> Rule:
    """The rule that ``text`` says. A pydantic error where it says none, or one that is not let in."""
    parts = _parts(text)
    freq = _frequency(parts)
    rule = Rule(
        freq=freq,
        interval=_one(parts, "INTERVAL", _MOST_INTERVAL[freq]) or 1,
        months=_numbers(parts, "BYMONTH", 1, 12),
        weeks=_numbers(parts, "BYWEEKNO", -53, 53),
        month_days=_numbers(parts, "BYMONTHDAY", -31, 31),
        weekdays=_weekdays(parts),
        positions=_numbers(parts, "BYSETPOS", -5, 5),
        week_start=_week_start(parts),
        count=_one(parts, "COUNT", _MOST_COUNT),
        until=_until(parts),
    )
    if rule.count is not None and rule.until is not None:
        raise _wrong("COUNT and UNTIL exclude each other")
    if rule.weeks and (not rule.weekdays or rule.months or rule.month_days or rule.positions):
        raise _wrong("BYWEEKNO goes with BYDAY, and with no other restriction")
    if rule.positions and not (rule.weekdays or rule.month_days):
        raise _wrong("BYSETPOS needs BYDAY or BYMONTHDAY")
    _require_plain_or_numbered(rule)
    return rule


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS:
            raise _wrong(f"a rule is made of {', '.join(_PARTS)}; start, time of day and zone stand beside it")
        if name in parts:
            raise _wrong(f"{name} stands in this rule twice")
        parts[name] = value
    return parts


def _frequency(parts: dict[str, str]) -> str:
    freq = parts.get("FREQ", "")
    if freq not in _FREQUENCIES:
        raise _wrong("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY")
    for name in parts:
        if name.startswith("BY") and name not in _GO_WITH[freq]:
            raise _wrong(f"{name} does not go with FREQ={freq}")
    return freq


def _numbers(parts: dict[str, str], name: str, least: int, most: int) -> tuple[int, ...]:
    if name not in parts:
        return ()
    texts = parts[name].split(",")
    numbers = {int(text) if _NUMBER.fullmatch(text) else 0 for text in texts}
    if 0 in numbers or min(numbers) < least or max(numbers) > most:
        raise _wrong(f"{name} goes from {least} to {most}, without 0")
    return tuple(sorted(numbers))


def _one(parts: dict[str, str], name: str, most: int) -> int | None:
    match _numbers(parts, name, 1, most):
        case ():
            return None
        case (number,):
            return number
    raise _wrong(f"{name} is one number")


def _weekdays(parts: dict[str, str]) -> tuple[weekday, ...]:
    if "BYDAY" not in parts:
        return ()
    found: set[weekday] = set()
    for text in parts["BYDAY"].split(","):
        day = _NUMBERED.fullmatch(text)
        if day is None or (day[1] and not 1 <= abs(int(day[1])) <= 53):
            raise _wrong("BYDAY is a list of MO, TU, WE, TH, FR, SA, SU, or of numbered ones such as 1TU and -1FR")
        found.add(_WEEKDAYS[day[2]](int(day[1])) if day[1] else _WEEKDAYS[day[2]])
    return tuple(sorted(found, key=lambda day: (day.n or 0, day.weekday)))


def _require_plain_or_numbered(rule: Rule) -> None:
    """Of a mixture, dateutil makes "both", the RFC "either"."""
    numbered = [day.n for day in rule.weekdays if day.n]
    if not numbered:
        return
    if len(numbered) < len(rule.weekdays):
        raise _wrong("in BYDAY all days are numbered or none is")
    if rule.freq not in ("MONTHLY", "YEARLY") or rule.weeks:
        raise _wrong("numbered days such as 1TU go with FREQ=MONTHLY or YEARLY, and without BYWEEKNO")
    if (rule.freq == "MONTHLY" or rule.months) and not all(-5 <= n <= 5 for n in numbered):
        raise _wrong("a month has no more than five of any weekday")


def _week_start(parts: dict[str, str]) -> weekday:
    try:
        return _WEEKDAYS[parts.get("WKST", "MO")]
    except KeyError:
        raise _wrong("WKST is one of MO, TU, WE, TH, FR, SA, SU") from None


def _until(parts: dict[str, str]) -> date | None:
    if "UNTIL" not in parts:
        return None
    if not _UNTIL.fullmatch(parts["UNTIL"]):
        raise _wrong("UNTIL is the last local day without a time, such as 20260630")
    try:
        day = date.fromisoformat(parts["UNTIL"])
    except ValueError:
        raise _wrong("UNTIL is no day of the calendar") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise _wrong(f"UNTIL lies between {FIRST_DAY} and {LAST_DAY}")
    return day


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("recurrence_rule", message)


def _near(rule: Rule, start: date, day: date) -> date:
    """A start as good as ``start`` that lies shortly before ``day``: years of days need not be counted through."""
    step = {"DAILY": 1, "WEEKLY": 7}.get(rule.freq)
    if step is None:
        return start  # a few hundred months at most
    step *= rule.interval
    return start + timedelta((day - start).days // step * step)


@lru_cache(maxsize=1024)
def _days(rule: Rule, start: date, first: date, last: date) -> tuple[date, ...]:
    found = []
    for day in rule.from_start(start):
        if day > last:
            break
        if day >= first:
            found.append(day)
    return tuple(found)


RRule = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=300),
    AfterValidator(lambda text: read(text).text),
    Field(
        description="RFC 5545 without times: FREQ (DAILY to YEARLY), INTERVAL, BYDAY and so on; UNTIL is a local day.",
        examples=["FREQ=WEEKLY;BYDAY=TU,TH", "FREQ=MONTHLY;BYDAY=1SA"],
    ),
]
"""A rule as a pydantic field, kept in its one spelling."""
