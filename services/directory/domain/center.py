"""A Mother Center as the directory keeps it: profile, place, services, and whether all that was checked of late."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import Unpack

from services.directory.domain.consent import Consent
from services.directory.domain.offer import Offer, OfferChange, OfferTerms, WithdrawnOffer, closed_days
from services.directory.domain.place import Place
from services.directory.domain.profile import Contact, ContactPerson, Kind, Profile, ProfileChange
from services.directory.domain.schedule import Closures
from services.directory.domain.spells import EndsBeforeItBegan
from shared.aggregate import Aggregate, Person, Refusal, Why
from shared.days import dated, midnight, not_in_the_future, when, year_has_begun, year_later
from shared.events import Stream
from shared.events.directory.center import (
    CENTER,
    CenterClosed,
    CenterPaused,
    CenterProfileUpdated,
    CenterRegistered,
    CenterRelocated,
    CenterReopened,
    CenterSnapshot,
    CenterStatus,
    CenterVerified,
    Check,
    ClosedDaysChanged,
    ContactPersonForgotten,
    ContactPersonNamed,
    DuplicateAbsorbed,
    LocationVisibility,
    LocationVisibilityChanged,
    OfferStatus,
    ServiceChanged,
    ServiceOffered,
    ServicePaused,
    ServiceWithdrawn,
    VerificationLapsed,
    VerificationReminded,
    VerificationRequested,
)
from shared.taxonomy import TOPICS, Term
from shared.text import Name, findable_words, words

TIME_TO_ANSWER = timedelta(days=90)
"""How long a center may take to confirm its profile once it was asked."""
_TELLING = 4
"""So many letters a word needs to tell a town in part."""
REMINDERS = (timedelta(days=30), timedelta(days=60))
"""How long after it was asked somebody is asked again."""

Verifier = Literal["center", "coordinator", "office"]

NEUTRAL_NAME = {
    Kind.MOTHER_CENTER: "Mother Center",
    Kind.FAMILY_CENTER: "Family Center",
    Kind.MULTIGENERATIONAL_HOUSE: "Multigenerational House",
    Kind.OTHER: "Center",
}
"""What a hidden center is called unless it chose a discreet name: half of all names tell the town."""


class PauseReason(StrEnum):
    """Why the doors are shut for a while."""

    HOLIDAYS = "holidays"
    RENOVATION = "renovation"
    MOVING = "moving"
    NO_VOLUNTEERS = "no-volunteers"
    NO_FUNDING = "no-funding"
    CRISIS = "crisis"
    OTHER = "other"


class ClosingReason(StrEnum):
    """Why a center closed for good."""

    MERGED = "merged"
    NO_FUNDING = "no-funding"
    NO_VOLUNTEERS = "no-volunteers"
    LOST_PREMISES = "lost-premises"
    WORK_DONE = "work-done"
    DUPLICATE = "duplicate"
    OTHER = "other"


class OutOfOrder(Refusal):
    """Doors open and shut, and houses move, in the order of the days: not before they last did (``since``), and doors
    not before the founding.

    Otherwise the map of a past day would tell another story than the center itself.
    """

    code = "out-of-order"
    why = Why.INVALID


class VerificationTooOld(Refusal):
    """A confirmation from more than a year ago says nothing about today."""

    code = "verification-too-old"
    why = Why.INVALID


class TownMissing(Refusal):
    """Only a hidden center may be without a town."""

    code = "town-missing"
    why = Why.INVALID


class TimeZoneMissing(Refusal):
    """Opening hours mean nothing without the clock they are told by."""

    code = "time-zone-missing"
    why = Why.INVALID


class NameTellsTown(Refusal):
    """A discreet name must not contain the town it keeps quiet about."""

    code = "name-tells-town"
    why = Why.INVALID


class OpenedBeforeFounded(Refusal):
    """The doors cannot have opened before the year of founding."""

    code = "opened-before-founded"
    why = Why.INVALID


class SuccessorMissing(Refusal):
    """A duplicate is closed in favor of the entry that stays."""

    code = "successor-missing"
    why = Why.INVALID


class OwnSuccessor(Refusal):
    """A closed center cannot be its own successor."""

    code = "own-successor"
    why = Why.INVALID


class AlreadyOffered(Refusal):
    """The center offers this service already; ``offer`` says as which."""

    code = "already-offered"


class NoSuchOffer(Refusal):
    """The center has no offer with this id (any more)."""

    code = "no-such-offer"
    why = Why.MISSING


class NamedPerson(BaseModel):
    """A contact person with the consent to be known to the members of the network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: ContactPerson
    consent: Consent


