"""The taxonomy of topics, for whoever offers or asks."""

from pydantic import BaseModel

from services.exchange.taxonomy.topics import VERSION, topics
from shared.http import APIRouter, ETag
from shared.security import public

router = APIRouter(prefix="/topics", tags=["topics"])


class Topic(BaseModel):
    """One topic of exchange."""

    code: str
    name: dict[str, str]


class Topics(BaseModel):
    """The list in its present version."""

    version: int
    topics: list[Topic]


@router.get("", dependencies=[public("120/minute")])
async def list_topics(etag: ETag) -> Topics:
    """What centers learn from one another, with names in English, German and Czech."""
    etag.set(VERSION)
    return Topics(version=VERSION, topics=[Topic(code=code, name=name) for code, name in topics().items()])
