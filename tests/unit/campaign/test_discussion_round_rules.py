"""A round is reported, corrected, withdrawn, moderated; and whatever happens, small groups and texts stay inside."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.campaign.domain.discussion_round import (
    AlreadyReported,
    DiscussionRound,
    Report,
    RoundWithdrawn,
    TooManyContributions,
    UnknownContribution,
)
from shared.aggregate import Refusal, WrongState
from shared.events import catalogue
from shared.events.campaign import (
    ContributionAdded,
    ContributionModerated,
    ContributionStatus,
    CorrectionReason,
    Discussed,
    DiscussionRoundCorrected,
    DiscussionRoundReported,
    DiscussionRoundWithdrawn,
    EnteredBy,
    RejectionReason,
    WithdrawalReason,
)
from tests.unit.campaign.conftest import at, facts

FATHERS = Discussed(questionnaire="involving-fathers", edition=1, questions=["fathers-today"])
GOOD = Discussed(questionnaire="good-child-raising", edition=1, questions=["limits"])
WRITTEN = "Paní Nováková řekla"


LATER = at("04-05")


def report(**changes: Any) -> Report:
    values = {"held": date(2026, 3, 14), "headcount": 23, "language": "cs", "discussed": [FATHERS], **changes}
    return Report.model_validate(values)


def entered(now: datetime = LATER, summary: str | None = None, **changes: Any) -> DiscussionRound:
    return DiscussionRound.enter(
        "round-1",
        campaign="campaign-1",
        center="center-praha",
        country="CZ",
        report=report(**changes),
        summary=summary,
        entered_by=EnteredBy.NETWORK,
        now=now,
    )


def test_a_form_that_comes_three_weeks_late_happened_on_the_day_it_was_held() -> None:
    [(event, happened)] = entered().take_facts()
    assert event == DiscussionRoundReported(entered_by=EnteredBy.NETWORK)
    assert happened == datetime(2026, 3, 14, 12, tzinfo=UTC)


def test_a_round_entered_in_the_morning_of_its_day_did_not_happen_later_than_it_was_entered() -> None:
    now = at("03-14", 8)
    [(_, happened)] = entered(now).take_facts()
    assert happened == now


def test_a_summary_is_a_contribution_that_waits_for_a_moderator() -> None:
    kept = entered(summary="Otcové by rádi chodili v sobotu.")
    assert facts(kept) == [
        DiscussionRoundReported(entered_by=EnteredBy.NETWORK),
        ContributionAdded(number=1, language="cs"),
    ]
    assert kept.contribution(1).status == ContributionStatus.WAITING


@pytest.mark.parametrize("headcount", [0, 501, -1])
def test_nobody_and_a_whole_stadium_are_no_round(headcount: int) -> None:
    with pytest.raises(ValidationError):
        report(headcount=headcount)


def test_a_questionnaire_is_named_once() -> None:
    with pytest.raises(ValidationError):
        report(discussed=[FATHERS, FATHERS])


def test_the_order_in_which_questionnaires_were_written_down_makes_no_difference() -> None:
    assert report(discussed=[FATHERS, GOOD]) == report(discussed=[GOOD, FATHERS])


def test_the_same_form_twice_is_one_round() -> None:
    kept = entered(summary="Otcové.")
    facts(kept)
    kept.enter_again(report(), "Otcové.")
    kept.enter_again(report(), None)
    assert facts(kept) == []


def test_another_count_for_the_same_round_is_refused_and_names_what_differs() -> None:
    with pytest.raises(AlreadyReported) as refused:
        entered().enter_again(report(headcount=24, language="sk"), None)
    assert refused.value.details == {"round": "round-1", "differs": ["headcount", "language"]}


def test_another_summary_for_the_same_round_is_refused() -> None:
    with pytest.raises(AlreadyReported):
        entered(summary="Otcové.").enter_again(report(), "Matky.")


def test_a_copy_of_the_first_form_is_recognised_after_the_correction() -> None:
    kept = entered()
    kept.correct(CorrectionReason.MISCOUNTED, headcount=24)
    facts(kept)
    kept.enter_again(report(), None)
    kept.enter_again(report(headcount=24), None)
    assert facts(kept) == []
    with pytest.raises(AlreadyReported):
        kept.enter_again(report(headcount=25), None)


def test_a_correction_says_what_it_put_right() -> None:
    kept = entered()
    facts(kept)
    kept.correct(CorrectionReason.ENTRY_ERROR, headcount=32, discussed=[GOOD, FATHERS])
    assert facts(kept) == [
        DiscussionRoundCorrected(reason=CorrectionReason.ENTRY_ERROR, changed=["discussed", "headcount"])
    ]
    snapshot = kept.snapshot()
    assert (snapshot.headcount, snapshot.discussed, snapshot.language) == (32, [GOOD, FATHERS], "cs")


def test_a_correction_to_what_stands_is_no_event() -> None:
    kept = entered()
    facts(kept)
    kept.correct(CorrectionReason.MISCOUNTED, headcount=23, language="cs")
    assert facts(kept) == []


def test_a_withdrawn_round_keeps_no_text_and_takes_no_further_word() -> None:
    kept = entered(summary=WRITTEN)
    facts(kept)
    kept.withdraw(WithdrawalReason.WISH_OF_THE_CENTER)
    kept.withdraw(WithdrawalReason.NOT_HELD)
    assert facts(kept) == [DiscussionRoundWithdrawn(reason=WithdrawalReason.WISH_OF_THE_CENTER)]
    assert WRITTEN not in kept.model_dump_json()
    with pytest.raises(RoundWithdrawn):
        kept.correct(CorrectionReason.MISCOUNTED, headcount=9)
    with pytest.raises(RoundWithdrawn):
        kept.contribute("cs", "x")
    with pytest.raises(RoundWithdrawn):
        kept.enter_again(report(), None)
    with pytest.raises(RoundWithdrawn):
        kept.moderate(1, ContributionStatus.APPROVED, None)


def test_a_moderator_may_change_her_mind_and_the_last_word_counts() -> None:
    kept = entered(summary="Otcové.")
    facts(kept)
    kept.moderate(1, ContributionStatus.APPROVED, None)
    kept.moderate(1, ContributionStatus.APPROVED, None)
    kept.moderate(1, ContributionStatus.REJECTED, RejectionReason.NAMES_A_PERSON)
    assert facts(kept) == [
        ContributionModerated(number=1, status=ContributionStatus.APPROVED, reason=None),
        ContributionModerated(number=1, status=ContributionStatus.REJECTED, reason=RejectionReason.NAMES_A_PERSON),
    ]
    assert kept.snapshot().contributions[0].status == ContributionStatus.REJECTED


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (ContributionStatus.WAITING, None),
        (ContributionStatus.REJECTED, None),
        (ContributionStatus.APPROVED, RejectionReason.OFF_TOPIC),
    ],
)
def test_a_decision_is_an_approval_or_a_rejection_with_its_reason(
    status: ContributionStatus, reason: RejectionReason | None
) -> None:
    with pytest.raises(WrongState):
        entered(summary="Otcové.").moderate(1, status, reason)


def test_there_is_no_deciding_about_a_text_that_is_not_there() -> None:
    with pytest.raises(UnknownContribution):
        entered().moderate(1, ContributionStatus.APPROVED, None)


def test_a_round_has_room_for_ten_texts() -> None:
    kept = entered()
    for number in range(10):
        kept.contribute("cs", f"text {number}")
    with pytest.raises(TooManyContributions):
        kept.contribute("cs", "one more")


# ---- what never leaves the service

COMMANDS = st.lists(
    st.one_of(
        st.builds(lambda n: ("headcount", n), st.integers(1, 500)),
        st.just(("language", "sk")),
        st.just(("contribute", WRITTEN)),
        st.builds(lambda n: ("approve", n), st.integers(1, 3)),
        st.builds(lambda n: ("reject", n), st.integers(1, 3)),
        st.just(("withdraw", None)),
    ),
    max_size=8,
)


def events_of(headcount: int, commands: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Everything that this life of a round puts on its topic."""
    kept = entered(headcount=headcount, summary=WRITTEN)
    written = []
    for command in [("", None), *commands]:
        try:
            _carry_out(kept, *command)
        except Refusal:
            continue
        written += [catalogue.data_of(event, kept.snapshot()) for event in facts(kept)]
    return written


