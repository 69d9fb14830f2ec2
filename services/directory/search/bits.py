"""Sets of documents as packed bits: document ``d`` is bit ``d % 64`` of word ``d // 64``.

A million documents are 125 kB, and two sets are cut with each other in a few microseconds. Bits beyond the last
document are never set.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Docs = NDArray[np.int64]
Flags = NDArray[np.bool_]

_FEW = 128
"""A set is filled bit by bit if it has fewer documents than one in so many; else by way of one byte a document."""


def words_for(size: int) -> int:
    """How many words hold ``size`` documents."""
    return (size + 63) // 64


def empty(size: int) -> Bits:
    """No document of ``size``."""
    return np.zeros(words_for(size), np.uint64)


def full(size: int) -> Bits:
    """All ``size`` documents."""
    return pack(np.ones(size, np.bool_))


def of(docs: NDArray[np.integer], size: int) -> Bits:
    """The set of ``docs``, which may be in any order and repeated."""
    if len(docs) * _FEW < size:
        found = empty(size)
        wide = docs.astype(np.uint64)
        np.bitwise_or.at(found, wide >> np.uint64(6), np.uint64(1) << (wide & np.uint64(63)))
        return found
    flags = np.zeros(size, np.bool_)
    flags[docs] = True
    return pack(flags)


def union(sets: Sequence[Bits], size: int) -> Bits:
    """All documents that are in any of the sets; the first of these may be changed."""
    if not sets:
        return empty(size)
    for other in sets[1:]:
        sets[0][:] |= other
    return sets[0]


def pack(flags: Flags) -> Bits:
    """The documents whose flag is set; of several rows of flags, each row for itself."""
    *rows, size = flags.shape
    packed = np.zeros((*rows, words_for(size) * 8), np.uint8)
    packed[..., : (size + 7) // 8] = np.packbits(flags, axis=-1, bitorder="little")
    return packed.view(np.uint64)


def unpack(found: Bits, size: int) -> Flags:
    """One flag a document; of several rows of bits, each row for itself."""
    return np.unpackbits(found.view(np.uint8), axis=-1, count=size, bitorder="little").view(np.bool_)


def count(found: Bits) -> int:
    """How many documents there are; of several rows together."""
    return int(np.bitwise_count(found).sum())


def has(found: Bits, docs: NDArray[np.integer]) -> Flags:
    """For each of ``docs`` whether it is there."""
    wide = docs.astype(np.uint64)
    return (found[wide >> np.uint64(6)] >> (wide & np.uint64(63)) & np.uint64(1)).astype(np.bool_)


def docs(found: Bits) -> Docs:
    """All documents, ascending."""
    return _docs_in(found, (found != 0).nonzero()[0])


def first(found: Bits, most: int, start: int = 0) -> Docs:
    """The first documents from ``start`` on, at most so many."""
    skipped = start // 64
    filled = (found[skipped:] != 0).nonzero()[0][: most + 1] + skipped
    there = _docs_in(found, filled)
    return there[np.searchsorted(there, start) :][:most]


def _docs_in(found: Bits, filled: NDArray[np.int64]) -> Docs:
    """The documents in these words, of which none is empty."""
    places = np.unpackbits(found[filled].view(np.uint8), bitorder="little").view(np.bool_).nonzero()[0]
    return (filled[places >> 6] << 6) + (places & 63)
