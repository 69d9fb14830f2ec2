"""Memberships: a center applies, the network decides, and everybody may read who was a member on any day."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Path, Query, Response
from pydantic import ConfigDict, Field

from services.directory.api.centers import Happened, Input
from services.directory.api.history import After, Chronicle, Limit, chronicle
from services.directory.api.membership_views import Decision, MembershipView, Sides, Told, told
from services.directory.api.networks import NetworkId, Networks
from services.directory.api.references import named_center, require_there
from services.directory.api.rights import COORDINATORS, EVERYBODY, ITS_PEOPLE, require_coordinator
from services.directory.api.views import CenterId
from services.directory.domain.center import Center
from services.directory.domain.membership import PUBLIC, DeclineReason, EndReason, Membership, MemberSpell, Note
from services.directory.domain.spells import Day
from services.directory.views.members import with_those_below
from shared.aggregate import NotFound, Refusal
from shared.commands import Command, Receipt, Repository
from shared.events.directory.membership import MembershipKind, MembershipSnapshot, MembershipStatus
from shared.http import APIRouter, CommandDep, EditDep, Page, PagingDep, WorldDep, paginate, repository
from shared.http.reading import Paging
from shared.ids import derived_id
from shared.security import Caller, Identity
from shared.store.port import Document, Filter, Order
from shared.world import World

router = APIRouter(tags=["memberships"])
Memberships = Annotated[Repository[Membership], Depends(repository(Membership))]
MembershipReceipt = Receipt[MembershipSnapshot]
MembershipId = Annotated[str, Path(max_length=64, description="Id of a membership.")]


class TellsRegion(Refusal):
    """A center that hides its place cannot be entered as member of a regional network: that tells where it is."""

    code = "tells-region"


# ---- what comes in


class Application(Input):
    """A center asks to become a member."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "center": "01890a5d-ac96-774b-bcce-b302099a8059", "kind": "full", "on": "2026-02-14",
        "code_accepted_on": "2026-02-14",
    }]})  # fmt: skip

    center: str = Field(max_length=64, description="Id of the center.")
    kind: MembershipKind
    on: Happened = None
    code_accepted_on: Day | None = Field(default=None, description="When it accepted the ethical code, if it did.")


class Earlier(MemberSpell):
    """A membership from before, as an older list has it."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{
        "center": "01890a5d-ac96-774b-bcce-b302099a8059", "kind": "full", "since": "1998-05-01", "until": "2006-11-10",
    }]})  # fmt: skip

    center: str = Field(max_length=64, description="Id of the center, which may be closed by now.")


class CheckedCriteria(Input):
    """Which criteria are met."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1, "met": ["open-to-all"]}]})

    version: int = Field(ge=1, le=10**6, description="Of the list that was looked at, as /networks/{id}/criteria says.")
    met: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=50, description="Codes.")]
    on: Happened = None


class Dated(Input):
    """Something that happened on a day."""

    on: Happened = None


class Admission(Dated):
    """The network admits the center."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"on": "2026-03-01"}]})

    kind: MembershipKind | None = Field(default=None, description="If other than it applied for.")


class NewKind(Dated):
    """A membership of another kind from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "full", "on": "2026-03-01"}]})

    kind: MembershipKind


PrivateNote = Annotated[Note | None, Field(description="Why, in own words. Only its people read it.")]


class Decline(Dated):
    """The network does not admit the center."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "incomplete", "note": "The statutes were not enclosed."}]}
    )

    reason: DeclineReason
    note: PrivateNote = None


class Withdrawal(Dated):
    """The center takes its application back."""

    note: PrivateNote = None


class MembershipEnd(Dated):
    """The membership is over; the day is the first on which the center is no member."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "own-wish", "on": "2026-02-28"}]})

    reason: EndReason
    note: PrivateNote = None


