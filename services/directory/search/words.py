"""Finding by words: as they are written, unfinished, or with typing errors.

Words come folded by `shared.text`; a center's name is found under ``munchen`` and ``muenchen``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.directory.search import bits
from services.directory.search.arrays import Bits, Numbers, distinct
from services.directory.search.terms import Joined, Terms

UNFINISHED_FROM = 2
"""A last word of so many letters may be unfinished."""

_LETTERS = 7
"""Words that differ by two errors at most share a form of their first letters with at most two of them left out."""

_KEPT = [np.array(list(combinations(range(_LETTERS), _LETTERS - left_out))) for left_out in range(3)]
"""For none, one and two letters left out: every choice of the letters that are kept."""
_POWERS = np.array([pow(0x01000193, n, 1 << 32) for n in range(1, _LETTERS + 1)], np.uint32)


def errors_forgiven(word: str) -> int:
    """How many letters may be wrong, missing, too many or swapped with their neighbor; in numbers none."""
    if len(word) < 4 or any(letter.isdigit() for letter in word):
        return 0
    return 1 if len(word) < 8 else 2


@dataclass(frozen=True)
class Typos:
    """Which terms look like a word: by symmetric deletes, two that are alike lose letters until they are the same."""

    forms: NDArray[np.uint32]
    """Hashes of what is left of terms, ascending."""
    terms: NDArray[np.uint32]
    """The term of which each is a form."""

    @classmethod
    def of(cls, names: Sequence[str]) -> "Typos":
        """For these terms."""
        forms = _forms(names, 2)
        owners = np.broadcast_to(np.arange(len(names), dtype=np.uint64)[:, None], forms.shape)
        both = distinct((forms.astype(np.uint64) << np.uint64(32) | owners).ravel())
        return cls((both >> np.uint64(32)).astype(np.uint32), both.astype(np.uint32))


def _forms(words: Sequence[str], left_out: int) -> NDArray[np.uint32]:
    """For each word the hashes of its first letters with up to so many left out; missing letters make no difference."""
    letters = np.array([*words, ""], f"U{_LETTERS}")[:-1].view(np.uint32).reshape(-1, _LETTERS)
    forms = [
        (letters[:, kept] * _POWERS[: kept.shape[1]]).sum(axis=2, dtype=np.uint32) for kept in _KEPT[: left_out + 1]
    ]
    return np.concatenate(forms, axis=1)


@dataclass(frozen=True)
class Lexicon:
    """Words, each with the documents (or whatever else is numbered) that have it."""

    terms: Terms
    typos: Typos

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, int]], size: int) -> "Lexicon":
        """Of (word, document) pairs."""
        terms = Terms.of(pairs, size)
        return cls(terms, Typos.of(terms.names))

    @classmethod
    def merged(cls, one: "Lexicon", two: "Lexicon", joined: Joined) -> "Lexicon":
        """Of two segments."""
        terms = Terms.merged(one.terms, two.terms, joined)
        return cls(terms, Typos.of(terms.names))

    def sharing(self, forms: Numbers) -> list[str]:
        """The words of which any of these is a form."""
        typos, names = self.typos, self.terms.names
        starts, ends = np.searchsorted(typos.forms, forms), np.searchsorted(typos.forms, forms, "right")
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return [names[n] for start, end in spans if start < end for n in typos.terms[start:end].tolist()]


def alike(word: str, lexicons: Iterable[Lexicon]) -> dict[int, list[str]]:
    """By number of errors the words that are this one with the `errors_forgiven`."""
    most = errors_forgiven(word)
    if not most:
        return {}
    forms = distinct(_forms([word], most)[0])
    candidates = {other for lexicon in lexicons for other in lexicon.sharing(forms)}
    found: dict[int, list[str]] = {}
    for other, errors, _ in process.extract_iter(word, candidates, scorer=OSA.distance, score_cutoff=most):
        found.setdefault(int(errors), []).append(other)
    return found


Spelling = tuple[str, bool]
"""A folded word, and whether it may be the beginning of a longer one."""


def with_spelling(terms: Terms, spellings: Sequence[Spelling], size: int) -> Bits:
    """The documents that have a word with one of these spellings."""
    found = [
        terms.documents(terms.beginning(word) if unfinished else terms.named(word), size)
        for word, unfinished in spellings
    ]
    return bits.union(found, size)
