"""Lines of a CSV file that a spreadsheet opens as the text it is, never as a formula (OWASP: CSV injection).

Every cell is quoted, so that no separator inside it begins another one, whatever separator a spreadsheet expects. A
cell that a spreadsheet would take for a formula gets an apostrophe in front. A plain number needs none.
"""

import csv
import io
import re
from collections.abc import Iterable

MARK = "\ufeff"
"""What a UTF-8 file begins with, for spreadsheets that take it for something else otherwise."""

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def escaped(text: str) -> str:
    """``text`` with an apostrophe in front where it begins with ``= + - @``, a tab or a line break; a number never.

    So does one that begins like that after apostrophes of its own: `unescaped` gives every text back as it was.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unescaped(text: str) -> str:
    """What a cell held before it was `escaped`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def line(cells: Iterable[str]) -> str:
    """A line of a CSV file (RFC 4180), its cells escaped and quoted."""
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow([escaped(cell) for cell in cells])
    return written.getvalue()
