"""A request becomes a command once, and its receipt an answer that can be repeated for ever."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from shared.testing.network import MemoryNetwork
from tests.unit.http.conftest import BENCH, built

pytestmark = pytest.mark.asyncio


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["type"].removeprefix("urn:mine:problem:")


async def test_a_create_answers_201_with_location_and_version(center: httpx.AsyncClient) -> None:
    answer = await center.post("/benches", json={"place": "pond"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/benches/{answer.json()['id']}"
    assert "Idempotent-Replayed" not in answer.headers
    assert (await center.get(answer.headers["Location"])).json()["place"] == "pond"


async def test_a_repeat_gets_the_first_answer_and_has_no_second_effect(
    park: MemoryNetwork, center: httpx.AsyncClient
) -> None:
    bench = await built(center)
    command: dict[str, Any] = {
        "url": f"/benches/{bench}/widening",
        "json": {"by": 1},
        "headers": {"Idempotency-Key": "k"},
    }
    first = await center.post(**command)
    await center.post(f"/benches/{bench}/widening", json={"by": 2}, headers={"Idempotency-Key": "other"})
    await park.settle()
    again = await center.post(**command)
    assert again.content == first.content
    assert again.headers["ETag"] == first.headers["ETag"] == '"2"'
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [event.sequence for event in park.events(BENCH.topic, bench)] == [1, 2, 3]


async def test_the_same_key_with_another_body_is_refused(center: httpx.AsyncClient) -> None:
    await built(center, "k")
    answer = await center.post("/benches", json={"place": "gate"}, headers={"Idempotency-Key": "k"})
    assert problem(answer) == (422, "idempotency-key-reused")


async def test_a_body_counts_by_what_it_says_not_by_its_spelling(center: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    first = await center.post("/benches", content='{"place":"m\\u00fchle","rank":1}', headers=headers)
    again = await center.post("/benches", content='{ "rank": 1,\n "place": "mühle" }'.encode(), headers=headers)
    assert again.content == first.content


async def test_nobodys_key_meets_anothers(park: MemoryNetwork, center: httpx.AsyncClient) -> None:
    mine = await built(center, "k")
    theirs = await built(park.client("park", role="center", center="c-2"), "k", place="gate")
    assert mine != theirs


async def test_one_key_may_be_used_on_several_paths(center: httpx.AsyncClient) -> None:
    first, second = await built(center, "a"), await built(center, "b")
    for bench in (first, second):
        path = f"/benches/{bench}/widening"
        answer = await center.post(path, json={"by": 1}, headers={"Idempotency-Key": "a"})
        assert (answer.status_code, answer.json()["version"]) == (200, 2)


async def test_the_same_command_ten_times_at_once_has_one_effect(center: httpx.AsyncClient) -> None:
    command: dict[str, Any] = {"url": "/benches", "json": {"place": "pond"}, "headers": {"Idempotency-Key": "k"}}
    answers = await asyncio.gather(*(center.post(**command) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 201, "kl\xfcse".encode("latin-1"), b"tab\there"])
async def test_a_malformed_key_is_a_400(center: httpx.AsyncClient, key: str | bytes) -> None:
    headers: Any = {"Idempotency-Key": key}
    answer = await center.post("/benches", json={"place": "pond"}, headers=headers)
    assert problem(answer) == (400, "idempotency-key-malformed")


async def test_a_command_without_a_key_is_a_400(center: httpx.AsyncClient) -> None:
    assert problem(await center.post("/benches", json={"place": "pond"})) == (400, "idempotency-key-missing")


async def test_an_edit_needs_the_version_it_is_based_on(center: httpx.AsyncClient) -> None:
    bench = await built(center)
    answer = await center.put(f"/benches/{bench}/width", json={"by": 1}, headers={"Idempotency-Key": "k"})
    assert problem(answer) == (428, "if-match-missing")


async def test_an_edit_on_an_old_version_is_refused_and_on_the_present_one_accepted(center: httpx.AsyncClient) -> None:
    bench = await built(center)

    async def edit(key: str, tag: str) -> httpx.Response:
        headers = {"Idempotency-Key": key, "If-Match": tag}
        return await center.put(f"/benches/{bench}/width", json={"by": 1}, headers=headers)

    assert (await edit("a", '"1"')).headers["ETag"] == '"2"'
    assert problem(await edit("b", '"1"')) == (412, "stale-version")
    assert (await edit("a", '"1"')).headers["Idempotent-Replayed"] == "true"
    assert (await edit("c", "*")).headers["ETag"] == '"3"'


async def test_if_match_counts_also_where_it_is_not_demanded(center: httpx.AsyncClient) -> None:
    bench = await built(center)
    headers = {"Idempotency-Key": "k", "If-Match": '"7"'}
    answer = await center.post(f"/benches/{bench}/widening", json={"by": 1}, headers=headers)
    assert problem(answer) == (412, "stale-version")


@pytest.mark.parametrize(
    "tag", ["", "1", '"1', 'W/"1"', '"01"', '"-1"', '"1", "2"', '"x"', '"' + "9" * 40 + '"', '"\u0661"']
)
async def test_a_malformed_if_match_is_a_400(center: httpx.AsyncClient, tag: str) -> None:
    bench = await built(center)
    headers: Any = {"Idempotency-Key": "k", "If-Match": tag.encode()}
    answer = await center.put(f"/benches/{bench}/width", json={"by": 1}, headers=headers)
    assert problem(answer) == (400, "if-match-malformed")


async def test_one_click_needs_no_key_and_counts_once(center: httpx.AsyncClient, anybody: httpx.AsyncClient) -> None:
    bench = await built(center)
    path = f"/benches/{bench}/one-more"
    first = await anybody.post(path, data={"List-Unsubscribe": "One-Click"})
    again = await anybody.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (first.json()["version"], again.content) == (2, first.content)
    other = await anybody.post(f"{path}?token=other", data={"List-Unsubscribe": "One-Click"})
    assert other.json()["version"] == 3


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 900, b'{"a": 1e999}'])
async def test_any_body_can_be_a_natural_command(
    center: httpx.AsyncClient, anybody: httpx.AsyncClient, body: bytes
) -> None:
    bench = await built(center)
    answer = await anybody.post(f"/benches/{bench}/one-more", content=body)
    assert answer.status_code == 200, json.dumps(answer.json())
