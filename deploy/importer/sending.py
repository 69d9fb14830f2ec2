"""Brings the rows of a list into a directory through its API, so that every rule of the directory holds.

Rows go in windows: a window is checked in one request, then its rows are registered, up to 32 at a time, each with its
offers after it. Every command has a key made of the external id, so doing it again never makes a second center.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from deploy.errors import Trouble
from deploy.importer.directory import Directory, Json, Target, code_of, findings_of
from deploy.importer.lists import CenterList
from deploy.importer.notes import Notes
from deploy.importer.report import FAILED, Outcome, Report, Told
from deploy.importer.rows import Finding, Row

IN_FLIGHT = 32
_WINDOW, _WINDOW_BYTES = 200, 400_000
_THERE = frozenset({"already-exists", "idempotency-key-reused"})
_OFFERED = frozenset({"already-offered", "idempotency-key-reused"})
_IN = frozenset({Outcome.NEW, Outcome.SAME, Outcome.UPDATED})
_NOT_BY_A_LIST = frozenset({"place", "location_visibility", "discreet_name"})

Progress = Callable[[int, int], None]
"""Is told how many rows are done, and how many there are."""
Ready = Callable[[Sequence[Told]], None]
"""Is given what became of some rows, in their order."""


@dataclass(frozen=True)
class How:
    """How a list is brought in."""

    dry_run: bool = False
    """Only check; nothing is changed."""
    update: bool = False
    """Change the profiles of centers that say otherwise than the list; else that is only reported."""
    force: frozenset[str] = frozenset()
    """External ids of rows to register although another center looks like them."""
    stop_after: int | None = None
    """After so many rows that could not come in, leave the rest."""


async def import_centers(
    listed: CenterList,
    target: Target,
    how: How = How(),
    *,
    notes: Path | None = None,
    progress: Progress = lambda done, rows: None,
    ready: Ready = lambda told: None,
    report: Report | None = None,
) -> Report:
    """Brings in every row that is not noted as done. What a row is refused for is reported, and the rest goes on.

    The whole list is read once before anything is sent. A directory that is away is waited for, a minute or so. Fills
    ``report``, if given, as it goes, so that a run that is broken off has one too. Raises `Trouble` when the list
    cannot be used, the token does not hold, or the directory stays away.
    """
    report = report if report is not None else Report()
    report.said += listed.said
    report.rows = sum(1 for _ in listed)
    kept = Notes(None if how.dry_run else notes, target.url)
    directory = Directory(target, IN_FLIGHT)
    try:
        await _Import(directory, listed, how, kept, progress, ready, report).run()
    except* Trouble as troubles:
        raise troubles.exceptions[0] from None
    finally:
        kept.close()
        await directory.close()
    return report


@dataclass
class _Import:
    """One run through a list."""

    directory: Directory
    listed: CenterList
    how: How
    notes: Notes
    progress: Progress
    ready: Ready
    report: Report
    done: int = 0
    failed: int = 0
    marks: dict[str, int] = field(default_factory=dict)
    """Of what is new: the marks by which twins are known, and the lines they stand in."""

    async def run(self) -> None:
        """All rows, window by window."""
        trusted = False
        for window in _windows(self.listed):
            if not trusted and (noted := next(filter(self.notes.has, window), None)):
                await self._look_for(noted)
                trusted = True
            await self._window(window)
            if self._enough():
                self.report.stopped = True
                return

    async def _look_for(self, noted: Row) -> None:
        """Notes about a directory that was emptied since are worth nothing: the first row that they name tells."""
        if await self.directory.center(noted) is None:
            self.notes.forget()
            self.report.said.append("the directory lacks what was noted as done: the notes were dropped")

    async def _window(self, window: Sequence[Row]) -> None:
        """Deals with some rows, and tells what became of those it came to, also when it is broken off."""
        all_told: dict[int, Told] = {}
        open_ones = [number for number, row in enumerate(window) if not row.faults and not self.notes.has(row)]
        checks = await self.directory.check([window[number] for number in open_ones])
        checked = dict(zip(open_ones, checks, strict=True))
        waiting = iter(enumerate(window))

        async def work() -> None:
            for number, row in waiting:
                if self._enough():
                    return
                all_told[number] = told = await self._settle(row, checked.get(number))
                self.done += 1
                self.failed += told.outcome in FAILED
                self.progress(self.done, self.report.rows)

        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(IN_FLIGHT, len(window))):
                    workers.create_task(work())
        finally:
            in_order = [all_told[number] for number in sorted(all_told)]
            for told in in_order:
                self.report.add(told)
            self.ready(in_order)

    def _enough(self) -> bool:
        return self.how.stop_after is not None and self.failed >= self.how.stop_after

    # ---- one row

    async def _settle(self, row: Row, checked: Json | None) -> Told:
        """What became of a row; ``checked`` is what the directory said about it, if it was asked."""
        if row.faults:
            return replace(_told(row, Outcome.REFUSED, row.faults), warnings=row.warnings)
        if checked is None:
            return _told(row, Outcome.DONE)
        told = self._expected(row, checked) if self.how.dry_run else await self._sent(row, checked)
        if told.outcome in _IN and not told.findings and not self.how.dry_run:
            self.notes.add(row)
        odd = self._findings(row, checked.get("warnings", ()))
        return replace(told, warnings=(*row.warnings, *odd, *told.warnings))

    def _expected(self, row: Row, checked: Json) -> Told:
        """What would become of a row, as far as its check tells."""
        if refused := self._refused(row, checked):
            return refused
        return self._compared(row, checked) if checked["exists"] else _told(row, Outcome.NEW)

    async def _sent(self, row: Row, checked: Json) -> Told:
        """Registers a row, unless its check says that it cannot be."""
        if refused := self._refused(row, checked):
            return refused
        if checked["exists"] and checked["twins"]:  # it was forced once; asked again without, it would be refused
            return await self._updated(row, checked)
        answer = await self.directory.register(row, row.external_id in self.how.force)
        if answer.is_success:
            return await self._registered(row, answer)
        if code_of(answer) in _THERE:
            return await self._updated(row, checked)
        if code_of(answer) == "possible-duplicate":  # somebody was faster
            return self._duplicate(row, answer.json()["twins"])
        return _told(row, Outcome.REFUSED, findings_of(row, answer, self.listed.column_of))

    def _refused(self, row: Row, checked: Json) -> Told | None:
        """Why a row cannot come in: by its check, or because it looks like an earlier row of the list, which may be
        coming in at this very moment.
        """
        if checked["problems"]:
            return _told(row, Outcome.REFUSED, self._findings(row, checked["problems"]))
        if checked["exists"]:
            return None
        lines = [self.marks.setdefault(mark, row.line) for mark in checked["marks"]]
        if row.external_id in self.how.force:
            return None
        if earlier := [line for line in lines if line != row.line]:
            finding = Finding(None, "possible-duplicate", f"looks like the center in line {earlier[0]} of this list")
            return _told(row, Outcome.DUPLICATE, (finding,))
        return self._duplicate(row, checked["twins"]) if checked["twins"] else None

    def _duplicate(self, row: Row, twins: Sequence[str]) -> Told:
        finding = Finding(None, "possible-duplicate", "the directory has a center that looks like this one")
        return _told(row, Outcome.DUPLICATE, (finding,), self.directory.link(twins[0]))

    async def _registered(self, row: Row, answer: httpx.Response) -> Told:
        """A center that this import has registered, now or before, gets the offers that it was not given yet."""
        center = str(answer.json()["id"])
        link = self.directory.link(f"/centers/{center}")
        repeated = answer.headers.get("Idempotent-Replayed") == "true"
        refused: list[Finding] = []
        untouched: list[Finding] = []
        for number, offer in enumerate(row.offers):
            offered = await self.directory.offer(center, row, offer)
            if code_of(offered) in _OFFERED:
                column = self.listed.column_of(row, f"/offers/{number}", "")
                there = f"{offer['service']} is offered already, with other terms; a list does not change them"
                untouched.append(Finding(column, "already-offered", there))
            elif not offered.is_success:
                refused += findings_of(row, offered, self.listed.column_of, f"/offers/{number}")
        if refused:
            return _told(row, Outcome.REFUSED, tuple(refused), link)
        return replace(_told(row, Outcome.SAME if repeated else Outcome.NEW, (), link), warnings=tuple(untouched))

    def _compared(self, row: Row, checked: Json) -> Told:
        """A center that is there: by what it differs from the row."""
        link = self.directory.link(f"/centers/{checked['exists']}")
        columns = [self.listed.column_of(row, pointer, "") or pointer for pointer in checked["differs"]]
        if not columns:
            return _told(row, Outcome.SAME, (), link)
        finding = Finding(None, "differs", f"there it is otherwise in {', '.join(columns)}")
        return _told(row, Outcome.DIFFERS, (finding,), link)

    async def _updated(self, row: Row, checked: Json) -> Told:
        """A center that is there gets the row's profile, if that is wanted. Its place, how much it shows of that, and
        its offers are its own matter.
        """
        compared = self._compared(row, checked)
        fields = {pointer.split("/")[1] for pointer in checked["differs"]}
        found = await self.directory.center(row) if self.how.update and fields - _NOT_BY_A_LIST else None
        if found is None:
            return compared
        present, etag = found
        change = {field: _merged(present[field], row.body[field]) for field in fields - _NOT_BY_A_LIST}
        answer = await self.directory.edit(present["id"], row, change, etag)
        if not answer.is_success:
            return _told(row, Outcome.REFUSED, findings_of(row, answer, self.listed.column_of), compared.link)
        left = [pointer for pointer in checked["differs"] if pointer.split("/")[1] in _NOT_BY_A_LIST]
        if not left:
            return _told(row, Outcome.UPDATED, (), compared.link)
        return replace(self._compared(row, {**checked, "differs": left}), outcome=Outcome.UPDATED)

    def _findings(self, row: Row, said: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
        return tuple(
            Finding(self.listed.column_of(row, each["pointer"], each["code"]), each["code"], each["detail"])
            for each in said
        )


def _told(row: Row, outcome: Outcome, findings: tuple[Finding, ...] = (), link: str = "") -> Told:
    return Told(row.line, row.external_id, outcome, findings, (), link)


def _merged(present: Any, told: Any) -> Any:
    """What a list says about a field that has parts (names by language, contact) leaves its other parts as they are."""
    return {**present, **told} if isinstance(present, Mapping) and isinstance(told, Mapping) else told


def _windows(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """As many rows as go into one request for their check."""
    window: list[Row] = []
    size = 0
    for row in rows:
        if window and (len(window) == _WINDOW or size + len(row.text) > _WINDOW_BYTES):
            yield window
            window, size = [], 0
        window.append(row)
        size += len(row.text)
    if window:
        yield window
