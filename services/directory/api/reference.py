"""What a client needs to know before it asks: the taxonomy of services, and the countries there are centers in."""

from pydantic import BaseModel, Field

from services.directory.api.past import On, PastCountries, past_countries
from services.directory.search import Query
from services.directory.views.past_map import PastMapModel
from services.directory.views.search import CenterSearch
from shared.days import not_in_the_future
from shared.events.directory.center import CenterStatus, CountryCode
from shared.http import APIRouter, ETag, WorldDep
from shared.security import public
from shared.taxonomy import SERVICES, TOPICS, Taxonomy

router = APIRouter(tags=["reference"])


class CountryCount(BaseModel):
    """How many centers a country has, by their status."""

    country: CountryCode
    active: int
    paused: int
    closed: int


class Countries(BaseModel):
    """Every country with a center, in the order of their codes."""

    items: list[CountryCount]
    centers: int = Field(description="Active and paused centers in all countries.")


@router.get("/taxonomy/services", dependencies=[public(rate="300/minute")])
async def get_services(etag: ETag) -> Taxonomy:
    """The services a center may offer, with their labels by language."""
    etag.set(SERVICES.version)
    return SERVICES


@router.get("/taxonomy/topics", dependencies=[public(rate="300/minute")])
async def get_topics(etag: ETag) -> Taxonomy:
    """What centers can teach one another, with labels by language."""
    etag.set(TOPICS.version)
    return TOPICS


@router.get("/countries", dependencies=[public(rate="300/minute")])
async def get_countries(world: WorldDep, on: On = None) -> Countries | PastCountries:
    """How many centers there are, by country and status; follows changes within moments. With ``on``, on that day."""
    if on is not None:
        not_in_the_future(on, world.clock.now())
        return past_countries(world.model(PastMapModel).map, on)
    index = world.model(CenterSearch).index
    counts = {
        status.value: index.search(Query(filters={"status": (status.value,)}, limit=1)).facets.get("country", {})
        for status in CenterStatus
    }
    items = [
        CountryCount(country=country, **{status: of_status.get(country, 0) for status, of_status in counts.items()})
        for country in sorted({country for of_status in counts.values() for country in of_status})
    ]
    return Countries(items=items, centers=sum(item.active + item.paused for item in items))
