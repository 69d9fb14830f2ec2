"""A house's calendar: which days it hosts, and the places it has promised. No day ever has more guests than room.

A place belongs to one engagement of one visit, numbered by the visit's ``round``. What a visit lets go stays written
down as let go, so that a request for it which arrives late finds no place any more.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from shared.events.exchange.host_offer import Promise
from shared.events.exchange.terms import Days

KEPT = timedelta(days=365)
"""How long a place stays in the calendar after its last day."""

_DAY = timedelta(days=1)


class PlaceStatus(StrEnum):
    """How firmly a place is promised."""

    HELD = "held"
    TAKEN = "taken"
    LET_GO = "let-go"


class Place(BaseModel):
    """Room for the guests of one visit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    round: int
    days: Days
    guests: int
    status: PlaceStatus

    @property
    def promised(self) -> bool:
        """Whether the room is kept."""
        return self.status is not PlaceStatus.LET_GO


class Calendar(BaseModel):
    """Room, seasons and promised places of one house."""

    model_config = ConfigDict(extra="forbid")

    capacity: int
    seasons: list[Days] = Field(default_factory=list)
    blocked: list[Days] = Field(default_factory=list)
    places: dict[str, Place] = Field(default_factory=dict)

    def refusal(self, days: Days, guests: int, visit: str = "") -> str | None:
        """Why ``visit`` cannot have a place then: ``out-of-season`` or ``full``; None when it can.

        What the visit itself had before does not count.
        """
        if not self.in_season(days):
            return "out-of-season"
        load = self.load(without=visit)
        if any(load.get(day, 0) + guests > self.capacity for day in each_day(days)):
            return "full"
        return None

    def in_season(self, days: Days) -> bool:
        """Whether the house hosts on all of these days."""
        if any(overlap(days, blocked) for blocked in self.blocked):
            return False
        return not self.seasons or any(
            season.first <= days.first and days.last <= season.last for season in self.seasons
        )

    def load(self, without: str = "") -> dict[date, int]:
        """Promised guests by day, days without any left out."""
        load: dict[date, int] = {}
        for visit, place in self.places.items():
            if place.promised and visit != without:
                for day in each_day(place.days):
                    load[day] = load.get(day, 0) + place.guests
        return load

    def starts(self, window: Days, length: int, guests: int, visit: str = "") -> Iterator[date]:
        """The first days, in order, of all stays of ``length`` days within the window that ``visit`` can have."""
        load = self.load(without=visit)
        full = {day for day, promised in load.items() if promised + guests > self.capacity}
        if guests > self.capacity:
            return
        for start in each_day(Days(first=window.first, last=window.last - (length - 1) * _DAY)):
            stay = Days(first=start, last=start + (length - 1) * _DAY)
            if full.isdisjoint(each_day(stay)) and self.in_season(stay):
                yield start

    def room_beside(self, days: Days, guests: int, visit: str = "") -> int:
        """How many more guests there is room for on the fullest of these days, beside ``guests`` of ``visit``."""
        load = self.load(without=visit)
        return self.capacity - guests - max((load.get(day, 0) for day in each_day(days)), default=0)

    def promises_after(self, day: date) -> tuple[Promise, ...]:
        """The promised places that begin after ``day``, in order of the visits' ids."""
        return tuple(
            Promise(visit=visit, round=place.round)
            for visit, place in sorted(self.places.items())
            if place.promised and place.days.first > day
        )

    def broken_by(self, changed: "Calendar", today: date) -> list[date]:
        """The days, from today on, on which ``changed`` could not keep what is promised here."""
        broken = {day for day, promised in self.load().items() if day >= today and promised > changed.capacity}
        for place in self.places.values():
            if place.promised and place.days.last >= today and not changed.in_season(place.days):
                broken.update(day for day in each_day(place.days) if day >= today)
        return sorted(broken)

    def forget_past(self, today: date) -> None:
        """Drops places whose days are long over."""
        self.places = {visit: place for visit, place in self.places.items() if place.days.last >= today - KEPT}

    def count(self, status: PlaceStatus) -> int:
        """How many places have this status."""
        return sum(place.status is status for place in self.places.values())


def each_day(days: Days) -> Iterator[date]:
    """Every day from the first to the last."""
    day = days.first
    while day <= days.last:
        yield day
        day += _DAY


def overlap(one: Days, other: Days) -> bool:
    """Whether the two share a day."""
    return one.first <= other.last and other.first <= one.last


def merged(runs: Iterable[Days]) -> list[Days]:
    """The same days in as few runs as possible, in order: runs that touch become one."""
    result: list[Days] = []
    for run in sorted(runs, key=lambda each: each.first):
        if result and run.first <= result[-1].last + _DAY:
            result[-1] = Days(first=result[-1].first, last=max(result[-1].last, run.last))
        else:
            result.append(run)
    return result


def well_formed(runs: Sequence[Days]) -> bool:
    """Whether every run ends no earlier than it begins."""
    return all(run.first <= run.last for run in runs)
