"""Deadlines: documents whose ``due_at`` has passed are rung. Any number of replicas may do this."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from shared.aggregate import Aggregate
from shared.clock import Clock
from shared.commands import Attempt, Command, Loaded, Receipt, Repository, StaleVersion
from shared.ids import derived_id

_MOST = 200
_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 300.0
_log = structlog.get_logger(__name__)


class Timers:
    """Rings what is due. An aggregate that fails when rung is tried again after growing pauses, and counted."""

    def __init__(self, repositories: Sequence[Repository[Any]], clock: Clock) -> None:
        self._repositories = repositories
        self._clock = clock
        self._failing: dict[str, tuple[int, float]] = {}

    @property
    def failing(self) -> int:
        """How many aggregates did not survive their last ringing."""
        return len(self._failing)

    async def ring(self) -> int:
        """Rings what is due now, at most 200 of each type; returns how many were rung.

        The command's id is derived from the aggregate and its version, so two replicas that see the same deadline do
        one thing together. An aggregate that was changed meanwhile is left for the next round.
        """
        rung = 0
        for repository in self._repositories:
            due = await repository.due(self._clock.now(), _MOST + len(self._failing))
            due = [loaded for loaded in due if self._is_its_turn(loaded.aggregate.id)]
            results = await repository.execute([_attempt(repository, loaded) for loaded in due]) if due else []
            for loaded, result in zip(due, results, strict=True):
                if isinstance(result, Receipt):
                    self._failing.pop(loaded.aggregate.id, None)
                    rung += not result.replayed
                elif not isinstance(result, StaleVersion):
                    self._failed(repository, loaded, result)
        return rung

    def _is_its_turn(self, id: str) -> bool:
        return id not in self._failing or self._failing[id][1] <= time.monotonic()

    def _failed(self, repository: Repository[Any], loaded: Loaded[Any], error: Exception) -> None:
        id = loaded.aggregate.id
        times = self._failing[id][0] + 1 if id in self._failing else 1
        pause_s = min(_LONGEST_PAUSE_S, _PAUSE_S * 2**times)
        self._failing[id] = (times, time.monotonic() + pause_s)
        _log.error("timer failed", aggregate=repository.stream.aggregate, id=id, times=times, reason=repr(error))


def _attempt(repository: Repository[Any], loaded: Loaded[Any]) -> Attempt[Any]:
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
