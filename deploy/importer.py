"""Brings lists into a running network through its API: centers from a CSV file.

A row is posted with an ``Idempotency-Key`` made of its external id, so doing it again never makes a second center.
Rows that are done are noted in a file, so that a second run goes on where the first one stopped.
"""

import asyncio
import csv
import io
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from deploy.errors import Trouble
from shared.ids import derived_id

IN_FLIGHT = 32
_TRIES = 30
_LONGEST_WAIT_S = 5.0
_MOST_BYTES = 100_000_000
_CREATED = 201
_PASSING = frozenset({429, 502, 503, 504})
_ALREADY_OTHERWISE = "was imported before with other contents; change that center through the API"

Body = dict[str, Any]
Progress = Callable[[int, int], None]
"""Is told how many rows are done, and how many there are."""


@dataclass(frozen=True)
class Column:
    """A column of the list and the place in the body that it fills; ``kind`` says how its text is read."""

    name: str
    path: tuple[str, ...]
    about: str
    kind: str = "text"
    required: bool = False


COLUMNS = (
    Column("external_id", ("external_id",), "the list's own id of the row, such as list-2009:CZ-17", required=True),
    Column("name", ("name",), "", required=True),
    Column("kind", ("kind",), "mother-center (default), family-center, multigenerational-house, other"),
    Column("languages", ("languages",), "spoken in the house, the main one first: cs;uk", "list", required=True),
    Column("founded", ("founded",), "year", "whole"),
    Column("country", ("place", "country"), "two letters, ISO 3166-1", required=True),
    Column("region", ("place", "region"), ""),
    Column("town", ("place", "town"), ""),
    Column("town_lat", ("place", "town_point", "lat"), "middle of the town, WGS 84 degrees", "number"),
    Column("town_lon", ("place", "town_point", "lon"), "", "number"),
    Column("postal_code", ("place", "postal_code"), ""),
    Column("street", ("place", "street"), "street and number"),
    Column("lat", ("place", "point", "lat"), "the door, WGS 84 degrees", "number"),
    Column("lon", ("place", "point", "lon"), "", "number"),
    Column("location_visibility", ("location_visibility",), "exact, town (default), hidden"),
    Column("discreet_name", ("discreet_name",), "the name shown while hidden"),
    Column("email", ("contact", "email"), "a role address such as office@..., never a person's own"),
    Column("phone", ("contact", "phone"), "international, with +"),
    Column("website", ("contact", "website"), ""),
    Column("services", ("services",), "codes of the directory's taxonomy: open-cafe;baby-group", "list"),
    Column("verified_on", ("verified_on",), "when all this was last known to be true: 2026-02-14"),
)
_NAME_IN = "name_"
_BY_NAME = {column.name: column for column in COLUMNS}


