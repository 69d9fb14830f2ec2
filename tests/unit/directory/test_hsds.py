"""/hsds against the schemas of HSDS 3.0, with centers of every sort in it."""

import json
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import pytest_asyncio

from services.directory.hsds.records import record_id
from services.directory.hsds.service import at_location_id, service_id
from shared.testing import MemoryNetwork
from tests.unit.directory.hsds_schemas import faults
from tests.unit.directory.open_centers import every_sort

Desk = Any
LISTS = {
    "services": ("service_list", "service"),
    "organizations": ("organization_list", "organization"),
    "service_at_locations": ("service_at_location_list", "service_at_location"),
    "taxonomies": ("taxonomy", "taxonomy"),
    "taxonomy_terms": ("taxonomy_term", "taxonomy_term"),
}


@pytest_asyncio.fixture
async def ids(network: MemoryNetwork, office: Desk) -> dict[str, str]:
    found = await every_sort(office.done)
    await network.settle()
    return found


async def contents(desk: Desk, path: str) -> list[dict[str, Any]]:
    answer = await desk.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["contents"]
    return found


QUERIES = ("", "full=true", "full_service=true", "minimal=true", "page=99", "search=nothing")


@pytest.mark.usefixtures("ids")
async def test_every_list_is_valid(everybody: Desk) -> None:
    for (name, (in_list, in_full)), query in product(LISTS.items(), QUERIES):
        answer = (await everybody.get(f"/hsds/{name}?per_page=200&{query}")).json()
        assert faults("page", answer) == []
        for record in answer["contents"]:
            if query == "minimal=true" and name == "services":
                del record["modified_date"]  # asked for by the parameter, unknown to the schema
            assert faults(in_full if query.startswith("full") else in_list, record) == []
        assert answer["empty"] == (query in ("page=99", "search=nothing"))


@pytest.mark.usefixtures("ids")
async def test_every_single_record_is_valid(everybody: Desk) -> None:
    for name, (_, schema) in LISTS.items():
        for listed, query in product(await contents(everybody, f"/hsds/{name}"), ("", "?full_service=true")):
            record = (await everybody.get(f"/hsds/{name}/{listed['id']}{query}")).json()
            assert record["id"] == listed["id"]
            if name == "service_at_locations":
                assert faults("service", record, published=True) == []  # so says the OpenAPI document of HSDS 3.0
                del record["name"], record["status"]
            assert faults(schema, record) == []


@pytest.mark.usefixtures("ids")
async def test_ndjson_gives_everything_one_a_line(everybody: Desk) -> None:
    for name, query in product(LISTS, ("", "&full=true")):
        answer = await everybody.get(f"/hsds/{name}?format=ndjson{query}")
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert lines == await contents(everybody, f"/hsds/{name}?per_page=200{query}")


async def test_the_api_says_what_it_is(everybody: Desk) -> None:
    for path in ("/hsds", "/hsds/"):
        answer = (await everybody.get(path)).json()
        assert faults("api", answer) == []
        assert answer["version"] == "3.0"
        assert (await everybody.get(answer["openapi_url"])).status_code == 200


async def test_what_never_was_is_not_found(everybody: Desk) -> None:
    for name, id in product(LISTS, ("x", "8b6ac1f0-7f0c-5b0e-9a51-2f5f3f3f0000")):
        assert (await everybody.get(f"/hsds/{name}/{id}")).status_code == 404


async def test_pages_follow_each_other_and_have_everything_once(ids: dict[str, str], everybody: Desk) -> None:
    everything = await contents(everybody, "/hsds/services")
    pages = [(await everybody.get(f"/hsds/services?per_page=4&page={n}")).json() for n in range(1, 6)]
    assert [record for page in pages for record in page["contents"]] == everything
    assert {page["total_items"] for page in pages} == {len(everything)} == {16}
    assert {page["total_pages"] for page in pages} == {4}
    assert [(page["first_page"], page["last_page"], page["empty"], page["size"]) for page in pages] == [
        (True, False, False, 4), (False, False, False, 4), (False, False, False, 4), (False, True, False, 4),
        (False, True, True, 0),
    ]  # fmt: skip
    capped = (await everybody.get("/hsds/services?per_page=1000000")).json()
    assert capped["total_pages"] == 1
    assert (await everybody.get("/hsds/services?page=0")).status_code == 422


