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
    new = path.with_name(f"{path.name}.new")
    places: dict[str, tuple[str, tuple[int, ...], int]] = {}
    with new.open("wb") as file:
        checksum = 0
        for name, array in _arrays(content):
            fill = bytes(-file.tell() % _ALIGNED)
            places[name] = (array.dtype.str, array.shape, file.tell() + len(fill))
            data = np.ascontiguousarray(array).data.cast("B") if array.size else b""
            checksum = zlib.crc32(data, zlib.crc32(fill, checksum))
            file.write(fill)
            file.write(data)
        table = json.dumps({"arrays": places, "extra": dict(extra)}).encode()
        start = file.tell()
        file.write(table)
        file.write(_END.pack(start, len(table), zlib.crc32(table, checksum), _FORMAT))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read(path: Path, kind: type[Any]) -> tuple[Any, dict[str, Any]]:
    """The content, mapped, and the extra. `NoSnapshot` if there is none to be trusted.

    Whoever writes into the arrays would change them in memory, never in the file.
    """
    try:
        whole = np.memmap(path, np.uint8, "c")
        start, length, checksum, form = _END.unpack(whole[-_END.size :].tobytes())
    except (OSError, ValueError, struct.error) as problem:
        raise NoSnapshot(f"{path}: {problem}") from None
    if form.rstrip(b"\0") != _FORMAT or start + length + _END.size != len(whole):
        raise NoSnapshot(f"{path} is no snapshot of this version, or not all of it")
    if zlib.crc32(whole[: -_END.size].data) != checksum:
        raise NoSnapshot(f"{path} was changed or damaged")
    table = json.loads(whole[start : start + length].tobytes())
    arrays = {name: np.ndarray(shape, dtype, whole, at) for name, (dtype, shape, at) in table["arrays"].items()}
    return _content(kind, arrays, ""), table["extra"]


def _arrays(content: Any, path: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    for field in fields(content):
        value = getattr(content, field.name)
        if is_dataclass(value):
            yield from _arrays(value, f"{path}{field.name}.")
        else:
            yield path + field.name, value


def _content(kind: type[Any], arrays: Mapping[str, NDArray[Any]], path: str) -> Any:
    values = {}
    for name, hint in get_type_hints(kind).items():
        if isinstance(hint, type) and is_dataclass(hint):
            values[name] = _content(hint, arrays, f"{path}{name}.")
        elif path + name in arrays:
            values[name] = arrays[path + name]
        else:
            raise NoSnapshot(f"the snapshot has no {path}{name}")
    return kind(**values)
