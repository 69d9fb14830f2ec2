"""Who is asking, and what they may do.

A route says ``dependencies=[allow("center", "coordinator")]`` or ``dependencies=[public(rate="30/minute")]``, and gets
the caller as a parameter ``caller: Caller``. *Which* center or network it may act for, the route asks the caller.
"""

from shared.security.caller import ANONYMOUS, ROLES, Caller, Forbidden, Identity
from shared.security.policy import allow, public, unguarded_routes
from shared.security.rates import RateLimits, TooManyRequests
from shared.security.tokens import Unauthenticated, Verifier, create_key_set, issue_token, rotate_key

__all__ = [
    "ANONYMOUS",
    "ROLES",
    "Caller",
    "Forbidden",
    "Identity",
    "RateLimits",
    "TooManyRequests",
    "Unauthenticated",
    "Verifier",
    "allow",
    "create_key_set",
    "issue_token",
    "public",
    "rotate_key",
    "unguarded_routes",
]
