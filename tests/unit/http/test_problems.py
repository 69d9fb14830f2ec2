"""What goes wrong is told in one form, with stable types, and without the inside or the input."""

import json

import httpx
import pytest
from starlette.exceptions import HTTPException

from shared.commands import AlreadyExists, Contention
from shared.messaging.relay import Overloaded
from shared.security import Forbidden
from shared.store.port import StoreUnavailable
from shared.testing.network import MemoryNetwork
from tests.unit.http.conftest import built
from tests.unit.http.test_commands import problem

pytestmark = pytest.mark.asyncio


async def raised(park: MemoryNetwork, error: Exception) -> httpx.Response:
    client = park.client("park")
    client._transport.app.state.errors = {"it": error}  # type: ignore[attr-defined]
    return await client.get("/benches/raised/it")


@pytest.mark.parametrize(
    ("by", "expected", "members"),
    [
        (9, (409, "wrong-state"), {"seats": 2}),
        (21, (410, "season-over"), {}),
        (51, (422, "too-wide"), {"most": 50}),
    ],
)
async def test_a_refusal_becomes_a_problem_by_its_kind(
    center: httpx.AsyncClient, by: int, expected: tuple[int, str], members: dict[str, int]
) -> None:
    bench = await built(center)
    path = f"/benches/{bench}/widening"
    answer = await center.post(path, json={"by": by}, headers={"Idempotency-Key": "k"})
    assert problem(answer) == expected
    assert members.items() <= answer.json().items()


@pytest.mark.parametrize(
    ("error", "expected", "retry_after"),
    [
        (Forbidden("no"), (403, "forbidden"), None),
        (AlreadyExists("there"), (409, "already-exists"), None),
        (StoreUnavailable("mongodb://user:secret@db.example.org"), (503, "store-unavailable"), "2"),
        (Overloaded("20001 events wait"), (503, "overloaded"), "5"),
        (Contention("lost"), (503, "contention"), "1"),
        (HTTPException(415, "no such media type"), (415, "http-415"), None),
        (RuntimeError("secret of the inside"), (500, "internal-error"), None),
    ],
)
async def test_every_known_exception_has_its_problem(
    park: MemoryNetwork, error: Exception, expected: tuple[int, str], retry_after: str | None
) -> None:
    answer = await raised(park, error)
    assert problem(answer) == expected
    assert answer.headers.get("Retry-After") == retry_after
    assert "secret" not in answer.text


async def test_what_is_not_there_is_a_404(center: httpx.AsyncClient) -> None:
    assert problem(await center.get("/benches/none")) == (404, "not-found")
    headers = {"Idempotency-Key": "k"}
    assert problem(await center.post("/benches/none/widening", json={"by": 1}, headers=headers)) == (404, "not-found")
    assert problem(await center.get("/nowhere")) == (404, "no-such-path")


async def test_a_wrong_method_is_told_which_are_right(center: httpx.AsyncClient) -> None:
    answer = await center.delete("/benches/b-1")
    assert problem(answer) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET"


async def test_invalid_input_is_pointed_at_and_never_repeated(center: httpx.AsyncClient) -> None:
    body = {"place": "marie@example.org " * 5, "rank": "private words", "thanks_to": "eva@example..org", "a/b~c": 1}
    answer = await center.post("/benches", json=body, headers={"Idempotency-Key": "k"})
    assert problem(answer) == (422, "invalid-input")
    errors = {error["pointer"]: error for error in answer.json()["errors"]}
    assert set(errors) == {"/place", "/rank", "/thanks_to", "/a~1b~0c"}
    assert errors["/place"]["in"] == "body"
    assert "marie" not in answer.text
    assert "private" not in answer.text
    assert errors["/thanks_to"]["detail"] == "value is not a valid email address"


async def test_an_invalid_query_names_its_parameter(center: httpx.AsyncClient) -> None:
    answer = await center.get("/benches?limit=201")
    assert problem(answer) == (422, "invalid-input")
    assert answer.json()["errors"][0] | {"detail": ""} == {"in": "query", "pointer": "/limit", "detail": ""}


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"nil", b'{"place": "\\ud800"}', b"[" * 990])
async def test_a_body_that_is_no_json_is_refused(center: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = await center.post("/benches", content=body, headers=headers)
    assert problem(answer)[0] in (400, 422)


async def test_a_problem_names_the_trace_that_the_log_names(
    center: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await center.get("/nowhere")
    trace = answer.headers["traceparent"].split("-")[1]
    assert answer.json()["instance"] == f"urn:mine:trace:{trace}"
    assert trace in capsys.readouterr().out


async def test_members_of_a_refusal_never_replace_those_of_the_problem(center: httpx.AsyncClient) -> None:
    bench = await built(center)
    headers = {"Idempotency-Key": "k"}
    answer = await center.post(f"/benches/{bench}/widening", json={"by": 21}, headers=headers)
    assert json.loads(answer.text)["status"] == 410
