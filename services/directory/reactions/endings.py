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
from services.directory.domain.initiative import ON_THE_WAY, Initiative, WithdrawalReason
from services.directory.domain.membership import OPEN, Membership
from services.directory.domain.network import Network
from services.directory.domain.partner import Partner
from services.directory.domain.spells import Gone
from shared.events import Received
from shared.events.directory.center import CENTER, CenterClosed, CenterStatus
from shared.events.directory.initiative import INITIATIVE, MentorAssigned
from shared.events.directory.membership import MEMBERSHIP, MembershipApplied, MembershipRecorded
from shared.events.directory.network import NETWORK, NetworkDissolved
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
    gone = await _gone(event.snapshot.center, event.snapshot.network, world)
    return await _end_memberships({"_id": event.key}, *gone, event, world) if gone else []


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
    gone = await _gone(link.center, link.network, world)
    return await _end_links({"_id": partner.id}, link.target, *gone, event, world) if gone else []


@policy(CenterClosed, stream=CENTER)
async def release_initiatives_when_mentor_closes(
    event: Received[CenterClosed], world: World
) -> Sequence[Intent]:  # fmt: skip
    """A closed center accompanies nobody: its initiatives need another mentor. Not if it is open again by now."""
    if not await _is_closed(event.key, world):
        return []
    statuses = [status.value for status in ON_THE_WAY]
    found = await world.repository(Initiative).find({"state.mentor": event.key, "state.status": {"$in": statuses}})
    return [_release(each.aggregate.id, event.key) for each in found]


@policy(MentorAssigned, stream=INITIATIVE)
async def release_initiative_with_a_closed_mentor(
    event: Received[MentorAssigned], world: World
) -> Sequence[Intent]:  # fmt: skip
    """The mentor closed while it was assigned, and the initiative was not yet its own to be released."""
    mentor = event.event.mentor
    return [_release(event.key, mentor)] if await _is_closed(mentor, world) else []


ENDINGS = (
    end_memberships_when_center_closes,
    end_memberships_when_network_dissolves,
    end_membership_with_what_is_gone,
    end_links_when_center_closes,
    end_links_when_network_dissolves,
    end_link_with_what_is_gone,
    release_initiatives_when_mentor_closes,
    release_initiative_with_a_closed_mentor,
)


def _release(initiative: str, mentor: str) -> Intent:
    reason = WithdrawalReason.CENTER_CLOSED
    return Change(Initiative, initiative, lambda it, now: it.withdraw_mentor(mentor, reason, now))


async def _is_closed(center: str, world: World) -> bool:
    return (await world.repository(Center).get(center)).aggregate.status is CenterStatus.CLOSED


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


async def _gone(center: str | None, network: str | None, world: World) -> tuple[Gone, date] | None:
    """Whether one of the two is there no more, as things stand now, and since which day."""
    if center is not None:
        closed_on = await _closed_on(center, world)
        if closed_on is not None:
            return Gone.CENTER_CLOSED, closed_on
    if network is not None:
        dissolved_on = (await world.repository(Network).get(network)).aggregate.dissolved_on
        if dissolved_on is not None:
            return Gone.NETWORK_DISSOLVED, dissolved_on
    return None


async def _closed_on(center: str, world: World) -> date | None:
    """The day a closed center closed, from its journal; None for one that is not closed."""
    centers = world.repository(Center)
    loaded = await centers.get(center)
    if loaded.aggregate.status is not CenterStatus.CLOSED:
        return None
    history = await centers.history(center, limit=loaded.version)
    closings = [entry.record for entry in history if entry.record.type == CENTER.type_of(CenterClosed)]
    return closings[-1].happened.date()
