"""Days on which things happened, as people enter them: often late, never before they begin."""

from datetime import UTC, date, datetime, time, timedelta

from shared.aggregate import Refusal, Why


class InTheFuture(Refusal):
    """A day or year that has begun nowhere on earth yet."""

    code = "in-the-future"
    why = Why.INVALID


def when(on: date | None, now: datetime) -> datetime | None:
    """When a thing entered now for the day ``on`` happened; None: now. `InTheFuture` for a day still to come."""
    not_in_the_future(on, now)
    return midnight(on) if on is not None and on < now.date() else None


def dated(on: date | None, now: datetime) -> tuple[date, datetime | None]:
    """The day for which a thing entered now counts, today unless given, and `when` it happened."""
    return on or now.date(), when(on, now)


def not_in_the_future(day: date | None, now: datetime) -> None:
    """A day counts once it has begun somewhere on earth (UTC+14)."""
    if day is not None and day > (now + timedelta(hours=14)).date():
        raise InTheFuture("that day is still to come")


def year_has_begun(year: int | None, now: datetime) -> None:
    """`InTheFuture` for a year that has begun nowhere yet."""
    if year is not None and year > (now + timedelta(hours=14)).year:
        raise InTheFuture("that year is still to come")


def year_later(day: date) -> date:
    """The same day of the next year; 1 March after a 29 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def midnight(day: date) -> datetime:
    """The first moment of ``day`` in UTC."""
    return datetime.combine(day, time(), UTC)
