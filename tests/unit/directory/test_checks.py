"""A registration is looked at before it is entered: by the same rules, and without a trace."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from shared.taxonomy import SERVICES
from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk

Body = Callable[..., dict[str, Any]]
COURSE = {"service": "father-group", "ages": {"youngest": 18}, "sign_up": "needed"}
HOURS = [{"start_date": "2026-03-05", "start_time": "17:30", "end_time": "19:00", "rrule": "FREQ=WEEKLY;BYDAY=TH"}]


async def check(desk: Desk, body: Any) -> dict[str, Any]:
    """What is said about a registration."""
    answer = await desk.client.post("/centers/check", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_would_be_taken_is_said_to_be_fine_and_nothing_is_entered(
    network: MemoryNetwork, office: Desk, registration: Body
) -> None:
    found = await check(office, {**registration(external_id="list:1"), "offers": [COURSE]})
    assert found == {**found, "ok": True, "problems": [], "warnings": [], "exists": None, "twins": []}
    await network.settle()
    assert (await office.get("/centers")).json()["items"] == []
    assert network.events("directory.center.v1") == []


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "invalid-input", "/name"),
    ({"place": {"country": "ZZ", "town": "Praha"}}, "invalid-input", "/place/country"),
    ({"founded": 2199}, "in-the-future", ""),
    ({"services": ["open-cafe", "baby-grup"]}, "unknown-service", "/services/1"),
    ({"topics": ["founding"]}, "unknown-topic", "/topics/0"),
    ({"place": {"country": "CZ"}}, "town-missing", ""),
    ({"discreet_name": "Klub Praha"}, "name-tells-town", ""),
    ({"verified_on": "2026-03-09"}, "in-the-future", ""),
    ({"colour": "blue"}, "invalid-input", "/colour"),
]


@pytest.mark.parametrize(("different", "code", "pointer"), WRONG, ids=[str(wrong[0]) for wrong in WRONG])
async def test_what_would_be_refused_is_said_with_the_same_code_and_the_place(
    office: Desk, registration: Body, different: dict[str, Any], code: str, pointer: str
) -> None:
    body = registration(**different)
    found = await check(office, body)
    assert (found["ok"], [(each["code"], each["pointer"]) for each in found["problems"]]) == (False, [(code, pointer)])
    answer = (await office.send("POST", "/centers", body)).json()
    assert answer["type"] == f"urn:mine:problem:{code}"
    if code != "invalid-input":
        assert found["problems"][0]["detail"] == answer["detail"]


async def test_all_that_is_wrong_is_said_at_once(office: Desk, registration: Body) -> None:
    found = await check(office, registration(services=["baby-grup", "hot-meels"], topics=["fathers"]))
    assert [each["nearest"][:1] for each in found["problems"]] == [["baby-group"], ["hot-meals"], []]
    found = await check(office, registration(name="", languages=["zz"], founded="about 1990"))
    assert {each["pointer"] for each in found["problems"]} == {"/name", "/languages/0", "/founded"}


@pytest.mark.parametrize("body", [[], "x", 7])
async def test_what_is_no_object_is_said_to_be_none(office: Desk, body: Any) -> None:
    [problem] = (await check(office, body))["problems"]
    assert (problem["code"], problem["pointer"]) == ("invalid-input", "")


async def test_the_documents_show_the_body_in_full(office: Desk) -> None:
    document = (await office.get("/openapi.json")).json()
    schema = document["paths"]["/centers/check"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"name", "place", "external_id", "offers"} <= set(schema["properties"])


async def test_offers_are_checked_by_the_rules_for_offers(office: Desk, registration: Body) -> None:
    wrong = {**COURSE, "ages": {"youngest": 5, "oldest": 3}}
    found = await check(office, {**registration(), "offers": [COURSE, wrong]})
    assert [(each["code"], each["pointer"]) for each in found["problems"]] == [("invalid-input", "/offers/1/ages")]
    nowhere = registration(place={"country": "US"}, location_visibility="hidden")
    found = await check(office, {**nowhere, "offers": [{**COURSE, "hours": HOURS}, {"service": "open-cafe"}]})
    assert [(each["code"], each["pointer"]) for each in found["problems"]] == [
        ("time-zone-missing", "/offers/0"),
        ("already-offered", "/offers/1"),
    ]


async def test_a_coordinator_is_told_that_a_country_is_not_theirs(
    coordinator: Callable[..., Desk], everybody: Desk, house: Callable[[str], Desk], registration: Body
) -> None:
    assert (await check(coordinator("CZ"), registration()))["ok"]
    [problem] = (await check(coordinator("AT"), registration()))["problems"]
    assert (problem["code"], problem["pointer"]) == ("forbidden", "/place/country")
    assert (await everybody.client.post("/centers/check", json=registration())).status_code == 401
    assert (await house("praha").client.post("/centers/check", json=registration())).status_code == 403


async def test_a_likely_twin_is_named(office: Desk, registration: Body, praha_id: str) -> None:
    found = await check(office, registration(name="materske centrum praha"))
    assert (found["ok"], found["problems"], found["twins"]) == (False, [], [f"/centers/{praha_id}"])


async def test_two_bodies_of_one_center_share_a_mark(office: Desk, registration: Body) -> None:
    one = await check(office, registration(registration_number="26999900"))
    same_name = await check(office, registration(name="Praha, MATERSKE centrum"))
    same_number = await check(office, registration(name="Domeček", registration_number="26999900"))
    other = await check(office, registration(name="Domeček"))
    assert set(one["marks"]) & set(same_name["marks"])
    assert set(one["marks"]) & set(same_number["marks"])
    assert not set(one["marks"]) & set(other["marks"])


async def test_what_was_entered_before_is_compared_field_by_field(
    office: Desk, coordinator: Callable[..., Desk], registration: Body
) -> None:
    body = registration(external_id="list:1")
    id = (await office.done("POST", "/centers", body))["id"]
    found = await check(office, body)
    assert (found["ok"], found["exists"], found["differs"], found["twins"]) == (True, id, [], [])
    await office.done("PATCH", f"/centers/{id}", {"contact": {"email": "house@praha.example.org"}}, match="*")
    changed = {**body, "place": {**body["place"], "street": "Jiná 7"}, "names": {"en": "Other"}, "founded": 1993}
    found = await check(office, changed)
    assert sorted(found["differs"]) == [
        "/contact/email", "/contact/website", "/founded", "/names/en", "/place/street",
    ]  # fmt: skip
    found = await check(coordinator("AT"), {**changed, "place": {"country": "AT", "town": "Wien"}})
    assert (found["exists"], found["differs"]) == (id, [])


async def test_what_the_body_leaves_out_does_not_differ(office: Desk, registration: Body) -> None:
    await office.done("POST", "/centers", registration(external_id="list:1", families=120))
    little = {"external_id": "list:1", "name": "Mateřské  centrum Praha", "languages": ["CS", "uk"],
              "place": {"country": "cz", "town": "Praha"}}  # fmt: skip
    found = await check(office, {**little, "contact": {"website": "https://praha.example.org"}})
    assert found["differs"] == []


async def test_a_door_far_from_its_town_is_kept_with_a_warning(office: Desk, registration: Body) -> None:
    body = registration()
    found = await check(office, {**body, "place": {**body["place"], "point": {"lat": 49.19, "lon": 16.6}}})
    assert (found["ok"], [each["pointer"] for each in found["warnings"]]) == (True, ["/place/point"])
    assert "186 km" in found["warnings"][0]["detail"]


@pytest.mark.parametrize(("lat", "lon", "code"), [(43.9, -20.0, "at-sea"), (48.2, 16.37, "outside-country")])
async def test_coordinates_at_sea_or_abroad_are_kept_with_a_warning(
    office: Desk, registration: Body, lat: float, lon: float, code: str
) -> None:
    body = registration()
    found = await check(office, {**body, "place": {**body["place"], "point": {"lat": lat, "lon": lon}}})
    assert (code, "/place/point") in [(each["code"], each["pointer"]) for each in found["warnings"]]
    assert found["ok"]


async def test_a_whole_list_is_checked_each_by_itself(office: Desk, registration: Body) -> None:
    items = [registration(), registration(name=""), {}, registration(external_id="list:1")]
    answer = await office.client.post("/centers/checks", json={"items": items})
    assert [each["ok"] for each in answer.json()["items"]] == [True, False, False, True]
    too_many = await office.client.post("/centers/checks", json={"items": [{}] * 201})
    assert too_many.status_code == 422


async def test_every_service_may_be_checked(office: Desk, registration: Body) -> None:
    found = await check(office, registration(services=[term.code for term in SERVICES.terms]))
    assert found["ok"]


async def test_the_answer_never_repeats_what_was_sent(office: Desk, registration: Body) -> None:
    secret = "Geheimnis-7f3a"
    body = registration(name=f"{secret}\x00", founded=secret, services=[secret], external_id=f"{secret}!")
    answer: httpx.Response = await office.client.post("/centers/check", json=body)
    assert secret not in answer.text


async def test_nobody_finds_the_town_of_a_hidden_center_by_checking_registrations_of_a_foreign_country(
    office: Desk, coordinator: Callable[..., Desk], registration: Body
) -> None:
    id = (await office.done("POST", "/centers", registration(location_visibility="hidden")))["id"]
    found = await check(coordinator("DE"), registration())
    assert (found["problems"][0]["code"], found["twins"]) == ("forbidden", [])
    assert (await check(coordinator("CZ"), registration()))["twins"] == [f"/centers/{id}"]
