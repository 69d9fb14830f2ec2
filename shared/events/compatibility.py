"""Whether the events as they are now still keep the word given by the published schemas and golden examples.

Events stay on their topics for ever and strangers read them, so what was published holds in both directions: today's
models read every old event and find the same in it, and whoever reads by the old schema is not surprised by a new
event. What may change within a version: new fields with a default, new values of a list of codes, wider bounds,
descriptions. Everything else is a new version of the event: its ``version`` raised, published under a new type.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shared.events.base import Event, Snapshot, Stream
from shared.events.catalogue import snapshot_model
from shared.events.documents import short_name
from shared.events.documents.schema import event_schema

Json = Mapping[str, Any]

_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_FIXED = ("pattern", "format", "multipleOf", "uniqueItems")


@dataclass(frozen=True)
class Breach:
    """One broken promise: of which event, about which field (empty: the event as a whole), and what is wrong."""

    event: str
    field: str
    why: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.event, self.field, self.why) if part)


@dataclass(frozen=True)
class Released:
    """What was published of one event type: schema, golden example, and examples of earlier forms, oldest first."""

    schema: Json | None
    example: Json | None
    earlier: tuple[Json, ...] = ()


def released(folder: Path) -> dict[str, Released]:
    """What ``folder`` (docs/events) holds, by short name. Empty when nothing was published yet."""
    schemas = {path.stem: _read(path) for path in sorted((folder / "schemas").glob("*.json"))}
    examples = {path.stem: _read(path) for path in sorted((folder / "examples").glob("*.json"))}
    earlier: dict[str, dict[int, Json]] = {}
    for path in (folder / "examples" / "earlier").glob("*.json"):
        name, _, number = path.stem.rpartition(".")
        earlier.setdefault(name, {})[int(number)] = _read(path)
    return {
        name: Released(
            schemas.get(name), examples.get(name), tuple(old for _, old in sorted(earlier.get(name, {}).items()))
        )
        for name in sorted({*schemas, *examples, *earlier})
    }


def check(streams: Iterable[Stream], published: Mapping[str, Released]) -> list[Breach]:
    """Every promise in ``published`` that ``streams`` break, in a stable order; empty when none."""
    current = {short_name(type_): (stream, model) for stream in streams for type_, model in stream.types.items()}
    found: list[Breach] = []
    for name, promise in published.items():
        if name in current:
            stream, model = current[name]
            found.extend(_of_event(name, stream, model, promise))
        elif not _superseded(name, current):
            found.append(Breach(name, "", "was published and is gone; only a higher version may take its place"))
    return _once_per_field(found)


def _of_event(name: str, stream: Stream, model: type[Event], promise: Released) -> Iterator[Breach]:
    example = next(event for event in stream.events if type(event) is model)
    if promise.schema is not None:
        new = event_schema(stream, example)
        for where, why in _compare(promise.schema, new, Roots(promise.schema, new), "", frozenset()):
            yield Breach(name, where, why)
    for golden in (*promise.earlier, *((promise.example,) if promise.example is not None else ())):
        if golden["topic"] != stream.topic:
            yield Breach(name, "", f"was on topic {golden['topic']} and is on {stream.topic} now")
        for where, why in _still_reads(golden["data"], model, snapshot_model(stream)):
            yield Breach(name, where, why)


def _superseded(name: str, current: Iterable[str]) -> bool:
    """Whether a higher version of this event is there: its old events are still on the topic, nobody sends more."""
    event, _, version = name.rpartition(".v")
    return any(
        other.rpartition(".v")[0] == event and int(other.rpartition(".v")[2]) > int(version) for other in current
    )


def _once_per_field(breaches: Iterable[Breach]) -> list[Breach]:
    """The first breach of each field: the schema says it best, and its examples would only say it again."""
    kept: list[Breach] = []
    for breach in breaches:
        if not any(breach.event == first.event and _covers(first.field, breach.field) for first in kept):
            kept.append(breach)
    return kept


def _covers(first: str, field: str) -> bool:
    """Whether ``first`` is ``field``, be it by ``*`` for any name of a mapping."""
    steps, others = first.split("."), field.split(".")
    return len(steps) == len(others) and all(step in (other, "*") for step, other in zip(steps, others, strict=True))


def _read(path: Path) -> Json:
    document: Json = json.loads(path.read_text(encoding="utf-8"))
    return document


# ---- golden examples: read by today's models, and saying the same


def _still_reads(data: Json, model: type[Event], snapshot: type[Snapshot]) -> Iterator[tuple[str, str]]:
    own = {name: value for name, value in data.items() if name != "snapshot"}
    for part, reader, where in ((own, model, ""), (data["snapshot"], snapshot, "snapshot")):
        try:
            now = reader.model_validate(part, extra="ignore").model_dump(mode="json")
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False, include_input=False):
                yield _path(where, problem["loc"]), f"an old example does not read any more: {problem['msg']}"
        else:
            yield from _differences(part, now, where)


def _path(where: str, steps: Iterable[str | int]) -> str:
    """``snapshot.offers[].kind`` from pydantic's way of saying where."""
    for step in steps:
        where = f"{where}[]" if isinstance(step, int) else _dotted(where, step)
    return where


