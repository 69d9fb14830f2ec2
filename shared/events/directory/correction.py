"""Corrections that anybody may suggest to a center's entry. What is suggested, no event says: the directory tells."""

from enum import StrEnum

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream


class CorrectionStatus(StrEnum):
    """How far a suggestion has come."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class CorrectionSnapshot(Snapshot):
    """A suggestion as everybody may see it."""

    center: str = Field(description="Id of the center whose entry is meant.")
    fields: tuple[str, ...] = Field(description="Names of the fields it would change, in alphabetical order.")
    status: CorrectionStatus


class CorrectionSuggested(Event):
    """Somebody, with or without an account, said that an entry is not right."""


class CorrectionAccepted(Event):
    """The center's people found it right; the entry changes."""


class CorrectionRefused(Event):
    """The center's people did not take it over."""

    reason: str = Field(description="already-right, not-so, spam or other.")


class CorrectionRedacted(Event):
    """Somebody who stood in it is forgotten on their own demand."""


CORRECTION = Stream(
    service="directory",
    aggregate="correction",
    about="Corrections suggested to centers' entries, and what became of them.",
    snapshot=CorrectionSnapshot(
        center="01890a5d-ac96-774b-bcce-b302099a8057", fields=("founded",), status=CorrectionStatus.OPEN
    ),
    events=(
        CorrectionSuggested(),
        CorrectionAccepted(),
        CorrectionRefused(reason="already-right"),
        CorrectionRedacted(),
    ),
)