class Center(Aggregate):
    """A center: active ⇄ paused → closed (→ reopened); its profile fresh → due → lapsed → fresh again."""

    stream: ClassVar[Stream] = CENTER
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("looks_like",), ("profile.registration_number",))

    external_id: str | None = None
    profile: Profile
    place: Place
    moved_on: date | None = Field(default=None, description="The day it last moved; None: never since it is known.")
    visibility: LocationVisibility
    discreet_name: Name | None = None
    offers: list[Offer] = Field(default_factory=list)
    offers_ever: int = 0
    withdrawn: list[WithdrawnOffer] = Field(
        default_factory=list, description="Every service that ended, the earliest first. Kept for ever."
    )
    closures: Closures = ()
    status: CenterStatus = CenterStatus.ACTIVE
    status_since: date | None = Field(
        default=None, description="The day the doors last opened or shut, as far as known."
    )
    paused_until: date | None = None
    successor: str | None = None
    closed_for: ClosingReason | None = None
    absorbed: tuple[str, ...] = ()
    check: Check = Check.FRESH
    verified_on: date
    answer_by: date | None = None
    reminders: int = 0
    contact_person: NamedPerson | None = None
    looks_like: str = Field(default="", description="Equal for centers of the same name in the same town.")

    @classmethod
    def register(
        cls,
        id: str,
        profile: Profile,
        place: Place,
        visibility: LocationVisibility,
        now: datetime,
        *,
        discreet_name: str | None = None,
        services: Sequence[Term] = (),
        verified_on: date | None = None,
        opened_on: date | None = None,
        external_id: str | None = None,
    ) -> "Center":
        """A center comes into the directory, with the services it has from the start.

        ``verified_on`` is the day its data was last known to be true (today unless given; an old one makes the
        verification due at once). It happened on the day the doors opened, as far as that is known: ``opened_on``,
        else the first day of the founding year, else now. With an ``external_id`` it counts as taken over from an
        older list.
        """
        not_in_the_future(verified_on, now)
        year_has_begun(profile.founded, now)
        happened = _opened(opened_on, profile.founded, now)
        TOPICS.all_known(profile.topics)
        _require_town(place, visibility)
        _require_discretion(discreet_name, place)
        center = cls(
            id=id,
            external_id=external_id,
            profile=profile,
            place=place,
            visibility=visibility,
            discreet_name=discreet_name,
            status_since=opened_on,
            verified_on=verified_on or now.date(),
            looks_like=looks_like(profile, place),
        )
        for service in dict.fromkeys(service.code for service in services):
            center._add_offer(service, OfferTerms())
        center.record(CenterRegistered(imported=external_id is not None), happened)
        return center

    # ---- who and where

    def edit(self, change: ProfileChange, now: datetime) -> None:
        """The center describes itself anew. Values equal to the present ones change nothing."""
        self._require_open()
        year_has_begun(change.get("founded"), now)
        TOPICS.all_known(change.get("topics", ()))
        self._describe(**change)

    def relocate(self, place: Place, now: datetime, on: date | None = None) -> None:
        """The center moves, on the day ``on``. A discreet name that would tell the new town is given up."""
        self._require_open()
        moved_on, happened = _in_order(on, self.moved_on, now)
        if place == self.place:
            return
        _require_town(place, self.visibility)
        _require_clock(place, [offer.terms for offer in self.offers])
        before, self.place, self.moved_on = self.place, place, moved_on
        self.looks_like = looks_like(self.profile, place)
        if _tells_town(self.discreet_name, place):
            self.discreet_name = None
        self.record(CenterRelocated(from_country=before.country), happened)

    def show_location(self, visibility: LocationVisibility, discreet_name: str | None = None) -> None:
        """Sets how much of its place is shown, and what it is called while hidden.

        A closed center may do so too: what it was may still have to be protected.
        """
        if (visibility, discreet_name) == (self.visibility, self.discreet_name):
            return
        _require_town(self.place, visibility)
        _require_discretion(discreet_name, self.place)
        before, self.visibility, self.discreet_name = self.visibility, visibility, discreet_name
        self.record(LocationVisibilityChanged(before=before, after=visibility))

    # ---- services

    def offer(self, service: Term, terms: OfferTerms = OfferTerms()) -> None:
        """The center begins to offer a service."""
        self._require_open()
        _require_clock(self.place, [terms])
        for offer in self.offers:
            if offer.service == service.code:
                raise AlreadyOffered(f"{service.code} is offered already", offer=offer.id)
        added = self._add_offer(service.code, terms)
        self.record(ServiceOffered(offer=added.id, service=added.service))

    def change_offer(self, offer_id: str, change: OfferChange) -> None:
        """The terms of a service change. Values equal to the present ones change nothing."""
        offer = self._offer(offer_id)
        changed = sorted(field for field, value in change.items() if value != getattr(offer.terms, field))
        if changed:
            terms = offer.terms.model_copy(update=dict(change))
            _require_clock(self.place, [terms])
            offer.terms = terms
            self.record(ServiceChanged(offer=offer.id, service=offer.service, changed=tuple(changed)))

    def pause_offer(self, offer_id: str) -> None:
        """A service cannot be had for a while."""
        offer = self._offer(offer_id)
        self.require(offer.status is OfferStatus.ACTIVE, "only an active service can be paused", offer=offer.id)
        offer.status = OfferStatus.PAUSED
        self.record(ServicePaused(offer=offer.id, service=offer.service))

    def resume_offer(self, offer_id: str) -> None:
        """A paused service can be had again."""
        offer = self._offer(offer_id)
        self.require(offer.status is OfferStatus.PAUSED, "only a paused service can be resumed", offer=offer.id)
        offer.status = OfferStatus.ACTIVE
        self.record(ServiceChanged(offer=offer.id, service=offer.service, changed=("status",)))

    def withdraw_offer(self, offer_id: str) -> None:
        """A service ends. Offered again later, it is a new offer with an id of its own."""
        offer = self._offer(offer_id)
        self._end([offer])
        self.record(ServiceWithdrawn(offer=offer.id, service=offer.service))

    def close_on(self, closures: Closures) -> None:
        """All the days, known today, on which the whole house is shut: school holidays and the like."""
        self._require_open()
        if closures != self.closures:
            self.closures = closures
            self.record(ClosedDaysChanged())

    # ---- is it still true?

    def verify(self, by: Verifier, now: datetime, on: date | None = None) -> None:
        """Somebody who knows confirms the profile as of the day ``on``; everything is fresh again at once.

        An entry that says no more than is known already (the same day, or an earlier one) changes nothing.
        """
        self._require_open()
        happened = when(on, now)
        day = on or now.date()
        if day <= self.verified_on:
            return
        if year_later(day) <= now.date():
            raise VerificationTooOld("a confirmation from more than a year ago says nothing about today")
        self.verified_on, self.check, self.answer_by, self.reminders = day, Check.FRESH, None, 0
        self.record(CenterVerified(verified_on=day, by=by), happened)

    def due(self) -> datetime | None:
        """A year after the last verification somebody is asked, twice asked again, and then the profile lapses."""
        if self.status is CenterStatus.CLOSED:
            return None
        if self.check is Check.FRESH:
            return midnight(year_later(self.verified_on))
        if self.answer_by is None:
            return None
        asked_on = self.answer_by - TIME_TO_ANSWER
        return midnight(asked_on + REMINDERS[self.reminders] if self.reminders < len(REMINDERS) else self.answer_by)

    def ring(self, now: datetime) -> None:
        """Asks for verification, asks again, or gives up waiting for it."""
        due = self.due()
        if due is None or now < due:
            return
        if self.check is Check.FRESH:
            self.check, self.answer_by = Check.DUE, (now + TIME_TO_ANSWER).date()
            self.record(VerificationRequested(last_verified_on=self.verified_on, answer_by=self.answer_by))
        elif self.answer_by and now < midnight(self.answer_by):
            asked_on = self.answer_by - TIME_TO_ANSWER
            self.reminders = sum(now >= midnight(asked_on + after) for after in REMINDERS)
            self.record(
                VerificationReminded(
                    last_verified_on=self.verified_on, answer_by=self.answer_by, reminder=self.reminders
                )
            )
        else:
            self.check, self.answer_by, self.reminders = Check.LAPSED, None, 0
            self.record(VerificationLapsed(last_verified_on=self.verified_on))

    # ---- whom to ask

    def name_contact_person(self, person: ContactPerson, consent: Consent, now: datetime) -> None:
        """A person who agreed to it is named to members of the network, in place of whoever was named before."""
        self._require_open()
        not_in_the_future(consent.given_on, now)
        named = NamedPerson(person=person, consent=consent)
        if named != self.contact_person:
            self.contact_person = named
            self.record(ContactPersonNamed())

    def forget_contact_person(self, erased: bool = False) -> None:
        """The person is no longer known here; nothing happens when nobody was named."""
        if self.contact_person is not None:
            self.contact_person = None
            self.record(ContactPersonForgotten(erased=erased))

    def erase(self, person: Person) -> None:
        """Forgets somebody: as contact person; as the house's own contact, which it is then without; and in every
        text, in whatever state the center is."""
        if person.stands_in(self.contact_person):
            self.forget_contact_person(erased=True)
        if person.stands_in(self.discreet_name):
            self.show_location(self.visibility)
        if person.stands_in(self.place):
            self.place = person.taken_out_of(self.place)
            self.record(CenterRelocated(from_country=self.place.country))
        theirs = {name: None for name, value in self.profile.contact if person.stands_in(value)}
        self._describe(
            contact=self.profile.contact.model_copy(update=theirs),
            name=person.taken_out_of(self.profile.name),
            names=person.taken_out_of(self.profile.names),
            descriptions=person.taken_out_of(self.profile.descriptions),
        )

    # ---- open or not

    def pause(self, reason: PauseReason, now: datetime, on: date | None = None, until: date | None = None) -> None:
        """The doors are shut from the day ``on``, ``until`` the day it hopes to open again. Services are kept."""
        self.require(self.status is CenterStatus.ACTIVE, "only an active center can be paused", status=self.status)
        happened = self._changes_status(on, now)
        if until is not None and until < (on or now.date()):
            raise EndsBeforeItBegan("a pause cannot end before it begins")
        self.status, self.paused_until = CenterStatus.PAUSED, until
        self.record(CenterPaused(reason=reason, until=until), happened)

    def resume(self, now: datetime, on: date | None = None) -> None:
        """The doors of a paused center are open again, with everything it had."""
        self.require(self.status is CenterStatus.PAUSED, "only a paused center can be resumed", status=self.status)
        happened = self._changes_status(on, now)
        self.status, self.paused_until = CenterStatus.ACTIVE, None
        self.record(CenterReopened(after=CenterStatus.PAUSED), happened)

    def close(self, reason: ClosingReason, now: datetime, on: date | None = None, successor: str | None = None) -> None:
        """The center closes for good: its services end, nobody is asked to verify it any more, its history stays."""
        self._require_open()
        if successor == self.id:
            raise OwnSuccessor("a center cannot be its own successor")
        if reason is ClosingReason.DUPLICATE and successor is None:
            raise SuccessorMissing("a duplicate is closed in favor of the entry that stays: name it as successor")
        happened = self._changes_status(on, now)
        ended = tuple(offer.service for offer in self.offers)
        self._end(self.offers)
        self.status, self.paused_until, self.successor = CenterStatus.CLOSED, None, successor
        self.closures = ()
        self.closed_for, self.contact_person, self.reminders = reason, None, 0
        self.record(CenterClosed(reason=reason, successor=successor, services_ended=ended), happened)

    def absorb(self, duplicate: str) -> None:
        """Another entry of this very center was closed; who follows its history finds it here."""
        if duplicate not in self.absorbed:
            self.absorbed = (*self.absorbed, duplicate)
            self.record(DuplicateAbsorbed(duplicate=duplicate))

    def reopen(self, now: datetime, on: date | None = None) -> None:
        """A closed center starts again as itself. Its services are offered anew, its profile has to be confirmed."""
        self.require(self.status is CenterStatus.CLOSED, "only a closed center can be reopened", status=self.status)
        happened = self._changes_status(on, now)
        self.status, self.successor, self.closed_for = CenterStatus.ACTIVE, None, None
        if self.check is Check.DUE:
            self.answer_by = (now + TIME_TO_ANSWER).date()
        self.record(CenterReopened(after=CenterStatus.CLOSED), happened)

    # ---- what others see

    def snapshot(self) -> CenterSnapshot:
        """The public view, by the center's own choice of location visibility."""
        hidden = self.visibility is LocationVisibility.HIDDEN
        place = self.place.shown(self.visibility)
        return CenterSnapshot(
            name=self._name_while_hidden() if hidden else self.profile.name,
            names={} if hidden else self.profile.names,
            kind=self.profile.kind,
            country=place.country,
            region=place.region,
            town=place.town,
            town_point=place.town_point,
            location_visibility=self.visibility,
            languages=self.profile.languages,
            services=tuple(offer.told() for offer in self.offers),
            closed_days=tuple(closed_days(closure) for closure in self.closures),
            topics=self.profile.topics,
            founded=self.profile.founded,
            legal_form=self.profile.legal_form,
            registration_number=None if hidden else self.profile.registration_number,
            accessibility=self.profile.accessibility,
            staff=self.profile.staff,
            volunteers=self.profile.volunteers,
            families=self.profile.families,
            funding=self.profile.funding,
            described_in=tuple(self.profile.descriptions),
            time_zone=place.time_zone,
            status=self.status,
            check=self.check,
            verified_on=self.verified_on,
            successor=self.successor,
        )

    def public_contact(self) -> Contact | None:
        """The contact for everybody: none for a hidden center, and none for a closed one, where nobody answers."""
        silent = self.visibility is LocationVisibility.HIDDEN or self.status is CenterStatus.CLOSED
        return None if silent else self.profile.contact

    # ---- its own rules

    def _name_while_hidden(self) -> str:
        return self.discreet_name or NEUTRAL_NAME[self.profile.kind]

    def _describe(self, **change: Unpack[ProfileChange]) -> None:
        changed = sorted(field for field, value in change.items() if value != getattr(self.profile, field))
        if changed:
            self.profile = self.profile.model_copy(update=dict(change))
            self.looks_like = looks_like(self.profile, self.place)
            self.record(CenterProfileUpdated(changed=tuple(changed)))

    def _require_open(self) -> None:
        self.require(self.status is not CenterStatus.CLOSED, "the center is closed", status=self.status)

    def _changes_status(self, on: date | None, now: datetime) -> datetime | None:
        """The doors open or shut on the day ``on``, not before the founding; gives `when` that happened."""
        if on is not None and self.profile.founded is not None and on.year < self.profile.founded:
            raise OutOfOrder("that day lies before the founding", since=date(self.profile.founded, 1, 1))
        self.status_since, happened = _in_order(on, self.status_since, now)
        return happened

    def _offer(self, offer_id: str) -> Offer:
        for offer in self.offers:
            if offer.id == offer_id:
                return offer
        raise NoSuchOffer("the center has no such offer", offer=offer_id)

    def _add_offer(self, service: str, terms: OfferTerms) -> Offer:
        self.offers_ever += 1
        offer = Offer(id=f"s{self.offers_ever}", service=service, terms=terms)
        self.offers.append(offer)
        return offer

    def _end(self, offers: Sequence[Offer]) -> None:
        self.withdrawn += [WithdrawnOffer(id=offer.id, service=offer.service) for offer in offers]
        self.offers = [offer for offer in self.offers if offer not in offers]


