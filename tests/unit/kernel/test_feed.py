"""A read model in memory has seen everything, whatever goes wrong between it and the log."""

import asyncio

import pytest

from shared.commands import Command
from shared.feed import Feed, NotFilled
from shared.messaging.log import Offsets, OffsetsGone
from shared.store.port import StoreUnavailable
from tests.toys import ACCOUNT, Account


class Totals:
    """What is in every account, as the service's own events and store tell it."""

    name = "totals"
    topics = (ACCOUNT.topic,)
    foreign: tuple[str, ...] = ()

    def __init__(self, accounts) -> None:
        self._accounts = accounts
        self.totals: dict[str, int] = {}
        self.filled = 0
        self.failing = 0
        self.kept: tuple[Offsets, dict[str, int]] | None = None

    async def fill(self) -> None:
        self.filled += 1
        self.totals = {loaded.aggregate.id: loaded.aggregate.total for loaded in await self._accounts.find({})}

    async def apply(self, events) -> None:
        if self.failing:
            self.failing -= 1
            raise StoreUnavailable("away")
        self.totals |= {event.key: event.data["snapshot"]["total"] for event in events}

    async def restore(self) -> Offsets | None:
        if self.kept is None:
            return None
        offsets, self.totals = self.kept
        return dict(offsets)

    async def keep(self, offsets: Offsets) -> None:
        self.kept = (dict(offsets), dict(self.totals))


@pytest.fixture
async def model(toys) -> Totals:
    return Totals(toys.accounts)


@pytest.fixture
async def feed(toys, model):
    feed = Feed(model, toys.log)
    yield feed
    await feed.stop()


async def test_what_happened_before_is_read_from_the_store_and_what_follows_from_the_topic(toys, model, feed):
    await toys.open("a")
    await toys.deposit("a", 3, "one")
    await toys.settle()
    feed.start()
    await feed.caught_up()
    assert (model.totals, model.filled) == ({"a": 3}, 1)
    await toys.deposit("a", 4, "two")
    await toys.open("b")
    await toys.settle()
    await feed.caught_up()
    assert (model.totals, model.filled) == ({"a": 7, "b": 0}, 1)


async def test_what_other_services_said_is_read_from_the_beginning(toys, model):
    await toys.open("a")
    await toys.deposit("a", 3, "one")
    await toys.settle()
    model.topics, model.foreign = (), (ACCOUNT.topic,)
    feed = Feed(model, toys.log)
    await toys.accounts.change("a", Command("not yet said"), lambda each, now: each.deposit(4))
    feed.start()
    await feed.caught_up()
    assert model.totals["a"] >= 3
    await toys.settle()
    await feed.caught_up()
    assert model.totals == {"a": 7}
    await feed.stop()


async def test_a_model_that_was_kept_goes_on_where_it_stood(toys, model, feed):
    feed.start()
    await toys.open("a")
    await toys.settle()
    await feed.caught_up()
    await feed.stop()
    await toys.deposit("a", 5, "meanwhile")
    await toys.settle()
    model.totals = {}
    feed = Feed(model, toys.log)
    feed.start()
    await feed.caught_up()
    assert (model.totals, model.filled) == ({"a": 5}, 1)
    await feed.stop()


async def test_news_that_could_not_be_taken_come_again(toys, model, feed):
    feed.start()
    await feed.caught_up()
    model.failing = 2
    await toys.open("a")
    await toys.deposit("a", 9, "one")
    await toys.settle()
    await feed.caught_up()
    assert model.totals == {"a": 9}


async def test_a_topic_that_was_cut_is_no_reason_to_stay_behind(toys, model, feed, monkeypatch):
    """The records after the kept position are gone: the model is made anew from the store."""
    await toys.open("a")
    await toys.settle()
    model.kept = ({(ACCOUNT.topic, 0): 999}, {"wrong": 1})
    follow = toys.log.follow

    def cut(topics, offsets):
        if 999 in offsets.values():
            raise OffsetsGone("out of range")
        return follow(topics, offsets)

    monkeypatch.setattr(toys.log, "follow", cut)
    feed.start()
    while model.filled == 0:
        await asyncio.sleep(0)
    await feed.caught_up()
    assert model.totals == {"a": 0}


async def test_a_bug_in_a_model_is_told_and_waiting_for_it_does_not_hang(toys, model, feed, monkeypatch):
    feed.start()
    await feed.caught_up()

    async def broken(events) -> None:
        raise KeyError("bug")

    monkeypatch.setattr(model, "apply", broken)
    await toys.open("a")
    await toys.settle()
    with pytest.raises(RuntimeError, match="totals does not get on: KeyError"):
        await feed.caught_up()


async def test_who_asks_before_the_model_is_made_is_told_to_come_back(toys, model, feed):
    toys.left.world.feeds.append(feed)
    with pytest.raises(NotFilled):
        toys.left.world.model(Totals)
    assert (await toys.left.readiness())["totals"] == "still being made"
    feed.start()
    await feed.caught_up()
    assert toys.left.world.model(Totals) is model


async def test_a_model_is_made_anew_by_its_name(toys, model, feed):
    toys.left.world.feeds.append(feed)
    feed.start()
    await feed.caught_up()
    await toys.left.repository(Account).create(Command("x"), lambda id, now: Account.open(id, "h"), id="x")
    await toys.settle()
    model.totals = {"nonsense": 1}
    assert await toys.left.rebuild("totals") == 0
    assert model.totals == {"x": 0}
