"""A partner: an organisation that centers and networks work with, and what it is to each of them."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from services.directory.domain.codes import Country
from services.directory.domain.organisation import Names, Organisation, RoleContact
from services.directory.domain.profile import WebAddress
from services.directory.domain.spells import Day, Gone, Spell, require_true
from shared.aggregate import Aggregate, Person, Refusal, Why
from shared.clock import Instant
from shared.days import dated, not_in_the_future, when
from shared.events import Stream
from shared.events.directory.partner import (
    PARTNER,
    LinkKind,
    NetworkLink,
    PartnerKind,
    PartnerProfileUpdated,
    PartnerRedacted,
    PartnerRegistered,
    PartnershipEnded,
    PartnershipLinked,
    PartnershipLinkEnded,
    PartnerSnapshot,
    PartnerStatus,
)
from shared.text import Name, fold


class PartnershipEndReason(StrEnum):
    """Why the work with a partner ended."""

    AGREED = "agreed"
    NO_FUNDING = "no-funding"
    DISSOLVED = "dissolved"
    CONFLICT = "conflict"
    OTHER = "other"


class AlreadyLinked(Refusal):
    """The partner is that already to this center or network, at that time; ``link`` says by which link."""

    code = "already-linked"


class NoSuchLink(Refusal):
    """The partner has no link with this id."""

    code = "no-such-link"
    why = Why.MISSING


class LinkedBefore(Refusal):
    """A partner was one at least since its first link; ``first_link`` tells that day."""

    code = "linked-before"
    why = Why.INVALID


class Link(Spell):
    """What the partner is to one center or network, for a time."""

    id: str
    kind: LinkKind
    center: str | None = None
    network: str | None = None
    entered: Instant

    @property
    def target(self) -> str:
        """The center or network at the other end."""
        return self.center or self.network or ""


class PartnerProfile(Organisation):
    """What the directory says of a partner."""

    kind: PartnerKind
    country: Country | None = Field(default=None, description="None: it works internationally.")
    since: Day | None = Field(default=None, description="The day the work together began, as far as known.")


class PartnerChange(TypedDict, total=False):
    """Those fields of a profile that change; each replaces the old value as a whole."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    name: Name
    names: Names
    website: WebAddress | None
    contact: RoleContact
    kind: PartnerKind
    country: Country | None
    since: Day | None


