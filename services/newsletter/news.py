"""The first wording of news that proposes itself, in the languages of the network and one more. An editor decides."""

import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

from babel import Locale

from services.newsletter.domain.news_item import ItemText
from shared.events.newsletter import NewsKind

_TITLE_MOST = 200
_TEXT_MOST = 4000

_TEMPLATES: Mapping[NewsKind, Mapping[str, tuple[str, str]]] = {
    NewsKind.CENTER_OPENED: {
        "en": ("New in the network: {center}", "A new center has joined the network: {center} ({place})."),
        "de": ("Neu im Netzwerk: {center}", "Ein neues Zentrum gehört zum Netzwerk: {center} ({place})."),
        "cs": ("Nově v síti: {center}", "Do sítě přibylo nové centrum: {center} ({place})."),
    },
    NewsKind.CENTER_REOPENED: {
        "en": ("Open again: {center}", "The doors are open again at {center} ({place})."),
        "de": ("Wieder geöffnet: {center}", "Die Türen sind wieder offen: {center} ({place})."),
        "cs": ("Znovu otevřeno: {center}", "Znovu otevřelo své dveře centrum {center} ({place})."),
    },
    NewsKind.VISIT_REPORTED: {
        "en": (
            "Study visit: {guest} at {host}",
            "{guest} ({guest_place}) visited {host} ({host_place}) and brought answers home: {answered} of "
            "{questions} questions were answered.",
        ),
        "de": (
            "Studienbesuch: {guest} bei {host}",
            "{guest} ({guest_place}) hat {host} ({host_place}) besucht und Antworten mitgebracht: {answered} von "
            "{questions} Fragen wurden beantwortet.",
        ),
        "cs": (
            "Studijní návštěva: {guest} – {host}",
            "{guest} ({guest_place}): návštěva v centru {host} ({host_place}) přinesla domů odpovědi, zodpovězeno "
            "bylo {answered} z {questions} otázek.",
        ),
    },
    NewsKind.CAMPAIGN_LAUNCHED: {
        "en": ("The campaign has begun: {title}", "Every center can take part from now on. The question: {question}"),
        "de": ("Die Kampagne hat begonnen: {title}", "Jedes Zentrum kann jetzt mitmachen. Die Frage: {question}"),
        "cs": ("Kampaň začala: {title}", "Od této chvíle se může zapojit každé centrum. Otázka zní: {question}"),
    },
    NewsKind.CAMPAIGN_PHASE: {
        "en": ("{title}: {phase}", "The campaign has entered its next phase: {phase}."),
        "de": ("{title}: {phase}", "Die Kampagne ist in die nächste Phase eingetreten: {phase}."),
        "cs": ("{title}: {phase}", "Kampaň vstoupila do další fáze: {phase}."),
    },
}

LANGUAGES = ("en", "de", "cs")
"""The languages in which news is worded by rule."""

Facts = Callable[[str], Mapping[str, object]]
"""What to fill in, by language."""


def worded(kind: NewsKind, facts: Facts) -> dict[str, ItemText]:
    """The first wording of a piece of news in every language of `LANGUAGES`."""
    texts = {}
    for language, (title, text) in _TEMPLATES[kind].items():
        filled = {name: _one_line(str(value)) for name, value in facts(language).items()}
        texts[language] = ItemText(
            title=_cut(title.format_map(filled), _TITLE_MOST), text=_cut(text.format_map(filled), _TEXT_MOST)
        )
    return texts


def place(town: str | None, country: str | None, language: str) -> str:
    """``Praha, Tschechien``: the town, if it is shown, and the country's name in ``language``."""
    return ", ".join(part for part in (town, country_name(country, language)) if part)


@cache
def country_name(code: str | None, language: str) -> str:
    """A country's name in ``language``; its code where there is none."""
    return str(Locale(language).territories.get(code or "", code or ""))


def in_language(texts: Mapping[str, str], language: str) -> str:
    """A text of another service in ``language``, else in English, else whatever stands first."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def _one_line(text: str) -> str:
    """Names come from elsewhere: no line break or other control character of theirs gets into a headline."""
    return " ".join("".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text).split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
