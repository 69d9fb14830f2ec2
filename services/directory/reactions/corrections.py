"""What follows when an entry is put right: an accepted correction changes it, a duplicate is told to the other one."""

from collections.abc import Sequence

from services.directory.domain.center import Center, ClosingReason
from services.directory.domain.correction import Correction
from services.directory.domain.profile import CHANGE
from shared.events import Received
from shared.events.directory.center import CENTER, CenterClosed
from shared.events.directory.correction import CORRECTION, CorrectionAccepted
from shared.reactions import Change, Intent, policy
from shared.world import World


@policy(CenterClosed, stream=CENTER)
async def absorb_a_duplicate(event: Received[CenterClosed], world: World) -> Sequence[Intent]:
    """The entry that stays says which other one was found to be of the same center."""
    if event.event.reason != ClosingReason.DUPLICATE or event.event.successor is None:
        return []
    return [Change(Center, event.event.successor, lambda center, _: center.absorb(event.key))]


@policy(CorrectionAccepted, stream=CORRECTION)
async def change_what_was_accepted(event: Received[CorrectionAccepted], world: World) -> Sequence[Intent]:
    """An accepted correction goes into the entry; what it says stands in its own document, not in the event."""
    correction = (await world.repository(Correction).get(event.key)).aggregate
    change = CHANGE.validate_python(correction.change)
    return [Change(Center, correction.center, lambda center, now: center.edit(change, now))] if change else []


CORRECTIONS = (absorb_a_duplicate, change_what_was_accepted)
