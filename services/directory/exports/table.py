"""Centers as a table: one line a center, with the columns by which `mine import centers` takes lists in.

The last three columns are for readers only. A cell with several values has them separated by semicolons.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from services.directory.domain.place import Point
from services.directory.exports.entry import Entry
from shared import spreadsheets
from shared.clock import instant_text
from shared.events.directory.center import TownPoint

Cell = str | int | float | Iterable[str] | None


def _lat(point: Point | TownPoint | None) -> float | None:
    return point.lat if point else None


def _lon(point: Point | TownPoint | None) -> float | None:
    return point.lon if point else None


COLUMNS: Mapping[str, Callable[[Entry], Cell]] = {
    "external_id": lambda entry: entry.id,
    "name": lambda entry: entry.view.name,
    "kind": lambda entry: entry.view.kind,
    "languages": lambda entry: entry.view.languages,
    "founded": lambda entry: entry.view.founded,
    "legal_form": lambda entry: entry.view.legal_form,
    "registration_number": lambda entry: entry.view.registration_number,
    "country": lambda entry: entry.view.place.country,
    "region": lambda entry: entry.view.place.region,
    "town": lambda entry: entry.view.place.town,
    "town_lat": lambda entry: _lat(entry.view.place.town_point),
    "town_lon": lambda entry: _lon(entry.view.place.town_point),
    "postal_code": lambda entry: entry.view.place.postal_code,
    "street": lambda entry: entry.view.place.street,
    "lat": lambda entry: _lat(entry.view.place.point),
    "lon": lambda entry: _lon(entry.view.place.point),
    "time_zone": lambda entry: entry.view.place.time_zone,
    "location_visibility": lambda entry: entry.view.location_visibility,
    "email": lambda entry: entry.email,
    "phone": lambda entry: entry.phone,
    "website": lambda entry: entry.website,
    "services": lambda entry: [offer.service for offer in entry.view.services],
    "topics": lambda entry: entry.view.topics,
    "accessibility": lambda entry: entry.view.accessibility,
    "funding": lambda entry: entry.view.funding,
    "staff": lambda entry: entry.view.staff,
    "volunteers": lambda entry: entry.view.volunteers,
    "families": lambda entry: entry.view.families,
    "verified_on": lambda entry: entry.view.verified_on.isoformat(),
}
FOR_READERS: Mapping[str, Callable[[Entry], Cell]] = {
    "status": lambda entry: entry.view.status,
    "check": lambda entry: entry.view.check,
    "changed": lambda entry: instant_text(entry.view.changed),
}


def header(languages: Sequence[str]) -> str:
    """The first line; with a column each for the names and the descriptions in these languages."""
    names, descriptions = ([f"{field}_{language}" for language in languages] for field in ("name", "description"))
    return spreadsheets.MARK + spreadsheets.line([*COLUMNS, *names, *descriptions, *FOR_READERS])


def line(entry: Entry, languages: Sequence[str]) -> str:
    """The line of a center."""
    names = [entry.view.names.get(language) for language in languages]
    descriptions = [entry.view.descriptions.get(language) for language in languages]
    own, for_readers = ([tell(entry) for tell in columns.values()] for columns in (COLUMNS, FOR_READERS))
    return spreadsheets.line([_text(cell) for cell in (*own, *names, *descriptions, *for_readers)])


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return cell
        case int():
            return str(cell)
        case float():
            return f"{cell:.5f}".rstrip("0").rstrip(".")
        case _:
            return ";".join(cell)
