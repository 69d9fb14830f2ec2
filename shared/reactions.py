"""What a service does when another service's event arrives: keep a copy (mirror), or act (policy)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.aggregate import Aggregate
from shared.events.base import Event, Received, Stream
from shared.ids import derived_id
from shared.store.port import Document
from shared.world import World

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True)
class Mirror:
    """A copy of what another service owns, in a collection called ``name``.

    Each event carries its aggregate's snapshot, so a mirror is a replace: ``keep`` makes the document to hold from
    the newest snapshot. It is pure, so the mirror can be thrown away and rebuilt, byte for byte.
    """

    name: str
    stream: Stream
    keep: Callable[[Any], Document]


@dataclass(frozen=True)
class Change(Generic[A]):
    """A command on an own aggregate that exists, or that ``begin`` makes when nobody has added to it yet."""

    aggregate: type[A]
    id: str
    decide: Callable[[A, datetime], object]
    begin: Callable[[str], A] | None = None


@dataclass(frozen=True)
class Create(Generic[A]):
    """A command that creates an own aggregate, with an id derived from the event unless it has a natural one."""

    aggregate: type[A]
    build: Callable[[str, datetime], A]
    id: str | None = None


Intent = Change[Any] | Create[Any]
Reaction = Callable[[Received[Any], World], Awaitable[Sequence[Intent]]]


@dataclass(frozen=True)
class Policy:
    """Turns events of one stream into commands on own aggregates.

    A command's id is derived from the event's id, the policy's name and the target, so a repeated event has no
    second effect; an intent that is refused means there is nothing left to do. The name must therefore stay.

    Intents are carried out in their order, those that follow each other on one aggregate type together: a later step
    is taken when the ones before it are durable, so it may tell of them.
    """

    name: str
    stream: Stream
    events: tuple[type[Event], ...]
    react: Reaction


def policy(*events: type[Event], stream: Stream) -> Callable[[Reaction], Policy]:
    """Makes a `Policy` of an async function; its name is the function's."""

    def named(react: Reaction) -> Policy:
        return Policy(react.__name__, stream, events, react)

    return named


def command_id(event: str, policy: str, aggregate: str, target: str, number: int = 1) -> str:
    """The id of the command by which ``policy`` answers ``event`` on a target: its ``number``th there."""
    return derived_id("policy", event, policy, aggregate, target, number)
