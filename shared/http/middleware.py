"""Around every request: trace and correlation, the access log, security headers, a bound on its size."""

import re
from collections.abc import MutableMapping
from time import perf_counter
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.problems import internal_error
from shared.ids import new_id
from shared.observability.tracing import continued

_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,100}", re.ASCII)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, no-cache",
}
_log = structlog.get_logger(__name__)


class Observed:
    """Carries on ``traceparent`` and ``X-Correlation-Id`` (or begins them) and answers with both, logs each request
    by its route, never its path, query or address, and turns an unexpected exception into a bare 500.

    A route may set another value for any security header.
    """

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("X-Correlation-Id", "")
        correlation = scope["correlation"] = given if _CORRELATION.fullmatch(given) else new_id()
        started, status = perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    answered.setdefault(name, value)
                answered["traceparent"], answered["X-Correlation-Id"] = str(trace), correlation
            await send(message)

        with continued(headers.get("traceparent"), correlation, service=self._service) as trace:
            try:
                await self._app(scope, receive, send_with_headers)
            except ClientDisconnect:
                _log.debug("client went away", route=_route(scope))
            except Exception:
                _log.exception("request failed", route=_route(scope))
                if status:
                    raise
                await internal_error()(scope, receive, send_with_headers)
            finally:
                milliseconds = round((perf_counter() - started) * 1000, 1)
                log = _log.debug if _route(scope).endswith(("/metrics", "/live", "/ready")) else _log.info
                log("request", route=_route(scope), status=status, milliseconds=milliseconds)


class BodyLimit:
    """Refuses a request body above ``most`` bytes with 413: at once by its Content-Length, or while it is read."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("Content-Length", "")
        left = self._most

        async def bounded_receive() -> Message:
            nonlocal left
            if said.isdecimal() and int(said[:20]) > self._most:
                raise self._refusal()
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise self._refusal()
            return message

        await self._app(scope, bounded_receive, send)

    def _refusal(self) -> HTTPException:
        return HTTPException(413, f"a request has at most {self._most} bytes", {"Connection": "close"})


def _route(scope: MutableMapping[str, Any]) -> str:
    route = scope.get("route")
    return f"{scope['method']} {route.path if route else '(none)'}"
