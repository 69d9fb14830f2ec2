"""Services are killed by SIGKILL, again and again, while a crowd sends commands: nothing is lost, nothing is double."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from deploy.engines import SERVICES
from deploy.network import Network
from tests.journeys import proof
from tests.journeys.crowd import Notebook, Person
from tests.journeys.story import Story

KILLS = 52
"""The least is 50."""
PEOPLE = 12
HOUSES_EACH = 1
WORK_BETWEEN = 10
_SERVES_AGAIN_WITHIN_S = 120.0


@pytest.fixture
def databases(network: Network) -> Iterator[proof.Databases]:
    """The services' databases, to look at from outside."""
    with MongoClient[dict[str, Any]](network.address("mongo")) as client:
        yield client


def _campaign(story: Story) -> str:
    """The id of a campaign that collects rounds."""
    office = story.office("campaign")
    plan = {
        "title": {"en": "What families need"},
        "question": {"en": "What do families need where you live?"},
        "questionnaires": ["good-child-raising"],
        "phases": [{"key": "collect", "title": {"en": "Talking in rooms"}, "collects": True}],
        "opens": str(story.day(-60)),
    }
    drafted = story.done(story.say(office, "POST", "/campaigns", plan), 201)
    story.done(story.say(office, "POST", f"/campaigns/{drafted['id']}/launch"))
    return str(drafted["id"])


async def _kill_one_after_the_other(network: Network, notebook: Notebook) -> Counter[str]:
    """Kills and starts again, without waiting for the one killed before: every fifth time one that has just started,
    else one that has accepted ``WORK_BETWEEN`` commands since. Returns how often each was killed."""
    chance, killed, restarts = random.Random(KILLS), Counter[str](), []
    accepted_at_start = dict.fromkeys(SERVICES, 0)
    while killed.total() < KILLS:
        victim = SERVICES[killed.total() % len(SERVICES)]
        if killed.total() % 5:
            async with asyncio.timeout(_SERVES_AGAIN_WITHIN_S):
                while notebook.accepted[victim] < accepted_at_start[victim] + WORK_BETWEEN:
                    await asyncio.sleep(0.05)
                await asyncio.to_thread(network.wait_ready, victim)
            await asyncio.sleep(chance.uniform(0, 0.3))
        if not network.state(victim).running:
            await asyncio.sleep(0.05)
            continue
        await asyncio.to_thread(network.kill, victim)
        killed[victim] += 1
        accepted_at_start[victim] = notebook.accepted[victim]
        restarts.append(asyncio.create_task(asyncio.to_thread(network.restart, victim, wait=False)))
    await asyncio.gather(*restarts)
    return killed


async def _live_through_it(story: Story, people: list[Person], notebook: Notebook) -> Counter[str]:
    """The crowd goes about its business while services are killed, and until all of them serve again."""
    for person in people:
        await person.register()
        for _ in range(HOUSES_EACH):
            await person.offer_hosting()
    houses = [house for person in people for house in person.hosts]
    for person in people:
        person.hosts = houses
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as crowd:
        for person in people:
            crowd.create_task(person.live(enough))
        killed = await _kill_one_after_the_other(story.network, notebook)
        await asyncio.to_thread(story.network.start, *SERVICES)
        enough.set()
    return killed


@pytest.mark.timeout(900)
async def test_services_killed_at_work_lose_nothing_and_do_nothing_twice(
    story: Story, network: Network, databases: proof.Databases
):
    campaign, token, notebook = _campaign(story), network.token("office"), Notebook()
    addresses = {service: network.address(service) for service in SERVICES}
    people = [
        Person(f"{story.mark}-{number}", addresses, token, story.day(0), campaign, notebook) for number in range(PEOPLE)
    ]
    letters_before = proof.dead_letters(databases)

    killed = await _live_through_it(story, people, notebook)
    assert killed.total() >= 50
    assert min(killed[service] for service in SERVICES) >= KILLS // len(SERVICES) - 1, "each was killed its share"
    assert notebook.accepted.total() > 10 * KILLS
    assert notebook.repeated, "nobody noticed that services were killed"
    assert all(notebook.accepted[service] for service in SERVICES)

    proof.until_quiet(network, databases)
    records = proof.read_events(network)
    assert len(records) >= notebook.accepted.total()
    print(
        f"{killed.total()} kills, {notebook.accepted.total()} commands accepted, {notebook.repeated} repeated, "
        f"{notebook.replayed} answered from memory, {len(records)} records"
    )
    proof.versions_are_contiguous(records)
    proof.every_accepted_command_has_exactly_one_effect(notebook, records)
    proof.no_reaction_happened_twice(records)
    proof.every_opening_proposed_one_piece_of_news(records)
    proof.every_question_for_a_place_was_answered_once(records)
    proof.calendars_hold_what_visits_were_promised(records, people[0].hosts)
    proof.journals_and_documents_agree_with_the_topics(databases, records)
    proof.mirrors_equal_a_rebuild_from_zero(databases, records)
    proof.nothing_is_left_over(databases, letters_before)
