"""The foreign reader of the demo must be seen finding what it is there to find."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.demo.ledger import Accepted, Request, topic_of
from deploy.demo.watch import Stranger

TOPIC = "directory.center.v1"


def record(id: str, sequence: int, key: str = "center-1", topic: str = TOPIC, **headers: str) -> Any:
    said = {
        "ce_specversion": "1.0",
        "ce_id": id,
        "ce_type": "org.mine.directory.CenterVerified.v1",
        "ce_subject": key,
        "ce_sequence": str(sequence),
        "ce_time": "2026-03-01T09:30:00.000Z",
        "ce_recordedtime": "2026-03-01T09:30:00.000Z",
        **headers,
    }
    return SimpleNamespace(
        topic=topic,
        partition=0,
        offset=0,
        key=key.encode(),
        value=json.dumps({"snapshot": {"sequence": sequence}}).encode(),
        headers=[(name, value.encode()) for name, value in said.items()],
    )


@pytest.fixture
def stranger() -> Stranger:
    return Stranger("nowhere:9092")


def test_events_in_order_are_fine_and_a_repeat_counts_once(stranger: Stranger) -> None:
    for each in (record("a", 1), record("b", 2), record("a", 1), record("c", 1, key="center-2")):
        stranger.hear(each)
    assert stranger.faults == []
    assert stranger.repeats == 1
    assert stranger.per_topic() == {TOPIC: 3}
    assert {key: seen.sequence for key, seen in stranger.latest(TOPIC).items()} == {"center-1": 2, "center-2": 1}


def test_a_gap_is_found(stranger: Stranger) -> None:
    stranger.hear(record("a", 1))
    stranger.hear(record("c", 3))
    assert stranger.faults == [f"{TOPIC} center-1: event 3 came where 2 was due"]


def test_an_aggregate_that_does_not_begin_at_one_is_found(stranger: Stranger) -> None:
    stranger.hear(record("b", 2))
    assert len(stranger.faults) == 1


def test_two_events_in_one_place_are_found(stranger: Stranger) -> None:
    stranger.hear(record("a", 1))
    stranger.hear(record("other", 1))
    assert stranger.faults == [f"{TOPIC} center-1: event 1 came where 2 was due"]


def test_an_event_that_changes_between_two_deliveries_is_found(stranger: Stranger) -> None:
    stranger.hear(record("a", 1))
    stranger.hear(record("a", 2))
    assert "two different versions" in stranger.faults[0]


@pytest.mark.parametrize("missing", ["ce_id", "ce_type", "ce_sequence"])
def test_a_record_that_is_no_cloud_event_is_found(stranger: Stranger, missing: str) -> None:
    broken = record("a", 1)
    broken.headers = [(name, value) for name, value in broken.headers if name != missing]
    stranger.hear(broken)
    assert "no CloudEvent" in stranger.faults[0]


def test_a_record_whose_key_is_not_its_subject_is_found(stranger: Stranger) -> None:
    stranger.hear(record("a", 1, ce_subject="center-2"))
    assert "no CloudEvent" in stranger.faults[0]


def test_a_dead_letter_is_found(stranger: Stranger) -> None:
    stranger.hear(record("a", 1, topic="exchange.dead-letters"))
    assert stranger.dead == ["exchange.dead-letters 0:0"]


def test_a_receipt_says_where_its_events_stand() -> None:
    request = Request("exchange", "POST", "/visits/v1/acceptance", "token", "key")
    accepted = Accepted(request, "v1", 7, ["VisitAccepted", "VisitConfirmed"])
    assert accepted.positions == [("exchange.visit.v1", "v1", 6), ("exchange.visit.v1", "v1", 7)]
    assert Accepted(request, "v1", 7, []).positions == []


def test_a_command_is_heard_of_on_the_topic_of_what_it_changes() -> None:
    assert topic_of("/centers/1/services") == TOPIC
    assert topic_of("/campaigns") == "campaign.campaign.v1"
    assert topic_of("/campaigns/1/launch") == "campaign.campaign.v1"
    assert topic_of("/campaigns/1/rounds") == "campaign.discussion-round.v1"
    assert topic_of("/rounds/1") == "campaign.discussion-round.v1"
