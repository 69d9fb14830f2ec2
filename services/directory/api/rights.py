"""Who may do what with a center or network, and see what of it.

A center's people are the center itself, its country's coordinator, the coordinators of the networks it belongs to, and
the office. A network belongs to its coordinator and the office.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path

from services.directory.domain.center import Center, Verifier
from services.directory.domain.network import Network
from services.directory.views.members import networks_of_centers
from shared.events.directory.center import LocationVisibility
from shared.events.directory.network import NetworkLevel, NetworkStatus
from shared.http import WorldDep
from shared.security import Caller, Forbidden, Identity, allow, public
from shared.world import World

PEOPLE = ("center", "coordinator", "office")
"""The roles that manage centers; which center, `Asker` decides."""

# What a route demands of its caller, for ``dependencies=``:
EVERYBODY = [public(rate="300/minute")]
ITS_PEOPLE = [allow(*PEOPLE)]
COORDINATORS = [allow("coordinator")]
OFFICE = [allow()]


@dataclass(frozen=True)
class Asker:
    """Who asks about one center: the caller, and the center's networks as far as a token may hold them.

    The networks were read a moment before, so whoever has just lost one may still finish a sentence.
    """

    caller: Identity
    networks: Collection[str] = ()

    def is_its_people(self, center: Center) -> bool:
        """Whether this is the center itself, coordinates its country or one of its networks, or is the office."""
        return self.caller.acts_for(center.id) or self.is_its_network(center)

    def is_its_network(self, center: Center) -> bool:
        """The same without the center itself: what a center must not decide about itself."""
        return any(self.caller.coordinates(held) for held in (center.place.country, *self.networks))

    def require(self, center: Center) -> None:
        """`Forbidden` for anybody but the center's people."""
        if not self.is_its_people(center):
            raise Forbidden("this token acts neither for that center nor for its country or networks")

    def require_network(self, center: Center) -> None:
        """`Forbidden` for the center itself too: this its country, one of its networks or the office decides."""
        if not self.is_its_network(center):
            raise Forbidden("this token coordinates neither the country nor a network of that center")

    def allowed(self, decide: Callable[[Center, datetime], object]) -> Callable[[Center, datetime], None]:
        """``decide``, but `Forbidden` for others; asked of the very state that the command is about to change."""

        def decided(center: Center, now: datetime) -> None:
            self.require(center)
            decide(center, now)

        return decided

    def role(self, center: Center) -> Verifier:
        """As what the caller speaks about this center: the nearest of its roles."""
        if self.caller.has("center") and center.id in self.caller.centers:
            return "center"
        if self.caller.has("coordinator") and self.caller.networks & {center.place.country, *self.networks}:
            return "coordinator"
        return "office"


async def asker_about(center_id: Annotated[str, Path(max_length=64)], caller: Caller, world: WorldDep) -> Asker:
    """Who asks about this center. Only a coordinator's token can hold a network, so nobody else makes us look."""
    if not caller.has("coordinator"):
        return Asker(caller)
    networks = await networks_of_centers(world, [center_id])
    return Asker(caller, networks.get(center_id, ()))


AskerDep = Annotated[Asker, Depends(asker_about)]
"""Who asks about the center in the path, as a parameter of a route."""


def is_member(caller: Identity) -> bool:
    """Whether the caller is one of the network: of any center, of any network's coordination, or of the office."""
    return any(caller.has(role) for role in PEOPLE)


async def withheld(world: World, caller: Identity, centers: Iterable[str]) -> frozenset[str]:
    """Those of ``centers`` that hide their place from this caller: what is tied to a place must not name them."""
    found = await world.repository(Center).find({"_id": {"$in": sorted(set(centers))}})
    hidden = [each.aggregate for each in found if each.aggregate.visibility is LocationVisibility.HIDDEN]
    networks = await networks_of_centers(world, [center.id for center in hidden]) if caller.has("coordinator") else {}
    return frozenset(
        center.id for center in hidden if not Asker(caller, networks.get(center.id, ())).is_its_people(center)
    )


def coordinates(caller: Identity, network: Network) -> bool:
    """Whether the caller is this network's coordinator, or the office."""
    return any(caller.coordinates(key) for key in network.keys)


async def coordinates_country(world: World, caller: Identity, country: str | None) -> bool:
    """Whether the caller coordinates that country, by its code or by a national network there; or is the office.

    What works internationally (None) is the office's.
    """
    if country is None:
        return caller.has("office")
    national = await world.repository(Network).find(
        {
            "state.country": country,
            "state.level": NetworkLevel.NATIONAL.value,
            "state.status": NetworkStatus.ACTIVE.value,
        }
    )
    return caller.coordinates(country) or any(coordinates(caller, each.aggregate) for each in national)


async def with_countries(caller: Caller, world: WorldDep) -> Identity:
    """The caller, with the countries whose national networks it coordinates beside those its token names."""
    if not caller.has("coordinator"):
        return caller
    national = await world.repository(Network).find(
        {"state.level": NetworkLevel.NATIONAL.value, "state.status": NetworkStatus.ACTIVE.value}
    )
    countries = {each.aggregate.country for each in national if coordinates(caller, each.aggregate)}
    return replace(caller, networks=caller.networks | {country for country in countries if country})


CountryCaller = Annotated[Identity, Depends(with_countries)]
"""The caller of a route about something that belongs to a country and to no center yet."""


def by_its_coordinator(
    caller: Identity, decide: Callable[[Network, datetime], object]
) -> Callable[[Network, datetime], None]:
    """``decide``, but `Forbidden` for anybody who does not coordinate this network."""

    def decided(network: Network, now: datetime) -> None:
        require_coordinator(caller, network)
        decide(network, now)

    return decided


def require_coordinator(caller: Identity, network: Network) -> None:
    """`Forbidden` unless the caller coordinates this network."""
    if not coordinates(caller, network):
        raise Forbidden("this token does not coordinate that network")
