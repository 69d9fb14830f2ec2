"""A study visit, from the questions to the report."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.exchange.domain.matching import Candidate
from services.exchange.domain.visit import (
    AnswerTooLate,
    DeclineReason,
    GuestClosed,
    Intention,
    NotYet,
    NotYourVisit,
    Party,
    Question,
    Reflection,
    Report,
    RequestImpossible,
    Session,
    Visit,
)
from shared.aggregate import WrongState
from shared.events.directory.center import CenterStatus
from shared.events.exchange.terms import Days
from shared.events.exchange.visit import (
    AttendanceStated,
    HostReflectionAdded,
    MatchReason,
    OfferExpired,
    PlaceRequested,
    Side,
    VisitAccepted,
    VisitCancelled,
    VisitConfirmed,
    VisitDeclined,
    VisitDisputed,
    VisitHeld,
    VisitMatched,
    VisitNotHeld,
    VisitPrepared,
    VisitRematched,
    VisitReported,
    VisitRequested,
    VisitStatus,
    VisitWaitlisted,
)
from shared.taxonomy import UnknownTopic

Make = Callable[..., Any]
SEPTEMBER = Days(first=date(2026, 9, 7), last=date(2026, 9, 9))
DURING = datetime(2026, 9, 8, 12, tzinfo=UTC)
AFTER = datetime(2026, 9, 12, 12, tzinfo=UTC)
REASONS = (MatchReason(code="topic-overlap", points=40, value=2, of=2),)


def house(id: str, days: Days = SEPTEMBER) -> Candidate:
    return Candidate(host=id, country="DE", days=days, reasons=REASONS)


@pytest.fixture
def matched(visit: Make, said: Make, now: datetime) -> Callable[..., Visit]:
    def make(host: str = "muenchen") -> Visit:
        made: Visit = visit()
        made.seek([house(host)], 0, now)
        made.match(host, 1, now)
        said(made)
        return made

    return make


@pytest.fixture
def confirmed(matched: Make, said: Make, now: datetime) -> Callable[..., Visit]:
    def make() -> Visit:
        made: Visit = matched()
        made.accept("muenchen", now)
        made.confirm("praha", now)
        said(made)
        return made

    return make


@pytest.fixture
def held(confirmed: Make, said: Make) -> Callable[..., Visit]:
    def make() -> Visit:
        made: Visit = confirmed()
        made.state_attendance(Side.GUEST, "praha", True, AFTER)
        made.state_attendance(Side.HOST, "muenchen", True, AFTER)
        said(made)
        return made

    return make


# ---- asking


def test_a_center_asks_with_questions_and_nothing_it_wrote_is_published(
    center: Make, wanted: Make, said: Make, now: datetime
) -> None:
    visit = Visit.request("v1", center("praha"), wanted(preferred=("muenchen", "praha")), now)
    assert said(visit) == [VisitRequested(preferred=1)]
    snapshot = visit.snapshot()
    assert snapshot.topics == ("founding-a-center", "self-run-childcare")
    assert (snapshot.questions, snapshot.guests, snapshot.status) == (2, 4, VisitStatus.REQUESTED)
    published = snapshot.model_dump_json()
    assert "angefangen" not in published
    assert "child" not in published.replace("self-run-childcare", "")


@pytest.mark.parametrize(
    "changed",
    [
        {"questions": ()},
        {"languages": ()},
        {"length": 0},
        {"length": 15},
        {"length": 31},
        {"party": Party(guests=2, children=2)},
        {"window": Days(first=date(2026, 9, 1), last=date(2027, 9, 30))},
        {"window": Days(first=date(2026, 2, 1), last=date(2026, 3, 3))},
    ],
)
def test_a_request_that_nobody_could_fulfil_is_refused(
    center: Make, wanted: Make, now: datetime, changed: dict[str, Any]
) -> None:
    with pytest.raises(RequestImpossible):
        Visit.request("v1", center("praha"), wanted(**changed), now)


def test_a_party_is_two_to_six() -> None:
    for guests in (1, 7):
        with pytest.raises(ValueError, match="guests"):
            Party(guests=guests)


def test_closed_centers_and_unknown_topics_are_refused(center: Make, wanted: Make, now: datetime) -> None:
    with pytest.raises(GuestClosed):
        Visit.request("v1", center("praha", status=CenterStatus.CLOSED), wanted(), now)
    knitting = (Question(topic="knitting", text="Womit?", language="de"),)
    with pytest.raises(UnknownTopic):
        Visit.request("v1", center("praha"), wanted(questions=knitting), now)


# ---- finding a host


def test_the_best_house_is_asked_first_by_its_calendar_then_by_its_people(
    visit: Make, said: Make, now: datetime
) -> None:
    asked: Visit = visit()
    asked.seek([house("muenchen"), house("stuttgart")], 0, now)
    assert said(asked) == [PlaceRequested(host="muenchen", round=1, days=SEPTEMBER, guests=4)]
    assert asked.snapshot().host is None
    asked.match("muenchen", 1, now)
    assert said(asked) == [
        VisitMatched(
            host="muenchen",
            round=1,
            days=SEPTEMBER,
            score=40,
            reasons=REASONS,
            considered=2,
            answer_by=now + timedelta(days=14),
        )
    ]
    assert asked.snapshot().host == "muenchen"
    assert asked.due() == now + timedelta(days=14)


def test_without_a_house_the_visit_waits_and_says_so_once(visit: Make, said: Make, now: datetime) -> None:
    asked: Visit = visit()
    asked.seek([], 0, now)
    asked.seek([], 0, now)
    assert said(asked) == [VisitWaitlisted(round=0)]
    asked.seek([house("muenchen")], 0, now)
    assert [type(event) for event in said(asked)] == [PlaceRequested]
    assert asked.status is VisitStatus.REQUESTED


def test_a_refused_place_leads_to_the_next_house_and_in_the_end_to_the_waiting_list(
    visit: Make, said: Make, now: datetime
) -> None:
    asked: Visit = visit()
    asked.seek([house("muenchen"), house("stuttgart")], 0, now)
    asked.place_refused("muenchen", 1, [house("stuttgart")], now)
    asked.place_refused("stuttgart", 2, [], now)
    assert said(asked)[1:] == [
        PlaceRequested(host="stuttgart", round=2, days=SEPTEMBER, guests=4),
        VisitWaitlisted(round=2),
    ]


def test_answers_to_an_engagement_that_is_over_change_nothing(matched: Make, said: Make, now: datetime) -> None:
    asked: Visit = matched()
    asked.decline("muenchen", DeclineReason.NO_TIME, now)
    asked.seek([house("stuttgart")], 1, now)
    said(asked)
    before = asked.model_dump()
    asked.match("muenchen", 1, now)
    asked.place_refused("muenchen", 1, [], now)
    asked.rematch("muenchen", 1, "host-closed", now)
    asked.seek([house("brno")], 1, now)
    asked.match("stuttgart", 1, now)
    assert said(asked) == []
    assert asked.model_dump() == before


def test_a_search_that_is_out_of_date_does_nothing(matched: Make, said: Make, now: datetime) -> None:
    asked: Visit = matched()
    asked.rematch("muenchen", 1, "host-paused", now)
    said(asked)
    asked.seek([house("stuttgart")], 0, now)
    assert said(asked) == []
    asked.seek([house("stuttgart")], 1, now)
    assert [type(event) for event in said(asked)] == [PlaceRequested]


def test_a_place_that_is_held_too_late_is_not_offered_to_anybody(visit: Make, said: Make, now: datetime) -> None:
    asked: Visit = visit()
    asked.seek([house("muenchen")], 0, now)
    said(asked)
    asked.match("muenchen", 1, datetime(2026, 9, 7, 1, tzinfo=UTC))
    assert said(asked) == [VisitRematched(host="muenchen", round=1, days=SEPTEMBER, reason="late")]


def test_the_answer_is_due_before_the_visit_begins(visit: Make, now: datetime) -> None:
    soon = Days(first=date(2026, 3, 8), last=date(2026, 3, 10))
    asked: Visit = visit(window=Days(first=date(2026, 3, 1), last=date(2026, 3, 30)))
    asked.seek([house("muenchen", soon)], 0, now)
    asked.match("muenchen", 1, now)
    assert asked.answer_by == datetime(2026, 3, 8, tzinfo=UTC)
    asked.accept("muenchen", now)
    assert asked.confirm_by == datetime(2026, 3, 8, tzinfo=UTC)


# ---- answering


def test_the_host_accepts_and_the_guest_confirms(matched: Make, said: Make, now: datetime) -> None:
    asked: Visit = matched()
    asked.accept("muenchen", now)
    assert asked.due() == now + timedelta(days=14)
    asked.confirm("praha", now)
    assert said(asked) == [
        VisitAccepted(host="muenchen", round=1, confirm_by=now + timedelta(days=14)),
        VisitConfirmed(host="muenchen", round=1, days=SEPTEMBER),
    ]
    assert asked.due() is None
    assert asked.agreed


def test_only_host_and_guest_answer_and_only_in_their_turn(matched: Make, now: datetime) -> None:
    asked: Visit = matched()
    with pytest.raises(NotYourVisit):
        asked.accept("stuttgart", now)
    with pytest.raises(WrongState):
        asked.confirm("praha", now)
    with pytest.raises(NotYourVisit):
        asked.confirm("muenchen", now)
    asked.accept("muenchen", now)
    with pytest.raises(WrongState):
        asked.accept("muenchen", now)


def test_a_house_that_did_not_answer_is_passed_over_for_ever(matched: Make, said: Make, now: datetime) -> None:
    asked: Visit = matched()
    late = now + timedelta(days=14, seconds=1)
    with pytest.raises(AnswerTooLate):
        asked.accept("muenchen", late)
    asked.ring(now + timedelta(days=13))
    assert said(asked) == []
    asked.ring(late)
    assert said(asked) == [OfferExpired(host="muenchen", round=1, days=SEPTEMBER)]
    assert (asked.status, asked.snapshot().host) == (VisitStatus.EXPIRED, None)
    asked.seek([house("muenchen"), house("stuttgart")], 1, late)
    assert said(asked) == [PlaceRequested(host="stuttgart", round=2, days=SEPTEMBER, guests=4)]
    with pytest.raises(AnswerTooLate):
        asked.accept("muenchen", late)


def test_a_house_asked_for_the_very_last_days_and_silent_until_then_ends_the_visit(
    matched: Make, said: Make, now: datetime
) -> None:
    asked: Visit = matched()
    over = datetime(2026, 9, 28, tzinfo=UTC)
    asked.ring(over)
    expired, cancelled = said(asked)
    assert expired == OfferExpired(host="muenchen", round=1, days=SEPTEMBER)
    assert (cancelled.reason, cancelled.host) == ("window-passed", None)
    assert asked.due() is None


@pytest.mark.parametrize("stage", ["matched", "accepted", "confirmed", "prepared"])
def test_a_host_may_say_no_until_the_visit_begins(matched: Make, said: Make, now: datetime, stage: str) -> None:
    asked: Visit = matched()
    if stage != "matched":
        asked.accept("muenchen", now)
    if stage in ("confirmed", "prepared"):
        asked.confirm("praha", now)
    if stage == "prepared":
        asked.prepare("muenchen", [Session(title="Rundgang", topic="founding-a-center")], now)
    said(asked)
    asked.decline("muenchen", DeclineReason.NO_ROOM, now)
    assert said(asked) == [VisitDeclined(host="muenchen", round=1, days=SEPTEMBER, reason="no-room")]
    asked.seek([house("muenchen")], 1, now)
    assert said(asked) == [VisitWaitlisted(round=1)]


def test_nobody_declines_or_cancels_a_visit_that_has_begun(confirmed: Make) -> None:
    asked: Visit = confirmed()
    with pytest.raises(WrongState):
        asked.decline("muenchen", DeclineReason.NO_TIME, DURING)
    with pytest.raises(WrongState):
        asked.cancel("praha", DURING)
    with pytest.raises(WrongState):
        asked.guest_closed(DURING)


def test_a_guest_who_does_not_confirm_loses_the_place(matched: Make, said: Make, now: datetime) -> None:
    asked: Visit = matched()
    asked.accept("muenchen", now)
    said(asked)
    with pytest.raises(AnswerTooLate):
        asked.confirm("praha", now + timedelta(days=15))
    asked.ring(now + timedelta(days=15))
    assert said(asked) == [VisitCancelled(reason="not-confirmed", host="muenchen", round=1, days=SEPTEMBER)]
    assert asked.due() is None


@pytest.mark.parametrize("waiting", ["waitlisted", "asking", "new"])
def test_a_visit_without_a_host_ends_when_no_day_is_left(visit: Make, said: Make, now: datetime, waiting: str) -> None:
    asked: Visit = visit()
    if waiting != "new":
        asked.seek([] if waiting == "waitlisted" else [house("muenchen")], 0, now)
    said(asked)
    assert asked.due() == datetime(2026, 9, 28, tzinfo=UTC)
    asked.ring(datetime(2026, 9, 28, tzinfo=UTC))
    (cancelled,) = said(asked)
    assert cancelled.reason == "window-passed"
    assert cancelled.host == ("muenchen" if waiting == "asking" else None)


@pytest.mark.parametrize("status", ["asking", "matched", "confirmed"])
def test_a_host_that_is_lost_sends_the_guest_back_to_matching(
    visit: Make, said: Make, now: datetime, status: str
) -> None:
    asked: Visit = visit()
    asked.seek([house("muenchen")], 0, now)
    if status != "asking":
        asked.match("muenchen", 1, now)
    if status == "confirmed":
        asked.accept("muenchen", now)
        asked.confirm("praha", now)
    said(asked)
    asked.rematch("muenchen", 1, "host-closed", now)
    assert said(asked) == [VisitRematched(host="muenchen", round=1, days=SEPTEMBER, reason="host-closed")]
    assert (asked.status, asked.place, asked.answer_by, asked.confirm_by) == (VisitStatus.REQUESTED, None, None, None)
    assert asked.wish(None).asked == ["muenchen"]
    asked.seek([house("muenchen")], 1, now)
    assert [type(event) for event in said(asked)] == [PlaceRequested], "no no was said: it may be asked again"


def test_a_visit_that_has_begun_is_not_matched_anew(confirmed: Make, said: Make) -> None:
    asked: Visit = confirmed()
    asked.rematch("muenchen", 1, "host-closed", DURING)
    assert said(asked) == []
    assert asked.status is VisitStatus.CONFIRMED


def test_the_guest_cancels_and_the_place_is_named(matched: Make, said: Make, now: datetime) -> None:
    asked: Visit = matched()
    with pytest.raises(NotYourVisit):
        asked.cancel("muenchen", now)
    asked.cancel("praha", now)
    assert said(asked) == [VisitCancelled(reason="by-guest", host="muenchen", round=1, days=SEPTEMBER)]
    with pytest.raises(WrongState):
        asked.cancel("praha", now)
    asked.seek([house("stuttgart")], 1, now)
    assert said(asked) == []


# ---- preparing and holding


def test_the_host_writes_the_programme(confirmed: Make, said: Make, now: datetime) -> None:
    asked: Visit = confirmed()
    programme = [
        Session(title="Rundgang mit Anna", topic="founding-a-center"),
        Session(title="Frühstück", topic="founding-a-center"),
    ]
    with pytest.raises(RequestImpossible):
        asked.prepare("muenchen", [], now)
    with pytest.raises(UnknownTopic):
        asked.prepare("muenchen", [Session(title="Stricken", topic="knitting")], now)
    asked.prepare("muenchen", programme, now)
    asked.prepare("muenchen", programme, now)
    assert said(asked) == [VisitPrepared(host="muenchen", sessions=2, topics=("founding-a-center",))]
    asked.prepare("muenchen", programme[:1], now)
    assert said(asked) == [VisitPrepared(host="muenchen", sessions=1, topics=("founding-a-center",))]


def test_both_sides_say_it_took_place(confirmed: Make) -> None:
    asked: Visit = confirmed()
    with pytest.raises(NotYet):
        asked.state_attendance(Side.GUEST, "praha", True, datetime(2026, 9, 6, 23, tzinfo=UTC))
    asked.state_attendance(Side.GUEST, "praha", True, DURING)
    asked.state_attendance(Side.GUEST, "praha", True, DURING)
    asked.state_attendance(Side.HOST, "muenchen", True, AFTER)
    stated, held = asked.take_facts()
    assert stated == (AttendanceStated(side=Side.GUEST, held=True), None)
    assert held[0] == VisitHeld(host="muenchen", round=1, days=SEPTEMBER, guests=4)
    assert held[1] == datetime(2026, 9, 10, tzinfo=UTC), "it ended with its last day, whenever that was entered"
    with pytest.raises(WrongState):
        asked.state_attendance(Side.HOST, "muenchen", False, AFTER)


def test_a_visit_said_to_be_held_while_it_goes_on_happened_no_later_than_now(confirmed: Make) -> None:
    asked: Visit = confirmed()
    asked.state_attendance(Side.GUEST, "praha", True, DURING)
    asked.state_attendance(Side.HOST, "muenchen", True, DURING)
    assert asked.take_facts()[1][1] == DURING


def test_both_sides_say_it_did_not_take_place(confirmed: Make, said: Make) -> None:
    asked: Visit = confirmed()
    asked.state_attendance(Side.HOST, "muenchen", False, AFTER)
    asked.state_attendance(Side.GUEST, "praha", False, AFTER)
    assert said(asked)[1:] == [VisitNotHeld(host="muenchen", round=1, days=SEPTEMBER)]


def test_nobody_speaks_for_the_other_side(confirmed: Make) -> None:
    asked: Visit = confirmed()
    with pytest.raises(NotYourVisit):
        asked.state_attendance(Side.GUEST, "muenchen", True, AFTER)
    with pytest.raises(NotYourVisit):
        asked.state_attendance(Side.HOST, "praha", True, AFTER)


@pytest.mark.parametrize("by", ["office", "guest"])
def test_a_dispute_is_settled_by_the_office_or_by_a_correction(confirmed: Make, said: Make, by: str) -> None:
    asked: Visit = confirmed()
    asked.state_attendance(Side.GUEST, "praha", False, DURING)
    asked.state_attendance(Side.HOST, "muenchen", True, DURING)
    assert said(asked)[1:] == [VisitDisputed(guest_says=False, host_says=True)]
    if by == "office":
        asked.settle(True, DURING)
    else:
        asked.state_attendance(Side.GUEST, "praha", True, DURING)
    (held,) = said(asked)
    assert held == VisitHeld(host="muenchen", round=1, days=SEPTEMBER, guests=4, settled=by == "office")


def test_the_office_settles_silence_only_when_it_is_over(confirmed: Make, said: Make, matched: Make) -> None:
    asked: Visit = confirmed()
    with pytest.raises(NotYet):
        asked.settle(False, datetime(2026, 9, 9, 20, tzinfo=UTC))
    asked.settle(False, AFTER)
    assert said(asked) == [VisitNotHeld(host="muenchen", round=1, days=SEPTEMBER, settled=True)]
    with pytest.raises(WrongState):
        asked.settle(True, AFTER)
    with pytest.raises(WrongState):
        matched().settle(True, AFTER)


# ---- reporting


def test_the_guest_reports_in_numbers_and_topics(held: Make, said: Make) -> None:
    asked: Visit = held()
    report = Report(
        language="cs",
        story="Anna nám ukázala všechno.",
        answered=(2, 1, 2),
        topics=("founding-a-center",),
        intentions=(
            Intention(topic="self-run-childcare", text="Od září."),
            Intention(topic="self-run-childcare", text="I v sobotu."),
        ),
    )
    asked.hand_in_report("praha", report, AFTER)
    (reported,) = said(asked)
    assert reported == VisitReported(
        host="muenchen",
        language="cs",
        answered=2,
        questions=2,
        topics=("founding-a-center",),
        intentions=("self-run-childcare",),
    )
    assert "Anna" not in reported.model_dump_json() + asked.snapshot().model_dump_json()
    with pytest.raises(WrongState):
        asked.hand_in_report("praha", report, AFTER)


def test_a_report_that_does_not_fit_the_visit_is_refused(held: Make, confirmed: Make) -> None:
    report = Report(language="cs", story="Hezké.")
    with pytest.raises(WrongState):
        confirmed().hand_in_report("praha", report, AFTER)
    with pytest.raises(NotYourVisit):
        held().hand_in_report("muenchen", report, AFTER)
    for wrong in ({"answered": (3,)}, {"answered": (0,)}):
        with pytest.raises(RequestImpossible):
            held().hand_in_report("praha", report.model_copy(update=wrong), AFTER)
    with pytest.raises(UnknownTopic):
        held().hand_in_report("praha", report.model_copy(update={"topics": ("knitting",)}), AFTER)


def test_the_host_reflects_once_before_or_after_the_report(held: Make, said: Make) -> None:
    asked: Visit = held()
    reflection = Reflection(language="de", story="Wir haben von Jana gelernt.", topics=("father-involvement",))
    with pytest.raises(NotYourVisit):
        asked.reflect("praha", reflection, AFTER)
    asked.hand_in_report("praha", Report(language="cs", story="Hezké."), AFTER)
    said(asked)
    asked.reflect("muenchen", reflection, AFTER)
    assert said(asked) == [HostReflectionAdded(host="muenchen", language="de", topics=("father-involvement",))]
    assert asked.status is VisitStatus.REPORTED
    with pytest.raises(WrongState):
        asked.reflect("muenchen", reflection, AFTER)


def test_a_visit_survives_the_way_through_the_store(held: Make) -> None:
    asked: Visit = held()
    assert Visit.model_validate(asked.model_dump(mode="json")).model_dump() == asked.model_dump()
