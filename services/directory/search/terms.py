"""Terms and the documents that have them: words, codes of facets, ranges of ages, time zones.

Terms are sorted, so that all words with one beginning stand side by side, and their documents too.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.directory.search import bits, kernels
from services.directory.search.arrays import Bits, Lists, Strings, distinct, starts_of

_FREQUENT = 128
"""A term that more than one in so many documents have is kept as bits: that is quicker than a list."""

_SMALL = 4096
"""What is frequent among fewer documents than these is not worth the trouble."""


LAST_CHARACTER = "\U0010ffff"
"""What begins with a word stands before the word with this at its end."""


@dataclass(frozen=True)
class Joined:
    """The documents of two segments that live on, in their common order."""

    size: int
    numbers: tuple[NDArray[np.int64], NDArray[np.int64]]
    """For each segment: a document's new number, or -1 if it is no more."""
    order: NDArray[np.int64]
    """For each new number the old one, counting the second segment's on after the first's."""


@dataclass(frozen=True)
class Terms:
    """Sorted terms; rare ones with a list of documents, frequent ones with a row of bits (and an empty list)."""

    sorted_names: Strings
    rare: Lists
    frequent: NDArray[np.int64]
    rows: Bits

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, int]], size: int) -> "Terms":
        """Of (term, document) pairs."""
        every = list(pairs)
        names = sorted({name for name, _ in every})
        number = {name: n for n, name in enumerate(names)}
        terms = np.array([number[name] for name, _ in every], np.int64)
        docs = np.array([doc for _, doc in every], np.int64)
        return cls._built(names, terms, docs, size)

    @classmethod
    def merged(cls, one: "Terms", two: "Terms", joined: Joined) -> "Terms":
        """Of two segments; terms that no document has any more are gone."""
        found = []
        for old, numbers in zip((one, two), joined.numbers, strict=True):
            terms, docs = old.pairs()
            docs = numbers[docs]
            found.append((terms[docs >= 0], docs[docs >= 0]))
        used = [np.flatnonzero(np.bincount(terms)) for terms, _ in found]
        kept = [[old.names[n] for n in which.tolist()] for old, which in zip((one, two), used, strict=True)]
        names = sorted({*kept[0], *kept[1]})
        number = {name: n for n, name in enumerate(names)}
        renamed = []
        for (terms, _), which, theirs in zip(found, used, kept, strict=True):
            new = np.zeros(which[-1] + 1 if len(which) else 0, np.int64)
            new[which] = [number[name] for name in theirs]
            renamed.append(new[terms])
        return cls._built(names, np.concatenate(renamed), np.concatenate([docs for _, docs in found]), joined.size)

    @classmethod
    def _built(cls, names: Sequence[str], terms: NDArray[np.int64], docs: NDArray[np.int64], size: int) -> "Terms":
        both = distinct(terms << 32 | docs)
        terms, docs = both >> 32, both & 0xFFFFFFFF
        counts = np.bincount(terms, minlength=len(names))
        is_frequent = counts * _FREQUENT > max(size, _SMALL)
        ends = np.cumsum(counts)
        frequent = np.flatnonzero(is_frequent)
        rows = np.zeros((len(frequent), bits.words_for(size)), np.uint64)
        for row, term in enumerate(frequent):
            rows[row] = bits.of(docs[ends[term] - counts[term] : ends[term]], size)
        rare = docs[~is_frequent[terms]].astype(np.uint32)
        return cls(
            Strings.of([name.encode() for name in names]),
            Lists(starts_of(np.where(is_frequent, 0, counts)), rare),
            frequent,
            rows,
        )

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All (term, document) pairs."""
        terms = [np.repeat(np.arange(len(self.names)), np.diff(self.rare.starts))]
        docs = [self.rare.values.astype(np.int64)]
        for term, row in zip(self.frequent, self.rows, strict=True):
            docs.append(bits.docs(row))
            terms.append(np.full(len(docs[-1]), term))
        return np.concatenate(terms), np.concatenate(docs)

    @cached_property
    def names(self) -> list[str]:
        """All terms, ascending."""
        return [name.decode() for name in self.sorted_names]

    def named(self, name: str) -> range:
        """The number of this term, if there is one."""
        start = bisect_left(self.names, name)
        return range(start, start + (start < len(self.names) and self.names[start] == name))

    def beginning(self, name: str) -> range:
        """The numbers of all terms that begin so."""
        start = bisect_left(self.names, name)
        return range(start, bisect_left(self.names, name + LAST_CHARACTER, start))

    def documents(self, terms: range, size: int) -> Bits:
        """The documents that have any of these terms, which stand side by side."""
        found = bits.of(self.rare.values[self.rare.starts[terms.start] : self.rare.starts[terms.stop]], size)
        frequent = self._frequent
        for row in self.rows[bisect_left(frequent, terms.start) : bisect_left(frequent, terms.stop)]:
            found |= row
        return found

    @cached_property
    def _frequent(self) -> list[int]:
        return [int(n) for n in self.frequent]

    def counts(self, among: Bits) -> NDArray[np.int64]:
        """For each term, how many of these documents have it."""
        counts = np.zeros(len(self.names), np.int64)
        kernels.overlaps(among, self.rare.starts, self.rare.values, counts)
        shared = np.zeros(len(self.frequent), np.int64)
        kernels.common(among, self.rows, shared)
        counts[self.frequent] = shared
        return counts
