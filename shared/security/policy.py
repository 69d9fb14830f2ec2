"""What a route demands of its caller: every route carries `allow` or `public`, and a test enumerates them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Security
from fastapi.params import Depends as Dependency
from fastapi.routing import iter_route_contexts
from fastapi.security import HTTPBearer
from limits import RateLimitItem, parse

from shared.security.caller import OFFICE, ROLES, Caller, Forbidden
from shared.security.rates import RateLimits
from shared.security.tokens import Unauthenticated

_bearer = HTTPBearer(scheme_name="token", bearerFormat="JWT", auto_error=False)


@dataclass(frozen=True)
class Allow:
    """Lets callers with one of the roles in, and the office always."""

    roles: frozenset[str]

    async def __call__(self, caller: Caller, documented: Annotated[Any, Security(_bearer)]) -> None:
        if caller.is_public:
            raise Unauthenticated("this needs a token")
        if not caller.roles & (self.roles | {OFFICE}):
            raise Forbidden("this needs another role", roles=sorted(self.roles | {OFFICE}))


@dataclass(frozen=True)
class Public:
    """Lets everybody in; those without a token as often as the rate allows."""

    rate: RateLimitItem | None

    async def __call__(self, caller: Caller, request: Request) -> None:
        if self.rate is not None and caller.is_public:
            limits: RateLimits = request.app.state.rate_limits
            await limits.hit(self.rate, request, f"{request.method} {request.scope['route'].path}")


def allow(*roles: str) -> Any:
    """For ``dependencies=[...]`` of a route: only for these roles, and always for the office (so ``allow()``: only it).

    401 without a token or with one that does not hold, 403 with another role.
    """
    if not set(roles) <= ROLES:
        raise ValueError(f"no such role: {', '.join(sorted(set(roles) - ROLES))}")
    return Depends(Allow(frozenset(roles)))


def public(rate: str | None = None) -> Any:
    """For ``dependencies=[...]`` of a route: for everybody, without a token at most ``rate`` ("30/minute") per client
    address and route; 429 above. A token that does not hold is still 401.
    """
    return Depends(Public(parse(rate) if rate else None))


def unguarded_routes(app: FastAPI) -> list[str]:
    """The routes that say neither `allow` nor `public`, as "POST /visits". Must be empty."""
    return sorted(
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        if route.path != app.openapi_url and not _guarded(getattr(route, "dependencies", ()))
        for method in route.methods or {"*"}
    )


def _guarded(dependencies: Sequence[Dependency]) -> bool:
    return any(isinstance(each.dependency, Allow | Public) for each in dependencies)
