"""The toys on real engines, in this process or in one of their own.

``python -m tests.integration.toy_process right --replica 1 --kafka HOST:PORT --mongo URI`` runs until it is killed.
With ``--held`` it connects when it is told to by a line on its standard input. Each line it prints is a JSON object
with what happened and the seconds since it began to connect.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any

from shared.clock import SystemClock
from shared.commands import Command, Receipt, Repository
from shared.messaging.kafka import KafkaHost, KafkaLog
from shared.messaging.log import Record
from shared.service import Runtime, Service
from shared.settings import Settings
from shared.store.mongo import MongoStore
from tests.toys import LEFT, RIGHT, Account, Tally, toy_catalogue

Handle = Callable[[Sequence[Record]], Awaitable[None]]


class Toy:
    """One replica of a toy service on real engines."""

    def __init__(self, service: Service, kafka: str, mongo_uri: str, replica: str = "0") -> None:
        settings = Settings(kafka=kafka, mongo_uri=mongo_uri, replica=replica, recovery_interval_s=1.0)
        self.log = KafkaLog(kafka, f"{service.name}-{replica}")
        store = MongoStore.connect(mongo_uri, f"toys-{service.name}")
        self.runtime = Runtime(service, settings, store, self.log, SystemClock())
        self._host: KafkaHost | None = None

    async def start(self, around: Callable[[Handle], Handle] = lambda handle: handle) -> None:
        """Starts everything but HTTP. ``around`` may put something in front of the consumer."""
        runtime, settings = self.runtime, self.runtime.settings
        self._host = KafkaHost(
            runtime.service.name,
            settings.replica,
            settings.kafka,
            runtime.consumer.topics,
            around(runtime.consumer.handle),
            runtime.metrics,
        )
        await self.log.start()
        await runtime.start(self._host)

    async def serving(self) -> None:
        """Returns when partitions are assigned."""
        while not self._host or self._host.ready():
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stops as a service does that was asked to."""
        await self.runtime.stop()
        await self.log.stop()

    async def __aenter__(self) -> "Toy":
        await self.start()
        await self.serving()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def accounts(self) -> Repository[Account]:
        return self.runtime.repository(Account)

    @property
    def tallies(self) -> Repository[Tally]:
        return self.runtime.repository(Tally)

    async def open(self, account: str, holder: str) -> Receipt[Any]:
        build = Account.open
        return await self.accounts.create(Command(f"open-{account}"), lambda id, now: build(id, holder), id=account)

    async def deposit(self, account: str, amount: int, key: str) -> Receipt[Any]:
        return await self.accounts.change(account, Command(f"{account}-{key}"), lambda each, now: each.deposit(amount))

    async def total(self, holder: str) -> int:
        """What the tally of ``holder`` has counted; 0 when there is none yet."""
        found = await self.tallies.find({"_id": holder})
        return found[0].aggregate.total if found else 0


async def _serve(toy: Toy, held: bool) -> None:
    started = time.monotonic()

    def said(what: str) -> None:
        print(json.dumps({"what": what, "after_s": round(time.monotonic() - started, 3)}), flush=True)

    def telling(handle: Handle) -> Handle:
        async def told(records: Sequence[Record]) -> None:
            await handle(records)
            said("batch")

        return told

    if held:
        said("held")
        await asyncio.to_thread(sys.stdin.readline)
        started = time.monotonic()
    await toy.start(telling)
    await toy.serving()
    said("assigned")
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", choices=["left", "right"])
    parser.add_argument("--replica", default="0")
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--mongo", required=True)
    parser.add_argument("--held", action="store_true")
    told = parser.parse_args()
    service = {"left": LEFT, "right": RIGHT}[told.service]

    async def run() -> None:
        with toy_catalogue():
            await _serve(Toy(service, told.kafka, told.mongo, told.replica), told.held)

    asyncio.run(run())


if __name__ == "__main__":
    main()
