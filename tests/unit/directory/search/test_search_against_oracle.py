"""Whatever is added, replaced, removed, merged, saved and loaded: the index answers as if it looked at every entry."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from services.directory.search import Entry, Index, Labels, OpenOn, Query, arrays, facets, hours, index, terms
from services.directory.search.segment import Part
from tests.unit.directory.search.oracle import Oracle

LABELS: dict[tuple[str, str], tuple[str, ...]] = {
    ("service", "open-cafe"): ("Offener Treff", "Café"),
    ("service", "course"): ("Kurs", "kurz"),
    ("country", "DE"): ("Deutschland", "Německo"),
}
WORDS = [
    "Mütterzentrum",
    "Mutterzentrum",
    "Mutter",
    "Café",
    "Kurs",
    "kavárna",
    "Łódź",
    "центр",
    "मातृ",
    "مَركز",
    "9",
    "Mü",
]
ASKED = [
    *WORDS,
    "muetterzentrum",
    "Muterzentrum",
    "metterzentrun",
    "Mutetr",
    "kavarne",
    "ka",
    "k",
    "deutchland",
    "мать",
    "l'",
    "??",
]
PLACES = [
    (48.14, 11.58),
    (48.15, 11.60),
    (50.08, 14.43),
    (-17.8, 179.99),
    (-17.8, -179.99),
    (89.95, 10.0),
    (90.0, -170.0),
    (0.0, 0.0),
]
DAY = date(2026, 3, 29).toordinal()  # clocks change in Europe
MOMENTS = [datetime(2026, 3, 29, hour, 10, tzinfo=UTC) for hour in (0, 1, 10, 22)] + [
    datetime(2026, 3, 30, 9, 0, tzinfo=UTC)
]
IDS = [f"c{n}" for n in range(8)]
NOON = sum(((1 << 16) - 1) << (day * 96 + 40) for day in range(7)).to_bytes(84, "little")
NIGHT = sum(((1 << 8) - 1) << (day * 96) for day in range(7)).to_bytes(84, "little")

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)


def some(*codes: str, most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(codes), max_size=most).map(tuple)


ENTRY_FACETS = st.fixed_dictionaries(
    {"country": some("DE", "CZ", most=1), "check": some("fresh", "due", "lapsed", most=1)},
    optional={"service": some("open-cafe", "course", "lunch"), "region": some("BY", "SN", most=1)},
)
entries = st.builds(
    Entry,
    id=st.sampled_from(IDS),
    version=st.integers(1, 3),
    names=st.lists(texts, min_size=1, max_size=2).map(tuple),
    words=st.lists(texts, max_size=1).map(tuple),
    facets=ENTRY_FACETS,
    ages=st.lists(st.sampled_from([(0, 3), (3, 6), (5, 99)]), max_size=2).map(tuple),
    hidden=st.booleans(),
    point=st.none() | st.sampled_from(PLACES),
    week=st.sampled_from([bytes(84), NOON, NIGHT]),
    zone=st.sampled_from(["Europe/Berlin", "Pacific/Fiji", "UTC"]),
    special=st.dictionaries(
        st.sampled_from([DAY, DAY + 1]), st.sampled_from([(), ((44, 48),), ((0, 8), (90, 96))]), max_size=1
    ),
)
batches = st.lists(entries, max_size=6)


def rarely(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), values)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    near = draw(rarely(st.sampled_from(PLACES)))
    return Query(
        text=draw(rarely(st.lists(st.sampled_from(ASKED), min_size=1, max_size=2).map(" ".join))),
        filters={facet: codes for facet, codes in draw(ENTRY_FACETS).items() if draw(st.booleans())},
        age=draw(rarely(st.sampled_from([2, 3, 50, 120]))),
        open_at=draw(rarely(st.sampled_from([*MOMENTS, OpenOn(0, 36, 41), OpenOn(6, 0, 1)]))),
        near=near,
        radius_m=draw(st.sampled_from([0, 3_000, 400_000, 9_000_000, 30_000_000])),
        order=draw(st.sampled_from(["relevance", "name", "distance"] if near else ["relevance", "name"])),
        limit=draw(st.integers(1, 4)),
    )


class AnyHistory(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patched = pytest.MonkeyPatch()
        self.index, self.oracle = Index(Labels(LABELS)), Oracle(LABELS)

    @initialize(
        small=st.sampled_from([0, 256, 4096]),
        many=st.sampled_from([1, 1000]),
        at_once=st.sampled_from([0, 3, 64]),
    )
    def as_large_indexes_do(self, small: int, many: int, at_once: int) -> None:
        """Whatever large indexes do otherwise than small ones is done here too."""
        for module, name, value in (
            (terms, "_SMALL", small), (facets, "_MANY", many), (index, "_MERGED_AT_ONCE", at_once),
            (arrays, "_BLOCK", 2), (hours, "_AT_ONCE", 50),
        ):  # fmt: skip
            self.patched.setattr(module, name, value)

    def teardown(self) -> None:
        self.patched.undo()

    @rule(batch=batches)
    def update(self, batch: list[Entry]) -> None:
        self.index.update(batch)
        self.oracle.update(batch)

    @rule(ids=st.lists(st.sampled_from(IDS), max_size=3))
    def remove(self, ids: list[str]) -> None:
        self.index.remove(ids)
        self.oracle.remove(ids)

    @rule()
    def merge(self) -> None:
        self.index.merge()

    @rule(batch=batches, ids=st.lists(st.sampled_from(IDS), max_size=3))
    def update_and_remove_during_a_save(self, batch: list[Entry], ids: list[str]) -> None:
        """And the file is what was true when the save began."""
        before = Oracle(LABELS, dict(self.oracle.entries))

        def meanwhile() -> None:
            self.update(batch)
            self.remove(ids)

        with tempfile.TemporaryDirectory() as home, during_a_merge(meanwhile):
            self.index.save(Path(home) / "index", {})
            saved = Index(Labels(LABELS))
            saved.load(Path(home) / "index")
        assert set(page_through(saved, Query(order="name"))[0]) == set(before.entries)

    @rule()
    def save_and_load(self) -> None:
        with tempfile.TemporaryDirectory() as home:
            self.index.save(Path(home) / "index", {"seen": 7})
            self.index = Index(Labels(LABELS))
            assert self.index.load(Path(home) / "index") == {"seen": 7}

    @rule(query=queries())
    def search(self, query: Query) -> None:
        ids, far, counts = page_through(self.index, query)
        expected, distances, facets_ = self.oracle.search(query)
        assert ids == expected
        assert far == distances
        assert counts == facets_
        assert len(self.index) == len(self.oracle.entries)
        assert self.index.versions(IDS) == {id: entry.version for id, entry in self.oracle.entries.items()}


class during_a_merge:  # noqa: N801
    """Does something in the middle of the next merge, as another thread would."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.patched, self.act = pytest.MonkeyPatch(), act

    def __enter__(self) -> None:
        merged = Part.merged

        def interrupted(one: Part, two: Part) -> Part:
            self.patched.undo()
            self.act()
            return merged(one, two)

        self.patched.setattr(Part, "merged", interrupted)

    def __exit__(self, *_: object) -> None:
        self.patched.undo()


def page_through(index: Index, query: Query) -> tuple[list[str], list[int], dict[str, dict[str, int]]]:
    """All pages together; total and facets are the same on each."""
    page = first = index.search(query)
    ids, far = [*page.ids], [*page.distances]
    while page.cursor:
        assert len(page.ids) == query.limit
        page = index.search(replace(query, cursor=page.cursor))
        ids += page.ids
        far += page.distances
        assert (page.total, page.facets) == (first.total, first.facets)
    assert first.total == len(ids)
    return ids, far, first.facets


AnyHistory.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, suppress_health_check=[HealthCheck.too_slow]
)
TestAnyHistory = AnyHistory.TestCase
