"""An SMTP server that delivers to nobody: it keeps each mail in a Maildir and shows them on a small page.

``python -m deploy.smtp_catcher --smtp-port 8125 --page-port 8126 --mails var/mail``

The page's API: ``GET /api/mails?to=&sender=&subject=&after=&limit=`` lists, the oldest first; ``GET /api/mails/{id}``
shows one with its text, HTML, headers and links; ``GET /api/mails/{id}/raw`` is the mail as it came;
``DELETE /api/mails`` throws all away. Mails are untrusted: nothing of them is ever sent to a browser unescaped.
"""

import argparse
import asyncio
import json
import re
import shutil
import signal
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default as modern_policy
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from shared.clock import instant_text

LARGEST_MAIL_BYTES = 10_000_000
LISTED_AT_MOST = 50_000
"""Of more mails only the newest are listed; the Maildir has them all."""

_PAGE_SIZE = 50
_MOST_PER_REQUEST = 1000
_LONGEST_FIELD = 300
_HEADER = r"^%s:[ \t]*(.*(?:\r?\n[ \t].*)*)"
_LINK = re.compile(r"https?://[^\s\"'<>]+")
_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True)
_BROWSER_RULES = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail in the list. ``number`` counts up from 1; ``sender`` and ``to`` are the envelope's."""

    number: int
    id: str
    received: str
    sender: str
    to: tuple[str, ...]
    subject: str
    message_id: str
    size: int


@dataclass(frozen=True)
class Words:
    """What an entry's fields must contain; nothing matches everything."""

    to: str = ""
    sender: str = ""
    subject: str = ""

    def match(self, entry: Entry) -> bool:
        """Whether all of them stand in the entry."""
        return (
            self.subject.casefold() in entry.subject.casefold()
            and self.sender.casefold() in entry.sender.casefold()
            and any(self.to.casefold() in one.casefold() for one in entry.to)
        )


class Mailbox:
    """A Maildir with a list of what is in it, kept in a file of its own so that a restart need not read every mail."""

    def __init__(self, directory: Path, listed_at_most: int = LISTED_AT_MOST) -> None:
        self._directory = directory
        self._listed_at_most = listed_at_most
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._number = 0
        for folder in ("tmp", "new", "cur"):
            (directory / folder).mkdir(parents=True, exist_ok=True)
        self._list_path = directory / "list.jsonl"
        self._restore()
        self._list = self._list_path.open("a")

    def keep(self, sender: str, recipients: Iterable[str], content: bytes) -> Entry:
        """Stores a mail. It is in the Maildir when this returns; the envelope goes before it as header fields."""
        recipients = tuple(recipients)
        name = f"{time.time_ns()}.{self._number + 1}.mine"
        envelope = [f"Return-Path: <{sender}>", *(f"Delivered-To: {one}" for one in recipients)]
        draft = self._directory / "tmp" / name
        draft.write_bytes("".join(f"{line}\r\n" for line in envelope).encode("utf-8", "replace") + content)
        draft.rename(self._directory / "new" / name)
        entry = self._entry(name, datetime.now(UTC), sender, recipients, content)
        self._list.write(json.dumps(asdict(entry)) + "\n")
        self._list.flush()
        return entry

    def search(self, words: Words, *, after: int = 0, before: int | None = None) -> Iterator[Entry]:
        """Entries that contain all of ``words``, upper and lower case alike: the oldest first, or with ``before`` the
        newest first."""
        entries: Iterable[Entry] = self._entries.values() if before is None else reversed(self._entries.values())
        for entry in entries:
            if after < entry.number and (before is None or entry.number < before) and words.match(entry):
                yield entry

    def get(self, id: str) -> Entry | None:
        """The entry with this id."""
        return self._entries.get(id)

    def raw(self, entry: Entry) -> bytes | None:
        """The stored mail, envelope fields first; None when somebody took the file away."""
        for folder in ("new", "cur"):
            try:
                return (self._directory / folder / entry.id).read_bytes()
            except FileNotFoundError:
                continue
        return None

    @property
    def received(self) -> int:
        """How many mails came since the mailbox was last emptied."""
        return self._number

    def empty(self) -> None:
        """Throws every mail away."""
        for folder in ("new", "cur"):
            shutil.rmtree(self._directory / folder)
            (self._directory / folder).mkdir()
        self._list.truncate(0)
        self._entries.clear()
        self._number = 0

    def _entry(self, name: str, received: datetime, sender: str, recipients: tuple[str, ...], content: bytes) -> Entry:
        self._number += 1
        head = content[:65536].partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
        entry = Entry(
            number=self._number,
            id=name,
            received=instant_text(received),
            sender=sender[:_LONGEST_FIELD],
            to=tuple(one[:_LONGEST_FIELD] for one in recipients),
            subject=header(head, "Subject"),
            message_id=header(head, "Message-ID"),
            size=len(content),
        )
        self._add(entry)
        return entry

    def _add(self, entry: Entry) -> None:
        self._entries[entry.id] = entry
        if len(self._entries) > self._listed_at_most:
            self._entries.popitem(last=False)

    def _restore(self) -> None:
        """Reads the list, and the mails that a killed catcher stored without listing them."""
        if self._list_path.exists():
            for line in self._list_path.read_text().splitlines():
                try:
                    fields = json.loads(line)
                    entry = Entry(**{**fields, "to": tuple(fields["to"])})
                except (ValueError, TypeError, KeyError):
                    continue  # the last line may be cut short
                self._number = entry.number
                self._add(entry)
        newest = next(reversed(self._entries), "")
        stored = sorted(path.name for folder in ("new", "cur") for path in (self._directory / folder).iterdir())
        missed = [name for name in stored if name > newest and name not in self._entries]
        if missed:
            with self._list_path.open("a") as listing:
                for name in missed:
                    listing.write("\n" + json.dumps(asdict(self._read_back(name))) + "\n")

    def _read_back(self, name: str) -> Entry:
        folder = "new" if (self._directory / "new" / name).exists() else "cur"
        path = self._directory / folder / name
        content = path.read_bytes()
        received = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        envelope, recipients = content.decode("utf-8", "replace").split("\r\n"), []
        sender = envelope.pop(0).removeprefix("Return-Path: ").strip("<>")
        while envelope and envelope[0].startswith("Delivered-To: "):
            recipients.append(envelope.pop(0).removeprefix("Delivered-To: "))
        return self._entry(name, received, sender, tuple(recipients), "\r\n".join(envelope).encode())


