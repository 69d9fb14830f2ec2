"""Everything made with the installation's secret: ids of subscriptions, signatures in links, Message-IDs.

One secret, one key per purpose: what is made for one purpose is worth nothing for another.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from shared.aggregate import Refusal, Why


class LinkNotValid(Refusal):
    """Nobody here made this link, or it was cut off on its way (404)."""

    code = "link-not-valid"
    why = Why.MISSING


@dataclass(frozen=True)
class Confirmation:
    """What a confirmation link says."""

    subscription: str
    round: int
    expires: datetime


class Keyed:
    """Keyed hashes with the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def subscription_id(self, list: str, address: str) -> str:
        """The id of the subscription of a normalised address: the same address, the same id."""
        return self._hash("subscription", list, address).hex()[:32]

    def person(self, subject: str) -> str:
        """An opaque id for the account of an editor or publisher."""
        return self._hash("person", subject).hex()[:20]

    def fingerprint(self, *asked: str) -> str:
        """A digest of what was asked, for requests that hold an address: useless without the secret."""
        return self._hash("fingerprint", *asked).hex()[:32]

    def message_id(self, issue: str, subscription: str, domain: str) -> str:
        """The Message-ID of an issue's mail to a reader, without the angle brackets: the same at every attempt."""
        return f"{self._hash('message', issue, subscription).hex()[:32]}@{domain}"

    # ---- links

    def confirmation_token(self, link: Confirmation) -> str:
        """What proves that somebody reads the mailbox; good until it expires."""
        said = f"{link.subscription}.{link.round}.{int(link.expires.timestamp())}"
        return f"{said}.{self._signature('confirm', said)}"

    def read_confirmation(self, token: str) -> Confirmation:
        """The link behind a token; `LinkNotValid` when the signature does not hold. Expiry is the reader's to check."""
        said, _, signature = token.rpartition(".")
        parts = said.split(".")
        if not self._holds("confirm", said, signature) or len(parts) != 3:
            raise LinkNotValid("this link is not valid")
        return Confirmation(parts[0], int(parts[1]), datetime.fromtimestamp(int(parts[2]), UTC))

    def reader_token(self, subscription: str) -> str:
        """What lets a reader unsubscribe and choose a language. It stands in every mail and does not expire."""
        return f"{subscription}.{self._signature('reader', subscription)}"

    def read_reader(self, token: str) -> str:
        """The subscription behind a reader's token; `LinkNotValid` when the signature does not hold."""
        subscription, _, signature = token.rpartition(".")
        if not self._holds("reader", subscription, signature):
            raise LinkNotValid("this link is not valid")
        return subscription

    def _holds(self, purpose: str, said: str, signature: str) -> bool:
        return hmac.compare_digest(signature.encode(), self._signature(purpose, said).encode())

    def _signature(self, purpose: str, said: str) -> str:
        return urlsafe_b64encode(self._hash(purpose, said)[:18]).decode()

    def _hash(self, purpose: str, *parts: str) -> bytes:
        return hmac.new(self._secret, "\x1f".join((purpose, *parts)).encode(), sha256).digest()
