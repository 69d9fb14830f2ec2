"""Reading: ETag and ``If-None-Match`` for what changes rarely, keyset pages for what is long."""

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, Generic, Protocol, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from shared.clock import instant_text
from shared.commands import Loaded
from shared.http.problems import Problem
from shared.store.port import Filter, Order

MOST = 200
T = TypeVar("T")
Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)


class NotModified(Exception):
    """The client has this version already (304)."""

    def __init__(self, tag: str) -> None:
        self.tag = tag


class ETagSetter:
    """Gives the answer its ``ETag``, or ends the request with 304 where the client has that version already."""

    def __init__(self, response: Response, if_none_match: str | None) -> None:
        self._response = response
        self._known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]

    def set(self, version: int | str) -> None:
        """``version`` is the aggregate's version, or any text that changes when the answer does."""
        tag = f'"{version}"'
        if tag in self._known or "*" in self._known:
            raise NotModified(tag)
        self._response.headers["ETag"] = tag

    def of(self, content: str) -> None:
        """The same for an answer that is its own version."""
        self.set(sha256(content.encode()).hexdigest()[:32])


async def _etag(
    response: Response, if_none_match: Annotated[str | None, Header(alias="If-None-Match", examples=['"7"'])] = None
) -> ETagSetter:
    return ETagSetter(response, if_none_match)


ETag = Annotated[ETagSetter, Depends(_etag)]
"""In a route that reads one thing: ``etag: ETag``, then ``etag.set(loaded.version)``."""


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    next: str | None = Field(description="Give it as `cursor` to get the next part; null at the end.")


class Paging:
    """Which page is asked for; `paginate` answers it."""

    def __init__(self, request: Request, response: Response, etag: ETagSetter, cursor: str | None, limit: int) -> None:
        self.cursor, self.limit = cursor, limit
        self._request, self._response, self._etag = request, response, etag

    def answer(self, page: Page[Any]) -> None:
        """Sets ``ETag`` and the ``Link`` to the next page."""
        self._etag.of(page.model_dump_json())
        if page.next is not None:
            query = [(name, value) for name, value in self._request.query_params.multi_items() if name != "cursor"]
            link = f"{quote(self._request.scope['path'])}?{urlencode([*query, ('cursor', page.next)])}"
            self._response.headers["Link"] = f'<{link}>; rel="next"'


async def _paging(
    request: Request,
    response: Response,
    etag: ETag,
    cursor: Annotated[str | None, Query(description="`next` of the page before.", max_length=2000)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = 50,
) -> Paging:
    return Paging(request, response, etag, cursor, limit)


PagingDep = Annotated[Paging, Depends(_paging)]


class Find(Protocol[Item_co]):
    """`Repository.find`, or the ``find`` of a mirror."""

    async def __call__(self, where: Filter, *, sort: Order, limit: int) -> Sequence[Item_co]: ...


async def paginate(
    find: Find[Item], where: Filter, paging: Paging, view: Callable[[Item], T], sort: Order = (("_id", 1),)
) -> Page[T]:
    """One page of what matches ``where``, each item as its ``view``, in the order of ``sort`` and then ``_id``.

    Whoever follows the pages sees everything that was there all the time exactly once, whatever else comes or goes.
    ``sort`` names ``_id`` and scalar fields (of an aggregate: below ``state.``). 400 for a cursor that does not
    belong to this list and filter.
    """
    order = [*sort, *([] if any(field == "_id" for field, _ in sort) else [("_id", 1)])]
    digest = sha256(json.dumps([where, order], sort_keys=True, default=str).encode()).hexdigest()[:16]
    wanted: Filter = where
    if paging.cursor is not None:
        beyond = _beyond(order, _read_cursor(paging.cursor, digest))
        wanted = {"$and": [where, beyond]} if where else beyond
    found = await find(wanted, sort=order, limit=paging.limit + 1)
    shown = found[: paging.limit]
    more = len(found) > paging.limit
    cursor = _write_cursor(digest, [_value_of(shown[-1], field) for field, _ in order]) if more else None
    page = Page[Any](items=[view(item) for item in shown], next=cursor)
    paging.answer(page)
    return page


def part_of(
    items: Sequence[Item], key: Callable[[Item], tuple[str | int, ...]], about: object, paging: Paging
) -> tuple[Sequence[Item], str | None]:
    """The part of a list in memory that is asked for, and the cursor of the next one.

    ``items`` stand in the order of ``key``, which no two share; ``about`` is what the list depends on (its filters).
    400 for a cursor that does not belong to this list. The caller gives the page made of it to `Paging.answer`.
    """
    digest = sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()[:16]
    start = 0
    if paging.cursor is not None:
        after = tuple(_read_cursor(paging.cursor, digest))
        try:
            start = bisect_right(items, after, key=key)
        except TypeError:  # a forged one, with a number where there is text
            raise _malformed() from None
    shown = items[start : start + paging.limit]
    more = start + len(shown) < len(items)
    return shown, _write_cursor(digest, key(shown[-1])) if more else None


def _beyond(order: Order, values: Sequence[Any]) -> Filter:
    """What comes after ``values`` in ``order``; a missing field comes before every value, as in the store."""
    if len(values) != len(order):
        raise _malformed()
    choices: list[Filter] = []
    for index, ((field, direction), value) in enumerate(zip(order, values, strict=True)):
        same = {earlier: values[place] for place, (earlier, _) in enumerate(order[:index])}
        if direction > 0:
            choices.append({**same, field: {"$ne": None} if value is None else {"$gt": value}})
        elif value is not None:
            choices.append({**same, field: {"$lt": value}})
            choices.append({**same, field: None})
    return {"$or": choices}


def _write_cursor(digest: str, values: Sequence[Any]) -> str:
    text = json.dumps([digest, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, digest: str) -> list[Any]:
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or found[:1] != [digest] or not all(map(_storable, found)):
        raise _malformed()
    return found[1:]


def _malformed() -> Problem:
    return Problem(400, "cursor-malformed", "this cursor does not belong to this list with these filters")


def _storable(value: object) -> bool:
    """Whether this is one plain value the store can compare with; a forged cursor may hold anything, operators too."""
    if isinstance(value, str):
        return all(not "\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, int | float):
        return -(2**63) <= value < 2**63
    return value is None


def _value_of(item: object, field: str) -> Any:
    """The value of a sort field, as the store has it."""
    if isinstance(item, Loaded):
        item = {
            "_id": item.aggregate.id,
            "version": item.version,
            "changed": instant_text(item.changed),
            "state": item.aggregate.model_dump(mode="json"),
        }
        if field.partition(".")[0] not in item:
            raise ValueError(f"a list of aggregates cannot be paged by {field}")
    for step in field.split("."):
        item = item.get(step) if isinstance(item, Mapping) else None
    return item
