"""When centers are open: a bit for every quarter of an hour of the week, and single days that differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from services.directory.search import bits
from services.directory.search.arrays import Bits
from services.directory.search.terms import Joined, Terms

QUARTERS_A_DAY = 96
QUARTERS_A_WEEK = 7 * QUARTERS_A_DAY
WEEK_BYTES = QUARTERS_A_WEEK // 8

_AT_ONCE = 1 << 26
"""So many flags are looked at in one go when segments are merged."""


@dataclass(frozen=True)
class OpenOn:
    """Regularly open at some quarter of this span of a weekday: Monday is 0, 9:00 to 12:00 is 36 to 48."""

    weekday: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.weekday < 7 and 0 <= self.start < self.end <= QUARTERS_A_DAY):
            raise ValueError("a span of a weekday: weekday 0 to 6, quarters 0 to 96, at least one of them")


Special = Mapping[int, Sequence[tuple[int, int]]]
"""By ordinal of the local date: the spans of quarters of that day at which the center is open; none is closed."""


@dataclass(frozen=True)
class Hours:
    """The opening hours of one segment's centers."""

    week: Bits
    """A row for each quarter of the local week: who is regularly open."""
    zones: Terms
    days: NDArray[np.int32]
    """Special days, ascending: a line for each span, one from 0 to 0 where the center is closed."""
    docs: NDArray[np.int64]
    spans: NDArray[np.uint8]

    @classmethod
    def of(cls, weeks: Sequence[bytes], zones: Sequence[str], special: Sequence[Special]) -> "Hours":
        """Of each document's regular week, time zone and special days."""
        size = len(weeks)
        flags = np.frombuffer(b"".join(weeks), np.uint8).reshape(size, WEEK_BYTES)
        week = bits.pack(np.unpackbits(flags, axis=1, bitorder="little").view(np.bool_).T)
        lines = sorted(
            (day, doc, start, end)
            for doc, theirs in enumerate(special)
            for day, spans in theirs.items()
            for start, end in (spans or ((0, 0),))
        )
        return cls(
            week,
            Terms.of(((zone, doc) for doc, zone in enumerate(zones)), size),
            np.array([line[0] for line in lines], np.int32),
            np.array([line[1] for line in lines], np.int64),
            np.array([line[2:] for line in lines], np.uint8).reshape(-1, 2),
        )

    @classmethod
    def merged(cls, one: "Hours", two: "Hours", joined: Joined) -> "Hours":
        """Of two segments."""
        sizes = [len(numbers) for numbers in joined.numbers]
        week = np.zeros((QUARTERS_A_WEEK, bits.words_for(joined.size)), np.uint64)
        step = max(_AT_ONCE // (joined.size + 1), 1)
        for n in range(0, QUARTERS_A_WEEK, step):
            block = slice(n, n + step)
            flags = [bits.unpack(old.week[block], size) for old, size in zip((one, two), sizes, strict=True)]
            week[block] = bits.pack(np.concatenate(flags, axis=1)[:, joined.order])
        days = np.concatenate((one.days, two.days))
        docs = np.concatenate([n[old.docs] for n, old in zip(joined.numbers, (one, two), strict=True)])
        spans = np.concatenate((one.spans, two.spans))
        kept = np.flatnonzero(docs >= 0)
        kept = kept[np.argsort(days[kept], kind="stable")]
        return cls(week, Terms.merged(one.zones, two.zones, joined), days[kept], docs[kept], spans[kept])

    def open_on(self, span: OpenOn) -> Bits:
        """Who is regularly open at some quarter of the span."""
        start = span.weekday * QUARTERS_A_DAY
        found: Bits = np.bitwise_or.reduce(self.week[start + span.start : start + span.end], axis=0)
        return found

    def open_at(self, instant: datetime, size: int) -> Bits:
        """Who is open then, each by the clock on its own wall; a special day counts instead of the regular one."""
        found = bits.empty(size)
        for (day, quarter), zones in self._clocks(instant).items():
            there = bits.empty(size)
            for zone in zones:
                there |= self.zones.documents(range(zone, zone + 1), size)
            lines = slice(*np.searchsorted(self.days, (day, day + 1)))
            docs = self.docs[lines]
            starts, ends = self.spans[lines].T
            open_now = docs[(starts <= quarter) & (quarter < ends)]
            regular = self.week[(day - 1) % 7 * QUARTERS_A_DAY + quarter] & ~bits.of(docs, size)
            found |= there & (regular | bits.of(open_now, size))
        return found

    def _clocks(self, instant: datetime) -> dict[tuple[int, int], list[int]]:
        """The zones by the local date and quarter that their clocks show."""
        clocks: dict[tuple[int, int], list[int]] = {}
        for n, name in enumerate(self.zones.names):
            local = instant.astimezone(zone_of(name))
            clocks.setdefault((local.toordinal(), local.hour * 4 + local.minute // 15), []).append(n)
        return clocks


@cache
def zone_of(name: str) -> ZoneInfo:
    """The time zone with an IANA name. `ValueError` if there is none."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError(f"there is no time zone {name}") from None
