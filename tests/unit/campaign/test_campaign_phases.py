"""A campaign goes from its draft through its phases to its closing, by the office or by the calendar."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.campaign.domain.campaign import (
    Campaign,
    CampaignIsClosed,
    CampaignNotOpen,
    NotDiscussedHere,
    NotYetHeld,
    OutsideCampaign,
    PhaseIsOver,
    PlanIsFixed,
)
from shared.aggregate import WrongState
from shared.events.campaign import (
    CampaignClosed,
    CampaignDrafted,
    CampaignLaunched,
    CampaignPhaseAdvanced,
    CampaignRevised,
    CampaignStatus,
    Trigger,
)
from tests.unit.campaign.conftest import at, facts, phase, plan

PHASES = plan().phases


def test_a_campaign_is_drafted_and_launched_into_its_first_phase() -> None:
    campaign = Campaign.draft("campaign-1", plan())
    assert facts(campaign) == [CampaignDrafted()]
    assert campaign.snapshot().phase is None
    campaign.launch(at("03-01"))
    assert facts(campaign) == [CampaignLaunched(phase="collect")]
    assert (campaign.snapshot().status, campaign.snapshot().phase) == (CampaignStatus.LAUNCHED, "collect")


def test_a_launched_campaign_is_not_launched_again(campaign: Campaign) -> None:
    with pytest.raises(WrongState):
        campaign.launch(at("03-02"))


def test_a_first_phase_that_would_be_over_at_once_is_not_begun(draft: Campaign) -> None:
    with pytest.raises(PhaseIsOver):
        draft.launch(at("07-02"))
    assert draft.status == CampaignStatus.DRAFTED


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(datetime(2026, 7, 1, 11, 59, 59, tzinfo=UTC), "collect"), (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), "harvest")],
)
def test_a_phase_ends_when_its_last_day_is_over_everywhere_on_earth(
    campaign: Campaign, moment: datetime, expected: str
) -> None:
    campaign.ring(moment)
    assert campaign.snapshot().phase == expected


def test_the_calendar_says_when_the_phase_ended_not_when_it_was_noticed(campaign: Campaign) -> None:
    campaign.ring(at("07-20"))
    [(event, happened)] = campaign.take_facts()
    assert event == CampaignPhaseAdvanced(left="collect", entered="harvest", trigger=Trigger.CALENDAR)
    assert happened == datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_after_a_long_sleep_every_phase_that_is_over_is_left(campaign: Campaign) -> None:
    campaign.ring(at("12-01"))
    assert [event.entered for event in facts(campaign) if isinstance(event, CampaignPhaseAdvanced)] == [
        "harvest",
        "demands",
    ]
    assert campaign.due() is None


def test_a_last_phase_with_an_end_date_closes_the_campaign() -> None:
    campaign = Campaign.draft("c", plan(phases=[phase("collect", collects=True, ends="2026-06-30")]))
    campaign.launch(at("03-01"))
    campaign.take_facts()
    due = campaign.due()
    assert due is not None
    campaign.ring(due)
    assert facts(campaign) == [CampaignClosed(trigger=Trigger.CALENDAR)]
    assert campaign.due() is None


def test_the_office_may_move_on_early_and_a_second_click_does_not_leave_the_next_phase(campaign: Campaign) -> None:
    campaign.advance("collect", at("05-10"))
    assert facts(campaign) == [CampaignPhaseAdvanced(left="collect", entered="harvest", trigger=Trigger.OFFICE)]
    with pytest.raises(WrongState):
        campaign.advance("collect", at("05-10"))


def test_after_the_last_phase_there_is_only_the_closing(campaign: Campaign) -> None:
    campaign.ring(at("10-20"))
    with pytest.raises(WrongState):
        campaign.advance("demands", at("10-20"))
    campaign.close(at("10-21"))
    campaign.take_facts()
    campaign.close(at("10-22"))
    assert facts(campaign) == []


@pytest.mark.parametrize("command", ["advance", "close"])
def test_a_draft_neither_moves_on_nor_closes(draft: Campaign, command: str) -> None:
    commands = {"advance": lambda: draft.advance("collect", at("03-01")), "close": lambda: draft.close(at("03-01"))}
    with pytest.raises((CampaignNotOpen, WrongState)):
        commands[command]()


def test_rounds_are_entered_from_the_launch_to_the_closing_in_every_phase(draft: Campaign) -> None:
    with pytest.raises(CampaignNotOpen):
        draft.require_entry()
    draft.launch(at("03-01"))
    draft.require_entry()
    draft.ring(at("11-01"))
    draft.require_entry()
    draft.close(at("11-02"))
    with pytest.raises(CampaignIsClosed):
        draft.require_entry()


@pytest.mark.parametrize("held", ["2026-02-01", "2026-06-30"])
def test_the_opening_day_and_the_last_collecting_day_count(campaign: Campaign, held: str) -> None:
    campaign.require_day(date.fromisoformat(held), at("07-21"))


@pytest.mark.parametrize("held", ["2026-01-31", "2026-07-01"])
def test_days_outside_do_not_count_whatever_phase_it_is(campaign: Campaign, held: str) -> None:
    with pytest.raises(OutsideCampaign):
        campaign.require_day(date.fromisoformat(held), at("07-21"))
    campaign.ring(at("07-21"))
    with pytest.raises(OutsideCampaign):
        campaign.require_day(date.fromisoformat(held), at("07-21"))


def test_a_day_counts_as_begun_when_it_has_begun_in_the_far_east(campaign: Campaign) -> None:
    evening = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    campaign.require_day(date(2026, 3, 2), evening)
    with pytest.raises(NotYetHeld):
        campaign.require_day(date(2026, 3, 2), evening - timedelta(minutes=1))


def test_collecting_that_was_ended_early_counts_to_that_day(campaign: Campaign) -> None:
    campaign.advance("collect", at("05-10"))
    campaign.require_day(date(2026, 5, 10), at("06-01"))
    with pytest.raises(OutsideCampaign) as refused:
        campaign.require_day(date(2026, 5, 11), at("06-01"))
    assert refused.value.details["collected_until"] == "2026-05-10"


def test_leaving_one_of_two_collecting_phases_does_not_end_the_collecting() -> None:
    phases = [phase("rooms", collects=True, ends="2026-04-30"), phase("late", collects=True), phase("harvest")]
    campaign = Campaign.draft("c", plan(phases=phases))
    campaign.launch(at("03-01"))
    campaign.advance("rooms", at("04-01"))
    campaign.require_day(date(2026, 5, 20), at("05-20"))
    campaign.advance("late", at("05-20"))
    with pytest.raises(OutsideCampaign):
        campaign.require_day(date(2026, 5, 22), at("06-20"))


def test_closing_in_the_collecting_phase_says_until_when_it_was_collected(campaign: Campaign) -> None:
    campaign.close(at("04-03"))
    assert campaign.snapshot().collected_until == date(2026, 4, 3)


def test_only_questionnaires_of_the_campaign_are_discussed(campaign: Campaign) -> None:
    campaign.require_questionnaire("involving-fathers")
    with pytest.raises(NotDiscussedHere):
        campaign.require_questionnaire("practical-parenthood")


def test_a_draft_may_be_replaced_altogether(draft: Campaign) -> None:
    other = plan(opens="2026-03-01", phases=[phase("all", collects=True)], title={"cs": "Jak vychovávat?"})
    draft.revise(other, at("03-01"))
    assert facts(draft) == [CampaignRevised(changed=["opens", "phases", "title"])]
    assert draft.plan == other


def test_a_revision_that_changes_nothing_is_no_event(draft: Campaign) -> None:
    draft.revise(plan(), at("03-01"))
    assert facts(draft) == []


@pytest.mark.parametrize(
    "change",
    [
        {"opens": "2026-02-02"},
        {"questionnaires": ["involving-fathers"]},
        {"phases": [*PHASES[:2]]},
        {"phases": [PHASES[0].model_copy(update={"collects": False}), PHASES[1], phase("x", collects=True)]},
    ],
)
def test_after_the_launch_what_centers_rely_on_is_fixed(campaign: Campaign, change: dict[str, Any]) -> None:
    with pytest.raises(PlanIsFixed):
        campaign.revise(plan(**change), at("03-02"))
    assert campaign.plan == plan()


def test_after_the_launch_texts_more_questionnaires_and_a_later_end_are_welcome(campaign: Campaign) -> None:
    longer = [PHASES[0].model_copy(update={"ends": date(2026, 7, 31)}), *PHASES[1:]]
    more = ["good-child-raising", "involving-fathers", "practical-parenthood"]
    campaign.revise(plan(phases=longer, questionnaires=more, question={"de": "Was braucht ihr?"}), at("06-29"))
    assert facts(campaign) == [CampaignRevised(changed=["phases", "question", "questionnaires"])]
    campaign.ring(at("07-20"))
    assert campaign.snapshot().phase == "collect"
    campaign.require_day(date(2026, 7, 19), at("07-20"))


def test_no_phase_is_ended_in_the_past_by_changing_its_date(campaign: Campaign) -> None:
    shorter = [PHASES[0].model_copy(update={"ends": date(2026, 3, 20)}), *PHASES[1:]]
    with pytest.raises(PhaseIsOver):
        campaign.revise(plan(phases=shorter), at("04-01"))


def test_the_end_of_a_phase_that_is_over_stays(campaign: Campaign) -> None:
    campaign.ring(at("07-20"))
    moved = [PHASES[0].model_copy(update={"ends": date(2026, 7, 31)}), *PHASES[1:]]
    with pytest.raises(PlanIsFixed):
        campaign.revise(plan(phases=moved), at("07-20"))


def test_a_closed_campaign_stays_as_it_was(campaign: Campaign) -> None:
    campaign.close(at("04-01"))
    with pytest.raises(CampaignIsClosed):
        campaign.revise(plan(title={"en": "Another title"}), at("04-02"))


@pytest.mark.parametrize(
    "broken",
    [
        {"phases": []},
        {"phases": [phase("a", collects=True), phase("a")]},
        {"phases": [phase("a")]},
        {"phases": [phase("a", collects=True, ends="2026-05-01"), phase("b", ends="2026-05-01")]},
        {"phases": [phase("a", collects=True, ends="2026-05-01"), phase("b"), phase("c", ends="2026-04-01")]},
        {"phases": [phase("a", collects=True, ends="2026-01-31")]},
        {"questionnaires": ["involving-fathers", "involving-fathers"]},
        {"questionnaires": ["Involving Fathers"]},
        {"title": {}},
        {"title": {"en": "  "}},
        {"title": {"English": "x"}},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        plan(**broken)
