"""Somebody wants to be forgotten, and afterwards nobody finds her: not in a database, not on a topic, not in a log."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from deploy.engines import SERVICES
from shared.events.catalogue import topics
from tests.journeys import foreign
from tests.journeys.story import Story, code, eventually
from tests.journeys.test_newsletter import Post, _confirmed


@pytest.fixture
def post(story: Story) -> Post:
    """What arrived at the mail server."""
    return Post(story)


def _in_databases(story: Story, text: str) -> set[str]:
    """Collections with a document that holds ``text``."""
    client: MongoClient[dict[str, Any]] = MongoClient(story.network.address("mongo"))
    with client:
        return {
            f"{service}/{name}"
            for service in SERVICES
            for name in client[service].list_collection_names()
            for document in client[service][name].find({})
            if text in json.dumps(document, default=str, ensure_ascii=False).lower()
        }


def _on_topics(story: Story, text: str) -> set[str]:
    """Topics with a record that holds ``text``, dead letters among them."""
    seen = foreign.read(story.kafka, *(topic.name for topic in topics()))
    assert seen
    return {each.topic for each in seen if text in f"{each.key}{each.value!r}{each.headers}".lower()}


def _in_files(story: Story, text: str) -> set[str]:
    """Files that the services write, their logs among them. The catcher's mails are not theirs any more."""

    def written() -> Iterator[Path]:
        for place in ("logs", *SERVICES):
            yield from (file for file in (story.network.plan.home / place).rglob("*") if file.is_file())

    return {file.name for file in written() if text in file.read_bytes().decode(errors="replace").lower()}


def _offers_to_host(story: Story, house: str, route: str) -> None:
    """A house offers to host, and tells its guests the way."""
    arrival = {"address": "Hejnická 538", "route": route}
    offer = {"center": house, "topics": ["father-involvement"], "languages": ["cs"], "capacity": 4, "arrival": arrival}
    key = story.key()

    def offered() -> bool:
        answer = story.say(story.center("exchange", house), "POST", "/host-offers", offer, key=key)
        assert answer.status_code == 201 or code(answer) == "center-unknown", answer.text
        return answer.status_code == 201

    eventually(offered, "the exchange's knowledge of the new center")


def test_after_an_erasure_nobody_finds_her_anywhere(story: Story, post: Post) -> None:
    jana, eva = (_confirmed(story, post, name, "cs") for name in ("jana", "eva"))
    houses = {
        who: story.registered(f"Dům {number}", contact={"email": who}, descriptions={"cs": f"Pište na {who.upper()}."})
        for number, who in enumerate((jana, eva))
    }
    for who, house in houses.items():
        _offers_to_host(story, house, f"Napište předem: {who}")
    everywhere = {"directory/center", "exchange/host-offer", "newsletter/subscription"}
    assert _in_databases(story, jana) == _in_databases(story, eva) == everywhere, "she can be found"

    office = story.office("directory")
    asked = story.done(story.say(office, "POST", "/erasures", {"address": jana}), 201)

    def completed() -> dict[str, Any] | None:
        found: dict[str, Any] = office.get(f"/erasures/{asked['id']}").json()
        return found if found["status"] == "completed" else None

    receipts = {each["service"]: each["removed"] for each in eventually(completed, "all receipts")["receipts"]}
    assert {service: [each["kind"] for each in removed] for service, removed in receipts.items()} == {
        "directory": ["center"], "exchange": ["host-offer"], "newsletter": ["subscription"], "campaign": [],
    }  # fmt: skip
    assert _in_databases(story, jana) == set()
    assert _on_topics(story, jana) == set()
    assert _in_files(story, jana) == set()
    assert _in_databases(story, eva) == everywhere, "everybody else is still there"
    public = story.client("directory").get(f"/centers/{houses[jana]}").json()
    assert public["contact"] == {"email": None, "phone": None, "website": None}

    erased = [event for event in story.events("newsletter.subscription.v1") if event.kind == "SubscriptionErased"]
    assert len({event.key for event in erased}) == 1
    assert story.kinds("directory.erasure.v1", asked["id"])[-1] == "ErasureCompleted"
