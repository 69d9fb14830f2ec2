"""What a page and a search engine want to know of opening hours, beside their wording."""

from collections.abc import Sequence
from datetime import date, timedelta

from services.directory.domain import recurrence
from services.directory.domain.schedule import Schedule
from shared.events.directory.center import ClosedDays, OpeningHours

_LOOK_AHEAD = timedelta(days=120)


def schedule_of(hours: OpeningHours) -> Schedule:
    """Published hours as the domain reckons with them."""
    return Schedule.model_validate(hours.model_dump(mode="json"))


def weekly(hours: OpeningHours) -> tuple[int, ...]:
    """The weekdays (Monday is 0) on which it takes place each and every week; none where weeks differ."""
    if hours.rrule is None:
        return ()
    return tuple(sorted(recurrence.every_week(recurrence.read(hours.rrule), hours.start_date)))


def next_days(hours: OpeningHours, closed: Sequence[ClosedDays], today: date) -> list[date]:
    """The days, ``today`` included, on which a session begins within four months."""
    days = sorted(schedule_of(hours).days(today, today + _LOOK_AHEAD))
    return [day for day in days if not any(each.first_day <= day <= each.last_day for each in closed)]
