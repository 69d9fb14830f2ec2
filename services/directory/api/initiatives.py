"""Initiatives: propose one, accompany it, tell how far it is, open its doors or give it up."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Body, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from services.directory.api.centers import CenterReceipt, Centers, Happened, Input, Registration, twins_of
from services.directory.api.consent_wordings import Agreement, Purpose
from services.directory.api.history import After, Chronicle, Limit, chronicle
from services.directory.api.references import named_center
from services.directory.api.rights import COORDINATORS, EVERYBODY, ITS_PEOPLE, CountryCaller, withheld
from services.directory.domain.center import Center
from services.directory.domain.codes import Country
from services.directory.domain.consent import EnteredBy
from services.directory.domain.initiative import (
    AbandonmentReason,
    ContactDetails,
    Initiative,
    InitiativeContact,
    Inspiration,
    OwnWords,
)
from services.directory.domain.profile import Languages
from services.directory.views.visits import VISITS
from shared.aggregate import Refusal, Why
from shared.clock import Instant
from shared.commands import Command, Loaded, Receipt, Repository
from shared.events.directory.initiative import (
    InitiativeSnapshot,
    InitiativeStatus,
    Milestone,
)
from shared.http import APIRouter, CommandDep, EditDep, ETag, Page, PagingDep, WorldDep, paginate, repository
from shared.security import Forbidden, Identity, public
from shared.store.port import Filter, Order
from shared.text import Line
from shared.world import World

router = APIRouter(prefix="/initiatives", tags=["initiatives"])
Initiatives = Annotated[Repository[Initiative], Depends(repository(Initiative))]
InitiativeReceipt = Receipt[InitiativeSnapshot]
InitiativeId = Annotated[str, Path(max_length=64, description="Id of an initiative.")]


class UnknownVisit(Refusal):
    """The exchange has told of no visit with this id. What it told a moment ago may still be on its way."""

    code = "unknown-visit"
    why = Why.INVALID


# ---- what comes in


class NewContact(ContactDetails):
    """How to reach the initiative. At somebody's own address only with that person's consent."""

    consent: Agreement | None = None

    def entered(self, by: EnteredBy, on: date) -> InitiativeContact:
        """The contact with its consent, as of the day ``on``."""
        consent = self.consent.consent(Purpose.INITIATIVE_CONTACT, on, by) if self.consent else None
        return InitiativeContact.model_validate({**self.model_dump(exclude={"consent"}), "consent": consent})


class Proposal(Input):
    """People who want to open a center. No account is needed; contact and own words stay private."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "country": "CZ",
        "town": "Olomouc",
        "languages": ["cs"],
        "inspired_by": {"center": "2f0f7a4e-6f0a-5b8e-9b57-0f6f4e1d2c3b"},
        "contact": {
            "email": "maminky@olomouc.example.org", "personal": True,
            "consent": {"wording": 1, "language": "cs"},
        },
        "own_words": {"language": "cs", "text": "Je nás šest a chceme mít v Olomouci obývací pokoj pro všechny."},
        "on": "2026-02-20",
    }]})  # fmt: skip

    country: Country
    town: Line | None = None
    languages: Annotated[Languages, Field(min_length=1)]
    inspired_by: Inspiration = Field(default=Inspiration(), description="A visit, a center, or (empty) nobody.")
    contact: NewContact | None = None
    own_words: OwnWords | None = None
    on: Happened = None


class Revision(TypedDict, total=False):
    """Those fields that change; each replaces the old value as a whole."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    country: Country
    town: Line | None
    languages: Annotated[Languages, Field(min_length=1)]
    inspired_by: Inspiration
    own_words: OwnWords | None


class Abandonment(Input):
    """It was given up."""

    reason: AbandonmentReason
    on: Happened = None


class Resumption(Input):
    """It is taken up again."""

    on: Happened = None


class Opening(Registration):
    """The registration of the center that the initiative becomes."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{
        "name": "Mateřské centrum Heřmánek",
        "languages": ["cs"],
        "founded": 2026,
        "place": {"country": "CZ", "region": "Olomoucký kraj", "town": "Olomouc", "street": "Na Příkladu 5"},
        "contact": {"email": "office@hermanek.example.org"},
        "services": ["open-cafe"],
    }]})  # fmt: skip

    external_id: None = Field(default=None, description="A center that comes from an initiative is on no older list.")


# ---- what goes out


class InternalView(BaseModel):
    """What only its mentor, its country's coordinator and the office see."""

    contact: InitiativeContact | None
    own_words: OwnWords | None
    last_heard: date = Field(description="When something was last heard of it.")


