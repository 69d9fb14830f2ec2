"""An issue of the newsletter: drafted, translated, let go by a second person, sent to everybody once.

An issue owns its whole content, the wording of its news items included, from the moment they are put into it: what the
second person read is what is sent, whatever becomes of the items later. After approval nothing in it can change, but
for somebody in it who wants to be forgotten.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from services.newsletter.domain.news_item import ItemText, Line
from shared.aggregate import Aggregate, Person, Refusal, Why
from shared.clock import Instant
from shared.events.base import Stream
from shared.events.newsletter import (
    ISSUE,
    IssueApproved,
    IssueCancelled,
    IssueDrafted,
    IssuePaused,
    IssueRedacted,
    IssueResumed,
    IssueRevised,
    IssueScheduled,
    IssueSendingStarted,
    IssueSent,
    IssueSnapshot,
    IssueStatus,
    IssueTranslated,
    LanguageTag,
    ListName,
    Totals,
    WhenUncertain,
)

_OPEN = (IssueStatus.DRAFTED, IssueStatus.TRANSLATED)


class SecondPersonNeeded(Refusal):
    """Who wrote an issue cannot also approve it (403)."""

    code = "second-person-needed"
    why = Why.FORBIDDEN


class InThePast(Refusal):
    """An issue cannot be scheduled for a moment that has passed (422)."""

    code = "in-the-past"
    why = Why.INVALID


class IssueText(BaseModel):
    """An issue's own words in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Line = Field(description="Also the subject of the mail.")
    introduction: str = Field(
        min_length=1, max_length=20_000, description="Plain text; a blank line begins a paragraph."
    )


