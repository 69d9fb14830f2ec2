"""Centers: who and where they are, what they offer, and whether that was checked of late.

Events are kept for ever and a center may hide later. So none of them carries a street, an exact point or a contact:
at most the town and the town's own point, for a hidden center its country only.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream, Wire

CountryCode = Annotated[str, Field(description="ISO 3166-1 alpha-2, upper case.", pattern="^[A-Z]{2}$")]
LanguageCode = Annotated[str, Field(description="ISO 639, lower case, two letters where there are two.")]


class CenterStatus(StrEnum):
    """Whether a center's doors are open."""

    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class Check(StrEnum):
    """How far the profile can be trusted: confirmed within a year, asked again, or asked in vain."""

    FRESH = "fresh"
    DUE = "due"
    LAPSED = "lapsed"


class LocationVisibility(StrEnum):
    """How much of its place a center shows: the very door, the town, or the country only (safe places)."""

    EXACT = "exact"
    TOWN = "town"
    HIDDEN = "hidden"


class OfferStatus(StrEnum):
    """Whether a service on offer can be had now. A withdrawn one is not listed at all."""

    ACTIVE = "active"
    PAUSED = "paused"


class TownPoint(Wire):
    """The middle of a town in WGS 84 degrees, in hundredths (about a kilometre): never a door."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class OfferedService(Wire):
    """One service of a center."""

    offer: str = Field(description="Id of the offer, unique within the center.")
    service: str = Field(description="Code from the directory's taxonomy of services, e.g. open-cafe.")
    status: OfferStatus = OfferStatus.ACTIVE
    languages: tuple[LanguageCode, ...] = Field(default=(), description="Empty: the center's own languages.")


class CenterSnapshot(Snapshot):
    """A center as everybody may see it, by its own choice of location visibility."""

    name: str = Field(description="The name to show when no language is preferred. May change when a center hides.")
    names: dict[LanguageCode, str] = Field(default={}, description="The name by language, if it has more than one.")
    kind: str = Field(description="mother-center, family-center, multigenerational-house or other.")
    country: CountryCode
    region: str | None = Field(default=None, description="Absent when hidden.")
    town: str | None = Field(default=None, description="Absent when hidden.")
    town_point: TownPoint | None = Field(default=None, description="Absent when hidden or unknown.")
    location_visibility: LocationVisibility
    languages: tuple[LanguageCode, ...] = Field(description="Spoken in the house, the main one first.")
    services: tuple[OfferedService, ...] = ()
    founded: int | None = Field(default=None, description="Year.")
    status: CenterStatus
    check: Check
    verified_on: date = Field(description="The day the profile was last confirmed.")
    successor: str | None = Field(default=None, description="Center that carries on the work of a closed one.")


class CenterRegistered(Event):
    """A center came into the directory."""

    imported: bool = Field(
        default=False, description="Taken over from an older list: new to the directory, not to the world."
    )


class CenterProfileUpdated(Event):
    """A center's own description changed; where it is and what it offers have events of their own."""

    changed: tuple[str, ...] = Field(description="Names of the changed fields, in alphabetical order.")


class CenterRelocated(Event):
    """A center moved, or its place was corrected."""

    from_country: CountryCode = Field(description="The country it was in before; where it is now is in the snapshot.")


class LocationVisibilityChanged(Event):
    """A center decided anew how much of its place is shown. Whoever keeps a copy must forget what is hidden now."""

    before: LocationVisibility
    after: LocationVisibility


class ServiceOffered(Event):
    """A center began to offer a service."""

    offer: str
    service: str


class ServiceChanged(Event):
    """An offered service changed in the named fields; ``status`` among them says that a paused one is back."""

    offer: str
    service: str
    changed: tuple[str, ...]


class ServicePaused(Event):
    """A service cannot be had for a while."""

    offer: str
    service: str


class ServiceWithdrawn(Event):
    """A center no longer offers a service."""

    offer: str
    service: str


class VerificationRequested(Event):
    """Nobody confirmed the profile for a year: somebody is asked to."""

    last_verified_on: date
    answer_by: date = Field(description="From this day on the profile counts as lapsed.")


class CenterVerified(Event):
    """Somebody who knows confirmed that the profile is true."""

    verified_on: date
    by: str = Field(description="The role that confirmed it: center, coordinator or office.")


class VerificationLapsed(Event):
    """Nobody answered in time: the profile can no longer be trusted until it is confirmed."""

    last_verified_on: date


class CenterPaused(Event):
    """A center's doors are shut for a while; it keeps its services."""

    reason: str = Field(description="holidays, renovation, moving, no-volunteers, no-funding, crisis or other.")
    until: date | None = Field(default=None, description="The day it hopes to open again, if it knows.")


class CenterClosed(Event):
    """A center closed for good; its services ended with it."""

    reason: str = Field(description="merged, no-funding, no-volunteers, lost-premises, work-done or other.")
    successor: str | None = Field(default=None, description="Id of the center that carries on its work.")
    services_ended: tuple[str, ...] = Field(default=(), description="Codes of the services that ended, in order.")


class CenterReopened(Event):
    """A center's doors are open again: after a pause with all it had, after a closing as itself without services."""

    after: CenterStatus = Field(description="What it was before: paused or closed.")


CENTER = Stream(
    service="directory",
    aggregate="center",
    about="Centers: who and where they are, as far as they show it, what they offer, and whether that was checked.",
    snapshot=CenterSnapshot(
        name="Mateřské centrum Kamínek",
        names={"cs": "Mateřské centrum Kamínek", "en": "Pebble Mother Center"},
        kind="mother-center",
        country="CZ",
        region="Praha",
        town="Praha",
        town_point=TownPoint(lat=50.09, lon=14.42),
        location_visibility=LocationVisibility.TOWN,
        languages=("cs", "uk"),
        services=(
            OfferedService(offer="s1", service="open-cafe"),
            OfferedService(offer="s2", service="language-course", status=OfferStatus.PAUSED, languages=("cs",)),
        ),
        founded=1992,
        status=CenterStatus.ACTIVE,
        check=Check.FRESH,
        verified_on=date(2026, 3, 1),
    ),
    events=(
        CenterRegistered(imported=True),
        CenterProfileUpdated(changed=("languages", "names")),
        CenterRelocated(from_country="CZ"),
        LocationVisibilityChanged(before=LocationVisibility.EXACT, after=LocationVisibility.TOWN),
        ServiceOffered(offer="s1", service="open-cafe"),
        ServiceChanged(offer="s2", service="language-course", changed=("languages",)),
        ServicePaused(offer="s2", service="language-course"),
        ServiceWithdrawn(offer="s2", service="language-course"),
        VerificationRequested(last_verified_on=date(2025, 3, 1), answer_by=date(2026, 5, 30)),
        CenterVerified(verified_on=date(2026, 3, 1), by="center"),
        VerificationLapsed(last_verified_on=date(2025, 3, 1)),
        CenterPaused(reason="renovation", until=date(2026, 9, 1)),
        CenterClosed(reason="merged", successor="01890a5d-ac96-774b-bcce-b302099a8057", services_ended=("open-cafe",)),
        CenterReopened(after=CenterStatus.PAUSED),
    ),
)
