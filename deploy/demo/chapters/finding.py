"""Finding centers: by words with a slip in them, near a point, by when they are open; and never the hidden ones."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar, Component

from deploy.demo.centers import CAFE_HOURS, Row
from deploy.demo.client import Json
from deploy.demo.countries import HOURS, THURSDAY_MORNINGS
from deploy.demo.stage import House, Stage

_PRAHA = ZoneInfo("Europe/Prague")
_EARTH_KM = 6371.0
_NEAR_KM, _BORDER_KM = 30.0, 0.2
_HOLIDAY_DAYS = 14
_TWICE_A_WEEK = 0
_WORDS = ("bunter lampion münchen", "Lampoin Munchen", "lampion münch")
_EVERYWHERE_KM = 20_100


async def words_find_it(stage: Stage) -> None:
    """A slip of the pen does no harm, and what is found is counted by what it is."""
    house = stage.cast.in_town("DE", "München")
    found = {words: [item["id"] for item in (await _search(stage, q=words))["items"]] for words in _WORDS}
    stage.report.expect(
        "a slip of the pen, a missing accent, an unfinished word: it is found all the same, and first",
        all(ids[:1] == [house.id] for ids in found.values()),
        f"{house} by {', '.join(f'“{words}”' for words in found)}",
    )
    facets = (await _search(stage, country="SK", limit=1))["facets"]["service"]
    rows = [stage.row(house) for house in stage.cast.of("SK")]
    mine = Counter(service for row in rows for service in row["services"].split(";"))
    stage.report.expect(
        "what is found is counted by what it offers",
        facets == mine,
        ", ".join(f"{code} {number}" for code, number in mine.most_common(3)),
    )


async def near_a_point(stage: Stage) -> None:
    """All that is around a town; and all there is, by its distance from where somebody hides."""
    middle = stage.row(stage.cast.in_town("DE", "München"))
    point = float(middle["town_lat"]), float(middle["town_lon"])
    found = await stage.client.pages("directory", "/centers", None, near=_text(point), radius_km=_NEAR_KM)
    away = {house.id: _km(point, _shown(stage.row(house))) for house in stage.cast.houses.values()}
    inside = {id for id, km in away.items() if km is not None and km < _NEAR_KM - _BORDER_KM}
    about = {id for id, km in away.items() if km is not None and km < _NEAR_KM + _BORDER_KM}
    ids = [item["id"] for item in found]
    kms = [away[id] or 0 for id in ids]
    stage.report.expect(
        f"everything within {_NEAR_KM:.0f} km is found, the nearest first",
        inside <= set(ids) <= about and all(one <= other + _BORDER_KM for one, other in pairwise(kms)),
        f"{len(ids)} around München",
    )
    await _nobody_finds_the_hidden(stage)


async def open_on_thursday_morning(stage: Stage) -> None:
    """Who is open then, and when a house opens next: by its own word, and by the feed that calendars read."""
    open_then = [house.id for house in stage.cast.of("CZ") if _is_open_on_thursdays(stage.row(house))]
    found = await stage.client.pages("directory", "/centers", None, country="CZ", open_on="thursday-morning")
    stage.report.expect(
        "who is open on Thursday morning is found by it",
        sorted(item["id"] for item in found) == sorted(open_then),
        f"{len(found)} houses in CZ",
    )
    house = next(house for house in stage.cast.of("CZ") if _opens(stage.row(house), _TWICE_A_WEEK))
    before = await _next_opening(stage, house)
    stage.report.say(f"{house} is open {stage.row(house)[CAFE_HOURS]}; next on {before:%A %-d %B, %H:%M}")
    stage.report.expect("it opens next as its sheet says", before == _next_by_hand(stage, house, stage.today()))
    holidays = stage.today(), stage.today() + timedelta(days=_HOLIDAY_DAYS)
    await _close(stage, house, *holidays)
    after = await _next_opening(stage, house)
    stage.report.expect(
        "a holiday shuts the house, and it opens after it",
        after == _next_by_hand(stage, house, holidays[1] + timedelta(days=1)),
        f"shut until {holidays[1]:%-d %B}, next on {after:%A %-d %B, %H:%M}",
    )
    feed = (await stage.client.get("directory", f"/centers/{house.id}/calendar.ics")).text
    stage.report.expect(
        "a calendar program reads the same from the feed",
        _next_in(feed, stage.network.time()) == after,
        f"{feed.count('BEGIN:VEVENT')} events",
    )


# ---- pieces


async def _search(stage: Stage, **query: Any) -> Json:
    found: Json = (await stage.client.get("directory", "/centers", **query)).json()
    return found


async def _nobody_finds_the_hidden(stage: Stage) -> None:
    """Neither by distance from its own town, whatever the radius, nor by its name or town."""
    hidden = next(house for house in stage.cast.of("DE") if house.hides)
    row = stage.row(hidden)
    point = _text((float(row["town_lat"]), float(row["town_lon"])))
    everything = await stage.client.pages("directory", "/centers", None, near=point, radius_km=_EVERYWHERE_KM)
    by_words = await _search(stage, q=f"{hidden.name} {hidden.town}", limit=200)
    hiding = [house for house in stage.cast.houses.values() if house.hides]
    found = {item["id"] for item in [*everything, *by_words["items"]]}
    shown = len(stage.cast.houses) - len(hiding)
    stage.report.expect(
        "who hides is never found by distance, nor by name and town",
        not found & {house.id for house in hiding} and len(everything) >= shown,
        f"{len(everything)} centers by distance, {len(hiding)} hidden ones not among them",
    )


async def _close(stage: Stage, house: House, first: object, last: object) -> None:
    token, path = stage.client.center(house.id), f"/centers/{house.id}"
    version: int = (await stage.client.get("directory", path, token)).json()["version"]
    closure = {"first_day": str(first), "last_day": str(last), "reason": "school-holidays"}
    await stage.client.command(
        "directory", "PUT", f"{path}/closed-days", token, {"closures": [closure]}, if_match=version
    )


async def _next_opening(stage: Stage, house: House) -> datetime:
    found = (await stage.client.get("directory", f"/centers/{house.id}/openings")).json()
    return datetime.fromisoformat(found["next"]["starts"]).astimezone(_PRAHA)


def _next_by_hand(stage: Stage, house: House, first: object) -> datetime:
    """The first Tuesday or Thursday, nine o'clock in Praha, that is neither over nor before that day."""
    now = stage.network.time()
    at_nine = (datetime.fromisoformat(f"{first}T09:00").replace(tzinfo=_PRAHA) + timedelta(days=n) for n in range(9))
    return next(at for at in at_nine if at.weekday() in (1, 3) and at > now)


