"""A bar chart as a small SVG: readable without colours, with its title and content in words for those who listen."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.svg import picture, shortened, text

WIDTH = 720
_ROW = 44
_TOP = 84
_LONGEST = 92
"""Characters of a label that fit on a line; the rest is in the bar's tooltip."""


@dataclass(frozen=True)
class Bar:
    """One bar: ``shown`` stands beside it, ``told`` is the whole sentence. ``value`` None: no number is shown."""

    label: str
    value: int | None
    shown: str
    told: str


def bar_chart(title: str, subtitle: str, note: str, bars: Sequence[Bar], language: str) -> str:
    """An SVG document. Everything that came from outside is escaped; there is no script, style or link in it."""
    greatest = max((bar.value or 0 for bar in bars), default=0) or 1
    bottom = _TOP + _ROW * len(bars)
    spoken = ". ".join([subtitle, *(f"{bar.label}: {bar.told}" for bar in bars), note])
    drawn = [
        f'<text x="24" y="36" font-size="20" font-weight="600" fill="#1d1d1f">{text(shortened(title, 64))}</text>',
        f'<text x="24" y="60" fill="#55555c">{text(shortened(subtitle, _LONGEST))}</text>',
        *(_row(bar, _TOP + _ROW * index, greatest) for index, bar in enumerate(bars)),
        f'<text x="24" y="{bottom + 20}" font-size="12" fill="#55555c">{text(shortened(note, 110))}</text>',
    ]
    return picture(title, spoken, language, (WIDTH, bottom + 40), drawn)


def _row(bar: Bar, y: int, greatest: int) -> str:
    length = round((WIDTH - 48 - 150) * (bar.value or 0) / greatest, 1)
    drawn = f'<rect x="24" y="{y + 20}" width="{max(length, 1)}" height="14" fill="#b5472f"/>' if bar.value else ""
    beside = 24 + (length + 8 if bar.value else 0)
    return (
        f"<g><title>{text(f'{bar.label}: {bar.told}')}</title>"
        f'<text x="24" y="{y + 14}" fill="#1d1d1f">{text(shortened(bar.label, _LONGEST))}</text>'
        f'{drawn}<text x="{beside}" y="{y + 32}" fill="#55555c">{text(bar.shown)}</text></g>'
    )
