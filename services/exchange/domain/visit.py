"""A study visit: from the questions a center asks to the report of what it brought home.

    requested ─→ matched ─→ accepted ─→ confirmed ─→ prepared ─→ held ─→ reported
        ↑           │ declined, expired: the next house        └→ not held, disputed
        └── waitlisted, while no house suits                   cancelled: from everywhere before it begins

The visit asks one house at a time. `Placement` is that engagement: first the house's calendar is asked (still
``requested``), then its people. Every engagement has a ``round`` of its own, and ends with an event that names it, by
which the calendar frees the place. An answer to an engagement that is over changes nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from services.exchange.domain.center import Center
from services.exchange.domain.matching import Candidate, Wish
from shared.aggregate import Aggregate, Person, Refusal, Why, WrongState
from shared.clock import Instant
from shared.days import midnight
from shared.events.base import Stream
from shared.events.directory.center import CenterStatus, TownPoint
from shared.events.exchange.terms import Days
from shared.events.exchange.visit import (
    VISIT,
    AttendanceStated,
    HostReflectionAdded,
    MatchReason,
    OfferExpired,
    PlaceRequested,
    Side,
    VisitAccepted,
    VisitCancelled,
    VisitConfirmed,
    VisitDeclined,
    VisitDisputed,
    VisitHeld,
    VisitMatched,
    VisitNotHeld,
    VisitPrepared,
    VisitRedacted,
    VisitRematched,
    VisitReported,
    VisitRequested,
    VisitSnapshot,
    VisitStatus,
    VisitWaitlisted,
)
from shared.taxonomy import TOPICS

TIME_TO_ANSWER = timedelta(days=14)
TIME_TO_CONFIRM = timedelta(days=14)
LONGEST_STAY = 14
LONGEST_WINDOW = 370

SEEKING = frozenset({VisitStatus.REQUESTED, VisitStatus.DECLINED, VisitStatus.EXPIRED})
"""Looking for a host, or asking a calendar for a place."""
PROMISED = frozenset({VisitStatus.MATCHED, VisitStatus.ACCEPTED, VisitStatus.CONFIRMED, VisitStatus.PREPARED})
"""A house keeps a place, and the visit has not been held."""
AGREED = frozenset({VisitStatus.CONFIRMED, VisitStatus.PREPARED})
"""Both sides have said yes."""
UNSETTLED = AGREED | {VisitStatus.DISPUTED}
"""Whether it takes place, or took place, is to be seen."""
OPEN = SEEKING | PROMISED | {VisitStatus.WAITLISTED}
"""Neither held nor given up."""


class RequestImpossible(Refusal):
    """A request that no house could ever fulfil: no topic, no language, or days that do not fit the window."""

    code = "request-impossible"
    why = Why.INVALID


class GuestClosed(Refusal):
    """A closed center visits nobody."""

    code = "guest-closed"


class DeclineReason(StrEnum):
    """Why a host says no."""

    NO_TIME = "no-time"
    NO_ROOM = "no-room"
    OTHER_TOPIC = "other-topic"
    OTHER = "other"


class NotYourVisit(Refusal):
    """Somebody else is the host, or the guest, of this visit."""

    code = "not-your-visit"
    why = Why.FORBIDDEN


class AnswerTooLate(Refusal):
    """The time to answer, or to confirm, is over."""

    code = "answer-too-late"
    why = Why.GONE


class NotYet(Refusal):
    """Only when the visit has begun can anybody say whether it took place."""

    code = "not-yet"


class Question(BaseModel):
    """Something the guests want to learn. Its text never leaves the service in an event."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str
    text: str = Field(min_length=1, max_length=2000)
    language: str


class Party(BaseModel):
    """Who comes, as numbers only. ``guests`` includes the children."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    guests: int = Field(ge=2, le=6)
    children: int = Field(default=0, ge=0, le=5)


class Request(BaseModel):
    """What a center asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: tuple[Question, ...]
    party: Party
    window: Days
    length: int
    languages: tuple[str, ...]
    preferred: tuple[str, ...] = ()


class Placement(BaseModel):
    """The visit's engagement with a house."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    country: str
    round: int
    days: Days
    reasons: tuple[MatchReason, ...]
    considered: int

    @property
    def score(self) -> int:
        """The points of all its reasons."""
        return sum(reason.points for reason in self.reasons)


class Answer(BaseModel):
    """How an earlier engagement ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    round: int
    outcome: str = Field(description="declined, expired, host-closed, host-paused, host-lapsed, host-withdrew, late.")
    reason: str | None = None
    at: Instant


