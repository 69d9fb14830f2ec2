"""Where a center is, as an HSDS location.

A center that hides keeps its location, emptied of everything but the country: whoever copied the address must be told
that it is gone, and would not notice a location that is merely missing from a list.
"""

from services.directory.exports.entry import Entry, language_name
from services.directory.hsds.records import (
    AccessibilityRecord,
    AddressRecord,
    LanguageRecord,
    LocationRecord,
    record_id,
)
from services.directory.hsds.terms import has_value
from shared.events.directory.center import Access, LocationVisibility

_SHOWN = {
    LocationVisibility.EXACT: None,
    LocationVisibility.TOWN: "The center shows its town only; the point is the middle of the town.",
    LocationVisibility.HIDDEN: "The center does not show where it is.",
}


def location_id(entry: Entry) -> str:
    """The id of a center's location: the same wherever it moves."""
    return record_id("location", entry.id)


def location_in_list(entry: Entry) -> LocationRecord:
    """The location as it stands in a list."""
    latitude, longitude = entry.point or (None, None)
    near_transport = Access.NEAR_PUBLIC_TRANSPORT in entry.view.accessibility
    return LocationRecord(
        id=location_id(entry),
        organization_id=entry.id,
        name=entry.view.name,
        description=_SHOWN[entry.view.location_visibility],
        transportation="Near public transport." if near_transport else None,
        latitude=latitude,
        longitude=longitude,
    )


def location_in_full(entry: Entry) -> LocationRecord:
    """The location with all that belongs to it."""
    id = location_id(entry)
    return location_in_list(entry).model_copy(
        update={
            "languages": [
                LanguageRecord(id=record_id("language", id, code), location_id=id, name=language_name(code), code=code)
                for code in entry.view.languages
            ],
            "addresses": [_address(entry, id)],
            "accessibility": [
                AccessibilityRecord(
                    id=record_id("accessibility", id, access), location_id=id, description=access.replace("-", " ")
                )
                for access in entry.view.accessibility
            ],
            "attributes": [has_value("location", id, "location_visibility", entry.view.location_visibility)],
        }
    )


def _address(entry: Entry, id: str) -> AddressRecord:
    place = entry.view.place
    return AddressRecord(
        id=record_id("address", id),
        location_id=id,
        address_1=place.street or "",
        city=place.town or "",
        state_province=place.region or "",
        postal_code=place.postal_code or "",
        country=place.country,
    )
