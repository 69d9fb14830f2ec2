"""Memberships of centers in networks. The key is derived from the two, so that there is one membership for both.

Each event says in ``on`` for which day it counts; its time is the first moment of that day, or that of its entry where
it counts for the day of the entry. Who was a member on a day is told by the spells in the snapshot.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream, Wire


class MembershipKind(StrEnum):
    """A full member meets the network's criteria; a friendly one belongs to it without being a member in its law."""

    FULL = "full"
    FRIENDLY = "friendly"


class MembershipStatus(StrEnum):
    """How the two stand with each other today."""

    APPLIED = "applied"
    ADMITTED = "admitted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class MembershipSpell(Wire):
    """A time as a member of one kind, from the day ``since`` until, and without, the day ``until``."""

    kind: MembershipKind
    since: date
    until: date | None = Field(default=None, description="The first day on which it was a member no more; or lasting.")


class MembershipSnapshot(Snapshot):
    """What everybody may know of a center's membership in a network."""

    network: str
    center: str
    kind: MembershipKind = Field(description="Of the present or latest membership or application.")
    status: MembershipStatus
    applied_on: date | None = None
    criteria_version: int | None = Field(default=None, description="By which version of the list it was checked.")
    criteria_met: tuple[str, ...] = Field(default=(), description="Codes of the criteria that were checked off.")
    code_accepted_on: date | None = Field(default=None, description="When it accepted the ethical code.")
    spells: tuple[MembershipSpell, ...] = Field(default=(), description="In order of time; they never overlap.")


class MembershipApplied(Event):
    """A center applied to a network, itself or on paper; after an older membership ended, this is a new application."""

    kind: MembershipKind
    on: date


class CenterConsented(Event):
    """The center, or who speaks for it, confirmed what the network had entered for it."""


class CriteriaChecked(Event):
    """The network's criteria were checked off."""

    list_version: int = Field(description="Which version of the network's list.")
    met: tuple[str, ...] = Field(description="Codes, in the order of the list.")
    missing: tuple[str, ...] = Field(description="Codes of the mandatory ones that are not met.")
    on: date


class EthicalCodeAccepted(Event):
    """The center accepted the ethical code."""

    on: date


class MembershipAdmitted(Event):
    """The network admitted the center: it is a member from that day on."""

    kind: MembershipKind
    on: date


class MembershipKindChanged(Event):
    """A friendly center became a full member, or the other way round."""

    before: MembershipKind
    after: MembershipKind
    on: date


class MembershipDeclined(Event):
    """The network declined the application."""

    reason: str = Field(description="criteria-not-met, incomplete, other-network or other.")
    on: date


class ApplicationWithdrawn(Event):
    """An application came to nothing before it was decided."""

    reason: str = Field(description="own-wish, center-closed or network-dissolved.")
    on: date


class MembershipEnded(Event):
    """The center is a member no more, from that day on."""

    reason: str = Field(
        description="own-wish, other-network, criteria-not-met, excluded, other, center-closed or network-dissolved."
    )
    on: date


class MembershipRecorded(Event):
    """A membership from before was entered from an older list; it may still last."""

    kind: MembershipKind
    since: date
    until: date | None = None


class MembershipCorrected(Event):
    """The days or kinds of the membership had been entered wrongly: these are the spells as they truly were."""

    spells: tuple[MembershipSpell, ...]


class MembershipRedacted(Event):
    """Somebody who stood in its note is forgotten on their own demand."""


_SINCE = date(2019, 5, 4)

MEMBERSHIP = Stream(
    service="directory",
    aggregate="membership",
    about="Memberships of centers in networks: applied, admitted or declined, ended; who was a member on any day.",
    snapshot=MembershipSnapshot(
        network="01890a5d-ac96-774b-bcce-b302099a8057",
        center="01890a5d-ac96-774b-bcce-b302099a8059",
        kind=MembershipKind.FULL,
        status=MembershipStatus.ADMITTED,
        applied_on=date(2026, 2, 14),
        criteria_version=2,
        criteria_met=("open-to-all",),
        code_accepted_on=date(2026, 2, 14),
        spells=(
            MembershipSpell(kind=MembershipKind.FRIENDLY, since=_SINCE, until=date(2022, 12, 31)),
            MembershipSpell(kind=MembershipKind.FULL, since=date(2026, 3, 1)),
        ),
    ),
    events=(
        MembershipApplied(kind=MembershipKind.FULL, on=date(2026, 2, 14)),
        CenterConsented(),
        CriteriaChecked(list_version=2, met=("open-to-all",), missing=(), on=date(2026, 2, 20)),
        EthicalCodeAccepted(on=date(2026, 2, 14)),
        MembershipAdmitted(kind=MembershipKind.FULL, on=date(2026, 3, 1)),
        MembershipKindChanged(before=MembershipKind.FRIENDLY, after=MembershipKind.FULL, on=date(2026, 3, 1)),
        MembershipDeclined(reason="criteria-not-met", on=date(2026, 3, 1)),
        ApplicationWithdrawn(reason="own-wish", on=date(2026, 2, 20)),
        MembershipEnded(reason="center-closed", on=date(2026, 6, 30)),
        MembershipRecorded(kind=MembershipKind.FRIENDLY, since=_SINCE, until=date(2022, 12, 31)),
        MembershipCorrected(
            spells=(MembershipSpell(kind=MembershipKind.FRIENDLY, since=_SINCE, until=date(2023, 1, 31)),)
        ),
        MembershipRedacted(),
    ),
)