class Piece(BaseModel):
    """A news item as it stands in the issue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: str
    texts: dict[LanguageTag, ItemText]


class Issue(Aggregate):
    """One issue."""

    stream: ClassVar[Stream] = ISSUE

    list: ListName
    texts: dict[LanguageTag, IssueText]
    """The language it was drafted in stands first."""
    pieces: tuple[Piece, ...] = ()
    when_uncertain: WhenUncertain = WhenUncertain.NEVER_TWICE
    status: IssueStatus = IssueStatus.DRAFTED
    writers: tuple[str, ...] = ()
    """Opaque ids of all who wrote in it."""
    approved_by: str | None = None
    send_at: Instant | None = None
    paused_from: IssueStatus | None = None
    sent_at: Instant | None = None
    totals: Totals | None = None

    def snapshot(self) -> IssueSnapshot:
        return IssueSnapshot(
            list=self.list,
            titles={language: text.title for language, text in self.texts.items()},
            items=tuple(piece.item for piece in self.pieces),
            when_uncertain=self.when_uncertain,
            status=self.status,
            send_at=self.send_at,
            sent_at=self.sent_at,
            totals=self.totals,
        )

    # ---- writing

    @classmethod
    def draft(
        cls,
        id: str,
        by: str,
        list: str,
        language: str,
        text: IssueText,
        pieces: tuple[Piece, ...] = (),
        when_uncertain: WhenUncertain = WhenUncertain.NEVER_TWICE,
    ) -> "Issue":
        """An editor begins an issue in one language."""
        issue = cls(
            id=id, list=list, texts={language: text}, pieces=pieces, when_uncertain=when_uncertain, writers=(by,)
        )
        issue.record(IssueDrafted(language=language))
        return issue

    def compose(self, by: str, pieces: tuple[Piece, ...], when_uncertain: WhenUncertain) -> None:
        """The news items in it, in order and in their present wording, and what to do with uncertain mails."""
        self._still_open()
        changed = []
        if pieces != self.pieces:
            changed.append("items")
        if when_uncertain is not self.when_uncertain:
            changed.append("when_uncertain")
        if not changed:
            return
        self.pieces, self.when_uncertain = pieces, when_uncertain
        self._written_by(by)
        self.record(IssueRevised(changed=tuple(changed)))

    def translate(self, by: str, language: str, text: IssueText, items: Mapping[str, ItemText]) -> None:
        """The issue in one language, new or anew; ``items``: its news items in that language, by their ids."""
        self._still_open()
        strangers = set(items) - {piece.item for piece in self.pieces}
        self.require(not strangers, "these news items are not in the issue", items=sorted(strangers))
        pieces = tuple(
            piece.model_copy(update={"texts": {**piece.texts, language: items[piece.item]}})
            if piece.item in items
            else piece
            for piece in self.pieces
        )
        texts = {**self.texts, language: text}
        if texts == self.texts and pieces == self.pieces:
            return
        self.texts, self.pieces = texts, pieces
        if len(texts) > 1:
            self.status = IssueStatus.TRANSLATED
        self._written_by(by)
        self.record(IssueTranslated(language=language))

    # ---- letting it go

    def approve(self, by: str) -> None:
        """A second person lets it go; `SecondPersonNeeded` for anybody who wrote in it."""
        if self.status is IssueStatus.APPROVED and by == self.approved_by:
            return
        self._still_open()
        if by in self.writers:
            raise SecondPersonNeeded("an issue is approved by somebody who did not write it")
        self.status, self.approved_by = IssueStatus.APPROVED, by
        self.record(IssueApproved(languages=tuple(self.texts)))

    def schedule(self, send_at: datetime, now: datetime) -> None:
        """Sends itself at ``send_at``; a scheduled one can be scheduled anew."""
        self.require(
            self.status in (IssueStatus.APPROVED, IssueStatus.SCHEDULED),
            "only an approved issue can be scheduled",
            status=self.status,
        )
        if send_at <= now:
            raise InThePast("the time to send lies in the past")
        if self.send_at == send_at:
            return
        self.status, self.send_at = IssueStatus.SCHEDULED, send_at
        self.record(IssueScheduled(send_at=send_at))

    def send(self) -> None:
        """Sending begins now, scheduled or not. Again: nothing happens."""
        if self.status in (IssueStatus.SENDING, IssueStatus.SENT):
            return
        self.require(
            self.status in (IssueStatus.APPROVED, IssueStatus.SCHEDULED),
            "only an approved issue can be sent",
            status=self.status,
        )
        self.status, self.send_at = IssueStatus.SENDING, None
        self.record(IssueSendingStarted())

    def pause(self) -> None:
        """Nothing leaves any more, until it is resumed; mails already on their way do."""
        if self.status is IssueStatus.PAUSED:
            return
        self.require(
            self.status in (IssueStatus.SCHEDULED, IssueStatus.SENDING),
            "only a scheduled or sending issue can be paused",
            status=self.status,
        )
        self.paused_from, self.status = self.status, IssueStatus.PAUSED
        self.record(IssuePaused())

    def resume(self) -> None:
        """Goes on where it was paused; if its time came meanwhile, it is sent at once."""
        if self.status is IssueStatus.SENDING:
            return
        self.require(self.status is IssueStatus.PAUSED, "only a paused issue can be resumed", status=self.status)
        self.status, self.paused_from = self.paused_from or IssueStatus.SENDING, None
        self.record(IssueResumed())

    def cancel(self) -> None:
        """It will not be sent, or not to those who did not get it yet. For good."""
        if self.status is IssueStatus.CANCELLED:
            return
        self.require(self.status is not IssueStatus.SENT, "an issue that was sent cannot be cancelled")
        self.status, self.send_at, self.paused_from = IssueStatus.CANCELLED, None, None
        self.record(IssueCancelled())

    def finish(self, audience: int, totals: Totals, now: datetime) -> None:
        """Every reader is decided. A cancelled issue stays cancelled."""
        self.require(
            self.status in (IssueStatus.SENDING, IssueStatus.PAUSED), "it is not being sent", status=self.status
        )
        self.status, self.sent_at, self.totals, self.paused_from = IssueStatus.SENT, now, totals, None
        self.record(IssueSent(audience=audience, totals=totals))

    def due(self) -> datetime | None:
        return self.send_at if self.status is IssueStatus.SCHEDULED else None

    def ring(self, now: datetime) -> None:
        """The time to send has come."""
        if self.due() is not None and self.send_at is not None and now >= self.send_at:
            self.send()

    # ---- forgetting

    def erase(self, person: Person) -> None:
        """Takes somebody out of its texts, sent or not; mails that have left cannot be changed."""
        self.texts, self.pieces = person.taken_out_of(self.texts), person.taken_out_of(self.pieces)
        self.record(IssueRedacted())

    # ---- reading

    def language_for(self, wanted: str) -> str:
        """The language in which a reader gets it: the wanted one, its base (``sr`` for ``sr-Latn``), English, else
        the language it was drafted in."""
        return pick_language(wanted, self.texts)

    def _still_open(self) -> None:
        self.require(
            self.status in _OPEN, "the issue was approved, or cancelled, and cannot change", status=self.status
        )

    def _written_by(self, by: str) -> None:
        if by not in self.writers:
            self.writers = (*self.writers, by)


def pick_language(wanted: str, available: Mapping[str, object]) -> str:
    """Of what is ``available``: the wanted language, its base, English, or whatever stands first."""
    for language in (wanted, wanted.partition("-")[0], "en"):
        if language in available:
            return language
    return next(iter(available))
