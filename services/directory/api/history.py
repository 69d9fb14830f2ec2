"""What happened to an aggregate, from the journal."""

from collections.abc import Callable
from typing import Annotated, Any, Generic

from fastapi import Query
from pydantic import BaseModel, Field
from typing_extensions import TypeVar

from shared.aggregate import Aggregate
from shared.clock import Instant
from shared.commands import Entry, Repository
from shared.events import Snapshot, catalogue

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S", default=Any)

After = Annotated[int, Query(ge=0, le=10**9, description="`next` of the part before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]


class Happened(BaseModel, Generic[S]):
    """One thing that happened, and how everything looked to everybody afterwards."""

    version: int
    event: str = Field(examples=["MembershipAdmitted"])
    happened: Instant = Field(description="When it became true.")
    recorded: Instant = Field(description="When it was entered; weeks later where it came on paper.")
    by: str = Field(description="The role that entered it, `timer`, or the policy that followed another event.")
    what: dict[str, Any] = Field(description="The event's own fields.", examples=[{"on": "2026-03-01"}])
    snapshot: S = Field(description="The public view afterwards.")


class Chronicle(BaseModel, Generic[S]):
    """A part of a history, the oldest first."""

    items: list[Happened[S]]
    next: int | None = Field(description="Give it as `after` to get the next part; null at the end.")


async def chronicle(
    repository: Repository[A], id: str, after: int, limit: int, shown: Callable[[Any], Snapshot] = lambda then: then
) -> Chronicle[Any]:
    """The history of one aggregate; ``shown`` leaves out of an old snapshot what is not shown any more."""
    version = (await repository.get(id)).version
    entries = await repository.history(id, after, limit)
    items = [_told(entry, repository, shown) for entry in entries]
    more = bool(items) and items[-1].version < version
    return Chronicle(items=items, next=items[-1].version if more else None)


def _told(entry: Entry, repository: Repository[A], shown: Callable[[Any], Snapshot]) -> Happened[Any]:
    record = entry.record
    model = repository.stream.types[record.type]
    return Happened(
        version=record.sequence,
        event=model.__name__,
        happened=record.happened,
        recorded=record.recorded,
        by=entry.actor,
        what={field: record.data[field] for field in model.model_fields if field in record.data},
        snapshot=shown(catalogue.snapshot_of(record)),
    )
