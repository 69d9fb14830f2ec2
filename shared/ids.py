"""Identifiers: new ones are UUIDv7 (sortable by time), derived ones UUIDv5 (the same input, the same id)."""

import os
import time
from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1d3c1e-0b57-5a57-9d1c-6d696e650001")


def new_id() -> str:
    """A new UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(UUID(int=value))


def derived_id(*parts: object) -> str:
    """The UUIDv5 of ``parts``: whoever derives from the same parts gets the same id.

    Parts are joined with a separator that no part may contain, so that ("ab", "c") and ("a", "bc") differ.
    """
    return str(uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts)))
