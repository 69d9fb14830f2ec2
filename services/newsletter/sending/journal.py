"""What a sender was doing when it died: one byte per reader of its batch, in a memory-mapped file.

The byte is set just before a mail's body leaves and again when the answer is there. The pages of the file outlive the
process (SIGKILL included), not the machine: after a reboot, which the header's boot id shows, the journal says
nothing, and everybody in the announced window counts as uncertain.

The file is locked while its sender lives, so whoever gets the lock knows that the owner is dead.
"""

import fcntl
import mmap
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from uuid import uuid4

_HEADER = struct.Struct("<8s40s96sQ")
_MAGIC = b"mine-jr1"
_MOST_READERS = 4096
_SIZE = _HEADER.size + _MOST_READERS
_SLOTS = 64


class Mark(IntEnum):
    """What is known about one reader of the window."""

    QUIET = 0  # no byte of the body has left
    FLYING = 1  # the body may have left, there was no answer
    TAKEN = 2  # the server took it
    REFUSED = 3  # the server did not take it


class Journal:
    """One sender's journal. ``name`` is the sender's name in batch documents: the home's id and a slot number."""

    def __init__(self, name: str, file: int) -> None:
        self.name = name
        self._file = file
        os.ftruncate(file, _SIZE)
        self._map = mmap.mmap(file, _SIZE)

    def begin(self, batch: str, epoch: int) -> None:
        """Forgets what was and begins to write about ``batch`` in its ``epoch``."""
        self._map[0 : len(_MAGIC)] = bytes(len(_MAGIC))  # invalid while it is being cleaned
        self._map[_HEADER.size :] = bytes(_MOST_READERS)
        self._map[: _HEADER.size] = _HEADER.pack(_MAGIC, _boot_id(), batch.encode(), epoch)

    def mark(self, reader: int, mark: Mark) -> None:
        """Notes what is known about the reader with this index."""
        self._map[_HEADER.size + reader] = mark

    @property
    def home(self) -> str:
        """What the names of all senders of this directory begin with."""
        return self.name.partition("/")[0]

    def speaks_of(self, readers: Iterable[int]) -> bool:
        """Whether anything is noted about one of these readers."""
        return any(self._map[_HEADER.size + reader] != Mark.QUIET for reader in readers)

    def clear(self, readers: Iterable[int]) -> None:
        """Forgets these readers."""
        for reader in readers:
            self.mark(reader, Mark.QUIET)

    def marks(self, batch: str, epoch: int) -> bytes | None:
        """The marks of ``batch`` in this ``epoch``; None when this journal says nothing about it."""
        magic, boot, name, of_epoch = _HEADER.unpack(self._map[: _HEADER.size])
        trusted = bool(_boot_id().strip(b"\0")) and boot == _boot_id() and magic == _MAGIC
        if not trusted or name.rstrip(b"\0") != batch.encode() or of_epoch != epoch:
            return None
        return self._map[_HEADER.size :]

    def close(self) -> None:
        """Gives the lock back: from here on others take this sender for dead."""
        self._map.close()
        os.close(self._file)


class Journals:
    """The journals in one directory. Senders of one machine share it; it should outlive them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def acquire(self) -> Journal:
        """A journal nobody alive uses: the first free slot, so that a restarted sender gets its own one back."""
        for slot in range(_SLOTS):
            journal = self._lock(slot, create=True)
            if journal is not None:
                return journal
        raise RuntimeError(f"{_SLOTS} senders already live in {self._directory}")

    def of_dead(self, name: str) -> Journal | None:
        """The journal of a sender of this home that is dead, locked; None when it lives, or lived elsewhere."""
        home, _, slot = name.partition("/")
        if home != self._home() or not slot.isdecimal():
            return None
        return self._lock(int(slot), create=False)

    def _lock(self, slot: int, create: bool) -> Journal | None:
        home = self._home()
        try:
            file = os.open(self._directory / f"sender-{slot}", os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return Journal(f"{home}/{slot}", file)

    def _home(self) -> str:
        """The id of this directory, made once: a directory that was lost is another one."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / "home"
        if not path.exists():
            draft = self._directory / f"home.{uuid4()}"
            draft.write_text(str(uuid4()))
            with suppress(FileExistsError):
                os.link(draft, path)  # the first one wins, whole
            draft.unlink()
        return path.read_text()


def _boot_id() -> bytes:
    """Which run of the machine this is; empty where that cannot be known, and then no journal is trusted."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip().ljust(40, b"\0")
    except OSError:
        return bytes(40)
