"""What was written into each field of a center: by which role, when, what stood there before, and what after.

Made of the journal alone, so it shows what the center's events show. Of what no event holds (street, door, contact) it
says only that it was changed: see ``docs/decisions/history-without-private-values.md``.
"""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

from services.directory.api.centers import Centers
from services.directory.api.hiding import former_snapshot
from services.directory.api.history import After, Limit
from services.directory.api.rights import AskerDep
from services.directory.api.views import CenterId
from services.directory.domain.profile import Profile
from shared.aggregate import Refusal, Why
from shared.clock import Instant
from shared.commands import Entry
from shared.events import catalogue
from shared.events.directory.center import (
    CENTER,
    CenterProfileUpdated,
    CenterRelocated,
    CenterSnapshot,
)
from shared.http import APIRouter
from shared.security import public

router = APIRouter(prefix="/centers/{center_id}/history", tags=["centers"])

ADDRESS = "address"
"""Stands for street, postal code and door: of a move an event tells the town at most."""
FIELDS = tuple(dict.fromkeys([*CenterSnapshot.model_fields, *Profile.model_fields, ADDRESS]))


class UnknownField(Refusal):
    """A center has no such field. ``nearest`` holds names that look like it."""

    code = "unknown-field"
    why = Why.INVALID


class FieldChange(BaseModel):
    """One field that got another value. ``withheld``: no event holds its values, so that it was changed is all."""

    field: str = Field(examples=["languages"])
    version: int
    event: str = Field(examples=["CenterProfileUpdated"])
    happened: Instant = Field(description="When it became true.")
    recorded: Instant = Field(description="When it was entered; weeks later where it came on paper.")
    by: str = Field(description="The role that entered it, or `timer`.", examples=["center"])
    before: Any = Field(examples=[["cs"]])
    after: Any = Field(examples=[["cs", "uk"]])
    withheld: bool = False


class FieldHistory(BaseModel):
    """A part of the history of a center's fields, the oldest first."""

    items: list[FieldChange]
    next: int | None = Field(description="Give it as `after` to get the next part; null at the end.")


Shown = Callable[[CenterSnapshot], CenterSnapshot]


def field_changes(
    entries: Sequence[Entry], after: int = 0, shown: Shown = lambda snapshot: snapshot
) -> Iterator[FieldChange]:
    """What was changed by those of ``entries`` that come ``after`` a version; one before is there to compare with.

    ``shown`` takes away from a snapshot what the reader may not see; what it makes equal is no change to see.
    """
    before: dict[str, Any] = dict.fromkeys(CenterSnapshot.model_fields)
    for entry in entries:
        now = shown(catalogue.snapshot_of(entry.record)).model_dump(mode="json")
        seen = [field for field in now if now[field] != before[field] and not _empty(now[field], before[field])]
        unseen = [field for field in _said_to_change(entry) if field not in seen]
        if entry.record.sequence > after:
            yield from (_change(entry, field, before[field], now[field]) for field in seen)
            yield from (_change(entry, field, None, None, withheld=True) for field in unseen)
        before = now


def _empty(*values: Any) -> bool:
    """Whether nothing stands there in either way of writing it."""
    return all(value in (None, [], {}) for value in values)


def _said_to_change(entry: Entry) -> Sequence[str]:
    """The fields that the event itself names; some of them are in no snapshot, or not while the center is hidden."""
    model = CENTER.types[entry.record.type]
    if model is CenterRelocated:
        return [ADDRESS]
    changed: Sequence[str] = entry.record.data["changed"] if model is CenterProfileUpdated else ()
    return changed


def _change(entry: Entry, field: str, before: Any, after: Any, withheld: bool = False) -> FieldChange:
    record = entry.record
    return FieldChange(
        field=field,
        version=record.sequence,
        event=CENTER.types[record.type].__name__,
        happened=record.happened,
        recorded=record.recorded,
        by=entry.actor,
        before=before,
        after=after,
        withheld=withheld,
    )


@router.get("/fields", dependencies=[public(rate="120/minute")])
async def get_field_history(
    center_id: CenterId,
    asker: AskerDep,
    centers: Centers,
    field: Annotated[str | None, Query(max_length=64, description="One field only.", examples=["name"])] = None,
    after: After = 0,
    limit: Limit = 50,
) -> FieldHistory:
    """Every field of a center with what stood in it, the oldest change first. 422 `unknown-field`.

    While a center is hidden, its former towns and names are hidden too; only its people see them.
    """
    if field is not None and field not in FIELDS:
        nearest = get_close_matches(field, FIELDS, cutoff=0.5)
        raise UnknownField("a center has no such field", nearest=nearest, fields=FIELDS)
    loaded = await centers.get(center_id)
    entries = await centers.history(center_id, max(after - 1, 0), limit + (after > 0))
    center = loaded.aggregate
    if asker.is_its_people(center):
        changes = field_changes(entries, after)
    else:
        changes = field_changes(entries, after, lambda then: former_snapshot(then, center))
    last = entries[-1].record.sequence if entries else loaded.version
    return FieldHistory(
        items=[change for change in changes if field in (None, change.field)],
        next=last if last < loaded.version else None,
    )
