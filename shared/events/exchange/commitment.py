"""Commitments: what the guests of a visit meant to adopt at home, and what half a year later had become of it.

What they wrote down stays in the visit's report, with the exchange. An event carries its topic and its language.
"""

from datetime import UTC, date, datetime
from enum import StrEnum

from pydantic import Field

from shared.clock import Instant
from shared.events.base import Event, Snapshot, Stream
from shared.events.exchange.terms import CountryCode, LanguageCode, TopicCode


class CommitmentStatus(StrEnum):
    """Not asked about yet, asked about and open, or what was answered last."""

    MADE = "made"
    DUE = "due"
    ADOPTED = "adopted"
    ADAPTED = "adapted"
    DROPPED = "dropped"


class CommitmentSnapshot(Snapshot):
    """A commitment as everybody may see it."""

    visit: str = Field(description="Id of the visit whose report it stands in.")
    number: int = Field(description="Its number in the report, from 1.")
    guest: str = Field(description="Id of the center that made it.")
    guest_country: CountryCode
    host: str = Field(description="Id of the center at which the guests saw it.")
    host_country: CountryCode
    topic: TopicCode
    languages: tuple[LanguageCode, ...] = Field(description="In which there is a text; empty: there is none.")
    made_on: date = Field(description="The day of the report.")
    due_at: Instant = Field(description="When the guest is asked what became of it: six months after the report.")
    status: CommitmentStatus
    settled_on: date | None = Field(default=None, description="The day it was adopted, adapted or dropped.")
    practice: str | None = Field(default=None, description="Id of the directory's practice that was taken over.")
    reason: str | None = Field(
        default=None,
        description="Of a dropped one: no-people, no-rooms, no-money, does-not-fit, other or center-closed.",
    )


class CommitmentMade(Event):
    """A center reported from a visit, and this is one of the things it wants to adopt at home."""


class FollowUpDue(Event):
    """Half a year has passed without a word: the guest is to be asked what became of it."""


class PracticeAdopted(Event):
    """The guest says: we do it now as we saw it. Takes the place of whatever it said before."""

    practice: str | None = Field(default=None, description="Id of the directory's practice that it was, if named.")
    instead_of: str | None = Field(
        default=None, description="Id of another practice that was named before, and was not the one."
    )


class PracticeAdapted(Event):
    """The guest says: we do it now in a way of our own. Takes the place of whatever it said before."""

    practice: str | None = Field(default=None, description="Id of the directory's practice that it was, if named.")
    instead_of: str | None = Field(
        default=None, description="Id of another practice that was named before, and was not the one."
    )


class CommitmentDropped(Event):
    """Nothing came of it. Takes the place of whatever was said before."""

    reason: str = Field(description="no-people, no-rooms, no-money, does-not-fit, other or center-closed.")
    instead_of: str | None = Field(
        default=None, description="Id of the practice that was said before to have been taken over."
    )


_GUEST, _HOST = "01890a5d-ac96-774b-bcce-b302099a8058", "01890a5d-ac96-774b-bcce-b302099a8057"
_PRACTICE, _OTHER = "01890a5d-ac96-774b-bcce-b302099a8060", "01890a5d-ac96-774b-bcce-b302099a8061"

COMMITMENT = Stream(
    service="exchange",
    aggregate="commitment",
    about="What the guests of a visit meant to adopt at home, and what became of it.",
    snapshot=CommitmentSnapshot(
        visit="01890a5d-ac96-774b-bcce-b302099a8059",
        number=1,
        guest=_GUEST,
        guest_country="CZ",
        host=_HOST,
        host_country="DE",
        topic="self-run-childcare",
        languages=("cs",),
        made_on=date(2026, 9, 30),
        due_at=datetime(2027, 3, 30, tzinfo=UTC),
        status=CommitmentStatus.ADAPTED,
        settled_on=date(2027, 2, 1),
        practice=_PRACTICE,
    ),
    events=(
        CommitmentMade(),
        FollowUpDue(),
        PracticeAdopted(practice=_PRACTICE, instead_of=_OTHER),
        PracticeAdapted(practice=_PRACTICE),
        CommitmentDropped(reason="no-rooms", instead_of=_PRACTICE),
    ),
)
