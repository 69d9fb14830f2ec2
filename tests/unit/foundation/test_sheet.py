"""Tables that spreadsheets and programs read alike, and in which no text becomes a formula."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sheet import to_csv


def read(table: str) -> list[list[str]]:
    return list(csv.reader(StringIO(table, newline="")))


def test_what_a_row_does_not_have_stays_empty() -> None:
    assert to_csv(("year", "sum", "hidden"), [{"year": 2025, "sum": None}, {"hidden": "too-few"}]) == (
        "year,sum,hidden\r\n2025,,\r\n,,too-few\r\n"
    )


def test_a_whole_number_has_no_decimals() -> None:
    assert read(to_csv(("a", "b"), [{"a": 120.0, "b": 1.5}]))[1] == ["120", "1.5"]


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_text_that_begins_a_formula_is_shown_and_not_carried_out(text: str) -> None:
    assert read(to_csv(("name",), [{"name": text}]))[1] == [f"'{text}"]


def test_a_negative_number_stays_one() -> None:
    assert read(to_csv(("change",), [{"change": -5}]))[1] == ["-5"]


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_any_text_comes_back_whole_and_begins_no_formula(cells: list[str]) -> None:
    found = read(to_csv(("a", "b"), [dict(zip("ab", cells, strict=True))]))[1]
    assert [cell.removeprefix("'") for cell in found] == [cell.removeprefix("'") for cell in cells]
    assert not [cell for cell in found if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
