"""Is the process alive, can it work, and what are its numbers. Answered without a token."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from shared.http.commands import APIRouter
from shared.security import public

router = APIRouter(tags=["operation"])


@router.get("/health/live", dependencies=[public()], responses={503: {"description": "A loop has died or hangs."}})
async def live(request: Request) -> Any:
    """Whether every loop goes round. 503 says: start this process again."""
    return _verdict(request.app.state.runtime.progress())


@router.get("/health/ready", dependencies=[public()], responses={503: {"description": "Something is still missing."}})
async def ready(request: Request) -> Any:
    """Whether the database answers, the broker is connected and partitions are assigned. 503 says: wait."""
    return _verdict(await request.app.state.runtime.readiness())


@router.get("/metrics", dependencies=[public()], response_class=Response)
async def metrics(request: Request) -> Response:
    """The service's numbers in Prometheus' text format."""
    return Response(request.app.state.runtime.metrics.exposition(), media_type="text/plain; version=0.0.4")


def _verdict(parts: dict[str, str | None]) -> Response:
    """200 when no part has a complaint, else 503; either way the parts with "ok" or their complaint."""
    well = all(complaint is None for complaint in parts.values())
    answer = {"ok": well, "parts": {name: complaint or "ok" for name, complaint in parts.items()}}
    return JSONResponse(answer, 200 if well else 503)
