"""A practice: what a center does well, written down so that others can do it too. Or the story of a project."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.directory.domain.codes import Language
from services.directory.domain.consent import Consent, EnteredBy
from services.directory.domain.profile import Topics, WebAddress
from shared.aggregate import Aggregate, Person, Refusal, Why
from shared.clock import Instant
from shared.days import when
from shared.events import Stream
from shared.events.directory.practice import (
    PRACTICE,
    Adoption,
    License,
    PracticeAdoptionCounted,
    PracticeAdoptionTakenBack,
    PracticeConsentGiven,
    PracticeConsentWithdrawn,
    PracticeDocumented,
    PracticeEditionErased,
    PracticeKind,
    PracticePublished,
    PracticeRedacted,
    PracticeRevised,
    PracticeSnapshot,
    PracticeStatus,
    PracticeWithdrawn,
)
from shared.taxonomy import TOPICS
from shared.text import Name, Prose

MOST_CHARACTERS = 60_000
"""So long may all texts of an edition be together: twenty pages in three languages."""

MOST_EDITIONS = 50
"""So many editions a practice keeps; with `MOST_CHARACTERS` its document stays far below what a store takes."""


class WithdrawalReason(StrEnum):
    """Why a practice is no longer shown."""

    OUTDATED = "outdated"
    WRONG = "wrong"
    MODERATION = "moderation"
    OTHER = "other"


class ConsentMissing(Refusal):
    """A practice is published only while its center agrees."""

    code = "consent-missing"


class NoSuchEdition(Refusal):
    """The practice has no published edition with this number."""

    code = "no-such-edition"
    why = Why.MISSING


class EditionErased(Refusal):
    """The text of this edition was erased."""

    code = "edition-erased"
    why = Why.GONE


class TooManyEditions(Refusal):
    """A practice that changed so often should be written down anew, as another one."""

    code = "too-many-editions"


class Wording(BaseModel):
    """The practice in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Name
    summary: Annotated[Prose, StringConstraints(max_length=1000)] = Field(description="What it is, in a few lines.")
    body: Annotated[Prose, StringConstraints(max_length=20_000)] = Field(
        description="Plain text; a blank line begins a paragraph."
    )


def _secure(value: str) -> str:
    if not value.startswith("https://"):
        raise ValueError("a link to an attachment begins with https://")
    return value


class Attachment(BaseModel):
    """Something that belongs to it and is kept elsewhere: pictures, a handout, a film."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Name
    url: Annotated[WebAddress, AfterValidator(_secure)]
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}$")]
    license: License = License.ALL_RIGHTS_RESERVED


class Content(BaseModel):
    """All that an edition says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    original: Language = Field(description="The language it was written in; the others are translations.")
    texts: Annotated[dict[Language, Wording], Field(min_length=1, max_length=20, description="By language.")]
    topics: Annotated[Topics, Field(min_length=1, max_length=10, description="Codes from /taxonomy/topics.")]
    license: License = Field(default=License.ALL_RIGHTS_RESERVED, description="What others may do with the texts.")
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.original not in self.texts:
            raise ValueError("there is no text in the original language")
        if sum(len(each.title) + len(each.summary) + len(each.body) for each in self.texts.values()) > MOST_CHARACTERS:
            raise ValueError(f"all texts together have more than {MOST_CHARACTERS} characters")
        return self

    @property
    def languages(self) -> tuple[str, ...]:
        """The original first, then the translations by their codes."""
        return (self.original, *sorted(set(self.texts) - {self.original}))


class Edition(BaseModel):
    """One state of the text. A published one never changes; it can only be erased."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: Content | None = Field(description="None: erased.")
    written_on: date
    published_on: date | None = None


class Word(BaseModel):
    """What a center said last, on one of its commitments, of having taken the practice over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    center: str
    how: Adoption | None = Field(description="None: it did not, after all.")
    said: Instant = Field(description="When it was entered.")
    sequence: int = Field(description="Version of the commitment that says so. What an older one says is no news.")


