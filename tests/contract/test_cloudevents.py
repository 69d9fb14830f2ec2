"""Our records are CloudEvents to the official SDK, and the SDK's are events to us."""

from datetime import datetime

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event, to_binary_event
from cloudevents.core.v1.event import CloudEvent

from shared.clock import to_instant
from shared.events import Event, Recorded, Stream
from shared.events.catalogue import parse, streams
from shared.events.documents.golden import example
from shared.messaging.wire import decode, encode

EVERY = [pytest.param(stream, event, id=type(event).__name__) for stream in streams() for event in stream.events]


def read_by_sdk(recorded: Recorded) -> CloudEvent:
    record = encode(recorded)
    event = from_kafka_event(KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value))
    assert isinstance(event, CloudEvent)
    return event


@pytest.mark.parametrize(("stream", "event"), EVERY)
def test_the_sdk_reads_what_we_write(stream: Stream, event: Event) -> None:
    recorded = example(stream, event)
    read = read_by_sdk(recorded)
    assert read.get_specversion() == "1.0"
    assert read.get_id() == recorded.id
    assert read.get_source() == f"/{stream.service}"
    assert read.get_type() == recorded.type
    assert read.get_time() == recorded.happened
    assert read.get_subject() == recorded.key
    assert read.get_dataschema() == f"urn:mine:schema:{recorded.type.removeprefix('org.mine.')}"
    assert read.get_datacontenttype() == "application/json"
    assert read.get_extension("partitionkey") == recorded.key
    assert read.get_extension("sequence") == str(recorded.sequence)
    assert to_instant(datetime.fromisoformat(read.get_extension("recordedtime"))) == recorded.recorded
    assert read.get_extension("correlationid") == recorded.correlation
    assert read.get_extension("causationid") == recorded.causation
    assert read.get_extension("traceparent") == recorded.traceparent
    assert read.get_data() == recorded.data


@pytest.mark.parametrize(("stream", "event"), EVERY)
def test_we_read_what_the_sdk_writes(stream: Stream, event: Event) -> None:
    recorded = example(stream, event)
    written = to_binary_event(read_by_sdk(recorded))
    assert isinstance(written.key, str)
    read = decode(recorded.topic, written.key.encode(), written.value, list(written.headers.items()))
    assert read == recorded
    received = parse(read)
    assert received is not None
    assert (received.event, received.snapshot) == (event, stream.snapshot)


def test_we_read_an_event_made_with_the_sdk_alone() -> None:
    stream = streams()[0]
    recorded = example(stream, stream.events[0])
    made = CloudEvent(
        attributes={
            "id": recorded.id,
            "type": recorded.type,
            "source": f"/{stream.service}",
            "time": recorded.happened,
            "subject": recorded.key,
            "datacontenttype": "application/json",
            "recordedtime": recorded.recorded,
            "sequence": recorded.sequence,
            "correlationid": recorded.correlation,
            "partitionkey": recorded.key,
        },
        data=dict(recorded.data),
    )
    written = to_binary_event(made)
    assert isinstance(written.key, str)
    read = decode(recorded.topic, written.key.encode(), written.value, list(written.headers.items()))
    assert read == Recorded(**{**vars(recorded), "causation": None, "traceparent": None})
