"""The port in this process's memory: for unit tests, crash tests and the simulation. Stricter than a server.

A filter, an order or an index outside the port's subset is refused here, where MongoDB would take it.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

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
    Swap,
    Write,
    distinct,
)

Hook = Callable[[str], Awaitable[None]]
"""Is awaited with the name of a point, such as ``visits.write`` or ``visits.write answered``."""


class MemoryStore:
    """A database that lives as long as this object; share it between the "processes" of one test.

    ``before`` is awaited twice in every operation: before it takes place (``visits.write``) and when it has, before
    the caller learns it (``visits.write answered``). Between the two nothing is awaited, so a test that stops the
    world, raises `StoreUnavailable` or cancels the caller in there meets every moment that a crash can choose. Without
    a hook, each operation lets the other tasks run once before it takes place.
    """

    def __init__(self, before: Hook | None = None) -> None:
        self._before = before
        self._collections: dict[str, MemoryCollection] = {}

    def collection(self, name: str) -> "MemoryCollection":
        """The collection of this name, made at its first write."""
        if name not in self._collections:
            self._collections[name] = MemoryCollection(name, self._before)
        return self._collections[name]

    async def ensure_indexes(self, wanted: Mapping[str, Sequence[Index]]) -> None:
        """Makes the indexes, by collection name, where they are missing."""
        for name, indexes in wanted.items():
            await self.collection(name).ensure_indexes(indexes)

    async def ping(self) -> None:
        """Answers at once, unless the hook says otherwise."""
        await _point(self._before, "ping")
        await _answered(self._before, "ping")

    async def close(self) -> None:
        """Nothing to give back; the documents stay."""


class MemoryCollection:
    """One collection. Documents are copied on their way in and out."""

    def __init__(self, name: str, before: Hook | None = None) -> None:
        self.name = name
        self._before = before
        self._documents: dict[str, Document] = {}
        self._unique: dict[Index, dict[tuple[Any, ...], str]] = {}

    async def get_many(self, ids: Sequence[str]) -> dict[str, Document]:
        """The documents with these ids; missing ones are left out."""
        await _point(self._before, f"{self.name}.get_many")
        found = {id: _copy(self._documents[id]) for id in ids if id in self._documents}
        await _answered(self._before, f"{self.name}.get_many")
        return found

    async def find(
        self, where: Filter, *, sort: Order = (("_id", 1),), limit: int = 0, fields: Sequence[str] | None = None
    ) -> list[Document]:
        """The matching documents in order, at most ``limit`` (0: all), with ``fields`` (and ``_id``) only if given."""
        await _point(self._before, f"{self.name}.find")
        found = self._matching(where)
        for path, direction in reversed(list(sort)):
            found.sort(key=_sort_key(path), reverse=direction < 0)
        shown = found[:limit] if limit else found
        if fields is not None:
            shown = [_only(document, [path.split(".") for path in ("_id", *fields)]) for document in shown]
        copies: list[Document] = _copy(shown)
        await _answered(self._before, f"{self.name}.find")
        return copies

    async def count(self, where: Filter) -> int:
        """How many documents match."""
        await _point(self._before, f"{self.name}.count")
        number = len(self._matching(where))
        await _answered(self._before, f"{self.name}.count")
        return number

    async def write(self, writes: Sequence[Write]) -> list[bool]:
        """Carries out ``writes`` one after the other; says of each, by position, whether it took place."""
        if not writes:
            return []
        distinct(writes)
        await _point(self._before, f"{self.name}.write")
        outcomes = [self._carry_out(write) for write in writes]
        await _answered(self._before, f"{self.name}.write")
        return outcomes

    async def drop(self) -> None:
        """Removes the collection with all its documents; indexes must be asked for again."""
        await _point(self._before, f"{self.name}.drop")
        self._documents.clear()
        self._unique.clear()
        await _answered(self._before, f"{self.name}.drop")

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        """Makes those of ``indexes`` that are missing; `StoreRefused` when documents break a unique one."""
        await _point(self._before, f"{self.name}.ensure_indexes")
        for index in indexes:
            if index.sparse and len(index.fields) > 1:
                raise StoreRefused(f"{self.name}: a sparse index has one field")
            if index.unique and _frozen(index) not in self._unique:
                self._unique[_frozen(index)] = self._keys(index)
        await _answered(self._before, f"{self.name}.ensure_indexes")

    def _matching(self, where: Filter) -> list[Document]:
        matches = _condition(where)
        wanted = where.get("_id")
        if isinstance(wanted, str):
            there = self._documents.get(wanted)
            return [there] if there is not None and matches(there) else []
        return [document for document in self._documents.values() if matches(document)]

    def _carry_out(self, write: Write) -> bool:
        there = self._documents.get(write.id)
        match write:
            case Insert():
                return there is None and self._keep(write.id, _copy(write.document))
            case Swap():
                if (there is None) if write.expected else (there is not None):
                    return False
                if there is not None and there.get("version") != write.expected:
                    return False
                if not self._keep(write.id, _swapped(there or {"_id": write.id}, write)):
                    raise StoreRefused(f"{self.name}: Swap broke a unique index")
                return True
            case Settle():
                if there is not None and "outbox" in there:
                    left = [event for event in there["outbox"] if event["sequence"] > write.through]
                    self._keep(write.id, {**there, "outbox": left})
                return True
            case Advance():
                if there is not None and not there.get("version", write.version) < write.version:
                    return False
                return self._keep(write.id, {**_copy(write.document), "_id": write.id, "version": write.version})
            case Put():
                return self._keep(write.id, {**_copy(write.document), "_id": write.id})
            case Remove():
                self._forget(write.id)
                return True

    def _keep(self, id: str, document: Document) -> bool:
        """Stores ``document`` unless another one has one of its unique keys."""
        keys = {index: _unique_key(document, index, self.name) for index in self._unique}
        if any(key is not None and self._unique[index].get(key, id) != id for index, key in keys.items()):
            return False
        self._forget(id)
        self._documents[id] = document
        for index, key in keys.items():
            if key is not None:
                self._unique[index][key] = id
        return True

    def _forget(self, id: str) -> None:
        document = self._documents.pop(id, None)
        if document is None:
            return
        for index, taken in self._unique.items():
            key = _unique_key(document, index, self.name)
            if key is not None:
                del taken[key]

    def _keys(self, index: Index) -> dict[tuple[Any, ...], str]:
        taken: dict[tuple[Any, ...], str] = {}
        for id, document in self._documents.items():
            key = _unique_key(document, index, self.name)
            if key is not None and taken.setdefault(key, id) != id:
                raise StoreRefused(f"{self.name}: documents already there break the unique index {index.fields}")
        return taken


async def _point(before: Hook | None, name: str) -> None:
    if before is not None:
        await before(name)
    else:
        await asyncio.sleep(0)


async def _answered(before: Hook | None, name: str) -> None:
    if before is not None:
        await before(f"{name} answered")


def _copy(value: Any) -> Any:
    """A deep copy of JSON-shaped data, faster than `copy.deepcopy`."""
    return orjson.loads(orjson.dumps(value))


def _swapped(there: Document, swap: Swap) -> Document:
    recent = [*there.get("recent", ()), *swap.recent]
    return {
        **there,
        **_copy(dict(swap.fields)),
        "outbox": [*there.get("outbox", ()), *_copy(list(swap.outbox))],
        "recent": recent[-swap.keep :] if swap.keep else [],
    }


def _frozen(index: Index) -> Index:
    """``index`` as a dictionary's key, also when its fields came as a list."""
    return Index(tuple(index.fields), index.unique, index.sparse)


