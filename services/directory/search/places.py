"""Finding near a point: centers by bands of latitude, within a band from west to east."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.directory.search import bits
from services.directory.search.bits import Bits, Docs
from services.directory.search.terms import Joined

Point = tuple[float, float]
"""Latitude and longitude in degrees."""

EARTH_MM = 6_371_008_771.4
"""The mean radius of the earth in millimetres; distances are along the sphere."""

_BANDS_A_DEGREE = 10


@dataclass(frozen=True)
class Places:
    """The points of one segment's centers; who shows none is not here."""

    points: NDArray[np.float64]
    """By document: latitude and longitude, or not-a-number."""
    keys: NDArray[np.float64]
    """Ascending: the band, and how far east in it as a fraction."""
    docs: Docs
    """Whose key it is."""
    units: NDArray[np.float64]
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
    def _built(cls, points: NDArray[np.float64]) -> "Places":
        docs = np.flatnonzero(~np.isnan(points[:, 0]))
        lat, lon = points[docs].T
        keys = _band(lat) + (lon + 180) / 720
        order = np.argsort(keys, kind="stable")
        return cls(points, keys[order], docs[order], _units(lat, lon)[:, order])

    def near(self, center: Point, radius_mm: int, among: Bits) -> tuple[Docs, NDArray[np.int64]]:
        """Who of ``among`` is within the radius, and how far in millimetres."""
        spans = self._spans(center, radius_mm)
        docs = np.concatenate([self.docs[span] for span in spans])
        units = np.concatenate([self.units[:, span] for span in spans], axis=1)
        there = bits.has(among, docs)
        docs, far = docs[there], _distance(units[:, there], center)
        within = far <= radius_mm
        return docs[within], far[within]

    def distances(self, docs: Sequence[int], center: Point) -> list[int]:
        """How far these are, in millimetres; each must have a point."""
        lat, lon = self.points[np.array(docs, np.int64)].T
        return _distance(_units(lat, lon), center).tolist()

    def _spans(self, center: Point, radius_mm: int) -> list[slice]:
        """Where the points within the radius are to be looked for: for each band one span, or two across the date line.

        The widest longitude of a circle on the sphere is asin(sin r / cos lat), and all of it if a pole is inside.
        """
        lat, lon = center
        angle = math.degrees(min(radius_mm / EARTH_MM, math.pi)) + 1e-9
        low, high = lat - angle, lat + angle
        stretches = [(-180.0, 180.0)]
        if low > -90 and high < 90:
            sine = math.sin(math.radians(angle)) / math.cos(math.radians(lat))
            reach = math.degrees(math.asin(min(sine, 1.0))) + 1e-9
            west, east = lon - reach, lon + reach
            stretches = [(max(west, -180.0), min(east, 180.0))]
            if west < -180:
                stretches.append((west + 360, 180.0))
            if east > 180:
                stretches.append((-180.0, east - 360))
        bands = np.arange(_band(max(low, -90.0)), _band(min(high, 90.0)) + 1)
        spans = []
        for start, end in stretches:
            starts = np.searchsorted(self.keys, bands + (start + 180) / 720)
            ends = np.searchsorted(self.keys, bands + (end + 180) / 720, "right")
            spans += [slice(a, b) for a, b in zip(starts, ends, strict=True) if a < b]
        return spans or [slice(0, 0)]


def _band(lat: "float | NDArray[np.float64]") -> NDArray[np.float64]:
    return np.floor((np.asarray(lat) + 90) * _BANDS_A_DEGREE)


def _units(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def _distance(units: NDArray[np.float64], center: Point) -> NDArray[np.int64]:
    """Along the sphere, by way of the straight line through it."""
    (x,), (y,), (z,) = _units(np.array([center[0]]), np.array([center[1]]))
    chord = np.sqrt((units[0] - x) ** 2 + (units[1] - y) ** 2 + (units[2] - z) ** 2)
    return np.rint(2 * EARTH_MM * np.arcsin(np.minimum(chord / 2, 1))).astype(np.int64)
