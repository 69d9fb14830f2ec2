"""The network's two lists of terms: services a center may offer, topics centers learn about from one another.

Codes are part of the published language and never change; labels are in the network's languages. A list is data
beside this module; its ``version`` grows with every change.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from shared.aggregate import Refusal, Why
from shared.text import findable_words, fold


class UnknownTerm(Refusal):
    """The list has no such term. ``nearest`` holds codes that look like it."""

    why = Why.INVALID


class UnknownService(UnknownTerm):
    """No service has this code."""

    code = "unknown-service"


class UnknownTopic(UnknownTerm):
    """No topic has this code."""

    code = "unknown-topic"


class Term(BaseModel):
    """One entry of a list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    labels: dict[str, str]


class Taxonomy(BaseModel):
    """All terms of one kind, in the order in which they are shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str
    version: int
    terms: tuple[Term, ...]

    def known(self, code: str) -> Term:
        """The term with this code; `UnknownTerm` with the nearest codes when there is none."""
        for term in self.terms:
            if term.code == code:
                return term
        nearest = self.nearest(code)
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        unknown = UnknownService if self.of == "service" else UnknownTopic
        raise unknown(f"the taxonomy has no such {self.of}{hint}", nearest=nearest)

    def all_known(self, codes: Iterable[str]) -> tuple[str, ...]:
        """``codes`` in their order, each once; `UnknownTerm` if one is not in the list."""
        return tuple(self.known(code).code for code in dict.fromkeys(codes))

    def label(self, code: str, language: str) -> str:
        """What a term is called; the code itself where it has no name in that language, or is listed no more."""
        found = next((term for term in self.terms if term.code == code), None)
        return found.labels.get(language, code) if found else code

    def nearest(self, text: str, most: int = 3) -> list[str]:
        """Codes whose code or label looks like ``text``, the most alike first."""
        spellings = {
            fold(spelling): term.code for term in self.terms for spelling in (term.code, *term.labels.values())
        }
        alike = get_close_matches(fold(text), spellings, n=most * 3, cutoff=0.6)
        return list(dict.fromkeys(spellings[spelling] for spelling in alike))[:most]

    def with_word(self, word: str, unfinished: bool) -> list[str]:
        """Codes of the terms that have the folded ``word`` in a label, or one that begins with it if unfinished."""
        return [term.code for term in self.terms if _has(term, word, unfinished)]


def _has(term: Term, word: str, unfinished: bool) -> bool:
    candidates = {candidate for label in term.labels.values() for candidate in findable_words(label)}
    return word in candidates or (unfinished and any(candidate.startswith(word) for candidate in candidates))


def _read(name: str) -> Taxonomy:
    return Taxonomy.model_validate_json(files(__package__).joinpath(f"{name}.json").read_bytes())


SERVICES = _read("services")
TOPICS = _read("topics")
