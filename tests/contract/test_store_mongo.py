"""What only the store on MongoDB can meet: servers that are away, step down, stop answering or object."""

import asyncio
import contextlib
import socket
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, cast

import pytest
import pytest_asyncio
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WTimeoutError

from shared.ids import new_id
from shared.store.mongo import Driver, MongoCollection, MongoStore
from shared.store.port import Advance, Index, Insert, Put, StoreRefused, StoreUnavailable, Swap, Write
from tests.contract.conftest import ServerUri

pytestmark = pytest.mark.asyncio

DRIVERS = ("motor", "pymongo")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextlib.asynccontextmanager
async def connected(port: int, driver: str, options: str = "") -> AsyncIterator[MongoStore]:
    uri = f"mongodb://127.0.0.1:{port}/?{options}"
    store = MongoStore.connect(uri, "contract", driver=cast(Driver, driver))
    yield store
    await store.close()


def operations(store: MongoStore) -> dict[str, Callable[[], Awaitable[Any]]]:
    things = store.collection("things")
    return {
        "get_many": lambda: things.get_many(["a"]),
        "find": lambda: things.find({}),
        "count": lambda: things.count({}),
        "write": lambda: things.write([Insert({"_id": "a"})]),
        "drop": things.drop,
        "ensure_indexes": lambda: store.ensure_indexes({"things": [Index(["n"])]}),
        "ping": store.ping,
    }


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_server_that_is_not_there_makes_every_operation_unavailable_within_two_seconds(
    driver: str, closed_port: int
) -> None:
    async with connected(closed_port, driver) as store:
        started = time.monotonic()
        calls = operations(store)
        outcomes = await asyncio.gather(*(call() for call in calls.values()), return_exceptions=True)
        assert {name: type(outcome) for name, outcome in zip(calls, outcomes, strict=True)} == dict.fromkeys(
            calls, StoreUnavailable
        )
        assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_server_that_accepts_and_stays_silent_fails_a_ping_within_two_seconds(
    driver: str, silent_port: int
) -> None:
    async with connected(silent_port, driver) as store:
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await store.ping()
        assert time.monotonic() - started < 2.5


class Line:
    """A connection to a server that can be cut or can freeze, for the tests of what happens then."""

    def __init__(self, server: str) -> None:
        host, _, port = server.rpartition(":")
        self._target = (host, int(port))
        self._frozen = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def freeze(self) -> None:
        self._frozen = True

    async def cut(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writers.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._writers += [writer, far_writer]
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if not self._frozen:
                    sink.write(data)
            sink.close()


@pytest_asyncio.fixture
async def line(server_uri: ServerUri) -> AsyncIterator[Line]:
    line = Line(server_uri().partition("://")[2].partition("/")[0])
    await line.open()
    yield line
    await line.cut()


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_lost_server_makes_operations_unavailable_and_its_return_makes_them_work(
    driver: str, line: Line
) -> None:
    async with connected(line.port, driver) as store:
        things = store.collection(f"things-{new_id()}")
        assert await things.write([Insert({"_id": "a"})]) == [True]
        await line.cut()
        with pytest.raises(StoreUnavailable):
            await things.write([Insert({"_id": "b"})])
        with pytest.raises(StoreUnavailable):
            await things.get_many(["a"])
        await line.open()
        assert await things.write([Insert({"_id": "c"})]) == [True]
        assert await things.count({}) == 2
        await things.drop()


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_write_whose_answer_never_comes_is_unavailable_in_the_end(driver: str, line: Line) -> None:
    async with connected(line.port, driver, "socketTimeoutMS=300") as store:
        things = store.collection(f"things-{new_id()}")
        await things.write([Insert({"_id": "a"})])
        line.freeze()
        with pytest.raises(StoreUnavailable):
            await things.write([Insert({"_id": "b"})])


@pytest.mark.parametrize("driver", DRIVERS)
async def test_an_operator_that_the_server_does_not_know_is_refused(driver: str, server_uri: ServerUri) -> None:
    store = MongoStore.connect(server_uri(), "contract", driver=cast(Driver, driver))
    things = store.collection("things")
    await things.write([Put("a", {"v": 1})])
    with pytest.raises(StoreRefused):
        await things.find({"v": {"$nonsense": 1}})
    await store.close()


@pytest.mark.parametrize("driver", DRIVERS)
async def test_what_cannot_be_a_document_is_refused(driver: str, server_uri: ServerUri) -> None:
    store = MongoStore.connect(server_uri(), "contract", driver=cast(Driver, driver))
    things = store.collection("things")
    for value in (object(), 2**70):
        with pytest.raises(StoreRefused):
            await things.write([Put("a", {"v": value})])
    await store.close()


@pytest.mark.parametrize("driver", DRIVERS)
async def test_what_the_uri_says_is_kept_and_the_rest_is_ours(driver: str) -> None:
    async with connected(1, driver, "retrywrites=true&w=2&maxPoolSize=7") as store:
        options = store._client.options
        assert (options.retry_writes, options.write_concern.document["w"], options.pool_options.max_pool_size) == (
            True,
            2,
            7,
        )
        assert options.write_concern.document["j"] is True
    async with connected(1, driver) as store:
        options = store._client.options
        assert options.retry_writes is False
        assert options.write_concern.document == {"w": "majority", "j": True}
        assert options.pool_options.max_pool_size == 100


async def test_a_uri_or_driver_that_is_none_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="unusable"):
        MongoStore.connect("mongodb://", "contract", driver="pymongo")
    with pytest.raises(ValueError, match="driver"):
        MongoStore.connect("mongodb://127.0.0.1", "contract", driver=cast(Driver, "other"))