def _opens(row: Row, pattern: int) -> bool:
    """Whether the house shows when it is open, and it is that way of being open."""
    return row["location_visibility"] != "hidden" and row[CAFE_HOURS] in [words[pattern] for words in HOURS.values()]


def _is_open_on_thursdays(row: Row) -> bool:
    return any(_opens(row, pattern) for pattern in THURSDAY_MORNINGS)


def _next_in(feed: str, now: datetime) -> datetime | None:
    """The first beginning after ``now`` in an iCalendar feed, by two libraries that know nothing of this network."""
    calendar = Calendar.from_ical(feed)
    return min((at for event in calendar.walk("VEVENT") for at in _beginnings(event, now)), default=None)


def _beginnings(event: Component, now: datetime) -> Iterable[datetime]:
    """The first of an event's beginnings after ``now``, as far as it has one."""
    start: datetime = event.decoded("dtstart")
    rule = event.get("rrule")
    if rule is None:
        return [start] if start > now else []
    excluded = event.get("exdate", [])
    lists = excluded if isinstance(excluded, list) else [excluded]
    off = {day.dt for each in lists for day in each.dts}
    repeated = rrulestr(rule.to_ical().decode(), dtstart=start)
    coming = repeated.xafter(now, count=400)
    return [next((at for at in coming if at not in off), start)]


def _shown(row: Row) -> tuple[float, float] | None:
    """Where a house lets itself be found: at its door, in its town, or nowhere."""
    if row["location_visibility"] == "hidden":
        return None
    named = ("lat", "lon") if row["lat"] else ("town_lat", "town_lon")
    return float(row[named[0]]), float(row[named[1]])


def _km(one: tuple[float, float], other: tuple[float, float] | None) -> float | None:
    """The distance on the globe."""
    if other is None:
        return None
    lat, lon = (radians(there - here) / 2 for here, there in zip(one, other, strict=True))
    across = sin(lat) ** 2 + cos(radians(one[0])) * cos(radians(other[0])) * sin(lon) ** 2
    return 2 * _EARTH_KM * asin(sqrt(across))


def _text(point: tuple[float, float]) -> str:
    return f"{point[0]},{point[1]}"
