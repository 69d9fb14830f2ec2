"""The few loops in which nearly all of a search's time goes, compiled to machine code.

They read like plain Python and are tested against it. They hold no lock while they run, so threads run beside them.
Compiling takes some seconds, once: what is compiled is kept in ``NUMBA_CACHE_DIR`` or beside this file. Where neither
can be written to it is compiled again at every start; `warm_up` does it before the first query.
"""

import math
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from numba import njit

from services.directory.search.arrays import Bits, Docs, Flags, Floats, Numbers

EARTH_MM = 6_371_008_771.4
"""The mean radius of the earth in millimetres; distances are along the sphere."""

P = ParamSpec("P")
R = TypeVar("R")


def _compiled(function: Callable[P, R]) -> Callable[P, R]:
    try:
        return cast(Callable[P, R], njit(function, cache=True, nogil=True))
    except RuntimeError:  # there is no place to keep it
        return cast(Callable[P, R], njit(function, nogil=True))


@_compiled
def _ones(word: Any) -> int:
    """How many bits of a word are set; compilers know this as one instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))  # type: ignore[return-value]


@_compiled
def _lowest(word: Any) -> int:
    """The number of the lowest bit that is set; there is one."""
    return _ones((word & (~word + np.uint64(1))) - np.uint64(1))


@_compiled
def _is_in(found: Any, doc: Any) -> bool:
    return bool((found[doc >> 6] >> np.uint64(doc & 63)) & np.uint64(1))


@_compiled
def add(found: Bits, docs: Numbers) -> None:
    """Puts documents into a set."""
    for doc in docs:
        found[doc >> 6] |= np.uint64(1) << np.uint64(doc & 63)


@_compiled
def count(found: Bits) -> int:
    """How many documents are in a set."""
    many = 0
    for word in found:
        many += _ones(word)
    return many


@_compiled
def first(found: Bits, start: int, most: int) -> Docs:
    """The first documents from ``start`` on, ascending, at most so many."""
    docs = np.empty(most, np.int64)
    many = 0
    for n in range(start >> 6, len(found)):
        word = found[n]
        if n == start >> 6:
            word = word >> np.uint64(start & 63) << np.uint64(start & 63)
        while word and many < most:
            docs[many] = (n << 6) + _lowest(word)
            word &= word - np.uint64(1)
            many += 1
        if many == most:
            break
    return docs[:many]


@_compiled
def among(found: Bits, docs: Numbers) -> Flags:
    """For each of these documents whether it is in the set."""
    there = np.empty(len(docs), np.bool_)
    for n in range(len(docs)):
        there[n] = _is_in(found, docs[n])
    return there


@_compiled
def tally(found: Bits, starts: Numbers, codes: Numbers, counts: Numbers) -> None:
    """Counts the codes of each document in the set: those of document ``d`` are ``codes[starts[d]:starts[d + 1]]``."""
    for n in range(len(found)):
        word = found[n]
        while word:
            doc = (n << 6) + _lowest(word)
            word &= word - np.uint64(1)
            for place in range(starts[doc], starts[doc + 1]):
                counts[codes[place]] += 1


@_compiled
def overlaps(found: Bits, starts: Numbers, docs: Numbers, counts: Numbers) -> None:
    """Counts for each list of documents, ``docs[starts[n]:starts[n + 1]]``, how many are in the set."""
    for n in range(len(starts) - 1):
        for place in range(starts[n], starts[n + 1]):
            counts[n] += _is_in(found, docs[place])


@_compiled
def common(found: Bits, rows: Bits, counts: Numbers) -> None:
    """Counts for each row of bits how many documents it has in common with the set."""
    for n in range(len(rows)):
        many = 0
        for word in range(len(found)):
            many += _ones(found[word] & rows[n, word])
        counts[n] = many


@_compiled
def far(units: Floats, n: int, center: Floats) -> int:
    """The distance in millimetres along the sphere of the n-th point from the center, both as unit vectors."""
    x, y, z = units[0, n] - center[0], units[1, n] - center[1], units[2, n] - center[2]
    return round(2 * EARTH_MM * math.asin(min(math.sqrt(x * x + y * y + z * z) / 2, 1.0)))


@_compiled
def near(
    found: Bits, docs: Docs, units: Floats, starts: Docs, ends: Docs, center: Floats, radius_mm: int
) -> tuple[Docs, Docs]:
    """Which documents of the set are within the radius, and how far; looked for in these stretches of the points."""
    hits, distances = np.empty((ends - starts).sum(), np.int64), np.empty((ends - starts).sum(), np.int64)
    many = 0
    for start, end in zip(starts, ends):  # noqa: B905 - the compiler knows no strict
        for n in range(start, end):
            if _is_in(found, docs[n]):
                distance = far(units, n, center)
                if distance <= radius_mm:
                    hits[many] = docs[n]
                    distances[many] = distance
                    many += 1
    return hits[:many], distances[:many]


def warm_up() -> None:
    """Compiles everything, or finds it compiled."""
    found, numbers, units = np.zeros(1, np.uint64), np.zeros(1, np.int64), np.zeros((3, 1))
    for docs in (numbers, numbers.astype(np.uint32)):
        add(found, docs)
        among(found, docs)
    first(found, 0, count(found))
    tally(found, np.zeros(2, np.int64), numbers.astype(np.uint32), numbers)
    overlaps(found, np.zeros(2, np.int64), numbers.astype(np.uint32), numbers)
    common(found, found.reshape(1, 1), numbers)
    far(units, 0, units[:, 0])
    near(found, numbers, units, numbers, numbers, units[:, 0], 0)
