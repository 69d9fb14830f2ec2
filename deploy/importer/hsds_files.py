"""Files of the Human Services Data Specification 3.0: whole organizations, from JSON or from the tabular CSV set.

Both end as the object the specification calls a full organization: with its locations, its services, and what hangs
on these. Tables are joined in a temporary database on disk, so that memory does not grow with the data.
"""

import json
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.errors import Trouble
from deploy.importer.reading import CsvFile, TextFile, json_values

Thing = dict[str, Any]

_TABLES = {
    "organization": ("organizations", "organization"),
    "organization_identifier": ("organization_identifiers", "organization_identifier"),
    "location": ("locations", "location"),
    "address": ("addresses", "address", "physical_addresses"),
    "phone": ("phones", "phone"),
    "language": ("languages", "language"),
    "service": ("services", "service"),
    "service_at_location": ("service_at_locations", "service_at_location", "services_at_location"),
    "schedule": ("schedules", "schedule"),
    "cost_option": ("cost_options", "cost_option"),
    "attribute": ("attributes", "attribute"),
    "taxonomy_term": ("taxonomy_terms", "taxonomy_term"),
}
"""The tables that are read, and what their files may be called; contacts are persons, and stay where they are."""
_MOST_BYTES = 2_000_000_000


class _Store:
    """Things by what they belong to, on disk while they are needed."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE thing (kind TEXT, key TEXT, value TEXT, line INTEGER, data TEXT)")
        self._database.execute("CREATE INDEX by_key ON thing (kind, key, value)")

    def add(self, kind: str, line: int, data: Thing) -> None:
        """Keeps a thing under its own id and the ids of what it belongs to."""
        text = json.dumps(data)
        keys = [(key, str(value)) for key, value in {"id": "", **data}.items() if key == "id" or key.endswith("_id")]
        self._database.executemany(
            "INSERT INTO thing VALUES (?, ?, ?, ?, ?)", [(kind, key, value, line, text) for key, value in keys]
        )

    def of(self, kind: str, key: str, value: object) -> list[Thing]:
        """The things of a kind that belong to it, in their order."""
        where = "kind = ? AND key = ? AND value = ? ORDER BY rowid"
        found = self._database.execute(f"SELECT data FROM thing WHERE {where}", (kind, key, str(value)))  # noqa: S608
        return [json.loads(data) for (data,) in found]

    def all(self, kind: str) -> Iterator[tuple[int, Thing]]:
        """Every thing of a kind, with its line."""
        where = "kind = ? AND key = 'id' ORDER BY rowid"
        for line, data in self._database.execute(f"SELECT line, data FROM thing WHERE {where}", (kind,)):  # noqa: S608
            yield line, json.loads(data)


# ---- the tabular set


class TableSet:
    """A directory or ZIP file with organizations.csv, locations.csv, services.csv and so on."""

    def __init__(self, path: Path, encoding: str | None = None, delimiter: str | None = None) -> None:
        self._store = _Store()
        with TemporaryDirectory() as unpacked:
            files = _unpacked(path, Path(unpacked)) if path.is_file() else {file.name: file for file in path.iterdir()}
            self.files: list[TextFile] = []
            for kind, names in _TABLES.items():
                found = next((files[f"{name}.csv"] for name in names if f"{name}.csv" in files), None)
                if found is None:
                    if kind in ("organization", "location"):
                        raise Trouble(f"{path} has no {names[0]}.csv: it is no HSDS table set")
                    continue
                self.files.append(TextFile.at(found, encoding))
                self._fill(kind, CsvFile(self.files[-1], delimiter))

    def _fill(self, kind: str, table: CsvFile) -> None:
        for line in table:
            cells = zip(table.columns, line.cells, strict=False)
            self._store.add(kind, line.number, {name: cell.strip() for name, cell in cells if cell.strip()})

    def __iter__(self) -> Iterator[tuple[int, Thing]]:
        """Each organization with all that belongs to it, and its line in organizations.csv."""
        for line, organization in self._store.all("organization"):
            id = organization.get("id", "")
            yield (
                line,
                {
                    **organization,
                    **self._owned("organization_id", id, "phone", "organization_identifier"),
                    "locations": [self._location(each) for each in self._store.of("location", "organization_id", id)],
                    "services": [self._service(each) for each in self._store.of("service", "organization_id", id)],
                },
            )

    def _location(self, location: Thing) -> Thing:
        return {
            **location,
            **self._owned("location_id", location.get("id", ""), "address", "phone", "language", "schedule"),
        }

    def _service(self, service: Thing) -> Thing:
        id = service.get("id", "")
        places = self._store.of("service_at_location", "service_id", id)
        attributes = self._store.of("attribute", "link_id", id)
        return {
            **service,
            **self._owned("service_id", id, "language", "schedule", "cost_option"),
            "service_at_locations": [self._at_location(each) for each in places],
            "attributes": [{**each, "taxonomy_term": self._term(each)} for each in attributes],
        }

    def _at_location(self, at_location: Thing) -> Thing:
        found = self._store.of("location", "id", at_location.get("location_id", ""))
        location = {"location": self._location(found[0])} if found else {}
        return {
            **at_location,
            **self._owned("service_at_location_id", at_location.get("id", ""), "schedule"),
            **location,
        }

    def _term(self, attribute: Thing) -> Thing:
        return next(iter(self._store.of("taxonomy_term", "id", attribute.get("taxonomy_term_id", ""))), {})

    def _owned(self, key: str, id: str, *kinds: str) -> Thing:
        return {_TABLES[kind][0]: self._store.of(kind, key, id) for kind in kinds}


def _unpacked(archive: Path, into: Path) -> dict[str, Path]:
    """The CSV files of an archive, by their bare names."""
    found: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [each for each in packed.infolist() if each.filename.lower().endswith(".csv")]
            if sum(each.file_size for each in members) > _MOST_BYTES:
                raise Trouble(f"{archive} unpacks to more than {_MOST_BYTES // 10**9} GB")
            for number, member in enumerate(members):
                file = into / f"{number}.csv"
                with packed.open(member) as source, file.open("wb") as target:
                    while chunk := source.read(1 << 20):
                        target.write(chunk)
                found.setdefault(member.filename.rpartition("/")[2].lower(), file)
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise Trouble(f"cannot read {archive}: {error}") from error
    return found


# ---- JSON


def organizations_in(file: TextFile) -> Iterator[tuple[int, Thing]]:
    """Each organization in a JSON file, also where the file is made of services, or of services at locations."""
    by_services = _Store()
    for line, value in json_values(file):
        for thing in _things(value):
            service = _service_in(thing)
            if service is None:
                yield line, thing
                continue
            organization = service.get("organization") or {"id": service.get("organization_id", "")}
            if not by_services.of("organization", "id", organization.get("id", "")):
                by_services.add("organization", line, organization)
            by_services.add("service", line, {**service, "organization_id": organization.get("id", "")})
    for line, organization in by_services.all("organization"):
        services = by_services.of("service", "organization_id", organization.get("id", ""))
        yield line, {**organization, "services": services}


def _things(value: Any) -> Iterator[Thing]:
    """The objects of a page of an API, or the one that stands by itself."""
    inside = value.get("contents") if isinstance(value, Mapping) else None
    for thing in inside if isinstance(inside, list) else [value]:
        if not isinstance(thing, dict):
            raise Trouble("a list of HSDS data is made of objects")
        yield thing


def _service_in(thing: Thing) -> Thing | None:
    """The service that an object is, or stands for at one location; None when it is an organization."""
    if isinstance(service := thing.get("service"), dict):
        return {**service, "service_at_locations": [thing]}
    is_service = isinstance(thing.get("organization"), dict) or "organization_id" in thing
    return thing if is_service else None
