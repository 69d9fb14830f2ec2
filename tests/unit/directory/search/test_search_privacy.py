"""What a center hides cannot be found out by searching, nor in the file."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from services.directory.search import Entry, Index, Query

EXACT = Entry(
    id="c1",
    version=1,
    names=("Haus der Frauen",),
    words=("Kleinkleckersdorf", "Oberlausitz"),
    facets={"country": ("DE",), "region": ("DE-SN",), "check": ("fresh",), "service": ("counselling",)},
    point=(51.123456, 14.654321),
)
HIDDEN = Entry(
    id="c1", version=2, names=("Haus der Frauen",), hidden=True, facets={"country": ("DE",), "check": ("fresh",)}
)
PRAHA = Entry(id="o", version=1, names=("Other",), words=("Praha",), facets={"country": ("CZ",)}, point=(50.0, 14.0))
OTHERS = [replace(PRAHA, id=f"o{n}", names=(f"Other {n}",)) for n in range(200)]
TRACES = {
    "the town": b"kleinkleckersdorf",
    "the region's name": b"oberlausitz",
    "the region's code": b"DE-SN",
    "what it did there": b"counselling",
    "the latitude": struct.pack("<d", 51.123456),
    "the longitude": struct.pack("<d", 14.654321),
}
WAYS = {
    "its town": Query(text="kleinkleckersdorf"),
    "its mistyped town": Query(text="kleinkleckersdrof"),
    "its region": Query(filters={"region": ("DE-SN",)}),
    "its distance": Query(near=(51.12, 14.65), radius_m=30_000_000),
}


@pytest.fixture(params=["at once", "merged", "loaded"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Index:
    """With the center shown exactly: in a small part, in a large one, or in one mapped from a file."""
    index = Index()
    index.update([*OTHERS, EXACT])
    if request.param != "at once":
        index.merge()
    if request.param == "loaded":
        index.save(tmp_path / "index", {})
        index = Index()
        index.load(tmp_path / "index")
    return index


def test_the_traces_are_there_while_it_is_shown(index, tmp_path):
    index.save(tmp_path / "index", {})
    everything = (tmp_path / "index").read_bytes()
    assert [name for name, trace in TRACES.items() if trace not in everything] == []
    assert [way for way, query in WAYS.items() if "c1" not in page(index, query)] == []


def test_who_goes_into_hiding_is_found_by_no_place_from_that_moment_on(index):
    index.update([HIDDEN])
    assert [way for way, query in WAYS.items() if "c1" in page(index, query)] == []
    assert "DE-SN" not in index.search(Query()).facets.get("region", {})


def test_and_is_still_found_by_name_and_by_country_at_most(index):
    index.update([HIDDEN])
    assert page(index, Query(text="haus der frauen")) == ["c1"]
    by_country = index.search(Query(filters={"country": ("DE",)}))
    assert (by_country.ids, by_country.facets["country"]) == (("c1",), {"DE": 1})


def test_the_file_holds_nothing_of_it_any_more(index, tmp_path):
    index.update([HIDDEN])
    index.save(tmp_path / "index", {})
    everything = (tmp_path / "index").read_bytes()
    assert [name for name, trace in TRACES.items() if trace in everything] == []
    assert b"haus der frauen" in everything


def test_who_is_removed_leaves_nothing_in_the_file(index, tmp_path):
    index.remove(["c1"])
    index.save(tmp_path / "index", {})
    everything = (tmp_path / "index").read_bytes()
    assert [name for name, trace in TRACES.items() if trace in everything] == []
    assert b"frauen" not in everything


def test_a_place_that_is_given_with_a_hidden_center_by_mistake_is_dropped(index):
    index.update([replace(EXACT, version=2, hidden=True)])
    assert [way for way, query in WAYS.items() if "c1" in page(index, query)] == []
    assert page(index, Query(filters={"service": ("counselling",)})) == ["c1"]


def page(index: Index, query: Query) -> list[str]:
    return list(index.search(replace(query, limit=1000)).ids)
