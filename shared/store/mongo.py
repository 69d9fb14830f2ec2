"""The port on MongoDB, by Motor or by PyMongo's own asynchronous client: the same calls, one code path.

The only module that knows a driver. Every write is a single-document operation in an unordered bulk, and each must
learn its own outcome although the server only reports totals for what matched. So all that depends on a condition are
upserts whose insertion cannot succeed: when the condition does not hold, the server tries to insert and must fail,
and failures are reported by position.
"""

import asyncio
import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from bson.errors import BSONError
from pymongo import AsyncMongoClient, DeleteOne, IndexModel, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, ConnectionFailure, PyMongoError, WriteConcernError

from shared.store.port import (
    Advance,
    Document,
    Filter,
    Index,
    Insert,
    Order,
    Put,
    Remove,
    Settle,
    StoreRefused,
    StoreUnavailable,
    Swap,
    Write,
    distinct,
)

Driver = Literal["motor", "pymongo"]

_DEFAULTS: Mapping[str, Any] = {
    "retryWrites": False,  # the caller repeats, and looks first; standalone servers cannot
    "w": "majority",
    "journal": True,
    "serverSelectionTimeoutMS": 1500,
    "connectTimeoutMS": 5000,
    "socketTimeoutMS": 10_000,
    "waitQueueTimeoutMS": 5000,
}
"""What holds unless the connection's URI says otherwise."""

_PING_S = 2.0
_AWAY = {50, 64, 91, 112, 189, 262, 10058, 10107, 11600, 11602, 13435, 13436}
"""Codes that pass by themselves: out of time, shutting down, stepping down, write conflict."""

_TAKEN = 11000
_NO_INSERTION = {53, 66}
"""Answers to `_NEVER_INSERT`: InvalidIdField, ImmutableField."""

_NEVER_INSERT: Mapping[str, Any] = {"$setOnInsert": {"_id": []}}
"""Added to an upsert that may only change what is there: a list is no ``_id``, so the insertion fails."""


class MongoStore:
    """One database of a MongoDB server, or of anything that speaks its protocol."""

    def __init__(self, client: Any, database: str) -> None:
        self._client = client
        self._database = client[database]
        self._collections: dict[str, MongoCollection] = {}

    @classmethod
    def connect(cls, uri: str, database: str, *, driver: Driver = "motor", pool: int = 100) -> "MongoStore":
        """A store on ``database``, with at most ``pool`` connections; call it within the running event loop.

        Nothing is sent yet, so it also succeeds while the server is down. An unusable ``uri`` raises ValueError.
        """
        stated = {name.lower() for name, _ in parse_qsl(urlsplit(uri).query)}
        options = {name: value for name, value in _DEFAULTS.items() if name.lower() not in stated}
        if "maxpoolsize" not in stated:
            options["maxPoolSize"] = pool
        try:
            return cls(_client_type(driver)(uri, **options), database)
        except PyMongoError as error:
            raise ValueError(f"unusable database URI: {type(error).__name__}") from None

    def collection(self, name: str) -> "MongoCollection":
        """The collection of this name, made at its first write."""
        if name not in self._collections:
            self._collections[name] = MongoCollection(name, self._database[name])
        return self._collections[name]

    async def ensure_indexes(self, wanted: Mapping[str, Sequence[Index]]) -> None:
        """Makes the indexes, by collection name, where they are missing."""
        for name, indexes in wanted.items():
            if indexes:
                with _translated(name):
                    await self._database[name].create_indexes([_index_model(index) for index in indexes])

    async def ping(self) -> None:
        """Raises `StoreUnavailable` when the database does not answer within two seconds."""
        try:
            async with asyncio.timeout(_PING_S):
                with _translated("ping"):
                    await self._client.admin.command("ping")
        except TimeoutError:
            raise StoreUnavailable(f"no answer to a ping within {_PING_S:g} s") from None

    async def close(self) -> None:
        """Gives its connections back."""
        closing = self._client.close()
        if inspect.isawaitable(closing):
            await closing


