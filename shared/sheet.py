"""Tables for spreadsheets: CSV as RFC 4180 has it, in UTF-8.

There is no byte order mark: programs that read the file would take it for a part of the first column's name.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A line with the ``columns``, then one for each row; what a row does not have, or has as None, stays empty.

    Text that a spreadsheet would take for a formula gets an apostrophe in front, so that it is shown and not carried
    out; numbers are left alone, negative ones too.
    """
    out = StringIO()
    table = csv.writer(out)
    table.writerow(columns)
    table.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_BEGINS_A_FORMULA):
        return f"'{value}"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
