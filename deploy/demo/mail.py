"""Mail as its readers get it: looked up where the network's mails arrive, opened, and its pages answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx


@dataclass(frozen=True)
class Envelope:
    """A mail from outside."""

    number: int
    id: str
    to: str
    subject: str
    message_id: str


@dataclass(frozen=True)
class Mail:
    """A mail that was opened."""

    text: str
    headers: Mapping[str, str]
    links: list[str]

    def link(self, part: str) -> str:
        """Path of the first link with ``part`` in it. LookupError when there is none."""
        for link in self.links:
            if part in link:
                return urlsplit(link).path
        raise LookupError(f"no link with {part} in this mail")


class Mailbox:
    """Every mail that reached anybody: the SMTP catcher's API."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=15.0)

    async def __aenter__(self) -> "Mailbox":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def arrived(self, after: int = 0) -> list[Envelope]:
        """All mails that came after number ``after``, the oldest first."""
        found: list[Envelope] = []
        position: int | None = after
        while position is not None:
            answer = await self._http.get("/api/mails", params={"after": position, "limit": 1000})
            page = answer.raise_for_status().json()
            found += [
                Envelope(each["number"], each["id"], each["to"][0], each["subject"], each["message_id"])
                for each in page["items"]
            ]
            position = page["next"]
        return found

    async def received(self) -> int:
        """How many mails have come."""
        answer = await self._http.get("/health/ready")
        count: int = answer.raise_for_status().json()["received"]
        return count

    async def open(self, envelope: Envelope) -> Mail:
        """A mail with its text, header fields and links."""
        answer = await self._http.get(f"/api/mails/{envelope.id}")
        shown: dict[str, Any] = answer.raise_for_status().json()
        return Mail(shown["text"], dict(shown["headers"]), shown["links"])


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.method = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.method = given.get("method", "get").lower()
        elif tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"]] = given.get("value", "")


def form_on(page: str) -> dict[str, str]:
    """What the button on this page would send. LookupError when there is no button to press."""
    parser = _Fields()
    parser.feed(page)
    if parser.method != "post":
        raise LookupError("there is no button on this page")
    return parser.fields
