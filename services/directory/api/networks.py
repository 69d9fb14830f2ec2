"""Networks: register, read, describe, place in the tree, list criteria, dissolve."""

from datetime import date
from typing import Annotated, Any

from fastapi import Body, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from services.directory.api.centers import Happened, Input
from services.directory.api.history import After, Chronicle, Limit, chronicle
from services.directory.api.references import named_network
from services.directory.api.rights import COORDINATORS, EVERYBODY, OFFICE, by_its_coordinator
from services.directory.domain.codes import Country
from services.directory.domain.network import Criteria, CriteriaList, DissolvingReason, Network, NetworkChange
from services.directory.domain.network import NetworkProfile as Profile
from services.directory.domain.organisation import RoleContact
from shared.clock import Instant
from shared.commands import Loaded, Receipt, Repository
from shared.events.directory.center import CountryCode, LanguageCode
from shared.events.directory.network import NetworkLevel, NetworkSnapshot, NetworkStatus
from shared.http import APIRouter, CommandDep, EditDep, ETag, Page, PagingDep, WorldDep, paginate, repository
from shared.security import Caller
from shared.store.port import Filter

router = APIRouter(prefix="/networks", tags=["networks"])
Networks = Annotated[Repository[Network], Depends(repository(Network))]
NetworkReceipt = Receipt[NetworkSnapshot]
NetworkId = Annotated[str, Path(max_length=64, description="Id of a network.")]

OtherId = Annotated[str, Field(max_length=64)]


# ---- what comes in


class NetworkRegistration(Profile):
    """A network to be registered."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{
        "name": "Síť mateřských center",
        "names": {"en": "Network of Mother Centers"},
        "level": "national",
        "country": "CZ",
        "languages": ["cs"],
        "founded": 2001,
        "website": "https://sit.example.org/",
        "contact": {"email": "office@sit.example.org", "phone": "+420 555 000 222"},
    }]})  # fmt: skip

    level: NetworkLevel = Field(description="How far it reaches. Stays for ever.")
    country: Country | None = Field(default=None, description="Of a regional or national network. Stays for ever.")
    parent: OtherId | None = Field(default=None, description="Id of the network it belongs to; it reaches further.")

    def profile(self) -> Profile:
        """The part of it that is the network's profile."""
        return Profile.model_validate({field: getattr(self, field) for field in Profile.model_fields})


class Placing(Input):
    """Where a network stands in the tree."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"parent": "01890a5d-ac96-774b-bcce-b302099a8057"}]})

    parent: OtherId | None = Field(description="Id of the network it belongs to; null: to none.")


class NewCriteria(Input):
    """A network's whole list of criteria, in the order in which they are asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"criteria": [
        {"code": "open-to-all", "labels": {"en": "Open to everybody, without a fee", "de": "Offen für alle"}},
        {"code": "daily-opening", "labels": {"en": "Open on every working day"}, "mandatory": False},
    ]}]})  # fmt: skip

    criteria: Criteria


class Dissolving(Input):
    """The network ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "merged", "on": "2026-02-28"}]})

    reason: DissolvingReason
    on: Happened = None
    successor: OtherId | None = Field(default=None, description="Id of the network that carries on its work.")


# ---- what is shown


class NetworkView(BaseModel):
    """A network. The contact of a dissolved one is not shown: nobody answers there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "id": "2f0f7a4e-6f0a-5b8e-9b57-0f6f4e1d2c3b", "version": 2, "changed": "2026-03-01T09:30:00.000Z",
        "name": "Síť mateřských center", "names": {"en": "Network of Mother Centers"}, "level": "national",
        "country": "CZ", "parent": None, "languages": ["cs"], "founded": 2001, "website": "https://sit.example.org/",
        "contact": {"email": "office@sit.example.org", "phone": "+420 555 000 222"}, "criteria_version": 1,
        "status": "active", "dissolved_on": None, "successor": None,
    }]})  # fmt: skip

    id: str
    version: int = Field(description="Also the ETag.")
    changed: Instant
    name: str
    names: dict[LanguageCode, str]
    level: NetworkLevel
    country: CountryCode | None
    parent: str | None
    languages: tuple[LanguageCode, ...]
    founded: int | None
    website: str | None
    contact: RoleContact | None
    criteria_version: int = Field(description="Of the list under /criteria; 0 while there is none.")
    status: NetworkStatus
    dissolved_on: date | None
    successor: str | None

    @classmethod
    def of(cls, loaded: Loaded[Network]) -> "NetworkView":
        """The network as everybody sees it."""
        network, profile = loaded.aggregate, loaded.aggregate.profile
        active = network.status is NetworkStatus.ACTIVE
        return cls(
            id=network.id,
            version=loaded.version,
            changed=loaded.changed,
            name=profile.name,
            names=profile.names,
            level=network.level,
            country=network.country,
            parent=network.parent,
            languages=profile.languages,
            founded=profile.founded,
            website=profile.website,
            contact=profile.contact if active else None,
            criteria_version=network.criteria.version,
            status=network.status,
            dissolved_on=network.dissolved_on,
            successor=network.successor,
        )


