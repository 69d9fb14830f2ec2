"""How far the delivery of an issue is, from its batches."""

from pydantic import BaseModel, Field

from services.newsletter.domain.delivery import Delivery
from services.newsletter.domain.issue import Issue
from services.newsletter.sending.batches import Batch, Batches
from shared.aggregate import NotFound
from shared.events.newsletter import BounceKind, IssueStatus, Totals, WhenUncertain


class Doubt(BaseModel):
    """A reader of whom, at some time, nobody knew whether the mail got through."""

    subscription: str
    times: int = Field(description="How often that happened.")
    sent_again: bool = Field(description="The issue is one that is never missed: it was sent again, or will be.")


class BounceView(BaseModel):
    """A reader whose mail was refused for good."""

    subscription: str
    kind: BounceKind
    code: str


class Progress(BaseModel):
    """How far sending is. ``audience`` is the sum of ``totals``."""

    issue: str
    status: IssueStatus
    audience: int
    batches: int
    batches_done: int
    totals: Totals
    postponed: int = Field(description="Of those pending: refused for the time being, and tried again later.")
    doubts: list[Doubt]
    bounces: list[BounceView]


async def progress_of(issue: Issue, delivery: Delivery | None, batches: Batches) -> Progress:
    """The progress of an issue; `NotFound` before its audience is known."""
    if delivery is None:
        raise NotFound("sending has not begun", status=issue.status)
    found = await batches.of_issue(issue.id)
    doubts: list[Doubt] = []
    bounces: list[BounceView] = []
    for batch in found:
        if batch.uncertain or batch.bounces:
            readers = await batches.readers(batch.id)
            doubts += [
                Doubt(
                    subscription=readers[index],
                    times=times,
                    sent_again=issue.when_uncertain is WhenUncertain.NEVER_MISSED,
                )
                for index, times in sorted(batch.uncertain.items())
            ]
            bounces += [
                BounceView(subscription=readers[index], kind=refusal.kind, code=refusal.code)
                for index, refusal in sorted(batch.bounces.items())
            ]
    return Progress(
        issue=issue.id,
        status=issue.status,
        audience=delivery.audience,
        batches=delivery.batches,
        batches_done=sum(batch.done for batch in found),
        totals=_totals(delivery.audience, found),
        postponed=sum(len(batch.retries) for batch in found),
        doubts=doubts,
        bounces=bounces,
    )


def _totals(audience: int, batches: list[Batch]) -> Totals:
    counts = [batch.counts() for batch in batches]
    return Totals(
        pending=audience - sum(each.readers for each in counts),
        accepted=sum(each.accepted for each in counts),
        bounced=sum(each.bounced for each in counts),
        ambiguous=sum(each.ambiguous for each in counts),
        skipped=sum(each.skipped for each in counts),
    )
