"""The network begins with seven questionnaires, each in English, German and Czech."""

import re

import pytest

from services.campaign.domain.questionnaire import Questionnaire
from services.campaign.seven import QuestionnaireFile, publish_the_seven, questionnaire_files
from tests.unit.campaign.conftest import Story

FILES = questionnaire_files()


def test_there_are_seven() -> None:
    assert [file.id for file in FILES] == [
        "centers-unique-places",
        "enabling-and-disabling-conditions",
        "good-child-raising",
        "involving-fathers",
        "kindergartens-and-schools",
        "practical-parenthood",
        "what-qualifies",
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.id)
def test_each_has_four_to_six_questions_in_every_language(file: QuestionnaireFile) -> None:
    assert {"en", "de", "cs"} <= set(file.wordings)
    for wording in file.wordings.values():
        assert 4 <= len(wording.questions) <= 6
        texts = [wording.title, wording.introduction, *wording.questions.values()]
        assert len(set(texts)) == len(texts)
        assert all(re.search(r"[.?!]$", text) for text in texts[1:])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.id)
def test_a_translation_is_not_a_copy(file: QuestionnaireFile) -> None:
    texts = [text for wording in file.wordings.values() for text in wording.questions.values()]
    assert len(set(texts)) == len(texts)


@pytest.mark.asyncio
async def test_a_second_start_publishes_nothing_new(story: Story) -> None:
    world = story.network.runtimes["campaign"].world
    await story.network.settle()
    before = story.network.events("campaign.questionnaire.v1")
    await publish_the_seven(world)
    await story.network.settle()
    assert story.network.events("campaign.questionnaire.v1") == before
    assert len(before) == 7 * 3
    assert await world.repository(Questionnaire).count({}) == 7
