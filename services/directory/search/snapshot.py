"""An index as one file: its arrays one after the other, to be mapped into memory instead of read.

The file is written beside its place and moved there when it is complete and on the disk. Its last bytes say where its
table of contents stands and what the checksum of all before them is, so a file that was torn, changed or written by
another program is noticed.
"""

import json
import os
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

_FORMAT = f"mine search 1 {sys.byteorder}".encode()
"""To be raised when the layout of a segment, or the folding of words, changes."""

_END = struct.Struct("<QQI32s")
_ALIGNED = 64


class NoSnapshot(Exception):
    """There is no file, or not one that can be trusted: the index has to be built anew."""


def write(path: Path, content: Any, extra: Mapping[str, Any]) -> None:
    """Writes a dataclass of arrays (or of dataclasses of arrays), and what the caller wants to know with it."""
    new = path.with_name(path.name + ".new")
    table: dict[str, Any] = {"extra": dict(extra), "arrays": {}}
    with new.open("wb") as file:
        checksum = position = 0

        def put(data: bytes | memoryview) -> None:
            nonlocal checksum, position
            file.write(data)
            checksum, position = zlib.crc32(data, checksum), position + len(data)

        for name, array in _arrays(content):
            put(bytes(-position % _ALIGNED))
            table["arrays"][name] = (array.dtype.str, array.shape, position)
            put(memoryview(np.ascontiguousarray(array)).cast("B") if array.size else b"")
        start = position
        put(json.dumps(table).encode())
        file.write(_END.pack(start, position - start, checksum, _FORMAT))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read(path: Path, kind: type) -> tuple[Any, dict[str, Any]]:
    """The content, mapped, and the extra. `NoSnapshot` if there is none to be trusted."""
    try:
        whole = np.memmap(path, np.uint8, "r")
        start, length, checksum, format = _END.unpack(whole[-_END.size :].tobytes())
    except (OSError, ValueError, struct.error) as problem:
        raise NoSnapshot(f"{path}: {problem}") from None
    if format.rstrip(b"\0") != _FORMAT or start + length + _END.size != len(whole):
        raise NoSnapshot(f"{path} is not a snapshot of this version, or not all of it")
    if zlib.crc32(whole[: -_END.size]) != checksum:
        raise NoSnapshot(f"{path} was changed or damaged")
    table = json.loads(whole[start : start + length].tobytes())
    arrays = {name: np.ndarray(shape, dtype, whole, offset) for name, (dtype, shape, offset) in table["arrays"].items()}
    return _content(kind, arrays, ""), table["extra"]


def _arrays(content: Any, path: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    for field in fields(content):
        value = getattr(content, field.name)
        if is_dataclass(value):
            yield from _arrays(value, f"{path}{field.name}.")
        else:
            yield path + field.name, value


def _content(kind: type, arrays: dict[str, NDArray[Any]], path: str) -> Any:
    hints = get_type_hints(kind)
    return kind(**{
        name: _content(hint, arrays, f"{path}{name}.") if is_dataclass(hint) else arrays[path + name]
        for name, hint in hints.items()
    })  # fmt: skip