def _differences(old: Any, new: Any, where: str) -> Iterator[tuple[str, str]]:
    """Where ``new`` says something else than ``old``; what ``old`` does not have is no difference."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name, value in old.items():
            if name not in new:
                yield _dotted(where, name), "is in an old example and is not read any more"
            else:
                yield from _differences(value, new[name], _dotted(where, name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for before, after in zip(old, new, strict=True):
            yield from _differences(before, after, f"{where}[]")
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield where, f"an old example says {json.dumps(old)}, which is now read as {json.dumps(new)}"


# ---- schemas: what the published one promises, today's one keeps


@dataclass(frozen=True)
class Roots:
    """The two documents that references are looked up in."""

    old: Json
    new: Json


def _compare(old: Json, new: Json, roots: Roots, where: str, met: frozenset[str]) -> Iterator[tuple[str, str]]:
    reference = old.get("$ref")
    if reference not in met:
        yield from _compare_kinds(old, new, roots, where, met | {reference} if reference is not None else met)
    if "default" in old and "default" in new and old["default"] != new["default"]:
        before, after = json.dumps(old["default"]), json.dumps(new["default"])
        yield where, f"default was {before} and is {after}: events without the field would mean something else"


def _compare_kinds(old: Json, new: Json, roots: Roots, where: str, met: frozenset[str]) -> Iterator[tuple[str, str]]:
    old_kinds, old_null = _kinds(old, roots.old)
    new_kinds, new_null = _kinds(new, roots.new)
    if new_null and not old_null:
        yield where, "may be null now, which no reader expects"
    if old_null and not new_null:
        yield where, "may not be null any more, and old events have null"
    if len(old_kinds) != len(new_kinds):
        yield where, f"had {len(old_kinds)} alternatives and has {len(new_kinds)} now"
        return
    for old_kind, new_kind in zip(old_kinds, new_kinds, strict=True):
        yield from _compare_kind(old_kind, new_kind, roots, where, met)


def _kinds(schema: Json, root: Json) -> tuple[list[Json], bool]:
    """The alternatives of ``schema`` without null, references followed; and whether null is one of them."""
    schema = _resolved(schema, root)
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives is None:
        return [schema], schema.get("type") == "null"
    kinds: list[Json] = []
    null = False
    for alternative in alternatives:
        if alternative.get("type") == "null":
            null = True
            continue
        inner, inner_null = _kinds(alternative, root)
        kinds.extend(inner)
        null = null or inner_null
    return kinds, null


def _resolved(schema: Json, root: Json) -> Json:
    while "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def _compare_kind(old: Json, new: Json, roots: Roots, where: str, met: frozenset[str]) -> Iterator[tuple[str, str]]:
    if old.get("type") != new.get("type"):
        yield where, f"was {old.get('type', 'anything')} and is {new.get('type', 'anything')} now"
        return
    yield from _compare_values(old, new, where)
    yield from _compare_bounds(old, new, where)
    yield from _compare_fields(old, new, roots, where, met)
    for keyword, step in (("items", "[]"), ("additionalProperties", ".*"), ("propertyNames", ".(names)")):
        before, after = old.get(keyword), new.get(keyword)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _compare(before, after, roots, f"{where}{step}", met)
        elif before is None and _demands(after):
            yield f"{where}{step}", "is limited now"
        elif after is None and _demands(before):
            yield f"{where}{step}", "is not limited any more"
    if [*old.get("patternProperties", {})] != [*new.get("patternProperties", {})]:
        yield f"{where}.*", "has other names now"
    else:
        for pattern, before in old.get("patternProperties", {}).items():
            yield from _compare(before, new["patternProperties"][pattern], roots, f"{where}.*", met)
    if old.get("prefixItems") != new.get("prefixItems"):
        yield where, "the parts of the list are others now"


def _demands(schema: object) -> bool:
    return isinstance(schema, Mapping) and bool({*schema} - {"title", "description"})


def _compare_values(old: Json, new: Json, where: str) -> Iterator[tuple[str, str]]:
    before, after = _values(old), _values(new)
    if before is None and after is not None:
        yield where, "is limited to a list of values now, and old events may have others"
    elif before is not None and after is None:
        yield where, "was one of a list of values and may be anything now"
    elif before is not None and after is not None:
        gone = [value for value in before if value not in after]
        if gone:
            yield where, f"may not be {' or '.join(json.dumps(value) for value in gone)} any more, and old events are"


def _values(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _compare_bounds(old: Json, new: Json, where: str) -> Iterator[tuple[str, str]]:
    for bound in _LOWER_BOUNDS:
        if bound in new and (bound not in old or new[bound] > old[bound]):
            yield where, f"{bound} is {new[bound]} now (was {old.get(bound, 'none')}), and old events may be below"
    for bound in _UPPER_BOUNDS:
        if bound in new and (bound not in old or new[bound] < old[bound]):
            yield where, f"{bound} is {new[bound]} now (was {old.get(bound, 'none')}), and old events may be above"
    for keyword in _FIXED:
        if old.get(keyword) != new.get(keyword):
            yield where, f"{keyword} was {old.get(keyword, 'none')} and is {new.get(keyword, 'none')} now"


def _compare_fields(old: Json, new: Json, roots: Roots, where: str, met: frozenset[str]) -> Iterator[tuple[str, str]]:
    before: Json = old.get("properties", {})
    after: Json = new.get("properties", {})
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        field = _dotted(where, name)
        if name not in after:
            yield field, "was removed, and readers count on it"
            continue
        if name in needed_after and name not in needed_before:
            yield field, "is required now, and old events may lack it: keep its default"
        yield from _compare(before[name], after[name], roots, field, met)
    for name in after:
        if name not in before and name in needed_after:
            yield _dotted(where, name), "is new and required, and old events lack it: give it a default"


def _dotted(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
