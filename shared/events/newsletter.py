"""What the newsletter says: who reads (as opaque ids), what news there is, and what became of each issue.

A subscription's id is a keyed hash of list and address, made with a secret of the installation: the same address is
the same subscription, and nobody without the secret can tell which address that is. No address, no name and no text
that people wrote is in any event here; an issue's titles are.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.clock import Instant
from shared.events.base import Event, Snapshot, Stream, Wire

LanguageTag = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)]
"""A language as BCP 47 writes it: ``de``, ``sr-Latn``."""

ListName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
"""A mailing list: ``newsletter``."""


# ---- subscriptions


class SubscriptionStatus(StrEnum):
    """Where a subscription stands. Only a confirmed one gets issues; after it has ended nobody knows the address."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    ERASED = "erased"


class Departure(StrEnum):
    """The way a reader left."""

    ONE_CLICK = "one-click"
    PAGE = "page"


class SuppressionReason(StrEnum):
    """Why an address is not written to any more."""

    HARD_BOUNCE = "hard-bounce"


class SubscriptionSnapshot(Snapshot):
    """A subscription without its reader."""

    list: ListName
    language: LanguageTag = Field(description="the language the reader wants to read; und once it is erased")
    status: SubscriptionStatus


class SubscriptionRequested(Event):
    """Somebody entered an address; a mail with a link goes there. Also each time that mail is asked for again."""

    mail: int = Field(ge=1, description="number of the confirmation mail that is due, 1 for the address's first ever")


class SubscriptionConfirmed(Event):
    """The owner of the address said yes, to exactly this wording."""

    wording: str = Field(description="version of the consent text")
    wording_language: LanguageTag = Field(description="language in which the consent text was shown")
    list: ListName
    consented: Instant


class SubscriptionExpired(Event):
    """Nobody confirmed in time; the address is forgotten."""


class PreferencesChanged(Event):
    """A reader wants to read another language."""

    before: LanguageTag
    after: LanguageTag


class SubscriberUnsubscribed(Event):
    """A reader left; the address is forgotten."""

    by: Departure


class AddressSuppressed(Event):
    """The address does not exist any more, says its own mail server; it is forgotten."""

    reason: SuppressionReason
    issue: str | None = Field(description="the issue that could not be delivered")


class SubscriptionErased(Event):
    """The reader is forgotten on their own demand. Nothing begins under this id again; who comes back has another."""


SUBSCRIPTION = Stream(
    service="newsletter",
    aggregate="subscription",
    about="Subscriptions to a list: asked for, confirmed from the mailbox itself, left with one click.",
    snapshot=SubscriptionSnapshot(list="newsletter", language="cs", status=SubscriptionStatus.CONFIRMED),
    events=(
        SubscriptionRequested(mail=1),
        SubscriptionConfirmed(
            wording="2026-1",
            wording_language="cs",
            list="newsletter",
            consented=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        ),
        SubscriptionExpired(),
        PreferencesChanged(before="cs", after="uk"),
        SubscriberUnsubscribed(by=Departure.ONE_CLICK),
        AddressSuppressed(reason=SuppressionReason.HARD_BOUNCE, issue="019a0c3e-8c33-7e20-8d52-6b9f704e3d55"),
        SubscriptionErased(),
    ),
)


# ---- news items


