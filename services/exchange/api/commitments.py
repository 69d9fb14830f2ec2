"""Commitments: what a visit left behind, and the answer that its guests give half a year later."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from fastapi import Depends, Query, Response
from pydantic import ConfigDict, Field

from services.exchange.api.access import acting_for, may_act_for
from services.exchange.api.models import CenterId, Input
from services.exchange.domain.commitment import Commitment, DropReason
from services.exchange.domain.visit import Visit
from services.exchange.mirrors import practice_called
from shared.clock import Instant
from shared.commands import Loaded, Receipt, Repository
from shared.events.directory.practice import Adoption
from shared.events.exchange.commitment import CommitmentSnapshot, CommitmentStatus
from shared.http import APIRouter, EditDep, Page, PagingDep, WorldDep, paginate, repository
from shared.security import Caller, Forbidden, Identity, allow
from shared.security.caller import OFFICE
from shared.store.port import Filter, Order

router = APIRouter(prefix="/commitments", tags=["commitments"])
Commitments = Annotated[Repository[Commitment], Depends(repository(Commitment))]
Visits = Annotated[Repository[Visit], Depends(repository(Visit))]
INSIDE = [allow("center", "coordinator")]

_PRACTICE = "01890a5d-ac96-774b-bcce-b302099a8060"
Happened = Annotated[date | None, Field(description="The day it happened; left out: today.", examples=["2027-02-01"])]


# ---- what clients send


class TakenOver(Input):
    """It is done at home now: as it was seen, or in a way of their own."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"outcome": "adapted", "practice": _PRACTICE}]}
    )

    outcome: Literal["adopted", "adapted"]
    practice: str | None = Field(
        default=None, min_length=1, max_length=64, description="Id of the directory's published practice that it is."
    )
    on: Happened = None


class Dropped(Input):
    """Nothing came of it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"outcome": "dropped", "reason": "no-rooms"}]}
    )

    outcome: Literal["dropped"]
    reason: DropReason
    on: Happened = None


Outcome = Annotated[TakenOver | Dropped, Field(discriminator="outcome")]


# ---- what clients get


class CommitmentView(CommitmentSnapshot):
    """A commitment, for those inside the visit. Its version is the ETag."""

    id: str
    version: int
    changed: Instant
    text: str = Field(description="As it stands in the visit's report; may be empty.")

    @classmethod
    def of(cls, loaded: Loaded[Commitment], text: str) -> Self:
        """With what the guests wrote."""
        shown = loaded.aggregate.snapshot().model_dump()
        return cls(**shown, id=loaded.aggregate.id, version=loaded.version, changed=loaded.changed, text=text)


# ---- reading


@router.get("", dependencies=INSIDE)
async def list_commitments(
    caller: Caller,
    commitments: Commitments,
    visits: Visits,
    paging: PagingDep,
    response: Response,
    status: Annotated[list[CommitmentStatus] | None, Query(description="One or several.")] = None,
    center: Annotated[CenterId | None, Query(description="Guest or host.")] = None,
    visit: Annotated[str | None, Query(max_length=64, description="Id of the visit.")] = None,
) -> Page[CommitmentView]:
    """Commitments that the caller has a part in, as guest, host or coordinator of their countries; the office sees
    all. Those that come due last stand first."""
    response.headers["Cache-Control"] = "private, no-store"
    wanted: list[Filter] = [_seen_by(caller)]
    if status is not None:
        wanted.append({"state.status": {"$in": sorted(status)}})
    if center is not None:
        wanted.append({"$or": [{"state.guest": center}, {"state.host": center}]})
    if visit is not None:
        wanted.append({"state.visit": visit})
    texts: dict[str, str] = {}

    async def find(where: Filter, *, sort: Order, limit: int) -> Sequence[Loaded[Commitment]]:
        found = await commitments.find(where, sort=sort, limit=limit)
        texts.update(await _texts([each.aggregate for each in found], visits))
        return found

    return await paginate(
        find,
        {"$and": wanted},
        paging,
        lambda loaded: CommitmentView.of(loaded, texts[loaded.aggregate.id]),
        sort=(("state.due_at", -1),),
    )


@router.get("/{commitment_id}", dependencies=INSIDE)
async def get_commitment(
    commitment_id: str, caller: Caller, commitments: Commitments, visits: Visits, world: WorldDep, response: Response
) -> CommitmentView:
    """One commitment, for guest, host, their coordinators and the office.

    Never 304: its text stands in the visit's report and may change without it, when a person is taken out.
    """
    loaded = await commitments.get(commitment_id)
    commitment = loaded.aggregate
    if not await may_act_for(commitment.guest, caller, world) and not await may_act_for(commitment.host, caller, world):
        raise Forbidden("this token has no part in that visit")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["ETag"] = f'"{loaded.version}"'
    texts = await _texts([commitment], visits)
    return CommitmentView.of(loaded, texts[commitment.id])


# ---- answering


@router.put("/{commitment_id}/answer", dependencies=INSIDE)
async def answer(
    commitment_id: str, body: Outcome, caller: Caller, commitments: Commitments, world: WorldDep, command: EditDep
) -> Receipt[CommitmentSnapshot]:
    """The guest says what became of it, also before it is asked; a later answer takes the place of an earlier one.

    422 `unknown-practice` (right a moment later if it was only just published), `own-practice`, `in-the-future`,
    `before-the-visit`.
    """
    await acting_for((await commitments.get(commitment_id)).aggregate.guest, caller, world)
    if isinstance(body, Dropped):
        return await commitments.change(commitment_id, command, lambda it, now: it.drop(body.reason, now, body.on))
    how = Adoption(body.outcome)
    practice = await practice_called(body.practice, world) if body.practice is not None else None
    return await commitments.change(commitment_id, command, lambda it, now: it.adopt(how, practice, now, body.on))


# ---- who sees what


def _seen_by(caller: Identity) -> Filter:
    if caller.has(OFFICE):
        return {}
    sees: list[dict[str, Any]] = []
    if caller.has("center"):
        own = sorted(caller.centers)
        sees += [{"state.guest": {"$in": own}}, {"state.host": {"$in": own}}]
    if caller.has("coordinator"):
        own = sorted(caller.networks)
        sees += [{"state.guest_country": {"$in": own}}, {"state.host_country": {"$in": own}}]
    return {"$or": sees}


async def _texts(commitments: Sequence[Commitment], visits: Repository[Visit]) -> dict[str, str]:
    """What the guests wrote, by the commitment's id."""
    found = await visits.find({"_id": {"$in": sorted({each.visit for each in commitments})}})
    reports = {each.aggregate.id: each.aggregate.report for each in found}
    return {
        each.id: report.intentions[each.number - 1].text if (report := reports.get(each.visit)) else ""
        for each in commitments
    }
