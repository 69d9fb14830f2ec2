"""The search against the plainest possible one, and the store's answer against the second look."""

import asyncio
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.directory.views.search import Search, findable
from shared.events.directory.center import (
    CenterSnapshot,
    CenterStatus,
    Check,
    LocationVisibility,
    OfferedService,
    OfferStatus,
)
from shared.store.memory import MemoryStore
from shared.store.port import Put
from shared.taxonomy import SERVICES
from shared.text import findable_words, words

WORDS = ["Mütter", "Mutter", "muetter", "Mü", "m", "Praha", "pra", "Kurs", "Café", "kavárna", "l'", "Łódź", "9", "??"]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
CODES = ["open-cafe", "language-course", "festival"]


@st.composite
def snapshots(draw: st.DrawFn) -> CenterSnapshot:
    offers = draw(st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(OfferStatus)), max_size=2))
    return CenterSnapshot(
        name=draw(texts),
        names=draw(st.dictionaries(st.sampled_from(["cs", "de"]), texts, max_size=2)),
        kind="mother-center",
        country=draw(st.sampled_from(["CZ", "DE"])),
        town=draw(st.none() | texts),
        location_visibility=LocationVisibility.TOWN,
        languages=tuple(draw(st.lists(st.sampled_from(["cs", "de"]), min_size=1, max_size=2))),
        services=tuple(OfferedService(offer=f"s{n}", service=code, status=s) for n, (code, s) in enumerate(offers)),
        status=draw(st.sampled_from(CenterStatus)),
        check=draw(st.sampled_from(Check)),
        verified_on=date(2026, 3, 1),
    )


def rarely(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), values)


searches = st.builds(
    Search,
    text=st.none() | texts,
    country=rarely(st.sampled_from(["CZ", "DE"])),
    service=rarely(st.sampled_from(CODES)),
    language=rarely(st.sampled_from(["cs", "de"])),
    status=rarely(st.sampled_from(CenterStatus)),
    check=rarely(st.sampled_from(Check)),
)


def plainly(search: Search, center: CenterSnapshot) -> bool:
    """The rule, written down a second time without any thought of an index."""
    offered = [offer.service for offer in center.services if offer.status == "active"]
    labels = [label for kind in SERVICES.terms if kind.code in offered for label in kind.labels.values()]
    has = {
        word
        for text in (center.name, center.town or "", *center.names.values(), *labels)
        for word in findable_words(text)
    }
    if search.text is not None:
        asked = words(search.text)
        if not asked:
            return False
        for word in asked[:-1]:
            if word not in has:
                return False
        if asked[-1] not in has and (len(asked[-1]) < 2 or not any(word.startswith(asked[-1]) for word in has)):
            return False
    return (
        search.country in (None, center.country)
        and (search.service is None or search.service in offered)
        and (search.language is None or search.language in center.languages)
        and search.status in (None, center.status)
        and search.check in (None, center.check)
    )


@given(st.lists(snapshots(), max_size=8), st.lists(searches, min_size=1, max_size=8))
def test_the_store_the_second_look_and_plain_reading_find_the_same(
    centers: list[CenterSnapshot], wanted: list[Search]
) -> None:
    async def by_store() -> list[set[int]]:
        view = MemoryStore().collection("search")
        await view.write([Put(str(n), {"_id": str(n), **findable(center)}) for n, center in enumerate(centers)])
        return [{int(found["_id"]) for found in await view.find(search.filter())} for search in wanted]

    for search, found in zip(wanted, asyncio.run(by_store()), strict=True):
        assert found == {n for n, center in enumerate(centers) if search.matches(findable(center))}
        assert found == {n for n, center in enumerate(centers) if plainly(search, center)}
