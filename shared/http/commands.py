"""How a request becomes a command, and its receipt an answer.

The id of a command is derived from the caller, the path and the ``Idempotency-Key``: one caller's keys never meet
another's, and the same key may be used on different paths.
"""

import json
import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from inspect import iscoroutinefunction
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

import fastapi
from fastapi import Depends, Header, Request, Response

from shared.aggregate import Aggregate
from shared.commands import Command, Receipt, Repository
from shared.http.problems import Problem
from shared.ids import derived_id
from shared.observability.tracing import current_trace
from shared.security import Caller, Identity
from shared.security.keyed import Keyed
from shared.world import World

_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
_VERSION_TAG = re.compile(r'"(0|[1-9][0-9]{0,15})"', re.ASCII)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_answer: ContextVar[tuple[Request, Response]] = ContextVar("answer")

A = TypeVar("A", bound=Aggregate)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Chosen by the client, new for each command, the same when it is repeated: 1 to 200 visible "
        "ASCII characters. A repeat gets the first answer; the same key for another request is refused (422).",
        openapi_examples={"uuid": {"value": "0198c6a4-6f3e-7c53-9f7e-2b1d5d8f4a10"}},
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='The version the change is based on, as the ETag said it: `"7"`; or `*`. 412 when it has changed.',
        openapi_examples={"version": {"value": '"7"'}},
    ),
]


async def command(
    request: Request,
    response: Response,
    caller: Caller,
    key: IdempotencyKey = None,
    if_match: Annotated[str | None, Header(alias="If-Match", include_in_schema=False)] = None,
) -> Command:
    """The command of this request. 400 without a proper ``Idempotency-Key``; ``If-Match`` counts where it is sent."""
    if key is None:
        raise Problem(400, "idempotency-key-missing", "a command needs the header Idempotency-Key")
    if not _KEY.fullmatch(key):
        raise Problem(400, "idempotency-key-malformed", "Idempotency-Key is 1 to 200 visible ASCII characters")
    fingerprint = await _fingerprint(request)
    command_id = derived_id("command", caller.subject, request.method, request.scope["path"], key)
    _answer.set((request, response))
    return _command(request, caller, command_id, fingerprint, _expected(if_match))


async def natural_command(request: Request, response: Response, caller: Caller) -> Command:
    """A command that needs no key: the same request by the same caller *is* the same command, for ever."""
    fingerprint = await _fingerprint(request)
    _answer.set((request, response))
    return _command(request, caller, derived_id("natural", caller.subject, fingerprint), fingerprint, None)


async def edit(command: Annotated[Command, Depends(command)], if_match: IfMatch = None) -> Command:
    """A command based on a version the caller has seen: 428 without ``If-Match``, 412 when it is an old one."""
    if if_match is None:
        raise Problem(428, "if-match-missing", "this change needs the header If-Match with the ETag it is based on")
    return command


CommandDep = Annotated[Command, Depends(command)]
NaturalCommandDep = Annotated[Command, Depends(natural_command)]
EditDep = Annotated[Command, Depends(edit)]


def repository(aggregate: type[A]) -> Callable[[Request], Awaitable[Repository[A]]]:
    """For ``Visits = Annotated[Repository[Visit], Depends(repository(Visit))]``."""

    async def of_request(request: Request) -> Repository[A]:
        found: Repository[A] = request.app.state.runtime.world.repository(aggregate)
        return found

    return of_request


async def _world(request: Request) -> World:
    world: World = request.app.state.runtime.world
    return world


WorldDep = Annotated[World, Depends(_world)]
"""The running service: mirrors, clock, settings and all its repositories."""


class APIRouter(fastapi.APIRouter):
    """FastAPI's router; where a route returns a `Receipt`, the answer gets its headers.

    These are ``ETag`` with the new version, ``Idempotent-Replayed: true`` for a repeat, and with status 201 also
    ``Location``: the route's own path and the new id, unless the route has set another.
    """

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().add_api_route(path, _with_receipt_headers(endpoint), **options)


def _with_receipt_headers(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    if not iscoroutinefunction(endpoint):
        raise TypeError(f"a route is an async function: {endpoint.__qualname__}")

    @wraps(endpoint)
    async def answering(*arguments: Any, **named: Any) -> Any:
        result = await endpoint(*arguments, **named)
        if isinstance(result, Receipt):
            _set_headers(result)
        return result

    return answering


def _set_headers(receipt: Receipt[Any]) -> None:
    request, response = _answer.get()
    response.headers["ETag"] = f'"{receipt.version}"'
    if receipt.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if request.scope["route"].status_code == 201:
        response.headers.setdefault("Location", f"{quote(request.scope['path'].rstrip('/'))}/{quote(receipt.id)}")


def _command(request: Request, caller: Identity, command_id: str, fingerprint: str, expected: int | None) -> Command:
    trace = current_trace.get()
    return Command(
        id=command_id,
        fingerprint=fingerprint,
        actor="+".join(sorted(caller.roles)) or "public",
        correlation=request.scope.get("correlation", ""),
        traceparent=str(trace) if trace else None,
        expected=expected,
    )


def _expected(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _VERSION_TAG.fullmatch(if_match.strip())
    if found is None:
        raise Problem(400, "if-match-malformed", 'If-Match is one ETag as it was sent, for example "7", or *')
    return int(found[1])


async def _fingerprint(request: Request) -> str:
    """Digest of method, path, query and body. JSON counts by what it says, not by how it is spaced or ordered.

    It stays in the journal, so it is made with the installation's key: nobody finds out by guessing what was sent.
    """
    asked = f"{request.method}\n{request.scope['path']}\n".encode() + request.scope["query_string"]
    key = (await _world(request)).settings.person_key.get_secret_value()
    return Keyed(key).hash("request", asked + b"\n" + await _canonical_body(request)).hex()


async def _canonical_body(request: Request) -> bytes:
    if request.headers.get("Content-Type", "").split(";")[0].strip().lower() in _FORMS:
        fields = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
        return json.dumps(sorted(fields)).encode()
    body = await request.body()
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body
