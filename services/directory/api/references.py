"""Ids in a request's body: what they name must exist. Nothing is ever deleted, so one look is enough.

Whether it still is open is asked with the command itself (`require_there`), so that a repeat of a command that was
carried out gets its answer whatever has closed since.
"""

from services.directory.domain.center import Center
from services.directory.domain.network import Network
from shared.aggregate import NotFound, Refusal, Why
from shared.events.directory.center import CenterStatus
from shared.world import World


class UnknownCenter(Refusal):
    """There is no center with the id given."""

    code = "unknown-center"
    why = Why.INVALID


class UnknownNetwork(Refusal):
    """There is no network with the id given."""

    code = "unknown-network"
    why = Why.INVALID


class CenterIsClosed(Refusal):
    """Nothing new begins with a closed center. What was before can still be entered."""

    code = "center-closed"


async def named_center(world: World, id: str) -> Center:
    """The center with this id, or `UnknownCenter`."""
    try:
        return (await world.repository(Center).get(id)).aggregate
    except NotFound:
        raise UnknownCenter("there is no center with this id", center=id) from None


async def named_network(world: World, id: str) -> Network:
    """The network with this id, or `UnknownNetwork`."""
    try:
        return (await world.repository(Network).get(id)).aggregate
    except NotFound:
        raise UnknownNetwork("there is no network with this id", network=id) from None


def require_there(center: Center | None, network: Network | None) -> None:
    """Refuses with `CenterIsClosed` or `Dissolved` where one of them is given and is no more."""
    if center is not None and center.status is CenterStatus.CLOSED:
        raise CenterIsClosed("the center is closed", center=center.id)
    if network is not None:
        network.require_active()
