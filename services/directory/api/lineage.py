"""Lineage: where a center came from, who came from it, and the whole forest as data and as a picture."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.directory.api.centers import Centers
from services.directory.api.history import After, Chronicle, Limit, chronicle
from services.directory.api.initiatives import UnknownVisit
from services.directory.api.references import named_center
from services.directory.api.rights import COORDINATORS, AskerDep
from services.directory.api.views import CenterId
from services.directory.domain.codes import Country
from services.directory.domain.lineage import FOREST, Forest
from services.directory.domain.profile import Year
from services.directory.views.lineage import (
    Relative,
    everybody_in,
    family,
    read_centers,
    read_forest,
    with_ancestors,
)
from services.directory.views.tree import WORDS, family_tree
from services.directory.views.visits import VISITS
from shared.aggregate import NotFound, Refusal, Why
from shared.commands import Receipt, Repository
from shared.days import year_has_begun
from shared.events.directory.lineage import Cause, LineageSnapshot, Origin
from shared.http import APIRouter, CommandDep, ETag, WorldDep, repository
from shared.http.languages import LanguagesDep
from shared.http.media import SvgResponse
from shared.security import public
from shared.world import World

router = APIRouter(tags=["lineage"])
Forests = Annotated[Repository[Forest], Depends(repository(Forest))]
EVERYBODY = [public(rate="60/minute")]


class VisitElsewhere(Refusal):
    """That visit went to another center; ``host`` says to which."""

    code = "visit-elsewhere"
    why = Why.INVALID


class NewOrigin(BaseModel):
    """Where a center came from, as its coordinator knows it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"came_from": "0e1f7a4e-6f0a-5b8e-9b57-0f6f4e1d2c3b", "cause": "visit", "year": 1991}]
        },
    )

    came_from: str = Field(max_length=64, description="Id of the center it came from.")
    cause: Cause
    visit: str | None = Field(default=None, max_length=64, description="Id of the visit; older visits have none.")
    mentor: str | None = Field(default=None, max_length=64, description="Id of the center that accompanied it.")
    year: Year | None = Field(default=None, description="Year of the visit, the mentoring or the first idea.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.visit and self.cause is not Cause.VISIT:
            raise ValueError("a visit is named only where the visit is the cause")
        if self.cause is Cause.MENTOR and self.mentor not in (None, self.came_from):
            raise ValueError("where mentoring is the cause, the center came from its mentor")
        return self

    def origin(self) -> Origin:
        """As the domain says it: who came from its mentor was accompanied by it."""
        mentor = self.came_from if self.cause is Cause.MENTOR else self.mentor
        return Origin(came_from=self.came_from, cause=self.cause, visit=self.visit, mentor=mentor, year=self.year)


class LineageView(BaseModel):
    """A center's ancestors and descendants."""

    center: Relative
    ancestors: list[Relative] = Field(description="The nearest first, the root of the tree last.")
    descendants: list[Relative] = Field(
        description="Each before those that came from it, as in a tree read from top to bottom: indent by `generation`."
    )


class ForestView(BaseModel):
    """The trees that were asked for."""

    centers: int
    trees: int
    generations: int
    members: list[Relative] = Field(
        description="Each before those that came from it, as in a tree read from top to bottom: indent by `generation`."
    )


# ---- one center


@router.get("/centers/{center_id}/lineage", dependencies=EVERYBODY)
async def get_lineage(center_id: CenterId, centers: Centers, world: WorldDep, etag: ETag) -> LineageView:
    """Where a center came from, up to the root of its tree, and all that came from it; each with the cause."""
    await centers.get(center_id)
    forest = await read_forest(world)
    ancestors = forest.ancestors(center_id)
    shown = await read_centers(world, {center_id, *ancestors, *forest.descendants(center_id)})
    members = family(forest, shown)
    by_id = {member.id: member for member in members}
    view = LineageView(
        center=by_id[center_id],
        ancestors=[by_id[id] for id in ancestors if id in by_id],
        descendants=[member for member in members if member.id != center_id and member.id not in ancestors],
    )
    etag.of(view.model_dump_json())
    return view


@router.put("/centers/{center_id}/lineage", dependencies=COORDINATORS)
async def record_origin(
    center_id: CenterId,
    body: NewOrigin,
    asker: AskerDep,
    centers: Centers,
    forests: Forests,
    world: WorldDep,
    command: CommandDep,
) -> Receipt[LineageSnapshot]:
    """Enters or corrects where a center came from, as the coordinator of its country or network or the office knows it.

    A center that an initiative became has this from the start. 422 `own-parent`, `unknown-center`, `unknown-visit`,
    `visit-elsewhere`, `in-the-future`; 409 `lineage-cycle` when the other one came from this center (``path``).
    """
    asker.require_network((await centers.get(center_id)).aggregate)
    for named in (body.came_from, body.mentor):
        if named is not None:
            await named_center(world, named)
    await _check_visit(body, world)

    def enter(forest: Forest, now: datetime) -> None:
        year_has_begun(body.year, now)
        forest.enter(center_id, body.origin())

    return await forests.change(FOREST, command, enter, begin=Forest.empty)


@router.delete("/centers/{center_id}/lineage", dependencies=COORDINATORS)
async def remove_origin(
    center_id: CenterId,
    asker: AskerDep,
    centers: Centers,
    forests: Forests,
    command: CommandDep,
) -> Receipt[LineageSnapshot]:
    """The center came from no other after all; its own descendants stay. 404 `no-lineage`."""
    asker.require_network((await centers.get(center_id)).aggregate)
    return await forests.change(FOREST, command, lambda forest, _: forest.remove(center_id), begin=Forest.empty)


async def _check_visit(body: NewOrigin, world: World) -> None:
    if body.visit is None:
        return
    copy = await world.mirror(VISITS.name).get(body.visit)
    if copy is None:
        raise UnknownVisit("no visit with this id is known here (yet)", visit=body.visit)
    if copy["host"] != body.came_from:
        raise VisitElsewhere("that visit went to another center", host=copy["host"])


# ---- the forest


async def chosen(
    world: WorldDep,
    country: Annotated[Country | None, Query(description="Its centers, and all that they came from.")] = None,
    root: Annotated[str | None, Query(max_length=64, description="This center, and all that came from it.")] = None,
) -> list[Relative]:
    """The members that the query asks for; only centers whose origin or offspring is known are in the forest."""
    forest = await read_forest(world)
    ids = everybody_in(forest) if root is None else {root, *forest.descendants(root)}
    shown = await read_centers(world, ids)
    if root is not None and root not in shown:
        raise NotFound("there is no center with this id", id=root)
    if country is not None:
        wanted = with_ancestors(forest, [id for id, center in shown.items() if center.country == country])
        shown = {id: center for id, center in shown.items() if id in wanted}
    return family(forest, shown)


Chosen = Annotated[list[Relative], Depends(chosen)]


@router.get("/lineage", dependencies=EVERYBODY)
async def get_forest(members: Chosen, etag: ETag) -> ForestView:
    """The whole forest, or the part that is asked for. All in one answer: a thousand centers are some 400 kB."""
    view = ForestView(
        centers=len(members),
        trees=sum(member.generation == 0 for member in members),
        generations=max((member.generation for member in members), default=-1) + 1,
        members=members,
    )
    etag.of(view.model_dump_json())
    return view


@router.get("/lineage.svg", dependencies=EVERYBODY, response_class=SvgResponse, response_model=None)
async def get_forest_as_picture(members: Chosen, languages: LanguagesDep, etag: ETag, response: Response) -> str:
    """The same as a picture, generations from left to right, in the reader's language."""
    language = languages.choose(WORDS)
    picture = family_tree(members, language)
    etag.of(picture)
    response.headers["Content-Language"] = language
    return picture


@router.get("/lineage/history", dependencies=EVERYBODY)
async def get_history(forests: Forests, after: After = 0, limit: Limit = 50) -> Chronicle[LineageSnapshot]:
    """What was entered about the lineage of all centers, the oldest first."""
    try:
        return await chronicle(forests, FOREST, after, limit)
    except NotFound:
        return Chronicle(items=[], next=None)