@dataclass(frozen=True)
class Row:
    """A line of the list: the body to post, and what was wrong with it before anybody was asked."""

    line: int
    external_id: str
    body: Body
    faults: tuple["Fault", ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes when anything in the row does."""
        return sha256(json.dumps(self.body, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Fault:
    """Why a row was refused: where it stands, and the reason in the words of the API's problem."""

    line: int
    column: str | None
    external_id: str
    code: str
    detail: str

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"line {self.line}{column}: {self.detail}"


@dataclass
class Report:
    """What became of a list."""

    rows: int = 0
    created: int = 0
    repeated: int = 0
    skipped: int = 0
    refused: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many rows were dealt with, one way or the other."""
        return self.created + self.repeated + self.skipped + self.refused


# ---- reading the list


def read_rows(content: bytes) -> list[Row]:
    """The rows of a CSV file: UTF-8 with or without a mark, or Windows-1252; comma, semicolon or tab.

    Raises `Trouble` when the header lacks a required column, has one twice, or has one nobody knows.
    """
    text = decoded(content)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _require_known(header)
        return list(_unique(_rows(reader, header)))
    except csv.Error as error:
        raise Trouble(f"line {reader.line_num} is no CSV: {error}") from error


def decoded(content: bytes) -> str:
    """``content`` as text: UTF-8 (a byte order mark is dropped), else Windows-1252."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _require_known(header: Sequence[str]) -> None:
    if missing := [column.name for column in COLUMNS if column.required and column.name not in header]:
        raise Trouble(f"the list lacks the column {', '.join(missing)}; its first line must name its columns")
    if unknown := [name for name in header if name not in _BY_NAME and not _is_name_in_a_language(name)]:
        raise Trouble(f"the list has a column nobody knows: {', '.join(unknown)}; known are {', '.join(_BY_NAME)}")
    if twice := [name for name in dict.fromkeys(header) if header.count(name) > 1]:
        raise Trouble(f"the list has a column twice: {', '.join(twice)}")


def _is_name_in_a_language(name: str) -> bool:
    return name.startswith(_NAME_IN) and name.removeprefix(_NAME_IN).isalpha()


def _rows(reader: Any, header: Sequence[str]) -> Iterator[Row]:
    line = reader.line_num + 1
    for values in reader:
        if any(value.strip() for value in values):
            yield _row(line, header, values)
        line = reader.line_num + 1


def _row(line: int, header: Sequence[str], values: Sequence[str]) -> Row:
    cells = {name: value.strip() for name, value in zip(header, values, strict=False)}
    external_id = cells.get("external_id", "")
    body: Body = {}
    faults: list[Fault] = []
    if len(values) > len(header):
        faults.append(Fault(line, None, external_id, "too-many-cells", "has more cells than the first line"))
    for name, text in cells.items():
        if not text:
            continue
        try:
            _put(body, *_cell(name, text))
        except ValueError as error:
            faults.append(Fault(line, name, external_id, "unreadable", str(error)))
    if not external_id:
        faults.append(Fault(line, "external_id", "", "missing", "every row needs an id of its own"))
    return Row(line, external_id, body, tuple(faults))


def _cell(name: str, text: str) -> tuple[tuple[str, ...], Any]:
    """Where the cell belongs in the body, and its value. ValueError when it cannot be read."""
    if name not in _BY_NAME:
        return ("names", name.removeprefix(_NAME_IN)), text
    column = _BY_NAME[name]
    if column.kind == "list":
        return column.path, [part.strip() for part in text.split(";") if part.strip()]
    if column.kind == "text":
        return column.path, text
    try:
        return column.path, int(text) if column.kind == "whole" else float(text.replace(",", "."))
    except ValueError:
        raise ValueError("is no whole number" if column.kind == "whole" else "is no number") from None


def _put(body: Body, path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        body = body.setdefault(step, {})
    body[path[-1]] = value


def _unique(rows: Iterator[Row]) -> Iterator[Row]:
    """Refuses a row whose external id stood in an earlier one."""
    first_line: dict[str, int] = {}
    for row in rows:
        earlier = first_line.setdefault(row.external_id, row.line)
        if row.external_id and earlier != row.line:
            told = Fault(row.line, "external_id", row.external_id, "twice", f"stands already in line {earlier}")
            yield Row(row.line, row.external_id, row.body, (*row.faults, told))
        else:
            yield row


# ---- posting it


class Notes:
    """Which rows are done, in a file: one ``external id, fingerprint`` per line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._done: dict[str, str] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                id, _, fingerprint = line.partition("\t")
                self._done[id] = fingerprint
        self._file = path.open("a")

    def has(self, row: Row) -> bool:
        """Whether this very row was done before; a row that was changed since was not."""
        return self._done.get(row.external_id) == row.fingerprint

    def add(self, row: Row) -> None:
        """Notes that the row is done."""
        self._file.write(f"{row.external_id}\t{row.fingerprint}\n")
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


async def import_centers(
    file: Path,
    url: str,
    token: str,
    notes: Path,
    progress: Progress,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Report:
    """Posts every row of ``file`` to the directory at ``url``, up to 32 at a time.

    A row that the directory refuses is reported and the rest goes on. A service that is away is waited for, a minute
    or so. ``transport`` replaces the network in tests. Raises `Trouble` when the file cannot be read, the token does
    not hold, or the service stays away.
    """
    rows = read_rows(_content(file))
    report = Report(rows=len(rows))
    done = Notes(notes)
    waiting = iter(rows)

    async def work(client: httpx.AsyncClient) -> None:
        for row in waiting:
            await _settle(client, row, report, done)
            progress(report.done, report.rows)

    try:
        headers = {"Authorization": f"Bearer {token}"}
        limits = httpx.Limits(max_connections=IN_FLIGHT)
        async with (
            httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=30, transport=transport) as client,
            asyncio.TaskGroup() as workers,
        ):
            for _ in range(min(IN_FLIGHT, len(rows))):
                workers.create_task(work(client))
    except* Trouble as troubles:
        raise troubles.exceptions[0] from None
    finally:
        done.close()
    report.faults.sort(key=lambda fault: fault.line)
    return report


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise Trouble(f"{file} is larger than {_MOST_BYTES // 1_000_000} MB; cut it in parts")
        return file.read_bytes()
    except OSError as error:
        raise Trouble(f"cannot read {file}: {error.strerror}") from error


async def _settle(client: httpx.AsyncClient, row: Row, report: Report, done: Notes) -> None:
    """One row: skipped, refused or posted; counted in either case."""
    if row.faults:
        report.refused += 1
        report.faults += row.faults
        return
    if done.has(row):
        report.skipped += 1
        return
    answer = await _post(client, row)
    if answer.is_success:
        done.add(row)
        if answer.status_code == _CREATED and answer.headers.get("Idempotent-Replayed") != "true":
            report.created += 1
        else:
            report.repeated += 1
        return
    report.refused += 1
    report.faults += faults_of(row, answer)


async def _post(client: httpx.AsyncClient, row: Row) -> httpx.Response:
    """Posts a row until there is an answer that will stay the same. Its key makes every repeat harmless."""
    key = derived_id("import", "center", row.external_id)
    trouble = ""
    for attempt in range(_TRIES):
        wait_s = min(_LONGEST_WAIT_S, 0.1 * 2**attempt) * random.uniform(0.5, 1)
        try:
            answer = await client.post("/centers", json=row.body, headers={"Idempotency-Key": key})
        except httpx.TransportError as error:
            trouble = str(error) or type(error).__name__
        else:
            if answer.status_code == 401:
                raise Trouble(f"the directory does not accept this token: {_problem(answer)['detail']}")
            if answer.status_code not in _PASSING:
                return answer
            trouble = str(_problem(answer)["detail"])
            wait_s = max(wait_s, _retry_after(answer))
        await asyncio.sleep(wait_s)
    raise Trouble(f"the directory at {client.base_url} does not take centers now: {trouble}")


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), 30.0) if text.isdigit() else 0.0


def faults_of(row: Row, answer: httpx.Response) -> list[Fault]:
    """A refusal, told by line and column: one fault for each field that the problem names."""
    problem = _problem(answer)
    code = str(problem["type"]).rpartition(":")[2]
    detail = _ALREADY_OTHERWISE if code == "idempotency-key-reused" else problem["detail"]
    errors = problem.get("errors") or [{"pointer": "", "detail": detail}]
    return [
        Fault(row.line, column_of(str(error["pointer"])), row.external_id, code, str(error["detail"]))
        for error in errors
    ]


def column_of(pointer: str) -> str | None:
    """The column that fills the field at this JSON pointer of the body, or a part of it; None when none does."""
    steps = tuple(step for step in pointer.split("/") if step)
    if len(steps) > 1 and steps[0] == "names":
        return _NAME_IN + steps[1]
    for column in COLUMNS:
        if steps and (steps[: len(column.path)] == column.path or column.path[: len(steps)] == steps):
            return column.name
    return None


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    """The answer's problem document, or something like it when a proxy answered instead of us."""
    otherwise = {"type": f"urn:mine:problem:http-{answer.status_code}", "detail": f"HTTP {answer.status_code}"}
    try:
        document = answer.json()
    except ValueError:
        return otherwise
    return {**otherwise, **document} if isinstance(document, dict) else otherwise