class Correction(Input):
    """The spells as they truly were, all of them; the days are those of /memberships/{id}."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"spells": [
        {"kind": "friendly", "since": "1998-05-01", "until": "2001-01-01"}, {"kind": "full", "since": "2001-01-01"},
    ]}]})  # fmt: skip

    spells: Annotated[list[MemberSpell], Field(max_length=100)]


# ---- the membership in the path, and the day that is asked for


async def of_path(membership_id: MembershipId, caller: Caller, memberships: Memberships, world: WorldDep) -> Told:
    """`NotFound` also when there is one that the caller may not know of."""
    found = await told(world, caller, [await memberships.get(membership_id)])
    if not found:
        raise NotFound("there is no membership with this id", id=membership_id)
    return found[0]


async def asked_day(
    world: WorldDep, on: Annotated[Day | None, Query(description="Today unless given.")] = None
) -> date:
    """The day ``on``, or today."""
    return on or world.clock.now().date()


ToldDep = Annotated[Told, Depends(of_path)]
AskedDay = Annotated[date, Depends(asked_day)]


# ---- who was a member


@router.get("/networks/{network_id}/members", dependencies=EVERYBODY)
async def list_members(
    network_id: NetworkId,
    day: AskedDay,
    caller: Caller,
    world: WorldDep,
    networks: Networks,
    paging: PagingDep,
    kind: Annotated[MembershipKind | None, Query(description="What it was on that day.")] = None,
    below: Annotated[
        bool, Query(description="Also the members of the networks that belong to this one today.")
    ] = False,
) -> Page[MembershipView]:
    """The members of a network, also of a dissolved one, on the day ``on``, by all that is known today.

    The day on which a center joined counts, the day on which it left does not; what is entered late counts for its
    day. With ``below``, a center that belongs to a region and to the network above it comes once for each.
    """
    await networks.get(network_id)
    asked = await with_those_below(world, network_id) if below else [network_id]

    def holds(membership: Membership) -> bool:
        spell = membership.on(day)
        return spell is not None and (kind is None or spell.kind is kind)

    return await _page(world, caller, paging, {"state.network": {"$in": asked}}, day, holds)


@router.get("/networks/{network_id}/memberships", dependencies=COORDINATORS)
async def list_memberships_of_network(
    network_id: NetworkId,
    day: AskedDay,
    caller: Caller,
    world: WorldDep,
    networks: Networks,
    paging: PagingDep,
    status: MembershipStatus | None = None,
) -> Page[MembershipView]:
    """The desk of the network's coordinator: all there ever was, or for example what waits for an answer."""
    require_coordinator(caller, (await networks.get(network_id)).aggregate)
    where = {"state.network": network_id, **({"state.status": status.value} if status else {})}
    return await _page(world, caller, paging, where, day)


@router.get("/centers/{center_id}/memberships", dependencies=EVERYBODY)
async def list_memberships_of_center(
    center_id: CenterId,
    caller: Caller,
    world: WorldDep,
    paging: PagingDep,
    on: Annotated[Day | None, Query(description="Only those that held on that day.")] = None,
) -> Page[MembershipView]:
    """A center's memberships: all there ever were, or those of the day ``on``. Its people also see applications."""
    await world.repository(Center).get(center_id)
    day = on or world.clock.now().date()

    def holds(membership: Membership) -> bool:
        return on is None or membership.on(day) is not None

    return await _page(world, caller, paging, {"state.center": center_id}, day, holds)


async def _page(
    world: World,
    caller: Identity,
    paging: Paging,
    where: Filter,
    day: date,
    holds: Callable[[Membership], bool] = lambda _: True,
) -> Page[MembershipView]:
    """One page of the memberships that match ``where`` and of which it ``holds``, as far as the caller may see them.

    What the store cannot decide is decided here, over all that is left of the list: some hundred small documents.
    Their centers are read only for as many as are shown.
    """

    async def find(where: Filter, *, sort: Order, limit: int) -> list[Document]:
        found = await world.repository(Membership).find(where, sort=sort)
        left = [each for each in found if holds(each.aggregate)]
        shown: list[Told] = []
        while left and len(shown) < limit:
            shown += await told(world, caller, left[:limit])
            left = left[limit:]
        return [{"_id": each.id, "told": each} for each in shown[:limit]]

    def view(item: Document) -> MembershipView:
        each: Told = item["told"]
        return each.view(day)

    return await paginate(find, where, paging, view)