def header(head: str, name: str) -> str:
    """The decoded value of one header field, on one line and at most 300 characters long; empty when it is missing."""
    found = re.search(_HEADER % re.escape(name), head, re.MULTILINE | re.IGNORECASE)
    if not found:
        return ""
    value = found[1]
    if "=?" in value:
        try:
            value = str(make_header(decode_header(value)))
        except (MessageError, LookupError, ValueError):
            pass  # an encoding nobody knows: shown as it came
    return " ".join(value.split())[:_LONGEST_FIELD]


class Delivery:
    """What the SMTP dialogue ends in."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keeps the mail. 250 is only said once it is in the Maildir."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            self._mailbox.keep(envelope.mail_from or "", envelope.rcpt_tos, content)
        except OSError as error:
            return f"452 cannot store the mail now: {error.strerror}"
        return "250 kept"


# ---- the page


def shown(entry: Entry, raw: bytes) -> dict[str, Any]:
    """A mail with its decoded text, its HTML as a string, all header fields, and the links in it."""
    message = message_from_bytes(raw, policy=modern_policy)
    text, html = _body(message, "plain"), _body(message, "html")
    links = list(dict.fromkeys(link.rstrip(".,;)") for link in _LINK.findall(text + "\n" + html.replace("&amp;", "&"))))
    return {**asdict(entry), "headers": _headers(raw), "text": text, "html": html, "links": links}


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body(preferencelist=(kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
    except (KeyError, LookupError, ValueError, AttributeError):
        return ""  # a broken mail, or a charset nobody knows: its raw form can still be had


def _headers(raw: bytes) -> list[tuple[str, str]]:
    head = raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    fields = re.findall(r"^([!-9;-~]+):[ \t]*(.*(?:\r?\n[ \t].*)*)", head, re.MULTILINE)
    return [(name, re.sub(r"\r?\n[ \t]+", " ", value).rstrip("\r")) for name, value in fields]


class Page:
    """The routes of the page and its API."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/", self.show_list),
            Route("/mails/{id}", self.show_mail),
            Route("/api/mails", self.list),
            Route("/api/mails", self.empty, methods=["DELETE"]),
            Route("/api/mails/{id}", self.get),
            Route("/api/mails/{id}/raw", self.raw),
            Route("/health/ready", self.ready),
        ]

    async def list(self, request: Request) -> Response:
        """A page of entries, the oldest first; ``next`` goes into ``after`` of the next request."""
        limit = max(1, min(_number(request, "limit", 100), _MOST_PER_REQUEST))
        found = self._mailbox.search(_words(request), after=_number(request, "after", 0))
        items, more = _first(found, limit)
        following = items[-1].number if more else None
        answer = {"items": [asdict(item) for item in items], "next": following, "received": self._mailbox.received}
        return JSONResponse(answer, headers=_BROWSER_RULES)

    async def get(self, request: Request) -> Response:
        """One mail, decoded."""
        return JSONResponse(shown(*self._found(request)), headers=_BROWSER_RULES)

    async def raw(self, request: Request) -> Response:
        """One mail as it came, with the envelope before it."""
        entry, raw = self._found(request)
        rules = {**_BROWSER_RULES, "Content-Disposition": f'attachment; filename="{entry.number}.eml"'}
        return Response(raw, media_type="message/rfc822", headers=rules)

    async def empty(self, request: Request) -> Response:
        """Throws all mails away."""
        self._mailbox.empty()
        return Response(status_code=204)

    async def ready(self, request: Request) -> Response:
        """Always: whoever can ask, can also send."""
        return JSONResponse({"ok": True, "received": self._mailbox.received})

    async def show_list(self, request: Request) -> Response:
        """The list for people, the newest first."""
        words = _words(request)
        before = _number(request, "before", self._mailbox.received + 1)
        items, more = _first(self._mailbox.search(words, before=before), _PAGE_SIZE)
        older = items[-1].number if more else None
        return _html("list.html", items=items, words=words, older=older, received=self._mailbox.received)

    async def show_mail(self, request: Request) -> Response:
        """One mail for people."""
        return _html("mail.html", mail=shown(*self._found(request)))

    def _found(self, request: Request) -> tuple[Entry, bytes]:
        entry = self._mailbox.get(request.path_params["id"])
        raw = self._mailbox.raw(entry) if entry else None
        if entry is None or raw is None:
            raise HTTPException(404, "there is no such mail (any more)")
        return entry, raw