def _unique_key(document: Document, index: Index, collection: str) -> tuple[Any, ...] | None:
    """What ``index`` keeps unique; None when it leaves ``document`` out."""
    found = [list(_reached(document, path.split("."))) for path in index.fields]
    if any(len(values) != 1 or isinstance(values[0], list | dict) for values in found):
        raise StoreRefused(f"{collection}: a field of the unique index {index.fields} holds a list or an object")
    if index.sparse and found[0][0] is None:
        raise StoreRefused(f"{collection}: the field of the sparse index {index.fields} is None; leave it out")
    if index.sparse and found[0][0] is _MISSING:
        return None
    return tuple(_comparable(None if value is _MISSING else value) for (value,) in found)


# Filters ----------------------------------------------------------------------------------------------------------

Condition = Callable[[Document], bool]
Test = Callable[[Any], bool]

_MISSING = object()

_COMPARISONS = {"$gt", "$gte", "$lt", "$lte", "$in", "$regex"}


def _condition(where: Filter) -> Condition:
    """``where`` as a function of a document; `StoreRefused` for anything outside the port's subset."""
    parts = [_part(key, wanted) for key, wanted in where.items()]
    return lambda document: all(part(document) for part in parts)


def _part(key: str, wanted: Any) -> Condition:
    if key in ("$and", "$or"):
        if not wanted:
            raise StoreRefused(f"{key} of nothing")
        branches = [_condition(branch) for branch in wanted]
        combine = all if key == "$and" else any
        return lambda document: combine(branch(document) for branch in branches)
    if key.startswith("$"):
        raise StoreRefused(f"filter operator outside the subset: {key}")
    if not isinstance(wanted, Mapping):
        return _operator(key, "$in", [wanted])
    if not wanted:
        raise StoreRefused("an object is not compared with")
    tests = [_operator(key, operator, operand) for operator, operand in wanted.items()]
    if sum(operator in _COMPARISONS for operator in wanted) > 1:
        tests.insert(0, _reaches_one_value(key))
    return lambda document: all(test(document) for test in tests)


def _reaches_one_value(path: str) -> Condition:
    """True, or `StoreRefused` for a document on whose arrays engines disagree."""
    steps = path.split(".")

    def check(document: Document) -> bool:
        values = list(_reached(document, steps))
        if len(values) == 1 and not isinstance(values[0], list):
            return True
        raise StoreRefused(f"several comparisons in one condition on the array {path}: join them with $and")

    return check


