"""Foreign data in the Human Services Data Specification 3.0: as JSON of organizations or services, and as tables."""

import copy
import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import Trouble
from deploy.importer.lists import CenterList
from deploy.importer.mapping import Mapping
from deploy.importer.rows import Row

ORGANIZATION, LOCATION, SERVICE = (f"{letter}0000000-0000-4000-8000-000000000001" for letter in "abc")
PERSON = "Ann Persona"

TUESDAYS = {
    "id": "s1", "valid_from": "2025-01-01", "dtstart": "2025-01-07", "freq": "WEEKLY", "interval": 1,
    "byday": "TU,TH", "opens_at": "10:00:00", "closes_at": "18:00", "description": "Tuesdays and Thursdays",
}  # fmt: skip
PLACE: dict[str, Any] = {
    "id": LOCATION, "location_type": "physical", "name": "Stadtteilhaus", "latitude": 48.37, "longitude": 10.89,
    "languages": [{"id": "l1", "name": "German", "code": "deu"}, {"id": "l2", "name": "Turkish", "code": "tr"}],
    "addresses": [
        {"id": "a1", "address_1": "Postfach 1", "city": "Augsburg", "country": "DE", "address_type": "postal"},
        {"id": "a2", "attention": PERSON, "address_1": "Beispielweg 1", "city": "Augsburg", "state_province": "Bayern",
         "postal_code": "86150", "country": "DE", "address_type": "physical"},
    ],
    "contacts": [{"id": "c1", "name": PERSON}],
}  # fmt: skip
COUNSEL: dict[str, Any] = {
    "id": SERVICE, "name": "Counselling", "status": "active", "minimum_age": 12, "maximum_age": 99,
    "assured_date": "2026-01-15", "cost_options": [{"id": "o1", "amount": 3.5, "currency": "eur"}],
    "schedules": [TUESDAYS],
    "service_at_locations": [{"id": "sl1", "location": PLACE}],
}  # fmt: skip
BABIES: dict[str, Any] = {
    "id": "c2", "name": "PEKiP", "status": "active",
    "attributes": [{"id": "t1", "taxonomy_term": {"id": "tt1", "code": "x7", "name": "Krabbelgruppe"}}],
}  # fmt: skip
SAUNA = {"id": "c3", "name": "Baby grooup", "status": "active"}
GONE = {"id": "c4", "name": "Festival", "status": "defunct"}
FULL: dict[str, Any] = {
    "id": ORGANIZATION, "name": "Nachbarschaft e.V.", "description": "<p>Ein Haus f&uuml;r alle.</p>",
    "email": "office@nachbarschaft.example.org", "website": "https://nachbarschaft.example.org/",
    "year_incorporated": 1998, "legal_status": "e.V.",
    "contacts": [{"id": "c1", "name": PERSON, "email": "ann@persona.example.org"}],
    "phones": [{"id": "p1", "number": '"+49 30 23125 001"'}],
    "organization_identifiers": [{"id": "i1", "identifier_type": "register", "identifier": "VR 4711"}],
    "locations": [PLACE], "services": [COUNSEL, BABIES, SAUNA, GONE],
}  # fmt: skip


def rows_of(path: Path, **said: Any) -> list[Row]:
    return list(CenterList(path, Mapping(**said) if said else None))


def of_json(tmp_path: Path, value: Any, **said: Any) -> list[Row]:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(value))
    return rows_of(path, **said)


def without(thing: dict[str, Any], *names: str, **other: Any) -> dict[str, Any]:
    return {**{name: value for name, value in thing.items() if name not in names}, **other}


