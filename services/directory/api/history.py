"""What happened to an aggregate, as everybody may read it: from the journal, the oldest first."""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from shared.aggregate import Aggregate
from shared.clock import Instant
from shared.commands import Entry, Repository
from shared.events import Snapshot, Stream, catalogue

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S", bound=Snapshot)


class HistoryEntry(BaseModel, Generic[S]):
    """One thing that happened, and how it all looked to everybody afterwards."""

    version: int
    event: str = Field(examples=["MembershipAdmitted"])
    happened: Instant = Field(description="When it became true.")
    recorded: Instant = Field(description="When it was entered; weeks later where it came on paper.")
    by: str = Field(description="The role that entered it, or the policy or timer.", examples=["coordinator"])
    what: dict[str, Any] = Field(description="The event's own fields.", examples=[{"on": "2026-03-01"}])
    snapshot: S


class History(BaseModel, Generic[S]):
    """A part of a history, the oldest first."""

    items: list[HistoryEntry[S]]
    next: int | None = Field(description="Give it as `after` to get the next part; null at the end.")


@dataclass(frozen=True)
class Part:
    """Which part of a history is asked for."""

    after: int
    limit: int


async def _part(
    after: Annotated[int, Query(ge=0, le=10**9, description="`next` of the part before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Part:
    return Part(after, limit)


PartDep = Annotated[Part, Depends(_part)]


async def history_of(repository: Repository[A], id: str, part: Part) -> History[Any]:
    """A part of the history of the aggregate ``id``; `NotFound` when there is none."""
    version = (await repository.get(id)).version
    entries = await repository.history(id, part.after, part.limit)
    items = [_entry(repository.stream, entry) for entry in entries]
    more = bool(items) and items[-1].version < version
    return History(items=items, next=items[-1].version if more else None)


def _entry(stream: Stream, entry: Entry) -> HistoryEntry[Any]:
    record = entry.record
    model = stream.types[record.type]
    return HistoryEntry(
        version=record.sequence,
        event=model.__name__,
        happened=record.happened,
        recorded=record.recorded,
        by=entry.actor,
        what={field: record.data[field] for field in model.model_fields if field in record.data},
        snapshot=catalogue.snapshot_of(record),
    )
