"""The taxonomy of topics, for whoever offers or asks."""

from shared.http import APIRouter, ETag
from shared.security import public
from shared.taxonomy import TOPICS, Taxonomy

router = APIRouter(prefix="/topics", tags=["topics"])


@router.get("", dependencies=[public("120/minute")])
async def list_topics(etag: ETag) -> Taxonomy:
    """What centers learn from one another, with names in English, German and Czech."""
    etag.set(TOPICS.version)
    return TOPICS
