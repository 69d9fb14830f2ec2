"""Which houses suit a visit, best first, and why. Pure and deterministic: equal scores stand in the order of their ids.

A house is a candidate if it hosts now, teaches at least one of the visit's topics, shares a language with the guests,
has room for them on days within their window, and has not said no to this visit. Among the candidates the points
decide, and every point has a reason that is shown:

    topic-overlap     up to 40, by the share of the visit's topics
    preferred-host    25, where the guests named the house
    proven            5 for each center, 15 at most, that does at home now what it saw there on one of the topics
    common-language   15, and 5 more for a second one
    distance          up to 15, for a short way; none from 3,000 km on, or where a town is not known
    freshness         up to 10, less with every month since the profile was confirmed
    notice            5, where there are three weeks until the visit to answer and to prepare
    cross-border      5: half of all that was learned came from abroad
    not-asked-before  5
    room              up to 3, by the places left beside the guests
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from math import asin, cos, radians, sin, sqrt

from services.exchange.domain.center import Center
from services.exchange.domain.host_offer import HostOffer
from shared.events.directory.center import TownPoint
from shared.events.exchange.terms import Days
from shared.events.exchange.visit import MatchReason

NOTICE = timedelta(days=21)
"""Two weeks for the host's answer, one for the guest's confirmation."""

FAR_KM = 3000


@dataclass(frozen=True)
class Wish:
    """What a visit needs, as far as matching is concerned."""

    visit: str
    guest: str
    country: str
    town_point: TownPoint | None
    topics: Sequence[str]
    languages: Sequence[str]
    guests: int
    length: int
    window: Days
    preferred: Sequence[str] = ()
    refused: Sequence[str] = ()
    asked: Sequence[str] = ()


@dataclass(frozen=True)
class House:
    """A possible host: its offer with its calendar, and what is known of the center.

    ``followers`` is how many centers took something over from it that has to do with the wish.
    """

    offer: HostOffer
    center: Center
    followers: int = 0


@dataclass(frozen=True)
class Candidate:
    """A house that could host the visit on these days."""

    host: str
    country: str
    days: Days
    reasons: tuple[MatchReason, ...]

    @property
    def score(self) -> int:
        """The points of all its reasons."""
        return sum(reason.points for reason in self.reasons)


def rank(wish: Wish, houses: Iterable[House], today: date) -> list[Candidate]:
    """The candidates among ``houses``, the best one first."""
    found = (candidate(wish, house, today) for house in houses)
    return best_first(each for each in found if each)


def best_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """By score, equal ones by id."""
    return sorted(candidates, key=lambda each: (-each.score, each.host))


def candidate(wish: Wish, house: House, today: date) -> Candidate | None:
    """This house as a candidate; None when it cannot host the visit."""
    offer, center = house.offer, house.center
    if offer.id == wish.guest or offer.id in wish.refused or not offer.hosts or center.bars:
        return None
    if not set(wish.topics) & set(offer.topics) or not set(wish.languages) & set(offer.languages):
        return None
    days = best_days(wish, offer, today)
    if days is None:
        return None
    reasons = chain(
        _learning(wish, offer), _understanding(wish, offer), _way(wish, center), _trust(wish, house, today),
        _stay(wish, offer, days, today),
    )  # fmt: skip
    return Candidate(offer.id, offer.country, days, tuple(reasons))


def best_days(wish: Wish, offer: HostOffer, today: date) -> Days | None:
    """The first free days that leave time to answer and prepare; where there are none, the latest before that."""
    window = Days(first=max(wish.window.first, today + timedelta(days=1)), last=wish.window.last)
    chosen: date | None = None
    for start in offer.calendar.starts(window, wish.length, wish.guests, wish.visit):
        chosen = start
        if start >= today + NOTICE:
            break
    return Days(first=chosen, last=chosen + timedelta(days=wish.length - 1)) if chosen else None


def _learning(wish: Wish, offer: HostOffer) -> Iterator[MatchReason]:
    shared = tuple(topic for topic in wish.topics if topic in offer.topics)
    points = 40 * len(shared) // len(wish.topics)
    yield MatchReason(code="topic-overlap", points=points, value=len(shared), of=len(wish.topics), codes=shared)


def _understanding(wish: Wish, offer: HostOffer) -> Iterator[MatchReason]:
    common = tuple(language for language in wish.languages if language in offer.languages)
    yield MatchReason(code="common-language", points=15 + 5 * (len(common) > 1), codes=common)


def _way(wish: Wish, center: Center) -> Iterator[MatchReason]:
    if wish.town_point and center.town_point:
        km = distance_km(wish.town_point, center.town_point)
        yield MatchReason(code="distance", points=max(0, 15 - 15 * km // FAR_KM), value=km)
    if wish.country != center.country:
        yield MatchReason(code="cross-border", points=5)


def _trust(wish: Wish, house: House, today: date) -> Iterator[MatchReason]:
    center = house.center
    if house.followers:
        yield MatchReason(code="proven", points=min(15, 5 * house.followers), value=house.followers)
    if center.id in wish.preferred:
        yield MatchReason(code="preferred-host", points=25)
    if center.id not in wish.asked:
        yield MatchReason(code="not-asked-before", points=5)
    age = max(0, (today - center.verified_on).days)
    yield MatchReason(code="freshness", points=max(0, 10 - age // 36), value=age)


def _stay(wish: Wish, offer: HostOffer, days: Days, today: date) -> Iterator[MatchReason]:
    notice = days.first - today
    yield MatchReason(code="notice", points=5 if notice >= NOTICE else 0, value=notice.days)
    room = offer.calendar.room_beside(days, wish.guests, wish.visit)
    yield MatchReason(code="room", points=min(3, room), value=room)


def distance_km(one: TownPoint, other: TownPoint) -> int:
    """Great-circle distance in whole kilometres."""
    lat1, lon1, lat2, lon2 = (radians(angle) for angle in (one.lat, one.lon, other.lat, other.lon))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(2 * 6371 * asin(sqrt(min(1.0, half))))
