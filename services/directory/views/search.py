"""Finding centers: the search index of this process, fed with what everybody may see of each center today.

An event only says which center changed; what is indexed is read from its document, by the center's own choice of
visibility. So nothing that is hidden now is in the index or in its file, and a repeated event does no harm.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import structlog
from babel import Locale

from services.directory.domain.center import Center, ClosingReason
from services.directory.domain.schedule import Schedule, special_days, week_pattern
from services.directory.search import Entry, Index, Labels, NoSnapshot, Query, warm_up
from shared.commands import Loaded
from shared.events import Recorded
from shared.events.directory.center import (
    CENTER,
    CenterStatus,
    LocationVisibility,
    LocationVisibilityChanged,
    OfferStatus,
)
from shared.events.exchange.host_offer import HOST_OFFER, HostStatus
from shared.messaging.log import Offsets
from shared.taxonomy import SERVICES, TOPICS
from shared.world import World

_PAGE = 500
_HOURS_HOLD = timedelta(days=7)
"""For so long the regular weeks in the index may be those of the day they were made on; special days reach a year."""
_log = structlog.get_logger(__name__)

Code = tuple[str, str]


class CenterSearch:
    """A read model of this process: the index, and which houses take guests."""

    name = "search"
    topics = (CENTER.topic,)
    foreign = (HOST_OFFER.topic,)

    def __init__(self, world: World) -> None:
        self._centers = world.repository(Center)
        self._clock = world.clock
        self._file = world.settings.home / "search" / f"centers-{world.settings.replica}.index"
        self._hosting: dict[str, bool] = {}
        self._hours_of: date = world.clock.now().date()
        self.index = Index(labels())

    # ---- fed

    async def fill(self) -> None:
        """Reads every center from the store."""
        self._hours_of = self._clock.now().date()
        self.index = Index(labels())
        self._hosting = {}
        after = ""
        while page := await self._centers.find({"_id": {"$gt": after}}, limit=_PAGE):
            self._take(page)
            after = page[-1].aggregate.id
            await self._tidy()

    async def apply(self, events: Sequence[Recorded]) -> None:
        """Reads again the centers that these events are about."""
        changed = {event.key for event in events}
        for event in events:
            if event.topic == HOST_OFFER.topic:
                self._hosting[event.key] = _takes_guests(event.data["snapshot"])
            elif event.type == CENTER.type_of(LocationVisibilityChanged):
                self._file.unlink(missing_ok=True)  # it may hold what is hidden now
        ids = sorted(changed)
        for start in range(0, len(ids), _PAGE):
            await self._read(ids[start : start + _PAGE])
        if self._clock.now().date() - self._hours_of >= _HOURS_HOLD:
            await self._renew_hours()
        await self._tidy()

    async def restore(self) -> Offsets | None:
        """Takes over the file of an earlier process, where there is one that can be trusted."""
        await asyncio.to_thread(warm_up)
        try:
            extra = await asyncio.to_thread(self.index.load, self._file)
            self._hosting = dict.fromkeys(extra["hosting"], True)
            self._hours_of = date.fromisoformat(extra["hours_of"])
            return {(topic, partition): offset for topic, partition, offset in extra["offsets"]}
        except (NoSnapshot, KeyError, ValueError):
            self.index = Index(labels())
            return None

    async def keep(self, offsets: Offsets) -> None:
        """Saves the index with what it has read until now."""
        extra = {
            "offsets": [[topic, partition, offset] for (topic, partition), offset in offsets.items()],
            "hosting": sorted(id for id, open_now in self._hosting.items() if open_now),
            "hours_of": self._hours_of.isoformat(),
        }
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            await asyncio.to_thread(self.index.save, self._file, extra)
        except OSError as error:
            _log.warning("the search index is not kept: the next start reads the store", reason=str(error))

    async def _read(self, ids: Sequence[str]) -> None:
        self._take(await self._centers.find({"_id": {"$in": list(ids)}}))

    async def _renew_hours(self) -> None:
        """What is regular changes as courses begin and end: all centers are read once more, some at a time."""
        self._hours_of = self._clock.now().date()
        after = ""
        while page := await self._centers.find({"_id": {"$gt": after}}, limit=_PAGE):
            self.index.remove([loaded.aggregate.id for loaded in page])
            self._take(page)
            after = page[-1].aggregate.id

    async def _tidy(self) -> None:
        if self.index.scattered:
            await asyncio.to_thread(self.index.merge)

    def _take(self, page: Sequence[Loaded[Center]]) -> None:
        """Puts these centers into the index as they are; a duplicate of another entry is found by nobody."""
        self.index.update(self._entries(page))
        self.index.remove([each.aggregate.id for each in page if not _is_findable(each)])

    def _entries(self, page: Iterable[Loaded[Center]]) -> list[Entry]:
        return [
            entry_of(each.aggregate, each.version, self._hours_of, self._hosting.get(each.aggregate.id, False))
            for each in page
            if _is_findable(each)
        ]

    # ---- asked

    def still_found(self, query: Query, found: Sequence[Loaded[Center]]) -> set[str]:
        """Those of ``found`` that are found by what is true of them now; the index may have read an older version."""
        versions = self.index.versions([loaded.aggregate.id for loaded in found])
        newer = [loaded for loaded in found if versions.get(loaded.aggregate.id) != loaded.version]
        still = {loaded.aggregate.id for loaded in found} - {loaded.aggregate.id for loaded in newer}
        if newer:
            again = Index(labels())
            again.update(self._entries(newer))
            everything = Query(
                text=query.text, filters=query.filters, age=query.age, open_at=query.open_at, near=query.near,
                radius_m=query.radius_m, limit=len(newer),
            )  # fmt: skip
            still |= {*again.search(everything).ids}
        return still


def entry_of(center: Center, version: int, today: date, hosting: bool) -> Entry:
    """The center as the index knows it: what everybody may find it by, today."""
    public = center.snapshot()
    hidden = center.visibility is LocationVisibility.HIDDEN
    place = center.place.shown(center.visibility)
    point = place.point or place.town_point
    offers = [offer for offer in center.offers if offer.status is OfferStatus.ACTIVE]
    schedules = [schedule for offer in offers for schedule in offer.terms.hours]
    week, special = _hours(center, place.time_zone, schedules, today)
    facets = {
        "country": (public.country,),
        "region": (public.region,) if public.region else (),
        "service": tuple(dict.fromkeys(offer.service for offer in offers)),
        "topic": public.topics,
        "language": tuple(dict.fromkeys((*public.languages, *(code for o in offers for code in o.terms.languages)))),
        "kind": (public.kind,),
        "status": (public.status.value,),
        "check": (public.check.value,),
        "accessibility": tuple(each.value for each in public.accessibility),
        "hosting": ("yes",) if hosting and public.status is CenterStatus.ACTIVE else (),
    }
    return Entry(
        id=center.id,
        version=version,
        names=tuple(dict.fromkeys((public.name, *public.names.values()))),
        words=() if hidden else (*filter(None, (place.town, place.region)), *center.profile.descriptions.values()),
        facets=facets,
        ages=tuple((ages.youngest, ages.oldest if ages.oldest is not None else 120) for ages in _ages(center)),
        hidden=hidden,
        point=(point.lat, point.lon) if point and not hidden else None,
        week=week,
        zone=place.time_zone or "UTC",
        special=special,
    )


def _is_findable(loaded: Loaded[Center]) -> bool:
    return loaded.aggregate.closed_for is not ClosingReason.DUPLICATE


def _ages(center: Center) -> list[Any]:
    return [offer.terms.ages for offer in center.offers if offer.terms.ages and offer.status is OfferStatus.ACTIVE]


def _hours(
    center: Center, zone: str | None, schedules: Sequence[Schedule], today: date
) -> tuple[bytes, Mapping[int, Sequence[tuple[int, int]]]]:
    if zone is None or center.status is not CenterStatus.ACTIVE or not schedules:
        return bytes(84), {}
    special = special_days(zone, schedules, center.closures, today)
    return week_pattern(schedules, today), {day.toordinal(): spans for day, spans in special.items()}


def _takes_guests(snapshot: Mapping[str, Any]) -> bool:
    return snapshot.get("status") == HostStatus.OPEN and not snapshot.get("barred")


@cache
def labels() -> Labels:
    """Words for codes: services and topics by their labels, countries by their names in the network's languages."""
    found: dict[Code, tuple[str, ...]] = {}
    for facet, taxonomy in (("service", SERVICES), ("topic", TOPICS)):
        for term in taxonomy.terms:
            found[facet, term.code] = tuple(term.labels.values())
    for language in ("en", "de", "cs"):
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found["country", code] = (*found.get(("country", code), ()), name)
    return Labels(found)
