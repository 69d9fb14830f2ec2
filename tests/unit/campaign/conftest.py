"""A campaign as the tests know it: two questionnaires, three phases, a center in Praha and one in München."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.campaign.domain.campaign import Campaign, Phase, Plan
from services.campaign.service import SERVICE
from services.campaign.seven import publish_the_seven
from shared.events import catalogue
from shared.events.base import Event, Recorded
from shared.events.directory.center import (
    CENTER,
    CenterClosed,
    CenterRegistered,
    CenterSnapshot,
    CenterStatus,
)
from shared.ids import derived_id
from shared.messaging import wire
from shared.testing import MemoryNetwork

PRAHA, MUENCHEN = "center-praha", "center-muenchen"

PLAN: dict[str, Any] = {
    "title": {"en": "How do we want to raise our children?", "de": "Wie wollen wir unsere Kinder erziehen?"},
    "question": {"en": "What do families need where you live?"},
    "questionnaires": ["good-child-raising", "involving-fathers"],
    "phases": [
        {"key": "collect", "title": {"en": "Talking in rooms"}, "collects": True, "ends": "2026-06-30"},
        {"key": "harvest", "title": {"en": "Harvest"}, "ends": "2026-09-30"},
        {"key": "demands", "title": {"en": "Demands"}},
    ],
    "opens": "2026-02-01",
}


def at(day: str, hour: int = 9) -> datetime:
    """A moment of 2026."""
    return datetime.fromisoformat(f"2026-{day}T{hour:02d}:00:00+00:00").astimezone(UTC)


def plan(**changes: Any) -> Plan:
    """The plan of the tests, with other values where told."""
    return Plan.model_validate({**PLAN, **changes})


def phase(key: str, *, collects: bool = False, ends: str | None = None) -> Phase:
    """A phase with a title."""
    return Phase(key=key, title={"en": key}, collects=collects, ends=date.fromisoformat(ends) if ends else None)


@pytest.fixture
def draft() -> Campaign:
    """A campaign that nobody knows of yet."""
    campaign = Campaign.draft("campaign-1", plan())
    campaign.take_facts()
    return campaign


@pytest.fixture
def campaign(draft: Campaign) -> Campaign:
    """A campaign launched on 1 March 2026."""
    draft.launch(at("03-01"))
    draft.take_facts()
    return draft


def facts(aggregate: Any) -> list[Event]:
    """What it has recorded since the last look."""
    return [event for event, _ in aggregate.take_facts()]


class Story:
    """The campaign service with its neighbours' news, and clients for those who use it."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.network = network
        self.office = network.client("campaign", "office")
        self.praha = network.client("campaign", "center", center=PRAHA)
        self.moderator = network.client("campaign", "moderator")
        self.czech_network = network.client("campaign", "coordinator", networks=["CZ"])
        self.anyone = network.client("campaign")
        self._keys = 0
        self._sequences: dict[str, int] = {}

    def key(self) -> dict[str, str]:
        """The header with an idempotency key that was not used before."""
        self._keys += 1
        return {"Idempotency-Key": f"key-{self._keys}"}

    async def center(
        self,
        id: str,
        country: str,
        *,
        name: str = "",
        status: CenterStatus = CenterStatus.ACTIVE,
        event: Event | None = None,
        happened: datetime | None = None,
    ) -> None:
        """The directory says something about a center."""
        snapshot = CENTER.snapshot.model_copy(update={"name": name or id, "country": country, "status": status})
        assert isinstance(snapshot, CenterSnapshot)
        fact = event or CenterRegistered()
        sequence = self._sequences[id] = self._sequences.get(id, 0) + 1
        now = self.network.clock.now()
        record = wire.encode(
            Recorded(
                id=derived_id("test", id, sequence),
                type=CENTER.type_of(type(fact)),
                topic=CENTER.topic,
                key=id,
                sequence=sequence,
                happened=happened or now,
                recorded=now,
                data=catalogue.data_of(fact, snapshot),
                correlation="test",
            )
        )
        await (await self.network.log.send(record.topic, record.key, record.value, record.headers))
        await self.network.settle()

    async def center_closes(self, id: str, country: str, on: datetime) -> None:
        """The directory says that a center closed on a day."""
        await self.center(id, country, status=CenterStatus.CLOSED, event=CenterClosed(reason="no-funding"), happened=on)

    async def launched(self, **changes: Any) -> str:
        """The id of a campaign that is under way."""
        drafted = await self.office.post("/campaigns", json={**PLAN, **changes}, headers=self.key())
        assert drafted.status_code == 201, drafted.text
        campaign: str = drafted.json()["id"]
        assert (await self.office.post(f"/campaigns/{campaign}/launch", headers=self.key())).status_code == 200
        await self.network.settle()
        return campaign

    async def report(
        self, campaign: str, *, by: httpx.AsyncClient | None = None, key: dict[str, str] | None = None, **changes: Any
    ) -> httpx.Response:
        """A center reports a round."""
        answer = await (by or self.praha).post(
            f"/campaigns/{campaign}/rounds", json=form(**changes), headers=key or self.key()
        )
        await self.network.settle()
        return answer


def form(**changes: Any) -> dict[str, Any]:
    """A filled-in paper form."""
    return {
        "center": PRAHA,
        "held": "2026-02-20",
        "headcount": 23,
        "language": "cs",
        "discussed": [{"questionnaire": "involving-fathers", "edition": 1, "questions": ["fathers-today"]}],
        **changes,
    }


def code(answer: httpx.Response) -> str:
    """The code of a problem document."""
    problem: str = answer.json()["type"]
    return problem.removeprefix("urn:mine:problem:")


@pytest_asyncio.fixture
async def story() -> AsyncIterator[Story]:
    """The service on the memory engines on 1 March 2026, with the seven questionnaires and two centers."""
    async with MemoryNetwork(SERVICE) as network:
        await publish_the_seven(network.runtimes["campaign"].world)
        story = Story(network)
        await story.center(PRAHA, "CZ", name="Mateřské centrum Praha")
        await story.center(MUENCHEN, "DE", name="Mütterzentrum München")
        yield story
