"""A stranger at the topics: plain aiokafka, and nothing of the project but the topics' names."""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

T = TypeVar("T")


@dataclass(frozen=True)
class Seen:
    """A record as it lies there. ``headers`` are text; those that are none are shown with replacement characters."""

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes | None
    headers: dict[str, str]

    @property
    def id(self) -> str:
        return self.headers["ce_id"]

    @property
    def sequence(self) -> int:
        return int(self.headers["ce_sequence"])

    @property
    def kind(self) -> str:
        """``CenterClosed`` of ``org.mine.directory.CenterClosed.v1``."""
        return self.headers["ce_type"].split(".")[3]

    @property
    def cause(self) -> str | None:
        return self.headers.get("ce_causationid")

    @property
    def correlation(self) -> str:
        return self.headers["ce_correlationid"]

    @property
    def data(self) -> Any:
        return json.loads(self.value or b"null")


def read(bootstrap: str, *topics: str) -> list[Seen]:
    """All records of ``topics`` from the beginning to their present end, in order within each partition."""
    return _alone(lambda: _read(bootstrap, topics))


def send(bootstrap: str, topic: str, key: bytes | None, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
    """Puts a record on a topic, whatever is in it."""

    async def work() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
        await producer.start()
        try:
            await producer.send_and_wait(topic, value, key=key, headers=list(headers))
        finally:
            await producer.stop()

    _alone(work)


def lag(bootstrap: str, group: str, topics: Iterable[str]) -> int:
    """How many records of ``topics`` the group has not committed yet. The ends are looked up after the commits."""

    async def work() -> int:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            committed = await admin.list_consumer_group_offsets(group)
            await consumer.start()
            ends = await consumer.end_offsets(await _partitions(bootstrap, topics))
        finally:
            await consumer.stop()
            await admin.close()
        reached = {place: max(0, found.offset) for place, found in committed.items()}
        return sum(end - reached.get(place, 0) for place, end in ends.items())

    return _alone(work)


async def _read(bootstrap: str, topics: Iterable[str]) -> list[Seen]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        places = await _partitions(bootstrap, topics)
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        left = {place for place, end in ends.items() if end}
        found: list[Seen] = []
        while left:
            for place, records in (await consumer.getmany(*left, timeout_ms=500)).items():
                found += [_seen(record) for record in records if record.offset < ends[place]]
            left = {place for place in left if await consumer.position(place) < ends[place]}
        return sorted(found, key=lambda seen: (seen.topic, seen.partition, seen.offset))
    finally:
        await consumer.stop()


async def _partitions(bootstrap: str, topics: Iterable[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        found = await admin.describe_topics(sorted(topics))
    finally:
        await admin.close()
    unknown = [topic["topic"] for topic in found if topic["error_code"]]
    assert not unknown, f"there are no topics {unknown}"
    return [TopicPartition(topic["topic"], part["partition"]) for topic in found for part in topic["partitions"]]


def _seen(record: Any) -> Seen:
    return Seen(
        record.topic,
        record.partition,
        record.offset,
        record.key.decode(errors="replace") if record.key is not None else None,
        record.value,
        {name: value.decode(errors="replace") for name, value in record.headers},
    )


def _alone(work: Callable[[], Any]) -> Any:
    """Waits for ``work`` on a loop of its own, so that it may be called under a running one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()