class NewsItemStatus(StrEnum):
    """What became of a proposal. A used one stands in an issue that was approved."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    USED = "used"


class NewsKind(StrEnum):
    """What the news is about."""

    CENTER_OPENED = "center-opened"
    CENTER_REOPENED = "center-reopened"
    VISIT_REPORTED = "visit-reported"
    CAMPAIGN_LAUNCHED = "campaign-launched"
    CAMPAIGN_PHASE = "campaign-phase"


class NewsRejection(StrEnum):
    """Why an editor does not want a proposal."""

    NOT_NEWS = "not-news"
    TOLD_ALREADY = "told-already"
    NOT_TRUE = "not-true"
    WISH_OF_THOSE_CONCERNED = "wish-of-those-concerned"


class NewsItemSnapshot(Snapshot):
    """A piece of news. Its wording is served by the newsletter service."""

    kind: NewsKind
    cause: str = Field(description="id of the event that proposed it")
    about: str = Field(description="id of the center, visit or campaign it is about")
    languages: tuple[LanguageTag, ...] = Field(description="in which it is worded, in alphabetical order")
    status: NewsItemStatus
    issue: str | None = Field(default=None, description="the issue it was used in")


class NewsItemProposed(Event):
    """An event elsewhere is worth telling; a first wording was made of it. A person decides."""


class NewsItemReworded(Event):
    """An editor changed the wording."""

    language: LanguageTag


class NewsItemAccepted(Event):
    """An editor wants to tell it."""


class NewsItemRejected(Event):
    """An editor does not want to tell it."""

    reason: NewsRejection


class NewsItemUsed(Event):
    """It stands in an issue that was approved."""

    issue: str


class NewsItemRedacted(Event):
    """Somebody who stood in its text is forgotten on their own demand."""


NEWS_ITEM = Stream(
    service="newsletter",
    aggregate="news-item",
    about="News that proposes itself: what happened in the network, worded by rule, told or not told by an editor.",
    snapshot=NewsItemSnapshot(
        kind=NewsKind.CENTER_OPENED,
        cause="d8b5c5a0-52c8-5c0e-93a5-0e6f6b0c2b11",
        about="019a0c3e-7b22-7d10-9c41-5a8e6f3d2c44",
        languages=("cs", "de", "en"),
        status=NewsItemStatus.ACCEPTED,
    ),
    events=(
        NewsItemProposed(),
        NewsItemReworded(language="de"),
        NewsItemAccepted(),
        NewsItemRejected(reason=NewsRejection.TOLD_ALREADY),
        NewsItemUsed(issue="019a0c3e-8c33-7e20-8d52-6b9f704e3d55"),
        NewsItemRedacted(),
    ),
)


# ---- issues and their delivery


class IssueStatus(StrEnum):
    """Where an issue stands. From approved on its content never changes."""

    DRAFTED = "drafted"
    TRANSLATED = "translated"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


class WhenUncertain(StrEnum):
    """What is done for a reader of whom nobody can know, after a breakdown, whether the mail got through."""

    NEVER_TWICE = "never-twice"
    NEVER_MISSED = "never-missed"


class Totals(Wire):
    """How many readers an issue reached. The five numbers always add up to the audience."""

    pending: int = Field(ge=0, description="not decided yet")
    accepted: int = Field(ge=0, description="taken by the mail server")
    bounced: int = Field(ge=0, description="refused for good")
    ambiguous: int = Field(ge=0, description="sent or not, nobody can know; listed, and not sent again")
    skipped: int = Field(ge=0, description="left before their mail was out, or the issue was cancelled")


class IssueSnapshot(Snapshot):
    """An issue as everybody sees it."""

    list: ListName
    titles: dict[LanguageTag, str] = Field(description="by language, the one it was drafted in first")
    items: tuple[str, ...] = Field(description="ids of the news items in it, in order")
    when_uncertain: WhenUncertain
    status: IssueStatus
    send_at: Instant | None = Field(default=None, description="set while it is scheduled")
    sent_at: Instant | None = None
    totals: Totals | None = Field(default=None, description="set once it is sent")


class IssueDrafted(Event):
    """An editor began an issue."""

    language: LanguageTag = Field(description="the language it is written in")


class IssueRevised(Event):
    """The editors chose other items, or another way with uncertain mails."""

    changed: tuple[str, ...] = Field(description="names of the changed fields, in alphabetical order")


class IssueTranslated(Event):
    """The issue's text in one language was written or rewritten."""

    language: LanguageTag


