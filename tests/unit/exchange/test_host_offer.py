"""An offer to host: its terms, when it hosts, and how its calendar keeps promises."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.exchange.domain.center import Center, CenterCannotHost
from services.exchange.domain.host_offer import Arrival, HostOffer, PromisesBroken, TermsImpossible
from shared.aggregate import WrongState
from shared.events.directory.center import CenterStatus, Check
from shared.events.exchange.host_offer import (
    HostingChanged,
    HostingOffered,
    HostingPaused,
    HostingResumed,
    HostingWithdrawn,
    HostStatus,
    PlaceHeld,
    PlaceRefused,
    PlaceReleased,
    PlaceTaken,
    Promise,
)
from shared.events.exchange.terms import Days
from shared.taxonomy import UnknownTopic

MAY = Days(first=date(2026, 5, 4), last=date(2026, 5, 6))
Make = Callable[..., Any]


def test_a_center_offers_to_host(center: Make, terms: Make, said: Make, now: datetime) -> None:
    offer = HostOffer.offer(center("muenchen"), terms(), now)
    assert said(offer) == [HostingOffered()]
    assert offer.id == "muenchen"
    assert offer.hosts
    assert offer.snapshot().capacity == 6


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"status": CenterStatus.CLOSED}, "center-closed"),
        ({"status": CenterStatus.PAUSED}, "center-paused"),
        ({"check": Check.LAPSED}, "check-lapsed"),
    ],
)
def test_a_center_that_cannot_host_is_told_why(
    center: Make, terms: Make, now: datetime, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CenterCannotHost) as refused:
        HostOffer.offer(center("muenchen", **changed), terms(), now)
    assert refused.value.details == {"reasons": [reason]}


@pytest.mark.parametrize(
    "changed",
    [
        {"topics": ()},
        {"languages": ()},
        {"capacity": 0},
        {"capacity": 61},
        {"seasons": (Days(first=date(2026, 5, 2), last=date(2026, 5, 1)),)},
        {"blocked": (Days(first=date(2026, 5, 2), last=date(2026, 5, 1)),)},
    ],
)
def test_impossible_terms_are_refused(center: Make, terms: Make, now: datetime, changed: dict[str, Any]) -> None:
    with pytest.raises(TermsImpossible):
        HostOffer.offer(center("muenchen"), terms(**changed), now)


def test_only_topics_of_the_taxonomy_are_offered(center: Make, terms: Make, now: datetime) -> None:
    with pytest.raises(UnknownTopic) as refused:
        HostOffer.offer(center("muenchen"), terms(topics=("founding-a-center", "farther-involvement")), now)
    assert refused.value.details == {"nearest": ["father-involvement"]}


def test_a_change_names_what_changed_and_no_change_says_nothing(
    offer: Make, terms: Make, said: Make, now: datetime
) -> None:
    house = offer()
    house.change(terms(), now)
    assert said(house) == []
    house.change(terms(capacity=8, arrival=Arrival(address="Hinter dem Markt 1")), now)
    assert said(house) == [HostingChanged(changed=("arrival", "capacity"))]
    assert "Markt" not in house.snapshot().model_dump_json()


def test_a_topic_that_left_the_taxonomy_may_stay_but_not_come_anew(
    offer: Make, terms: Make, said: Make, now: datetime
) -> None:
    house = offer()
    house.topics = ["founding-a-center", "formerly-known"]
    house.change(terms(topics=("formerly-known",), capacity=5), now)
    assert house.topics == ["formerly-known"]
    with pytest.raises(UnknownTopic):
        house.change(terms(topics=("knitting",)), now)


def test_terms_that_would_break_a_promise_are_refused(offer: Make, terms: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.hold("v1", 1, MAY, 4, now)
    for broken in (
        terms(capacity=3),
        terms(blocked=(Days(first=date(2026, 5, 6), last=date(2026, 5, 9)),)),
        terms(seasons=(Days(first=date(2026, 6, 1), last=date(2026, 8, 1)),)),
    ):
        with pytest.raises(PromisesBroken) as refused:
            house.change(broken, now)
        assert "2026-05-06" in refused.value.details["days"]
    house.change(terms(capacity=4), now)
    house.release("v1", 1, MAY, 4, now)
    house.change(terms(capacity=3), now)
    assert house.calendar.capacity == 3


def test_past_promises_do_not_bind(offer: Make, terms: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.hold("v1", 1, MAY, 4, now)
    house.change(terms(capacity=3), now + timedelta(days=90))
    assert house.calendar.capacity == 3


def test_pause_resume_and_withdraw(offer: Make, said: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.hold("v1", 2, MAY, 4, now)
    said(house)
    house.pause(now)
    assert said(house) == [HostingPaused(reason="own-wish", promised=(Promise(visit="v1", round=2),))]
    with pytest.raises(WrongState):
        house.pause(now)
    house.resume(now)
    assert said(house) == [HostingResumed(reason="own-wish")]
    with pytest.raises(WrongState):
        house.resume(now)
    house.withdraw(now)
    assert said(house) == [HostingWithdrawn(promised=(Promise(visit="v1", round=2),))]
    with pytest.raises(WrongState):
        house.withdraw(now)
    with pytest.raises(WrongState):
        house.change(house.terms().model_copy(update={"capacity": 9}), now)
    house.resume(now)
    assert house.status is HostStatus.OPEN


def test_a_visit_that_has_begun_is_no_promise_to_break(offer: Make, said: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.hold("v1", 1, MAY, 4, now)
    said(house)
    house.pause(datetime(2026, 5, 4, 8, tzinfo=now.tzinfo))
    assert said(house) == [HostingPaused(reason="own-wish", promised=())]


def test_the_directory_bars_a_house_and_lets_it_host_again(
    offer: Make, center: Callable[..., Center], said: Make, now: datetime
) -> None:
    house: HostOffer = offer()
    house.follow(center("muenchen", version=2, status=CenterStatus.PAUSED, check=Check.LAPSED), now)
    assert said(house) == [
        HostingPaused(reason="center-paused", promised=()),
        HostingPaused(reason="check-lapsed", promised=()),
    ]
    assert not house.hosts
    house.follow(center("muenchen", version=3, check=Check.LAPSED), now)
    assert said(house) == [HostingResumed(reason="center-paused")]
    assert not house.hosts
    house.follow(center("muenchen", version=2, status=CenterStatus.PAUSED), now)
    assert said(house) == []
    house.follow(center("muenchen", version=4), now)
    assert said(house) == [HostingResumed(reason="check-lapsed")]
    assert house.hosts
    house.follow(center("muenchen", version=5, country="AT"), now)
    assert said(house) == [HostingChanged(changed=("country",))]
    assert house.country == "AT"


def test_a_barred_house_cannot_resume_by_itself(offer: Make, center: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.pause(now)
    house.follow(center("muenchen", version=2, status=CenterStatus.CLOSED), now)
    with pytest.raises(CenterCannotHost):
        house.resume(now)


def test_a_place_is_held_taken_and_released(offer: Make, said: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.hold("v1", 1, MAY, 4, now)
    house.take("v1", 1, now)
    house.release("v1", 1, MAY, 4, now)
    place: dict[str, Any] = {"visit": "v1", "round": 1, "days": MAY, "guests": 4}
    assert said(house) == [PlaceHeld(**place), PlaceTaken(**place), PlaceReleased(**place)]
    assert (house.snapshot().places_held, house.snapshot().places_taken) == (0, 0)


def test_no_day_is_ever_overbooked(offer: Make, said: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.hold("v1", 1, MAY, 4, now)
    said(house)
    overlapping = Days(first=date(2026, 5, 6), last=date(2026, 5, 8))
    house.hold("v2", 1, overlapping, 3, now)
    assert said(house) == [PlaceRefused(visit="v2", round=1, days=overlapping, guests=3, reason="full")]
    house.hold("v3", 1, overlapping, 2, now)
    assert [type(event) for event in said(house)] == [PlaceHeld]


def test_a_house_that_does_not_host_refuses(offer: Make, said: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.pause(now)
    said(house)
    house.hold("v1", 1, MAY, 4, now)
    assert said(house)[0].reason == "not-open"


@pytest.mark.parametrize("again", ["hold", "take", "release"])
def test_repeating_a_step_changes_nothing(offer: Make, said: Make, now: datetime, again: str) -> None:
    house: HostOffer = offer()
    house.hold("v1", 1, MAY, 4, now)
    if again in ("take", "release"):
        house.take("v1", 1, now)
    if again == "release":
        house.release("v1", 1, MAY, 4, now)
    said(house)
    before = house.model_dump()
    if again == "hold":
        house.hold("v1", 1, MAY, 4, now)
    elif again == "take":
        house.take("v1", 1, now)
    else:
        house.release("v1", 1, MAY, 4, now)
    assert said(house) == []
    assert house.model_dump() == before


def test_a_request_that_comes_after_its_release_finds_no_place(offer: Make, said: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.release("v1", 1, MAY, 4, now)
    assert [type(event) for event in said(house)] == [PlaceReleased]
    house.hold("v1", 1, MAY, 4, now)
    assert said(house) == []
    assert house.snapshot().places_held == 0


def test_a_refused_request_stays_refused(offer: Make, said: Make, now: datetime) -> None:
    house: HostOffer = offer()
    house.hold("v1", 1, MAY, 7, now)
    assert [type(event) for event in said(house)] == [PlaceRefused]
    house.calendar.capacity = 9
    house.hold("v1", 1, MAY, 7, now)
    assert said(house) == []


def test_a_newer_engagement_replaces_an_older_one_and_an_old_release_does_not_touch_it(
    offer: Make, said: Make, now: datetime
) -> None:
    house: HostOffer = offer()
    june = Days(first=date(2026, 6, 1), last=date(2026, 6, 3))
    house.hold("v1", 1, MAY, 4, now)
    house.hold("v1", 3, june, 4, now)
    assert [type(event) for event in said(house)] == [PlaceHeld, PlaceReleased, PlaceHeld]
    house.release("v1", 1, MAY, 4, now)
    assert said(house) == []
    assert house.calendar.load() == {date(2026, 6, day): 4 for day in (1, 2, 3)}


def test_only_a_held_place_is_taken(offer: Make, now: datetime) -> None:
    house: HostOffer = offer()
    with pytest.raises(WrongState):
        house.take("v1", 1, now)
    house.hold("v1", 1, MAY, 4, now)
    with pytest.raises(WrongState):
        house.take("v1", 2, now)


def test_an_offer_survives_the_way_through_the_store(offer: Make, now: datetime) -> None:
    house: HostOffer = offer(arrival=Arrival(address="Hinter dem Markt 1"))
    house.hold("v1", 1, MAY, 4, now)
    assert HostOffer.model_validate(house.model_dump(mode="json")).model_dump() == house.model_dump()
