"""How often somebody without a token may ask. Counted in this process's memory: each replica allows the full rate."""

import hmac
import ipaddress
import math
import os
import time
from hashlib import sha256

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request


class TooManyRequests(Exception):
    """This client asked too often (429)."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too many requests from your address; try again later")
        self.retry_after_s = retry_after_s


class RateLimits:
    """Moving windows per route and client address.

    Addresses are kept only as hashes keyed with a secret that dies with the process. ``X-Forwarded-For`` counts only
    as far as ``trusted_proxies`` proxies in front of us have written it: its last entries, one for each.
    """

    def __init__(self, trusted_proxies: int = 0) -> None:
        self._trusted_proxies = trusted_proxies
        self._secret = os.urandom(32)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def hit(self, rate: RateLimitItem, request: Request, route: str) -> None:
        """Counts this request; raises `TooManyRequests` when the client has used up ``rate`` on ``route``."""
        key = hmac.new(self._secret, self._address(request).encode(), sha256).hexdigest()[:32]
        if not await self._limiter.hit(rate, route, key):
            window = await self._limiter.get_window_stats(rate, route, key)
            raise TooManyRequests(max(1, math.ceil(window.reset_time - time.time())))

    def _address(self, request: Request) -> str:
        written = [part.strip() for line in request.headers.getlist("X-Forwarded-For") for part in line.split(",")]
        if self._trusted_proxies and len(written) >= self._trusted_proxies:
            return _network(written[-self._trusted_proxies])
        return _network(request.client.host if request.client else "")


def _network(address: str) -> str:
    """An IPv6 client may choose among 2^64 addresses: its /64 counts as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
