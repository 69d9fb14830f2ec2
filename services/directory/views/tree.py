"""The family tree as a picture: generations from left to right, the cause on every link, closed centers grey.

A small SVG without script, style or link, the same for the same family. Names in any script keep their own direction;
who cannot see it finds a list with a sentence for every center.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from services.directory.views.lineage import Relative
from shared.events.directory.center import CenterStatus
from shared.events.directory.lineage import Cause, Origin

_ROW, _COLUMN, _LEFT, _TOP = 46, 376, 28, 132
_LABEL = 240
"""Pixels from a center's dot to the end of its name; from there to the next column its links branch off."""
_LONGEST = 29
"""Letters of a name that fit there."""
_BETWEEN_TREES = 20
_CORNER = 10.0
_INK, _SOFT, _CLOSED, _LINE, _PAPER = "#1d1d1f", "#55555c", "#6e6e73", "#c4c4ca", "#ffffff"
_COLOR = {Cause.VISIT: "#b5472f", Cause.MENTOR: "#1f6f78", Cause.INSPIRATION: "#6b5b95"}
_DASHES = {Cause.VISIT: "", Cause.MENTOR: ' stroke-dasharray="9 4"', Cause.INSPIRATION: ' stroke-dasharray="2 4"'}

_UNWRITABLE = re.compile("[\\x00-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Family tree of the Mother Centers",
        "counted": "Centers: {centers}. Generations: {generations}. Beginnings: {trees}.",
        "nothing": "It is not known yet of any center which one it came from.",
        "visit": "visit",
        "mentor": "mentoring",
        "inspiration": "example",
        "closed": "closed",
        "founded": "founded {year}",
        "came": "came from {parent} ({cause})",
        "root": "a beginning of its own",
        "accompanied": "accompanied by {mentor}",
    },
    "de": {
        "title": "Stammbaum der Mütterzentren",
        "counted": "Zentren: {centers}. Generationen: {generations}. Anfänge: {trees}.",
        "nothing": "Noch ist von keinem Zentrum bekannt, aus welchem es hervorging.",
        "visit": "Besuch",
        "mentor": "Begleitung",
        "inspiration": "Vorbild",
        "closed": "geschlossen",
        "founded": "gegründet {year}",
        "came": "hervorgegangen aus {parent} ({cause})",
        "root": "ein eigener Anfang",
        "accompanied": "begleitet von {mentor}",
    },
    "cs": {
        "title": "Rodokmen mateřských center",
        "counted": "Centra: {centers}. Generace: {generations}. Počátky: {trees}.",
        "nothing": "Zatím se o žádném centru neví, ze kterého vzešlo.",
        "visit": "návštěva",
        "mentor": "provázení",
        "inspiration": "vzor",
        "closed": "zavřeno",
        "founded": "založeno {year}",
        "came": "vzešlo z centra {parent} ({cause})",
        "root": "vlastní počátek",
        "accompanied": "provázelo centrum {mentor}",
    },
}


def family_tree(members: Sequence[Relative], language: str) -> str:
    """The picture of `family`, in one of the languages of `WORDS`."""
    words = WORDS[language]
    places = _places(members)
    generations = max((member.generation for member in members), default=-1) + 1
    width = max(760, _LEFT + _COLUMN * (generations - 1) + _LABEL + 40)
    height = round(max((y for _, y in places.values()), default=_TOP)) + 48
    trees = sum(member.generation == 0 for member in members)
    counted = words["counted"].format(centers=len(members), generations=generations, trees=trees)
    told = counted if members else words["nothing"]
    names = {member.id: member.name for member in members}
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
        f' role="graphics-document" aria-labelledby="tree-title tree-desc" xml:lang={quoteattr(language)}',
        ' font-family="system-ui, sans-serif" font-size="14">',
        f'<title id="tree-title">{_text(words["title"])}</title>',
        f'<desc id="tree-desc">{_text(told)}</desc>',
        f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>',
        f'<text x="{_LEFT}" y="36" font-size="20" font-weight="600" fill="{_INK}">{_text(words["title"])}</text>',
        f'<text x="{_LEFT}" y="58" fill="{_SOFT}">{_text(told)}</text>',
        *(_legend(words) if members else ()),
        *(_branches(members, places)),
        '<g role="list">',
        *(_center(member, places[member.id], names, words) for member in members),
        "</g>",
        "</svg>",
        "",
    ])  # fmt: skip


