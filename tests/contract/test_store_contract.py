"""What every document store promises, whatever it is made of: one behaviour per test."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from shared.store.port import (
    Advance,
    Collection,
    Document,
    Filter,
    Index,
    Insert,
    Order,
    Put,
    Remove,
    Settle,
    Store,
    StoreRefused,
    Swap,
)

pytestmark = pytest.mark.asyncio


async def one(things: Collection, id: str) -> Document | None:
    return (await things.get_many([id])).get(id)


async def put(things: Collection, **documents: Document) -> None:
    await things.write([Put(id, document) for id, document in documents.items()])


async def ids(things: Collection, where: Filter, sort: Order = (("_id", 1),), limit: int = 0) -> list[str]:
    return [document["_id"] for document in await things.find(where, sort=sort, limit=limit)]


def step(id: str, expected: int, *, name: str = "Praha", recent: Sequence[str] = (), keep: int = 50) -> Swap:
    """A command's write: version ``expected`` becomes the next one, with one pending event."""
    version = expected + 1
    return Swap(
        id=id,
        expected=expected,
        fields={"version": version, "state": {"name": name}},
        outbox=[{"sequence": version, "recorded": f"2026-03-0{min(version, 9)}T09:30:00.000Z"}],
        recent=recent,
        keep=keep,
    )


