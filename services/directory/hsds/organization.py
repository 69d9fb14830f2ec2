"""A center as an HSDS organization."""

from services.directory.exports.entry import Entry, country_name
from services.directory.hsds.location import location_in_full
from services.directory.hsds.records import (
    AttributeRecord,
    FundingRecord,
    IdentifierRecord,
    OrganizationRecord,
    PhoneRecord,
    record_id,
)
from services.directory.hsds.terms import has_term, has_value
from shared.events.directory.center import CenterStatus
from shared.http.languages import Languages

_NETWORK = Languages(())
"""Nobody's wishes: the network's own languages."""


def organization_in_list(entry: Entry) -> OrganizationRecord:
    """The organization as it stands in a list."""
    view = entry.view
    return OrganizationRecord(
        id=entry.id,
        name=view.name,
        alternate_name=_alternate_name(entry),
        description=_description(entry),
        email=entry.email,
        website=entry.website,
        year_incorporated=view.founded,
        legal_status=view.legal_form.replace("-", " ") if view.legal_form else None,
    )


def organization_nested(entry: Entry) -> OrganizationRecord:
    """The organization with all that belongs to it, except its locations and services."""
    view = entry.view
    number = view.registration_number
    return organization_in_list(entry).model_copy(
        update={
            "phones": phones(entry),
            "funding": [
                FundingRecord(
                    id=record_id("funding", entry.id, source),
                    organization_id=entry.id,
                    source=source.replace("-", " "),
                )
                for source in view.funding
            ],
            "organization_identifiers": [
                IdentifierRecord(
                    id=record_id("identifier", entry.id),
                    organization_id=entry.id,
                    identifier_type=f"public register of {country_name(view.place.country)}",
                    identifier=number,
                )
            ]
            if number
            else [],
            "attributes": _attributes(entry),
        }
    )


def organization_in_full(entry: Entry) -> OrganizationRecord:
    """The organization with its location, without its services."""
    return organization_nested(entry).model_copy(update={"locations": [location_in_full(entry)]})


def phones(entry: Entry) -> list[PhoneRecord]:
    """The phone that a center shows, if any."""
    if entry.phone is None:
        return []
    return [PhoneRecord(id=record_id("phone", entry.id), organization_id=entry.id, number=entry.phone)]


def _alternate_name(entry: Entry) -> str | None:
    names = {language: name for language, name in entry.view.names.items() if name != entry.view.name}
    return _NETWORK.text(names) if names else None


def _description(entry: Entry) -> str:
    """HSDS has no status of an organization, so its first sentence tells whether the doors are open."""
    said = [*_doors(entry)]
    if entry.view.descriptions:
        said.append(_NETWORK.text(entry.view.descriptions))
    else:
        where = [entry.view.place.town, country_name(entry.view.place.country)]
        said.append(f"{', '.join([entry.kind, *(part for part in where if part)])}.")
    return " ".join(said)


def _doors(entry: Entry) -> list[str]:
    until = f" until {entry.view.paused_until}" if entry.view.paused_until else " for now"
    match entry.view.status:
        case CenterStatus.CLOSED:
            return ["This center has closed for good."]
        case CenterStatus.PAUSED:
            return [f"This center is shut{until}."]
        case CenterStatus.ACTIVE:
            return []


def _attributes(entry: Entry) -> list[AttributeRecord]:
    view = entry.view
    values = {"kind": view.kind, "status": view.status, "check": view.check, "successor": view.successor}
    said = [has_value("organization", entry.id, name, value) for name, value in values.items() if value]
    return said + [has_term("organization", entry.id, "topic", topic) for topic in view.topics]
