import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from deploy.demo import countries
from deploy.demo.centers import ARABIC_HOUSE, Row, centers, write_list
from deploy.importer.lists import CenterList
from shared.taxonomy import SERVICES

DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return centers(DAY)


def test_there_are_750_centers_in_15_countries_as_in_2009(rows: list[Row]) -> None:
    assert Counter(row["country"] for row in rows) == {
        "DE": 400, "CZ": 250, "SK": 58, "IT": 10, "NL": 8, "AT": 6, "CH": 5, "BG": 3, "BA": 2, "HU": 2, "KE": 2,
        "CM": 1, "RW": 1, "RU": 1, "US": 1,
    }  # fmt: skip


def test_the_same_seed_and_day_give_the_same_file(tmp_path: Path) -> None:
    one, other = write_list(tmp_path / "one.csv", DAY), write_list(tmp_path / "other.csv", DAY)
    assert one.path.read_bytes() == other.path.read_bytes()
    assert write_list(tmp_path / "third.csv", DAY, seed=7).path.read_bytes() != one.path.read_bytes()


def test_every_center_has_an_id_of_its_own_and_a_town_as_its_people_call_it(rows: list[Row]) -> None:
    assert len({row["external_id"] for row in rows}) == len(rows)
    towns = {(row["country"], row["town"]) for row in rows}
    assert {("CZ", "Praha"), ("DE", "München"), ("AT", "Wien"), ("BG", "София")} <= towns
    assert not {("CZ", "Prague"), ("DE", "Munich"), ("AT", "Vienna")} & towns
    assert all(-90 <= float(row["town_lat"]) <= 90 and -180 <= float(row["town_lon"]) <= 180 for row in rows)


def test_no_two_centers_of_a_town_have_the_same_name(rows: list[Row]) -> None:
    assert max(Counter((row["country"], row["town"], row["name"]) for row in rows).values()) == 1


def test_some_houses_show_their_door_most_their_town_and_some_nothing(rows: list[Row]) -> None:
    shown = Counter(row["location_visibility"] for row in rows)
    assert shown["town"] > shown["exact"] > shown["hidden"] >= 10
    assert all(bool(row["lat"]) == (row["location_visibility"] == "exact") for row in rows)
    assert all(row["town"] not in row["discreet_name"] for row in rows)


def test_one_name_is_written_from_right_to_left_and_arabic_is_spoken(rows: list[Row]) -> None:
    arabic = next(row for row in rows if row["external_id"] == ARABIC_HOUSE)
    assert any(unicodedata.bidirectional(letter) == "AL" for letter in arabic["name"])
    assert sum("ar" in row["languages"].split(";") for row in rows) > 20


def test_nobody_is_named_and_nothing_can_be_reached(rows: list[Row]) -> None:
    assert all(row["email"].startswith("office@") and row["email"].endswith(".example.org") for row in rows)
    assert all(row["website"].endswith(".example.org/") for row in rows)
    reserved = ("+49 30 23125 ", "+1 202 555 01")
    assert all(row["phone"] == "" or row["phone"].startswith(reserved) for row in rows)


def test_profiles_were_confirmed_within_the_year(rows: list[Row]) -> None:
    ages = [(DAY - date.fromisoformat(row["verified_on"])).days for row in rows]
    assert min(ages) > 0 and max(ages) < 365


def test_every_service_is_in_the_directorys_taxonomy(rows: list[Row]) -> None:
    known = {service.code for service in SERVICES.terms}
    assert set(countries.SERVICES) == known
    assert {code for row in rows for code in row["services"].split(";")} <= known


def test_the_bad_rows_stand_where_the_list_says(tmp_path: Path) -> None:
    listed = write_list(tmp_path / "centers.csv", DAY)
    read = {row.line: row for row in CenterList(listed.path)}
    assert len(read) == len(listed.centers) + len(listed.bad) == 753
    bad = [read[each.line] for each in listed.bad]
    assert [row.external_id for row in bad] == ["list-2009:XX-1", "list-2009:XX-2", "list-2009:XX-3"]
    assert bad[0].body["place"]["country"] == "ZZ"
    assert bad[1].faults[0].column == "founded"
    assert "baby-grup" in bad[2].body["services"]
    assert not any(row.faults for line, row in read.items() if line != listed.bad[1].line)
