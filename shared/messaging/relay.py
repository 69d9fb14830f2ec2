"""The relay: what a document holds to be published goes to its topic, then to the journal, then out of the document.

Invariant: a consumer may see an event twice, but never an aggregate's event n+2 before its n+1. For that the relay
always gets a document's *whole* pending outbox, publishes it in order, and takes events out only when the broker has
acknowledged them and the journal has them. There is no leader and no lease: whoever commits publishes, and what a
dead process left behind is found by the recovery scan of any replica.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from shared.clock import instant_text
from shared.events.base import Recorded, Stream
from shared.messaging import wire
from shared.messaging.log import LogUnavailable, Producer
from shared.observability.metrics import Metrics
from shared.store.port import Collection, Document, Insert, Settle, Store, StoreUnavailable

_SETTLE_MOST = 100
_REMEMBERED = 10_000
_log = structlog.get_logger(__name__)

T = TypeVar("T")


class Overloaded(Exception):
    """Too many events wait for the broker; nothing was done, come back after ``retry_after_s`` seconds."""

    retry_after_s = 5


@dataclass(frozen=True)
class _Source:
    """Where an outbox stands."""

    stream: Stream
    id: str


@dataclass(frozen=True)
class _Settled:
    """Outboxes whose events the journal has up to a sequence, and how many of these it did not have before."""

    through: Mapping[_Source, int]
    new: int


class Relay:
    """Publishes the outboxes of one service's documents. ``decode`` makes a `Recorded` of an outbox entry."""

    def __init__(
        self,
        store: Store,
        producer: Producer,
        metrics: Metrics,
        decode: Callable[[Stream, str, Document], Recorded],
        *,
        max_pending: int,
        recovery_interval_s: float,
    ) -> None:
        self._store = store
        self._journal: Collection = store.collection("journal")
        self._producer = producer
        self._metrics = metrics
        self._decode = decode
        self._max_pending = max_pending
        self._recovery_interval_s = recovery_interval_s
        self._offers: dict[_Source, list[Document]] = {}
        self._ready: asyncio.Queue[_Source] = asyncio.Queue()
        self._flying: set[_Source] = set()
        self._acknowledged: dict[_Source, int] = {}
        self._to_settle: list[tuple[_Source, list[Document]]] = []
        self._settling = 0
        self._emptying: asyncio.Queue[_Settled] = asyncio.Queue(maxsize=1)
        self._wake_settler = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.pending = 0
        """Events committed and not yet settled, as far as this process knows."""

    # ---- what the repository calls

    def admit(self) -> None:
        """Raises `Overloaded` while too many events wait for the broker."""
        if self.pending >= self._max_pending:
            raise Overloaded(f"{self.pending} events wait to be published")

    def offer(self, stream: Stream, id: str, outbox: Sequence[Document], new: int = 0) -> None:
        """Takes a document's whole pending outbox, of which the last ``new`` events were just committed."""
        self.pending += new
        self._metrics.outbox_depth.set(self.pending)
        source = _Source(stream, id)
        waiting = source in self._offers
        self._offers[source] = list(outbox)
        if not waiting and source not in self._flying:
            self._ready.put_nowait(source)

    # ---- life

    def start(self) -> None:
        """Starts publishing; `recover` must be called at intervals beside it."""
        loops = (self._publish_forever, self._journal_forever, self._empty_forever)
        self._tasks = [asyncio.create_task(loop()) for loop in loops]

    async def stop(self, grace_s: float = 5.0) -> None:
        """Publishes and settles what is under way for at most ``grace_s`` seconds, then stops; the rest stays safe in
        the documents."""
        try:
            await asyncio.wait_for(self.drain(), grace_s)
        except TimeoutError:
            _log.warning("relay stopped with events pending", pending=self.pending)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def alive(self) -> bool:
        """Whether the loops still run."""
        return all(not task.done() for task in self._tasks)

    async def drain(self) -> None:
        """Returns when nothing that was offered is unpublished or unsettled."""
        while self.busy():
            await asyncio.sleep(0.001)

    def busy(self) -> bool:
        """Whether anything offered is unpublished or unsettled."""
        return bool(self._offers or self._flying or self._to_settle or self._settling)

    async def recover(self, streams: Iterable[Stream], older_than: timedelta | None = None) -> int:
        """Offers every outbox that holds an event older than ``older_than`` (the recovery interval if not given):
        those of a process that died, or whose publishing failed. Returns how many documents it found."""
        age = timedelta(seconds=self._recovery_interval_s) if older_than is None else older_than
        cutoff = instant_text(datetime.now(UTC) - age)
        found = 0
        oldest: str | None = None
        for stream in streams:
            after = ""
            while True:
                stuck = await self._store.collection(stream.aggregate).find(
                    {"_id": {"$gt": after}, "outbox.committed": {"$lte": cutoff}}, limit=200, fields=("outbox",)
                )
                for document in stuck:
                    first = min(entry["committed"] for entry in document["outbox"])
                    oldest = min(oldest or first, first)
                    source = _Source(stream, document["_id"])
                    if source not in self._offers and source not in self._flying:
                        self.offer(stream, document["_id"], document["outbox"])
                found += len(stuck)
                if len(stuck) < 200:
                    break
                after = stuck[-1]["_id"]
        age_s = (datetime.now(UTC) - datetime.fromisoformat(oldest)).total_seconds() if oldest else 0.0
        self._metrics.outbox_age.set(age_s)
        if not found and not self.busy():  # another replica may have settled what this one counted
            self.pending = 0
        return found

    async def count_pending(self, streams: Iterable[Stream]) -> None:
        """Learns at start how many events earlier processes left behind."""
        for stream in streams:
            left = await self._store.collection(stream.aggregate).find(
                {"outbox.sequence": {"$gte": 1}}, fields=("outbox",)
            )
            self.pending += sum(len(document["outbox"]) for document in left)

    # ---- publishing

    async def _publish_forever(self) -> None:
        while True:
            source = await self._ready.get()
            outbox = self._offers.pop(source)
            self._flying.add(source)
            await self._publish(source, outbox)

    async def _publish(self, source: _Source, outbox: list[Document]) -> None:
        """Sends what is not yet acknowledged, in order, without waiting for the acknowledgements."""
        acknowledged = self._acknowledged.get(source, 0)
        entries = [entry for entry in outbox if entry["sequence"] > acknowledged]
        acks: list[asyncio.Future[object]] = []
        try:
            for entry in self.due_to_publish(entries):
                record = wire.encode(self._decode(source.stream, source.id, entry))
                acks.append(await self._producer.send(record.topic, record.key, record.value, record.headers))
        except LogUnavailable as error:
            self._failed(source, error)
            return
        if acks:  # same key, same partition: the last acknowledgement comes after all others
            acks[-1].add_done_callback(lambda _: self._answered(source, entries, acks))
        else:
            self._landed(source)

    @staticmethod
    def due_to_publish(entries: list[Document]) -> list[Document]:
        """All of them: an event left out here would be overtaken by the next."""
        return entries

    def _answered(self, source: _Source, entries: list[Document], acks: list[asyncio.Future[object]]) -> None:
        errors = [
            ack.exception() if ack.done() and not ack.cancelled() else LogUnavailable("no acknowledgement")
            for ack in acks
        ]
        failure = next((error for error in errors if error), None)
        if failure:
            self._failed(source, failure)
            return
        self._remember(source, entries[-1]["sequence"])
        self._metrics.published.labels(topic=source.stream.topic).inc(len(entries))
        self._to_settle.append((source, entries))
        self._wake_settler.set()
        self._landed(source)

    def _remember(self, source: _Source, sequence: int) -> None:
        """Events up to ``sequence`` are on the topic: a commit that had read the outbox earlier offers them again."""
        self._acknowledged.pop(source, None)
        self._acknowledged[source] = sequence
        if len(self._acknowledged) > _REMEMBERED:
            del self._acknowledged[next(iter(self._acknowledged))]

    def _failed(self, source: _Source, error: BaseException) -> None:
        """The events stay in their document; the recovery scan offers them again."""
        _log.warning("publishing failed", topic=source.stream.topic, key=source.id, reason=str(error))
        self._metrics.publish_failures.inc()
        self._offers.pop(source, None)
        self._flying.discard(source)

    def _landed(self, source: _Source) -> None:
        self._flying.discard(source)
        if source in self._offers:
            self._ready.put_nowait(source)

    # ---- journal, then out of the outbox

    async def _journal_forever(self) -> None:
        """Batches are journalled in order and leave their outboxes in order, the one while the next does the other."""
        while True:
            await self._wake_settler.wait()
            self._wake_settler.clear()
            while self._to_settle:
                batch, self._to_settle = self._to_settle[:_SETTLE_MOST], self._to_settle[_SETTLE_MOST:]
                self._settling += 1
                settled = await _patiently(partial(self._journalled, batch))
                await self._emptying.put(settled)

    async def _empty_forever(self) -> None:
        while True:
            settled = await self._emptying.get()
            await _patiently(partial(self._empty, settled.through))
            self._settling -= 1
            self.pending = max(0, self.pending - settled.new)
            self._metrics.outbox_depth.set(self.pending)

    async def _journalled(self, batch: Sequence[tuple[_Source, list[Document]]]) -> _Settled:
        """Writes the events of ``batch`` into the journal; how far the outboxes may be emptied now."""
        entries = {entry["id"]: (source, entry) for source, group in batch for entry in group}
        inserted = await self._journal.write([
            Insert({
                "_id": id,
                "position": f"{source.stream.topic}/{source.id}#{entry['sequence']}",
                **{name: value for name, value in entry.items() if name not in ("id", "committed")},
            })
            for id, (source, entry) in entries.items()
        ])  # fmt: skip
        repeated = [id for id, new in zip(entries, inserted, strict=True) if not new]
        forked = set(repeated) - set(await self._journal.get_many(repeated)) if repeated else set()
        for id in forked:  # two events claim one version: cannot happen while the compare-and-set holds
            _log.error("the journal has another event at this position", event=id, key=entries[id][0].id)
        through: dict[_Source, int] = {}
        for source, group in batch:
            if not any(entry["id"] in forked for entry in group):
                through[source] = max(through.get(source, 0), group[-1]["sequence"])
        return _Settled(through, len(entries) - len(repeated))

    async def _empty(self, through: Mapping[_Source, int]) -> None:
        for aggregate in {source.stream.aggregate for source in through}:
            await self._store.collection(aggregate).write([
                Settle(source.id, last) for source, last in through.items() if source.stream.aggregate == aggregate
            ])  # fmt: skip


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    """What ``work`` returns, however long the database is away."""
    while True:
        try:
            return await work()
        except StoreUnavailable as error:
            _log.warning("settling waits", reason=str(error))
            await asyncio.sleep(0.5)
