"""The page for people: which topics there are, which events are on them, and when each of them happens."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.events.base import Event, Stream
from shared.events.catalogue import SERVICES, dead_letters, republish_requests, snapshot_model
from shared.events.documents import short_name
from shared.events.documents.asyncapi import HEADERS, OPTIONAL_HEADERS
from shared.events.documents.golden import golden
from shared.events.documents.schema import about, schemas_of

_INTRODUCTION = """\
# Events

<!-- made by `make docs` from shared/events; changes here are lost -->

Everything that happens in the network and concerns others is told as an event: what happened, and how the thing looks
afterwards (`snapshot`). Anyone who may read the topics can follow along; `examples/` shows how in Python, Node, Java
and with kcat.

* Events are **CloudEvents 1.0** in Kafka's binary mode: attributes in headers, JSON in the value, the aggregate's id
  as key. All events of one aggregate are in one partition, in order.
* **The same event may come twice** (the same `ce_id`, the same `ce_sequence`); event n+2 of an aggregate never comes
  before n+1. `ce_sequence` is decimal text: compare it as a number.
* Events are **kept for ever**: start at the beginning of a topic, or take the latest event per key and use its
  `snapshot`.
* **Nothing personal** is in any event: ids, counts, codes, dates, names of centers and organisations, titles. No
  person, no contact, no street or exact point, no text that people wrote.
* Within a version (`.v1` at the end of a type) fields are only added and lists of codes only grow, so **pass over
  fields, codes and types that you do not know**. What would break a reader is published as a new version, with a new
  type and a new schema.

| what | where |
|---|---|
| JSON Schema (2020-12) of each event's data | `schemas/`, by the name in `ce_dataschema` |
| a whole example of each event | `examples/`; older forms that every reader still meets in `examples/earlier/` |
| AsyncAPI 3.0, the whole network | [asyncapi/mine.json](asyncapi/mine.json) |
| AsyncAPI 3.0, one service with what it publishes and follows | {services} |
"""

_DEAD_LETTERS = """\
## Topics for operators

| topic | what |
|---|---|
"""


def index(streams: tuple[Stream, ...], earlier: Iterable[str]) -> str:
    """The page. ``earlier``: short names of types that were published once and are no longer sent."""
    services = ", ".join(f"[{service}](asyncapi/{service}.json)" for service in SERVICES)
    parts = [_INTRODUCTION.format(services=services), _overview(streams), _headers(streams[0])]
    for service in SERVICES:
        parts.append(f"## {service}\n")
        parts.extend(_stream(stream) for stream in streams if stream.service == service)
    parts.append(_operators())
    gone = sorted(earlier)
    if gone:
        lines = [f"* [{name}](schemas/{name}.json) ([example](examples/{name}.json))" for name in gone]
        parts.append("## No longer sent, but still on the topics\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _overview(streams: tuple[Stream, ...]) -> str:
    rows = [
        f"| [`{stream.topic}`](#{_anchor(stream.topic)}) | {stream.partitions} | {len(stream.events)} "
        f"| {_cell(stream.about)} |"
        for stream in streams
    ]
    return "## Topics\n\n| topic | partitions | types | about |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _headers(stream: Stream) -> str:
    values = golden(stream, stream.events[0])["headers"]
    rows = [
        f"| `{name}` | {_cell(schema['description'])}{' Optional.' if name in OPTIONAL_HEADERS else ''} "
        f"| `{values[name]}` |"
        for name, schema in HEADERS.items()
    ]
    return "## Headers\n\n| header | what | for example |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _stream(stream: Stream) -> str:
    models = [type(event) for event in stream.events]
    bodies, definitions = schemas_of([*models, snapshot_model(stream)], "{model}")
    events = [
        f"| [{model.__name__}](schemas/{_name(stream, model)}.json) ([example](examples/{_name(stream, model)}.json)) "
        f"| {_cell(about(model))} | {_own_fields(bodies[model])} |"
        for model in models
    ]
    snapshot = snapshot_model(stream)
    fields = [
        f"| `{name}` | {_kind(field)} | {_cell(_description(field, definitions))} |"
        for name, field in definitions[snapshot.__name__]["properties"].items()
    ]
    return "\n".join(
        [
            f"### {stream.topic}\n",
            f"{stream.about}\n",
            "| event | when | fields of its own |\n|---|---|---|",
            *events,
            "\nSnapshot in each of them:\n",
            "| field | type | what |\n|---|---|---|",
            *fields,
            *_parts(definitions, snapshot.__name__),
            "",
        ]
    )


def _parts(definitions: Mapping[str, Any], snapshot: str) -> list[str]:
    """The objects that snapshot and events are made of, one line each."""
    lines = []
    for name, definition in definitions.items():
        if name != snapshot and "properties" in definition:
            fields = ", ".join(f"`{field}` ({_kind(schema)})" for field, schema in definition["properties"].items())
            lines.append(f"* **{name}**: {_cell(definition.get('description', ''))} {fields}.")
    return ["\nMade of:\n", *lines] if lines else []


def _operators() -> str:
    rows = []
    for service in SERVICES:
        rows.append(f"| `{dead_letters(service)}` | records that {service} could not handle, with the reason |")
        rows.append(
            f"| `{republish_requests(service)}` | requests to {service} to publish an aggregate's events again |"
        )
    return _DEAD_LETTERS + "\n".join(rows) + "\n"


def _name(stream: Stream, model: type[Event]) -> str:
    return short_name(stream.type_of(model))


def _own_fields(body: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in body.get("properties", {})) or "none"


def _kind(field: Mapping[str, Any]) -> str:
    """A field's type in a word or two: ``text``, ``day or null``, ``list of OfferedService``."""
    if "$ref" in field:
        return str(field["$ref"])
    if "anyOf" in field:
        return " or ".join(_kind(alternative) for alternative in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}"
    if field.get("type") == "object":
        values = [*field.get("patternProperties", {}).values(), field.get("additionalProperties", {})]
        return f"{_kind(values[0])} by name"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no", "null": "null"}
    return {"date": "day", "date-time": "instant"}.get(field.get("format", ""), words[field["type"]])


def _description(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What a field is; for a list of codes without a description of its own, what the list is, and its codes."""
    told = str(field.get("description", ""))
    reference = field.get("$ref")
    if reference is None:
        return told
    definition = definitions[reference]
    codes = ", ".join(f"`{value}`" for value in definition.get("enum", ()))
    return " ".join(part for part in (told or str(definition.get("description", "")), codes) if part)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _anchor(heading: str) -> str:
    return heading.replace(".", "")