def _require_town(place: Place, visibility: LocationVisibility) -> None:
    if place.town is None and visibility is not LocationVisibility.HIDDEN:
        raise TownMissing("only a hidden center may be without a town")


def _require_clock(place: Place, terms: Sequence[OfferTerms]) -> None:
    if place.time_zone is None and any(each.hours for each in terms):
        raise TimeZoneMissing("opening hours need the town's time zone: give the town's point, or the zone itself")


def _require_discretion(discreet_name: str | None, place: Place) -> None:
    if _tells_town(discreet_name, place):
        raise NameTellsTown("a discreet name must not contain the town")


def _tells_town(name: str | None, place: Place) -> bool:
    """Whether a word of the town stands in the name, however spelled, also as part of a longer word (Pragfreunde).

    Short words of a longer town's name (Frankfurt am Main, Ústí nad Labem) tell nothing.
    """
    town = findable_words(place.town or "")
    telling = {word for word in town if len(word) >= _TELLING} or town
    named = findable_words(name or "")
    return bool(telling & named) or any(len(word) >= _TELLING and word in each for word in telling for each in named)


def looks_like(profile: Profile, place: Place) -> str:
    """The same for two entries that are likely of one center: its folded name, town and country."""
    return f"{place.country}/{' '.join(words(place.town or ''))}/{' '.join(sorted(set(words(profile.name))))}"


def _in_order(on: date | None, last: date | None, now: datetime) -> tuple[date, datetime | None]:
    """The day of the latest change of a kind and `when` the present one happened, not before the ``last``."""
    day, happened = dated(on, now)
    if on is not None and last is not None and on < last:
        raise OutOfOrder("that day lies before the last such change", since=last)
    return max(day, last or day), happened


def _opened(on: date | None, founded: int | None, now: datetime) -> datetime | None:
    if on is not None and founded is not None and on.year < founded:
        raise OpenedBeforeFounded("the doors cannot have opened before the center was founded")
    first_day = date(founded, 1, 1) if founded is not None else None
    return when(on or first_day, now)
