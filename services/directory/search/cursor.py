"""Where a page ends, as a short text for the client to come back with."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from services.directory.search.entry import Query
from services.directory.search.hours import OpenOn
from shared.text import words

_ORDER = 1
"""To be raised when the meaning of a `Place` changes: then old cursors are refused."""


class ForeignCursor(ValueError):
    """The cursor is no cursor, or one of another query or of an older order."""


class Place(NamedTuple):
    """A place in the order of a query. What is added or removed elsewhere does not move it."""

    rank: int
    """The distance in millimetres, or whether words were found outside the name, or 0 in the order of names."""
    key: bytes
    """As in `Segment.keys`, without the trust in the order of names."""


def place_of(query: Query) -> Place:
    """After which place the query wants to read on; the first page comes after nothing. `ForeignCursor`."""
    if query.cursor is None:
        return Place(0, b"")
    try:
        mark, rank, key = urlsafe_b64decode(query.cursor).split(b" ", 2)
        place = Place(int(rank), key)
    except ValueError:
        raise ForeignCursor("this is no cursor") from None
    if mark != _mark(query) or not -1 < place.rank < 1 << 35:
        raise ForeignCursor("this cursor belongs to another query")
    return place


def cursor_at(place: Place, query: Query) -> str:
    """The cursor for reading on after this place."""
    return urlsafe_b64encode(b"%s %d %s" % (_mark(query), *place)).decode()


def _mark(query: Query) -> bytes:
    """Tells queries apart. "Open now" is one query at whatever time; the size of a page is no part of it."""
    text = None if query.text is None else words(query.text)
    filters = sorted((facet, sorted(codes)) for facet, codes in query.filters.items())
    when = query.open_at if isinstance(query.open_at, OpenOn) or query.open_at is None else "now"
    near = query.near and (query.near, query.radius_m)
    about = repr((_ORDER, text, filters, query.age, when, near, query.order))
    return hashlib.blake2b(about.encode(), digest_size=6).hexdigest().encode()
