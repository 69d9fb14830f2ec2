"""Discussion rounds: centers report them, networks enter paper forms, everybody may read what small groups do not give
away."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self

from fastapi import Depends, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.campaign.api.campaigns import Campaigns, visible
from services.campaign.api.questionnaires import Questionnaires
from services.campaign.domain.campaign import Campaign
from services.campaign.domain.discussion_round import (
    AlreadyReported,
    Contribution,
    DiscussionRound,
    Headcount,
    Report,
    Text,
)
from services.campaign.domain.questionnaire import Questionnaire
from services.campaign.views.centers import CENTERS, closed_on
from shared.aggregate import Refusal, Why
from shared.commands import AlreadyExists, Loaded, Receipt, Repository
from shared.events.campaign import (
    ContributionStatus,
    CorrectionReason,
    Discussed,
    DiscussionRoundSnapshot,
    EnteredBy,
    LanguageTag,
    RejectionReason,
    RoundStatus,
    Slug,
    WithdrawalReason,
)
from shared.http import (
    APIRouter,
    CommandDep,
    EditDep,
    ETag,
    Page,
    PagingDep,
    WorldDep,
    paginate,
    repository,
)
from shared.ids import derived_id
from shared.security import Caller, Forbidden, Identity, allow, public
from shared.store.port import Document, Filter
from shared.world import World

Rounds = Annotated[Repository[DiscussionRound], Depends(repository(DiscussionRound))]

router = APIRouter(tags=["discussion rounds"])


class CenterUnknown(Refusal):
    """The directory's news of this center has not arrived here, or there is no such center."""

    code = "center-unknown"


class CenterWasClosed(Refusal):
    """The center had closed before this day."""

    code = "center-closed"
    why = Why.INVALID


class UnknownQuestionnaire(Refusal):
    """There is no such questionnaire."""

    code = "unknown-questionnaire"
    why = Why.INVALID


# ---- what comes in


class DiscussedIn(BaseModel):
    """A questionnaire that was talked about, as printed on the form."""

    model_config = ConfigDict(extra="forbid")

    questionnaire: Slug
    edition: int = Field(ge=1, le=1000)
    questions: list[Slug] = Field(default=[], max_length=20, description="keys; none means all of the edition")


def _once(entries: list[DiscussedIn]) -> list[DiscussedIn]:
    if len({entry.questionnaire for entry in entries}) < len(entries):
        raise ValueError("a questionnaire is named twice")
    return entries


DiscussedList = Annotated[list[DiscussedIn], Field(min_length=1, max_length=20), AfterValidator(_once)]


_REPORT_EXAMPLE: dict[str, Any] = {
    "center": "019a0c3e-7b22-7d10-9c41-5a8e6f3d2c44",
    "held": "2026-03-14",
    "session": 1,
    "headcount": 23,
    "language": "cs",
    "discussed": [{"questionnaire": "involving-fathers", "edition": 1, "questions": ["fathers-today", "first-step"]}],
    "summary": "Fathers would come on Saturdays, if there were coffee.",
}


class RoundReport(BaseModel):
    """A round as it stands on the paper form. No names, and nothing about a child."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_REPORT_EXAMPLE]})

    center: str = Field(max_length=100)
    held: date = Field(description="the day, by the center's calendar; may be weeks ago")
    session: int = Field(default=1, ge=1, le=9, description="2 for the center's second round of that day, ...")
    headcount: Headcount = Field(description="people in the room, 1 to 500; shown only from five on")
    language: LanguageTag
    discussed: DiscussedList
    summary: Text | None = Field(default=None, description="shown once a moderator let it pass")


class Correction(BaseModel):
    """What was entered wrongly; what is left out stays. The day cannot be corrected: withdraw, and report anew."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "miscounted", "headcount": 32}]}
    )

    reason: CorrectionReason
    headcount: Headcount | None = None
    language: LanguageTag | None = None
    discussed: DiscussedList | None = None


class Withdrawal(BaseModel):
    """Why the round does not count."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "wrong-date"}]})

    reason: WithdrawalReason


class NewContribution(BaseModel):
    """One more text of the room."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"language": "en", "text": "We agreed on three things."}]}
    )

    language: LanguageTag
    text: Text


