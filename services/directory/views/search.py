"""Finding centers by words and filters.

The directory keeps a mirror of its own stream: per center the words under which everybody may find it. It is made of
the public snapshot alone, so a hidden center has no town in it, and it can be rebuilt from the events. It may lag a
moment behind; `Search.matches` therefore looks again at what is true now, before anything is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.events.directory.center import CENTER, CenterSnapshot, CenterStatus, Check, OfferStatus
from shared.reactions import Mirror
from shared.store.port import Document, Filter
from shared.taxonomy import SERVICES
from shared.text import findable_words, fold, words

ORDER = [("name", 1)]
"""The order of every list: by folded name, then by id."""


def findable(center: CenterSnapshot) -> Document:
    """What is kept of a center to find it by. Services that are paused do not count."""
    texts = [center.name, *center.names.values(), center.town or ""]
    return {
        "name": fold(center.name),
        "words": sorted({word for text in texts for word in findable_words(text)}),
        "country": center.country,
        "status": center.status.value,
        "check": center.check.value,
        "languages": list(center.languages),
        "services": sorted(offer.service for offer in center.services if offer.status is OfferStatus.ACTIVE),
    }


SEARCH = Mirror(name="search", stream=CENTER, keep=findable)


@dataclass(frozen=True)
class Search:
    """What somebody looks for; everything that is given must hold.

    Every word of ``text`` must be a word of the center's names, of its town or of a service it offers; the last one
    may be unfinished, from two letters on. A text without any word finds nothing.
    """

    text: str | None = None
    country: str | None = None
    service: str | None = None
    language: str | None = None
    status: CenterStatus | None = None
    check: Check | None = None

    def filter(self) -> Filter:
        """The query for the store."""
        wanted: list[Filter] = [{field: value} for field, value in self._facets().items()]
        if self.text is not None:
            asked = words(self.text)
            wanted += [self._word(word, last=n == len(asked)) for n, word in enumerate(asked, 1)]
            if not asked:
                wanted.append({"words": {"$in": []}})
        return {"$and": wanted} if wanted else {}

    def matches(self, found: Mapping[str, Any]) -> bool:
        """Whether the center with this `findable` is one of those looked for."""
        if not all(_holds(found[field], value) for field, value in self._facets().items()):
            return False
        if self.text is None:
            return True
        *finished, last = words(self.text) or [""]
        has = {*found["words"], *_service_words(found["services"])}
        return all(word in has for word in finished) and (
            last in has or (len(last) >= 2 and any(word.startswith(last) for word in has))
        )

    def _facets(self) -> dict[str, str]:
        facets = {
            "country": self.country,
            "services": self.service,
            "languages": self.language,
            "status": self.status and self.status.value,
            "check": self.check and self.check.value,
        }
        return {field: value for field, value in facets.items() if value is not None}

    @staticmethod
    def _word(word: str, last: bool) -> Filter:
        unfinished = last and len(word) >= 2
        services = SERVICES.with_word(word, unfinished)
        named: Filter = {"words": {"$regex": f"^{word}"} if unfinished else word}
        return {"$or": [named, {"services": {"$in": services}}]} if services else named


def _holds(kept: str | list[str], value: str) -> bool:
    return value in kept if isinstance(kept, list) else value == kept


def _service_words(codes: list[str]) -> set[str]:
    return {word for code in codes for label in SERVICES.known(code).labels.values() for word in findable_words(label)}
