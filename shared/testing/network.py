"""Services on the memory engines, in one process, with a clock that moves when it is told to."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from fastapi import FastAPI

from shared.clock import ManualClock
from shared.events.base import Recorded
from shared.http.app import create_app
from shared.messaging import wire
from shared.messaging.memory import MemoryLog, MemorySubscription
from shared.security import create_key_set, issue_token
from shared.service import Runtime, Service
from shared.store.memory import MemoryStore

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PERSON_KEY = "a person key for tests only, long enough to be taken"
LINK_KEY = "a secret that signs links in unit tests only"


class MemoryNetwork:
    """``async with MemoryNetwork(directory, exchange) as network:``: their HTTP, their events, their deadlines.

    Nothing runs by itself: `settle` publishes, delivers and rings until everything is quiet.
    """

    def __init__(self, *services: Service, settings: dict[str, Any] | None = None) -> None:
        self.clock = ManualClock(START)
        self.log = MemoryLog()
        self._directory = tempfile.TemporaryDirectory()
        home = Path(self._directory.name)
        create_key_set(home)
        self._home = home
        self.runtimes: dict[str, Runtime] = {}
        self.subscriptions: dict[str, MemorySubscription] = {}
        for service in services:
            values: dict[str, Any] = {
                "home": home,
                "keys_file": home / "jwks.json",
                "person_key": PERSON_KEY,
                "secret": LINK_KEY,
            }
            values |= settings or {}
            own = service.settings(
                **{name: value for name, value in values.items() if name in service.settings.model_fields}
            )
            runtime = Runtime(service, own, MemoryStore(), self.log, self.clock)
            self.runtimes[service.name] = runtime
            self.subscriptions[service.name] = MemorySubscription(
                self.log, runtime.consumer.topics, runtime.consumer.handle
            )
        self._clients: list[httpx.AsyncClient] = []
        self._apps: dict[str, FastAPI] = {}

    async def __aenter__(self) -> "MemoryNetwork":
        for runtime in self.runtimes.values():
            await runtime.prepare()
            runtime.relay.start()
            for feed in runtime.feeds:
                feed.start()
                await feed.caught_up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            await client.aclose()
        for runtime in self.runtimes.values():
            for feed in runtime.feeds:
                await feed.stop()
            await runtime.relay.stop(grace_s=0.1)
        self._directory.cleanup()

    def client(
        self,
        service: str,
        role: str | None = None,
        *,
        center: str | None = None,
        networks: Sequence[str] = (),
        subject: str | None = None,
    ) -> httpx.AsyncClient:
        """An HTTP client of this service, with a token for ``role`` (none: anonymous)."""
        headers = {}
        if role:
            token = issue_token(
                self._home,
                subject or f"test-{role}-{center or 'any'}",
                roles=[role],
                centers=[center] if center else [],
                networks=networks,
            )
            headers["Authorization"] = f"Bearer {token}"
        if service not in self._apps:
            self._apps[service] = create_app(self.runtimes[service])
        transport = httpx.ASGITransport(self._apps[service], raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=f"http://{service}.example.org", headers=headers)
        self._clients.append(client)
        return client

    async def settle(self) -> None:
        """Until nothing is left to do: publishes what is pending, delivers it to everybody, rings what is due."""
        while True:
            moved = 0
            for name, runtime in self.runtimes.items():
                await runtime.relay.drain()
                moved += await self.subscriptions[name].pump()
                await runtime.relay.drain()
                moved += await runtime.timers.ring()
            if not moved:
                break
        for runtime in self.runtimes.values():
            for feed in runtime.feeds:
                await feed.caught_up()

    def events(self, topic: str, key: str | None = None) -> list[Recorded]:
        """What was published on ``topic`` (about ``key``), in order per key."""
        records = [record for partition in self.log.topics[topic] for record in partition]
        found = [wire.decode(record.topic, record.key, record.value, record.headers) for record in records]
        return [event for event in found if key is None or event.key == key]
