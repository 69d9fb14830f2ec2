"""The OpenAPI document: FastAPI's, and what its routes have in common, told from their own shape."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.http.problems import MEDIA_TYPE, ProblemDocument

_ABOUT = {
    400: "The request is malformed",
    401: "No token, or one that does not hold",
    403: "The token does not allow this",
    404: "There is no such thing",
    409: "The present state does not allow this",
    410: "The time for this has passed",
    412: "The version in If-Match is not the present one",
    413: "The request is too large",
    422: "The input is not valid, or the idempotency key was used for another request",
    428: "If-Match is missing",
    429: "Too many requests; see Retry-After",
    503: "Not now; see Retry-After",
}
_WITHOUT_PROBLEMS = ("/health/live", "/health/ready", "/metrics")
_HEADERS = {
    "ETag": "The version, for If-Match and If-None-Match.",
    "Idempotent-Replayed": '"true" when this repeats the answer to an earlier command with the same key.',
    "Location": "Where the new thing is.",
    "Link": 'The next page, with rel="next".',
    "Retry-After": "Seconds to wait.",
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document, made once per app."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
        )
        _add_components(found)
        for path, operations in found["paths"].items():
            for operation in operations.values():
                _complete(path, operation)
        app.openapi_schema = found
    return app.openapi_schema


def _add_components(found: dict[str, Any]) -> None:
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = ProblemDocument.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["headers"] = {
        name: {"description": about, "schema": {"type": "string"}} for name, about in _HEADERS.items()
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses = {f"Problem{status}": {"description": about, "content": content} for status, about in _ABOUT.items()}
    for status in (429, 503):
        responses[f"Problem{status}"]["headers"] = _headers("Retry-After")
    components["responses"] = responses


def _complete(path: str, operation: dict[str, Any]) -> None:
    """Adds to one operation the problems and headers that follow from what it takes and gives."""
    parameters = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    for name in ("Idempotency-Key", "If-Match"):
        if name in parameters:
            parameters[name] |= {"required": True, "schema": {"type": "string", "maxLength": 200}}
    success = next(response for status, response in operation["responses"].items() if status.startswith("2"))
    gives_receipt = "/Receipt" in str(success.get("content"))
    problems = {401, 503}
    problems |= {403} if "security" in operation else {429}
    problems |= {404} if "{" in path else set()
    problems |= {422} if parameters or "requestBody" in operation else set()
    problems |= {413} if "requestBody" in operation else set()
    problems |= {400} if "Idempotency-Key" in parameters or "cursor" in parameters else set()
    problems |= {409, 410} if gives_receipt else set()
    problems |= {412, 428} if "If-Match" in parameters else set()
    if path not in _WITHOUT_PROBLEMS:
        for status in sorted(problems):
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    if gives_receipt:
        created = ["Location"] if "201" in operation["responses"] else []
        success["headers"] = _headers("ETag", "Idempotent-Replayed", *created)
    if "If-None-Match" in parameters:
        success["headers"] = _headers("ETag", *(["Link"] if "cursor" in parameters else []))
        operation["responses"]["304"] = {"description": "The client has the present version."}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
