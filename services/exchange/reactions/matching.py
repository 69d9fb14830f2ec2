"""How visits and calendars follow each other.

A visit and a host's calendar never change in one step. The visit chooses a house and says so (PlaceRequested), the
calendar answers (PlaceHeld, PlaceRefused), the visit is matched or chooses again; whatever ends the engagement on the
visit's side lets the place go. Only the visit decides with whom it is engaged, only the calendar whether there is
room, and both know an engagement by its round: so repeats, late answers and crashes between two steps do no harm, and
a place is never held for a visit that is elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from services.exchange.domain.commitment import TAKEN_OVER, Commitment
from services.exchange.domain.host_offer import HostOffer
from services.exchange.domain.matching import Candidate, House, best_first, rank
from services.exchange.domain.proof import followers
from services.exchange.domain.visit import OPEN, Visit
from services.exchange.mirrors import CENTERS, center_from, is_closed
from shared.events.base import Received
from shared.events.directory.center import (
    CENTER,
    CenterClosed,
    CenterPaused,
    CenterRelocated,
    CenterReopened,
    CenterVerified,
    VerificationLapsed,
)
from shared.events.exchange.host_offer import (
    HOST_OFFER,
    HostingChanged,
    HostingOffered,
    HostingPaused,
    HostingResumed,
    HostingWithdrawn,
    HostStatus,
    PlaceHeld,
    PlaceRefused,
    PlaceReleased,
    Promise,
)
from shared.events.exchange.visit import (
    VISIT,
    OfferExpired,
    PlaceRequested,
    VisitCancelled,
    VisitConfirmed,
    VisitDeclined,
    VisitNotHeld,
    VisitRematched,
    VisitRequested,
    VisitStatus,
    VisitWaitlisted,
)
from shared.reactions import Change, Intent, policy
from shared.world import World

_PAGE = 100


# ---- a visit looks for a host


@policy(
    VisitRequested,
    VisitDeclined,
    OfferExpired,
    VisitRematched,
    VisitWaitlisted,
    stream=VISIT,
)
async def find_host(event: Received[Any], world: World) -> Sequence[Intent]:
    """Ranks the houses and lets the visit choose.

    Also right after a visit was waitlisted: an offer that came while it was still looking was not meant for it yet.
    """
    visit, ranking = await _ranking(event.key, world)
    round = event.snapshot.round
    return [Change(Visit, visit.id, lambda it, now: it.seek(ranking, round, now))]


@policy(PlaceRequested, stream=VISIT)
async def hold_place(event: Received[PlaceRequested], world: World) -> Sequence[Intent]:
    """Asks the chosen house's calendar."""
    visit, asked = event.key, event.event
    return [
        Change(HostOffer, asked.host, lambda it, now: it.hold(visit, asked.round, asked.days, asked.guests, now)),
    ]


@policy(PlaceHeld, stream=HOST_OFFER)
async def match_when_place_is_held(event: Received[PlaceHeld], world: World) -> Sequence[Intent]:
    """The calendar keeps a place: the house is asked to host."""
    host, held = event.key, event.event
    return [Change(Visit, held.visit, lambda it, now: it.match(host, held.round, now))]


@policy(PlaceRefused, stream=HOST_OFFER)
async def choose_again_when_place_is_refused(
    event: Received[PlaceRefused], world: World
) -> Sequence[Intent]:  # fmt: skip
    """The calendar filled up meanwhile: on to the next house."""
    host, refused = event.key, event.event
    _, ranking = await _ranking(refused.visit, world)
    return [Change(Visit, refused.visit, lambda it, now: it.place_refused(host, refused.round, ranking, now))]


async def _ranking(visit_id: str, world: World) -> tuple[Visit, list[Candidate]]:
    """The visit, and the houses that suit it, as things stand now.

    Measured page by page: between two pages the process attends to everything else.
    """
    visit = (await world.repository(Visit).get(visit_id)).aggregate
    found: list[Candidate] = []
    after = ""
    while True:
        where = {
            "_id": {"$gt": after},
            "state.status": HostStatus.OPEN.value,
            "state.topics": {"$in": visit.topics},
            "state.languages": {"$in": visit.languages},
        }
        page = [each.aggregate for each in await world.repository(HostOffer).find(where, limit=_PAGE)]
        found += await _rank_among(visit, page, world)
        if len(page) < _PAGE:
            return visit, best_first(found)
        after = page[-1].id


async def _rank_among(visit: Visit, offers: Sequence[HostOffer], world: World) -> list[Candidate]:
    copies = await world.mirror(CENTERS.name).get_many([visit.guest, *(offer.id for offer in offers)])
    centers = {id: center_from(copy) for id, copy in copies.items()}
    guest = centers.get(visit.guest)
    proven = await _followers(visit, list(centers), world)
    houses = [House(offer, centers[offer.id], proven.get(offer.id, 0)) for offer in offers if offer.id in centers]
    return rank(visit.wish(guest.town_point if guest else None), houses, world.clock.now().date())


async def _followers(visit: Visit, hosts: Sequence[str], world: World) -> Mapping[str, int]:
    """How many centers took over what they saw at these houses on one of the visit's topics."""
    where = {
        "state.host": {"$in": hosts},
        "state.status": {"$in": sorted(TAKEN_OVER)},
        "state.topic": {"$in": visit.topics},
    }
    return followers(each.aggregate for each in await world.repository(Commitment).find(where))


# ---- the calendar follows the visit


