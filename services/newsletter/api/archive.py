"""/archive: what was sent, for everybody to read."""

from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from services.newsletter.api.dependencies import Issues
from services.newsletter.domain.issue import Issue
from services.newsletter.rendering import ISSUE_POLICY
from services.newsletter.rendering import issue as render
from shared.aggregate import NotFound
from shared.clock import Instant
from shared.commands import Loaded
from shared.events.newsletter import IssueStatus, LanguageTag
from shared.http import APIRouter, Page, PagingDep, paginate
from shared.security import public

router = APIRouter(prefix="/archive", tags=["archive"])


class Sent(BaseModel):
    """An issue that was sent."""

    id: str
    titles: dict[LanguageTag, str]
    sent_at: Instant | None

    @classmethod
    def of(cls, loaded: Loaded[Issue]) -> "Sent":
        """The entry of an issue."""
        issue = loaded.aggregate
        return cls(
            id=issue.id,
            titles={language: text.title for language, text in issue.texts.items()},
            sent_at=issue.sent_at,
        )


@router.get("", dependencies=[public(rate="120/minute")])
async def list_sent(issues: Issues, paging: PagingDep) -> Page[Sent]:
    """The issues that were sent, the newest first."""
    where = {"state.status": IssueStatus.SENT.value}
    return await paginate(issues.find, where, paging, Sent.of, sort=[("state.sent_at", -1)])


@router.get("/{issue_id}", dependencies=[public(rate="120/minute")], response_class=HTMLResponse)
async def read_sent(issue_id: str, issues: Issues, language: LanguageTag = "en") -> HTMLResponse:
    """One issue in the asked language, or the best there is. 404 unless it was sent."""
    issue = (await issues.get(issue_id)).aggregate
    if issue.status is not IssueStatus.SENT:
        raise NotFound("there is no such issue", id=issue_id)
    shown = issue.language_for(language)
    _, html = render(issue, shown, None)
    return HTMLResponse(html, headers={"Content-Security-Policy": ISSUE_POLICY, "Content-Language": shown})
