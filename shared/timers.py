"""Deadlines: documents whose ``due_at`` has passed are rung. Any number of replicas may do this."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog

from shared.aggregate import Aggregate
from shared.clock import Clock
from shared.commands import Command, Loaded, Receipt, Repository, StaleVersion
from shared.ids import derived_id

_MOST = 200
_log = structlog.get_logger(__name__)


async def ring_due(repositories: Iterable[Repository[Any]], clock: Clock) -> int:
    """Rings what is due now, at most 200 of each type; returns how many were rung.

    The command's id is derived from the aggregate and its version, so two replicas that see the same deadline do one
    thing together. An aggregate that was changed meanwhile is left for the next round.
    """
    rung = 0
    for repository in repositories:
        due = await repository.due(clock.now(), _MOST)
        results = await repository.execute([_attempt(repository, loaded) for loaded in due]) if due else []
        for loaded, result in zip(due, results, strict=True):
            if isinstance(result, Receipt):
                rung += not result.replayed
            elif not isinstance(result, StaleVersion):
                _log.error(
                    "timer failed", aggregate=repository.stream.aggregate, id=loaded.aggregate.id, reason=repr(result)
                )
    return rung


def _attempt(repository: Repository[Any], loaded: Loaded[Any]) -> Any:
    id = loaded.aggregate.id
    command = Command(
        id=derived_id("timer", repository.stream.topic, id, loaded.version), actor="timer", expected=loaded.version
    )
    return repository.changing(id, command, _ring)


def _ring(aggregate: Aggregate, now: datetime) -> None:
    aggregate.ring(now)
    due = aggregate.due()
    if due is not None and due <= now:
        raise AssertionError(f"{type(aggregate).__name__}.ring left its deadline in the past")
