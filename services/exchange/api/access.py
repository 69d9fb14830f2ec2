"""Who may act for a center here: itself, the office, and the coordinator of its country."""

from services.exchange.domain.center import Center
from services.exchange.mirrors import CENTERS, center_from
from shared.http import Problem
from shared.security import Caller, Forbidden
from shared.world import World

_ASK_AGAIN_S = "5"


async def known_center(id: str, world: World) -> Center:
    """The exchange's copy of a center. 409 ``center-unknown`` with ``Retry-After`` while none has arrived."""
    copy = await world.mirror(CENTERS.name).get(id)
    if copy is None:
        raise Problem(
            409, "center-unknown", "the exchange does not know this center (yet)", {"Retry-After": _ASK_AGAIN_S}
        )
    return center_from(copy)


async def acting_for(center: str, caller: Caller, world: World) -> str:
    """``center``, if the caller acts for it or coordinates its country; `Forbidden` otherwise."""
    if caller.acts_for(center):
        return center
    copy = await world.mirror(CENTERS.name).get(center)
    if copy is None or not caller.coordinates(str(copy["country"])):
        raise Forbidden("this token does not act for that center")
    return center


async def may_act_for(center: str | None, caller: Caller, world: World) -> bool:
    """Whether `acting_for` would let this caller; a public one never."""
    if center is None or caller.is_public:
        return False
    try:
        await acting_for(center, caller, world)
    except Forbidden:
        return False
    return True
