"""When centers are open, by the clock on their own wall."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from services.directory.search import Entry, Index, OpenOn, Query


def week(*spans: tuple[int, int, int]) -> bytes:
    """(weekday, from hour, to hour) each."""
    quarters = sum(((1 << (end - start) * 4) - 1) << (day * 96 + start * 4) for day, start, end in spans)
    return quarters.to_bytes(84, "little")


MONDAY_MORNING = week((0, 9, 12))
MONDAY = date(2026, 1, 5)


def open_at(entries: list[Entry], when: OpenOn | datetime) -> list[str]:
    index = Index()
    index.update(entries)
    return sorted(index.search(Query(open_at=when)).ids)


def entry(id: str = "a", **more: object) -> Entry:
    return Entry(id=id, version=1, names=("Haus",), **{"week": MONDAY_MORNING, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("span", "is_open"),
    [
        ((0, 36, 48), True),
        ((0, 40, 41), True),
        ((0, 0, 37), True),
        ((0, 0, 36), False),
        ((0, 48, 96), False),
        ((1, 36, 48), False),
    ],
)
def test_open_on_a_weekday_at_some_quarter_of_a_span(span, is_open):
    assert open_at([entry()], OpenOn(*span)) == ["a"] * is_open


def test_open_now_is_asked_of_each_centers_own_clock():
    zones = {"berlin": "Europe/Berlin", "nairobi": "Africa/Nairobi", "la": "America/Los_Angeles"}
    everywhere = [entry(id, zone=zone) for id, zone in zones.items()]
    assert open_at(everywhere, datetime(2026, 1, 5, 6, 30, tzinfo=UTC)) == ["nairobi"]
    assert open_at(everywhere, datetime(2026, 1, 5, 8, 30, tzinfo=UTC)) == ["berlin", "nairobi"]
    assert open_at(everywhere, datetime(2026, 1, 5, 19, 30, tzinfo=UTC)) == ["la"]
    west = timezone(timedelta(hours=-8))
    assert open_at(everywhere, datetime(2026, 1, 5, 11, 59, tzinfo=west)) == ["la"]
    assert open_at(everywhere, datetime(2026, 1, 5, 12, 0, tzinfo=west)) == []


def test_summer_time_moves_the_hours_with_the_clock():
    berlin = [entry(zone="Europe/Berlin")]
    assert open_at(berlin, datetime(2026, 7, 6, 7, 0, tzinfo=UTC)) == ["a"]
    assert open_at(berlin, datetime(2026, 1, 5, 7, 0, tzinfo=UTC)) == []


def test_a_special_day_counts_instead_of_the_regular_one():
    noon, morning = datetime(2026, 1, 5, 13, 0, tzinfo=UTC), datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    meeting = entry(special={MONDAY.toordinal(): ((52, 56),)})
    closed = entry(special={MONDAY.toordinal(): ()})
    other_day = entry(special={MONDAY.toordinal() + 1: ()})
    assert (open_at([meeting], noon), open_at([meeting], morning)) == (["a"], [])
    assert open_at([closed], morning) == []
    assert open_at([other_day], morning) == ["a"]
    assert open_at([closed], OpenOn(0, 36, 48)) == ["a"], "regularly it is open on Mondays"


def test_a_special_day_is_a_day_of_the_center_not_of_greenwich():
    fiji = entry(zone="Pacific/Fiji", week=bytes(84), special={MONDAY.toordinal(): ((36, 48),)})
    assert open_at([fiji], datetime(2026, 1, 4, 21, 30, tzinfo=UTC)) == ["a"]
    assert open_at([fiji], datetime(2026, 1, 5, 21, 30, tzinfo=UTC)) == []


def test_a_moment_without_a_zone_and_an_impossible_span_are_refused():
    with pytest.raises(ValueError, match="time zone"):
        Query(open_at=datetime(2026, 1, 5, 9, 0))  # noqa: DTZ001
    for span in ((7, 0, 1), (0, 5, 5), (0, 0, 97), (-1, 0, 1)):
        with pytest.raises(ValueError, match="weekday"):
            OpenOn(*span)
