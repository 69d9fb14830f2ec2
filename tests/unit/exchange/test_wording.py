"""Codes and numbers in the reader's language."""

import pytest

from services.exchange.api.wording import SPOKEN, language_name, reason_in_words
from shared.events.exchange.visit import MatchReason
from shared.taxonomy import TOPICS

CODES = (
    "topic-overlap",
    "common-language",
    "preferred-host",
    "proven",
    "notice",
    "distance",
    "cross-border",
    "room",
    "freshness",
    "not-asked-before",
)


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("code", CODES)
def test_every_reason_has_words_in_every_language(code: str, language: str) -> None:
    reason = MatchReason(code=code, points=5, value=7, of=9, codes=("founding-a-center",))
    words = reason_in_words(reason, language)
    assert words != code
    assert "{" not in words and "None" not in words


def test_what_has_no_words_is_shown_as_its_code() -> None:
    assert reason_in_words(MatchReason(code="brand-new", points=1), "de") == "brand-new"
    assert TOPICS.label("formerly-known", "de") == "formerly-known"
    assert language_name("xx", "de") == "xx"
    assert language_name("sw", "cs") == "svahilština"


def test_every_topic_has_a_name_in_every_language() -> None:
    assert all({*SPOKEN} <= {*topic.labels} for topic in TOPICS.terms)
