"""Read models in memory: each process holds one whole, made from the store and kept current by events.

A consumer group gives a replica its share of the partitions, but a model that answers requests needs all of them. So a
feed reads beside the group, from where the model stands on. Invariant: the model has seen every event before the
feed's position; an event may come twice, and events of one aggregate come in order.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

import structlog

from shared.events.base import Recorded
from shared.events.unreadable import Unreadable
from shared.messaging import wire
from shared.messaging.log import Log, LogUnavailable, Offsets, OffsetsGone, Record
from shared.store.port import StoreUnavailable

_LONGEST_PAUSE_S = 5.0
_KEEP_EVERY_S = 600.0
_log = structlog.get_logger(__name__)


class NotFilled(Exception):
    """The model is still being made; come back after ``retry_after_s`` seconds."""

    retry_after_s = 2


class ReadModel(Protocol):
    """What a feed keeps current. Its methods may raise `StoreUnavailable`; they are then called again."""

    @property
    def name(self) -> str: ...

    @property
    def topics(self) -> Sequence[str]:
        """The service's own topics: what was said there, its store knows."""
        ...

    @property
    def foreign(self) -> Sequence[str]:
        """Topics of other services: read from their beginning when the model is made anew."""
        ...

    async def fill(self) -> None:
        """Makes the model anew, from the store."""
        ...

    async def apply(self, events: Sequence[Recorded]) -> None:
        """Takes news. What was taken before must have no second effect."""
        ...

    async def restore(self) -> Offsets | None:
        """Comes back from where `keep` left it, and says what was read until then; None: it must be filled."""
        ...

    async def keep(self, offsets: Offsets) -> None:
        """Everything before ``offsets`` was applied: the model may save itself with them. Called every ten minutes
        in which there was news, and at the end."""
        ...


class Feed:
    """One model and its position in its topics."""

    def __init__(self, model: ReadModel, log: Log) -> None:
        self.model = model
        self._log = log
        self._topics = (*model.topics, *model.foreign)
        self._position: Offsets | None = None
        self._ready_at: Offsets = {}
        self._task: asyncio.Task[None] | None = None
        self._kept_at = time.monotonic()
        self.trouble: str | None = None
        """Why the model does not get on although the engines answer; waiting will not cure it."""

    def start(self) -> None:
        """Starts reading, from where the model was kept."""
        self._task = asyncio.create_task(self._run(restore=True))

    async def stop(self) -> None:
        """Stops reading, and lets the model save itself once more."""
        await self._cancel()
        if self.ready:
            assert self._position is not None
            await self.model.keep(self._position)

    async def rebuild(self) -> None:
        """Throws the model's content away and makes it anew. Returns when it answers again."""
        await self._cancel()
        self._position = None
        self._task = asyncio.create_task(self._run(restore=False))
        while not self.ready:
            await asyncio.sleep(0.01)

    @property
    def ready(self) -> bool:
        """Whether the model knows everything that had happened when its process started."""
        return self._position is not None and _reached(self._position, self._ready_at)

    def alive(self) -> bool:
        """Whether the loop still runs."""
        return self._task is not None and not self._task.done()

    async def caught_up(self) -> None:
        """Returns when everything that is on the topics now was applied. `RuntimeError` when that cannot be."""
        ends = await self._log.ends(self._topics)
        while self._position is None or not _reached(self._position, ends):
            if self.trouble or not self.alive():
                raise RuntimeError(f"{self.model.name} does not get on: {self.trouble}")
            await asyncio.sleep(0.001)

    async def _cancel(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, restore: bool) -> None:
        pause_s = 0.1
        restored = restore
        while True:
            try:
                if self._position is None:
                    await self._begin(restored)
                assert self._position is not None
                async for records in self._log.follow(self._topics, self._position):
                    await self._take(records)
                    self.trouble, pause_s = None, 0.1
            except OffsetsGone:
                _log.warning("model is made anew: the topic no longer has what follows", model=self.model.name)
                self._position, restored = None, False
            except Exception as error:
                transient = isinstance(error, StoreUnavailable | LogUnavailable)
                self.trouble = None if transient else repr(error)
                _log.warning("model waits", model=self.model.name, reason=repr(error), exc_info=not transient)
                await asyncio.sleep(pause_s)
                pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    async def _begin(self, restore: bool) -> None:
        ends = await self._log.ends(self._topics)
        position = await self.model.restore() if restore else None
        if position is None:
            await self.model.fill()  # the store has at least what was on its topics before
            position = {place: end for place, end in ends.items() if place[0] in self.model.topics}
        self._ready_at, self._position = ends, position

    async def _take(self, records: Sequence[Record]) -> None:
        assert self._position is not None
        events = []
        for record in records:
            try:
                events.append(wire.decode(record.topic, record.key, record.value, record.headers))
            except Unreadable as error:  # the group's consumer sets it aside
                _log.debug("unreadable", model=self.model.name, reason=str(error))
        if events:
            await self.model.apply(events)
        for record in records:
            self._position[record.topic, record.partition] = record.offset + 1
        if time.monotonic() - self._kept_at > _KEEP_EVERY_S:
            self._kept_at = time.monotonic()
            await self.model.keep(self._position)


def _reached(position: Offsets, ends: Offsets) -> bool:
    return all(position.get(partition, 0) >= end for partition, end in ends.items())