# ---- what ended, what is shut, what hides


async def test_nobody_keeps_a_dead_entry(ids: dict[str, str], everybody: Desk) -> None:
    def of(sort: str, number: int) -> str:
        return service_id(ids[sort], f"s{number}")

    status = {each["id"]: each["status"] for each in await contents(everybody, "/hsds/services?minimal=true")}
    assert [status[of("full", n)] for n in (1, 2, 3, 4)] == ["active", "inactive", "active", "temporarily closed"]
    assert [status[of("paused", n)] for n in (1, 2)] == ["temporarily closed"] * 2
    assert [status[of(sort, n)] for sort in ("closed", "closed-hidden") for n in (1, 2)] == ["inactive"] * 4
    gone = (await everybody.get(f"/hsds/services/{of('full', 2)}")).json()
    assert (gone["name"], gone["status"], gone.get("email")) == ("Baby group", "inactive", None)
    links = {each["service_id"]: each["id"] for each in await contents(everybody, "/hsds/service_at_locations")}
    assert links[of("full", 2)] == at_location_id(ids["full"], "s2")
    closed = (await everybody.get(f"/hsds/organizations/{ids['closed']}")).json()
    assert closed["description"].startswith("This center has closed for good. ")
    assert {each["link_type"]: each["value"] for each in closed["attributes"] if "value" in each} == {
        "kind": "mother-center", "status": "closed", "check": "fresh", "successor": ids["full"],
    }  # fmt: skip


async def test_whoever_polls_is_told_what_changed_and_nothing_else(
    network: MemoryNetwork, office: Desk, everybody: Desk, ids: dict[str, str]
) -> None:
    network.clock.move(timedelta(hours=1))
    since = network.clock.now().isoformat().replace("+", "%2B")
    poll = f"modified_after={since}"
    for name in ("services", "organizations", "service_at_locations"):
        assert await contents(everybody, f"/hsds/{name}?{poll}") == []
    await office.done("POST", f"/centers/{ids['rtl']}/services/s1/withdrawal")
    await office.done("PUT", f"/centers/{ids['full']}/visibility", {"location_visibility": "hidden"})
    await network.settle()
    changed = await contents(everybody, f"/hsds/services?{poll}")
    assert {each["organization_id"] for each in changed} == {ids["rtl"], ids["full"]}
    assert {each["last_modified"] for each in changed} == {"2026-03-01T10:00:00.000Z"}
    assert {each["id"]: each["status"] for each in changed}[service_id(ids["rtl"], "s1")] == "inactive"
    organizations = await contents(everybody, f"/hsds/organizations?{poll}")
    assert {each["id"] for each in organizations} == {ids["rtl"], ids["full"]}


async def test_a_center_that_hides_empties_its_location_instead_of_taking_it_away(
    network: MemoryNetwork, office: Desk, everybody: Desk, ids: dict[str, str]
) -> None:
    async def location() -> dict[str, Any]:
        [found] = (await everybody.get(f"/hsds/organizations/{ids['full']}")).json()["locations"]
        assert isinstance(found, dict)
        return found

    before = await location()
    assert (before["latitude"], before["addresses"][0]["address_1"]) == (50.12345, "Hejnická 538")
    await office.done("PUT", f"/centers/{ids['full']}/visibility", {"location_visibility": "hidden"})
    after = await location()
    assert after["id"] == before["id"]
    assert "latitude" not in after
    [address] = after["addresses"]
    assert [value for field, value in address.items() if not field.endswith("id")] == ["", "", "", "", "CZ", "physical"]


# ---- filters


