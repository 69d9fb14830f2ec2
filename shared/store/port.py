"""What the kernel asks of a document database; `memory` and `mongo` answer it, one contract suite holds both.

Only single-document writes are atomic, and nothing else is needed: no sessions, transactions, change streams or
partial indexes. Documents are JSON-shaped (text, numbers, booleans, lists, objects, null); ``_id`` is text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = dict[str, Any]
Filter = Mapping[str, Any]
"""MongoDB's filter language, the subset that every engine answers alike: equality (an array matches by element,
``None`` also matches a missing field), ``$in $nin $ne $gt $gte $lt $lte $exists $regex``, ``$and $or``, dotted paths
through objects and arrays.

Operands are text, numbers, booleans and (equality, ``$ne``, ``$in``, ``$nin`` only) None; equality also takes a list of
them, which must then be the whole array or one element. Comparisons hold between values of the same kind only: text
is never less than a number. Several comparisons in one condition are for fields without arrays; on an array join them
with ``$and``, then each may be met by another element. What is missing (None, ``$exists`` False) is not asked beyond
an array. ``$regex`` is text without options, for fields that hold nothing but text; keep to what all engines read alike
(anchors, classes, ``.*``). What lies outside is refused in memory, so that no test relies on it.
"""

Order = Sequence[tuple[str, int]]
"""Fields to sort by, each with 1 (up) or -1 (down). Missing and None come first, then numbers, text, false, true.

Equals come in no particular order: end with ``_id`` where that matters. Fields that hold lists or objects cannot be
sorted by.
"""


class StoreUnavailable(Exception):
    """The database does not answer. The outcome of a write that was under way is unknown: look before you repeat."""


class StoreRefused(Exception):
    """The database answers, and will never do this: a fault of the program (a filter outside the subset, a document
    too large, a unique key that an aggregate's document breaks). Other writes of the same call may have taken place.

    The message names collection and reason, never a value of a document.
    """


@dataclass(frozen=True)
class Insert:
    """A new document. False when its ``_id`` or another unique key is taken."""

    document: Document

    @property
    def id(self) -> str:
        return str(self.document["_id"])


@dataclass(frozen=True)
class Swap:
    """Compare-and-set of an aggregate's document: written only while its version is still ``expected``.

    ``expected`` 0 creates the document. ``fields`` are top-level fields to set (``version`` among them, greater than
    ``expected``), ``outbox`` is appended to the pending events, ``recent`` to the ids of the latest commands, of which
    ``keep`` stay; both lists exist afterwards.
    False when somebody else was faster, and when there is no document although one was expected: nothing is written.
    A collection of aggregates has no unique index but ``_id``; breaking one raises `StoreRefused`.
    """

    id: str
    expected: int
    fields: Document
    outbox: Sequence[Document] = ()
    recent: Sequence[str] = ()
    keep: int = 50


@dataclass(frozen=True)
class Settle:
    """Takes every pending event with ``sequence`` up to ``through`` out of the document's outbox.

    Always True: nothing to take out, or no such document, is no failure.
    """

    id: str
    through: int


@dataclass(frozen=True)
class Advance:
    """Replaces a mirror's document, only by a newer version (creates it too). False: as new or newer is there.

    ``_id`` and ``version`` need not be in ``document``, they are set from here. Of concurrent ones the newest stays.
    """

    id: str
    version: int
    document: Document


@dataclass(frozen=True)
class Put:
    """Writes a document whatever stood there. False when another unique key of it is taken: nothing is written."""

    id: str
    document: Document


@dataclass(frozen=True)
class Remove:
    """Deletes a document of a view or a queue; True also when there was none. Never used on an aggregate."""

    id: str


Write = Insert | Swap | Settle | Advance | Put | Remove


@dataclass(frozen=True)
class Index:
    """An index on ``fields``; a unique one over several fields is unique by their combination.

    Missing counts as None; a ``sparse`` one (one field only) leaves out documents without the field, which is then
    never None. Fields of a unique index hold text, numbers, booleans or None. A plain index only makes faster; an
    engine may do without.
    """

    fields: Sequence[str]
    unique: bool = False
    sparse: bool = False


class Collection(Protocol):
    """One collection of the service's own database.

    Every method raises `StoreUnavailable` when the database is away and `StoreRefused` when it objects.
    """

    name: str

    async def get_many(self, ids: Sequence[str]) -> dict[str, Document]:
        """The documents with these ids; missing ones are left out. The caller owns what it gets."""
        ...

    async def find(
        self, where: Filter, *, sort: Order = (("_id", 1),), limit: int = 0, fields: Sequence[str] | None = None
    ) -> list[Document]:
        """The matching documents in order, at most ``limit`` (0: all), with ``fields`` (and ``_id``) only if given."""
        ...

    async def count(self, where: Filter) -> int:
        """How many documents match."""
        ...

    async def write(self, writes: Sequence[Write]) -> list[bool]:
        """Carries out ``writes``, in any order; says of each, by position, whether it took place.

        Each write is atomic by itself, the call is not. The same document at most once per call (else ValueError).
        One round trip for each of: inserts, removals, all the others; one more when an `Advance` or a `Put` finds its
        document already there.
        """
        ...

    async def drop(self) -> None:
        """Removes the collection with all its documents; indexes must be asked for again."""
        ...


class Store(Protocol):
    """A service's own database."""

    def collection(self, name: str) -> Collection:
        """The collection of this name, made at its first write."""
        ...

    async def ensure_indexes(self, wanted: Mapping[str, Sequence[Index]]) -> None:
        """Makes the indexes, by collection name, where they are missing.

        `StoreRefused` when documents already there break a unique one.
        """
        ...

    async def ping(self) -> None:
        """Raises `StoreUnavailable` when the database does not answer within two seconds."""
        ...

    async def close(self) -> None:
        """Gives its connections back."""
        ...


def distinct(writes: Sequence[Write]) -> None:
    """Raises ValueError when ``writes`` name a document twice. For the engines."""
    if len({write.id for write in writes}) != len(writes):
        raise ValueError("the same document twice in one call")
