"""Finding centers: by half a word without accents, by filters, page by page; and never by what is hidden."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.directory.views.search import CenterSearch
from shared.events import Recorded
from shared.events.catalogue import data_of
from shared.events.exchange.host_offer import HOST_OFFER, HostingOffered, HostStatus
from shared.feed import Feed
from shared.messaging import wire
from shared.testing import MemoryNetwork

pytestmark = pytest.mark.asyncio
Body = Callable[..., dict[str, Any]]
Desk = Any
Found = Callable[[str], Awaitable[list[str]]]

HOUSES: list[dict[str, Any]] = [
    {"name": "Mateřské centrum Kamínek", "place": {"country": "CZ", "town": "Praha"}, "languages": ["cs", "uk"]},
    {
        "name": "Mütterzentrum Neuaubing", "names": {"en": "Aubing Mothers' Café"},
        "place": {"country": "DE", "town": "München"}, "languages": ["de", "tr"], "services": ["baby-group"],
    },
    {"name": "Centrum Łódź", "place": {"country": "PL", "town": "Łódź"}, "languages": ["pl"]},
    {"name": "Casa L\u2019Aquila", "place": {"country": "IT", "town": "L'Aquila"}, "languages": ["it"], "services": []},
]  # fmt: skip


@pytest_asyncio.fixture
async def ids(network: MemoryNetwork, office: Desk, registration: Body) -> list[str]:
    """The four houses, registered and to be found."""
    ids = [str((await office.done("POST", "/centers", registration(names={}) | house))["id"]) for house in HOUSES]
    await network.settle()
    return ids


@pytest.fixture
def found(everybody: Desk) -> Found:
    """The names of what everybody finds."""

    async def names(query: str) -> list[str]:
        answer = await everybody.client.get(f"/centers?{query}")
        assert answer.status_code == 200, answer.text
        return [item["name"] for item in answer.json()["items"]]

    return names


@pytest.mark.parametrize(
    ("query", "houses"),
    [
        ("q=kaminek", [0]),
        ("q=KAMÍN", [0]),
        ("q=praha+materske", [0]),
        ("q=materske+pra", [0]),
        ("q=mater+praha", []),  # only the last word may be unfinished
        ("q=munchen", [1]),
        ("q=muenchen", [1]),
        ("q=münchen", [1]),
        ("q=mothers+cafe", [1]),
        ("q=lodz", [2]),
        ("q=l'aquila", [3]),
        ("q=p", []),  # one letter is no beginning
        ("q=krabbelgru", [1]),
        ("q=kavarna", [2, 0]),
        ("q=praha+kavarna", [0]),
        ("q=%21%3F", []),
        ("q=.*", []),
        ("q=submarine", []),
        ("country=de", [1]),
        ("country=CZ&q=munchen", []),
        ("service=open-cafe", [2, 0]),
        ("language=tr", [1]),
        ("language=cs&service=baby-group", []),
        ("status=active&check=fresh", [3, 2, 0, 1]),
        ("status=closed", []),
        ("check=lapsed", []),
        ("", [3, 2, 0, 1]),  # in the order of their folded names
    ],
)
async def test_a_search_finds(ids: list[str], found: Found, query: str, houses: list[int]) -> None:
    assert await found(query) == [HOUSES[number]["name"] for number in houses]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("service=open-caffe", "unknown-service"),
        ("country=ZZ", "invalid-input"),
        ("language=qq", "invalid-input"),
        ("status=sleeping", "invalid-input"),
        ("check=stale", "invalid-input"),
        ("q=" + "x" * 101, "invalid-input"),
        ("limit=0", "invalid-input"),
    ],
)
async def test_a_search_for_what_cannot_be_is_refused(everybody: Desk, query: str, code: str) -> None:
    answer = await everybody.get(f"/centers?{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:mine:problem:{code}")


async def test_a_paused_service_is_not_on_offer(
    network: MemoryNetwork, office: Desk, found: Found, ids: list[str]
) -> None:
    await office.done("POST", f"/centers/{ids[0]}/services/s1/pause")
    await network.settle()
    assert await found("service=open-cafe") == ["Centrum Łódź"]


async def test_pages_follow_each_other_without_a_gap_or_a_repeat(
    network: MemoryNetwork, office: Desk, everybody: Desk, registration: Body
) -> None:
    names = ["Klub", "Klub", "Ateliér", "klub", "Želva", "Čáp", "Klub"]
    for number, name in enumerate(names):
        await office.done("POST", "/centers?force=true", registration(name=name, external_id=f"row:{number}"))
    await network.settle()
    seen: list[dict[str, Any]] = []
    path = "/centers?country=CZ&limit=3"
    while True:
        answer = await everybody.get(path)
        seen += answer.json()["items"]
        if answer.json()["next"] is None:
            break
        path = answer.links["next"]["url"]
    assert [item["name"].casefold() for item in seen] == ["ateliér", "čáp", "klub", "klub", "klub", "klub", "želva"]
    assert len({item["id"] for item in seen}) == len(names)


async def test_a_cursor_belongs_to_its_search(everybody: Desk, ids: list[str]) -> None:
    cursor = (await everybody.get("/centers?limit=1")).json()["next"]
    answer = await everybody.get(f"/centers?limit=1&country=CZ&cursor={cursor}")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:mine:problem:cursor-malformed")


async def test_a_center_that_hides_is_not_found_by_its_town_from_that_moment(
    network: MemoryNetwork, office: Desk, found: Found, ids: list[str]
) -> None:
    await office.done("PUT", f"/centers/{ids[0]}/visibility", {"location_visibility": "hidden"})
    for query in ("q=praha", "q=kaminek"):  # the index has not heard of it yet
        assert await found(query) == []
    await network.settle()
    for query in ("q=praha", "q=kaminek"):
        assert await found(query) == []
    assert await found("country=CZ") == ["Mother Center"]
    search = network.runtimes["directory"].world.model(CenterSearch)
    await search.keep({})
    [file] = (network.runtimes["directory"].settings.home / "search").iterdir()
    assert b"aquila" in file.read_bytes()
    assert not [word for word in (b"praha", b"kaminek") if word in file.read_bytes()]


async def test_its_people_see_in_a_list_what_they_see_of_one_center(
    office: Desk, everybody: Desk, house: Callable[[str], Desk], ids: list[str]
) -> None:
    [own] = (await house(ids[0]).get("/centers?q=kaminek")).json()["items"]
    assert own == (await house(ids[0]).get(f"/centers/{ids[0]}")).json()
    assert own["internal"] is not None
    [public] = (await everybody.get("/centers?q=kaminek")).json()["items"]
    assert public["internal"] is None


# ---- where, when, for whom

PRAHA, PLZEN = {"lat": 50.08804, "lon": 14.42076}, {"lat": 49.74747, "lon": 13.37759}
EVERY_THURSDAY = {"start_date": "2026-01-01", "start_time": "09:00", "end_time": "11:30", "rrule": "FREQ=WEEKLY"}


@pytest_asyncio.fixture
async def three(network: MemoryNetwork, office: Desk, registration: Body) -> list[str]:
    """One shown by its door in Praha, one by its town in Plzeň, one hidden in Praha; the first open on Thursdays."""
    door = {"country": "CZ", "town": "Praha", "town_point": PRAHA, "point": {"lat": 50.1, "lon": 14.5},
            "time_zone": "Europe/Prague"}  # fmt: skip
    houses: list[dict[str, Any]] = [
        {
            "name": "Kamínek",
            "place": {**door, "region": "Praha"},
            "accessibility": ["step-free"],
            "topics": ["digital-tools"],
        },
        {
            "name": "Domeček",
            "place": {"country": "CZ", "town": "Plzeň", "town_point": PLZEN},
            "location_visibility": "town",
        },
        {"name": "Útočiště", "place": {**door, "region": "Praha"}, "location_visibility": "hidden"},
    ]  # fmt: skip
    ids = [
        str((await office.done("POST", "/centers", registration(names={}, services=[]) | house))["id"])
        for house in houses
    ]
    group = {"service": "father-group", "ages": {"youngest": 18, "oldest": 60}, "hours": [EVERY_THURSDAY]}
    for id in (ids[0], ids[2]):
        await office.done("POST", f"/centers/{id}/services", group)
    await network.settle()
    return ids


@pytest.mark.parametrize(
    ("query", "houses"),
    [
        ("near=50.1,14.5&radius_km=5", ["Kamínek"]),
        ("near=50.1,14.5&radius_km=200", ["Kamínek", "Domeček"]),
        ("near=49.75,13.38&radius_km=200", ["Domeček", "Kamínek"]),
        ("near=49.75,13.38&radius_km=200&order=name", ["Domeček", "Kamínek"]),
        ("near=50.1,14.5&radius_km=1", ["Kamínek"]),
        ("near=50.08804,14.42076&radius_km=1", []),
        ("region=Praha", ["Kamínek"]),
        ("accessibility=step-free", ["Kamínek"]),
        ("topic=digital-tools", ["Kamínek"]),
        ("q=digital", ["Kamínek"]),
        ("age=40", ["Kamínek", "Mother Center"]),
        ("age=10", []),
        ("open_on=thursday-morning", ["Kamínek"]),
        ("open_on=thursday", ["Kamínek"]),
        ("open_on=thursday-evening", []),
        ("open_on=friday-morning", []),
        ("q=praha", ["Kamínek"]),
        ("q=kaminke", ["Kamínek"]),
        ("q=tschechien", ["Domeček", "Kamínek", "Mother Center"]),
        ("country=CZ", ["Domeček", "Kamínek", "Mother Center"]),
        ("service=father-group&near=50.1,14.5", ["Kamínek"]),
    ],
)
async def test_centers_are_found_by_where_they_are_and_when_they_are_open(
    everybody: Desk, three: list[str], query: str, houses: list[str]
) -> None:
    answer = (await everybody.get(f"/centers?{query}")).json()
    assert ([item["name"] for item in answer["items"]], answer["total"]) == (houses, len(houses))


async def test_distances_are_told_with_what_is_near(everybody: Desk, three: list[str]) -> None:
    answer = (await everybody.get("/centers?near=50.1,14.5&radius_km=200")).json()
    assert answer["distances_m"][0] == 0
    assert 80_000 < answer["distances_m"][1] < 100_000


async def test_there_is_a_count_for_every_facet_under_the_whole_filter(everybody: Desk, three: list[str]) -> None:
    facets = (await everybody.get("/centers?country=CZ&limit=1")).json()["facets"]
    assert (facets["country"], facets["region"], facets["kind"]) == ({"CZ": 3}, {"Praha": 1}, {"mother-center": 3})
    assert (facets["service"], facets["check"]) == ({"father-group": 2}, {"fresh": 3})
    assert (await everybody.get("/centers?q=nothing-like-it")).json()["facets"] == {}


async def test_open_now_is_by_the_clock_on_the_wall_and_knows_the_holidays(
    network: MemoryNetwork, office: Desk, found: Found, three: list[str]
) -> None:
    network.clock.move(timedelta(days=4, hours=-1, minutes=-30))  # Thursday 5 March, 7:30 in UTC: 8:30 in Praha
    assert await found("open_now=true") == []
    network.clock.move(timedelta(hours=1))
    assert await found("open_now=true") == ["Kamínek"]
    today = {"first_day": "2026-03-05", "last_day": "2026-03-05", "reason": "public-holiday"}
    await office.done("PUT", f"/centers/{three[0]}/closed-days", {"closures": [today]}, match="*")
    await network.settle()
    assert await found("open_now=true") == []
    assert await found("open_on=thursday-morning") == ["Kamínek"]


async def test_what_is_regular_is_looked_at_again_as_weeks_go_by(
    network: MemoryNetwork, office: Desk, found: Found, three: list[str]
) -> None:
    until = {**EVERY_THURSDAY, "rrule": "FREQ=WEEKLY;UNTIL=20260401"}
    await office.done("PATCH", f"/centers/{three[0]}/services/s1", {"hours": [until]}, match="*")
    await network.settle()
    assert await found("open_on=thursday-morning") == ["Kamínek"]
    network.clock.move(timedelta(days=60))
    await office.done("PATCH", f"/centers/{three[1]}", {"families": 12}, match="*")
    await network.settle()
    assert await found("open_on=thursday-morning") == []


async def test_a_house_that_takes_guests_is_found_as_such(
    network: MemoryNetwork, found: Found, three: list[str]
) -> None:
    for sequence, (status, barred, expected) in enumerate(
        [("open", (), ["Kamínek"]), ("open", ("check-lapsed",), []), ("open", (), ["Kamínek"]), ("paused", (), [])], 1
    ):
        snapshot = HOST_OFFER.snapshot.model_copy(
            update={"center": three[0], "status": HostStatus(status), "barred": barred}
        )
        record = wire.encode(
            Recorded(
                f"h{sequence}", HOST_OFFER.type_of(HostingOffered), HOST_OFFER.topic, three[0], sequence,
                network.clock.now(), network.clock.now(), data_of(HostingOffered(), snapshot), "c",
            )
        )  # fmt: skip
        await network.log.send(record.topic, record.key, record.value, record.headers)
        await network.settle()
        assert await found("hosting=true") == expected


async def test_closed_ones_are_found_by_who_asks_for_them_and_duplicates_by_nobody(
    network: MemoryNetwork, office: Desk, found: Found, three: list[str]
) -> None:
    await office.done("POST", f"/centers/{three[0]}/closing", {"reason": "other"})
    await office.done("POST", f"/centers/{three[2]}/closing", {"reason": "duplicate", "successor": three[1]})
    await network.settle()
    assert await found("country=CZ") == ["Domeček"]
    assert await found("status=closed") == ["Kamínek"]


@pytest.mark.parametrize(
    "query",
    ["near=somewhere", "near=50", "near=91,0", "near=0,181", "near=nan,0", "order=distance", "open_on=someday",
     "open_on=monday-night", "open_now=true&open_on=monday"],
)  # fmt: skip
async def test_a_question_that_cannot_be_meant_is_refused(everybody: Desk, query: str) -> None:
    answer = await everybody.get(f"/centers?{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:mine:problem:bad-query")


async def test_a_new_process_goes_on_with_the_index_it_left(
    network: MemoryNetwork, office: Desk, found: Found, three: list[str]
) -> None:
    runtime = network.runtimes["directory"]
    [feed] = [feed for feed in runtime.feeds if isinstance(feed.model, CenterSearch)]
    await feed.stop()
    await office.done("PATCH", f"/centers/{three[1]}", {"name": "Nový Domeček"}, match="*")
    runtime.feeds[runtime.feeds.index(feed)] = again = Feed(CenterSearch(runtime.world), network.log)
    again.start()
    await network.settle()
    assert await found("q=novy") == ["Nový Domeček"]
    assert await found("q=kaminek") == ["Kamínek"]
