"""What the guests of a visit meant to adopt, and what became of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.domain.commitment import BeforeTheVisit, Commitment, DropReason, months_later
from services.exchange.domain.practice import OwnPractice, Practice, UnknownPractice
from services.exchange.domain.proof import Tally, followers, tallied
from services.exchange.domain.visit import Intention, Placement, Report, Visit
from shared.aggregate import Refusal, WrongState
from shared.days import InTheFuture
from shared.events.base import Event
from shared.events.directory.practice import Adoption
from shared.events.exchange.commitment import (
    CommitmentDropped,
    CommitmentMade,
    CommitmentStatus,
    FollowUpDue,
    PracticeAdapted,
    PracticeAdopted,
)
from shared.events.exchange.terms import Days
from shared.events.exchange.visit import VisitStatus

Said = Callable[[Any], list[Event]]
REPORTED = datetime(2026, 9, 30, 15, 0, tzinfo=UTC)
LATER = datetime(2027, 2, 10, 9, 0, tzinfo=UTC)
KITCHEN = Practice(id="kitchen", center="muenchen", published=True)
SHOP = Practice(id="shop", center="stuttgart", published=True)


@pytest.fixture(scope="session")
def reported(visit: Callable[..., Visit]) -> Visit:
    """Praha's visit to München, with two intentions; one of them without words."""
    days = Days(first=date(2026, 9, 14), last=date(2026, 9, 16))
    held = visit()
    held.place = Placement(host="muenchen", country="DE", round=1, days=days, reasons=(), considered=1)
    held.status = VisitStatus.HELD
    intentions = (
        Intention(topic="self-run-childcare", text="Od září dvakrát týdně."),
        Intention(topic="father-involvement"),
    )
    held.hand_in_report("praha", Report(language="cs", story="Krása.", intentions=intentions), REPORTED)
    held.take_facts()
    return held


@pytest.fixture(scope="session")
def make(reported: Visit) -> Callable[..., Commitment]:
    """Makes a commitment; its first event is taken off it."""

    def made(number: int = 1, **changed: Any) -> Commitment:
        commitment = Commitment.make(f"c{number}", reported, number, REPORTED).model_copy(update=changed)
        commitment.take_facts()
        return commitment

    return made


# ---- made, and asked about


def test_each_intention_of_a_report_becomes_a_commitment_without_its_words(reported: Visit, said: Said) -> None:
    first, second = (Commitment.make(f"c{number}", reported, number, REPORTED) for number in (1, 2))
    assert said(first) == [CommitmentMade()]
    snapshot = first.snapshot()
    assert (snapshot.visit, snapshot.guest, snapshot.host) == ("v1", "praha", "muenchen")
    assert (snapshot.guest_country, snapshot.host_country) == ("CZ", "DE")
    assert (snapshot.topic, snapshot.languages) == ("self-run-childcare", ("cs",))
    assert (second.snapshot().topic, second.snapshot().languages) == ("father-involvement", ())
    assert "září" not in first.model_dump_json()


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 3, 1), date(2026, 9, 1)),
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2027, 6, 30)),
        (date(2026, 6, 30), date(2026, 12, 30)),
    ],
)
def test_half_a_year_is_six_months_of_the_calendar(day: date, later: date) -> None:
    assert months_later(day, 6) == later


def test_it_is_asked_about_once_six_months_after_the_report(make: Callable[..., Commitment], said: Said) -> None:
    commitment = make()
    due = datetime(2027, 3, 30, tzinfo=UTC)
    assert commitment.due() == due
    commitment.ring(due - timedelta(milliseconds=1))
    assert said(commitment) == []
    commitment.ring(due + timedelta(days=40))
    [(event, happened)] = commitment.take_facts()
    assert (event, happened) == (FollowUpDue(), due)
    assert (commitment.status, commitment.due()) == (CommitmentStatus.DUE, None)


def test_whoever_answered_before_is_not_asked(make: Callable[..., Commitment], said: Said) -> None:
    commitment = make()
    commitment.drop(DropReason.NO_ROOMS, LATER)
    assert commitment.due() is None
    said(commitment)
    commitment.ring(LATER + timedelta(days=400))
    assert said(commitment) == []


# ---- answered


def test_what_is_done_at_home_counts_since_the_day_it_began(make: Callable[..., Commitment]) -> None:
    commitment = make()
    commitment.adopt(Adoption.ADOPTED, KITCHEN, LATER, date(2026, 10, 1))
    [(event, happened)] = commitment.take_facts()
    assert event == PracticeAdopted(practice="kitchen")
    assert happened == datetime(2026, 10, 1, tzinfo=UTC)
    snapshot = commitment.snapshot()
    assert (snapshot.status, snapshot.practice, snapshot.settled_on) == ("adopted", "kitchen", date(2026, 10, 1))


def test_the_same_answer_again_is_no_news(make: Callable[..., Commitment], said: Said) -> None:
    commitment = make()
    commitment.adopt(Adoption.ADAPTED, KITCHEN, LATER, date(2026, 10, 1))
    said(commitment)
    commitment.adopt(Adoption.ADAPTED, KITCHEN, LATER + timedelta(days=9))
    commitment.adopt(Adoption.ADAPTED, KITCHEN, LATER, date(2026, 10, 1))
    assert said(commitment) == []
    assert commitment.settled_on == date(2026, 10, 1)
    commitment.adopt(Adoption.ADAPTED, KITCHEN, LATER, date(2026, 10, 2))
    assert said(commitment) == [PracticeAdapted(practice="kitchen")]


