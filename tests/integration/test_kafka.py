"""The kernel on a real broker and a real database: what the memory engines cannot show."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.feed import Feed
from shared.messaging.log import Record
from tests.engines import Engines
from tests.integration.conftest import Process, eventually
from tests.integration.toy_process import Handle, Toy
from tests.journeys import foreign
from tests.journeys.foreign import Seen
from tests.toys import ACCOUNT, RIGHT, TALLY, Tally
from tests.unit.kernel.test_feed import Totals

Start = Callable[..., Process]
SESSION_S = 10.0
"""So long the broker waits for a member that is silent before its partitions go to others."""


async def said_about(engines: Engines, topic: str, *keys: str) -> list[Seen]:
    """What a stranger reads about these aggregates."""
    found = await asyncio.to_thread(foreign.read, engines.kafka, topic)
    return [seen for seen in found if seen.key in keys]


def assert_in_order(records: Sequence[Seen]) -> None:
    """An event may stand there twice, never n+2 before n+1, and each number belongs to one event."""
    reached: dict[str | None, int] = defaultdict(int)
    ids: dict[tuple[str | None, int], str] = {}
    for seen in records:
        assert seen.sequence <= reached[seen.key] + 1, f"{seen.key} jumps to {seen.sequence}"
        reached[seen.key] = max(reached[seen.key], seen.sequence)
        assert ids.setdefault((seen.key, seen.sequence), seen.id) == seen.id


async def members(engines: Engines, group: str) -> set[str]:
    """The ids of the group's members."""
    admin = AIOKafkaAdminClient(bootstrap_servers=engines.kafka)
    await admin.start()
    try:
        [answer] = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    [described] = answer.groups
    return {str(member[0]) for member in described[5]}


