"""What the exchange keeps a copy of: the directory's centers and practices, as far as it needs to know them."""

from services.exchange.domain.center import Center
from services.exchange.domain.practice import Practice
from shared.events.directory.center import CENTER, CenterSnapshot, CenterStatus
from shared.events.directory.practice import PRACTICE, PracticeSnapshot, PracticeStatus
from shared.reactions import Mirror
from shared.store.port import Document
from shared.world import World

_KEPT = {"name", "country", "town", "town_point", "languages", "status", "check", "verified_on"}


def _keep_center(snapshot: CenterSnapshot) -> Document:
    return snapshot.model_dump(mode="json", include=_KEPT)


def _keep_practice(snapshot: PracticeSnapshot) -> Document:
    return {"center": snapshot.center, "published": snapshot.status is PracticeStatus.PUBLISHED}


CENTERS = Mirror(name="centers", stream=CENTER, keep=_keep_center)
"""Every center, as far as matching needs to know it."""

PRACTICES = Mirror(name="practices", stream=PRACTICE, keep=_keep_practice)
"""Every practice: whose it is, and whether everybody can read it."""


def center_from(copy: Document) -> Center:
    """A center from its document in the mirror."""
    return Center.model_validate({**copy, "id": copy["_id"]})


async def is_closed(center: str, world: World) -> bool:
    """Whether the center has closed for good, as far as is known by now."""
    copy = await world.mirror(CENTERS.name).get(center)
    return copy is not None and center_from(copy).status is CenterStatus.CLOSED


async def practice_called(id: str, world: World) -> Practice:
    """The practice of this id; one that nobody has heard of is a practice of nobody, and not published."""
    copy = await world.mirror(PRACTICES.name).get(id)
    return Practice(id=id, center=copy["center"], published=copy["published"]) if copy else Practice(id=id)