def _places(members: Sequence[Relative]) -> dict[str, tuple[int, float]]:
    """Where each center's dot is. Those without offspring take a row each; the others stand amid their own.

    ``members`` are in the order of a walk through the trees, so read backwards every center comes after its offspring.
    """
    shown = {member.id for member in members}
    parents = {m.origin.came_from for m in members if m.origin and m.origin.came_from in shown}
    rows: dict[str, float] = {}
    next_row = _TOP - _BETWEEN_TREES
    for member in members:
        if member.generation == 0:
            next_row += _BETWEEN_TREES
        if member.id not in parents:
            rows[member.id] = next_row
            next_row += _ROW
    reach: dict[str, tuple[float, float]] = {}
    for member in reversed(members):
        if member.id in reach:
            first, last = reach[member.id]
            rows[member.id] = (first + last) / 2
        if member.generation and member.origin:
            row = rows[member.id]
            first, last = reach.get(member.origin.came_from, (row, row))
            reach[member.origin.came_from] = (min(first, row), max(last, row))
    return {member.id: (_LEFT + _COLUMN * member.generation, rows[member.id]) for member in members}


def _branches(members: Sequence[Relative], places: Mapping[str, tuple[int, float]]) -> list[str]:
    """From each name with offspring a line to a trunk, grey; from the trunk a branch to each of them, by its cause."""
    branches: list[str] = []
    rows: dict[str, list[float]] = {}
    for member in members:
        if member.generation and member.origin:
            x, y = places[member.id]
            from_x, from_y = places[member.origin.came_from]
            rows.setdefault(member.origin.came_from, []).append(y)
            branches.append(_branch(_trunk(from_x), from_y, x - 8, y, member.origin.cause))
    trunks = []
    for parent, ends in rows.items():
        x, y = places[parent]
        up, down = _trunk_end(y, min(ends)), _trunk_end(y, max(ends))
        trunks.append(f'<path d="M{x + 8} {y:g}H{_trunk(x)}M{_trunk(x)} {up:g}V{down:g}" stroke="{_LINE}"/>')
    return ['<g fill="none" stroke-width="1.6" aria-hidden="true">', *trunks, *branches, "</g>"]


def _trunk(x: int) -> int:
    return x + _LABEL + 12


def _trunk_end(y: float, to_y: float) -> float:
    """Where the trunk at ``y`` gives way to the rounded corner of a branch at ``to_y``."""
    corner = min(_CORNER, abs(to_y - y))
    return to_y - corner if to_y > y else to_y + corner


def _branch(x: int, y: float, to_x: int, to_y: float, cause: Cause) -> str:
    """Around a small corner from the trunk at ``x``, and on to the center."""
    begin = _trunk_end(y, to_y)
    path = f"M{x} {begin:g}Q{x} {to_y:g} {x + abs(to_y - begin):g} {to_y:g}H{to_x}"
    return f'<path d="{path}" stroke="{_COLOR[cause]}"{_DASHES[cause]}/>'


