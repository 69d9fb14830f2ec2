"""An aggregate changes and records, or refuses and is as before."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from shared.aggregate import Aggregate, NotFound, Refusal, Why, WrongState
from shared.events.base import Event, Snapshot, Stream

EARLIER = datetime(2026, 2, 1, 12, tzinfo=UTC)


class KettleSnapshot(Snapshot):
    """How full it is."""

    litres: int


class KettleFilled(Event):
    """Water was poured in."""

    litres: int


KETTLE = Stream(
    service="kitchen",
    aggregate="kettle",
    about="Kettles.",
    snapshot=KettleSnapshot(litres=1),
    events=(KettleFilled(litres=1),),
)


class Overflow(Refusal):
    """It does not hold that much."""

    code = "overflow"
    why = Why.INVALID


class Kettle(Aggregate):
    """Holds two litres."""

    stream = KETTLE

    litres: int = 0

    def snapshot(self) -> KettleSnapshot:
        return KettleSnapshot(litres=self.litres)

    def fill(self, litres: int) -> None:
        """Pours water in."""
        self.require(self.litres < 2, "it is full", litres=self.litres)
        if self.litres + litres > 2:
            raise Overflow("it holds two litres", most=2)
        self.litres += litres
        self.record(KettleFilled(litres=litres))


def test_facts_are_taken_once_and_in_order() -> None:
    kettle = Kettle(id="k")
    kettle.fill(1)
    kettle.record(KettleFilled(litres=7), happened=EARLIER)
    assert kettle.take_facts() == [(KettleFilled(litres=1), None), (KettleFilled(litres=7), EARLIER)]
    assert kettle.take_facts() == []


def test_a_refused_command_changes_and_records_nothing() -> None:
    kettle = Kettle(id="k", litres=1)
    with pytest.raises(Overflow) as refused:
        kettle.fill(2)
    assert (refused.value.code, refused.value.why, refused.value.details) == ("overflow", Why.INVALID, {"most": 2})
    assert (kettle.litres, kettle.take_facts()) == (1, [])


def test_what_the_state_does_not_allow_is_a_conflict_that_says_why() -> None:
    with pytest.raises(WrongState) as refused:
        Kettle(id="k", litres=2).fill(1)
    assert refused.value.message == "it is full"
    assert refused.value.details == {"litres": 2}
    assert (refused.value.code, refused.value.why) == ("wrong-state", Why.CONFLICT)


def test_what_is_not_there_is_missing() -> None:
    assert (NotFound.code, NotFound.why) == ("not-found", Why.MISSING)


def test_facts_belong_to_one_aggregate_and_are_no_part_of_its_state() -> None:
    one, other = Kettle(id="a"), Kettle(id="b")
    one.fill(1)
    assert other.take_facts() == []
    assert one.model_dump() == {"id": "a", "litres": 1}
    assert Kettle.model_validate(one.model_dump(mode="json")).take_facts() == []


def test_a_document_with_a_field_that_nobody_knows_is_not_read_as_if_nothing_were_wrong() -> None:
    with pytest.raises(ValidationError):
        Kettle.model_validate({"id": "k", "litres": 1, "colour": "red"})


def test_an_aggregate_without_deadlines_has_none_and_rings_in_vain() -> None:
    kettle = Kettle(id="k")
    assert kettle.due() is None
    kettle.ring(EARLIER)
    assert kettle.take_facts() == []


def test_an_aggregate_says_how_it_looks_to_others() -> None:
    with pytest.raises(NotImplementedError):
        Aggregate(id="x").snapshot()
