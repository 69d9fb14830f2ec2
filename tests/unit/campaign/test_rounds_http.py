"""Rounds come in from centers and from paper, late and twice; everybody sees them, and small groups stay hidden."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import pytest

from shared.events.directory.center import CenterReopened, CenterStatus
from tests.unit.campaign.conftest import MUENCHEN, PRAHA, Story, code

pytestmark = pytest.mark.asyncio

SUMMARY = "Otcové by rádi chodili v sobotu, řekl pan Novák."


# ---- reporting


async def test_a_round_is_reported_and_counted(story: Story) -> None:
    campaign = await story.launched()
    answer = await story.report(campaign)
    assert answer.status_code == 201
    assert answer.json()["events"] == ["DiscussionRoundReported"]
    assert answer.headers["Location"] == f"/rounds/{answer.json()['id']}"
    totals = (await story.anyone.get(f"/campaigns/{campaign}/totals")).json()
    assert (totals["all"]["rounds"], totals["all"]["people"]) == (1, 23)


async def test_a_form_three_weeks_late_keeps_the_day_on_which_it_was_held(story: Story) -> None:
    campaign = await story.launched()
    story.network.clock.move(timedelta(days=141))  # 20 July: the collecting ended on 30 June
    await story.network.settle()
    answer = await story.report(campaign, held="2026-06-29")
    assert answer.status_code == 201
    [event] = story.network.events("campaign.discussion-round.v1", answer.json()["id"])
    assert event.happened == datetime(2026, 6, 29, 12, tzinfo=UTC)
    assert event.recorded - event.happened > timedelta(days=20)


async def test_the_same_request_again_gets_the_same_answer_even_when_all_is_over(story: Story) -> None:
    campaign = await story.launched()
    key = story.key()
    first = await story.report(campaign, key=key)
    await story.office.post(f"/campaigns/{campaign}/closing", headers=story.key())
    again = await story.report(campaign, key=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_the_same_form_under_another_key_is_one_round(story: Story) -> None:
    campaign = await story.launched()
    first = await story.report(campaign, summary=SUMMARY)
    again = await story.report(campaign, by=story.czech_network, summary=SUMMARY)
    assert (again.status_code, again.json()["id"], again.json()["events"]) == (200, first.json()["id"], [])
    assert (await story.anyone.get(f"/campaigns/{campaign}/totals")).json()["all"]["rounds"] == 1
    assert len(story.network.events("campaign.discussion-round.v1")) == 2


async def test_another_count_for_the_same_round_is_to_be_corrected_instead(story: Story) -> None:
    campaign = await story.launched()
    first = await story.report(campaign)
    other = await story.report(campaign, headcount=24)
    assert (other.status_code, code(other)) == (409, "round-already-reported")
    assert other.json()["href"] == first.headers["Location"]
    assert other.json()["differs"] == ["headcount"]


async def test_a_second_round_on_the_same_day_has_a_session_of_its_own(story: Story) -> None:
    campaign = await story.launched()
    await story.report(campaign)
    assert (await story.report(campaign, session=2)).status_code == 201
    assert (await story.anyone.get(f"/campaigns/{campaign}/totals")).json()["all"]["rounds"] == 2


@pytest.mark.parametrize(
    ("changes", "status", "problem"),
    [
        ({"held": "2026-03-03"}, 422, "round-in-future"),
        ({"held": "2026-01-31"}, 422, "outside-campaign"),
        ({"headcount": 0}, 422, "invalid-input"),
        ({"headcount": 501}, 422, "invalid-input"),
        ({"discussed": []}, 422, "invalid-input"),
        ({"names": ["Jana"]}, 422, "invalid-input"),
        ({"discussed": [{"questionnaire": "involving-fathers", "edition": 2}]}, 404, "unknown-edition"),
        ({"discussed": [{"questionnaire": "involving-aunts", "edition": 1}]}, 422, "unknown-questionnaire"),
        ({"discussed": [{"questionnaire": "what-qualifies", "edition": 1}]}, 422, "questionnaire-not-in-campaign"),
        (
            {"discussed": [{"questionnaire": "involving-fathers", "edition": 1, "questions": ["limits"]}]},
            422,
            "unknown-question",
        ),
        ({"discussed": [{"questionnaire": "involving-fathers", "edition": 1}] * 2}, 422, "invalid-input"),
        ({"center": "center-nowhere"}, 409, "center-unknown"),
    ],
)
async def test_a_round_that_cannot_be_is_refused(
    story: Story, changes: dict[str, Any], status: int, problem: str
) -> None:
    campaign = await story.launched()
    answer = await story.report(campaign, by=story.office, **changes)
    assert (answer.status_code, code(answer)) == (status, problem), answer.text
    assert story.network.events("campaign.discussion-round.v1") == []


async def test_a_draft_takes_no_rounds_and_tells_nobody_that_it_is_there(story: Story) -> None:
    drafted = await story.launched()
    path = f"/campaigns/{drafted}"
    plan = (await story.office.get(f"{path}/plan")).json()
    draft = (await story.office.post("/campaigns", json=plan, headers=story.key())).json()["id"]
    assert (await story.report(draft)).status_code == 404
    by_office = await story.report(draft, by=story.office)
    assert (by_office.status_code, code(by_office)) == (409, "campaign-not-open")


async def test_a_closed_campaign_takes_no_rounds_corrections_or_withdrawals(story: Story) -> None:
    campaign = await story.launched()
    path = (await story.report(campaign)).headers["Location"]
    await story.office.post(f"/campaigns/{campaign}/closing", headers=story.key())
    late = await story.report(campaign, held="2026-02-21")
    assert (late.status_code, code(late)) == (410, "campaign-closed")
    correction = {"reason": "miscounted", "headcount": 9}
    answers = [
        await story.praha.patch(path, json=correction, headers={**story.key(), "If-Match": "*"}),
        await story.praha.post(f"{path}/withdrawal", json={"reason": "not-held"}, headers=story.key()),
        await story.praha.post(f"{path}/contributions", json={"language": "cs", "text": "x"}, headers=story.key()),
    ]
    assert [answer.status_code for answer in answers] == [410, 410, 410]


async def test_a_closed_center_still_reports_what_it_held_before(story: Story) -> None:
    campaign = await story.launched()
    await story.center_closes(PRAHA, "CZ", on=datetime(2026, 2, 15, tzinfo=UTC))
    assert (await story.report(campaign, held="2026-02-14")).status_code == 201
    after = await story.report(campaign, held="2026-02-16")
    assert (after.status_code, code(after)) == (422, "center-closed")


async def test_a_center_that_opened_again_reports_as_before(story: Story) -> None:
    campaign = await story.launched()
    await story.center_closes(PRAHA, "CZ", on=datetime(2026, 2, 15, tzinfo=UTC))
    reopened = CenterReopened(after=CenterStatus.CLOSED)
    await story.center(PRAHA, "CZ", event=reopened, happened=datetime(2026, 2, 18, tzinfo=UTC))
    assert (await story.report(campaign, held="2026-02-20")).status_code == 201


async def test_a_center_that_is_not_known_yet_may_try_again(story: Story) -> None:
    campaign = await story.launched()
    brno = story.network.client("campaign", "center", center="center-brno")
    key = story.key()
    early = await story.report(campaign, by=brno, key=key, center="center-brno")
    assert (early.status_code, code(early)) == (409, "center-unknown")
    await story.center("center-brno", "CZ")
    assert (await story.report(campaign, by=brno, key=key, center="center-brno")).status_code == 201


# ---- who may


async def test_a_center_reports_for_itself_only(story: Story) -> None:
    campaign = await story.launched()
    assert (await story.report(campaign, center=MUENCHEN)).status_code == 403


async def test_a_coordinator_enters_the_paper_forms_of_her_country(story: Story) -> None:
    campaign = await story.launched()
    assert (await story.report(campaign, by=story.czech_network)).status_code == 201
    assert (await story.report(campaign, by=story.czech_network, center=MUENCHEN)).status_code == 403
    unknown = await story.report(campaign, by=story.czech_network, center="center-nowhere")
    assert (unknown.status_code, code(unknown)) == (409, "center-unknown")
    [event] = story.network.events("campaign.discussion-round.v1")
    assert event.data["entered_by"] == "network"


@pytest.mark.parametrize("role", [None, "moderator", "editor"])
async def test_nobody_else_reports(story: Story, role: str | None) -> None:
    campaign = await story.launched()
    answer = await story.report(campaign, by=story.network.client("campaign", role))
    assert answer.status_code == (403 if role else 401)


async def test_another_center_changes_nothing(story: Story) -> None:
    campaign = await story.launched()
    path = (await story.report(campaign)).headers["Location"]
    other = story.network.client("campaign", "center", center=MUENCHEN)
    answers = [
        await other.patch(path, json={"reason": "miscounted"}, headers={**story.key(), "If-Match": "*"}),
        await other.post(f"{path}/withdrawal", json={"reason": "not-held"}, headers=story.key()),
        await other.post(f"{path}/contributions", json={"language": "de", "text": "x"}, headers=story.key()),
        await other.get("/rounds", params={"center": PRAHA}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]


# ---- correcting and withdrawing


async def test_a_correction_is_based_on_what_was_read(story: Story) -> None:
    campaign = await story.launched()
    path = (await story.report(campaign)).headers["Location"]
    read = await story.praha.get(path)
    correction = {"reason": "miscounted", "headcount": 32}
    based = {"If-Match": read.headers["ETag"]}
    assert (await story.praha.patch(path, json=correction, headers=story.key())).status_code == 428
    corrected = await story.praha.patch(path, json=correction, headers={**story.key(), **based})
    assert corrected.json()["events"] == ["DiscussionRoundCorrected"]
    stale = await story.praha.patch(path, json=correction, headers={**story.key(), **based})
    assert stale.status_code == 412
    await story.network.settle()
    assert (await story.anyone.get(f"/campaigns/{campaign}/totals")).json()["all"]["people"] == 32


async def test_a_withdrawn_round_does_not_count_and_stays_withdrawn(story: Story) -> None:
    campaign = await story.launched()
    path = (await story.report(campaign, summary=SUMMARY)).headers["Location"]
    withdrawn = await story.praha.post(f"{path}/withdrawal", json={"reason": "wrong-date"}, headers=story.key())
    assert withdrawn.status_code == 200
    await story.network.settle()
    assert (await story.anyone.get(f"/campaigns/{campaign}/totals")).json()["all"]["rounds"] == 0
    assert (await story.anyone.get(f"/campaigns/{campaign}/rounds")).json()["items"] == []
    again = await story.report(campaign, summary=SUMMARY)
    assert (again.status_code, code(again)) == (409, "round-withdrawn")
    [own] = (await story.praha.get("/rounds", params={"center": PRAHA})).json()["items"]
    assert (own["status"], own["contributions"]) == ("withdrawn", [])


# ---- reading


async def test_the_center_sees_all_of_its_round_and_everybody_else_the_public_part(story: Story) -> None:
    campaign = await story.launched()
    path = (await story.report(campaign, headcount=4, summary=SUMMARY)).headers["Location"]
    for client in (story.praha, story.czech_network, story.office):
        own = (await client.get(path)).json()
        assert own["report"]["headcount"] == 4
        assert own["contributions"][0]["text"] == SUMMARY
    for client in (story.anyone, story.moderator, story.network.client("campaign", "center", center=MUENCHEN)):
        shown = (await client.get(path)).json()
        assert (shown["headcount"], shown["contributions"]) == (None, [])


async def test_the_public_list_has_the_latest_first_with_names_of_today(story: Story) -> None:
    campaign = await story.launched()
    await story.report(campaign, held="2026-02-10")
    await story.report(campaign, held="2026-02-20", headcount=3)
    await story.report(campaign, by=story.office, center=MUENCHEN, held="2026-02-15")
    await story.center(PRAHA, "CZ", name="Nové jméno")
    items = (await story.anyone.get(f"/campaigns/{campaign}/rounds")).json()["items"]
    assert [(item["center_name"], item["held"], item["headcount"]) for item in items] == [
        ("Nové jméno", "2026-02-20", None),
        ("Mütterzentrum München", "2026-02-15", 23),
        ("Nové jméno", "2026-02-10", 23),
    ]
    german = (await story.anyone.get(f"/campaigns/{campaign}/rounds?country=DE")).json()["items"]
    assert [item["center"] for item in german] == [MUENCHEN]


async def test_a_long_list_is_read_page_by_page(story: Story) -> None:
    campaign = await story.launched()
    for session in range(1, 8):
        await story.report(campaign, session=session)
    seen, path = [], f"/campaigns/{campaign}/rounds?limit=3"
    while path:
        page = await story.anyone.get(path)
        seen += [item["session"] for item in page.json()["items"]]
        path = page.links["next"]["url"] if "next" in page.links else ""
    assert sorted(seen) == list(range(1, 8))


# ---- moderation


async def test_a_summary_is_shown_once_a_moderator_let_it_pass(story: Story) -> None:
    campaign = await story.launched()
    path = (await story.report(campaign, summary=SUMMARY)).headers["Location"]
    [waiting] = (await story.moderator.get("/contributions")).json()["items"]
    assert waiting["texts"] == [{"number": 1, "language": "cs", "text": SUMMARY}]
    assert PRAHA not in json.dumps(waiting)
    decision = f"{path}/contributions/1/moderation"
    assert (await story.praha.post(decision, json={"status": "approved"}, headers=story.key())).status_code == 403
    approved = await story.moderator.post(decision, json={"status": "approved"}, headers=story.key())
    assert approved.status_code == 200
    assert (await story.anyone.get(path)).json()["contributions"][0]["text"] == SUMMARY
    assert (await story.moderator.get("/contributions")).json()["items"] == []
    down = {"status": "rejected", "reason": "names-a-person"}
    assert (await story.moderator.post(decision, json=down, headers=story.key())).status_code == 200
    assert (await story.anyone.get(path)).json()["contributions"] == []
    up = await story.moderator.post(decision, json={"status": "rejected"}, headers=story.key())
    assert (up.status_code, code(up)) == (422, "invalid-input")


async def test_what_somebody_wrote_is_on_no_topic_and_in_no_journal(story: Story) -> None:
    campaign = await story.launched()
    path = (await story.report(campaign, summary=SUMMARY)).headers["Location"]
    await story.praha.post(f"{path}/contributions", json={"language": "cs", "text": SUMMARY}, headers=story.key())
    await story.moderator.post(f"{path}/contributions/1/moderation", json={"status": "approved"}, headers=story.key())
    await story.network.settle()
    records = [record for topic in story.network.log.topics.values() for part in topic for record in part]
    assert len(records) > 20
    assert not any("Novák" in str(record.value, "utf-8") for record in records if record.value)
    store = story.network.runtimes["campaign"].store
    for name in ("journal", "rounds"):
        assert "Novák" not in json.dumps(await store.collection(name).find({}), ensure_ascii=False)


# ---- totals


async def test_small_rounds_are_hidden_everywhere_at_once(story: Story) -> None:
    """Two networks that differ only in how many people a small room had look the same from outside."""
    campaign = await story.launched()
    await story.report(campaign)
    await story.report(campaign, by=story.office, center=MUENCHEN, headcount=4)
    totals = (await story.anyone.get(f"/campaigns/{campaign}/totals")).json()
    assert totals["all"] == {"rounds": 2, "small_rounds": 1, "centers": 2, "people": 23}
    germany = next(count for count in totals["by_country"] if count["country"] == "DE")
    assert germany["people"] is None
    for event in story.network.events("campaign.discussion-round.v1"):
        assert event.data["snapshot"]["headcount"] in (None, 23)


async def test_the_totals_are_a_table_too(story: Story) -> None:
    campaign = await story.launched()
    await story.report(campaign)
    answer = await story.anyone.get(f"/campaigns/{campaign}/totals.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert next(csv.DictReader(StringIO(answer.text)))["people"] == "23"


@pytest.mark.parametrize(
    ("query", "label", "words"),
    [
        ("", "Czechia", "people: 23, rounds: 1"),
        ("?language=de", "Tschechien", "Menschen: 23, Runden: 1"),
        ("?by=questionnaire&language=cs", "Zapojení otců", "lidé: 23, kruhy: 1"),
    ],
)
async def test_the_totals_are_a_picture_too(story: Story, query: str, label: str, words: str) -> None:
    campaign = await story.launched()
    await story.report(campaign)
    answer = await story.anyone.get(f"/campaigns/{campaign}/totals.svg{query}")
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert "script" not in answer.text
    root = ElementTree.fromstring(answer.text)
    shown = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert label in shown
    assert "23" in shown
    assert f"{label}: {words}" in (root.findtext("{http://www.w3.org/2000/svg}desc") or "")


@pytest.mark.parametrize("path", ["totals", "totals.csv", "totals.svg"])
async def test_totals_are_sent_again_when_a_round_has_come_or_changed(story: Story, path: str) -> None:
    campaign = await story.launched()
    entered = (await story.report(campaign)).headers["Location"]
    first = await story.anyone.get(f"/campaigns/{campaign}/{path}")
    known = {"If-None-Match": first.headers["ETag"]}
    assert (await story.anyone.get(f"/campaigns/{campaign}/{path}", headers=known)).status_code == 304
    await story.report(campaign, session=2, headcount=7)
    second = await story.anyone.get(f"/campaigns/{campaign}/{path}", headers=known)
    assert second.status_code == 200
    assert "30" in second.text
    correction = {"reason": "miscounted", "headcount": 33}
    await story.praha.patch(entered, json=correction, headers={**story.key(), "If-Match": "*"})
    await story.network.settle()
    assert "40" in (await story.anyone.get(f"/campaigns/{campaign}/{path}")).text


async def test_totals_of_nothing_are_not_found(story: Story) -> None:
    assert (await story.anyone.get("/campaigns/nothing/totals")).status_code == 404


async def test_the_view_rebuilt_from_the_topics_is_the_same(story: Story) -> None:
    campaign = await story.launched()
    path = (await story.report(campaign)).headers["Location"]
    await story.report(campaign, session=2, headcount=3)
    await story.praha.patch(
        path, json={"reason": "miscounted", "headcount": 30}, headers={**story.key(), "If-Match": "*"}
    )
    await story.network.settle()
    runtime = story.network.runtimes["campaign"]
    before = await runtime.store.collection("rounds").find({})
    totals = (await story.anyone.get(f"/campaigns/{campaign}/totals")).content
    await runtime.store.collection("rounds").drop()
    await runtime.republish()
    await story.network.settle()
    assert await runtime.store.collection("rounds").find({}) == before
    assert (await story.anyone.get(f"/campaigns/{campaign}/totals")).content == totals
