"""What a visit leaves behind: the report's intentions become commitments, and end with their center.

A commitment's id is derived from the visit and the number in its report, so there is one of each, however often the
report is told of. A center that closes ends its open ones in two halves that meet: the closing ends those that are
there, and one that is made looks whether its center is still there.
"""

from collections.abc import Sequence

from services.exchange.domain.commitment import OPEN, Commitment
from services.exchange.domain.visit import Visit
from services.exchange.mirrors import is_closed
from shared.events.base import Received
from shared.events.directory.center import CENTER, CenterClosed
from shared.events.exchange.commitment import COMMITMENT, CommitmentMade
from shared.events.exchange.visit import VISIT, VisitReported
from shared.ids import derived_id
from shared.reactions import Change, Create, Intent, policy
from shared.world import World


@policy(VisitReported, stream=VISIT)
async def keep_commitments_of_a_report(event: Received[VisitReported], world: World) -> Sequence[Intent]:
    """Each thing that the guests want to adopt at home is to be asked about, half a year later."""
    visit = (await world.repository(Visit).get(event.key)).aggregate
    numbers = range(1, len(visit.report.intentions) + 1) if visit.report else ()
    return [_make(visit, number, event) for number in numbers]


def _make(visit: Visit, number: int, event: Received[VisitReported]) -> Intent:
    reported = event.record.happened
    return Create(
        Commitment,
        lambda id, _: Commitment.make(id, visit, number, reported),
        id=derived_id("commitment", visit.id, number),
    )


@policy(CenterClosed, stream=CENTER)
async def drop_commitments_when_guest_closes(event: Received[CenterClosed], world: World) -> Sequence[Intent]:
    """A closed center adopts nothing any more. Not if it is open again by now."""
    if not await is_closed(event.key, world):
        return []
    where = {"state.guest": event.key, "state.status": {"$in": sorted(OPEN)}}
    return [_drop(each.aggregate.id) for each in await world.repository(Commitment).find(where)]


@policy(CommitmentMade, stream=COMMITMENT)
async def drop_commitment_of_a_closed_guest(event: Received[CommitmentMade], world: World) -> Sequence[Intent]:
    """The guest closed while its report was taken in, and the commitment was not there yet to be dropped."""
    return [_drop(event.key)] if await is_closed(event.snapshot.guest, world) else []


def _drop(commitment: str) -> Intent:
    return Change(Commitment, commitment, lambda it, now: it.center_closed(now))


FOLLOW_UP = (
    keep_commitments_of_a_report,
    drop_commitments_when_guest_closes,
    drop_commitment_of_a_closed_guest,
)
