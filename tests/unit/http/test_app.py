"""What stands around every request of every service."""

from collections.abc import AsyncIterator
from typing import Any

import fastapi
import httpx
import pytest
from jsonschema import Draft202012Validator

from shared.http import APIRouter
from shared.http.app import create_app
from shared.security import unguarded_routes
from shared.service import Service
from shared.testing.network import MemoryNetwork
from tests.unit.http.conftest import BENCH, PARK, built
from tests.unit.http.test_commands import problem

pytestmark = pytest.mark.asyncio
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_trace_and_correlation_go_on_into_answer_and_events(
    park: MemoryNetwork, center: httpx.AsyncClient
) -> None:
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Correlation-Id": "case-7", "Idempotency-Key": "k"}
    answer = await center.post("/benches", json={"place": "pond"}, headers=headers)
    await park.settle()
    (event,) = park.events(BENCH.topic)
    assert answer.headers["X-Correlation-Id"] == event.correlation == "case-7"
    assert answer.headers["traceparent"] == event.traceparent
    assert event.traceparent is not None
    assert event.traceparent.split("-")[1] == TRACE
    assert event.traceparent.split("-")[2] != "00f067aa0ba902b7"


@pytest.mark.parametrize("sent", ["", "two words", "x" * 101, 'a"b', "ä".encode(), b"\x1b[31m"])
async def test_an_odd_correlation_id_is_replaced(anybody: httpx.AsyncClient, sent: str | bytes) -> None:
    headers: Any = {"X-Correlation-Id": sent}
    answer = await anybody.get("/health/live", headers=headers)
    assert len(answer.headers["X-Correlation-Id"]) == 36


