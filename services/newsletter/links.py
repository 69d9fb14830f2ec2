"""The links in mails. Each leads to a page; only its button changes anything."""

from services.newsletter.keyed import Confirmation, Keyed


class Links:
    """Builds links below the service's public address."""

    def __init__(self, keyed: Keyed, public_url: str) -> None:
        self._keyed = keyed
        self._base = public_url.rstrip("/")

    def confirm(self, confirmation: Confirmation) -> str:
        """To the page that confirms a subscription."""
        return f"{self._base}/confirmations/{self._keyed.confirmation_token(confirmation)}"

    def unsubscribe(self, subscription: str) -> str:
        """To the page that ends a subscription; a POST to it is the one click of RFC 8058."""
        return f"{self._base}/unsubscribe/{self._keyed.reader_token(subscription)}"

    def preferences(self, subscription: str) -> str:
        """To the page where a reader chooses a language."""
        return f"{self._base}/preferences/{self._keyed.reader_token(subscription)}"
