"""A tiny service on the memory engines, to try what every service's HTTP promises."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, EmailStr, Field

from shared.aggregate import Aggregate, Refusal, Why
from shared.commands import Loaded, Receipt, Repository
from shared.events.base import Event, Snapshot, Stream
from shared.http import (
    APIRouter,
    CommandDep,
    EditDep,
    ETag,
    NaturalCommandDep,
    Page,
    PagingDep,
    WorldDep,
    paginate,
    repository,
)
from shared.security import Caller, allow, public
from shared.service import Service
from shared.testing.network import MemoryNetwork


class BenchSnapshot(Snapshot):
    place: str
    seats: int


class BenchBuilt(Event):
    """Somebody built a bench."""


class BenchWidened(Event):
    """A bench got more seats."""

    by: int


BENCH = Stream(
    service="park",
    aggregate="bench",
    about="Benches",
    snapshot=BenchSnapshot(place="pond", seats=2),
    events=(BenchBuilt(), BenchWidened(by=1)),
)


class SeasonOver(Refusal):
    code = "season-over"
    why = Why.GONE


class TooWide(Refusal):
    code = "too-wide"
    why = Why.INVALID


class Bench(Aggregate):
    stream = BENCH
    place: str
    rank: int | None = None
    seats: int = 2

    def snapshot(self) -> BenchSnapshot:
        return BenchSnapshot(place=self.place, seats=self.seats)

    @classmethod
    def build(cls, id: str, place: str, rank: int | None) -> "Bench":
        bench = cls(id=id, place=place, rank=rank)
        bench.record(BenchBuilt())
        return bench

    def widen(self, by: int, now: datetime) -> None:
        if by > 50:
            raise TooWide("no bench is that wide", most=50)
        if by > 20:
            raise SeasonOver("wide benches are built in spring only", status="an extension must not hide the status")
        self.require(self.seats + by <= 10, "a bench has ten seats at most", seats=self.seats)
        self.seats += by
        self.record(BenchWidened(by=by))


class Build(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"place": "pond"}]})
    place: str = Field(max_length=40)
    rank: int | None = None
    thanks_to: EmailStr | None = None


class Widening(BaseModel):
    by: int


class BenchView(BaseModel):
    id: str
    place: str
    rank: int | None

    @classmethod
    def of(cls, loaded: Loaded[Bench]) -> "BenchView":
        return cls(id=loaded.aggregate.id, place=loaded.aggregate.place, rank=loaded.aggregate.rank)


Benches = Annotated[Repository[Bench], Depends(repository(Bench))]
router = APIRouter(prefix="/benches", tags=["benches"])


@router.post("", status_code=201, dependencies=[allow("center", "editor")])
async def build(body: Build, benches: Benches, command: CommandDep) -> Receipt[BenchSnapshot]:
    return await benches.create(command, lambda id, now: Bench.build(id, body.place, body.rank))


@router.post("/{bench_id}/widening", dependencies=[allow("center")])
async def widen(bench_id: str, body: Widening, benches: Benches, command: CommandDep) -> Receipt[BenchSnapshot]:
    return await benches.change(bench_id, command, lambda bench, now: bench.widen(body.by, now))


@router.put("/{bench_id}/width", dependencies=[allow("center")])
async def edit(bench_id: str, body: Widening, benches: Benches, command: EditDep) -> Receipt[BenchSnapshot]:
    return await benches.change(bench_id, command, lambda bench, now: bench.widen(body.by, now))


@router.post("/{bench_id}/one-more", dependencies=[public(rate="3/minute")])
async def one_more(bench_id: str, benches: Benches, command: NaturalCommandDep) -> Receipt[BenchSnapshot]:
    return await benches.change(bench_id, command, lambda bench, now: bench.widen(1, now))


@router.get("", dependencies=[public()])
async def list_benches(
    benches: Benches, paging: PagingDep, place: str | None = None, order: str = "up"
) -> Page[BenchView]:
    where = {"state.place": place} if place else {}
    return await paginate(benches.find, where, paging, BenchView.of, [("state.rank", 1 if order == "up" else -1)])


@router.get("/{bench_id}", dependencies=[public()])
async def get_bench(bench_id: str, benches: Benches, etag: ETag) -> BenchView:
    loaded = await benches.get(bench_id)
    etag.set(loaded.version)
    return BenchView.of(loaded)


@router.get("/raised/{name}", dependencies=[public()])
async def raised(name: str, request: Request) -> None:
    raise request.app.state.errors[name]


@router.get("/who/am-i", dependencies=[public()])
async def who(caller: Caller, world: WorldDep) -> dict[str, Any]:
    return {"subject": caller.subject, "service": world.service}


@router.post("/echo/size", dependencies=[public()])
async def size(request: Request) -> int:
    return len(await request.body())


PARK = Service(name="park", aggregates=(Bench,), routers=(router,))


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """The log as text without colours and frames, on standard output."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
    yield
    structlog.reset_defaults()


@pytest_asyncio.fixture
async def park() -> AsyncIterator[MemoryNetwork]:
    async with MemoryNetwork(PARK, settings={"max_request_bytes": 1000}) as network:
        yield network


@pytest_asyncio.fixture
async def center(park: MemoryNetwork) -> httpx.AsyncClient:
    return park.client("park", role="center", center="c-1")


@pytest_asyncio.fixture
async def anybody(park: MemoryNetwork) -> httpx.AsyncClient:
    return park.client("park")


async def built(client: httpx.AsyncClient, key: str = "k-1", **body: Any) -> str:
    """A new bench's id."""
    answer = await client.post("/benches", json={"place": "pond", **body}, headers={"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
