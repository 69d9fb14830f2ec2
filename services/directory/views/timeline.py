"""What the network looked like on a past day: by when things happened, not by when they were entered.

An event's snapshot shows the center in the order of *entry*: a closing of 2006 that was entered in 2009 stands after a
snapshot of 2008 that still says "active". So no snapshot is taken as a whole. Each event gives only those aspects of a
center that it is about (a closing the status, a move the place), and on a day every aspect has the value of the latest
fact up to that day. The rule in full stands in ``docs/architecture/past-days.md``.

Pure: fed with events from wherever they are kept, by each center's own order; repeats do no harm.
"""

from bisect import insort
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from shared.events import Unreadable, catalogue
from shared.events.base import Received, Recorded
from shared.events.directory.center import (
    CenterClosed,
    CenterPaused,
    CenterProfileUpdated,
    CenterRegistered,
    CenterRelocated,
    CenterReopened,
    CenterSnapshot,
    CenterStatus,
    CenterVerified,
    Check,
    LocationVisibility,
    OfferedService,
    ServiceChanged,
    ServiceOffered,
    ServicePaused,
    ServiceWithdrawn,
    TownPoint,
    VerificationLapsed,
    VerificationRequested,
)
from shared.text import fold

STATUS, PLACE, CHECK = "status", "place", "check"
NAME, NAMES = "name", "names"
PROFILE = (NAME, NAMES, "kind", "languages", "founded")
SERVICE = "service "
"""Aspects of a center, as `Timeline.explain` names them; that of an offered service is ``service s1``."""

DUPLICATE = "duplicate"
"""Reason of a closing: the entry never was a center of its own, so it counts as closed on every day."""

_HIDEABLE = (PLACE, NAME, NAMES)
_REMEMBERED_DAYS = 8

Values = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class PastPlace:
    """Where a center was, as far as any of its events ever told."""

    country: str
    region: str | None = None
    town: str | None = None
    town_point: TownPoint | None = None


@dataclass(slots=True)
class Fact:
    """One event, and what is so ``since`` that day because of it."""

    since: date
    sequence: int
    event: str
    happened: datetime
    recorded: datetime
    values: Values
    ends_services: bool = False

    @property
    def order(self) -> tuple[date, int]:
        """By the day; on the same day who was entered later knew more (an entry from paper has no hour)."""
        return self.since, self.sequence


@dataclass(frozen=True, slots=True)
class PastCenter:
    """A center as it was on a day. ``check`` is None where nobody had confirmed anything by then."""

    id: str
    name: str
    names: Mapping[str, str]
    kind: str
    place: PastPlace
    languages: tuple[str, ...]
    services: tuple[OfferedService, ...]
    founded: int | None
    status: CenterStatus
    successor: str | None
    check: Check | None
    verified_on: date | None
    recorded: datetime
    """When the newest fact was entered that is known about the center up to that day."""

    def hidden(self, name: str, names: Mapping[str, str]) -> "PastCenter":
        """What is left of it while the center hides: its country, and the name it has now."""
        return replace(self, name=name, names=names, place=PastPlace(self.place.country))


