"""Texts into HTML and plain text, by the templates beside this module. HTML is always escaped."""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.newsletter.domain.issue import Issue, pick_language
from services.newsletter.wording import WORDS
from shared.events.newsletter import LanguageTag

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "ug", "ur", "yi"})
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_BLANK_LINES = re.compile(r"\n\s*\n")

ISSUE_POLICY = "default-src 'none'; style-src-attr 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of an issue on the web: it is the same HTML as in the mail, styled in attributes."""

_templates = Environment(
    loader=PackageLoader("services.newsletter", "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _page_policy() -> str:
    """The page's own style, by its digest, its own form, and nothing else."""
    source = (Path(__file__).parent / "templates" / "page.html").read_text(encoding="utf-8")
    style = _STYLE.search(source)
    assert style is not None
    digest = b64encode(sha256(style.group(1).encode()).digest()).decode()
    allowed = f"style-src 'sha256-{digest}'; form-action 'self'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; frame-ancestors 'none'"


PAGE_POLICY = _page_policy()
"""Content-Security-Policy of the pages."""


def direction(language: LanguageTag) -> str:
    """``rtl`` or ``ltr``, for the ``dir`` attribute."""
    return "rtl" if language.split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def page(
    language: str,
    title: str,
    paragraphs: tuple[str, ...],
    *,
    button: str | None = None,
    hidden: Mapping[str, str] | None = None,
    choices: Mapping[str, str] | None = None,
    choices_label: str = "",
    chosen: str = "",
) -> str:
    """A small page with at most one button, whose form posts to the page's own address. Needs no script."""
    return _templates.get_template("page.html").render(
        language=language,
        dir=direction(language),
        title=title,
        paragraphs=paragraphs,
        button=button,
        hidden=hidden or {},
        choices=choices,
        choices_label=choices_label,
        chosen=chosen,
    )


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
