"""An aggregate: state, guards, facts. Pure: the time and new ids come in as arguments.

A method either changes the state and records what happened, or raises a `Refusal` and nothing is saved.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, PrivateAttr

from shared.events.base import Event, Snapshot, Stream

T = TypeVar("T")


class Why(StrEnum):
    """The kind of a refusal; the HTTP layer gives each its status."""

    CONFLICT = "conflict"  # the state does not allow it now (409)
    FORBIDDEN = "forbidden"  # this caller may not (403)
    MISSING = "missing"  # there is no such thing (404)
    GONE = "gone"  # it was possible once, its time has passed (410)
    INVALID = "invalid"  # the request makes no sense here (422)


class Refusal(Exception):
    """A command that is not carried out.

    Subclass it with a stable ``code`` (kebab case, part of the API: problem type and CLI output) and, where it is
    no conflict, a ``why``. ``details`` go into the problem document as extension members: no personal data.
    """

    code: ClassVar[str] = "refused"
    why: ClassVar[Why] = Why.CONFLICT

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class WrongState(Refusal):
    """The aggregate's state does not allow this now."""

    code = "wrong-state"


class NotFound(Refusal):
    """There is no such aggregate."""

    code = "not-found"
    why = Why.MISSING


class Person(Protocol):
    """Somebody who is to be forgotten. Nobody here knows who it is; what was written down can be asked."""

    def stands_in(self, value: object) -> bool:
        """Whether the person's address or phone number stands anywhere in ``value``: a text, a model, or many."""
        ...

    def taken_out_of(self, value: T) -> T:
        """``value`` with [...] where the person's address or phone number stood in a text."""
        ...


class Aggregate(BaseModel):
    """State of one thing of the network, and the only place where its rules stand."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    stream: ClassVar[Stream]
    """Topic, snapshot and event types of this aggregate."""

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Fields of the state by which many of them are looked up, one tuple an index. They only make it faster."""

    id: str

    _facts: list[tuple[Event, datetime | None]] = PrivateAttr(default_factory=list)

    def snapshot(self) -> Snapshot:
        """The public view that each of its events carries."""
        raise NotImplementedError

    def due(self) -> datetime | None:
        """The next moment at which `ring` must be called, if any. A deadline is data, not a running timer."""
        return None

    def ring(self, now: datetime) -> None:
        """Does what is due at ``now``. Called by the timer loop once `due` has passed; must move or clear `due`."""

    def erase(self, person: Person) -> None:
        """Forgets ``person``, in whatever state it is, and records that it did; afterwards nothing of them may be left.

        Asked only where `Person.stands_in` holds. Every aggregate that keeps people, or texts that people wrote,
        has this; one that keeps neither needs none.
        """
        raise NotImplementedError(f"{type(self).__name__} does not know how to forget a person")

    def record(self, event: Event, happened: datetime | None = None) -> None:
        """Notes a fact, to be published with this change. ``happened`` where it differs from the time of entry."""
        self._facts.append((event, happened))

    def require(self, holds: bool, message: str, **details: Any) -> None:
        """Refuses with `WrongState` unless ``holds``."""
        if not holds:
            raise WrongState(message, **details)

    def take_facts(self) -> list[tuple[Event, datetime | None]]:
        """The facts recorded since the last call. For the repository only."""
        facts, self._facts = self._facts, []
        return facts
