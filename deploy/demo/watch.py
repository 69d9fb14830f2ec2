"""A stranger who reads every topic: a plain Kafka client that knows CloudEvents and nothing else of this network."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.demo.ledger import Position

_POLL_MS = 100


@dataclass(frozen=True)
class Seen:
    """One event as it stands on a topic."""

    topic: str
    key: str
    id: str
    name: str
    """``CenterRegistered``: what is left of the type without its origin and version."""
    sequence: int
    happened: str
    recorded: str
    caused_by: str | None
    data: dict[str, Any]
    raw: bytes

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.topic, self.key, self.sequence

    @property
    def snapshot(self) -> dict[str, Any]:
        """How its aggregate looked afterwards."""
        found: dict[str, Any] = self.data["snapshot"]
        return found


class Stranger:
    """Reads all topics from their beginning, each event once however often it was sent, and notes what is not right."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._handled: dict[TopicPartition, int] = {}
        self._last: dict[tuple[str, str], Seen] = {}
        self._by_id: dict[str, Seen] = {}
        self._reading: asyncio.Task[None] | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self.events: list[Seen] = []
        """In the order in which they were first seen."""
        self.repeats = 0
        """Records that carried an event seen before: delivery is at least once."""
        self.faults: list[str] = []
        """What breaks the promise made to every reader: gaps, disorder, two events in one place, no CloudEvent."""
        self.dead: list[str] = []
        """What lies on the dead-letter topics."""

    async def start(self) -> None:
        """Finds the topics and begins to read."""
        consumer = AIOKafkaConsumer(
            *await self._topics(),
            bootstrap_servers=self._bootstrap,
            group_id=None,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_POLL_MS,
        )
        await consumer.start()
        self._consumer = consumer
        self._reading = asyncio.create_task(self._read(consumer))

    async def stop(self) -> None:
        """Stops reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._consumer is not None:
            await self._consumer.stop()

    async def caught_up(self) -> bool:
        """Whether everything that is on the topics now has been read. Raises what ended the reading, if anything."""
        if self._consumer is None or self._reading is None:
            return False
        if self._reading.done():
            self._reading.result()
        ends = await self._consumer.end_offsets(self._consumer.assignment())
        return bool(ends) and all(self._handled.get(partition, 0) >= end for partition, end in ends.items())

    # ---- what was seen

    def named(self, *names: str) -> list[Seen]:
        """The events with one of these names."""
        return [seen for seen in self.events if seen.name in names]

    def count(self, name: str, where: Callable[[Seen], bool] = lambda _: True) -> int:
        """How many events of this name there are."""
        return sum(seen.name == name and where(seen) for seen in self.events)

    def latest(self, topic: str) -> dict[str, Seen]:
        """The newest event of every key of a topic."""
        return {key: seen for (of, key), seen in self._last.items() if of == topic}

    def per_topic(self) -> dict[str, int]:
        """How many different events each topic holds."""
        return dict(sorted(Counter(seen.topic for seen in self.events).items()))

    # ---- reading

    async def _topics(self) -> list[str]:
        """All topics there are, except the broker's own."""
        looking = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, group_id=None)
        await looking.start()
        try:
            return sorted(topic for topic in await looking.topics() if not topic.startswith("__"))
        finally:
            await looking.stop()

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            found: dict[TopicPartition, Sequence[ConsumerRecord]] = await consumer.getmany(timeout_ms=_POLL_MS)
            for partition, records in found.items():
                for record in records:
                    self.hear(record)
                    self._handled[partition] = record.offset + 1

    def hear(self, record: ConsumerRecord) -> None:
        """Takes one record."""
        if record.topic.endswith("dead-letters"):
            self.dead.append(f"{record.topic} {record.partition}:{record.offset}")
            return
        try:
            seen = _event(record)
        except (KeyError, ValueError) as error:
            self.faults.append(f"{record.topic} {record.partition}:{record.offset} is no CloudEvent: {error!r}")
            return
        known = self._by_id.get(seen.id)
        if known is not None:
            self.repeats += 1
            if (known.position, known.raw) != (seen.position, seen.raw):
                self.faults.append(f"{seen.topic} {seen.key}: event {seen.id} came in two different versions")
            return
        self._by_id[seen.id] = seen
        self.events.append(seen)
        last = self._last.get((seen.topic, seen.key))
        expected = last.sequence + 1 if last else 1
        if seen.sequence != expected:
            self.faults.append(f"{seen.topic} {seen.key}: event {seen.sequence} came where {expected} was due")
        self._last[seen.topic, seen.key] = seen


def _event(record: ConsumerRecord) -> Seen:
    headers = {name: value.decode() for name, value in record.headers}
    if headers["ce_specversion"] != "1.0" or record.key.decode() != headers["ce_subject"]:
        raise ValueError("another version, or a key that is not the subject")
    return Seen(
        topic=record.topic,
        key=record.key.decode(),
        id=headers["ce_id"],
        name=headers["ce_type"].split(".")[-2],
        sequence=int(headers["ce_sequence"]),
        happened=headers["ce_time"],
        recorded=headers["ce_recordedtime"],
        caused_by=headers.get("ce_causationid"),
        data=json.loads(record.value),
        raw=record.value,
    )
