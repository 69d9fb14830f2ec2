"""What reactions may rely on: repeats, gaps, failures, unreadable and unknown records."""

import orjson
import pytest

from shared.clock import instant_text
from shared.events import Recorded
from shared.messaging import wire
from shared.messaging.log import Record
from tests.simulation.world import START
from tests.toys import ACCOUNT, Deposited


def event(sequence: int, amount: int = 1, key: str = "a", kind: type = Deposited, holder: str = "h1") -> Recorded:
    data = {"amount": amount, "snapshot": {"holder": holder, "total": amount}}
    type = ACCOUNT.type_of(kind)
    return Recorded(f"id-{key}-{sequence}", type, ACCOUNT.topic, key, sequence, START, START, data, "c")


async def publish(toys, *events: Recorded) -> None:
    for each in events:
        record = wire.encode(each)
        await toys.log.send(record.topic, record.key, record.value, record.headers)


def dead_letters(toys) -> list[Record]:
    return [record for partition in toys.log.topics["right.dead-letters"] for record in partition]


async def test_a_deposit_reaches_the_tally_and_the_mirror(toys):
    await toys.open("a")
    await toys.deposit("a", 5, "key", correlation="corr")
    await toys.settle()
    assert await toys.total() == 5
    assert (await toys.right.world.mirror("accounts").get("a"))["total"] == 5
    caused = (await toys.tallies.history("h1"))[-1].record
    paid = (await toys.accounts.history("a"))[-1].record
    assert (caused.correlation, caused.causation) == ("corr", paid.id)


async def test_a_repeated_event_has_one_effect(toys):
    await toys.open("a")
    await toys.deposit("a", 5, "key")
    await toys.settle()
    assert await toys.left.republish() == 2
    await toys.right.store.collection("inbox").drop()  # even without the memory of what was seen
    await toys.settle()
    assert await toys.total() == 5


async def test_a_gap_is_healed_by_asking_the_owner_and_nothing_runs_past_it(toys):
    await toys.open("a")
    await toys.deposit("a", 5, "one")
    await toys.deposit("a", 7, "two")
    await toys.left.relay.drain()
    for partition in toys.log.topics[ACCOUNT.topic]:  # the event in the middle gets lost
        partition[:] = [record for record in partition if dict(record.headers)["ce_sequence"] != b"2"]
        partition[:] = [Record(r.topic, r.partition, n, r.key, r.value, r.headers) for n, r in enumerate(partition)]
    await toys.subscriptions[1].pump()
    assert (await toys.tallies.get("h1")).aggregate.count == 0, "event 3 waits for event 2"
    assert await toys.right.consumer.ask_again() == 1
    await toys.settle()
    assert await toys.total() == 12
    assert await toys.right.consumer.ask_again() == 0


async def test_an_unreadable_record_becomes_a_dead_letter_and_the_partition_goes_on(toys):
    await toys.log.send(ACCOUNT.topic, b"a", b"\xff", [("ce_id", b"\xff\xfe")])
    await toys.open("a")
    await toys.deposit("a", 5, "key")
    await toys.settle()
    assert await toys.total() == 5
    [letter] = dead_letters(toys)
    headers = dict(letter.headers)
    assert letter.value == b"\xff"
    assert headers["dl_origin"].startswith(b"left.account.v1/")
    assert b"ce_specversion" in headers["dl_reason"]
    assert headers["ce_id"] == b"\xff\xfe"
    [open_letter] = await toys.right.dead_letters()
    assert open_letter["topic"] == ACCOUNT.topic


async def test_an_unknown_type_is_counted_and_passed_over(toys):
    await toys.open("a")
    await toys.settle()
    unknown = event(2)
    await publish(toys, Recorded(**{**unknown.__dict__, "type": "org.mine.left.Invented.v1"}))
    await publish(toys, event(3, amount=4))
    await toys.settle()
    assert await toys.total() == 4
    assert not dead_letters(toys)
    assert (
        toys.right.metrics.registry.get_sample_value("mine_unknown_types_total", {"type": "org.mine.left.Invented.v1"})
        == 1
    )


async def test_data_that_do_not_fit_are_set_aside_at_once(toys):
    await toys.open("a")
    await toys.settle()
    bad = event(2)
    record = wire.encode(bad)
    await toys.log.send(record.topic, record.key, orjson.dumps({"amount": "much"}), record.headers)
    await toys.settle()
    assert await toys.total() == 0
    assert dead_letters(toys)


async def test_a_failing_reaction_is_retried_then_set_aside_and_can_be_run_later(toys, monkeypatch):
    await toys.open("a")
    await toys.open("b")
    await toys.settle()
    tries = []

    def broken(self, amount: int) -> None:
        tries.append(amount)
        if amount == 13:
            raise RuntimeError("out of ink")
        add(self, amount)

    from tests.toys import Tally

    add = Tally.add
    monkeypatch.setattr(Tally, "add", broken)
    await toys.deposit("a", 13, "bad")
    await toys.deposit("a", 2, "good")
    await toys.deposit("b", 3, "other")
    await toys.settle()
    assert await toys.total() == 5, "what failed does not hold up the others"
    assert tries.count(13) == 5
    [letter] = await toys.right.dead_letters()
    assert letter["reason"] == "RuntimeError: out of ink"
    assert letter["attempts"] == 5

    monkeypatch.setattr(Tally, "add", add)
    assert await toys.right.retry_dead_letters() == 1
    await toys.settle()
    assert await toys.total() == 18
    assert not await toys.right.dead_letters()
    assert await toys.right.retry_dead_letters() == 0


async def test_a_reaction_that_fails_for_a_moment_leaves_no_dead_letter(toys, monkeypatch):
    from tests.toys import Tally

    await toys.open("a")
    await toys.settle()
    add, failures = Tally.add, [RuntimeError("once"), RuntimeError("twice")]

    def shaky(self, amount: int) -> None:
        if failures:
            raise failures.pop()
        add(self, amount)

    monkeypatch.setattr(Tally, "add", shaky)
    await toys.deposit("a", 4, "key")
    await toys.settle()
    assert await toys.total() == 4
    assert not dead_letters(toys)


async def test_an_older_event_does_not_overwrite_a_mirror(toys):
    await toys.open("a")
    await toys.deposit("a", 5, "one")
    await toys.deposit("a", 7, "two")
    await toys.settle()
    await toys.left._republish(ACCOUNT, "a", 1, 2)
    await toys.settle()
    assert (await toys.right.world.mirror("accounts").get("a"))["total"] == 12


async def test_a_request_to_republish_that_makes_no_sense_is_set_aside(toys):
    for value in (b"{}", b"not json", b'{"topic": "left.account.v1", "key": "nobody", "from": 1}'):
        await toys.log.send("left.republish-requests", b"a", value, [])
    await toys.settle()
    assert len(await toys.left.dead_letters()) == 2


async def test_times_travel_unchanged(toys):
    await toys.open("a")
    await toys.settle()
    [published] = [wire.decode(r.topic, r.key, r.value, r.headers) for p in toys.log.topics[ACCOUNT.topic] for r in p]
    assert instant_text(published.happened) == instant_text(START)


async def test_a_mirror_thrown_away_is_rebuilt_byte_for_byte(toys):
    for id in "abc":
        await toys.open(id)
        await toys.deposit(id, ord(id), f"key-{id}")
    await toys.settle()
    mirror = toys.right.store.collection("accounts")
    before = orjson.dumps(await mirror.find({}))
    assert await toys.right.rebuild("accounts") == 6
    assert orjson.dumps(await mirror.find({})) == before
    with pytest.raises(KeyError):
        await toys.right.rebuild("nothing")
