"""A service is killed at every await while it forgets somebody, and started again: there is a receipt, and it is true.

Stopped at any moment: where there is a receipt there is no trace.
"""

import asyncio
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.newsletter.domain.erasure import Erasure
from services.newsletter.service import SERVICE
from services.newsletter.settings import NewsletterSettings
from shared.clock import ManualClock
from shared.erasure.answer import Answer
from shared.erasure.person import Persons
from shared.events.base import Recorded
from shared.events.catalogue import data_of
from shared.events.erasure import DIRECTORY_ERASURE, NEWSLETTER_ERASURE, ErasureRequested, Removal
from shared.events.newsletter import SubscriptionStatus
from shared.messaging import wire
from shared.messaging.consumer import Consumer
from shared.messaging.memory import MemoryLog, MemorySubscription
from shared.service import Runtime
from shared.store.memory import MemoryStore
from shared.testing.network import PERSON_KEY
from tests.simulation.world import Stopped, Switch
from tests.unit.erasure.town import EVA, JANA, NOW, SECRET, created, stored, subscription

LISTS = ("newsletter", "press", "alumnae")


class Newsletter:
    """The service on a store and a log that outlive its processes."""

    def __init__(self, home: Path) -> None:
        self.switch = Switch()
        self.store, self.log = MemoryStore(self.switch), MemoryLog(before=self.switch)
        self.committed: dict[tuple[str, int], int] = defaultdict(int)
        self._settings = NewsletterSettings(secret=SECRET, home=home, lists=LISTS)

    async def with_readers(self) -> None:
        """Jana reads three lists, Eva one; and Jana wants to be forgotten."""
        runtime = Runtime(SERVICE, self._settings, self.store, MemoryLog(), ManualClock(NOW))
        await runtime.prepare()
        for who, lists in ((JANA, LISTS), (EVA, LISTS[:1])):
            for made in (subscription(who, list) for list in lists):
                await created(runtime, made)
        await self.live()
        subject = Persons(PERSON_KEY).subject("erasure", JANA)
        event = ErasureRequested(subject=subject, asked=("newsletter",), answer_by=NOW, lawful_until=NOW.date())
        request = wire.encode(
            Recorded(
                id="request",
                type=DIRECTORY_ERASURE.type_of(ErasureRequested),
                topic=DIRECTORY_ERASURE.topic,
                key="erasure",
                sequence=1,
                happened=NOW,
                recorded=NOW,
                data=data_of(event, DIRECTORY_ERASURE.snapshot),
                correlation="c",
            )
        )
        await self.log.send(request.topic, request.key, request.value, request.headers)

    async def live(self, at: int | None = None) -> bool:
        """A process works until all is quiet, or is killed at its await number ``at``; False when it was killed."""
        self.switch.passed, self.switch.stop_at = 0, at
        work = asyncio.create_task(self._work())
        stopped = asyncio.create_task(self.switch.stopped.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        killed = self.switch.stopped.is_set()
        for task in (work, stopped):
            task.cancel()
        results = await asyncio.gather(work, stopped, return_exceptions=True)
        for task in self._relay_tasks:
            task.cancel()
        await asyncio.gather(*self._relay_tasks, return_exceptions=True)
        if not killed and isinstance(results[0], BaseException) and not isinstance(results[0], Stopped):
            raise results[0]
        self.switch.mend()
        return not killed

    async def _work(self) -> None:
        runtime = Runtime(SERVICE, self._settings, self.store, self.log, ManualClock(NOW))
        self._relay_tasks: list[asyncio.Task[None]] = []
        await runtime.prepare()
        runtime.relay.start()
        self._relay_tasks = list(runtime.relay._tasks)
        subscribed = MemorySubscription(self.log, runtime.consumer.topics, runtime.consumer.handle)
        subscribed.committed = self.committed
        moved = 1
        while moved:
            moved = await runtime.recover_now()
            await runtime.relay.drain()
            moved += await subscribed.pump()
            await runtime.relay.drain()

    # ---- what is there

    def trace(self) -> bool:
        """Whether Jana stands anywhere."""
        return any(JANA in text for _, text in stored("newsletter", self.store))

    def receipt(self) -> tuple[Removal, ...] | None:
        """What the service says it has removed; None before it says anything."""
        document = self.store.collection("erasure")._documents.get("erasure")
        found = Erasure.model_validate(document["state"]) if document else None
        return found.removed if found and found.answered else None

    def published(self) -> list[Recorded]:
        """The answers on the topic, each once."""
        records = [record for part in self.log.topics[NEWSLETTER_ERASURE.topic] for record in part]
        events = [wire.decode(each.topic, each.key, each.value, each.headers) for each in records]
        answers = {event.id: event for event in events if event.type.split(".")[3] == "PersonalDataErased"}
        return list(answers.values())


async def lived(home: Path, *deaths: int) -> tuple[Newsletter, bool]:
    """A service that was killed so often and lived on; and whether the last death came at all."""
    newsletter, killed = Newsletter(home), False
    await newsletter.with_readers()
    for at in deaths:
        killed = not await newsletter.live(at)
        if newsletter.receipt() is not None:
            assert not newsletter.trace(), f"killed at {deaths}: a receipt, and a trace"
    await newsletter.live()
    return newsletter, killed


def check(newsletter: Newsletter, deaths: tuple[int, ...]) -> None:
    assert not newsletter.trace(), deaths
    [event] = newsletter.published()
    assert event.data["removed"] == [{"kind": "subscription", "documents": 3}], deaths
    states = [document["state"] for document in newsletter.store.collection("subscription")._documents.values()]
    assert sorted(state["status"] for state in states) == [
        SubscriptionStatus.CONFIRMED, *[SubscriptionStatus.ERASED] * 3,
    ], deaths  # fmt: skip
    assert [state["address"] for state in states if state["address"]] == [EVA]
    assert not newsletter.store.collection("dead-letters")._documents


async def wrong_somewhere(home: Path) -> str | None:
    """What is wrong after some death, if anything; every await of the work is tried."""
    at, killed = 1, True
    while killed:
        try:
            newsletter, killed = await lived(home, at)
            check(newsletter, (at,))
        except AssertionError as wrong:
            return str(wrong)
        at += 1
    assert at > 50, "it passes the engines often"
    return None


async def test_killed_at_any_await_it_forgets_her_in_the_end_and_says_so_once(tmp_path: Path) -> None:
    assert await wrong_somewhere(tmp_path) is None


async def test_killed_again_while_it_recovers_it_does_too(tmp_path: Path) -> None:
    for at in range(23, 60, 4):
        for again in range(13, 50, 6):
            newsletter, _ = await lived(tmp_path, at, again)
            check(newsletter, (at, again))


# ---- the checks can fail


async def test_a_receipt_before_its_effect_and_without_a_second_look_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = Consumer._decide

    def forget(self: Answer, subject: str, removed: tuple[Removal, ...], now: datetime) -> None:
        self.removed = removed
        self.answer(now)

    async def backwards(self: Consumer, event: Any) -> list[Any]:
        return list(reversed(await decide(self, event)))

    monkeypatch.setattr(Consumer, "_decide", backwards)
    monkeypatch.setattr(Answer, "forget", forget)
    assert "a receipt, and a trace" in (await wrong_somewhere(tmp_path) or "")


async def test_a_receipt_that_counts_only_its_own_attempt_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.erasure.answering.command_id", lambda *target: "never")
    assert await wrong_somewhere(tmp_path)
