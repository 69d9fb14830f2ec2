"""In which encoding a file is written: known by its marks and by its being UTF-8, else guessed and said to be."""

import codecs
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deploy.errors import Trouble

_CHUNK = 1 << 20
_ASCII = bytes(range(128))
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LETTERS = {
    "cp1250": (
        "íáéěžřšýčůúňťóď",  # Czech
        "áíéčžýšúľťôňäóďĺŕ",  # Slovak
        "áéöóíőüúű",  # Hungarian
        "łążęóśćńź",  # Polish
        "čžšćđ",  # Bosnian, Croatian
        "ăîâşţ",  # Romanian
    ),
    "cp1252": (
        "üäößéàè",  # German
        "éèàêçôîûâùïœë",  # French
        "èàùòìé",  # Italian
        "ëïéöèü",  # Dutch
        "óíáéñúü",  # Spanish
        "åäöøæé",  # Scandinavian
    ),
}
"""What is written in each, a language a line: its letters beyond ASCII, the most frequent first."""
_NAMES = {"cp1250": "Windows-1250 (Central European)", "cp1252": "Windows-1252 (Western European)"}


@dataclass(frozen=True)
class Encoding:
    """An encoding's name in Python, and whether it is only a guess."""

    codec: str
    guessed: bool = False

    @property
    def said(self) -> str:
        """What to tell about it."""
        return f"the file is no UTF-8; it was read as {_NAMES.get(self.codec, self.codec)}, a guess: see --encoding"


def declared(name: str) -> Encoding:
    """The encoding that somebody named. `Trouble` when there is none of that name."""
    try:
        codec = codecs.lookup(name)
        " ".encode(codec.name)
    except (LookupError, UnicodeError, TypeError):
        raise Trouble(
            f"there is no text encoding {name}; usual are utf-8, utf-16, windows-1250, windows-1252"
        ) from None
    return Encoding("utf-8-sig" if codec.name == "utf-8" else codec.name)


def encoding_of(file: Path) -> Encoding:
    """The encoding of a file: by its byte order mark, else UTF-8 if it is that, else a guess. Reads it all once."""
    with file.open("rb") as stream:
        return detected(stream)


def detected(stream: BinaryIO) -> Encoding:
    """`encoding_of` what ``stream`` holds, in memory that does not grow with it."""
    start = stream.read(_CHUNK)
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return Encoding(codec)
    if start.count(0) > len(start) // 4:
        return Encoding("utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be")
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, beyond_ascii, chunk = True, Counter[int](), start
    while chunk:
        beyond_ascii.update(chunk.translate(None, _ASCII))
        following = stream.read(_CHUNK)
        if is_utf8:
            try:
                decoder.decode(chunk, final=not following)
            except UnicodeDecodeError:
                is_utf8 = False
        chunk = following
    return Encoding("utf-8-sig") if is_utf8 else Encoding(_guess(beyond_ascii), guessed=True)


def _guess(counts: Counter[int]) -> str:
    """The one in which these bytes are most likely letters of one language."""

    def likelihood(codec: str) -> float:
        letters = Counter[str]()
        for byte, count in counts.items():
            letters[bytes([byte]).decode(codec, "replace").lower()] += count
        found = letters.items()
        return max(
            sum(count * (1 / (language.index(letter) + 1) if letter in language else -1) for letter, count in found)
            for language in _LETTERS[codec]
        )

    return max(_LETTERS, key=likelihood)
