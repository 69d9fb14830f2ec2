"""A center's membership in a network: how it came about, and on which days it held.

There is one document for a center and a network, with an id made of the two. So there is never more than one open
application or membership between them, and who was a member on any day stands in the spells of that one document.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.directory.domain.network import CriteriaList
from services.directory.domain.spells import Gone, Spell, require_apart, require_true
from shared.aggregate import Aggregate, Person, Refusal, Why
from shared.clock import Instant
from shared.days import dated, when
from shared.events import Stream
from shared.events.directory.membership import (
    MEMBERSHIP,
    ApplicationWithdrawn,
    CenterConsented,
    CriteriaChecked,
    EthicalCodeAccepted,
    MembershipAdmitted,
    MembershipApplied,
    MembershipCorrected,
    MembershipDeclined,
    MembershipEnded,
    MembershipKind,
    MembershipKindChanged,
    MembershipRecorded,
    MembershipRedacted,
    MembershipSnapshot,
    MembershipSpell,
    MembershipStatus,
)
from shared.text import Prose

Note = Annotated[Prose, StringConstraints(max_length=2000)]
OPEN = (MembershipStatus.APPLIED, MembershipStatus.ADMITTED)
"""While it stands so, the center and the network have something to do with each other."""
PUBLIC = (MembershipStatus.ADMITTED, MembershipStatus.ENDED)
"""Who is and who was a member is public; an application that waits or came to nothing is the affair of the two."""


class DeclineReason(StrEnum):
    """Why a network declined an application."""

    CRITERIA_NOT_MET = "criteria-not-met"
    INCOMPLETE = "incomplete"
    OTHER_NETWORK = "other-network"
    OTHER = "other"


class EndReason(StrEnum):
    """Why somebody ended a membership."""

    OWN_WISH = "own-wish"
    OTHER_NETWORK = "other-network"
    CRITERIA_NOT_MET = "criteria-not-met"
    EXCLUDED = "excluded"
    OTHER = "other"


class BeforeApplication(Refusal):
    """An application is decided on its own day or later; ``applied_on`` tells that day."""

    code = "before-application"
    why = Why.INVALID


class RequirementsMissing(Refusal):
    """A full member meets the network's mandatory criteria (``missing_criteria``: codes not checked off) and has
    accepted the ethical code (``ethical_code_missing``)."""

    code = "requirements-missing"


class CriteriaOutdated(Refusal):
    """The network has another list by now; ``present`` is its version."""

    code = "criteria-outdated"


class StatusWouldChange(Refusal):
    """A correction changes days and kinds, not whether the center is a member today."""

    code = "status-would-change"


class MemberSpell(Spell):
    """A time as a member of one kind."""

    kind: MembershipKind


class CriteriaCheck(BaseModel):
    """What of a list of criteria was met when somebody looked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    met: tuple[str, ...]
    missing: tuple[str, ...] = Field(description="Mandatory ones that were not met.")
    on: date


