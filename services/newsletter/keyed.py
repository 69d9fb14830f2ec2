"""Everything made with the installation's secret: ids of subscriptions, signatures in links, Message-IDs.

One secret, one key per purpose: what is made for one purpose is worth nothing for another.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.aggregate import Refusal, Why
from shared.security import keyed


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


class Keyed(keyed.Keyed):
    """Keyed hashes with the installation's secret."""

    def subscription_id(self, list: str, address: str, life: int = 0) -> str:
        """The id of the subscription of a normalised address: the same address, the same id.

        ``life`` counts how often its subscription was erased: who comes back after that has another id.
        """
        return self.hash("subscription", list, address, *([str(life)] if life else [])).hex()[:32]

    def person(self, subject: str) -> str:
        """An opaque id for the account of an editor or publisher."""
        return self.hash("person", subject).hex()[:20]

    def message_id(self, issue: str, subscription: str, domain: str) -> str:
        """The Message-ID of an issue's mail to a reader, without the angle brackets: the same at every attempt."""
        return f"{self.hash('message', issue, subscription).hex()[:32]}@{domain}"

    # ---- links

    def confirmation_token(self, link: Confirmation) -> str:
        """What proves that somebody reads the mailbox; good until it expires."""
        said = f"{link.subscription}.{link.round}.{int(link.expires.timestamp())}"
        return f"{said}.{self.signature('confirm', said)}"

    def read_confirmation(self, token: str) -> Confirmation:
        """The link behind a token; `LinkNotValid` when the signature does not hold. Expiry is the reader's to check."""
        said, _, signature = token.rpartition(".")
        parts = said.split(".")
        if not self.holds("confirm", said, signature) or len(parts) != 3:
            raise LinkNotValid("this link is not valid")
        return Confirmation(parts[0], int(parts[1]), datetime.fromtimestamp(int(parts[2]), UTC))

    def reader_token(self, subscription: str) -> str:
        """What lets a reader unsubscribe and choose a language. It stands in every mail and does not expire."""
        return f"{subscription}.{self.signature('reader', subscription)}"

    def read_reader(self, token: str) -> str:
        """The subscription behind a reader's token; `LinkNotValid` when the signature does not hold."""
        subscription, _, signature = token.rpartition(".")
        if not self.holds("reader", subscription, signature):
            raise LinkNotValid("this link is not valid")
        return subscription
