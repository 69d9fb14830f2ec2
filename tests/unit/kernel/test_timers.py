"""Deadlines ring once, whoever looks, and one that fails does not hold up the others."""

import asyncio
from datetime import timedelta

import pytest

from shared.commands import Command
from shared.timers import Timers
from tests.toys import Account


async def remind(toys, *ids: str) -> None:
    for id in ids:
        await toys.open(id)
        await toys.accounts.change(id, Command(f"remind-{id}"), lambda each, now: each.remind(now))


@pytest.mark.parametrize("replicas", [1, 3])
async def test_deadlines_ring_once_whoever_asks(toys, replicas):
    await remind(toys, "a")
    timers = [Timers([toys.accounts], toys.clock) for _ in range(replicas)]
    assert await timers[0].ring() == 0
    toys.clock.move(timedelta(days=2))
    rung = await asyncio.gather(*(each.ring() for each in timers))
    assert sum(rung) >= 1
    assert (await toys.accounts.get("a")).version == 3, "one event, however many looked"
    assert await timers[0].ring() == 0


async def test_one_that_fails_does_not_hold_up_the_others_and_is_counted(toys, monkeypatch):
    await remind(toys, "a", "b")
    toys.clock.move(timedelta(days=2))
    ring = Account.ring

    def fails_on_a(self, now):
        if self.id == "a":
            raise RuntimeError("stuck")
        ring(self, now)

    monkeypatch.setattr(Account, "ring", fails_on_a)
    timers = Timers([toys.accounts], toys.clock)
    assert await timers.ring() == 1
    assert timers.failing == 1
    assert (await toys.accounts.get("b")).version == 3
    monkeypatch.setattr(Account, "ring", ring)
    assert await timers.ring() == 0, "it waits for its next turn"
    timers._failing["a"] = (1, 0.0)
    assert await timers.ring() == 1
    assert timers.failing == 0


async def test_a_deadline_left_in_the_past_is_a_bug_not_a_loop(toys, monkeypatch):
    await remind(toys, "a")
    toys.clock.move(timedelta(days=2))
    monkeypatch.setattr(Account, "ring", lambda self, now: None)
    timers = Timers([toys.accounts], toys.clock)
    assert await timers.ring() == 0
    assert timers.failing == 1
