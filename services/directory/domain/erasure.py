"""An erasure: somebody wants to be forgotten by the whole network, and every service has to say that it has done so.

Whom it is about stands nowhere here, not even as a hash: only the request's event says what to look for.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from shared.aggregate import Aggregate
from shared.clock import Instant
from shared.days import when
from shared.erasure.answer import added
from shared.events import Stream
from shared.events.erasure import (
    DIRECTORY_ERASURE,
    ErasureCompleted,
    ErasureOverdue,
    ErasureReceipt,
    ErasureReceiptTaken,
    ErasureRequested,
    ErasureSnapshot,
    ErasureStatus,
    PersonalDataErased,
    Removal,
    TracesErased,
)

LAWFUL = timedelta(days=28)
"""GDPR article 12(3): within one month of receipt. Four weeks are within every month."""
ALARM_AFTER = timedelta(days=3)
"""Services answer within seconds. One that has not after three days is not merely away over a weekend, and most of
the month is left to mend it."""
ALARM_AGAIN = timedelta(days=7)

HERE = "directory"


class Taken(BaseModel):
    """The receipt of one service, and when it came."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    removed: tuple[Removal, ...]
    at: Instant


class Erasure(Aggregate):
    """requested → completed, with an alarm in between (overdue) as long as a receipt is missing."""

    stream: ClassVar[Stream] = DIRECTORY_ERASURE
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("status",),)

    asked: tuple[str, ...]
    status: ErasureStatus = ErasureStatus.REQUESTED
    received_on: date
    requested: Instant
    lawful_until: date
    answer_by: Instant | None
    reminders: int = 0
    removed_here: tuple[Removal, ...] = ()
    receipts: dict[str, Taken] = Field(default_factory=dict)

    @classmethod
    def request(
        cls, id: str, subject: str, asked: Sequence[str], now: datetime, received_on: date | None = None
    ) -> "Erasure":
        """A person's demand, which arrived on the day ``received_on``, goes out to the services ``asked``."""
        happened = when(received_on, now)
        received = received_on or now.date()
        erasure = cls(
            id=id,
            asked=tuple(asked),
            received_on=received,
            requested=now,
            lawful_until=received + LAWFUL,
            answer_by=now + ALARM_AFTER,
        )
        erasure.record(
            ErasureRequested(
                subject=subject,
                asked=erasure.asked,
                answer_by=now + ALARM_AFTER,
                lawful_until=erasure.lawful_until,
            ),
            happened,
        )
        return erasure

    @property
    def missing(self) -> tuple[str, ...]:
        """The services that have not answered."""
        return tuple(service for service in self.asked if service not in self.receipts)

    def forget(self, subject: str, removed: tuple[Removal, ...], now: datetime) -> None:
        """The directory itself has found something of the person, and erased it."""
        self.removed_here = added(self.removed_here, removed)
        self.record(TracesErased(subject=subject, removed=removed))

    def answer(self, now: datetime) -> None:
        """The directory itself keeps nothing of the person any more."""
        if HERE in self.missing:
            self.receipts[HERE] = Taken(removed=self.removed_here, at=now)
            self.record(PersonalDataErased(removed=self.removed_here))
            self._complete()

    def take_receipt(self, service: str, removed: tuple[Removal, ...], now: datetime) -> None:
        """Another service has answered. Its first answer counts."""
        if service in self.missing:
            self.receipts[service] = Taken(removed=removed, at=now)
            self.record(ErasureReceiptTaken(receipt=ErasureReceipt(service=service, removed=removed)))
            self._complete()

    def due(self) -> datetime | None:
        """When somebody has to be told that receipts are missing."""
        return self.answer_by

    def ring(self, now: datetime) -> None:
        """Receipts are missing: an alarm, and another one every week."""
        if self.answer_by is None or now < self.answer_by:
            return
        self.status, self.answer_by, self.reminders = ErasureStatus.OVERDUE, now + ALARM_AGAIN, self.reminders + 1
        self.record(ErasureOverdue(missing=self.missing, reminder=self.reminders, lawful_until=self.lawful_until))

    def snapshot(self) -> ErasureSnapshot:
        """How far it is."""
        return ErasureSnapshot(status=self.status, receipts=self._all_receipts(), missing=self.missing)

    def _complete(self) -> None:
        if not self.missing:
            late = self.status is ErasureStatus.OVERDUE
            self.status, self.answer_by = ErasureStatus.COMPLETED, None
            self.record(ErasureCompleted(receipts=self._all_receipts(), late=late))

    def _all_receipts(self) -> tuple[ErasureReceipt, ...]:
        return tuple(
            ErasureReceipt(service=service, removed=self.receipts[service].removed)
            for service in self.asked
            if service in self.receipts
        )
