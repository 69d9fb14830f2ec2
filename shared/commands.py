"""From a command to one durable write: the repository.

The document is the transaction: an aggregate's state, its version and its events to be published stand in one
document and are written in one compare-and-set. A command's events have ids derived from the command's id, so
"was it carried out?" means "is its first event in the outbox or in the journal?", for ever and without a window.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import orjson
from pydantic import BaseModel, Field

from shared.addresses import found_in
from shared.aggregate import Aggregate, NotFound, Refusal, Why
from shared.clock import Clock, Instant, instant_text, to_instant
from shared.coalescer import Coalescer
from shared.events.base import Recorded, Snapshot, Stream
from shared.ids import derived_id
from shared.messaging.relay import Relay
from shared.observability.metrics import Metrics
from shared.store.port import Collection, Document, Filter, Order, Store, Swap

JOURNAL = "journal"
REMEMBERED = 50
"""How many of its latest command ids a document keeps; only when there were more is the journal asked."""
_ATTEMPTS = 12
_EVENT_MOST = 900_000  # the broker takes a record of a million bytes, headers included


class AlreadyExists(Refusal):
    """Another command has created this aggregate."""

    code = "already-exists"


class StaleVersion(Refusal):
    """The caller's edit is based on a version that is no longer the present one (412)."""

    code = "stale-version"


class KeyReused(Refusal):
    """The idempotency key was used before, for something else."""

    code = "idempotency-key-reused"
    why = Why.INVALID


class TooLarge(Refusal):
    """The command would record an event larger than a topic takes."""

    code = "too-large"
    why = Why.INVALID


class AddressInPublic(Refusal):
    """A mail address stands in what everybody may read, for ever: a name, a title. Events carry none."""

    code = "address-in-public"
    why = Why.INVALID


class Contention(Exception):
    """The aggregate changed under every attempt to write; nothing was written, the command may be repeated."""


@dataclass(frozen=True)
class Command:
    """Identity and context of one command. Repeating it with the same ``id`` has no second effect.

    ``fingerprint`` is a digest of what was asked, to refuse the same id for something else. ``actor`` is a role or
    the name of a policy or timer, never a person. ``expected`` is the version an edit is based on.
    """

    id: str
    fingerprint: str = ""
    actor: str = "system"
    correlation: str = ""
    causation: str | None = None
    traceparent: str | None = None
    expected: int | None = None


S = TypeVar("S", bound=Snapshot)
A = TypeVar("A", bound=Aggregate)


class Receipt(BaseModel, Generic[S]):
    """What a command did. Made of its events alone, so that a repeat gets the same answer byte for byte."""

    id: str = Field(description="The aggregate's id.")
    version: int = Field(description="Its version after the command; also the ETag.")
    events: list[str] = Field(description="What happened, in order; empty when nothing had to be done.")
    recorded: Instant = Field(description="When the command was carried out.")
    snapshot: S = Field(description="The public view of the aggregate right after the command.")

    _replayed: bool = False

    @property
    def replayed(self) -> bool:
        """Whether this answers a repeat of a command carried out before."""
        return self._replayed


@dataclass(frozen=True)
class Loaded(Generic[A]):
    """An aggregate with the version it was loaded at, and when it last changed."""

    aggregate: A
    version: int
    changed: datetime


@dataclass(frozen=True)
class Entry:
    """One event of an aggregate's history, with the role that caused it."""

    record: Recorded
    actor: str


@dataclass(frozen=True)
class Attempt(Generic[A]):
    """A command on one document: ``decide`` gets the aggregate (None where there is none) and returns it changed."""

    aggregate: type[A]
    id: str
    command: Command
    decide: Callable[[A | None, datetime], A]


def event_id(command: str, target: str, index: int) -> str:
    """The id of event number ``index`` that a command records on the aggregate ``target``."""
    return derived_id("event", command, target, index)


def recorded_from(stream: Stream, key: str, entry: Document) -> Recorded:
    """The event of an outbox or journal entry."""
    return Recorded(
        id=entry["id"],
        type=entry["type"],
        topic=stream.topic,
        key=key,
        sequence=entry["sequence"],
        happened=datetime.fromisoformat(entry["happened"]),
        recorded=datetime.fromisoformat(entry["recorded"]),
        data=orjson.loads(entry["data"]),
        correlation=entry["correlation"],
        causation=entry["causation"],
        traceparent=entry["traceparent"],
    )


