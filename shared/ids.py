"""Identifiers: new ones are UUIDv7 (sortable by time), derived ones UUIDv5 (the same input, the same id)."""

import os
import time
from hashlib import sha1
from uuid import UUID

_NAMESPACE = UUID("6f1d3c1e-0b57-5a57-9d1c-6d696e650001").bytes


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
    text = "\x1f".join([str(part) for part in parts])
    digest = bytearray(sha1(_NAMESPACE + text.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50  # version 5; written out, because uuid.uuid5 takes three times as long
    digest[8] = digest[8] & 0x3F | 0x80
    found = digest.hex()
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"
