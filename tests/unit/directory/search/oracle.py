"""The plainest possible search: every entry is looked at for every query."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from rapidfuzz.distance import OSA

from services.directory.search import Entry, OpenOn, Query
from shared.text import findable_words, words


@dataclass
class Oracle:
    labels: dict[tuple[str, str], tuple[str, ...]]
    entries: dict[str, Entry] = field(default_factory=dict)

    def update(self, entries: list[Entry]) -> None:
        for entry in entries:
            there = self.entries.get(entry.id)
            if there is None or there.version <= entry.version:
                self.entries[entry.id] = entry

    def remove(self, ids: list[str]) -> None:
        for id in ids:
            self.entries.pop(id, None)

    def search(self, query: Query) -> tuple[list[str], list[int], dict[str, dict[str, int]]]:
        """All ids in order, their distances, and the facets."""
        meanings = None if query.text is None else self.meanings(query.text)
        found = [entry for entry in self.entries.values() if self.holds(entry, query, meanings)]
        found.sort(key=lambda entry: (*self.rank(entry, query, meanings), " ".join(words(entry.names[0])), entry.id))
        counts: dict[str, dict[str, int]] = {}
        for entry in found:
            for facet, codes in entry.facets.items():
                for code in set(codes):
                    counts.setdefault(facet, {}).setdefault(code, 0)
                    counts[facet][code] += 1
        far = [distance(query.near, entry.point) for entry in found if query.near and entry.point]
        return [entry.id for entry in found], far, counts

    def meanings(self, text: str) -> list[set[str]]:
        """For each word of the text the words for which it stands."""
        asked = words(text)
        known = {word for entry in self.entries.values() for word in self.words_of(entry)}
        meanings = []
        for n, word in enumerate(asked):
            last = n == len(asked) - 1
            meant = {word} & known
            if last and len(word) >= 2:
                meant = {each for each in known if each.startswith(word)}
            if not meant:
                most = 0 if len(word) <= 3 or word != word.strip("0123456789") else 1 if len(word) <= 7 else 2
                errors = {each: OSA.distance(word, each) for each in known}
                least = min(errors.values(), default=99)
                meant = {each for each, wrong in errors.items() if wrong == least <= most}
            meanings.append(meant)
        return meanings

    def words_of(self, entry: Entry) -> set[str]:
        texts = [*entry.names, *entry.words]
        for (facet, code), labels in self.labels.items():
            if code in entry.facets.get(facet, ()):
                texts += labels
        return {word for text in texts for word in findable_words(text)}

    def holds(self, entry: Entry, query: Query, meanings: list[set[str]] | None) -> bool:
        if meanings is not None and not (meanings and all(self.words_of(entry) & meant for meant in meanings)):
            return False
        if not all(set(codes) & set(entry.facets.get(facet, ())) for facet, codes in query.filters.items()):
            return False
        if query.age is not None and not any(start <= query.age <= end for start, end in entry.ages):
            return False
        if query.open_at is not None and not is_open(entry, query.open_at):
            return False
        if query.near is not None:
            return entry.point is not None and distance(query.near, entry.point) <= query.radius_m * 1000
        return True

    def rank(self, entry: Entry, query: Query, meanings: list[set[str]] | None) -> tuple[int, int]:
        checks = entry.facets.get("check", ())
        trust = 0 if "fresh" in checks else 1 if "due" in checks else 2
        if query.order == "name":
            return 0, 0
        if query.order == "distance":
            assert query.near and entry.point
            return distance(query.near, entry.point), trust
        in_name = {word for name in entry.names for word in findable_words(name)}
        return (0 if all(in_name & meant for meant in meanings or ()) else 1), trust


def distance(one: tuple[float, float], other: tuple[float, float]) -> int:
    def unit(point: tuple[float, float]) -> tuple[float, float, float]:
        lat, lon = map(math.radians, point)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    return round(2 * 6_371_008_771.4 * math.asin(min(math.dist(unit(one), unit(other)) / 2, 1)))


def is_open(entry: Entry, when: OpenOn | datetime) -> bool:
    def regularly(quarter: int) -> bool:
        return bool(entry.week[quarter // 8] >> (quarter % 8) & 1)

    if isinstance(when, OpenOn):
        return any(regularly(when.weekday * 96 + quarter) for quarter in range(when.start, when.end))
    local = when.astimezone(ZoneInfo(entry.zone))
    quarter = local.hour * 4 + local.minute // 15
    if local.toordinal() in entry.special:
        return any(start <= quarter < end for start, end in entry.special[local.toordinal()])
    return regularly(local.weekday() * 96 + quarter)
