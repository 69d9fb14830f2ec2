"""All yearly figures, as trends need them: read once, and again where a version tells that something has changed.

The numbers stand in no event, so this cannot be a mirror. Each process keeps those it has read, about a kilobyte for
each; what it answers is never older than the moment it was asked.
"""

from collections.abc import Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from shared.events.directory.annual_report import ANNUAL_REPORT
from shared.store.port import Document, Filter
from shared.world import World

_AT_ONCE = 500


class Report(NamedTuple):
    """One center's figures of one year."""

    center: str
    country: str
    year: int
    figures: Document


Versions = Mapping[str, int]
"""By report its version: as long as they are the same, so is everything that can be made of the reports."""

_READ: WeakKeyDictionary[World, dict[str, tuple[int, Report]]] = WeakKeyDictionary()


async def reports_of(world: World, country: str | None) -> tuple[Versions, list[Report]]:
    """The reports of a country, or all, as they stand now, in no particular order."""
    collection = world.store.collection(ANNUAL_REPORT.aggregate)
    within: Filter = {"state.country": country} if country is not None else {}
    versions = {found["_id"]: found["version"] for found in await collection.find(within, fields=("version",))}
    known = _READ.setdefault(world, {})
    changed = [id for id, version in versions.items() if id not in known or known[id][0] != version]
    for start in range(0, len(changed), _AT_ONCE):
        for id, found in (await collection.get_many(changed[start : start + _AT_ONCE])).items():
            known[id] = found["version"], Report(*(found["state"][field] for field in Report._fields))
    return versions, [known[id][1] for id in versions]
