"""Pictures as small SVG documents: no script, style or link in them, and all they show also in words."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

_UNWRITABLE = re.compile("[^\\t\\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def picture(title: str, spoken: str, language: str, size: tuple[int, int], drawn: Sequence[str]) -> str:
    """An SVG document on white, ``size`` pixels wide and high; ``spoken`` tells its content to who cannot see it.

    ``drawn`` are its elements; whatever came from outside must have gone through `text`.
    """
    width, height = size
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
        f' role="img" aria-labelledby="chart-title chart-desc" xml:lang={quoteattr(language)}',
        ' font-family="system-ui, sans-serif" font-size="14">',
        f'<title id="chart-title">{text(title)}</title>',
        f'<desc id="chart-desc">{text(spoken)}</desc>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *drawn,
        "</svg>",
        "",
    ])  # fmt: skip


def shortened(words: str, most: int) -> str:
    """``words`` in at most so many characters."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def text(words: str) -> str:
    """Escaped, and without the characters that XML has no way to write."""
    return escape(_UNWRITABLE.sub("", words))
