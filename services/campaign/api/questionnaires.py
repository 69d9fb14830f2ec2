"""/questionnaires: read them in one's own language; the office publishes editions and translations."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.campaign.domain.questionnaire import Questionnaire, Wording
from shared.aggregate import NotFound
from shared.commands import Loaded, Receipt, Repository
from shared.events.campaign import LanguageTag, QuestionnaireSnapshot, Slug
from shared.http import APIRouter, ETag, NaturalCommandDep, Page, PagingDep, paginate, repository
from shared.http.languages import Languages, LanguagesDep
from shared.security import allow, public

Questionnaires = Annotated[Repository[Questionnaire], Depends(repository(Questionnaire))]
EditionNumber = Annotated[int, Path(ge=1, le=1000)]

router = APIRouter(prefix="/questionnaires", tags=["questionnaires"])


class QuestionnaireLine(BaseModel):
    """A questionnaire in a list."""

    id: str
    edition: int = Field(description="the newest")
    language: str = Field(description="of the title")
    languages: list[str]
    title: str
    questions: int

    @classmethod
    def of(cls, questionnaire: Questionnaire, languages: Languages) -> "QuestionnaireLine":
        """Its newest edition, in the best language for this reader."""
        newest = questionnaire.editions[-1]
        language = languages.choose(newest.wordings)
        return cls(
            id=questionnaire.id,
            edition=newest.number,
            language=language,
            languages=list(newest.wordings),
            title=newest.wordings[language].title,
            questions=len(newest.keys),
        )


class QuestionView(BaseModel):
    """One question."""

    key: str
    text: str


class QuestionnaireView(BaseModel):
    """One edition of a questionnaire in one language, ready to be read out."""

    id: str
    edition: int
    newest: int = Field(description="number of the newest edition")
    language: str
    languages: list[str] = Field(description="all languages of this edition")
    title: str
    introduction: str
    questions: list[QuestionView]


_EDITION_EXAMPLE: dict[str, Any] = {
    "language": "en",
    "wording": {
        "title": "Grandparents",
        "introduction": "Talk about it with grandparents in the room.",
        "questions": {"today": "What do grandparents do with children where you live?"},
    },
}


class NewEdition(BaseModel):
    """An edition in the language it was written in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EDITION_EXAMPLE]})

    language: LanguageTag
    wording: Wording


@router.get("", dependencies=[public(rate="120/minute")])
async def list_questionnaires(
    questionnaires: Questionnaires, paging: PagingDep, languages: LanguagesDep
) -> Page[QuestionnaireLine]:
    """All questionnaires, by id."""

    def line(loaded: Loaded[Questionnaire]) -> QuestionnaireLine:
        return QuestionnaireLine.of(loaded.aggregate, languages)

    return await paginate(questionnaires.find, {}, paging, line)


@router.get("/{questionnaire_id}", dependencies=[public(rate="120/minute")])
async def get_questionnaire(
    questionnaire_id: str,
    questionnaires: Questionnaires,
    languages: LanguagesDep,
    etag: ETag,
    response: Response,
    edition: Annotated[int | None, Query(ge=1, description="The newest unless said otherwise.")] = None,
) -> QuestionnaireView:
    """One edition in the reader's language, with fallback. 404 when there is no such edition."""
    loaded = await questionnaires.get(questionnaire_id)
    questionnaire = loaded.aggregate
    asked = questionnaire.edition(edition or len(questionnaire.editions))
    language = languages.choose(asked.wordings)
    etag.set(f"{loaded.version}-{asked.number}-{language}")
    response.headers["Content-Language"] = language
    wording = asked.wordings[language]
    return QuestionnaireView(
        id=questionnaire.id,
        edition=asked.number,
        newest=len(questionnaire.editions),
        language=language,
        languages=list(asked.wordings),
        title=wording.title,
        introduction=wording.introduction,
        questions=[QuestionView(key=key, text=wording.questions[key]) for key in asked.keys],
    )


@router.put("/{questionnaire_id}/editions/{number}", dependencies=[allow()])
async def publish_edition(
    questionnaire_id: Slug,
    number: EditionNumber,
    body: NewEdition,
    questionnaires: Questionnaires,
    command: NaturalCommandDep,
) -> Receipt[QuestionnaireSnapshot]:
    """Publishes the next edition, the first one of a new questionnaire included. An edition never changes: the same
    again is harmless, anything else under its number is refused (409)."""
    try:
        return await questionnaires.change(
            questionnaire_id, command, lambda q, now: q.publish_edition(number, body.language, body.wording, now)
        )
    except NotFound:
        return await questionnaires.create(
            command,
            lambda id, now: Questionnaire.publish(id, number, body.language, body.wording, now),
            id=questionnaire_id,
        )


@router.put("/{questionnaire_id}/editions/{number}/translations/{language}", dependencies=[allow()])
async def translate_edition(
    questionnaire_id: Slug,
    number: EditionNumber,
    language: LanguageTag,
    body: Wording,
    questionnaires: Questionnaires,
    command: NaturalCommandDep,
) -> Receipt[QuestionnaireSnapshot]:
    """Adds a language to an edition; 422 unless every question of it is there, 409 when that language is there with
    other words."""
    return await questionnaires.change(
        questionnaire_id, command, lambda questionnaire, _now: questionnaire.translate(number, language, body)
    )
