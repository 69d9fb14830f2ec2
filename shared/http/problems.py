"""What goes wrong, told as RFC 9457 problem documents with stable types ``urn:mine:problem:<code>``.

A problem never repeats what a body or parameter held, and never shows how the service is built.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python
from starlette.exceptions import HTTPException

from shared.aggregate import Refusal, Why
from shared.commands import Contention, StaleVersion
from shared.feed import NotFilled
from shared.messaging.relay import Overloaded
from shared.observability.tracing import current_trace
from shared.security import TooManyRequests, Unauthenticated
from shared.store.port import StoreUnavailable

MEDIA_TYPE = "application/problem+json"
_STATUS_OF = {Why.CONFLICT: 409, Why.FORBIDDEN: 403, Why.MISSING: 404, Why.GONE: 410, Why.INVALID: 422}
_CODE_OF_FRAMEWORK = {400: "bad-request", 404: "no-such-path", 405: "method-not-allowed", 413: "too-large"}
_STORE_RETRY_S, _CONTENTION_RETRY_S = 2, 1


class ProblemDocument(BaseModel):
    """What every answer of 400 and above looks like (RFC 9457); some types have more members."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: str = Field(examples=["urn:mine:problem:wrong-state"], description="Stable: what programs may rely on.")
    title: str = Field(examples=["Wrong state"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["only a matched visit can be accepted"], description="For people; may change.")
    instance: str = Field(
        examples=["urn:mine:trace:4bf92f3577b34da6a3ce929d0e0e4736"],
        description="The trace id, to be found in the log.",
    )


class Problem(Exception):
    """Ends a request with this problem. For what belongs to HTTP alone; domain rules raise a `Refusal`."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers


def problem_response(
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> Response:
    """The problem as a response; ``members`` are added to the document."""
    trace = current_trace.get()
    document = {
        "type": f"urn:mine:problem:{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": f"urn:mine:trace:{trace.trace_id}" if trace else "about:blank",
    }
    return JSONResponse({**to_jsonable_python(members or {}), **document}, status, headers, media_type=MEDIA_TYPE)


def internal_error() -> Response:
    """The answer to an unexpected exception: 500, and nothing about the inside."""
    return problem_response(500, "internal-error", "Something went wrong here; the trace id finds it in the log.")


def install_problems(app: FastAPI) -> None:
    """Turns every exception the service knows into its problem."""

    @app.exception_handler(Problem)
    async def of_http(_request: Request, problem: Problem) -> Response:
        return problem_response(problem.status, problem.code, problem.detail, problem.headers)

    @app.exception_handler(Refusal)
    async def of_refusal(_request: Request, refusal: Refusal) -> Response:
        status = 412 if isinstance(refusal, StaleVersion) else _STATUS_OF[refusal.why]
        return problem_response(status, refusal.code, refusal.message, members=refusal.details)

    @app.exception_handler(RequestValidationError)
    async def of_validation(_request: Request, error: RequestValidationError) -> Response:
        members = {"errors": [told(each) for each in error.errors()]}
        return problem_response(422, "invalid-input", "the request does not have the documented form", None, members)

    @app.exception_handler(Unauthenticated)
    async def of_authentication(request: Request, error: Unauthenticated) -> Response:
        challenge = "Bearer" if "Authorization" not in request.headers else 'Bearer error="invalid_token"'
        return problem_response(401, "unauthenticated", str(error), {"WWW-Authenticate": challenge})

    @app.exception_handler(TooManyRequests)
    async def of_rate(_request: Request, error: TooManyRequests) -> Response:
        return problem_response(429, "too-many-requests", str(error), _retry_after(error.retry_after_s))

    @app.exception_handler(StoreUnavailable)
    async def of_store(_request: Request, _error: StoreUnavailable) -> Response:
        detail = "the database does not answer; a command may or may not have been carried out, repeat it with its key"
        return problem_response(503, "store-unavailable", detail, _retry_after(_STORE_RETRY_S))

    @app.exception_handler(NotFilled)
    async def of_model(_request: Request, error: NotFilled) -> Response:
        detail = "this service has just started and is still reading"
        return problem_response(503, "still-reading", detail, _retry_after(error.retry_after_s))

    @app.exception_handler(Overloaded)
    async def of_overload(_request: Request, error: Overloaded) -> Response:
        detail = "too many events wait to be published; nothing was done"
        return problem_response(503, "overloaded", detail, _retry_after(error.retry_after_s))

    @app.exception_handler(Contention)
    async def of_contention(_request: Request, _error: Contention) -> Response:
        detail = "too many changes at the same time; nothing was done"
        return problem_response(503, "contention", detail, _retry_after(_CONTENTION_RETRY_S))

    @app.exception_handler(HTTPException)
    async def of_framework(_request: Request, error: HTTPException) -> Response:
        code = _CODE_OF_FRAMEWORK.get(error.status_code, f"http-{error.status_code}")
        return problem_response(error.status_code, code, str(error.detail), error.headers)


def _retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(seconds))}


def told(error: Mapping[str, Any]) -> dict[str, str]:
    """One validation error without the value that caused it: where (part and JSON pointer), and what is wanted."""
    place: Sequence[str | int] = error["loc"]
    part, inside = (str(place[0]), place[1:]) if place else ("body", ())
    match error["type"]:
        case "json_invalid":
            inside, detail = (), "The body is not valid JSON"
        case "union_tag_invalid":
            detail = "The kind must be one of those documented"
        case "value_error":  # the part after the colon comes from libraries and may quote the value
            detail = error["msg"].removeprefix("Value error, ").split(":")[0]
        case _:
            detail = error["msg"]
    pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')[:100]}" for step in inside)
    return {"in": part, "pointer": pointer, "detail": detail}
