"""Erasure in the directory: its own answer, the receipts it collects from the others, and the alarm."""

from collections.abc import Sequence

import structlog

from services.directory.domain.erasure import Erasure
from shared.erasure.answering import answering
from shared.events.base import Received, Stream
from shared.events.erasure import (
    CAMPAIGN_ERASURE,
    DIRECTORY_ERASURE,
    EXCHANGE_ERASURE,
    NEWSLETTER_ERASURE,
    ErasureOverdue,
    PersonalDataErased,
)
from shared.reactions import Change, Intent, Policy, policy
from shared.world import World

_log = structlog.get_logger(__name__)


def _collecting(stream: Stream) -> Policy:
    """Takes the receipts of one other service."""

    @policy(PersonalDataErased, stream=stream)
    async def take_receipt(event: Received[PersonalDataErased], world: World) -> Sequence[Intent]:
        removed = event.event.removed
        return [Change(Erasure, event.key, lambda it, now: it.take_receipt(stream.service, removed, now))]

    return take_receipt


@policy(ErasureOverdue, stream=DIRECTORY_ERASURE)
async def alarm_when_receipts_are_missing(event: Received[ErasureOverdue], world: World) -> Sequence[Intent]:
    """An operator has to see why a service is silent: is it away, or is there a dead letter?"""
    overdue = event.event
    world.metrics.erasures_overdue.inc()
    _log.error(
        "erasure overdue",
        erasure=event.key,
        missing=list(overdue.missing),
        reminder=overdue.reminder,
        lawful_until=overdue.lawful_until.isoformat(),
    )
    return []


ERASING = (
    *answering(Erasure),
    *(_collecting(stream) for stream in (EXCHANGE_ERASURE, NEWSLETTER_ERASURE, CAMPAIGN_ERASURE)),
    alarm_when_receipts_are_missing,
)
