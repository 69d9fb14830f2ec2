"""A service: its table of contents (`Service`), and one running instance of it (`Runtime`)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog
from fastapi import APIRouter

from shared.aggregate import Aggregate
from shared.clock import Clock
from shared.commands import JOURNAL, Repository, position, recorded_from
from shared.events.base import Stream
from shared.feed import Feed, ReadModel
from shared.messaging import wire
from shared.messaging.consumer import TRANSIENT, Consumer
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.log import Log, LogUnavailable
from shared.messaging.relay import Relay
from shared.observability.metrics import Metrics
from shared.reactions import Mirror, Policy
from shared.settings import Settings
from shared.store.port import Document, Index, Store, StoreUnavailable
from shared.timers import Timers
from shared.world import World

_STUCK_AFTER_S = 60.0
_ASK_AGAIN_S = 10.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Service:
    """What a service consists of: read this first."""

    name: str
    aggregates: tuple[type[Aggregate], ...]
    routers: tuple[APIRouter, ...]
    mirrors: tuple[Mirror, ...] = ()
    policies: tuple[Policy, ...] = ()
    models: tuple[Callable[[World], ReadModel], ...] = ()
    """Read models that every process holds in memory."""
    background: tuple[Callable[[World], Awaitable[None]], ...] = ()
    """Loops of the service's own; each is started once, restarted when it fails, cancelled at the end."""
    settings: type[Settings] = Settings