class Moderation(BaseModel):
    """A decision on a text."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"status": "approved"}, {"status": "rejected", "reason": "names-a-person"}]},
    )

    status: ContributionStatus = Field(description="approved or rejected")
    reason: RejectionReason | None = Field(default=None, description="of a rejection, and only there")

    @model_validator(mode="after")
    def _decided(self) -> Self:
        if self.status == ContributionStatus.WAITING:
            raise ValueError("a decision approves or rejects")
        if (self.status == ContributionStatus.REJECTED) != (self.reason is not None):
            raise ValueError("a rejection has a reason, an approval has none")
        return self


# ---- what goes out


class ContributionText(BaseModel):
    """A text of a round."""

    number: int
    language: str
    text: str


def _texts(contributions: Sequence[Contribution], status: ContributionStatus) -> list[ContributionText]:
    """The texts that have this status."""
    return [
        ContributionText(number=entry.number, language=entry.language, text=entry.text)
        for entry in contributions
        if entry.status == status
    ]


class RoundView(BaseModel):
    """A round as everybody sees it."""

    id: str
    campaign: str
    center: str
    country: str
    held: date
    session: int
    headcount: int | None = Field(description="null when they were fewer than five")
    language: str
    discussed: list[Discussed]
    contributions: list[ContributionText] = Field(description="those that a moderator let pass")
    status: RoundStatus

    @classmethod
    def of(cls, entered: DiscussionRound) -> "RoundView":
        """Made of the public snapshot, and of the texts that were approved."""
        public_fields = entered.snapshot().model_dump(exclude={"contributions"})
        shown = _texts(entered.contributions, ContributionStatus.APPROVED)
        return cls(id=entered.id, contributions=shown, **public_fields)


class OwnRoundView(BaseModel):
    """A round as those see it who entered it: the center, its coordinator, the office."""

    id: str
    campaign: str
    center: str
    country: str
    report: Report
    entered_by: EnteredBy
    contributions: list[Contribution]
    status: RoundStatus

    @classmethod
    def of(cls, entered: DiscussionRound) -> "OwnRoundView":
        """Everything but the first version of a corrected report."""
        return cls(**entered.model_dump(exclude={"first_report"}))


class RoundLine(BaseModel):
    """A round in the public list."""

    id: str
    center: str
    center_name: str | None = Field(description="null while the directory's news of the center has not arrived")
    country: str
    held: date
    session: int
    headcount: int | None = Field(description="null when they were fewer than five")
    language: str
    questionnaires: list[str]
    texts: int = Field(description="how many approved texts it has")


class WaitingTexts(BaseModel):
    """Texts of one round that wait for a moderator, who need not know whose they are."""

    round: str
    country: str
    texts: list[ContributionText]


# ---- reporting


@router.post(
    "/campaigns/{campaign_id}/rounds",
    status_code=201,
    dependencies=[allow("center", "coordinator")],
    responses={200: {"description": "The same form was entered before", "model": Receipt[DiscussionRoundSnapshot]}},
)
async def report_round(
    campaign_id: str,
    body: RoundReport,
    caller: Caller,
    world: WorldDep,
    campaigns: Campaigns,
    questionnaires: Questionnaires,
    rounds: Rounds,
    command: CommandDep,
    response: Response,
) -> Receipt[DiscussionRoundSnapshot]:
    """Enters a round, on the day or weeks later, until the campaign is closed.

    Campaign, center, day and session say which round it is. The same form once more, under whatever key, is harmless
    (200); with other figures it is refused (409 `round-already-reported`, with a link to what stands, to be corrected).
    """
    center = await world.mirror(CENTERS.name).get(body.center)
    entered_by = may_enter(caller, body.center, center["country"] if center else None)
    campaign = visible(await campaigns.get(campaign_id), caller)
    asked = await asked_by(questionnaires, [entry.questionnaire for entry in body.discussed])
    closed = await closed_on(world, body.center)
    round_id = derived_id(
        "discussion-round", *DiscussionRound.natural_key(campaign_id, body.center, body.held, body.session)
    )
    response.headers["Location"] = f"/rounds/{round_id}"

    def report() -> Report:
        return Report(
            held=body.held,
            session=body.session,
            headcount=body.headcount,
            language=body.language,
            discussed=discussed(campaign, asked, body.discussed),
        )

    def enter(own_id: str, now: datetime) -> DiscussionRound:
        campaign.require_entry()
        campaign.require_day(body.held, now)
        country = require_center(body.center, center, closed, body.held)
        return DiscussionRound.enter(
            own_id,
            campaign=campaign_id,
            center=body.center,
            country=country,
            report=report(),
            summary=body.summary,
            entered_by=entered_by,
            now=now,
        )

    try:
        return await rounds.create(command, enter, id=round_id)
    except AlreadyExists:
        response.status_code = 200
        return await _entered_again(
            rounds, round_id, command, lambda entered: entered.enter_again(report(), body.summary)
        )


async def _entered_again(
    rounds: Rounds, id: str, command: CommandDep, decide: Callable[[DiscussionRound], None]
) -> Receipt[DiscussionRoundSnapshot]:
    try:
        return await rounds.change(id, command, lambda entered, _now: decide(entered))
    except AlreadyReported as refusal:
        refusal.details["href"] = f"/rounds/{id}"
        raise


def may_enter(caller: Identity, center: str, country: str | None) -> EnteredBy:
    """In which role ``caller`` may act for this center; `Forbidden`, or `CenterUnknown` for a coordinator of a center
    whose country has not arrived here."""
    if caller.has("center") and center in caller.centers:
        return EnteredBy.CENTER
    if caller.has("office"):
        return EnteredBy.OFFICE
    if caller.has("coordinator") and country is None:
        raise _unknown(center)
    if country is None or not caller.coordinates(country):
        raise Forbidden("this token acts neither for that center nor for the network of its country")
    return EnteredBy.NETWORK


def require_center(id: str, center: Document | None, closed: date | None, held: date) -> str:
    """The center's country. `CenterUnknown` when it has not arrived here, `CenterWasClosed` when it had closed
    before that day; what was held before stays welcome."""
    if center is None:
        raise _unknown(id)
    if closed and held > closed:
        raise CenterWasClosed("the center had closed before this day", closed=closed.isoformat())
    country: str = center["country"]
    return country


def _unknown(center: str) -> CenterUnknown:
    return CenterUnknown(
        "no such center is known here; one registered a moment ago arrives within seconds, so try again",
        center=center,
    )


async def asked_by(questionnaires: Questionnaires, ids: Sequence[str]) -> dict[str, Questionnaire]:
    """The questionnaires by id; unknown ones are left out."""
    found = await questionnaires.find({"_id": {"$in": list(ids)}})
    return {loaded.aggregate.id: loaded.aggregate for loaded in found}


def discussed(
    campaign: Campaign, asked: Mapping[str, Questionnaire], entries: Sequence[DiscussedIn]
) -> list[Discussed]:
    """What was talked about, checked against the campaign and the editions."""
    checked = []
    for entry in entries:
        if entry.questionnaire not in asked:
            raise UnknownQuestionnaire("there is no such questionnaire", questionnaire=entry.questionnaire)
        campaign.require_questionnaire(entry.questionnaire)
        checked.append(asked[entry.questionnaire].discussed(entry.edition, entry.questions))
    return checked


# ---- reading


@router.get("/campaigns/{campaign_id}/rounds", dependencies=[public(rate="120/minute")])
async def list_rounds(
    campaign_id: str,
    campaigns: Campaigns,
    rounds: Rounds,
    world: WorldDep,
    caller: Caller,
    paging: PagingDep,
    country: Annotated[str | None, Query(pattern="^[A-Z]{2}$")] = None,
) -> Page[RoundLine]:
    """The rounds that count, the latest first, as everybody may see them."""
    visible(await campaigns.get(campaign_id), caller)
    where: Filter = {"state.campaign": campaign_id, "state.status": RoundStatus.REPORTED.value}
    if country:
        where = {**where, "state.country": country}
    names: dict[str, str] = {}

    async def find(where: Filter, *, sort: Sequence[tuple[str, int]], limit: int) -> list[Loaded[DiscussionRound]]:
        found = await rounds.find(where, sort=sort, limit=limit)
        names.update(await _names(world, [loaded.aggregate.center for loaded in found]))
        return found

    return await paginate(
        find, where, paging, lambda loaded: _line(loaded.aggregate, names), sort=[("state.report.held", -1)]
    )


async def _names(world: World, centers: Sequence[str]) -> dict[str, str]:
    found = await world.mirror(CENTERS.name).get_many(sorted(set(centers)))
    return {center: kept["name"] for center, kept in found.items()}


def _line(entered: DiscussionRound, names: Mapping[str, str]) -> RoundLine:
    seen = entered.snapshot()
    return RoundLine(
        id=entered.id,
        center=seen.center,
        center_name=names.get(seen.center),
        country=seen.country,
        held=seen.held,
        session=seen.session,
        headcount=seen.headcount,
        language=seen.language,
        questionnaires=[entry.questionnaire for entry in seen.discussed],
        texts=sum(entry.status == ContributionStatus.APPROVED for entry in seen.contributions),
    )


@router.get("/rounds", dependencies=[allow("center", "coordinator")])
async def list_own_rounds(
    rounds: Rounds, caller: Caller, world: WorldDep, paging: PagingDep, center: str, campaign: str | None = None
) -> Page[OwnRoundView]:
    """All rounds of one center, withdrawn ones included, with everything that was entered."""
    known = await world.mirror(CENTERS.name).get(center)
    may_enter(caller, center, known["country"] if known else None)
    where: Filter = {"state.center": center, **({"state.campaign": campaign} if campaign else {})}
    return await paginate(
        rounds.find, where, paging, lambda loaded: OwnRoundView.of(loaded.aggregate), sort=[("state.report.held", -1)]
    )


@router.get("/rounds/{round_id}", dependencies=[public(rate="120/minute")])
async def get_round(
    round_id: str, rounds: Rounds, caller: Caller, etag: ETag, response: Response
) -> OwnRoundView | RoundView:
    """One round: in full for its center, the coordinator of its country and the office, else its public part."""
    loaded = await rounds.get(round_id)
    entered = loaded.aggregate
    own = caller.acts_for(entered.center) or caller.coordinates(entered.country)
    response.headers["Vary"] = "Authorization"
    etag.set(loaded.version)
    return OwnRoundView.of(entered) if own else RoundView.of(entered)


# ---- changing


@router.patch("/rounds/{round_id}", dependencies=[allow("center", "coordinator")])
async def correct_round(
    round_id: str,
    body: Correction,
    caller: Caller,
    campaigns: Campaigns,
    questionnaires: Questionnaires,
    rounds: Rounds,
    command: EditDep,
) -> Receipt[DiscussionRoundSnapshot]:
    """Puts right what was entered, until the campaign is closed."""
    campaign = await _campaign_of(round_id, caller, rounds, campaigns)
    asked = await asked_by(questionnaires, [entry.questionnaire for entry in body.discussed or []])

    def correct(entered: DiscussionRound) -> None:
        campaign.require_entry()
        entered.correct(
            body.reason,
            headcount=body.headcount,
            language=body.language,
            discussed=discussed(campaign, asked, body.discussed) if body.discussed else None,
        )

    return await rounds.change(round_id, command, lambda entered, _now: correct(entered))


@router.post("/rounds/{round_id}/withdrawal", dependencies=[allow("center", "coordinator")])
async def withdraw_round(
    round_id: str, body: Withdrawal, caller: Caller, campaigns: Campaigns, rounds: Rounds, command: CommandDep
) -> Receipt[DiscussionRoundSnapshot]:
    """Takes a round out of the count and removes its texts, until the campaign is closed."""
    campaign = await _campaign_of(round_id, caller, rounds, campaigns)

    def withdraw(entered: DiscussionRound) -> None:
        campaign.require_entry()
        entered.withdraw(body.reason)

    return await rounds.change(round_id, command, lambda entered, _now: withdraw(entered))


@router.post("/rounds/{round_id}/contributions", dependencies=[allow("center", "coordinator")])
async def contribute(
    round_id: str, body: NewContribution, caller: Caller, campaigns: Campaigns, rounds: Rounds, command: CommandDep
) -> Receipt[DiscussionRoundSnapshot]:
    """Adds a text of the room, a summary or a translation of it; it is shown once a moderator let it pass."""
    campaign = await _campaign_of(round_id, caller, rounds, campaigns)

    def add(entered: DiscussionRound) -> None:
        campaign.require_entry()
        entered.contribute(body.language, body.text)

    return await rounds.change(round_id, command, lambda entered, _now: add(entered))


async def _campaign_of(round_id: str, caller: Identity, rounds: Rounds, campaigns: Campaigns) -> Campaign:
    """The campaign of a round that ``caller`` may change."""
    entered = (await rounds.get(round_id)).aggregate
    may_enter(caller, entered.center, entered.country)
    return (await campaigns.get(entered.campaign)).aggregate


# ---- moderation


@router.get("/contributions", dependencies=[allow("moderator")])
async def list_waiting_contributions(rounds: Rounds, paging: PagingDep) -> Page[WaitingTexts]:
    """Texts that wait for a decision, by round."""
    where: Filter = {"state.contributions.status": ContributionStatus.WAITING.value}
    return await paginate(rounds.find, where, paging, lambda loaded: _waiting(loaded.aggregate))


def _waiting(entered: DiscussionRound) -> WaitingTexts:
    return WaitingTexts(
        round=entered.id, country=entered.country, texts=_texts(entered.contributions, ContributionStatus.WAITING)
    )


@router.post("/rounds/{round_id}/contributions/{number}/moderation", dependencies=[allow("moderator")])
async def moderate(
    round_id: str, number: int, body: Moderation, rounds: Rounds, command: CommandDep
) -> Receipt[DiscussionRoundSnapshot]:
    """Lets a text pass or not. Possible at any time, after the closing too: the last decision counts."""
    return await rounds.change(
        round_id, command, lambda entered, _now: entered.moderate(number, body.status, body.reason)
    )
