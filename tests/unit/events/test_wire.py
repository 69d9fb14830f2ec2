"""An event becomes a Kafka record and comes back; whatever else lies on a topic is refused with its reason."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import Recorded, Unreadable
from shared.messaging.wire import decode, encode

Headers = list[tuple[str, bytes | None]]

EVENT = Recorded(
    id="5b2f3c1e-0000-5000-8000-000000000001",
    type="org.mine.directory.CenterClosed.v1",
    topic="directory.center.v1",
    key="01890a5d-ac96-774b-bcce-b302099a8057",
    sequence=7,
    happened=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    recorded=datetime(2026, 3, 22, 17, 5, 0, 250_000, tzinfo=UTC),
    data={"reason": "moved", "snapshot": {"name": "Kamínek", "founded": 1992}},
    correlation="c-1",
    causation="5b2f3c1e-0000-5000-8000-000000000000",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)


def test_every_header_stands_as_the_binding_wants_it() -> None:
    record = encode(EVENT)
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"5b2f3c1e-0000-5000-8000-000000000001",
        "ce_source": b"/directory",
        "ce_type": b"org.mine.directory.CenterClosed.v1",
        "ce_time": b"2026-03-01T09:30:00.000Z",
        "ce_subject": b"01890a5d-ac96-774b-bcce-b302099a8057",
        "ce_dataschema": b"urn:mine:schema:directory.CenterClosed.v1",
        "ce_recordedtime": b"2026-03-22T17:05:00.250Z",
        "ce_sequence": b"7",
        "ce_correlationid": b"c-1",
        "ce_causationid": b"5b2f3c1e-0000-5000-8000-000000000000",
        "ce_traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "content-type": b"application/json",
    }
    assert record.topic == "directory.center.v1"
    assert record.key == b"01890a5d-ac96-774b-bcce-b302099a8057"
    assert record.value == '{"reason":"moved","snapshot":{"name":"Kamínek","founded":1992}}'.encode()


def test_what_nobody_caused_and_nobody_traced_has_no_header_for_it() -> None:
    event = Recorded(**{**vars(EVENT), "causation": None, "traceparent": None})
    names = [name for name, _ in encode(event).headers]
    assert "ce_causationid" not in names
    assert "ce_traceparent" not in names
    assert decode(*encode(event)) == event


def test_a_type_of_somebody_else_is_not_sent_in_our_name() -> None:
    with pytest.raises(ValueError, match="not an event type of this network"):
        encode(Recorded(**{**vars(EVENT), "type": "com.example.CenterClosed"}))


def test_a_type_of_a_newer_publisher_is_readable() -> None:
    newer = Recorded(**{**vars(EVENT), "type": "org.mine.directory.CenterPainted.v3"})
    assert decode(*encode(newer)) == newer


_names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)
_CENTURIES_MS = 1_100 * 365 * 24 * 60 * 60 * 1000
_instants = st.integers(0, _CENTURIES_MS).map(lambda ms: datetime(1900, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))

events = st.builds(
    Recorded,
    id=_names,
    type=st.from_regex(r"org\.mine\.[a-z][a-z0-9-]{0,9}\.[A-Z][A-Za-z0-9]{0,20}\.v[1-9][0-9]?", fullmatch=True),
    topic=_names,
    key=_names,
    sequence=st.integers(1, 10**18 - 1),
    happened=_instants,
    recorded=_instants,
    data=st.dictionaries(st.text(st.characters(codec="utf-8")), _json, max_size=5),
    correlation=_names,
    causation=st.none() | _names,
    traceparent=st.none() | _names,
)


@given(events)
def test_any_event_comes_back_as_it_was(event: Recorded) -> None:
    assert decode(*encode(event)) == event


@given(
    st.none() | st.binary(max_size=40),
    st.none() | st.binary(max_size=40),
    st.lists(
        st.tuples(
            st.sampled_from([*(name for name, _ in encode(EVENT).headers), "other"]),
            st.none() | st.binary(max_size=30) | st.sampled_from([b"1.0", b"1", b"application/json"]),
        ),
        max_size=16,
    ),
)
def test_no_record_does_worse_than_being_refused(key: bytes | None, value: bytes | None, headers: Headers) -> None:
    with pytest.raises(Unreadable):
        decode("directory.center.v1", key, value, headers)


def _without(name: str) -> Callable[[Headers], Headers]:
    return lambda headers: [(header, value) for header, value in headers if header != name]


def _with(name: str, value: bytes | None) -> Callable[[Headers], Headers]:
    return lambda headers: [(header, value if header == name else old) for header, old in headers]


REQUIRED = (
    "ce_specversion",
    "ce_id",
    "ce_type",
    "ce_time",
    "ce_subject",
    "ce_recordedtime",
    "ce_sequence",
    "ce_correlationid",
    "content-type",
)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_without, "is missing"),
        (lambda name: _with(name, None), "is missing"),
        (lambda name: _with(name, b""), "is empty"),
        (lambda name: _with(name, b"\xff\xfe"), "is not UTF-8"),
        (lambda name: lambda headers: [*headers, (name, b"again")], "is given twice"),
    ],
    ids=["missing", "null", "empty", "not UTF-8", "twice"],
)
def test_a_header_that_is_not_there_or_not_text(name: str, change: Any, reason: str) -> None:
    assert _refusal(headers=change(name)) == f"header {name} {reason}"


@pytest.mark.parametrize("name", ["ce_causationid", "ce_traceparent"])
def test_an_optional_header_must_be_text_when_it_is_there(name: str) -> None:
    assert _refusal(headers=_with(name, b"\xff")) == f"header {name} is not UTF-8"
    assert _refusal(headers=_with(name, b"")) == f"header {name} is empty"


@pytest.mark.parametrize("version", [b"0.3", b"1.1", b"1"])
def test_another_version_of_cloudevents(version: bytes) -> None:
    assert _refusal(headers=_with("ce_specversion", version)) == "header ce_specversion is not 1.0"


@pytest.mark.parametrize("name", ["ce_time", "ce_recordedtime"])
@pytest.mark.parametrize(
    "time",
    [
        b"yesterday",
        b"2026-03-01",
        b"2026-03-01T09:30:00",
        b"2026-03-01 09:30:00Z",
        b"20260301T093000Z",
        b"2026-W09-7T09:30:00Z",
        b"1772357400",
    ],
)
def test_a_time_that_is_not_rfc_3339(name: str, time: bytes) -> None:
    assert _refusal(headers=_with(name, time)) == f"header {name} is not an RFC 3339 time"


@pytest.mark.parametrize(
    "time",
    [b"2026-02-30T09:30:00Z", b"2026-03-01T24:30:00Z", b"2026-03-01T09:30:00+24:00", b"0001-01-01T00:00:00+01:00"],
)
def test_a_time_that_cannot_be(time: bytes) -> None:
    assert _refusal(headers=_with("ce_time", time)) == "header ce_time is not a possible time"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        (b"2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        (b"2026-03-01t09:30:00.5z", datetime(2026, 3, 1, 9, 30, 0, 500_000, tzinfo=UTC)),
        (b"2026-03-01T10:30:00.123456789+01:00", datetime(2026, 3, 1, 9, 30, 0, 123_000, tzinfo=UTC)),
    ],
)
def test_other_spellings_of_a_time_are_the_same_instant(text: bytes, instant: datetime) -> None:
    record = encode(EVENT)
    assert decode(record.topic, record.key, record.value, _with("ce_time", text)([*record.headers])).happened == instant


@pytest.mark.parametrize(
    "sequence", [b"0", b"-1", b"+1", b"1.0", b"01", b" 1", b"one", "٣".encode(), "²".encode(), b"1" * 19]
)
def test_a_sequence_that_does_not_count_from_one(sequence: bytes) -> None:
    assert _refusal(headers=_with("ce_sequence", sequence)) == "header ce_sequence is not a whole number from 1"


@pytest.mark.parametrize("content", [b"text/plain", b"application/avro", b"application/jsonish"])
def test_a_value_of_another_kind(content: bytes) -> None:
    assert _refusal(headers=_with("content-type", content)) == "header content-type is not JSON"


@pytest.mark.parametrize(
    "content", [b"application/json; charset=utf-8", b"Application/JSON", b"application/vnd.mine+json"]
)
def test_other_spellings_of_json(content: bytes) -> None:
    record = encode(EVENT)
    assert decode(record.topic, record.key, record.value, _with("content-type", content)([*record.headers])) == EVENT


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "record has no value"),
        (b"", "value is not JSON"),
        (b"{", "value is not JSON"),
        (b'{"name": NaN}', "value is not JSON"),
        (b'{"name": "\xff"}', "value is not JSON"),
        (b"[]", "value is not a JSON object"),
        (b"null", "value is not a JSON object"),
        (b'"text"', "value is not a JSON object"),
    ],
)
def test_a_value_that_is_no_object(value: bytes | None, reason: str) -> None:
    record = encode(EVENT)
    with pytest.raises(Unreadable) as refused:
        decode(record.topic, record.key, value, [*record.headers])
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (None, "record has no key"),
        (b"", "key and header ce_subject differ"),
        (b"another", "key and header ce_subject differ"),
        (b"\xff", "key and header ce_subject differ"),
    ],
)
def test_a_key_of_another_aggregate(key: bytes | None, reason: str) -> None:
    record = encode(EVENT)
    with pytest.raises(Unreadable) as refused:
        decode(record.topic, key, record.value, [*record.headers])
    assert refused.value.reason == reason


def test_headers_of_others_are_passed_over_even_when_they_repeat() -> None:
    record = encode(EVENT)
    headers = [*record.headers, ("x-proxy", b"a"), ("x-proxy", b"\xff"), ("x-null", None)]
    assert decode(record.topic, record.key, record.value, headers) == EVENT


def test_a_reason_never_repeats_what_stood_in_the_record() -> None:
    secret = b"somebody@example.org"
    for name in REQUIRED:
        if name not in ("ce_id", "ce_type", "ce_correlationid"):
            assert "somebody" not in _refusal(headers=_with(name, secret))


def _refusal(headers: Callable[[Headers], Headers]) -> str:
    record = encode(EVENT)
    with pytest.raises(Unreadable) as refused:
        decode(record.topic, record.key, record.value, headers([*record.headers]))
    return refused.value.reason
