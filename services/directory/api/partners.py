"""Partners: register, read, describe, link to centers and networks, end."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Body, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.directory.api.centers import Happened, Input
from services.directory.api.history import After, Chronicle, Limit, chronicle
from services.directory.api.references import named_center, named_network, require_there
from services.directory.api.rights import (
    COORDINATORS,
    EVERYBODY,
    ITS_PEOPLE,
    asker_about,
    coordinates,
    coordinates_country,
    withheld,
)
from services.directory.domain.center import Center
from services.directory.domain.codes import Country
from services.directory.domain.network import Network
from services.directory.domain.organisation import RoleContact
from services.directory.domain.partner import Partner, PartnerChange, PartnershipEndReason
from services.directory.domain.partner import PartnerProfile as Profile
from services.directory.domain.spells import Day, Spell
from shared.clock import Instant
from shared.commands import Loaded, Receipt, Repository
from shared.events.directory.center import CountryCode, LanguageCode, LocationVisibility
from shared.events.directory.partner import LinkKind, PartnerKind, PartnerSnapshot, PartnerStatus
from shared.http import APIRouter, CommandDep, EditDep, Page, PagingDep, WorldDep, paginate, repository
from shared.security import Caller, Forbidden, Identity
from shared.store.port import Filter, Order
from shared.world import World

router = APIRouter(prefix="/partners", tags=["partners"])
Partners = Annotated[Repository[Partner], Depends(repository(Partner))]
PartnerReceipt = Receipt[PartnerSnapshot]
PartnerId = Annotated[str, Path(max_length=64, description="Id of a partner.")]
LinkId = Annotated[str, Path(max_length=20, description="Id of a link of this partner.")]


# ---- what comes in


class PartnerRegistration(Profile):
    """An organisation to be entered."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{
        "name": "Nadace Kamínek",
        "names": {"en": "Pebble Foundation"},
        "kind": "foundation",
        "country": "CZ",
        "since": "2015-09-01",
        "website": "https://nadace.example.org/",
        "contact": {"email": "info@nadace.example.org"},
    }]})  # fmt: skip

    def profile(self) -> Profile:
        """The part of it that is the partner's profile."""
        return Profile.model_validate(self.model_dump())


class NewLink(Input):
    """What the partner is to one center or one network."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"kind": "host-of-premises", "center": "01890a5d-ac96-774b-bcce-b302099a8059", "since": "2024-01-01"},
    ]})  # fmt: skip

    kind: LinkKind
    center: str | None = Field(default=None, max_length=64, description="Id of the center, if it is one.")
    network: str | None = Field(default=None, max_length=64, description="Id of the network, if it is one.")
    since: Day
    until: Day | None = Field(default=None, description="Of a link that is over: the first day without it.")

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.center is None) == (self.network is None):
            raise ValueError("A link is to one center or to one network")
        return self


class LinkEnd(Input):
    """A link is over; on the day it began for one that was entered by mistake."""

    on: Happened = None


class PartnershipEnd(Input):
    """The work with the partner is over."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "no-funding", "on": "2026-02-28"}]})

    reason: PartnershipEndReason
    on: Happened = None


# ---- what is shown


class LinkView(BaseModel):
    """What the partner is, or was, to one center or network."""

    link: str
    kind: LinkKind
    center: str | None
    network: str | None
    since: date
    until: date | None = Field(description="The first day on which it was over; null while it lasts.")


