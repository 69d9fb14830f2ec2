"""Houses that offer to host, and whom their calendars hold places for.

What a house tells its guests stays with the exchange. Nor are there names or places of centers: who needs them reads
``directory.center.v1`` by the ids given here.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream, Wire
from shared.events.exchange.terms import CountryCode, Days, LanguageCode, Round, TopicCode


class HostStatus(StrEnum):
    """What a house itself wants: guests now, not for the time being, or no longer."""

    OPEN = "open"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


class Promise(Wire):
    """A place that a calendar keeps for a visit."""

    visit: str = Field(description="Id of the visit.")
    round: Round


class HostOfferSnapshot(Snapshot):
    """A house's offer to host, and how much its calendar has promised."""

    center: str = Field(description="Id of the center; also the id of the offer.")
    country: CountryCode
    topics: tuple[TopicCode, ...] = Field(description="What it can teach.")
    languages: tuple[LanguageCode, ...] = Field(description="In which it can host.")
    capacity: int = Field(description="Most guests in the house on any day.")
    seasons: tuple[Days, ...] = Field(description="When hosting is possible; empty: all year.")
    blocked: tuple[Days, ...] = Field(description="When it is not, whatever the seasons say.")
    status: HostStatus
    barred: tuple[str, ...] = Field(
        description="Why it cannot host whatever it wants: center-paused, center-closed, check-lapsed. Empty: it can."
    )
    places_held: int = Field(description="Visits that a place is held for.")
    places_taken: int = Field(description="Visits that were confirmed. Places long past are no longer counted.")


class HostingOffered(Event):
    """A center offered to host study visits."""


class HostingChanged(Event):
    """The terms of an offer changed."""

    changed: tuple[str, ...] = Field(description="Names of the changed fields, in alphabetical order.")


class HostingPaused(Event):
    """A house hosts nobody for the time being. Its promised visits that have not begun need another host."""

    reason: str = Field(description="own-wish, center-paused, center-closed or check-lapsed.")
    promised: tuple[Promise, ...] = Field(description="Places promised for days to come.")


class HostingResumed(Event):
    """What stood in the way of hosting is gone. The house hosts again if its snapshot is open and not barred."""

    reason: str = Field(description="What is over: own-wish, center-paused, center-closed or check-lapsed.")


class HostingWithdrawn(Event):
    """A center took its offer back. Its promised visits that have not begun need another host."""

    promised: tuple[Promise, ...] = Field(description="Places promised for days to come.")


class HostingRedacted(Event):
    """Somebody who stood in the house's practical information is forgotten on their own demand."""


class PlaceHeld(Event):
    """The calendar keeps a place for a visit until the visit confirms it or lets it go."""

    visit: str
    round: Round
    days: Days
    guests: int


class PlaceRefused(Event):
    """The calendar has no place for a visit: it filled up, or hosting ended, after the house was chosen."""

    visit: str
    round: Round
    days: Days
    guests: int
    reason: str = Field(description="full, not-open or out-of-season.")


class PlaceTaken(Event):
    """A confirmed visit takes the place that was held for it."""

    visit: str
    round: Round
    days: Days
    guests: int


class PlaceReleased(Event):
    """A visit let its place go; others can have it. Also told where the place was still being asked for."""

    visit: str
    round: Round
    days: Days
    guests: int


_HOUSE = "01890a5d-ac96-774b-bcce-b302099a8057"
_VISIT = "01890a5d-ac96-774b-bcce-b302099a8059"
_DAYS = Days(first=date(2026, 9, 14), last=date(2026, 9, 17))

HOST_OFFER = Stream(
    service="exchange",
    aggregate="host-offer",
    about="Houses that host study visits, and their calendars, which own the capacity.",
    snapshot=HostOfferSnapshot(
        center=_HOUSE,
        country="DE",
        topics=("founding-a-center", "self-run-childcare"),
        languages=("de", "en"),
        capacity=6,
        seasons=(Days(first=date(2026, 3, 1), last=date(2026, 10, 31)),),
        blocked=(Days(first=date(2026, 8, 1), last=date(2026, 8, 31)),),
        status=HostStatus.OPEN,
        barred=(),
        places_held=1,
        places_taken=0,
    ),
    events=(
        HostingOffered(),
        HostingChanged(changed=("capacity", "topics")),
        HostingPaused(reason="center-closed", promised=(Promise(visit=_VISIT, round=1),)),
        HostingResumed(reason="check-lapsed"),
        HostingWithdrawn(promised=(Promise(visit=_VISIT, round=1),)),
        HostingRedacted(),
        PlaceHeld(visit=_VISIT, round=1, days=_DAYS, guests=4),
        PlaceRefused(visit=_VISIT, round=1, days=_DAYS, guests=4, reason="full"),
        PlaceTaken(visit=_VISIT, round=1, days=_DAYS, guests=4),
        PlaceReleased(visit=_VISIT, round=1, days=_DAYS, guests=4),
    ),
)
