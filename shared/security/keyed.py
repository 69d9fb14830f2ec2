"""Keyed hashes with a secret: opaque ids and signatures. One key per purpose: what is made for one is worth nothing
for another.
"""

import hmac
from base64 import urlsafe_b64encode


class Keyed:
    """Keyed hashes (HMAC-SHA256) with one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def hash(self, purpose: str, *parts: str | bytes) -> bytes:
        """The hash of ``parts`` for this purpose: 32 bytes, from which nobody finds the parts without the secret."""
        said = (part.encode() if isinstance(part, str) else part for part in (purpose, *parts))
        return hmac.digest(self._secret, b"\x1f".join(said), "sha256")

    def signature(self, purpose: str, said: str) -> str:
        """What proves that ``said`` comes from whoever has the secret; fit for a link."""
        return urlsafe_b64encode(self.hash(purpose, said)[:18]).decode()

    def holds(self, purpose: str, said: str, signature: str) -> bool:
        """Whether the signature of ``said`` is genuine."""
        return hmac.compare_digest(signature.encode(), self.signature(purpose, said).encode())
