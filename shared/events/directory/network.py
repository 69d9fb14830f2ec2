"""Networks of centers: a tree with gaps, center → (region) → national network → international network."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream, Wire
from shared.events.directory.center import CountryCode, LanguageCode


class NetworkLevel(StrEnum):
    """How far a network reaches. It never changes, and what a network belongs to reaches further than itself."""

    REGIONAL = "regional"
    NATIONAL = "national"
    INTERNATIONAL = "international"


class NetworkStatus(StrEnum):
    """Whether a network still works."""

    ACTIVE = "active"
    DISSOLVED = "dissolved"


class ListedCriterion(Wire):
    """One criterion of a network's list; the directory serves what it says, by language."""

    code: str = Field(description="Unique within the network.")
    mandatory: bool = Field(description="Whether a full member has to meet it.")


class NetworkSnapshot(Snapshot):
    """A network as everybody may see it."""

    name: str
    names: dict[LanguageCode, str] = Field(default={}, description="The name by language, if it has more than one.")
    level: NetworkLevel
    country: CountryCode | None = Field(default=None, description="Absent for an international network.")
    parent: str | None = Field(default=None, description="Id of the network it belongs to, if there is one.")
    languages: tuple[LanguageCode, ...] = Field(default=(), description="It works in, the main one first.")
    founded: int | None = Field(default=None, description="Year.")
    criteria_version: int = Field(default=0, description="Of its list of criteria; 0 while it has none.")
    criteria: tuple[ListedCriterion, ...] = ()
    status: NetworkStatus
    successor: str | None = Field(default=None, description="Network that carries on the work of a dissolved one.")


class NetworkRegistered(Event):
    """A network came into the directory."""


class NetworkProfileUpdated(Event):
    """A network describes itself anew."""

    changed: tuple[str, ...] = Field(description="Names of the changed fields, in alphabetical order.")


class NetworkMoved(Event):
    """A network belongs to another network than before, or to none."""

    before: str | None
    after: str | None


class CriteriaRevised(Event):
    """A network has a new list of criteria; what was checked off by an older one stays checked off."""

    list_version: int = Field(ge=1)


class NetworkDissolved(Event):
    """A network works no more; its memberships and partnerships end with it, by events of their own."""

    reason: str = Field(description="merged, no-volunteers, no-funding, work-done or other.")
    on: date = Field(description="The day it ended.")
    successor: str | None = Field(default=None, description="Id of the network that carries on its work.")


class NetworkRedacted(Event):
    """Somebody who stood in its contact is forgotten on their own demand."""


NETWORK = Stream(
    service="directory",
    aggregate="network",
    about="Regional, national and international networks of centers, and their criteria for members.",
    snapshot=NetworkSnapshot(
        name="Síť mateřských center",
        names={"en": "Network of Mother Centers"},
        level=NetworkLevel.NATIONAL,
        country="CZ",
        parent="01890a5d-ac96-774b-bcce-b302099a8057",
        languages=("cs",),
        founded=2001,
        criteria_version=2,
        criteria=(
            ListedCriterion(code="open-to-all", mandatory=True),
            ListedCriterion(code="daily-opening", mandatory=False),
        ),
        status=NetworkStatus.ACTIVE,
    ),
    events=(
        NetworkRegistered(),
        NetworkProfileUpdated(changed=("founded", "name")),
        NetworkMoved(before=None, after="01890a5d-ac96-774b-bcce-b302099a8057"),
        CriteriaRevised(list_version=2),
        NetworkDissolved(reason="merged", on=date(2026, 6, 30), successor="01890a5d-ac96-774b-bcce-b302099a8058"),
        NetworkRedacted(),
    ),
)
