"""A news item: something that happened in the network, worded by rule. A person decides whether it is told."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.aggregate import Aggregate, Person
from shared.events.base import Stream
from shared.events.newsletter import (
    NEWS_ITEM,
    LanguageTag,
    NewsItemAccepted,
    NewsItemProposed,
    NewsItemRedacted,
    NewsItemRejected,
    NewsItemReworded,
    NewsItemSnapshot,
    NewsItemStatus,
    NewsItemUsed,
    NewsKind,
    NewsRejection,
)


def _without_control_characters(text: str) -> str:
    if any(not character.isprintable() for character in text):
        raise ValueError("must be a single line without control characters")
    return text


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_control_characters)]
"""A headline: one line, nothing that could end a mail header."""


class ItemText(BaseModel):
    """A piece of news in one language, as plain text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Line
    text: str = Field(min_length=1, max_length=4000, description="Plain text; a blank line begins a paragraph.")


class NewsItem(Aggregate):
    """One piece of news."""

    stream: ClassVar[Stream] = NEWS_ITEM

    kind: NewsKind
    cause: str
    """Id of the event that proposed it."""
    about: str
    centers: tuple[str, ...] = ()
    """Ids of the centers it names, with their places."""
    texts: dict[LanguageTag, ItemText]
    status: NewsItemStatus = NewsItemStatus.PROPOSED
    decided_by: str | None = None
    """Opaque id of the editor."""
    rejection: NewsRejection | None = None
    issue: str | None = None

    def snapshot(self) -> NewsItemSnapshot:
        return NewsItemSnapshot(
            kind=self.kind,
            cause=self.cause,
            about=self.about,
            languages=tuple(sorted(self.texts)),
            status=self.status,
            issue=self.issue,
        )

    @classmethod
    def propose(
        cls,
        id: str,
        kind: NewsKind,
        cause: str,
        about: str,
        texts: dict[str, ItemText],
        centers: tuple[str, ...] = (),
    ) -> "NewsItem":
        """An event is worth telling."""
        item = cls(id=id, kind=kind, cause=cause, about=about, texts=texts, centers=centers)
        item.record(NewsItemProposed())
        return item

    def reword(self, language: str, text: ItemText) -> None:
        """An editor writes it better, or in one more language. An issue it already stands in does not change."""
        self._still_open()
        if self.texts.get(language) == text:
            return
        self.texts = {**self.texts, language: text}
        self.record(NewsItemReworded(language=language))

    def accept(self, by: str) -> None:
        """An editor wants it told, perhaps after having said no."""
        self._still_open()
        if self.status is NewsItemStatus.ACCEPTED:
            return
        self.status, self.decided_by, self.rejection = NewsItemStatus.ACCEPTED, by, None
        self.record(NewsItemAccepted())

    def reject(self, by: str, reason: NewsRejection) -> None:
        """An editor does not want it told, perhaps after having said yes."""
        self._still_open()
        if self.status is NewsItemStatus.REJECTED and self.rejection is reason:
            return
        self.status, self.decided_by, self.rejection = NewsItemStatus.REJECTED, by, reason
        self.record(NewsItemRejected(reason=reason))

    def use(self, issue: str) -> None:
        """An issue it stands in was approved. The first one counts."""
        if self.status is NewsItemStatus.USED:
            return
        self.status, self.issue = NewsItemStatus.USED, issue
        self.record(NewsItemUsed(issue=issue))

    def erase(self, person: Person) -> None:
        """Takes somebody out of its texts, told or not."""
        self.texts = person.taken_out_of(self.texts)
        self.record(NewsItemRedacted())

    def _still_open(self) -> None:
        self.require(self.status is not NewsItemStatus.USED, "this news was told in an issue", issue=self.issue)
