"""What an operator asks of a running service. For the office only."""

from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from shared.http.commands import APIRouter
from shared.http.problems import Problem
from shared.security import allow

router = APIRouter(prefix="/admin", tags=["operation"], dependencies=[allow("office")])


class Republish(BaseModel):
    """Which topic to publish again."""

    model_config = ConfigDict(extra="forbid")

    topic: str | None = Field(None, description="One of the service's own topics; all of them if null.")


class Retry(BaseModel):
    """Which dead letters to send again."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] | None = Field(None, max_length=1000, description="Their ids; all open ones if null.")


class Rebuild(BaseModel):
    """Which mirror or read model to make anew."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="One of the service's mirrors or read models.", examples=["centers"])


class Count(BaseModel):
    """How many it was."""

    count: int


@router.post("/republish")
async def republish(body: Republish, request: Request) -> Count:
    """Publishes the journal again, in order. Harmless to consumers, which know what they have handled."""
    try:
        return Count(count=await request.app.state.runtime.republish(body.topic))
    except KeyError:
        raise Problem(404, "no-such-topic", "this service does not own that topic") from None


@router.post("/rebuild")
async def rebuild(body: Rebuild, request: Request) -> Count:
    """Throws a mirror away and makes it anew from its topic, while the service goes on; counts the records read.

    A read model is made anew in the process that answers, from the service's own store.
    """
    try:
        return Count(count=await request.app.state.runtime.rebuild(body.name))
    except KeyError:
        raise Problem(404, "no-such-mirror", "this service has no mirror and no read model of that name") from None


@router.get("/dead-letters")
async def dead_letters(request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[dict[str, Any]]:
    """The open dead letters, the oldest first, each with its origin and the reason."""
    return [dict(letter) for letter in await request.app.state.runtime.dead_letters(limit)]


@router.post("/dead-letters/retry")
async def retry_dead_letters(body: Retry, request: Request) -> Count:
    """Sends dead letters to their topics again, once their cause is mended."""
    return Count(count=await request.app.state.runtime.retry_dead_letters(body.ids))


@router.get("/status")
async def status(request: Request) -> dict[str, Any]:
    """What the service holds and what waits."""
    found: dict[str, Any] = await request.app.state.runtime.status()
    return found
