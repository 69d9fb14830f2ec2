"""Suggest a correction: anybody may, without an account; the center's people decide."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Body, Depends, Path
from pydantic import BaseModel, Field

from services.directory.api.centers import Centers, Input
from services.directory.api.rights import EVERYBODY, ITS_PEOPLE, asker_about
from services.directory.api.views import CenterId
from services.directory.domain.center import Center
from services.directory.domain.correction import Correction, RefusalReason, Remark
from services.directory.domain.profile import CHANGE, ProfileChange
from shared.commands import Loaded, Receipt, Repository
from shared.events.directory.center import CenterStatus
from shared.events.directory.correction import CorrectionSnapshot, CorrectionStatus
from shared.http import APIRouter, CommandDep, Page, PagingDep, WorldDep, paginate, repository
from shared.security import Caller, Identity, public
from shared.world import World

router = APIRouter(tags=["corrections"])
Corrections = Annotated[Repository[Correction], Depends(repository(Correction))]
CorrectionReceipt = Receipt[CorrectionSnapshot]
CorrectionId = Annotated[str, Path(max_length=64, description="Id of a correction.")]


class Suggestion(Input):
    """What is not right about an entry: the fields as they should be, a remark to the center's people, or both.

    No name and no address is asked for. The remark is seen by the center's people only, and gone once they decided.
    """

    change: ProfileChange = Field(default_factory=ProfileChange)
    remark: Remark | None = None


class CorrectionView(BaseModel):
    """A suggestion, for those who decide about it."""

    id: str
    center: str
    suggested: date
    status: CorrectionStatus
    change: dict[str, Any] = Field(description="The fields as they should be.")
    remark: str | None

    @classmethod
    def of(cls, loaded: Loaded[Correction]) -> "CorrectionView":
        """The suggestion in full."""
        found = loaded.aggregate
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class RefusedCorrection(Input):
    """It is not taken over."""

    reason: RefusalReason


@router.post("/centers/{center_id}/corrections", status_code=201, dependencies=[public(rate="20/hour")])
async def suggest_correction(
    center_id: CenterId,
    body: Annotated[
        Suggestion, Body(examples=[{"change": {"founded": 1993}, "remark": "The café has moved to the first floor."}])
    ],
    centers: Centers,
    corrections: Corrections,
    command: CommandDep,
) -> CorrectionReceipt:
    """Says what is not right about a center. 422 `nothing-suggested` when neither a field nor a remark is given."""
    await centers.get(center_id)
    stored = CHANGE.dump_python(body.change, mode="json")
    return await corrections.create(
        command, lambda id, now: Correction.suggest(id, center_id, body.change, stored, body.remark, now)
    )


@router.get("/centers/{center_id}/corrections", dependencies=ITS_PEOPLE)
async def list_corrections(
    center_id: CenterId,
    caller: Caller,
    centers: Centers,
    corrections: Corrections,
    world: WorldDep,
    paging: PagingDep,
    status: CorrectionStatus = CorrectionStatus.OPEN,
) -> Page[CorrectionView]:
    """What was suggested about a center, in the order of the ids. For its people."""
    await _decidable(center_id, caller, centers, world)
    where = {"state.center": center_id, "state.status": status.value}
    return await paginate(corrections.find, where, paging, CorrectionView.of)


@router.post("/corrections/{correction_id}/acceptance", dependencies=ITS_PEOPLE)
async def accept_correction(
    correction_id: CorrectionId,
    caller: Caller,
    centers: Centers,
    corrections: Corrections,
    world: WorldDep,
    command: CommandDep,
) -> CorrectionReceipt:
    """It is right: the entry changes within moments. 409 when it was decided before, or the center is closed."""
    found = (await corrections.get(correction_id)).aggregate
    status = await _decidable(found.center, caller, centers, world)

    def accept(correction: Correction, _: datetime) -> None:
        correction.require(status is not CenterStatus.CLOSED, "the center is closed", center=correction.center)
        correction.accept()

    return await corrections.change(correction_id, command, accept)


@router.post("/corrections/{correction_id}/refusal", dependencies=ITS_PEOPLE)
async def refuse_correction(
    correction_id: CorrectionId,
    body: RefusedCorrection,
    caller: Caller,
    centers: Centers,
    corrections: Corrections,
    world: WorldDep,
    command: CommandDep,
) -> CorrectionReceipt:
    """It is not taken over. 409 when it was decided before."""
    found = (await corrections.get(correction_id)).aggregate
    await _decidable(found.center, caller, centers, world)
    return await corrections.change(correction_id, command, lambda correction, _: correction.refuse(body.reason))


@router.get("/corrections/{correction_id}", dependencies=EVERYBODY)
async def get_correction(correction_id: CorrectionId, corrections: Corrections) -> CorrectionSnapshot:
    """What became of a suggestion; not what was suggested."""
    return (await corrections.get(correction_id)).aggregate.snapshot()


async def _decidable(center_id: str, caller: Identity, centers: Repository[Center], world: World) -> CenterStatus:
    center = (await centers.get(center_id)).aggregate
    (await asker_about(center_id, caller, world)).require(center)
    return center.status
