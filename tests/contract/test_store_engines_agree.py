"""Random writes and questions get the same answers in memory and from a database server."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ids import new_id
from shared.store.memory import MemoryStore
from shared.store.mongo import MongoStore
from shared.store.port import (
    Advance,
    Collection,
    Document,
    Index,
    Insert,
    Put,
    Remove,
    Settle,
    StoreRefused,
    Swap,
    Write,
)
from tests.contract.conftest import ServerUri

IDS = st.sampled_from("abcde")
VERSIONS = st.integers(1, 4)
SCALARS = st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, -3, "", "x", "y", "X", "Praha", "2026-03-01"])
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.sampled_from("pq"), SCALARS, max_size=2),
    st.lists(st.dictionaries(st.sampled_from("pq"), SCALARS, min_size=1, max_size=2), max_size=3),
)
TEXTS = SCALARS.filter(lambda value: value is None or isinstance(value, str))
KEYS = SCALARS.filter(lambda value: value is not None)
FREE = st.fixed_dictionaries({}, optional={"rank": SCALARS, "name": TEXTS, "v": VALUES, "w": VALUES})
KEYED = st.builds(lambda document, key: {**document, "key": key}, FREE, KEYS)
EVENTS = st.lists(st.fixed_dictionaries({"sequence": VERSIONS, "at": SCALARS}), max_size=2)


def swap(id: str, expected: int, fields: Document, outbox: list[Document], recent: list[str], keep: int) -> Swap:
    return Swap(id, expected, {**fields, "version": expected + 1}, outbox=outbox, recent=recent, keep=keep)


def writes_of(documents: st.SearchStrategy[Document]) -> st.SearchStrategy[Write]:
    recent = st.lists(st.sampled_from(["c1", "c2", "c3"]), max_size=3)
    return st.one_of(
        st.builds(swap, IDS, st.integers(0, 3), FREE, EVENTS, recent, st.integers(1, 4)),
        st.builds(lambda id, document: Insert({"_id": id, **document}), IDS, documents),
        st.builds(Settle, IDS, VERSIONS),
        st.builds(Advance, IDS, VERSIONS, documents),
        st.builds(Put, IDS, documents),
        st.builds(Remove, IDS),
    )


# The writes of one call take place in any order, so those that compete for a unique key come alone.
CALLS = st.one_of(
    st.lists(writes_of(KEYED), min_size=1, max_size=1),
    st.lists(writes_of(FREE), min_size=1, max_size=5, unique_by=lambda write: write.id),
)

PLAIN = st.sampled_from(["_id", "version", "rank", "key", "v", "w", "recent"])
PATHS = st.one_of(PLAIN, st.sampled_from(["v.p", "v.q", "w.p", "outbox.sequence"]))
BOUNDS = SCALARS.filter(lambda value: value is not None and not isinstance(value, bool))
CONDITIONS = st.one_of(
    KEYS,
    st.lists(SCALARS, max_size=2),
    st.builds(lambda value: {"$ne": value}, KEYS),
    st.builds(lambda operator, value: {operator: value}, st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), BOUNDS),
    st.builds(lambda operator, values: {operator: values}, st.sampled_from(["$in", "$nin"]), st.lists(KEYS)),
    st.just({"$exists": True}),
)
ABSENCE = st.sampled_from([None, {"$ne": None}, {"$in": [None, "x", 1]}, {"$nin": [None, True]}, {"$exists": False}])
PATTERNS = st.builds(lambda pattern: {"$regex": pattern}, st.sampled_from(["^x$", "^Pra", "a", "^2026-", "[xy]"]))
SIMPLE = st.one_of(
    st.dictionaries(PATHS, CONDITIONS, max_size=2),
    st.dictionaries(PLAIN, ABSENCE, min_size=1, max_size=2),
    st.dictionaries(st.sampled_from(["_id", "name", "recent"]), PATTERNS, min_size=1),
)
FILTERS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    SIMPLE,
    st.builds(
        lambda operator, parts: {operator: parts}, st.sampled_from(["$and", "$or"]), st.lists(SIMPLE, min_size=1)
    ),
)
ORDERS = st.sampled_from([(("_id", 1),), (("_id", -1),), (("rank", 1), ("_id", 1)), (("rank", -1), ("_id", 1))])
FIELDS = st.one_of(st.none(), st.lists(st.sampled_from(["rank", "v", "w.p", "outbox.at"]), unique=True))
QUESTIONS = st.tuples(FILTERS, ORDERS, st.integers(0, 3), FIELDS)

STEPS = st.lists(st.one_of(CALLS, QUESTIONS), max_size=12)


async def answer(collection: Collection, step: Any) -> Any:
    """What ``collection`` says to one step: the outcomes of writes, or what a question finds and counts."""
    try:
        if isinstance(step, list):
            return await collection.write(step)
        where, sort, limit, fields = step
        return await collection.find(where, sort=sort, limit=limit, fields=fields), await collection.count(where)
    except StoreRefused:
        return "refused"


async def compare(memory: Collection, server: Collection, steps: list[Any]) -> None:
    for step in steps:
        assert await answer(server, step) == await answer(memory, step), step
        assert await server.find({}) == await memory.find({}), step


def test_memory_and_server_answer_alike(server_uri: ServerUri) -> None:
    uri = server_uri()
    with asyncio.Runner() as runner:

        async def connect() -> MongoStore:
            return MongoStore.connect(uri, "contract", driver="pymongo")

        store = runner.run(connect())
        name = f"agree-{new_id()}"

        @settings(max_examples=200, database=None)
        @given(STEPS)
        def agree(steps: list[Any]) -> None:
            async def once() -> None:
                memory = MemoryStore()
                indexes = {name: [Index(("key",), unique=True, sparse=True)]}
                await memory.ensure_indexes(indexes)
                await store.ensure_indexes(indexes)
                try:
                    await compare(memory.collection(name), store.collection(name), steps)
                finally:
                    await store.collection(name).drop()

            runner.run(once())

        agree()
        runner.run(store.close())
