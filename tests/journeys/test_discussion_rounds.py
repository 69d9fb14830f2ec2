"""Rooms report what they talked about: in time, late, twice, and with a mistake that is put right."""

from typing import Any

import httpx
import pytest

from tests.journeys.story import Story, code, eventually

ROUND = "campaign.discussion-round.v1"


@pytest.fixture
def campaign(story: Story) -> str:
    """A campaign that collects for the next ten days."""
    office = story.office("campaign")
    plan = {
        "title": {"en": f"What families need {story.mark}", "cs": "Co rodiny potřebují"},
        "question": {"en": "What do families need where you live?"},
        "questionnaires": ["good-child-raising", "involving-fathers"],
        "phases": [
            {"key": "collect", "title": {"en": "Talking in rooms"}, "collects": True, "ends": str(story.day(10))},
            {"key": "harvest", "title": {"en": "Harvest"}},
        ],
        "opens": str(story.day(-30)),
    }
    drafted = story.done(story.say(office, "POST", "/campaigns", plan), 201)["id"]
    story.done(story.say(office, "POST", f"/campaigns/{drafted}/launch"))
    return str(drafted)


def _form(center: str, held: object, **different: Any) -> dict[str, Any]:
    discussed = [{"questionnaire": "good-child-raising", "edition": 1, "questions": ["limits"]}]
    usual = {"center": center, "held": str(held), "headcount": 23, "language": "cs", "discussed": discussed}
    return {**usual, **different}


def _reported(story: Story, campaign: str, form: dict[str, Any]) -> httpx.Response:
    """A report, repeated until the campaign service has heard of the center."""
    own, key = story.center("campaign", form["center"]), story.key()

    def heard() -> httpx.Response | None:
        answer = story.say(own, "POST", f"/campaigns/{campaign}/rounds", form, key=key)
        return None if answer.status_code == 409 and code(answer) == "center-unknown" else answer

    return eventually(heard, "word of the center")


def _totals(story: Story, campaign: str) -> dict[str, Any]:
    return story.done(story.office("campaign").get(f"/campaigns/{campaign}/totals"))["all"]


def test_a_round_reported_three_weeks_late_counts_on_its_own_day(story: Story, campaign: str):
    center, held = story.registered("Mateřské centrum"), story.day(-1)
    story.days_pass(21)
    entered = story.done(_reported(story, campaign, _form(center, held)), 201)
    eventually(lambda: _totals(story, campaign)["people"] == 23, "the totals")
    [event] = eventually(lambda: story.events(ROUND, entered["id"]), "the event")
    assert event.headers["ce_time"][:10] == str(held)
    assert event.headers["ce_recordedtime"][:10] == str(story.day(0))


def test_the_same_form_sent_twice_is_one_round(story: Story, campaign: str):
    form = _form(story.registered("Mateřské centrum"), story.day(-2))
    first = story.done(_reported(story, campaign, form), 201)
    again = story.done(_reported(story, campaign, form), 200)
    assert (again["id"], again["events"]) == (first["id"], [])
    eventually(lambda: _totals(story, campaign)["rounds"] == 1)
    other = _reported(story, campaign, {**form, "headcount": 24})
    assert (other.status_code, code(other)) == (409, "round-already-reported")
    assert story.kinds(ROUND, first["id"]) == ["DiscussionRoundReported"]


def test_a_corrected_round_counts_as_corrected_and_its_history_stays(story: Story, campaign: str):
    center = story.registered("Mateřské centrum")
    answer = _reported(story, campaign, _form(center, story.day(-3)))
    entered, own = story.done(answer, 201)["id"], story.center("campaign", center)
    correction = {"reason": "miscounted", "headcount": 32}
    changed = story.say(own, "PATCH", f"/rounds/{entered}", correction, If_Match=answer.headers["ETag"])
    story.done(changed)
    eventually(lambda: _totals(story, campaign)["people"] == 32, "the corrected total")
    assert story.kinds(ROUND, entered) == ["DiscussionRoundReported", "DiscussionRoundCorrected"]
    story.done(story.say(own, "POST", f"/rounds/{entered}/withdrawal", {"reason": "entered-twice"}))
    eventually(lambda: _totals(story, campaign)["rounds"] == 0, "the round out of the count")


def test_a_room_of_four_is_counted_as_a_round_and_its_people_nowhere(story: Story, campaign: str):
    center = story.registered("Malé centrum")
    entered = story.done(_reported(story, campaign, _form(center, story.day(-1), headcount=4)), 201)
    assert entered["snapshot"]["headcount"] is None
    eventually(lambda: _totals(story, campaign)["small_rounds"] == 1)
    assert _totals(story, campaign)["people"] is None
    assert story.done(story.client("campaign").get(f"/rounds/{entered['id']}"))["headcount"] is None
    own = story.done(story.center("campaign", center).get(f"/rounds/{entered['id']}"))
    assert own["report"]["headcount"] == 4