class Partner(Aggregate):
    """A partner: active → ended. Links come and go, and end with it."""

    stream: ClassVar[Stream] = PARTNER
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("links.center",), ("links.network",))

    profile: PartnerProfile
    sorted_as: str
    links: list[Link] = Field(default_factory=list)
    status: PartnerStatus = PartnerStatus.ACTIVE
    ended_on: date | None = None

    @classmethod
    def register(cls, id: str, profile: PartnerProfile, now: datetime) -> "Partner":
        """A partner comes into the directory."""
        not_in_the_future(profile.since, now)
        partner = cls(id=id, profile=profile, sorted_as=fold(profile.name))
        partner.record(PartnerRegistered())
        return partner

    def edit(self, change: PartnerChange, now: datetime) -> None:
        """What is said of it changes. Values equal to the present ones change nothing."""
        self._require_active()
        since = change.get("since")
        not_in_the_future(since, now)
        first = min((link.since for link in self.links), default=None)
        if since is not None and first is not None and since > first:
            raise LinkedBefore("it was a partner at least since its first link", first_link=first)
        changed = sorted(field for field, value in change.items() if value != getattr(self.profile, field))
        if changed:
            self.profile = self.profile.model_copy(update=dict(change))
            self.sorted_as = fold(self.profile.name)
            self.record(PartnerProfileUpdated(changed=tuple(changed)))

    def link(
        self,
        kind: LinkKind,
        spell: Spell,
        now: datetime,
        *,
        center: str | None = None,
        network: str | None = None,
        hidden: bool = False,
    ) -> None:
        """The partner is linked to a center or to a network. The event does not name a center that is ``hidden``."""
        require_true(spell, now)
        link = Link(
            id=f"l{len(self.links) + 1}",
            kind=kind,
            center=center,
            network=network,
            since=spell.since,
            until=spell.until,
            entered=now,
        )
        self._require_active(link)
        for other in self.links:
            if (other.kind, other.target) == (link.kind, link.target) and link.meets(other):
                raise AlreadyLinked("it is linked to the same, in the same way, at that time", link=other.id)
        self.links.append(link)
        if self.profile.since is not None and link.since < self.profile.since:
            self.profile = self.profile.model_copy(update={"since": link.since})
        self.record(
            PartnershipLinked(
                link=link.id,
                kind=kind,
                center=None if hidden else center,
                network=network,
                since=link.since,
                until=link.until,
            ),
            when(link.since, now),
        )

    def end_link(self, link_id: str, now: datetime, on: date | None = None) -> None:
        """A link ends on the day ``on``. One that was entered by mistake ends on the day it began: it never held."""
        link = self.linked(link_id)
        self.require(link.until is None, "this link has ended before", until=link.until)
        day, happened = dated(on, now)
        self._close(link, day)
        self.record(PartnershipLinkEnded(link=link.id, reason="agreed", on=day), happened)

    def give_up(self, target: str, reason: Gone, day: date, known: datetime, now: datetime) -> None:
        """The center or network ``target`` is gone since ``day``, so its links end.

        What was entered after that became ``known`` belongs to a new life and stays.
        """
        for link in tuple(self.links):
            if link.target == target and link.until is None and link.entered <= known:
                last = max(day, link.since)
                self._close(link, last)
                self.record(PartnershipLinkEnded(link=link.id, reason=reason, on=last), when(last, now))

    def end(self, reason: PartnershipEndReason, now: datetime, on: date | None = None) -> None:
        """The work with this partner ends on the day ``on``, and every link that lasts ends with it."""
        self.require(self.status is PartnerStatus.ACTIVE, "the work with this partner has ended before")
        day, happened = dated(on, now)
        lasting = [link for link in self.links if link.until is None]
        for link in lasting:
            self._close(link, day)
        self.status, self.ended_on = PartnerStatus.ENDED, day
        self.record(PartnershipEnded(reason=reason, on=day, links_ended=tuple(link.id for link in lasting)), happened)

    def erase(self, person: Person) -> None:
        """Gives up a contact or website of somebody."""
        self.profile = self.profile.without(person)
        self.record(PartnerRedacted())

    # ---- what others ask

    def linked(self, link_id: str) -> Link:
        """The link with this id, or `NoSuchLink`."""
        for link in self.links:
            if link.id == link_id:
                return link
        raise NoSuchLink("the partner has no such link", link=link_id)

    def active_on(self, day: date) -> bool:
        """Whether it was a partner on that day, as far as known."""
        began = self.profile.since is None or self.profile.since <= day
        return began and (self.ended_on is None or day < self.ended_on)

    def snapshot(self) -> PartnerSnapshot:
        """What everybody may see. Links to centers are left out: the directory serves them by today's rules."""
        return PartnerSnapshot(
            name=self.profile.name,
            names=self.profile.names,
            kind=self.profile.kind,
            country=self.profile.country,
            since=self.profile.since,
            status=self.status,
            networks=tuple(
                NetworkLink(link=link.id, kind=link.kind, network=link.network, since=link.since)
                for link in self.links
                if link.network is not None and link.until is None
            ),
        )

    # ---- its own rules

    def _require_active(self, link: Link | None = None) -> None:
        """An ended partner changes no more; a link that was over by then may still be entered."""
        over = link is not None and link.until is not None and self.ended_on is not None and link.until <= self.ended_on
        self.require(self.status is PartnerStatus.ACTIVE or over, "the work with this partner has ended")

    def _close(self, link: Link, day: date) -> None:
        self.links[self.links.index(link)] = link.ended(day)
