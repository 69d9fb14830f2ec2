"""How the cells of a line become a row, and the way back from a problem to the column that it came from."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from deploy.errors import Trouble
from deploy.importer import cells
from deploy.importer.cells import TAXONOMIES, Body
from deploy.importer.fields import CENTERS, DESCRIBED_IN, NAMED_IN, OFFER_BY_NAME, TICKED, Sheet
from deploy.importer.hours import schedules
from deploy.importer.mapping import Mapping as MappingFile
from deploy.importer.rows import Finding, Row
from shared.text import fold

_FIELD_OF_CODE = {
    "unknown-service": "services",
    "unknown-topic": "topics",
    "not-found": "external_id",
    "town-missing": "town",
    "name-tells-town": "discreet_name",
    "opened-before-founded": "opened_on",
    "time-zone-missing": "time_zone",
}
"""Where to mend what the directory refuses as a whole."""

_LISTS: Mapping[str, Callable[[str], Any]] = {
    "list": str,
    "languages": cells.language,
    "shares": cells.share,
    **{kind: partial(cells.term, taxonomy) for kind, taxonomy in TAXONOMIES.items()},
}
"""What an item of a list becomes, by the kind of the list."""


class Layout:
    """How the lines of one list become rows."""

    def __init__(self, columns: Sequence[str], mapping: MappingFile, sheet: Sheet = CENTERS) -> None:
        """`Trouble` when a required field is filled by nothing, one by two columns, or a column is unknown."""
        self.columns, self.mapping, self.sheet = list(columns), mapping, sheet
        for name in mapping.fields:
            sheet.require(name)
        self._values = {
            field: {fold(value.strip()): meaning for value, meaning in values.items()}
            for field, values in mapping.values.items()
        }
        constants = {sheet.require(name): text.strip() for name, text in mapping.constants.items()}
        self.constants = {field: text for field, text in constants.items() if text}
        named = [mapping.field_of(column) for column in columns]
        self._fields = [sheet.known(name) for name in named]
        if unknown := [column for column, field in zip(columns, self._fields, strict=True) if field is None]:
            raise Trouble(
                f"the list has a column nobody knows: {', '.join(unknown)}; "
                "a mapping says what each is, or leaves it out; to draft one: mine import columns FILE"
            )
        self._called = {field: column.strip() for field, column in zip(self._fields, columns, strict=True) if field}
        if twice := [field for field in self._called if self._fields.count(field) > 1]:
            raise Trouble(f"the list has a column twice: {', '.join(twice)}")
        filled = {*self._called, *self.constants}
        if missing := [field.name for field in sheet.fields if field.required and field.name not in filled]:
            raise Trouble(f"the list lacks the column {', '.join(missing)}; its first line must name its columns")

    def row(self, line: int, values: Sequence[str]) -> Row:
        """The row that a line's cells make."""
        texts = {field: text.strip() for field, text in zip(self._fields, values, strict=False) if field}
        texts = {field: text for field, text in texts.items() if text}
        texts = {**self.constants, **texts}
        making = _Making(self, texts)
        if any(value.strip() for value in values[len(self._fields) :]):
            making.faults.append(Finding(None, "too-many-cells", "has more cells than the first line"))
        making.all()
        return making.row(line)

    def column(self, field: str) -> str:
        """What the list calls a field."""
        return self._called.get(field, field)

    def column_of(self, row: Row, pointer: str, code: str) -> str | None:
        """The column from which a problem came."""
        field = field_of(row, pointer, self.sheet)
        if field not in self._called:
            field = _FIELD_OF_CODE.get(code, field)
        if field is None:
            return None
        return self._called.get(field) or self._called.get(field.partition(":")[0], field)

    def meant(self, field: str, text: str) -> str:
        """What the mapping says is meant by the text of a cell, or by one item of a list in it."""
        values = self._values.get(field) or self._values.get(field.partition(":")[0])
        return values.get(fold(text.strip()), text) if values else text


