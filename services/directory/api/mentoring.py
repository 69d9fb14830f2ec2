"""Accompanying an initiative: its mentor, its milestones, and that it goes on."""

from datetime import datetime

from pydantic import Field

from services.directory.api.centers import Happened, Input
from services.directory.api.initiatives import (
    InitiativeId,
    InitiativeReceipt,
    Initiatives,
    by_its_network,
    by_its_people,
)
from services.directory.api.references import named_center
from services.directory.api.rights import COORDINATORS, ITS_PEOPLE, CountryCaller
from services.directory.domain.initiative import Initiative, WithdrawalReason
from shared.aggregate import Refusal, WrongState
from shared.events.directory.center import CenterStatus
from shared.events.directory.initiative import Milestone
from shared.http import APIRouter, CommandDep, WorldDep

router = APIRouter(prefix="/initiatives/{initiative_id}", tags=["initiatives"])


class MentorNotActive(Refusal):
    """A center that is paused or closed accompanies nobody."""

    code = "mentor-not-active"


# ---- what comes in


class Mentoring(Input):
    """The center that accompanies the initiative from now on."""

    center: str = Field(max_length=64)
    on: Happened = None


class Withdrawal(Input):
    """The mentor does not accompany it any more."""

    reason: WithdrawalReason
    on: Happened = None


class Reached(Input):
    """The day on which a milestone was reached."""

    on: Happened = None


class News(Input):
    """It goes on."""

    on: Happened = None


# ---- who accompanies it


@router.put("/mentor", dependencies=COORDINATORS)
async def assign_mentor(
    initiative_id: InitiativeId,
    body: Mentoring,
    caller: CountryCaller,
    initiatives: Initiatives,
    world: WorldDep,
    command: CommandDep,
) -> InitiativeReceipt:
    """Its country's coordinator, or the office, gives it a mentor, in place of the one before.

    422 `unknown-center`, 409 `mentor-not-active`. When the mentor closes, the initiative is without one again.
    """
    mentor = await named_center(world, body.center)

    def assign(initiative: Initiative, now: datetime) -> None:
        if mentor.status is not CenterStatus.ACTIVE:
            raise MentorNotActive("only an active center accompanies an initiative", status=mentor.status)
        initiative.assign_mentor(mentor.id, now, body.on)

    return await initiatives.change(initiative_id, command, by_its_network(caller, assign))


@router.post("/mentor/withdrawal", dependencies=ITS_PEOPLE)
async def withdraw_mentor(
    initiative_id: InitiativeId, body: Withdrawal, caller: CountryCaller, initiatives: Initiatives, command: CommandDep
) -> InitiativeReceipt:
    """The mentor itself, or its country's coordinator, ends the mentoring. 409 when there is no mentor."""

    def withdraw(initiative: Initiative, now: datetime) -> None:
        if initiative.mentor is None:
            raise WrongState("nobody accompanies this initiative")
        initiative.withdraw_mentor(initiative.mentor, body.reason, now, body.on)

    return await initiatives.change(initiative_id, command, by_its_people(caller, withdraw))


# ---- how far it is


@router.put("/milestones/{milestone}", dependencies=ITS_PEOPLE)
async def reach_milestone(
    initiative_id: InitiativeId,
    milestone: Milestone,
    body: Reached,
    caller: CountryCaller,
    initiatives: Initiatives,
    command: CommandDep,
) -> InitiativeReceipt:
    """A milestone was reached; entered again with another day, the day is corrected. 409 when it was given up."""
    return await initiatives.change(
        initiative_id,
        command,
        by_its_people(caller, lambda initiative, now: initiative.reach(milestone, now, body.on)),
    )


@router.delete("/milestones/{milestone}", dependencies=ITS_PEOPLE)
async def take_milestone_back(
    initiative_id: InitiativeId,
    milestone: Milestone,
    caller: CountryCaller,
    initiatives: Initiatives,
    command: CommandDep,
) -> InitiativeReceipt:
    """A milestone was entered by mistake. 404 `milestone-not-reached`."""
    return await initiatives.change(
        initiative_id, command, by_its_people(caller, lambda initiative, _: initiative.take_back(milestone))
    )


@router.post("/news", dependencies=ITS_PEOPLE)
async def hear(
    initiative_id: InitiativeId, body: News, caller: CountryCaller, initiatives: Initiatives, command: CommandDep
) -> InitiativeReceipt:
    """It goes on, though no milestone was reached: the answer to `InitiativeWentQuiet`. 409 when it has ended."""
    return await initiatives.change(
        initiative_id, command, by_its_people(caller, lambda initiative, now: initiative.hear(now, body.on))
    )