def _operator(path: str, operator: str, operand: Any) -> Condition:
    match operator:
        case "$in" | "$nin":
            found = _some(path, _one_of([_equals(value) for value in operand]), absence=None in operand)
            return found if operator == "$in" else _not(found)
        case "$ne":
            return _operator(path, "$nin", [operand])
        case "$exists" if operand:
            return _some(path, lambda value: value is not _MISSING)
        case "$exists":
            return _not(_some(path, lambda value: value is not _MISSING, absence=True))
        case "$gt" | "$gte" | "$lt" | "$lte":
            return _some(path, _compares(operator, operand))
        case "$regex" if isinstance(operand, str):
            return _some(path, _fits(re.compile(operand)))
        case _:
            raise StoreRefused(f"filter operator outside the subset: {operator}")


def _some(path: str, test: Test, absence: bool = False) -> Condition:
    """Whether any value that ``path`` reaches passes; an array counts as itself and as each of its elements.

    A test that ``absence`` can pass is refused beyond an array: engines disagree on what is missing there.
    """
    steps = path.split(".")

    def check(document: Document) -> bool:
        if absence and _passes_an_array(document, steps):
            raise StoreRefused(f"asking whether {path} is missing, beyond an array")
        return any(
            test(value) or (isinstance(value, list) and any(test(element) for element in value))
            for value in _reached(document, steps)
        )

    return check


def _passes_an_array(value: Any, steps: Sequence[str]) -> bool:
    for step in steps:
        if not isinstance(value, dict):
            return isinstance(value, list)
        value = value.get(step)
    return False


def _not(condition: Condition) -> Condition:
    return lambda document: not condition(document)


def _one_of(tests: Sequence[Test]) -> Test:
    return lambda value: any(test(value) for test in tests)


def _reached(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    """Every value at the end of ``steps``, through the objects of arrays on the way; _MISSING where a field is not."""
    if not steps:
        yield value
    elif isinstance(value, dict):
        if steps[0] in value:
            yield from _reached(value[steps[0]], steps[1:])
        else:
            yield _MISSING
    elif isinstance(value, list):
        for element in value:
            if isinstance(element, dict):
                yield from _reached(element, steps)
    else:
        yield _MISSING


def _equals(wanted: Any) -> Test:
    if wanted is None:
        return lambda value: value is None or value is _MISSING
    if isinstance(wanted, list | tuple):
        elements = [_comparable(element) for element in wanted]
        return lambda value: (
            isinstance(value, list)
            and all(_is_scalar(element) for element in value)
            and [_comparable(element) for element in value] == elements
        )
    comparable = _comparable(wanted)
    return lambda value: _is_scalar(value) and _comparable(value) == comparable


def _compares(operator: str, operand: Any) -> Test:
    if operand is None:
        raise StoreRefused(f"{operator} of None")
    kind, bound = _comparable(operand)

    def test(value: Any) -> bool:
        if not _is_scalar(value):
            return False
        other, amount = _comparable(value)
        if other != kind:
            return False
        match operator:
            case "$gt":
                return bool(amount > bound)
            case "$gte":
                return bool(amount >= bound)
            case "$lt":
                return bool(amount < bound)
            case _:
                return bool(amount <= bound)

    return test


def _fits(pattern: re.Pattern[str]) -> Test:
    def test(value: Any) -> bool:
        if isinstance(value, str):
            return pattern.search(value) is not None
        if value is None or value is _MISSING or isinstance(value, list):
            return False
        raise StoreRefused("$regex on something that is no text")

    return test


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _comparable(value: Any) -> tuple[int, Any]:
    """``value`` with the rank of its kind, so that True is not 1 and text is not compared with numbers."""
    match value:
        case None:
            return 0, 0
        case bool():
            return 3, value
        case int() | float():
            return 1, value
        case str():
            return 2, value
        case _:
            raise StoreRefused("a list or an object where text, a number or a boolean is needed")


# Order and projection ---------------------------------------------------------------------------------------------


def _sort_key(path: str) -> Callable[[Document], tuple[int, Any]]:
    steps = path.split(".")

    def key(document: Document) -> tuple[int, Any]:
        values = list(_reached(document, steps))
        if len(values) != 1:
            raise StoreRefused("lists cannot be sorted by")
        return _comparable(None if values[0] is _MISSING else values[0])

    return key


def _only(document: Any, paths: Sequence[Sequence[str]]) -> Any:
    """``document`` with the fields at ``paths`` only, through objects and the objects of arrays."""
    kept = {}
    for name, value in document.items():
        deeper = [path[1:] for path in paths if path[0] == name]
        if any(not path for path in deeper):
            kept[name] = value
        elif deeper and isinstance(value, dict):
            kept[name] = _only(value, deeper)
        elif deeper and isinstance(value, list):
            kept[name] = [_only(element, deeper) for element in value if isinstance(element, dict)]
    return kept
