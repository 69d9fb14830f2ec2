"""The seven questionnaires that a network begins with, published at the first start."""

import json
from hashlib import sha256
from importlib.resources import files
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, model_validator

from services.campaign.domain.questionnaire import Questionnaire, Wording
from shared.aggregate import Refusal
from shared.commands import Command
from shared.events.campaign import LanguageTag, Slug
from shared.ids import derived_id
from shared.world import World

_log = structlog.get_logger(__name__)


class QuestionnaireFile(BaseModel):
    """One edition with all its languages, as it lies in ``questionnaires/``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    edition: int
    source: LanguageTag
    wordings: dict[LanguageTag, Wording]

    @model_validator(mode="after")
    def _complete(self) -> "QuestionnaireFile":
        if any(list(w.questions) != list(self.wordings[self.source].questions) for w in self.wordings.values()):
            raise ValueError("every language has the same questions in the same order")
        return self


def questionnaire_files() -> list[QuestionnaireFile]:
    """All editions in the folder, by id and edition."""
    folder = files("services.campaign").joinpath("questionnaires")
    found = [
        QuestionnaireFile.model_validate(json.loads(file.read_text(encoding="utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".json")
    ]
    return sorted(found, key=lambda file: (file.id, file.edition))


async def publish_the_seven(world: World) -> None:
    """Publishes what is in the folder and not published yet. Every start repeats it, without effect.

    A file that was changed after its edition was published is not published again: the service says so in its log.
    """
    for file in questionnaire_files():
        await _publish(world, file, file.source)
        for language in file.wordings:
            if language != file.source:
                await _publish(world, file, language)


async def _publish(world: World, file: QuestionnaireFile, language: str) -> None:
    wording = file.wordings[language]
    command = Command(
        id=derived_id("questionnaire file", file.id, file.edition, language),
        fingerprint=sha256(wording.model_dump_json().encode()).hexdigest(),
        actor="campaign",
    )
    questionnaires = world.repository(Questionnaire)

    def decide(questionnaire: Questionnaire, now: Any) -> None:
        if language == file.source:
            questionnaire.publish_edition(file.edition, language, wording, now)
        else:
            questionnaire.translate(file.edition, language, wording)

    try:
        if file.edition == 1 and language == file.source:
            await questionnaires.create(
                command, lambda id, now: Questionnaire.publish(id, 1, language, wording, now), id=file.id
            )
        else:
            await questionnaires.change(file.id, command, decide)
    except Refusal as refusal:
        _log.warning("questionnaire not published", questionnaire=file.id, language=language, reason=refusal.code)
