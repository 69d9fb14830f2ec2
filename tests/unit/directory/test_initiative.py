"""An initiative on its way to a center: who may be told what, how far it is, and what becomes of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.directory.domain.consent import Consent
from services.directory.domain.initiative import (
    AbandonmentReason,
    ConsentMissing,
    Initiative,
    InitiativeContact,
    Inspiration,
    InspiringVisit,
    MilestoneNotReached,
    OwnWords,
    WithdrawalReason,
)
from shared.aggregate import Refusal, WrongState
from shared.days import InTheFuture
from shared.events.directory.initiative import (
    InitiativeAbandoned,
    InitiativeBecameCenter,
    InitiativeContactForgotten,
    InitiativeHeardFrom,
    InitiativeProposed,
    InitiativeResumed,
    InitiativeRevised,
    InitiativeStatus,
    InitiativeWentQuiet,
    MentorAssigned,
    MentorWithdrew,
    Milestone,
    MilestoneCorrected,
    MilestoneReached,
)
from shared.events.directory.lineage import Cause, Origin

CONTACT = InitiativeContact(
    name="Alena Vzorová",
    email="alena@olomouc.example.org",
    consent=Consent(wording=1, language="cs", given_on=date(2026, 2, 20), entered_by="public"),
)
WORDS = OwnWords(language="cs", text="Je nás šest.")
VISIT = InspiringVisit(id="v1", host="münchen", year=2025)
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def proposed(**different: Any) -> Initiative:
    usual: dict[str, Any] = {"town": "Olomouc", "contact": CONTACT, "own_words": WORDS}
    initiative = Initiative.propose("i1", "CZ", ("cs",), NOW, **{**usual, **different})
    initiative.take_facts()
    return initiative


def facts(initiative: Initiative) -> list[object]:
    return [fact for fact, _ in initiative.take_facts()]


# ---- proposed


def test_a_proposal_from_paper_happened_on_the_day_it_was_written() -> None:
    initiative = Initiative.propose("i1", "CZ", ("cs",), NOW, on=date(2026, 2, 8))
    assert initiative.take_facts() == [(InitiativeProposed(), datetime(2026, 2, 8, tzinfo=UTC))]
    assert initiative.snapshot().proposed_on == date(2026, 2, 8)
    with pytest.raises(InTheFuture):
        Initiative.propose("i1", "CZ", ("cs",), NOW, on=date(2026, 3, 9))


def test_a_strangers_town_is_public_only_once_somebody_of_the_network_has_been_in_touch() -> None:
    initiative = proposed(town="Call 777 000 000")
    assert initiative.snapshot().town is None
    initiative.revise({"town": "Olomouc"}, NOW)
    assert initiative.snapshot().town == "Olomouc"
    assert proposed(taken_up=True).snapshot().town == "Olomouc"


def test_what_was_no_initiative_at_all_is_given_up_without_its_town_ever_being_shown() -> None:
    initiative = proposed(town="Call 777 000 000")
    initiative.abandon(AbandonmentReason.NOT_GENUINE, NOW)
    assert initiative.snapshot().town is None


def test_a_personal_contact_needs_consent_and_a_role_address_does_not() -> None:
    with pytest.raises(ConsentMissing):
        proposed(contact=InitiativeContact(email="alena@olomouc.example.org"))
    with pytest.raises(ConsentMissing):
        proposed().revise({"contact": InitiativeContact(phone="+420 555 010 010")}, NOW)
    role = InitiativeContact(email="office@olomouc.example.org", personal=False)
    assert proposed(contact=role).contact == role


def test_a_contact_that_reaches_nobody_and_two_inspirations_at_once_make_no_sense() -> None:
    with pytest.raises(ValidationError, match="mail address or a phone number"):
        InitiativeContact(name="Alena Vzorová", personal=False)
    with pytest.raises(ValidationError, match="either a visit or a center"):
        Inspiration(visit="v1", center="münchen")


def test_a_revision_names_the_fields_and_tells_nothing_of_them() -> None:
    initiative = proposed()
    initiative.revise({"own_words": None, "town": "Olomouc-Hejčín", "languages": ("cs",)}, NOW)
    assert facts(initiative) == [InitiativeRevised(changed=("own_words", "town"))]
    initiative.revise({"town": "Olomouc-Hejčín"}, NOW)
    assert facts(initiative) == []


# ---- accompanied


def test_a_mentor_can_be_replaced_and_can_decline() -> None:
    initiative = proposed()
    initiative.assign_mentor("praha", NOW, date(2026, 2, 27))
    initiative.assign_mentor("praha", NOW)
    initiative.assign_mentor("brno", NOW)
    assert initiative.snapshot().status is InitiativeStatus.MENTORED
    initiative.withdraw_mentor("brno", WithdrawalReason.DECLINED, NOW)
    assert facts(initiative) == [
        MentorAssigned(mentor="praha"),
        MentorAssigned(mentor="brno", before="praha"),
        MentorWithdrew(mentor="brno", reason="declined"),
    ]
    assert (initiative.snapshot().status, initiative.snapshot().mentor) == (InitiativeStatus.PROPOSED, None)


def test_news_that_an_earlier_mentor_has_closed_do_not_touch_the_present_one() -> None:
    initiative = proposed()
    initiative.assign_mentor("praha", NOW)
    with pytest.raises(WrongState):
        initiative.withdraw_mentor("brno", WithdrawalReason.CENTER_CLOSED, NOW)
    assert initiative.mentor == "praha"


# ---- how far it is


def test_milestones_come_in_any_order_late_and_once_each() -> None:
    initiative = proposed()
    initiative.reach(Milestone.ROOM_FOUND, NOW, date(2026, 2, 10))
    initiative.reach(Milestone.GROUP_FOUND, NOW, date(2026, 1, 5))
    initiative.reach(Milestone.GROUP_FOUND, NOW, date(2026, 1, 5))
    assert initiative.take_facts() == [
        (MilestoneReached(milestone=Milestone.ROOM_FOUND, on=date(2026, 2, 10)), datetime(2026, 2, 10, tzinfo=UTC)),
        (MilestoneReached(milestone=Milestone.GROUP_FOUND, on=date(2026, 1, 5)), datetime(2026, 1, 5, tzinfo=UTC)),
    ]
    assert [each.milestone for each in initiative.snapshot().milestones] == ["group-found", "room-found"]
    with pytest.raises(InTheFuture):
        initiative.reach(Milestone.FUNDING, NOW, date(2026, 3, 9))


def test_a_milestone_entered_wrongly_is_corrected_or_taken_back() -> None:
    initiative = proposed()
    initiative.reach(Milestone.FUNDING, NOW, date(2026, 2, 10))
    initiative.take_facts()
    initiative.reach(Milestone.FUNDING, NOW, date(2026, 2, 1))
    initiative.take_back(Milestone.FUNDING)
    day = date(2026, 2, 10)
    assert facts(initiative) == [
        MilestoneCorrected(milestone=Milestone.FUNDING, before=day, on=date(2026, 2, 1)),
        MilestoneCorrected(milestone=Milestone.FUNDING, before=date(2026, 2, 1), on=None),
    ]
    with pytest.raises(MilestoneNotReached):
        initiative.take_back(Milestone.FUNDING)


def test_half_a_year_of_silence_is_noticed_once_and_again_after_another_half_year() -> None:
    initiative = proposed()
    initiative.assign_mentor("praha", NOW)
    initiative.take_facts()
    due = initiative.due()
    assert due == datetime(2026, 8, 28, tzinfo=UTC)
    initiative.ring(due - timedelta(seconds=1))
    assert facts(initiative) == []
    initiative.ring(due)
    assert facts(initiative) == [InitiativeWentQuiet(last_heard=date(2026, 3, 1), mentor="praha")]
    assert initiative.due() == datetime(2027, 2, 24, tzinfo=UTC)
    initiative.hear(due + timedelta(days=3))
    assert facts(initiative) == [InitiativeHeardFrom()]
    assert initiative.due() == datetime(2027, 2, 27, tzinfo=UTC)


def test_nobody_is_asked_about_an_initiative_that_has_ended() -> None:
    ended = proposed()
    ended.abandon(AbandonmentReason.NO_ROOM, NOW)
    assert ended.due() is None
    ended.ring(NOW + timedelta(days=999))
    opened = proposed()
    opened.become_center(None, NOW)
    assert opened.due() is None
    assert facts(ended) == [InitiativeAbandoned(reason="no-room")]


# ---- what becomes of it


def mentored_by_praha(initiative: Initiative) -> Initiative:
    initiative.assign_mentor("praha", datetime(2026, 2, 1, tzinfo=UTC))
    return initiative


ORIGINS: dict[str, tuple[Initiative, Origin | None]] = {
    "the visit counts most": (
        mentored_by_praha(proposed(inspired_by=Inspiration(visit="v1"))),
        Origin(came_from="münchen", cause=Cause.VISIT, visit="v1", mentor="praha", initiative="i1", year=2025),
    ),
    "a visit that did not take place counts nothing": (
        mentored_by_praha(proposed(inspired_by=Inspiration(visit="v2"))),
        Origin(came_from="praha", cause=Cause.MENTOR, mentor="praha", initiative="i1", year=2026),
    ),
    "then the center that inspired it": (
        mentored_by_praha(proposed(inspired_by=Inspiration(center="salzgitter"))),
        Origin(came_from="salzgitter", cause=Cause.INSPIRATION, mentor="praha", initiative="i1", year=2026),
    ),
    "and without anybody it is a beginning": (proposed(), None),
}


@pytest.mark.parametrize("case", ORIGINS)
def test_where_a_new_center_comes_from(case: str) -> None:
    initiative, origin = ORIGINS[case]
    initiative.take_facts()
    initiative.become_center(VISIT, NOW)
    assert facts(initiative) == [InitiativeBecameCenter(center="i1", origin=origin)]
    assert initiative.snapshot().center == "i1"


def test_it_is_a_center_from_the_day_its_doors_opened() -> None:
    initiative, opened = proposed(), datetime(2026, 1, 6, tzinfo=UTC)
    initiative.become_center(None, opened)
    assert initiative.take_facts() == [(InitiativeBecameCenter(center="i1"), opened)]


def test_becoming_a_center_is_a_fact_even_if_somebody_gave_it_up_at_the_same_moment() -> None:
    initiative = proposed()
    initiative.abandon(AbandonmentReason.NO_ROOM, NOW)
    initiative.become_center(None, NOW)
    initiative.become_center(None, NOW)
    assert initiative.snapshot().status is InitiativeStatus.BECAME_CENTER
    assert facts(initiative) == [InitiativeAbandoned(reason="no-room"), InitiativeBecameCenter(center="i1")]


def test_when_it_ends_nobody_can_look_up_its_people_any_more() -> None:
    abandoned, opened, asked = proposed(), proposed(), proposed()
    abandoned.abandon(AbandonmentReason.OTHER, NOW)
    opened.become_center(None, NOW)
    asked.forget_contact()
    for initiative in (abandoned, opened, asked):
        assert (initiative.contact, initiative.own_words) == (None, None)
    assert facts(asked) == [InitiativeContactForgotten()]
    asked.forget_contact()
    assert facts(asked) == []


def test_what_was_given_up_can_be_taken_up_again_with_the_milestones_it_had() -> None:
    initiative = mentored_by_praha(proposed())
    initiative.reach(Milestone.GROUP_FOUND, NOW)
    initiative.abandon(AbandonmentReason.NO_FUNDING, NOW)
    initiative.resume(NOW + timedelta(days=400))
    assert facts(initiative)[-1] == InitiativeResumed()
    snapshot = initiative.snapshot()
    assert (snapshot.status, snapshot.mentor, len(snapshot.milestones)) == ("proposed", None, 1)


ENDED_TO: dict[str, Callable[[Initiative], object]] = {
    "revise": lambda it: it.revise({"town": "Brno"}, NOW),
    "assign_mentor": lambda it: it.assign_mentor("brno", NOW),
    "withdraw_mentor": lambda it: it.withdraw_mentor("praha", WithdrawalReason.OTHER, NOW),
    "hear": lambda it: it.hear(NOW),
    "abandon": lambda it: it.abandon(AbandonmentReason.OTHER, NOW),
}


@pytest.mark.parametrize("command", ENDED_TO)
def test_an_initiative_that_has_ended_refuses(command: str) -> None:
    abandoned, opened = proposed(), proposed()
    abandoned.abandon(AbandonmentReason.OTHER, NOW)
    opened.become_center(None, NOW)
    for initiative in (abandoned, opened):
        with pytest.raises(WrongState):
            ENDED_TO[command](initiative)
    with pytest.raises(WrongState):
        abandoned.reach(Milestone.FUNDING, NOW)
    with pytest.raises(WrongState):
        opened.resume(NOW)


STEPS: dict[str, Callable[[Initiative, datetime], object]] = {
    "revise": lambda it, now: it.revise({"town": "Brno", "contact": CONTACT, "own_words": WORDS}, now),
    "assign": lambda it, now: it.assign_mentor("praha", now),
    "withdraw": lambda it, now: it.withdraw_mentor("praha", WithdrawalReason.NO_TIME, now),
    "reach": lambda it, now: it.reach(Milestone.FUNDING, now),
    "take back": lambda it, now: it.take_back(Milestone.FUNDING),
    "hear": lambda it, now: it.hear(now),
    "ring": lambda it, now: it.ring(now),
    "forget": lambda it, now: it.forget_contact(),
    "abandon": lambda it, now: it.abandon(AbandonmentReason.OTHER, now),
    "resume": lambda it, now: it.resume(now),
    "open": lambda it, now: it.become_center(VISIT, now),
}


@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 200)), max_size=25))
def test_whatever_happens_its_people_are_in_no_event_and_are_forgotten_at_the_end(steps: list[tuple[str, int]]) -> None:
    initiative, now = proposed(), NOW
    for step, days in steps:
        now += timedelta(days=days)
        before, told = initiative.model_dump(), initiative.snapshot()
        try:
            STEPS[step](initiative, now)
        except Refusal:
            initiative = Initiative.model_validate(before)
        happened = facts(initiative)
        assert happened or initiative.model_dump() == before, "every change is told"
        written = f"{happened} {initiative.snapshot()!r} {told!r}"
        assert not any(secret in written for secret in ("Alena", "example.org", "Je nás"))
        snapshot = initiative.snapshot()
        assert (snapshot.mentor is not None) <= (snapshot.status in ("mentored", "became-center"))
        if snapshot.status in ("abandoned", "became-center"):
            assert (initiative.contact, initiative.own_words, initiative.due()) == (None, None, None)
        else:
            assert initiative.due() is not None
            if step == "ring":
                assert initiative.due() > now  # type: ignore[operator]
