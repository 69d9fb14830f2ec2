"""/campaigns: what is asked, and where it stands. The office plans, launches, moves on and closes."""

from datetime import date
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from services.campaign.api.questionnaires import Questionnaires
from services.campaign.domain.campaign import Campaign, Plan
from shared.aggregate import NotFound, Refusal, Why
from shared.commands import Loaded, Receipt, Repository
from shared.events.campaign import CampaignSnapshot, CampaignStatus, Slug
from shared.http import APIRouter, CommandDep, EditDep, ETag, Page, PagingDep, paginate, repository
from shared.http.languages import Languages, LanguagesDep
from shared.security import Caller, Identity, allow, public
from shared.store.port import Filter

Campaigns = Annotated[Repository[Campaign], Depends(repository(Campaign))]

router = APIRouter(prefix="/campaigns", tags=["campaigns"])


class UnknownQuestionnaire(Refusal):
    """The plan names a questionnaire that is not published."""

    code = "unknown-questionnaire"
    why = Why.INVALID


class PhaseOut(BaseModel):
    """One phase, in the reader's language."""

    key: str
    title: str
    collects: bool = Field(description="rounds held in it count")
    ends: date | None = Field(description="last day; null: it ends on command")
    current: bool


class CampaignView(BaseModel):
    """A campaign, in the reader's language."""

    id: str
    status: CampaignStatus
    language: str = Field(description="of title and question, unless one of them has another one only")
    languages: list[str]
    title: str
    question: str
    phases: list[PhaseOut]
    questionnaires: list[str]
    opens: date = Field(description="first day on which a round counts")
    collected_until: date | None = Field(description="last day on which a round counts; null while no end is set")

    @classmethod
    def of(cls, campaign: Campaign, languages: Languages) -> "CampaignView":
        """Each text in the best language that it has for this reader."""
        plan = campaign.plan
        return cls(
            id=campaign.id,
            status=campaign.status,
            language=languages.choose(plan.title),
            languages=list(plan.title),
            title=languages.text(plan.title),
            question=languages.text(plan.question),
            phases=[
                PhaseOut(
                    key=phase.key,
                    title=languages.text(phase.title),
                    collects=phase.collects,
                    ends=phase.ends,
                    current=phase == campaign.phase,
                )
                for phase in plan.phases
            ],
            questionnaires=plan.questionnaires,
            opens=plan.opens,
            collected_until=campaign.last_day,
        )


class Advance(BaseModel):
    """Which phase to leave, so that a second click does not leave the next one too."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"leaving": "collect"}]})

    leaving: Slug


def visible(loaded: Loaded[Campaign], caller: Identity) -> Campaign:
    """The campaign, if ``caller`` may know of it: a draft is the office's own."""
    if loaded.aggregate.status == CampaignStatus.DRAFTED and not caller.has("office"):
        raise NotFound("there is no campaign with this id", id=loaded.aggregate.id)
    return loaded.aggregate


@router.get("", dependencies=[public(rate="120/minute")])
async def list_campaigns(
    campaigns: Campaigns,
    caller: Caller,
    paging: PagingDep,
    languages: LanguagesDep,
    status: CampaignStatus | None = None,
) -> Page[CampaignView]:
    """Campaigns, the latest first; drafts for the office only."""
    where: list[Filter] = [{"state.status": status.value}] if status else []
    if not caller.has("office"):
        where.append({"state.status": {"$ne": CampaignStatus.DRAFTED.value}})

    def view(loaded: Loaded[Campaign]) -> CampaignView:
        return CampaignView.of(loaded.aggregate, languages)

    wanted = {"$and": where} if where else {}
    return await paginate(campaigns.find, wanted, paging, view, sort=[("state.plan.opens", -1)])


@router.get("/{campaign_id}", dependencies=[public(rate="120/minute")])
async def get_campaign(
    campaign_id: str, campaigns: Campaigns, caller: Caller, languages: LanguagesDep, etag: ETag
) -> CampaignView:
    """One campaign in the reader's language. A draft is not found, except by the office."""
    loaded = await campaigns.get(campaign_id)
    view = CampaignView.of(visible(loaded, caller), languages)
    etag.set(f"{loaded.version}-{view.language}")
    return view


@router.post("", status_code=201, dependencies=[allow()])
async def draft_campaign(
    body: Plan, campaigns: Campaigns, questionnaires: Questionnaires, command: CommandDep
) -> Receipt[CampaignSnapshot]:
    """Writes a campaign down. 422 when it names a questionnaire that is not published."""
    await _require_published(body, questionnaires)
    return await campaigns.create(command, lambda id, _now: Campaign.draft(id, body))


@router.get("/{campaign_id}/plan", dependencies=[allow()])
async def get_plan(campaign_id: str, campaigns: Campaigns, etag: ETag) -> Plan:
    """The plan in all its languages, to be edited; its ETag is what a change is based on."""
    loaded = await campaigns.get(campaign_id)
    etag.set(loaded.version)
    return loaded.aggregate.plan


@router.put("/{campaign_id}/plan", dependencies=[allow()])
async def revise_plan(
    campaign_id: str, body: Plan, campaigns: Campaigns, questionnaires: Questionnaires, command: EditDep
) -> Receipt[CampaignSnapshot]:
    """Replaces the plan. After the launch only texts, added questionnaires and end dates to come may differ (409)."""
    await _require_published(body, questionnaires)
    return await campaigns.change(campaign_id, command, lambda campaign, now: campaign.revise(body, now))


@router.post("/{campaign_id}/launch", dependencies=[allow()])
async def launch(campaign_id: str, campaigns: Campaigns, command: CommandDep) -> Receipt[CampaignSnapshot]:
    """Begins the first phase; from now on centers may report rounds."""
    return await campaigns.change(campaign_id, command, lambda campaign, now: campaign.launch(now))


@router.post("/{campaign_id}/advance", dependencies=[allow()])
async def advance(
    campaign_id: str, body: Advance, campaigns: Campaigns, command: CommandDep
) -> Receipt[CampaignSnapshot]:
    """Leaves the phase named and begins the next, before its end date or without one. 409 when it is in another."""
    return await campaigns.change(campaign_id, command, lambda campaign, now: campaign.advance(body.leaving, now))


@router.post("/{campaign_id}/closing", dependencies=[allow()])
async def close(campaign_id: str, campaigns: Campaigns, command: CommandDep) -> Receipt[CampaignSnapshot]:
    """Ends the campaign: nothing can be entered, corrected or withdrawn any more; what was reported stands."""
    return await campaigns.change(campaign_id, command, lambda campaign, now: campaign.close(now))


async def _require_published(plan: Plan, questionnaires: Questionnaires) -> None:
    found = await questionnaires.find({"_id": {"$in": plan.questionnaires}})
    unknown = sorted(set(plan.questionnaires) - {loaded.aggregate.id for loaded in found})
    if unknown:
        raise UnknownQuestionnaire("the plan names a questionnaire that is not published", unknown=unknown)
