"""Reading: versions that spare an answer, pages that lose nothing and repeat nothing."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import Request, Response

from shared.http.problems import Problem
from shared.http.reading import ETagSetter, Paging, part_of
from tests.unit.http.conftest import built
from tests.unit.http.test_commands import problem

pytestmark = pytest.mark.asyncio


async def test_a_client_that_has_the_version_gets_304(center: httpx.AsyncClient) -> None:
    bench = await built(center)
    tag = (await center.get(f"/benches/{bench}")).headers["ETag"]
    for known in (tag, f'"0", {tag}', f"W/{tag}", "*"):
        answer = await center.get(f"/benches/{bench}", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    await center.post(f"/benches/{bench}/widening", json={"by": 1}, headers={"Idempotency-Key": "k"})
    assert (await center.get(f"/benches/{bench}", headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize("known", ["", "x", '"', ",,,", '"1', "W/"])
async def test_an_odd_if_none_match_matches_nothing(center: httpx.AsyncClient, known: str) -> None:
    bench = await built(center)
    assert (await center.get(f"/benches/{bench}", headers={"If-None-Match": known})).status_code == 200


async def test_a_list_has_a_tag_too(center: httpx.AsyncClient) -> None:
    await built(center, "a")
    tag = (await center.get("/benches")).headers["ETag"]
    assert (await center.get("/benches", headers={"If-None-Match": tag})).status_code == 304
    await built(center, "b")
    assert (await center.get("/benches", headers={"If-None-Match": tag})).status_code == 200


async def pages(client: httpx.AsyncClient, url: str) -> list[list[dict[str, Any]]]:
    """All pages, by following ``Link``."""
    found = []
    next_url: str | None = url
    while next_url:
        answer = await client.get(next_url)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        next_url = answer.links["next"]["url"] if "next" in answer.links else None
        assert (next_url is None) == (answer.json()["next"] is None)
    return found


@pytest.mark.parametrize("order", ["up", "down"])
async def test_pages_together_are_the_list_also_with_equal_and_missing_values(
    center: httpx.AsyncClient, order: str
) -> None:
    ranks = [3, 1, None, 2, 2, None, 1, 3, None]
    for index, rank in enumerate(ranks):
        await built(center, f"k{index}", rank=rank)
    whole = (await center.get(f"/benches?order={order}")).json()["items"]
    assert len(whole) == len(ranks)
    down = -1 if order == "down" else 1
    assert [item["rank"] for item in whole] == sorted(ranks, key=lambda rank: down * (rank or 0))
    for limit in (1, 2, 4, 9):
        parts = await pages(center, f"/benches?order={order}&limit={limit}")
        assert [item for part in parts for item in part] == whole
        assert {len(part) for part in parts[:-1]} <= {limit}


async def test_what_comes_in_between_shifts_nothing(center: httpx.AsyncClient) -> None:
    for index in range(4):
        await built(center, f"k{index}", rank=10 * index)
    first = await center.get("/benches?limit=2")
    await built(center, "early", rank=-5)
    second = await center.get(first.links["next"]["url"])
    assert [item["rank"] for item in second.json()["items"]] == [20, 30]


async def test_the_link_keeps_filter_and_limit(center: httpx.AsyncClient) -> None:
    for index in range(3):
        await built(center, f"k{index}", place="m & n")
    answer = await center.get("/benches", params={"place": "m & n", "limit": "2"})
    query = parse_qs(urlsplit(answer.links["next"]["url"]).query)
    assert query == {"place": ["m & n"], "limit": ["2"], "cursor": [answer.json()["next"]]}


async def test_a_cursor_belongs_to_its_filter_and_order(center: httpx.AsyncClient) -> None:
    await built(center, "a")
    await built(center, "b")
    cursor = (await center.get("/benches?limit=1")).json()["next"]
    for other in ("place=gate", "order=down"):
        assert problem(await center.get(f"/benches?{other}&cursor={cursor}")) == (400, "cursor-malformed")


def forged(cursor: str, *values: Any) -> str:
    digest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[0]
    return base64.urlsafe_b64encode(json.dumps([digest, *values]).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "values",
    [
        [{"$ne": 1}, "x"],
        [["x"], "x"],
        [1],
        [1, "x", "y"],
        [10**30, "x"],
        [float("nan"), "x"],
        [float("inf"), "x"],
        ["\ud800", "x"],
    ],
)
async def test_a_forged_cursor_reaches_no_database(center: httpx.AsyncClient, values: list[Any]) -> None:
    await built(center, "a")
    await built(center, "b")
    cursor = (await center.get("/benches?limit=1")).json()["next"]
    assert (await center.get("/benches", params={"cursor": forged(cursor, 1, "x")})).status_code == 200
    assert problem(await center.get("/benches", params={"cursor": forged(cursor, *values)})) == (
        400,
        "cursor-malformed",
    )


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "bnVsbA", "W10", "🙂", "[" * 1500, "W" * 1999])
async def test_an_odd_cursor_is_a_400(center: httpx.AsyncClient, cursor: str) -> None:
    assert problem(await center.get("/benches", params={"cursor": cursor})) == (400, "cursor-malformed")


# ---- lists in memory


def asked(cursor: str | None = None, limit: int = 2) -> Paging:
    return Paging(Request({"type": "http", "headers": []}), Response(), ETagSetter(Response(), None), cursor, limit)


def by_word(word: str) -> tuple[str, int]:
    return word, len(word)


async def test_the_parts_of_a_list_in_memory_are_the_list_whatever_comes_in_between() -> None:
    words = ["ab", "cd", "ef", "gh", "ij"]
    first, cursor = part_of(words, by_word, "words", asked())
    words = ["aa", "ab", "ef", "fg", "gh", "ij"]  # one came, one went, one came
    second, cursor = part_of(words, by_word, "words", asked(cursor))
    third, cursor = part_of(words, by_word, "words", asked(cursor))
    assert (first, second, third, cursor) == (["ab", "cd"], ["ef", "fg"], ["gh", "ij"], None)
    assert part_of([], by_word, "words", asked()) == ([], None)


@pytest.mark.parametrize("values", [[1, "x"], [None, 1], [["ab"], 1], [{"$gt": ""}, 1], [True, 1]])
async def test_a_forged_cursor_of_a_list_in_memory_is_refused(values: list[Any]) -> None:
    _, cursor = part_of(["ab", "cd", "ef"], by_word, "words", asked())
    assert cursor is not None
    with pytest.raises(Problem):
        part_of(["ab", "cd", "ef"], by_word, "words", asked(forged(cursor, *values)))
    with pytest.raises(Problem):
        part_of(["ab", "cd", "ef"], by_word, "other words", asked(cursor))
