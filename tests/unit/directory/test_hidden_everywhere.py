"""A center that hides tells nobody where it is: not by any address that the directory can be asked at."""

from collections.abc import Callable
from typing import Any

from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk

Body = Callable[..., dict[str, Any]]

PLACE = {
    "country": "CZ", "region": "Tajný kraj", "town": "Skrytov", "town_point": {"lat": 49.87, "lon": 17.13},
    "postal_code": "789 12", "street": "Utajená 7", "point": {"lat": 49.87654, "lon": 17.12345},
}  # fmt: skip
TELLING = ("skryt", "tajn", "utajen", "789 12", "78912", "49.87", "17.12", "17.13", "33334444")
"""Words of its place, its name, its number and its contact."""


async def test_no_address_of_the_directory_tells_a_stranger_where_a_hidden_center_is(
    network: MemoryNetwork,
    office: Desk,
    coordinator: Callable[..., Desk],
    house: Callable[[str], Desk],
    registration: Body,
) -> None:
    initiative = {"country": "CZ", "town": "Skrytov", "languages": ["cs"]}
    id = (await office.done("POST", "/initiatives", initiative))["id"]
    body = registration(
        name="Klub Skrytov", names={"en": "Skrytov Club"}, place=PLACE, registration_number="33334444",
        contact={"email": "office@skrytov.example.org"}, descriptions={"cs": "Jsme ve Skrytově."},
    )  # fmt: skip
    await office.done("POST", f"/initiatives/{id}/opening", body)
    brno = registration(name="MC Brno", names={}, place={"country": "CZ", "town": "Brno"})
    other = (await office.done("POST", "/centers", brno))["id"]
    await network.settle()
    await office.done("PUT", f"/centers/{other}/lineage", {"came_from": id, "cause": "inspiration"})
    hours = [{"start_date": "2026-03-05", "start_time": "17:30", "end_time": "19:00", "rrule": "FREQ=WEEKLY"}]
    await office.done("POST", f"/centers/{id}/services", {"service": "father-group", "hours": hours})
    region = {"name": "Kraj", "level": "regional", "country": "CZ"}
    net = (await office.done("POST", "/networks", region))["id"]
    member = (await office.done("POST", f"/networks/{net}/members", {"center": id, "kind": "friendly"}))["id"]
    await office.done("POST", f"/memberships/{member}/admission", {})
    partner = (await office.done("POST", "/partners", {"name": "Obec", "kind": "municipality", "country": "CZ"}))["id"]
    link = {"kind": "host-of-premises", "center": id, "since": "2024-01-01"}
    await office.done("POST", f"/partners/{partner}/links", link)
    await office.done("POST", f"/centers/{id}/figures", {"year": 2025, "families": 100})
    suggested = {"change": {"name": "Skrytov 2"}}
    correction = (await office.done("POST", f"/centers/{id}/corrections", suggested))["id"]
    await office.done("PUT", f"/centers/{id}/location", {"place": {**PLACE, "street": "Utajená 8"}}, match="*")
    await network.settle()
    await office.done("PUT", f"/centers/{id}/visibility", {"location_visibility": "hidden"})
    ids = {
        "center_id": id, "initiative_id": id, "network_id": net, "membership_id": member, "partner_id": partner,
        "correction_id": correction, "year": "2025", "day": "2026-03-01", "id": id, "practice_id": "none",
        "edition": "1", "purpose": "publication", "version": "1", "erasure_id": "none", "token": "none", "task": "none",
    }  # fmt: skip
    queries = ["", "?on=2026-03-01", "?region=Tajný kraj", "?q=skrytov", "?near=49.87,17.13", "?order=name&limit=1"]
    queries += [f"?center={id}", f"?network={net}", f"?root={id}", "?search=skrytov", "?postcode=78912&proximity=5000"]
    strangers = [network.client("directory"), coordinator("SK").client, house(other).client]
    document = (await office.get("/openapi.json")).json()
    paths = [path for path, methods in document["paths"].items() if "get" in methods and path != "/metrics"]
    for path in paths:
        for query in queries if "{" not in path else queries[:2]:
            for client in strangers:
                address = path.format(**ids)
                answer = await client.get(address + query)
                seen = f"{answer.text} {dict(answer.headers)}".lower()
                told = [word for word in TELLING if word in seen.replace(query.lower(), "")]  # but what was asked for
                assert not told, (told, answer.status_code, address + query, seen[:3000])
