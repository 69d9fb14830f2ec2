"""Brings yearly figures in: a row for each center and year, of centers that came in by a list, named by its ids.

There is one report for a center and year. Where the directory has one with other figures, that is told and left alone:
putting figures right needs a reason, and is the center's own matter.
"""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import httpx

from deploy.errors import Trouble
from deploy.importer.directory import Directory, Target, code_of, findings_of, problem_of
from deploy.importer.fields import FIGURES
from deploy.importer.layout import Layout
from deploy.importer.mapping import Mapping
from deploy.importer.reading import CsvFile, TextFile
from deploy.importer.report import Outcome, Report, Told
from deploy.importer.rows import Finding, Row
from deploy.importer.sending import IN_FLIGHT, Progress, Ready


class FigureList:
    """The rows of a table of yearly figures, one by one. `Trouble` for a file that cannot be used at all."""

    def __init__(
        self, path: Path, mapping: Mapping | None = None, *, encoding: str | None = None, delimiter: str | None = None
    ) -> None:
        mapping = mapping or Mapping()
        file = TextFile.at(path, encoding or mapping.encoding)
        self._table = CsvFile(file, delimiter or mapping.delimiter)
        self._layout = Layout(self._table.columns, mapping, FIGURES)
        self.said = [file.encoding.said] if file.encoding.guessed else []
        self.column_of = self._layout.column_of

    def __iter__(self) -> Iterator[Row]:
        """The rows in their order."""
        return (self._layout.row(line.number, line.cells) for line in self._table)


async def import_figures(
    listed: FigureList,
    target: Target,
    dry_run: bool = False,
    *,
    progress: Progress = lambda done, rows: None,
    ready: Ready = lambda told: None,
    report: Report | None = None,
) -> Report:
    """Reports the figures of every row; in a dry run only says what would become of it. Else as `import_centers`.

    Doing it again is harmless: the directory knows the figures that it has.
    """
    report = report if report is not None else Report()
    report.said += listed.said
    report.rows = sum(1 for _ in listed)
    directory = Directory(target, IN_FLIGHT)
    rows = iter(listed)
    try:
        while window := list(islice(rows, IN_FLIGHT)):
            all_told = await asyncio.gather(*(_settle(directory, listed, row, dry_run) for row in window))
            for told in all_told:
                report.add(told)
            ready(all_told)
            progress(report.done, report.rows)
    finally:
        await directory.close()
    return report


async def _settle(directory: Directory, listed: FigureList, row: Row, dry_run: bool) -> Told:
    """What became of a row."""
    if row.faults:
        return Told(row.line, row.external_id, Outcome.REFUSED, row.faults)
    checked = await directory.check_figures(row)
    if checked.status_code == 404:
        raise Trouble("this directory takes no yearly figures")
    if not checked.is_success:
        return Told(row.line, row.external_id, Outcome.REFUSED, _refused(listed, row, checked))
    odd = checked.json()["warnings"]
    warnings = tuple(Finding(_column(listed, row, each["figure"]), each["code"], _said(each["code"])) for each in odd)
    outcome, findings = await (_expected if dry_run else _reported)(directory, listed, row)
    return Told(row.line, row.external_id, outcome, findings, warnings)


_Outcome = tuple[Outcome, tuple[Finding, ...]]


async def _reported(directory: Directory, listed: FigureList, row: Row) -> _Outcome:
    answer = await directory.report_figures(row)
    if answer.is_success:
        again = answer.status_code == 200 or answer.headers.get("Idempotent-Replayed") == "true"
        return (Outcome.SAME if again else Outcome.NEW), ()
    if code_of(answer) == "figures-already-reported":
        return _differing(listed, row, problem_of(answer)["differs"])
    return Outcome.REFUSED, _refused(listed, row, answer)


async def _expected(directory: Directory, listed: FigureList, row: Row) -> _Outcome:
    """What the directory has of that year decides what would become of the row."""
    answer = await directory.figures(row)
    if code_of(answer) == "not-reported":
        return Outcome.NEW, ()
    if not answer.is_success:
        return Outcome.REFUSED, _refused(listed, row, answer)
    present = answer.json()["figures"]
    told = {**row.body, "funding": [{"share": None, **source} for source in row.body.get("funding", ())]}
    differing = [name for name in present if present[name] != told.get(name)]
    return _differing(listed, row, differing) if differing else (Outcome.SAME, ())


def _differing(listed: FigureList, row: Row, figures: Iterable[str]) -> _Outcome:
    columns = ", ".join(str(_column(listed, row, figure)) for figure in figures)
    return Outcome.DIFFERS, (Finding(None, "differs", f"there it is otherwise in {columns}"),)


def _refused(listed: FigureList, row: Row, answer: httpx.Response) -> tuple[Finding, ...]:
    beyond = problem_of(answer).get("figures") if code_of(answer) == "implausible" else None
    if beyond:
        return tuple(
            Finding(_column(listed, row, each["figure"]), "implausible", f"is more than can be true ({each['most']})")
            for each in beyond
        )
    return findings_of(row, answer, listed.column_of)


def _column(listed: FigureList, row: Row, figure: str | None) -> str | None:
    return listed.column_of(row, f"/{figure}", "") if figure else None


def _said(code: str) -> str:
    return f"look again: {code.replace('-', ' ')}"
