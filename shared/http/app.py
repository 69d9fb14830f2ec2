"""From a running service to its web application."""

from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response

from shared.http import admin, health, openapi
from shared.http.commands import APIRouter
from shared.http.middleware import BodyLimit, Observed
from shared.http.problems import install_problems
from shared.http.reading import NotModified
from shared.security import RateLimits, Verifier

if TYPE_CHECKING:
    from shared.service import Runtime


def create_app(runtime: "Runtime") -> FastAPI:
    """The service's routes with health, metrics, administration and everything around a request.

    There is no ``/docs`` page, because FastAPI's loads scripts from elsewhere; ``/openapi.json`` tells everything.
    The app neither starts nor stops the runtime.
    """
    settings = runtime.settings
    app = FastAPI(
        title=f"{runtime.service.name.capitalize()} service",
        description="Errors are RFC 9457 problem documents. Commands carry an `Idempotency-Key`: repeating one with "
        "the same key has no second effect and gets the same answer.",
        version="1",
        docs_url=None,
        redoc_url=None,
    )
    app.state.runtime = runtime
    app.state.verifier = Verifier(settings.keys_file, settings.issuer, settings.audience)
    app.state.rate_limits = RateLimits(settings.trusted_proxies)
    for router in (*runtime.service.routers, health.router, admin.router):
        if not isinstance(router, APIRouter):
            raise TypeError("a service's routers are shared.http.APIRouter, which answers commands with their headers")
        app.include_router(router)
    install_problems(app)
    app.add_exception_handler(NotModified, _not_modified)
    app.add_middleware(BodyLimit, most=settings.max_request_bytes)
    app.add_middleware(Observed, service=runtime.service.name)
    app.openapi = partial(openapi.document, app)  # type: ignore[method-assign]
    return app


async def _not_modified(_request: Request, reason: Exception) -> Response:
    tag = reason.tag if isinstance(reason, NotModified) else ""
    return Response(status_code=304, headers={"ETag": tag})
