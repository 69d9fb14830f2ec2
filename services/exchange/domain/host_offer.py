"""A house's offer to host study visits. One per center, under the center's id, so its calendar is one document.

The calendar owns the capacity: nobody else decides whether there is room. A house hosts while it wants to (``open``)
and the directory's news about its center do not bar it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from services.exchange.domain.calendar import Calendar, Place, PlaceStatus, merged, well_formed
from services.exchange.domain.center import Center, CenterCannotHost
from shared.aggregate import Aggregate, Person, Refusal, Why
from shared.events.base import Event, Stream
from shared.events.exchange.host_offer import (
    HOST_OFFER,
    HostingChanged,
    HostingOffered,
    HostingPaused,
    HostingRedacted,
    HostingResumed,
    HostingWithdrawn,
    HostOfferSnapshot,
    HostStatus,
    PlaceHeld,
    PlaceRefused,
    PlaceReleased,
    PlaceTaken,
)
from shared.events.exchange.terms import Days
from shared.taxonomy import TOPICS

MOST_GUESTS = 60


class TermsImpossible(Refusal):
    """An offer that makes no sense: no topic, no language, no room, or a season that ends before it begins."""

    code = "terms-impossible"
    why = Why.INVALID


class PromisesBroken(Refusal):
    """A change after which a promised place could not be kept. Decline those visits first."""

    code = "promises-broken"


class Arrival(BaseModel):
    """How to get there and what to mind in the house. Private: for guests with a confirmed visit only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = Field(max_length=500)
    route: str = Field(default="", max_length=2000)
    house_rules: str = Field(default="", max_length=4000)