class Scripted:
    """A driver's collection whose bulk writes raise what they are told to, for errors that need a replica set."""

    def __init__(self, *errors: Exception | None) -> None:
        self._errors = list(errors)
        self.sent: list[list[Any]] = []

    async def bulk_write(self, operations: list[Any], ordered: bool) -> None:
        self.sent.append(operations)
        error = self._errors.pop(0)
        if error is not None:
            raise error


def failed(*errors: tuple[int, int], concern: int | None = None) -> BulkWriteError:
    """A bulk in which the operation at each position failed with a code, quoting documents as servers do."""
    return BulkWriteError(
        {
            "writeErrors": [
                {
                    "index": index,
                    "code": code,
                    "errmsg": 'index: _id_ dup key: { _id: "secret" }',
                    "op": {"_id": "secret"},
                }
                for index, code in errors
            ],
            "writeConcernErrors": [] if concern is None else [{"code": concern, "errmsg": "waiting"}],
        }
    )


@pytest.mark.parametrize("code", [91, 189, 10107, 11600, 11602])
async def test_a_primary_that_steps_down_is_unavailable_not_a_lost_race(code: int) -> None:
    with pytest.raises(StoreUnavailable):
        await MongoCollection("things", Scripted(failed((0, 11000), (1, code)))).write(
            [Insert({"_id": "a"}), Insert({"_id": "b"})]
        )


async def test_a_write_that_is_not_known_to_be_durable_is_unavailable() -> None:
    for error in (failed(concern=64), WTimeoutError("waiting", 64), OperationFailure("interrupted", 11600)):
        with pytest.raises(StoreUnavailable):
            await MongoCollection("things", Scripted(error)).write([Insert({"_id": "a"})])


@pytest.mark.parametrize("code", [53, 66])
async def test_a_lost_swap_is_known_by_either_code_that_servers_give_it(code: int) -> None:
    things = MongoCollection("things", Scripted(failed((1, code))))
    assert await things.write([Swap("a", 1, {"version": 2}), Swap("b", 1, {"version": 2})]) == [True, False]


async def test_a_mirror_that_lost_the_race_to_be_created_is_compared_again() -> None:
    scripted = Scripted(failed((0, 11000), (1, 11000), (2, 11000)), failed((1, 11000)))
    things = MongoCollection("things", scripted)
    writes: list[Write] = [Insert({"_id": "a"}), Advance("b", 2, {}), Advance("c", 2, {})]
    assert await things.write(writes) == [False, True, False]
    assert [len(sent) for sent in scripted.sent] == [3, 2]


async def test_errors_never_show_what_is_in_a_document() -> None:
    errors = (failed((0, 121)), DuplicateKeyError("dup key: { _id: secret }", 11000, {"keyValue": "secret"}))
    for error in errors:
        with pytest.raises(StoreRefused) as caught:
            await MongoCollection("things", Scripted(error)).write([Swap("a", 1, {"version": 2})])
        assert "secret" not in "".join(traceback.format_exception(caught.value))
