"""No cell of ours is a formula, and every cell comes back as it was."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spreadsheets import escaped, line, unescaped

texts = st.text(st.sampled_from("=+-@\t\r\n'\";,|＝＋－＠ a1.é"), max_size=8) | st.text(max_size=20)


@given(texts)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert unescaped(escaped(text)) == text


@given(texts)
def test_no_cell_begins_like_a_formula_unless_it_is_a_number(text: str) -> None:
    cell = escaped(text)
    assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert not cell.startswith("-") or re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell)


@given(st.lists(texts, min_size=1, max_size=5))
def test_a_line_is_read_back_cell_by_cell_whatever_stands_in_them(cells: list[str]) -> None:
    [read] = csv.reader(io.StringIO(line(cells), newline=""), strict=True)
    assert [unescaped(cell) for cell in read] == cells


@given(st.lists(texts, min_size=1, max_size=5), st.sampled_from(";\t|"))
def test_a_spreadsheet_that_expects_another_separator_meets_no_formula_either(cells: list[str], separator: str) -> None:
    written = line(cells)
    for begins in re.finditer(rf"(?:^|{re.escape(separator)})([=+@])", written):
        before = written[: begins.start()].replace('""', "")
        assert before.count('"') % 2, "outside of quotes"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("+420 555 000 111", "'+420 555 000 111"), ("-33.92", "-33.92"),
        ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("'=1", "''=1"), ("'t Huis", "'t Huis"), ("", ""),
    ],
)  # fmt: skip
def test_examples(text: str, cell: str) -> None:
    assert escaped(text) == cell
