"""Time. Domain code gets it as an argument; the rest asks a `Clock`.

An `Instant` is an aware UTC datetime with whole milliseconds. In JSON and in the store it is always written
``2026-03-01T09:30:00.000Z``: one width, so that text order is time order.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import AfterValidator, AwareDatetime, PlainSerializer


def to_instant(value: datetime) -> datetime:
    """``value`` in UTC, cut to milliseconds (what MongoDB and JavaScript keep).

    `ValueError` where its offset leads out of the years 1 to 9999.
    """
    try:
        utc = value.astimezone(UTC)
    except OverflowError:
        raise ValueError("this moment lies in no year from 1 to 9999 in UTC") from None
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def instant_text(value: datetime) -> str:
    """The one spelling of an instant: ``2026-03-01T09:30:00.000Z``."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


Instant = Annotated[
    AwareDatetime,
    AfterValidator(to_instant),
    PlainSerializer(instant_text, return_type=str, when_used="json"),
]
"""A moment, as a pydantic field: naive datetimes are refused."""


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The present moment: aware, UTC, whole milliseconds."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return to_instant(datetime.now(UTC))


class ManualClock:
    """A clock that stands still until it is moved: for tests in one process."""

    def __init__(self, start: datetime) -> None:
        self._now = to_instant(start)

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        """Moves the clock by ``by``, forward only."""
        if by < timedelta(0):
            raise ValueError("time does not run backwards")
        self._now += by


class FileClock:
    """The machine's time plus an offset in seconds kept in a file: one virtual clock for many processes.

    A process that was killed and started again is at once at the right virtual time. The file is read
    again whenever it was replaced; without the file, or with an unreadable one, the offset last known stays (0 at
    first). Move it with `FileClock.move`, which replaces the file in one step: who asks later has the new time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = timedelta(0)
        self._seen: tuple[int, ...] | None = None

    def now(self) -> datetime:
        if (there := self._there()) != self._seen:
            self._seen, self._offset = there, self._read()
        return to_instant(datetime.now(UTC) + self._offset)

    def move(self, by: timedelta) -> None:
        """Moves the clock of every process that reads this file by ``by``."""
        offset = self._read() + by
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_text(str(offset.total_seconds()))
        draft.replace(self._path)

    def _there(self) -> tuple[int, ...] | None:
        """Which file is there: another one after every move."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> timedelta:
        try:
            offset = timedelta(seconds=float(self._path.read_text()))
            datetime.now(UTC) + offset  # a year that exists
            return offset
        except (OSError, ValueError, OverflowError):
            return self._offset