# ---- register and read


@router.post("", status_code=201, dependencies=OFFICE)
async def register_network(
    body: NetworkRegistration, world: WorldDep, networks: Networks, command: CommandDep
) -> NetworkReceipt:
    """The office registers a network, below the one it belongs to.

    422 `unknown-network` for a parent that does not exist, `parent-not-above` for one that reaches no further,
    `parent-abroad` for the national network of another country, `country-does-not-fit`; 409 `network-dissolved`.
    """
    parent = await named_network(world, body.parent) if body.parent is not None else None
    return await networks.create(
        command,
        lambda id, now: Network.register(id, body.level, body.country, body.profile(), parent, now),
    )


@router.get("", dependencies=EVERYBODY)
async def list_networks(
    networks: Networks,
    paging: PagingDep,
    country: Country | None = None,
    level: NetworkLevel | None = None,
    parent: Annotated[str | None, Query(max_length=64, description="Those that belong to this one.")] = None,
    status: NetworkStatus | None = None,
) -> Page[NetworkView]:
    """Networks in the order of their names, dissolved ones included unless a ``status`` is asked for."""
    wanted: Filter = {
        f"state.{field}": str(value)
        for field, value in (("country", country), ("level", level), ("parent", parent), ("status", status))
        if value is not None
    }
    return await paginate(networks.find, wanted, paging, NetworkView.of, sort=[("state.sorted_as", 1)])


@router.get("/{network_id}", dependencies=EVERYBODY)
async def get_network(network_id: NetworkId, networks: Networks, etag: ETag) -> NetworkView:
    """A network, also a dissolved one."""
    loaded = await networks.get(network_id)
    etag.set(loaded.version)
    return NetworkView.of(loaded)


@router.get("/{network_id}/history", dependencies=EVERYBODY)
async def get_network_history(
    network_id: NetworkId, networks: Networks, after: After = 0, limit: Limit = 50
) -> Chronicle[NetworkSnapshot]:
    """What happened to a network, the oldest first: when, when it was entered, by which role, how it looked then."""
    return await chronicle(networks, network_id, after, limit)


@router.get("/{network_id}/criteria", dependencies=EVERYBODY)
async def get_criteria(
    network_id: NetworkId,
    networks: Networks,
    etag: ETag,
    version: Annotated[int | None, Query(ge=1, le=10**6, description="An older list.")] = None,
) -> CriteriaList:
    """The network's criteria for members, with their labels by language. 404 `no-such-criteria`."""
    network = (await networks.get(network_id)).aggregate
    criteria = network.criteria if version is None else network.criteria_of(version)
    etag.set(criteria.version)
    return criteria


# ---- what its coordinator and the office do


@router.patch("/{network_id}", dependencies=COORDINATORS)
async def edit_network(
    network_id: NetworkId,
    body: Annotated[NetworkChange, Body(examples=[{"languages": ["cs", "en"], "founded": None}])],
    caller: Caller,
    networks: Networks,
    command: EditDep,
) -> NetworkReceipt:
    """Changes the fields that are given; each replaces the old value as a whole. 409 when the network is dissolved."""
    return await networks.change(
        network_id, command, by_its_coordinator(caller, lambda network, now: network.edit(body, now))
    )


@router.put("/{network_id}/criteria", dependencies=COORDINATORS)
async def revise_criteria(
    network_id: NetworkId, body: NewCriteria, caller: Caller, networks: Networks, command: EditDep
) -> NetworkReceipt:
    """A new version of the list. Whoever was checked by an older one need not be checked again. 422
    `criterion-twice`."""
    return await networks.change(
        network_id, command, by_its_coordinator(caller, lambda network, _: network.revise_criteria(body.criteria))
    )


@router.put("/{network_id}/parent", dependencies=OFFICE)
async def place_network(
    network_id: NetworkId, body: Placing, world: WorldDep, networks: Networks, command: EditDep
) -> NetworkReceipt:
    """The office places a network below another one, by the same rules as at its registration."""
    parent = await named_network(world, body.parent) if body.parent is not None else None
    return await networks.change(network_id, command, lambda network, _: network.move(parent))


@router.post("/{network_id}/dissolution", dependencies=OFFICE)
async def dissolve(
    network_id: NetworkId, body: Dissolving, world: WorldDep, networks: Networks, command: CommandDep
) -> NetworkReceipt:
    """The network ends; within moments its memberships and links end too, on the same day, by events of their own.

    Networks below it stay where they are until the office places them elsewhere.
    """
    if body.successor is not None:
        await named_network(world, body.successor)

    def end(network: Network, now: Any) -> None:
        network.dissolve(body.reason, now, body.on, body.successor)

    return await networks.change(network_id, command, end)