class Membership(Aggregate):
    """A membership: applied → admitted / declined / withdrawn; admitted → ended; and from all of these applied anew.

    Two that nothing is known of yet look like an ended membership without spells. Criteria, ethical code and note
    belong to the latest application and what came of it; what was before stands in the journal.
    """

    stream: ClassVar[Stream] = MEMBERSHIP
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("center",), ("network",))

    network: str
    center: str
    kind: MembershipKind = MembershipKind.FULL
    status: MembershipStatus = MembershipStatus.ENDED
    opened: Instant | None = Field(default=None, description="When the latest application or membership was entered.")
    consented: bool = Field(default=False, description="Whether the center's own people asked for it.")
    applied_on: date | None = None
    check: CriteriaCheck | None = None
    code_accepted_on: date | None = None
    reason: str | None = Field(default=None, description="Why it was declined, withdrawn or ended.")
    note: Note | None = Field(default=None, description="The same in own words, for its people only.")
    spells: list[MemberSpell] = Field(default_factory=list, description="In order of time, never overlapping.")

    # ---- applying

    def apply(self, kind: MembershipKind, consented: bool, now: datetime, on: date | None = None) -> None:
        """The center asks to become a member; ``consented`` if its own people say so, not the network from paper."""
        self._require_nothing_open()
        day, happened = dated(on, now)
        self._open(MembershipStatus.APPLIED, kind, consented, now)
        self.applied_on = day
        self.record(MembershipApplied(kind=kind, on=day), happened)

    def consent(self) -> None:
        """The center's own people confirm what the network entered. Once is enough."""
        self._require_open()
        if not self.consented:
            self.consented = True
            self.record(CenterConsented())

    def check_criteria(
        self, criteria: CriteriaList, version: int, met: Collection[str], now: datetime, on: date | None = None
    ) -> None:
        """Checks off the network's present list, of which somebody has seen ``version``, as of the day ``on``."""
        self._require_open()
        day, happened = dated(on, now)
        if version != criteria.version:
            raise CriteriaOutdated("the network has another list of criteria by now", present=criteria.version)
        kept = criteria.checked(met)
        check = CriteriaCheck(version=version, met=kept, missing=criteria.missing(kept), on=day)
        if check != self.check:
            self.check = check
            self.record(CriteriaChecked(list_version=version, met=check.met, missing=check.missing, on=day), happened)

    def accept_code(self, now: datetime, on: date | None = None) -> None:
        """The center accepts the ethical code on the day ``on``."""
        self._require_open()
        day, happened = dated(on, now)
        if day != self.code_accepted_on:
            self.code_accepted_on = day
            self.record(EthicalCodeAccepted(on=day), happened)

    # ---- the network decides

    def admit(
        self, criteria: CriteriaList, now: datetime, on: date | None = None, kind: MembershipKind | None = None
    ) -> None:
        """The center is a member from the day ``on``, of the ``kind`` it applied for unless another is given.

        A full one must have met what was mandatory when its criteria were checked, and accepted the ethical code.
        """
        day, happened = self._decided(on, now)
        admitted_as = kind or self.kind
        self._require_fit(admitted_as, criteria)
        self._add(MemberSpell(kind=admitted_as, since=day))
        self.status, self.kind = MembershipStatus.ADMITTED, admitted_as
        self.record(MembershipAdmitted(kind=admitted_as, on=day), happened)

    def decline(self, reason: DeclineReason, now: datetime, on: date | None = None, note: str | None = None) -> None:
        """The network does not admit the center. It may apply again."""
        day, happened = self._decided(on, now)
        self.status, self.reason, self.note = MembershipStatus.DECLINED, reason, note
        self.record(MembershipDeclined(reason=reason, on=day), happened)

    def withdraw(self, now: datetime, on: date | None = None, note: str | None = None) -> None:
        """The center takes its application back."""
        day, happened = self._decided(on, now)
        self._withdraw(EndReason.OWN_WISH, day, happened, note)

    # ---- a member

    def change_kind(self, kind: MembershipKind, criteria: CriteriaList, now: datetime, on: date | None = None) -> None:
        """A friendly center becomes a full member, by the same rules as if it were admitted; or the other way round."""
        self._require_member()
        day, happened = dated(on, now)
        if kind is self.kind:
            return
        self._require_fit(kind, criteria)
        before, self.kind = self.kind, kind
        self.spells[-1] = self.spells[-1].ended(day)
        self._add(MemberSpell(kind=kind, since=day))
        self.record(MembershipKindChanged(before=before, after=kind, on=day), happened)

    def end(self, reason: EndReason, now: datetime, on: date | None = None, note: str | None = None) -> None:
        """The center is a member no more from the day ``on``."""
        self._require_member()
        day, happened = dated(on, now)
        self._end(reason, day, happened, note)

    def give_up(self, reason: Gone, day: date, known: datetime, now: datetime) -> None:
        """The center or the network is gone since ``day``: a membership ends, an application is void.

        What was opened after that became ``known`` belongs to a new life and stays.
        """
        if self.opened is None or self.opened > known:
            return
        if self.status is MembershipStatus.ADMITTED:
            day = max(day, self.spells[-1].since)
            self._end(reason, day, when(day, now), None)
        elif self.status is MembershipStatus.APPLIED:
            day = max(day, self.applied_on or day)
            self._withdraw(reason, day, when(day, now), None)

    # ---- from older lists, and put right

    def record_earlier(self, spell: MemberSpell, consented: bool, now: datetime) -> None:
        """A membership from before is entered; one that still lasts only while nothing else is open."""
        require_true(spell, now)
        if spell.until is None:
            self._require_nothing_open()
        self._add(spell)
        if spell.until is None:
            self._open(MembershipStatus.ADMITTED, spell.kind, consented, now)
        self._keep_kind()
        self.record(MembershipRecorded(kind=spell.kind, since=spell.since, until=spell.until), when(spell.since, now))

    def correct(self, spells: Sequence[MemberSpell], now: datetime) -> None:
        """The spells as they truly were, in any order. Whether it is a member today stays as it is."""
        corrected = sorted(spells, key=lambda spell: (spell.since, spell.until or date.max))
        for number, spell in enumerate(corrected):
            require_true(spell, now)
            require_apart(spell, corrected[:number])
        if any(spell.until is None for spell in corrected) != (self.status is MembershipStatus.ADMITTED):
            raise StatusWouldChange("a correction changes days and kinds, not whether it is a member today")
        if corrected != self.spells:
            self.spells = corrected
            self._keep_kind()
            self.record(MembershipCorrected(spells=self._told()))

    # ---- what others see

    @property
    def is_open(self) -> bool:
        """Whether an application waits, or a membership lasts."""
        return self.status in OPEN

    def on(self, day: date) -> MemberSpell | None:
        """The spell in which the center was a member on that day, if it was one."""
        return next((spell for spell in self.spells if spell.covers(day)), None)

    def without_application(self) -> "Membership":
        """What is public of it: as if nobody had applied since it was a member last."""
        if self.status in PUBLIC:
            return self
        past = Membership(id=self.id, network=self.network, center=self.center, spells=self.spells)
        past._keep_kind()
        return past

    def snapshot(self) -> MembershipSnapshot:
        """What its events tell."""
        return MembershipSnapshot(
            network=self.network,
            center=self.center,
            kind=self.kind,
            status=self.status,
            applied_on=self.applied_on,
            criteria_version=self.check.version if self.check else None,
            criteria_met=self.check.met if self.check else (),
            code_accepted_on=self.code_accepted_on,
            spells=self._told(),
        )

    def erase(self, person: Person) -> None:
        """Takes somebody out of the note."""
        self.note = person.taken_out_of(self.note)
        self.record(MembershipRedacted())

    # ---- its own rules

    def _require_open(self) -> None:
        self.require(self.is_open, "there is no open application or membership", status=self.status)

    def _require_nothing_open(self) -> None:
        self.require(not self.is_open, "the center has applied or is a member already", status=self.status)

    def _require_member(self) -> None:
        self.require(self.status is MembershipStatus.ADMITTED, "the center is no member now", status=self.status)

    def _require_fit(self, kind: MembershipKind, criteria: CriteriaList) -> None:
        if kind is MembershipKind.FRIENDLY:
            return
        missing = self.check.missing if self.check else criteria.missing(())
        if missing or self.code_accepted_on is None:
            raise RequirementsMissing(
                "a full member meets the mandatory criteria and has accepted the ethical code",
                missing_criteria=missing,
                ethical_code_missing=self.code_accepted_on is None,
            )

    def _decided(self, on: date | None, now: datetime) -> tuple[date, datetime | None]:
        self.require(self.status is MembershipStatus.APPLIED, "there is no open application", status=self.status)
        day, happened = dated(on, now)
        if self.applied_on is not None and day < self.applied_on:
            raise BeforeApplication("an application is decided on its own day or later", applied_on=self.applied_on)
        return day, happened

    def _open(self, status: MembershipStatus, kind: MembershipKind, consented: bool, now: datetime) -> None:
        self.status, self.kind, self.consented, self.opened = status, kind, consented, now
        self.applied_on = self.check = self.code_accepted_on = self.reason = self.note = None

    def _withdraw(self, reason: EndReason | Gone, day: date, happened: datetime | None, note: str | None) -> None:
        self.status, self.reason, self.note = MembershipStatus.WITHDRAWN, reason, note
        self.record(ApplicationWithdrawn(reason=reason, on=day), happened)

    def _end(self, reason: EndReason | Gone, day: date, happened: datetime | None, note: str | None) -> None:
        self.spells[-1] = self.spells[-1].ended(day)
        self.status, self.reason, self.note = MembershipStatus.ENDED, reason, note
        self.record(MembershipEnded(reason=reason, on=day), happened)

    def _add(self, spell: MemberSpell) -> None:
        require_apart(spell, self.spells)
        self.spells = sorted([*self.spells, spell], key=lambda each: (each.since, each.until or date.max))

    def _keep_kind(self) -> None:
        """The kind is that of the latest spell, unless an application came after it."""
        if self.spells and self.status in PUBLIC:
            self.kind = self.spells[-1].kind

    def _told(self) -> tuple[MembershipSpell, ...]:
        return tuple(MembershipSpell.model_validate(spell.model_dump()) for spell in self.spells)
