"""What an event is made of. The events themselves stand in one module per service, beside this one.

An event says what happened in fields of its own, and how its aggregate looks afterwards (the snapshot). On the
wire the two are one flat JSON object: the event's fields, and the snapshot under ``snapshot``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """A model that leaves the service: frozen, strict about its fields when written, tolerant when read."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Event(Wire):
    """A fact, named in the past tense. Its docstring says in one sentence when it happens."""

    version: ClassVar[int] = 1


class Snapshot(Wire):
    """How an aggregate looks to everybody: never a person, a mail or street address, an exact point, or free text."""


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, eq=False)
class Stream:
    """One aggregate's events: a topic, the snapshot they carry, and an example of each of them.

    There is one object per stream, compared by identity.

    ``events`` holds one filled-in example per event type; schemas, golden examples and documents are made from it.
    """

    service: str
    aggregate: str
    about: str
    snapshot: Snapshot
    events: tuple[Event, ...]
    partitions: int = 6

    @property
    def topic(self) -> str:
        """``directory.center.v1``"""
        return f"{self.service}.{self.aggregate}.v1"

    @property
    def types(self) -> Mapping[str, type[Event]]:
        """CloudEvents type → model, of every event of this stream."""
        return {self.type_of(type(example)): type(example) for example in self.events}

    def type_of(self, event: type[Event]) -> str:
        """``org.mine.directory.CenterRegistered.v1``"""
        return f"org.mine.{self.service}.{event.__name__}.v{event.version}"


@dataclass(frozen=True)
class Recorded:
    """One event as it stands in an outbox, in the journal and (as CloudEvents headers and value) on a topic.

    ``happened`` is when the fact became true in the world, ``recorded`` when it was entered; entry from paper makes
    them differ by weeks. ``sequence`` is the aggregate's version with this event, from 1 without gaps.
    """

    id: str
    type: str
    topic: str
    key: str
    sequence: int
    happened: datetime
    recorded: datetime
    data: Mapping[str, Any]
    correlation: str
    causation: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True)
class Received(Generic[E]):
    """An event of some service as a reaction gets it: parsed, with unknown fields left out."""

    record: Recorded
    event: E
    snapshot: Any

    @property
    def key(self) -> str:
        """The id of the aggregate the event is about."""
        return self.record.key
