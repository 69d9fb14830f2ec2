"""Who suits whom, and why."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.exchange.domain.matching import Candidate, House, Wish, candidate, distance_km, rank
from shared.events.directory.center import CenterStatus, Check, TownPoint
from shared.events.exchange.host_offer import HostStatus
from shared.events.exchange.terms import Days

TODAY = date(2026, 3, 1)
Make = Callable[..., Any]
PRAHA = TownPoint(lat=50.09, lon=14.42)


def wish(**changed: Any) -> Wish:
    asked = Wish(
        visit="v1",
        guest="praha",
        country="CZ",
        town_point=PRAHA,
        topics=("founding-a-center", "self-run-childcare"),
        languages=("de",),
        guests=4,
        length=3,
        window=Days(first=date(2026, 9, 1), last=date(2026, 9, 30)),
    )
    return replace(asked, **changed)


@pytest.fixture
def house(offer: Make, center: Make) -> Callable[..., House]:
    def make(id: str = "muenchen", center_is: dict[str, Any] | None = None, **terms: Any) -> House:
        return House(offer(id, **terms), center(id, **(center_is or {})))

    return make


def points(found: Candidate | None) -> dict[str, int]:
    assert found is not None
    return {reason.code: reason.points for reason in found.reasons}


def test_every_point_has_a_reason_with_its_numbers(house: Make) -> None:
    found = candidate(wish(), house(), TODAY)
    assert found is not None
    assert {reason.code: (reason.points, reason.value, reason.of, reason.codes) for reason in found.reasons} == {
        "topic-overlap": (40, 2, 2, ("founding-a-center", "self-run-childcare")),
        "common-language": (15, None, None, ("de",)),
        "distance": (14, 300, None, ()),
        "cross-border": (5, None, None, ()),
        "not-asked-before": (5, None, None, ()),
        "freshness": (10, 0, None, ()),
        "notice": (5, 184, None, ()),
        "room": (2, 2, None, ()),
    }
    assert found.score == 96
    assert found.days == Days(first=date(2026, 9, 1), last=date(2026, 9, 3))


@pytest.mark.parametrize(
    ("asked", "offered", "center_is"),
    [
        pytest.param({"guest": "muenchen"}, {}, {}, id="nobody visits itself"),
        pytest.param({"refused": ["muenchen"]}, {}, {}, id="who said no is not asked again"),
        pytest.param({"topics": ("father-involvement",)}, {}, {}, id="no topic in common"),
        pytest.param({"languages": ("cs",)}, {}, {}, id="no language in common"),
        pytest.param({"guests": 4}, {"capacity": 3}, {}, id="no room"),
        pytest.param({}, {"seasons": (Days(first=date(2026, 5, 1), last=date(2026, 9, 2)),)}, {}, id="no days"),
        pytest.param({}, {}, {"status": CenterStatus.CLOSED}, id="closed"),
        pytest.param({}, {}, {"status": CenterStatus.PAUSED}, id="paused"),
        pytest.param({}, {}, {"check": Check.LAPSED}, id="lapsed"),
    ],
)
def test_who_cannot_host_is_no_candidate(
    house: Make, asked: dict[str, Any], offered: dict[str, Any], center_is: dict[str, Any]
) -> None:
    assert candidate(wish(), house(), TODAY) is not None
    assert candidate(wish(**asked), house(center_is=center_is, **offered), TODAY) is None


def test_a_paused_offer_is_no_candidate(house: Make) -> None:
    paused = house()
    paused.offer.status = HostStatus.PAUSED
    assert candidate(wish(), paused, TODAY) is None


@pytest.mark.parametrize(
    ("better", "worse", "code"),
    [
        ({}, {"topics": ("founding-a-center",)}, "topic-overlap"),
        ({"capacity": 9}, {"capacity": 4}, "room"),
        ({}, {"center_is": {"verified_on": TODAY - timedelta(days=300)}}, "freshness"),
        ({}, {"center_is": {"town_point": TownPoint(lat=-1.29, lon=36.82)}}, "distance"),
        ({}, {"center_is": {"country": "CZ"}}, "cross-border"),
    ],
)
def test_the_better_suited_house_comes_first(
    house: Make, better: dict[str, Any], worse: dict[str, Any], code: str
) -> None:
    houses = [house("aaa-worse", **{"center_is": {"town_point": PRAHA}, **worse})]
    center_is = {"town_point": PRAHA, **better.pop("center_is", {})}
    houses.append(house("zzz-better", center_is=center_is, **better))
    found = rank(wish(), houses, TODAY)
    assert [each.host for each in found] == ["zzz-better", "aaa-worse"]
    assert points(found[0]).get(code, 0) > points(found[1]).get(code, 0)


def test_a_wished_for_host_and_a_second_language_count(house: Make) -> None:
    assert points(candidate(wish(preferred=["muenchen"]), house(), TODAY))["preferred-host"] == 25
    assert points(candidate(wish(languages=("de", "en")), house(), TODAY))["common-language"] == 20


def test_a_house_from_which_centers_took_something_over_comes_before_one_that_only_says_so(house: Make) -> None:
    says_so, proven = house("aaa-says-so"), replace(house("zzz-proven"), followers=2)
    found = rank(wish(), [says_so, proven], TODAY)
    assert [each.host for each in found] == ["zzz-proven", "aaa-says-so"]
    [reason] = [reason for reason in found[0].reasons if reason.code == "proven"]
    assert (reason.points, reason.value) == (10, 2)
    assert "proven" not in points(found[1])
    assert points(candidate(wish(), replace(proven, followers=40), TODAY))["proven"] == 15


def test_a_house_that_fell_out_and_is_back_is_asked_after_the_others(house: Make) -> None:
    again = points(candidate(wish(asked=["muenchen"]), house(), TODAY))
    assert "not-asked-before" not in again


def test_hidden_places_have_no_distance(house: Make) -> None:
    assert "distance" not in points(candidate(wish(town_point=None), house(), TODAY))
    assert "distance" not in points(candidate(wish(), house(center_is={"town_point": None}), TODAY))


def test_the_first_days_that_leave_time_to_prepare_are_chosen(house: Make) -> None:
    near = Days(first=TODAY, last=TODAY + timedelta(days=40))
    found = candidate(wish(window=near), house(), TODAY)
    assert found is not None and found.days.first == TODAY + timedelta(days=21)
    assert points(found)["notice"] == 5


def test_where_time_is_short_the_latest_days_are_chosen(house: Make) -> None:
    near = Days(first=TODAY, last=TODAY + timedelta(days=10))
    found = candidate(wish(window=near), house(), TODAY)
    assert found is not None and found.days == Days(first=TODAY + timedelta(days=8), last=TODAY + timedelta(days=10))
    assert points(found)["notice"] == 0
    gone = Days(first=TODAY - timedelta(days=5), last=TODAY + timedelta(days=2))
    assert candidate(wish(window=gone), house(), TODAY) is None


def test_days_are_chosen_around_other_guests(house: Make) -> None:
    full = house()
    full.offer.hold(
        "other", 1, Days(first=date(2026, 9, 2), last=date(2026, 9, 5)), 4, datetime(2026, 3, 1, tzinfo=UTC)
    )
    found = candidate(wish(), full, TODAY)
    assert found is not None and found.days.first == date(2026, 9, 6)


def test_the_ranking_does_not_depend_on_the_order_of_the_houses(house: Make) -> None:
    houses = [house(f"house-{number:02}") for number in range(12)]
    expected = [f"house-{number:02}" for number in range(12)]
    for seed in range(5):
        random.Random(seed).shuffle(houses)
        assert [found.host for found in rank(wish(), houses, TODAY)] == expected


def test_distances_are_those_of_the_globe() -> None:
    muenchen, nairobi = TownPoint(lat=48.14, lon=11.58), TownPoint(lat=-1.29, lon=36.82)
    assert distance_km(PRAHA, muenchen) == 300
    assert 6000 < distance_km(muenchen, nairobi) < 6100
    assert distance_km(PRAHA, PRAHA) == 0