class TestSwap:
    async def test_expecting_nothing_creates_the_document(self, things: Collection) -> None:
        assert await things.write([step("a", 0, recent=["c1"])]) == [True]
        assert await one(things, "a") == {
            "_id": "a",
            "version": 1,
            "state": {"name": "Praha"},
            "outbox": [{"sequence": 1, "recorded": "2026-03-01T09:30:00.000Z"}],
            "recent": ["c1"],
        }

    async def test_the_expected_version_is_replaced_and_lists_grow(self, things: Collection) -> None:
        await things.write([step("a", 0, recent=["c1"])])
        assert await things.write([step("a", 1, name="Brno", recent=["c2"])]) == [True]
        document = await one(things, "a")
        assert document is not None
        assert (document["version"], document["state"]) == (2, {"name": "Brno"})
        assert [event["sequence"] for event in document["outbox"]] == [1, 2]
        assert document["recent"] == ["c1", "c2"]

    async def test_both_lists_exist_afterwards_even_when_nothing_was_added(self, things: Collection) -> None:
        await things.write([Swap("a", 0, {"version": 1})])
        assert await one(things, "a") == {"_id": "a", "version": 1, "outbox": [], "recent": []}

    async def test_a_field_is_replaced_as_a_whole_and_others_stay(self, things: Collection) -> None:
        await things.write([Swap("a", 0, {"version": 1, "state": {"x": 1, "y": 2}, "due_at": "2026", "kept": [1]})])
        await things.write([Swap("a", 1, {"version": 2, "state": {"y": 3}, "due_at": None})])
        assert await one(things, "a") == {
            "_id": "a",
            "version": 2,
            "state": {"y": 3},
            "due_at": None,
            "kept": [1],
            "outbox": [],
            "recent": [],
        }

    async def test_keys_inside_a_field_may_hold_dots_and_dollars(self, things: Collection) -> None:
        state = {"by address": {"a.b@example.org": 1, "$": 2}}
        await things.write([Swap("a", 0, {"version": 1, "state": state})])
        document = await one(things, "a")
        assert document is not None and document["state"] == state

    async def test_creating_what_exists_is_lost_and_changes_nothing(self, things: Collection) -> None:
        await things.write([step("a", 0)])
        before = await one(things, "a")
        assert await things.write([step("a", 0, name="Brno")]) == [False]
        assert await one(things, "a") == before

    @pytest.mark.parametrize("expected", [1, 3])
    async def test_another_version_than_the_present_one_is_lost(self, things: Collection, expected: int) -> None:
        await things.write([step("a", 0)])
        await things.write([step("a", 1)])
        before = await one(things, "a")
        assert await things.write([step("a", expected, name="Brno")]) == [False]
        assert await things.find({}) == [before]

    async def test_expecting_a_document_that_is_missing_writes_nothing(self, things: Collection) -> None:
        assert await things.write([step("a", 4)]) == [False]
        assert await things.find({}) == []

    async def test_a_document_without_a_version_is_not_taken_over(self, things: Collection) -> None:
        await put(things, a={"name": "Praha"})
        assert await things.write([step("a", 0)]) == [False]
        assert await things.write([step("a", 1)]) == [False]
        assert await things.find({}) == [{"_id": "a", "name": "Praha"}]

    async def test_only_the_latest_commands_are_remembered(self, things: Collection) -> None:
        await things.write([step("a", 0, recent=["c1", "c2"], keep=3)])
        await things.write([step("a", 1, recent=["c3", "c4"], keep=3)])
        document = await one(things, "a")
        assert document is not None and document["recent"] == ["c2", "c3", "c4"]

    async def test_two_hundred_at_once_on_one_document_make_two_hundred_versions(self, things: Collection) -> None:
        await things.write([step("a", 0, name="first")])

        async def add(number: int) -> None:
            while True:
                document = await one(things, "a")
                assert document is not None
                swap = step("a", document["version"], name=f"by {number}", recent=[f"c{number}"], keep=300)
                if (await things.write([swap])) == [True]:
                    return

        async def worker(first: int) -> None:
            for number in range(first, 200, 20):
                await add(number)

        await asyncio.gather(*(worker(first) for first in range(20)))
        document = await one(things, "a")
        assert document is not None
        assert [event["sequence"] for event in document["outbox"]] == list(range(1, 202))
        assert sorted(document["recent"]) == sorted(f"c{number}" for number in range(200))
        assert document["version"] == 201

    @pytest.mark.parametrize("expected", [0, 1])
    async def test_of_two_hundred_at_once_for_the_same_version_one_wins(
        self, things: Collection, expected: int
    ) -> None:
        if expected:
            await things.write([step("a", 0)])
        swaps = [step("a", expected, name=f"by {number}") for number in range(200)]
        outcomes = [outcome for (outcome,) in await asyncio.gather(*(things.write([swap]) for swap in swaps))]
        assert outcomes.count(True) == 1
        document = await one(things, "a")
        assert document is not None
        assert document["state"] == {"name": f"by {outcomes.index(True)}"}
        assert len(document["outbox"]) == expected + 1

    async def test_breaking_a_unique_index_is_refused_not_lost(self, store: Store, things: Collection) -> None:
        await store.ensure_indexes({things.name: [Index(["state.name"], unique=True)]})
        await things.write([step("a", 0, name="Praha"), step("b", 0, name="Brno")])
        with pytest.raises(StoreRefused):
            await things.write([step("c", 0, name="Praha")])
        with pytest.raises(StoreRefused):
            await things.write([step("b", 1, name="Praha")])
        assert await ids(things, {"state.name": "Praha"}) == ["a"]


class TestInsert:
    async def test_a_new_document_is_kept(self, things: Collection) -> None:
        document: Document = {"_id": "a", "text": "č", "n": [1, 2.5, True, None, {"deep": []}]}
        assert await things.write([Insert(document)]) == [True]
        assert await one(things, "a") == document

    async def test_a_taken_id_is_reported_and_what_was_there_stays(self, things: Collection) -> None:
        await things.write([Insert({"_id": "a", "n": 1})])
        assert await things.write([Insert({"_id": "a", "n": 2})]) == [False]
        assert await things.find({}) == [{"_id": "a", "n": 1}]

    async def test_of_two_hundred_at_once_with_one_id_one_wins(self, things: Collection) -> None:
        inserts = [Insert({"_id": "a", "n": number}) for number in range(200)]
        outcomes = [outcome for (outcome,) in await asyncio.gather(*(things.write([each]) for each in inserts))]
        assert outcomes.count(True) == 1
        assert await things.find({}) == [{"_id": "a", "n": outcomes.index(True)}]

    async def test_a_taken_unique_key_is_reported(self, store: Store, things: Collection) -> None:
        await store.ensure_indexes({things.name: [Index(["email"], unique=True)]})
        await things.write([Insert({"_id": "a", "email": "a@example.org"})])
        assert await things.write([Insert({"_id": "b", "email": "a@example.org"})]) == [False]
        assert await things.write([Insert({"_id": "c", "email": "c@example.org"})]) == [True]
        assert await ids(things, {}) == ["a", "c"]