class Practice(Aggregate):
    """draft → published ⇄ withdrawn; a revision is written beside the published edition and published like the first.

    Editions are numbered from 1; only the last one can be unpublished. What others cite stays as they read it.
    """

    stream: ClassVar[Stream] = PRACTICE

    center: str
    kind: PracticeKind
    status: PracticeStatus = PracticeStatus.DRAFT
    editions: list[Edition]
    consent: Consent | None = None
    adoptions: dict[str, Word] = Field(default_factory=dict, description="By the commitment that says so.")

    @classmethod
    def document(
        cls, id: str, center: str, kind: PracticeKind, content: Content, now: datetime, on: date | None = None
    ) -> "Practice":
        """A practice of ``center`` was written down, on the day ``on``. `UnknownTopic` with the nearest."""
        happened = when(on, now)
        TOPICS.all_known(content.topics)
        practice = cls(
            id=id, center=center, kind=kind, editions=[Edition(content=content, written_on=on or now.date())]
        )
        practice.record(PracticeDocumented(languages=content.languages), happened)
        return practice

    def revise(self, content: Content, now: datetime, on: date | None = None) -> None:
        """Writes the next edition, or writes it anew while it is not published. `TooManyEditions`, `UnknownTopic`."""
        happened = when(on, now)
        TOPICS.all_known(content.topics)
        last = self.editions[-1]
        if content == last.content:
            return
        if last.published_on is None:
            self.editions.pop()
        elif len(self.editions) == MOST_EDITIONS:
            raise TooManyEditions(f"a practice keeps at most {MOST_EDITIONS} editions")
        self.editions.append(Edition(content=content, written_on=on or now.date()))
        self.record(PracticeRevised(edition=len(self.editions), languages=content.languages), happened)

    # ---- may everybody read it?

    def agree(self, consent: Consent, now: datetime) -> None:
        """The center agrees to publication. A newer agreement takes the place of the one before."""
        happened = when(consent.given_on, now)
        if consent == self.consent:
            return
        self.consent = consent
        self.record(PracticeConsentGiven(by=consent.entered_by, wording=consent.wording), happened)

    def disagree(self, by: EnteredBy, now: datetime, on: date | None = None) -> None:
        """The center no longer agrees: a published practice is withdrawn in the same moment."""
        self.require(self.consent is not None, "there is no consent to withdraw")
        happened = when(on, now)
        self.consent = None
        self.record(PracticeConsentWithdrawn(by=by), happened)
        if self.status is PracticeStatus.PUBLISHED:
            self.status = PracticeStatus.WITHDRAWN
            self.record(PracticeWithdrawn(reason="consent-withdrawn"), happened)

    def publish(self, now: datetime, on: date | None = None) -> None:
        """Lets the last edition pass: everybody can read it. `ConsentMissing`; `WrongState` when they can already."""
        last, number = self.editions[-1], len(self.editions)
        if self.consent is None:
            raise ConsentMissing("the center has not agreed to publication")
        if last.content is None:
            raise EditionErased("the text of the last edition was erased; write it anew", edition=number)
        shown = self.status is PracticeStatus.PUBLISHED and last.published_on is not None
        self.require(not shown, "everything that was written is published already")
        happened = when(on, now)
        if last.published_on is None:
            self.editions[-1] = last.model_copy(update={"published_on": on or now.date()})
        self.status = PracticeStatus.PUBLISHED
        self.record(PracticePublished(edition=number), happened)

    def withdraw(self, reason: WithdrawalReason, now: datetime, on: date | None = None) -> None:
        """It is no longer shown; its people keep the text and may publish it again."""
        self.require(self.status is PracticeStatus.PUBLISHED, "only a published practice can be withdrawn")
        happened = when(on, now)
        self.status = PracticeStatus.WITHDRAWN
        self.record(PracticeWithdrawn(reason=reason), happened)

    def erase_edition(self, number: int) -> None:
        """Erases the text of an edition for good, say because it names somebody who does not want that.

        Not of the one that everybody reads now: publish a better one or withdraw it before.
        """
        edition = self._edition(number)
        self.require(number != self.shown, "this edition is shown to everybody: publish another or withdraw it first")
        if edition.content is not None:
            self.editions[number - 1] = edition.model_copy(update={"content": None})
            self.record(PracticeEditionErased(edition=number))

    def erase(self, person: Person) -> None:
        """Takes somebody out of every edition: the one change that a published one can see."""
        self.editions = person.taken_out_of(self.editions)
        self.record(PracticeRedacted())

    # ---- was it taken over?

    def count_adoption(self, commitment: str, word: Word, happened: datetime) -> None:
        """Another center took it over, or did not after all, says its ``commitment``.

        In whatever order the words of many commitments come, and come again, the count is the same in the end: of each
        commitment the newest word stays, also the one that takes everything back.
        """
        self.require(word.center != self.center, "a center does not take over its own practice")
        known = self.adoptions.get(commitment)
        if known is not None and known.sequence >= word.sequence:
            return
        self.adoptions[commitment] = word
        if word.how is None:
            self.record(PracticeAdoptionTakenBack(center=word.center), happened)
        else:
            self.record(PracticeAdoptionCounted(center=word.center, how=word.how), happened)

    def counted(self) -> Mapping[str, Adoption]:
        """The centers that took it over. Each counts once, by what was last said of it."""
        by_time = sorted(self.adoptions.items(), key=lambda each: (each[1].said, each[0]))
        return {word.center: word.how for _, word in by_time if word.how is not None}

    # ---- what others see

    @property
    def shown(self) -> int | None:
        """Number of the edition that everybody can read: the last published one, while the practice is published."""
        if self.status is not PracticeStatus.PUBLISHED:
            return None
        return max(number for number, edition in enumerate(self.editions, 1) if edition.published_on is not None)

    def content(self, number: int) -> Content:
        """The text of an edition, for whoever may see it. `NoSuchEdition`, `EditionErased`."""
        content = self._edition(number).content
        if content is None:
            raise EditionErased("the text of this edition was erased", edition=number)
        return content

    def published(self) -> Mapping[int, Edition]:
        """The editions that everybody may look up, by number: none unless the practice is published."""
        if self.status is not PracticeStatus.PUBLISHED:
            return {}
        return {number: each for number, each in enumerate(self.editions, 1) if each.published_on is not None}

    def snapshot(self) -> PracticeSnapshot:
        """The public view: of the text the titles of the edition that everybody can read."""
        number = self.shown
        edition = self.editions[number - 1] if number else None
        content = edition.content if edition else None
        how = list(self.counted().values())
        return PracticeSnapshot(
            center=self.center,
            kind=self.kind,
            status=self.status,
            edition=number,
            titles={language: content.texts[language].title for language in content.languages} if content else {},
            topics=content.topics if content else (),
            license=content.license if content else None,
            published_on=edition.published_on if edition else None,
            adopted=how.count(Adoption.ADOPTED),
            adapted=how.count(Adoption.ADAPTED),
        )

    def _edition(self, number: int) -> Edition:
        if not 1 <= number <= len(self.editions):
            raise NoSuchEdition("there is no such edition", edition=number)
        return self.editions[number - 1]
