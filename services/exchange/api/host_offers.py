"""Offers to host: one per center, under the center's id."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Self

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.exchange.api.access import acting_for, known_center, may_act_for
from services.exchange.api.models import CenterId, CountryCode, DaysInput, Input, LanguageCode, TopicCode
from services.exchange.domain.calendar import each_day
from services.exchange.domain.center import BARS
from services.exchange.domain.host_offer import MOST_GUESTS, Arrival, HostOffer, Terms
from shared.clock import Instant
from shared.commands import Loaded, Receipt, Repository
from shared.events.exchange.host_offer import HostOfferSnapshot, HostStatus
from shared.events.exchange.terms import Days
from shared.http import APIRouter, CommandDep, EditDep, ETag, Page, PagingDep, Problem, WorldDep, paginate, repository
from shared.security import Caller, allow, public

router = APIRouter(prefix="/host-offers", tags=["host offers"])
HostOffers = Annotated[Repository[HostOffer], Depends(repository(HostOffer))]

_LONGEST_CALENDAR = timedelta(days=366)
Runs = Annotated[list[DaysInput], Field(max_length=24)]
TopicCodes = Annotated[list[TopicCode], Field(min_length=1, max_length=30)]
LanguageCodes = Annotated[list[LanguageCode], Field(min_length=1, max_length=20)]
Capacity = Annotated[int, Field(ge=1, le=MOST_GUESTS, description="Most guests in the house on any day.")]

_EXAMPLE: dict[str, Any] = {
    "center": "01890a5d-ac96-774b-bcce-b302099a8057",
    "topics": ["founding-a-center", "self-run-childcare"],
    "languages": ["de", "en"],
    "capacity": 6,
    "seasons": [{"first": "2026-03-01", "last": "2026-10-31"}],
    "blocked": [{"first": "2026-08-01", "last": "2026-08-31"}],
    "arrival": {
        "address": "Beispielstraße 1, München",
        "route": "From the station by tram 12, third stop.",
        "house_rules": "Slippers in the children's room, please.",
    },
}


class NewOffer(Input):
    """What a center offers."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    center: CenterId
    topics: TopicCodes
    languages: LanguageCodes
    capacity: Capacity
    seasons: Runs = Field(default=[], description="When hosting is possible; empty: all year.")
    blocked: Runs = Field(default=[], description="When it is not, whatever the seasons say.")
    arrival: Arrival | None = Field(default=None, description="Private: for guests with a confirmed visit only.")

    def terms(self) -> Terms:
        """As the domain says it."""
        return Terms(
            topics=tuple(self.topics),
            languages=tuple(self.languages),
            capacity=self.capacity,
            seasons=_days(self.seasons),
            blocked=_days(self.blocked),
            arrival=self.arrival,
        )


class OfferChange(Input):
    """New terms. What is left out stays as it is; null is allowed for ``arrival`` only, and takes it away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"capacity": 4, "languages": ["de"]}]})

    # no default below is ever used: only what was sent counts
    topics: TopicCodes = Field(default_factory=list)
    languages: LanguageCodes = Field(default_factory=list)
    capacity: Capacity = Field(default_factory=int)
    seasons: Runs = Field(default_factory=list)
    blocked: Runs = Field(default_factory=list)
    arrival: Arrival | None = None

    def applied_to(self, terms: Terms) -> Terms:
        """The terms with these changes."""
        sent: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        for name in {"seasons", "blocked"} & sent.keys():
            sent[name] = _days(sent[name])
        for name in {"topics", "languages"} & sent.keys():
            sent[name] = tuple(sent[name])
        return terms.model_copy(update=sent)


class HostOfferView(HostOfferSnapshot):
    """An offer. ``arrival`` is shown to the house itself, its coordinator and the office only."""

    version: int
    changed: Instant
    arrival: Arrival | None = None

    @classmethod
    def of(cls, loaded: Loaded[HostOffer]) -> Self:
        """What everybody may see."""
        shown = loaded.aggregate.snapshot().model_dump()
        return cls(**shown, version=loaded.version, changed=loaded.changed)

    @classmethod
    def for_the_house(cls, loaded: Loaded[HostOffer]) -> Self:
        """With the private part."""
        return cls.of(loaded).model_copy(update={"arrival": loaded.aggregate.arrival})


class CalendarDay(BaseModel):
    """One day of a house, in numbers."""

    day: date
    possible: bool = Field(description="Whether the house hosts on this day, if it is open at all.")
    promised: int = Field(description="Guests that places are held or taken for.")
    free: int = Field(description="Places left; 0 where hosting is not possible.")


class CalendarView(BaseModel):
    """A house's calendar, without saying who comes."""

    center: str
    hosts: bool = Field(description="Whether the house takes new guests at present.")
    capacity: int
    days: list[CalendarDay]


