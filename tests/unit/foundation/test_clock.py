"""Time: one spelling whose text order is time order, and clocks that tests and the demo can move."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.clock import FileClock, Instant, ManualClock, SystemClock, instant_text, to_instant

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30), timezones=ZONES)  # noqa: DTZ001 (zones come with it)
HOUR = timedelta(hours=1)


class Note(BaseModel):
    """Something with a moment in it."""

    at: Instant


@given(MOMENTS, MOMENTS)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    one, other = to_instant(one), to_instant(other)
    assert (instant_text(one) < instant_text(other)) == (one < other)
    assert (instant_text(one) == instant_text(other)) == (one == other)


@given(MOMENTS)
def test_an_instant_survives_being_written_and_read(moment: datetime) -> None:
    note = Note(at=moment)
    assert Note.model_validate_json(note.model_dump_json()) == note
    assert note.model_dump(mode="json")["at"] == instant_text(moment.replace(microsecond=moment.microsecond))
    assert len(instant_text(moment)) == len("2026-03-01T09:30:00.000Z")


@given(MOMENTS)
def test_an_instant_is_the_same_moment_in_utc_cut_to_milliseconds(moment: datetime) -> None:
    instant = to_instant(moment)
    assert instant.tzinfo is UTC
    assert timedelta(0) <= moment - instant < timedelta(milliseconds=1)


def test_the_spelling() -> None:
    prague = timezone(timedelta(hours=1))
    assert instant_text(datetime(2026, 3, 1, 10, 30, 0, 5999, tzinfo=prague)) == "2026-03-01T09:30:00.005Z"


@pytest.mark.parametrize("value", ["2026-03-01T09:30:00", datetime(2026, 3, 1, 9, 30), "yesterday"])  # noqa: DTZ001
def test_a_moment_without_a_time_zone_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        Note(at=value)


def test_the_systems_clock_tells_the_present_moment_in_whole_milliseconds() -> None:
    before = to_instant(datetime.now(UTC))
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.microsecond % 1000 == 0


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(datetime(2026, 3, 1, 9, 0, 0, 1234, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2026, 3, 1, 9, 0, 0, 1000, tzinfo=UTC)
    clock.move(HOUR)
    assert clock.now() == datetime(2026, 3, 1, 10, 0, 0, 1000, tzinfo=UTC)
    with pytest.raises(ValueError, match="backwards"):
        clock.move(-HOUR)


# ---- one clock for many processes

TOLERANCE = timedelta(seconds=5)


def ahead(clock: FileClock) -> timedelta:
    """How far the clock runs before the machine's."""
    return clock.now() - datetime.now(UTC)


def test_without_a_file_it_is_the_machines_time(tmp_path: Path) -> None:
    assert abs(ahead(FileClock(tmp_path / "clock"))) < TOLERANCE


def test_who_moves_it_sees_the_new_time_at_once(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "of" / "the" / "demo" / "clock")
    clock.now()
    clock.move(30 * 24 * HOUR)
    assert abs(ahead(clock) - 30 * 24 * HOUR) < TOLERANCE


def test_all_processes_move_together_and_moves_add_up(tmp_path: Path) -> None:
    one, other = FileClock(tmp_path / "clock"), FileClock(tmp_path / "clock")
    assert abs(ahead(other)) < TOLERANCE
    one.move(HOUR)
    other.move(2 * HOUR)
    assert abs(ahead(one) - 3 * HOUR) < TOLERANCE
    assert abs(ahead(other) - 3 * HOUR) < TOLERANCE


def test_a_process_that_starts_later_is_at_once_at_the_right_time(tmp_path: Path) -> None:
    FileClock(tmp_path / "clock").move(HOUR)
    assert abs(ahead(FileClock(tmp_path / "clock")) - HOUR) < TOLERANCE


def test_who_asks_after_a_move_has_the_new_time(tmp_path: Path) -> None:
    one, other = FileClock(tmp_path / "clock"), FileClock(tmp_path / "clock")
    for hours in range(1, 50):
        other.move(HOUR)
        assert abs(ahead(one) - hours * HOUR) < TOLERANCE


@pytest.mark.parametrize("content", [b"", b"an hour", b"\xff\xfe\x00", b"nan", b"inf", b"1e300", None])
def test_a_garbled_or_missing_file_leaves_the_time_as_it_was(tmp_path: Path, content: bytes | None) -> None:
    clock = FileClock(tmp_path / "clock")
    clock.move(HOUR)
    clock.now()
    if content is None:
        (tmp_path / "clock").unlink()
    else:
        (tmp_path / "clock").write_bytes(content)
    assert abs(ahead(clock) - HOUR) < TOLERANCE
    assert abs(ahead(FileClock(tmp_path / "clock"))) < TOLERANCE


def test_no_reader_ever_sees_half_an_offset(tmp_path: Path) -> None:
    """The file is replaced in one step: what stands there is always a whole number, and no draft is left."""
    clock = FileClock(tmp_path / "clock")
    for _ in range(20):
        clock.move(HOUR)
        assert float((tmp_path / "clock").read_text()) % 3600 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["clock"]


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_whose_offset_leads_out_of_the_calendar_is_refused_and_no_failure(moment: str) -> None:
    with pytest.raises(ValidationError, match="no year from 1 to 9999"):
        Note.model_validate({"at": moment})
