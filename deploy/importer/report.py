"""What became of a list: line by line for a file, and in numbers."""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from deploy.errors import Trouble
from deploy.importer.rows import Finding
from shared.spreadsheets import escaped

KEPT = 1000
"""How many rows with something to say are kept in memory; a report file has them all."""


class Outcome(StrEnum):
    """What became of a row."""

    NEW = "new"
    SAME = "there already"
    DONE = "done before"
    DIFFERS = "differs from what is there"
    UPDATED = "updated"
    DUPLICATE = "possible duplicate"
    REFUSED = "refused"


FAILED = (Outcome.REFUSED, Outcome.DUPLICATE)
"""Rows that somebody has to look at before they can come in."""


@dataclass(frozen=True)
class Told:
    """What became of one row; never what stands in its cells."""

    line: int
    external_id: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    link: str = ""
    """Where the center is, or its likely twin."""

    def __str__(self) -> str:
        said = [str(finding) for finding in (*self.findings, *self.warnings)] or [self.outcome.value]
        return f"line {self.line}, {'; '.join(said)}{f' ({self.link})' if self.link and self.findings else ''}"

    def entries(self) -> list[dict[str, Any]]:
        """One entry for each thing to say, at least one."""
        about = {"line": self.line, "external_id": self.external_id, "outcome": self.outcome.value, "link": self.link}
        said = [("reason", each) for each in self.findings] + [("warning", each) for each in self.warnings]
        if not said:
            return [{**about, "what": "", "column": "", "code": "", "detail": ""}]
        return [
            {**about, "what": what, "column": each.column or "", "code": each.code, "detail": each.detail}
            for what, each in said
        ]


@dataclass
class Report:
    """What became of a list, in numbers, and of the rows that have something to say."""

    rows: int = 0
    counts: Counter[Outcome] = field(default_factory=Counter)
    warned: int = 0
    notable: list[Told] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """About the list as a whole."""
    stopped: bool = False
    """After too many refusals; the rest was not looked at."""

    def add(self, told: Told) -> None:
        """Counts a row."""
        self.counts[told.outcome] += 1
        self.warned += bool(told.warnings)
        if (told.findings or told.warnings) and len(self.notable) < KEPT:
            self.notable.append(told)

    @property
    def done(self) -> int:
        """How many rows were dealt with, one way or the other."""
        return self.counts.total()

    @property
    def failed(self) -> int:
        """How many rows could not come in."""
        return sum(self.counts[outcome] for outcome in FAILED)

    def summary(self) -> dict[str, Any]:
        """The numbers, for a program."""
        counts = {outcome.name.lower(): self.counts[outcome] for outcome in Outcome}
        return {"rows": self.rows, **counts, "warned": self.warned, "stopped": self.stopped, "said": self.said}


class ReportFile:
    """Every row's entries, written as they come: a table when the name ends in .csv, else a JSON array."""

    _COLUMNS = ("line", "external_id", "outcome", "what", "column", "code", "detail", "link")

    def __init__(self, path: Path) -> None:
        self._path, self._is_table, self._written = path, path.suffix.lower() == ".csv", 0

    def __enter__(self) -> "ReportFile":
        try:
            self._file: TextIO = self._path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise Trouble(f"cannot write {self._path}: {error.strerror}") from error
        if self._is_table:
            self._table = csv.DictWriter(self._file, self._COLUMNS)
            self._table.writeheader()
        return self

    def add(self, all_told: Iterable[Told]) -> None:
        """Writes what became of some rows."""
        for told in all_told:
            for entry in told.entries():
                if self._is_table:
                    self._table.writerow({column: escaped(str(value)) for column, value in entry.items()})
                else:
                    self._file.write((",\n" if self._written else "[\n") + json.dumps(entry, ensure_ascii=False))
                self._written += 1
        self._file.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_table:
            self._file.write("\n]\n" if self._written else "[]\n")
        self._file.close()
