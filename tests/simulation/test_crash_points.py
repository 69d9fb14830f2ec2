"""The world is stopped at every await on an engine in turn, started again and told the same: same end state."""

import pytest

from tests.simulation.world import World, keep_repeating, story
from tests.toys import toy_catalogue


@pytest.fixture(autouse=True)
def _toys():
    with toy_catalogue():
        yield


async def _awaits_of_the_story() -> int:
    world = World()
    await keep_repeating(story)(world)
    return world.switch.passed


async def _story_stopped_at(points: list[int]) -> None:
    world = World()
    for point in points:
        world.switch.stop_at = world.switch.passed + point
        await world.run(story)
    world.switch.stop_at = None
    await keep_repeating(story)(world)

    async def check(world: World) -> None:
        await world.settle()
        await world.check()

    assert await world.run(check)


async def test_stopped_at_any_await_the_end_is_the_same():
    points = await _awaits_of_the_story()
    assert points > 100, "the story passes many engines"
    for point in range(1, points + 1):
        await _story_stopped_at([point])


async def test_stopped_again_while_recovering_the_end_is_the_same():
    points = await _awaits_of_the_story()
    for point in range(5, points, 17):
        for again in range(3, points, 41):
            await _story_stopped_at([point, again])