def _words(request: Request) -> Words:
    asked = request.query_params
    return Words(asked.get("to", ""), asked.get("sender", ""), asked.get("subject", ""))


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else otherwise


def _first(entries: Iterator[Entry], limit: int) -> tuple[list[Entry], bool]:
    """At most ``limit`` entries, and whether there are more."""
    items: list[Entry] = []
    for entry in entries:
        if len(items) == limit:
            return items, True
        items.append(entry)
    return items, False


def _html(template: str, **values: object) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(template).render(values), headers=_BROWSER_RULES)


def create_page(mailbox: Mailbox, names: Iterable[str]) -> Starlette:
    """The page as an ASGI application that answers only to the host names in ``names``.

    Otherwise any website could point a name of its own at this machine, and read the mails through its visitors.
    """
    only_here = Middleware(TrustedHostMiddleware, allowed_hosts=[*names], www_redirect=False)
    return Starlette(routes=Page(mailbox).routes(), middleware=[only_here])


async def serve(mailbox: Mailbox, host: str, smtp_port: int, page_port: int, names: Iterable[str]) -> None:
    """Serves both until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    delivery = Delivery(mailbox)

    def dialogue() -> SMTP:
        return SMTP(
            delivery,
            hostname="localhost",
            ident="mail catcher",
            data_size_limit=LARGEST_MAIL_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    smtp = await loop.create_server(dialogue, host, smtp_port, backlog=512)
    page = uvicorn.Server(
        uvicorn.Config(create_page(mailbox, names), host=host, port=page_port, log_level="warning", access_log=False)
    )
    # uvicorn ends at either signal, and then raises it once more for whoever had it before: that would cut us short.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _already_heard)
    print(f"mails to {host}:{smtp_port}, page on http://{host}:{page_port}", flush=True)
    try:
        await page.serve()
    finally:
        smtp.close()


def _already_heard(number: int, frame: FrameType | None) -> None:
    """Nothing more to do about this signal."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Keeps every mail it gets and shows them on a small page.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--smtp-port", type=int, default=8125)
    parser.add_argument("--page-port", type=int, default=8126)
    parser.add_argument("--mails", type=Path, default=Path("var/mail"), help="the Maildir")
    parser.add_argument("--name", action="append", default=[], help="one more host name the page answers to")
    told = parser.parse_args()
    names = ["127.0.0.1", "localhost", *told.name]
    uvloop.run(serve(Mailbox(told.mails), told.host, told.smtp_port, told.page_port, names))


if __name__ == "__main__":
    main()