class InitiativeView(InitiativeSnapshot):
    """An initiative. What the caller may not see is null: ``internal`` by role, the town until it was looked at.

    Once it is a center, the center alone tells where it is.
    """

    id: str
    version: int = Field(description="Also the ETag.")
    changed: Instant
    internal: InternalView | None

    @classmethod
    def of(cls, loaded: Loaded[Initiative], caller: Identity, hidden: Collection[str]) -> "InitiativeView":
        """The initiative as ``caller`` may see it, from whom the centers ``hidden`` hide their places."""
        initiative = loaded.aggregate
        shown = initiative.snapshot()
        internal = None
        if is_its_people(caller, initiative):
            shown = shown.model_copy(update={"town": initiative.town})
            internal = InternalView(
                contact=initiative.contact, own_words=initiative.own_words, last_heard=initiative.heard_on
            )
        if initiative.id in hidden:  # its center is registered, and it has not heard of that yet
            shown = shown.model_copy(update={"town": None})
        return cls(
            id=initiative.id, version=loaded.version, changed=loaded.changed, internal=internal, **shown.model_dump()
        )


# ---- who may


def is_its_people(caller: Identity, initiative: Initiative) -> bool:
    """Whether the caller is its mentor, coordinates its country, or is the office."""
    mentor = initiative.mentor
    return caller.coordinates(initiative.country) or (mentor is not None and caller.acts_for(mentor))


Decide = Callable[[Initiative, datetime], object]


def by_its_people(caller: Identity, decide: Decide) -> Decide:
    """``decide``, but `Forbidden` for anybody else. Asked of the very state that the command is about to change."""

    def decided(initiative: Initiative, now: datetime) -> None:
        if not is_its_people(caller, initiative):
            raise Forbidden("this token neither accompanies that initiative nor coordinates its country")
        decide(initiative, now)

    return decided


def by_its_network(caller: Identity, decide: Decide) -> Decide:
    """``decide``, but `Forbidden` unless the caller coordinates its country or is the office."""

    def decided(initiative: Initiative, now: datetime) -> None:
        caller.coordinating(initiative.country)
        decide(initiative, now)

    return decided


def _entered_by(caller: Identity) -> EnteredBy:
    for role in ("office", "coordinator", "center"):
        if caller.has(role):
            return role
    return "public"


def _without_digest(command: Command) -> Command:
    """No fingerprint: it would be a digest of what people told about themselves, and stay in the journal for ever."""
    return replace(command, fingerprint="")


async def _known(inspired_by: Inspiration, world: World) -> None:
    """`UnknownCenter`, `UnknownVisit`."""
    if inspired_by.center:
        await named_center(world, inspired_by.center)
    if inspired_by.visit and await world.mirror(VISITS.name).get(inspired_by.visit) is None:
        raise UnknownVisit("no visit with this id is known here (yet)", visit=inspired_by.visit)


# ---- propose and read


@router.post("", status_code=201, dependencies=[public(rate="10/hour")])
async def propose(
    body: Proposal, caller: CountryCaller, initiatives: Initiatives, world: WorldDep, command: CommandDep
) -> InitiativeReceipt:
    """Anybody proposes a new center. Its town is shown once somebody of the network has looked at it.

    422 `unknown-visit`, `unknown-center`, `consent-missing` for a personal contact without consent, `unknown-wording`,
    `in-the-future`.
    """
    await _known(body.inspired_by, world)
    by = _entered_by(caller)
    contact = body.contact.entered(by, body.on or world.clock.now().date()) if body.contact else None
    return await initiatives.create(
        _without_digest(command),
        lambda id, now: Initiative.propose(
            id,
            body.country,
            body.languages,
            now,
            town=body.town,
            inspired_by=body.inspired_by,
            contact=contact,
            own_words=body.own_words,
            on=body.on,
            taken_up=by != "public",
        ),
    )


@router.get("", dependencies=EVERYBODY)
async def list_initiatives(
    caller: CountryCaller,
    world: WorldDep,
    initiatives: Initiatives,
    paging: PagingDep,
    response: Response,
    country: Country | None = None,
    status: InitiativeStatus | None = None,
    mentor: Annotated[str | None, Query(max_length=64, description="Id of the center that accompanies it.")] = None,
) -> Page[InitiativeView]:
    """Initiatives, the newest first."""
    response.headers["Vary"] = "Authorization"
    asked = {"state.country": country, "state.status": status and status.value, "state.mentor": mentor}
    where: Filter = {field: value for field, value in asked.items() if value is not None}
    hidden: set[str] = set()

    async def find(where: Filter, *, sort: Order, limit: int) -> list[Loaded[Initiative]]:
        found = await initiatives.find(where, sort=sort, limit=limit)
        hidden.update(await withheld(world, caller, [each.aggregate.id for each in found]))
        return found

    return await paginate(
        find, where, paging, lambda loaded: InitiativeView.of(loaded, caller, hidden), sort=[("state.proposed_on", -1)]
    )


@router.get("/{initiative_id}", dependencies=EVERYBODY)
async def get_initiative(
    initiative_id: InitiativeId,
    caller: CountryCaller,
    world: WorldDep,
    initiatives: Initiatives,
    etag: ETag,
    response: Response,
) -> InitiativeView:
    """An initiative as the caller may see it."""
    loaded = await initiatives.get(initiative_id)
    response.headers["Vary"] = "Authorization"
    etag.set(loaded.version)
    return InitiativeView.of(loaded, caller, await withheld(world, caller, [initiative_id]))


