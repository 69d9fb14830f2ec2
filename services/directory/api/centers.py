"""Centers: register, read, edit, and everything that happens to the house as a whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.directory.api.hiding import former_snapshot
from services.directory.api.history import After, Chronicle, Limit, chronicle
from services.directory.api.rights import EVERYBODY, ITS_PEOPLE, AskerDep, CountryCaller
from services.directory.api.views import CenterId, CenterView
from services.directory.domain.center import Center, looks_like
from services.directory.domain.place import Place
from services.directory.domain.profile import Profile, ProfileChange
from services.directory.domain.spells import Day
from services.directory.places import with_time_zone
from shared.aggregate import Refusal
from shared.commands import Receipt, Repository
from shared.events.directory.center import CenterSnapshot, CenterStatus, LocationVisibility
from shared.http import APIRouter, CommandDep, EditDep, ETag, repository
from shared.ids import derived_id
from shared.security import allow
from shared.store.port import Filter
from shared.taxonomy import SERVICES
from shared.text import Name

router = APIRouter(prefix="/centers", tags=["centers"])
Centers = Annotated[Repository[Center], Depends(repository(Center))]
CenterReceipt = Receipt[CenterSnapshot]

ExternalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$")]
Happened = Annotated[Day | None, Field(description="The day it happened, if that was before today (late entry).")]


class PossibleDuplicate(Refusal):
    """The directory has a center that looks like this one; ``twins`` are where."""

    code = "possible-duplicate"


# ---- what comes in


class Registration(Profile):
    """A center to be registered: its profile, its place, and what it offers from the start.

    With an ``external_id`` (from an older list, such as ``list-2009:CZ-17``) the center's id is derived from it, so the
    same row never makes two centers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{
        "external_id": "list-2009:CZ-17",
        "name": "Mateřské centrum Kamínek",
        "names": {"en": "Pebble Mother Center"},
        "kind": "mother-center",
        "languages": ["cs", "uk"],
        "founded": 1992,
        "place": {
            "country": "CZ", "region": "Praha", "town": "Praha", "town_point": {"lat": 50.09, "lon": 14.42},
            "postal_code": "190 00", "street": "Na Příkladu 5", "point": {"lat": 50.10417, "lon": 14.49251},
        },
        "location_visibility": "town",
        "contact": {"email": "office@kaminek.example.org", "website": "https://kaminek.example.org/"},
        "services": ["open-cafe", "baby-group"],
        "verified_on": "2026-02-14",
    }]})  # fmt: skip

    place: Place
    location_visibility: LocationVisibility = LocationVisibility.TOWN
    discreet_name: Name | None = Field(default=None, description="What it is called while hidden; without the town.")
    services: Annotated[tuple[str, ...], Field(max_length=100, description="Codes from /taxonomy/services.")] = ()
    verified_on: Day | None = Field(default=None, description="When all this was last known to be true; else today.")
    opened_on: Day | None = Field(
        default=None, description="When the doors opened; else the first day of the founding year, else today."
    )
    external_id: ExternalId | None = None

    def profile(self) -> Profile:
        """The part of it that is the center's profile."""
        return Profile.model_validate({field: getattr(self, field) for field in Profile.model_fields})

    def center(self, id: str, now: datetime) -> Center:
        """The center that is registered by it. Refuses as `Center.register` does, and unknown services."""
        return Center.register(
            id,
            self.profile(),
            with_time_zone(self.place),
            self.location_visibility,
            now,
            discreet_name=self.discreet_name,
            services=[SERVICES.known(code) for code in self.services],
            verified_on=self.verified_on,
            opened_on=self.opened_on,
            external_id=self.external_id,
        )

    def center_without(self, twins: Sequence[str], id: str, now: datetime) -> Center:
        """The same, but `PossibleDuplicate` where there are ``twins``; asked when it is entered, so that the repeat of
        a registration gets its answer whatever twins it has got since."""
        if twins:
            raise PossibleDuplicate("the directory has a center that looks like this one", twins=twins)
        return self.center(id, now)


class Input(BaseModel):
    """A body with exactly the fields that are documented."""

    model_config = ConfigDict(extra="forbid")


class Relocation(Input):
    """Where the center is now. The whole place: what is left out is unknown from now on."""

    place: Place
    on: Happened = None


class Visibility(Input):
    """How much of its place a center shows, and what it is called while hidden (without a word of its town)."""

    location_visibility: LocationVisibility
    discreet_name: Name | None = None


# ---- register and read