@router.get("/memberships/{membership_id}", dependencies=EVERYBODY)
async def get_membership(told: ToldDep, day: AskedDay, response: Response) -> MembershipView:
    """A membership. 404 for an application that came to nothing, unless it is the caller's own affair.

    The ETag is for If-Match only: names in the answer may change without it.
    """
    response.headers["Vary"] = "Authorization"
    response.headers["ETag"] = f'"{told.loaded.version}"'
    return told.view(day)


@router.get("/memberships/{membership_id}/history", dependencies=EVERYBODY)
async def get_membership_history(
    told: ToldDep, memberships: Memberships, after: After = 0, limit: Limit = 50
) -> Chronicle[MembershipSnapshot]:
    """What happened between the two, in the order of entry: when, when it was entered, by which role.

    Applications only their people read; so a part may be shorter for everybody else.
    """
    history = await chronicle(memberships, told.id, after, limit)
    if not told.sides.insider:
        history.items = [entry for entry in history.items if entry.snapshot.status in PUBLIC]
    return history


# ---- how a membership begins


@router.post("/networks/{network_id}/members", status_code=201, dependencies=ITS_PEOPLE)
async def apply(
    network_id: NetworkId,
    body: Application,
    caller: Caller,
    world: WorldDep,
    networks: Networks,
    memberships: Memberships,
    command: CommandDep,
    response: Response,
) -> MembershipReceipt:
    """A center applies itself, or the network's coordinator enters its application from paper.

    After a decline or an end it is a new application on the same membership. 409 when there is an open application or
    a membership, for a closed center and a dissolved network, and `tells-region` when a hidden center would join a
    region; 422 `unknown-center`.
    """
    sides = Sides.of((await networks.get(network_id)).aggregate, await named_center(world, body.center), caller)

    def decide(membership: Membership, now: datetime) -> None:
        require_there(sides.center, sides.network)
        _require_discretion(sides)
        membership.apply(body.kind, sides.for_center, now, body.on)
        if body.code_accepted_on is not None:
            membership.accept_code(now, body.code_accepted_on)

    return await _begin(sides, memberships, command, response, sides.by_either(decide))


@router.post("/networks/{network_id}/earlier-members", status_code=201, dependencies=COORDINATORS)
async def record_earlier(
    network_id: NetworkId,
    body: Earlier,
    caller: Caller,
    world: WorldDep,
    networks: Networks,
    memberships: Memberships,
    command: CommandDep,
    response: Response,
) -> MembershipReceipt:
    """The network's coordinator enters a membership from an older list: one that has ended, or one that still lasts.

    Nobody is asked for criteria. 409 `spells-overlap` when the center was a member at that time already; for one that
    lasts, also whatever an application would be refused for. 422 `ends-before-it-begins`, `in-the-future`,
    `unknown-center`.
    """
    sides = Sides.of((await networks.get(network_id)).aggregate, await named_center(world, body.center), caller)
    spell = MemberSpell(kind=body.kind, since=body.since, until=body.until)

    def decide(membership: Membership, now: datetime) -> None:
        if spell.until is None:
            require_there(sides.center, sides.network)
        _require_discretion(sides)
        membership.record_earlier(spell, sides.for_center, now)

    return await _begin(sides, memberships, command, response, sides.by_network(decide))


async def _begin(
    sides: Sides, memberships: Repository[Membership], command: Command, response: Response, decide: Decision
) -> MembershipReceipt:
    """``decide`` on the one membership of the two, which this may be the first to know of."""
    network, center = sides.network.id, sides.center.id
    id = derived_id("membership", network, center)
    response.headers["Location"] = f"/memberships/{id}"
    return await memberships.change(
        id, command, decide, begin=lambda id: Membership(id=id, network=network, center=center)
    )


# ---- from the application to the admission


@router.post("/memberships/{membership_id}/consent", dependencies=ITS_PEOPLE)
async def consent(told: ToldDep, memberships: Memberships, command: CommandDep) -> MembershipReceipt:
    """The center itself, its country's coordinator or the office confirms what the network entered for the center.

    Only then does the network's coordinator act for the center and see what it hides.
    """
    decide = told.sides.by_center(lambda membership, _: membership.consent())
    return await memberships.change(told.id, command, decide)


