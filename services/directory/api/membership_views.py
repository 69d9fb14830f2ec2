"""A membership with its two sides: who of them the caller is, and what it may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from services.directory.api.rights import Asker, coordinates
from services.directory.domain.center import Center
from services.directory.domain.membership import Membership, MemberSpell
from services.directory.domain.network import Network
from shared.aggregate import Aggregate
from shared.clock import Instant
from shared.commands import Loaded, Repository
from shared.events.directory.center import LocationVisibility
from shared.events.directory.membership import MembershipKind, MembershipStatus
from shared.events.directory.network import NetworkLevel
from shared.security import Forbidden, Identity
from shared.world import World

A = TypeVar("A", bound=Aggregate)
Decision = Callable[[Membership, datetime], object]


class CheckView(BaseModel):
    """Which criteria were met when somebody looked."""

    version: int = Field(description="Of the network's list.")
    met: tuple[str, ...]
    missing: tuple[str, ...] = Field(description="Mandatory ones that were not met.")
    on: date


class MembershipInternal(BaseModel):
    """What only the center's people, the network's coordinator and the office see."""

    consented: bool = Field(description="Whether the center's own people asked for it, or confirmed it.")
    note: str | None


class MembershipView(BaseModel):
    """A center and a network, and what they are to each other. ``internal`` is null for everybody else."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "id": "7a0c9b62-1d0e-5c56-8f1e-0f6f4e1d2c3b", "version": 4, "changed": "2026-03-01T09:30:00.000Z",
        "network": "01890a5d-ac96-774b-bcce-b302099a8057", "network_name": "Síť mateřských center",
        "center": "01890a5d-ac96-774b-bcce-b302099a8059", "center_name": "Mateřské centrum Kamínek",
        "kind": "full", "status": "admitted", "applied_on": "2026-02-14",
        "criteria": {"version": 1, "met": ["open-to-all"], "missing": [], "on": "2026-02-20"},
        "code_accepted_on": "2026-02-14", "reason": None,
        "spells": [{"kind": "full", "since": "2026-03-01", "until": None}],
        "on_that_day": {"kind": "full", "since": "2026-03-01", "until": None}, "internal": None,
    }]})  # fmt: skip

    id: str
    version: int = Field(description="Also the ETag.")
    changed: Instant
    network: str
    network_name: str
    center: str
    center_name: str = Field(description="As everybody may know it today.")
    kind: MembershipKind = Field(description="Of the present or latest membership or application.")
    status: MembershipStatus
    applied_on: date | None
    criteria: CheckView | None
    code_accepted_on: date | None
    reason: str | None = Field(description="Why it was declined, withdrawn or ended.")
    spells: list[MemberSpell] = Field(description="In order of time.")
    on_that_day: MemberSpell | None = Field(description="The spell of the day asked for, or of today; null: no member.")
    internal: MembershipInternal | None


@dataclass(frozen=True)
class Sides:
    """A network and a center, and for which of them the caller speaks."""

    network: Network
    center: Center
    for_network: bool
    for_center: bool

    @classmethod
    def of(cls, network: Network, center: Center, caller: Identity) -> "Sides":
        """What the caller's token says of the two. A coordinator speaks for a center only by its country here."""
        return cls(network, center, coordinates(caller, network), Asker(caller).is_its_people(center))

    @property
    def insider(self) -> bool:
        """Whether it is the caller's own affair."""
        return self.for_network or self.for_center

    @property
    def tells_region(self) -> bool:
        """Whether being a member here tells more of where the center is than the center shows."""
        hidden = self.center.visibility is LocationVisibility.HIDDEN
        return hidden and self.network.level is NetworkLevel.REGIONAL

    def by_network(self, decide: Decision) -> Decision:
        """``decide``, but `Forbidden` for anybody but the network's coordinator and the office."""
        return _only(self.for_network, "this token does not coordinate that network", decide)

    def by_center(self, decide: Decision) -> Decision:
        """``decide``, but `Forbidden` for anybody but the center, its country's coordinator and the office."""
        return _only(self.for_center, "this token acts neither for that center nor for its country", decide)

    def by_either(self, decide: Decision) -> Decision:
        """``decide``, but `Forbidden` for whoever speaks for neither."""
        return _only(self.insider, "this token acts neither for that center nor for that network", decide)


@dataclass(frozen=True)
class Told:
    """A membership and its two sides, to be told to the caller."""

    loaded: Loaded[Membership]
    sides: Sides

    @property
    def id(self) -> str:
        """The membership's id."""
        return self.loaded.aggregate.id

    @property
    def allowed(self) -> bool:
        """Who is and who was a member is public, unless it would tell a hidden center's region."""
        return self.sides.insider or (bool(self.loaded.aggregate.spells) and not self.sides.tells_region)

    def view(self, day: date) -> MembershipView:
        """The membership as the caller may see it; ``day`` is the one asked for."""
        membership = self.loaded.aggregate if self.sides.insider else self.loaded.aggregate.without_application()
        check = membership.check
        internal = MembershipInternal(consented=membership.consented, note=membership.note)
        return MembershipView(
            id=membership.id,
            version=self.loaded.version,
            changed=self.loaded.changed,
            network=membership.network,
            network_name=self.sides.network.profile.name,
            center=membership.center,
            center_name=self.sides.center.snapshot().name,
            kind=membership.kind,
            status=membership.status,
            applied_on=membership.applied_on,
            criteria=CheckView.model_validate(check.model_dump()) if check else None,
            code_accepted_on=membership.code_accepted_on,
            reason=membership.reason,
            spells=membership.spells,
            on_that_day=membership.on(day),
            internal=internal if self.sides.insider else None,
        )


async def told(world: World, caller: Identity, found: Sequence[Loaded[Membership]]) -> list[Told]:
    """Those of the memberships that the caller may see, each with its two sides."""
    networks = await _by_id(world.repository(Network), {each.aggregate.network for each in found})
    centers = await _by_id(world.repository(Center), {each.aggregate.center for each in found})
    all_of_them = [
        Told(each, Sides.of(networks[each.aggregate.network], centers[each.aggregate.center], caller)) for each in found
    ]
    return [each for each in all_of_them if each.allowed]


async def _by_id(repository: Repository[A], ids: set[str]) -> dict[str, A]:
    found = await repository.find({"_id": {"$in": sorted(ids)}})
    return {each.aggregate.id: each.aggregate for each in found}


def _only(may: bool, otherwise: str, decide: Decision) -> Decision:
    def decided(membership: Membership, now: datetime) -> None:
        if not may:
            raise Forbidden(otherwise)
        decide(membership, now)

    return decided
