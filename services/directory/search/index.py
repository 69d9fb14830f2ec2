"""The index: entries in, answers out, while it is merged and saved."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from services.directory.search import bits, snapshot
from services.directory.search.entry import Entry, Query, Result
from services.directory.search.finding import Labels, answer
from services.directory.search.segment import Part, Segment

_MERGED_AT_ONCE = 64
"""Updates are merged with those before them, without waiting for `Index.merge`, up to so many entries."""

_GROWTH = 4
"""A part is merged with the younger ones when it is smaller than so many times all of them."""


class Index:
    """Finds entries. Everything may be called from any thread; a search never waits for the others.

    It consists of parts, each an immutable segment and a set of those of its entries that still hold. An update adds
    a small part, and takes its entries out of the others; `merge`, now and then in a thread of its own, makes few
    large parts of many small ones. A search works on the parts as they were when it began.

    ``labels`` are words for codes of facets: what has the code is found by them. Many indexes may share them.
    """

    def __init__(self, labels: Labels | None = None) -> None:
        self._labels = labels or Labels({})
        self._parts: tuple[Part, ...] = ()
        self._taken = 0
        """So many of the parts are being merged; an update must not merge these."""
        self._changing = Lock()
        self._merging = Lock()

    def __len__(self) -> int:
        return sum(part.size for part in self._parts)

    def search(self, query: Query) -> Result:
        """What is found at this moment. `ForeignCursor` if the cursor is of another query."""
        return answer(self._parts, self._labels, query)

    def versions(self, ids: Collection[str]) -> dict[str, int]:
        """Which versions of these entries are found here."""
        return {id: int(part.segment.versions[doc]) for part in self._parts for id, doc in part.find(ids)}

    def update(self, entries: Iterable[Entry]) -> None:
        """Adds or replaces entries; one of an older version than the one here is ignored.

        They are found as soon as this returns, and nothing of what they replace is. Give a few thousand at once
        where there are many; everything in one go to build the index.
        """
        newest: dict[str, Entry] = {}
        for entry in entries:
            if entry.id not in newest or newest[entry.id].version <= entry.version:
                newest[entry.id] = entry
        with self._changing:
            for part in self._parts:
                for id, doc in part.find(newest):
                    if part.segment.versions[doc] > newest[id].version:
                        del newest[id]
            if newest:
                parts = [*(part.without(newest) for part in self._parts), Part.whole(Segment.of(newest.values()))]
                while len(parts) - self._taken > 1 and parts[-2].size + parts[-1].size <= _MERGED_AT_ONCE:
                    parts[-2:] = [Part.merged(parts[-2], parts[-1])]
                self._parts = tuple(parts)

    def remove(self, ids: Iterable[str]) -> None:
        """These are found no more; it does no harm if they never were."""
        with self._changing:
            gone = list(ids)
            self._parts = tuple(part.without(gone) for part in self._parts)

    @property
    def scattered(self) -> bool:
        """Whether `merge` would make searching quicker."""
        return len(self._parts) > 4

    def merge(self) -> None:
        """Makes few parts of many; takes seconds when there are very many entries, so call it in a thread."""
        with self._merging:
            self._merge_from(_worth_merging)

    def save(self, path: Path, extra: Mapping[str, Any]) -> None:
        """Writes all that holds when this is called, and nothing else, in one step; ``extra`` is JSON.

        Takes seconds when there are very many entries, so call it in a thread. Take the ``extra`` before: updates
        during the save may not be in the file.
        """
        with self._merging:
            snapshot.write(path, self._merge_from(lambda parts: 0), extra)

    def load(self, path: Path) -> dict[str, Any]:
        """Takes over what was saved, in place of what is here, and returns the ``extra``. `NoSnapshot`."""
        segment, extra = snapshot.read(path, Segment)
        with self._merging, self._changing:
            self._parts = (Part.whole(segment),)
        return extra

    def _merge_from(self, choose: Callable[[Sequence[Part]], int]) -> Segment:
        """Makes one segment of all parts from the chosen one on; what is updated meanwhile does not hold in it."""
        with self._changing:
            taken = self._parts
            first = choose(taken)
            if len(taken) == first + 1 and taken[first].size == len(taken[first].segment):
                return taken[first].segment
            self._taken = len(taken)
        try:
            merged = Part.whole(Segment.of(()))
            for part in reversed(taken[first:]):
                merged = Part.merged(part, merged)
            with self._changing:
                replaced = [
                    part.segment.id(doc).decode()
                    for part, now in zip(taken[first:], self._parts[first:], strict=False)
                    for doc in bits.docs(part.live & ~now.live).tolist()
                ]
                self._parts = (*self._parts[:first], merged.without(replaced), *self._parts[len(taken) :])
            return merged.segment
        finally:
            self._taken = 0


def _worth_merging(parts: Sequence[Part]) -> int:
    """The first part that is small beside the younger ones, or mostly replaced; all from there on are merged."""
    younger = sum(part.size for part in parts)
    for n, part in enumerate(parts):
        younger -= part.size
        if part.size < max(_GROWTH * younger, len(part.segment) // 2):
            return n
    return len(parts)
