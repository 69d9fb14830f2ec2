"""What the index holds of a center, what it is asked, and what it answers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from services.directory.search.facets import Counts
from services.directory.search.hours import WEEK_BYTES, OpenOn, Special, zone_of
from services.directory.search.places import Point

MOST_AT_ONCE = 1000
"""So many entries a page may have."""

Order = Literal["relevance", "name", "distance"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A center as everybody may see it: what is not in its entry cannot be found out by searching.

    A ``hidden`` one has no place: whatever is given as point, region or further words is dropped, so it is found by
    its names, by what it does, and by its country at most. `ValueError` for a week of another length, a point that is
    none, and an unknown time zone.
    """

    id: str
    version: int
    names: tuple[str, ...]
    """In all languages; lists are sorted by the first."""
    words: tuple[str, ...] = ()
    """Further texts to find it by: its town and region, in all languages."""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Codes by facet: country, region, service, topic, language, kind, status, check, accessibility, hosting..."""
    ages: tuple[tuple[int, int], ...] = ()
    """Ranges of years, both ends included."""
    hidden: bool = False
    point: Point | None = None
    week: bytes = bytes(WEEK_BYTES)
    """Bit ``q % 8`` of byte ``q // 8``: regularly open in quarter-hour ``q`` of the local week, Monday 0:00 first."""
    zone: str = "UTC"
    """IANA name of the time zone; for a hidden center in a country with several, not its own but the capital's."""
    special: Special = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.week) != WEEK_BYTES:
            raise ValueError(f"a week is {WEEK_BYTES} bytes")
        zone_of(self.zone)
        if self.point is not None:
            _check_point(self.point)
        if self.hidden:
            object.__setattr__(self, "point", None)
            object.__setattr__(self, "words", ())
            object.__setattr__(self, "facets", {f: codes for f, codes in self.facets.items() if f != "region"})


@dataclass(frozen=True, kw_only=True)
class Query:
    """What somebody looks for; everything that is given must hold.

    Every word of ``text`` must be found, the last one may be unfinished; a text without any word finds nothing.
    `ValueError` for what cannot be meant.
    """

    text: str | None = None
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By facet: codes of which a center must have one."""
    age: int | None = None
    open_at: OpenOn | datetime | None = None
    """A span of a weekday (regularly open), or a moment (really open, special days included)."""
    near: Point | None = None
    radius_m: int = 50_000
    order: Order = "relevance"
    limit: int = 20
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MOST_AT_ONCE or self.radius_m < 0:
            raise ValueError(f"a page has 1 to {MOST_AT_ONCE} entries, and a radius is not negative")
        if isinstance(self.open_at, datetime) and self.open_at.tzinfo is None:
            raise ValueError("a moment has a time zone")
        if self.near is not None:
            _check_point(self.near)
        elif self.order == "distance":
            raise ValueError("an order by distance needs a point")


@dataclass(frozen=True)
class Result:
    """A page of what was found."""

    ids: tuple[str, ...]
    distances: tuple[int, ...]
    """In millimetres, one for each id if the query was for what is near a point; else empty."""
    total: int
    facets: Counts
    """Under the whole filter. Hidden centers have no region, so regions need not add up to the total."""
    cursor: str | None
    """What to ask for the next page with; none after the last."""


def _check_point(point: Point) -> None:
    lat, lon = point
    if not (math.isfinite(lat) and math.isfinite(lon) and -90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError("a latitude is within 90 degrees, a longitude within 180")
