"""Centers in the forms that others' programs take: a table, a map, a contact card, schema.org; and a page for people.

What they say is what everybody may know, whoever asks.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated

import orjson
from fastapi import Depends, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from services.directory.api.centers import Centers
from services.directory.api.finding import AskedDep
from services.directory.api.open_data import OPEN, BaseAddress, ListingDep, document, streamed
from services.directory.api.views import CenterId
from services.directory.domain.center import Center
from services.directory.exports import geojson, jsonld, page, table, vcard
from services.directory.exports.entry import Entry
from services.directory.exports.wording import WORDS
from services.directory.search import Query
from services.directory.settings import settings_of
from services.directory.views.search import CenterSearch
from shared.commands import Repository
from shared.http import APIRouter, ETag, WorldDep
from shared.http.languages import LanguagesDep

router = APIRouter(prefix="/centers", tags=["open data"])

_AT_ONCE = 200


async def _found(query: Query, centers: Repository[Center], search: CenterSearch) -> AsyncIterator[list[Entry]]:
    """All centers looked for, in the order asked for, in parts, each center as it is now; one part at least."""
    cursor = None
    while True:
        result = search.index.search(replace(query, limit=_AT_ONCE, cursor=cursor))
        present = await centers.find({"_id": {"$in": list(result.ids)}})
        still = search.still_found(query, present)
        by_id = {loaded.aggregate.id: loaded for loaded in present}
        yield [Entry.of(by_id[id]) for id in result.ids if id in still]
        cursor = result.cursor
        if cursor is None:
            return


@router.get(".csv", dependencies=OPEN, response_class=StreamingResponse)
async def get_table(
    centers: Centers, world: WorldDep, listing: ListingDep, query: AskedDep, response: Response
) -> StreamingResponse:
    """Centers as CSV, with the filters of `/centers`. Its columns are those that `mine import centers` reads."""
    languages, search = listing.text_languages, world.model(CenterSearch)

    async def lines() -> AsyncIterator[str]:
        beginning = table.header(languages)
        async for entries in _found(query, centers, search):
            yield beginning + "".join(table.line(entry, languages) for entry in entries)
            beginning = ""

    response.headers["Content-Disposition"] = 'attachment; filename="centers.csv"'
    return await streamed(lines(), "text/csv; charset=utf-8; header=present", response)


@router.get(".geojson", dependencies=OPEN, response_class=StreamingResponse)
async def get_map(centers: Centers, world: WorldDep, query: AskedDep, response: Response) -> StreamingResponse:
    """Centers as GeoJSON, with the filters of `/centers`. One that does not show its place has no geometry."""
    search = world.model(CenterSearch)

    async def parts() -> AsyncIterator[str]:
        between = geojson.BEGINNING
        async for entries in _found(query, centers, search):
            for entry in entries:
                yield between + geojson.feature(entry)
                between = ",\n"
        yield (geojson.BEGINNING if between == geojson.BEGINNING else "") + geojson.END

    return await streamed(parts(), geojson.MEDIA_TYPE, response)


async def _entry(center_id: CenterId, centers: Centers) -> Entry:
    return Entry.of(await centers.get(center_id))


EntryDep = Annotated[Entry, Depends(_entry)]


async def _address(base: BaseAddress) -> str:
    return f"{base}/centers"


AddressDep = Annotated[str, Depends(_address)]
"""Where centers are to be found."""


@router.get("/{center_id}.vcf", dependencies=OPEN, response_class=Response)
async def get_card(
    entry: EntryDep, address: AddressDep, languages: LanguagesDep, etag: ETag, response: Response
) -> Response:
    """A center as vCard 4.0, in the reader's language."""
    response.headers["Content-Disposition"] = f'attachment; filename="center-{entry.id}.vcf"'
    card = vcard.vcard(entry, f"{address}/{entry.id}.vcf", languages.choose(WORDS))
    return document(card, f"{vcard.MEDIA_TYPE}; charset=utf-8", etag, response)


@router.get("/{center_id}.jsonld", dependencies=OPEN, response_class=Response)
async def get_facts(
    entry: EntryDep, address: AddressDep, languages: LanguagesDep, world: WorldDep, etag: ETag, response: Response
) -> Response:
    """A center in the words of schema.org, services by their names in the reader's language."""
    today, language = world.clock.now().date(), languages.choose(WORDS)
    facts = jsonld.jsonld(entry, f"{address}/{entry.id}.html", today, language)
    return document(orjson.dumps(facts).decode(), jsonld.MEDIA_TYPE, etag, response)


@router.get("/{center_id}.html", dependencies=OPEN, response_class=HTMLResponse)
async def get_page(
    entry: EntryDep, address: AddressDep, languages: LanguagesDep, world: WorldDep, etag: ETag, response: Response
) -> Response:
    """A center as a page for people, in the reader's language, with its schema.org facts inside."""
    license = settings_of(world).data_license
    html = page.page(entry, address, world.clock.now().date(), languages, str(license) if license else None)
    response.headers["Content-Security-Policy"] = page.POLICY
    response.headers["Content-Language"] = languages.choose(WORDS)
    return document(html, "text/html; charset=utf-8", etag, response)
