"""A segment: entries indexed once and never changed, and a part: a segment of which some entries are no more."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.directory.search import bits
from services.directory.search.arrays import Bits, Strings
from services.directory.search.entry import Entry
from services.directory.search.facets import Facets
from services.directory.search.hours import Hours
from services.directory.search.places import Places
from services.directory.search.terms import Joined, Terms
from services.directory.search.words import Lexicon
from shared.text import findable_words, words

_TRUST = {"fresh": 0, "due": 1}
"""How an entry is ranked by its code of the facet ``check``; after these come all others."""


@dataclass(frozen=True)
class Segment:
    """Entries, the freshly checked ones first, then by name; each aspect is indexed by the module that knows it."""

    keys: Strings
    """By document, ascending: a digit for its trust, its folded name, a NUL, its id."""
    by_id: NDArray[np.int64]
    """The documents in the order of their ids."""
    versions: NDArray[np.int64]
    words: Lexicon
    named: Terms
    """Only the words that stand in names."""
    facets: Facets
    ages: Terms
    hours: Hours
    places: Places

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Segment":
        """Of entries with different ids."""
        keyed = sorted(((_key(entry), entry) for entry in entries), key=lambda each: each[0])
        every = [entry for _, entry in keyed]
        size = len(every)
        in_names = [(word, n) for n, entry in enumerate(every) for word in words_in(entry.names)]
        elsewhere = [(word, n) for n, entry in enumerate(every) for word in words_in(entry.words)]
        return cls(
            Strings.of([key for key, _ in keyed]),
            np.array(sorted(range(size), key=lambda n: every[n].id), np.int64),
            np.array([entry.version for entry in every], np.int64),
            Lexicon.of(in_names + elsewhere, size),
            Terms.of(in_names, size),
            Facets.of([entry.facets for entry in every]),
            Terms.of(((f"{a}-{b}", n) for n, entry in enumerate(every) for a, b in entry.ages), size),
            Hours.of([e.week for e in every], [e.zone for e in every], [e.special for e in every]),
            Places.of([entry.point for entry in every]),
        )

    def __len__(self) -> int:
        return len(self.versions)

    def id(self, doc: int) -> bytes:
        """The id of a document."""
        return self.keys[doc].partition(b"\0")[2]

    def find(self, id: bytes) -> int | None:
        """The document with this id."""
        place = bisect_left(self.by_id, id, key=self.id)
        if place < len(self) and self.id(self.by_id[place]) == id:
            return int(self.by_id[place])
        return None

    def after(self, key: bytes) -> int:
        """The first document that comes after a key."""
        return bisect_right(self.keys, key) if key else 0

    @cached_property
    def trusts(self) -> list[tuple[bytes, int]]:
        """The digits in `keys`, each with the document before which it ends."""
        digits = [b"%d" % n for n in range(len(_TRUST) + 2)]
        return [(digit, bisect_left(self.keys, end)) for digit, end in pairwise(digits)]

    def of_age(self, age: int) -> Bits:
        """Who says to be for people of this age."""
        found = bits.empty(len(self))
        for n, name in enumerate(self.ages.names):
            start, end = name.split("-")
            if int(start) <= age <= int(end):
                found |= self.ages.documents(range(n, n + 1), len(self))
        return found


@dataclass(frozen=True)
class Part:
    """A segment and which of its entries still hold."""

    segment: Segment
    live: Bits

    @classmethod
    def whole(cls, segment: Segment) -> "Part":
        """All of a segment."""
        return cls(segment, bits.full(len(segment)))

    @classmethod
    def merged(cls, one: "Part", two: "Part") -> "Part":
        """What holds of two parts, as one segment; of what holds no more nothing is left."""
        ours, theirs = one.segment, two.segment
        places = [bisect_left(ours.keys, key) for key in theirs.keys]
        order = np.insert(np.arange(len(ours)), places, np.arange(len(theirs)) + len(ours))
        live = np.concatenate((bits.unpack(one.live, len(ours)), bits.unpack(two.live, len(theirs))))
        order = order[live[order]]
        numbers = np.full(len(live), -1)
        numbers[order] = np.arange(len(order))
        joined = Joined(len(order), (numbers[: len(ours)], numbers[len(ours) :]), order)
        places = [bisect_left(ours.by_id, theirs.id(doc), key=ours.id) for doc in theirs.by_id]
        by_id = numbers[np.insert(ours.by_id, places, theirs.by_id + len(ours))]
        return cls.whole(
            Segment(
                Strings.merged(ours.keys, theirs.keys, order),
                by_id[by_id >= 0],
                np.concatenate((ours.versions, theirs.versions))[order],
                Lexicon.merged(ours.words, theirs.words, joined),
                Terms.merged(ours.named, theirs.named, joined),
                Facets.merged(ours.facets, theirs.facets, joined),
                Terms.merged(ours.ages, theirs.ages, joined),
                Hours.merged(ours.hours, theirs.hours, joined),
                Places.merged(ours.places, theirs.places, joined),
            )
        )

    @cached_property
    def size(self) -> int:
        """How many entries hold."""
        return bits.count(self.live)

    def find(self, ids: Iterable[str]) -> list[tuple[str, int]]:
        """Those of these ids that hold here, each with its document."""
        found = [(id, doc) for id in ids if (doc := self.segment.find(id.encode())) is not None]
        live = bits.has(self.live, np.array([doc for _, doc in found], np.int64))
        return [one for one, holds in zip(found, live, strict=True) if holds]

    def without(self, ids: Iterable[str]) -> "Part":
        """The same, but entries with these ids hold no more."""
        docs = [doc for _, doc in self.find(ids)]
        if not docs:
            return self
        return Part(self.segment, self.live & ~bits.of(np.array(docs, np.int64), len(self.segment)))


def _key(entry: Entry) -> bytes:
    trust = next((n for code, n in _TRUST.items() if code in entry.facets.get("check", ())), len(_TRUST))
    return f"{trust}{' '.join(words(entry.names[0]))}\0{entry.id}".encode()


def words_in(texts: Iterable[str]) -> set[str]:
    """The words under which any of these texts is found."""
    return {word for text in texts for word in _findable_words(text)}


_findable_words = lru_cache(1 << 14)(findable_words)  # the names of towns come again and again
