"""How the text of a cell becomes a value.

Every ``ValueError`` here says what is wrong without repeating what stands in the cell: reports are passed around.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from babel import Locale

from shared.taxonomy import SERVICES, TOPICS, Taxonomy
from shared.text import fold

Body = dict[str, Any]
"""A part of what is sent to the API, as JSON has it."""

TAXONOMIES = {"services": SERVICES, "topics": TOPICS}
"""The lists of which a field takes codes."""

_YES = {"x", "1", "yes", "y", "ja", "j", "ano", "a", "true", "✓", "✔"}
_NO = {"", "0", "no", "n", "nein", "ne", "false", "-", "–"}
_PRICES = {
    "free": {"free", "gratis", "kostenlos", "kostenfrei", "zdarma", "0"},
    "donation": {"donation", "spende", "dobrovolne", "dobrovolny prispevek"},
    "by-income": {"by-income", "by income", "nach einkommen", "podle prijmu"},
    "fee": {"fee", "paid", "kostenpflichtig", "placene"},
}
_CURRENCIES = {"€": "EUR", "kč": "CZK", "kc": "CZK", "£": "GBP", "ft": "HUF"}
_PRICE = re.compile(r"([^\d\s.,]{1,3})?\s*(\d{1,6}(?:[.,]\d{1,3})?)\s*(?:,-)?\s*([^\d\s.,]{1,3})?")
_AGES = re.compile(r"(\d{1,3})\s*[-–]\s*(\d{1,3})|(\d{1,3})\s*\+|(?:from|ab|od)\s*(\d{1,3})|(\d{1,3})", re.IGNORECASE)
_DOTTED = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})")


def parts(text: str, separators: str) -> list[str]:
    """The items of a cell that holds a list."""
    return [part.strip() for part in re.split(f"[{re.escape(separators)}\n]", text) if part.strip()]


def code_of(taxonomy: Taxonomy, text: str) -> str | None:
    """The code of the term that ``text`` names, by its code or one of its labels; None when it names none."""
    return _codes(taxonomy.of).get(_folded(text.strip()))


def term(taxonomy: Taxonomy, text: str) -> str:
    """The code of the term that ``text`` names, else the text itself: the directory knows what is nearest."""
    return code_of(taxonomy, text) or text


_folded = lru_cache(maxsize=4096)(fold)
"""A list says the same few words over and over."""


@cache
def _codes(of: str) -> dict[str, str]:
    taxonomy = next(each for each in TAXONOMIES.values() if each.of == of)
    return {fold(said): term.code for term in taxonomy.terms for said in (term.code, *term.labels.values())}


def language(text: str) -> str:
    """A language's code, from the code or its name in English, German or Czech; else the text itself."""
    return _names("languages").get(_folded(text), text)


def country(text: str) -> str:
    """A country's code, from the code or its name in English, German or Czech; else the text itself."""
    return _names("territories").get(_folded(text), text)


@cache
def _names(of: str) -> dict[str, str]:
    """Codes by folded names. A name that two have (there are such languages) is left out."""
    named: dict[str, set[str]] = {}
    for spoken in ("en", "de", "cs"):
        for code, name in getattr(Locale(spoken), of).items():
            if code.isalpha():
                named.setdefault(fold(name), set()).add(code)
    return {name: codes.pop() for name, codes in named.items() if len(codes) == 1}


def share(text: str) -> Body:
    """A source of money, and its percentage if that is told: ``municipality 60``."""
    found = re.fullmatch(r"(.*?)[\s:]+(\d{1,3})\s*%?", text.strip())
    return {"kind": found[1], "share": int(found[2])} if found else {"kind": text.strip()}


def ticked(text: str) -> bool:
    """Whether a column to be ticked is. ValueError when that cannot be told."""
    answer = text.strip().casefold()
    if answer in _YES | _NO:
        return answer in _YES
    raise ValueError("is neither yes (x, 1, ja, ano) nor no")


def day(text: str, dates: Sequence[str] = ()) -> date:
    """A day: written 2026-02-14 or 14.2.2026, or in one of the forms ``dates`` that `strptime` knows."""
    for form in dates:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    if found := _DOTTED.fullmatch(text):
        text = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day such as 2026-02-14; the mapping can say how days are written: dates") from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("is no whole number") from None


def _number(text: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("is no number")
    return number


def _phone(text: str) -> str:
    """``+49 (0)30 / 231-25`` as ``+49 30 231 25``."""
    told = re.sub(r"^00", "+", text.strip()).replace("(0)", " ")
    if not told.startswith("+") or re.search(r"[^\d\s()/.+-]", told):
        raise ValueError("is no international phone number: it begins with + and the country's code")
    return "+" + " ".join(re.findall(r"\d+", told))


def _website(text: str) -> str:
    return text if re.match(r"[a-zA-Z]+://", text) else f"https://{text}"


def _price(text: str) -> Body:
    told = fold(text.strip())
    for kind, words in _PRICES.items():
        if told in words:
            return {"kind": kind}
    found = _PRICE.fullmatch(text.strip())
    unit = found and (found[1] or found[3])
    if not found or not unit or (found[1] and found[3]):
        raise ValueError("is no price: write free, donation, by-income, fee, or an amount with its currency: 50 CZK")
    amount = Decimal(found[2].replace(",", "."))
    if not amount:
        return {"kind": "free"}
    return {"kind": "fee", "amount": f"{amount}", "currency": _CURRENCIES.get(unit.casefold(), unit.upper())}


def _ages(text: str) -> Body:
    found = _AGES.fullmatch(text.strip())
    if not found:
        raise ValueError("is no age in years: write 0-3, 16+ or 6")
    youngest = int(found[1] or found[3] or found[4] or found[5])
    if found[3] or found[4]:
        return {"youngest": youngest}
    return {"youngest": youngest, "oldest": int(found[2] or youngest)}


READERS: Mapping[str, Callable[[str], Any]] = {
    "text": str,
    "country": country,
    "whole": _whole,
    "number": _number,
    "phone": _phone,
    "website": _website,
    "price": _price,
    "ages": _ages,
}
"""What reads a cell of each kind; lists, days and hours need to know more."""
