"""Somebody to be forgotten, recognised wherever their mail address or phone number is written, and known to nobody.

An erasure travels as ``subject``: a keyed hash of the erasure's id and the address. Who has the key can ask of any
address it finds "is it this one?", and nothing else. Every request has its own hash of the same address, so two
requests, or a request and a document, cannot be brought together by comparing them. The last eight digits say nothing
of the person: by them a service notices that it has another key, and would recognise nobody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hmac import compare_digest
from typing import TypeVar, cast

from pydantic import BaseModel

from shared.addresses import compared, found_in
from shared.security.keyed import Keyed
from shared.world import World

T = TypeVar("T")

OMITTED = "[…]"
"""Stands where something was taken out of a text, in any language."""

_PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ./()-]{0,3}[0-9]){6,14}(?![0-9])")


class AnotherKey(Exception):
    """This service has another key than the one that took the request. It must not answer that it knows nobody."""


class Persons:
    """Makes and reads subjects, with the key that all services of an installation share."""

    def __init__(self, key: str) -> None:
        self._keyed = Keyed(key)

    @classmethod
    def of(cls, world: World) -> "Persons":
        """Those of a running service."""
        return cls(world.settings.person_key.get_secret_value())

    def subject(self, erasure: str, identity: str) -> str:
        """What an erasure is told to look for, from a mail address or an international phone number."""
        return self._hash(erasure, identity) + self._check(erasure)

    def wanted(self, erasure: str, subject: str) -> "Wanted":
        """Whom an erasure is about. `AnotherKey` when the subject was not made with this one."""
        if not compare_digest(subject[32:], self._check(erasure)):
            raise AnotherKey("the erasure was requested with another MINE_PERSON_KEY than that of this service")
        return Wanted(self, erasure, subject)

    def is_meant(self, erasure: str, subject: str, identity: str) -> bool:
        """Whether ``subject`` is that of ``identity``."""
        return compare_digest(self._hash(erasure, identity), subject[:32])

    def _hash(self, erasure: str, identity: str) -> str:
        return self._keyed.hash("person", erasure, _spelling(identity)).hex()[:32]

    def _check(self, erasure: str) -> str:
        return self._keyed.hash("person key", erasure).hex()[:8]


@dataclass(frozen=True)
class Wanted:
    """One `shared.aggregate.Person`."""

    persons: Persons
    erasure: str
    subject: str

    def stands_in(self, value: object) -> bool:
        """Whether the person's address or phone number stands anywhere in ``value``."""
        return any(self._spans(text) for text in _texts(value))

    def taken_out_of(self, value: T) -> T:
        """``value`` with `OMITTED` for the person. What holds nothing of them comes back equal; nothing is validated,
        so what must be an address or a number is for the aggregate to empty."""
        if isinstance(value, str):
            return cast(T, self._without(value))
        if isinstance(value, BaseModel):
            changed = {name: self.taken_out_of(inner) for name, inner in value}
            return cast(T, value.model_copy(update=changed))
        if isinstance(value, dict):
            return cast(T, {key: self.taken_out_of(inner) for key, inner in value.items()})
        if isinstance(value, list | tuple):
            return cast(T, type(value)([self.taken_out_of(inner) for inner in value]))
        return value

    def _without(self, text: str) -> str:
        for start, end in sorted(self._spans(text), reverse=True):
            text = text[:start] + OMITTED + text[end:]
        return text

    def _spans(self, text: str) -> list[tuple[int, int]]:
        return [(start, end) for start, end, identity in _identities(text) if self._is(identity)]

    def _is(self, identity: str) -> bool:
        return self.persons.is_meant(self.erasure, self.subject, identity)


def _identities(text: str) -> Iterator[tuple[int, int, str]]:
    """Every mail address and international phone number in ``text``, and where it stands."""
    for found in found_in(text):
        yield found.start, found.end, found.address
    if "+" in text:
        for match in _PHONE.finditer(text):
            yield match.start(), match.end(), match[0]


def _spelling(identity: str) -> str:
    """The spelling by which two addresses, or two phone numbers, are the same."""
    if "@" in identity:
        return compared(identity)
    return "+" + re.sub(r"\D", "", identity.replace("(0)", ""))


def _texts(value: object) -> Iterator[str]:
    """Every text in ``value``, at any depth."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            waiting.extend(value)
        elif isinstance(value, BaseModel):
            waiting.extend(inner for _, inner in value)
