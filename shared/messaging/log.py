"""What the kernel asks of Kafka; `memory` and `kafka` answer it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

Headers = Sequence[tuple[str, bytes]]
Offsets = dict[tuple[str, int], int]
"""Topic and partition → the offset of the next record to read; 0 where it is missing."""


class LogUnavailable(Exception):
    """The broker does not take records now."""


class OffsetsGone(Exception):
    """The topic does not have the records that follow: it was cut, or made anew."""


@dataclass(frozen=True)
class Record:
    """One record as it lies in a topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Producer(Protocol):
    """Appends records: acknowledged by all replicas, in order per key, no record twice by its own retries."""

    async def send(self, topic: str, key: bytes | None, value: bytes, headers: Headers) -> asyncio.Future[object]:
        """Takes a record; the future it returns is the broker's acknowledgement. Raises `LogUnavailable`.

        After a failure nothing sent later for the same key may overtake what failed.
        """
        ...


class Log(Producer, Protocol):
    """Also reads topics outside every consumer group: for rebuilds, and for models that need all partitions."""

    def read_all(self, topics: Sequence[str]) -> AsyncIterator[Sequence[Record]]:
        """All records of these topics up to their present end, in batches, in order within each partition."""
        ...

    async def ends(self, topics: Sequence[str]) -> Offsets:
        """Where the next records of these topics will stand. Raises `LogUnavailable`."""
        ...

    def follow(self, topics: Sequence[str], offsets: Offsets) -> AsyncIterator[Sequence[Record]]:
        """The records of these topics from ``offsets`` on, in batches, for ever. `LogUnavailable`, `OffsetsGone`."""
        ...

    async def ping(self) -> None:
        """Raises `LogUnavailable` when the broker does not answer within two seconds."""
        ...
