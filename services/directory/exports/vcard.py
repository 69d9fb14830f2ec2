"""A center as a contact card: vCard 4.0 (RFC 6350), for the address book of whoever wants to call or come."""

import re
from collections.abc import Iterator

from services.directory.exports.entry import Entry, country_name
from services.directory.exports.wording import WORDS
from shared.taxonomy import SERVICES

MEDIA_TYPE = "text/vcard"
_MOST_OCTETS = 75


def vcard(entry: Entry, address: str, language: str) -> str:
    """The card, in one of the languages of `WORDS`; ``address`` is where it can be had again."""
    lines = ["BEGIN:VCARD", "VERSION:4.0", "KIND:org", *_properties(entry, address, language), "END:VCARD"]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _properties(entry: Entry, address: str, language: str) -> Iterator[str]:
    view, place = entry.view, entry.view.place
    yield f"UID:urn:uuid:{entry.id}"
    yield f"REV:{view.changed:%Y%m%dT%H%M%SZ}"
    yield f"SOURCE:{address}"
    yield f"FN:{_text(view.name)}"
    yield f"ORG:{_text(view.name)}"
    if others := [name for name in view.names.values() if name != view.name]:
        yield f"NICKNAME:{','.join(map(_text, others))}"
    where = [place.street, place.town, place.region, place.postal_code, country_name(place.country, language)]
    yield f"ADR;TYPE=work:;;{';'.join(_text(part or '') for part in where)}"
    if place.point:
        yield f"GEO:geo:{place.point.lat:.5f},{place.point.lon:.5f}"
    if place.time_zone:
        yield f"TZ:{_text(place.time_zone)}"
    if entry.phone:
        yield f"TEL;VALUE=uri;TYPE=work:tel:{entry.phone.replace(' ', '')}"
    if entry.email:
        yield f"EMAIL;TYPE=work:{_text(entry.email)}"
    if entry.website:
        yield f"URL:{entry.website}"
    for preference, spoken in enumerate(view.languages, 1):
        yield f"LANG;PREF={preference}:{spoken}"
    if entry.services:
        yield f"CATEGORIES:{','.join(_text(SERVICES.label(offer.service, language)) for offer in entry.services)}"
    if notes := list(_notes(entry, language)):
        yield f"NOTE:{_text(' '.join(notes))}"


def _notes(entry: Entry, language: str) -> Iterator[str]:
    if entry.is_closed:
        yield WORDS[language].closed
    if entry.is_hidden:
        yield WORDS[language].hidden


def _text(value: str) -> str:
    """A text value, with what separates values taken literally."""
    return re.sub(r"([\\,;])", r"\\\1", value).replace("\n", "\\n")


def _folded(line: str) -> str:
    """The line cut into pieces of at most 75 octets, no character cut in two."""
    pieces, room = [""], _MOST_OCTETS
    for character in line:
        octets = len(character.encode())
        if octets > room:
            pieces.append("")
            room = _MOST_OCTETS - 1  # the space before it counts
        pieces[-1] += character
        room -= octets
    return "\r\n ".join(pieces)
