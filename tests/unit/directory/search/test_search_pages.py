"""Page by page, while others come and go."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.directory.search import Entry, ForeignCursor, Index, Query


def entry(name: str, **more: Any) -> Entry:
    return Entry(id=f"id-{name}", version=1, names=(name,), facets={"check": ("fresh",)}, **more)


@pytest.fixture
def index() -> Index:
    index = Index()
    index.update([entry(name, point=(50, 14 + ord(name) / 1000)) for name in "bcdefgh"])
    return index


@pytest.mark.parametrize("order", ["relevance", "name", "distance"])
def test_nobody_is_shown_twice_or_forgotten_when_others_come_and_go_between_two_pages(index, order):
    query = Query(order=order, limit=3, near=(50, 14), radius_m=100_000)
    first = index.search(query)
    assert first.ids == ("id-b", "id-c", "id-d")
    index.update(
        [
            entry("a", point=(50, 14.0)),
            entry("ee", point=(50, 14.1015)),
        ]
    )
    index.remove(["id-b", "id-d"])
    second = index.search(replace(query, cursor=first.cursor))
    assert second.ids == ("id-e", "id-ee", "id-f")
    third = index.search(replace(query, cursor=second.cursor))
    assert (third.ids, third.cursor) == (("id-g", "id-h"), None)


def test_the_next_page_may_have_another_size_and_open_now_another_moment(index):
    query = Query(limit=2, order="name")
    cursor = index.search(query).cursor
    assert index.search(replace(query, limit=4, cursor=cursor)).ids == ("id-d", "id-e", "id-f", "id-g")
    always = bytes([255] * 84)
    index.update([entry(name, week=always) for name in "bcd"])
    now = Query(limit=2, open_at=datetime(2026, 1, 5, 9, tzinfo=UTC))
    cursor = index.search(now).cursor
    later = replace(now, open_at=datetime(2026, 1, 5, 9, 1, tzinfo=UTC), cursor=cursor)
    assert index.search(later).ids == ("id-d",)


@pytest.mark.parametrize(
    "other",
    [
        Query(limit=3, text="b"),
        Query(limit=3, order="name"),
        Query(limit=3, filters={"check": ("fresh",)}),
        Query(limit=3, near=(50, 14)),
        Query(limit=3, near=(50, 14), order="distance"),
        Query(limit=3, age=3),
        Query(limit=3, open_at=datetime(2026, 1, 5, 9, tzinfo=UTC)),
    ],
)
def test_the_cursor_of_another_query_is_refused(index, other):
    cursor = index.search(Query(limit=3)).cursor
    with pytest.raises(ForeignCursor):
        index.search(replace(other, cursor=cursor))


@pytest.mark.parametrize(
    "cursor", ["", "x", "????", "é", "\x00", base64.urlsafe_b64encode(b"mark rank key").decode(), "A" * 10_000]
)
def test_what_is_no_cursor_is_refused(index, cursor):
    with pytest.raises(ForeignCursor):
        index.search(Query(cursor=cursor))


def test_a_cursor_with_an_impossible_place_is_refused(index):
    cursor = index.search(Query(limit=3)).cursor
    assert cursor
    mark, _, key = base64.urlsafe_b64decode(cursor).split(b" ", 2)
    for rank in (b"-1", b"99999999999999999999"):
        with pytest.raises(ForeignCursor):
            index.search(Query(limit=3, cursor=base64.urlsafe_b64encode(b" ".join((mark, rank, key))).decode()))


def test_an_older_version_that_comes_late_changes_nothing(index):
    index.update([replace(entry("new name"), id="id-b", version=5)])
    index.update([replace(entry("old name"), id="id-b", version=4), replace(entry("older"), id="id-b", version=3)])
    assert index.search(Query(text="old")).total == 0
    assert index.versions(["id-b"]) == {"id-b": 5}


def test_bad_queries_and_entries_are_refused():
    queries: list[dict[str, Any]] = [
        {"limit": 0}, {"limit": 1001}, {"near": (91, 0)}, {"near": (float("nan"), 0)}, {"near": (0, 181)},
        {"order": "distance"}, {"near": (0, 0), "radius_m": -1},
    ]  # fmt: skip
    for bad in queries:
        with pytest.raises(ValueError):
            Query(**bad)
    for more in ({"week": b""}, {"point": (0, 200)}, {"zone": "Europe/Atlantis"}, {"zone": ""}):
        with pytest.raises(ValueError):
            entry("a", **more)