class TestUniqueIndexes:
    async def test_several_fields_are_unique_by_their_combination(self, store: Store, things: Collection) -> None:
        await store.ensure_indexes({things.name: [Index(["round", "voter"], unique=True)]})
        first = Insert({"_id": "a", "round": 1, "voter": "x"})
        other_round = Insert({"_id": "b", "round": 2, "voter": "x"})
        other_voter = Insert({"_id": "c", "round": 1, "voter": "y"})
        again = Insert({"_id": "d", "round": 1, "voter": "x"})
        assert await things.write([first, other_round, other_voter]) == [True, True, True]
        assert await things.write([again]) == [False]

    async def test_a_missing_field_counts_as_none(self, store: Store, things: Collection) -> None:
        await store.ensure_indexes({things.name: [Index(["email"], unique=True)]})
        assert await things.write([Insert({"_id": "a"})]) == [True]
        assert await things.write([Insert({"_id": "b"})]) == [False]
        assert await things.write([Insert({"_id": "c", "email": None})]) == [False]

    async def test_a_sparse_one_leaves_out_documents_without_the_field(self, store: Store, things: Collection) -> None:
        await store.ensure_indexes({things.name: [Index(["email"], unique=True, sparse=True)]})
        assert await things.write([Insert({"_id": "a"}), Insert({"_id": "b"})]) == [True, True]
        assert await things.write([Insert({"_id": "c", "email": "x"})]) == [True]
        assert await things.write([Insert({"_id": "d", "email": "x"})]) == [False]

    async def test_a_key_is_free_again_when_its_document_changes_or_goes(
        self, store: Store, things: Collection
    ) -> None:
        await store.ensure_indexes({things.name: [Index(["email"], unique=True)]})
        await put(things, a={"email": "x"}, b={"email": "y"})
        await put(things, a={"email": "z"})
        await things.write([Remove("b")])
        assert await things.write([Insert({"_id": "c", "email": "x"}), Insert({"_id": "d", "email": "y"})]) == [
            True,
            True,
        ]

    async def test_one_and_true_are_different_keys_but_one_and_one_point_zero_are_not(
        self, store: Store, things: Collection
    ) -> None:
        await store.ensure_indexes({things.name: [Index(["key"], unique=True)]})
        assert await things.write([Insert({"_id": "a", "key": 1}), Insert({"_id": "b", "key": True})]) == [True, True]
        assert await things.write([Insert({"_id": "c", "key": 1.0})]) == [False]

    async def test_asking_again_changes_nothing(self, store: Store, things: Collection) -> None:
        wanted = {things.name: [Index(["n"]), Index(["email"], unique=True), Index(["s"], unique=True, sparse=True)]}
        await store.ensure_indexes(wanted)
        await things.write([Insert({"_id": "a", "email": "x"})])
        await store.ensure_indexes(wanted)
        assert await things.write([Insert({"_id": "b", "email": "x"})]) == [False]

    async def test_documents_that_break_it_already_refuse_it(self, store: Store, things: Collection) -> None:
        await put(things, a={"email": "x"}, b={"email": "x"})
        with pytest.raises(StoreRefused):
            await store.ensure_indexes({things.name: [Index(["email"], unique=True)]})


