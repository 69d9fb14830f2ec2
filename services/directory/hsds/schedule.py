"""Opening hours as HSDS schedules.

HSDS keeps a rule of RFC 5545 in fields of its own, but only weekly and monthly ones, without exceptions, and with one
offset from UTC for the whole year. What its fields can say exactly stands in them; everything else stands in ``notes``,
never half of it in the fields. Times are those of the clock on the wall.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import weekdays

from services.directory.domain import recurrence
from services.directory.domain.recurrence import Rule
from services.directory.exports.entry import Entry
from services.directory.exports.hours import schedule_of
from services.directory.exports.hours_wording import describe
from services.directory.hsds.records import ScheduleRecord, record_id
from shared.events.directory.center import OfferedService, OpeningHours


def schedules(entry: Entry, offer: OfferedService, service_id: str) -> list[ScheduleRecord]:
    """When a service takes place: a record for each of its schedules, and for each day that was added to one."""
    found = []
    for number, hours in enumerate(offer.hours):
        usual: dict[str, Any] = {
            "service_id": service_id,
            "opens_at": hours.start_time,
            "closes_at": hours.end_time,
            "timezone": _fixed_offset(entry.view.place.time_zone),
            "description": describe(schedule_of(hours), "en") if _is_said(hours) else None,
            "notes": " ".join(_notes(entry, hours)) or None,
        }
        id = record_id("schedule", service_id, str(number))
        found.append(ScheduleRecord(id=id, **usual, **_days(hours)))
        found += [
            ScheduleRecord(id=record_id("schedule", id, day.isoformat()), **usual, **_one_day(day))
            for day in hours.extra_dates
        ]
    return found


def _days(hours: OpeningHours) -> dict[str, Any]:
    if hours.rrule is None:
        return _one_day(hours.start_date)
    rule = recurrence.read(hours.rrule)
    last = rule.until.isoformat() if rule.until else None
    valid = {"valid_from": hours.start_date.isoformat(), "valid_to": last}
    if not _is_said(hours):
        return valid
    days, month_days = _by_day(rule, hours.start_date), _by_month_day(rule, hours.start_date)
    return {
        **valid,
        "dtstart": hours.start_date.isoformat(),
        "freq": "MONTHLY" if rule.freq == "MONTHLY" else "WEEKLY",
        "interval": rule.interval,
        "byday": days,
        "bymonthday": month_days,
        "until": last,
        "count": rule.count,
        "wkst": repr(rule.week_start) if rule.interval > 1 else None,
    }


def _one_day(day: date) -> dict[str, Any]:
    return dict.fromkeys(("valid_from", "valid_to", "dtstart"), day.isoformat())


def _is_said(hours: OpeningHours) -> bool:
    """Whether HSDS's fields say all of the rule; a daily one is as good as a weekly one on all days."""
    if hours.rrule is None:
        return True
    rule = recurrence.read(hours.rrule)
    frequent = rule.freq in ("WEEKLY", "MONTHLY") or (rule.freq == "DAILY" and rule.interval == 1)
    return frequent and not (rule.months or rule.weeks or rule.positions)


def _by_day(rule: Rule, start: date) -> str | None:
    if rule.weekdays:
        return ",".join(f"{day.n or ''}{weekdays[day.weekday]!r}" for day in rule.weekdays)
    if rule.freq == "DAILY":
        return ",".join(map(repr, weekdays))
    return repr(weekdays[start.weekday()]) if rule.freq == "WEEKLY" else None


def _by_month_day(rule: Rule, start: date) -> str | None:
    if rule.freq != "MONTHLY" or (rule.weekdays and not rule.month_days):
        return None
    return ",".join(map(str, rule.month_days or (start.day,)))


def _notes(entry: Entry, hours: OpeningHours) -> Iterator[str]:
    zone = entry.view.place.time_zone
    yield f"Times are by the clock of {zone}." if zone else "Times are by the town's own clock."
    if hours.end_time <= hours.start_time:
        yield "It ends on the next day."
    if not _is_said(hours):
        yield f"It repeats from {hours.start_date} on by RRULE:{hours.rrule}"
    if hours.except_dates:
        yield f"Not on {', '.join(day.isoformat() for day in hours.except_dates)}."
    for closed in entry.view.closed_days:
        yield f"The whole house is closed from {closed.first_day} to {closed.last_day}."


@cache
def _fixed_offset(zone: str | None) -> float | None:
    """Hours from UTC where they are the same all the year; HSDS cannot say that clocks change."""
    if zone is None:
        return None
    offsets = {datetime(2026, month, 1, tzinfo=ZoneInfo(zone)).utcoffset() for month in range(1, 13)}
    only = offsets.pop()
    return only.total_seconds() / 3600 if only is not None and not offsets else None