class MongoCollection:
    """One collection, through either driver."""

    def __init__(self, name: str, handle: Any) -> None:
        self.name = name
        self._handle = handle

    async def get_many(self, ids: Sequence[str]) -> dict[str, Document]:
        """The documents with these ids; missing ones are left out."""
        if not ids:
            return {}
        where = {"_id": ids[0]} if len(ids) == 1 else {"_id": {"$in": list(ids)}}
        with _translated(self.name):
            found = await self._handle.find(where, limit=len(ids), batch_size=len(ids)).to_list(None)
        return {document["_id"]: document for document in found}

    async def find(
        self, where: Filter, *, sort: Order = (("_id", 1),), limit: int = 0, fields: Sequence[str] | None = None
    ) -> list[Document]:
        """The matching documents in order, at most ``limit`` (0: all), with ``fields`` (and ``_id``) only if given."""
        shown = None if fields is None else {"_id": 1, **dict.fromkeys(fields, 1)}
        with _translated(self.name):
            cursor = self._handle.find(where, shown, sort=list(sort) or None, limit=limit, batch_size=limit or 1000)
            found: list[Document] = await cursor.to_list(None)
        return found

    async def count(self, where: Filter) -> int:
        """How many documents match."""
        with _translated(self.name):
            return int(await self._handle.count_documents(where))

    async def write(self, writes: Sequence[Write]) -> list[bool]:
        """Carries out ``writes``, in any order; says of each, by position, whether it took place."""
        if not writes:
            return []
        distinct(writes)
        failed = await self._bulk(writes)
        # An upsert that lost the race to create a document has not been compared with it: now it is there.
        again = [at for at in failed if isinstance(writes[at], Advance | Put)]
        if again:
            still = await self._bulk([writes[at] for at in again])
            failed = (failed - set(again)) | {again[at] for at in still}
        return [at not in failed for at in range(len(writes))]

    async def drop(self) -> None:
        """Removes the collection with all its documents; indexes must be asked for again."""
        with _translated(self.name):
            await self._handle.drop()

    async def _bulk(self, writes: Sequence[Write]) -> set[int]:
        """Sends ``writes``; the positions of those whose condition did not hold."""
        operations = [_operation(write) for write in writes]
        try:
            with _translated(self.name):
                await self._handle.bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            details = error.details or {}
        else:
            return set()
        # Outside the except clause, so that no traceback carries the documents that the driver's error quotes.
        return self._failed(writes, details)

    def _failed(self, writes: Sequence[Write], details: Mapping[str, Any]) -> set[int]:
        if details.get("writeConcernErrors"):
            codes = sorted({error.get("code") for error in details["writeConcernErrors"]})
            raise StoreUnavailable(f"{self.name}: not known to be durable (codes {codes})")
        failed = set()
        for error in details["writeErrors"]:
            write = writes[error["index"]]
            if error["code"] in _AWAY:
                raise StoreUnavailable(f"{self.name}: code {error['code']}")
            if not _condition_failed(write, error):
                raise StoreRefused(f"{self.name}: {type(write).__name__} failed, code {error['code']}")
            failed.add(error["index"])
        return failed


def _client_type(driver: Driver) -> Any:
    if driver == "pymongo":
        return AsyncMongoClient
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return AsyncIOMotorClient
    raise ValueError(f"no such driver: {driver}")


def _operation(write: Write) -> Any:
    match write:
        case Swap():
            return UpdateOne({"_id": write.id, "version": write.expected}, _change(write), upsert=True)
        case Insert():
            return InsertOne(write.document)
        case Settle():
            return UpdateOne({"_id": write.id}, {"$pull": {"outbox": {"sequence": {"$lte": write.through}}}})
        case Advance():
            older = {"_id": write.id, "version": {"$lt": write.version}}
            return ReplaceOne(older, {**write.document, "_id": write.id, "version": write.version}, upsert=True)
        case Put():
            return ReplaceOne({"_id": write.id}, {**write.document, "_id": write.id}, upsert=True)
        case Remove():
            return DeleteOne({"_id": write.id})


def _change(swap: Swap) -> dict[str, Any]:
    change = {
        "$set": swap.fields,
        "$push": {"outbox": {"$each": swap.outbox}, "recent": {"$each": swap.recent, "$slice": -swap.keep}},
    }
    return change if swap.expected == 0 else {**change, **_NEVER_INSERT}


def _condition_failed(write: Write, error: Mapping[str, Any]) -> bool:
    """Whether the server's error is how ``write`` learns that it came too late."""
    if isinstance(write, Swap):
        if write.expected:
            return error["code"] in _NO_INSERTION
        return error["code"] == _TAKEN and _broken_index(error) == "_id_"
    return bool(error["code"] == _TAKEN)


def _broken_index(error: Mapping[str, Any]) -> str:
    """The name in ``E11000 duplicate key error collection: db.name index: _id_ dup key: {...}``."""
    message = str(error.get("errmsg", "")).partition(" dup key")[0]
    return message.rpartition("index: ")[2].strip()


def _index_model(index: Index) -> IndexModel:
    options = {name: True for name in ("unique", "sparse") if getattr(index, name)}
    return IndexModel([(field, 1) for field in index.fields], **options)


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turns the driver's errors into the port's; those of a bulk pass, they hold the outcomes."""
    try:
        yield
    except BulkWriteError:
        raise
    except (ConnectionFailure, WriteConcernError) as error:
        raise StoreUnavailable(f"{what}: {error}") from error
    except (PyMongoError, BSONError, OverflowError) as error:
        code = getattr(error, "code", None)
        if code in _AWAY:
            raise StoreUnavailable(f"{what}: {type(error).__name__}, code {code}") from None
        raise StoreRefused(f"{what}: {type(error).__name__}" + (f", code {code}" if code else "")) from None
