"""What a service's reactions, routes and background work can reach: aggregates, mirrors, store, clock, settings."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from shared.aggregate import Aggregate
from shared.clock import Clock
from shared.commands import Repository
from shared.feed import Feed, NotFilled, ReadModel
from shared.observability.metrics import Metrics
from shared.settings import Settings
from shared.store.port import Collection, Document, Filter, Order, Store

A = TypeVar("A", bound=Aggregate)
M = TypeVar("M", bound=ReadModel)


class MirrorView:
    """Reads a mirror. What it says may lag behind its owner."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def get(self, id: str) -> Document | None:
        """The copy of one aggregate, or None when nothing of it has arrived yet."""
        return (await self._collection.get_many([id])).get(id)

    async def get_many(self, ids: Sequence[str]) -> dict[str, Document]:
        """The copies by id; unknown ones are left out."""
        return await self._collection.get_many(ids)

    async def find(self, where: Filter, *, sort: Order = (("_id", 1),), limit: int = 0) -> list[Document]:
        """The copies that match."""
        return await self._collection.find(where, sort=sort, limit=limit)

    async def count(self, where: Filter) -> int:
        """How many copies match."""
        return await self._collection.count(where)


class World:
    """One running service, as its own code sees it."""

    def __init__(
        self,
        service: str,
        settings: Settings,
        clock: Clock,
        store: Store,
        metrics: Metrics,
        repositories: Mapping[type[Aggregate], Repository[Any]],
        mirrors: Sequence[str],
    ) -> None:
        self.service = service
        self.settings = settings
        self.clock = clock
        self.store = store
        self.metrics = metrics
        self._repositories = repositories
        self._mirrors = {name: MirrorView(store.collection(name)) for name in mirrors}
        self.feeds: list[Feed] = []
        """One for each of the service's read models; the runtime makes, starts and stops them."""

    @property
    def aggregates(self) -> Sequence[type[Aggregate]]:
        """Every type of aggregate that the service keeps."""
        return list(self._repositories)

    def repository(self, aggregate: type[A]) -> Repository[A]:
        """All aggregates of this type."""
        return self._repositories[aggregate]

    def mirror(self, name: str) -> MirrorView:
        """The service's mirror of this name."""
        return self._mirrors[name]

    def model(self, kind: type[M]) -> M:
        """The service's read model of this kind; `NotFilled` while it is still being made."""
        feed = next(feed for feed in self.feeds if type(feed.model) is kind)
        if not feed.ready:
            raise NotFilled(feed.model.name)
        assert isinstance(feed.model, kind)
        return feed.model
