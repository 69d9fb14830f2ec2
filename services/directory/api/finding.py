"""Finding centers: by words, by what they are and offer, by when they are open, and by where they are."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic import Field

from services.directory.api.centers import Centers
from services.directory.api.past import On, PastPage, past_page
from services.directory.api.rights import EVERYBODY, Asker
from services.directory.api.views import CenterView
from services.directory.domain.codes import Country, Language
from services.directory.domain.profile import Kind
from services.directory.search import ForeignCursor, OpenOn
from services.directory.search import Query as Asked
from services.directory.views.members import networks_of_centers
from services.directory.views.past_map import PastMapModel
from services.directory.views.search import CenterSearch
from shared.aggregate import Refusal, Why
from shared.clock import Clock
from shared.days import not_in_the_future
from shared.events.directory.center import Access, CenterStatus, Check
from shared.http import APIRouter, Page, PagingDep, Problem, WorldDep
from shared.security import Caller
from shared.taxonomy import SERVICES, TOPICS
from shared.text import Line

router = APIRouter(prefix="/centers", tags=["centers"])

Order = Literal["relevance", "name", "distance"]
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PARTS = {"morning": (32, 48), "afternoon": (48, 68), "evening": (68, 92)}
"""In quarter-hours: 8 to 12, 12 to 17, 17 to 23 o'clock."""
OPEN_THEN = sorted([*_DAYS, *(f"{day}-{part}" for day in _DAYS for part in _PARTS)])
_OPEN = ("active", "paused")
_GO_WITH_A_PAST_DAY = {"on", "country", "status", "cursor", "limit"}


class BadQuery(Refusal):
    """Parameters that cannot be meant together."""

    code = "bad-query"
    why = Why.INVALID


class FoundCenters(Page[CenterView]):
    """A part of what was found, and how many there are of each sort in all of it."""

    total: int = Field(description="How many are found in all.")
    facets: dict[str, dict[str, int]] = Field(
        description="By facet and code, under the whole filter. Hidden centers have no region.",
        examples=[{"country": {"CZ": 250, "DE": 400}, "service": {"open-cafe": 512}}],
    )
    distances_m: list[float] | None = Field(
        description="For each item, when a point was given. Of a center shown by its town, to the town's own point."
    )


async def asked(
    world: WorldDep,
    q: Annotated[
        str | None,
        Query(max_length=100, description="Words of names, towns, descriptions, services, topics, countries."),
    ] = None,
    country: Country | None = None,
    region: Line | None = None,
    service: Annotated[list[str] | None, Query(max_length=20, description="Codes of services on offer now.")] = None,
    topic: Annotated[list[str] | None, Query(max_length=20, description="Codes of topics it can teach.")] = None,
    language: Language | None = None,
    kind: Kind | None = None,
    status: Annotated[CenterStatus | None, Query(description="By default those that are not closed.")] = None,
    check: Check | None = None,
    accessibility: Access | None = None,
    hosting: Annotated[bool, Query(description="Only houses that take guests on study visits.")] = False,
    age: Annotated[int | None, Query(ge=0, le=120, description="Something on offer is for this age.")] = None,
    open_now: Annotated[bool, Query(description="By the clock on its own wall, closed days included.")] = False,
    open_on: Annotated[
        str | None, Query(description="Regularly open then: thursday, or thursday-morning (8-12, 12-17, 17-23).")
    ] = None,
    near: Annotated[
        str | None, Query(description="Latitude and longitude in degrees: 50.09,14.42", max_length=40)
    ] = None,
    radius_km: Annotated[float, Query(gt=0, le=20_100, description="Around ``near``.")] = 50,
    order: Annotated[Order | None, Query(description="By default distance, relevance or name, as asked.")] = None,
) -> Asked:
    """The query's parameters as the index understands them. Of several values of one parameter one is enough."""
    filters: dict[str, tuple[str, ...]] = {"status": (status.value,) if status else _OPEN}
    one_of_a_kind = {
        "country": country, "region": region, "language": language, "kind": kind, "check": check,
        "accessibility": accessibility,
    }  # fmt: skip
    filters |= {facet: (str(code),) for facet, code in one_of_a_kind.items() if code is not None}
    for facet, codes, taxonomy in (("service", service, SERVICES), ("topic", topic, TOPICS)):
        if codes:
            filters[facet] = taxonomy.all_known(codes)
    if hosting:
        filters["hosting"] = ("yes",)
    point = _point(near)
    return Asked(
        text=q,
        filters=filters,
        age=age,
        open_at=_open_at(open_now, open_on, world.clock),
        near=point,
        radius_m=round(radius_km * 1000),
        order=_order(order, q, point),
    )


