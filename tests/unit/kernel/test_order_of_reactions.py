"""What one policy wants done about one event is done in order: a receipt is never there before what it tells of."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from shared.addresses import found_in
from shared.aggregate import Aggregate, WrongState
from shared.clock import ManualClock
from shared.commands import AddressInPublic, Command, Repository
from shared.events import Event, Received, Snapshot, Stream, catalogue
from shared.messaging.memory import MemoryLog, MemorySubscription
from shared.reactions import Change, Create, Intent, policy
from shared.service import Runtime, Service
from shared.settings import Settings
from shared.store.memory import MemoryStore
from shared.store.port import StoreUnavailable
from shared.world import World
from tests.simulation.world import START
from tests.toys import ACCOUNT, LEFT, Account, AccountOpened, Tally, toy_catalogue


class SlipSnapshot(Snapshot):
    says: str


class SlipWritten(Event):
    """A slip was written."""


SLIP = Stream("right", "slip", "Slips", SlipSnapshot(says="done"), (SlipWritten(),), partitions=2)


class Slip(Aggregate):
    """Says that something was done."""

    stream = SLIP

    says: str

    @classmethod
    def write(cls, id: str, says: str) -> "Slip":
        slip = cls(id=id, says=says)
        slip.record(SlipWritten())
        return slip

    def snapshot(self) -> SlipSnapshot:
        return SlipSnapshot(says=self.says)


def slip(id: str, says: str = "done") -> Create[Slip]:
    return Create(Slip, lambda own, now: Slip.write(own, says), id)


def tally(id: str, then: Callable[[Tally], object] = lambda it: it.add(1)) -> Change[Tally]:
    def decide(it: Tally, now: datetime) -> None:
        then(it)

    return Change(Tally, id, decide, lambda own: Tally.start(own, START))


class Desk:
    """``left`` opens accounts; ``right`` reacts as a test says."""

    def __init__(self) -> None:
        self.wants: Callable[[str], Sequence[Intent]] = lambda key: []
        self.also: Callable[[str], Sequence[Intent]] = lambda key: []
        self.log, clock = MemoryLog(partitions=2), ManualClock(START)

        @policy(AccountOpened, stream=ACCOUNT)
        async def first(event: Received[AccountOpened], world: World) -> Sequence[Intent]:
            return self.wants(event.key)

        @policy(AccountOpened, stream=ACCOUNT)
        async def second(event: Received[AccountOpened], world: World) -> Sequence[Intent]:
            return self.also(event.key)

        service = Service("right", aggregates=(Tally, Slip), routers=(), policies=(first, second))
        self.left = Runtime(LEFT, Settings(), MemoryStore(), self.log, clock)
        self.right = Runtime(service, Settings(), MemoryStore(), self.log, clock)
        self._subscription = MemorySubscription(self.log, self.right.consumer.topics, self.right.consumer.handle)

    async def opened(self, *accounts: str) -> None:
        """Accounts are opened, and reacted to in one batch."""
        repository = self.left.repository(Account)
        for id in accounts:
            await repository.create(Command(f"open-{id}"), lambda own, now: Account.open(own, "h1"), id)
        await self.left.relay.drain()
        await self._subscription.pump()

    async def slips(self) -> set[str]:
        return {each.aggregate.id for each in await self.right.repository(Slip).find({})}


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    with toy_catalogue():
        desk = Desk()
        for runtime in (desk.left, desk.right):
            await runtime.prepare()
            runtime.relay.start()
        yield desk
        for runtime in (desk.left, desk.right):
            await runtime.relay.stop(grace_s=0.1)


async def test_what_follows_a_failing_step_waits_for_the_retry(desk: Desk) -> None:
    seen: list[set[str]] = []
    failures = [RuntimeError("once"), RuntimeError("twice")]

    def wants(key: str) -> Sequence[Intent]:
        def shaky(it: Tally) -> None:
            if failures:
                raise failures.pop()
            it.add(1)

        return [tally(key, shaky), slip(key)]

    desk.wants = wants
    execute = Repository.execute

    async def watched(self: Repository[Any], attempts: Any) -> Any:
        seen.append(await desk.slips())
        return await execute(self, attempts)

    desk.right.repository(Tally).execute = watched.__get__(desk.right.repository(Tally))  # type: ignore[method-assign]
    await desk.opened("a")
    assert seen == [set()] * 3, "three tries, and no slip before the one that worked"
    assert await desk.slips() == {"a"}
    assert not await desk.right.dead_letters()


async def test_what_never_works_leaves_no_slip(desk: Desk) -> None:
    def broken(it: Tally) -> None:
        raise RuntimeError("never")

    desk.wants = lambda key: [tally(key, broken), slip(key)]
    await desk.opened("a")
    assert await desk.slips() == set()
    assert len(await desk.right.dead_letters()) == 1


async def test_the_order_of_one_event_holds_whatever_others_of_its_batch_begin_with(desk: Desk) -> None:
    """Commands of a batch are carried out by type; that must not pull one event's slip before its tally."""

    def broken(it: Tally) -> None:
        raise RuntimeError("never")

    def wants(key: str) -> Sequence[Intent]:
        return [slip(key)] if key == "a" else [tally(key, broken), slip(key)]

    desk.wants = wants
    await desk.opened("a", "b", "c")
    assert await desk.slips() == {"a"}


async def test_what_fails_for_one_policy_does_not_hold_up_another(desk: Desk) -> None:
    def broken(it: Tally) -> None:
        raise RuntimeError("never")

    desk.wants = lambda key: [tally(key, broken), slip(key)]
    desk.also = lambda key: [tally(f"other-{key}"), slip(f"other-{key}")]
    await desk.opened("a")
    assert await desk.slips() == {"other-a"}


async def test_a_store_that_is_away_between_two_steps_loses_neither(desk: Desk) -> None:
    away = [StoreUnavailable("gone"), StoreUnavailable("still gone")]
    slips = desk.right.repository(Slip)
    execute = slips.execute

    async def shaky(attempts: Any) -> Any:
        if away:
            raise away.pop()
        return await execute(attempts)

    slips.execute = shaky  # type: ignore[method-assign]
    desk.wants = lambda key: [tally(key), slip(key)]
    await desk.opened("a")
    assert (await desk.right.repository(Tally).get("a")).aggregate.count == 1
    assert await desk.slips() == {"a"}


async def test_a_step_that_is_refused_holds_up_nothing(desk: Desk) -> None:
    def refused(it: Tally) -> None:
        raise WrongState("the world has moved on")

    desk.wants = lambda key: [tally(key, refused), slip(key)]
    await desk.opened("a")
    assert await desk.slips() == {"a"}


async def test_a_reaction_that_would_publish_an_address_is_set_aside(desk: Desk) -> None:
    desk.wants = lambda key: [slip(key, "ask jana@example.org"), tally(key)]
    await desk.opened("a")
    assert await desk.slips() == set()
    [letter] = await desk.right.dead_letters()
    assert letter["reason"].startswith("AddressInPublic")
    assert not await desk.right.repository(Tally).find({})


async def test_no_event_carries_an_address(desk: Desk) -> None:
    repository = desk.left.repository(Account)
    with pytest.raises(AddressInPublic):
        await repository.create(Command("1"), lambda own, now: Account.open(own, "eva@example.org"))
    await repository.create(Command("2"), lambda own, now: Account.open(own, "Café @ Praha, 3 @ 5"))
    assert len(await repository.find({})) == 1
    assert catalogue.stream_of(ACCOUNT.topic) is ACCOUNT
    assert found_in("eva@example.org")
