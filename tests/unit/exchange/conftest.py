"""Houses and guests to tell stories about: Praha asks, München and others host."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.exchange.domain.center import Center
from services.exchange.domain.host_offer import HostOffer, Terms
from services.exchange.domain.visit import Party, Question, Request, Visit
from services.exchange.service import SERVICE
from shared.aggregate import Aggregate
from shared.events.base import Event, Recorded, Snapshot, Stream
from shared.events.catalogue import data_of
from shared.events.directory import center as told
from shared.events.directory.practice import PRACTICE, PracticePublished, PracticeStatus
from shared.events.exchange.terms import Days
from shared.ids import derived_id
from shared.messaging import wire
from shared.testing.network import MemoryNetwork

POINTS = {
    "praha": told.TownPoint(lat=50.09, lon=14.42),
    "muenchen": told.TownPoint(lat=48.14, lon=11.58),
    "stuttgart": told.TownPoint(lat=48.78, lon=9.18),
    "brno": told.TownPoint(lat=49.2, lon=16.61),
}
COUNTRIES = {"praha": "CZ", "brno": "CZ"}


@pytest.fixture(scope="session")
def now() -> datetime:
    """The day on which the stories begin."""
    return datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def center() -> Callable[..., Center]:
    """Makes a center: fresh, active, in Germany unless it is known to be elsewhere."""

    def make(id: str, **changed: Any) -> Center:
        values: dict[str, Any] = {
            "id": id,
            "version": 1,
            "name": f"Mother Center {id.title()}",
            "country": COUNTRIES.get(id, "DE"),
            "town_point": POINTS.get(id),
            "languages": ("de",),
            "status": told.CenterStatus.ACTIVE,
            "check": told.Check.FRESH,
            "verified_on": date(2026, 3, 1),
        }
        return Center.model_validate({**values, **changed})

    return make


@pytest.fixture(scope="session")
def terms() -> Callable[..., Terms]:
    """Makes terms: founding and childcare, in German and English, six guests, all year."""

    def make(**changed: Any) -> Terms:
        values: dict[str, Any] = {
            "topics": ("founding-a-center", "self-run-childcare"),
            "languages": ("de", "en"),
            "capacity": 6,
        }
        return Terms.model_validate({**values, **changed})

    return make


@pytest.fixture(scope="session")
def offer(center: Callable[..., Center], terms: Callable[..., Terms], now: datetime) -> Callable[..., HostOffer]:
    """Makes the offer of a center; its first event is taken off it."""

    def make(id: str = "muenchen", **changed: Any) -> HostOffer:
        made = HostOffer.offer(center(id), terms(**changed), now)
        made.take_facts()
        return made

    return make


@pytest.fixture(scope="session")
def wanted() -> Callable[..., Request]:
    """Makes a request: two questions, four guests, three days in September, German."""

    def make(**changed: Any) -> Request:
        values: dict[str, Any] = {
            "questions": (
                Question(topic="founding-a-center", text="Wie habt ihr angefangen?", language="de"),
                Question(topic="self-run-childcare", text="Wer passt auf?", language="de"),
            ),
            "party": Party(guests=4, children=1),
            "window": Days(first=date(2026, 9, 1), last=date(2026, 9, 30)),
            "length": 3,
            "languages": ("de",),
        }
        return Request.model_validate({**values, **changed})

    return make


@pytest.fixture(scope="session")
def visit(center: Callable[..., Center], wanted: Callable[..., Request], now: datetime) -> Callable[..., Visit]:
    """Makes a visit that Praha asks for; its first event is taken off it."""

    def make(**changed: Any) -> Visit:
        made = Visit.request("v1", center("praha"), wanted(**changed), now)
        made.take_facts()
        return made

    return make


@pytest.fixture(scope="session")
def said() -> Callable[[Aggregate], list[Event]]:
    """The events an aggregate has recorded since it was last asked."""
    return lambda aggregate: [event for event, _ in aggregate.take_facts()]


class Story:
    """The exchange on the memory engines, and a directory that says what it is told to say."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.network = network
        self.office = network.client("exchange", "office")
        self.public = network.client("exchange")
        self._centers: dict[str, tuple[int, told.CenterSnapshot]] = {}
        self._practices: dict[str, int] = {}
        self._keys = 0
        self._clients: dict[str, httpx.AsyncClient] = {}

    def center(self, id: str) -> httpx.AsyncClient:
        """A client that acts for this center."""
        if id not in self._clients:
            self._clients[id] = self.network.client("exchange", "center", center=id)
        return self._clients[id]

    async def directory(self, id: str, event: Event | None = None, **changed: Any) -> None:
        """The directory says something about a center: first of all that it is there."""
        version, snapshot = self._centers.get(id, (0, self._first(id)))
        snapshot = snapshot.model_copy(update=changed)
        self._centers[id] = (version + 1, snapshot)
        await self._tell(told.CENTER, id, version + 1, event or told.CenterRegistered(), snapshot)

    async def practice(self, id: str, center: str, status: PracticeStatus = PracticeStatus.PUBLISHED) -> None:
        """The directory says something about a practice."""
        self._practices[id] = self._practices.get(id, 0) + 1
        snapshot = PRACTICE.snapshot.model_copy(update={"center": center, "status": status})
        await self._tell(PRACTICE, id, self._practices[id], PracticePublished(edition=1), snapshot)

    async def _tell(self, stream: Stream, key: str, version: int, event: Event, snapshot: Snapshot) -> None:
        now = self.network.clock.now()
        record = wire.encode(
            Recorded(
                id=derived_id("told", key, version),
                type=stream.type_of(type(event)),
                topic=stream.topic,
                key=key,
                sequence=version,
                happened=now,
                recorded=now,
                data=data_of(event, snapshot),
                correlation="story",
            )
        )
        await self.network.log.send(record.topic, record.key, record.value, record.headers)
        await self.network.settle()

    @staticmethod
    def _first(id: str) -> told.CenterSnapshot:
        return told.CenterSnapshot(
            name=f"Mother Center {id.title()}",
            kind="mother-center",
            country=COUNTRIES.get(id, "DE"),
            town=id.title(),
            town_point=POINTS.get(id),
            location_visibility=told.LocationVisibility.TOWN,
            languages=("de",),
            status=told.CenterStatus.ACTIVE,
            check=told.Check.FRESH,
            verified_on=date(2026, 3, 1),
        )

    async def say(
        self, client: httpx.AsyncClient, path: str, body: Any = None, *, key: str | None = None
    ) -> httpx.Response:
        """A command, with all that follows from it."""
        self._keys += 1
        answer = await client.post(path, json=body, headers={"Idempotency-Key": key or f"key-{self._keys}"})
        await self.network.settle()
        return answer

    async def hosts(self, id: str, **changed: Any) -> None:
        """A center is there and offers to host."""
        if id not in self._centers:
            await self.directory(id)
        body = {
            "center": id,
            "topics": ["founding-a-center", "self-run-childcare"],
            "languages": ["de", "en"],
            "capacity": 6,
            "arrival": {"address": f"Hinter dem Markt 1, {id.title()}", "route": "Tram 12", "house_rules": "Slippers"},
            **changed,
        }
        answer = await self.say(self.center(id), "/host-offers", body)
        assert answer.status_code == 201, answer.text

    async def asks(self, guest: str = "praha", **changed: Any) -> str:
        """A center asks for a visit; the visit's id."""
        if guest not in self._centers:
            await self.directory(guest)
        body = {
            "guest": guest,
            "questions": [
                {"topic": "founding-a-center", "text": "Wie habt ihr angefangen?", "language": "de"},
                {"topic": "self-run-childcare", "text": "Wer passt auf?", "language": "de"},
            ],
            "party": {"guests": 4, "children": 1},
            "window": {"first": "2026-09-01", "last": "2026-09-30"},
            "length": 3,
            "languages": ["de"],
            **changed,
        }
        answer = await self.say(self.center(guest), "/visits", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def visit(self, id: str, client: httpx.AsyncClient | None = None) -> dict[str, Any]:
        """The visit as a client sees it (the office unless another is given)."""
        answer = await (client or self.office).get(f"/visits/{id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def agreed(self, guest: str = "praha") -> tuple[str, str]:
        """A visit that was accepted and confirmed, and its host."""
        id = await self.asks(guest)
        host = str((await self.visit(id))["host"])
        assert (await self.say(self.center(host), f"/visits/{id}/acceptance", {"host": host})).status_code == 200
        assert (await self.say(self.center(guest), f"/visits/{id}/confirmation")).status_code == 200
        return id, host

    async def held(self, id: str, guest: str, host: str) -> None:
        """Both sides say that the visit took place."""
        for side, center in (("guest", guest), ("host", host)):
            body = {"side": side, "held": True}
            assert (await self.say(self.center(center), f"/visits/{id}/attendance", body)).status_code == 200

    async def reports(self, id: str, guest: str, *intentions: tuple[str, str]) -> list[str]:
        """The guest reports what it wants to adopt: topics and texts; the ids of the commitments, in their order."""
        body = {
            "language": "cs",
            "story": "Viděly jsme, jak to jde.",
            "intentions": [{"topic": topic, "text": text} for topic, text in intentions],
        }
        answer = await self.say(self.center(guest), f"/visits/{id}/report", body)
        assert answer.status_code == 200, answer.text
        found = (await self.office.get("/commitments", params={"visit": id})).json()["items"]
        return [each["id"] for each in sorted(found, key=lambda each: each["number"])]

    async def commitment(self, *intentions: tuple[str, str]) -> str:
        """What Praha means to adopt after a visit to München; the id of the first of its commitments."""
        if "muenchen" not in self._centers:
            await self.hosts("muenchen")
        id, host = await self.agreed("praha")
        await self.passes(days=200)
        await self.held(id, "praha", host)
        return (await self.reports(id, "praha", *(intentions or [("self-run-childcare", "Od září dvakrát týdně.")])))[0]

    async def answers(
        self, client: httpx.AsyncClient, id: str, body: Any, *, match: str | None = "*", key: str | None = None
    ) -> httpx.Response:
        """Somebody says what became of a commitment, with all that follows from it."""
        self._keys += 1
        headers = {"Idempotency-Key": key or f"key-{self._keys}", **({"If-Match": match} if match else {})}
        answer = await client.put(f"/commitments/{id}/answer", json=body, headers=headers)
        await self.network.settle()
        return answer

    async def offer(self, center: str) -> dict[str, Any]:
        """A host offer as everybody sees it."""
        found: dict[str, Any] = (await self.public.get(f"/host-offers/{center}")).json()
        return found

    async def passes(self, **time: float) -> None:
        """Time passes, deadlines ring."""
        self.network.clock.move(timedelta(**time))
        await self.network.settle()

    def events(self, aggregate: str, key: str) -> list[str]:
        """The names of an aggregate's events, in order."""
        records = self.network.events(f"exchange.{aggregate}.v1", key)
        return [record.type.split(".")[3] for record in records]


@pytest_asyncio.fixture
async def story() -> AsyncIterator[Story]:
    async with MemoryNetwork(SERVICE) as network:
        yield Story(network)
