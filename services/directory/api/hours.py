"""When a center is open: now, next, and in the coming weeks; and as a feed for other calendars."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from services.directory.api.centers import Centers
from services.directory.api.rights import EVERYBODY
from services.directory.api.views import CenterId
from services.directory.domain.center import Center
from services.directory.domain.offer import Offer
from services.directory.domain.schedule import next_opening, occurrences, open_at
from services.directory.exports.calendar_feed import MEDIA_TYPE, FeedOffer, feed
from services.directory.exports.hours_wording import describe
from shared.clock import Instant
from shared.events.directory.center import CenterStatus, LocationVisibility, OfferStatus
from shared.http import APIRouter, ETag, WorldDep
from shared.http.languages import Languages, LanguagesDep
from shared.taxonomy import SERVICES

router = APIRouter(prefix="/centers/{center_id}", tags=["hours"])

DAYS = Query(ge=1, le=92, description="For how many days from now on.")


class Session(BaseModel):
    """A time at which something takes place."""

    offer: str
    service: str
    starts: Instant
    ends: Instant


class OfferHours(BaseModel):
    """When one service takes place."""

    offer: str
    service: str
    label: str = Field(description="What the service is called, in the reader's language.")
    in_words: list[str] = Field(
        description="Days off and extra days are not said.", examples=[["Thursdays 9:00–11:30"]]
    )
    open_now: bool
    next: Session | None = Field(description="The first that begins from now on, within 400 days.")


class Openings(BaseModel):
    """A center's opening hours. Of a paused, closed or hidden center nothing is told."""

    time_zone: str | None
    open_now: bool
    next: Session | None
    offers: list[OfferHours]
    sessions: list[Session] = Field(description="In the days asked for, in the order in which they begin.")


@router.get("/openings", dependencies=EVERYBODY)
async def get_openings(
    center_id: CenterId,
    centers: Centers,
    world: WorldDep,
    languages: LanguagesDep,
    days: Annotated[int, DAYS] = 7,
) -> Openings:
    """Whether a center is open now, when it opens next, and what takes place in the coming days."""
    center, now = (await centers.get(center_id)).aggregate, world.clock.now()
    zone, offers = _told(center)
    if zone is None:
        return Openings(time_zone=None, open_now=False, next=None, offers=[], sessions=[])
    hours = [_hours(center, offer, zone, now, languages) for offer in offers]
    sessions = [
        Session(offer=offer.id, service=offer.service, starts=starts, ends=ends)
        for offer in offers
        for starts, ends in occurrences(zone, offer.terms.hours, center.closures, now, now + timedelta(days=days))
    ]
    return Openings(
        time_zone=zone,
        open_now=any(each.open_now for each in hours),
        next=min((each.next for each in hours if each.next), key=lambda session: session.starts, default=None),
        offers=hours,
        sessions=sorted(sessions, key=lambda session: (session.starts, session.offer)),
    )


@router.get("/calendar.ics", dependencies=EVERYBODY, response_class=Response)
async def get_calendar(
    center_id: CenterId, centers: Centers, languages: LanguagesDep, etag: ETag, response: Response
) -> Response:
    """A center's hours as an iCalendar feed (RFC 5545), to subscribe to. Empty while nothing is told of them."""
    loaded = await centers.get(center_id)
    center = loaded.aggregate
    zone, offers = _told(center)
    language = languages.choose([*SERVICES.terms[0].labels])
    etag.set(f"{loaded.version}-{language}")
    place = center.place.shown(center.visibility)
    content = feed(
        center.id,
        center.snapshot().name,
        zone or "UTC",
        [
            FeedOffer(
                offer.id,
                SERVICES.label(offer.service, language),
                offer.service,
                offer.terms.languages or center.profile.languages,
                offer.terms.hours,
                center.closures,
            )
            for offer in offers
        ],
        loaded.changed,
        location=", ".join(filter(None, (place.street, place.postal_code, place.town, place.country))),
    )
    return Response(content, media_type=MEDIA_TYPE, headers={**response.headers})


def _told(center: Center) -> tuple[str | None, list[Offer]]:
    """The clock by which hours are told, and the offers that have any; no clock where nothing is told."""
    hidden = center.visibility is LocationVisibility.HIDDEN  # a clock tells the part of a large country
    if hidden or center.status is not CenterStatus.ACTIVE or center.place.time_zone is None:
        return None, []
    return center.place.time_zone, [
        offer for offer in center.offers if offer.status is OfferStatus.ACTIVE and offer.terms.hours
    ]


def _hours(center: Center, offer: Offer, zone: str, now: datetime, languages: Languages) -> OfferHours:
    coming = next_opening(zone, offer.terms.hours, center.closures, now)
    language = languages.choose([*SERVICES.terms[0].labels])
    return OfferHours(
        offer=offer.id,
        service=offer.service,
        label=SERVICES.label(offer.service, language),
        in_words=[describe(schedule, language) for schedule in offer.terms.hours],
        open_now=open_at(zone, offer.terms.hours, center.closures, now),
        next=Session(offer=offer.id, service=offer.service, starts=coming[0], ends=coming[1]) if coming else None,
    )