class Session(BaseModel):
    """One part of the programme. The title stays between guest and host."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=300)
    topic: str


class Intention(BaseModel):
    """Something the guests want to adopt at home. The text stays in the service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str
    text: str = Field(default="", max_length=2000)


class Report(BaseModel):
    """What became of the questions. ``answered`` are their numbers, from 1. The story stays in the service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    story: str = Field(min_length=1, max_length=20_000)
    answered: tuple[int, ...] = ()
    topics: tuple[str, ...] = ()
    intentions: tuple[Intention, ...] = ()


class Reflection(BaseModel):
    """What the host learned. The story stays in the service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    story: str = Field(min_length=1, max_length=20_000)
    topics: tuple[str, ...] = ()


class Visit(Aggregate):
    """A study visit."""

    stream: ClassVar[Stream] = VISIT

    guest: str
    guest_country: str
    questions: list[Question]
    topics: list[str]
    party: Party
    window: Days
    length: int
    languages: list[str]
    preferred: list[str]
    requested: Instant
    status: VisitStatus = VisitStatus.REQUESTED
    round: int = 0
    place: Placement | None = None
    answers: list[Answer] = Field(default_factory=list)
    answer_by: Instant | None = None
    confirm_by: Instant | None = None
    programme: list[Session] = Field(default_factory=list)
    guest_says: bool | None = None
    host_says: bool | None = None
    report: Report | None = None
    reflection: Reflection | None = None

    # ---- what it looks like

    @property
    def host(self) -> str | None:
        """The house that is asked or has promised to host; None while only its calendar is asked."""
        return self.place.host if self.place and self.status not in SEEKING else None

    @property
    def agreed(self) -> bool:
        """Whether the house's practical information is open to the guests."""
        return self.status in AGREED

    @property
    def latest_start(self) -> date:
        """The last day on which it can begin."""
        return self.window.last - timedelta(days=self.length - 1)

    def snapshot(self) -> VisitSnapshot:
        shown = self.place if self.host else None
        return VisitSnapshot(
            guest=self.guest,
            guest_country=self.guest_country,
            topics=tuple(self.topics),
            questions=len(self.questions),
            guests=self.party.guests,
            length=self.length,
            window=self.window,
            languages=tuple(self.languages),
            status=self.status,
            round=self.round,
            host=shown.host if shown else None,
            host_country=shown.country if shown else None,
            days=shown.days if shown else None,
            answer_by=self.answer_by,
            confirm_by=self.confirm_by,
        )

    def wish(self, town_point: TownPoint | None) -> Wish:
        """What matching looks for; ``town_point`` is the guest's, where it is known."""
        return Wish(
            visit=self.id,
            guest=self.guest,
            country=self.guest_country,
            town_point=town_point,
            topics=self.topics,
            languages=self.languages,
            guests=self.party.guests,
            length=self.length,
            window=self.window,
            preferred=self.preferred,
            refused=self._refused,
            asked=[answer.host for answer in self.answers],
        )

    @property
    def _refused(self) -> list[str]:
        return [answer.host for answer in self.answers if answer.outcome in ("declined", "expired")]

    # ---- asking

    @classmethod
    def request(cls, id: str, guest: Center, wanted: Request, now: datetime) -> Self:
        """A center asks for a visit. `RequestImpossible` when no house could ever fulfil it."""
        if guest.status is CenterStatus.CLOSED:
            raise GuestClosed("a closed center visits nobody", center=guest.id)
        visit = cls(
            id=id,
            guest=guest.id,
            guest_country=guest.country,
            questions=list(wanted.questions),
            topics=TOPICS.all_known(question.topic for question in wanted.questions),
            party=wanted.party,
            window=wanted.window,
            length=wanted.length,
            languages=list(dict.fromkeys(wanted.languages)),
            preferred=[host for host in dict.fromkeys(wanted.preferred) if host != guest.id],
            requested=now,
        )
        visit._require_possible(now.date())
        visit.record(VisitRequested(preferred=len(visit.preferred)))
        return visit

    def _require_possible(self, today: date) -> None:
        if not self.topics or not self.languages:
            raise RequestImpossible("a request needs a question and a language at least")
        if self.party.children >= self.party.guests:
            raise RequestImpossible("children do not travel alone")
        if not 1 <= self.length <= LONGEST_STAY:
            raise RequestImpossible(f"a visit lasts 1 to {LONGEST_STAY} days")
        if (self.window.last - self.window.first).days + 1 > LONGEST_WINDOW:
            raise RequestImpossible(f"the window is longer than {LONGEST_WINDOW} days")
        if self.latest_start < self.window.first:
            raise RequestImpossible("the window is shorter than the visit")
        if self.latest_start <= today:
            raise RequestImpossible("the window is over, or too near to ask anybody")

    # ---- finding a host

    def seek(self, ranking: Sequence[Candidate], after_round: int, now: datetime) -> None:
        """Asks the best house that has not refused for a place; waits while there is none.

        ``after_round`` is the engagement after which the ranking was made; a search that is out of date does nothing.
        """
        looking = self.status in SEEKING | {VisitStatus.WAITLISTED} and self.place is None
        if not looking or after_round != self.round:
            return
        able = [each for each in ranking if each.host not in self._refused and each.days.first > now.date()]
        if able:
            self._engage(able[0], considered=len(able))
        elif self.status is not VisitStatus.WAITLISTED:
            self.status = VisitStatus.WAITLISTED
            self.record(VisitWaitlisted(round=self.round))

    def _engage(self, chosen: Candidate, considered: int) -> None:
        self.round += 1
        self.status = VisitStatus.REQUESTED
        self.place = Placement(
            host=chosen.host,
            country=chosen.country,
            round=self.round,
            days=chosen.days,
            reasons=chosen.reasons,
            considered=considered,
        )
        self.record(PlaceRequested(host=chosen.host, round=self.round, days=chosen.days, guests=self.party.guests))

    def place_refused(self, host: str, round: int, ranking: Sequence[Candidate], now: datetime) -> None:
        """The calendar had no room: on to the next house, or back to one that has room on other days."""
        if self._asking(host, round) is None:
            return
        self.place = None
        self.seek(ranking, round, now)

    def match(self, host: str, round: int, now: datetime) -> None:
        """The place is held: the house is asked to host."""
        place = self._asking(host, round)
        if place is None:
            return
        if place.days.first <= now.date():
            self._rematch(place, "late", now)
            return
        self.status = VisitStatus.MATCHED
        self.answer_by = min(now + TIME_TO_ANSWER, midnight(place.days.first))
        self.record(
            VisitMatched(
                host=host,
                round=round,
                days=place.days,
                score=place.score,
                reasons=place.reasons,
                considered=place.considered,
                answer_by=self.answer_by,
            )
        )

    def rematch(self, host: str, round: int, reason: str, now: datetime) -> None:
        """The house cannot host any more: back to matching, unless the visit has begun or is with another house."""
        place = self.place
        if place is None or (place.host, place.round) != (host, round):
            return
        if self.status in SEEKING | PROMISED and place.days.first > now.date():
            self._rematch(place, reason, now)

    def _rematch(self, place: Placement, reason: str, now: datetime) -> None:
        self._disengage(place, reason, None, now)
        self.status = VisitStatus.REQUESTED
        self.record(VisitRematched(host=place.host, round=place.round, days=place.days, reason=reason))

    def _asking(self, host: str, round: int) -> Placement | None:
        place = self.place
        asking = place and self.status is VisitStatus.REQUESTED and (place.host, place.round) == (host, round)
        return place if asking else None

    def _disengage(self, place: Placement, outcome: str, reason: str | None, now: datetime) -> None:
        self.answers = [
            *self.answers,
            Answer(host=place.host, round=place.round, outcome=outcome, reason=reason, at=now),
        ]
        self.place = self.answer_by = self.confirm_by = None
        self.programme = []

    # ---- agreeing

    def accept(self, host: str, now: datetime) -> None:
        """The matched host says yes. Until the guest confirms, the place is held, not taken."""
        if host != self.host and any((each.host, each.outcome) == (host, "expired") for each in self.answers):
            raise AnswerTooLate("the time to answer is over; another house was asked")
        place = self._with_host(host)
        self._require_status({VisitStatus.MATCHED}, "only a matched visit can be accepted")
        if self.answer_by is not None and now > self.answer_by:
            raise AnswerTooLate("the time to answer is over", answer_by=self.answer_by.isoformat())
        self.status = VisitStatus.ACCEPTED
        self.answer_by = None
        self.confirm_by = min(now + TIME_TO_CONFIRM, midnight(place.days.first))
        self.record(VisitAccepted(host=host, round=place.round, confirm_by=self.confirm_by))

    def decline(self, host: str, reason: DeclineReason, now: datetime) -> None:
        """The host says no, or no longer; the next one is asked. Not once the visit has begun."""
        place = self._with_host(host)
        self._require_status(PROMISED, "there is nothing to decline any more")
        self._require_ahead(place, now)
        self._disengage(place, "declined", reason, now)
        self.status = VisitStatus.DECLINED
        self.record(VisitDeclined(host=host, round=place.round, days=place.days, reason=reason))

    def confirm(self, guest: str, now: datetime) -> None:
        """The guest says: we come. From now on it sees the house's practical information."""
        self._require_guest(guest)
        place = self._placed({VisitStatus.ACCEPTED}, "only an accepted visit can be confirmed")
        if self.confirm_by is not None and now > self.confirm_by:
            raise AnswerTooLate("the time to confirm is over", confirm_by=self.confirm_by.isoformat())
        self.status = VisitStatus.CONFIRMED
        self.confirm_by = None
        self.record(VisitConfirmed(host=place.host, round=place.round, days=place.days))

    def prepare(self, host: str, programme: Sequence[Session], now: datetime) -> None:
        """The host writes down the programme, or a better one."""
        place = self._with_host(host)
        self._require_status(AGREED, "only a confirmed visit is prepared")
        self._require_ahead(place, now)
        if not programme:
            raise RequestImpossible("a programme has at least one part")
        dealt_with = TOPICS.all_known(session.topic for session in programme)
        if self.status is VisitStatus.PREPARED and self.programme == list(programme):
            return
        self.status = VisitStatus.PREPARED
        self.programme = list(programme)
        self.record(VisitPrepared(host=host, sessions=len(programme), topics=tuple(dealt_with)))

    def cancel(self, guest: str, now: datetime) -> None:
        """The guest gives the visit up before it begins."""
        self._require_guest(guest)
        self._require_ahead_if_promised(now)
        self._cancel("by-guest")

    def guest_closed(self, now: datetime) -> None:
        """The guest's center closed for good: nobody will come. A visit that has begun is left to its two sides."""
        self._require_ahead_if_promised(now)
        self._cancel("guest-closed")

    def _require_ahead_if_promised(self, now: datetime) -> None:
        self._require_status(OPEN, "the visit is over")
        if self.place is not None and self.status in PROMISED:
            self._require_ahead(self.place, now)

    def _cancel(self, reason: str) -> None:
        place, self.place = self.place, None
        self.answer_by = self.confirm_by = None
        self.status = VisitStatus.CANCELLED
        host, days = (place.host, place.days) if place else (None, None)
        self.record(VisitCancelled(reason=reason, host=host, round=self.round, days=days))

    # ---- deadlines

    def due(self) -> datetime | None:
        """When the host's answer, the guest's confirmation, or any match at all would come too late."""
        if self.status is VisitStatus.MATCHED:
            return self.answer_by
        if self.status is VisitStatus.ACCEPTED:
            return self.confirm_by
        if self.status in SEEKING or self.status is VisitStatus.WAITLISTED:
            return midnight(self.latest_start)
        return None

    def ring(self, now: datetime) -> None:
        """No answer: on to the next house. No confirmation, or no time left for any host: the visit is given up.

        Both at once where the last day to begin has passed with the time to answer.
        """
        while (due := self.due()) is not None and now >= due:
            if self.status is VisitStatus.MATCHED and self.place is not None:
                place = self.place
                self._disengage(place, "expired", None, now)
                self.status = VisitStatus.EXPIRED
                self.record(OfferExpired(host=place.host, round=place.round, days=place.days))
            elif self.status is VisitStatus.ACCEPTED:
                self._cancel("not-confirmed")
            else:
                self._cancel("window-passed")

    # ---- afterwards

    def state_attendance(self, side: Side, center: str, held: bool, now: datetime) -> None:
        """One side says whether the visit took place. Two equal words settle it, two different ones are a dispute.

        A side may correct itself until it is settled. `NotYet` before the first day.
        """
        if side is Side.GUEST:
            self._require_guest(center)
        else:
            self._with_host(center)
        place = self._placed(UNSETTLED, "nobody is expected, or it is known already whether it took place")
        if place.days.first > now.date():
            raise NotYet("the visit has not begun", first=place.days.first.isoformat())
        if (self.guest_says if side is Side.GUEST else self.host_says) is held:
            return
        if side is Side.GUEST:
            self.guest_says = held
        else:
            self.host_says = held
        self._weigh(side, held, place, now)

    def _weigh(self, side: Side, held: bool, place: Placement, now: datetime) -> None:
        if self.guest_says is None or self.host_says is None:
            self.record(AttendanceStated(side=side, held=held))
        elif self.guest_says is self.host_says:
            self._settle(held, place, now, by_office=False)
        else:
            self.status = VisitStatus.DISPUTED
            self.record(VisitDisputed(guest_says=self.guest_says, host_says=self.host_says))

    def settle(self, held: bool, now: datetime) -> None:
        """The office finds whether it took place: after a dispute, or when a side stays silent once it is over."""
        place = self._placed(UNSETTLED, "there is nothing to settle")
        if self.status is not VisitStatus.DISPUTED and now.date() <= place.days.last:
            raise NotYet("it is not over yet", last=place.days.last.isoformat())
        self._settle(held, place, now, by_office=True)

    def _settle(self, held: bool, place: Placement, now: datetime, *, by_office: bool) -> None:
        self.status = VisitStatus.HELD if held else VisitStatus.NOT_HELD
        host, round, days = place.host, place.round, place.days
        if held:
            ended = min(now, midnight(days.last + timedelta(days=1)))
            self.record(
                VisitHeld(host=host, round=round, days=days, guests=self.party.guests, settled=by_office), ended
            )
        else:
            self.record(VisitNotHeld(host=host, round=round, days=days, settled=by_office))

    def hand_in_report(self, guest: str, report: Report, now: datetime) -> None:
        """The guest tells what became of its questions and what it wants to adopt. Once, after the visit was held."""
        self._require_guest(guest)
        place = self._placed({VisitStatus.HELD}, "a report follows a visit that was held, once")
        answered = sorted(set(report.answered))
        if any(not 1 <= number <= len(self.questions) for number in answered):
            raise RequestImpossible("an answered question is named by its number", questions=len(self.questions))
        learned = TOPICS.all_known(report.topics)
        intentions = TOPICS.all_known(intention.topic for intention in report.intentions)
        self.report = report
        self.status = VisitStatus.REPORTED
        self.record(
            VisitReported(
                host=place.host,
                language=report.language,
                answered=len(answered),
                questions=len(self.questions),
                topics=tuple(learned),
                intentions=tuple(intentions),
            )
        )

    def reflect(self, host: str, reflection: Reflection, now: datetime) -> None:
        """The host tells what it learned from its guests. Once, after the visit was held."""
        self._with_host(host)
        self._require_status({VisitStatus.HELD, VisitStatus.REPORTED}, "a reflection follows a visit that was held")
        self.require(self.reflection is None, "the host's reflection is written already")
        learned = TOPICS.all_known(reflection.topics)
        self.reflection = reflection
        self.record(HostReflectionAdded(host=host, language=reflection.language, topics=tuple(learned)))

    def erase(self, person: Person) -> None:
        """Takes somebody out of what guests and host wrote."""
        self.questions = person.taken_out_of(self.questions)
        self.programme = person.taken_out_of(self.programme)
        self.report = person.taken_out_of(self.report)
        self.reflection = person.taken_out_of(self.reflection)
        self.record(VisitRedacted())

    # ---- guards

    def _with_host(self, host: str) -> Placement:
        if self.place is None or host != self.host:
            raise NotYourVisit("another center is the host of this visit, or none is yet", visit=self.id)
        return self.place

    def _require_guest(self, guest: str) -> None:
        if guest != self.guest:
            raise NotYourVisit("another center is the guest of this visit", visit=self.id)

    def _require_status(self, allowed: frozenset[VisitStatus] | set[VisitStatus], message: str) -> None:
        self.require(self.status in allowed, message, status=self.status)

    def _placed(self, allowed: frozenset[VisitStatus] | set[VisitStatus], message: str) -> Placement:
        self._require_status(allowed, message)
        if self.place is None:  # cannot be: these states have a house
            raise WrongState(message)
        return self.place

    def _require_ahead(self, place: Placement, now: datetime) -> None:
        self.require(place.days.first > now.date(), "the visit has begun", first=place.days.first.isoformat())
