"""The study visits, as far as the directory needs to know them: who went where, when, and whether it took place."""

from collections.abc import Mapping
from typing import Any

from services.directory.domain.initiative import InspiringVisit
from shared.events.exchange.visit import VISIT, VisitSnapshot, VisitStatus
from shared.reactions import Mirror
from shared.store.port import Document

_NEVER_TOOK_PLACE = (VisitStatus.CANCELLED, VisitStatus.NOT_HELD)


def _keep(visit: VisitSnapshot) -> Document:
    return {
        "guest": visit.guest,
        "host": visit.host,
        "first_day": visit.days.first.isoformat() if visit.days else None,
        "status": visit.status.value,
    }


VISITS = Mirror(name="visits", stream=VISIT, keep=_keep)
"""Every visit the exchange has told of."""


def inspiring(copy: Mapping[str, Any] | None) -> InspiringVisit | None:
    """The visit of this copy, if it can have led to a new center: it has a host, and is not known not to have taken
    place. Nobody has to wait until both sides have said that it did."""
    if copy is None or not (copy["host"] and copy["first_day"]) or copy["status"] in _NEVER_TOOK_PLACE:
        return None
    return InspiringVisit(id=copy["_id"], host=copy["host"], year=int(copy["first_day"][:4]))
