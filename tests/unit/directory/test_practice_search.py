"""Finding practices: the store's answer against the second look, and against the plainest possible reading."""

import asyncio
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.directory.views.practices import Wanted, findable
from shared.events.directory.practice import PracticeKind, PracticeSnapshot, PracticeStatus
from shared.store.memory import MemoryStore
from shared.store.port import Put
from shared.taxonomy import TOPICS
from shared.text import findable_words, words

texts = st.lists(st.sampled_from(["Väter", "vater", "kochen", "Café", "Łódź", "v", "??", ".*"]), min_size=1, max_size=3)
TOPIC_CODES = ["father-involvement", "founding-a-center"]


@st.composite
def snapshots(draw: st.DrawFn) -> PracticeSnapshot:
    published = draw(st.booleans())
    titles = st.dictionaries(st.sampled_from(["cs", "de"]), texts.map(" ".join), min_size=1)
    return PracticeSnapshot(
        center=draw(st.sampled_from(["praha", "wien"])),
        kind=draw(st.sampled_from(PracticeKind)),
        status=PracticeStatus.PUBLISHED if published else PracticeStatus.DRAFT,
        titles=draw(titles) if published else {},
        topics=tuple(draw(st.lists(st.sampled_from(TOPIC_CODES), min_size=1, unique=True))) if published else (),
        published_on=date(2026, 3, 1) if published else None,
    )


searches = st.builds(
    Wanted,
    text=st.none() | texts.map(" ".join),
    topic=st.none() | st.sampled_from(TOPIC_CODES),
    language=st.none() | st.sampled_from(["cs", "de"]),
    center=st.none() | st.sampled_from(["praha", "wien"]),
    kind=st.none() | st.sampled_from(PracticeKind),
)


def plainly(search: Wanted, practice: PracticeSnapshot) -> bool:
    """The rule, written down a second time."""
    labels = [label for code in practice.topics for label in TOPICS.known(code).labels.values()]
    has = {word for text in (*practice.titles.values(), *labels) for word in findable_words(text)}
    asked = None if search.text is None else words(search.text)
    return (
        practice.status is PracticeStatus.PUBLISHED
        and (asked is None or (asked != [] and all(any(word.startswith(each) for word in has) for each in asked)))
        and (search.topic is None or search.topic in practice.topics)
        and (search.language is None or search.language in practice.titles)
        and search.center in (None, practice.center)
        and search.kind in (None, practice.kind)
    )


@given(st.lists(snapshots(), max_size=6), st.lists(searches, min_size=1, max_size=6))
def test_the_store_the_second_look_and_plain_reading_find_the_same(
    practices: list[PracticeSnapshot], wanted: list[Wanted]
) -> None:
    async def by_store() -> list[set[int]]:
        view = MemoryStore().collection("practice-search")
        await view.write([Put(str(n), {"_id": str(n), **findable(each)}) for n, each in enumerate(practices)])
        return [{int(found["_id"]) for found in await view.find(search.filter())} for search in wanted]

    for search, found in zip(wanted, asyncio.run(by_store()), strict=True):
        assert found == {n for n, each in enumerate(practices) if search.matches(findable(each))}
        assert found == {n for n, each in enumerate(practices) if plainly(search, each)}
