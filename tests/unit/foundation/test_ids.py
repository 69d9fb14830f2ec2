"""Ids: new ones are UUIDv7 and sort by time, derived ones are the same for the same parts only."""

import time
from uuid import RFC_4122, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import derived_id, new_id

PART = st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"]), max_size=8)


def test_a_new_id_has_the_bits_of_a_uuid_version_7() -> None:
    for _ in range(200):
        value = UUID(new_id())
        assert (value.version, value.variant) == (7, RFC_4122)


def test_a_new_id_begins_with_the_present_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    stamped = UUID(new_id()).int >> 80
    assert before <= stamped <= time.time_ns() // 1_000_000


def test_ids_sort_as_text_in_the_order_of_their_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [0, 1, 999, 1_767_225_600_000, 1_767_225_600_001, 2**44]
    made = []
    for moment in moments:
        monkeypatch.setattr("shared.ids.time.time_ns", lambda moment=moment: moment * 1_000_000)
        made.append(new_id())
    assert made == sorted(made)


def test_ids_of_one_millisecond_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.ids.time.time_ns", lambda: 1_767_225_600_000_000_000)
    assert len({new_id() for _ in range(10_000)}) == 10_000


@given(st.lists(PART, min_size=1, max_size=4))
def test_who_derives_from_the_same_parts_gets_the_same_id(parts: list[str]) -> None:
    assert derived_id(*parts) == derived_id(*parts)
    assert UUID(derived_id(*parts)).version == 5


def test_a_derived_id_is_the_same_in_every_version_of_the_software() -> None:
    """Ids of events that were published are derived again when a command is repeated; they must not change."""
    assert derived_id("event", "0198c6a4-6f3e-7c53-9f7e-2b1d5d8f4a10", 0) == "72ab8f87-be8b-57df-9cf2-c52b52a92681"


@given(st.lists(PART, min_size=1, max_size=4), st.lists(PART, min_size=1, max_size=4))
def test_other_parts_make_another_id(some: list[str], others: list[str]) -> None:
    assert (derived_id(*some) == derived_id(*others)) == (some == others)


def test_where_one_part_ends_makes_a_difference() -> None:
    assert len({derived_id("ab", "c"), derived_id("a", "bc"), derived_id("abc"), derived_id("ab", "c", "")}) == 4


def test_a_derived_id_is_a_uuid_version_5_like_the_standard_library_makes_it() -> None:
    namespace = UUID("6f1d3c1e-0b57-5a57-9d1c-6d696e650001")
    assert derived_id("visit", "Ž", 7) == str(uuid5(namespace, "visit\x1fŽ\x1f7"))


def test_parts_that_are_no_text_count_as_they_are_written() -> None:
    assert derived_id("event", 7) == derived_id("event", "7")
