"""The delivery of an issue: how large its audience is, and what became of each part of it."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from shared.aggregate import Aggregate
from shared.events.base import Stream
from shared.events.newsletter import (
    DELIVERY,
    BounceKind,
    DeliveryBounced,
    DeliveryCounted,
    DeliverySnapshot,
    Totals,
)


class Counts(BaseModel):
    """What became of one part of the audience, once everybody in it is decided."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accepted: int = Field(default=0, ge=0)
    bounced: int = Field(default=0, ge=0)
    ambiguous: int = Field(default=0, ge=0)
    skipped: int = Field(default=0, ge=0)

    @property
    def readers(self) -> int:
        return self.accepted + self.bounced + self.ambiguous + self.skipped


class Bounce(BaseModel):
    """A mail that was refused for good."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subscription: str
    kind: BounceKind
    code: str


class Delivery(Aggregate):
    """One issue's delivery, under the issue's id."""

    stream: ClassVar[Stream] = DELIVERY

    audience: int
    batches: int
    counted: tuple[int, ...] = ()
    """Numbers of the batches that are decided."""
    totals: Totals
    finished: bool = False
    """Nobody is pending any more."""

    def snapshot(self) -> DeliverySnapshot:
        return DeliverySnapshot(
            audience=self.audience,
            batches=self.batches,
            batches_done=len(self.counted),
            totals=self.totals,
            finished=self.finished,
        )

    @classmethod
    def prepare(cls, id: str, audience: int, batches: int) -> "Delivery":
        """The audience is known and cut into batches."""
        totals = Totals(pending=audience, accepted=0, bounced=0, ambiguous=0, skipped=0)
        delivery = cls(id=id, audience=audience, batches=batches, totals=totals, finished=batches == 0)
        delivery.record(DeliveryCounted(batch=None))
        return delivery

    def count(self, batch: int, counts: Counts, bounces: tuple[Bounce, ...]) -> None:
        """Everybody in a batch is decided. Each batch counts once."""
        if batch in self.counted:
            return
        self.counted = (*self.counted, batch)
        self.finished = len(self.counted) == self.batches
        self.totals = Totals(
            pending=self.totals.pending - counts.readers,
            accepted=self.totals.accepted + counts.accepted,
            bounced=self.totals.bounced + counts.bounced,
            ambiguous=self.totals.ambiguous + counts.ambiguous,
            skipped=self.totals.skipped + counts.skipped,
        )
        for bounce in bounces:
            self.record(DeliveryBounced(subscription=bounce.subscription, kind=bounce.kind, code=bounce.code))
        self.record(DeliveryCounted(batch=batch))
