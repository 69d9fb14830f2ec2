"""From records to effects: mirrors written, policies' commands carried out, what cannot be handled set aside.

Invariants: when `Consumer.handle` returns, every record it was given has had its effect or is a dead letter, durably,
so its offset may be committed. Effect is once although delivery is at least once: a mirror is written only by a newer
version, a policy's command has an id that the journal knows. An aggregate's events are reacted to one after the other
and without holes: a gap is noticed, the owner is asked for the missing events, and nothing runs past it meanwhile.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from shared.aggregate import Aggregate, Refusal
from shared.clock import instant_text
from shared.commands import AddressInPublic, Attempt, Command, Contention, Receipt, TooLarge
from shared.events import catalogue
from shared.events.base import Received, Recorded
from shared.events.unreadable import Unreadable
from shared.messaging import wire
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.log import LogUnavailable, Producer, Record
from shared.messaging.relay import Overloaded
from shared.observability import tracing
from shared.reactions import Change, Intent, Mirror, Policy, command_id
from shared.store.port import Advance, Document, Put, Remove, StoreUnavailable
from shared.world import World

TRANSIENT = (StoreUnavailable, LogUnavailable, Overloaded, Contention)
"""Nobody's fault and passing: waited out for as long as it lasts, without dead letters."""

_UNFIT = (TooLarge, AddressInPublic)
"""The kernel's own refusals. They do not say that the world has moved on, but that the reaction is wrong."""

_TRIES = 5
_INBOX = "inbox"
_GAPS = "gaps"
_log = structlog.get_logger(__name__)


@dataclass
class _Event:
    """A readable record on its way through the policies."""

    record: Record
    recorded: Recorded
    failure: Exception | None = None
    tries: int = 0


@dataclass
class _Work:
    """A command that some policy wants, and the event it answers."""

    event: _Event
    policy: str
    attempt: Attempt[Any]


@dataclass
class _Batch:
    """Records sorted by what has to be done with them."""

    events: list[_Event] = field(default_factory=list)
    unreadable: list[tuple[Record, str]] = field(default_factory=list)
    requests: list[Record] = field(default_factory=list)