def test_whoever_erred_answers_again_and_the_practice_named_by_mistake_is_told(
    make: Callable[..., Commitment], said: Said
) -> None:
    commitment = make()
    commitment.adopt(Adoption.ADOPTED, KITCHEN, LATER)
    commitment.adopt(Adoption.ADOPTED, SHOP, LATER)
    commitment.adopt(Adoption.ADAPTED, SHOP, LATER)
    commitment.drop(DropReason.NO_PEOPLE, LATER)
    commitment.drop(DropReason.OTHER, LATER)
    commitment.adopt(Adoption.ADOPTED, None, LATER)
    assert said(commitment) == [
        PracticeAdopted(practice="kitchen"),
        PracticeAdopted(practice="shop", instead_of="kitchen"),
        PracticeAdapted(practice="shop"),
        CommitmentDropped(reason="no-people", instead_of="shop"),
        CommitmentDropped(reason="other"),
        PracticeAdopted(),
    ]
    assert commitment.reason is None


@pytest.mark.parametrize(
    ("practice", "on", "refusal"),
    [
        (Practice(id="nowhere"), None, UnknownPractice),
        (Practice(id="kitchen", center="muenchen", published=False), None, UnknownPractice),
        (Practice(id="own", center="praha", published=True), None, OwnPractice),
        (None, date(2027, 2, 12), InTheFuture),
        (None, date(2026, 9, 13), BeforeTheVisit),
    ],
)
def test_answers_that_cannot_be_true_are_refused(
    make: Callable[..., Commitment], practice: Practice | None, on: date | None, refusal: type[Refusal]
) -> None:
    commitment = make()
    before = commitment.model_dump()
    with pytest.raises(refusal):
        commitment.adopt(Adoption.ADOPTED, practice, LATER, on)
    assert (commitment.model_dump(), commitment.take_facts()) == (before, [])


def test_a_practice_withdrawn_since_stays_the_one_that_was_taken_over(make: Callable[..., Commitment]) -> None:
    commitment = make()
    commitment.adopt(Adoption.ADOPTED, KITCHEN, LATER)
    commitment.adopt(Adoption.ADAPTED, KITCHEN.model_copy(update={"published": False}), LATER)
    assert (commitment.status, commitment.practice) == (CommitmentStatus.ADAPTED, "kitchen")


def test_what_nobody_answered_ends_with_its_center_and_what_was_answered_stays(
    make: Callable[..., Commitment], said: Said
) -> None:
    silent, answered = make(1), make(2)
    silent.center_closed(LATER)
    assert said(silent) == [CommitmentDropped(reason="center-closed")]
    answered.adopt(Adoption.ADOPTED, KITCHEN, LATER)
    for commitment in (silent, answered):
        with pytest.raises(WrongState):
            commitment.center_closed(LATER)


ANSWERS = st.one_of(
    st.tuples(st.sampled_from(Adoption), st.sampled_from((None, KITCHEN, SHOP))),
    st.tuples(st.just(None), st.sampled_from(DropReason)),
)


@given(answers=st.lists(ANSWERS, max_size=8))
def test_who_follows_the_events_knows_which_practice_counts(
    make: Callable[..., Commitment], answers: list[tuple[Any, Any]]
) -> None:
    commitment = make()
    for how, what in answers:
        commitment.adopt(how, what, LATER) if how else commitment.drop(what, LATER)
    counted: dict[str | None, Adoption | None] = {}
    for event, _ in commitment.take_facts():
        counted.pop(event.instead_of, None)  # type: ignore[attr-defined]
        if isinstance(event, PracticeAdopted):
            counted[event.practice] = Adoption.ADOPTED
        if isinstance(event, PracticeAdapted):
            counted[event.practice] = Adoption.ADAPTED
    counted.pop(None, None)
    assert counted == ({commitment.practice: Adoption(commitment.status)} if commitment.practice else {})


# ---- many of them


def test_the_rate_is_of_those_that_came_due_also_where_the_quick_ones_have_answered(
    make: Callable[..., Commitment],
) -> None:
    due, to_come = LATER - timedelta(days=1), LATER + timedelta(days=1)
    statuses = ("adopted", "adapted", "dropped", "due", "made")
    ripe = [make(due_at=due, status=CommitmentStatus(status)) for status in statuses]
    closed = make(due_at=due, status=CommitmentStatus.DROPPED, reason="center-closed")
    quick = make(due_at=to_come, status=CommitmentStatus.ADOPTED)
    tally = Tally.of([*ripe, closed, quick], LATER)
    assert tally == Tally(
        to_come=1, came_due=6, adopted=1, adapted=1, dropped=2, center_closed=1, unanswered=2, rate=0.333
    )
    assert Tally.of([quick], LATER).rate is None
    assert list(tallied([*ripe, quick], lambda each: each.topic, LATER)) == ["self-run-childcare"]


def test_a_center_that_took_over_many_things_from_a_house_is_one(make: Callable[..., Commitment]) -> None:
    taken = {"status": CommitmentStatus.ADOPTED}
    made = [
        make(1, **taken),
        make(2, **taken),
        make(1, **taken, guest="brno"),
        make(1, guest="ostrava"),
        make(1, **taken, host="ulm"),
    ]
    assert followers(made) == {"muenchen": 2, "ulm": 1}
