"""Kafka in a dictionary: for unit tests and simulation."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from zlib import crc32

from shared.messaging.log import Headers, LogUnavailable, Offsets, Record

Hook = Callable[[str], Awaitable[None]]


class MemoryLog:
    """Topics as lists. ``before`` is awaited with a name at each operation, so that a test can stop the world there;
    ``away`` makes it refuse records."""

    def __init__(self, partitions: int = 3, before: Hook | None = None) -> None:
        self._partitions = partitions
        self._before = before
        self.away = False
        self.topics: dict[str, list[list[Record]]] = defaultdict(lambda: [[] for _ in range(partitions)])
        self._arrived = asyncio.Event()

    async def send(self, topic: str, key: bytes | None, value: bytes, headers: Headers) -> asyncio.Future[object]:
        if self._before:
            await self._before("log.send")
        if self.away:
            raise LogUnavailable("the log is away")
        number = crc32(key or b"") % self._partitions
        partition = self.topics[topic][number]
        partition.append(Record(topic, number, len(partition), key, value, tuple(headers)))
        self._arrived.set()
        self._arrived = asyncio.Event()
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def read_all(self, topics: Sequence[str]) -> AsyncIterator[Sequence[Record]]:
        for topic in topics:
            for partition in self.topics[topic]:
                yield list(partition)

    async def ends(self, topics: Sequence[str]) -> Offsets:
        return {(topic, n): len(records) for topic in topics for n, records in enumerate(self.topics[topic])}

    async def follow(self, topics: Sequence[str], offsets: Offsets) -> AsyncIterator[Sequence[Record]]:
        position = dict(offsets)
        while True:
            arrived, ends = self._arrived, await self.ends(topics)
            batch = [
                record
                for (topic, number), end in ends.items()
                for record in self.topics[topic][number][position.get((topic, number), 0) : end]
            ]
            position |= ends
            if batch:
                yield batch
            else:
                await arrived.wait()

    async def ping(self) -> None:
        if self.away:
            raise LogUnavailable("the log is away")


class MemorySubscription:
    """One service's position in its topics; `pump` hands it what is new. A new one starts at the beginning."""

    def __init__(
        self, log: MemoryLog, topics: Sequence[str], handle: Callable[[Sequence[Record]], Awaitable[None]]
    ) -> None:
        self._log = log
        self._topics = topics
        self._handle = handle
        self.committed: dict[tuple[str, int], int] = defaultdict(int)

    async def pump(self, most: int = 500) -> int:
        """Hands on at most ``most`` records, in order within each partition, then commits; how many."""
        batch: list[Record] = []
        for topic in self._topics:
            for number, partition in enumerate(self._log.topics[topic]):
                batch += partition[self.committed[topic, number] :]
        batch = batch[:most]
        if batch:
            await self._handle(batch)
            for record in batch:
                self.committed[record.topic, record.partition] = record.offset + 1
        return len(batch)
