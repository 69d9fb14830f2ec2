"""What is told while the story goes on, and what is kept of it: expectations with their outcome, counts, times."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.rule import Rule
from rich.table import Table

from deploy.importer.sending import Progress as Counting

_WIDTH = 120


@dataclass(frozen=True)
class Expectation:
    """Something that had to come true, and whether it did."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Chapter:
    """A part of the story and how long it took, in seconds."""

    title: str
    seconds: float


class Report:
    """Prints as it goes, on a terminal or into a file, and remembers."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        if not self._console.is_terminal:
            self._console = Console(file=self._console.file, highlight=False, width=_WIDTH)
        self._began = self._chapter_began = time.monotonic()
        self._title = ""
        self.chapters: list[Chapter] = []
        self.expectations: list[Expectation] = []
        self.counts: dict[str, Any] = {}

    @property
    def ok(self) -> bool:
        """Whether there were expectations and all of them came true."""
        return bool(self.expectations) and all(expectation.ok for expectation in self.expectations)

    @property
    def seconds(self) -> float:
        """How long it has gone on."""
        return time.monotonic() - self._began

    # ---- telling

    def chapter(self, title: str) -> None:
        """Begins a chapter."""
        self._end_chapter()
        self._title = title
        self._console.print()
        self._console.print(Rule(f"[bold]{escape(title)}[/]", align="left", style="dim"))

    def say(self, text: str) -> None:
        """Tells something that happened."""
        minutes, seconds = divmod(int(self.seconds), 60)
        first, *more = text.split("\n")
        self._console.print(f"[dim]{minutes}:{seconds:02d}[/]  {escape(first)}", soft_wrap=True)
        for line in more:
            self._console.print(f"        {escape(line)}", soft_wrap=True)

    def expect(self, name: str, ok: bool, detail: str = "") -> bool:
        """Writes down whether something came true, and says so."""
        self.expectations.append(Expectation(name, bool(ok), detail))
        mark = "[green]✓[/]" if ok else "[bold red]✗[/]"
        said = f": [dim]{escape(detail)}[/]" if detail else ""
        self._console.print(f"      {mark} {escape(name)}{said}", soft_wrap=True)
        return bool(ok)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Shows a table; numbers stand on the right."""
        table = Table(box=None, pad_edge=True, header_style="bold", show_header=any(columns))
        for number, column in enumerate(columns):
            numeric = bool(rows) and all(isinstance(row[number], int) for row in rows)
            table.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(f"{cell:,}" if isinstance(cell, int) else escape(str(cell)) for cell in row))
        self._console.print(f"\n [bold]{escape(title)}[/]")
        self._console.print(table)

    @contextmanager
    def counting(self, text: str) -> Any:
        """A progress bar; without a terminal only its end is shown."""
        columns = (TextColumn(f"      {text}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task("", total=None)

            def count(done: int, all: int) -> None:
                progress.update(task, completed=done, total=all)

            told: Counting = count
            yield told

    # ---- keeping

    def count(self, counts: Mapping[str, Any]) -> None:
        """Numbers for the report."""
        self.counts.update(counts)

    def write(self, path: Path) -> None:
        """Writes everything down as JSON."""
        self._end_chapter()
        document = {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "expectations": [asdict(expectation) for expectation in self.expectations],
            "chapters": [asdict(chapter) for chapter in self.chapters],
            **self.counts,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def _end_chapter(self) -> None:
        now = time.monotonic()
        if self._title:
            self.chapters.append(Chapter(self._title, round(now - self._chapter_began, 1)))
        self._chapter_began, self._title = now, ""