def field_of(row: Row, pointer: str, sheet: Sheet) -> str | None:
    """The field at a JSON pointer into the row's body; None when none is there."""
    match [step for step in pointer.split("/") if step]:
        case ["names", language, *_]:
            return NAMED_IN + language
        case ["descriptions", language, *_]:
            return DESCRIBED_IN + language
        case ["offers", number, *inside]:
            service = row.offers[int(number)].get("service", "") if int(number) < len(row.offers) else ""
            return f"{inside[0]}:{service}" if inside and inside[0] in OFFER_BY_NAME else f"services:{service}"
        case [list_, number] if list_ in TICKED and number.isdigit() and int(number) < len(row.body.get(list_, ())):
            return f"{list_}:{row.body[list_][int(number)]}"
        case []:
            return None
        case steps:
            path = tuple(steps)
            fits = (each for each in sheet.fields if each.path and _same_way(each.path, path))
            return next((each.name for each in fits), None)


def _same_way(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


class _Making:
    """One row while its cells are read."""

    def __init__(self, layout: Layout, texts: Mapping[str, str]) -> None:
        self.layout, self.texts = layout, texts
        self.body: Body = {}
        self.offers: dict[str, Body] = {}
        self.faults: list[Finding] = []
        self.hours_from: date | None = None

    def all(self) -> None:
        """Reads every cell; hours last, because they need to know the languages and the days."""
        for field in sorted(self.texts, key=lambda field: field.startswith("hours:")):
            try:
                self.cell(field, self.texts[field])
            except ValueError as error:
                self.faults.append(Finding(self.layout.column(field), "unreadable", str(error)))

    def cell(self, field: str, text: str) -> None:
        """Puts the value of one cell where it belongs. ValueError when it cannot be read."""
        kind, _, code = field.partition(":")
        if code and kind in TICKED:
            if cells.ticked(self.layout.meant(field, text)):
                self.body.setdefault(kind, []).append(code)
        elif code:
            value = self.value(field, OFFER_BY_NAME[kind].kind, text)
            if value is not None:
                self.offers.setdefault(code, {"service": code})[kind] = value
        elif field == "hours_from":
            self.hours_from = cells.day(text, self.layout.mapping.dates)
        elif field.startswith((NAMED_IN, DESCRIBED_IN)):
            begin, _, language = field.partition("_")
            self.body.setdefault(f"{begin}s", {})[language] = text
        else:
            known = self.layout.sheet.by_name[field]
            value = self.value(field, known.kind, text)
            if value is not None:
                self.put(known.path, value)

    def value(self, field: str, kind: str, text: str) -> object:
        """What a cell says; None when the mapping makes it say nothing."""
        mapping = self.layout.mapping
        if kind in _LISTS:
            items = [self.layout.meant(field, part) for part in cells.parts(text, mapping.list_separators)]
            return _each_once([_LISTS[kind](item) for item in items if item])
        text = self.layout.meant(field, text)
        if not text:
            return None
        if kind == "day":
            return cells.day(text, mapping.dates).isoformat()
        if kind == "hours":
            spoken = [mapping.hours_language] if mapping.hours_language else self.body.get("languages", ())
            return schedules(text, self.counting_from(), spoken)
        if field == "external_id":
            return mapping.external_id_prefix + text
        return cells.READERS[kind](text)

    def counting_from(self) -> date | None:
        """From when opening hours count: as the list says, else since they were known to be true."""
        verified_on = self.body.get("verified_on")
        return self.hours_from or (date.fromisoformat(verified_on) if verified_on else None)

    def put(self, path: Sequence[str], value: object) -> None:
        """Puts a value into the body; ticked items stay in a list that is also a column."""
        inside = self.body
        for step in path[:-1]:
            inside = inside.setdefault(step, {})
        if isinstance(value, list) and isinstance(inside.get(path[-1]), list):
            value = _each_once([*value, *inside[path[-1]]])
        inside[path[-1]] = value

    def row(self, line: int) -> Row:
        """The row. What is offered with terms need not stand among the services as well."""
        services = [code for code in self.body.get("services", ()) if code not in self.offers]
        if "services" in self.body:
            self.body["services"] = services
        external_id = str(self.body.get("external_id", ""))
        if not external_id:
            column = self.layout.column("external_id")
            self.faults.append(Finding(column, "missing", "every row needs an id of its own"))
        return Row(line, external_id, self.body, tuple(self.offers.values()), tuple(self.faults))


def _each_once(items: list[Any]) -> list[Any]:
    return [item for place, item in enumerate(items) if item not in items[:place]]
