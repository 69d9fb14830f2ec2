"""What all answers of the open data have in common: for everybody alike, whoever asks, and from any web page."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse

from services.directory.settings import settings_of
from services.directory.views.listing import Listing
from shared.http import WorldDep
from shared.http.reading import ETagSetter
from shared.security import public


async def _said_of_all(world: WorldDep, response: Response) -> None:
    response.headers["Access-Control-Allow-Origin"] = "*"
    if license := settings_of(world).data_license:
        response.headers["Link"] = f'<{license}>; rel="license"'


OPEN = [public(rate="300/minute"), Depends(_said_of_all)]
"""For ``dependencies=`` of a route of the open data."""


async def _listing(world: WorldDep) -> Listing:
    return world.model(Listing)


ListingDep = Annotated[Listing, Depends(_listing)]
"""What is listed; 503 while it is still being made."""


async def _base_address(world: WorldDep, request: Request) -> str:
    return str(settings_of(world).public_url or request.base_url).rstrip("/")


BaseAddress = Annotated[str, Depends(_base_address)]
"""Where this service is reached, without a slash at the end: as its settings say, else as this request did."""


def document(text: str, media_type: str, etag: ETagSetter, response: Response) -> Response:
    """An answer that is a text, with an ETag of its own; 304 where the client has it already."""
    etag.of(text)
    return Response(text, media_type=media_type, headers=dict(response.headers))


async def streamed(parts: AsyncIterator[str], media_type: str, response: Response) -> StreamingResponse:
    """An answer that is sent while it is made; its beginning is made first, so that a database away is still a 503."""
    beginning = await anext(parts, "")

    async def whole() -> AsyncIterator[str]:
        yield beginning
        async for part in parts:
            yield part

    return StreamingResponse(whole(), media_type=media_type, headers=dict(response.headers))
