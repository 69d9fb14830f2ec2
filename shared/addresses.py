"""Mail addresses: which ones are taken, when two of them are the same, and where one stands in a text."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

_ATOM = r"\w\u0300-\u036f.!#$%&'*+/=?^`{|}~-"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_LOCAL_MOST = 80
_LOCAL = re.compile(rf"[{_ATOM}]+\Z")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_BEFORE = re.compile(r"(?:.*[=/?&|#])?['*_`~{}!$%^.+-]*")


def checked(address: str) -> str:
    """The address as mail is sent to it: its domain in lower case and ASCII. ValueError for anything else than a plain
    address; whether it exists only the confirmation mail can tell.
    """
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValueError("this is no mail address that mail can be sent to") from None
    if found.ascii_email is None:
        raise ValueError("the part before the @ must be plain ASCII")
    return found.ascii_email


def compared(address: str) -> str:
    """The spelling by which two addresses are the same: in lower case, the domain in ASCII.

    ``Jana@Mütterzentrum.example.org`` is ``jana@xn--mtterzentrum-dlb.example.org``; ``jana+news@...`` is another one.
    """
    local, _, domain = unicodedata.normalize("NFC", address).rpartition("@")
    if not domain.isascii():
        try:
            domain = validate_email(f"x@{domain}", check_deliverability=False).ascii_domain
        except EmailNotValidError:
            return address.lower()
    return f"{local}@{domain}".lower()


@dataclass(frozen=True)
class Found:
    """An address that stands in a text from ``start`` to ``end``."""

    start: int
    end: int
    address: str


def found_in(text: str) -> list[Found]:
    """Every mail address in ``text``, as it is written there.

    One with markup or a part of a link before it (``*jana@example.org*``, ``?to=jana@example.org``) counts with and
    without it, since nearly every sign may begin an address too.
    """
    found: list[Found] = []
    end, at = 0, text.find("@")
    while at >= 0:
        local = _LOCAL.search(text, max(end, at - _LOCAL_MOST), at)
        domain = _DOMAIN.match(text, at + 1) if local else None
        if local and domain:
            end = domain.end()
            before = _BEFORE.match(local[0])
            starts = {local.start(), local.start() + (before.end() if before else 0)} - {at}
            found += [Found(start, end, text[start:end]) for start in sorted(starts)]
        at = text.find("@", at + 1)
    return found


def without_addresses(text: str) -> str:
    """``text`` with every mail address masked: for what is told to operators."""
    kept, end = [], 0
    for found in found_in(text):
        if found.start >= end:
            kept += [text[end : found.start], "[masked]"]
            end = found.end
    return "".join([*kept, text[end:]])


MailAddress = Annotated[str, Field(max_length=254, examples=["jana@example.org"]), AfterValidator(checked)]
"""A mail address in a request."""
