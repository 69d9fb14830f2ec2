"""How much of what guests saw is really done at home: proven, not claimed."""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel

from services.exchange.api.models import CenterId, CountryCode, TopicCode
from services.exchange.domain.commitment import Commitment
from services.exchange.domain.proof import Tally, tallied
from shared.commands import Repository
from shared.http import APIRouter, ETag, WorldDep, repository
from shared.security import public
from shared.taxonomy import TOPICS

router = APIRouter(prefix="/adoption", tags=["adoption"])
Commitments = Annotated[Repository[Commitment], Depends(repository(Commitment))]


class TopicTally(Tally):
    """What became of the commitments about one topic."""

    topic: str


class HostTally(Tally):
    """What became of the commitments that guests of one house made."""

    host: str


class AdoptionView(BaseModel):
    """Counts of commitments: all, by what they are about, and by the house at which it was seen."""

    total: Tally
    topics: list[TopicTally]
    hosts: list[HostTally]


@router.get("", dependencies=[public("60/minute")])
async def get_adoption(
    commitments: Commitments,
    world: WorldDep,
    etag: ETag,
    topic: TopicCode | None = None,
    host: CenterId | None = None,
    guest_country: CountryCode | None = None,
) -> AdoptionView:
    """Of the commitments that came due: how many were adopted, adapted, dropped, and never answered.

    Small numbers are shown: they are of centers. 422 `unknown-topic` with the ``nearest`` codes.
    """
    known = TOPICS.known(topic).code if topic is not None else None
    fields = (("topic", known), ("host", host), ("guest_country", guest_country))
    where: dict[str, Any] = {f"state.{field}": value for field, value in fields if value is not None}
    found = [each.aggregate for each in await commitments.find(where)]
    now = world.clock.now()
    topics = tallied(found, lambda each: each.topic, now)
    hosts = tallied(found, lambda each: each.host, now)
    view = AdoptionView(
        total=Tally.of(found, now),
        topics=[TopicTally(topic=code, **tally.model_dump()) for code, tally in topics.items()],
        hosts=[HostTally(host=id, **tally.model_dump()) for id, tally in hosts.items()],
    )
    etag.set(sha256(view.model_dump_json().encode()).hexdigest()[:32])
    return view
