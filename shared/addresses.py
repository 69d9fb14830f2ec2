"""Mail addresses: which ones are taken, when two of them are the same, and where one stands in a text."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

_ATOM = r"\w\u0300-\u036f.!#$%&'*+/=?^`{|}~-"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_IN_TEXT = re.compile(rf"(?<![{_ATOM}])[{_ATOM}]{{1,80}}+@{_LABEL}(?:\.{_LABEL})+")
_MARKUP = "'\"*_`~=/|{}!#$%&?^.+-"


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

    One with quotes or markup around it (``*jana@example.org*``) counts with and without what stands before it, since
    most of these signs may begin an address too.
    """
    if "@" not in text:
        return []
    found = []
    for match in _IN_TEXT.finditer(text):
        bare = match[0].lstrip(_MARKUP)
        found.append(Found(match.start(), match.end(), match[0]))
        if bare != match[0] and not bare.startswith("@"):
            found.append(Found(match.end() - len(bare), match.end(), bare))
    return found


def without_addresses(text: str) -> str:
    """``text`` with every mail address masked: for what is told to operators."""
    return _IN_TEXT.sub("[masked]", text) if "@" in text else text


MailAddress = Annotated[str, Field(max_length=254, examples=["jana@example.org"]), AfterValidator(checked)]
"""A mail address in a request."""
