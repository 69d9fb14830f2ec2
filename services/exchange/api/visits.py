"""Study visits: asking, answering, agreeing, and what came of it."""

from typing import Annotated, Any, Self

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.exchange.api.access import acting_for, known_center, may_act_for
from services.exchange.api.models import CenterId, CountryCode, DaysInput, Input, LanguageCode, TopicCode
from services.exchange.api.wording import Language, reason_in_words
from services.exchange.domain.host_offer import Arrival, HostOffer
from services.exchange.domain.visit import (
    LONGEST_STAY,
    SEEKING,
    Answer,
    DeclineReason,
    Intention,
    Party,
    Question,
    Reflection,
    Report,
    Request,
    Session,
    Visit,
)
from shared.clock import Instant
from shared.commands import Loaded, Receipt, Repository
from shared.events.exchange.terms import Days
from shared.events.exchange.visit import MatchReason, Side, VisitSnapshot, VisitStatus
from shared.http import APIRouter, CommandDep, ETag, Page, PagingDep, Problem, WorldDep, paginate, repository
from shared.security import Caller, Forbidden, allow, public
from shared.world import World

router = APIRouter(prefix="/visits", tags=["visits"])
Visits = Annotated[Repository[Visit], Depends(repository(Visit))]
HostOffers = Annotated[Repository[HostOffer], Depends(repository(HostOffer))]

_GUEST, _HOST = "01890a5d-ac96-774b-bcce-b302099a8058", "01890a5d-ac96-774b-bcce-b302099a8057"


# ---- what clients send


class QuestionInput(Input):
    """Something the guests want to learn. The text is for the host only."""

    topic: TopicCode
    text: str = Field(min_length=1, max_length=2000)
    language: LanguageCode


class PartyInput(Input):
    """Who comes, as numbers; ``guests`` includes the children."""

    guests: int = Field(ge=2, le=6)
    children: int = Field(default=0, ge=0, le=5)


class NewVisit(Input):
    """A request for a visit."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "guest": _GUEST,
                    "questions": [
                        {"topic": "founding-a-center", "text": "Jak jste začaly?", "language": "cs"},
                        {"topic": "self-run-childcare", "text": "Kdo hlídá?", "language": "cs"},
                    ],
                    "party": {"guests": 4, "children": 1},
                    "window": {"first": "2026-09-01", "last": "2026-10-15"},
                    "length": 4,
                    "languages": ["cs", "de"],
                    "preferred": [_HOST],
                }
            ]
        },
    )

    guest: CenterId
    questions: list[QuestionInput] = Field(min_length=1, max_length=12)
    party: PartyInput
    window: DaysInput = Field(description="The days within which the visit can take place.")
    length: int = Field(ge=1, le=LONGEST_STAY, description="Days that it lasts.")
    languages: list[LanguageCode] = Field(min_length=1, max_length=20)
    preferred: list[CenterId] = Field(default=[], max_length=5, description="Hosts the guests wish for.")

    def request(self) -> Request:
        """As the domain says it."""
        return Request(
            questions=tuple(Question(**question.model_dump()) for question in self.questions),
            party=Party(**self.party.model_dump()),
            window=self.window.days(),
            length=self.length,
            languages=tuple(self.languages),
            preferred=tuple(self.preferred),
        )


class Acceptance(Input):
    """The host's yes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"host": _HOST}]})

    host: CenterId = Field(description="The center that answers.")


class Decline(Input):
    """The host's no."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"host": _HOST, "reason": "no-time"}]})

    host: CenterId = Field(description="The center that answers.")
    reason: DeclineReason


class SessionInput(Input):
    """One part of the programme. The title is for guest and host only."""

    title: str = Field(min_length=1, max_length=300)
    topic: TopicCode


class Preparation(Input):
    """The programme, as a whole."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"host": _HOST, "programme": [{"title": "Breakfast", "topic": "founding-a-center"}]}]
        },
    )

    host: CenterId
    programme: list[SessionInput] = Field(min_length=1, max_length=50)


