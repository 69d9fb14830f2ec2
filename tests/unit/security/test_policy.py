"""What a route demands: a role, or patience."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import Request

from shared.http import APIRouter
from shared.security import ANONYMOUS, Caller, Forbidden, Identity, RateLimits, allow, public
from shared.service import Service
from shared.testing.network import MemoryNetwork

pytestmark = pytest.mark.asyncio
router = APIRouter()


@router.get("/for-centers", dependencies=[allow("center")])
async def for_centers(caller: Caller, center: str = "c-1") -> str:
    return caller.acting_for(center)


@router.get("/for-office", dependencies=[allow()])
async def for_office() -> str:
    return "yes"


@router.get("/three/{name}", dependencies=[public(rate="3/minute")])
async def three(name: str) -> str:
    return "yes"


@router.get("/three-more", dependencies=[public(rate="3/minute")])
async def three_more() -> str:
    return "yes"


GATE = Service(name="gate", aggregates=(), routers=(router,))


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[MemoryNetwork]:
    async with MemoryNetwork(GATE) as network:
        yield network


async def test_a_role_opens_its_routes_and_the_office_all(gate: MemoryNetwork) -> None:
    center, office = gate.client("gate", role="center", center="c-1"), gate.client("gate", role="office")
    assert (await center.get("/for-centers")).json() == "c-1"
    assert (await office.get("/for-centers?center=c-9")).json() == "c-9"
    assert (await office.get("/for-office")).status_code == 200
    assert (await center.get("/for-office")).status_code == 403
    assert (await center.get("/for-centers?center=c-2")).json()["type"] == "urn:mine:problem:forbidden"
    refused = await gate.client("gate", role="editor").get("/for-centers")
    assert (refused.status_code, refused.json()["roles"]) == (403, ["center", "office"])


async def test_without_a_token_there_is_a_challenge(gate: MemoryNetwork) -> None:
    answer = await gate.client("gate").get("/for-centers")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic dTpw", "Bearer a b", "Bearer " + "x" * 5000])
@pytest.mark.parametrize("path", ["/for-centers", "/three/a"])
async def test_a_token_that_does_not_hold_is_refused_on_public_routes_too(
    gate: MemoryNetwork, path: str, header: str
) -> None:
    answer = await gate.client("gate").get(path, headers={"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert answer.json()["type"] == "urn:mine:problem:unauthenticated"


async def test_a_stranger_who_asks_too_often_has_to_wait(gate: MemoryNetwork) -> None:
    client = gate.client("gate")
    answers = [await client.get(f"/three/{name}") for name in "abcd"]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json()["type"] == "urn:mine:problem:too-many-requests"
    assert (await client.get("/three-more")).status_code == 200


async def test_a_known_caller_is_not_counted(gate: MemoryNetwork) -> None:
    client = gate.client("gate", role="center")
    assert {(await client.get("/three/a")).status_code for _ in range(5)} == {200}


async def test_every_address_counts_for_itself_and_nobody_can_claim_another(gate: MemoryNetwork) -> None:
    app = gate.client("gate")._transport.app  # type: ignore[attr-defined]

    def at(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url="http://gate.example.org")

    first = at("192.0.2.1")
    claims = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(4)]
    assert [(await first.get("/three/a", headers=claim)).status_code for claim in claims] == [200, 200, 200, 429]
    assert (await at("192.0.2.2").get("/three/a")).status_code == 200


def request_from(address: str, forwarded: str | None = None) -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else []
    return Request({"type": "http", "client": (address, 1), "headers": headers})


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "198.51.100.7", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
async def test_only_our_own_proxies_are_believed(proxies: int, forwarded: str | None, counted: str) -> None:
    assert RateLimits(proxies)._address(request_from("192.0.2.1", forwarded)) == counted


async def test_no_address_is_kept(gate: MemoryNetwork) -> None:
    client = gate.client("gate")
    await client.get("/three/a")
    limits: RateLimits = client._transport.app.state.rate_limits  # type: ignore[attr-defined]
    stored = str(vars(limits._limiter.storage))
    assert "/three/{name}" in stored
    assert "127.0.0.1" not in stored


async def test_an_unknown_role_is_a_mistake_in_the_program() -> None:
    with pytest.raises(ValueError, match="emperor"):
        allow("emperor")


async def test_the_questions_a_route_puts_to_a_caller() -> None:
    center = Identity("desk", frozenset({"center"}), centers=frozenset({"c-1"}), networks=frozenset({"CZ"}))
    coordinator = Identity("desk", frozenset({"coordinator"}), frozenset({"c-1"}), frozenset({"CZ"}))
    office = Identity("desk", frozenset({"office"}))
    assert center.acting_for("c-1") == "c-1"
    assert coordinator.coordinating("CZ") == office.coordinating("CZ") == "CZ"
    assert ANONYMOUS.is_public
    assert not office.is_public
    assert not office.has("center")
    for refused in (center, coordinator, ANONYMOUS):
        with pytest.raises(Forbidden):
            refused.acting_for("c-2")
        with pytest.raises(Forbidden):
            refused.coordinating("DE")
    with pytest.raises(Forbidden):  # claims count only with their role
        coordinator.acting_for("c-1")
    with pytest.raises(Forbidden):
        center.coordinating("CZ")
