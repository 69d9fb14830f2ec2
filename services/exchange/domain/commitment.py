"""A commitment: one thing the guests of a visit want to adopt at home, and what became of it.

    made ─→ due ─→ adopted ⇄ adapted ⇄ dropped
      └──────────────↑ answered before anybody asked

A visit is over when it is known, half a year later, whether anything was adopted at home. What the guests wrote stands
in the visit's report and nowhere else; here are its number there, its topic, and the answer.
"""

from calendar import monthrange
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Self

from services.exchange.domain.practice import OwnPractice, Practice, UnknownPractice
from services.exchange.domain.visit import Visit
from shared.aggregate import Aggregate, Refusal, Why, WrongState
from shared.clock import Instant
from shared.days import dated, midnight
from shared.events.base import Stream
from shared.events.directory.practice import Adoption
from shared.events.exchange.commitment import (
    COMMITMENT,
    CommitmentDropped,
    CommitmentMade,
    CommitmentSnapshot,
    CommitmentStatus,
    FollowUpDue,
    PracticeAdapted,
    PracticeAdopted,
)

MONTHS_TO_TRY = 6
"""So long a center has before it is asked."""

OPEN = frozenset({CommitmentStatus.MADE, CommitmentStatus.DUE})
"""Nobody has said what became of it."""
TAKEN_OVER = frozenset({CommitmentStatus.ADOPTED, CommitmentStatus.ADAPTED})
"""Something came of it."""

CENTER_CLOSED = "center-closed"
"""The reason of those that ended with their center."""


class DropReason(StrEnum):
    """Why nothing came of it."""

    NO_PEOPLE = "no-people"
    NO_ROOMS = "no-rooms"
    NO_MONEY = "no-money"
    DOES_NOT_FIT = "does-not-fit"
    OTHER = "other"


class BeforeTheVisit(Refusal):
    """Nobody takes over what it has not seen yet."""

    code = "before-the-visit"
    why = Why.INVALID


class Commitment(Aggregate):
    """Something to be adopted at home. Whoever erred answers again: the last answer counts, everywhere."""

    stream: ClassVar[Stream] = COMMITMENT
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("guest", "status"), ("host", "status"), ("visit",))

    visit: str
    number: int
    guest: str
    guest_country: str
    host: str
    host_country: str
    topic: str
    languages: tuple[str, ...]
    visited_on: date
    made_on: date
    due_at: Instant
    status: CommitmentStatus = CommitmentStatus.MADE
    settled_on: date | None = None
    practice: str | None = None
    reason: str | None = None

    @classmethod
    def make(cls, id: str, visit: Visit, number: int, reported: datetime) -> Self:
        """What stands under ``number``, from 1, in the report that was handed in at ``reported``."""
        report, place = visit.report, visit.place
        if report is None or place is None:
            raise WrongState("commitments stand in a report")
        intention, day = report.intentions[number - 1], reported.date()
        made = cls(
            id=id,
            visit=visit.id,
            number=number,
            guest=visit.guest,
            guest_country=visit.guest_country,
            host=place.host,
            host_country=place.country,
            topic=intention.topic,
            languages=(report.language,) if intention.text else (),
            visited_on=place.days.first,
            made_on=day,
            due_at=midnight(months_later(day, MONTHS_TO_TRY)),
        )
        made.record(CommitmentMade(), reported)
        return made

    def snapshot(self) -> CommitmentSnapshot:
        kept = CommitmentSnapshot.model_fields
        return CommitmentSnapshot.model_validate({name: getattr(self, name) for name in kept})

    # ---- half a year later

    def due(self) -> datetime | None:
        """When its center is to be asked; None once it has been, or has answered before."""
        return self.due_at if self.status is CommitmentStatus.MADE else None

    def ring(self, now: datetime) -> None:
        """Time to ask. What is answered already is not asked about."""
        due = self.due()
        if due is not None and now >= due:
            self.status = CommitmentStatus.DUE
            self.record(FollowUpDue(), due)

    # ---- what became of it

    def adopt(self, how: Adoption, practice: Practice | None, now: datetime, on: date | None = None) -> None:
        """It is done at home now, since the day ``on``; ``practice`` is the directory's description of it, if named.

        `UnknownPractice` unless it is published (one that was named before may have been withdrawn since),
        `OwnPractice`, `InTheFuture`, `BeforeTheVisit`.
        """
        if practice is not None:
            if practice.id != self.practice and not practice.published:
                raise UnknownPractice("no published practice has this id", practice=practice.id)
            if practice.center == self.guest:
                raise OwnPractice("a center does not take over its own practice", practice=practice.id)
        before, named = self.practice, practice.id if practice else None
        instead_of = before if before != named else None
        happened = self._answer(CommitmentStatus(how), now, on, practice=named)
        if happened is None:
            return
        event = PracticeAdopted if how is Adoption.ADOPTED else PracticeAdapted
        self.record(event(practice=named, instead_of=instead_of), happened)

    def drop(self, reason: DropReason, now: datetime, on: date | None = None) -> None:
        """Nothing came of it, or it was given up. `InTheFuture`, `BeforeTheVisit`."""
        self._drop(reason.value, now, on)

    def center_closed(self, now: datetime) -> None:
        """The guest's center closed for good before it answered. What it had answered stays true."""
        self.require(self.status in OPEN, "it is known already what became of it")
        self._drop(CENTER_CLOSED, now, None)

    def _drop(self, reason: str, now: datetime, on: date | None) -> None:
        instead_of = self.practice
        happened = self._answer(CommitmentStatus.DROPPED, now, on, reason=reason)
        if happened is not None:
            self.record(CommitmentDropped(reason=reason, instead_of=instead_of), happened)

    def _answer(
        self,
        status: CommitmentStatus,
        now: datetime,
        on: date | None,
        *,
        practice: str | None = None,
        reason: str | None = None,
    ) -> datetime | None:
        """Takes the answer and returns when it happened; None for one that says nothing new."""
        day, happened = dated(on, now)
        if day < self.visited_on:
            raise BeforeTheVisit("that day is before the visit", visited_on=self.visited_on.isoformat())
        same = (status, practice, reason) == (self.status, self.practice, self.reason)
        if same and on in (None, self.settled_on):
            return None
        self.status, self.practice, self.reason, self.settled_on = status, practice, reason, day
        return happened or now


def months_later(day: date, months: int) -> date:
    """The same day of a later month; the last one of a month that is too short."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))