def _carry_out(kept: DiscussionRound, name: str, value: Any) -> None:
    match name:
        case "headcount":
            kept.correct(CorrectionReason.MISCOUNTED, headcount=value)
        case "language":
            kept.correct(CorrectionReason.WRONG_LANGUAGE, language=value)
        case "contribute":
            kept.contribute("cs", value)
        case "approve":
            kept.moderate(value, ContributionStatus.APPROVED, None)
        case "reject":
            kept.moderate(value, ContributionStatus.REJECTED, RejectionReason.OFF_TOPIC)
        case "withdraw":
            kept.withdraw(WithdrawalReason.ENTERED_TWICE)


@given(st.integers(1, 500), COMMANDS)
def test_no_event_carries_what_somebody_wrote(headcount: int, commands: list[tuple[str, Any]]) -> None:
    assert WRITTEN not in str(events_of(headcount, commands))


@given(st.integers(1, 4), st.integers(1, 4), COMMANDS.filter(lambda cs: all(c[0] != "headcount" for c in cs)))
def test_the_events_of_a_small_round_are_the_same_whatever_its_number(
    one: int, other: int, commands: list[tuple[str, Any]]
) -> None:
    assert events_of(one, commands) == events_of(other, commands)


@given(st.integers(1, 500), COMMANDS)
def test_a_round_is_read_back_from_its_document_as_it_was(headcount: int, commands: list[tuple[str, Any]]) -> None:
    kept = entered(headcount=headcount, summary=WRITTEN)
    for command in commands:
        try:
            _carry_out(kept, *command)
        except Refusal:
            continue
    again = DiscussionRound.model_validate(kept.model_dump(mode="json"))
    assert again.model_dump() == kept.model_dump()
