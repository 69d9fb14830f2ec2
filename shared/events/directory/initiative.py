"""Initiatives: people who want to open a center, and how far they have come.

Anybody may propose one. Its contact and what its people wrote stay with the directory, and its town is in no event
before somebody of the network has looked at it: a stranger could have written anything there.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream, Wire
from shared.events.directory.center import CountryCode, LanguageCode
from shared.events.directory.lineage import Cause, Origin


class InitiativeStatus(StrEnum):
    """Without a mentor, with one, and the two ways it can end."""

    PROPOSED = "proposed"
    MENTORED = "mentored"
    BECAME_CENTER = "became-center"
    ABANDONED = "abandoned"


class Milestone(StrEnum):
    """What every new center needs, in the order in which it is usually found."""

    GROUP_FOUND = "group-found"
    ROOM_FOUND = "room-found"
    LEGAL_FORM = "legal-form"
    FUNDING = "funding"
    FIRST_OPEN_DAY = "first-open-day"


class ReachedMilestone(Wire):
    """A milestone with the day on which it was reached."""

    milestone: Milestone
    on: date


class InitiativeSnapshot(Snapshot):
    """An initiative as everybody may see it."""

    country: CountryCode
    town: str | None = Field(default=None, description="Absent until somebody of the network has looked at it.")
    languages: tuple[LanguageCode, ...]
    status: InitiativeStatus
    proposed_on: date
    inspired_by_visit: str | None = Field(default=None, description="Id of the study visit that inspired it.")
    inspired_by_center: str | None = Field(default=None, description="Id of the center that inspired it.")
    mentor: str | None = Field(default=None, description="Id of the center that accompanies it.")
    milestones: tuple[ReachedMilestone, ...] = Field(default=(), description="In the order of the days.")
    center: str | None = Field(default=None, description="Id of the center it became: the initiative's own id.")


class InitiativeProposed(Event):
    """Somebody wants to open a center."""


class InitiativeRevised(Event):
    """What is known about an initiative changed in the named fields."""

    changed: tuple[str, ...] = Field(description="Names of the changed fields, in alphabetical order.")


class MentorAssigned(Event):
    """A network gave the initiative a mentor: a center that accompanies it."""

    mentor: str
    before: str | None = Field(default=None, description="The mentor that is replaced, if there was one.")


class MentorWithdrew(Event):
    """The mentor does not accompany the initiative any more; it needs another one."""

    mentor: str
    reason: str = Field(description="declined, no-time, not-reached, center-closed or other.")


class MilestoneReached(Event):
    """The initiative came a step further."""

    milestone: Milestone
    on: date


class MilestoneCorrected(Event):
    """A milestone was reached on another day than entered, or not at all."""

    milestone: Milestone
    before: date
    on: date | None = Field(description="Null: it has not been reached.")


class InitiativeHeardFrom(Event):
    """The initiative goes on, though no milestone was reached."""


class InitiativeWentQuiet(Event):
    """Nothing was heard of the initiative for half a year: its mentor, or else its network, should ask."""

    last_heard: date
    mentor: str | None = None


class InitiativeBecameCenter(Event):
    """The initiative opened its doors: it is a center now."""

    center: str = Field(description="Id of the new center: the initiative's own id.")
    origin: Origin | None = Field(
        default=None, description="Where the new center came from; null: from nowhere but itself."
    )


class InitiativeAbandoned(Event):
    """The initiative was given up."""

    reason: str = Field(
        description="no-group, no-room, no-funding, no-mentor, joined-another, duplicate, not-genuine or other."
    )


class InitiativeResumed(Event):
    """An initiative that was given up is taken up again."""


class InitiativeContactForgotten(Event):
    """How to reach the initiative, and what its people wrote, was erased."""


_INITIATIVE = "01890a5d-ac96-774b-bcce-b302099a8061"
_MENTOR = "01890a5d-ac96-774b-bcce-b302099a8057"
_VISIT = "01890a5d-ac96-774b-bcce-b302099a8059"

INITIATIVE = Stream(
    service="directory",
    aggregate="initiative",
    about="Initiatives that want to become centers, who accompanies them, and how far they are.",
    snapshot=InitiativeSnapshot(
        country="CZ",
        town="Olomouc",
        languages=("cs",),
        status=InitiativeStatus.MENTORED,
        proposed_on=date(2026, 3, 1),
        inspired_by_visit=_VISIT,
        mentor=_MENTOR,
        milestones=(ReachedMilestone(milestone=Milestone.GROUP_FOUND, on=date(2026, 4, 20)),),
    ),
    events=(
        InitiativeProposed(),
        InitiativeRevised(changed=("languages", "town")),
        MentorAssigned(mentor=_MENTOR),
        MentorWithdrew(mentor=_MENTOR, reason="no-time"),
        MilestoneReached(milestone=Milestone.GROUP_FOUND, on=date(2026, 4, 20)),
        MilestoneCorrected(milestone=Milestone.GROUP_FOUND, before=date(2026, 4, 20), on=date(2026, 4, 2)),
        InitiativeHeardFrom(),
        InitiativeWentQuiet(last_heard=date(2026, 4, 20), mentor=_MENTOR),
        InitiativeBecameCenter(
            center=_INITIATIVE,
            origin=Origin(
                came_from=_MENTOR,
                cause=Cause.VISIT,
                visit=_VISIT,
                mentor=_MENTOR,
                initiative=_INITIATIVE,
                year=2025,
            ),
        ),
        InitiativeAbandoned(reason="no-room"),
        InitiativeResumed(),
        InitiativeContactForgotten(),
    ),
)
