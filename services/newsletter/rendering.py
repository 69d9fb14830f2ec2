"""Texts into HTML and plain text, by the templates beside this module. HTML is always escaped."""

import re
from collections.abc import Mapping

from services.newsletter.domain.issue import Issue, pick_language
from services.newsletter.wording import WORDS
from shared.events.newsletter import LanguageTag
from shared.http.pages import direction, templates

_BLANK_LINES = re.compile(r"\n\s*\n")

ISSUE_POLICY = "default-src 'none'; style-src-attr 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of an issue on the web: it is the same HTML as in the mail, styled in attributes."""

_templates = templates("services.newsletter")


def issue(content: Issue, language: LanguageTag, links: Mapping[str, str] | None) -> tuple[str, str]:
    """An issue in one of its languages as plain text and HTML; without ``links`` (on the web) only the HTML counts.

    A news item without a wording in that language stands in another, marked as such.
    """
    text = content.texts[language]
    pieces = []
    for piece in content.pieces:
        shown = pick_language(language, piece.texts)
        wording = piece.texts[shown]
        pieces.append({
            "language": shown,
            "dir": direction(shown),
            "title": wording.title,
            "paragraphs": paragraphs_of(wording.text),
        })  # fmt: skip
    words_language = pick_language(language, WORDS)
    values = {
        "language": language,
        "dir": direction(language),
        "title": text.title,
        "introduction": paragraphs_of(text.introduction),
        "pieces": pieces,
        "links": links,
        "words": WORDS[words_language],
        "words_language": words_language,
        "words_dir": direction(words_language),
    }
    html = _templates.get_template("issue.html").render(values)
    plain = _templates.get_template("issue.txt").render(values) if links else ""
    return plain, html


def confirmation(language: str, links: Mapping[str, str]) -> tuple[str, str]:
    """The mail that asks for confirmation, as plain text and HTML; ``language`` is one of `WORDS`."""
    values = {"language": language, "dir": direction(language), "words": WORDS[language], "links": links}
    plain = _templates.get_template("confirmation.txt").render(values)
    return plain, _templates.get_template("confirmation.html").render(values)


def paragraphs_of(text: str) -> list[str]:
    """Plain text cut at blank lines."""
    return [part.strip() for part in _BLANK_LINES.split(text.replace("\r\n", "\n")) if part.strip()]
