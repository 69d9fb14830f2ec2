"""The family tree as lists: every center with where it came from, in the order in which a tree is drawn or read aloud.

Made on request from the forest and from what the centers show of themselves today, so a hidden center is in it by its
public name and its country, and a closed one keeps its place. Lists and no nesting: a tree of any depth fits into them,
and ``generation`` and ``origin.came_from`` say all that nesting would.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from pydantic import BaseModel, Field

from services.directory.domain.center import Center
from services.directory.domain.lineage import FOREST, Forest
from shared.aggregate import NotFound
from shared.events.directory.center import CenterSnapshot, CenterStatus, CountryCode
from shared.events.directory.lineage import Origin
from shared.text import fold
from shared.world import World

_PAGE = 200


class Relative(BaseModel):
    """A center in the family tree, as everybody may see it today."""

    id: str
    name: str
    country: CountryCode
    town: str | None = Field(description="Null when hidden.")
    founded: int | None
    status: CenterStatus
    origin: Origin | None = Field(description="Where it came from; null for the root of a tree.")
    generation: int = Field(description="0 for the root of a tree, 1 for those that came from it, and so on.")
    offspring: int = Field(description="How many centers came from it directly.")
    descendants: int = Field(description="How many came from it directly or indirectly.")


async def read_forest(world: World) -> Forest:
    """The forest as it is now; an empty one while nothing is known."""
    try:
        return (await world.repository(Forest).get(FOREST)).aggregate
    except NotFound:
        return Forest.empty(FOREST)


async def read_centers(world: World, ids: Collection[str]) -> dict[str, CenterSnapshot]:
    """What these centers show of themselves. Page by page: in between the process attends to everything else."""
    wanted = sorted(ids)
    found: dict[str, CenterSnapshot] = {}
    for start in range(0, len(wanted), _PAGE):
        page = await world.repository(Center).find({"_id": {"$in": wanted[start : start + _PAGE]}})
        found.update((loaded.aggregate.id, loaded.aggregate.snapshot()) for loaded in page)
    return found


def everybody_in(forest: Forest) -> set[str]:
    """The ids of all centers in the forest."""
    return {*forest.origins, *(origin.came_from for origin in forest.origins.values())}


def with_ancestors(forest: Forest, ids: Collection[str]) -> set[str]:
    """These centers, and all that they came from."""
    return {*ids, *(ancestor for id in ids for ancestor in forest.ancestors(id))}


def family(forest: Forest, centers: Mapping[str, CenterSnapshot]) -> list[Relative]:
    """The trees that ``centers`` make: every center before its offspring, siblings by year and name.

    A center whose origin is not among them begins a tree. How many came from it is counted in the whole forest.
    """
    descendants = Counter(ancestor for center in forest.origins for ancestor in forest.ancestors(center))
    offspring = forest.offspring()

    def in_order(ids: Sequence[str]) -> list[str]:
        return sorted((id for id in ids if id in centers), key=lambda id: _by_year_and_name(id, centers[id]))

    roots = [id for id in centers if id not in forest.origins or forest.origins[id].came_from not in centers]
    found: list[Relative] = []
    waiting = [(id, 0) for id in reversed(in_order(roots))]
    while waiting:
        id, generation = waiting.pop()
        center = centers[id]
        found.append(
            Relative(
                id=id,
                name=center.name,
                country=center.country,
                town=center.town,
                founded=center.founded,
                status=center.status,
                origin=forest.origins.get(id),
                generation=generation,
                offspring=len(offspring.get(id, ())),
                descendants=descendants[id],
            )
        )
        waiting += [(child, generation + 1) for child in reversed(in_order(offspring.get(id, ())))]
    return found


def _by_year_and_name(id: str, center: CenterSnapshot) -> tuple[int, str, str]:
    return center.founded or 9999, fold(center.name), id
