"""What only the store in memory does: it stops where it is told to, and refuses what engines read differently."""

import asyncio
from typing import Any

import pytest

from shared.store.memory import MemoryStore
from shared.store.port import Index, Insert, Put, StoreRefused, StoreUnavailable, Swap

pytestmark = pytest.mark.asyncio


async def test_every_operation_passes_two_points_before_and_after_it_takes_place() -> None:
    points: list[str] = []

    async def note(point: str) -> None:
        points.append(point)

    store = MemoryStore(before=note)
    things = store.collection("things")
    await store.ensure_indexes({"things": [Index(["n"])]})
    await things.write([Put("a", {})])
    await things.get_many(["a"])
    await things.find({})
    await things.count({})
    await things.drop()
    await store.ping()
    operations = [f"things.{name}" for name in ("ensure_indexes", "write", "get_many", "find", "count", "drop")]
    assert points == [point for name in [*operations, "ping"] for point in (name, f"{name} answered")]


@pytest.mark.parametrize(("stop_at", "written"), [("things.write", False), ("things.write answered", True)])
async def test_a_crash_at_a_point_leaves_exactly_what_was_written_by_then(stop_at: str, written: bool) -> None:
    async def stop(point: str) -> None:
        if point == stop_at:
            raise StoreUnavailable(point)

    things = MemoryStore(before=stop).collection("things")
    with pytest.raises(StoreUnavailable):
        await things.write([Put("a", {}), Put("b", {})])
    assert await things.count({}) == (2 if written else 0)


async def test_a_caller_cancelled_before_its_write_has_written_nothing() -> None:
    async def for_ever(point: str) -> None:
        if point == "things.write":
            await asyncio.Event().wait()

    things = MemoryStore(before=for_ever).collection("things")
    writing = asyncio.create_task(things.write([Put("a", {})]))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await things.count({}) == 0


async def test_tasks_take_turns_so_that_a_forgotten_version_check_shows() -> None:
    things = MemoryStore().collection("things")
    await things.write([Swap("a", 0, {"version": 1})])

    async def add() -> list[bool]:
        version = (await things.get_many(["a"]))["a"]["version"]
        return await things.write([Swap("a", version, {"version": version + 1})])

    assert sorted(await asyncio.gather(add(), add())) == [[False], [True]]


@pytest.mark.parametrize(
    "where",
    [
        {"$nor": [{"v": 1}]},
        {"$and": []},
        {"$or": []},
        {"v": {"$elemMatch": {"n": 1}}},
        {"v": {"$size": 1}},
        {"v": {"$regex": "x", "$options": "i"}},
        {"v": {"$not": {"$gt": 1}}},
        {"v": {"n": 1}},
        {"v": {}},
        {"v": {"$in": [{"n": 1}]}},
        {"v": {"$gt": None}},
        {"v": {"$lt": [1]}},
        {"v": {"$gt": 1, "$lt": 5}},
        {"v.n": {"$exists": False}},
        {"v.n": None},
        {"n": {"$regex": "1"}},
    ],
    ids=str,
)
async def test_a_filter_that_engines_read_differently_is_refused(where: dict[str, Any]) -> None:
    things = MemoryStore().collection("things")
    await things.write([Put("a", {"v": [{"n": 1}], "n": 1})])
    with pytest.raises(StoreRefused):
        await things.find(where)


@pytest.mark.parametrize("path", ["v", "v.n", "object"])
async def test_sorting_by_lists_or_objects_is_refused(path: str) -> None:
    things = MemoryStore().collection("things")
    await things.write([Put("a", {"v": [{"n": 1}, {"n": 2}], "object": {}}), Put("b", {"v": [], "object": {}})])
    with pytest.raises(StoreRefused):
        await things.find({}, sort=[(path, 1)])


@pytest.mark.parametrize(
    ("index", "document"),
    [
        (Index(["v"], unique=True), {"v": [1]}),
        (Index(["v.n"], unique=True), {"v": [{"n": 1}, {"n": 2}]}),
        (Index(["v"], unique=True, sparse=True), {"v": None}),
    ],
)
async def test_a_unique_field_that_engines_index_differently_is_refused(index: Index, document: dict[str, Any]) -> None:
    store = MemoryStore()
    await store.ensure_indexes({"things": [index]})
    with pytest.raises(StoreRefused):
        await store.collection("things").write([Insert({"_id": "a", **document})])


async def test_a_sparse_index_of_several_fields_is_refused() -> None:
    with pytest.raises(StoreRefused):
        await MemoryStore().ensure_indexes({"things": [Index(["a", "b"], unique=True, sparse=True)]})
