"""Finding practices by words and filters: a mirror of the directory's own stream, made of public snapshots alone.

It may lag a moment behind, so what is found is looked at again before it is shown: `Wanted.matches`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.events.directory.practice import PRACTICE, PracticeKind, PracticeSnapshot
from shared.reactions import Mirror
from shared.store.port import Document, Filter
from shared.taxonomy import TOPICS
from shared.text import findable_words, words

ORDER = [("published_on", -1)]
"""The order of every list: the newest first, then by id."""


def findable(practice: PracticeSnapshot) -> Document:
    """What is kept of a practice to find it by: nothing of it while it is not published."""
    labels = [label for code in practice.topics for label in TOPICS.known(code).labels.values()]
    return {
        "published_on": practice.published_on.isoformat() if practice.published_on else "",
        "center": practice.center,
        "kind": practice.kind.value,
        "languages": list(practice.titles),
        "topics": list(practice.topics),
        "words": sorted({word for text in (*practice.titles.values(), *labels) for word in findable_words(text)}),
    }


PRACTICES = Mirror(name="practice-search", stream=PRACTICE, keep=findable)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; everything that is given must hold.

    Every word of ``text`` must begin a word of its titles or of its topics' labels. A text without any word finds
    nothing.
    """

    text: str | None = None
    topic: str | None = None
    language: str | None = None
    center: str | None = None
    kind: PracticeKind | None = None

    def filter(self) -> Filter:
        """The query for the store."""
        wanted: list[Filter] = [{"published_on": {"$gt": ""}}]
        wanted += [{field: value} for field, value in self._facets().items()]
        if self.text is not None:
            asked = words(self.text)
            wanted += [{"words": {"$regex": f"^{word}"}} for word in asked]
            if not asked:
                wanted.append({"words": {"$in": []}})
        return {"$and": wanted}

    def matches(self, found: Mapping[str, Any]) -> bool:
        """Whether the practice with this `findable` is one of those looked for."""
        facets = self._facets().items()
        if not found["published_on"] or not all(
            value in found[field] if isinstance(found[field], list) else value == found[field]
            for field, value in facets
        ):
            return False
        if self.text is None:
            return True
        asked = words(self.text)
        return bool(asked) and all(any(word.startswith(start) for word in found["words"]) for start in asked)

    def _facets(self) -> dict[str, str]:
        facets = {
            "topics": self.topic,
            "languages": self.language,
            "center": self.center,
            "kind": self.kind and self.kind.value,
        }
        return {field: value for field, value in facets.items() if value is not None}
