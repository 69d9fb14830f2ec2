"""What follows when a center closes or a network dissolves: what bound others to it ends, by events of their own.

Each rule comes in two halves that meet, whatever happens at the same time. What is gone ends what is found bound to
it; and what is newly bound looks whether its other end is still there. Either the one comes first, or the other.

A reopened center gets its identity back, not its memberships and links: the network has to admit it again. What was
entered after the reopening stays, even if the news of the closing is read only then.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.directory.domain.center import Center
from services.directory.domain.membership import OPEN, Membership
from services.directory.domain.network import Network
from services.directory.domain.partner import Partner
from services.directory.domain.spells import Gone
from shared.events import Received
from shared.events.directory.center import CENTER, CenterClosed, CenterStatus
from shared.events.directory.membership import MEMBERSHIP, MembershipApplied, MembershipRecorded
from shared.events.directory.network import NETWORK, NetworkDissolved, NetworkStatus
from shared.events.directory.partner import PARTNER, PartnershipLinked
from shared.reactions import Change, Intent, policy
from shared.store.port import Filter
from shared.world import World

_STATUSES = [status.value for status in OPEN]


@policy(CenterClosed, stream=CENTER)
async def end_memberships_when_center_closes(event: Received[CenterClosed], world: World) -> Sequence[Intent]:
    """A closed center is a member nowhere, since the day it closed."""
    where = {"state.center": event.key, "state.status": {"$in": _STATUSES}}
    return await _end_memberships(where, Gone.CENTER_CLOSED, event.record.happened.date(), event, world)


@policy(NetworkDissolved, stream=NETWORK)
async def end_memberships_when_network_dissolves(
    event: Received[NetworkDissolved], world: World
) -> Sequence[Intent]:  # fmt: skip
    """A dissolved network has no members, since the day it ended."""
    where = {"state.network": event.key, "state.status": {"$in": _STATUSES}}
    return await _end_memberships(where, Gone.NETWORK_DISSOLVED, event.event.on, event, world)


@policy(MembershipApplied, MembershipRecorded, stream=MEMBERSHIP)
async def end_membership_with_what_is_gone(event: Received[Any], world: World) -> Sequence[Intent]:
    """Center or network ended while this was entered, and it was not there yet to be ended."""
    reason = await _gone(event.snapshot.center, event.snapshot.network, world)
    if reason is None:
        return []
    return await _end_memberships({"_id": event.key}, reason, event.record.recorded.date(), event, world)


@policy(CenterClosed, stream=CENTER)
async def end_links_when_center_closes(event: Received[CenterClosed], world: World) -> Sequence[Intent]:
    """Nobody funds or houses a closed center: its partners' links to it end. The partners stay."""
    where = {"state.links.center": event.key}
    return await _end_links(where, event.key, Gone.CENTER_CLOSED, event.record.happened.date(), event, world)


@policy(NetworkDissolved, stream=NETWORK)
async def end_links_when_network_dissolves(event: Received[NetworkDissolved], world: World) -> Sequence[Intent]:
    """The same for a dissolved network."""
    where = {"state.links.network": event.key}
    return await _end_links(where, event.key, Gone.NETWORK_DISSOLVED, event.event.on, event, world)


@policy(PartnershipLinked, stream=PARTNER)
async def end_link_with_what_is_gone(event: Received[PartnershipLinked], world: World) -> Sequence[Intent]:
    """Center or network ended while the link was entered, and it was not there yet to be ended."""
    partner = (await world.repository(Partner).get(event.key)).aggregate
    link = partner.linked(event.event.link)  # the event does not name a center that hides
    reason = await _gone(link.center, link.network, world)
    if reason is None:
        return []
    return await _end_links({"_id": partner.id}, link.target, reason, event.record.recorded.date(), event, world)


ENDINGS = (
    end_memberships_when_center_closes,
    end_memberships_when_network_dissolves,
    end_membership_with_what_is_gone,
    end_links_when_center_closes,
    end_links_when_network_dissolves,
    end_link_with_what_is_gone,
)


async def _end_memberships(where: Filter, reason: Gone, day: date, event: Received[Any], world: World) -> list[Intent]:
    known = event.record.recorded
    return [
        Change(Membership, each.aggregate.id, lambda it, now: it.give_up(reason, day, known, now))
        for each in await world.repository(Membership).find(where)
    ]


async def _end_links(
    where: Filter, target: str, reason: Gone, day: date, event: Received[Any], world: World
) -> list[Intent]:
    known = event.record.recorded
    return [
        Change(Partner, each.aggregate.id, lambda it, now: it.give_up(target, reason, day, known, now))
        for each in await world.repository(Partner).find(where)
    ]


async def _gone(center: str | None, network: str | None, world: World) -> Gone | None:
    """Whether one of the two is there no more, as things stand now."""
    if center is not None:
        status_of_center = (await world.repository(Center).get(center)).aggregate.snapshot().status
        if status_of_center is CenterStatus.CLOSED:
            return Gone.CENTER_CLOSED
    if network is not None:
        status = (await world.repository(Network).get(network)).aggregate.status
        return Gone.NETWORK_DISSOLVED if status is NetworkStatus.DISSOLVED else None
    return None