class Attendance(Input):
    """What one side says of the visit."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"side": "guest", "held": True}]})

    side: Side
    held: bool


class Settlement(Input):
    """What the office found."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"held": True}]})

    held: bool


class IntentionInput(Input):
    """Something the guests want to adopt at home. The text stays between guest, host and office."""

    topic: TopicCode
    text: str = Field(default="", max_length=2000)


class ReportInput(Input):
    """The guests' report."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "language": "cs",
                    "story": "Viděly jsme, jak to jde.",
                    "answered": [1, 2],
                    "topics": ["founding-a-center"],
                    "intentions": [{"topic": "self-run-childcare", "text": "Od září dvakrát týdně."}],
                }
            ]
        },
    )

    language: LanguageCode
    story: str = Field(min_length=1, max_length=20_000)
    answered: list[int] = Field(default=[], max_length=12, description="Numbers of the answered questions, from 1.")
    topics: list[TopicCode] = Field(default=[], max_length=30, description="What was learned about.")
    intentions: list[IntentionInput] = Field(default=[], max_length=20)


class ReflectionInput(Input):
    """What the host learned from its guests."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"host": _HOST, "language": "de", "story": "Wir haben viel gelernt.", "topics": ["father-involvement"]}
            ]
        },
    )

    host: CenterId
    language: LanguageCode
    story: str = Field(min_length=1, max_length=20_000)
    topics: list[TopicCode] = Field(default=[], max_length=30)


# ---- what clients get


class ReasonView(MatchReason):
    """A reason in codes and numbers, and as a sentence in the reader's language."""

    text: str


class MatchView(BaseModel):
    """Why this house."""

    host: str
    days: Days
    score: int
    considered: int = Field(description="How many houses could have hosted the visit.")
    reasons: list[ReasonView]


class VisitItem(VisitSnapshot):
    """A visit in a list: what everybody may see."""

    id: str
    version: int
    changed: Instant

    @classmethod
    def of(cls, loaded: Loaded[Visit]) -> Self:
        """The public part."""
        shown = loaded.aggregate.snapshot().model_dump()
        return cls(**shown, id=loaded.aggregate.id, version=loaded.version, changed=loaded.changed)


class Inside(BaseModel):
    """What stays between guest, matched host, their coordinators and the office."""

    party: Party
    questions: list[Question]
    programme: list[Session]
    report: Report | None
    reflection: Reflection | None
    earlier: list[Answer] = Field(description="How earlier engagements ended; for the guest's side only.")


class VisitView(VisitItem):
    """One visit."""

    match: MatchView | None = Field(description="Null while there is no host.")
    inside: Inside | None = Field(description="Null for everybody who has no part in the visit.")


class ArrivalView(BaseModel):
    """How to get there and what to mind in the house."""

    host: str
    days: Days
    address: str
    route: str
    house_rules: str


# ---- asking and reading


@router.post("", status_code=201, dependencies=[allow("center", "coordinator")])
async def request_visit(
    body: NewVisit, caller: Caller, visits: Visits, world: WorldDep, command: CommandDep
) -> Receipt[VisitSnapshot]:
    """A center asks for a visit; a host is looked for at once. 409 ``center-unknown`` (try again) while the exchange
    has not heard of the center, ``guest-closed`` where it has closed."""
    guest = await known_center(await acting_for(body.guest, caller, world), world)
    return await visits.create(command, lambda id, now: Visit.request(id, guest, body.request(), now))


@router.get("", dependencies=[public("60/minute")])
async def list_visits(
    visits: Visits,
    paging: PagingDep,
    status: Annotated[list[VisitStatus] | None, Query(description="One or several.")] = None,
    guest: CenterId | None = None,
    host: CenterId | None = None,
    guest_country: CountryCode | None = None,
    topic: TopicCode | None = None,
) -> Page[VisitItem]:
    """Visits, the latest request first."""
    fields = (("guest", guest), ("guest_country", guest_country), ("topics", topic), ("place.host", host))
    where: dict[str, Any] = {f"state.{field}": value for field, value in fields if value is not None}
    shown = set(status or VisitStatus) - (SEEKING if host is not None else set())
    where["state.status"] = {"$in": sorted(shown)}
    return await paginate(visits.find, where, paging, VisitItem.of, sort=(("state.requested", -1),))