class TestSettle:
    async def test_published_events_leave_and_later_ones_stay(self, things: Collection) -> None:
        for version in range(3):
            await things.write([step("a", version)])
        assert await things.write([Settle("a", 2)]) == [True]
        document = await one(things, "a")
        assert document is not None
        assert [event["sequence"] for event in document["outbox"]] == [3]
        assert document["version"] == 3

    async def test_settling_again_or_what_is_missing_is_no_failure(self, things: Collection) -> None:
        await things.write([step("a", 0)])
        await things.write([Settle("a", 1)])
        before = await things.find({})
        assert await things.write([Settle("a", 1), Settle("b", 1)]) == [True, True]
        assert await things.find({}) == before

    async def test_an_event_added_meanwhile_is_not_lost(self, things: Collection) -> None:
        await things.write([step("a", 0)])
        await asyncio.gather(things.write([Settle("a", 1)]), things.write([step("a", 1)]))
        document = await one(things, "a")
        assert document is not None and [event["sequence"] for event in document["outbox"]] == [2]


class TestAdvance:
    async def test_the_first_version_seen_creates_the_document(self, things: Collection) -> None:
        assert await things.write([Advance("a", 7, {"name": "Praha"})]) == [True]
        assert await things.find({}) == [{"_id": "a", "version": 7, "name": "Praha"}]

    async def test_a_newer_version_replaces_the_whole_document(self, things: Collection) -> None:
        await things.write([Advance("a", 7, {"name": "Praha", "country": "CZ"})])
        assert await things.write([Advance("a", 9, {"name": "Brno"})]) == [True]
        assert await things.find({}) == [{"_id": "a", "version": 9, "name": "Brno"}]

    @pytest.mark.parametrize("version", [6, 7])
    async def test_an_older_or_equal_version_changes_nothing(self, things: Collection, version: int) -> None:
        await things.write([Advance("a", 7, {"name": "Praha"})])
        assert await things.write([Advance("a", version, {"name": "Brno"})]) == [False]
        assert await things.find({}) == [{"_id": "a", "version": 7, "name": "Praha"}]

    async def test_of_many_at_once_the_newest_stays(self, things: Collection) -> None:
        advances = [Advance("a", version, {"name": f"v{version}"}) for version in range(1, 101)]
        advances = advances[50:] + advances[:50]
        await asyncio.gather(*(things.write([advance]) for advance in advances))
        assert await things.find({}) == [{"_id": "a", "version": 100, "name": "v100"}]

    async def test_of_two_at_once_on_nothing_the_newer_stays(self, things: Collection) -> None:
        pairs = [(f"a{number}", version) for number in range(100) for version in (1, 2)]
        await asyncio.gather(*(things.write([Advance(id, version, {})]) for id, version in pairs))
        assert await things.count({"version": 2}) == 100

    async def test_a_document_without_a_version_stays(self, things: Collection) -> None:
        await put(things, a={"name": "Praha"})
        assert await things.write([Advance("a", 7, {"name": "Brno"})]) == [False]
        assert await things.find({}) == [{"_id": "a", "name": "Praha"}]


class TestPutAndRemove:
    async def test_put_writes_whatever_stood_there(self, things: Collection) -> None:
        assert await things.write([Put("a", {"n": 1, "old": True})]) == [True]
        assert await things.write([Put("a", {"n": 2})]) == [True]
        assert await things.find({}) == [{"_id": "a", "n": 2}]

    async def test_put_reports_a_taken_unique_key_and_leaves_the_document(
        self, store: Store, things: Collection
    ) -> None:
        await store.ensure_indexes({things.name: [Index(["email"], unique=True)]})
        await put(things, a={"email": "x"}, b={"email": "y"})
        assert await things.write([Put("b", {"email": "x"})]) == [False]
        assert await things.find({}) == [{"_id": "a", "email": "x"}, {"_id": "b", "email": "y"}]

    async def test_put_at_once_on_nothing_never_fails(self, things: Collection) -> None:
        outcomes = await asyncio.gather(*(things.write([Put("a", {"n": number})]) for number in range(100)))
        assert outcomes == [[True]] * 100
        assert await things.count({}) == 1

    async def test_removed_is_gone_and_removing_again_is_no_failure(self, things: Collection) -> None:
        await put(things, a={"n": 1}, b={"n": 2})
        assert await things.write([Remove("a")]) == [True]
        assert await things.write([Remove("a")]) == [True]
        assert await ids(things, {}) == ["b"]


