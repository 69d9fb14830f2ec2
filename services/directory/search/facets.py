"""Codes by which centers are filtered, and how many of those found have each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from services.directory.search import bits, kernels
from services.directory.search.arrays import Bits, Lists, starts_of
from services.directory.search.terms import Joined, Terms

Code = tuple[str, str]
"""A facet and one of its codes, such as ("country", "DE")."""

Counts = dict[str, dict[str, int]]
"""By facet and code: how many; codes nobody has are left out."""

_MANY = 40
"""If more than one document in so many is found, it is quicker to go through the codes than through the documents."""


@dataclass(frozen=True)
class Facets:
    """The codes of one segment's centers."""

    terms: Terms
    by_document: Lists
    """The numbers of each document's codes."""

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
        which = which[np.argsort(docs, kind="stable")].astype(np.uint32)
        return cls(terms, Lists(starts_of(np.bincount(docs, minlength=size)), which))

    def having(self, codes: Iterable[Code], size: int) -> Bits:
        """Who has any of these codes."""
        terms = [self._numbers[code] for code in codes if code in self._numbers]
        return bits.union([self.terms.documents(range(n, n + 1), size) for n in terms], size)

    def counts(self, found: Bits, many: int, size: int) -> Counts:
        """How many of those found, which are so many, have each code."""
        if many * _MANY > size:
            counts = self.terms.counts(found)
        else:
            counts = np.zeros(len(self.terms.names), np.int64)
            kernels.tally(found, self.by_document.starts, self.by_document.values, counts)
        numbers = counts.tolist()
        by_facet = (
            (facet, {code: n for code, n in zip(codes, numbers[start:], strict=False) if n})
            for facet, start, codes in self._by_facet
        )
        return {facet: codes for facet, codes in by_facet if codes}

    @cached_property
    def _codes(self) -> list[Code]:
        names = (name.partition("\0") for name in self.terms.names)
        return [(facet, code) for facet, _, code in names]

    @cached_property
    def _numbers(self) -> dict[Code, int]:
        return {code: n for n, code in enumerate(self._codes)}

    @cached_property
    def _by_facet(self) -> list[tuple[str, int, list[str]]]:
        """Each facet, the number of its first term, and its codes."""
        facets = {facet: n for n, (facet, _) in reversed(list(enumerate(self._codes)))}
        return [(facet, start, [code for of, code in self._codes if of == facet]) for facet, start in facets.items()]


def added(counts: Iterable[Counts]) -> Counts:
    """The sums of several counts."""
    sums: Counts = {}
    for each in counts:
        for facet, codes in each.items():
            there = sums.setdefault(facet, {})
            for code, many in codes.items():
                there[code] = there.get(code, 0) + many
    return sums