@router.get("/{visit_id}", dependencies=[public("120/minute")])
async def get_visit(
    visit_id: str,
    caller: Caller,
    visits: Visits,
    world: WorldDep,
    language: Language,
    etag: ETag,
    response: Response,
) -> VisitView:
    """One visit with the reasons for its match in the reader's language, and its private part for those inside."""
    loaded = await visits.get(visit_id)
    etag.set(loaded.version)
    inside = await _inside(loaded.aggregate, caller, world)
    if inside is not None:
        response.headers["Cache-Control"] = "private, no-store"
    shown = VisitItem.of(loaded).model_dump()
    return VisitView(**shown, match=_match(loaded.aggregate, language), inside=inside)


@router.get("/{visit_id}/arrival", dependencies=[allow("center", "coordinator")])
async def get_arrival(
    visit_id: str, caller: Caller, visits: Visits, offers: HostOffers, world: WorldDep, response: Response
) -> ArrivalView:
    """Address, route and house rules: for the guests once the visit is confirmed, for the host and the office always.

    404 ``arrival-missing`` where the house has not written them down.
    """
    visit = (await visits.get(visit_id)).aggregate
    place = visit.place if visit.host else None
    if place is None:
        raise Forbidden("this visit has no host")
    if not await may_act_for(place.host, caller, world):
        await acting_for(visit.guest, caller, world)
        if not visit.agreed:
            raise Forbidden("only a confirmed visit gets to know the way")
    arrival: Arrival | None = (await offers.get(place.host)).aggregate.arrival
    if arrival is None:
        raise Problem(404, "arrival-missing", "the house has not written down yet how to get there")
    response.headers["Cache-Control"] = "private, no-store"
    return ArrivalView(host=place.host, days=place.days, **arrival.model_dump())


# ---- answering and agreeing


@router.post("/{visit_id}/acceptance", dependencies=[allow("center", "coordinator")])
async def accept(
    visit_id: str, body: Acceptance, caller: Caller, visits: Visits, world: WorldDep, command: CommandDep
) -> Receipt[VisitSnapshot]:
    """The host accepts. 403 when the visit is not with this host, 410 when the deadline passed."""
    host = await acting_for(body.host, caller, world)
    return await visits.change(visit_id, command, lambda it, now: it.accept(host, now))


@router.post("/{visit_id}/decline", dependencies=[allow("center", "coordinator")])
async def decline(
    visit_id: str, body: Decline, caller: Caller, visits: Visits, world: WorldDep, command: CommandDep
) -> Receipt[VisitSnapshot]:
    """The host says no, or no longer, and the next one is asked. 409 once the visit has begun."""
    host = await acting_for(body.host, caller, world)
    return await visits.change(visit_id, command, lambda it, now: it.decline(host, body.reason, now))


@router.post("/{visit_id}/confirmation", dependencies=[allow("center", "coordinator")])
async def confirm(
    visit_id: str, caller: Caller, visits: Visits, world: WorldDep, command: CommandDep
) -> Receipt[VisitSnapshot]:
    """The guest confirms, and sees from now on how to get there. 410 when the deadline passed."""
    guest = await _as_guest(visit_id, caller, visits, world)
    return await visits.change(visit_id, command, lambda it, now: it.confirm(guest, now))


@router.post("/{visit_id}/preparation", dependencies=[allow("center", "coordinator")])
async def prepare(
    visit_id: str, body: Preparation, caller: Caller, visits: Visits, world: WorldDep, command: CommandDep
) -> Receipt[VisitSnapshot]:
    """The host writes down the programme, or a better one."""
    host = await acting_for(body.host, caller, world)
    programme = [Session(**session.model_dump()) for session in body.programme]
    return await visits.change(visit_id, command, lambda it, now: it.prepare(host, programme, now))


