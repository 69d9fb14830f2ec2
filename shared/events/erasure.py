"""What the services say about forgetting a person. Whom, no event tells: it is recognised, not named.

The directory takes the requests. Each service answers on its own ``<service>.erasure.v1``, under the request's id.
"""

from datetime import UTC, date, datetime
from enum import StrEnum

from pydantic import Field

from shared.clock import Instant
from shared.events.base import Event, Snapshot, Stream, Wire


class Removal(Wire):
    """How many documents of one kind the person was taken out of."""

    kind: str = Field(description="An aggregate of the service: center, subscription.")
    documents: int = Field(ge=1)


class ErasureReceipt(Wire):
    """What one service removed; it has looked at everything it keeps, and nothing was left."""

    service: str
    removed: tuple[Removal, ...] = Field(description="Empty: the person was not known there.")


class ErasureStatus(StrEnum):
    """How far an erasure is."""

    REQUESTED = "requested"
    OVERDUE = "overdue"
    COMPLETED = "completed"


class ErasureSnapshot(Snapshot):
    """An erasure, without its person."""

    status: ErasureStatus
    receipts: tuple[ErasureReceipt, ...] = ()
    missing: tuple[str, ...] = Field(description="Services that have not answered.")


class AnswerSnapshot(Snapshot):
    """A service's answer to an erasure."""

    removed: tuple[Removal, ...]


class ErasureRequested(Event):
    """Somebody wants to be forgotten: every service looks whether it knows them, erases, and answers."""

    subject: str = Field(
        description="A keyed hash of this erasure's id and the person's mail address or phone number. Of use only to "
        "who has the installation's key; another request of the same person has another."
    )
    asked: tuple[str, ...] = Field(description="The services that have to answer.")
    answer_by: Instant = Field(description="When an answer that is missing becomes an alarm.")
    lawful_until: date = Field(description="The last day that the law allows.")


class TracesErased(Event):
    """This service has found something of the person and erased it. It looks once more before it answers, for what was
    being written meanwhile."""

    subject: str = Field(description="That of the request.")
    removed: tuple[Removal, ...] = Field(min_length=1, description="From what it was erased this time.")


class PersonalDataErased(Event):
    """This service has looked at everything it keeps, and knows the person no more."""

    removed: tuple[Removal, ...] = Field(description="What that took; empty: the person was not known here.")


class ErasureReceiptTaken(Event):
    """Another service has answered."""

    receipt: ErasureReceipt


class ErasureOverdue(Event):
    """Services have not answered in time: somebody has to see why."""

    missing: tuple[str, ...]
    reminder: int = Field(ge=1, description="1 the first time.")
    lawful_until: date


class ErasureCompleted(Event):
    """Every service has answered."""

    receipts: tuple[ErasureReceipt, ...]
    late: bool = Field(description="Whether there was an alarm before.")


_SUBJECT = "5f0c2d9b7a1e4c3f8b6d0e2a4c6f8e1b90d4c2a7"
_REMOVED = (Removal(kind="center", documents=1),)
_RECEIPTS = (
    ErasureReceipt(service="directory", removed=_REMOVED),
    ErasureReceipt(service="exchange", removed=()),
    ErasureReceipt(service="newsletter", removed=(Removal(kind="subscription", documents=1),)),
    ErasureReceipt(service="campaign", removed=()),
)

DIRECTORY_ERASURE = Stream(
    service="directory",
    aggregate="erasure",
    about="People who want to be forgotten: what is asked of all services, and what they answered.",
    snapshot=ErasureSnapshot(status=ErasureStatus.COMPLETED, receipts=_RECEIPTS, missing=()),
    events=(
        ErasureRequested(
            subject=_SUBJECT,
            asked=("directory", "exchange", "newsletter", "campaign"),
            answer_by=datetime(2026, 3, 4, 9, 30, tzinfo=UTC),
            lawful_until=date(2026, 3, 29),
        ),
        TracesErased(subject=_SUBJECT, removed=_REMOVED),
        PersonalDataErased(removed=_REMOVED),
        ErasureReceiptTaken(receipt=_RECEIPTS[2]),
        ErasureOverdue(missing=("campaign",), reminder=1, lawful_until=date(2026, 3, 29)),
        ErasureCompleted(receipts=_RECEIPTS, late=False),
    ),
)


def _answers(service: str, kind: str) -> Stream:
    removed = (Removal(kind=kind, documents=1),)
    return Stream(
        service=service,
        aggregate="erasure",
        about="What this service removed of people who want to be forgotten.",
        snapshot=AnswerSnapshot(removed=removed),
        events=(TracesErased(subject=_SUBJECT, removed=removed), PersonalDataErased(removed=removed)),
    )


EXCHANGE_ERASURE = _answers("exchange", "visit")
NEWSLETTER_ERASURE = _answers("newsletter", "subscription")
CAMPAIGN_ERASURE = _answers("campaign", "discussion-round")

STREAMS = (DIRECTORY_ERASURE, EXCHANGE_ERASURE, NEWSLETTER_ERASURE, CAMPAIGN_ERASURE)