class TestSeveralWritesInOneCall:
    async def test_each_is_reported_by_its_position(self, things: Collection) -> None:
        await things.write([step("swap-ok", 0), step("swap-late", 0), step("swap-late", 1)][:2])
        await things.write([step("swap-late", 1), Advance("adv-old", 5, {}), Advance("adv-new", 5, {})])
        await things.write([Insert({"_id": "taken"})])
        outcomes = await things.write(
            [
                step("swap-late", 1),
                Insert({"_id": "free"}),
                Advance("adv-old", 5, {}),
                Remove("nothing"),
                step("swap-ok", 1),
                Insert({"_id": "taken"}),
                step("missing", 3),
                Advance("adv-new", 6, {}),
                Settle("nothing-either", 1),
                step("created", 0),
                Put("put", {}),
            ]
        )
        assert outcomes == [False, True, False, True, True, False, False, True, True, True, True]
        assert await ids(things, {}) == [
            "adv-new",
            "adv-old",
            "created",
            "free",
            "put",
            "swap-late",
            "swap-ok",
            "taken",
        ]
        versions = {document["_id"]: document.get("version") for document in await things.find({})}
        assert (versions["swap-late"], versions["swap-ok"], versions["adv-new"]) == (2, 2, 6)

    async def test_a_thousand_at_once_report_the_one_that_lost(self, things: Collection) -> None:
        await things.write([step("t500", 0)])
        outcomes = await things.write([step(f"t{number}", 0) for number in range(1000)])
        assert [at for at, outcome in enumerate(outcomes) if not outcome] == [500]
        assert await things.count({}) == 1000

    async def test_nothing_to_write_is_answered_with_nothing(self, things: Collection) -> None:
        assert await things.write([]) == []

    async def test_the_same_document_twice_is_a_mistake(self, things: Collection) -> None:
        with pytest.raises(ValueError, match="twice"):
            await things.write([step("a", 0), Settle("a", 1)])
        assert await things.find({}) == []


class TestReading:
    async def test_missing_documents_are_left_out(self, things: Collection) -> None:
        await put(things, a={"n": 1}, b={"n": 2})
        assert await things.get_many(["a", "nowhere", "b"]) == {"a": {"_id": "a", "n": 1}, "b": {"_id": "b", "n": 2}}
        assert await things.get_many(["nowhere"]) == {}
        assert await things.get_many([]) == {}

    async def test_asking_for_a_document_twice_gives_it_once(self, things: Collection) -> None:
        await put(things, a={"n": 1}, b={"n": 2})
        assert sorted(await things.get_many(["a", "b", "a"])) == ["a", "b"]

    async def test_a_thousand_documents_come_in_one_answer(self, things: Collection) -> None:
        await things.write([Put(f"{number:04}", {"text": "x" * 100}) for number in range(1500)])
        assert len(await things.get_many([f"{number:04}" for number in range(1500)])) == 1500
        assert await ids(things, {}) == [f"{number:04}" for number in range(1500)]

    async def test_changing_an_answer_does_not_change_the_store(self, things: Collection) -> None:
        await put(things, a={"list": [{"n": 1}]})
        got = (await things.get_many(["a"]))["a"]
        found = (await things.find({}))[0]
        for document in (got, found):
            document["list"][0]["n"] = 2
            document["list"].append(3)
        assert await one(things, "a") == {"_id": "a", "list": [{"n": 1}]}

    async def test_changing_what_was_written_does_not_change_the_store(self, things: Collection) -> None:
        document: Document = {"_id": "a", "list": [1]}
        state: Document = {"list": [1]}
        event: Document = {"sequence": 1, "list": [1]}
        await things.write([Insert(document), Swap("b", 0, {"version": 1, "state": state}, outbox=[event])])
        for changed in (document, state, event):
            changed["list"].append(2)
        assert (await one(things, "a") or {})["list"] == [1]
        swapped = await one(things, "b") or {}
        assert (swapped["state"]["list"], swapped["outbox"][0]["list"]) == ([1], [1])

    async def test_writing_leaves_the_callers_objects_alone(self, things: Collection) -> None:
        document: Document = {"name": "Praha"}
        fields: Document = {"version": 1}
        await things.write([Put("a", document), Advance("b", 3, document), Swap("c", 0, fields)])
        assert document == {"name": "Praha"}
        assert fields == {"version": 1}

    async def test_a_collection_that_was_never_written_is_empty(self, store: Store) -> None:
        nothing = store.collection("never-written")
        assert await nothing.find({"a": 1}) == []
        assert await nothing.count({}) == 0
        assert await nothing.get_many(["a", "b"]) == {}
        await nothing.drop()

    async def test_dropped_is_empty_and_takes_its_indexes_along(self, store: Store, things: Collection) -> None:
        await store.ensure_indexes({things.name: [Index(["email"], unique=True)]})
        await put(things, a={"email": "x"})
        await things.drop()
        assert await things.find({}) == []
        assert await things.write([Insert({"_id": "b", "email": "x"}), Insert({"_id": "c", "email": "x"})]) == [
            True,
            True,
        ]