@router.post("/{visit_id}/cancellation", dependencies=[allow("center", "coordinator")])
async def cancel(
    visit_id: str, caller: Caller, visits: Visits, world: WorldDep, command: CommandDep
) -> Receipt[VisitSnapshot]:
    """The guest gives the visit up. 409 once it has begun."""
    guest = await _as_guest(visit_id, caller, visits, world)
    return await visits.change(visit_id, command, lambda it, now: it.cancel(guest, now))


# ---- afterwards


@router.post("/{visit_id}/attendance", dependencies=[allow("center", "coordinator")])
async def state_attendance(
    visit_id: str, body: Attendance, caller: Caller, visits: Visits, world: WorldDep, command: CommandDep
) -> Receipt[VisitSnapshot]:
    """One side says whether the visit took place. 409 ``not-yet`` before its first day."""
    as_side = _as_guest if body.side is Side.GUEST else _as_host
    center = await as_side(visit_id, caller, visits, world)
    return await visits.change(
        visit_id, command, lambda it, now: it.state_attendance(body.side, center, body.held, now)
    )


@router.post("/{visit_id}/settlement", dependencies=[allow()])
async def settle(visit_id: str, body: Settlement, visits: Visits, command: CommandDep) -> Receipt[VisitSnapshot]:
    """The office finds whether the visit took place, where the sides disagree or one stays silent."""
    return await visits.change(visit_id, command, lambda it, now: it.settle(body.held, now))


@router.post("/{visit_id}/report", dependencies=[allow("center", "coordinator")])
async def hand_in_report(
    visit_id: str, body: ReportInput, caller: Caller, visits: Visits, world: WorldDep, command: CommandDep
) -> Receipt[VisitSnapshot]:
    """The guest reports: what was answered, learned, and is to be adopted at home."""
    guest = await _as_guest(visit_id, caller, visits, world)
    report = Report(
        language=body.language,
        story=body.story,
        answered=tuple(body.answered),
        topics=tuple(body.topics),
        intentions=tuple(Intention(**intention.model_dump()) for intention in body.intentions),
    )
    return await visits.change(visit_id, command, lambda it, now: it.hand_in_report(guest, report, now))


@router.post("/{visit_id}/reflection", dependencies=[allow("center", "coordinator")])
async def reflect(
    visit_id: str, body: ReflectionInput, caller: Caller, visits: Visits, world: WorldDep, command: CommandDep
) -> Receipt[VisitSnapshot]:
    """The host tells what it learned from its guests."""
    host = await acting_for(body.host, caller, world)
    reflection = Reflection(language=body.language, story=body.story, topics=tuple(body.topics))
    return await visits.change(visit_id, command, lambda it, now: it.reflect(host, reflection, now))


# ---- who sees and does what


async def _as_guest(visit_id: str, caller: Caller, visits: Repository[Visit], world: World) -> str:
    """The visit's guest, if the caller acts for it."""
    return await acting_for((await visits.get(visit_id)).aggregate.guest, caller, world)


async def _as_host(visit_id: str, caller: Caller, visits: Repository[Visit], world: World) -> str:
    """The visit's present host, if the caller acts for it."""
    host = (await visits.get(visit_id)).aggregate.host
    if host is None:
        raise Forbidden("this visit has no host")
    return await acting_for(host, caller, world)


async def _inside(visit: Visit, caller: Caller, world: World) -> Inside | None:
    as_guest = await may_act_for(visit.guest, caller, world)
    if not as_guest and not await may_act_for(visit.host, caller, world):
        return None
    return Inside(
        party=visit.party,
        questions=visit.questions,
        programme=visit.programme,
        report=visit.report,
        reflection=visit.reflection,
        earlier=visit.answers if as_guest else [],
    )


def _match(visit: Visit, language: str) -> MatchView | None:
    place = visit.place if visit.host else None
    if place is None:
        return None
    reasons = [ReasonView(**reason.model_dump(), text=reason_in_words(reason, language)) for reason in place.reasons]
    return MatchView(host=place.host, days=place.days, score=place.score, considered=place.considered, reasons=reasons)
