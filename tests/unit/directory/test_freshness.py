"""The share of profiles that somebody confirmed within the year, by country and by network."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk

Body = Callable[..., dict[str, Any]]


async def test_the_share_of_fresh_profiles_falls_and_one_word_lifts_it(
    network: MemoryNetwork, office: Desk, everybody: Desk, registration: Body
) -> None:
    places = [{"country": "CZ", "town": town} for town in ("Brno", "Plzeň", "Praha")]
    places.append({"country": "AT", "town": "Wien"})
    ids = [(await office.done("POST", "/centers", registration(place=place)))["id"] for place in places]
    czech = (await office.done("POST", "/networks", {"name": "Síť", "level": "national", "country": "CZ"}))["id"]
    for id in ids[:2]:
        applied = await office.done("POST", f"/networks/{czech}/members", {"center": id, "kind": "friendly"})
        await office.done("POST", f"/memberships/{applied['id']}/admission", {})
    await network.settle()
    assert (await everybody.get("/freshness")).json()["whole"] == {
        "fresh": 4, "due": 0, "lapsed": 0, "share_fresh": 1.0,
    }  # fmt: skip
    network.clock.move(timedelta(days=366))
    await network.settle()
    await office.done("POST", f"/centers/{ids[0]}/verification", {})
    await office.done("POST", f"/centers/{ids[2]}/closing", {"reason": "other"})
    await network.settle()
    answer = (await everybody.get("/freshness")).json()
    assert [(each["country"], each["fresh"], each["due"], each["share_fresh"]) for each in answer["items"]] == [
        ("AT", 0, 1, 0.0), ("CZ", 1, 1, 0.5),
    ]  # fmt: skip
    assert answer["whole"]["share_fresh"] == 0.333
    of_network = (await everybody.get(f"/networks/{czech}/freshness")).json()
    assert of_network == {"fresh": 1, "due": 1, "lapsed": 0, "share_fresh": 0.5}


async def test_a_network_without_members_has_no_share(office: Desk, everybody: Desk) -> None:
    empty = (await office.done("POST", "/networks", {"name": "Síť", "level": "national", "country": "CZ"}))["id"]
    assert (await everybody.get(f"/networks/{empty}/freshness")).json()["share_fresh"] is None
    assert (await everybody.get("/networks/nowhere/freshness")).status_code == 404


async def test_the_numbers_of_a_region_do_not_tell_that_a_hidden_center_is_in_it(
    network: MemoryNetwork, office: Desk, everybody: Desk, registration: Body
) -> None:
    czech = (await office.done("POST", "/networks", {"name": "Síť", "level": "national", "country": "CZ"}))["id"]
    body = {"name": "Morava", "level": "regional", "country": "CZ", "parent": czech}
    region = (await office.done("POST", "/networks", body))["id"]
    center = (await office.done("POST", "/centers", registration()))["id"]
    applied = await office.done("POST", f"/networks/{region}/members", {"center": center, "kind": "friendly"})
    await office.done("POST", f"/memberships/{applied['id']}/admission", {})
    assert (await everybody.get(f"/networks/{region}/freshness")).json()["fresh"] == 1
    await office.done("PUT", f"/centers/{center}/visibility", {"location_visibility": "hidden"})
    assert (await everybody.get(f"/networks/{region}/freshness")).json()["fresh"] == 0
    assert (await everybody.get(f"/networks/{czech}/freshness")).json()["fresh"] == 1
