"""The schemas of HSDS 3.0 beside the tests, and answers held against them."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

_FOLDER = Path(__file__).parents[2] / "data" / "hsds-3.0"
_formats = FormatChecker(["uuid", "email"])


@_formats.checks("uri")
def _is_uri(value: object) -> bool:
    return isinstance(value, str) and bool(urlsplit(value).scheme) and not re.search(r"[\s<>\"{}|\\^`]", value)


@_formats.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return isinstance(value, str) and "T" in value and datetime.fromisoformat(value).tzinfo is not None


def _closed(schema: Any) -> Any:
    """The schema without room for fields it does not name: HSDS would let a misspelled one pass."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    return {**closed, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else closed


_read = {path.name: json.loads(path.read_text()) for path in _FOLDER.glob("*.json")}
_as_published = Registry().with_resources((name, Resource.from_contents(schema)) for name, schema in _read.items())
_as_meant = Registry().with_resources((name, Resource.from_contents(_closed(schema))) for name, schema in _read.items())


def faults(name: str, answer: Any, *, published: bool = False) -> list[str]:
    """What is wrong with ``answer`` by the schema of that name; fields it does not name count as wrong, unless it is
    taken as ``published``."""
    registry = _as_published if published else _as_meant
    validator = Draft202012Validator({"$ref": f"{name}.json"}, registry=registry, format_checker=_formats)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer)]
