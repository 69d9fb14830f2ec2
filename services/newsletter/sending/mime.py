"""Mails by pieces: rendered once with marked slots, cut at the slots, joined with what is personal for each reader.

What goes into a slot is checked against the strictest of the contexts it may stand in (header, HTML attribute,
quoted-printable text), so nothing personal can end a header or an attribute.
"""

import re
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

_PERSONAL = re.compile(r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-][A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]*$")
_LINK = re.compile(r"^https?://[A-Za-z0-9:/._~%\[\]-]+$")
_ADDRESS, _MESSAGE_ID, _IN_HEADER = "address", "message-id", " in a header"
_CHUNK = 60
_LINE_MOST = 998


class Unrenderable(Exception):
    """A mail could not be built safely; nothing was sent."""


@dataclass(frozen=True)
class Sender:
    """Who the mails come from."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


class Slots:
    """The marks of one compilation: random, so that no text an editor wrote can hold one."""

    def __init__(self, *links: str) -> None:
        names = (_ADDRESS, _MESSAGE_ID, *links, *(link + _IN_HEADER for link in links))
        unguessable = secrets.token_hex(8)
        self.marks = {name: f"slot{unguessable}x{number}x" for number, name in enumerate(names)}

    def body(self, link: str) -> str:
        """Stands in a text for a link. In HTML the line must hold little else before it."""
        return self.marks[link]

    def header(self, link: str) -> str:
        """Stands in a header for a link."""
        return self.marks[link + _IN_HEADER]


@dataclass(frozen=True)
class Mail:
    """A compiled mail: fixed bytes, and the names of the slots between them."""

    pieces: tuple[bytes, ...]
    slots: tuple[str, ...]

    def to(self, address: str, message_id: str, links: dict[str, str]) -> bytes:
        """The mail for one reader, lines ending in CRLF. `Unrenderable` when a value does not fit its slot."""
        values = {_ADDRESS: _fitting(address, _PERSONAL), _MESSAGE_ID: _fitting(message_id, _PERSONAL)}
        for name, link in links.items():
            whole = _fitting(link, _LINK)
            values[name + _IN_HEADER] = whole
            values[name] = b"=\r\n".join(whole[at : at + _CHUNK] for at in range(0, len(whole), _CHUNK))
        parts = [self.pieces[0]]
        for slot, piece in zip(self.slots, self.pieces[1:], strict=True):
            parts += (values[slot], piece)
        return b"".join(parts)


def compose(
    *,
    slots: Slots,
    sender: Sender,
    subject: str,
    language: str,
    text: str,
    html: str,
    date: datetime,
    headers: dict[str, str],
) -> Mail:
    """Compiles a mail of plain text and HTML. `Unrenderable` when a header would not be one line, or a slot is lost."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(sender.name, addr_spec=sender.address)
        message["To"] = Address(addr_spec=f"{slots.marks[_ADDRESS]}@slot.invalid")
        message["Subject"] = subject
        message["Date"] = format_datetime(date)
        message["Message-ID"] = f"<{slots.marks[_MESSAGE_ID]}@slot.invalid>"
        message["Content-Language"] = language
        for name, value in headers.items():
            message[name] = value
    except ValueError as error:
        raise Unrenderable(f"a header cannot be written: {error}") from None
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    written = "\n".join((text, html, subject, *headers.values()))
    wanted = {name: written.count(mark) for name, mark in slots.marks.items()}
    return _cut(message.as_bytes(), slots, {**wanted, _ADDRESS: 1, _MESSAGE_ID: 1})


def _cut(raw: bytes, slots: Slots, wanted: dict[str, int]) -> Mail:
    for name in (_ADDRESS, _MESSAGE_ID):
        raw = raw.replace(f"{slots.marks[name]}@slot.invalid".encode(), slots.marks[name].encode())
    if any(len(line) > _LINE_MOST for line in raw.split(b"\r\n")):
        raise Unrenderable("a line is too long for mail")
    names = {mark.encode(): name for name, mark in slots.marks.items()}
    parts = re.split(b"(" + b"|".join(names) + b")", raw)
    found = tuple(names[mark] for mark in parts[1::2])
    if Counter(found) != Counter(wanted):
        raise Unrenderable("a slot was folded or encoded away")
    return Mail(tuple(parts[0::2]), found)


def _fitting(value: str, pattern: re.Pattern[str]) -> bytes:
    if not pattern.match(value) or "\n" in value or len(value) > _LINE_MOST - 100:
        raise Unrenderable("a personal value does not fit its slot")
    return value.encode("ascii")
