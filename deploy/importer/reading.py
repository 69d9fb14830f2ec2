"""Opens a file of lines: CSV as spreadsheets write it, or JSON. Read piece by piece, so that any length goes."""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from deploy.errors import Trouble
from deploy.importer.encoding import Encoding, declared, encoding_of
from shared.spreadsheets import unescaped

_LONGEST_CELL = 1_000_000
_LONGEST_VALUE = 100_000_000
_CHUNK = 1 << 16
_BETWEEN_VALUES = " \t\r\n,[]\ufeff"


@dataclass(frozen=True)
class TextFile:
    """A file and the encoding in which it is written."""

    path: Path
    encoding: Encoding

    @classmethod
    def at(cls, path: Path, encoding: str | None = None) -> "TextFile":
        """The file, in the encoding named or in the one it seems to have. `Trouble` when it cannot be read."""
        try:
            return cls(path, declared(encoding) if encoding else encoding_of(path))
        except OSError as error:
            raise Trouble(f"cannot read {path}: {error.strerror}") from error

    @contextmanager
    def open(self) -> Iterator[TextIO]:
        """The text from its beginning, line ends as they are. What a guess cannot decode becomes �."""
        errors = "replace" if self.encoding.guessed else "strict"
        with self.path.open(encoding=self.encoding.codec, errors=errors, newline="") as text:
            try:
                yield text
            except UnicodeError as error:
                codec = self.encoding.codec
                raise Trouble(f"{self.path} is not written in {codec}, or damaged: see --encoding") from error


# ---- CSV


@dataclass(frozen=True)
class Line:
    """The cells of a record, and the line of the file in which it begins."""

    number: int
    cells: Sequence[str]


class CsvFile:
    """A table whose first line names the columns; of comma, semicolon and tab, what that line has most of separates."""

    def __init__(self, file: TextFile, delimiter: str | None = None) -> None:
        self._file, self._delimiter = file, "\t" if delimiter in ("tab", r"\t") else delimiter
        if self._delimiter is not None and (len(self._delimiter) != 1 or self._delimiter in '"\r\n'):
            raise Trouble("what separates cells is one character, such as ; or , or tab")
        header = next(self._records(), Line(1, ()))
        self.columns = [name.strip() for name in header.cells]

    def __iter__(self) -> Iterator[Line]:
        """The lines below the first, without the empty ones. `Trouble` at a line that is no CSV."""
        records = self._records()
        next(records, None)
        return (line for line in records if any(cell.strip() for cell in line.cells))

    def _records(self) -> Iterator[Line]:
        csv.field_size_limit(_LONGEST_CELL)
        with self._file.open() as text:
            first = text.readline(_LONGEST_CELL)
            above = 0
            if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel says so before the columns' names
                delimiter, above = first.strip()[4], 1
            else:
                delimiter = max(",;\t", key=first.count)
                text.seek(0)
            reader = csv.reader(text, delimiter=self._delimiter or delimiter, strict=True)
            number = above + 1
            try:
                for cells in reader:
                    yield Line(number, [unescaped(cell) for cell in cells])
                    number = above + reader.line_num + 1
            except csv.Error as error:
                unclosed = "; perhaps a quotation mark before it was never closed" if "limit" in str(error) else ""
                raise Trouble(f"line {above + reader.line_num} is no CSV: {error}{unclosed}") from error


# ---- JSON


def json_values(file: TextFile) -> Iterator[tuple[int, Any]]:
    """The items of an array, or values one after the other as in JSON lines, each with the line it begins in.

    `Trouble` for what is no JSON. Commas and brackets between values are not counted.
    """
    decoder = json.JSONDecoder()
    waiting, line, ended = "", 1, False
    with file.open() as text:
        while not ended:
            chunk = text.read(max(_CHUNK, len(waiting)))
            waiting, ended = waiting + chunk, not chunk
            while True:
                value_on = waiting.lstrip(_BETWEEN_VALUES)
                line += waiting.count("\n", 0, len(waiting) - len(value_on))
                waiting = value_on
                if not waiting:
                    break
                try:
                    value, end = decoder.raw_decode(waiting)
                except (ValueError, RecursionError) as error:
                    if ended or len(waiting) > _LONGEST_VALUE:
                        raise Trouble(f"what begins in line {line} of {file.path} is no JSON") from error
                    break
                yield line, value
                line += waiting.count("\n", 0, end)
                waiting = waiting[end:]
