"""A house's calendar: room, seasons, and places nobody else can have."""

from datetime import date

import pytest

from services.exchange.domain.calendar import Calendar, Place, PlaceStatus, each_day, merged, overlap
from shared.events.exchange.terms import Days


def days(first: str, last: str) -> Days:
    return Days(first=date.fromisoformat(first), last=date.fromisoformat(last))


def held(first: str, last: str, guests: int, status: PlaceStatus = PlaceStatus.HELD) -> Place:
    return Place(round=1, days=days(first, last), guests=guests, status=status)


@pytest.mark.parametrize(
    ("first", "last", "guests", "refusal"),
    [
        ("2026-05-01", "2026-05-03", 6, None),
        ("2026-05-01", "2026-05-03", 7, "full"),
        ("2026-05-08", "2026-05-10", 2, None),
        ("2026-05-08", "2026-05-10", 3, "full"),
        ("2026-05-12", "2026-05-14", 3, "full"),
        ("2026-05-13", "2026-05-15", 6, None),
        ("2026-02-27", "2026-03-02", 1, "out-of-season"),
        ("2026-10-31", "2026-11-01", 1, "out-of-season"),
        ("2026-07-30", "2026-08-01", 1, "out-of-season"),
        ("2026-08-31", "2026-09-01", 1, "out-of-season"),
        ("2026-09-01", "2026-09-02", 1, None),
    ],
)
def test_a_place_needs_room_on_every_day_and_a_season_around_all_of_them(
    first: str, last: str, guests: int, refusal: str | None
) -> None:
    calendar = Calendar(
        capacity=6,
        seasons=[days("2026-03-01", "2026-10-31")],
        blocked=[days("2026-08-01", "2026-08-31")],
        places={"other": held("2026-05-10", "2026-05-12", 4)},
    )
    assert calendar.refusal(days(first, last), guests) == refusal


def test_a_place_that_was_let_go_takes_no_room() -> None:
    calendar = Calendar(capacity=4, places={"gone": held("2026-05-10", "2026-05-12", 4, PlaceStatus.LET_GO)})
    assert calendar.refusal(days("2026-05-11", "2026-05-11"), 4) is None
    assert calendar.load() == {}


def test_what_a_visit_has_itself_is_not_in_its_way() -> None:
    calendar = Calendar(capacity=4, places={"own": held("2026-05-10", "2026-05-12", 4)})
    assert calendar.refusal(days("2026-05-11", "2026-05-13"), 4, visit="own") is None


def test_free_starts_are_found_around_what_is_promised() -> None:
    calendar = Calendar(capacity=4, places={"other": held("2026-05-04", "2026-05-05", 2)})
    starts = list(calendar.starts(days("2026-05-01", "2026-05-08"), 3, 4))
    assert starts == [date(2026, 5, 1), date(2026, 5, 6)]
    assert list(calendar.starts(days("2026-05-01", "2026-05-08"), 3, 5)) == []
    assert list(calendar.starts(days("2026-05-01", "2026-05-02"), 3, 1)) == []


def test_whatever_start_is_offered_is_not_refused() -> None:
    calendar = Calendar(
        capacity=5,
        seasons=[days("2026-05-02", "2026-05-20")],
        blocked=[days("2026-05-09", "2026-05-09")],
        places={"a": held("2026-05-04", "2026-05-05", 2), "b": held("2026-05-15", "2026-05-18", 3)},
    )
    window = days("2026-04-28", "2026-05-25")
    for guests in range(1, 7):
        starts = set(calendar.starts(window, 2, guests))
        for start in each_day(days("2026-04-28", "2026-05-24")):
            stay = Days(first=start, last=date.fromordinal(start.toordinal() + 1))
            assert (calendar.refusal(stay, guests) is None) == (start in starts), (start, guests)


def test_places_are_forgotten_a_year_after_their_last_day() -> None:
    calendar = Calendar(capacity=4, places={"old": held("2025-03-01", "2025-03-03", 2)})
    calendar.forget_past(date(2026, 3, 3))
    assert set(calendar.places) == {"old"}
    calendar.forget_past(date(2026, 3, 4))
    assert calendar.places == {}


def test_runs_of_days_that_touch_become_one() -> None:
    runs = [days("2026-05-05", "2026-05-09"), days("2026-05-01", "2026-05-04"), days("2026-05-02", "2026-05-03")]
    assert merged([*runs, days("2026-05-11", "2026-05-12")]) == [
        days("2026-05-01", "2026-05-09"),
        days("2026-05-11", "2026-05-12"),
    ]
    assert overlap(days("2026-05-01", "2026-05-04"), days("2026-05-04", "2026-05-05"))
    assert not overlap(days("2026-05-01", "2026-05-04"), days("2026-05-05", "2026-05-05"))
