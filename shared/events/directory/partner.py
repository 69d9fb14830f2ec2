"""Partners: organisations that centers and networks work with, and how they are linked.

Links to networks stand in the snapshot. Links to centers do not: a center may hide its place later, and the town that
gives it a room would tell where it is. The directory serves them by today's rules.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream, Wire
from shared.events.directory.center import CountryCode, LanguageCode


class PartnerKind(StrEnum):
    """What sort of organisation a partner is."""

    MINISTRY = "ministry"
    MUNICIPALITY = "municipality"
    UNIVERSITY = "university"
    FOUNDATION = "foundation"
    CHURCH = "church"
    NGO = "ngo"
    COMPANY = "company"
    MEDIA = "media"
    INTERNATIONAL_ORGANISATION = "international-organisation"
    OTHER = "other"


class PartnerStatus(StrEnum):
    """Whether the work together goes on."""

    ACTIVE = "active"
    ENDED = "ended"


class LinkKind(StrEnum):
    """What a partner is to a center or network."""

    FUNDER = "funder"
    HOST_OF_PREMISES = "host-of-premises"
    TRAINING_PARTNER = "training-partner"
    REFERRAL = "referral"
    RESEARCH = "research"
    LOBBYING_ALLY = "lobbying-ally"
    SPONSOR = "sponsor"
    MEMBER_OF = "member-of"


class NetworkLink(Wire):
    """A link to a network that has not ended."""

    link: str = Field(description="Id of the link, unique within the partner.")
    kind: LinkKind
    network: str
    since: date


class PartnerSnapshot(Snapshot):
    """A partner organisation as everybody may see it."""

    name: str
    names: dict[LanguageCode, str] = Field(default={}, description="The name by language, if it has more than one.")
    kind: PartnerKind
    country: CountryCode | None = Field(default=None, description="Absent when it works internationally.")
    since: date | None = Field(default=None, description="The day the work together began, as far as known.")
    status: PartnerStatus
    networks: tuple[NetworkLink, ...] = ()


class PartnerRegistered(Event):
    """An organisation that centers or networks work with came into the directory."""


class PartnerProfileUpdated(Event):
    """What the directory says of a partner changed."""

    changed: tuple[str, ...] = Field(description="Names of the changed fields, in alphabetical order.")


class PartnershipLinked(Event):
    """A partner was linked to a center or to a network; with ``until``, it is a link from before that has ended."""

    link: str
    kind: LinkKind
    center: str | None = Field(default=None, description="Absent for a network, and for a center that hides its place.")
    network: str | None = None
    since: date
    until: date | None = Field(default=None, description="The first day on which the link was no more.")


class PartnershipLinkEnded(Event):
    """One link of a partner ended; the partner may have others."""

    link: str
    reason: str = Field(description="agreed, center-closed or network-dissolved.")
    on: date


class PartnershipEnded(Event):
    """The work with this partner ended altogether, and every link that lasted until then with it."""

    reason: str = Field(description="agreed, no-funding, dissolved, conflict or other.")
    on: date
    links_ended: tuple[str, ...] = Field(default=(), description="Ids of the links that ended.")


class PartnerRedacted(Event):
    """Somebody who stood in its contact is forgotten on their own demand."""


PARTNER = Stream(
    service="directory",
    aggregate="partner",
    about="Organisations that centers and networks work with, and what they are to each other.",
    snapshot=PartnerSnapshot(
        name="Nadace Kamínek",
        names={"en": "Pebble Foundation"},
        kind=PartnerKind.FOUNDATION,
        country="CZ",
        since=date(2015, 9, 1),
        status=PartnerStatus.ACTIVE,
        networks=(
            NetworkLink(
                link="l1",
                kind=LinkKind.FUNDER,
                network="01890a5d-ac96-774b-bcce-b302099a8057",
                since=date(2015, 9, 1),
            ),
        ),
    ),
    events=(
        PartnerRegistered(),
        PartnerProfileUpdated(changed=("kind", "names")),
        PartnershipLinked(
            link="l2",
            kind=LinkKind.HOST_OF_PREMISES,
            center="01890a5d-ac96-774b-bcce-b302099a8059",
            since=date(2024, 1, 1),
        ),
        PartnershipLinkEnded(link="l2", reason="center-closed", on=date(2026, 6, 30)),
        PartnershipEnded(reason="no-funding", on=date(2026, 12, 31), links_ended=("l1",)),
        PartnerRedacted(),
    ),
)
