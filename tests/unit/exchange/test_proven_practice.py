"""From a visit to the practice that it proves: the exchange asks, the directory counts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, cast

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.center import Center
from services.directory.domain.place import Place
from services.directory.domain.practice import Content, Practice, Wording
from services.directory.domain.profile import Profile
from services.directory.reactions.adoptions import count_adoption_at_the_practice
from services.directory.service import SERVICE as DIRECTORY
from services.exchange.domain.commitment import TAKEN_OVER, Commitment, DropReason
from services.exchange.domain.practice import Practice as KnownPractice
from services.exchange.service import SERVICE as EXCHANGE
from shared.commands import Command
from shared.events.base import Event, Received, Recorded
from shared.events.directory.center import LocationVisibility
from shared.events.directory.practice import Adoption, PracticeKind
from shared.events.exchange.commitment import COMMITMENT
from shared.ids import new_id
from shared.reactions import Change
from shared.testing import MemoryNetwork
from shared.world import World
from tests.unit.exchange.conftest import COUNTRIES, Story

CHILDCARE = ("self-run-childcare", "Od září dvakrát týdně.")


class Town(Story):
    """Both services; the directory speaks for itself."""

    async def directory(self, id: str, event: Event | None = None, **changed: Any) -> None:
        """A center is registered."""
        place = Place(country=COUNTRIES.get(id, "DE"), town=id.title())
        profile = Profile(name=f"Mother Center {id.title()}", languages=("de",))
        centers = self.network.runtimes["directory"].repository(Center)
        await centers.create(
            Command(new_id()), lambda id, now: Center.register(id, profile, place, LocationVisibility.TOWN, now), id
        )
        self._centers[id] = (1, self._first(id))
        await self.network.settle()

    async def published(self, center: str) -> str:
        """A practice of the center that everybody can read; its id."""
        text = {"title": "Kinder hüten Kinder", "summary": "Wie es geht.", "body": "So hat es angefangen."}
        body = {"center": center, "original": "de", "texts": {"de": text}, "topics": ["self-run-childcare"]}
        office = self.network.client("directory", "office")

        async def done(method: str, path: str, body: Any) -> Any:
            answer = await office.request(method, path, json=body, headers={"Idempotency-Key": new_id()})
            assert answer.is_success, answer.text
            return answer.json()

        id = str((await done("POST", "/practices", body))["id"])
        await done("PUT", f"/practices/{id}/consent", {"wording": 1, "language": "de"})
        await done("POST", f"/practices/{id}/publication", {})
        await self.network.settle()
        return id

    async def counted(self, practice: str) -> tuple[int, int]:
        """How many adopted and adapted it, as everybody reads in the library."""
        seen = (await self.network.client("directory").get(f"/practices/{practice}")).json()
        return seen["adopted"], seen["adapted"]


@pytest_asyncio.fixture
async def town() -> AsyncIterator[Town]:
    async with MemoryNetwork(DIRECTORY, EXCHANGE) as network:
        yield Town(network)


async def test_a_practice_that_praha_saw_in_muenchen_and_does_at_home_is_proven(town: Town) -> None:
    id = await town.commitment(CHILDCARE)
    kitchen, shop = await town.published("muenchen"), await town.published("muenchen")
    praha = town.center("praha")
    assert await town.counted(kitchen) == (0, 0)

    adopted = {"outcome": "adopted", "practice": kitchen, "on": "2026-09-17"}
    assert (await town.answers(praha, id, adopted)).status_code == 200
    assert await town.counted(kitchen) == (1, 0)
    [counted] = [
        each for each in town.network.events("directory.practice.v1", kitchen) if "AdoptionCounted" in each.type
    ]
    assert (counted.data["center"], counted.happened.date()) == ("praha", date(2026, 9, 17))

    assert (await town.answers(praha, id, adopted)).json()["events"] == []
    assert await town.counted(kitchen) == (1, 0)
    await town.answers(praha, id, {**adopted, "outcome": "adapted"})
    assert await town.counted(kitchen) == (0, 1)
    await town.answers(praha, id, {**adopted, "practice": shop})
    assert (await town.counted(kitchen), await town.counted(shop)) == ((0, 0), (1, 0))
    await town.answers(praha, id, {"outcome": "dropped", "reason": "no-people"})
    assert (await town.counted(kitchen), await town.counted(shop)) == ((0, 0), (0, 0))


async def test_two_things_brought_home_from_one_visit_are_one_center_at_the_practice(town: Town) -> None:
    await town.commitment(CHILDCARE, CHILDCARE)
    kitchen = await town.published("muenchen")
    ids = [each["id"] for each in (await town.office.get("/commitments")).json()["items"]]
    for id, outcome in zip(ids, ("adopted", "adapted"), strict=True):
        await town.answers(town.center("praha"), id, {"outcome": outcome, "practice": kitchen})
        await town.passes(minutes=1)
    assert await town.counted(kitchen) == (0, 1)
    await town.answers(town.center("praha"), ids[1], {"outcome": "dropped", "reason": "other"})
    assert await town.counted(kitchen) == (1, 0)


async def test_everything_told_again_changes_no_count(town: Town) -> None:
    id = await town.commitment(CHILDCARE)
    kitchen = await town.published("muenchen")
    for outcome in ("adopted", "adapted"):
        await town.answers(town.center("praha"), id, {"outcome": outcome, "practice": kitchen})
    await town.network.runtimes["exchange"].republish("exchange.commitment.v1")
    await town.network.settle()
    assert await town.counted(kitchen) == (0, 1)


async def test_a_practice_that_is_a_draft_or_was_never_written_cannot_be_named(town: Town) -> None:
    id = await town.commitment(CHILDCARE)
    answer = await town.answers(town.center("praha"), id, {"outcome": "adopted", "practice": "a dream"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:mine:problem:unknown-practice")


# ---- whatever the order

PRACTICES = ("kitchen", "shop")
GUESTS = ("praha", "praha", "praha", "brno")
"""Of the commitments, by number: three are of one center, whose words have to be weighed against each other."""
START = datetime(2027, 3, 1, 9, tzinfo=UTC)

ANSWERS = [*product(Adoption, (None, *PRACTICES)), (None, DropReason.OTHER)]
HISTORY = st.lists(st.tuples(st.integers(0, len(GUESTS) - 1), st.sampled_from(ANSWERS)), max_size=14)


def commitments() -> list[Commitment]:
    """Open ones, of two centers."""
    return [
        Commitment(
            id=f"c{number}",
            visit="v1",
            number=number + 1,
            guest=guest,
            guest_country="CZ",
            host="muenchen",
            host_country="DE",
            topic="self-run-childcare",
            languages=(),
            visited_on=date(2026, 9, 1),
            made_on=date(2026, 9, 20),
            due_at=datetime(2027, 3, 20, tzinfo=UTC),
        )
        for number, guest in enumerate(GUESTS)
    ]


def told(asked: list[Commitment], history: list[Any]) -> Iterator[Received[Any]]:
    """What the exchange tells of these answers, given a minute after each other."""
    versions = dict.fromkeys((each.id for each in asked), 1)
    for minute, (number, (how, what)) in enumerate(history):
        it, now = asked[number], START + timedelta(minutes=minute)
        if how is None:
            it.drop(what, now)
        else:
            it.adopt(how, KnownPractice(id=what, center="muenchen", published=True) if what else None, now)
        for event, happened in it.take_facts():
            versions[it.id] = sequence = versions[it.id] + 1
            record = Recorded(
                id=f"{it.id}#{sequence}",
                type=COMMITMENT.type_of(type(event)),
                topic=COMMITMENT.topic,
                key=it.id,
                sequence=sequence,
                happened=happened or now,
                recorded=now,
                data={},
                correlation="",
            )
            yield Received(record, event, it.snapshot())


def written() -> dict[str, Practice]:
    """The practices, of München."""
    wording = Wording(title="Küche", summary="Wie.", body="So.")
    content = Content(original="de", texts={"de": wording}, topics=("self-run-childcare",))
    return {id: Practice.document(id, "muenchen", PracticeKind.PRACTICE, content, START) for id in PRACTICES}


def deliver(event: Received[Any], practices: dict[str, Practice]) -> None:
    """What the directory does about it; the command is not remembered, so a repeat has to be harmless by itself."""
    for intent in asyncio.run(_reacted(event)):
        assert isinstance(intent, Change)
        practice = practices[intent.id]
        practice.take_facts()
        before = practice.model_dump()
        intent.decide(practice, START)
        assert practice.take_facts() or practice.model_dump() == before, "changed in silence"


async def _reacted(event: Received[Any]) -> Any:
    return await count_adoption_at_the_practice.react(event, cast(World, None))


@given(history=HISTORY, data=st.data())
def test_each_center_counts_once_at_each_practice_by_its_last_word_whatever_the_order(
    history: list[Any], data: st.DataObject
) -> None:
    asked, practices = commitments(), written()
    events = list(told(asked, history))
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    for event in data.draw(st.permutations([*events, *repeats])):
        deliver(event, practices)

    last_said = {event.key: event.record.recorded for event in events}
    for id, practice in practices.items():
        saying = [each for each in asked if each.practice == id and each.status in TAKEN_OVER]
        expected: dict[str, str] = {}
        for each in sorted(saying, key=lambda each: last_said[each.id]):
            expected[each.guest] = each.status.value
        assert practice.counted() == expected
        snapshot = practice.snapshot()
        assert snapshot.adopted + snapshot.adapted == len(expected)


@pytest.mark.parametrize("late", [0, 1])
def test_an_answer_that_was_a_dead_letter_comes_after_its_correction_and_does_no_harm(late: int) -> None:
    asked, practices = commitments(), written()
    history = [(0, (Adoption.ADOPTED, "kitchen")), (0, (Adoption.ADOPTED, "shop")), (0, (None, DropReason.OTHER))]
    events = list(told(asked, history))
    for event in [*events[:late], *events[late + 1 :], events[late]]:
        deliver(event, practices)
    assert [practice.counted() for practice in practices.values()] == [{}, {}]
