"""Events: frozen, strict when written, named after their service and version."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from shared.events.base import Event, Received, Recorded, Snapshot, Stream


class LampSnapshot(Snapshot):
    """Whether it is lit, and where it hangs."""

    lit: bool
    names: dict[str, str]


class LampLit(Event):
    """Somebody lit it."""

    wick: int


class LampPutOut(Event):
    """Somebody put it out; the second form of this event."""

    version = 2


LAMP = Stream(
    service="house",
    aggregate="oil-lamp",
    about="Lamps.",
    snapshot=LampSnapshot(lit=True, names={"en": "lamp"}),
    events=(LampLit(wick=3), LampPutOut()),
)


def recorded(sequence: int = 1) -> Recorded:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    return Recorded(
        id="e", type="t", topic=LAMP.topic, key="lamp-1", sequence=sequence, happened=moment, recorded=moment,
        data={}, correlation="c",
    )  # fmt: skip


def test_topic_and_types_are_named_after_service_aggregate_and_version() -> None:
    assert LAMP.topic == "house.oil-lamp.v1"
    assert LAMP.type_of(LampLit) == "org.mine.house.LampLit.v1"
    assert LAMP.types == {"org.mine.house.LampLit.v1": LampLit, "org.mine.house.LampPutOut.v2": LampPutOut}


def test_a_fact_cannot_be_changed_afterwards() -> None:
    lit = LampLit(wick=3)
    with pytest.raises(ValidationError):
        lit.wick = 4  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        recorded().sequence = 2  # type: ignore[misc]


def test_a_writer_cannot_add_fields_that_are_not_agreed() -> None:
    with pytest.raises(ValidationError):
        LampLit.model_validate({"wick": 3, "colour": "red"})


def test_a_reader_passes_over_fields_it_does_not_know() -> None:
    assert LampLit.model_validate({"wick": 3, "colour": "red"}, extra="ignore") == LampLit(wick=3)


def test_the_version_is_no_part_of_the_data() -> None:
    assert LampPutOut().model_dump() == {}


def test_events_of_different_kinds_with_the_same_data_differ() -> None:
    class LampSwung(Event):
        """It moved."""

        wick: int

    lit: Event = LampLit(wick=3)
    swung: Event = LampSwung(wick=3)
    assert lit != swung


def test_a_stream_can_be_a_key_whatever_its_snapshot_holds() -> None:
    """The relay and others keep things by stream."""
    assert {LAMP: "x"}[LAMP] == "x"


def test_a_received_event_names_the_aggregate_it_is_about() -> None:
    assert Received(recorded(), LampLit(wick=3), LAMP.snapshot).key == "lamp-1"
