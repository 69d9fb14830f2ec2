"""Would it be taken? Registrations looked at by the very rules that registering applies, and entered nowhere.

For forms that tell while somebody types, and for lists before they are imported.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import cos, hypot, radians
from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, Field, SkipValidation, ValidationError

from services.directory.api.centers import Centers, Input, Registration, twins_of
from services.directory.api.offers import NewOffer
from services.directory.api.rights import Asker, CountryCaller
from services.directory.domain.center import Center, looks_like
from services.directory.domain.place import Place
from services.directory.domain.profile import Profile
from services.directory.places import odd_place
from shared.aggregate import NotFound, Refusal
from shared.commands import Repository
from shared.http import APIRouter, WorldDep
from shared.http.problems import told
from shared.ids import derived_id
from shared.security import Forbidden, Identity, allow
from shared.taxonomy import SERVICES, TOPICS, Taxonomy, UnknownTerm

MOST = 200
FAR_KM = 40
_KM_OF_A_DEGREE = 111.2

router = APIRouter(prefix="/centers", tags=["centers"])

_ODD = {"at-sea": "these coordinates are at sea", "outside-country": "these coordinates are not in the country"}


class Draft(Registration):
    """A registration, and the services that are to be offered with their terms right after it."""

    offers: Annotated[tuple[NewOffer, ...], Field(max_length=100, description="As for /centers/{id}/services.")] = ()


Unread = Annotated[Draft, SkipValidation]
"""Documented as a draft, and taken as whatever it is: what is wrong with it is the answer, no error."""


class Finding(BaseModel):
    """Something about a registration: why it would be refused, or what deserves a look."""

    code: str = Field(description="As in the problem that registering would answer.", examples=["unknown-service"])
    pointer: str = Field(description="JSON pointer into the body; empty when it is about the whole.")
    detail: str = Field(description="For people; may change.")
    nearest: list[str] = Field(default=[], description="Known codes that look like an unknown one.")


class RegistrationCheck(BaseModel):
    """What would become of a registration."""

    ok: bool = Field(description="Whether it would be taken: no problems and no twins.")
    problems: list[Finding]
    warnings: list[Finding] = Field(default=[], description="It is taken all the same.")
    exists: str | None = Field(default=None, description="Id of the center that has this `external_id` already.")
    differs: list[str] = Field(
        default=[],
        description="JSON pointers to what that center says otherwise today; what the body leaves out does not count. "
        "Only for those who may see that center in full.",
    )
    twins: list[str] = Field(default=[], description="Where centers are that look like it; `force` registers it too.")
    marks: list[str] = Field(default=[], description="Two registrations with a mark in common look like one center.")


class Drafts(Input):
    """Up to 200 registrations; each is looked at by itself."""

    items: Annotated[list[Unread], Field(max_length=MOST)]


class RegistrationChecks(BaseModel):
    """What would become of each, in their order."""

    items: list[RegistrationCheck]


@router.post("/check", dependencies=[allow("coordinator", "office")])
async def check_registration(
    body: Annotated[Unread, Body()], caller: CountryCaller, centers: Centers, world: WorldDep
) -> RegistrationCheck:
    """Says whether `POST /centers` would take this body, and what is odd about it. Nothing is written.

    A body of another form is no error here: what is wrong with it stands in ``problems``.
    """
    return await _Check(caller, centers, world.clock.now()).of(body)


@router.post("/checks", dependencies=[allow("coordinator", "office")])
async def check_registrations(
    body: Drafts, caller: CountryCaller, centers: Centers, world: WorldDep
) -> RegistrationChecks:
    """`/centers/check` for up to 200 at once. They are not compared with one another, except by their ``marks``."""
    check = _Check(caller, centers, world.clock.now())
    return RegistrationChecks(items=[await check.of(item) for item in body.items])


@dataclass(frozen=True)
class _Check:
    """Looks at registrations for one caller."""

    caller: Identity
    centers: Repository[Center]
    now: datetime

    async def of(self, body: Any) -> RegistrationCheck:
        """What would become of one."""
        try:
            draft = Draft.model_validate(body)
        except ValidationError as error:
            return RegistrationCheck(ok=False, problems=[_misshapen(each) for each in error.errors()])
        id = derived_id("center", draft.external_id) if draft.external_id else ""
        problems = list(self._problems(draft, id))
        there = await self._there(id)
        may_know = self.caller.coordinates(draft.place.country)  # a hidden twin would tell in which town it is
        twins = await twins_of(draft, id, self.centers) if may_know else []
        return RegistrationCheck(
            ok=not problems and not twins,
            problems=problems,
            warnings=list(_warnings(draft.place)),
            exists=id if there else None,
            differs=list(_differences(draft, there)) if there and Asker(self.caller).is_its_people(there) else [],
            twins=twins,
            marks=list(_marks(draft)),
        )

    def _problems(self, draft: Draft, id: str) -> Iterator[Finding]:
        """All unknown terms; when there are none, the first rule that is broken, or each offer that breaks one."""
        services = {f"/services/{n}": code for n, code in enumerate(draft.services)}
        services |= {f"/offers/{n}/service": offer.service for n, offer in enumerate(draft.offers)}
        topics = {f"/topics/{n}": code for n, code in enumerate(draft.topics)}
        unknown = [*_unknown(services, SERVICES), *_unknown(topics, TOPICS)]
        yield from unknown
        if unknown:
            return
        try:
            self.caller.coordinating(draft.place.country)
            center = draft.center(id, self.now)
        except Refusal as refusal:
            yield _finding(refusal, "/place/country" if isinstance(refusal, Forbidden) else "")
            return
        for n, offer in enumerate(draft.offers):
            try:
                center.offer(SERVICES.known(offer.service), offer.terms())
            except Refusal as refusal:
                yield _finding(refusal, f"/offers/{n}")

    async def _there(self, id: str) -> Center | None:
        try:
            return (await self.centers.get(id)).aggregate if id else None
        except NotFound:
            return None


def _misshapen(error: Mapping[str, Any]) -> Finding:
    said = told({**error, "loc": ("body", *error["loc"])})
    return Finding(code="invalid-input", pointer=said["pointer"], detail=said["detail"])


def _finding(refusal: Refusal, pointer: str) -> Finding:
    nearest = refusal.details.get("nearest", [])
    return Finding(code=refusal.code, pointer=pointer, detail=refusal.message, nearest=nearest)


def _unknown(codes: Mapping[str, str], taxonomy: Taxonomy) -> Iterator[Finding]:
    for pointer, code in codes.items():
        try:
            taxonomy.known(code)
        except UnknownTerm as unknown:
            yield _finding(unknown, pointer)


# ---- what deserves a look


def _warnings(place: Place) -> Iterator[Finding]:
    for name in ("point", "town_point"):
        point = getattr(place, name)
        if point is not None and (what := odd_place(place.country, point.lat, point.lon)):
            yield Finding(code=what, pointer=f"/place/{name}", detail=_ODD[what])
    if place.point and place.town_point:
        away = _km(place.point, place.town_point)
        if away > FAR_KM:
            detail = f"the door is {away:.0f} km away from the middle of the town"
            yield Finding(code="far-from-town", pointer="/place/point", detail=detail)


def _km(one: Any, other: Any) -> float:
    """About how far apart two points are; good enough to tell a town from another."""
    east = (one.lon - other.lon + 180) % 360 - 180
    return _KM_OF_A_DEGREE * hypot(one.lat - other.lat, east * cos(radians((one.lat + other.lat) / 2)))


# ---- what is there already


def _differences(draft: Draft, center: Center) -> Iterator[str]:
    """Pointers to what the draft says and the center says otherwise."""
    present = {
        **center.profile.model_dump(mode="json"),
        "place": center.place.model_dump(mode="json"),
        "location_visibility": center.visibility.value,
        "discreet_name": center.discreet_name,
    }
    fields = {*Profile.model_fields, "place", "location_visibility", "discreet_name"}
    yield from _other(draft.model_dump(mode="json", include=fields, exclude_unset=True, exclude_none=True), present, "")


def _other(told: Mapping[str, Any], present: Mapping[str, Any], above: str) -> Iterator[str]:
    for name, value in told.items():
        there = present.get(name)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            yield from _other(value, there, f"{above}/{name}")
        elif value != there:
            yield f"{above}/{name}"


def _marks(draft: Draft) -> Iterator[str]:
    alike: Iterable[str] = [looks_like(draft, draft.place)] if draft.place.town else []
    if draft.registration_number:
        alike = [*alike, f"{draft.place.country} {draft.registration_number}"]
    for text in alike:
        yield sha256(text.encode()).hexdigest()[:16]
