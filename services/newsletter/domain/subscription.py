"""A subscription: asked for by anybody, confirmed only from the mailbox itself, left with one click.

The id is a keyed hash of list and address, so one address is one document per list. The address itself stands here
and nowhere else, and only while it is needed: once a subscription ends, it is emptied.

Who leaves may come back to the same document. Who is erased may not: it is emptied of everything but the proof of
consent, and over for ever. The same address then has another id, so nothing joins the new reader to the old one.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from shared.aggregate import Aggregate, Person, Refusal, Why
from shared.clock import Instant
from shared.events.base import Stream
from shared.events.newsletter import (
    SUBSCRIPTION,
    AddressSuppressed,
    Departure,
    LanguageTag,
    ListName,
    PreferencesChanged,
    SubscriberUnsubscribed,
    SubscriptionConfirmed,
    SubscriptionErased,
    SubscriptionExpired,
    SubscriptionRequested,
    SubscriptionSnapshot,
    SubscriptionStatus,
    SuppressionReason,
)

TIME_TO_CONFIRM = timedelta(days=7)
"""So long is the link in a confirmation mail good, and the address of an unconfirmed subscription kept."""

MAILS_PER_WEEK = 3
BETWEEN_MAILS = timedelta(minutes=10)
"""However often an address is entered: so many confirmation mails go to it in seven days, so far apart."""

SUPPRESSED_FOR = timedelta(days=180)
"""So long nobody can subscribe an address that its mail server does not know; mailboxes do come back."""


UNKNOWN_LANGUAGE = "und"
"""The language of nobody (BCP 47)."""


class LinkNoLongerValid(Refusal):
    """The link belongs to a subscription that was not confirmed in time, or has ended since (410)."""

    code = "link-no-longer-valid"
    why = Why.GONE


class NotSubscribed(Refusal):
    """There is no confirmed subscription to change."""

    code = "not-subscribed"


class Erased(Refusal):
    """This subscription is over for ever; the address can be entered again, under another id."""

    code = "erased"
    why = Why.GONE


class Consent(BaseModel):
    """The proof that the reader agreed, and to what: never where from (no network address)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wording: str
    """Version of the consent text."""
    language: LanguageTag
    text: str
    """The text itself, as it was shown."""
    list: ListName
    at: Instant