FILTERED: dict[str, Document] = {
    "bool": {"v": True},
    "empty": {"v": []},
    "float": {"v": 1.5},
    "int": {"v": 1},
    "list": {"v": ["x", "y"]},
    "missing": {},
    "none": {"v": None},
    "numbers": {"v": [1, 10]},
    "objects": {"v": [{"at": "2026-01", "n": 1}, {"at": "2026-05"}]},
    "object": {"v": {"at": "2026-03", "n": 5}},
    "text": {"v": "x"},
    "words": {"v": "Praha (CZ)"},
    "zero": {"v": 0},
}

FILTERS: list[tuple[str, Any, set[str]]] = [
    ("text", {"v": "x"}, {"text", "list"}),
    ("a number", {"v": 1}, {"int", "numbers"}),
    ("the same number written differently", {"v": 1.0}, {"int", "numbers"}),
    ("true is not one", {"v": True}, {"bool"}),
    ("false is not zero", {"v": False}, set()),
    ("zero", {"v": 0}, {"zero"}),
    ("none also matches missing", {"v": None}, {"none", "missing"}),
    ("a whole list", {"v": ["x", "y"]}, {"list"}),
    ("a list in another order", {"v": ["y", "x"]}, set()),
    ("the empty list", {"v": []}, {"empty"}),
    ("in", {"v": {"$in": ["x", 0]}}, {"text", "list", "zero"}),
    ("in with none", {"v": {"$in": ["x", None]}}, {"text", "list", "none", "missing"}),
    ("in nothing", {"v": {"$in": []}}, set()),
    ("not in", {"v": {"$nin": ["x", 0, None]}}, set(FILTERED) - {"text", "list", "zero", "none", "missing"}),
    ("not in nothing", {"v": {"$nin": []}}, set(FILTERED)),
    ("not equal", {"v": {"$ne": "x"}}, set(FILTERED) - {"text", "list"}),
    ("not none", {"v": {"$ne": None}}, set(FILTERED) - {"none", "missing"}),
    ("greater", {"v": {"$gt": 1}}, {"float", "numbers"}),
    ("at least", {"v": {"$gte": 1}}, {"float", "numbers", "int"}),
    ("less", {"v": {"$lt": 1}}, {"zero"}),
    ("at most", {"v": {"$lte": 1}}, {"zero", "int", "numbers"}),
    ("text after text", {"v": {"$gte": "x"}}, {"text", "list"}),
    ("text before text", {"v": {"$lt": "x"}}, {"words"}),
    ("exists", {"v": {"$exists": True}}, set(FILTERED) - {"missing"}),
    ("does not exist", {"v": {"$exists": False}}, {"missing"}),
    ("a path through an object and an array", {"v.n": 1}, {"objects"}),
    ("a comparison through an array", {"v.at": {"$lte": "2026-02"}}, {"objects"}),
    ("a comparison through both", {"v.at": {"$gte": "2026-03"}}, {"objects", "object"}),
    ("each bound by any element", {"$and": [{"v.at": {"$gt": "2026-04"}}, {"v.at": {"$lt": "2026-02"}}]}, {"objects"}),
    ("a path that exists", {"v.n": {"$exists": True}}, {"objects", "object"}),
    ("a path unequal", {"v.n": {"$ne": 1}}, set(FILTERED) - {"objects"}),
    ("two fields", {"v": "x", "_id": "text"}, {"text"}),
    ("an id", {"_id": "text"}, {"text"}),
    ("ids", {"_id": {"$in": ["text", "int", "nowhere"]}}, {"text", "int"}),
    ("an id after another", {"_id": {"$gt": "object"}}, {"objects", "text", "words", "zero"}),
    ("an id and a version", {"_id": "text", "v": "y"}, set()),
    ("and", {"$and": [{"v": {"$gte": 1}}, {"v": {"$lt": 1.5}}]}, {"int", "numbers"}),
    ("or", {"$or": [{"v": "x"}, {"v": 0}]}, {"text", "list", "zero"}),
    ("or beside a field", {"$or": [{"v": "x"}, {"v": 0}], "_id": {"$ne": "list"}}, {"text", "zero"}),
    ("or within and", {"$and": [{"$or": [{"v": "x"}, {"v": 0}]}, {"v": {"$ne": "y"}}]}, {"text", "zero"}),
    ("everything", {}, set(FILTERED)),
]