@router.post("/memberships/{membership_id}/code-acceptance", dependencies=ITS_PEOPLE)
async def accept_code(told: ToldDep, body: Dated, memberships: Memberships, command: CommandDep) -> MembershipReceipt:
    """The center accepts the ethical code, itself or on a paper that the network's coordinator has."""
    decide = told.sides.by_either(lambda membership, now: membership.accept_code(now, body.on))
    return await memberships.change(told.id, command, decide)


@router.put("/memberships/{membership_id}/criteria", dependencies=COORDINATORS)
async def check_criteria(
    told: ToldDep, body: CheckedCriteria, memberships: Memberships, command: CommandDep
) -> MembershipReceipt:
    """The network's coordinator checks off its list. 409 `criteria-outdated` when it has another one by now, 422
    `unknown-criterion` with the nearest."""
    criteria = told.sides.network.criteria
    decide = told.sides.by_network(
        lambda membership, now: membership.check_criteria(criteria, body.version, body.met, now, body.on)
    )
    return await memberships.change(told.id, command, decide)


@router.post("/memberships/{membership_id}/admission", dependencies=COORDINATORS)
async def admit(told: ToldDep, body: Admission, memberships: Memberships, command: CommandDep) -> MembershipReceipt:
    """The network admits the center. 409 `requirements-missing` with what a full member lacks, `spells-overlap` for a
    day on which it was a member already; 422 `before-application`."""
    network = told.sides.network

    def decide(membership: Membership, now: datetime) -> None:
        network.require_active()
        membership.admit(network.criteria, now, body.on, body.kind)

    return await memberships.change(told.id, command, told.sides.by_network(decide))


@router.post("/memberships/{membership_id}/decline", dependencies=COORDINATORS)
async def decline(told: ToldDep, body: Decline, memberships: Memberships, command: CommandDep) -> MembershipReceipt:
    """The network declines the application. The center may apply again."""
    decide = told.sides.by_network(lambda membership, now: membership.decline(body.reason, now, body.on, body.note))
    return await memberships.change(told.id, command, decide)


@router.post("/memberships/{membership_id}/withdrawal", dependencies=ITS_PEOPLE)
async def withdraw(told: ToldDep, body: Withdrawal, memberships: Memberships, command: CommandDep) -> MembershipReceipt:
    """The center takes its application back, itself or through the network's coordinator."""
    decide = told.sides.by_either(lambda membership, now: membership.withdraw(now, body.on, body.note))
    return await memberships.change(told.id, command, decide)


# ---- as a member


@router.put("/memberships/{membership_id}/kind", dependencies=COORDINATORS)
async def change_kind(told: ToldDep, body: NewKind, memberships: Memberships, command: CommandDep) -> MembershipReceipt:
    """A friendly center becomes a full member, or the other way round. 409 `requirements-missing` as at admission."""
    criteria = told.sides.network.criteria
    decide = told.sides.by_network(lambda membership, now: membership.change_kind(body.kind, criteria, now, body.on))
    return await memberships.change(told.id, command, decide)


@router.post("/memberships/{membership_id}/end", dependencies=ITS_PEOPLE)
async def end(told: ToldDep, body: MembershipEnd, memberships: Memberships, command: CommandDep) -> MembershipReceipt:
    """The center leaves, or the network ends the membership. 422 `ends-before-it-begins` for a day before it began."""
    decide = told.sides.by_either(lambda membership, now: membership.end(body.reason, now, body.on, body.note))
    return await memberships.change(told.id, command, decide)


@router.put("/memberships/{membership_id}/spells", dependencies=COORDINATORS)
async def correct(told: ToldDep, body: Correction, memberships: Memberships, command: EditDep) -> MembershipReceipt:
    """Puts right what was entered wrongly: the spells as they truly were, all of them.

    Whether the center is a member today stays as it is (409 `status-would-change`): admit or end it for that.
    """
    decide = told.sides.by_network(lambda membership, now: membership.correct(body.spells, now))
    return await memberships.change(told.id, command, decide)


def _require_discretion(sides: Sides) -> None:
    if sides.tells_region:
        raise TellsRegion("a center that hides its place cannot be a member of a region", center=sides.center.id)
