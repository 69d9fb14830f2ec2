"""The engines that tests run on: one set for the whole session, started when first asked for.

MINE_TEST_ENGINE says which: ``local`` (plain processes; needs a JDK and Maven), ``docker`` (containers; needs a daemon)
or ``memory`` (none: what needs an engine is skipped). Without it the first of local and docker that is there is taken.
What was asked for by name and is not there fails; what was only hoped for is skipped, with the reason.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, Protocol

import pytest

from deploy.engines.docker import daemon_answers
from deploy.errors import Trouble
from deploy.local.install import install, is_installed, require_java, require_maven
from deploy.network import Network, quiet
from deploy.ports import HOST, free_ports
from deploy.probe import database_answers
from shared.messaging.topics import until_broker_answers

ASKED = os.environ.get("MINE_TEST_ENGINE", "")
KAFKA_IMAGE = "apache/kafka:4.1.0"
MONGO_IMAGE = "mongo:8.0"
_READY_WITHIN_S = 120.0
_BUSY_MACHINE_S = 400


class Engines(Protocol):
    """A broker and a database. ``start`` returns when the part answers; ``kill`` when it is gone, by SIGKILL."""

    name: str

    @property
    def kafka(self) -> str: ...

    @property
    def mongo_uri(self) -> str: ...

    def start(self, part: str) -> None: ...

    def kill(self, part: str) -> None: ...

    def stop(self) -> None: ...


class LocalEngines:
    """The backing processes of a network; its services stay where they are."""

    name = "local"

    def __init__(self, network: Network) -> None:
        self._network = network

    @property
    def kafka(self) -> str:
        return self._network.address("kafka")

    @property
    def mongo_uri(self) -> str:
        return self._network.address("mongo")

    def start(self, part: str) -> None:
        self._network.start(part)

    def kill(self, part: str) -> None:
        self._network.kill(part)

    def stop(self) -> None:
        """The network that lends its processes stops them."""


class DockerEngines:
    """Two containers on fixed ports, so that a killed one comes back where it was, with its data."""

    name = "docker"

    def __init__(self) -> None:
        self._ports = free_ports()
        self._containers: dict[str, Any] = {}

    @property
    def kafka(self) -> str:
        return f"{HOST}:{self._ports.kafka}"

    @property
    def mongo_uri(self) -> str:
        return f"mongodb://{HOST}:{self._ports.mongo}/?retryWrites=false"

    def start(self, part: str) -> None:
        if part in self._containers:
            self._containers[part].get_wrapped_container().start()
        else:
            self._containers[part] = (self._kafka_container() if part == "kafka" else self._mongo_container()).start()
        if part == "kafka":
            asyncio.run(until_broker_answers(self.kafka, _READY_WITHIN_S))
        else:
            self._until_database_answers()

    def kill(self, part: str) -> None:
        container = self._containers[part].get_wrapped_container()
        container.kill("SIGKILL")
        container.wait()

    def stop(self) -> None:
        for container in self._containers.values():
            container.stop()

    def _kafka_container(self) -> Any:
        from testcontainers.core.container import DockerContainer

        settings = {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_LISTENERS": "BROKER://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"BROKER://{self.kafka}",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        }
        container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, self._ports.kafka)
        for name, value in settings.items():
            container = container.with_env(name, value)
        return container

    def _mongo_container(self) -> Any:
        from testcontainers.core.container import DockerContainer

        return DockerContainer(MONGO_IMAGE).with_bind_ports(27017, self._ports.mongo)

    def _until_database_answers(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        while not database_answers(self._ports.mongo):
            assert time.monotonic() < deadline, "the database's container does not answer"
            time.sleep(0.1)


@cache
def why_not_local() -> str | None:
    """None when the local engines are installed, or can be; else the reason why not."""
    try:
        if not is_installed():
            require_java()
            require_maven()
    except Trouble as trouble:
        return str(trouble)
    return None


@cache
def chosen() -> str:
    """``local``, ``docker`` or ``memory``."""
    if ASKED:
        if ASKED not in ("local", "docker", "memory"):
            raise pytest.UsageError(f"MINE_TEST_ENGINE={ASKED}: there are local, docker and memory")
        return ASKED
    if why_not_local() is None:
        return "local"
    return "docker" if daemon_answers() else "memory"


def _without(reason: str) -> None:
    """Fails where an engine was asked for by name, else skips."""
    if ASKED in ("local", "docker"):
        pytest.fail(f"MINE_TEST_ENGINE={ASKED}: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def local_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The session's one network on local engines, with nothing started yet; all of it is stopped in the end."""
    if chosen() == "memory" and ASKED:
        pytest.skip("needs real engines, and MINE_TEST_ENGINE=memory")
    if reason := why_not_local():
        _without(f"needs the local engines: {reason}")
    try:
        install(quiet)
    except Trouble as trouble:
        _without(f"needs the local engines: {trouble}")
    network = Network.ephemeral(tmp_path_factory.mktemp("network"))
    yield network
    network.down()


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Iterator[Engines]:
    """Broker and database of the chosen kind, not yet started: a test's own fixture starts what it needs."""
    if chosen() == "memory":
        pytest.skip(f"needs real engines: {'MINE_TEST_ENGINE=memory' if ASKED else why_not_local()}")
    if chosen() == "docker":
        if not daemon_answers():
            _without("no Docker daemon answers")
        containers = DockerEngines()
        yield containers
        containers.stop()
        return
    yield LocalEngines(request.getfixturevalue("local_network"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever needs engines may be the one who waits for their start, and on a busy machine everything takes longer."""
    for item in items:
        needed = set(getattr(item, "fixturenames", ()))
        if needed & {"engines", "local_network"} and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_BUSY_MACHINE_S))


def pytest_report_header() -> str:
    """Says on what the suite runs."""
    return f"engines: {chosen()}" + (f" (MINE_TEST_ENGINE={ASKED})" if ASKED else "")
