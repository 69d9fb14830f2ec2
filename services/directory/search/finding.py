"""How a query is answered by all parts of an index together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.directory.search import bits, kernels
from services.directory.search.arrays import Bits, Docs
from services.directory.search.cursor import Place, cursor_at, place_of
from services.directory.search.entry import Query, Result
from services.directory.search.facets import Code, Counts, added
from services.directory.search.hours import OpenOn
from services.directory.search.segment import Part, Segment, words_in
from services.directory.search.words import UNFINISHED_FROM, Lexicon, Spelling, alike, with_spelling
from shared.text import words

_DOC_BITS = 28
"""A document's number has no more; a distance has 35 at most, so both fit into one number and are sorted as one."""

Hit = tuple[int, bytes, int]
"""The rank and the key of a document's `Place`, and the document."""


class Labels:
    """Words for codes: who asks for "Deutschland" or "childcare" finds what has the code."""

    def __init__(self, labels: Mapping[Code, Iterable[str]]) -> None:
        self._codes: dict[str, list[Code]] = {}
        for code, texts in labels.items():
            for word in words_in(texts):
                self._codes.setdefault(word, []).append(code)
        self.words = Lexicon.of([(word, 0) for word in self._codes], 1)

    def codes(self, spellings: Iterable[Spelling]) -> list[Code]:
        """The codes for which one of these is a word."""
        found = []
        for word, unfinished in spellings:
            terms = self.words.terms
            for n in terms.beginning(word) if unfinished else terms.named(word):
                found += self._codes[terms.names[n]]
        return found


@dataclass(frozen=True)
class Meant:
    """What a word of the query is taken for, and for each part who has it."""

    spellings: Sequence[Spelling]
    having: Sequence[Bits]


def answer(parts: Sequence[Part], labels: Labels, query: Query) -> Result:
    """One page of what is found, and the counts of all of it. `ForeignCursor` if the cursor is of another query."""
    after = place_of(query)
    asked = None if query.text is None else _asked(parts, labels, query.text)
    total = 0
    counts: list[Counts] = []
    page: list[tuple[Hit, int]] = []
    for n, part in enumerate(parts):
        segment, found = part.segment, _filtered(part, query)
        for word in asked or ():
            found &= word.having[n]
        if asked == [] or not found.any():
            continue
        if query.near is not None:
            docs, far = segment.places.near(query.near, query.radius_m * 1000, found)
            found = bits.of(docs, len(segment))
        many = bits.count(found)
        total += many
        counts.append(segment.facets.counts(found, many, len(segment)))
        if query.order == "distance":
            hits = _by_distance(segment, docs, far, after, query.limit + 1)
        elif query.order == "name":
            hits = _by_name(segment, found, after, query.limit + 1)
        else:
            hits = _by_relevance(segment, found, asked, after, query.limit + 1)
        distances = [rank for rank, _, _ in hits]
        if query.near is not None and query.order != "distance":
            distances = segment.places.distances([doc for _, _, doc in hits], query.near)
        page += zip(hits, distances, strict=True)
    if len(counts) > 1:
        page.sort()
    more = len(page) > query.limit
    del page[query.limit :]
    return Result(
        ids=tuple([key[key.index(0) + 1 :].decode() for (_, key, _), _ in page]),
        distances=() if query.near is None else tuple([mm for _, mm in page]),
        total=total,
        facets=counts[0] if len(counts) == 1 else added(counts),
        cursor=cursor_at(Place(*page[-1][0][:2]), query) if more else None,
    )


def _filtered(part: Part, query: Query) -> Bits:
    """Who is left after all filters but words and nearness."""
    segment, found = part.segment, part.live.copy()
    for facet, codes in query.filters.items():
        found &= segment.facets.having([(facet, code) for code in codes], len(segment))
    if query.age is not None:
        found &= segment.of_age(query.age)
    if isinstance(query.open_at, OpenOn):
        found &= segment.hours.open_on(query.open_at)
    elif query.open_at is not None:
        found &= segment.hours.open_at(query.open_at, len(segment))
    return found


def _asked(parts: Sequence[Part], labels: Labels, text: str) -> list[Meant]:
    """What each word of a text means; only the last one may be unfinished."""
    asked = words(text)
    return [
        _meant(parts, labels, word, unfinished=n == len(asked) and len(word) >= UNFINISHED_FROM)
        for n, word in enumerate(asked, 1)
    ]


def _meant(parts: Sequence[Part], labels: Labels, word: str, unfinished: bool) -> Meant:
    """The word as it is written; if nobody has it, the words with the fewest errors that somebody has."""
    meant = _having(parts, labels, [(word, unfinished)])
    if any(having.any() for having in meant.having):
        return meant
    for _, others in sorted(alike(word, (labels.words, *(part.segment.words for part in parts))).items()):
        meant = _having(parts, labels, [(other, False) for other in others])
        if any(having.any() for having in meant.having):
            break
    return meant


def _having(parts: Sequence[Part], labels: Labels, spellings: Sequence[Spelling]) -> Meant:
    codes = labels.codes(spellings)
    having = []
    for part in parts:
        found = with_spelling(part.segment.words.terms, spellings, len(part.segment)) & part.live
        if codes:
            found |= part.segment.facets.having(codes, len(part.segment)) & part.live
        having.append(found)
    return Meant(spellings, having)


def _by_relevance(segment: Segment, found: Bits, asked: Sequence[Meant] | None, after: Place, wanted: int) -> list[Hit]:
    """First who has all words in the name; there and among the rest the freshly checked first, then by name."""
    named = found
    for word in asked or ():
        named = named & with_spelling(segment.named, word.spellings, len(segment))
    start = segment.after(after.key)
    hits: list[Hit] = []
    for rank, group in enumerate((named, found & ~named) if asked else (found,)):
        if rank >= after.rank and len(hits) < wanted:
            docs = kernels.first(group, start if rank == after.rank else 0, wanted - len(hits))
            hits += [(rank, segment.keys[doc], doc) for doc in docs.tolist()]
    return hits


def _by_name(segment: Segment, found: Bits, after: Place, wanted: int) -> list[Hit]:
    """By name only."""
    keys, hits = segment.keys, []
    for digit, end in segment.trusts:
        docs = kernels.first(found, segment.after(digit + after.key), wanted)
        hits += [(0, keys[doc][1:], doc) for doc in docs.tolist() if doc < end]
    return sorted(hits)[:wanted]


def _by_distance(segment: Segment, docs: Docs, far: NDArray[np.int64], after: Place, wanted: int) -> list[Hit]:
    """The nearest first, those at one point as by relevance."""
    keys = segment.keys
    both = far << _DOC_BITS | docs
    both = both[both >= (after.rank << _DOC_BITS | segment.after(after.key))]
    if len(both) > wanted:
        both = np.partition(both, wanted)[:wanted]
    both.sort()
    pairs = [divmod(one, 1 << _DOC_BITS) for one in both.tolist()]
    return [(mm, keys[doc], doc) for mm, doc in pairs]
