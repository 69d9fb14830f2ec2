"""HTTP: how a request becomes a command or a question, and how the answer looks.

A resource's module needs::

    from shared.http import APIRouter, CommandDep, EditDep, ETag, Page, PagingDep, paginate, repository
    from shared.security import Caller, allow, public

    Visits = Annotated[Repository[Visit], Depends(repository(Visit))]
    router = APIRouter(prefix="/visits", tags=["visits"])

    @router.post("", status_code=201, dependencies=[allow("center")])          # 201, Location, ETag
    async def request_visit(body: Wish, caller: Caller, visits: Visits, command: CommandDep) -> Receipt[VisitSnapshot]:
        return await visits.create(command, lambda id, now: Visit.request(id, ..., now))

    @router.get("/{visit_id}", dependencies=[allow("center")])                   # ETag, 304
    async def get_visit(visit_id: str, visits: Visits, etag: ETag) -> VisitView:
        loaded = await visits.get(visit_id)
        etag.set(loaded.version)
        return VisitView.of(loaded)

    @router.get("", dependencies=[allow("coordinator")])                         # {"items": [...], "next": ...}, Link
    async def list_visits(visits: Visits, paging: PagingDep, country: str | None = None) -> Page[VisitView]:
        where = {"state.country": country} if country else {}
        return await paginate(visits.find, where, paging, VisitView.of, sort=[("state.name", 1)])
"""

from shared.http.commands import APIRouter, CommandDep, EditDep, NaturalCommandDep, WorldDep, repository
from shared.http.problems import Problem
from shared.http.reading import ETag, Page, PagingDep, paginate, part_of

__all__ = [
    "APIRouter",
    "CommandDep",
    "ETag",
    "EditDep",
    "NaturalCommandDep",
    "Page",
    "PagingDep",
    "Problem",
    "WorldDep",
    "paginate",
    "part_of",
    "repository",
]
