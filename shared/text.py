"""Text that people write: what is let in, and how words are compared across alphabets and keyboards."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_ALLOWED_MARKS = frozenset("\u200c\u200d\u200e\u200f")  # joiners and direction marks that Persian or Arabic need
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PASTED = {0x09: " ", 0xAD: None, 0x200B: None, 0xFEFF: None}  # tab; soft hyphen, zero-width space, byte order mark

_LETTERS = str.maketrans({
    "ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŋ": "n",
    "\u0131": "i",
})  # fmt: skip
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def one_line(value: str) -> str:
    """``value`` in NFC with single spaces.

    `ValueError` on control characters, line breaks and hidden direction changes: a right-to-left override can make
    one name read as another.
    """
    composed = unicodedata.normalize("NFC", value)
    for character in composed:
        if unicodedata.category(character) in _REFUSED and character not in _ALLOWED_MARKS:
            raise ValueError(f"the character U+{ord(character):04X} is not allowed here")
    return " ".join(composed.split())


def paragraphs(value: str) -> str:
    """``value`` in NFC, line by line, as people paste it: tabs become spaces, soft hyphens and the like go.

    `ValueError` where `one_line` raises it, and when nothing is left.
    """
    lines = value.translate(_PASTED).splitlines()
    kept = "\n".join(one_line(line) for line in lines).strip()
    if not kept:
        raise ValueError("there is no text in it")
    return kept


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120), AfterValidator(one_line)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(one_line)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(paragraphs)]
"""Plain text of several lines; a blank line begins a paragraph. Say how long it may be where it is used."""


def fold(text: str) -> str:
    """``text`` without case and accents: ``Łódź`` → ``lodz``, ``Straße`` → ``strasse``, ``München`` → ``munchen``."""
    apart = text
    for _ in range(2):  # taking apart can bring capitals to light (\u210c), and lowering them more to take apart
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", apart).casefold())
    bare = "".join(character for character in apart if unicodedata.category(character) != "Mn")
    return bare.translate(_LETTERS)


def words(text: str) -> list[str]:
    """The folded words of ``text`` in order; everything that is no letter, mark or digit separates them."""
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in fold(text)).split()


def findable_words(text: str) -> set[str]:
    """The words under which ``text`` is found: folded, and with umlauts spelled out (``munchen`` and ``muenchen``)."""
    spelled_out = unicodedata.normalize("NFC", text).casefold().translate(_SPELLED_OUT)
    return {*words(text), *words(spelled_out)}