async def committed(engines: Engines, group: str, topic: str, partition: int) -> int:
    """The offset up to which the group needs nothing again."""
    admin = AIOKafkaAdminClient(bootstrap_servers=engines.kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    found = offsets.get(TopicPartition(topic, partition))
    return max(0, found.offset) if found else 0


# ---- the broker dies


async def test_a_broker_killed_in_the_middle_of_traffic_costs_no_effect_and_no_order(
    toys: Engines, left: Toy, right: Toy, name: str
):
    accounts = [f"{name}-{number}" for number in range(5)]
    for account in accounts:
        await left.open(account, name)
    amounts = list(range(1, 61))

    async def pay_in(account: str) -> None:
        for amount in amounts:
            await left.deposit(account, amount, f"deposit-{amount}")
            await asyncio.sleep(0.01)

    paying = [asyncio.create_task(pay_in(account)) for account in accounts]
    await asyncio.sleep(0.2)
    await asyncio.to_thread(toys.kill, "kafka")
    await asyncio.gather(*paying)  # commands go on being accepted
    assert left.runtime.relay.pending > 0, "somebody must have paid in while the broker was away"
    await asyncio.to_thread(toys.start, "kafka")

    async def all_counted() -> bool:
        return await right.total(name) >= len(accounts) * sum(amounts)

    await eventually(all_counted)
    tally = (await right.tallies.get(name)).aggregate
    assert (tally.total, tally.count) == (len(accounts) * sum(amounts), len(accounts) * len(amounts))
    assert_in_order(await said_about(toys, ACCOUNT.topic, *accounts))
    assert_in_order(await said_about(toys, TALLY.topic, name))
    mirror = await right.runtime.world.mirror("accounts").get_many(accounts)
    assert {copy["total"] for copy in mirror.values()} == {sum(amounts)}


async def test_a_read_model_in_memory_survives_the_broker_and_misses_nothing(toys: Engines, left: Toy, name: str):
    """It reads all partitions beside every group, and goes on where it stood when the broker is back."""
    model = Totals(left.accounts)
    feed = Feed(model, left.log)
    feed.start()
    try:
        for number in range(4):
            await left.open(f"{name}-{number}", name)

        async def told() -> bool:
            return all(f"{name}-{number}" in model.totals for number in range(4))

        await eventually(told)
        await asyncio.to_thread(toys.kill, "kafka")
        for number in range(4):
            await left.deposit(f"{name}-{number}", number + 1, "while the broker is away")
        await asyncio.to_thread(toys.start, "kafka")

        async def caught_up() -> bool:
            return [model.totals[f"{name}-{number}"] for number in range(4)] == [1, 2, 3, 4]

        await eventually(caught_up)
        assert model.filled == 1
    finally:
        await feed.stop()


# ---- records that nobody can use


async def test_a_header_that_is_not_utf8_becomes_a_dead_letter_and_the_partition_goes_on(
    toys: Engines, left: Toy, right: Toy, name: str
):
    await left.open(name, name)
    bad = [("ce_specversion", b"1.0"), ("ce_id", b"\xff\xfe\x00")]
    await asyncio.to_thread(foreign.send, toys.kafka, ACCOUNT.topic, name.encode(), b"{}", bad)
    await left.deposit(name, 7, "after it")  # the same key, so the same partition

    async def counted() -> bool:
        return await right.total(name) == 7

    await eventually(counted)
    letters = await asyncio.to_thread(foreign.read, toys.kafka, "right.dead-letters")
    [letter] = [seen for seen in letters if seen.key == name]
    assert letter.headers["dl_origin"].startswith(f"{ACCOUNT.topic}/")
    assert letter.headers["dl_attempts"] == "1"
    assert letter.value == b"{}"
    assert letter.headers["ce_id"] == "\ufffd\ufffd\x00"
    [listed] = [letter for letter in await right.runtime.dead_letters(1000) if letter["topic"] == ACCOUNT.topic]
    assert listed["origin"] == letter.headers["dl_origin"]


async def test_a_poisonous_event_is_tried_five_times_and_later_ones_of_its_partition_are_handled(
    toys: Engines, left: Toy, right: Toy, name: str, monkeypatch: Any
):
    tried = []
    add = Tally.add

    def allergic(self: Tally, amount: int) -> None:
        tried.append(amount)
        if amount == 13:
            raise RuntimeError("out of ink")
        add(self, amount)

    monkeypatch.setattr(Tally, "add", allergic)
    await left.open(name, name)
    for amount in (1, 13, 100):
        await left.deposit(name, amount, f"deposit-{amount}")

    async def others_counted() -> bool:
        return await right.total(name) == 101

    await eventually(others_counted)
    assert tried.count(13) == 5
    [letter] = [letter for letter in await right.runtime.dead_letters(1000) if letter["id"].endswith(f"{name}#3")]
    assert (letter["reason"], letter["attempts"]) == ("RuntimeError: out of ink", 5)

    monkeypatch.setattr(Tally, "add", add)
    assert await right.runtime.retry_dead_letters([letter["id"]]) == 1

    async def mended() -> bool:
        return await right.total(name) == 114

    await eventually(mended)
    assert letter["id"] not in {each["id"] for each in await right.runtime.dead_letters(1000)}


# ---- consumers die


async def test_a_killed_consumer_gets_its_partitions_back_without_waiting_for_its_session_to_end(
    toys: Engines, left: Toy, tallies: Toy, process: Start, name: str
):
    first, second = process("right"), process("right", held=True)
    await first.until("assigned")
    await left.open(name, name)
    await left.deposit(name, 1, "one")

    async def counted(total: int) -> bool:
        return await tallies.total(name) == total

    await eventually(lambda: counted(1))
    assert len(await members(toys, "right")) == 1
    await second.until("held")
    first.kill()
    await left.deposit(name, 2, "while nobody is there")
    second.release()
    joined_after_s = await second.until("assigned")
    await eventually(lambda: counted(3))
    assert len(await members(toys, "right")) == 1, "it came back as itself, not as one more"
    assert joined_after_s < SESSION_S / 2, "a new member would have waited until the old one's session was over"


async def test_two_replicas_share_the_partitions_and_one_of_them_killed_costs_no_effect(
    toys: Engines, left: Toy, tallies: Toy, process: Start, name: str
):
    zero, one = process("right", "0"), process("right", "1")
    await zero.until("assigned")
    await one.until("assigned")
    accounts = [f"{name}-{number}" for number in range(8)]  # on both partitions

    async def pay_in(amount: int) -> None:
        for account in accounts:
            await left.deposit(account, amount, f"deposit-{amount}")

    for account in accounts:
        await left.open(account, name)
    await pay_in(1)
    await zero.until("batch")
    await one.until("batch")
    for amount in range(2, 20):
        if amount == 8:
            one.kill()
        await pay_in(amount)
    expected = len(accounts) * sum(range(1, 20))

    async def counted() -> bool:
        return await tallies.total(name) >= expected

    await eventually(counted)
    tally = (await tallies.tallies.get(name)).aggregate
    assert (tally.total, tally.count) == (expected, len(accounts) * 19)
    assert_in_order(await said_about(toys, TALLY.topic, name))


async def test_offsets_are_committed_only_after_the_effect_is_written(toys: Engines, left: Toy, name: str):
    arrived, gate = asyncio.Event(), asyncio.Event()
    right = Toy(RIGHT, toys.kafka, toys.mongo_uri)

    def gated(handle: Handle) -> Handle:
        async def wait_and_handle(records: Sequence[Record]) -> None:
            if any(record.key == name.encode() for record in records):
                arrived.set()
                await gate.wait()
            await handle(records)

        return wait_and_handle

    await right.start(gated)
    try:
        await right.serving()
        await left.open(name, name)
        await left.deposit(name, 5, "one")
        await arrived.wait()

        async def published() -> list[Seen]:
            found = await said_about(toys, ACCOUNT.topic, name)
            return found if len(found) == 2 else []

        opened, deposited = await eventually(published)
        await asyncio.sleep(1)  # ten rounds of the committer
        assert await committed(toys, "right", opened.topic, opened.partition) <= opened.offset
        assert await right.total(name) == 0
        gate.set()

        async def past_it() -> bool:
            return await committed(toys, "right", deposited.topic, deposited.partition) > deposited.offset

        await eventually(past_it)
        assert await right.total(name) == 5, "what is committed has had its effect"
    finally:
        gate.set()
        await right.stop()