def test_an_organization_becomes_a_center_with_what_it_offers(tmp_path: Path) -> None:
    (row,) = of_json(tmp_path, FULL)
    assert row.faults == ()
    assert row.body == {
        "external_id": f"hsds:{LOCATION}/{ORGANIZATION[:8]}",
        "name": "Nachbarschaft e.V.",
        "kind": "other",
        "languages": ["de", "tr"],
        "founded": 1998,
        "registration_number": "VR 4711",
        "place": {
            "country": "DE", "region": "Bayern", "town": "Augsburg", "postal_code": "86150", "street": "Beispielweg 1",
            "point": {"lat": 48.37, "lon": 10.89},
        },
        "contact": {
            "email": "office@nachbarschaft.example.org", "phone": "+49 30 23125 001",
            "website": "https://nachbarschaft.example.org/",
        },
        "verified_on": "2026-01-15",
        "services": ["baby-group"],
    }  # fmt: skip
    assert row.offers == ({
        "service": "counselling", "ages": {"youngest": 12, "oldest": 99},
        "price": {"kind": "fee", "amount": "3.5", "currency": "EUR"},
        "hours": [{
            "start_date": "2025-01-07", "start_time": "10:00", "end_time": "18:00",
            "rrule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,TH",
        }],
    },)  # fmt: skip


def test_a_person_who_stands_there_as_contact_is_never_read(tmp_path: Path) -> None:
    (row,) = of_json(tmp_path, FULL)
    assert "ersona" not in row.text


def test_a_service_nobody_knows_is_left_out_and_reported_with_the_nearest(tmp_path: Path) -> None:
    (row,) = of_json(tmp_path, FULL)
    [warning] = row.warnings
    assert (warning.column, warning.code) == ("services", "unknown-service")
    assert "service c3" in warning.detail
    assert "baby-group" in warning.detail


def test_the_mapping_says_which_service_a_foreign_one_is_and_which_is_none(tmp_path: Path) -> None:
    values = {"services": {"Baby grooup": "parent-child-group", "pekip": ""}}
    (row,) = of_json(tmp_path, FULL, values=values, constants={"kind": "family-center"}, texts_language="de")
    assert (row.body["services"], row.warnings) == (["parent-child-group"], ())
    assert row.body["kind"] == "family-center"
    assert row.body["descriptions"] == {"de": "Ein Haus für alle."}


def test_two_services_of_one_kind_are_one_offer_with_the_hours_of_both(tmp_path: Path) -> None:
    again = without(COUNSEL, "cost_options", id="c9", schedules=[{**TUESDAYS, "byday": "SA"}])
    (row,) = of_json(tmp_path, {**FULL, "services": [COUNSEL, again]})
    assert [hours["rrule"][-5:] for hours in row.offers[0]["hours"]] == ["TU,TH", "AY=SA"]
    assert [warning.code for warning in row.warnings] == ["merged"]


def test_a_point_without_a_street_is_the_middle_of_the_town(tmp_path: Path) -> None:
    towns = [{"id": "a3", "city": "Augsburg", "country": "DE", "address_1": ""}]
    (row,) = of_json(tmp_path, {**FULL, "locations": [{**PLACE, "addresses": towns}], "services": []})
    assert row.body["place"] == {
        "country": "DE", "town": "Augsburg", "town_point": {"lat": 48.37, "lon": 10.89},
    }  # fmt: skip


def test_what_another_directory_of_this_kind_says_by_attributes_is_understood(tmp_path: Path) -> None:
    attributes = [
        {"id": "1", "link_type": "kind", "value": "family-center"},
        {"id": "2", "link_type": "topic", "taxonomy_term": {"id": "3", "code": "father-involvement", "name": "x"}},
    ]
    (row,) = of_json(tmp_path, {**FULL, "attributes": attributes})
    assert (row.body["kind"], row.body["topics"]) == ("family-center", ["father-involvement"])


