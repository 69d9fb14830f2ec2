"""Codes and numbers said in the reader's language: English, German, Czech."""

import json
from functools import cache
from importlib.resources import files
from typing import Annotated

from babel import Locale
from fastapi import Depends, Response

from shared.events.exchange.visit import MatchReason
from shared.http.languages import LanguagesDep
from shared.taxonomy import TOPICS

SPOKEN = ("en", "de", "cs")
"""The first one serves everybody else."""
_VERSION = 1


async def _language(response: Response, languages: LanguagesDep) -> str:
    language = languages.choose(SPOKEN)
    response.headers["Content-Language"] = language
    return language


Language = Annotated[str, Depends(_language)]
"""The language in which to answer, as a parameter of a route."""


@cache
def _reasons() -> dict[str, dict[str, str]]:
    text = files("services.exchange").joinpath("data", f"reasons.v{_VERSION}.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)["reasons"]
    return found


def reason_in_words(reason: MatchReason, language: str) -> str:
    """One reason of a match as a sentence; the bare code where there are no words for it."""
    words = _reasons().get(reason.code)
    if words is None:
        return reason.code
    return words[language].format(
        value=reason.value,
        of=reason.of,
        topics=", ".join(TOPICS.label(code, language) for code in reason.codes),
        languages=", ".join(language_name(code, language) for code in reason.codes),
    )


def language_name(code: str, language: str) -> str:
    """The name of a language in another; the code itself where it is not known."""
    return str(Locale.parse(language).languages.get(code, code))
