"""The catalogue finds every event, and reads what newer and broken publishers send without falling over."""

import re
from typing import Any

import pytest

from shared.events import Event, Recorded, Stream, Unreadable
from shared.events.catalogue import (
    SERVICES,
    data_of,
    dead_letters,
    event_type,
    parse,
    republish_requests,
    snapshot_model,
    snapshot_of,
    stream_of,
    streams,
    topics,
)
from shared.events.directory.center import CENTER, CenterClosed
from shared.events.documents.golden import example

EVERY = [pytest.param(stream, event, id=type(event).__name__) for stream in streams() for event in stream.events]


def closed(**changes: Any) -> Recorded:
    """A CenterClosed as it stands on its topic, with other attributes."""
    event = next(event for event in CENTER.events if isinstance(event, CenterClosed))
    return Recorded(**{**vars(example(CENTER, event)), **changes})


def test_no_topic_and_no_type_is_given_twice() -> None:
    names = [stream.topic for stream in streams()]
    types = [stream.type_of(type(event)) for stream in streams() for event in stream.events]
    assert len(set(names)) == len(names)
    assert len(set(types)) == len(types)


@pytest.mark.parametrize("stream", streams(), ids=lambda stream: stream.topic)
def test_names_are_spelled_the_way_readers_rely_on(stream: Stream) -> None:
    assert stream.service in SERVICES
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", stream.aggregate)
    for event in stream.events:
        assert re.fullmatch(r"([A-Z][a-z]+)+", type(event).__name__)
        assert "snapshot" not in type(event).model_fields, "the snapshot has its own place in the data"


@pytest.mark.parametrize(("stream", "event"), EVERY)
def test_every_event_is_found_by_topic_and_type_and_reads_back(stream: Stream, event: Event) -> None:
    recorded = example(stream, event)
    assert stream_of(recorded.topic) is stream
    assert event_type(recorded.type) == (stream, type(event))
    received = parse(recorded)
    assert received is not None
    assert received.event == event
    assert received.snapshot == stream.snapshot
    assert received.key == recorded.key
    assert data_of(received.event, received.snapshot) == recorded.data


@pytest.mark.parametrize(("stream", "event"), EVERY)
def test_fields_of_a_newer_publisher_are_passed_over_at_every_depth(stream: Stream, event: Event) -> None:
    recorded = example(stream, event)
    newer = _with_more_fields(recorded.data, stream)
    received = parse(Recorded(**{**vars(recorded), "data": newer}))
    assert received is not None
    assert (received.event, received.snapshot) == (event, stream.snapshot)


def _with_more_fields(data: Any, stream: Stream) -> Any:
    """``data`` with a field more in every object; objects that map free names to texts stay as they are."""
    if isinstance(data, list):
        return [_with_more_fields(item, stream) for item in data]
    if not isinstance(data, dict) or _by_language(data):
        return data
    return {**{name: _with_more_fields(value, stream) for name, value in data.items()}, "added_later": {"x": [1]}}


def _by_language(data: dict[str, Any]) -> bool:
    return (
        bool(data)
        and all(re.fullmatch(r"[a-z]{2,3}(-\w+)*", name) for name in data)
        and all(isinstance(value, str) for value in data.values())
    )


def test_writing_is_strict_where_reading_is_not() -> None:
    with pytest.raises(ValueError, match="added_later"):
        CenterClosed.model_validate({"reason": "merged", "added_later": 1})


def test_an_unknown_type_is_nobodys_fault() -> None:
    assert parse(closed(type="org.mine.directory.CenterPainted.v1")) is None
    assert parse(closed(type="org.mine.directory.CenterClosed.v2")) is None
    assert event_type("com.example.thing") is None
    assert stream_of("com.example.topic") is None


def test_a_known_type_on_another_topic_is_refused() -> None:
    with pytest.raises(Unreadable) as refused:
        parse(closed(topic="exchange.visit.v1"))
    assert refused.value.reason == ("org.mine.directory.CenterClosed.v1 does not belong on topic exchange.visit.v1")


@pytest.mark.parametrize(
    ("break_it", "field"),
    [
        (lambda data: data.pop("reason"), "reason: Field required"),
        (lambda data: data.update(reason=7), "reason: Input should be a valid string"),
        (lambda data: data.pop("snapshot"), "snapshot: Input should be"),
        (lambda data: data.update(snapshot=[]), "snapshot: Input should be"),
        (lambda data: data["snapshot"].pop("name"), "snapshot.name: Field required"),
        (lambda data: data["snapshot"].update(status="burnt"), "snapshot.status: Input should be 'active'"),
        (lambda data: data["snapshot"]["services"][0].pop("offer"), "snapshot.services.0.offer: Field required"),
    ],
)
def test_data_that_do_not_fit_are_refused_by_field(break_it: Any, field: str) -> None:
    recorded = closed()
    data = dict(recorded.data)
    data["snapshot"] = {**data["snapshot"], "services": [dict(s) for s in data["snapshot"]["services"]]}
    break_it(data)
    with pytest.raises(Unreadable) as refused:
        parse(closed(data=data))
    assert refused.value.reason.startswith(f"data do not fit org.mine.directory.CenterClosed.v1: {field}")


def test_a_mirror_gets_the_snapshot_alone_whatever_the_event() -> None:
    newer = closed(type="org.mine.directory.CenterPainted.v1")
    assert snapshot_of(newer) == CENTER.snapshot
    with pytest.raises(Unreadable, match="snapshot: Input should be"):
        snapshot_of(closed(data={"reason": "merged"}))
    with pytest.raises(Unreadable, match=r"topic com\.example is none of ours"):
        snapshot_of(closed(topic="com.example"))


def test_there_is_a_topic_for_every_stream_and_two_for_every_service() -> None:
    specs = {spec.name: spec for spec in topics()}
    assert list(specs) == sorted(specs)
    wanted = {stream.topic for stream in streams()}
    for service in SERVICES:
        wanted |= {dead_letters(service), republish_requests(service)}
    assert set(specs) == wanted


def test_events_are_kept_for_ever_and_dead_letters_have_one_partition() -> None:
    specs = {spec.name: spec for spec in topics()}
    for stream in streams():
        assert specs[stream.topic].partitions == stream.partitions
        assert specs[stream.topic].config == {"cleanup.policy": "delete", "retention.ms": "-1"}
    for service in SERVICES:
        assert specs[dead_letters(service)].partitions == 1
        assert int(specs[dead_letters(service)].config["retention.ms"]) == 365 * 24 * 3600 * 1000
        assert int(specs[republish_requests(service)].config["retention.ms"]) == 7 * 24 * 3600 * 1000


def test_a_stream_knows_its_snapshot() -> None:
    assert snapshot_model(CENTER).__name__ == "CenterSnapshot"
