"""Finding centers: by half a word without accents, by filters, page by page; and never by what is hidden."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

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
def found(everybody: Desk, ids: list[str]) -> Found:
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
async def test_a_search_finds(found: Found, query: str, houses: list[int]) -> None:
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
    kept = await network.runtimes["directory"].world.mirror("search").get(ids[0])
    assert kept is not None
    assert not [word for word in ("praha", "kaminek") if word in str(kept)]


async def test_its_people_see_in_a_list_what_they_see_of_one_center(
    office: Desk, everybody: Desk, house: Callable[[str], Desk], ids: list[str]
) -> None:
    [own] = (await house(ids[0]).get("/centers?q=kaminek")).json()["items"]
    assert own == (await house(ids[0]).get(f"/centers/{ids[0]}")).json()
    assert own["internal"] is not None
    [public] = (await everybody.get("/centers?q=kaminek")).json()["items"]
    assert public["internal"] is None
