"""Past days over HTTP: lists and numbers of a day, one center's day with the reasons, and what is hidden today."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any

import pytest
import pytest_asyncio
from fastapi import Depends

from services.directory.api.past import On, PastCountries, PastPage, past_countries, past_page
from services.directory.domain.center import Center
from services.directory.service import SERVICE
from services.directory.views.past_map import PastMapModel
from shared.commands import Repository
from shared.events.directory.center import CenterStatus
from shared.http import APIRouter, PagingDep, repository
from shared.security import public
from shared.testing import MemoryNetwork

pytestmark = pytest.mark.asyncio
Desk = Any
Body = Callable[..., dict[str, Any]]
TOPIC = "directory.center.v1"
TODAY = date(2026, 3, 1)

BRNO = {"country": "CZ", "town": "Brno"}
WIEN = {"country": "AT", "town": "Wien"}

probe = APIRouter()
HELD: list[PastMapModel] = []
"""The model of the network under test."""


@probe.get("/past/centers", dependencies=[public()])
async def list_past(
    centers: Annotated[Repository[Center], Depends(repository(Center))],
    paging: PagingDep,
    on: On = TODAY,
    country: str | None = None,
    status: CenterStatus | None = None,
) -> PastPage:
    return await past_page(HELD[-1].map, centers, on or TODAY, paging, country, status)


@probe.get("/past/countries", dependencies=[public()])
async def count_past(on: On = TODAY) -> PastCountries:
    return past_countries(HELD[-1].map, on or TODAY)


@pytest_asyncio.fixture
async def network() -> AsyncIterator[MemoryNetwork]:
    async with MemoryNetwork(replace(SERVICE, routers=(*SERVICE.routers, probe))) as network:
        HELD[:] = [PastMapModel(network.runtimes["directory"].world)]
        yield network


async def news(network: MemoryNetwork) -> None:
    """Everything published reaches the model, from the beginning: most of it not for the first time."""
    await network.settle()
    await HELD[-1].apply(network.events(TOPIC))


@pytest_asyncio.fixture
async def praha_id(office: Desk, registration: Body) -> str:
    """A center of which it is not known when it was founded: on the map from the day it was entered."""
    receipt = await office.done("POST", "/centers", registration(founded=None))
    return str(receipt["id"])


@pytest_asyncio.fixture
async def brno_id(network: MemoryNetwork, office: Desk, registration: Body, praha_id: str) -> str:
    """A second one, entered a month later."""
    network.clock.move(timedelta(days=31))
    body = registration(name="Dům Brno", names={}, place=BRNO, founded=None)
    receipt = await office.done("POST", "/centers", body)
    await news(network)
    return str(receipt["id"])


async def listed(desk: Desk, query: str) -> list[Any]:
    answer = await desk.get(f"/past/centers?{query}")
    assert answer.status_code == 200, answer.text
    return [(item["name"], item["place"]["town"], item["status"]) for item in answer.json()["items"]]


PRAHA = ("Mateřské centrum Praha", "Praha", "active")
BRNO_LISTED = ("Dům Brno", "Brno", "active")


async def test_the_list_of_a_day_holds_the_centers_there_were_by_name(
    network: MemoryNetwork, office: Desk, everybody: Desk, praha_id: str, brno_id: str
) -> None:
    registered = network.events(TOPIC, praha_id)[0].happened.date()
    before, after = registered - timedelta(days=1), registered + timedelta(days=1)
    assert await listed(everybody, f"on={before}") == []
    assert await listed(everybody, f"on={after}") == [PRAHA]
    assert await listed(everybody, f"on={network.clock.now().date()}") == [BRNO_LISTED, PRAHA]


async def test_a_closing_entered_late_lands_on_its_day_and_the_answer_says_as_of_when(
    network: MemoryNetwork, office: Desk, everybody: Desk, praha_id: str, brno_id: str
) -> None:
    on = "2026-03-20"
    before = (await everybody.get(f"/past/centers?on={on}")).json()
    assert before["as_of"] == network.events(TOPIC, praha_id)[0].recorded.isoformat(timespec="milliseconds")[:-6] + "Z"

    network.clock.move(timedelta(days=200))
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "no-funding", "on": "2026-03-15"})
    await news(network)
    assert await listed(everybody, "on=2026-03-14") == [PRAHA]
    assert await listed(everybody, f"on={on}") == [(*PRAHA[:2], "closed")]
    after = (await everybody.get(f"/past/centers?on={on}")).json()
    assert (after["on"], after["as_of"][:10]) == (on, str(network.clock.now().date()))
    assert after["items"][0]["recorded"] == after["as_of"]


async def test_country_and_status_are_those_of_the_day(
    network: MemoryNetwork, office: Desk, everybody: Desk, praha_id: str, brno_id: str
) -> None:
    await office.done("PUT", f"/centers/{brno_id}/location", {"place": WIEN}, match="*")
    await office.done("POST", f"/centers/{brno_id}/pause", {"reason": "moving"})
    network.clock.move(timedelta(days=1))
    await office.done("POST", f"/centers/{brno_id}/resume", {})
    await news(network)
    today = network.clock.now().date()
    assert await listed(everybody, f"on={today - timedelta(days=1)}&country=AT&status=paused") == [
        ("Dům Brno", "Wien", "paused")
    ]
    assert await listed(everybody, f"on={today}&country=AT&status=paused") == []
    counted = (await everybody.get(f"/past/countries?on={today - timedelta(days=1)}")).json()
    assert counted["items"] == [
        {"country": "AT", "active": 0, "paused": 1, "closed": 0},
        {"country": "CZ", "active": 1, "paused": 0, "closed": 0},
    ]
    assert (counted["centers"], counted["on"]) == (2, str(today - timedelta(days=1)))
    assert counted["as_of"] is not None


async def test_the_pages_of_a_day_are_its_list(
    network: MemoryNetwork, office: Desk, everybody: Desk, registration: Body, praha_id: str
) -> None:
    for town, name in enumerate(("Žabka", "U Lípy", "zora", "U Lípy", "Ábel")):
        place = {"country": "CZ", "town": f"Město {town}"}
        await office.done("POST", "/centers", registration(name=name, founded=None, place=place))
    await news(network)
    whole = (await everybody.get("/past/centers")).json()
    assert [item["name"] for item in whole["items"]] == [
        "Ábel", "Mateřské centrum Praha", "U Lípy", "U Lípy", "Žabka", "zora",
    ]  # fmt: skip
    url, seen = "/past/centers?limit=2", []
    while url:
        answer = await everybody.get(url)
        seen += answer.json()["items"]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == whole["items"]
    cursor = (await everybody.get("/past/centers?limit=2")).json()["next"]
    for other in ("on=2026-02-01", "country=CZ", "status=active"):
        assert (await everybody.get(f"/past/centers?{other}&cursor={cursor}")).status_code == 400
    assert (await everybody.get("/past/centers?cursor=W10")).status_code == 400


async def test_a_center_that_hides_is_hidden_on_every_past_day_at_once(
    network: MemoryNetwork, office: Desk, everybody: Desk, praha_id: str, brno_id: str
) -> None:
    await office.done("PUT", f"/centers/{praha_id}/visibility", {"location_visibility": "hidden"})
    hidden = [("Mother Center", None, "active")]
    assert await listed(everybody, "on=2026-03-20") == hidden  # before the news has reached the map
    await news(network)
    assert await listed(everybody, "on=2026-03-20") == hidden
    answer = await everybody.get(f"/centers/{praha_id}/days/2026-03-20")
    assert answer.json()["center"]["place"] == {"country": "CZ", "region": None, "town": None, "town_point": None}
    assert not [word for word in ("raha", "rague", "50.0", "Hlavní") if word in answer.text]
    own = (await office.get(f"/centers/{praha_id}/days/2026-03-20")).json()
    assert (own["center"]["name"], own["center"]["place"]["town"]) == ("Mateřské centrum Praha", "Praha")


async def test_a_day_of_one_center_says_which_event_says_so(
    network: MemoryNetwork, office: Desk, everybody: Desk, praha_id: str
) -> None:
    network.clock.move(timedelta(days=60))
    await office.done("POST", f"/centers/{praha_id}/services/s1/pause")
    await office.done("POST", f"/centers/{praha_id}/pause", {"reason": "renovation", "on": "2026-04-10"})
    then = (await everybody.get(f"/centers/{praha_id}/days/2026-04-15")).json()
    assert (then["on"], then["center"]["status"]) == ("2026-04-15", "paused")
    assert then["because"]["status"]["event"] == "CenterPaused"
    assert [then["because"]["status"][when][:10] for when in ("happened", "recorded")] == ["2026-04-10", "2026-04-30"]
    assert then["because"]["service s1"]["event"] == "CenterRegistered"
    today = (await everybody.get(f"/centers/{praha_id}/days/2026-04-30")).json()
    assert today["because"]["service s1"]["event"] == "ServicePaused"


async def test_a_day_before_the_first_or_after_today_is_refused(everybody: Desk, praha_id: str) -> None:
    early = await everybody.get(f"/centers/{praha_id}/days/1900-01-01")
    assert (early.status_code, early.json()["type"]) == (404, "urn:mine:problem:not-there-yet")
    assert date.fromisoformat(early.json()["since"]) > date(1900, 1, 1)
    for late in ("2026-03-03", "9999-12-31"):
        answer = await everybody.get(f"/centers/{praha_id}/days/{late}")
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:mine:problem:in-the-future")
    assert (await everybody.get(f"/centers/{praha_id}/days/2026-02-30")).status_code == 422
    assert (await everybody.get("/centers/nobody/days/2026-03-01")).status_code == 404


async def test_the_model_is_filled_from_what_is_stored_published_or_not(
    network: MemoryNetwork, office: Desk, registration: Body, praha_id: str, brno_id: str
) -> None:
    await office.done("POST", f"/centers/{praha_id}/pause", {"reason": "crisis"})
    waiting = PastMapModel(network.runtimes["directory"].world)
    await waiting.fill()  # the pause is in the outbox at best
    await news(network)
    published = PastMapModel(network.runtimes["directory"].world)
    await published.fill()
    today = network.clock.now().date()
    assert waiting.map.on(today) == published.map.on(today) == HELD[-1].map.on(today)
    assert [center.status.value for center in published.map.on(today)] == ["active", "paused"]
    await published.apply(network.events(TOPIC))
    assert published.map.on(today) == HELD[-1].map.on(today)