class Host(Protocol):
    """What feeds the consumer with records."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def ready(self) -> str | None: ...

    def alive(self) -> bool: ...


class Runtime:
    """One instance of a service on some store and log."""

    def __init__(self, service: Service, settings: Settings, store: Store, log: Log, clock: Clock) -> None:
        self.service = service
        self.settings = settings
        self.store = store
        self.log = log
        self.clock = clock
        self.metrics = Metrics()
        self.relay = Relay(
            store,
            log,
            self.metrics,
            recorded_from,
            max_pending=settings.max_pending_events,
            recovery_interval_s=settings.recovery_interval_s,
        )
        self._repositories: dict[type[Aggregate], Repository[Any]] = {
            aggregate: Repository(aggregate, store, clock, self.relay, self.metrics) for aggregate in service.aggregates
        }
        self.timers = Timers(list(self._repositories.values()), clock)
        mirrors = [mirror.name for mirror in service.mirrors]
        self.world = World(service.name, settings, clock, store, self.metrics, self._repositories, mirrors)
        self.feeds = self.world.feeds
        self.feeds += [Feed(make(self.world), log) for make in service.models]
        self._dead_letters = DeadLetters(service.name, store, log, clock, self.metrics)
        self.consumer = Consumer(
            self.world, service.mirrors, service.policies, log, self._dead_letters, self._republish_key
        )
        self._host: Host | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._beats: dict[str, float] = {}

    def repository(self, aggregate: type[Aggregate]) -> Repository[Any]:
        """All aggregates of this type."""
        return self._repositories[aggregate]

    @property
    def streams(self) -> Sequence[Stream]:
        """The streams this service owns."""
        return [aggregate.stream for aggregate in self.service.aggregates]

    # ---- life

    async def prepare(self) -> None:
        """Makes the indexes and counts what an earlier process left behind. `StoreUnavailable` when it cannot."""
        wanted: dict[str, Sequence[Index]] = {JOURNAL: (Index(("position",), unique=True),)}
        for aggregate in self.service.aggregates:
            own = (Index([f"state.{field}" for field in fields]) for fields in aggregate.indexes)
            wanted[aggregate.stream.aggregate] = (Index(("due_at",)), Index(("outbox.committed",)), *own)
        await self.store.ensure_indexes(wanted)
        await self.relay.count_pending(self.streams)

    async def start(self, host: Host) -> None:
        """Starts everything that runs beside the requests. Returns when the first connections stand."""
        await self._until_store_answers()
        self.relay.start()
        self._host = host
        for feed in self.feeds:
            feed.start()
        await host.start()
        self._loops = [
            asyncio.create_task(self._every("recovery", self.settings.recovery_interval_s, self._recover)),
            asyncio.create_task(self._every("timers", self.settings.timer_interval_s, self.timers.ring)),
            asyncio.create_task(self._every("gaps", _ASK_AGAIN_S, self.consumer.ask_again)),
            *(asyncio.create_task(self._keep_running(work)) for work in self.service.background),
        ]

    async def stop(self) -> None:
        """Stops in the order that loses no work: loops, consumer, relay, store."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._host:
            await self._host.stop()
        for feed in self.feeds:
            await feed.stop()
        await self.relay.stop()
        await self.store.close()

    async def readiness(self) -> dict[str, str | None]:
        """What requests need, each with None or the reason why it is not ready."""
        host = self._host.ready() if self._host else "not started yet"
        store, broker = await asyncio.gather(_trouble(self.store.ping()), _trouble(self.log.ping()))
        models = {feed.model.name: None if feed.ready else "still being made" for feed in self.feeds}
        return {"store": store, "broker": broker, "consumer": host, **models}

    def progress(self) -> dict[str, str | None]:
        """Every loop, with None or the reason why it counts as dead: it ended, or did not come round for a minute."""
        found: dict[str, str | None] = {"relay": None if self.relay.alive() else "ended"}
        if self._host:
            found["consumer"] = self.consumer.trouble if self._host.alive() else "ended"
        for feed in self.feeds:
            found[feed.model.name] = feed.trouble if feed.alive() else "ended"
        for name, beat in self._beats.items():
            silent_s = time.monotonic() - beat
            found[name] = f"silent for {silent_s:.0f} s" if silent_s > _STUCK_AFTER_S else None
        return found

    async def _until_store_answers(self) -> None:
        wait_s = 0.1
        while True:
            try:
                await self.prepare()
                return
            except StoreUnavailable as error:
                _log.warning("waiting for the database", reason=str(error))
                await asyncio.sleep(wait_s)
                wait_s = min(2.0, wait_s * 2)

    async def _every(self, name: str, interval_s: float, work: Callable[[], Awaitable[object]]) -> None:
        while True:
            self._beats[name] = time.monotonic()
            try:
                await work()
            except TRANSIENT as error:
                _log.warning("loop waits", loop=name, reason=str(error))
            except Exception:
                _log.exception("loop failed", loop=name)
            await asyncio.sleep(interval_s)

    async def _keep_running(self, work: Callable[[World], Awaitable[None]]) -> None:
        while True:
            try:
                await work(self.world)
                return
            except Exception:
                _log.exception("background work failed", work=work.__name__)
                await asyncio.sleep(1)

    async def _recover(self) -> int:
        await self.log.ping()  # while the broker is away the outboxes are the safest place
        return await self.relay.recover(self.streams)

    # ---- what operators ask for

    async def recover_now(self) -> int:
        """Offers every pending outbox to the relay at once, whatever its age; how many."""
        return await self.relay.recover(self.streams, timedelta(0))

    async def republish(self, topic: str | None = None) -> int:
        """Publishes the journal of ``topic`` (all own topics if None) again, in order; how many events.

        `KeyError` for a topic that is not this service's.
        """
        topics = {stream.topic: stream for stream in self.streams}
        chosen = [topics[topic]] if topic else list(topics.values())
        sent = 0
        for stream in chosen:
            after = ""
            while page := await self.store.collection(stream.aggregate).find(
                {"_id": {"$gt": after}}, limit=100, fields=("version",)
            ):
                for document in page:
                    sent += await self._republish(stream, document["_id"], 1, document["version"])
                after = page[-1]["_id"]
        return sent

    async def _republish_key(self, topic: str, key: str, first: int) -> int:
        stream = next((stream for stream in self.streams if stream.topic == topic), None)
        document = (await self.store.collection(stream.aggregate).get_many([key])).get(key) if stream else None
        if stream is None or document is None:
            _log.warning("asked to republish what is not here", topic=topic, key=key)
            return 0
        return await self._republish(stream, key, max(1, first), document["version"])

    async def _republish(self, stream: Stream, key: str, first: int, last: int) -> int:
        """Sends an aggregate's journalled events ``first`` to ``last``; those still in the outbox go by the relay."""
        wanted = [position(stream, key, sequence) for sequence in range(first, last + 1)]
        entries: list[Document] = []
        for start in range(0, len(wanted), 500):
            entries += await self.store.collection(JOURNAL).find({"position": {"$in": wanted[start : start + 500]}})
        acks = []
        for entry in sorted(entries, key=lambda entry: int(entry["sequence"])):
            record = wire.encode(recorded_from(stream, key, {**entry, "id": entry["_id"]}))
            acks.append(await self.log.send(record.topic, record.key, record.value, record.headers))
        for ack in acks:
            await ack
        return len(acks)

    async def rebuild(self, name: str) -> int:
        """Throws a mirror away and makes it anew from its topic, while events go on arriving; how many records.

        Or this process's read model of that name, from the store (then 0). `KeyError` when there is neither.
        """
        for feed in self.feeds:
            if feed.model.name == name:
                await feed.rebuild()
                return 0
        chosen = {each.name: each for each in self.service.mirrors}[name]
        await self.store.collection(name).drop()
        read = 0
        async for records in self.log.read_all([chosen.stream.topic]):
            await self.consumer.mirror(records, chosen)
            read += len(records)
        return read

    async def dead_letters(self, limit: int = 100) -> Sequence[Document]:
        """The open dead letters, the oldest first."""
        return await self._dead_letters.list(limit)

    async def retry_dead_letters(self, ids: Sequence[str] | None = None) -> int:
        """Sends open dead letters (all if None) to their topics again; how many."""
        return await self._dead_letters.send_again(ids)

    async def status(self) -> dict[str, Any]:
        """Numbers for an operator's eye."""
        return {
            "service": self.service.name,
            "now": self.clock.now().isoformat(),
            "pending_events": self.relay.pending,
            "documents": {name: await self.store.collection(name).count({}) for name in self._collections()},
            "failing_timers": self.timers.failing,
            "dead_letters": await self.store.collection("dead-letters").count({}),
            "gaps": await self.store.collection("gaps").count({}),
        }

    def _collections(self) -> list[str]:
        return [stream.aggregate for stream in self.streams] + [mirror.name for mirror in self.service.mirrors]


async def _trouble(ping: Awaitable[None]) -> str | None:
    try:
        await ping
    except (StoreUnavailable, LogUnavailable) as error:
        return str(error)
    return None