class TestFilters:
    @pytest.mark.parametrize(("where", "expected"), [case[1:] for case in FILTERS], ids=[case[0] for case in FILTERS])
    async def test_finds_and_counts(self, things: Collection, where: Filter, expected: set[str]) -> None:
        await put(things, **FILTERED)
        assert set(await ids(things, where)) == expected
        assert await things.count(where) == len(expected)

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            ("ah", {"city"}),
            ("^x$", {"x", "tagged"}),
            ("^Pra", {"city"}),
            (r"^Praha \(CZ\)", {"city"}),
            ("^praha", set()),
            ("^.r", {"city"}),
            ("[hy]", {"city", "tagged"}),
        ],
    )
    async def test_text_fits_a_pattern_anywhere_unless_anchored(
        self, things: Collection, pattern: str, expected: set[str]
    ) -> None:
        await put(
            things, x={"v": "x"}, city={"v": "Praha (CZ)"}, tagged={"v": ["x", "y"]}, none={"v": None}, missing={}
        )
        assert set(await ids(things, {"v": {"$regex": pattern}})) == expected

    async def test_documents_with_old_pending_events_are_found(self, things: Collection) -> None:
        await things.write([step("old", 0), step("settled", 0), step("new", 0)])
        await things.write([step("new", 1), Settle("settled", 1)])
        await things.write([Settle("new", 1)])
        assert await ids(things, {"outbox.recorded": {"$lte": "2026-03-01T23:00:00.000Z"}}) == ["old"]
        assert await ids(things, {"outbox.recorded": {"$lte": "2026-03-02T23:00:00.000Z"}}) == ["new", "old"]

    async def test_several_comparisons_of_one_field_must_all_hold(self, things: Collection) -> None:
        await put(things, a={"n": 1}, b={"n": 2}, c={"n": 3}, d={"n": "2"}, e={})
        assert await ids(things, {"n": {"$gt": 1, "$lt": 3}}) == ["b"]
        assert await ids(things, {"n": {"$gte": 1, "$lte": 3, "$ne": 2}}) == ["a", "c"]
        assert await ids(things, {"n": {"$in": [1, 2, "2"], "$gte": 2}}) == ["b"]

    async def test_deadlines_that_are_none_are_never_due(self, things: Collection) -> None:
        await put(things, due={"due_at": "2026-03-01"}, later={"due_at": "2026-04-01"}, never={"due_at": None}, no={})
        assert await ids(things, {"due_at": {"$lte": "2026-03-15"}}) == ["due"]


