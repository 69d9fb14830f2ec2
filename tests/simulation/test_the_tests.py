"""The checks can fail: each rule of the kernel is taken away, one by one, and the damage must be noticed.

Every test here runs the same stories and checks as the crash tests, on a kernel with one rule less, and passes only
if some check fails; beside it the same story passes with the rule in place.
"""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from shared.aggregate import Refusal
from shared.commands import Repository
from shared.messaging.consumer import Consumer
from shared.messaging.memory import MemorySubscription
from shared.messaging.relay import Relay
from shared.store.port import Document, Put
from tests.simulation.world import Step, World, keep_repeating, story
from tests.toys import Account, toy_catalogue


@pytest.fixture(autouse=True)
def _toys():
    with toy_catalogue():
        yield


async def _finish_and_check(world: World) -> None:
    await world.settle()
    await world.check()


async def _survives(step: Step, points: Sequence[int]) -> bool:
    """Whether the checks hold for the story stopped at each of ``points`` in turn."""
    for point in points:
        world = World()
        world.switch.stop_at = point
        try:
            await keep_repeating(step)(world)
            assert await world.run(_finish_and_check)
        except (AssertionError, Refusal):  # a repeated command must be answered, not refused
            return False
    return True


async def busy_story(world: World) -> None:
    """More commands on one account than its document remembers, then the first of them once more."""
    await world.open("a", "h1")
    for n in range(60):
        await world.deposit("a", 1, f"key-{n}")
    await world.settle()
    await world.deposit("a", 1, "key-0")
    await world.settle()


async def rushed_story(world: World) -> None:
    """The same account is paid into again before the relay has published anything."""
    await world.open("a", "h1")
    world.log.away = True
    for n in range(4):
        await world.deposit("a", 1, f"key-{n}")
        await asyncio.sleep(0.001)
    world.log.away = False
    await world.settle()


async def swapped_story(world: World) -> None:
    """An old event arrives once more, after the newest."""
    await world.open("a", "h1")
    await world.deposit("a", 5, "key-1")
    await world.deposit("a", 7, "key-2")
    await world.settle()
    runtime = world.runtimes["left"]
    await runtime._republish(Account.stream, "a", 1, 2)
    await world.settle()


Remove = Callable[[pytest.MonkeyPatch], None]


def publish_only_the_newest_event(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Relay, "due_to_publish", staticmethod(lambda entries: entries[-1:]))


def drop_the_handled_check(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Repository, "_first_event", lambda *_: None)


def remember_only_the_last_50_commands(patch: pytest.MonkeyPatch) -> None:
    ask = Repository._handled_before

    async def only_recent(self, attempts, working):
        known = [each for each in attempts if each.command.id in working[each.id].recent]
        return await ask(self, known, working)

    patch.setattr(Repository, "_handled_before", only_recent)


def commit_offsets_first(patch: pytest.MonkeyPatch) -> None:
    async def pump(self, most: int = 500) -> int:
        batch = [
            record
            for topic in self._topics
            for number, partition in enumerate(self._log.topics[topic])
            for record in partition[self.committed[topic, number] :]
        ][:most]
        for record in batch:
            self.committed[record.topic, record.partition] = record.offset + 1
        if batch:
            await self._handle(batch)
        return len(batch)

    patch.setattr(MemorySubscription, "pump", pump)


def open_the_version_gate(patch: pytest.MonkeyPatch) -> None:
    def written(key: str, sequence: int, kept: Document) -> Put:
        return Put(key, {"_id": key, "version": sequence, **kept})

    patch.setattr(Consumer, "mirrored", staticmethod(written))


@pytest.mark.parametrize(
    ("take_away", "step", "points"),
    [
        (publish_only_the_newest_event, rushed_story, range(1, 2)),
        (drop_the_handled_check, story, range(1, 200)),
        (remember_only_the_last_50_commands, busy_story, range(100_000, 100_001)),
        (commit_offsets_first, story, range(1, 200)),
        (open_the_version_gate, swapped_story, range(100_000, 100_001)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_kernel_with_one_rule_less_is_caught(
    take_away: Remove, step: Step, points: Sequence[int], monkeypatch: pytest.MonkeyPatch
):
    assert await _survives(step, points[:60]), "with all rules the story ends well"
    take_away(monkeypatch)
    assert not await _survives(step, points), "without the rule nobody noticed the damage"
