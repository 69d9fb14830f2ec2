"""All events of all services, found by topic or by type; made from the STREAMS of the services' event modules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.events import campaign, directory, erasure, exchange, newsletter
from shared.events.base import Event, Received, Recorded, Snapshot, Stream, Wire
from shared.events.unreadable import Unreadable

SERVICES = ("directory", "exchange", "newsletter", "campaign")

_DAY_MS = 24 * 60 * 60 * 1000

W = TypeVar("W", bound=Wire)


@dataclass(frozen=True)
class TopicSpec:
    """A topic as the deployment step creates it. ``config`` holds Kafka's settings; replication is the engine's."""

    name: str
    partitions: int
    about: str
    config: Mapping[str, str] = field(default_factory=dict)


_STREAMS: tuple[Stream, ...] = (
    *directory.STREAMS,
    *exchange.STREAMS,
    *newsletter.STREAMS,
    *campaign.STREAMS,
    *erasure.STREAMS,
)
_BY_TOPIC = {stream.topic: stream for stream in _STREAMS}
_BY_TYPE = {name: (stream, model) for stream in _STREAMS for name, model in stream.types.items()}


def streams() -> tuple[Stream, ...]:
    """Every stream of every service, in the order of the services and of their modules."""
    return _STREAMS


def stream_of(topic: str) -> Stream | None:
    """The stream on this topic; None when the topic is none of ours."""
    return _BY_TOPIC.get(topic)


def event_type(name: str) -> tuple[Stream, type[Event]] | None:
    """Stream and model of a CloudEvents type; None when nobody here knows it."""
    return _BY_TYPE.get(name)


def snapshot_model(stream: Stream) -> type[Snapshot]:
    """The model of the snapshot that every event of this stream carries."""
    return type(stream.snapshot)


def dead_letters(service: str) -> str:
    """The topic with the records that ``service`` could not handle."""
    return f"{service}.dead-letters"


def republish_requests(service: str) -> str:
    """The topic on which ``service`` is asked to publish an aggregate's events again."""
    return f"{service}.republish-requests"


def topics() -> list[TopicSpec]:
    """Every topic of the network, sorted by name.

    Events are kept for ever: a newcomer reads from the beginning. A dead letter is a copy of a record that its own
    topic still has, so it goes after a year; a request to republish is moot after a week.
    """
    specs = [
        TopicSpec(stream.topic, stream.partitions, stream.about, {"cleanup.policy": "delete", "retention.ms": "-1"})
        for stream in streams()
    ]
    for service in SERVICES:
        specs.append(
            TopicSpec(
                dead_letters(service),
                1,
                f"Records that {service} could not handle, with the reason.",
                {"cleanup.policy": "delete", "retention.ms": str(365 * _DAY_MS)},
            )
        )
        specs.append(
            TopicSpec(
                republish_requests(service),
                1,
                f"Requests to {service} to publish events again, from readers that noticed a gap.",
                {"cleanup.policy": "delete", "retention.ms": str(7 * _DAY_MS)},
            )
        )
    return sorted(specs, key=lambda spec: spec.name)


def data_of(event: Event, snapshot: Snapshot) -> dict[str, Any]:
    """The data of an event as it is written: its own fields, and the snapshot under ``snapshot``. JSON types only."""
    return {**event.model_dump(mode="json"), "snapshot": snapshot.model_dump(mode="json")}


def parse(recorded: Recorded) -> Received[Any] | None:
    """The event in ``recorded`` as its model, without fields this version does not know, at any depth.

    None for a type that nobody here knows: a newer publisher's, to be counted and passed over. `Unreadable` when the
    data do not fit the type, or the type does not belong on this topic.
    """
    known = event_type(recorded.type)
    if known is None:
        return None
    stream, model = known
    if recorded.topic != stream.topic:
        raise Unreadable(f"{recorded.type} does not belong on topic {recorded.topic}")
    event = _fit(model, recorded.data, recorded.type, ())
    snapshot = _fit(snapshot_model(stream), recorded.data.get("snapshot"), recorded.type, ("snapshot",))
    return Received(recorded, event, snapshot)


def snapshot_of(recorded: Recorded) -> Any:
    """The snapshot in ``recorded`` alone, for who needs no more. `Unreadable` when it does not fit its model."""
    stream = stream_of(recorded.topic)
    if stream is None:
        raise Unreadable(f"topic {recorded.topic} is none of ours")
    return _fit(snapshot_model(stream), recorded.data.get("snapshot"), recorded.type, ("snapshot",))


def _fit(model: type[W], data: object, name: str, where: tuple[str, ...]) -> W:
    """``data`` as ``model``; `Unreadable` names the field and what is wrong with it, not what stands in it."""
    try:
        return model.model_validate(data, extra="ignore")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in (*where, *first["loc"]))
        told = first["type"] if first["type"] in ("value_error", "assertion_error") else first["msg"]
        raise Unreadable(f"data do not fit {name}: {field}: {told}") from None
