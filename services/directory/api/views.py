"""How a center looks over HTTP, by today's location visibility and by who is asking."""

from datetime import date
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from services.directory.api.rights import Asker, is_member
from services.directory.domain.center import Center
from services.directory.domain.consent import Consent
from services.directory.domain.place import Place
from services.directory.domain.profile import Contact, ContactPerson
from services.directory.places import OddPlace, odd_place
from shared.clock import Instant
from shared.commands import Loaded
from shared.events.directory.center import (
    Access,
    CenterSnapshot,
    CenterStatus,
    Check,
    ClosedDays,
    Funding,
    LanguageCode,
    LegalForm,
    LocationVisibility,
    OfferedService,
)

CenterId = Annotated[str, Path(max_length=64, description="Id of a center.")]


class InternalView(BaseModel):
    """What only the center itself, its country's coordinator and the office see."""

    external_id: str | None
    discreet_name: str | None = Field(description="What it is called while hidden, if it chose that itself.")
    answer_by: date | None = Field(description="Until when verification is waited for.")
    looks_odd: OddPlace | None = Field(
        description="`at-sea` or `outside-country` where the point on the map can hardly be right; it is kept anyway."
    )
    contact_consent: Consent | None = Field(description="What the contact person agreed to.")

    @classmethod
    def of(cls, center: Center) -> "InternalView":
        """What its own people see."""
        point = center.place.point or center.place.town_point
        return cls(
            external_id=center.external_id,
            discreet_name=center.discreet_name,
            answer_by=center.answer_by,
            looks_odd=odd_place(center.place.country, point.lat, point.lon) if point else None,
            contact_consent=center.contact_person.consent if center.contact_person else None,
        )


class CenterView(BaseModel):
    """A center. What the caller may not see is null: its place by location visibility, ``contact_person`` without a
    token of a member, ``internal`` without one of the center's own people."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "id": "2f0f7a4e-6f0a-5b8e-9b57-0f6f4e1d2c3b", "version": 3, "changed": "2026-03-01T09:30:00.000Z",
        "name": "Mateřské centrum Kamínek", "names": {"en": "Pebble Mother Center"}, "kind": "mother-center",
        "descriptions": {"cs": "Obývací pokoj pro celou čtvrť.", "en": "A living room for the whole neighborhood."},
        "place": {
            "country": "CZ", "region": "Praha", "town": "Praha", "town_point": {"lat": 50.09, "lon": 14.42},
            "postal_code": None, "street": None, "point": None, "time_zone": "Europe/Prague",
        },
        "location_visibility": "town", "contact": {"email": "office@kaminek.example.org"}, "languages": ["cs", "uk"],
        "services": [{"offer": "s1", "service": "open-cafe", "status": "active", "languages": []}], "closed_days": [],
        "topics": ["founding-a-center"], "founded": 1992, "legal_form": "association",
        "registration_number": "26999900", "accessibility": ["step-free"], "staff": 1, "volunteers": 28,
        "families": 150, "funding": ["municipality", "donations"],
        "status": "active", "paused_until": None, "successor": None, "absorbed": [], "check": "fresh",
        "verified_on": "2026-03-01", "contact_person": None, "internal": None,
    }]})  # fmt: skip

    id: str
    version: int = Field(description="Also the ETag.")
    changed: Instant
    name: str
    names: dict[LanguageCode, str]
    descriptions: dict[LanguageCode, str] = Field(description="In the center's own words; none while it is hidden.")
    kind: str
    place: Place
    location_visibility: LocationVisibility
    contact: Contact | None
    languages: tuple[LanguageCode, ...]
    services: tuple[OfferedService, ...]
    closed_days: tuple[ClosedDays, ...]
    topics: tuple[str, ...]
    founded: int | None
    legal_form: LegalForm | None
    registration_number: str | None
    accessibility: tuple[Access, ...]
    staff: int | None
    volunteers: int | None
    families: int | None
    funding: tuple[Funding, ...]
    status: CenterStatus
    paused_until: date | None
    successor: str | None
    absorbed: tuple[str, ...] = Field(description="Ids of other entries that turned out to be of this center.")
    check: Check
    verified_on: date
    contact_person: ContactPerson | None
    internal: InternalView | None

    @classmethod
    def of(cls, loaded: Loaded[Center], asker: Asker) -> "CenterView":
        """The center as ``asker`` may see it today."""
        center = loaded.aggregate
        public = center.snapshot()
        hidden = center.visibility is LocationVisibility.HIDDEN
        shown: dict[str, Any] = {
            "name": public.name,
            "names": public.names,
            "descriptions": {} if hidden else center.profile.descriptions,
            "registration_number": public.registration_number,
            "place": center.place.shown(center.visibility),
            "contact": center.public_contact(),
            "internal": None,
        }
        if asker.is_its_people(center):
            shown = {
                **{name: getattr(center.profile, name) for name in _HIDEABLE},
                "place": center.place,
                "internal": InternalView.of(center),
            }
        named = center.contact_person
        return cls(
            id=center.id,
            version=loaded.version,
            changed=loaded.changed,
            paused_until=center.paused_until,
            absorbed=center.absorbed,
            contact_person=named.person if named and is_member(asker.caller) else None,
            **{name: getattr(public, name) for name in _PUBLIC},
            **shown,
        )


_HIDEABLE = ("name", "names", "descriptions", "registration_number", "contact")
"""Fields of the profile that only its people see while it is hidden."""
_PUBLIC = tuple(sorted({*CenterView.model_fields} & {*CenterSnapshot.model_fields} - {*_HIDEABLE}))
"""Fields that are shown as the snapshot has them."""
