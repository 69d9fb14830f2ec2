"""/issues: editors draft and translate, a second person approves, a publisher sends, pauses, cancels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from services.newsletter.api.dependencies import Deliveries, Issues, NewsItems, Person, SettingsDep
from services.newsletter.api.subscriptions import UnknownList
from services.newsletter.domain.issue import Issue, IssueText, Piece
from services.newsletter.domain.news_item import ItemText, Line, NewsItem
from services.newsletter.rendering import ISSUE_POLICY
from services.newsletter.rendering import issue as render
from services.newsletter.sending.batches import Batches
from services.newsletter.sending.mails import IssueMails, Stationery
from services.newsletter.sending.mime import Unrenderable
from services.newsletter.settings import NewsletterSettings
from services.newsletter.views.progress import Progress, progress_of
from shared.aggregate import NotFound, Refusal, Why, WrongState
from shared.clock import Instant
from shared.commands import Loaded, Receipt, Repository
from shared.events.newsletter import (
    IssueSnapshot,
    IssueStatus,
    LanguageTag,
    ListName,
    NewsItemStatus,
    Totals,
    WhenUncertain,
)
from shared.http import APIRouter, CommandDep, EditDep, ETag, Page, PagingDep, WorldDep, paginate
from shared.security import allow
from shared.store.port import Filter

router = APIRouter(prefix="/issues", tags=["issues"])
ItemId = Annotated[str, Field(max_length=64)]


class NotRenderable(Refusal):
    """No proper mail can be made of the issue (422)."""

    code = "not-renderable"
    why = Why.INVALID


class Draft(BaseModel):
    """A new issue."""

    model_config = ConfigDict(extra="forbid")

    language: LanguageTag
    title: Line = Field(examples=["Spring in our centers"])
    introduction: str = Field(min_length=1, max_length=20_000)
    items: list[ItemId] = Field(default=[], max_length=100, description="Ids of accepted news items, in order.")
    when_uncertain: WhenUncertain = Field(
        default=WhenUncertain.NEVER_TWICE,
        description="After a breakdown: leave out who may have got it already, or send again. Both are listed.",
    )
    list: ListName = "newsletter"


class Composition(BaseModel):
    """What an issue is made of."""

    model_config = ConfigDict(extra="forbid")

    items: list[ItemId] = Field(max_length=100)
    when_uncertain: WhenUncertain


class Translation(BaseModel):
    """An issue in one language."""

    model_config = ConfigDict(extra="forbid")

    title: Line
    introduction: str = Field(min_length=1, max_length=20_000)
    items: dict[ItemId, ItemText] = Field(default={}, description="Its news items in that language, by their ids.")


class Schedule(BaseModel):
    """When to send."""

    model_config = ConfigDict(extra="forbid")

    send_at: Instant


class IssueView(BaseModel):
    """An issue with all its content."""

    id: str
    version: int
    list: str
    texts: dict[LanguageTag, IssueText]
    pieces: tuple[Piece, ...]
    when_uncertain: WhenUncertain
    status: IssueStatus
    send_at: Instant | None
    sent_at: Instant | None
    totals: Totals | None

    @classmethod
    def of(cls, loaded: Loaded[Issue]) -> "IssueView":
        """The view of a loaded issue."""
        hidden = {"writers", "approved_by", "paused_from"}
        return cls(version=loaded.version, **loaded.aggregate.model_dump(exclude=hidden))


@router.post("", status_code=201, dependencies=[allow("editor")])
async def draft(
    body: Draft, issues: Issues, items: NewsItems, settings: SettingsDep, person: Person, command: CommandDep
) -> Receipt[IssueSnapshot]:
    """Begins an issue in one language. 409 when a news item in it was not accepted."""
    if body.list not in settings.lists:
        raise UnknownList("there is no such list")
    pieces = await _pieces(body.items, items)
    text = IssueText(title=body.title, introduction=body.introduction)
    return await issues.create(
        command,
        lambda id, now: Issue.draft(id, person, body.list, body.language, text, pieces, body.when_uncertain),
    )


@router.get("", dependencies=[allow("editor", "publisher")])
async def list_issues(
    issues: Issues,
    paging: PagingDep,
    status: Annotated[IssueStatus | None, Query(description="Only these.")] = None,
) -> Page[IssueView]:
    """Issues, all or with one status."""
    where: Filter = {"state.status": status.value} if status else {}
    return await paginate(issues.find, where, paging, IssueView.of)


@router.get("/{issue_id}", dependencies=[allow("editor", "publisher")])
async def get_issue(issue_id: str, issues: Issues, etag: ETag) -> IssueView:
    """One issue."""
    loaded = await issues.get(issue_id)
    etag.set(loaded.version)
    return IssueView.of(loaded)


@router.get("/{issue_id}/preview", dependencies=[allow("editor", "publisher")], response_class=HTMLResponse)
async def preview(issue_id: str, issues: Issues, language: LanguageTag = "en") -> HTMLResponse:
    """The issue as a reader of this language would see it, without the personal links."""
    issue = (await issues.get(issue_id)).aggregate
    _, html = render(issue, issue.language_for(language), None)
    return HTMLResponse(html, headers={"Content-Security-Policy": ISSUE_POLICY})


@router.put("/{issue_id}/composition", dependencies=[allow("editor")])
async def compose(
    issue_id: str, body: Composition, issues: Issues, items: NewsItems, person: Person, command: EditDep
) -> Receipt[IssueSnapshot]:
    """Chooses the news items, in their present wording. 409 once it is approved."""
    pieces = await _pieces(body.items, items)
    return await issues.change(issue_id, command, lambda issue, now: issue.compose(person, pieces, body.when_uncertain))


@router.put("/{issue_id}/texts/{language}", dependencies=[allow("editor")])
async def translate(
    issue_id: str, language: LanguageTag, body: Translation, issues: Issues, person: Person, command: EditDep
) -> Receipt[IssueSnapshot]:
    """Writes or rewrites the issue in one language. 409 once it is approved."""
    text = IssueText(title=body.title, introduction=body.introduction)
    return await issues.change(
        issue_id, command, lambda issue, now: issue.translate(person, language, text, body.items)
    )


@router.post("/{issue_id}/approval", dependencies=[allow("publisher", "editor")])
async def approve(
    issue_id: str, issues: Issues, settings: SettingsDep, person: Person, command: EditDep
) -> Receipt[IssueSnapshot]:
    """Lets it go, in the version that was read (If-Match). 403 for anybody who wrote in it."""

    def decide(issue: Issue, now: datetime) -> None:
        _render_all(issue, settings, now)
        issue.approve(person)

    return await issues.change(issue_id, command, decide)


@router.post("/{issue_id}/schedule", dependencies=[allow("publisher")])
async def schedule(issue_id: str, body: Schedule, issues: Issues, command: CommandDep) -> Receipt[IssueSnapshot]:
    """Sends itself at that time. 409 unless it is approved, 422 for a time that has passed."""
    return await issues.change(issue_id, command, lambda issue, now: issue.schedule(body.send_at, now))


@router.post("/{issue_id}/sending", dependencies=[allow("publisher")])
async def send(issue_id: str, issues: Issues, command: CommandDep) -> Receipt[IssueSnapshot]:
    """Sends it now. Its readers are those confirmed at this time. 409 unless it is approved."""
    return await issues.change(issue_id, command, lambda issue, now: issue.send())


@router.post("/{issue_id}/pause", dependencies=[allow("publisher", "editor")])
async def pause(issue_id: str, issues: Issues, command: CommandDep) -> Receipt[IssueSnapshot]:
    """Stops sending after the mails that are on their way. 409 unless it is scheduled or being sent."""
    return await issues.change(issue_id, command, lambda issue, now: issue.pause())


@router.post("/{issue_id}/resumption", dependencies=[allow("publisher")])
async def resume(issue_id: str, issues: Issues, command: CommandDep) -> Receipt[IssueSnapshot]:
    """Goes on where it was paused. 409 unless it is paused."""
    return await issues.change(issue_id, command, lambda issue, now: issue.resume())


@router.post("/{issue_id}/cancellation", dependencies=[allow("publisher")])
async def cancel(issue_id: str, issues: Issues, command: CommandDep) -> Receipt[IssueSnapshot]:
    """Ends it for good; whoever has not got it yet will not. 409 once it is sent."""
    return await issues.change(issue_id, command, lambda issue, now: issue.cancel())


@router.get("/{issue_id}/delivery", dependencies=[allow("editor", "publisher")])
async def get_delivery(issue_id: str, issues: Issues, deliveries: Deliveries, world: WorldDep) -> Progress:
    """How far sending is, up to the last announced window; and who is in doubt, by opaque ids.

    404 before sending began.
    """
    issue = (await issues.get(issue_id)).aggregate
    found = await deliveries.find({"_id": issue_id})
    return await progress_of(issue, found[0].aggregate if found else None, Batches(world.store))


async def _pieces(ids: Sequence[str], items: Repository[NewsItem]) -> tuple[Piece, ...]:
    """The items in order, as they stand now. Refuses unknown, repeated and undecided ones."""
    found = {each.aggregate.id: each.aggregate for each in await items.find({"_id": {"$in": list(ids)}})}
    missing = [id for id in ids if id not in found]
    if missing:
        raise NotFound("there is no such news item", items=missing)
    if len(set(ids)) != len(ids):
        raise WrongState("a news item stands in the issue twice")
    undecided = [id for id in ids if found[id].status not in (NewsItemStatus.ACCEPTED, NewsItemStatus.USED)]
    if undecided:
        raise WrongState("only accepted news can be told", items=undecided)
    return tuple(Piece(item=id, texts=found[id].texts) for id in ids)


def _render_all(issue: Issue, settings: NewsletterSettings, now: datetime) -> None:
    try:
        IssueMails(issue, Stationery(settings), now).compile_all()
    except Unrenderable as error:
        raise NotRenderable(str(error)) from None
