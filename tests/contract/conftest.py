"""The stores of the contract suites: in memory, and on a database server through either driver."""

from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest
import pytest_asyncio

from shared.ids import new_id
from shared.store.memory import MemoryStore
from shared.store.mongo import Driver, MongoStore
from shared.store.port import Collection, Store
from tests.engines import Engines, chosen

SERVER = chosen()
"""The kind of engines that the session runs on; ``memory`` means that tests which need a server are skipped."""

ON_A_SERVER = [f"{driver}@{SERVER}" for driver in ("motor", "pymongo")]

ServerUri = Callable[[], str]


@pytest.fixture(scope="session")
def server_uri(request: pytest.FixtureRequest) -> ServerUri:
    """Where the session's database server listens; it is started when first asked for."""

    def uri() -> str:
        engines: Engines = request.getfixturevalue("engines")
        engines.start("mongo")
        return engines.mongo_uri

    return uri


@pytest_asyncio.fixture(params=["memory", *ON_A_SERVER])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield cast(Store, MemoryStore())
        return
    driver = request.param.partition("@")[0]
    uri: ServerUri = request.getfixturevalue("server_uri")
    mongo = MongoStore.connect(uri(), "contract", driver=cast(Driver, driver))
    yield mongo
    await mongo.close()


@pytest_asyncio.fixture
async def things(store: Store) -> AsyncIterator[Collection]:
    """An empty collection of each kind of store."""
    collection = store.collection(f"things-{new_id()}")
    yield collection
    await collection.drop()
