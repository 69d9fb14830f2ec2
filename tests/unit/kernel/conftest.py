"""The toys of the kernel tests on the memory engines."""

from collections.abc import AsyncIterator

import pytest

from shared.clock import ManualClock
from shared.commands import Command
from shared.messaging.memory import MemoryLog, MemorySubscription
from shared.service import Runtime
from shared.settings import Settings
from shared.store.memory import MemoryStore
from tests.simulation.world import START
from tests.toys import LEFT, RIGHT, Account, Tally, toy_catalogue


class Toys:
    """``left`` and ``right`` in one process."""

    def __init__(self) -> None:
        self.log = MemoryLog(partitions=2)
        self.clock = ManualClock(START)
        self.left = Runtime(LEFT, Settings(max_pending_events=10), MemoryStore(), self.log, self.clock)
        self.right = Runtime(RIGHT, Settings(), MemoryStore(), self.log, self.clock)
        self.subscriptions = [
            MemorySubscription(self.log, each.consumer.topics, each.consumer.handle) for each in (self.left, self.right)
        ]

    @property
    def accounts(self):
        return self.left.repository(Account)

    @property
    def tallies(self):
        return self.right.repository(Tally)

    async def open(self, id: str, holder: str = "h1"):
        return await self.accounts.create(Command(f"open-{id}"), lambda own, now: Account.open(own, holder), id=id)

    async def deposit(self, id: str, amount: int, key: str, **command):
        return await self.accounts.change(id, Command(key, **command), lambda each, now: each.deposit(amount))

    async def settle(self) -> None:
        moved = 1
        while moved:
            moved = 0
            for runtime, subscription in zip((self.left, self.right), self.subscriptions, strict=True):
                await runtime.relay.drain()
                moved += await subscription.pump()
                await runtime.relay.drain()

    async def total(self, holder: str = "h1") -> int:
        return (await self.tallies.get(holder)).aggregate.total


@pytest.fixture
async def toys() -> AsyncIterator[Toys]:
    with toy_catalogue():
        toys = Toys()
        for runtime in (toys.left, toys.right):
            await runtime.prepare()
            runtime.relay.start()
        yield toys
        for runtime in (toys.left, toys.right):
            await runtime.relay.stop(grace_s=0.1)