@router.post("", status_code=201, dependencies=[allow("center", "coordinator")])
async def offer_hosting(
    body: NewOffer, caller: Caller, offers: HostOffers, world: WorldDep, command: CommandDep
) -> Receipt[HostOfferSnapshot]:
    """A center offers to host. 409 while it is paused, closed or unconfirmed for too long (``center-cannot-host``),
    not known here yet (``center-unknown``, try again), or has an offer already (``already-exists``)."""
    center = await known_center(await acting_for(body.center, caller, world), world)
    return await offers.create(command, lambda id, now: HostOffer.offer(center, body.terms(), now), center.id)


@router.get("", dependencies=[public("60/minute")])
async def list_offers(
    offers: HostOffers,
    paging: PagingDep,
    topic: TopicCode | None = None,
    language: LanguageCode | None = None,
    country: CountryCode | None = None,
    status: HostStatus | None = None,
    hosts: Annotated[bool, Query(description="Only houses that take guests at present.")] = False,
) -> Page[HostOfferView]:
    """Offers by topic, language, country and status, in the order of their centers' ids."""
    wanted: dict[str, Any] = {
        "state.topics": topic,
        "state.languages": language,
        "state.country": country,
        "state.status": HostStatus.OPEN if hosts and status is None else status,
        "state.barred": {"$nin": list(BARS)} if hosts else None,
    }
    where = {field: value for field, value in wanted.items() if value is not None}
    return await paginate(offers.find, where, paging, HostOfferView.of)


@router.get("/{center}", dependencies=[public("120/minute")])
async def get_offer(
    center: CenterId, caller: Caller, offers: HostOffers, world: WorldDep, etag: ETag, response: Response
) -> HostOfferView:
    """One offer; with its private part for the house, its coordinator and the office."""
    loaded = await offers.get(center)
    response.headers["Vary"] = "Authorization"
    etag.set(loaded.version)
    if await may_act_for(center, caller, world):
        response.headers["Cache-Control"] = "private, no-store"
        return HostOfferView.for_the_house(loaded)
    return HostOfferView.of(loaded)


@router.get("/{center}/calendar", dependencies=[public("120/minute")])
async def get_calendar(
    center: CenterId,
    offers: HostOffers,
    world: WorldDep,
    first: Annotated[date | None, Query(description="Today if left out.")] = None,
    last: Annotated[date | None, Query(description="Four weeks later if left out; a year at most.")] = None,
) -> CalendarView:
    """How full a house is, day by day, as numbers only."""
    begin = first or world.clock.now().date()
    end = last or begin + timedelta(days=27)
    if not begin <= end <= begin + _LONGEST_CALENDAR:
        raise Problem(422, "invalid-input", "last is at most a year after first")
    offer = (await offers.get(center)).aggregate
    days = list(each_day(Days(first=begin, last=end)))
    return CalendarView(
        center=center, hosts=offer.hosts, capacity=offer.calendar.capacity, days=_calendar_days(offer, days)
    )


@router.patch("/{center}", dependencies=[allow("center", "coordinator")])
async def change_offer(
    center: CenterId, body: OfferChange, caller: Caller, offers: HostOffers, world: WorldDep, command: EditDep
) -> Receipt[HostOfferSnapshot]:
    """New terms for new guests. 409 ``promises-broken`` where a promised place could not be kept under them."""
    await acting_for(center, caller, world)
    return await offers.change(center, command, lambda it, now: it.change(body.applied_to(it.terms()), now))


@router.post("/{center}/pause", dependencies=[allow("center", "coordinator")])
async def pause_hosting(
    center: CenterId, caller: Caller, offers: HostOffers, world: WorldDep, command: CommandDep
) -> Receipt[HostOfferSnapshot]:
    """No guests for the time being; visits promised and not begun are matched with other houses."""
    await acting_for(center, caller, world)
    return await offers.change(center, command, lambda it, now: it.pause(now))


@router.post("/{center}/resumption", dependencies=[allow("center", "coordinator")])
async def resume_hosting(
    center: CenterId, caller: Caller, offers: HostOffers, world: WorldDep, command: CommandDep
) -> Receipt[HostOfferSnapshot]:
    """Open again after a pause or a withdrawal. 409 ``center-cannot-host`` while the center itself is barred."""
    await acting_for(center, caller, world)
    return await offers.change(center, command, lambda it, now: it.resume(now))


@router.post("/{center}/withdrawal", dependencies=[allow("center", "coordinator")])
async def withdraw_hosting(
    center: CenterId, caller: Caller, offers: HostOffers, world: WorldDep, command: CommandDep
) -> Receipt[HostOfferSnapshot]:
    """The offer is taken back; visits promised and not begun are matched with other houses."""
    await acting_for(center, caller, world)
    return await offers.change(center, command, lambda it, now: it.withdraw(now))


def _days(runs: Sequence[DaysInput]) -> tuple[Days, ...]:
    return tuple(run.days() for run in runs)


def _calendar_days(offer: HostOffer, days: Sequence[date]) -> list[CalendarDay]:
    calendar, load = offer.calendar, offer.calendar.load()
    found = []
    for day in days:
        possible, promised = calendar.in_season(Days(first=day, last=day)), load.get(day, 0)
        free = calendar.capacity - promised if possible else 0
        found.append(CalendarDay(day=day, possible=possible, promised=promised, free=free))
    return found
