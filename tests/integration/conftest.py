"""Toys on real engines: their topics, and what they are asked through."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from shared.events.catalogue import TopicSpec, dead_letters, republish_requests
from shared.messaging.topics import create_topics
from tests.engines import Engines
from tests.integration.toy_process import Toy
from tests.toys import ACCOUNT, LEFT, RIGHT, TALLY, toy_catalogue

PATIENCE_S = 60.0


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    """The first answer of ``look`` that is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await look()):
            await asyncio.sleep(0.05)
        return found


@pytest.fixture(scope="session")
def toy_engines(engines: Engines) -> Engines:
    """Broker and database, started, with the toys' topics."""
    engines.start("kafka")
    engines.start("mongo")
    specs = [TopicSpec(stream.topic, stream.partitions, stream.about) for stream in (ACCOUNT, TALLY)]
    for service in ("left", "right"):
        specs += [TopicSpec(dead_letters(service), 1, ""), TopicSpec(republish_requests(service), 1, "")]
    asyncio.run(create_topics(engines.kafka, specs))
    return engines


@pytest.fixture
def toys(toy_engines: Engines) -> Iterator[Engines]:
    """The engines as every test finds them: running, whatever the last test did; and the toys in the catalogue."""
    toy_engines.start("kafka")
    toy_engines.start("mongo")
    with toy_catalogue():
        yield toy_engines


@pytest.fixture
async def left(toys: Engines) -> AsyncIterator[Toy]:
    """The service with the accounts."""
    async with Toy(LEFT, toys.kafka, toys.mongo_uri) as left:
        yield left


@pytest.fixture
async def right(toys: Engines) -> AsyncIterator[Toy]:
    """The service with the tallies: consumes what left says."""
    async with Toy(RIGHT, toys.kafka, toys.mongo_uri) as right:
        yield right


@pytest.fixture
def tallies(toys: Engines) -> Toy:
    """Looks at the tallies without consuming anything."""
    return Toy(RIGHT, toys.kafka, toys.mongo_uri, replica="looking")


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return uuid4().hex[:12]


class Process:
    """A toy service in a process of its own."""

    def __init__(self, engines: Engines, service: str, replica: str = "0", *, held: bool = False) -> None:
        place = ["--replica", replica, "--kafka", engines.kafka, "--mongo", engines.mongo_uri]
        command = [sys.executable, "-m", "tests.integration.toy_process", service, *place, *["--held"] * held]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    async def until(self, what: str) -> float:
        """Waits until the process says ``what``; the seconds since it began to connect."""
        assert self._child.stdout is not None
        while line := await asyncio.to_thread(self._child.stdout.readline):
            if line.startswith("{") and (told := json.loads(line))["what"] == what:
                return float(told["after_s"])
        raise AssertionError(f"the process ended before it said {what!r}")

    def release(self) -> None:
        """Lets a held process connect."""
        assert self._child.stdin is not None
        self._child.stdin.write("go\n")
        self._child.stdin.flush()

    def kill(self) -> None:
        """SIGKILL, to this very process."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                pipe.close()


@pytest.fixture
def process(toys: Engines) -> Iterator[Callable[..., Process]]:
    """Starts toy services as processes; what still runs in the end is killed."""
    started: list[Process] = []

    def start(service: str, replica: str = "0", *, held: bool = False) -> Process:
        started.append(Process(toys, service, replica, held=held))
        return started[-1]

    yield start
    for each in started:
        each.kill()
