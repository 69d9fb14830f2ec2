"""What follows when a center begins: the initiative it was, and its place in the forest.

A center and the initiative it came from never change in one step. The center is registered under the initiative's id,
which alone decides that there is only one; then the initiative becomes a center, then the forest gets its new leaf.
Each step follows the event of the one before, so a crash between two of them only delays the rest.

And when an entry turns out to have begun twice, its lineage belongs to the entry that stays.
"""

from collections.abc import Sequence

from services.directory.domain.center import ClosingReason
from services.directory.domain.initiative import Initiative
from services.directory.domain.lineage import FOREST, Forest
from services.directory.views.lineage import read_forest
from services.directory.views.visits import VISITS, inspiring
from shared.aggregate import NotFound
from shared.events import Received
from shared.events.directory.center import CENTER, CenterClosed, CenterRegistered
from shared.events.directory.initiative import INITIATIVE, InitiativeBecameCenter
from shared.reactions import Change, Intent, policy
from shared.world import World


@policy(CenterRegistered, stream=CENTER)
async def follow_a_center_that_was_an_initiative(
    event: Received[CenterRegistered], world: World
) -> Sequence[Intent]:  # fmt: skip
    """A center with the id of an initiative is what the initiative has become."""
    if event.event.imported:
        return []
    try:
        initiative = (await world.repository(Initiative).get(event.key)).aggregate
    except NotFound:
        return []
    named = initiative.inspired_by.visit
    visit = inspiring(await world.mirror(VISITS.name).get(named)) if named else None
    opened = event.record.happened
    return [Change(Initiative, event.key, lambda it, _: it.become_center(visit, opened))]


@policy(InitiativeBecameCenter, stream=INITIATIVE)
async def grow_the_forest(event: Received[InitiativeBecameCenter], world: World) -> Sequence[Intent]:
    """The new center brings its origin with it."""
    center, origin = event.event.center, event.event.origin
    if origin is None:
        return []
    return [Change(Forest, FOREST, lambda it, now: it.inherit(center, origin), begin=Forest.empty)]


@policy(CenterClosed, stream=CENTER)
async def hand_over_the_lineage_of_a_duplicate(
    event: Received[CenterClosed], world: World
) -> Sequence[Intent]:  # fmt: skip
    """What came from a second entry of a center came from the one that stays, which also gets its origin.

    The commands are on one document and therefore one write: there is no half of it to go on from.
    """
    duplicate, successor = event.key, event.event.successor
    if event.event.reason != ClosingReason.DUPLICATE or successor is None:
        return []
    forest = await read_forest(world)
    origin = forest.origins.get(duplicate)
    handed = [_hand_over(center, duplicate, successor) for center in forest.offspring().get(duplicate, ())]
    if origin is None:
        return handed
    return [
        *handed,
        Change(Forest, FOREST, lambda it, _: it.remove(duplicate)),
        Change(Forest, FOREST, lambda it, _: it.inherit(successor, origin)),
    ]


def _hand_over(center: str, duplicate: str, successor: str) -> Intent:
    return Change(Forest, FOREST, lambda it, _: it.hand_over(center, duplicate, successor))


BEGINNINGS = (
    follow_a_center_that_was_an_initiative,
    grow_the_forest,
    hand_over_the_lineage_of_a_duplicate,
)
