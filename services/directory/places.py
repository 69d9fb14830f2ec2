"""What a point on the map says about a place: its time zone, and whether it can be where it is said to be.

Borders of zones come from tzfpy, whose zones at sea are called Etc/GMT…; a coast's own zone goes some 20 km out. To
which countries a zone belongs comes from IANA's zone.tab. Both are coarse against a town's point, which is cut to
about a kilometre, so 20 km around it count as well.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from math import cos, radians, sin
from typing import Literal

import tzfpy

from services.directory.domain.place import Place, Point
from shared.events.directory.center import TownPoint

OddPlace = Literal["at-sea", "outside-country"]

_AROUND_KM = (1, 3, 10, 20)
_BEARINGS = range(0, 360, 30)
_KM_PER_DEGREE = 111.2
_NOT_IN_ZONE_TAB = {"XK": "Europe/Belgrade", "VN": "Asia/Bangkok"}
"""Kosovo has no code by ISO, and the north of Vietnam keeps the zone of its neighbors."""
_TZDATA = files("tzdata") / "zoneinfo"


def zone_of(lat: float, lon: float) -> str:
    """The IANA time zone of a point; off a coast, that of the nearest land within 20 km, else Etc/GMT…"""
    zones = list(_zones_around(lat, lon))
    return next((zone for zone in zones if not _at_sea(zone)), zones[0])


def zones_of_country(code: str) -> tuple[str, ...]:
    """The IANA time zones of a country, as a rule the one in which most people live first."""
    return _zones_by_country().get(code, ())


def zone_for(country: str, point: TownPoint | Point | None) -> str | None:
    """The time zone of a town: its country's zone nearest to the point, else the one time that the country has.

    None where that is not enough to know it: no point near the country, and clocks that differ within it.
    """
    zones = zones_of_country(country)
    if point is not None:
        for zone in _zones_around(point.lat, point.lon):
            if zone in zones:
                return zone
    return zones[0] if len({_clock(zone) for zone in zones}) == 1 else None


def with_time_zone(place: Place) -> Place:
    """``place`` with its time zone, where that was not given and can be known."""
    if place.time_zone is not None:
        return place
    return place.model_copy(update={"time_zone": zone_for(place.country, place.point or place.town_point)})


def odd_place(country: str, lat: float, lon: float) -> OddPlace | None:
    """A warning where neither the point nor anything within 20 km of it lies in a zone of the country."""
    zones = zones_of_country(country)
    at_sea = True
    for zone in _zones_around(lat, lon):
        if zone in zones:
            return None
        at_sea = at_sea and _at_sea(zone)
    if not zones:  # an uninhabited island of which nothing is known
        return None
    return "at-sea" if at_sea else "outside-country"


def _at_sea(zone: str) -> bool:
    return zone.startswith("Etc/")


def _zones_around(lat: float, lon: float) -> Iterator[str]:
    """The zones at a point and then around it, the nearest first."""
    yield from tzfpy.get_tzs(lon, lat)
    for km in _AROUND_KM:
        for bearing in _BEARINGS:
            north = lat + km / _KM_PER_DEGREE * cos(radians(bearing))
            east = lon + km / _KM_PER_DEGREE * sin(radians(bearing)) / max(cos(radians(lat)), 0.01)
            yield from tzfpy.get_tzs((east + 180) % 360 - 180, min(max(north, -90), 90))


@cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    for line in (_TZDATA / "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones[country] = (*zones.get(country, ()), zone)
    for country, zone in _NOT_IN_ZONE_TAB.items():
        zones[country] = (*zones.get(country, ()), zone)
    return zones


@cache
def _clock(zone: str) -> bytes:
    """The rule by which a zone's clocks go from now on: the last line of its file (RFC 9636)."""
    return (_TZDATA / zone).read_bytes().splitlines()[-1]
