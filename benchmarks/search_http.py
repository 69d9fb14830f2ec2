"""The index behind one route and one worker, and requests that come at a steady rate whether it keeps up or not."""

import asyncio
import gc
import json
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import orjson
import uvicorn
from fastapi import FastAPI, Response

from benchmarks.search_centers import labels
from services.directory.search import Index, Labels, OpenOn, Query, warm_up

_CONNECTIONS = 64


def app(snapshot: Path) -> FastAPI:
    """`GET /search` over an index loaded from a file."""
    index = Index(Labels(labels()))
    index.load(snapshot)
    service = FastAPI()

    @service.get("/search")
    async def search(
        text: str | None = None, near: str | None = None, radius: int = 50_000, age: int | None = None,
        filters: str = "{}", open_at: str | None = None, order: str = "relevance", now: bool = False,
    ) -> Response:  # fmt: skip
        point = tuple(map(float, near.split(","))) if near else None
        when = OpenOn(*map(int, open_at.split(","))) if open_at else datetime.now(UTC) if now else None
        query = Query(
            text=text, near=point, radius_m=radius, age=age, open_at=when, order=order,  # type: ignore[arg-type]
            filters={facet: tuple(codes) for facet, codes in json.loads(filters).items()},
        )  # fmt: skip
        found = index.search(query)
        return Response(orjson.dumps(found), media_type="application/json")

    warm_up()
    gc.collect()
    gc.freeze()
    return service


def path_of(query: Query) -> str:
    """The request for a query."""
    asked: dict[str, object] = {"order": query.order, "radius": query.radius_m, "filters": json.dumps(query.filters)}
    if query.text is not None:
        asked["text"] = query.text
    if query.near is not None:
        asked["near"] = ",".join(map(repr, query.near))
    if query.age is not None:
        asked["age"] = query.age
    if isinstance(query.open_at, OpenOn):
        asked["open_at"] = f"{query.open_at.weekday},{query.open_at.start},{query.open_at.end}"
    return f"/search?{urlencode(asked)}"


def measure(snapshot: Path, queries: list[Query], rate: int, seconds: int) -> dict[str, float]:
    """Milliseconds from when a request should have been sent to its answer, and the server's CPU for each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.search_http", str(snapshot), str(port)])
    try:
        return asyncio.run(_load([path_of(query) for query in queries], port, server.pid, rate, seconds))
    finally:
        server.terminate()
        server.wait()


async def _load(paths: list[str], port: int, server: int, rate: int, seconds: int) -> dict[str, float]:
    connections: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    while not connections.qsize():
        try:
            connections.put_nowait(await asyncio.open_connection("127.0.0.1", port))
        except OSError:
            await asyncio.sleep(0.1)
    while connections.qsize() < _CONNECTIONS:
        connections.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    waits: list[float] = []

    async def one(path: str, due: float) -> None:
        reader, writer = await connections.get()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        waits.append((time.perf_counter() - due) * 1000)
        connections.put_nowait((reader, writer))

    for path in paths[:200]:
        await one(path, 0)
    waits.clear()
    used, start = _cpu_s(server), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for n in range(rate * seconds):
            due = start + n / rate
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            group.create_task(one(paths[n % len(paths)], due))
    took = time.perf_counter() - start
    waits.sort()
    return {
        "rate": round(len(waits) / took),
        "p50_ms": round(waits[len(waits) // 2], 2),
        "p99_ms": round(waits[len(waits) * 99 // 100], 1),
        "cpu_ms": round((_cpu_s(server) - used) / len(waits) * 1000, 2),
    }


def _cpu_s(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(") ")[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    uvicorn.run(app(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), loop="uvloop", log_level="warning")