SORTED: dict[str, Document] = {
    "a": {"rank": 2, "where": {"name": "Ústí"}},
    "b": {"rank": 1, "where": {"name": "Brno"}},
    "c": {"where": {"name": "Aš"}},
    "d": {"rank": 2},
    "e": {"rank": None},
    "f": {"rank": "text"},
    "g": {"rank": True},
    "h": {"rank": 1.5},
    "i": {"rank": False},
}


class TestOrder:
    async def test_by_id_unless_told_otherwise(self, things: Collection) -> None:
        await put(things, c={}, a={}, b={})
        assert [document["_id"] for document in await things.find({})] == ["a", "b", "c"]

    async def test_missing_and_none_first_then_numbers_text_booleans(self, things: Collection) -> None:
        await put(things, **SORTED)
        assert await ids(things, {}, [("rank", 1), ("_id", 1)]) == ["c", "e", "b", "h", "a", "d", "f", "i", "g"]

    async def test_downwards_is_the_reverse_and_ties_are_broken_by_the_next_field(self, things: Collection) -> None:
        await put(things, **SORTED)
        assert await ids(things, {}, [("rank", -1), ("_id", 1)]) == ["g", "i", "f", "a", "d", "h", "b", "c", "e"]
        assert await ids(things, {}, [("rank", -1), ("_id", -1)]) == ["g", "i", "f", "d", "a", "h", "b", "e", "c"]

    async def test_text_is_ordered_by_its_code_points_along_a_path(self, things: Collection) -> None:
        await put(things, **SORTED)
        where = {"where.name": {"$exists": True}}
        assert await ids(things, where, [("where.name", 1)]) == ["c", "b", "a"]

    async def test_at_most_so_many_of_the_first(self, things: Collection) -> None:
        await put(things, **SORTED)
        assert await ids(things, {"rank": {"$gte": 0}}, [("rank", 1), ("_id", 1)], limit=2) == ["b", "h"]
        assert len(await ids(things, {}, limit=100)) == len(SORTED)

    async def test_pages_by_the_last_key_cover_everything_once(self, things: Collection) -> None:
        await things.write([Put(f"{number:02}", {"rank": number % 3}) for number in range(20)])
        pages: list[str] = []
        where: dict[str, Any] = {}
        while page := await things.find(where, sort=[("rank", 1), ("_id", 1)], limit=6):
            pages += [document["_id"] for document in page]
            rank, last = page[-1]["rank"], page[-1]["_id"]
            where = {"$or": [{"rank": {"$gt": rank}}, {"rank": rank, "_id": {"$gt": last}}]}
        assert len(pages) == 20
        assert sorted(pages) == [f"{number:02}" for number in range(20)]


class TestChosenFields:
    DOCUMENT: ClassVar[Document] = {
        "n": 1,
        "state": {"name": "Praha", "country": "CZ"},
        "outbox": [{"sequence": 1, "data": {"x": 1}}, {"sequence": 2}],
    }

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ([], {}),
            (["n"], {"n": 1}),
            (["nowhere"], {}),
            (["state"], {"state": {"name": "Praha", "country": "CZ"}}),
            (["state.name", "n"], {"state": {"name": "Praha"}, "n": 1}),
            (["state.nowhere"], {"state": {}}),
            (["state.name.deeper"], {"state": {}}),
            (["n.deeper"], {}),
            (["outbox.sequence"], {"outbox": [{"sequence": 1}, {"sequence": 2}]}),
            (["outbox.data.x"], {"outbox": [{"data": {"x": 1}}, {}]}),
        ],
        ids=lambda value: ",".join(value) if isinstance(value, list) else "",
    )
    async def test_come_alone_with_the_id(self, things: Collection, fields: list[str], expected: Document) -> None:
        await put(things, a=self.DOCUMENT)
        assert await things.find({"n": 1}, fields=fields) == [{"_id": "a", **expected}]


class TestPing:
    async def test_an_answering_database_is_available(self, store: Store) -> None:
        await store.ping()
