"""How much of the directory can be trusted: the share of profiles that somebody confirmed within the year."""

from pydantic import BaseModel, Field

from services.directory.api.centers import Centers
from services.directory.api.networks import NetworkId, Networks
from services.directory.api.rights import EVERYBODY
from services.directory.search import Query
from services.directory.views.members import centers_of_network
from services.directory.views.search import CenterSearch
from shared.events.directory.center import CenterStatus, Check, CountryCode
from shared.http import APIRouter, WorldDep

router = APIRouter(tags=["freshness"])

_OPEN = (CenterStatus.ACTIVE.value, CenterStatus.PAUSED.value)


class Freshness(BaseModel):
    """How many profiles of centers that are not closed were confirmed, are being asked for, or lapsed."""

    fresh: int
    due: int = Field(description="Asked to confirm, and still within ninety days.")
    lapsed: int = Field(description="Nobody answered: labelled in search, out of matching.")
    share_fresh: float | None = Field(description="0 to 1; null where there is no center.")

    @classmethod
    def of(cls, fresh: int, due: int, lapsed: int) -> "Freshness":
        """With the share that follows."""
        total = fresh + due + lapsed
        return cls(fresh=fresh, due=due, lapsed=lapsed, share_fresh=round(fresh / total, 3) if total else None)


class CountryFreshness(Freshness):
    """The profiles of one country."""

    country: CountryCode


class Countries(BaseModel):
    """All countries with an open center, those that need most care first."""

    items: list[CountryFreshness]
    whole: Freshness


@router.get("/freshness", dependencies=EVERYBODY)
async def get_freshness(world: WorldDep) -> Countries:
    """The share of fresh profiles in each country, and in the whole network."""
    index = world.model(CenterSearch).index
    by_check = {
        check: index.search(Query(filters={"status": _OPEN, "check": (check.value,)}, limit=1)).facets.get(
            "country", {}
        )
        for check in Check
    }
    codes = sorted({country for counts in by_check.values() for country in counts})
    items = [
        CountryFreshness(country=code, **Freshness.of(*(by_check[check].get(code, 0) for check in Check)).model_dump())
        for code in codes
    ]
    items.sort(key=lambda item: (item.share_fresh, item.country))
    return Countries(items=items, whole=Freshness.of(*(sum(by_check[check].values()) for check in Check)))


@router.get("/networks/{network_id}/freshness", dependencies=EVERYBODY)
async def get_freshness_of_network(
    network_id: NetworkId, networks: Networks, centers: Centers, world: WorldDep
) -> Freshness:
    """The share of fresh profiles among a network's members, those of its regional networks included."""
    await networks.get(network_id)
    members = await centers_of_network(world, network_id, world.clock.now().date())
    open_ones = {"_id": {"$in": sorted(members)}, "state.status": {"$in": list(_OPEN)}}
    return Freshness.of(*[await centers.count({**open_ones, "state.check": check.value}) for check in Check])
