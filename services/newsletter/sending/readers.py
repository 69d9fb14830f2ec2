"""Who reads: the confirmed subscriptions, asked for at the last moment, so that who has left gets nothing more."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.newsletter.domain.subscription import Subscription
from shared.commands import Repository
from shared.events.newsletter import SubscriptionStatus
from shared.store.port import Store


@dataclass(frozen=True)
class Reader:
    """A confirmed reader: where to, and in which language."""

    subscription: str
    address: str
    language: str


class Readers:
    """Reads subscriptions for sending."""

    def __init__(self, store: Store, subscriptions: Repository[Subscription]) -> None:
        self._ids = store.collection(Subscription.stream.aggregate)
        self._subscriptions = subscriptions

    async def after(self, list: str, last: str, limit: int) -> list[str]:
        """Ids of confirmed subscriptions of a list that come after ``last``, in order."""
        where = {"_id": {"$gt": last}, "state.list": list, "state.status": SubscriptionStatus.CONFIRMED.value}
        found = await self._ids.find(where, sort=(("_id", 1),), limit=limit, fields=())
        return [document["_id"] for document in found]

    async def confirmed(self, ids: Sequence[str]) -> dict[str, Reader]:
        """Those of ``ids`` who still read, by id."""
        if not ids:
            return {}
        where = {"_id": {"$in": ids}, "state.status": SubscriptionStatus.CONFIRMED.value}
        found = (loaded.aggregate for loaded in await self._subscriptions.find(where))
        return {each.id: Reader(each.id, each.address, each.language) for each in found if each.address}
