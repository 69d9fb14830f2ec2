"""A center in Praha, to tell stories about; and the directory over HTTP, to tell them to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.directory.domain.center import Center
from services.directory.domain.place import Place, Point
from services.directory.domain.profile import Contact, Profile
from services.directory.service import SERVICE
from shared.events import Event, Recorded, catalogue
from shared.events.directory.center import LocationVisibility, TownPoint
from shared.events.exchange.terms import Days
from shared.events.exchange.visit import VISIT, VisitHeld, VisitSnapshot, VisitStatus
from shared.ids import derived_id, new_id
from shared.messaging import wire
from shared.taxonomy import SERVICES
from shared.testing import MemoryNetwork

Register = Callable[..., Center]


@pytest.fixture(scope="session")
def now() -> datetime:
    """The day on which the stories begin."""
    return datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def praha() -> Place:
    return Place(
        country="CZ",
        region="Hlavní město",
        town="Praha",
        town_point=TownPoint(lat=50.08804, lon=14.42076),
        postal_code="190 00",
        street="Hejnická 538",
        point=Point(lat=50.12345, lon=14.51234),
    )


@pytest.fixture(scope="session")
def profile() -> Profile:
    return Profile(
        name="Mateřské centrum Praha",
        names={"en": "Prague Mother Center"},
        languages=("cs", "uk"),
        founded=1992,
        contact=Contact(email="office@praha.example.org", website="https://praha.example.org"),
    )


@pytest.fixture(scope="session")
def register(now: datetime, praha: Place, profile: Profile) -> Register:
    """Registers the center; what is named differs from the usual. Its facts are still to be taken."""

    def registered(**different: Any) -> Center:
        services = different.pop("services", ("open-cafe", "language-course"))
        usual: dict[str, Any] = {"profile": profile, "place": praha, "visibility": LocationVisibility.TOWN, "now": now}
        known = [SERVICES.known(code) for code in services]
        return Center.register("praha", **{**usual, "services": known, **different})

    return registered


@pytest.fixture
def center(register: Register) -> Center:
    """The center, with its registration behind it."""
    registered = register()
    registered.take_facts()
    return registered


@pytest.fixture(scope="session")
def happened() -> Callable[[Center], list[Event]]:
    """What happened to a center since it was last asked."""
    return lambda center: [event for event, _ in center.take_facts()]


# ---- over HTTP


@dataclass(frozen=True)
class Desk:
    """Somebody with or without a token who talks to the directory. Each command gets a key of its own."""

    client: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Asks for something."""
        return await self.client.get(path, headers=headers)

    async def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, match: str | None = None
    ) -> httpx.Response:
        """Sends a command, whatever will be answered."""
        headers = {"Idempotency-Key": key or new_id(), **({"If-Match": match} if match else {})}
        return await self.client.request(method, path, json=body, headers=headers)

    async def done(self, method: str, path: str, body: Any = None, *, match: str | None = None) -> dict[str, Any]:
        """Sends a command that must succeed, and returns its receipt."""
        answer = await self.send(method, path, body, match=match)
        assert answer.status_code in (200, 201), answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt


@pytest_asyncio.fixture
async def network() -> AsyncIterator[MemoryNetwork]:
    async with MemoryNetwork(SERVICE) as network:
        yield network


@pytest.fixture
def office(network: MemoryNetwork) -> Desk:
    return Desk(network.client("directory", "office"))


@pytest.fixture
def everybody(network: MemoryNetwork) -> Desk:
    return Desk(network.client("directory"))


@pytest.fixture
def coordinator(network: MemoryNetwork) -> Callable[..., Desk]:
    """The coordinator of the countries named."""
    return lambda *countries: Desk(network.client("directory", "coordinator", networks=countries))


@pytest.fixture
def house(network: MemoryNetwork) -> Callable[[str], Desk]:
    """A center itself, by its id."""
    return lambda center: Desk(network.client("directory", "center", center=center))


@pytest.fixture(scope="session")
def registration(praha: Place, profile: Profile) -> Callable[..., dict[str, Any]]:
    """The body that registers the center in Praha; what is named differs from the usual."""

    def body(**different: Any) -> dict[str, Any]:
        usual = {
            **profile.model_dump(mode="json"),
            "place": praha.model_dump(mode="json"),
            "location_visibility": "exact",
            "services": ["open-cafe", "language-course"],
        }
        return {**usual, **different}

    return body


@pytest_asyncio.fixture
async def praha_id(office: Desk, registration: Callable[..., dict[str, Any]]) -> str:
    """The id of the center in Praha, which has just been registered."""
    receipt = await office.done("POST", "/centers", registration())
    return str(receipt["id"])


@pytest.fixture
def visit_was_held(network: MemoryNetwork) -> Callable[..., Awaitable[str]]:
    """The exchange tells of a visit to a house in autumn 2025; returns the visit's id."""

    async def told(host: str, status: VisitStatus = VisitStatus.HELD) -> str:
        days = Days(first=date(2025, 9, 14), last=date(2025, 9, 17))
        assert isinstance(VISIT.snapshot, VisitSnapshot)
        snapshot = VISIT.snapshot.model_copy(update={"host": host, "status": status, "days": days})
        fact, id, now = VisitHeld(host=host, round=1, days=days, guests=4), new_id(), network.clock.now()
        data = catalogue.data_of(fact, snapshot)
        record = wire.encode(
            Recorded(derived_id(id), VISIT.type_of(VisitHeld), VISIT.topic, id, 1, now, now, data, "test")
        )
        await (await network.log.send(record.topic, record.key, record.value, record.headers))
        await network.settle()
        return id

    return told
