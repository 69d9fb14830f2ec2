"""What a caller of the repository may rely on."""

import asyncio

import pytest

from shared.aggregate import NotFound, WrongState
from shared.commands import REMEMBERED, AlreadyExists, Command, KeyReused, StaleVersion, TooLarge
from shared.messaging.relay import Overloaded
from tests.toys import Account


async def test_a_repeat_gets_the_first_answer_although_much_happened_since(toys):
    await toys.open("a")
    first = await toys.deposit("a", 5, "key")
    for n in range(REMEMBERED + 5):
        await toys.deposit("a", 1, f"other-{n}")
    await toys.settle()
    again = await toys.deposit("a", 5, "key")
    assert again.replayed
    assert again.model_dump_json() == first.model_dump_json()
    assert (await toys.accounts.get("a")).aggregate.total == 5 + REMEMBERED + 5


async def test_the_same_key_for_something_else_is_refused(toys):
    await toys.open("a")
    await toys.deposit("a", 5, "key", fingerprint="five")
    with pytest.raises(KeyReused):
        await toys.deposit("a", 6, "key", fingerprint="six")


async def test_a_refused_command_leaves_nothing_behind(toys):
    await toys.open("a")
    with pytest.raises(WrongState):
        await toys.deposit("a", -5, "key")
    loaded = await toys.accounts.get("a")
    assert (loaded.aggregate.total, loaded.version) == (0, 1)


async def test_in_one_batch_a_refused_command_does_not_touch_its_neighbours(toys):
    await toys.open("a")
    answers = await asyncio.gather(
        *(toys.deposit("a", amount, f"k{amount}") for amount in (1, -2, 3)), return_exceptions=True
    )
    assert [isinstance(answer, WrongState) for answer in answers] == [False, True, False]
    assert (await toys.accounts.get("a")).aggregate.total == 4


async def test_an_edit_of_an_old_version_is_refused_but_its_own_repeat_is_not(toys):
    await toys.open("a")
    await toys.deposit("a", 5, "edit", expected=1)
    with pytest.raises(StaleVersion):
        await toys.deposit("a", 6, "late", expected=1)
    assert (await toys.deposit("a", 5, "edit", expected=1)).replayed


async def test_what_exists_is_not_created_again_by_another_command(toys):
    await toys.open("a")
    with pytest.raises(AlreadyExists):
        await toys.accounts.create(Command("another"), lambda id, now: Account.open(id, "h2"), id="a")
    with pytest.raises(NotFound):
        await toys.deposit("nobody", 1, "key")


async def test_a_state_that_changed_silently_is_a_bug_and_is_not_written(toys):
    await toys.open("a")
    with pytest.raises(AssertionError, match="without recording"):
        await toys.accounts.change("a", Command("silent"), lambda each, now: setattr(each, "total", 9))
    assert (await toys.accounts.get("a")).aggregate.total == 0


async def test_hundreds_at_once_on_one_aggregate_all_count_once(toys):
    toys.left.relay._max_pending = 10_000
    await toys.open("a")
    receipts = await asyncio.gather(*(toys.deposit("a", 1, f"k{n}") for n in range(300)))
    assert sorted(receipt.version for receipt in receipts) == list(range(2, 302))
    assert (await toys.accounts.get("a")).aggregate.total == 300


async def test_history_tells_what_happened_and_which_role_did_it(toys):
    await toys.open("a")
    await toys.deposit("a", 5, "key", actor="office")
    await toys.settle()
    await toys.deposit("a", 6, "other", actor="center")
    entries = await toys.accounts.history("a")
    assert [(entry.record.sequence, entry.actor) for entry in entries] == [(1, "system"), (2, "office"), (3, "center")]
    assert [entry.record.sequence for entry in await toys.accounts.history("a", after=1, limit=1)] == [2]


async def test_while_the_broker_is_away_commands_are_accepted_up_to_the_bound_then_refused(toys):
    toys.log.away = True
    await toys.open("a")
    for n in range(9):
        await toys.deposit("a", 1, f"k{n}")
    with pytest.raises(Overloaded):
        await toys.deposit("a", 1, "one too many")
    toys.log.away = False
    await toys.left.recover_now()
    await toys.settle()
    await toys.deposit("a", 1, "one too many")
    assert (await toys.accounts.get("a")).aggregate.total == 10


async def test_an_event_that_no_topic_would_take_is_refused_before_it_is_written(toys):
    with pytest.raises(TooLarge):
        await toys.open("a", holder="h" * 1_000_000)
    assert await toys.accounts.count({}) == 0


async def test_one_key_used_on_two_aggregates_makes_two_events(toys):
    for id in ("a", "b"):
        await toys.accounts.create(Command("same"), lambda own, now: Account.open(own, "h1"), id=id)
    await toys.settle()
    events = [(await toys.accounts.history(id))[0].record.id for id in ("a", "b")]
    assert len(set(events)) == 2
    assert await toys.left.store.collection("journal").count({}) == 2


async def test_what_nobody_founds_begins_with_the_first_command_whoever_is_first(toys):
    answers = await asyncio.gather(
        *(
            toys.accounts.change(
                "a", Command(f"k{n}"), lambda each, now: each.deposit(1), begin=lambda id: Account(id=id, holder="h1")
            )
            for n in range(3)
        )
    )
    assert sorted(answer.version for answer in answers) == [1, 2, 3]
    assert (await toys.accounts.get("a")).aggregate.total == 3