AskedDep = Annotated[Asked, Depends(asked)]


@router.get("", dependencies=EVERYBODY)
async def list_centers(
    request: Request,
    caller: Caller,
    centers: Centers,
    world: WorldDep,
    paging: PagingDep,
    query: AskedDep,
    on: On = None,
    country: Country | None = None,
    status: CenterStatus | None = None,
) -> FoundCenters | PastPage:
    """Centers by what they are, offer and are open, the most fitting first; without words, in the order of names.

    Every word must be found, the last one may be unfinished; a word that nobody has is taken for one it looks like.
    A hidden center is found by its country, and never by its town, by the name it hides, or by distance. Follows
    changes within moments; each item is shown as it is now, so a page may be shorter than asked for.

    With ``on``, the network as it was on that day, by name; of the filters only `country` and `status` go with it.
    """
    if on is not None:
        _only_with(request, on, world.clock)
        return await past_page(world.model(PastMapModel).map, centers, on, paging, country, status)
    search = world.model(CenterSearch)
    page = replace(query, limit=paging.limit, cursor=paging.cursor)
    try:
        result = search.index.search(page)
    except ForeignCursor:
        raise Problem(400, "cursor-malformed", "this cursor does not belong to this list with these filters") from None
    found = {loaded.aggregate.id: loaded for loaded in await centers.find({"_id": {"$in": list(result.ids)}})}
    still = search.still_found(query, list(found.values()))
    networks = await networks_of_centers(world, result.ids) if caller.has("coordinator") else {}
    shown = [(n, id) for n, id in enumerate(result.ids) if id in still]
    answer = FoundCenters(
        items=[CenterView.of(found[id], Asker(caller, networks.get(id, ()))) for _, id in shown],
        next=result.cursor,
        total=result.total,
        facets=result.facets,
        distances_m=[result.distances[n] / 1000 for n, _ in shown] if result.distances else None,
    )
    paging.answer(answer)
    return answer


def _only_with(request: Request, on: date, clock: Clock) -> None:
    not_in_the_future(on, clock.now())
    if others := sorted({*request.query_params} - _GO_WITH_A_PAST_DAY):
        raise BadQuery(f"a past day is listed by country and status only, not by {', '.join(others)}")


def _point(near: str | None) -> tuple[float, float] | None:
    if near is None:
        return None
    parts = near.split(",")
    try:
        lat, lon = (float(part) for part in parts)
    except ValueError:
        raise BadQuery("near is a latitude and a longitude, such as 50.09,14.42") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise BadQuery("a latitude is within 90 degrees, a longitude within 180")
    return lat, lon


def _open_at(open_now: bool, open_on: str | None, clock: Clock) -> OpenOn | datetime | None:
    if open_now and open_on:
        raise BadQuery("open_now and open_on are two questions")
    if open_now:
        return clock.now()
    if open_on is None:
        return None
    day, _, part = open_on.partition("-")
    if open_on not in OPEN_THEN:
        raise BadQuery(f"open_on is a day, or a part of one: {', '.join(OPEN_THEN[:4])} ...")
    return OpenOn(_DAYS.index(day), *(_PARTS[part] if part else (0, 96)))


def _order(order: Order | None, text: str | None, near: tuple[float, float] | None) -> Order:
    if order == "distance" and near is None:
        raise BadQuery("an order by distance needs the parameter near")
    return order or ("distance" if near else "relevance" if text else "name")