class PartnerView(BaseModel):
    """A partner. Links to centers that hide their place are left out: a landlord or town would tell it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "id": "5b8e2f0f-6f0a-5b8e-9b57-0f6f4e1d2c3b", "version": 2, "changed": "2026-03-01T09:30:00.000Z",
        "name": "Nadace Kamínek", "names": {"en": "Pebble Foundation"}, "kind": "foundation", "country": "CZ",
        "since": "2015-09-01", "website": "https://nadace.example.org/",
        "contact": {"email": "info@nadace.example.org", "phone": None}, "status": "active", "ended_on": None,
        "links": [{
            "link": "l1", "kind": "funder", "center": None, "network": "01890a5d-ac96-774b-bcce-b302099a8057",
            "since": "2015-09-01", "until": None,
        }],
    }]})  # fmt: skip

    id: str
    version: int = Field(description="Also the ETag.")
    changed: Instant
    name: str
    names: dict[LanguageCode, str]
    kind: PartnerKind
    country: CountryCode | None = Field(description="Null when it works internationally.")
    since: date | None
    website: str | None
    contact: RoleContact | None = Field(description="A role's address. Null when the work together has ended.")
    status: PartnerStatus
    ended_on: date | None
    links: list[LinkView] = Field(description="All there ever were, in the order of entry.")

    @classmethod
    def of(cls, loaded: Loaded[Partner], hidden: Collection[str]) -> "PartnerView":
        """The partner, without links to the centers that are ``hidden`` from the caller."""
        partner, profile = loaded.aggregate, loaded.aggregate.profile
        return cls(
            id=partner.id,
            version=loaded.version,
            changed=loaded.changed,
            name=profile.name,
            names=profile.names,
            kind=profile.kind,
            country=profile.country,
            since=profile.since,
            website=profile.website,
            contact=profile.contact if partner.status is PartnerStatus.ACTIVE else None,
            status=partner.status,
            ended_on=partner.ended_on,
            links=[
                LinkView(
                    link=link.id,
                    kind=link.kind,
                    center=link.center,
                    network=link.network,
                    since=link.since,
                    until=link.until,
                )
                for link in partner.links
                if link.center not in hidden
            ],
        )


async def hidden_from(caller: Identity, found: Sequence[Loaded[Partner]], world: World) -> frozenset[str]:
    """The centers among these partners' links that the caller must not find there."""
    centers = {link.center for each in found for link in each.aggregate.links if link.center is not None}
    return await withheld(world, caller, centers)


# ---- register and read


@router.post("", status_code=201, dependencies=COORDINATORS)
async def register_partner(
    body: PartnerRegistration, caller: Caller, world: WorldDep, partners: Partners, command: CommandDep
) -> PartnerReceipt:
    """The office, or the coordinator of the partner's country, enters an organisation.

    One that works internationally is entered by the office. 403 otherwise; 422 `in-the-future`.
    """
    may = await coordinates_country(world, caller, body.country)

    def build(id: str, now: datetime) -> Partner:
        _require(may)
        return Partner.register(id, body.profile(), now)

    return await partners.create(command, build)


@router.get("", dependencies=EVERYBODY)
async def list_partners(
    caller: Caller,
    world: WorldDep,
    partners: Partners,
    paging: PagingDep,
    country: Annotated[
        Country | Literal["international"] | None, Query(description="`international`: those without a country.")
    ] = None,
    kind: PartnerKind | None = None,
    status: PartnerStatus | None = None,
    center: Annotated[str | None, Query(max_length=64, description="Linked to this center.")] = None,
    network: Annotated[str | None, Query(max_length=64, description="Linked to this network.")] = None,
    on: Annotated[Day | None, Query(description="On that day; of a linked one, the link held on it.")] = None,
) -> Page[PartnerView]:
    """Partners in the order of their names; whose links to a hidden center, only its people find."""
    where: dict[str, Any] = {}
    if country is not None:
        where["state.profile.country"] = None if country == "international" else country
    if kind is not None:
        where["state.profile.kind"] = kind.value
    if status is not None:
        where["state.status"] = status.value
    if center is not None:
        known = not await withheld(world, caller, [center])
        where["state.links.center"] = center if known else {"$in": []}
    if network is not None:
        where["state.links.network"] = network
    targets = {target for target in (center, network) if target is not None}

    def holds(partner: Partner) -> bool:
        if on is None:
            return True
        linked = {link.target for link in partner.links if link.covers(on)}
        return targets <= linked if targets else partner.active_on(on)

    async def find(where: Filter, *, sort: Order, limit: int) -> list[Loaded[Partner]]:
        found = [each for each in await partners.find(where, sort=sort) if holds(each.aggregate)]
        hidden.update(await hidden_from(caller, found[:limit], world))
        return found[:limit]

    hidden: set[str] = set()
    return await paginate(find, where, paging, lambda each: PartnerView.of(each, hidden), sort=[("state.sorted_as", 1)])


@router.get("/{partner_id}", dependencies=EVERYBODY)
async def get_partner(
    partner_id: PartnerId, caller: Caller, world: WorldDep, partners: Partners, response: Response
) -> PartnerView:
    """A partner, also one that has ended.

    The ETag is for If-Match only: a link may come to be hidden without it.
    """
    loaded = await partners.get(partner_id)
    response.headers["Vary"] = "Authorization"
    response.headers["ETag"] = f'"{loaded.version}"'
    return PartnerView.of(loaded, await hidden_from(caller, [loaded], world))


