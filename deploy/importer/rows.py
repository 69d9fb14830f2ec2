"""A line of a list as what is sent to the API, and what is said about it."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256

from deploy.importer.cells import Body


@dataclass(frozen=True)
class Finding:
    """Why a row was refused, or what is odd about it; never what stands in a cell."""

    column: str | None
    code: str
    detail: str

    def __str__(self) -> str:
        return f"column {self.column}: {self.detail}" if self.column else self.detail


@dataclass(frozen=True)
class Row:
    """A line of the list: what to send, and what was found about it before anybody was asked."""

    line: int
    external_id: str
    body: Body
    offers: tuple[Body, ...] = ()
    faults: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()

    @cached_property
    def text(self) -> str:
        """The registration and its offers as the directory checks them."""
        return json.dumps({**self.body, "offers": self.offers} if self.offers else self.body, sort_keys=True)

    def fingerprint(self, directory: str) -> str:
        """Changes when anything in the row does; another one for another directory."""
        return sha256(f"{directory}\n{self.text}".encode()).hexdigest()[:16]


ColumnOf = Callable[[Row, str, str], str | None]
"""The column from which a problem of that code at that JSON pointer came; None when it is about the whole row."""


def unique(rows: Iterable[Row]) -> Iterator[Row]:
    """Refuses a row whose external id stood in an earlier one."""
    first_line: dict[str, int] = {}
    for row in rows:
        earlier = first_line.setdefault(row.external_id, row.line) if row.external_id else row.line
        if earlier == row.line:
            yield row
        else:
            told = Finding("external_id", "twice", f"stands already in line {earlier}")
            yield replace(row, faults=(*row.faults, told))
