"""Kafka: the relay's producer, and one FastStream batch subscriber as the host of a service's reactions."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from shared.messaging.log import Headers, LogUnavailable, Offsets, OffsetsGone, Record
from shared.observability.metrics import Metrics

_BATCH_MOST = 500
_BATCH_TIMEOUT_MS = 10
_COMMIT_INTERVAL_S = 0.1
_SESSION_TIMEOUT_MS = 10_000
_log = structlog.get_logger(__name__)


class KafkaLog:
    """An idempotent ``acks=all`` producer that is replaced by a new one after a failure.

    A producer that has lost a batch cannot go on in order, so it is thrown away with all it still holds: every record
    in it fails, the relay keeps the events in their documents and offers them again, oldest first.
    """

    def __init__(self, bootstrap: str, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._trouble: str | None = "not connected yet"
        self._restarting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connects; returns once the broker has answered, however long that takes."""
        wait_s = 0.1
        while True:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                request_timeout_ms=10_000,
            )
            try:
                await producer.start()
            except (KafkaError, OSError) as error:
                self._trouble = f"broker does not answer: {error}"
                with contextlib.suppress(Exception):
                    await producer.stop()
                await asyncio.sleep(wait_s)
                wait_s = min(2.0, wait_s * 2)
            else:
                self._producer, self._trouble = producer, None
                return

    async def stop(self) -> None:
        """Sends what is held, for at most three seconds, and disconnects."""
        if self._restarting:
            self._restarting.cancel()
        if self._producer:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._producer.stop(), 3)

    async def send(self, topic: str, key: bytes | None, value: bytes, headers: Headers) -> asyncio.Future[object]:
        producer = self._producer
        if producer is None:
            raise LogUnavailable(self._trouble or "not connected")
        try:
            acknowledged = await producer.send(topic, value=value, key=key, headers=list(headers))
        except (KafkaError, OSError) as error:
            self._replace(producer, error)
            raise LogUnavailable(repr(error)) from error
        acknowledged.add_done_callback(lambda future: self._look(producer, future))
        answer: asyncio.Future[object] = acknowledged
        return answer

    def _look(self, producer: AIOKafkaProducer, future: asyncio.Future[object]) -> None:
        if not future.cancelled() and (error := future.exception()):
            self._replace(producer, error)

    def _replace(self, producer: AIOKafkaProducer, error: BaseException) -> None:
        if producer is not self._producer:
            return
        _log.warning("producer replaced", reason=repr(error))
        self._producer, self._trouble = None, f"broker does not take records: {error!r}"
        self._restarting = asyncio.create_task(self._restart(producer))

    async def _restart(self, old: AIOKafkaProducer) -> None:
        # stop() would first try to deliver what is held, and so let later records overtake the lost ones
        sender = old._sender
        if sender.sender_task is not None:
            sender.sender_task.cancel()
            await asyncio.gather(sender.sender_task, return_exceptions=True)
        old._message_accumulator.fail_all(LogUnavailable("the producer was replaced"))
        with contextlib.suppress(Exception):
            await old.client.close()
        await self.start()

    async def ping(self) -> None:
        producer = self._producer
        if producer is None:
            raise LogUnavailable(self._trouble or "not connected")
        try:
            await asyncio.wait_for(producer.client.fetch_all_metadata(), 2)
        except (KafkaError, OSError, TimeoutError) as error:
            raise LogUnavailable(f"broker does not answer: {error!r}") from error

    async def read_all(self, topics: Sequence[str]) -> AsyncIterator[Sequence[Record]]:
        async with self._reading(topics, "earliest") as consumer:
            ends = await consumer.end_offsets(consumer.assignment())
            left = {partition for partition, end in ends.items() if end > 0}
            while left:
                for partition, records in (await consumer.getmany(*left, timeout_ms=500)).items():
                    yield [_record(record) for record in records if record.offset < ends[partition]]
                    if await consumer.position(partition) >= ends[partition]:
                        left.discard(partition)

    async def ends(self, topics: Sequence[str]) -> Offsets:
        async with self._reading(topics, "latest") as consumer:
            ends = await consumer.end_offsets(consumer.assignment())
            return {(partition.topic, partition.partition): end for partition, end in ends.items()}

    async def follow(self, topics: Sequence[str], offsets: Offsets) -> AsyncIterator[Sequence[Record]]:
        async with self._reading(topics, "none") as consumer:
            for partition in consumer.assignment():
                consumer.seek(partition, offsets.get((partition.topic, partition.partition), 0))
            while True:
                found = await consumer.getmany(timeout_ms=1000, max_records=_BATCH_MOST)
                if records := [_record(record) for of_partition in found.values() for record in of_partition]:
                    yield records

    @contextlib.asynccontextmanager
    async def _reading(self, topics: Sequence[str], reset: str) -> AsyncIterator[AIOKafkaConsumer]:
        """A consumer of all partitions, in no group. Kafka's errors leave it as the port's."""
        consumer = AIOKafkaConsumer(
            *topics,
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset=reset,
        )
        try:
            await consumer.start()
            yield consumer
        except OffsetOutOfRangeError as error:
            raise OffsetsGone(repr(error)) from error
        except (KafkaError, OSError) as error:
            raise LogUnavailable(repr(error)) from error
        finally:
            await consumer.stop()


