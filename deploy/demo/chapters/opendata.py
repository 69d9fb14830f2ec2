"""Open data: a city keeps a copy of what the network offers, by asking for changes; tables and maps for everybody."""

import csv
from datetime import timedelta
from io import StringIO

from deploy.demo.city import City
from deploy.demo.client import Json
from deploy.demo.stage import House, Stage

_A_WHILE = timedelta(minutes=10)
"""Longer than the overlap with which a careful client asks for changes."""


async def a_city_takes_a_copy(stage: Stage) -> None:
    """A while after the import a city's service finder takes all services over; one is withdrawn, and it asks again."""
    stage.network.clock.move(_A_WHILE)
    city = stage.cast.city = City(stage.client)
    number = await city.ask(stage.network.time())
    stage.report.say(f"a city takes {number:,} services over from /hsds, and asks for changes from now on")
    house, told = stage.cast.of("DE")[20], []
    await _withdraw_one(stage, house)

    async def heard() -> list[Json]:
        told.append(await city.ask(stage.network.time()))
        return [service for service in city.inactive() if service["organization_id"] == house.id]

    inactive = await stage.until("the city has heard of what was withdrawn", heard)
    stage.report.expect(
        "what is withdrawn does not disappear: who polls sees it become inactive",
        len(inactive) == 1 and len(city.services) == number and told[-1] < number,
        f"{inactive[0]['name']}, {house}; it was told of {told[-1]} services and not of {number:,}",
    )


async def tables_and_maps(stage: Stage) -> None:
    """All open centers as a table and as a map, on which the hidden ones are nowhere."""
    table = (await stage.client.get("directory", "/centers.csv")).text
    rows = list(csv.DictReader(StringIO(table.removeprefix("\ufeff"))))
    listed = {item["id"] for item in await stage.client.pages("directory", "/centers", None)}
    stage.report.expect(
        "the table for everybody has a line for every center",
        {row["external_id"] for row in rows} == listed and len(rows) == len(listed),
        f"{len(rows)} lines, {len(rows[0])} columns",
    )
    features = (await stage.client.get("directory", "/centers.geojson")).json()["features"]
    placed = {feature["id"] for feature in features if feature["geometry"]}
    houses = [house for house in stage.cast.houses.values() if house.id not in stage.cast.closed]
    stage.report.expect(
        "the map has a point for every house that shows where it is, and none for one that hides",
        len(features) == len(rows)
        and {house.id for house in houses if not house.hides} <= placed
        and not placed & {house.id for house in houses if house.hides},
        f"{len(placed)} points, {sum(house.hides for house in houses)} houses hide",
    )


async def the_citys_copy_is_true(stage: Stage) -> None:
    """The city asks once more, after a year with a storm in it; another one takes everything anew."""
    city, another = stage.cast.city, City(stage.client)
    assert city is not None
    told = await city.ask(stage.network.time())
    await another.ask(stage.network.time())
    different = _different(city, another)
    stage.report.expect(
        "a copy that is kept by asking for changes is the same as a new one",
        not different,
        f"{told:,} changes, {len(city.services):,} services, {len(city.inactive())} of them inactive"
        + "".join(f"; differs: {id}" for id in different[:3]),
    )


# ---- pieces


def _different(one: City, other: City) -> list[str]:
    """Services that the two do not know alike."""
    known = one.services.keys() | other.services.keys()
    return [id for id in known if one.services.get(id) != other.services.get(id)]


async def _withdraw_one(stage: Stage, house: House) -> None:
    token, path = stage.client.center(house.id), f"/centers/{house.id}"
    offer: str = (await stage.client.get("directory", path, token)).json()["services"][0]["offer"]
    await stage.client.command("directory", "POST", f"{path}/services/{offer}/withdrawal", token)
