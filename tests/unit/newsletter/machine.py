"""A machine on which senders live and die: its store, its disk and the mail server outlive them.

`Machine` stops a sender at any chosen moment (each store operation, each read and write on a mail connection, each
note in the journal, before and after) as a SIGKILL would: whatever the sender's ``finally`` blocks try, nothing of it
happens. `verdict` then says what became of every reader.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

from services.newsletter.domain.delivery import Delivery
from services.newsletter.domain.issue import Issue, IssueText
from services.newsletter.domain.subscription import Consent, Subscription
from services.newsletter.keyed import Keyed
from services.newsletter.sending.batches import Batches
from services.newsletter.sending.journal import Journal
from services.newsletter.sending.loops import sender_of
from services.newsletter.sending.sender import Sender
from services.newsletter.service import SERVICE
from services.newsletter.settings import NewsletterSettings
from services.newsletter.views.progress import Progress, progress_of
from shared.clock import ManualClock
from shared.commands import Command
from shared.events.newsletter import WhenUncertain
from shared.ids import new_id
from shared.messaging.memory import MemoryLog
from shared.service import Runtime
from shared.store.memory import MemoryStore
from shared.store.port import Store
from tests.unit.newsletter.sink import Sink

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SECRET = "a secret for tests only, long enough to be taken"


class Killed(BaseException):
    """The process is no more; not even its ``except Exception`` runs."""


class Switch:
    """Counts the moments of a process; at number ``at`` it dies, and with it everything it still tries to do."""

    def __init__(self) -> None:
        self.passed = 0
        self.at: int | None = None
        self.dead = asyncio.Event()
        self.point = ""

    def moment(self, point: str) -> None:
        """A moment in synchronous code."""
        if self.dead.is_set():
            raise Killed
        self.passed += 1
        if self.passed == self.at:
            self.point = point
            self.dead.set()
            raise Killed

    async def __call__(self, point: str) -> None:
        """A moment at an await."""
        self.moment(point)
        await asyncio.sleep(0)


@dataclass
class Machine:
    """The surroundings of a sender."""

    home: Path
    sink: Sink
    switch: Switch = field(default_factory=Switch)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    changes: dict[str, Any] = field(default_factory=dict)
    store: Store | None = None
    journals: list[Journal] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.store is None:
            self.store = MemoryStore(self.switch)

    @cached_property
    def observer(self) -> Runtime:
        """A process that only looks, and prepares what is needed."""
        return self.runtime()

    def settings(self) -> NewsletterSettings:
        """Small batches and windows, so that few readers meet every case."""
        values: dict[str, Any] = {
            "secret": SECRET,
            "home": self.home,
            "smtp_port": self.sink.port,
            "smtp_timeout_s": 5.0,
            "connections": 2,
            "batch_size": 5,
            "window": 3,
            **self.changes,
        }
        return _settings(tuple(values.items()))

    def runtime(self) -> Runtime:
        """A new process of the service, on the old store."""
        assert self.store is not None
        return Runtime(SERVICE, self.settings(), self.store, MemoryLog(), self.clock)

    def sender(self) -> Sender:
        """The sender of a new process."""
        return sender_of(self.runtime().world)

    # ---- what there is to send

    async def subscribe(self, number: int, languages: tuple[str, ...] = ("en",)) -> list[str]:
        """So many confirmed readers, ``reader0@example.org`` and so on; their ids."""
        subscriptions = self.observer.repository(Subscription)
        keyed = Keyed(SECRET)
        ids = []
        for index in range(number):
            address, language = f"reader{index}@example.org", languages[index % len(languages)]
            id = keyed.subscription_id("newsletter", address)

            def build(id: str, now: datetime, address: str = address, language: str = language) -> Subscription:
                subscription = Subscription.request(id, "newsletter", address, language, now)
                consent = Consent(wording="2026-1", language="en", text="yes", list="newsletter", at=now)
                subscription.confirm(1, consent)
                return subscription

            await subscriptions.create(Command(new_id()), build, id)
            ids.append(id)
        return ids

    async def start_issue(
        self, when_uncertain: WhenUncertain = WhenUncertain.NEVER_TWICE, languages: tuple[str, ...] = ("en",)
    ) -> str:
        """An issue whose sending has begun; its id."""

        def build(id: str, now: datetime) -> Issue:
            text = IssueText(title="Spring", introduction=".A first paragraph.\n\nA second one.")
            issue = Issue.draft(id, "p1", "newsletter", languages[0], text, when_uncertain=when_uncertain)
            for language in languages[1:]:
                words = IssueText(title=f"Spring ({language})", introduction=f"In {language}.")
                issue.translate("p1", language, words, {})
            issue.approve("p2")
            issue.send()
            return issue

        return (await self.observer.repository(Issue).create(Command(new_id()), build)).id

    # ---- life and death

    async def run(self, sender: Sender, rounds: int = 1000) -> None:
        """Lets a sender work until there is nothing to do."""
        for _ in range(rounds):
            if not await sender.run_once() and sender.trouble is None:
                return
        raise AssertionError("it never came to an end")

    async def run_to_the_end(self) -> None:
        """A sender that nobody disturbs finishes the work."""
        sender = self.sender()
        try:
            await self.run(sender)
        finally:
            await sender.close()

    async def run_until_killed(self, at: int) -> bool:
        """Lets a new process work and kills it at its moment number ``at``; False if it had finished before."""
        self.switch.passed, self.switch.at = 0, at
        with self._watched() as writers:
            work = asyncio.create_task(self.run_to_the_end())
            death = asyncio.create_task(self.switch.dead.wait())
            before = asyncio.all_tasks()
            await asyncio.wait({work, death}, return_when=asyncio.FIRST_COMPLETED)
            killed = self.switch.dead.is_set()
            mine = [task for task in asyncio.all_tasks() - before | {work, death} if "_serve" not in repr(task)]
            for writer in writers:
                writer.transport.abort()
            for task in mine:
                task.cancel()
            results = await asyncio.gather(*mine, return_exceptions=True)
            if not killed:
                for result in results:
                    if isinstance(result, Exception):
                        raise result
        for journal in self.journals:
            if not journal._map.closed:
                journal.close()
        self.journals.clear()
        self.switch.at, self.switch.dead = None, asyncio.Event()
        return killed

    @contextmanager
    def _watched(self) -> Iterator[list[asyncio.StreamWriter]]:
        """Every read, write and note passes the switch."""
        writers: list[asyncio.StreamWriter] = []
        connect = asyncio.open_connection

        async def watched_connect(*arguments: Any, **options: Any) -> tuple[Any, Any]:
            await self.switch("connect")
            reader, writer = await connect(*arguments, **options)
            writers.append(writer)
            return _Watched(reader, self.switch, "readuntil"), _Watched(writer, self.switch, "write")

        with (
            patch.object(asyncio, "open_connection", watched_connect),
            patch.object(Journal, "begin", _noted(Journal.begin, self.switch)),
            patch.object(Journal, "mark", _noted(Journal.mark, self.switch)),
            patch.object(Journal, "clear", _noted(Journal.clear, self.switch)),
            patch.object(Journal, "__init__", _remembered(Journal.__init__, self.journals)),
        ):
            yield writers

    # ---- what became of it

    async def delivery(self, issue: str) -> Delivery:
        """The delivery of an issue."""
        found: Delivery = (await self.observer.repository(Delivery).get(issue)).aggregate
        return found

    async def progress(self, issue: str) -> Progress:
        """What the API would say."""
        world = self.observer.world
        found = (await world.repository(Issue).get(issue)).aggregate
        return await progress_of(found, await self.delivery(issue), Batches(world.store))


async def verdict(machine: Machine, issue: str, readers: int, most_doubts: int) -> list[str]:
    """What is wrong with a finished delivery; empty when every promise was kept."""
    wrong: list[str] = []
    delivery, progress = await machine.delivery(issue), await machine.progress(issue)
    keyed = Keyed(SECRET)
    doubts = {doubt.subscription: doubt for doubt in progress.doubts}
    if not delivery.finished or delivery.totals != progress.totals:
        wrong.append(f"not finished, or counted wrongly: {delivery.totals} against {progress.totals}")
    decided = delivery.totals
    if decided.accepted + decided.bounced + decided.ambiguous + decided.skipped != readers:
        wrong.append(f"{decided} does not add up to {readers}")
    if sum(doubt.times for doubt in progress.doubts) > most_doubts:
        wrong.append(f"{len(doubts)} in doubt")
    received = machine.sink.received()
    for index in range(readers):
        address = f"reader{index}@example.org"
        doubt = doubts.get(keyed.subscription_id("newsletter", address))
        again = doubt.times if doubt is not None and doubt.sent_again else 0
        if received[address] > 1 + again:
            wrong.append(f"{address} got it {received[address]} times")
        if received[address] == 0 and (doubt is None or again):
            wrong.append(f"{address} was forgotten")
        if len({mail.message_id for mail in machine.sink.to(address)}) > 1:
            wrong.append(f"{address} got it under two ids")
    return wrong


@cache
def _settings(values: tuple[tuple[str, Any], ...]) -> NewsletterSettings:
    return NewsletterSettings(**dict(values))


class _Watched:
    """A stream whose one method passes the switch, before and after."""

    def __init__(self, stream: Any, switch: Switch, method: str) -> None:
        self._stream, self._switch, self._method = stream, switch, method

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def readuntil(self, end: bytes) -> bytes:
        await self._switch("before a read")
        data: bytes = await self._stream.readuntil(end)
        self._switch.moment("after a read")
        return data

    def write(self, data: bytes) -> None:
        self._switch.moment("before a write")
        self._stream.write(data)
        self._switch.moment("after a write")


def _noted(method: Callable[..., None], switch: Switch) -> Callable[..., None]:
    def watched(journal: Journal, *arguments: Any) -> None:
        switch.moment(f"before {method.__name__}")
        method(journal, *arguments)
        switch.moment(f"after {method.__name__}")

    return watched


def _remembered(init: Callable[..., None], journals: list[Journal]) -> Callable[..., None]:
    def watched(journal: Journal, *arguments: Any) -> None:
        init(journal, *arguments)
        journals.append(journal)

    return watched
