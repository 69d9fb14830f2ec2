"""What the network looked like on a past day: as a list, as numbers, and for one center with the reasons.

The list and the numbers come from the `PastMap` that each process holds; one center's day is read from the journal.
Whatever a center hides today it hides on every past day.
"""

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from services.directory.api.centers import Centers
from services.directory.api.hiding import former_day
from services.directory.api.rights import AskerDep
from services.directory.api.views import CenterId
from services.directory.domain.center import Center
from services.directory.views.timeline import PastCenter, PastMap, PastPlace, Timeline, by_name
from shared.aggregate import NotFound
from shared.clock import Instant
from shared.commands import Repository
from shared.days import not_in_the_future
from shared.events.directory.center import (
    CenterStatus,
    Check,
    CountryCode,
    LanguageCode,
    OfferedService,
)
from shared.http import APIRouter, Page, PagingDep, WorldDep, part_of
from shared.security import public

router = APIRouter(prefix="/centers/{center_id}/days", tags=["past days"])

On = Annotated[date | None, Query(description="A past day: the network as it was then.", examples=["2006-11-10"])]
"""For the routes that can answer for a past day; `not_in_the_future` refuses what has not begun."""


class NotThereYet(NotFound):
    """The center did not exist yet on that day."""

    code = "not-there-yet"


# ---- what goes out


class PastCenterView(BaseModel):
    """A center as it was on a day, as far as it shows that today."""

    id: str
    name: str
    names: dict[LanguageCode, str]
    kind: str
    place: PastPlace
    languages: tuple[LanguageCode, ...]
    services: tuple[OfferedService, ...]
    founded: int | None
    status: CenterStatus
    successor: str | None
    check: Check | None = Field(description="Null where nobody had confirmed the profile by then.")
    verified_on: date | None
    recorded: Instant = Field(description="When the newest fact was entered that is known of it up to that day.")

    @classmethod
    def of(cls, past: PastCenter) -> "PastCenterView":
        """Everything there is to show of it."""
        return cls(**{field: getattr(past, field) for field in cls.model_fields})


class PastPage(Page[PastCenterView]):
    """A part of the list of the centers there were on a day."""

    on: date
    as_of: Instant | None = Field(
        description="When the newest fact up to that day was entered, of whatever center; null when there is none. "
        "While it stays, so does the answer; only what is entered late for that day or before, or what a center hides "
        "or shows today, can change it."
    )


class PastCountryCount(BaseModel):
    """How many centers a country had on a day, by their status then."""

    country: CountryCode
    active: int
    paused: int
    closed: int


class PastCountries(BaseModel):
    """Every country with a center on that day, in the order of their codes."""

    items: list[PastCountryCount]
    centers: int = Field(description="Active and paused centers in all countries.")
    on: date
    as_of: Instant | None = Field(description="As in the list of centers of that day.")


class Because(BaseModel):
    """The event that says so."""

    version: int
    event: str = Field(examples=["CenterClosed"])
    happened: Instant
    recorded: Instant = Field(description="When it was entered.")


class CenterDay(BaseModel):
    """A center on a day, and for each aspect of it the event that gave it this value."""

    on: date
    center: PastCenterView
    because: dict[str, Because] = Field(description="`status`, `place`, `name` …, `check`, and `service <offer>`.")


# ---- for the routes that list and count


async def past_page(
    past: PastMap,
    centers: Repository[Center],
    day: date,
    paging: PagingDep,
    country: str | None = None,
    status: CenterStatus | None = None,
) -> PastPage:
    """The centers there were on ``day``, by name; ``country`` and ``status`` are those they had then.

    What a center hides is asked of its own document, so it is hidden from the very moment it asks for it.
    """
    found, cursor = part_of(past.on(day, country, status), by_name, ["past", day, country, status], paging)
    present = await centers.find({"_id": {"$in": [center.id for center in found]}})
    by_id = {loaded.aggregate.id: loaded.aggregate for loaded in present}
    items = [PastCenterView.of(former_day(center, by_id[center.id])) for center in found if center.id in by_id]
    page = PastPage(items=items, next=cursor, on=day, as_of=past.as_of(day))
    paging.answer(page)
    return page


def past_countries(past: PastMap, day: date) -> PastCountries:
    """How many centers there were on ``day``, by country and status then."""
    counts = past.count(day)
    items = [
        PastCountryCount(country=country, **{status.value: counts[country, status] for status in CenterStatus})
        for country in sorted({country for country, _ in counts})
    ]
    centers = sum(item.active + item.paused for item in items)
    return PastCountries(items=items, centers=centers, on=day, as_of=past.as_of(day))


# ---- one center


@router.get("/{day}", dependencies=[public(rate="120/minute")])
async def get_center_on_a_day(
    center_id: CenterId,
    day: Annotated[date, Path(examples=["2006-11-10"])],
    asker: AskerDep,
    centers: Centers,
    world: WorldDep,
) -> CenterDay:
    """How a center was on a day, and which events say so.

    404 `not-there-yet` before its first day (``since``), 422 `in-the-future` for a day that has begun nowhere yet.

    While it is hidden, only its people learn where it was and what it was called.
    """
    not_in_the_future(day, world.clock.now())
    center = (await centers.get(center_id)).aggregate
    timeline = Timeline(center_id)
    for entry in await centers.history(center_id, limit=10**9):
        timeline.apply(entry.record)
    past = timeline.on(day)
    if past is None:
        raise NotThereYet("the center did not exist yet on that day", since=timeline.begins)
    because = {
        aspect: Because(version=fact.sequence, event=fact.event, happened=fact.happened, recorded=fact.recorded)
        for aspect, fact in timeline.explain(day).items()
    }
    seen = past if asker.is_its_people(center) else former_day(past, center)
    return CenterDay(on=day, center=PastCenterView.of(seen), because=because)
