"""A list of centers, whatever its form: CSV, JSON or HSDS. It can be gone through more than once."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from deploy.errors import Trouble
from deploy.importer.hsds import Organizations
from deploy.importer.hsds_files import TableSet, organizations_in
from deploy.importer.layout import Layout
from deploy.importer.mapping import Mapping as MappingFile
from deploy.importer.reading import CsvFile, TextFile, json_values
from deploy.importer.rows import Finding, Row, unique


class Form(StrEnum):
    """How a list is written. A directory or ZIP file is always an HSDS table set."""

    CSV = "csv"
    JSON = "json"
    HSDS = "hsds"


class CenterList:
    """The rows of a list, one by one, never all at once. `Trouble` for a file that cannot be used at all.

    ``form``, ``encoding`` and ``delimiter`` are found out where they are not given; an encoding that is only guessed is
    ``said``. What stands in the mapping file counts less than what is given here.
    """

    def __init__(
        self,
        path: Path,
        mapping: MappingFile | None = None,
        *,
        form: Form | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> None:
        self.path = path
        self._mapping = mapping or MappingFile()
        encoding, delimiter = encoding or self._mapping.encoding, delimiter or self._mapping.delimiter
        if path.is_dir() or path.suffix.lower() == ".zip":
            tables = TableSet(path, encoding, delimiter)
            self._source: _Source = _Hsds(tables, self._mapping)
            files = tables.files
        else:
            file = TextFile.at(path, encoding)
            self._source = _of_one_file(file, form, delimiter, self._mapping)
            files = [file]
        self.said = list(dict.fromkeys(file.encoding.said for file in files if file.encoding.guessed))

    def __iter__(self) -> Iterator[Row]:
        """The rows in their order; one whose external id stood before is refused."""
        return unique(self._source.rows())

    def column_of(self, row: Row, pointer: str, code: str) -> str | None:
        """The column from which a problem of that code at that JSON pointer came; None when it is about the row."""
        return self._source.column_of(row, pointer, code)


def _of_one_file(file: TextFile, form: Form | None, delimiter: str | None, mapping: MappingFile) -> "_Source":
    if form is Form.CSV or (form is None and not _looks_like_json(file)):
        return _Csv(CsvFile(file, delimiter), mapping)
    first: Any = next((value for _, value in json_values(file)), None)
    foreign = isinstance(first, Mapping) and "external_id" not in first and ("contents" in first or "id" in first)
    if form is Form.HSDS or (form is None and foreign):
        return _Hsds(_JsonOrganizations(file), mapping)
    return _Json(file, mapping)


def _looks_like_json(file: TextFile) -> bool:
    with file.open() as text:
        return text.read(1000).lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


class _Csv:
    def __init__(self, table: CsvFile, mapping: MappingFile) -> None:
        self._table, self._layout = table, Layout(table.columns, mapping)
        self.column_of = self._layout.column_of

    def rows(self) -> Iterator[Row]:
        return (self._layout.row(line.number, line.cells) for line in self._table)


class _Json:
    """Objects: as the API takes them, recognised by their ``place``, or flat, with the columns of a table."""

    def __init__(self, file: TextFile, mapping: MappingFile) -> None:
        self._file, self._mapping = file, mapping
        self._layouts: dict[tuple[str, ...], Layout] = {}

    def rows(self) -> Iterator[Row]:
        return (self._row(line, value) for line, value in json_values(self._file))

    def _row(self, line: int, value: Any) -> Row:
        if not isinstance(value, dict):
            return Row(line, "", {}, faults=(Finding(None, "no-object", "every center is an object"),))
        if isinstance(value.get("place"), dict):
            return _registration(line, value)
        try:
            layout = self._layout(tuple(value))
        except Trouble as trouble:
            return Row(line, str(value.get("external_id", "")), {}, faults=(Finding(None, "misfit", str(trouble)),))
        return layout.row(line, [_cell(each) for each in value.values()])

    def _layout(self, keys: tuple[str, ...]) -> Layout:
        if keys not in self._layouts:
            if len(self._layouts) > 1000:
                self._layouts.clear()
            self._layouts[keys] = Layout(keys, self._mapping)
        return self._layouts[keys]

    def column_of(self, row: Row, pointer: str, code: str) -> str | None:
        return pointer.strip("/") or None


class _JsonOrganizations:
    def __init__(self, file: TextFile) -> None:
        self._file = file

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        return organizations_in(self._file)


class _Hsds:
    def __init__(self, organizations: TableSet | _JsonOrganizations, mapping: MappingFile) -> None:
        self._organizations, self._centers = organizations, Organizations(mapping)
        self.column_of = self._centers.layout.column_of

    def rows(self) -> Iterator[Row]:
        for line, organization in self._organizations:
            yield from self._centers.rows(line, organization)


_Source = _Csv | _Json | _Hsds


def _registration(line: int, value: dict[str, Any]) -> Row:
    """A row from an object that is a registration already; it may have ``offers`` as well."""
    body = {key: each for key, each in value.items() if key != "offers"}
    offers = value.get("offers") or []
    external_id = body.get("external_id")
    faults = []
    if not isinstance(external_id, str) or not external_id:
        faults.append(Finding("external_id", "missing", "every center needs an id of its own"))
    if not isinstance(offers, list) or not all(isinstance(offer, dict) for offer in offers):
        faults.append(Finding("offers", "unreadable", "are no list of objects"))
        offers = []
    return Row(line, str(external_id or ""), body, tuple(offers), tuple(faults))


def _cell(value: Any) -> str:
    """A value of a flat object as the text that a cell would have."""
    if isinstance(value, list):
        return ";".join(_cell(each) for each in value)
    if isinstance(value, dict) or value is None:
        return ""
    return str(value)
