"""Is it still true, and are the doors open: confirming a profile, pausing, closing, reopening."""

from datetime import date, datetime

from pydantic import Field

from services.directory.api.centers import CenterReceipt, Centers, Happened, Input
from services.directory.api.references import named_center, require_there
from services.directory.api.rights import ITS_PEOPLE, AskerDep, asker_about
from services.directory.api.views import CenterId
from services.directory.domain.center import Center, ClosingReason, PauseReason
from shared.http import APIRouter, CommandDep, WorldDep

router = APIRouter(prefix="/centers", tags=["centers"])


class Verification(Input):
    """The profile is true."""

    on: Happened = None


class Pause(Input):
    """The doors are shut for a while."""

    reason: PauseReason
    on: Happened = None
    until: date | None = Field(default=None, description="The day it hopes to open again.")


class Reopening(Input):
    """The doors are open again."""

    on: Happened = None


class Closing(Input):
    """The center closed for good."""

    reason: ClosingReason
    on: Happened = None
    successor: str | None = Field(default=None, max_length=64, description="Id of the center that carries on its work.")


@router.post("/{center_id}/verification", dependencies=ITS_PEOPLE)
async def verify(
    center_id: CenterId, body: Verification, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """Confirms the profile: it is fresh again at once. 422 `verification-too-old` for a day more than a year ago.

    When it was confirmed for that day or a later one already, nothing happens (200 without an event).
    """
    return await centers.change(
        center_id,
        command,
        asker.allowed(lambda center, now: center.verify(asker.role(center), now, body.on)),
    )


@router.post("/{center_id}/pause", dependencies=ITS_PEOPLE)
async def pause(
    center_id: CenterId, body: Pause, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """Shuts the doors for a while; services are kept. 409 unless it is active.

    422 `out-of-order` for a day before the founding or before the doors last opened or shut (``since``); so below.
    """
    return await centers.change(
        center_id,
        command,
        asker.allowed(lambda center, now: center.pause(body.reason, now, body.on, body.until)),
    )


@router.post("/{center_id}/resume", dependencies=ITS_PEOPLE)
async def resume(
    center_id: CenterId, body: Reopening, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """Ends a pause. 409 unless it is paused."""
    return await centers.change(center_id, command, asker.allowed(lambda center, now: center.resume(now, body.on)))


@router.post("/{center_id}/closing", dependencies=ITS_PEOPLE)
async def close(
    center_id: CenterId, body: Closing, asker: AskerDep, centers: Centers, command: CommandDep, world: WorldDep
) -> CenterReceipt:
    """Closes the center for good: its services end. 409 when it is closed, 422 `unknown-center` for a successor that
    does not exist.

    Two entries turn out to be one center: close one of them with the reason `duplicate` and the other as successor.
    Both histories stay, and the other says from then on which entry it absorbed. That takes the people of both, and
    the one that stays must be open (409 `center-closed`).
    """
    duplicate = body.reason is ClosingReason.DUPLICATE
    successor = await named_center(world, body.successor) if body.successor is not None else None
    if duplicate and successor is not None:
        (await asker_about(successor.id, asker.caller, world)).require(successor)

    def shut(center: Center, now: datetime) -> None:
        if duplicate:
            require_there(successor, None)
        center.close(body.reason, now, body.on, body.successor)

    return await centers.change(center_id, command, asker.allowed(shut))


@router.post("/{center_id}/reopening", dependencies=ITS_PEOPLE)
async def reopen(
    center_id: CenterId, body: Reopening, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """A closed center starts again as itself; its services are offered anew. 409 unless it is closed."""
    return await centers.change(center_id, command, asker.allowed(lambda center, now: center.reopen(now, body.on)))
