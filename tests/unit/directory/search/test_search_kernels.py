"""The compiled loops against plain Python that says the same."""

import math
import os
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.directory.search import bits, kernels
from services.directory.search.arrays import Bits
from services.directory.search.places import Places

SIZE = 200
sets = st.sets(st.integers(0, SIZE - 1))


def packed(docs: set[int]) -> Bits:
    return bits.of(np.array(sorted(docs, reverse=True), np.int64), SIZE)


@given(sets)
def test_a_set_of_documents_keeps_what_is_put_into_it(docs):
    found = packed(docs)
    assert bits.docs(found).tolist() == sorted(docs)
    assert bits.count(found) == len(docs)
    assert bits.has(found, np.arange(SIZE, dtype=np.uint32)).tolist() == [doc in docs for doc in range(SIZE)]
    flags = np.array([doc in docs for doc in range(SIZE)])
    assert bits.pack(flags).tolist() == found.tolist()
    assert bits.unpack(found, SIZE).tolist() == flags.tolist()
    assert bits.docs(bits.full(SIZE) & ~found).tolist() == sorted(set(range(SIZE)) - docs)


@given(sets, st.integers(0, SIZE), st.integers(0, 8))
def test_the_first_documents_from_a_place_on(docs, start, most):
    assert kernels.first(packed(docs), start, most).tolist() == sorted(doc for doc in docs if doc >= start)[:most]


@given(st.lists(sets, max_size=4), sets)
def test_unions_and_what_rows_and_lists_have_in_common_with_a_set(several, docs):
    rows = np.array([packed(each) for each in several], np.uint64).reshape(len(several), bits.words_for(SIZE))
    common, overlaps = np.zeros(len(several), np.int64), np.zeros(len(several), np.int64)
    kernels.common(packed(docs), rows, common)
    starts = np.cumsum([0, *map(len, several)])
    lists = np.array([doc for each in several for doc in each], np.uint32)
    kernels.overlaps(packed(docs), starts, lists, overlaps)
    assert common.tolist() == overlaps.tolist() == [len(each & docs) for each in several]
    assert bits.union([*rows.copy()], SIZE).tolist() == packed(set().union(*several)).tolist()


@given(st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=12), sets)
def test_the_codes_of_a_sets_documents_are_counted(few, docs):
    codes = [few[doc % len(few)] for doc in range(SIZE)]
    counts = np.zeros(6, np.int64)
    starts = np.cumsum([0, *map(len, codes)])
    kernels.tally(packed(docs), starts, np.array([code for each in codes for code in each], np.uint32), counts)
    assert counts.tolist() == [sum(codes[doc].count(code) for doc in docs) for code in range(6)]


points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def by_haversine(one: tuple[float, float], other: tuple[float, float]) -> float:
    (a, b), (c, d) = (tuple(map(math.radians, point)) for point in (one, other))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * kernels.EARTH_MM * math.asin(min(math.sqrt(h), 1))


@given(st.lists(points, min_size=1, max_size=20), points, st.floats(0, 7.4), sets)
def test_who_is_near_anywhere_on_earth_also_at_the_poles_and_the_date_line(shown, center, power, docs):
    radius_mm = round(10**power * 1000)
    there = {doc for doc in docs if doc < len(shown)}
    found, far = Places.of(shown).near(center, radius_mm, packed(there))
    far_of = dict(zip(found.tolist(), far.tolist(), strict=True))
    assert len(far_of) == len(found), "nobody twice"
    for doc in there:
        exact = by_haversine(shown[doc], center)
        if abs(exact - radius_mm) > 1000:  # both ways of reckoning lose a little at the far side of the earth
            assert (doc in far_of) == (exact <= radius_mm)
        if doc in far_of:
            assert abs(far_of[doc] - exact) < 1000
    assert set(far_of) <= there


def test_without_a_place_for_what_is_compiled_it_is_compiled_at_every_start():
    program = (
        "from numba.core import caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from services.directory.search import kernels\n"
        "import numpy\n"
        "assert kernels.count(numpy.full(2, 3, numpy.uint64)) == 4"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": ""}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=os.getcwd())