async def test_filters_hold_together(ids: dict[str, str], everybody: Desk) -> None:
    async def services(query: str) -> set[str]:
        return {each["id"] for each in await contents(everybody, f"/hsds/services?per_page=200&{query}")}

    term, taxonomy = record_id("term", "service", "open-cafe"), record_id("taxonomy", "service")
    everything = await services("")
    assert await services(f"taxonomy_id={taxonomy}") == everything
    assert await services(f"taxonomy_id={record_id('taxonomy', 'topic')}") == set()
    assert await services(f"taxonomy_term_id={term}") == {
        service_id(ids[sort], "s1") for sort in ids if sort != "bare"
    }  # fmt: skip
    full = {service_id(ids["full"], f"s{n}") for n in range(1, 5)}
    assert await services(f"organization_id={ids['full']}") == full
    assert await services("search=prague krab") == {service_id(ids["full"], f"s{n}") for n in (2, 4)}
    assert await services("search=???") == set()
    assert await services(f"organization_id={ids['full']}&taxonomy_term_id={term}&search=praha") == {
        service_id(ids["full"], "s1")
    }
    hidden = await contents(everybody, "/hsds/organizations?search=lipy")
    assert [each["id"] for each in hidden] == sorted([ids["hidden"], ids["closed-hidden"]])
    assert [each["id"] for each in await contents(everybody, "/hsds/organizations?search=prague")] == [ids["full"]]


async def test_near_a_postcode_are_places_that_are_published(ids: dict[str, str], everybody: Desk) -> None:
    async def places(query: str) -> set[str]:
        links = await contents(everybody, f"/hsds/service_at_locations?per_page=200&{query}")
        return {each["location"]["organization_id"] for each in links}

    at_the_door = {ids["full"], ids["closed"]}
    assert await places("postcode=19000") == await places("postcode=190 00&proximity=10") == at_the_door
    assert await places("postcode=19000&proximity=20000") == {*at_the_door, ids["paused"]}
    assert await places("postcode=10115&proximity=1000000") == set()
    refused = await everybody.get("/hsds/service_at_locations?proximity=10")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:mine:problem:postcode-missing")


async def test_terms_are_found_by_taxonomy_and_word(everybody: Desk) -> None:
    topics = record_id("taxonomy", "topic")
    found = await contents(everybody, f"/hsds/taxonomy_terms?per_page=200&taxonomy_id={topics}")
    assert {each["taxonomy_id"] for each in found} == {topics}
    [cafe] = await contents(everybody, "/hsds/taxonomy_terms?search=kavarna")
    assert cafe["code"] == "open-cafe"
    assert await contents(everybody, "/hsds/taxonomy_terms?top_only=true&per_page=200")
    assert await contents(everybody, f"/hsds/taxonomy_terms?parent_id={cafe['id']}") == []


async def test_odd_moments_are_no_accident(everybody: Desk) -> None:
    for when in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00", "2026-03-01"):
        assert (await everybody.get(f"/hsds/services?modified_after={when}")).status_code == 200


# ---- opening hours


