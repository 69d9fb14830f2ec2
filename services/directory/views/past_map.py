"""The map of past days as every process holds it: filled from the journal, kept current by the topic."""

from collections.abc import Sequence

from services.directory.domain.center import Center
from services.directory.views.timeline import PastMap
from shared.events.base import Recorded
from shared.events.directory.center import CENTER
from shared.world import World

_PAGE = 50


class PastMapModel:
    """A read model around a `PastMap`. What a feed does with it, ``docs/architecture/past-days.md`` tells."""

    name = "past-map"
    topics = (CENTER.topic,)
    foreign: Sequence[str] = ()

    def __init__(self, world: World) -> None:
        self._world = world
        self.map = PastMap()

    async def fill(self) -> None:
        """Reads every center's history: the journal, and before it what still stands in the outbox."""
        filled = PastMap()
        centers = self._world.repository(Center)
        ids = self._world.store.collection(CENTER.aggregate)
        after = ""
        while page := await ids.find({"_id": {"$gt": after}}, limit=_PAGE, fields=("version",)):
            longest = max(document["version"] for document in page)
            for history in (await centers.histories([document["_id"] for document in page], limit=longest)).values():
                filled.apply([entry.record for entry in history])
            after = page[-1]["_id"]
        self.map = filled

    async def apply(self, events: Sequence[Recorded]) -> None:
        """Takes news in; repeats do no harm."""
        self.map.apply(events)

    async def restore(self) -> None:
        """It is never kept: filling takes seconds."""

    async def keep(self, offsets: object) -> None:
        """It is never kept."""