def test_each_location_is_a_center_of_its_own(tmp_path: Path) -> None:
    other = {**PLACE, "id": "other", "name": "Waldhaus"}
    online = {**PLACE, "id": "online", "location_type": "virtual"}
    services = [COUNSEL, {**BABIES, "service_at_locations": [{"id": "x", "location_id": "other"}]}, SAUNA]
    rows = of_json(tmp_path, {**FULL, "locations": [PLACE, other, online], "services": services})
    assert [row.body["name"] for row in rows] == ["Stadtteilhaus", "Waldhaus"]
    assert [row.body.get("services") for row in rows] == [None, ["baby-group"]]
    assert [[offer["service"] for offer in row.offers] for row in rows] == [["counselling"], []]
    assert [[warning.code for warning in row.warnings] for row in rows] == [["left-out"], []]
    assert len({row.external_id for row in rows}) == 2


def test_two_organizations_under_one_roof_are_two_centers(tmp_path: Path) -> None:
    rows = of_json(tmp_path, [FULL, {**FULL, "id": "b9", "name": "Nebenan"}])
    assert [len(row.faults) for row in rows] == [0, 0]


def test_an_organization_without_a_place_is_refused(tmp_path: Path) -> None:
    (row,) = of_json(tmp_path, {"id": ORGANIZATION, "name": "Nowhere", "description": "", "services": [SAUNA]})
    assert (row.external_id, [fault.code for fault in row.faults]) == (f"hsds:{ORGANIZATION}", ["no-location"])


def test_data_made_of_services_says_the_same(tmp_path: Path) -> None:
    organization = without(FULL, "services", "locations")
    services = [{**each, "organization": organization} for each in (COUNSEL, BABIES, SAUNA, GONE)]
    (row,) = of_json(tmp_path, services)
    (expected,) = of_json(tmp_path, FULL)
    assert (row.text, row.warnings) == (expected.text, expected.warnings)


def test_data_made_of_services_at_locations_and_pages_of_an_api_are_read_too(tmp_path: Path) -> None:
    service = without(COUNSEL, "service_at_locations", organization=without(FULL, "services", "locations"))
    page = {"total_items": 1, "page_number": 1, "contents": [{"id": "sl1", "location": PLACE, "service": service}]}
    (row,) = of_json(tmp_path, page)
    assert [offer["service"] for offer in row.offers] == ["counselling"]
    (row,) = of_json(tmp_path, {"contents": [FULL]})
    assert row.body["name"] == "Nachbarschaft e.V."