async def test_hours_stand_in_fields_where_those_say_all_of_the_rule(ids: dict[str, str], everybody: Desk) -> None:
    course = (await everybody.get(f"/hsds/services/{service_id(ids['full'], 's3')}")).json()
    told = [
        tuple(each.get(field) for field in ("freq", "interval", "byday", "bymonthday", "until", "count", "wkst"))
        for each in course["schedules"]
        if (each["valid_from"] == "2026-09-03" and "valid_to" not in each) or each.get("until")
    ]
    unsaid = (None,) * 7
    assert told == [
        ("WEEKLY", 1, "MO,TU,WE,TH,FR,SA,SU", None, None, None, None),
        ("WEEKLY", 1, "MO,WE", None, None, 20, None),
        unsaid,
        ("WEEKLY", 1, "TU,TH", None, None, None, None),
        ("WEEKLY", 2, "FR", None, None, None, "SU"),
        ("WEEKLY", 1, "TH", None, "2027-07-01", None, None),
        unsaid,
        ("MONTHLY", 1, None, "3", None, None, None),
        ("MONTHLY", 1, "-1FR,1SA", None, None, None, None),
        ("MONTHLY", 1, None, "-1,1", None, None, None),
        unsaid,
        unsaid,
        unsaid,
    ]
    assert [each["opens_at"] for each in course["schedules"]] == ["17:30"] * 27
    assert sum("RRULE:FREQ=YEARLY" in each["notes"] for each in course["schedules"]) == 4
    weekly = next(each for each in course["schedules"] if each.get("byday") == "TU,TH")
    assert weekly["notes"] == (
        "Times are by the clock of Europe/Prague. It ends on the next day. Not on 2026-12-24. "
        "The whole house is closed from 2026-07-01 to 2026-08-31."
    )
    assert weekly["description"] == "Tuesdays and Thursdays 17:30–0:30"
    extra = [each for each in course["schedules"] if each["valid_from"] == "2026-12-21"]
    assert {(each["dtstart"], each["valid_to"], each.get("freq")) for each in extra} == {
        ("2026-12-21", "2026-12-21", None)
    }
    assert len({each["id"] for each in course["schedules"]}) == 27


async def test_an_offset_is_told_only_where_clocks_never_change(
    network: MemoryNetwork, office: Desk, everybody: Desk, ids: dict[str, str]
) -> None:
    hours = [{"start_date": "2026-09-03", "start_time": "09:00", "end_time": "12:00", "rrule": "FREQ=DAILY"}]
    await office.done("POST", f"/centers/{ids['rtl']}/services", {"service": "festival", "hours": hours})
    await network.settle()
    for sort, number, offset in (("rtl", 3, 3), ("full", 3, None), ("hidden", 3, None)):
        told = (await everybody.get(f"/hsds/services/{service_id(ids[sort], f's{number}')}")).json()
        assert {each.get("timezone") for each in told["schedules"]} == {offset}


# ---- how it is answered


async def test_who_has_the_present_answer_gets_304(network: MemoryNetwork, office: Desk, everybody: Desk) -> None:
    ids = await every_sort(office.done)
    await network.settle()
    paths = [f"/hsds/{name}" for name in LISTS] + [
        f"/hsds/organizations/{ids['full']}", f"/hsds/services/{service_id(ids['full'], 's1')}",
        f"/hsds/service_at_locations/{at_location_id(ids['full'], 's1')}",
    ]  # fmt: skip
    tags = {path: (await everybody.get(path)).headers["ETag"] for path in paths}
    for path, tag in tags.items():
        assert (await everybody.get(path, **{"If-None-Match": tag})).status_code == 304
    await office.done("PATCH", f"/centers/{ids['full']}", {"founded": 1993}, match="*")
    await network.settle()
    for path, tag in tags.items():
        fresh = await everybody.get(path, **{"If-None-Match": tag})
        assert fresh.status_code == (304 if "taxonom" in path else 200), path


async def test_the_license_is_the_networks_to_choose_and_every_web_page_may_ask(everybody: Desk) -> None:
    answer = await everybody.get("/hsds/taxonomies")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Link" not in answer.headers


async def test_a_token_changes_nothing(ids: dict[str, str], everybody: Desk, office: Desk) -> None:
    for path in ("/hsds/organizations?full_service=true", f"/hsds/organizations/{ids['hidden']}"):
        assert (await office.get(path)).text == (await everybody.get(path)).text


def test_ids_stay_what_they_are() -> None:
    """Others keep them: whoever changes how they are made orphans every copy."""
    assert service_id("center", "s1") == "1c98bd56-f4f7-5e3e-8923-3507398289ba"
    assert at_location_id("center", "s1") == "da759ecd-fb60-54a8-830f-8accf03656e3"
    assert record_id("location", "center") == "07db3948-04d8-5133-afce-c2f93e0de276"
