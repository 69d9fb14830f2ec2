"""An initiative: people who want to open a center, from the first idea to the open door, or to giving it up."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints, model_validator

from services.directory.domain.codes import Country, Language
from services.directory.domain.consent import Consent
from services.directory.domain.profile import Languages, Phone
from shared.aggregate import Aggregate, Person, Refusal, Why
from shared.days import midnight, when
from shared.events import Stream
from shared.events.directory.initiative import (
    INITIATIVE,
    InitiativeAbandoned,
    InitiativeBecameCenter,
    InitiativeContactForgotten,
    InitiativeHeardFrom,
    InitiativeProposed,
    InitiativeResumed,
    InitiativeRevised,
    InitiativeSnapshot,
    InitiativeStatus,
    InitiativeWentQuiet,
    MentorAssigned,
    MentorWithdrew,
    Milestone,
    MilestoneCorrected,
    MilestoneReached,
    ReachedMilestone,
)
from shared.events.directory.lineage import Cause, Origin
from shared.text import Line, Name, Prose

QUIET_AFTER = timedelta(days=180)
"""So long nothing may be heard of an initiative before somebody is asked to ask."""

ON_THE_WAY = (InitiativeStatus.PROPOSED, InitiativeStatus.MENTORED)


class WithdrawalReason(StrEnum):
    """Why a mentor does not accompany an initiative any more."""

    DECLINED = "declined"
    NO_TIME = "no-time"
    NOT_REACHED = "not-reached"
    CENTER_CLOSED = "center-closed"
    OTHER = "other"


class AbandonmentReason(StrEnum):
    """Why an initiative was given up; ``not-genuine`` is for what was no initiative at all."""

    NO_GROUP = "no-group"
    NO_ROOM = "no-room"
    NO_FUNDING = "no-funding"
    NO_MENTOR = "no-mentor"
    JOINED_ANOTHER = "joined-another"
    DUPLICATE = "duplicate"
    NOT_GENUINE = "not-genuine"
    OTHER = "other"


class ConsentMissing(Refusal):
    """A person's own address is kept only with that person's consent; a role address (office@...) needs none."""

    code = "consent-missing"
    why = Why.INVALID


class MilestoneNotReached(Refusal):
    """This milestone has not been entered."""

    code = "milestone-not-reached"
    why = Why.MISSING


class Inspiration(BaseModel):
    """What gave the idea: a study visit, a center, or nobody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    visit: str | None = Field(default=None, max_length=64, description="Id of a study visit.")
    center: str | None = Field(default=None, max_length=64, description="Id of a center.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.visit and self.center:
            raise ValueError("either a visit or a center; the visit knows its center")
        return self


class ContactDetails(BaseModel):
    """How the network reaches the initiative: by mail or by phone, at a role address or at somebody's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name | None = None
    email: EmailStr | None = None
    phone: Phone | None = Field(default=None, description="International, with +; spaces allowed.")
    personal: bool = Field(default=True, description="False for a role address, such as office@...")

    @model_validator(mode="after")
    def _reaches_somebody(self) -> Self:
        if not (self.email or self.phone):
            raise ValueError("a contact needs a mail address or a phone number")
        return self


class InitiativeContact(ContactDetails):
    """The contact with the consent to it. Private: for its mentor, its country's coordinator and the office."""

    consent: Consent | None = Field(default=None, description="Of the person, to being reached there.")


class OwnWords(BaseModel):
    """What the initiative tells the network about itself. Private like the contact: it may name anybody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Language
    text: Annotated[Prose, StringConstraints(max_length=4000)]


class InspiringVisit(BaseModel):
    """A study visit as far as lineage needs to know it: where it went, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    host: str
    year: int


class Initiative(Aggregate):
    """proposed ⇄ mentored → became a center, or abandoned (→ resumed).

    It becomes a center by the registration of one: the center gets the initiative's own id, so there can be only one,
    and the initiative follows (`become_center`). What identifies its people is erased when it ends.
    """

    stream: ClassVar[Stream] = INITIATIVE
    indexes: ClassVar = (("country",), ("mentor",))

    country: Country
    town: Line | None = None
    languages: Languages
    inspired_by: Inspiration = Inspiration()
    contact: InitiativeContact | None = None
    own_words: OwnWords | None = None
    status: InitiativeStatus = InitiativeStatus.PROPOSED
    taken_up: bool = Field(default=False, description="Somebody of the network has looked at it.")
    mentor: str | None = None
    mentored_on: date | None = None
    milestones: dict[Milestone, date] = Field(default_factory=dict)
    proposed_on: date
    heard_on: date
    asked_on: date | None = Field(default=None, description="When its silence was last noticed, since it was heard.")

    @classmethod
    def propose(
        cls,
        id: str,
        country: str,
        languages: Languages,
        now: datetime,
        *,
        town: str | None = None,
        inspired_by: Inspiration | None = None,
        contact: InitiativeContact | None = None,
        own_words: OwnWords | None = None,
        on: date | None = None,
        taken_up: bool = False,
    ) -> "Initiative":
        """Somebody wants to open a center, and said so on the day ``on``. ``taken_up`` when the network entered it."""
        happened = when(on, now)
        _require_consent(contact)
        initiative = cls(
            id=id,
            country=country,
            town=town,
            languages=languages,
            inspired_by=inspired_by or Inspiration(),
            contact=contact,
            own_words=own_words,
            proposed_on=on or now.date(),
            heard_on=now.date(),
            taken_up=taken_up,
        )
        initiative.record(InitiativeProposed(), happened)
        return initiative

    # ---- what is known about it

    def revise(self, change: Mapping[str, Any], now: datetime) -> None:
        """Fields get other values: country, town, languages, inspired_by, own_words, contact."""
        self._require_open()
        _require_consent(change.get("contact"))
        changed = sorted(field for field, value in change.items() if value != getattr(self, field))
        if changed:
            for field in changed:
                setattr(self, field, change[field])
            self._heard(now)
            self.record(InitiativeRevised(changed=tuple(changed)))

    def forget_contact(self) -> None:
        """Erases how to reach it and what its people wrote, in whatever state it is. Nothing left: nothing happens."""
        if self._erase():
            self.record(InitiativeContactForgotten())

    def erase(self, person: Person) -> None:
        """Forgets its contact and its words if the contact is somebody's; else takes them out of the words."""
        if person.stands_in(self.contact):
            self.forget_contact()
        changed = tuple(field for field in ("own_words", "town") if person.stands_in(getattr(self, field)))
        if changed:
            self.own_words, self.town = person.taken_out_of(self.own_words), person.taken_out_of(self.town)
            self.record(InitiativeRevised(changed=changed))

    # ---- who accompanies it

    def assign_mentor(self, center: str, now: datetime, on: date | None = None) -> None:
        """A center accompanies the initiative from the day ``on``; it takes the place of the one before."""
        self._require_open()
        happened = when(on, now)
        if center == self.mentor:
            return
        before, self.mentor, self.mentored_on = self.mentor, center, on or now.date()
        self.status = InitiativeStatus.MENTORED
        self._heard(now)
        self.record(MentorAssigned(mentor=center, before=before), happened)

    def withdraw_mentor(self, center: str, reason: WithdrawalReason, now: datetime, on: date | None = None) -> None:
        """The center does not accompany it any more. `WrongState` unless it does."""
        self._require_open()
        self.require(self.mentor == center, "this center does not accompany the initiative")
        happened = when(on, now)
        self._lose_mentor()
        self.record(MentorWithdrew(mentor=center, reason=reason), happened)

    # ---- how far it is

    def reach(self, milestone: Milestone, now: datetime, on: date | None = None) -> None:
        """A milestone was reached on the day ``on``; entered again with another day, the day is corrected.

        Also after it became a center: what is entered late has happened all the same.
        """
        self.require(self.status is not InitiativeStatus.ABANDONED, "this initiative was given up")
        happened = when(on, now)
        day, before = on or now.date(), self.milestones.get(milestone)
        if day == before:
            return
        self.milestones[milestone] = day
        self._heard(now)
        if before is None:
            self.record(MilestoneReached(milestone=milestone, on=day), happened)
        else:
            self.record(MilestoneCorrected(milestone=milestone, before=before, on=day))

    def take_back(self, milestone: Milestone) -> None:
        """A milestone was entered by mistake. `MilestoneNotReached` when it was not entered at all."""
        self.require(self.status is not InitiativeStatus.ABANDONED, "this initiative was given up")
        before = self.milestones.pop(milestone, None)
        if before is None:
            raise MilestoneNotReached("this milestone has not been entered", milestone=milestone)
        self.record(MilestoneCorrected(milestone=milestone, before=before, on=None))

    def hear(self, now: datetime, on: date | None = None) -> None:
        """It goes on, though there is no milestone to enter."""
        self._require_open()
        happened = when(on, now)
        self._heard(now)
        self.record(InitiativeHeardFrom(), happened)

    def due(self) -> datetime | None:
        """Half a year after something was heard of it, or after somebody was last asked to ask."""
        if self.status not in ON_THE_WAY:
            return None
        return midnight(self.asked_on or self.heard_on) + QUIET_AFTER

    def ring(self, now: datetime) -> None:
        """Somebody should ask how it is."""
        due = self.due()
        if due is None or now < due:
            return
        self.asked_on = now.date()
        self.record(InitiativeWentQuiet(last_heard=self.heard_on, mentor=self.mentor))

    # ---- how it ends

    def become_center(self, visit: InspiringVisit | None, opened: datetime) -> None:
        """A center with this id was registered: whatever stood here, that is what the initiative has become.

        ``visit`` is what is known of the visit that inspired it, ``opened`` when the center opened its doors. Where it
        is, only the center says from now on: it may hide that.
        """
        if self.status is InitiativeStatus.BECAME_CENTER:
            return
        self.status, self.town = InitiativeStatus.BECAME_CENTER, None
        self._erase()
        self.record(InitiativeBecameCenter(center=self.id, origin=self.origin(visit)), opened)

    def origin(self, visit: InspiringVisit | None) -> Origin | None:
        """Where its center comes from: the house of the visit, else the center that inspired it, else its mentor."""
        inspiring = self.inspired_by
        if visit and visit.id == inspiring.visit:
            found = Origin(came_from=visit.host, cause=Cause.VISIT, visit=visit.id, year=visit.year)
        elif inspiring.center:
            found = Origin(came_from=inspiring.center, cause=Cause.INSPIRATION, year=self.proposed_on.year)
        elif self.mentor and self.mentored_on:
            found = Origin(came_from=self.mentor, cause=Cause.MENTOR, year=self.mentored_on.year)
        else:
            return None
        return found.model_copy(update={"mentor": self.mentor, "initiative": self.id})

    def abandon(self, reason: AbandonmentReason, now: datetime, on: date | None = None) -> None:
        """It was given up. Its contact and its own words are erased."""
        self._require_open()
        happened = when(on, now)
        self._lose_mentor()
        self._erase()
        self.status = InitiativeStatus.ABANDONED
        self.record(InitiativeAbandoned(reason=reason), happened)

    def resume(self, now: datetime, on: date | None = None) -> None:
        """It is taken up again, with the milestones it had; it needs a mentor and a contact anew."""
        self.require(self.status is InitiativeStatus.ABANDONED, "only an initiative that was given up can be resumed")
        happened = when(on, now)
        self.status = InitiativeStatus.PROPOSED
        self._heard(now)
        self.record(InitiativeResumed(), happened)

    # ---- what others see

    def snapshot(self) -> InitiativeSnapshot:
        """The public view. The town is part of it once somebody of the network has looked at it."""
        return InitiativeSnapshot(
            country=self.country,
            town=self.town if self.taken_up else None,
            languages=self.languages,
            status=self.status,
            proposed_on=self.proposed_on,
            inspired_by_visit=self.inspired_by.visit,
            inspired_by_center=self.inspired_by.center,
            mentor=self.mentor,
            milestones=tuple(
                ReachedMilestone(milestone=milestone, on=self.milestones[milestone])
                for milestone in sorted(self.milestones, key=self._day_and_place)
            ),
            center=self.id if self.status is InitiativeStatus.BECAME_CENTER else None,
        )

    # ---- inside

    def _require_open(self) -> None:
        self.require(self.status in ON_THE_WAY, "this initiative has ended", status=self.status)

    def _heard(self, now: datetime) -> None:
        """Somebody of the network has been in touch with it."""
        self.taken_up, self.heard_on, self.asked_on = True, now.date(), None

    def _day_and_place(self, milestone: Milestone) -> tuple[date, int]:
        return self.milestones[milestone], list(Milestone).index(milestone)

    def _lose_mentor(self) -> None:
        self.status, self.mentor, self.mentored_on = InitiativeStatus.PROPOSED, None, None

    def _erase(self) -> bool:
        had = self.contact is not None or self.own_words is not None
        self.contact = self.own_words = None
        return had


def _require_consent(contact: InitiativeContact | None) -> None:
    if contact is not None and contact.personal and contact.consent is None:
        raise ConsentMissing("a personal contact needs the consent of the person")
