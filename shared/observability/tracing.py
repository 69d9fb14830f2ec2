"""W3C trace context: one trace from the request through outbox and log to the last reaction.

Only the header ``traceparent`` is carried on; spans are not collected here, but every log line says which it is from.
"""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from structlog.contextvars import bound_contextvars

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)


@dataclass(frozen=True)
class Trace:
    """A position in a trace; as text it is a ``traceparent`` header."""

    trace_id: str
    span_id: str
    flags: str = "01"

    def child(self) -> "Trace":
        """A new span of the same trace."""
        return replace(self, span_id=_random_hex(8))

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


current_trace: ContextVar[Trace | None] = ContextVar("current_trace", default=None)
"""Where the running request or reaction stands; set by `continued`."""


def new_trace() -> Trace:
    """The first span of a new trace."""
    return Trace(_random_hex(16), _random_hex(8))


def parse(traceparent: str | None) -> Trace | None:
    """The trace a header speaks of; None when it is missing or malformed (then the standard says: begin anew)."""
    found = _FORM.fullmatch(traceparent or "")
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    return Trace(trace_id, span_id, f"{int(flags, 16) & 1:02x}")


@contextmanager
def continued(traceparent: str | None, correlation: str, **said: str) -> Iterator[Trace]:
    """Inside, `current_trace` is a new span under ``traceparent``, and every log line carries it, the correlation id
    and what else is ``said``."""
    parent = parse(traceparent)
    trace = parent.child() if parent else new_trace()
    token = current_trace.set(trace)
    try:
        with bound_contextvars(trace=trace.trace_id, span=trace.span_id, correlation=correlation, **said):
            yield trace
    finally:
        current_trace.reset(token)


def _random_hex(size: int) -> str:
    return random.randbytes(size).hex()
