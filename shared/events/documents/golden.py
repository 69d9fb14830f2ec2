"""Golden examples: one whole event of each type, as it stands on its topic."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.events.base import Event, Recorded, Stream
from shared.events.catalogue import data_of
from shared.events.documents import short_name
from shared.ids import derived_id
from shared.messaging.wire import encode

_HAPPENED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_SEQUENCE = 2


def example(stream: Stream, event: Event) -> Recorded:
    """``event`` with the stream's example snapshot, with ids that are the same at every call."""
    type_ = stream.type_of(type(event))
    return Recorded(
        id=derived_id("example", "event", type_),
        type=type_,
        topic=stream.topic,
        key=derived_id("example", "aggregate", stream.topic),
        sequence=_SEQUENCE,
        happened=_HAPPENED,
        recorded=_HAPPENED,
        data=data_of(event, stream.snapshot),
        correlation=derived_id("example", "correlation", type_),
        causation=derived_id("example", "causation", type_),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


def golden(stream: Stream, event: Event) -> dict[str, Any]:
    """The record of `example`: topic, key and headers as text, the value as ``data``."""
    recorded = example(stream, event)
    record = encode(recorded)
    return {
        "topic": record.topic,
        "key": record.key.decode(),
        "headers": {name: value.decode() for name, value in record.headers},
        "data": dict(recorded.data),
    }


def goldens(streams: tuple[Stream, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Short name and golden example of every event type."""
    for stream in streams:
        for event in stream.events:
            yield short_name(stream.type_of(type(event))), golden(stream, event)


def form(value: Any, where: str = "") -> frozenset[str]:
    """Which fields ``value`` has, at every depth: two examples of one form differ in their values only."""
    if isinstance(value, Mapping):
        return frozenset({where}).union(*(form(item, f"{where}.{name}") for name, item in value.items()))
    if isinstance(value, list):
        return frozenset({f"{where}[]"}).union(*(form(item, f"{where}[]") for item in value))
    return frozenset({where})
