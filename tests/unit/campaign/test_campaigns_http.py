"""The office runs a campaign; everybody reads it in a language of their own."""

from datetime import timedelta

import pytest
from pydantic import BaseModel

from services.campaign.api.campaigns import Advance
from services.campaign.api.questionnaires import NewEdition
from services.campaign.api.rounds import Correction, Moderation, NewContribution, RoundReport, Withdrawal
from services.campaign.domain.campaign import Plan
from shared.http.app import create_app
from shared.security import unguarded_routes
from tests.unit.campaign.conftest import PLAN, Story, code

pytestmark = pytest.mark.asyncio


async def test_every_route_says_who_may_use_it(story: Story) -> None:
    assert unguarded_routes(create_app(story.network.runtimes["campaign"])) == []


@pytest.mark.parametrize(
    "model", [Plan, Advance, NewEdition, RoundReport, Correction, Withdrawal, NewContribution, Moderation]
)
async def test_every_example_in_the_documentation_would_be_accepted(model: type[BaseModel]) -> None:
    examples = model.model_json_schema()["examples"]
    assert examples
    for example in examples:
        model.model_validate(example)


async def test_a_draft_is_the_offices_own(story: Story) -> None:
    drafted = await story.office.post("/campaigns", json=PLAN, headers=story.key())
    assert drafted.status_code == 201
    path = drafted.headers["Location"]
    assert (await story.anyone.get(path)).status_code == 404
    assert (await story.praha.get(path)).status_code == 404
    assert (await story.anyone.get("/campaigns")).json()["items"] == []
    assert (await story.anyone.get("/campaigns?status=drafted")).json()["items"] == []
    assert (await story.office.get(path)).json()["status"] == "drafted"
    assert len((await story.office.get("/campaigns?status=drafted")).json()["items"]) == 1


@pytest.mark.parametrize("role", ["center", "coordinator", "moderator", "editor"])
async def test_only_the_office_drafts(story: Story, role: str) -> None:
    client = story.network.client("campaign", role)
    assert (await client.post("/campaigns", json=PLAN, headers=story.key())).status_code == 403


async def test_a_plan_with_a_questionnaire_that_is_not_published_is_refused(story: Story) -> None:
    answer = await story.office.post(
        "/campaigns", json={**PLAN, "questionnaires": ["involving-fathers", "involving-aunts"]}, headers=story.key()
    )
    assert (answer.status_code, code(answer)) == (422, "unknown-questionnaire")
    assert answer.json()["unknown"] == ["involving-aunts"]


async def test_everybody_reads_a_campaign_in_a_language_of_their_own(story: Story) -> None:
    campaign = await story.launched()
    german = await story.anyone.get(f"/campaigns/{campaign}", headers={"Accept-Language": "de-AT, en;q=0.5"})
    assert german.json()["title"] == "Wie wollen wir unsere Kinder erziehen?"
    assert german.json()["question"] == "What do families need where you live?"
    swahili = await story.anyone.get(f"/campaigns/{campaign}", headers={"Accept-Language": "sw"})
    assert swahili.json()["language"] == "en"
    assert german.headers["ETag"] != swahili.headers["ETag"]
    again = await story.anyone.get(
        f"/campaigns/{campaign}", headers={"Accept-Language": "sw", "If-None-Match": swahili.headers["ETag"]}
    )
    assert again.status_code == 304


async def test_the_calendar_moves_a_campaign_on(story: Story) -> None:
    campaign = await story.launched()
    story.network.clock.move(timedelta(days=123))  # 2 July 2026, 9:00
    await story.network.settle()
    events = story.network.events("campaign.campaign.v1", campaign)
    assert [event.type.split(".")[3] for event in events] == [
        "CampaignDrafted",
        "CampaignLaunched",
        "CampaignPhaseAdvanced",
    ]
    assert events[-1].happened.isoformat() == "2026-07-01T12:00:00+00:00"
    shown = (await story.anyone.get(f"/campaigns/{campaign}")).json()
    assert [phase["key"] for phase in shown["phases"] if phase["current"]] == ["harvest"]


async def test_the_office_revises_the_plan_it_has_read(story: Story) -> None:
    campaign = await story.launched()
    read = await story.office.get(f"/campaigns/{campaign}/plan")
    revised = {**read.json(), "title": {**read.json()["title"], "cs": "Jak chceme vychovávat své děti?"}}
    based = {"If-Match": read.headers["ETag"]}
    put = await story.office.put(f"/campaigns/{campaign}/plan", json=revised, headers={**story.key(), **based})
    assert put.status_code == 200
    stale = await story.office.put(f"/campaigns/{campaign}/plan", json=read.json(), headers={**story.key(), **based})
    assert stale.status_code == 412
    blind = await story.office.put(f"/campaigns/{campaign}/plan", json=read.json(), headers=story.key())
    assert blind.status_code == 428
    assert (await story.anyone.get(f"/campaigns/{campaign}?language=cs")).json()[
        "title"
    ] == "Jak chceme vychovávat své děti?"


async def test_a_second_click_does_not_skip_a_phase(story: Story) -> None:
    campaign = await story.launched()
    first = await story.office.post(f"/campaigns/{campaign}/advance", json={"leaving": "collect"}, headers=story.key())
    second = await story.office.post(f"/campaigns/{campaign}/advance", json={"leaving": "collect"}, headers=story.key())
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["phase"] == "harvest"


async def test_questionnaires_are_read_in_ones_own_language(story: Story) -> None:
    czech = await story.anyone.get("/questionnaires/involving-fathers", headers={"Accept-Language": "cs"})
    assert czech.json()["title"] == "Zapojení otců"
    assert czech.headers["Content-Language"] == "cs"
    assert [question["key"] for question in czech.json()["questions"]][:2] == ["fathers-today", "what-keeps-away"]
    other = await story.anyone.get("/questionnaires/involving-fathers?language=rw")
    assert other.json()["language"] == "en"
    assert (await story.anyone.get("/questionnaires/involving-fathers?edition=2")).status_code == 404
    listed = (await story.anyone.get("/questionnaires?language=de")).json()["items"]
    assert len(listed) == 7
    assert {line["language"] for line in listed} == {"de"}


async def test_the_office_publishes_an_edition_once_and_translates_it(story: Story) -> None:
    body = {
        "language": "en",
        "wording": {"title": "Grandparents", "introduction": "Talk.", "questions": {"today": "What do they do?"}},
    }
    path = "/questionnaires/grandparents/editions/1"
    first = await story.office.put(path, json=body)
    assert first.status_code == 200
    assert first.json()["events"] == ["QuestionnairePublished"]
    again = await story.office.put(path, json=body)
    assert again.json() == first.json()
    elsewhere = await story.network.client("campaign", "office", subject="another-office").put(path, json=body)
    assert (elsewhere.status_code, elsewhere.json()["events"]) == (200, [])
    other = await story.office.put(path, json={**body, "language": "de"})
    assert (other.status_code, code(other)) == (409, "edition-is-fixed")
    german = {"title": "Großeltern", "introduction": "Redet.", "questions": {"today": "Was tun sie?"}}
    assert (await story.office.put(f"{path}/translations/de", json=german)).status_code == 200
    assert (await story.praha.put(f"{path}/translations/cs", json=german)).status_code == 403
    assert (await story.anyone.get("/questionnaires/grandparents?language=de")).json()["title"] == "Großeltern"
