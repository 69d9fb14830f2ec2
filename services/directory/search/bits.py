"""Sets of documents as packed bits: document ``d`` is bit ``d % 64`` of word ``d // 64``.

A million documents are 125 kB, and two sets are cut with each other in a few microseconds. Bits beyond the last
document are never set.
"""

from collections.abc import Sequence

import numpy as np

from services.directory.search import kernels
from services.directory.search.arrays import Bits, Docs, Flags, Numbers

has = kernels.among
count = kernels.count


def words_for(size: int) -> int:
    """How many words hold ``size`` documents."""
    return (size + 63) // 64


def empty(size: int) -> Bits:
    """No document of ``size``."""
    return np.zeros(words_for(size), np.uint64)


def full(size: int) -> Bits:
    """All ``size`` documents."""
    return pack(np.ones(size, np.bool_))


def of(docs: Numbers, size: int) -> Bits:
    """The set of ``docs``, which may be in any order and repeated."""
    found = empty(size)
    kernels.add(found, docs)
    return found


def docs(found: Bits) -> Docs:
    """All documents, ascending."""
    return kernels.first(found, 0, kernels.count(found))


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
    flags: Flags = np.unpackbits(found.view(np.uint8), axis=-1, count=size, bitorder="little").view(np.bool_)
    return flags
