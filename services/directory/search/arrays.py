"""Arrays of numbers; and many lists, or many strings, in two arrays: mapped from a file, and moved without a loop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Docs = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Numbers = NDArray[np.integer[Any]]

_BLOCK = 1 << 16
"""So many lists are moved at once, to need little memory."""


@dataclass(frozen=True)
class Lists:
    """Lists of numbers, one after the other in one array."""

    starts: NDArray[np.int64]
    values: Numbers

    def take(self, which: Numbers) -> "Lists":
        """The lists with these numbers, in this order."""
        lengths = self.starts[which + 1] - self.starts[which]
        blocks = [self.together(which[n : n + _BLOCK]) for n in range(0, max(len(which), 1), _BLOCK)]
        return Lists(starts_of(lengths), np.concatenate(blocks))

    def together(self, which: Numbers) -> Numbers:
        """What stands in the lists with these numbers."""
        starts = self.starts[which]
        lengths = self.starts[which + 1] - starts
        ends = np.cumsum(lengths)
        places = np.repeat(starts - ends + lengths, lengths)
        places += np.arange(len(places))
        values: Numbers = self.values[places]
        return values


def distinct(values: Numbers) -> Numbers:
    """Each value once, ascending; quicker than `numpy.unique`."""
    ascending = np.sort(values)
    return ascending[np.concatenate(([True], ascending[1:] != ascending[:-1]))[: len(values)]]


def starts_of(lengths: Numbers) -> NDArray[np.int64]:
    """Where lists of these lengths begin, and at last where they end."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


@dataclass(frozen=True)
class Strings(Sequence[bytes]):
    """Many UTF-8 strings in one array. Sorted as bytes they are sorted by their characters."""

    lists: Lists

    @classmethod
    def of(cls, strings: Sequence[bytes]) -> "Strings":
        """Exactly these, in this order."""
        lengths = np.fromiter((len(each) for each in strings), np.int64, len(strings))
        return cls(Lists(starts_of(lengths), np.frombuffer(b"".join(strings), np.uint8)))

    @classmethod
    def merged(cls, one: "Strings", two: "Strings", order: NDArray[np.int64]) -> "Strings":
        """Those with these numbers, where the second's are counted on after the first's."""
        starts = np.concatenate((one.lists.starts[:-1], two.lists.starts + one.lists.starts[-1]))
        return cls(Lists(starts, np.concatenate((one.lists.values, two.lists.values))).take(order))

    @cached_property
    def _views(self) -> tuple[memoryview, memoryview]:
        return self.lists.starts.data, self.lists.values.data

    def __len__(self) -> int:
        return len(self.lists.starts) - 1

    def __getitem__(self, n: int) -> bytes:  # type: ignore[override]  # no slices
        starts, text = self._views
        return text[starts[n] : starts[n + 1]].tobytes()

    def __iter__(self) -> Iterator[bytes]:
        whole, starts = self.lists.values.tobytes(), self.lists.starts.tolist()
        return (whole[starts[n] : starts[n + 1]] for n in range(len(self)))
