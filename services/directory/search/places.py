"""Finding near a point: centers by bands of latitude, within a band from west to east."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.directory.search import kernels
from services.directory.search.arrays import Bits, Docs, Floats
from services.directory.search.terms import Joined

Point = tuple[float, float]
"""Latitude and longitude in degrees."""

_BANDS_A_DEGREE = 10

_SLACK = 1e-9
"""Degrees by which is looked further than the radius, so that rounding loses no point."""


@dataclass(frozen=True)
class Places:
    """The points of one segment's centers; who shows none is not here."""

    points: Floats
    """By document: latitude and longitude, or not-a-number."""
    keys: Floats
    """Ascending: the band, and how far east in it as a fraction."""
    docs: Docs
    """Whose key it is."""
    units: Floats
    """In the same order: the point as a vector of length one, in three columns."""

    @classmethod
    def of(cls, points: Sequence[Point | None]) -> "Places":
        """Of each document's point, if it shows one."""
        given = [(math.nan, math.nan) if point is None else point for point in points]
        return cls._built(np.array(given, np.float64).reshape(-1, 2))

    @classmethod
    def merged(cls, one: "Places", two: "Places", joined: Joined) -> "Places":
        """Of two segments."""
        return cls._built(np.concatenate((one.points, two.points))[joined.order])

    @classmethod
    def _built(cls, points: Floats) -> "Places":
        docs = np.flatnonzero(~np.isnan(points[:, 0]))
        lat, lon = points[docs].T
        keys = _band(lat) + (lon + 180) / 720
        order = np.argsort(keys, kind="stable")
        return cls(points, keys[order], docs[order], _units(lat[order], lon[order]))

    def near(self, center: Point, radius_mm: int, found: Bits) -> tuple[Docs, Docs]:
        """Who of those found is within the radius, and how far in millimetres."""
        starts, ends = self._stretches(center, radius_mm)
        return kernels.near(found, self.docs, self.units, starts, ends, _unit(center), radius_mm)

    def distances(self, docs: Sequence[int], center: Point) -> list[int]:
        """How far these are, in millimetres; each must have a point."""
        lat, lon = self.points[np.array(docs, np.int64)].T
        units = _units(lat, lon)
        return [kernels.far(units, n, _unit(center)) for n in range(len(docs))]

    def _stretches(self, center: Point, radius_mm: int) -> tuple[Docs, Docs]:
        """Where in the order of keys the points within the radius are: in each band a stretch, or two at the date line.

        The widest longitude of a circle on the sphere is asin(sin r / cos lat), and all of it if a pole is inside.
        """
        lat, lon = center
        angle = math.degrees(min(radius_mm / kernels.EARTH_MM, math.pi)) + _SLACK
        low, high = lat - angle, lat + angle
        spans = [(-180.0, 180.0)]
        if low > -90 and high < 90:
            sine = math.sin(math.radians(angle)) / math.cos(math.radians(lat))
            reach = math.degrees(math.asin(min(sine, 1.0))) + _SLACK
            west, east = lon - reach, lon + reach
            spans = [(max(west, -180.0), min(east, 180.0))]
            if west < -180:
                spans.append((west + 360, 180.0))
            if east > 180:
                spans.append((-180.0, east - 360))
        bands = np.arange(float(_band(max(low, -90.0))), float(_band(min(high, 90.0))) + 1)
        starts = [np.searchsorted(self.keys, bands + (west + 180) / 720) for west, _ in spans]
        ends = [np.searchsorted(self.keys, bands + (east + 180) / 720, "right") for _, east in spans]
        return np.concatenate(starts), np.concatenate(ends)


def _band(lat: float | Floats) -> Floats:
    band: Floats = np.floor((np.asarray(lat) + 90) * _BANDS_A_DEGREE)
    return band


def _units(lat: Floats, lon: Floats) -> Floats:
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def _unit(point: Point) -> Floats:
    lat, lon = map(math.radians, point)
    return np.array((math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)))
