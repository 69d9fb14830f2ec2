"""How HSDS is asked for a list, and how it is answered: filters, pages by number, or everything line by line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Annotated, Literal, TypeVar

from fastapi import Depends, Query, Response

from services.directory.api.open_data import streamed
from services.directory.hsds.records import Record, RecordPage
from services.directory.views.listing import Listing, Row, Wanted
from shared.clock import instant_text
from shared.http import ETag

USUAL, MOST = 50, 200
MOST_MINIMAL = 50_000
_AT_ONCE, _IN_A_ROW = 100, 1000
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

Found = TypeVar("Found")
T = TypeVar("T", bound=Record)

Search = Annotated[
    str | None, Query(max_length=100, description="Words of names, town or services; the last may be unfinished.")
]
Id = Annotated[str | None, Query(max_length=64)]
ModifiedAfter = Annotated[
    datetime | None, Query(description="Changed at that moment or later; UTC where it says no other offset.")
]


# ---- what is looked for


async def _wanted(
    search: Search = None,
    taxonomy_term_id: Id = None,
    taxonomy_id: Id = None,
    organization_id: Id = None,
    modified_after: ModifiedAfter = None,
) -> Wanted:
    return Wanted(
        search=search,
        organization=organization_id,
        term=taxonomy_term_id,
        taxonomy=taxonomy_id,
        modified_after=moment(modified_after),
    )


WantedDep = Annotated[Wanted, Depends(_wanted)]


def moment(given: datetime | None) -> str | None:
    """A moment as rows have it; one that no calendar here knows counts as the nearest."""
    if given is None:
        return None
    aware = given if given.tzinfo else given.replace(tzinfo=UTC)
    return instant_text(min(max(aware, _EARLIEST), _LATEST))


async def everything_found(listing: Listing, pick: Callable[[Row], Iterable[Found]]) -> list[Found]:
    """What ``pick`` takes from all rows; however many there are, other requests get their turn in between."""
    found: list[Found] = []
    for number, row in enumerate(listing.rows):
        if number % _IN_A_ROW == 0:
            await asyncio.sleep(0)
        found += pick(row)
    return found


# ---- how it is answered


class Answers:
    """How a list is answered: by one of its pages, or whole, line by line."""

    def __init__(
        self,
        response: Response,
        etag: ETag,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        per_page: Annotated[
            int | None,
            Query(ge=1, description=f"{USUAL} if not given, {MOST} at most; with `minimal` {MOST_MINIMAL}."),
        ] = None,
        format: Annotated[
            Literal["json", "ndjson"], Query(description="`ndjson`: all results without pages, one a line.")
        ] = "json",
    ) -> None:
        self._response, self._etag = response, etag
        self._page, self._per_page, self._whole = page, per_page, format == "ndjson"

    async def told(
        self,
        found: Sequence[Found],
        tell: Callable[[Sequence[Found]], Awaitable[list[T]]],
        usual: int = USUAL,
        most: int = MOST,
    ) -> RecordPage[T] | Response:
        """The answer when all this was ``found``; ``tell`` makes records of a part of it."""
        if self._whole:
            return await streamed(_lines(found, tell), "application/x-ndjson", self._response)
        size = min(self._per_page or usual, most)
        pages = ceil(len(found) / size)
        contents = await tell(found[(self._page - 1) * size : self._page * size])
        page = RecordPage[T](
            total_items=len(found),
            total_pages=pages,
            page_number=self._page,
            size=len(contents),
            first_page=self._page == 1,
            last_page=self._page >= pages,
            empty=not contents,
            contents=contents,
        )
        self._etag.of(page.model_dump_json(exclude_none=True))
        return page

    async def ready(self, records: Sequence[T]) -> RecordPage[T] | Response:
        """The answer when there are records already."""

        async def as_they_are(part: Sequence[T]) -> list[T]:
            return list(part)

        return await self.told(records, as_they_are)


AnswersDep = Annotated[Answers, Depends(Answers)]


async def _lines(found: Sequence[Found], tell: Callable[[Sequence[Found]], Awaitable[list[T]]]) -> AsyncIterator[str]:
    for start in range(0, len(found), _AT_ONCE):
        records = await tell(found[start : start + _AT_ONCE])
        yield "".join(f"{record.model_dump_json(exclude_none=True)}\n" for record in records)


def tagged(record: T, etag: ETag) -> T:
    """A single record, with its ETag; 304 where the client has it already."""
    etag.of(record.model_dump_json(exclude_none=True))
    return record