@router.get("/{partner_id}/history", dependencies=EVERYBODY)
async def get_partner_history(
    partner_id: PartnerId, caller: Caller, world: WorldDep, partners: Partners, after: After = 0, limit: Limit = 50
) -> Chronicle[PartnerSnapshot]:
    """What happened to a partner, the oldest first; a center that hides its place today is not named."""
    hidden = await hidden_from(caller, [await partners.get(partner_id)], world)
    history = await chronicle(partners, partner_id, after, limit)
    for entry in history.items:
        if entry.what.get("center") in hidden:
            entry.what["center"] = None
    return history


# ---- what its managers do


@router.patch("/{partner_id}", dependencies=COORDINATORS)
async def edit_partner(
    partner_id: PartnerId,
    body: Annotated[PartnerChange, Body(examples=[{"kind": "ngo", "website": None}])],
    caller: Caller,
    world: WorldDep,
    partners: Partners,
    command: EditDep,
) -> PartnerReceipt:
    """Changes the fields that are given; each replaces the old value as a whole.

    Into another country only by somebody who coordinates that one too (403). 409 when the partner has ended, 422
    `linked-before` for a beginning after its first link.
    """
    present = (await partners.get(partner_id)).aggregate.profile.country
    may = await coordinates_country(world, caller, present)
    may = may and await coordinates_country(world, caller, body.get("country", present))

    def decide(partner: Partner, now: datetime) -> None:
        _require(may)
        partner.edit(body, now)

    return await partners.change(partner_id, command, decide)


@router.post("/{partner_id}/end", dependencies=COORDINATORS)
async def end_partner(
    partner_id: PartnerId,
    body: PartnershipEnd,
    caller: Caller,
    world: WorldDep,
    partners: Partners,
    command: CommandDep,
) -> PartnerReceipt:
    """The work with the partner ends, and all its links with it. 409 when it has ended before, 422
    `ends-before-it-begins` for a day before a link began."""
    present = (await partners.get(partner_id)).aggregate.profile.country
    may = await coordinates_country(world, caller, present)

    def decide(partner: Partner, now: datetime) -> None:
        _require(may)
        partner.end(body.reason, now, body.on)

    return await partners.change(partner_id, command, decide)


# ---- links, by whoever is at the other end


@router.post("/{partner_id}/links", status_code=201, dependencies=ITS_PEOPLE)
async def link_partner(
    partner_id: PartnerId,
    body: NewLink,
    caller: Caller,
    world: WorldDep,
    partners: Partners,
    command: CommandDep,
    response: Response,
) -> PartnerReceipt:
    """A network's coordinator links the partner to the network, a center's people link it to the center.

    409 `already-linked` when it is that already at that time, `center-closed`, `network-dissolved`; 422
    `unknown-center`, `unknown-network`, `ends-before-it-begins`, `in-the-future`.
    """
    center = await named_center(world, body.center) if body.center is not None else None
    network = await named_network(world, body.network) if body.network is not None else None
    may = await _speaks_for(world, caller, center, network)
    hidden = center is not None and center.visibility is LocationVisibility.HIDDEN
    response.headers["Location"] = f"/partners/{partner_id}"

    def decide(partner: Partner, now: datetime) -> None:
        _require(may)
        if body.until is None:
            require_there(center, network)
        spell = Spell(since=body.since, until=body.until)
        partner.link(body.kind, spell, now, center=body.center, network=body.network, hidden=hidden)

    return await partners.change(partner_id, command, decide)


@router.post("/{partner_id}/links/{link_id}/end", dependencies=ITS_PEOPLE)
async def end_link(
    partner_id: PartnerId,
    link_id: LinkId,
    body: LinkEnd,
    caller: Caller,
    world: WorldDep,
    partners: Partners,
    command: CommandDep,
) -> PartnerReceipt:
    """The link ends. 404 `no-such-link`, 409 when it has ended before, 422 `ends-before-it-begins`."""
    link = (await partners.get(partner_id)).aggregate.linked(link_id)
    center = await named_center(world, link.center) if link.center is not None else None
    network = await named_network(world, link.network) if link.network is not None else None
    may = await _speaks_for(world, caller, center, network)

    def decide(partner: Partner, now: datetime) -> None:
        _require(may)
        partner.end_link(link_id, now, body.on)

    return await partners.change(partner_id, command, decide)


# ---- who may


async def _speaks_for(world: World, caller: Identity, center: Center | None, network: Network | None) -> bool:
    """Whether the caller may say what the partner is to this center, or to this network."""
    if center is not None:
        return (await asker_about(center.id, caller, world)).is_its_people(center)
    return network is not None and coordinates(caller, network)


def _require(may: bool) -> None:
    if not may:
        raise Forbidden("this token does not act for the country, center or network that this is about")