@router.get("/{initiative_id}/history", dependencies=EVERYBODY)
async def get_history(
    initiative_id: InitiativeId,
    caller: CountryCaller,
    world: WorldDep,
    initiatives: Initiatives,
    after: After = 0,
    limit: Limit = 50,
) -> Chronicle[InitiativeSnapshot]:
    """What happened to an initiative, the oldest first. When its center hides, its town is hidden too."""
    hidden = initiative_id in await withheld(world, caller, [initiative_id])

    def shown(then: InitiativeSnapshot) -> InitiativeSnapshot:
        return then.model_copy(update={"town": None}) if hidden else then

    return await chronicle(initiatives, initiative_id, after, limit, shown)


# ---- what is known about it


@router.patch("/{initiative_id}", dependencies=ITS_PEOPLE)
async def revise(
    initiative_id: InitiativeId,
    body: Annotated[Revision, Body(examples=[{"town": "Olomouc", "inspired_by": {}}])],
    caller: CountryCaller,
    initiatives: Initiatives,
    world: WorldDep,
    command: EditDep,
) -> InitiativeReceipt:
    """Changes the fields that are given. 409 when it has ended; 403 to move it into a country of somebody else."""
    await _known(body.get("inspired_by", Inspiration()), world)

    def change(initiative: Initiative, now: datetime) -> None:
        if body.get("country", initiative.country) != initiative.country:
            caller.coordinating(initiative.country)
            caller.coordinating(body["country"])
        initiative.revise(body, now)

    return await initiatives.change(initiative_id, _without_digest(command), by_its_people(caller, change))


@router.put("/{initiative_id}/contact", dependencies=ITS_PEOPLE)
async def set_contact(
    initiative_id: InitiativeId,
    body: NewContact,
    caller: CountryCaller,
    initiatives: Initiatives,
    world: WorldDep,
    command: CommandDep,
) -> InitiativeReceipt:
    """Sets how it is reached. 422 `consent-missing` for a personal contact without consent; 409 when it has ended."""
    contact: Mapping[str, Any] = {"contact": body.entered(_entered_by(caller), world.clock.now().date())}
    return await initiatives.change(
        initiative_id,
        _without_digest(command),
        by_its_people(caller, lambda initiative, now: initiative.revise(contact, now)),
    )


@router.delete("/{initiative_id}/contact", dependencies=ITS_PEOPLE)
async def forget_contact(
    initiative_id: InitiativeId, caller: CountryCaller, initiatives: Initiatives, command: CommandDep
) -> InitiativeReceipt:
    """Erases its contact and its own words for good."""
    return await initiatives.change(
        initiative_id, command, by_its_people(caller, lambda initiative, _: initiative.forget_contact())
    )


# ---- how it ends


@router.post("/{initiative_id}/opening", status_code=201, dependencies=COORDINATORS)
async def open_center(
    initiative_id: InitiativeId,
    body: Opening,
    caller: CountryCaller,
    initiatives: Initiatives,
    centers: Centers,
    command: CommandDep,
    response: Response,
    force: Annotated[bool, Query(description="Open it although a center that looks like it is there.")] = False,
) -> CenterReceipt:
    """It becomes a center: registers the center under the initiative's own id and answers with its receipt.

    Its doors opened on the first open day, where that milestone was reached and nothing else is said. The initiative
    and the lineage follow within moments. 409 `already-exists` when it has become one, `wrong-state` when it was given
    up; else as for registering a center.
    """
    initiative = (await initiatives.get(initiative_id)).aggregate
    caller.coordinating(initiative.country)
    caller.coordinating(body.place.country)
    twins = [] if force else await twins_of(body, initiative.id, centers)
    first_open_day = initiative.milestones.get(Milestone.FIRST_OPEN_DAY)
    registration = body.model_copy(update={"opened_on": body.opened_on or first_open_day})
    response.headers["Location"] = f"/centers/{initiative.id}"

    def build(id: str, now: datetime) -> Center:
        given_up = initiative.status is InitiativeStatus.ABANDONED
        initiative.require(not given_up, "this initiative was given up: resume it before")
        return registration.center_without(twins, id, now)

    return await centers.create(command, build, id=initiative.id)


@router.post("/{initiative_id}/abandonment", dependencies=ITS_PEOPLE)
async def abandon(
    initiative_id: InitiativeId, body: Abandonment, caller: CountryCaller, initiatives: Initiatives, command: CommandDep
) -> InitiativeReceipt:
    """It was given up; its contact and its own words are erased. 409 when it has ended before."""
    return await initiatives.change(
        initiative_id,
        command,
        by_its_people(caller, lambda initiative, now: initiative.abandon(body.reason, now, body.on)),
    )


@router.post("/{initiative_id}/resumption", dependencies=COORDINATORS)
async def resume(
    initiative_id: InitiativeId, body: Resumption, caller: CountryCaller, initiatives: Initiatives, command: CommandDep
) -> InitiativeReceipt:
    """It is taken up again, with the milestones it had. 409 unless it was given up."""
    return await initiatives.change(
        initiative_id, command, by_its_network(caller, lambda initiative, now: initiative.resume(now, body.on))
    )