class IssueApproved(Event):
    """A second person read it and let it go. Its content is fixed from here on."""

    languages: tuple[LanguageTag, ...]


class IssueScheduled(Event):
    """It will be sent by itself at the set time."""

    send_at: Instant


class IssueSendingStarted(Event):
    """Sending began. Its readers are those whose subscription is confirmed now."""


class IssuePaused(Event):
    """Nothing of it leaves until it is resumed."""


class IssueResumed(Event):
    """It goes on where it was paused."""


class IssueSent(Event):
    """Every reader of the audience is decided."""

    audience: int = Field(ge=0)
    totals: Totals


class IssueCancelled(Event):
    """It will not be sent, or not to those who did not get it yet."""


class IssueRedacted(Event):
    """Somebody who stood in its text is forgotten on their own demand; whoever has not got it yet gets it without."""


_ISSUE_ID = "019a0c3e-8c33-7e20-8d52-6b9f704e3d55"
_TOTALS = Totals(pending=0, accepted=2987, bounced=9, ambiguous=1, skipped=3)

ISSUE = Stream(
    service="newsletter",
    aggregate="issue",
    about="Issues of the newsletter: drafted, translated, approved by a second person, sent.",
    snapshot=IssueSnapshot(
        list="newsletter",
        titles={"en": "Spring in our centers", "cs": "Jaro v našich centrech"},
        items=("019a0c3e-9d44-7f30-9e63-7c0a815f4e66",),
        when_uncertain=WhenUncertain.NEVER_TWICE,
        status=IssueStatus.SENT,
        sent_at=datetime(2026, 3, 21, 8, 4, 30, tzinfo=UTC),
        totals=_TOTALS,
    ),
    events=(
        IssueDrafted(language="en"),
        IssueRevised(changed=("items",)),
        IssueTranslated(language="cs"),
        IssueApproved(languages=("en", "cs")),
        IssueScheduled(send_at=datetime(2026, 3, 21, 8, 0, tzinfo=UTC)),
        IssueSendingStarted(),
        IssuePaused(),
        IssueResumed(),
        IssueSent(audience=3000, totals=_TOTALS),
        IssueCancelled(),
        IssueRedacted(),
    ),
)


class BounceKind(StrEnum):
    """What a refusal for good says."""

    ADDRESS = "address"  # there is no such mailbox: the address is suppressed
    REFUSED = "refused"  # the mailbox may exist, this mail was not wanted
    GAVE_UP = "gave-up"  # refused for the time being, until all attempts were used up


class DeliverySnapshot(Snapshot):
    """How far the delivery of an issue is."""

    audience: int = Field(ge=0, description="readers confirmed when sending began")
    batches: int = Field(ge=0, description="parts into which the audience was cut")
    batches_done: int = Field(ge=0)
    totals: Totals
    finished: bool = Field(description="nobody is pending any more")


class DeliveryCounted(Event):
    """One more part of the audience is decided; the first one, with nothing done, says how large the audience is."""

    batch: int | None = Field(ge=0, description="number of the part; null when the audience was counted")


class DeliveryBounced(Event):
    """One reader's mail was refused for good."""

    subscription: str
    kind: BounceKind
    code: str = Field(
        pattern=r"^\d{3}( \d\.\d{1,3}\.\d{1,3})?$", description="SMTP reply code, and enhanced status code"
    )


DELIVERY = Stream(
    service="newsletter",
    aggregate="delivery",
    about="The delivery of an issue, under the issue's id: totals that add up to its audience, and what bounced.",
    snapshot=DeliverySnapshot(audience=3000, batches=6, batches_done=6, totals=_TOTALS, finished=True),
    events=(
        DeliveryCounted(batch=5),
        DeliveryBounced(subscription="5f0c2be77ea9d1c7a4f0b6d3e8129a45", kind=BounceKind.ADDRESS, code="550 5.1.1"),
    ),
)

STREAMS = (SUBSCRIPTION, NEWS_ITEM, ISSUE, DELIVERY)