class Timeline:
    """The facts about one center."""

    __slots__ = ("_duplicate", "_facts", "_hides_as", "_masked", "_shared", "begins", "id", "sequence")

    def __init__(self, id: str, shared: dict[Any, Any] | None = None) -> None:
        self.id = id
        self.sequence = 0
        self.begins = date.max
        """Its first day."""
        self._hides_as: tuple[str, Mapping[str, str]] | None = None  # its name and names today, while it hides
        self._duplicate: Fact | None = None  # the closing that says it never was a center of its own
        self._facts: list[Fact] = []
        self._masked: dict[str, Fact] = {}
        self._shared = {} if shared is None else shared

    def apply(self, record: Recorded) -> bool:
        """Takes the next event in; False for one that is known already."""
        if record.sequence <= self.sequence:
            return False
        received = catalogue.parse(record)
        snapshot: CenterSnapshot = received.snapshot if received else catalogue.snapshot_of(record)
        self.sequence = record.sequence
        facts = list(self._facts_of(received)) if received else []  # a type unknown here sets nothing
        for fact in facts:
            insort(self._facts, fact, key=lambda each: each.order)
        self._follow_hiding(snapshot, {aspect: fact for fact in facts for aspect, _ in fact.values})
        if received and isinstance(received.event, CenterClosed | CenterReopened):
            self._duplicate = facts[0] if getattr(received.event, "reason", None) == DUPLICATE else None
        return True

    def on(self, day: date) -> PastCenter | None:
        """The center on ``day`` with all that its events tell, hidden today or not; None before it existed."""
        found = self._fold(day)
        if not found:
            return None
        value = {aspect: value for aspect, (value, _) in found.items()}
        status, successor = value[STATUS]
        check, verified_on = value.get(CHECK, (None, None))
        offers = [offer for aspect, offer in value.items() if aspect.startswith(SERVICE) and offer is not None]
        return PastCenter(
            id=self.id,
            name=value[NAME],
            names=dict(value[NAMES]),
            kind=value["kind"],
            place=value[PLACE],
            languages=value["languages"],
            services=() if status is CenterStatus.CLOSED else tuple(sorted(offers, key=_number)),
            founded=value["founded"],
            status=status,
            successor=successor,
            check=check,
            verified_on=verified_on,
            recorded=max(fact.recorded for fact in self._facts if fact.since <= day or fact is self._duplicate),
        )

    def shown_on(self, day: date) -> PastCenter | None:
        """The same as everybody may see it: by what the center shows of itself today."""
        past = self.on(day)
        return past.hidden(*self._hides_as) if past and self._hides_as else past

    def explain(self, day: date) -> dict[str, Fact]:
        """Which fact gave each aspect its value on ``day``; empty before the center existed."""
        return {aspect: fact for aspect, (_, fact) in self._fold(day).items()}

    def _fold(self, day: date) -> dict[str, tuple[Any, Fact]]:
        found: dict[str, tuple[Any, Fact]] = {}
        for fact in self._facts:
            if fact.since > day:
                break
            if fact.ends_services:
                found = {aspect: kept for aspect, kept in found.items() if not aspect.startswith(SERVICE)}
            for aspect, value in fact.values:
                if aspect == CHECK and CHECK in found and value[1] < found[CHECK][0][1]:
                    continue  # it was asked for, or given up, not knowing of the verification in force
                found[aspect] = value, fact
        if found and self._duplicate:
            found[STATUS] = dict(self._duplicate.values)[STATUS], self._duplicate
        return found

    def _facts_of(self, received: Received[Any]) -> Iterator[Fact]:
        event, record = received.event, received.record
        values = tells(event, received.snapshot)
        check = values.pop(CHECK, None)
        if isinstance(event, CenterRegistered):
            self.begins = record.happened.date()
        since = max(record.happened.date(), self.begins)  # whatever happened before it existed here, counts from then
        fact = Fact(since, record.sequence, type(event).__name__, record.happened, record.recorded, self._same(values))
        fact.ends_services = _ends_services(event)
        if values:
            yield fact
        if check is not None:
            verified = max(since, check[1]) if isinstance(event, CenterRegistered) else since
            yield replace(fact, since=verified, values=self._same({CHECK: check}))

    def _follow_hiding(self, snapshot: CenterSnapshot, set_now: Mapping[str, Fact]) -> None:
        """Where a fact was entered while the center was hidden, the first snapshot that shows it tells its value."""
        hidden = snapshot.location_visibility is LocationVisibility.HIDDEN
        self._hides_as = (snapshot.name, snapshot.names) if hidden else None
        for aspect in _HIDEABLE:
            if aspect in set_now:
                self._masked.pop(aspect, None)
                if hidden:
                    self._masked[aspect] = set_now[aspect]
            elif not hidden and aspect in self._masked:
                fact = self._masked.pop(aspect)
                fact.values = self._same({**dict(fact.values), aspect: _shown(aspect, snapshot)})

    def _same(self, values: Mapping[str, Any]) -> Values:
        """Equal values of many centers are kept once."""
        pairs = tuple(values.items())
        found: Values = self._shared.setdefault(pairs, pairs)
        return found