@pytest.mark.parametrize(
    ("schedule", "understood"),
    [
        ({"freq": "MONTHLY", "byday": "-1FR", "until": "2026-12-31"}, "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20261231"),
        ({"freq": "MONTHLY", "bymonthday": "1,15", "byday": ""}, "FREQ=MONTHLY;BYMONTHDAY=1,15"),
        ({"freq": None, "byday": "MO"}, "FREQ=WEEKLY;BYDAY=MO"),
        ({"freq": None, "byday": None}, ""),
        ({"interval": 2, "wkst": "mo", "count": 5}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=MO;COUNT=5"),
        ({"opens_at": "10:00+01:00"}, "FREQ=WEEKLY;BYDAY=TU,TH"),
        ({"opens_at": "10:00Z"}, None),
        ({"opens_at": None}, None),
        ({"opens_at": "ten"}, None),
        ({"count": 3, "until": "2026-12-31"}, None),
        ({"byweekno": "41,42"}, None),
        ({"bymonthday": "2"}, None),
        ({"until": "2024-12-31"}, None),
        ({"freq": None, "byday": None, "dtstart": None, "valid_to": "2025-06-30"}, None),
    ],
)
def test_hours_are_taken_exactly_or_left_out_with_a_warning(
    tmp_path: Path, schedule: dict[str, Any], understood: str | None
) -> None:
    told = {**without(TUESDAYS, "interval"), **schedule}
    (row,) = of_json(tmp_path, {**FULL, "services": [{**COUNSEL, "schedules": [told]}]})
    hours = row.offers[0].get("hours", [])
    assert [each.get("rrule", "") for each in hours] == ([understood] if understood is not None else [])
    assert [warning.column for warning in row.warnings] == ([] if hours else ["hours:counselling"])


def test_whatever_types_others_write_nothing_breaks(tmp_path: Path) -> None:
    strange_ones: list[Any] = [None, 7, "x", [], {}, [7], [None], {"id": {}}, True]
    for strange in strange_ones:
        for part in (FULL, PLACE, COUNSEL):
            for name in part:
                data = copy.deepcopy(FULL)
                place, service = data["locations"][0], data["services"][0]
                {id(FULL): data, id(PLACE): place, id(COUNSEL): service}[id(part)][name] = strange
                service["service_at_locations"] = service["service_at_locations"] if name != "location" else strange
                for row in of_json(tmp_path, data):
                    assert isinstance(row.external_id, str)


# ---- tables


def table(path: Path, rows: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """The same organization as the set of tables."""
    directory = tmp_path / "tables"
    directory.mkdir()
    at_location = {"id": "sl1", "service_id": SERVICE, "location_id": LOCATION}
    plain = ("service_at_locations", "schedules", "cost_options", "attributes")
    sets = {
        "organizations": [without(FULL, "contacts", "phones", "organization_identifiers", "locations", "services")],
        "locations": [without(PLACE, "languages", "addresses", "contacts", organization_id=ORGANIZATION)],
        "addresses": [{**each, "location_id": LOCATION} for each in PLACE["addresses"]],
        "languages": [{**each, "location_id": LOCATION} for each in PLACE["languages"]],
        "phones": [{**each, "organization_id": ORGANIZATION} for each in FULL["phones"]],
        "organization_identifiers": [{**FULL["organization_identifiers"][0], "organization_id": ORGANIZATION}],
        "services": [without(each, *plain, organization_id=ORGANIZATION) for each in FULL["services"]],
        "service_at_locations": [at_location],
        "schedules": [{**TUESDAYS, "service_id": SERVICE}],
        "cost_options": [{**COUNSEL["cost_options"][0], "service_id": SERVICE}],
        "attributes": [{"id": "t1", "link_id": "c2", "link_entity": "service", "taxonomy_term_id": "tt1"}],
        "taxonomy_terms": [BABIES["attributes"][0]["taxonomy_term"]],
        "contacts": [{"id": "c1", "name": PERSON, "organization_id": ORGANIZATION}],
    }
    for name, rows in sets.items():
        table(directory / f"{name}.csv", rows)
    return directory


def test_tables_say_the_same_as_the_object(tmp_path: Path, tables: Path) -> None:
    (expected,) = of_json(tmp_path, FULL)
    (row,) = rows_of(tables)
    assert (row.text, row.warnings, row.line) == (expected.text, expected.warnings, 2)


def test_tables_may_come_in_one_file_and_in_an_old_encoding(tmp_path: Path, tables: Path) -> None:
    organizations = tables / "organizations.csv"
    organizations.write_bytes(organizations.read_text().replace("Nachbarschaft", "Nachbarschäft").encode("cp1252"))
    packed = tmp_path / "data.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in tables.iterdir():
            archive.write(file, f"hsds/{file.name}")
        archive.writestr("../../evil.csv", "id\n1\n")
    listed = CenterList(packed)
    assert [row.body["name"] for row in listed] == ["Nachbarschäft e.V."]
    assert [row.body["name"] for row in listed] == ["Nachbarschäft e.V."]
    assert "Windows-1252" in listed.said[0]
    assert not (tmp_path.parent.parent / "evil.csv").exists()


def test_what_is_no_table_set_is_one_clear_line(tmp_path: Path, tables: Path) -> None:
    (tables / "locations.csv").unlink()
    with pytest.raises(Trouble, match=r"has no locations\.csv"):
        CenterList(tables)
    (tmp_path / "no.zip").write_text("no")
    with pytest.raises(Trouble, match="cannot read"):
        CenterList(tmp_path / "no.zip")