class Terms(BaseModel):
    """What a house offers and when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topics: tuple[str, ...]
    languages: tuple[str, ...]
    capacity: int
    seasons: tuple[Days, ...] = ()
    blocked: tuple[Days, ...] = ()
    arrival: Arrival | None = None


class HostOffer(Aggregate):
    """An offer to host, and the calendar that keeps its promises."""

    stream: ClassVar[Stream] = HOST_OFFER

    country: str
    topics: list[str]
    languages: list[str]
    calendar: Calendar
    arrival: Arrival | None = None
    status: HostStatus = HostStatus.OPEN
    barred: list[str] = Field(default_factory=list)
    center_version: int = Field(default=0, description="Version of the directory's news that ``barred`` follows.")

    def snapshot(self) -> HostOfferSnapshot:
        return HostOfferSnapshot(
            center=self.id,
            country=self.country,
            topics=tuple(self.topics),
            languages=tuple(self.languages),
            capacity=self.calendar.capacity,
            seasons=tuple(self.calendar.seasons),
            blocked=tuple(self.calendar.blocked),
            status=self.status,
            barred=tuple(self.barred),
            places_held=self.calendar.count(PlaceStatus.HELD),
            places_taken=self.calendar.count(PlaceStatus.TAKEN),
        )

    @property
    def hosts(self) -> bool:
        """Whether it takes new guests."""
        return self.status is HostStatus.OPEN and not self.barred

    # ---- the offer

    @classmethod
    def offer(cls, center: Center, terms: Terms, now: datetime) -> Self:
        """A center offers to host. `CenterCannotHost` while it is paused, closed or unconfirmed for too long."""
        _require_able(center.bars)
        _require_possible(terms)
        offer = cls(
            id=center.id,
            country=center.country,
            topics=TOPICS.all_known(terms.topics),
            languages=list(dict.fromkeys(terms.languages)),
            calendar=Calendar(capacity=terms.capacity, seasons=merged(terms.seasons), blocked=merged(terms.blocked)),
            arrival=terms.arrival,
            center_version=center.version,
        )
        offer.record(HostingOffered())
        return offer

    def terms(self) -> Terms:
        """The present terms."""
        return Terms(
            topics=tuple(self.topics),
            languages=tuple(self.languages),
            capacity=self.calendar.capacity,
            seasons=tuple(self.calendar.seasons),
            blocked=tuple(self.calendar.blocked),
            arrival=self.arrival,
        )

    def change(self, terms: Terms, now: datetime) -> None:
        """New terms, for new guests: `PromisesBroken` if a promised place could not be kept under them."""
        self.require(self.status is not HostStatus.WITHDRAWN, "a withdrawn offer is not changed but resumed first")
        _require_possible(terms)
        before = self.terms()
        calendar = self.calendar.model_copy(
            update={"capacity": terms.capacity, "seasons": merged(terms.seasons), "blocked": merged(terms.blocked)}
        )
        broken = self.calendar.broken_by(calendar, now.date())
        if broken:
            raise PromisesBroken("places are promised on these days", days=[day.isoformat() for day in broken[:31]])
        TOPICS.all_known(set(terms.topics) - set(self.topics))
        self.topics = list(dict.fromkeys(terms.topics))
        self.languages = list(dict.fromkeys(terms.languages))
        self.calendar = calendar
        self.arrival = terms.arrival
        after = self.terms()
        changed = sorted(name for name in Terms.model_fields if getattr(before, name) != getattr(after, name))
        if changed:
            self.record(HostingChanged(changed=tuple(changed)))

    def erase(self, person: Person) -> None:
        """Takes somebody out of the practical information."""
        self.arrival = person.taken_out_of(self.arrival)
        self.record(HostingRedacted())

    def pause(self, now: datetime) -> None:
        """No guests for the time being; promised visits that have not begun are matched anew."""
        self.require(self.status is HostStatus.OPEN, f"hosting is {self.status} already")
        self.status = HostStatus.PAUSED
        self.record(HostingPaused(reason="own-wish", promised=self.calendar.promises_after(now.date())))

    def resume(self, now: datetime) -> None:
        """Open again after a pause or a withdrawal. `CenterCannotHost` while the center itself is barred."""
        self.require(self.status is not HostStatus.OPEN, "hosting is open already")
        _require_able(self.barred)
        self.status = HostStatus.OPEN
        self.record(HostingResumed(reason="own-wish"))

    def withdraw(self, now: datetime) -> None:
        """The offer is taken back; promised visits that have not begun are matched anew."""
        self.require(self.status is not HostStatus.WITHDRAWN, "hosting is withdrawn already")
        self.status = HostStatus.WITHDRAWN
        self.record(HostingWithdrawn(promised=self.calendar.promises_after(now.date())))

    def follow(self, center: Center, now: datetime) -> None:
        """Takes over what the directory says of the center; news older than those known are passed over."""
        if center.version <= self.center_version:
            return
        changes = self._changes(center, now)
        if not changes:
            return
        self.barred, self.country, self.center_version = list(center.bars), center.country, center.version
        for change in changes:
            self.record(change)

    def _changes(self, center: Center, now: datetime) -> list[Event]:
        imposed, lifted = set(center.bars) - set(self.barred), set(self.barred) - set(center.bars)
        promised = self.calendar.promises_after(now.date())
        return [
            *(HostingPaused(reason=reason, promised=promised) for reason in sorted(imposed)),
            *(HostingResumed(reason=reason) for reason in sorted(lifted)),
            *([HostingChanged(changed=("country",))] if center.country != self.country else []),
        ]

    # ---- the calendar

    def hold(self, visit: str, round: int, days: Days, guests: int, now: datetime) -> None:
        """Keeps a place if there is room, and says so either way. Nothing happens when it was answered or let go."""
        known = self.calendar.places.get(visit)
        if known and known.round >= round:
            return
        self.calendar.forget_past(now.date())
        if known and known.promised:
            self._let_go(visit, known)
        reason = self._refusal(days, guests)
        if reason:
            self._set(visit, Place(round=round, days=days, guests=guests, status=PlaceStatus.LET_GO))
            self.record(PlaceRefused(visit=visit, round=round, days=days, guests=guests, reason=reason))
            return
        self._set(visit, Place(round=round, days=days, guests=guests, status=PlaceStatus.HELD))
        self.record(PlaceHeld(visit=visit, round=round, days=days, guests=guests))

    def take(self, visit: str, round: int, now: datetime) -> None:
        """The visit is confirmed: the place held for it is taken."""
        place = self.calendar.places.get(visit)
        held = place is not None and place.round == round and place.status is PlaceStatus.HELD
        if place is None or not held:
            self.require(bool(place and place.round == round and place.promised), "no place is held for this visit")
            return
        self._set(visit, place.model_copy(update={"status": PlaceStatus.TAKEN}))
        self.record(PlaceTaken(visit=visit, round=round, days=place.days, guests=place.guests))

    def release(self, visit: str, round: int, days: Days, guests: int, now: datetime) -> None:
        """The visit lets its place go. Written down even if the place was not asked for yet: then it never is held."""
        known = self.calendar.places.get(visit)
        if known and (known.round > round or (known.round == round and not known.promised)):
            return
        self._let_go(visit, Place(round=round, days=days, guests=guests, status=PlaceStatus.LET_GO))

    def _let_go(self, visit: str, place: Place) -> None:
        self._set(visit, place.model_copy(update={"status": PlaceStatus.LET_GO}))
        self.record(PlaceReleased(visit=visit, round=place.round, days=place.days, guests=place.guests))

    def _set(self, visit: str, place: Place) -> None:
        self.calendar.places = {**self.calendar.places, visit: place}

    def _refusal(self, days: Days, guests: int) -> str | None:
        if not self.hosts:
            return "not-open"
        return self.calendar.refusal(days, guests)


def _require_able(bars: Sequence[str]) -> None:
    if bars:
        raise CenterCannotHost("this center cannot host now", reasons=list(bars))


def _require_possible(terms: Terms) -> None:
    if not terms.topics or not terms.languages:
        raise TermsImpossible("an offer needs a topic and a language at least")
    if not 1 <= terms.capacity <= MOST_GUESTS:
        raise TermsImpossible(f"room is for 1 to {MOST_GUESTS} guests", capacity=terms.capacity)
    if not well_formed((*terms.seasons, *terms.blocked)):
        raise TermsImpossible("a run of days ends before it begins")