async def test_every_answer_carries_the_security_headers(anybody: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/nowhere", "/benches"):
        headers = (await anybody.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "private, no-cache"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


async def test_a_large_body_is_refused_by_its_length_or_while_it_comes(center: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    headers = {"Idempotency-Key": "k"}
    for path in ("/benches/echo/size", "/benches"):
        assert problem(await center.post(path, content=b"x" * 1001, headers=headers)) == (413, "too-large")
        answer = await center.post(path, content=chunks(), headers=headers)
        assert "Content-Length" not in answer.request.headers
        assert problem(answer) == (413, "too-large")
    assert (await center.post("/benches/echo/size", content=b"x" * 1000)).json() == 1000


@pytest.mark.parametrize("length", [b"-1", b"abc", b"9" * 5000, "٣".encode()])
async def test_an_odd_content_length_breaks_nothing(anybody: httpx.AsyncClient, length: bytes) -> None:
    headers: Any = {"Content-Length": length}
    answer = await anybody.post("/benches/echo/size", content=b"x", headers=headers)
    assert answer.status_code in (200, 413)


async def test_a_client_that_goes_away_is_no_fault_of_ours(
    park: MemoryNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError("nobody is there to be answered")

    scope = {"type": "http", "method": "POST", "path": "/benches/echo/size", "query_string": b"", "headers": []}
    await create_app(park.runtimes["park"])(scope, receive, send)
    assert "request failed" not in capsys.readouterr().out


async def test_the_log_names_the_route_and_not_what_stood_in_the_path(
    anybody: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await anybody.get("/benches/secret-token?place=secret-place")
    written = capsys.readouterr().out
    assert "GET /benches/{bench_id}" in written
    assert "secret" not in written


async def test_a_route_without_a_guard_is_found(park: MemoryNetwork) -> None:
    app = create_app(park.runtimes["park"])
    assert unguarded_routes(app) == []
    careless = APIRouter(prefix="/careless")

    @careless.get("/open")
    @careless.post("/open")
    async def unguarded() -> None: ...

    app.include_router(careless)
    assert unguarded_routes(app) == ["GET /careless/open", "POST /careless/open"]


async def test_a_router_that_would_lose_the_headers_is_refused() -> None:
    service = Service(name="park", aggregates=(), routers=(fastapi.APIRouter(),))
    async with MemoryNetwork(service) as network:
        with pytest.raises(TypeError, match=r"shared\.http\.APIRouter"):
            create_app(network.runtimes["park"])


async def test_a_blocking_route_is_refused() -> None:
    with pytest.raises(TypeError, match="async function"):

        @APIRouter().get("/blocking")
        def blocking() -> None: ...


async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


async def test_openapi_tells_headers_problems_and_tokens(anybody: httpx.AsyncClient) -> None:
    found = await document(anybody)
    edit = found["paths"]["/benches/{bench_id}/width"]["put"]
    parameters = {parameter["name"]: parameter for parameter in edit["parameters"]}
    assert parameters["Idempotency-Key"]["required"]
    assert parameters["If-Match"]["required"]
    assert {"400", "401", "403", "404", "409", "410", "412", "413", "422", "428", "503"} <= set(edit["responses"])
    assert edit["security"] == [{"token": []}]
    assert found["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    create = found["paths"]["/benches"]["post"]
    assert "If-Match" not in [parameter["name"] for parameter in create["parameters"]]
    assert set(create["responses"]["201"]["headers"]) == {"ETag", "Idempotent-Replayed", "Location"}
    reading = found["paths"]["/benches"]["get"]
    assert "security" not in reading
    assert {"200", "304", "429"} <= set(reading["responses"])
    assert found["components"]["schemas"]["Build"]["examples"] == [{"place": "pond"}]


async def test_every_reference_in_openapi_leads_somewhere_and_schemas_are_valid(anybody: httpx.AsyncClient) -> None:
    found = await document(anybody)

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [each for value in part.values() for each in references(value)]
        return [each for value in part for each in references(value)] if isinstance(part, list) else []

    for reference in references(found):
        target: Any = found
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
    for schema in found["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert not {"HTTPValidationError", "ValidationError"} & set(found["components"]["schemas"])
    assert found["openapi"].startswith("3.1")


async def test_no_page_loads_scripts_from_elsewhere(anybody: httpx.AsyncClient) -> None:
    for path in ("/docs", "/redoc"):
        assert (await anybody.get(path)).status_code == 404


async def test_liveness_follows_the_loops_and_readiness_what_is_needed(
    park: MemoryNetwork, anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def readiness() -> dict[str, str | None]:
        return {"store": None, "consumer": "no partitions assigned"}

    runtime = park.runtimes["park"]
    assert (await anybody.get("/health/live")).status_code == 200
    monkeypatch.setattr(runtime, "progress", lambda: {"relay": "ended"})
    live = await anybody.get("/health/live")
    assert (live.status_code, live.json()) == (503, {"ok": False, "parts": {"relay": "ended"}})
    monkeypatch.setattr(runtime, "readiness", readiness)
    ready = await anybody.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["parts"] == {"store": "ok", "consumer": "no partitions assigned"}


async def test_the_numbers_count_commands_by_outcome(center: httpx.AsyncClient) -> None:
    bench = await built(center)
    await center.post(f"/benches/{bench}/widening", json={"by": 9}, headers={"Idempotency-Key": "k"})
    text = (await center.get("/metrics")).text
    assert 'mine_command_seconds_count{aggregate="bench",outcome="done"} 1.0' in text
    assert 'mine_command_seconds_count{aggregate="bench",outcome="WrongState"} 1.0' in text
    assert "mine_commands_in_flight 0.0" in text


async def test_administration_is_for_the_office(park: MemoryNetwork, center: httpx.AsyncClient) -> None:
    office = park.client("park", role="office")
    await built(center)
    await park.settle()
    for body in ({}, {"topic": BENCH.topic}):
        assert (await office.post("/admin/republish", json=body)).json() == {"count": 1}
    assert problem(await office.post("/admin/republish", json={"topic": "x"})) == (404, "no-such-topic")
    assert (await office.get("/admin/dead-letters")).json() == []
    assert (await office.post("/admin/dead-letters/retry", json={"ids": []})).json() == {"count": 0}
    assert (await office.get("/admin/status")).json()["service"] == PARK.name
    assert problem(await center.get("/admin/status")) == (403, "forbidden")
    assert problem(await park.client("park").get("/admin/status")) == (401, "unauthenticated")


async def test_a_public_route_knows_the_caller_and_the_world(
    park: MemoryNetwork, anybody: httpx.AsyncClient, center: httpx.AsyncClient
) -> None:
    assert (await anybody.get("/benches/who/am-i")).json() == {"subject": "anonymous", "service": "park"}
    assert (await center.get("/benches/who/am-i")).json()["subject"] == "test-center-c-1"