@router.post("", status_code=201, dependencies=[allow("coordinator", "office")])
async def register_center(
    body: Registration,
    caller: CountryCaller,
    centers: Centers,
    command: CommandDep,
    force: Annotated[bool, Query(description="Register it although one that looks like it is there.")] = False,
) -> CenterReceipt:
    """The office, or the coordinator of its country or national network, registers a center.

    409 `already-exists` when another request has taken the same ``external_id`` over; the problem's ``id`` is the
    center's. 409 `possible-duplicate` when there is an open center of the same name in the same town, or with the
    same registration number: ``twins`` are where; with ``force`` it is registered anyway. 422 for an unknown service
    or topic (``nearest`` holds what may be meant), for a day or year in the future, for a missing town, or for a
    discreet name that tells the town.
    """
    caller.coordinating(body.place.country)
    id = centers.id_of(command, derived_id("center", body.external_id) if body.external_id else None)
    twins = [] if force else await twins_of(body, id, centers)
    return await centers.create(command, lambda id, now: body.center_without(twins, id, now), id=id)


async def twins_of(body: Registration, id: str, centers: Centers) -> list[str]:
    """Where open centers are that look like it. A look before the write: of two that come at the same moment both may
    pass, and are merged later."""
    alike: list[Filter] = [{"state.looks_like": looks_like(body, body.place)}] if body.place.town else []
    if body.registration_number:
        number = {"state.profile.registration_number": body.registration_number}
        alike.append({**number, "state.place.country": body.place.country})
    if not alike:
        return []
    open_ones = {"$or": alike, "state.status": {"$ne": CenterStatus.CLOSED.value}, "_id": {"$ne": id}}
    return [f"/centers/{loaded.aggregate.id}" for loaded in await centers.find(open_ones, limit=5)]


@router.get("/{center_id}", dependencies=EVERYBODY)
async def get_center(
    center_id: CenterId, asker: AskerDep, centers: Centers, etag: ETag, response: Response
) -> CenterView:
    """A center as the caller may see it: everybody by its location visibility, its own people in full."""
    loaded = await centers.get(center_id)
    response.headers["Vary"] = "Authorization"
    etag.set(loaded.version)
    return CenterView.of(loaded, asker)


@router.get("/{center_id}/history", dependencies=EVERYBODY)
async def get_history(
    center_id: CenterId, asker: AskerDep, centers: Centers, after: After = 0, limit: Limit = 50
) -> Chronicle[CenterSnapshot]:
    """What happened to a center, the oldest first: when, when it was entered, by which role, and how it looked then.

    While a center is hidden, its former towns and names are hidden too.
    """
    center = (await centers.get(center_id)).aggregate
    if asker.is_its_people(center):
        return await chronicle(centers, center_id, after, limit)
    return await chronicle(centers, center_id, after, limit, lambda then: former_snapshot(then, center))


# ---- who and where


@router.patch("/{center_id}", dependencies=ITS_PEOPLE)
async def edit_profile(
    center_id: CenterId,
    body: Annotated[ProfileChange, Body(examples=[{"languages": ["cs", "uk", "en"], "founded": None}])],
    asker: AskerDep,
    centers: Centers,
    command: EditDep,
) -> CenterReceipt:
    """Changes the fields that are given; each replaces the old value as a whole. 409 when the center is closed."""
    return await centers.change(center_id, command, asker.allowed(lambda center, now: center.edit(body, now)))


@router.put("/{center_id}/location", dependencies=ITS_PEOPLE)
async def relocate(
    center_id: CenterId,
    body: Relocation,
    asker: AskerDep,
    caller: CountryCaller,
    centers: Centers,
    command: EditDep,
) -> CenterReceipt:
    """The center moves. Into another country only by somebody who coordinates that one too (403).

    422 `out-of-order` for a day before it last moved (``since``): where it is now is known better.
    """

    def move(center: Center, now: Any) -> None:
        if body.place.country != center.place.country:
            caller.coordinating(body.place.country)
        center.relocate(with_time_zone(body.place), now, body.on)

    return await centers.change(center_id, command, asker.allowed(move))


@router.put("/{center_id}/visibility", dependencies=ITS_PEOPLE)
async def set_visibility(
    center_id: CenterId, body: Visibility, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """Shows the place exactly, by town or not at all. 422 for a discreet name that tells the town.

    Needs no If-Match: hiding must not fail because somebody else edited the profile.
    """
    return await centers.change(
        center_id,
        command,
        asker.allowed(lambda center, _: center.show_location(body.location_visibility, body.discreet_name)),
    )