class Consumer:
    """All reactions of one service. Knows no Kafka consumer: it is given records in the order of their offsets."""

    def __init__(
        self,
        world: World,
        mirrors: Sequence[Mirror],
        policies: Sequence[Policy],
        producer: Producer,
        dead_letters: DeadLetters,
        republish: Callable[[str, str, int], Awaitable[int]],
    ) -> None:
        self._world = world
        self._mirrors: dict[str, list[Mirror]] = defaultdict(list)
        for mirror in mirrors:
            self._mirrors[mirror.stream.topic].append(mirror)
        self._policies: dict[str, list[Policy]] = defaultdict(list)
        for policy in policies:
            for event in policy.events:
                self._policies[policy.stream.type_of(event)].append(policy)
        self._reacting = {policy.stream.topic for policy in policies}
        self._requests_topic = catalogue.republish_requests(world.service)
        self._inbox = world.store.collection(_INBOX)
        self._gaps = world.store.collection(_GAPS)
        self._producer = producer
        self._dead_letters = dead_letters
        self._republish = republish
        self.topics = sorted({*self._mirrors, *self._reacting, self._requests_topic})
        """What to subscribe to."""
        self.trouble: str | None = None
        """Why the batch in hand does not get done although the engines answer; waiting will not cure it."""

    async def handle(self, records: Sequence[Record]) -> None:
        """Gives ``records`` their effects, however long the store or broker is away; raises only when cancelled."""
        attempt = 0
        while True:
            try:
                await self._handle(records)
                self.trouble = None
                return
            except Exception as error:
                attempt += 1
                transient = isinstance(error, TRANSIENT)
                self.trouble = None if transient else repr(error)
                _log.warning("batch waits", reason=repr(error), attempt=attempt, exc_info=not transient)
                self._world.metrics.retries.labels(reason="transient" if transient else "bug").inc()
                await asyncio.sleep(random.uniform(0.5, 1.0) * min(5.0, 0.05 * 2**attempt))

    async def _handle(self, records: Sequence[Record]) -> None:
        batch = self._sort(records)
        for record, reason in batch.unreadable:
            await self._dead_letters.add(record, reason, attempts=1)
        await self._mirror(batch.events)
        await self._react([event for event in batch.events if event.record.topic in self._reacting])
        for record in batch.requests:
            await self._answer(record)
        for topic, count in Counter(event.record.topic for event in batch.events).items():
            self._world.metrics.handled.labels(topic=topic).inc(count)

    def _sort(self, records: Sequence[Record]) -> _Batch:
        batch = _Batch()
        for record in records:
            if record.topic == self._requests_topic:
                batch.requests.append(record)
                continue
            try:
                recorded = wire.decode(record.topic, record.key, record.value, record.headers)
            except Unreadable as error:
                batch.unreadable.append((record, str(error)))
                continue
            if catalogue.event_type(recorded.type) is None:
                self._world.metrics.unknown_types.labels(type=recorded.type).inc()
            batch.events.append(_Event(record, recorded))
        return batch

    # ---- mirrors

    async def mirror(self, records: Sequence[Record], mirror: Mirror) -> None:
        """Writes what ``records`` mean for one mirror and does nothing else: for rebuilding it."""
        await self._write(mirror, _newest(self._sort(records).events))

    async def _mirror(self, events: Sequence[_Event]) -> None:
        """Writes the newest snapshot of each aggregate into the mirrors of its topic."""
        by_topic: dict[str, list[_Event]] = defaultdict(list)
        for event in _newest(events):
            by_topic[event.recorded.topic].append(event)
        for topic, newest in by_topic.items():
            for mirror in self._mirrors.get(topic, ()):
                await self._write(mirror, newest)

    async def _write(self, mirror: Mirror, newest: Sequence[_Event]) -> None:
        writes = []
        for event in newest:
            try:
                kept = mirror.keep(catalogue.snapshot_of(event.recorded))
            except Exception as error:  # bad data, or a bug in keep: neither passes by itself
                await self._dead_letters.add(event.record, f"mirror {mirror.name}: {error!r}", attempts=1)
            else:
                writes.append(self.mirrored(event.recorded.key, event.recorded.sequence, kept))
        if writes:
            await self._world.store.collection(mirror.name).write(writes)

    @staticmethod
    def mirrored(key: str, sequence: int, kept: Mapping[str, Any]) -> Advance | Put:
        """The write of a mirror's document, open to newer versions only."""
        return Advance(key, sequence, {"_id": key, "version": sequence, **kept})

    # ---- policies

    async def _react(self, events: Sequence[_Event]) -> None:
        """Runs the policies in waves; in a wave each aggregate has one event, so its events follow each other."""
        if not events:
            return
        places = list({_place(event) for event in events})
        inbox = await self._inbox.get_many(places)
        seen = {place: int(inbox[place]["version"]) if place in inbox else 0 for place in places}
        again = await self._to_run_again(events, seen)
        queues: dict[str, list[_Event]] = defaultdict(list)
        for event in events:
            queues[_place(event)].append(event)
        while queues:
            wave = []
            for place in list(queues):
                following = self._next(queues[place], seen[place], again)
                if following is not None and following.recorded.sequence > seen[place] + 1:
                    await self._ask_for_gap(following, seen[place] + 1)
                    queues[place].clear()
                elif following is not None:
                    wave.append(following)
                if not queues[place]:
                    del queues[place]
            await self._run(wave)
            advanced = {
                _place(event): event.recorded.sequence
                for event in wave
                if event.recorded.sequence > seen[_place(event)]
            }
            seen.update(advanced)
            if advanced:
                await self._inbox.write([
                    Advance(place, version, {"_id": place, "version": version})
                    for place, version in advanced.items()
                ])  # fmt: skip
            await self._dead_letters.settled([
                _position(event) for event in wave if _position(event) in again and event.failure is None
            ])  # fmt: skip

    def _next(self, queue: list[_Event], seen: int, again: set[str]) -> _Event | None:
        """Takes the first event of ``queue`` that has not been reacted to; repeats are dropped."""
        while queue:
            event = queue.pop(0)
            if event.recorded.sequence > seen or _position(event) in again:
                return event
        return None

    async def _to_run_again(self, events: Sequence[_Event], seen: Mapping[str, int]) -> set[str]:
        """Of the events seen before, those that became dead letters: an operator has sent them again."""
        repeats = [event for event in events if event.recorded.sequence <= seen[_place(event)]]
        return await self._dead_letters.open_positions([_position(event) for event in repeats]) if repeats else set()

    async def _run(self, events: Sequence[_Event]) -> None:
        """Runs every policy of these events; what fails by itself is retried a few times, then set aside."""
        waiting = list(events)
        while waiting:
            work: list[_Work] = []
            for event in waiting:
                event.failure = None
                try:
                    work += await self._decide(event)
                except TRANSIENT:
                    raise
                except Exception as error:
                    event.failure = error
            await self._execute(work)
            failed = [event for event in waiting if event.failure is not None]
            for event in failed:
                event.tries = _TRIES if isinstance(event.failure, Unreadable) else event.tries + 1
                self._world.metrics.retries.labels(reason="reaction").inc()
                if event.tries >= _TRIES:
                    reason = f"{type(event.failure).__name__}: {event.failure}"
                    await self._dead_letters.add(event.record, reason, attempts=event.tries, position=_position(event))
            waiting = [event for event in failed if event.tries < _TRIES]
            if waiting:
                await asyncio.sleep(random.uniform(0.5, 1.0) * 0.05 * 2 ** max(event.tries for event in waiting))

    async def _decide(self, event: _Event) -> list[_Work]:
        """What the policies want done about this event."""
        policies = self._policies.get(event.recorded.type, [])
        if not policies:
            return []
        received: Received[Any] | None = catalogue.parse(event.recorded)
        assert received is not None, "a type with policies is known"
        work = []
        with tracing.continued(event.recorded.traceparent, event.recorded.correlation) as trace:
            for policy in policies:
                targets: Counter[tuple[str, str]] = Counter()
                for intent in await policy.react(received, self._world):
                    target = (intent.aggregate.__name__, intent.id or "")
                    targets[target] += 1
                    id = command_id(event.recorded.id, policy.name, *target, targets[target])
                    attempt = self._attempt(id, policy, event.recorded, intent, str(trace))
                    work.append(_Work(event, policy.name, attempt))
        return work

    def _attempt(self, id: str, policy: Policy, cause: Recorded, intent: Intent, traceparent: str) -> Attempt[Any]:
        command = Command(
            id=id,
            actor=policy.name,
            correlation=cause.correlation,
            causation=cause.id,
            traceparent=traceparent,
        )
        repository = self._world.repository(intent.aggregate)
        if isinstance(intent, Change):
            return repository.changing(intent.id, command, intent.decide, intent.begin)
        return repository.creation(command, intent.build, intent.id)

    async def _execute(self, work: Sequence[_Work]) -> None:
        """Carries out the commands, those of one aggregate type together.

        What one policy wants done about one event is done in its order, a step for each aggregate type in a row: a
        step is taken when all before it is durable. After one that failed the next ones wait for the retry.
        """
        queues: dict[tuple[int, str], list[_Work]] = defaultdict(list)
        for item in work:
            queues[id(item.event), item.policy].append(item)
        while queues:
            by_type: dict[type[Aggregate], list[_Work]] = defaultdict(list)
            for queue in queues.values():
                kind = queue[0].attempt.aggregate
                while queue and queue[0].attempt.aggregate is kind:
                    by_type[kind].append(queue.pop(0))
            failed: set[tuple[int, str]] = set()
            for aggregate, items in by_type.items():
                failed |= await self._step(aggregate, items)
            queues = defaultdict(list, {key: queue for key, queue in queues.items() if queue and key not in failed})

    async def _step(self, aggregate: type[Aggregate], items: Sequence[_Work]) -> set[tuple[int, str]]:
        """Carries out commands on one aggregate type; the queues in which one of them failed by itself."""
        results = await self._world.repository(aggregate).execute([item.attempt for item in items])
        failed = set()
        for item, result in zip(items, results, strict=True):
            if isinstance(result, Receipt):
                continue
            if isinstance(result, TRANSIENT):
                raise result
            if isinstance(result, Refusal) and not isinstance(result, _UNFIT):  # the world has moved on
                _log.debug("policy refused", command=item.attempt.command.actor, code=result.code)
            else:
                item.event.failure = result
                failed.add((id(item.event), item.policy))
        return failed

    # ---- gaps

    async def _ask_for_gap(self, event: _Event, missing: int) -> None:
        """Remembers that events are missing and asks their owner for them, from ``missing`` on."""
        _log.warning("gap", topic=event.record.topic, key=event.recorded.key, missing=missing)
        self._world.metrics.gaps.inc()
        gap: Document = {
            "_id": _place(event),
            "topic": event.record.topic,
            "key": event.recorded.key,
            "missing": missing,
            "noticed": instant_text(self._world.clock.now()),
        }
        await self._gaps.write([Put(gap["_id"], gap)])
        await self._ask(gap)

    async def _ask(self, gap: Mapping[str, Any]) -> None:
        owner = str(gap["topic"]).split(".", 1)[0]
        request = orjson.dumps({"topic": gap["topic"], "key": gap["key"], "from": gap["missing"]})
        await (await self._producer.send(catalogue.republish_requests(owner), str(gap["key"]).encode(), request, []))

    async def ask_again(self) -> int:
        """Asks once more for every gap that is still open and forgets those that have closed; how many are open."""
        gaps = await self._gaps.find({})
        inbox = await self._inbox.get_many([gap["_id"] for gap in gaps]) if gaps else {}
        still_open = 0
        for gap in gaps:
            if gap["_id"] in inbox and inbox[gap["_id"]]["version"] >= gap["missing"]:
                await self._gaps.write([Remove(gap["_id"])])
            else:
                still_open += 1
                await self._ask(gap)
        return still_open

    async def _answer(self, record: Record) -> None:
        """Somebody misses events of ours: publishes them again. A request that makes no sense is set aside."""
        try:
            request = orjson.loads(record.value or b"")
            topic, key, first = str(request["topic"]), str(request["key"]), int(request["from"])
        except (ValueError, KeyError, TypeError):
            await self._dead_letters.add(record, "not a request to republish", attempts=1)
            return
        await self._republish(topic, key, first)


def _newest(events: Sequence[_Event]) -> list[_Event]:
    """Of each aggregate the event with the highest sequence, among those whose type is known."""
    newest: dict[str, _Event] = {}
    for event in events:
        place = _place(event)
        known = catalogue.event_type(event.recorded.type) is not None
        if known and (place not in newest or newest[place].recorded.sequence < event.recorded.sequence):
            newest[place] = event
    return list(newest.values())


def _place(event: _Event) -> str:
    return f"{event.recorded.topic}/{event.recorded.key}"


def _position(event: _Event) -> str:
    return f"{event.recorded.topic}/{event.recorded.key}#{event.recorded.sequence}"
