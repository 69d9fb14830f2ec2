"""Which centers belong to which networks: read from the memberships' documents, so it is never behind.

A few thousand small documents; what a question reads is found by the indexes on network and center.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from services.directory.domain.center import Center
from services.directory.domain.membership import OPEN, Membership
from services.directory.domain.network import Network
from shared.events.directory.center import LocationVisibility
from shared.events.directory.network import NetworkLevel
from shared.world import World


async def centers_of_network(world: World, network: str, day: date) -> frozenset[str]:
    """Ids of the centers that were members, full or friendly, of the network or of one below it on that day.

    The tree is today's: a region counts where it belongs now. A network that does not exist has nobody. Centers that
    hide their place today count in no region: what the numbers of a region come to would tell that they are in it.
    """
    networks = await with_those_below(world, network)
    found = await world.repository(Membership).find({"state.network": {"$in": networks}})
    members = frozenset(each.aggregate.center for each in found if each.aggregate.on(day) is not None)
    if await world.repository(Network).count({"_id": network, "state.level": NetworkLevel.REGIONAL.value}):
        members -= await _hiding(world, members)
    return members


async def _hiding(world: World, centers: Collection[str]) -> frozenset[str]:
    found = await world.repository(Center).find({
        "_id": {"$in": sorted(centers)}, "state.visibility": LocationVisibility.HIDDEN.value,
    })  # fmt: skip
    return frozenset(each.aggregate.id for each in found)


async def with_those_below(world: World, network: str) -> list[str]:
    """The network's id, and the ids of all networks below it. Every step down leads to a lower level: it ends."""
    found, parents = [network], [network]
    while parents:
        children = await world.repository(Network).find({"state.parent": {"$in": parents}})
        parents = [child.aggregate.id for child in children]
        found += parents
    return found


async def networks_of_centers(world: World, centers: Collection[str]) -> dict[str, frozenset[str]]:
    """By center: what tokens may call the networks in which it is a member or has applied.

    Only with the center's consent. A network could otherwise make itself the master of any house, and learn the
    address of one that hides, by entering an application that nobody made.
    """
    found = await world.repository(Membership).find(
        {
            "state.center": {"$in": sorted(centers)},
            "state.status": {"$in": [status.value for status in OPEN]},
            "state.consented": True,
        }
    )
    memberships = [each.aggregate for each in found]
    networks = await world.repository(Network).find({"_id": {"$in": sorted({each.network for each in memberships})}})
    keys = {each.aggregate.id: each.aggregate.keys for each in networks}
    by_center: dict[str, frozenset[str]] = defaultdict(frozenset)
    for each in memberships:
        by_center[each.center] |= keys[each.network]
    return dict(by_center)
