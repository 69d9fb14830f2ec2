"""/news-items: what happened in the network, and whether it is told. Editors decide."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from services.newsletter.api.dependencies import NewsItems, Person
from services.newsletter.domain.news_item import ItemText, NewsItem
from shared.commands import Loaded, Receipt
from shared.events.newsletter import LanguageTag, NewsItemSnapshot, NewsItemStatus, NewsKind, NewsRejection
from shared.http import APIRouter, CommandDep, EditDep, ETag, Page, PagingDep, paginate
from shared.security import allow
from shared.store.port import Filter

router = APIRouter(prefix="/news-items", tags=["news items"])


class NewsItemView(BaseModel):
    """A piece of news with its wording."""

    id: str
    version: int
    kind: NewsKind
    cause: str
    about: str
    centers: tuple[str, ...]
    texts: dict[LanguageTag, ItemText]
    status: NewsItemStatus
    rejection: NewsRejection | None
    issue: str | None

    @classmethod
    def of(cls, loaded: Loaded[NewsItem]) -> "NewsItemView":
        """The view of a loaded item."""
        item = loaded.aggregate
        return cls(version=loaded.version, **item.model_dump(exclude={"decided_by"}))


class Rejection(BaseModel):
    """Why something is not told."""

    model_config = ConfigDict(extra="forbid")

    reason: NewsRejection


@router.get("", dependencies=[allow("editor", "publisher")])
async def list_items(
    items: NewsItems,
    paging: PagingDep,
    status: Annotated[NewsItemStatus | None, Query(description="Only these.")] = None,
) -> Page[NewsItemView]:
    """News items, all or with one status."""
    where: Filter = {"state.status": status.value} if status else {}
    return await paginate(items.find, where, paging, NewsItemView.of)


@router.get("/{item_id}", dependencies=[allow("editor", "publisher")])
async def get_item(item_id: str, items: NewsItems, etag: ETag) -> NewsItemView:
    """One news item."""
    loaded = await items.get(item_id)
    etag.set(loaded.version)
    return NewsItemView.of(loaded)


@router.put("/{item_id}/texts/{language}", dependencies=[allow("editor")])
async def reword(
    item_id: str, language: LanguageTag, body: ItemText, items: NewsItems, command: EditDep
) -> Receipt[NewsItemSnapshot]:
    """Rewords it in one language, or adds one. 409 when it has been told in an issue."""
    return await items.change(item_id, command, lambda item, now: item.reword(language, body))


@router.post("/{item_id}/acceptance", dependencies=[allow("editor")])
async def accept(item_id: str, items: NewsItems, person: Person, command: CommandDep) -> Receipt[NewsItemSnapshot]:
    """It is to be told. 409 when it has been."""
    return await items.change(item_id, command, lambda item, now: item.accept(person))


@router.post("/{item_id}/rejection", dependencies=[allow("editor")])
async def reject(
    item_id: str, body: Rejection, items: NewsItems, person: Person, command: CommandDep
) -> Receipt[NewsItemSnapshot]:
    """It is not to be told. 409 when it has been."""
    return await items.change(item_id, command, lambda item, now: item.reject(person, body.reason))
