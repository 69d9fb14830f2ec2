"""AsyncAPI 3.0: one document per service, from that service's side, and one for the whole network.

Payload schemas are written in the common part of AsyncAPI's own schema language (a superset of JSON Schema draft 7)
and 2020-12, so that every tool reads them; the files under ``schemas/`` are the same in 2020-12.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.events.base import Event, Stream
from shared.events.catalogue import data_of, snapshot_model
from shared.events.documents import short_name
from shared.events.documents.golden import golden
from shared.events.documents.schema import about, payload, schemas_of
from shared.messaging.wire import CONTENT_TYPE, SPECVERSION, data_schema, source

VERSION = "1.0.0"
_BINDING = "0.5.0"
_INSTANT = {"type": "string", "format": "date-time"}

HEADERS: dict[str, dict[str, Any]] = {
    "ce_specversion": {"type": "string", "const": SPECVERSION, "description": "Version of CloudEvents."},
    "ce_id": {"type": "string", "description": "The event's id. The same event sent twice has the same one."},
    "ce_source": {"type": "string", "description": "The service that says so."},
    "ce_type": {"type": "string", "description": "What happened, with the major version of its data."},
    "ce_time": {**_INSTANT, "description": "When it happened."},
    "ce_subject": {"type": "string", "description": "Id of the aggregate it happened to; the record's key too."},
    "ce_dataschema": {"type": "string", "format": "uri", "description": "Name of the data's schema (its $id)."},
    "ce_recordedtime": {**_INSTANT, "description": "When it was entered; entry from paper may be weeks later."},
    "ce_sequence": {
        "type": "string",
        "pattern": "^[1-9][0-9]*$",
        "description": "The aggregate's version with this event: 1, 2, 3 ... without gaps. Compare it as a number.",
    },
    "ce_correlationid": {"type": "string", "description": "The same in all that one request set in motion."},
    "ce_causationid": {"type": "string", "description": "Id of the event that caused this one. Absent: a person did."},
    "ce_traceparent": {"type": "string", "description": "W3C trace context, where there is one."},
    "content-type": {"type": "string", "const": CONTENT_TYPE, "description": "Of the record's value."},
}
"""Every header of a record, with its schema."""

OPTIONAL_HEADERS = ("ce_causationid", "ce_traceparent")

Listened = Mapping[str, Iterable[str]]
"""Topic → the types on it that a service reacts to."""


def network_document(streams: tuple[Stream, ...]) -> dict[str, Any]:
    """The whole: every topic and every event, sent by the network to whoever listens."""
    operations = {f"publish-{_channel(stream)}": _operation("send", stream, _types(stream)) for stream in streams}
    return _document(
        "mine",
        "What happens in the network of Mother Centers, as events. Every topic, for whoever wants to listen.",
        [(stream, _types(stream)) for stream in streams],
        operations,
    )


def service_document(service: str, streams: tuple[Stream, ...], listened: Listened) -> dict[str, Any]:
    """One service: it sends its own events and receives those it reacts to."""
    own = [(stream, _types(stream)) for stream in streams if stream.service == service]
    others = [
        (stream, [type_ for type_ in _types(stream) if type_ in set(listened[stream.topic])])
        for stream in streams
        if stream.topic in listened
    ]
    operations = {f"publish-{_channel(stream)}": _operation("send", stream, types) for stream, types in own}
    operations |= {f"follow-{_channel(stream)}": _operation("receive", stream, types) for stream, types in others}
    own_topics = {stream.topic for stream, _ in own}
    channels = own + [(stream, types) for stream, types in others if stream.topic not in own_topics]
    return _document(
        f"mine {service}", f"The events that {service} publishes, and those it follows.", channels, operations
    )


def _document(
    title: str, description: str, channels: list[tuple[Stream, list[str]]], operations: dict[str, Any]
) -> dict[str, Any]:
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for stream, types in channels:
        examples = [event for event in stream.events if stream.type_of(type(event)) in types]
        schemas |= _schemas(stream, examples)
        messages |= {short_name(stream.type_of(type(event))): _message(stream, event) for event in examples}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": VERSION, "description": description},
        "defaultContentType": CONTENT_TYPE,
        "servers": {"kafka": _server()},
        "channels": {_channel(stream): _channel_object(stream, types) for stream, types in channels},
        "operations": operations,
        "components": {"schemas": schemas, "messages": messages, "messageTraits": {"cloudevent": _trait()}},
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{kafka}",
        "protocol": "kafka",
        "description": "The network's Kafka brokers.",
        "variables": {"kafka": {"default": "127.0.0.1:9092", "description": "host:port of any broker"}},
    }


def _channel(stream: Stream) -> str:
    return f"{stream.service}-{stream.aggregate}"


def _types(stream: Stream) -> list[str]:
    return list(stream.types)


def _channel_object(stream: Stream, types: list[str]) -> dict[str, Any]:
    return {
        "address": stream.topic,
        "description": stream.about,
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {short_name(type_): {"$ref": f"#/components/messages/{short_name(type_)}"} for type_ in types},
        "bindings": {
            "kafka": {
                "topic": stream.topic,
                "partitions": stream.partitions,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
                "bindingVersion": _BINDING,
            }
        },
    }


def _operation(action: str, stream: Stream, types: list[str]) -> dict[str, Any]:
    channel = f"#/channels/{_channel(stream)}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": stream.about,
        "messages": [{"$ref": f"{channel}/messages/{short_name(type_)}"} for type_ in types],
    }


def _message(stream: Stream, event: Event) -> dict[str, Any]:
    model = type(event)
    type_ = stream.type_of(model)
    example = golden(stream, event)
    constants = {"ce_type": type_, "ce_source": source(type_), "ce_dataschema": data_schema(type_)}
    return {
        "name": type_,
        "title": model.__name__,
        "summary": about(model),
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "properties": {
                name: {**HEADERS[name], "const": constants[name]} if name in constants else HEADERS[name]
                for name in HEADERS
            },
            "required": [name for name in HEADERS if name not in OPTIONAL_HEADERS],
        },
        "payload": {"$ref": f"#/components/schemas/{short_name(type_)}"},
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "examples": [
            {
                "name": model.__name__,
                "headers": example["headers"],
                "payload": data_of(event, stream.snapshot),
            }
        ],
    }


def _trait() -> dict[str, Any]:
    return {
        "description": "A CloudEvent in binary content mode: attributes in the headers, data in the value.",
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "Id of the aggregate: all its events are in one partition."},
                "bindingVersion": _BINDING,
            }
        },
        "externalDocs": {
            "description": "Kafka Protocol Binding for CloudEvents 1.0",
            "url": "https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md",
        },
    }


def _schemas(stream: Stream, examples: list[Event]) -> dict[str, Any]:
    """The payload schemas of these events and all they refer to, by names that no other service uses."""
    template = f"#/components/schemas/{stream.service}.{{model}}"
    snapshot = snapshot_model(stream)
    bodies, shared = schemas_of([type(event) for event in examples] + [snapshot], template)
    found = {f"{stream.service}.{name}": body for name, body in shared.items()}
    for event in examples:
        model = type(event)
        found[short_name(stream.type_of(model))] = payload(model, bodies[model], bodies[snapshot])
    return found
