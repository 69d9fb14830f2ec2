"""A questionnaire: questions to talk about in a room, in editions that never change, in as many languages as wanted."""

from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.aggregate import Aggregate, NotFound, Person, Refusal, Why
from shared.clock import Instant
from shared.events.base import Stream
from shared.events.campaign import (
    QUESTIONNAIRE,
    Discussed,
    EditionView,
    LanguageTag,
    QuestionnairePublished,
    QuestionnaireRedacted,
    QuestionnaireSnapshot,
    QuestionnaireTranslated,
    Slug,
)

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class EditionIsFixed(Refusal):
    """What was published, edition or translation, is what rooms have talked about: it never changes."""

    code = "edition-is-fixed"


class EditionOutOfOrder(Refusal):
    """Editions are numbered without gaps."""

    code = "edition-out-of-order"


class RewordedQuestion(Refusal):
    """A question keeps its key only as long as it keeps its wording; a reworded one is a new question."""

    code = "reworded-question"


class IncompleteTranslation(Refusal):
    """A translation has exactly the questions of its edition."""

    code = "incomplete-translation"
    why = Why.INVALID


class UnknownQuestion(Refusal):
    """The edition has no such question."""

    code = "unknown-question"
    why = Why.INVALID


class UnknownEdition(NotFound):
    """The questionnaire has no such edition."""

    code = "unknown-edition"


class Wording(BaseModel):
    """One edition in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Title
    introduction: Paragraph = Field(description="what the room should know before it begins")
    questions: dict[Slug, Paragraph] = Field(min_length=1, max_length=20, description="key to text, in order")


class Edition(BaseModel):
    """A published set of questions. Languages are only ever added."""

    model_config = ConfigDict(extra="forbid")

    number: int
    published: Instant
    source: LanguageTag
    wordings: dict[LanguageTag, Wording]

    @property
    def keys(self) -> list[str]:
        """The keys of its questions, in order."""
        return list(self.wordings[self.source].questions)


class Questionnaire(Aggregate):
    """All editions of one questionnaire. Its id is a readable name, the same for ever.

    Totals add up what rooms said to a question over all editions, so a key means one wording: `RewordedQuestion`
    refuses an edition or a translation that gives an old key another text.
    """

    stream: ClassVar[Stream] = QUESTIONNAIRE

    editions: list[Edition]

    def snapshot(self) -> QuestionnaireSnapshot:
        newest = self.editions[-1]
        return QuestionnaireSnapshot(
            title={language: wording.title for language, wording in newest.wordings.items()},
            editions=[
                EditionView(
                    number=edition.number,
                    questions=edition.keys,
                    languages=list(edition.wordings),
                    published=edition.published,
                )
                for edition in self.editions
            ],
        )

    @classmethod
    def publish(cls, id: str, number: int, language: str, wording: Wording, now: datetime) -> Self:
        """A new questionnaire with its first edition; ``number`` must be 1."""
        questionnaire = cls(id=id, editions=[])
        questionnaire.publish_edition(number, language, wording, now)
        return questionnaire

    def publish_edition(self, number: int, language: str, wording: Wording, now: datetime) -> None:
        """Adds edition ``number``. Publishing the same again changes nothing; other content under a number that is
        taken is refused (`EditionIsFixed`), as is a number too far ahead (`EditionOutOfOrder`)."""
        if 1 <= number <= len(self.editions):
            edition = self.editions[number - 1]
            if edition.source != language or not same(edition.wordings[language], wording):
                raise EditionIsFixed("this edition is published and stays as it is", edition=number)
            return
        if number != len(self.editions) + 1:
            raise EditionOutOfOrder("this is not the next edition", next=len(self.editions) + 1)
        self._refuse_rewording(language, wording)
        self.editions.append(Edition(number=number, published=now, source=language, wordings={language: wording}))
        self.record(QuestionnairePublished(edition=number, language=language))

    def translate(self, number: int, language: str, wording: Wording) -> None:
        """Adds a language to an edition. The same again changes nothing; another text for a language that is there
        is refused (`EditionIsFixed`): a better translation belongs to a new edition, with new keys where it reworks
        a question."""
        edition = self.edition(number)
        if language in edition.wordings:
            if not same(edition.wordings[language], wording):
                raise EditionIsFixed("this translation is published and stays as it is", edition=number)
            return
        if set(wording.questions) != set(edition.keys):
            raise IncompleteTranslation(
                "a translation has exactly the questions of its edition",
                missing=sorted(set(edition.keys) - set(wording.questions)),
                unknown=sorted(set(wording.questions) - set(edition.keys)),
            )
        self._refuse_rewording(language, wording)
        edition.wordings[language] = wording
        self.record(QuestionnaireTranslated(edition=number, language=language))

    def erase(self, person: Person) -> None:
        """Takes somebody out of the wording: the one change that a published edition can see."""
        self.editions = person.taken_out_of(self.editions)
        self.record(QuestionnaireRedacted())

    def edition(self, number: int) -> Edition:
        """Edition ``number``, or `UnknownEdition`."""
        if not 1 <= number <= len(self.editions):
            raise UnknownEdition("there is no such edition", questionnaire=self.id, newest=len(self.editions))
        return self.editions[number - 1]

    def discussed(self, number: int | None, questions: list[str]) -> Discussed:
        """What a room says it talked about, checked: each question once, in the edition's order.

        No number means the newest edition, no question means all of it. `UnknownQuestion`, `UnknownEdition`.
        """
        edition = self.edition(len(self.editions) if number is None else number)
        unknown = sorted(set(questions) - set(edition.keys))
        if unknown:
            raise UnknownQuestion(
                "this edition has no such question", questionnaire=self.id, edition=edition.number, unknown=unknown
            )
        chosen = [key for key in edition.keys if not questions or key in questions]
        return Discussed(questionnaire=self.id, edition=edition.number, questions=chosen)

    def _refuse_rewording(self, language: str, wording: Wording) -> None:
        for edition in self.editions:
            known = edition.wordings.get(language)
            if known is None:
                continue
            for key, text in wording.questions.items():
                if known.questions.get(key, text) != text:
                    raise RewordedQuestion("this key belongs to another wording", question=key, edition=edition.number)


def same(one: Wording, other: Wording) -> bool:
    """Whether two wordings are alike, the order of questions included."""
    return one == other and list(one.questions) == list(other.questions)
