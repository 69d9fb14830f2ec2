"""What a center hides today, it hides in everything that tells how it was before."""

from services.directory.domain.center import Center
from services.directory.views.timeline import PastCenter
from shared.events.directory.center import CenterSnapshot, LocationVisibility


def former_snapshot(then: CenterSnapshot, center: Center) -> CenterSnapshot:
    """A former snapshot as everybody may see it today: where a hidden center was, and its names then, are left out."""
    if center.visibility is not LocationVisibility.HIDDEN:
        return then
    now = center.snapshot()
    gone = dict.fromkeys(("region", "town", "town_point", "registration_number", "time_zone"))
    return then.model_copy(update={"name": now.name, "names": now.names, **gone})


def former_day(then: PastCenter, center: Center) -> PastCenter:
    """A center on a past day as everybody may see it today."""
    if center.visibility is not LocationVisibility.HIDDEN:
        return then
    now = center.snapshot()
    return then.hidden(now.name, now.names)