class _Working(Generic[A]):
    """One document while a batch of commands is applied to it."""

    def __init__(self, document: Document | None, parse: Callable[[Document], A]) -> None:
        self.version: int = document["version"] if document else 0
        self.loaded_version = self.version
        self.pending: list[Document] = document["outbox"] if document else []
        self.recent: list[str] = document["recent"] if document else []
        self.new_events: list[Document] = []
        self.new_commands: list[str] = []
        self._state: Document | None = document["state"] if document else None
        self._parse = parse
        self._aggregate: A | None = None

    def aggregate(self) -> A | None:
        if self._aggregate is None and self._state is not None:
            self._aggregate = self._parse(self._state)
        return self._aggregate

    def keep(self, aggregate: A, state: Document) -> None:
        self._aggregate, self._state = aggregate, state

    def forget(self) -> None:
        """Drops what a refused command may have half changed."""
        self._aggregate = None

    @property
    def state(self) -> Document | None:
        return self._state


class Repository(Generic[A]):
    """All aggregates of one type: read them, and carry out commands on them.

    Commands that come at the same time share a read and a write (group commit). Every method raises
    `StoreUnavailable` when the database is away; then a command may or may not have been carried out, and repeating
    it with the same id is right.
    """

    def __init__(self, aggregate: type[A], store: Store, clock: Clock, relay: Relay, metrics: Metrics) -> None:
        self.aggregate = aggregate
        self.stream = aggregate.stream
        self._documents: Collection = store.collection(self.stream.aggregate)
        self._journal: Collection = store.collection(JOURNAL)
        self._clock = clock
        self._relay = relay
        self._metrics = metrics
        self._receipt = Receipt[type(self.stream.snapshot)]  # type: ignore[misc]
        self._together: Coalescer[Attempt[A], Receipt[Any]] = Coalescer(self.execute)

    # ---- reading

    async def get(self, id: str) -> Loaded[A]:
        """The aggregate; `NotFound` when there is none."""
        found = (await self._documents.get_many([id])).get(id)
        if found is None:
            raise self._missing(id)
        return self._loaded(found)

    async def find(self, where: Filter, *, sort: Order = (("_id", 1),), limit: int = 0) -> list[Loaded[A]]:
        """Those whose document matches; the state's fields are under ``state.``. ``limit`` 0 means all."""
        found = await self._documents.find(where, sort=sort, limit=limit, fields=("version", "state", "changed"))
        return [self._loaded(document) for document in found]

    async def count(self, where: Filter) -> int:
        """How many match."""
        return await self._documents.count(where)

    async def due(self, now: datetime, limit: int) -> list[Loaded[A]]:
        """Those whose deadline has passed, the longest overdue first."""
        return await self.find({"due_at": {"$lte": instant_text(now)}}, sort=(("due_at", 1), ("_id", 1)), limit=limit)

    async def history(self, id: str, after: int = 0, limit: int = 100) -> list[Entry]:
        """Its events with ``sequence > after``, oldest first; `NotFound` when there is no such aggregate."""
        found = await self.histories([id], after, limit)
        if id not in found:
            raise self._missing(id)
        return found[id]

    async def histories(self, ids: Sequence[str], after: int = 0, limit: int = 100) -> dict[str, list[Entry]]:
        """The same of many at once; who is not there is left out."""
        documents = await self._documents.get_many(ids)
        wanted = {id: range(after + 1, min(each["version"], after + limit) + 1) for id, each in documents.items()}
        entries = {
            (id, entry["sequence"]): entry
            for id, document in documents.items()
            for entry in document["outbox"]
            if entry["sequence"] in wanted[id]
        }
        journaled = {
            position(self.stream, id, n): (id, n) for id in wanted for n in wanted[id] if (id, n) not in entries
        }
        for entry in await self._journal.find({"position": {"$in": [*journaled]}}) if journaled else []:
            entries[journaled[entry["position"]]] = {**entry, "id": entry["_id"]}
        return {
            id: [
                Entry(recorded_from(self.stream, id, entries[id, n]), entries[id, n]["actor"])
                for n in wanted[id]
                if (id, n) in entries
            ]
            for id in wanted
        }

    # ---- commands

    async def change(
        self,
        id: str,
        command: Command,
        decide: Callable[[A, datetime], object],
        begin: Callable[[str], A] | None = None,
    ) -> Receipt[Any]:
        """Carries out ``decide`` on an existing aggregate. Raises its refusals, `NotFound`, `StaleVersion`,
        `KeyReused`, `Overloaded`, `Contention`. A repeat returns the first receipt.

        Of an aggregate that everybody adds to and nobody founds, ``begin`` makes the empty one to start with.
        """
        with self._metrics.command(self.stream.aggregate):
            try:
                return await self._together(self.changing(id, command, decide, begin))
            except StaleVersion as stale:
                stale.details["since"] = await self._since(id, command.expected or 0)
                raise

    def changing(
        self,
        id: str,
        command: Command,
        decide: Callable[[A, datetime], object],
        begin: Callable[[str], A] | None = None,
    ) -> Attempt[A]:
        """The attempt that `change` makes."""

        def decided(aggregate: A | None, now: datetime) -> A:
            if aggregate is None:
                if begin is None:
                    raise self._missing(id)
                aggregate = begin(id)
            decide(aggregate, now)
            return aggregate

        return Attempt(self.aggregate, id, command, decided)

    async def _since(self, id: str, version: int) -> list[dict[str, Any]]:
        """What happened to an aggregate after ``version``, for whoever edited that one: without persons, like every
        event."""
        return [
            {
                "version": entry.record.sequence,
                "event": self.stream.types[entry.record.type].__name__,
                "recorded": instant_text(entry.record.recorded),
                "by": entry.actor,
                **{name: value for name, value in entry.record.data.items() if name != "snapshot"},
            }
            for entry in await self.history(id, after=version, limit=20)
        ]

    def id_of(self, command: Command, id: str | None = None) -> str:
        """The id that `create` gives: the natural one, or one derived from the command's."""
        return id or derived_id(self.stream.aggregate, command.id)

    async def create(
        self, command: Command, build: Callable[[str, datetime], A], id: str | None = None
    ) -> Receipt[Any]:
        """Creates an aggregate; its id is derived from the command's unless it has a natural ``id``.

        `AlreadyExists` when another command has created it; a repeat of this one returns the first receipt.
        """
        with self._metrics.command(self.stream.aggregate):
            return await self._together(self.creation(command, build, id))

    def creation(self, command: Command, build: Callable[[str, datetime], A], id: str | None = None) -> Attempt[A]:
        """The attempt that `create` makes."""
        own_id = self.id_of(command, id)

        def decided(aggregate: A | None, now: datetime) -> A:
            if aggregate is not None:
                raise AlreadyExists(f"this {self.stream.aggregate} exists already", id=own_id)
            return build(own_id, now)

        return Attempt(self.aggregate, own_id, command, decided)

    async def execute(self, attempts: Sequence[Attempt[A]]) -> list[Receipt[Any] | Exception]:
        """Carries out many commands with one read and one write; each gets its receipt or its own exception.

        Commands on the same aggregate are carried out in the order given. One that is refused changes nothing.
        """
        results: dict[int, Receipt[Any] | Exception] = {}
        waiting = list(range(len(attempts)))
        for attempt_number in range(_ATTEMPTS):
            if attempt_number:
                await asyncio.sleep(random.uniform(0, 0.002 * 2**attempt_number))
            self._relay.admit()
            lost = await self._try([(index, attempts[index]) for index in waiting], results)
            waiting = [index for index in waiting if index in lost]
            if not waiting:
                break
        for index in waiting:
            results[index] = Contention(f"{attempts[index].id} changed under {_ATTEMPTS} attempts")
        return [results[index] for index in range(len(attempts))]

    async def _try(
        self, attempts: list[tuple[int, Attempt[A]]], results: dict[int, Receipt[Any] | Exception]
    ) -> set[int]:
        """One round of read, decide, write. Fills ``results``; returns those that lost a race."""
        found = await self._documents.get_many(list({attempt.id for _, attempt in attempts}))
        working = {
            attempt.id: _Working(found.get(attempt.id), self.aggregate.model_validate) for _, attempt in attempts
        }
        journal = await self._handled_before([attempt for _, attempt in attempts], working)
        touched: dict[str, list[int]] = {}
        now = self._clock.now()
        for index, attempt in attempts:
            document = working[attempt.id]
            try:
                results[index] = self._apply(attempt, document, journal, now)
            except Exception as refusal:  # refused, or a bug in its decision: this command alone fails
                document.forget()
                results[index] = refusal
            else:
                touched.setdefault(attempt.id, []).append(index)
        changed = [(id, document) for id, document in working.items() if document.new_events]
        if not changed:
            return set()
        written = await self._documents.write([self._swap(id, document, now) for id, document in changed])
        lost: set[int] = set()
        for (id, document), won in zip(changed, written, strict=True):
            if won:
                self._relay.offer(self.stream, id, [*document.pending, *document.new_events], len(document.new_events))
            else:
                lost.update(index for index, attempt in attempts if attempt.id == id)
        self._metrics.conflicts.labels(self.stream.aggregate).inc(len(lost))
        return lost

    async def _handled_before(
        self, attempts: Sequence[Attempt[A]], working: dict[str, _Working[A]]
    ) -> dict[str, Document]:
        """The journal's first events of those commands that may have been carried out: asked after the documents
        were read (an event leaves the outbox only when it is in the journal), and only about commands that the
        document itself cannot answer for."""
        asked = []
        for attempt in attempts:
            document = working[attempt.id]
            known = attempt.command.id in document.recent
            in_outbox = any(entry["command"] == attempt.command.id for entry in document.pending)
            if not in_outbox and (known or len(document.recent) >= REMEMBERED):
                asked.append(event_id(attempt.command.id, attempt.id, 0))
        return await self._journal.get_many(asked) if asked else {}

    def _apply(
        self, attempt: Attempt[A], document: _Working[A], journal: dict[str, Document], now: datetime
    ) -> Receipt[Any]:
        command = attempt.command
        first = self._first_event(attempt, document, journal)
        if first is not None:
            return self._replay(attempt, first)
        if command.expected is not None and command.expected != document.version and document.version:
            _require_allowed(attempt, document.aggregate(), now)
            raise StaleVersion(
                f"version {command.expected} is not the present one, {document.version}", current=document.version
            )
        before = document.state
        aggregate = attempt.decide(document.aggregate(), now)
        facts = aggregate.take_facts()
        state = aggregate.model_dump(mode="json")
        snapshot = aggregate.snapshot()
        if not facts:
            if state != before:
                raise AssertionError(f"{type(aggregate).__name__} changed without recording what happened")
            return self._receipt_of(attempt.id, document.version, [], now, snapshot)
        names = [type(event).__name__ for event, _ in facts]
        public = snapshot.model_dump(mode="json")
        recorded, committed = instant_text(now), instant_text(datetime.now(UTC))
        entries = []
        for index, (event, happened) in enumerate(facts):
            data = orjson.dumps({**event.model_dump(mode="json"), "snapshot": public})
            if len(data) > _EVENT_MOST:
                raise TooLarge(f"this would make an event of more than {_EVENT_MOST} bytes")
            if b"@" in data and found_in(data.decode()):
                raise AddressInPublic("a mail address must not stand in a name or title, which everybody may read")
            entries.append({
                "id": event_id(command.id, attempt.id, index),
                "type": self.stream.type_of(type(event)),
                "sequence": document.version + index + 1,
                "happened": instant_text(to_instant(happened)) if happened else recorded,
                "recorded": recorded,
                "data": data.decode(),
                "correlation": command.correlation or command.id,
                "causation": command.causation,
                "traceparent": command.traceparent,
                "actor": command.actor,
                "command": command.id,
                "fingerprint": command.fingerprint,
                "names": names if index == 0 else [],
                "committed": committed,
            })  # fmt: skip
        document.keep(aggregate, state)
        document.version += len(entries)
        document.new_events += entries
        document.new_commands.append(command.id)
        return self._receipt_of(attempt.id, document.version, names, now, snapshot)

    def _first_event(self, attempt: Attempt[A], document: _Working[A], journal: dict[str, Document]) -> Document | None:
        for entry in (*document.pending, *document.new_events):
            if entry["command"] == attempt.command.id:
                return entry
        return journal.get(event_id(attempt.command.id, attempt.id, 0)) if journal else None

    def _replay(self, attempt: Attempt[A], first: Document) -> Receipt[Any]:
        if first["fingerprint"] != attempt.command.fingerprint:
            raise KeyReused("this idempotency key was used before with another request")
        names: list[str] = first["names"]
        version = first["sequence"] + len(names) - 1
        recorded = datetime.fromisoformat(first["recorded"])
        public = orjson.loads(first["data"])["snapshot"]
        snapshot = type(self.stream.snapshot).model_validate(public, extra="ignore")
        receipt = self._receipt_of(attempt.id, version, names, recorded, snapshot)
        receipt._replayed = True
        return receipt

    def _receipt_of(
        self, id: str, version: int, names: list[str], recorded: datetime, snapshot: Snapshot
    ) -> Receipt[Any]:
        receipt: Receipt[Any] = self._receipt.model_construct(
            id=id, version=version, events=names, recorded=recorded, snapshot=snapshot
        )
        return receipt

    def _swap(self, id: str, document: _Working[A], now: datetime) -> Swap:
        aggregate = document.aggregate()
        due = aggregate.due() if aggregate else None
        fields = {
            "version": document.version,
            "state": document.state,
            "changed": instant_text(now),
            "due_at": instant_text(due) if due else None,
        }
        return Swap(id, document.loaded_version, fields, document.new_events, document.new_commands, REMEMBERED)

    def _loaded(self, document: Document) -> Loaded[A]:
        aggregate = self.aggregate.model_validate(document["state"])
        return Loaded(aggregate, document["version"], datetime.fromisoformat(document["changed"]))

    def _missing(self, id: str) -> NotFound:
        return NotFound(f"there is no {self.stream.aggregate} with this id", id=id)


def _require_allowed(attempt: Attempt[A], aggregate: A | None, now: datetime) -> None:
    """Whoever may not edit is told that, and not what has happened since the version it names."""
    try:
        attempt.decide(aggregate, now)
    except Refusal as refusal:
        if refusal.why is Why.FORBIDDEN:
            raise


def position(stream: Stream, key: str, sequence: int) -> str:
    """Where an event stands: ``directory.center.v1/<id>#7``. Unique in a journal, so versions cannot fork."""
    return f"{stream.topic}/{key}#{sequence}"