@policy(VisitConfirmed, stream=VISIT)
async def take_place_when_confirmed(event: Received[VisitConfirmed], world: World) -> Sequence[Intent]:
    """Confirmed: the place that was held is taken."""
    visit, confirmed = event.key, event.event
    return [Change(HostOffer, confirmed.host, lambda it, now: it.take(visit, confirmed.round, now))]


@policy(
    VisitDeclined,
    OfferExpired,
    VisitRematched,
    VisitNotHeld,
    VisitCancelled,
    stream=VISIT,
)
async def release_place(event: Received[Any], world: World) -> Sequence[Intent]:
    """The engagement is over: its place is free."""
    visit, guests, ended = event.key, event.snapshot.guests, event.event
    if ended.host is None:
        return []
    return [
        Change(HostOffer, ended.host, lambda it, now: it.release(visit, ended.round, ended.days, guests, now)),
    ]


# ---- a house stops, or has room again

_WHY = {
    "own-wish": "host-paused",
    "center-paused": "host-paused",
    "center-closed": "host-closed",
    "check-lapsed": "host-lapsed",
}


@policy(HostingPaused, stream=HOST_OFFER)
async def rematch_when_hosting_pauses(event: Received[HostingPaused], world: World) -> Sequence[Intent]:
    """Whoever does not host now needs to be replaced: the promised visits go back to matching."""
    return _rematch(event.key, event.event.promised, _WHY.get(event.event.reason, "host-paused"))


@policy(HostingWithdrawn, stream=HOST_OFFER)
async def rematch_when_hosting_is_withdrawn(
    event: Received[HostingWithdrawn], world: World
) -> Sequence[Intent]:  # fmt: skip
    """An offer taken back hosts nobody: the promised visits go back to matching."""
    return _rematch(event.key, event.event.promised, "host-withdrew")


def _rematch(host: str, promised: Sequence[Promise], reason: str) -> list[Intent]:
    return [_rematch_one(host, promise, reason) for promise in promised]


def _rematch_one(host: str, promise: Promise, reason: str) -> Intent:
    return Change(Visit, promise.visit, lambda it, now: it.rematch(host, promise.round, reason, now))


@policy(HostingOffered, HostingChanged, HostingResumed, PlaceReleased, stream=HOST_OFFER)
async def ask_for_waiting_visits(event: Received[Any], world: World) -> Sequence[Intent]:
    """A house has something new to offer: the visits on the waiting list are measured against it, the oldest first."""
    offer = (await world.repository(HostOffer).get(event.key)).aggregate
    if not offer.hosts:
        return []
    waiting = await world.repository(Visit).find(
        {
            "state.status": VisitStatus.WAITLISTED.value,
            "state.topics": {"$in": offer.topics},
            "state.languages": {"$in": offer.languages},
        },
        sort=(("state.requested", 1), ("_id", 1)),
    )
    return [await _ask(each.aggregate, offer, world) for each in waiting]


async def _ask(visit: Visit, offer: HostOffer, world: World) -> Intent:
    ranking = await _rank_among(visit, [offer], world)
    return Change(Visit, visit.id, lambda it, now: it.seek(ranking, visit.round, now))


# ---- what the directory says


@policy(
    CenterRelocated,
    CenterVerified,
    VerificationLapsed,
    CenterPaused,
    CenterClosed,
    CenterReopened,
    stream=CENTER,
)
async def follow_center(event: Received[Any], world: World) -> Sequence[Intent]:
    """A center that is paused, closed or unconfirmed for too long hosts nobody; back again, it hosts as before."""
    return await _follow(event.key, world)


@policy(HostingOffered, HostingPaused, HostingResumed, stream=HOST_OFFER)
async def follow_center_again(event: Received[Any], world: World) -> Sequence[Intent]:
    """News of the center that came while it made its offer had no offer to change; and two of them that were taken
    over at the same time may have been in the wrong order. The newest counts."""
    return await _follow(event.key, world)


async def _follow(id: str, world: World) -> list[Intent]:
    """By the newest of what the directory said, whichever event asks."""
    copy = await world.mirror(CENTERS.name).get(id)
    if copy is None:
        return []
    center = center_from(copy)
    return [Change(HostOffer, center.id, lambda it, now: it.follow(center, now))]


@policy(CenterClosed, stream=CENTER)
async def cancel_when_guest_closes(event: Received[CenterClosed], world: World) -> Sequence[Intent]:
    """A closed center visits nobody: its visits that have not begun are cancelled. Not if it is open again by now."""
    if not await is_closed(event.key, world):
        return []
    statuses = sorted(status.value for status in OPEN)
    visits = await world.repository(Visit).find({"state.guest": event.key, "state.status": {"$in": statuses}})
    return [_cancel(each.aggregate.id) for each in visits]


@policy(VisitRequested, stream=VISIT)
async def cancel_when_guest_has_closed(event: Received[VisitRequested], world: World) -> Sequence[Intent]:
    """The guest closed while it made its request, and the request was not there yet to be cancelled."""
    return [_cancel(event.key)] if await is_closed(event.snapshot.guest, world) else []


def _cancel(visit: str) -> Intent:
    return Change(Visit, visit, lambda it, now: it.guest_closed(now))


MATCHING = (
    find_host,
    hold_place,
    match_when_place_is_held,
    choose_again_when_place_is_refused,
    take_place_when_confirmed,
    release_place,
    rematch_when_hosting_pauses,
    rematch_when_hosting_is_withdrawn,
    ask_for_waiting_visits,
    follow_center,
    follow_center_again,
    cancel_when_guest_closes,
    cancel_when_guest_has_closed,
)
