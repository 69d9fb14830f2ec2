"""JSON Schema of what stands in the value of an event's record."""

from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from shared.events.base import Event, Stream
from shared.events.catalogue import data_of, snapshot_model
from shared.messaging.wire import data_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Schema(GenerateJsonSchema):
    """pydantic's generator without a title per field: it would only repeat the field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def event_schema(stream: Stream, example: Event) -> dict[str, Any]:
    """The schema of one event type's data: its own fields and the snapshot, with ``example`` filled in.

    Fields are required when every event of this type has them. Further fields are allowed: a newer publisher may add
    some, and readers pass them over.
    """
    model = type(example)
    bodies, shared = schemas_of((model, snapshot_model(stream)), "#/$defs/{model}")
    return {
        "$schema": DIALECT,
        "$id": data_schema(stream.type_of(model)),
        **payload(model, bodies[model], bodies[snapshot_model(stream)]),
        "$defs": shared,
        "examples": [data_of(example, stream.snapshot)],
    }


def payload(model: type[Event], own: Mapping[str, Any], snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """One flat object schema: the event's ``own`` fields, then ``snapshot``."""
    return {
        "title": model.__name__,
        "description": about(model),
        "type": "object",
        "properties": {**own.get("properties", {}), "snapshot": dict(snapshot)},
        "required": [*own.get("required", []), "snapshot"],
    }


def about(model: type[BaseModel]) -> str:
    """The model's own docstring as running text. ValueError when it has none: events explain themselves."""
    own = model.__dict__.get("__doc__")
    if not own:
        raise ValueError(f"{model.__name__} needs a docstring: it says when the event happens")
    return " ".join(cleandoc(own).split())


def schemas_of(
    models: Iterable[type[BaseModel]], ref_template: str
) -> tuple[dict[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    """A schema for each of ``models``, and the definitions they refer to by ``ref_template``.

    Event models are given in full, all others as a reference to their definition.
    """
    wanted = list(models)
    raw, rest = models_json_schema(
        [(model, "validation") for model in wanted], ref_template=ref_template, schema_generator=_Schema
    )
    definitions: dict[str, Any] = {name: _open(body) for name, body in rest.get("$defs", {}).items()}
    bodies: dict[type[BaseModel], dict[str, Any]] = {}
    for model in wanted:
        reference = raw[(model, "validation")]
        if issubclass(model, Event):
            bodies[model] = definitions.pop(_defined_as(reference["$ref"], definitions, ref_template))
        else:
            bodies[model] = dict(reference)
    return bodies, definitions


def _defined_as(reference: str, definitions: Mapping[str, Any], ref_template: str) -> str:
    return next(name for name in definitions if ref_template.format(model=name) == reference)


def _open(schema: Any) -> Any:
    """``schema`` without ``additionalProperties: false``: the strictness is the writer's, not the reader's."""
    if isinstance(schema, dict):
        return {
            key: _open(value) for key, value in schema.items() if not (key == "additionalProperties" and value is False)
        }
    if isinstance(schema, list):
        return [_open(item) for item in schema]
    return schema