def tells(event: Any, snapshot: CenterSnapshot) -> dict[str, Any]:
    """What an event is about, by aspect. Whatever it is not about is left to the events that are."""
    match event:
        case CenterRegistered():
            offers = {SERVICE + offer.offer: offer for offer in snapshot.services}
            verified = (Check.FRESH, snapshot.verified_on)
            shown = {aspect: _shown(aspect, snapshot) for aspect in (PLACE, *PROFILE)}
            return {STATUS: (CenterStatus.ACTIVE, None), CHECK: verified, **shown, **offers}
        case CenterProfileUpdated():
            return {field: _shown(field, snapshot) for field in event.changed if field in PROFILE}
        case CenterRelocated():
            return {PLACE: _shown(PLACE, snapshot)}
        case ServiceOffered() | ServiceChanged() | ServicePaused() | ServiceWithdrawn():
            offered = [offer for offer in snapshot.services if offer.offer == event.offer]
            return {SERVICE + event.offer: offered[0] if offered else None}
        case CenterVerified():
            return {CHECK: (Check.FRESH, event.verified_on)}
        case VerificationRequested():
            return {CHECK: (Check.DUE, event.last_verified_on)}
        case VerificationLapsed():
            return {CHECK: (Check.LAPSED, event.last_verified_on)}
        case CenterPaused():
            return {STATUS: (CenterStatus.PAUSED, None)}
        case CenterClosed():
            return {STATUS: (CenterStatus.CLOSED, event.successor)}
        case CenterReopened():
            return {STATUS: (CenterStatus.ACTIVE, None)}
    return {}


def _shown(aspect: str, snapshot: CenterSnapshot) -> Any:
    """The aspect's value in a snapshot, in a form that can be compared and kept once."""
    if aspect == PLACE:
        return PastPlace(snapshot.country, snapshot.region, snapshot.town, snapshot.town_point)
    value = getattr(snapshot, aspect)
    return tuple(value.items()) if aspect == NAMES else value


def _ends_services(event: Any) -> bool:
    """A closed center has no services, and when it opens again they are offered anew."""
    reopened = isinstance(event, CenterReopened) and event.after is CenterStatus.CLOSED
    return reopened or isinstance(event, CenterClosed)


def _number(offer: OfferedService) -> tuple[int, str]:
    """Offers in the order in which they were made: s2 before s10."""
    return len(offer.offer), offer.offer


@dataclass(frozen=True)
class _Day:
    centers: tuple[PastCenter, ...]
    as_of: datetime | None


class PastMap:
    """All centers on any past day, as everybody may see them today. Held in memory, fed by `apply`."""

    def __init__(self) -> None:
        self._timelines: dict[str, Timeline] = {}
        self._shared: dict[Any, Any] = {}
        self._days: dict[date, _Day] = {}

    def apply(self, records: Sequence[Recorded]) -> None:
        """Takes events of centers in: each center's in their order, repeats and other centers' between them.

        One whose data do not fit is passed over; whoever consumes the topic sets it aside.
        """
        self._days.clear()
        for record in records:
            if record.key not in self._timelines:
                self._timelines[record.key] = Timeline(record.key, self._shared)
            with suppress(Unreadable):
                self._timelines[record.key].apply(record)

    def on(self, day: date, country: str | None = None, status: CenterStatus | None = None) -> list[PastCenter]:
        """The centers there were on ``day``, those in ``country`` and with ``status`` then, by folded name and id."""
        return [
            center
            for center in self._day(day).centers
            if country in (None, center.place.country) and status in (None, center.status)
        ]

    def count(self, day: date) -> Counter[tuple[str, CenterStatus]]:
        """How many centers there were on ``day``, by country and status."""
        return Counter((center.place.country, center.status) for center in self._day(day).centers)

    def as_of(self, day: date) -> datetime | None:
        """When the newest fact up to ``day`` was entered, whatever center it is about; None when there is none.

        As long as it stays the same, so do all answers about that day, but for what centers hide or show today.
        """
        return self._day(day).as_of

    def _day(self, day: date) -> _Day:
        if day not in self._days:
            found = (timeline.shown_on(day) for timeline in self._timelines.values())
            centers = tuple(sorted((center for center in found if center is not None), key=by_name))
            as_of = max((center.recorded for center in centers), default=None)
            while len(self._days) >= _REMEMBERED_DAYS:
                del self._days[next(iter(self._days))]
            self._days[day] = _Day(centers, as_of)
        return self._days[day]


def by_name(center: PastCenter) -> tuple[str, str]:
    """The order of every list: by folded name, then by id."""
    return fold(center.name), center.id
