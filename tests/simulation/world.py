"""A world of two services that can be stopped at any await and started again, and what must be true afterwards."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from shared.clock import ManualClock
from shared.commands import Command
from shared.messaging import wire
from shared.messaging.memory import MemoryLog, MemorySubscription
from shared.service import Runtime, Service
from shared.settings import Settings
from shared.store.memory import MemoryStore
from tests.toys import LEFT, RIGHT, Account, Tally

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
Step = Callable[["World"], Awaitable[None]]


class Stopped(BaseException):
    """The process is no more; not even its ``except Exception`` runs."""


class Switch:
    """Counts the awaits on the engines; at number ``stop_at`` the world stops, once."""

    def __init__(self) -> None:
        self.passed = 0
        self.stop_at: int | None = None
        self.stopped = asyncio.Event()

    async def __call__(self, point: str) -> None:
        if self.stopped.is_set():
            raise Stopped
        self.passed += 1
        if self.passed == self.stop_at:
            self.stopped.set()
            raise Stopped
        await asyncio.sleep(0)

    def mend(self) -> None:
        self.stop_at = None
        self.stopped = asyncio.Event()


class World:
    """``left`` and ``right`` on stores and a log that outlive them. What was acknowledged is remembered."""

    def __init__(self) -> None:
        self.switch = Switch()
        self.stores = {"left": MemoryStore(self.switch), "right": MemoryStore(self.switch)}
        self.log = MemoryLog(partitions=2, before=self.switch)
        self.committed: dict[str, dict[tuple[str, int], int]] = {name: defaultdict(int) for name in self.stores}
        self.runtimes: dict[str, Runtime] = {}
        self.subscriptions: dict[str, MemorySubscription] = {}
        self.acknowledged: dict[str, int] = {}

    async def start(self) -> None:
        """New processes on the old stores."""
        for service in (LEFT, RIGHT):
            await self._start(service)

    async def _start(self, service: Service) -> None:
        runtime = Runtime(service, Settings(), self.stores[service.name], self.log, ManualClock(START))
        await runtime.prepare()
        runtime.relay.start()
        subscription = MemorySubscription(self.log, runtime.consumer.topics, runtime.consumer.handle)
        subscription.committed = self.committed[service.name]
        self.runtimes[service.name] = runtime
        self.subscriptions[service.name] = subscription

    async def end(self) -> None:
        for runtime in self.runtimes.values():
            for task in runtime.relay._tasks:
                task.cancel()
            await asyncio.gather(*runtime.relay._tasks, return_exceptions=True)
        self.runtimes.clear()

    async def run(self, step: Step) -> bool:
        """Runs ``step``; False when the world stopped in the middle of it. Then everything in memory is gone."""
        work = asyncio.create_task(self._started(step))
        stopped = asyncio.create_task(self.switch.stopped.wait())
        await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
        finished = work.done() and not self.switch.stopped.is_set()
        for task in (work, stopped):
            task.cancel()
        results = await asyncio.gather(work, stopped, return_exceptions=True)
        await self.end()
        if finished and isinstance(results[0], BaseException):
            raise results[0]
        self.switch.mend()
        return finished

    async def _started(self, step: Step) -> None:
        await self.start()
        await step(self)

    async def open(self, account: str, holder: str) -> None:
        accounts = self.runtimes["left"].repository(Account)
        await accounts.create(Command(f"open-{account}"), lambda id, now: Account.open(id, holder), id=account)

    async def deposit(self, account: str, amount: int, key: str) -> None:
        """Remembers the deposit as accepted once its receipt is there; a repeat has the same key."""
        accounts = self.runtimes["left"].repository(Account)
        await accounts.change(account, Command(key), lambda each, now: each.deposit(amount))
        self.acknowledged[key] = amount

    async def settle(self) -> None:
        """Publishes and delivers until all is quiet."""
        quiet = 0
        while quiet < 2:
            moved = 0
            for name, runtime in self.runtimes.items():
                moved += await runtime.recover_now()
                await runtime.relay.drain()
                moved += await self.subscriptions[name].pump(most=7)
            quiet = 0 if moved else quiet + 1

    async def check(self) -> None:
        """Every acknowledged deposit counts once, in order, everywhere; nothing is left over."""
        accounts = await self.runtimes["left"].repository(Account).find({})
        tallies = await self.runtimes["right"].repository(Tally).find({})
        accepted = sum(self.acknowledged.values())
        assert sum(each.aggregate.total for each in accounts) == accepted, "accounts hold what was accepted"
        assert sum(each.aggregate.total for each in tallies) == accepted, "every accepted command has one effect"
        assert sum(each.aggregate.count for each in tallies) == len(self.acknowledged), "and only one"
        mirror = await self.stores["right"].collection("accounts").find({})
        assert {each["_id"]: each["total"] for each in mirror} == {
            each.aggregate.id: each.aggregate.total for each in accounts
        }, "the mirror equals its source"
        self.check_order()
        for runtime in self.runtimes.values():
            for stream in runtime.streams:
                left = await runtime.store.collection(stream.aggregate).find({"outbox.sequence": {"$gte": 1}})
                assert not left, "outboxes are empty"
            assert not await runtime.store.collection("dead-letters").count({}), "no dead letters"
            assert not await runtime.store.collection("gaps").find({}), "no gaps"

    def check_order(self) -> None:
        """A consumer may see an event twice, never n+2 before n+1."""
        seen: dict[tuple[str, str], int] = defaultdict(int)
        for partitions in self.log.topics.values():
            for partition in partitions:
                for record in partition:
                    if record.topic.endswith(".v1"):
                        event = wire.decode(record.topic, record.key, record.value, record.headers)
                        place = (event.topic, event.key)
                        assert event.sequence <= seen[place] + 1, f"{place} jumps to {event.sequence}"
                        seen[place] = max(seen[place], event.sequence)


async def story(world: World) -> None:
    """Two accounts of one holder and one of another, paid into at the same time, delivered in between."""
    await world.open("a", "h1")
    await world.open("b", "h1")
    await world.open("c", "h2")
    await asyncio.gather(*(world.deposit("abc"[n % 3], n + 1, f"first-{n}") for n in range(6)))
    await world.settle()
    await asyncio.gather(*(world.deposit("abc"[n % 3], n + 1, f"second-{n}") for n in range(6)))
    await world.deposit("a", 100, "first-100")
    await world.settle()


def keep_repeating(step: Step) -> Callable[[World], Awaitable[Any]]:
    """A client that repeats its commands until they are acknowledged, over restarts of everything."""

    async def repeat(world: World) -> None:
        while not await world.run(step):
            pass

    return repeat
