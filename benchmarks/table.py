"""What every benchmark needs: medians with their spread, a table for people, one JSON object for scripts."""

import argparse
import json
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent.parent / "docs" / "benchmarks"


@dataclass(frozen=True)
class Spread:
    """The median of several runs, with the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.least)}–{_short(self.most)})"


def arguments(about: str) -> argparse.Namespace:
    """``--json``, ``--runs N`` and ``--events N``; the defaults are what the kept table was made with."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--runs", type=int, default=3, help="runs of each side, alternating")
    parser.add_argument("--events", type=int, default=6000, help="events a run")
    return parser.parse_args()


def markdown(title: str, about: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A page with one table; numbers are medians with (least–most)."""
    lines = [f"# {title}", "", about, "", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def keep(name: str, page: str, packages: Sequence[str]) -> None:
    """Writes the last table to ``docs/benchmarks/NAME.md``."""
    with_what = ", ".join(f"{package} {version(package)}" for package in packages)
    today = datetime.now(UTC).date().isoformat()
    footer = f"\nMeasured {today} with Python {platform.python_version()}, {with_what}.\n"
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}.md").write_text(page + footer)


def json_line(result: Mapping[str, Any]) -> str:
    """One line; a `Spread` becomes its median."""
    return json.dumps(result, default=lambda spread: round(spread.median, 3))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
