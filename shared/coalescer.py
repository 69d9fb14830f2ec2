"""Many callers, one call: what is asked for at the same time is done together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Coalescer(Generic[T, R]):
    """Gathers the items of concurrent callers into lists for ``run``; an idle one waits for nobody.

    While ``at_once`` calls of ``run`` are under way, newcomers gather, at most ``most`` a list. ``run`` returns an
    answer or an exception for each item, in order; if it raises, all of its callers get that exception.
    """

    def __init__(
        self, run: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]], most: int = 200, at_once: int = 2
    ) -> None:
        self._run = run
        self._most = most
        self._free = at_once
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, item: T) -> R:
        """The answer to ``item``. A caller that gives up does not stop the work the others share."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, answer))
        loop.call_soon(self._start)  # after everybody who asks in this turn of the loop has asked
        return await answer

    def _start(self) -> None:
        while self._free and self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._free -= 1
            task = asyncio.create_task(self._work(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            answers: Sequence[R | Exception] = await self._run([item for item, _ in batch])
        except Exception as error:
            answers = [error] * len(batch)
        finally:
            self._free += 1
            asyncio.get_running_loop().call_soon(self._start)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():  # its caller gave up
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
