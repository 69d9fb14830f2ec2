"""The stores of the contract suites: in memory, and on a database server through either driver."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import cast

import pytest
import pytest_asyncio

from deploy.network import Network, quiet
from shared.ids import new_id
from shared.store.memory import MemoryStore
from shared.store.mongo import Driver, MongoStore
from shared.store.port import Collection, Store

SERVERS = ("local", "docker") if os.environ.get("MINE_TEST_ENGINE") == "docker" else ("local",)
ON_A_SERVER = [f"{driver}@{server}" for server in SERVERS for driver in ("motor", "pymongo")]

ServerUri = Callable[[str], str]


@pytest.fixture(scope="session")
def server_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUri]:
    """Where the database server called ``local`` or ``docker`` listens.

    The local one is started when first asked for and stopped in the end. Docker's is expected to run, at
    MINE_TEST_MONGO_URI or the usual port.
    """
    started: list[Network] = []

    def uri(server: str) -> str:
        if server == "docker":
            return os.environ.get("MINE_TEST_MONGO_URI", "mongodb://127.0.0.1:27017")
        if not started:
            network = Network.ephemeral(tmp_path_factory.mktemp("store"), virtual_clock=False)
            started.append(network)
            network.engine.install(quiet)
            network.start("mongo")
        return started[0].address("mongo")

    yield uri
    for network in started:
        network.down()


@pytest_asyncio.fixture(params=["memory", *ON_A_SERVER])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield cast(Store, MemoryStore())
        return
    driver, _, server = request.param.partition("@")
    uri: ServerUri = request.getfixturevalue("server_uri")
    mongo = MongoStore.connect(uri(server), "contract", driver=cast(Driver, driver))
    yield mongo
    await mongo.close()


@pytest_asyncio.fixture
async def things(store: Store) -> AsyncIterator[Collection]:
    """An empty collection of each kind of store."""
    collection = store.collection(f"things-{new_id()}")
    yield collection
    await collection.drop()
