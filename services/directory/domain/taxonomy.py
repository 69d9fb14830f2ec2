"""The list of services that a center may offer: codes that never change, labels in the network's languages."""

from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict

from services.directory.domain.text import findable_words, fold
from shared.aggregate import Refusal, Why


class UnknownService(Refusal):
    """No service has this code. ``nearest`` holds codes that look like it."""

    code = "unknown-service"
    why = Why.INVALID


class ServiceKind(BaseModel):
    """One entry of the taxonomy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    labels: dict[str, str]


class Taxonomy(BaseModel):
    """All services, in the order in which they are shown. ``version`` grows with every change of the list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    services: tuple[ServiceKind, ...]

    def known(self, code: str) -> ServiceKind:
        """The service with this code; `UnknownService` with the nearest codes when there is none."""
        for kind in self.services:
            if kind.code == code:
                return kind
        nearest = self.nearest(code)
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        raise UnknownService(f"the taxonomy has no such service{hint}", nearest=nearest)

    def nearest(self, text: str, most: int = 3) -> list[str]:
        """Codes whose code or label looks like ``text``, the most alike first."""
        spellings = {
            fold(spelling): kind.code for kind in self.services for spelling in (kind.code, *kind.labels.values())
        }
        alike = get_close_matches(fold(text), spellings, n=most * 3, cutoff=0.6)
        return list(dict.fromkeys(spellings[spelling] for spelling in alike))[:most]

    def with_word(self, word: str, unfinished: bool) -> list[str]:
        """Codes of the services that have the folded ``word`` in a label, or one that begins with it if unfinished."""
        return [kind.code for kind in self.services if _has(kind, word, unfinished)]


def _has(kind: ServiceKind, word: str, unfinished: bool) -> bool:
    candidates = {candidate for label in kind.labels.values() for candidate in findable_words(label)}
    return word in candidates or (unfinished and any(candidate.startswith(word) for candidate in candidates))
