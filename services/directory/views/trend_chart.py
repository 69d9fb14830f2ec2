"""A trend as a picture: a column for each year, the number of reports below it, a gap where nothing may be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.svg import picture, shortened, text

_LEFT, _RIGHT, _TOP, _PLOT, _WIDTH = 104, 24, 92, 240, 760
_NARROWEST, _FOR_NUMBERS, _WIDEST_COLUMN = 27, 48, 56
"""Pixels of a year: the fewest, those from which its value is written above it, and the most that are filled."""
_INK, _SOFT, _GRID, _STRONG, _PALE = "#1d1d1f", "#55555c", "#e3e3e8", "#b5472f", "#ecc3b9"


@dataclass(frozen=True)
class Column:
    """One year, ``told`` in frame.

    It is drawn from zero up to ``value``; with a ``low`` and a ``high``, as a box between these with a line at
    ``value``. Without a ``value`` there is a gap. ``shown`` is written there: the value, or why there is none.
    """

    year: int
    reports: int
    told: str
    shown: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Frame:
    """The texts around the columns, in the reader's language."""

    title: str
    subtitle: str
    reports: str
    """What the numbers below the years are."""
    note: str
    """What gaps mean; shown where there is one."""
    nothing: str
    """Shown where there are only gaps."""


def trend_chart(frame: Frame, columns: Sequence[Column], marks: Mapping[float, str], language: str) -> str:
    """An SVG document. ``marks`` are those of the scale, from zero up, as the language writes them."""
    slot = max(_NARROWEST, (_WIDTH - _LEFT - _RIGHT) // max(len(columns), 1))
    width = max(_WIDTH, _LEFT + slot * len(columns) + _RIGHT)
    upright = slot < 36  # where a year has fewer pixels, its label is turned
    foot = _TOP + _PLOT + (50 if upright else 44)
    middle = {column.year: _LEFT + slot * index + slot / 2 for index, column in enumerate(columns)}
    top = max(marks, default=0)
    note = frame.note if any(column.value is None and column.shown for column in columns) else ""
    drawn = [
        f'<text x="24" y="36" font-size="20" font-weight="600" fill="{_INK}">{text(shortened(frame.title, 70))}</text>',
        f'<text x="24" y="60" fill="{_SOFT}">{text(shortened(frame.subtitle, 105))}</text>',
        *(_mark(_height(value, top), width, shown) for value, shown in marks.items()),
        *(_column(column, middle[column.year], slot, top) for column in columns),
        *(_year(column.year, middle[column.year], upright) for column in columns),
        *(_number(column.reports, middle[column.year], foot) for column in columns),
        f'<text x="24" y="{foot}" font-size="12" fill="{_SOFT}">{text(shortened(frame.reports, 12))}</text>',
        f'<text x="24" y="{foot + 30}" font-size="12" fill="{_SOFT}">{text(note)}</text>',
    ]
    if not any(column.value is not None for column in columns):
        drawn.append(f'<text x="{_LEFT + 12}" y="{_TOP + _PLOT // 2}" fill="{_SOFT}">{text(frame.nothing)}</text>')
    spoken = ". ".join([frame.subtitle, *(column.told for column in columns), note]).removesuffix(". ")
    return picture(frame.title, spoken, language, (width, foot + 48), drawn)


def scale(greatest: float) -> list[int]:
    """Marks from zero to the first one not below ``greatest``, at most six, in steps of 1, 2 or 5 and their tens."""
    step = 1
    while step * 5 < greatest:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    count = -int(-greatest // step)
    return [step * number for number in range(count + 1)]


def _height(value: float, top: float) -> float:
    """The height on the page at which ``value`` is drawn."""
    return round(_TOP + _PLOT * (1 - value / (top or 1)), 1)


def _mark(y: float, width: int, shown: str) -> str:
    line = f'<line x1="{_LEFT}" y1="{y}" x2="{width - _RIGHT}" y2="{y}" stroke="{_GRID}"/>'
    label = f'<text x="{_LEFT - 10}" y="{y + 4}" text-anchor="end" font-size="12" fill="{_SOFT}">{text(shown)}</text>'
    return line + label


def _column(column: Column, middle: float, slot: int, top: float) -> str:
    wide = round(min(slot * 0.6, _WIDEST_COLUMN), 1)
    left = round(middle - wide / 2, 1)
    y = _height(column.value or 0, top)
    drawn = ""
    if column.value is not None and column.low is not None and column.high is not None:
        drawn = _box(left, wide, _height(column.high, top), _height(column.low, top), _PALE)
        drawn += f'<line x1="{left}" y1="{y}" x2="{left + wide}" y2="{y}" stroke="{_STRONG}" stroke-width="4"/>'
    elif column.value is not None:
        drawn = _box(left, wide, y, _height(0, top), _STRONG)
    if column.value is None or slot >= _FOR_NUMBERS:
        above = f'x="{middle}" y="{y - 7}" text-anchor="middle" font-size="11" fill="{_SOFT}"'
        drawn += f"<text {above}>{text(column.shown)}</text>"
    return f"<g><title>{text(column.told)}</title>{drawn}</g>"


def _box(left: float, wide: float, upper: float, lower: float, color: str) -> str:
    return f'<rect x="{left}" y="{upper}" width="{wide}" height="{max(round(lower - upper, 1), 1)}" fill="{color}"/>'


def _year(year: int, middle: float, upright: bool) -> str:
    y = _TOP + _PLOT + (33 if upright else 20)
    turn = f' transform="rotate(-90 {middle + 4} {y})"' if upright else ' text-anchor="middle"'
    return f'<text x="{middle + (4 if upright else 0)}" y="{y}" font-size="12" fill="{_INK}"{turn}>{year}</text>'


def _number(reports: int, middle: float, y: int) -> str:
    return f'<text x="{middle}" y="{y}" text-anchor="middle" font-size="11" fill="{_SOFT}">{reports}</text>'
