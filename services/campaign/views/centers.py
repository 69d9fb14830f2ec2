"""What the campaign service knows of centers: a mirror of the directory's, and when the closed ones closed."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from shared.events.base import Received
from shared.events.directory.center import CENTER, CenterClosed, CenterReopened, CenterSnapshot
from shared.reactions import Intent, Mirror, policy
from shared.store.port import Document, Put, Remove
from shared.world import World

CLOSINGS = "closings"


def _keep(center: CenterSnapshot) -> Document:
    return {"name": center.name, "country": center.country, "status": center.status.value}


CENTERS = Mirror(name="centers", stream=CENTER, keep=_keep)
"""Name, country and status by center id."""


@policy(CenterClosed, CenterReopened, stream=CENTER)
async def remember_since_when_a_center_is_closed(event: Received[Any], world: World) -> Sequence[Intent]:
    """Keeps the day of a closing, which is the event's own time and stands in no snapshot."""
    day = event.record.happened.date().isoformat()
    write = Put(event.key, {"on": day}) if isinstance(event.event, CenterClosed) else Remove(event.key)
    await world.store.collection(CLOSINGS).write([write])
    return []


async def closed_on(world: World, center: str) -> date | None:
    """The day a center closed for good; None while it is open (or its closing has not arrived here yet)."""
    found = (await world.store.collection(CLOSINGS).get_many([center])).get(center)
    return date.fromisoformat(found["on"]) if found else None
