"""Codes by which centers are filtered, and how many of those found have each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.directory.search import bits
from services.directory.search.bits import Bits
from services.directory.search.lists import Lists, starts_of
from services.directory.search.terms import Joined, Terms

Code = tuple[str, str]
"""A facet and one of its codes, such as ("country", "DE")."""

Counts = dict[str, dict[str, int]]
"""By facet and code: how many; codes nobody has are left out."""

_MANY = 8
"""If more than one document in so many is found, it is quicker to look at the codes than at the documents."""


@dataclass(frozen=True)
class Facets:
    """The codes of one segment's centers."""

    terms: Terms
    by_document: Lists
    """The numbers of each document's terms."""

    @classmethod
    def of(cls, facets: Sequence[Mapping[str, Iterable[str]]]) -> "Facets":
        """Of each document's facets."""
        pairs = (
            (f"{facet}\0{code}", doc)
            for doc, theirs in enumerate(facets)
            for facet, codes in theirs.items()
            for code in codes
        )
        return cls._built(Terms.of(pairs, len(facets)), len(facets))

    @classmethod
    def merged(cls, one: "Facets", two: "Facets", joined: Joined) -> "Facets":
        """Of two segments."""
        return cls._built(Terms.merged(one.terms, two.terms, joined), joined.size)

    @classmethod
    def _built(cls, terms: Terms, size: int) -> "Facets":
        which, docs = terms.pairs()
        values = which[np.argsort(docs, kind="stable")].astype(np.uint16 if len(terms.names) < 1 << 16 else np.uint32)
        return cls(terms, Lists(starts_of(np.bincount(docs, minlength=size)), values))

    def having(self, codes: Iterable[Code], size: int) -> Bits:
        """Who has any of these codes."""
        terms = [self._numbers[code] for code in codes if code in self._numbers]
        return bits.union([self.terms.documents(range(n, n + 1), size) for n in terms], size)

    def counts(self, found: Bits, size: int) -> NDArray[np.int64]:
        """For each term how many of those found have it."""
        how_many = bits.count(found)
        if how_many * 2 > size:
            return self.terms.totals() - self._counted(bits.full(size) & ~found, size - how_many, size)
        return self._counted(found, how_many, size)

    def _counted(self, found: Bits, how_many: int, size: int) -> NDArray[np.int64]:
        if how_many * _MANY > size:
            return self.terms.counts(found)
        return np.bincount(self.by_document.together(bits.docs(found)), minlength=len(self.terms.names))

    def add_counts(self, found: Bits, size: int, into: Counts) -> None:
        """Adds how many of those found have each code."""
        counts = self.counts(found, size)
        there = counts.nonzero()[0]
        for n, many in zip(there.tolist(), counts[there].tolist(), strict=True):
            facet, code = self._codes[n]
            codes = into.setdefault(facet, {})
            codes[code] = codes.get(code, 0) + many

    @cached_property
    def _codes(self) -> list[Code]:
        names = (name.partition("\0") for name in self.terms.names)
        return [(facet, code) for facet, _, code in names]

    @cached_property
    def _numbers(self) -> dict[Code, int]:
        return {code: n for n, code in enumerate(self._codes)}
