"""What the open data lists and finds by, in memory: HSDS pages by number, and the store has no way to skip.

A row for each center, made of what everybody may know of it, and made anew from the store whenever something happened
to that center. Rows may lag a moment behind: whoever shows what they led to reads the center itself, and holds its row
of now against the question once more.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import asin, cos, radians, sin, sqrt

from services.directory.domain.center import Center
from services.directory.exports.entry import Entry
from services.directory.hsds.service import Status, at_location_id, offerings
from services.directory.hsds.terms import taxonomy_record, term_record
from shared.clock import instant_text
from shared.events.base import Recorded
from shared.events.directory.center import CENTER
from shared.messaging.log import Offsets
from shared.taxonomy import SERVICES
from shared.text import findable_words, words
from shared.world import World

_AT_ONCE = 100
_EARTH_M = 6_371_000
Point = tuple[float, float]
"""Latitude and longitude."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A service as it is listed."""

    id: str
    at_location: str
    center: str
    offer: str
    service: str
    status: Status
    changed: str


@dataclass(frozen=True, slots=True)
class Row:
    """A center as it is listed."""

    center: str
    changed: str
    words: str
    text_languages: frozenset[str]
    services: tuple[Listed, ...]
    postcode: str | None
    point: Point | None


def row_of(entry: Entry) -> Row:
    """The row of a center."""
    view, changed = entry.view, instant_text(entry.view.changed)
    services = [
        Listed(
            id=each.id,
            at_location=at_location_id(entry.id, each.number),
            center=entry.id,
            offer=each.number,
            service=each.offer.service,
            status=each.status,
            changed=changed,
        )
        for each in offerings(entry)
    ]
    return Row(
        center=entry.id,
        changed=changed,
        words=_joined([view.name, *view.names.values(), view.place.town or ""]),
        text_languages=frozenset(view.names) | frozenset(view.descriptions),
        services=tuple(services),
        postcode=plain_postcode(view.place.postal_code or ""),
        point=entry.point,
    )


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; everything that is given must hold."""

    search: str | None = None
    organization: str | None = None
    term: str | None = None
    taxonomy: str | None = None
    modified_after: str | None = None
    postcode: str | None = None
    circle: tuple[Point, float] | None = None
    """A point and how many meters around it."""

    def services(self, row: Row) -> Sequence[Listed]:
        """The services of a center that are found: each word is one of the center's or of the service's own."""
        if not self._fits(row):
            return ()
        missing = [word for word in self._searched if word not in row.words]
        if not missing and self._codes is None:
            return row.services
        return [
            listed
            for listed in row.services
            if (self._codes is None or listed.service in self._codes)
            and all(word in _words_of(listed.service) for word in missing)
        ]

    def finds(self, row: Row) -> bool:
        """Whether a center is found: each word is one of its own or of some service of it."""
        return self._fits(row) and all(
            word in row.words or any(word in _words_of(listed.service) for listed in row.services)
            for word in self._searched
        )

    def _fits(self, row: Row) -> bool:
        return (
            self.organization in (None, row.center)
            and (self.modified_after is None or row.changed >= self.modified_after)
            and self.postcode in (None, row.postcode)
            and (self.circle is None or _inside(row.point, *self.circle))
        )

    @cached_property
    def _searched(self) -> tuple[str, ...]:
        """The words as they stand in a row, the last one without its end; a text without words is found nowhere."""
        if self.search is None:
            return ()
        *finished, last = words(self.search) or ["?"]
        return (*(f" {word} " for word in finished), f" {last}" if len(last) > 1 else f" {last} ")

    @cached_property
    def _codes(self) -> frozenset[str] | None:
        """The services that term and taxonomy leave; None for all."""
        if self.term is None and self.taxonomy in (None, taxonomy_record("service").id):
            return None
        codes = [term.code for term in SERVICES.terms] if self.taxonomy in (None, taxonomy_record("service").id) else []
        return frozenset(code for code in codes if term_record("service", code).id == self.term)


class Listing:
    """All rows, in the order of the centers' ids. A `ReadModel`."""

    name = "listing"
    topics = (CENTER.topic,)
    foreign = ()

    def __init__(self, world: World) -> None:
        self._centers = world.repository(Center)
        self._rows: dict[str, Row] = {}
        self._centers_of: dict[str, tuple[str, str]] = {}
        self._order: list[str] | None = None

    async def fill(self) -> None:
        after = ""
        while page := await self._centers.find({"_id": {"$gt": after}}, limit=_AT_ONCE):
            self._take(Entry.of(loaded) for loaded in page)
            after = page[-1].aggregate.id

    async def apply(self, events: Sequence[Recorded]) -> None:
        changed = list({event.key for event in events})
        self._take(Entry.of(loaded) for loaded in await self._centers.find({"_id": {"$in": changed}}))

    async def restore(self) -> Offsets | None:
        return None

    async def keep(self, offsets: Offsets) -> None:
        """Nothing: it is filled in a moment."""

    @property
    def rows(self) -> Iterator[Row]:
        """All of them."""
        if self._order is None:
            self._order = sorted(self._rows)
        return map(self._rows.__getitem__, self._order)

    def home_of(self, service: str) -> tuple[str, str] | None:
        """The ids of the center and the offer behind the id of an HSDS service, or of its link to a location."""
        return self._centers_of.get(service)

    def middle_of(self, postcode: str) -> Point | None:
        """The middle of all points published under a postcode."""
        points = [row.point for row in self._rows.values() if row.postcode == postcode and row.point]
        if not points:
            return None
        return sum(lat for lat, _ in points) / len(points), sum(lon for _, lon in points) / len(points)

    @property
    def text_languages(self) -> list[str]:
        """Every language in which some center has a name of its own, or a description."""
        return sorted({language for row in self._rows.values() for language in row.text_languages})

    def _take(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            row = row_of(entry)
            if row.center not in self._rows:
                self._order = None
            self._rows[row.center] = row
            for listed in row.services:
                self._centers_of[listed.id] = self._centers_of[listed.at_location] = (row.center, listed.offer)


def plain_postcode(text: str) -> str | None:
    """A postcode without spaces, in capitals: how they are compared."""
    return "".join(text.split()).upper() or None


def _joined(texts: Iterable[str]) -> str:
    """All words of the texts, each with a space before and after it."""
    found = sorted({word for text in texts for word in findable_words(text)})
    return f" {' '.join(found)} "


@cache
def _words_of(service: str) -> str:
    term = next((term for term in SERVICES.terms if term.code == service), None)
    return _joined(term.labels.values() if term else [service])


def _inside(point: Point | None, middle: Point, meters: float) -> bool:
    return point is not None and _meters(point, middle) <= meters


def _meters(one: Point, other: Point) -> float:
    """The great circle between two points."""
    lat, lon, other_lat, other_lon = map(radians, (*one, *other))
    chord = sin((other_lat - lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin((other_lon - lon) / 2) ** 2
    return 2 * _EARTH_M * asin(sqrt(min(1.0, chord)))
