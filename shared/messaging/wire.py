"""An event as a Kafka record: CloudEvents 1.0, Kafka protocol binding, binary content mode.

The key is the aggregate's id, the value the event's data as JSON, everything else stands in headers::

    ce_specversion   1.0
    ce_id            the event's id; the same event sent twice has the same one
    ce_source        /directory
    ce_type          org.mine.directory.CenterClosed.v1
    ce_time          when it happened
    ce_subject       the aggregate's id, as in the key
    ce_dataschema    urn:mine:schema:directory.CenterClosed.v1
    ce_recordedtime  when it was entered
    ce_sequence      the aggregate's version, decimal, from 1 without gaps
    ce_correlationid what one request set in motion
    ce_causationid   the id of the event that caused this one (left out when a person did)
    ce_traceparent   W3C trace context (left out when there is none)
    content-type     application/json

``ce_dataschema`` is a name and not an address: CloudEvents asks for an absolute URI, so a path within the
documentation would not do, and an address would have to be served for ever. The schema of that name carries it as
its ``$id``: ``docs/events/schemas/directory.CenterClosed.v1.json``. A breaking change is a new type, hence a new name.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from shared.clock import instant_text, to_instant
from shared.events.base import Recorded
from shared.events.unreadable import Unreadable

__all__ = ["CONTENT_TYPE", "SPECVERSION", "Unreadable", "WireRecord", "data_schema", "decode", "encode", "source"]

SPECVERSION = "1.0"
CONTENT_TYPE = "application/json"

_SEQUENCE_DIGITS = 18  # what fits into 64 bits

_TYPE = re.compile(r"org\.mine\.([a-z][a-z0-9-]*)\.([A-Za-z0-9]+\.v[1-9][0-9]*)")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_JSON = re.compile(rb"(application|text)/([a-z0-9.-]+\+)?json[ \t]*(;.*)?", re.IGNORECASE | re.DOTALL)


class WireRecord(NamedTuple):
    """What a Kafka producer sends."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def source(event_type: str) -> str:
    """Who says so: ``/directory``. ValueError when ``event_type`` is not spelled like a type of this network."""
    return f"/{_parts(event_type)[0]}"


def data_schema(event_type: str) -> str:
    """The name of the data's schema: ``urn:mine:schema:directory.CenterClosed.v1``. ValueError as in `source`."""
    service, name = _parts(event_type)
    return f"urn:mine:schema:{service}.{name}"


def encode(recorded: Recorded) -> WireRecord:
    """The record to send. ValueError for a type that is not ours, TypeError for data that are not JSON: bugs, both."""
    key = recorded.key.encode()
    headers = [
        *_constant_headers(recorded.type),
        ("ce_id", recorded.id.encode()),
        ("ce_time", instant_text(recorded.happened).encode()),
        ("ce_subject", key),
        ("ce_recordedtime", instant_text(recorded.recorded).encode()),
        ("ce_sequence", b"%d" % recorded.sequence),
        ("ce_correlationid", recorded.correlation.encode()),
    ]
    if recorded.causation is not None:
        headers.append(("ce_causationid", recorded.causation.encode()))
    if recorded.traceparent is not None:
        headers.append(("ce_traceparent", recorded.traceparent.encode()))
    return WireRecord(recorded.topic, key, orjson.dumps(recorded.data), headers)


def decode(topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> Recorded:
    """The event in this record, its times cut to milliseconds in UTC. `Unreadable` for whatever is wrong with it.

    Headers that are not ours are passed over; so are ``ce_source`` and ``ce_dataschema``, which follow from the type.
    A type that nobody here knows is readable: what to do with it is the reader's business.
    """
    found = _by_name(headers)
    if _text(found, "ce_specversion") != SPECVERSION:
        raise Unreadable(f"header ce_specversion is not {SPECVERSION}")
    subject = _text(found, "ce_subject")
    if key is None:
        raise Unreadable("record has no key")
    if key != found["ce_subject"]:
        raise Unreadable("key and header ce_subject differ")
    return Recorded(
        id=_text(found, "ce_id"),
        type=_text(found, "ce_type"),
        topic=topic,
        key=subject,
        sequence=_sequence(found),
        happened=_time(found, "ce_time"),
        recorded=_time(found, "ce_recordedtime"),
        data=_data(found, value),
        correlation=_text(found, "ce_correlationid"),
        causation=_text(found, "ce_causationid") if "ce_causationid" in found else None,
        traceparent=_text(found, "ce_traceparent") if "ce_traceparent" in found else None,
    )


def _parts(event_type: str) -> tuple[str, str]:
    match = _TYPE.fullmatch(event_type)
    if match is None:
        raise ValueError(f"not an event type of this network: {event_type!r}")
    return match[1], match[2]


@lru_cache(maxsize=1024)
def _constant_headers(event_type: str) -> tuple[tuple[str, bytes], ...]:
    return (
        ("ce_specversion", SPECVERSION.encode()),
        ("ce_type", event_type.encode()),
        ("ce_source", source(event_type).encode()),
        ("ce_dataschema", data_schema(event_type).encode()),
        ("content-type", CONTENT_TYPE.encode()),
    )


def _by_name(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, bytes | None]:
    """The headers as a dict. One of ours given twice would mean whatever the reader prefers: refused."""
    found = dict(headers)
    if len(found) < len(headers):
        seen = set()
        for name, _ in headers:
            if name in seen and (name.startswith("ce_") or name == "content-type"):
                raise Unreadable(f"header {name} is given twice")
            seen.add(name)
    return found


def _text(headers: Mapping[str, bytes | None], name: str) -> str:
    value = headers.get(name)
    if value is None:
        raise Unreadable(f"header {name} is missing")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise Unreadable(f"header {name} is not UTF-8") from None
    if not text:
        raise Unreadable(f"header {name} is empty")
    return text


def _time(headers: Mapping[str, bytes | None], name: str) -> datetime:
    text = _text(headers, name).upper()
    if _RFC3339.fullmatch(text) is None:
        raise Unreadable(f"header {name} is not an RFC 3339 time")
    try:
        return to_instant(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise Unreadable(f"header {name} is not a possible time") from None


def _sequence(headers: Mapping[str, bytes | None]) -> int:
    text = _text(headers, "ce_sequence")
    if not (text.isascii() and text.isdigit()) or text.startswith("0") or len(text) > _SEQUENCE_DIGITS:
        raise Unreadable("header ce_sequence is not a whole number from 1")
    return int(text)


def _data(headers: Mapping[str, bytes | None], value: bytes | None) -> dict[str, Any]:
    _text(headers, "content-type")
    if _JSON.fullmatch(headers["content-type"] or b"") is None:
        raise Unreadable("header content-type is not JSON")
    if value is None:
        raise Unreadable("record has no value")
    try:
        data = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise Unreadable("value is not JSON") from None
    if not isinstance(data, dict):
        raise Unreadable("value is not a JSON object")
    return data
