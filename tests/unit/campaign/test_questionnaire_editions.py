"""An edition that was published is what rooms have talked about: it never changes, it is only translated."""

from datetime import datetime
from typing import Any

import pytest

from services.campaign.domain.questionnaire import (
    EditionIsFixed,
    EditionOutOfOrder,
    IncompleteTranslation,
    Questionnaire,
    RewordedQuestion,
    UnknownEdition,
    UnknownQuestion,
    Wording,
)
from shared.events.campaign import QuestionnairePublished, QuestionnaireTranslated
from tests.unit.campaign.conftest import at, facts

NOW: datetime = at("03-01")


def wording(title: str = "Fathers", **questions: str) -> Wording:
    texts: dict[str, Any] = questions or {"today": "What do fathers do today?", "step": "What is the first step?"}
    return Wording(title=title, introduction="Talk.", questions={key.replace("_", "-"): q for key, q in texts.items()})


GERMAN = wording("Väter", today="Was tun Väter heute?", step="Was ist der erste Schritt?")


@pytest.fixture
def fathers() -> Questionnaire:
    questionnaire = Questionnaire.publish("fathers", 1, "en", wording(), NOW)
    assert facts(questionnaire) == [QuestionnairePublished(edition=1, language="en")]
    return questionnaire


def test_a_translation_makes_one_more_language(fathers: Questionnaire) -> None:
    fathers.translate(1, "de", GERMAN)
    assert facts(fathers) == [QuestionnaireTranslated(edition=1, language="de")]
    snapshot = fathers.snapshot()
    assert snapshot.title == {"en": "Fathers", "de": "Väter"}
    assert snapshot.editions[0].languages == ["en", "de"]
    assert "Väter heute" not in snapshot.model_dump_json()


@pytest.mark.parametrize(
    "texts",
    [
        {"today": "Was tun Väter heute?"},
        {"today": "Was tun Väter heute?", "step": "Was?", "more": "Und sonst?"},
    ],
)
def test_a_translation_has_exactly_the_questions_of_its_edition(fathers: Questionnaire, texts: dict[str, str]) -> None:
    with pytest.raises(IncompleteTranslation):
        fathers.translate(1, "de", wording("Väter", **texts))


def test_the_same_again_is_harmless(fathers: Questionnaire) -> None:
    fathers.translate(1, "de", GERMAN)
    facts(fathers)
    fathers.translate(1, "de", GERMAN)
    fathers.publish_edition(1, "en", wording(), NOW)
    assert facts(fathers) == []


def test_a_published_edition_and_its_translations_stay_as_they_are(fathers: Questionnaire) -> None:
    fathers.translate(1, "de", GERMAN)
    with pytest.raises(EditionIsFixed):
        fathers.translate(1, "de", wording("Papas", today="Was tun Väter heute?", step="Was ist der erste Schritt?"))
    with pytest.raises(EditionIsFixed):
        fathers.publish_edition(1, "en", wording("Dads"), NOW)
    with pytest.raises(EditionIsFixed):
        fathers.publish_edition(
            1, "en", wording(step="What is the first step?", today="What do fathers do today?"), NOW
        )
    with pytest.raises(EditionIsFixed):
        fathers.publish_edition(1, "de", GERMAN, NOW)


def test_a_new_edition_has_new_questions_beside_those_it_keeps(fathers: Questionnaire) -> None:
    fathers.publish_edition(2, "en", wording(today="What do fathers do today?", door="Who opens the door?"), NOW)
    assert facts(fathers) == [QuestionnairePublished(edition=2, language="en")]
    assert [edition.questions for edition in fathers.snapshot().editions] == [["today", "step"], ["today", "door"]]


def test_a_reworded_question_needs_a_key_of_its_own(fathers: Questionnaire) -> None:
    with pytest.raises(RewordedQuestion):
        fathers.publish_edition(2, "en", wording(today="What do fathers do nowadays?"), NOW)
    assert len(fathers.editions) == 1


def test_a_kept_question_keeps_its_translation_too(fathers: Questionnaire) -> None:
    fathers.translate(1, "de", GERMAN)
    fathers.publish_edition(2, "en", wording(today="What do fathers do today?"), NOW)
    with pytest.raises(RewordedQuestion):
        fathers.translate(2, "de", wording("Väter", today="Was machen Väter heute?"))
    fathers.translate(2, "de", wording("Väter", today="Was tun Väter heute?"))


@pytest.mark.parametrize("number", [0, 3])
def test_editions_are_numbered_without_gaps(fathers: Questionnaire, number: int) -> None:
    with pytest.raises(EditionOutOfOrder):
        fathers.publish_edition(number, "en", wording(), NOW)


def test_the_first_edition_is_number_one() -> None:
    with pytest.raises(EditionOutOfOrder):
        Questionnaire.publish("fathers", 2, "en", wording(), NOW)


def test_a_room_names_questions_in_any_order_and_the_record_has_the_editions_order(fathers: Questionnaire) -> None:
    assert fathers.discussed(1, ["step", "today", "step"]).questions == ["today", "step"]


def test_a_room_that_names_no_question_has_talked_about_all_of_the_edition(fathers: Questionnaire) -> None:
    assert fathers.discussed(1, []).questions == ["today", "step"]


def test_a_question_of_another_edition_was_not_asked(fathers: Questionnaire) -> None:
    fathers.publish_edition(2, "en", wording(door="Who opens the door?"), NOW)
    with pytest.raises(UnknownQuestion):
        fathers.discussed(1, ["door"])
    assert fathers.discussed(2, ["door"]).edition == 2


@pytest.mark.parametrize("number", [0, 2, -1])
def test_an_edition_that_does_not_exist_is_not_found(fathers: Questionnaire, number: int) -> None:
    with pytest.raises(UnknownEdition):
        fathers.discussed(number, [])