def _record(raw: ConsumerRecord) -> Record:
    return Record(raw.topic, raw.partition, raw.offset, raw.key, raw.value, raw.headers)


class _Offsets(ConsumerRebalanceListener):  # type: ignore[misc]
    """Commits, every 100 ms, the offsets whose records have had their effect; only of partitions still assigned."""

    def __init__(self) -> None:
        self._reached: dict[TopicPartition, int] = {}
        self.assigned: frozenset[TopicPartition] = frozenset()
        self.joined = False

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self._reached.clear()
        self.assigned = frozenset()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._reached.clear()
        self.assigned = frozenset(assigned)
        self.joined = True

    def note(self, records: Sequence[ConsumerRecord]) -> None:
        """These records have had their effect."""
        for record in records:
            self._reached[TopicPartition(record.topic, record.partition)] = record.offset + 1

    async def commit(self, consumer: AIOKafkaConsumer) -> None:
        """Commits what was noted. A failure costs nothing but repeats: the offsets are noted again or lost."""
        mine = consumer.assignment()
        reached = {partition: offset for partition, offset in self._reached.items() if partition in mine}
        self._reached.clear()
        if not reached:
            return
        try:
            await consumer.commit(reached)
        except KafkaError as error:
            _log.warning("offsets not committed", reason=repr(error))


class KafkaHost:
    """Subscribes a service to its topics and hands every batch to ``handle``.

    ``handle`` returns when the records have had their effect and raises only when cancelled. The group is the
    service; the member is static (service and replica), so a killed process is back in its partitions at once.
    """

    def __init__(
        self,
        service: str,
        replica: str,
        bootstrap: str,
        topics: Sequence[str],
        handle: Callable[[Sequence[Record]], Awaitable[None]],
        metrics: Metrics,
    ) -> None:
        self._handle = handle
        self._metrics = metrics
        self._offsets = _Offsets()
        self._stopping = False
        self._committer: asyncio.Task[None] | None = None
        self._broker = KafkaBroker(
            bootstrap,
            client_id=f"{service}-{replica}",
            consumer_only=True,
            allow_auto_create_topics=False,
            apply_types=False,
            logger=logging.getLogger("faststream"),
            log_level=logging.DEBUG,
            graceful_timeout=10.0,
        )
        self._subscriber = self._broker.subscriber(
            *topics,
            batch=True,
            group_id=service,
            group_instance_id=f"{service}-{replica}",
            auto_offset_reset="earliest",
            session_timeout_ms=_SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=_SESSION_TIMEOUT_MS // 4,
            max_records=_BATCH_MOST,
            batch_timeout_ms=_BATCH_TIMEOUT_MS,
            ack_policy=AckPolicy.MANUAL,
            listener=self._offsets,
            parser=_raw,
            decoder=_undecoded,
        )
        self._subscriber(self._on_batch)

    async def start(self) -> None:
        """Joins the group; returns once the broker has answered, however long that takes."""
        wait_s = 0.1
        while True:
            try:
                await self._broker.start()
                break
            except (KafkaError, OSError) as error:
                _log.warning("consumer waits for the broker", reason=repr(error))
                with contextlib.suppress(Exception):
                    await self._broker.stop()
                await asyncio.sleep(wait_s)
                wait_s = min(2.0, wait_s * 2)
        self._committer = asyncio.create_task(self._commit_forever())

    async def stop(self) -> None:
        """Lets the batch in hand finish, commits its offsets, and leaves."""
        self._stopping = True
        if self._committer:
            self._committer.cancel()
            await asyncio.gather(self._committer, return_exceptions=True)
        if consumer := self._subscriber.consumer:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._offsets.commit(consumer), 3)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._broker.stop(), 10)

    def ready(self) -> str | None:
        """None once partitions are assigned, else the reason."""
        return None if self._offsets.joined and self._offsets.assigned else "no partitions assigned yet"

    def alive(self) -> bool:
        """Whether the loops still run."""
        polling = any(not task.done() for task in self._subscriber.tasks)
        return polling and self._committer is not None and not self._committer.done()

    async def _on_batch(self, records: Sequence[ConsumerRecord]) -> None:
        if self._stopping:
            return  # not noted, so it comes again
        self._metrics.in_flight_records.set(len(records))
        await self._handle([_record(record) for record in records])
        self._offsets.note(records)
        self._metrics.in_flight_records.set(0)
        if consumer := self._subscriber.consumer:
            for record in {(record.topic, record.partition): record for record in records}.values():
                end = consumer.highwater(TopicPartition(record.topic, record.partition))
                lag = max(0, end - record.offset - 1) if end is not None else 0
                self._metrics.lag.labels(topic=record.topic, partition=record.partition).set(lag)

    async def _commit_forever(self) -> None:
        while True:
            await asyncio.sleep(_COMMIT_INTERVAL_S)
            if consumer := self._subscriber.consumer:
                await self._offsets.commit(consumer)


async def _raw(message: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """Takes records as they are: the default parser drops a batch with a header that is not UTF-8."""
    return KafkaMessage(body=b"", raw_message=message, consumer=None)  # type: ignore[arg-type]


async def _undecoded(message: KafkaMessage) -> object:
    return message.raw_message