class Subscription(Aggregate):
    """One address on one list."""

    stream: ClassVar[Stream] = SUBSCRIPTION

    list: ListName
    language: LanguageTag
    status: SubscriptionStatus = SubscriptionStatus.REQUESTED
    address: str | None = None
    round: int = 1
    """Counts how often the address started anew; a link from an earlier round confirms nothing."""
    expires_at: Instant | None = None
    mails: tuple[Instant, ...] = ()
    """When confirmation mails were asked for, within the last seven days."""
    mail_number: int = 0
    consent: Consent | None = None
    suppressed_at: Instant | None = None

    def snapshot(self) -> SubscriptionSnapshot:
        return SubscriptionSnapshot(list=self.list, language=self.language, status=self.status)

    @classmethod
    def request(cls, id: str, list: str, address: str, language: str, now: datetime) -> "Subscription":
        """Somebody enters an address for the first time."""
        subscription = cls(id=id, list=list, language=language)
        subscription._ask_to_confirm(address, language, now)
        return subscription

    def request_again(self, address: str, language: str, now: datetime) -> None:
        """The address is entered once more. Whoever does it learns nothing, and can cause no flood.

        A confirmed subscription stays as it is, whatever is asked. An unconfirmed or ended one gets a mail, unless it
        had enough of them lately. `Erased` when it is over for ever.
        """
        if self.status is SubscriptionStatus.ERASED:
            raise Erased("this subscription was erased")
        if self.status is SubscriptionStatus.CONFIRMED or self._suppressed(now) or not self._mail_may_go(now):
            return
        if self.status is not SubscriptionStatus.REQUESTED:
            self.round += 1
        self._ask_to_confirm(address, language, now)

    def confirm(self, round: int, consent: Consent) -> None:
        """The owner of the mailbox agrees. Again: nothing happens. `LinkNoLongerValid` when it is too late."""
        if self.status is SubscriptionStatus.CONFIRMED and round == self.round:
            return
        in_time = self.expires_at is not None and consent.at <= self.expires_at
        if self.status is not SubscriptionStatus.REQUESTED or round != self.round or not in_time:
            raise LinkNoLongerValid("this link is no longer valid; the address can be entered again")
        self.status = SubscriptionStatus.CONFIRMED
        self.consent = consent
        self.expires_at = None
        self.record(
            SubscriptionConfirmed(
                wording=consent.wording, wording_language=consent.language, list=consent.list, consented=consent.at
            )
        )

    def read_in(self, language: str) -> None:
        """The reader wants another language."""
        if self.status is not SubscriptionStatus.CONFIRMED:
            raise NotSubscribed("only a confirmed subscription has a language to choose")
        if language == self.language:
            return
        before, self.language = self.language, language
        self.record(PreferencesChanged(before=before, after=language))

    def unsubscribe(self, by: Departure) -> None:
        """The reader leaves, or somebody who never asked for it says so. Again: nothing happens.

        `LinkNoLongerValid` when it was erased: mails that come nevertheless have a link of another subscription.
        """
        if self.status is SubscriptionStatus.ERASED:
            raise LinkNoLongerValid("this link is no longer valid")
        if self.status not in (SubscriptionStatus.CONFIRMED, SubscriptionStatus.REQUESTED):
            return
        self._end(SubscriptionStatus.UNSUBSCRIBED)
        self.record(SubscriberUnsubscribed(by=by))

    def suppress(self, reason: SuppressionReason, issue: str | None, now: datetime) -> None:
        """The mail server of the address says that it does not exist."""
        if self.status is not SubscriptionStatus.CONFIRMED:
            return
        self._end(SubscriptionStatus.SUPPRESSED)
        self.suppressed_at = now
        self.record(AddressSuppressed(reason=reason, issue=issue))

    def erase(self, person: Person) -> None:
        """The reader wants to be forgotten. What proves the consent stays, without an address."""
        self._end(SubscriptionStatus.ERASED)
        self.language, self.mails, self.suppressed_at = UNKNOWN_LANGUAGE, (), None
        self.record(SubscriptionErased())

    def due(self) -> datetime | None:
        return self.expires_at

    def ring(self, now: datetime) -> None:
        """Nobody confirmed in time."""
        if self.expires_at is None or now < self.expires_at:
            return
        self._end(SubscriptionStatus.EXPIRED)
        self.record(SubscriptionExpired())

    @property
    def awaits_mail(self) -> bool:
        """Whether a confirmation mail may still go out."""
        return self.status is SubscriptionStatus.REQUESTED and self.address is not None

    def _ask_to_confirm(self, address: str, language: str, now: datetime) -> None:
        self.status = SubscriptionStatus.REQUESTED
        self.address = address
        self.language = language
        self.suppressed_at = None
        self.expires_at = now + TIME_TO_CONFIRM
        self.mails = (*(mail for mail in self.mails if now - mail < timedelta(days=7)), now)
        self.mail_number += 1
        self.record(SubscriptionRequested(mail=self.mail_number))

    def _mail_may_go(self, now: datetime) -> bool:
        lately = [mail for mail in self.mails if now - mail < timedelta(days=7)]
        return len(lately) < MAILS_PER_WEEK and (not lately or now - lately[-1] >= BETWEEN_MAILS)

    def _suppressed(self, now: datetime) -> bool:
        return self.suppressed_at is not None and now - self.suppressed_at < SUPPRESSED_FOR

    def _end(self, status: SubscriptionStatus) -> None:
        self.status = status
        self.address = None
        self.expires_at = None