def _center(
    member: Relative, place: tuple[int, float], names: Mapping[str, str], words: Mapping[str, str]
) -> str:  # fmt: skip
    x, y = place
    closed = member.status is CenterStatus.CLOSED
    ink, soft = (_CLOSED, _CLOSED) if closed else (_INK, _SOFT)
    origin = member.origin if member.generation else None
    color = _CLOSED if closed else _COLOR[origin.cause] if origin else _INK
    dot = f'<circle cx="{x}" cy="{y:g}" r="{5 if origin else 7}" stroke="{color}" stroke-width="2"'
    parts = [
        '<g role="listitem">',
        f"<title>{_text(_sentence(member, names, words))}</title>",
        f'{dot} fill="{_PAPER if closed else color}"/>',
        f'<text x="{x + 13}" y="{y - 6:g}" font-weight="600" fill="{ink}">{_name(member)}</text>',
        f'<text x="{x + 13}" y="{y + 15:g}" font-size="12" fill="{soft}">{_text(_details(member, words))}</text>',
    ]
    if origin:
        parts.append(
            f'<text x="{x - 13}" y="{y - 6:g}" text-anchor="end" font-size="11" fill="{_COLOR[origin.cause]}">'
            f"{_text(_cause(origin, words))}</text>"
        )
    return "".join([*parts, "</g>"])


def _legend(words: Mapping[str, str]) -> list[str]:
    drawn = []
    for index, cause in enumerate(Cause):
        x = _LEFT + 150 * index
        drawn.append(
            f'<path d="M{x} 78H{x + 34}" stroke="{_COLOR[cause]}" stroke-width="1.6"{_DASHES[cause]}/>'
            f'<text x="{x + 42}" y="82" font-size="12" fill="{_SOFT}">{_text(words[cause.value])}</text>'
        )
    x = _LEFT + 150 * len(Cause)
    drawn.append(
        f'<circle cx="{x + 6}" cy="78" r="5" stroke="{_CLOSED}" stroke-width="2" fill="{_PAPER}"/>'
        f'<text x="{x + 20}" y="82" font-size="12" fill="{_SOFT}">{_text(words["closed"])}</text>'
    )
    return ['<g aria-hidden="true">', *drawn, "</g>"]


def _sentence(member: Relative, names: Mapping[str, str], words: Mapping[str, str]) -> str:
    """All that the picture shows of a center, in words."""
    told = [f"{member.name}, {_where(member)}"]
    if member.founded:
        told.append(words["founded"].format(year=member.founded))
    origin = member.origin if member.generation else None
    if origin:
        told.append(words["came"].format(parent=names[origin.came_from], cause=_cause(origin, words)))
        if origin.mentor and origin.mentor in names and origin.mentor != origin.came_from:
            told.append(words["accompanied"].format(mentor=names[origin.mentor]))
    elif not member.origin:
        told.append(words["root"])
    if member.status is CenterStatus.CLOSED:
        told.append(words["closed"])
    return "; ".join(told)


def _name(member: Relative) -> str:
    return _text(_isolated(_short(member.name)))


def _details(member: Relative, words: Mapping[str, str]) -> str:
    closed = words["closed"] if member.status is CenterStatus.CLOSED else None
    year = str(member.founded) if member.founded else None
    return " · ".join(part for part in (_isolated(_short(_where(member))), year, closed) if part)


def _where(member: Relative) -> str:
    return f"{member.town}, {member.country}" if member.town else member.country


def _cause(origin: Origin, words: Mapping[str, str]) -> str:
    return f"{words[origin.cause.value]} {origin.year}" if origin.year else words[origin.cause.value]


def _short(text: str) -> str:
    """As much of ``text`` as fits: wide letters count twice, marks above and below them not at all."""
    if text.isascii() and len(text) <= _LONGEST:
        return text
    room = _LONGEST
    for index, character in enumerate(text):
        if unicodedata.category(character) not in ("Mn", "Me", "Cf"):
            room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return text[:index].rstrip() + "…"
    return text


def _isolated(text: str) -> str:
    """Kept in its own writing direction, whatever stands beside it."""
    return f"\u2068{text}\u2069"


def _text(text: str) -> str:
    """Escaped, and without the control characters that XML has no way to write."""
    return escape(_UNWRITABLE.sub("", text))
