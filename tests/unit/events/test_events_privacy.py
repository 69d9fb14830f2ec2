"""No event says who, where exactly, how to reach anybody, or what anybody wrote.

Events are kept for ever and anyone may read them, so what must not be known cannot be in them. Three rules hold for
every field of every event and snapshot, at every depth:

* its name is none that holds personal data or free text (`DENIED`, by the words it is made of), unless it is listed
  in `ALLOWED` with a reason; counts and yes/no are free to be called as they like ("2 children coming");
* it is of a kind that can be looked at: text, numbers, days, codes and objects of them, never "anything";
* no example holds what looks like a mail address, a phone number or a link.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import AwareDatetime, BaseModel, EmailStr, Field

from shared.events import Event, Snapshot, Wire
from shared.events.catalogue import data_of, snapshot_model, streams

DENIED = {
    "names a person": "author person people contact surname lastname firstname fullname nickname username user "
    "signer signature speaker editor moderator mother father parent child children guest_name",
    "tells about a person": "birth birthday born age gender sex religion nationality ethnicity health diagnosis "
    "income salary passport iban password secret token ip agent cookie",
    "reaches somebody": "email mail phone telephone mobile fax whatsapp address website url link homepage",
    "finds a door": "street house housenumber zip postcode postal lat lon lng latitude longitude point "
    "coordinates geo gps position",
    "is what somebody wrote": "summary story text texts note notes comment comments remark remarks message body "
    "description answer answers feedback quote content letter subject biography bio motivation "
    "directions rules wish explanation details",
    "names somebody or something": "name names",
}
"""Why a field is not wanted in events → the words that give it away."""

ALLOWED = {
    ("CenterSnapshot", "name"): "a center's name: it is an organisation, and decides itself what is shown",
    ("CenterSnapshot", "names"): "the same in other languages",
    ("CenterSnapshot", "town_point"): "the middle of the town, in hundredths of a degree; left out when hidden",
    ("NetworkSnapshot", "name"): "a network is an organisation",
    ("NetworkSnapshot", "names"): "the same in other languages",
    ("NetworkSnapshot", "parent"): "the id of the network above",
    ("PartnerSnapshot", "name"): "a partner is an organisation",
    ("PartnerSnapshot", "names"): "the same in other languages",
    ("NetworkLink", "link"): "the id of a link between organisations, no address",
    ("PartnershipLinked", "link"): "the id of a link between organisations, no address",
    ("PartnershipLinkEnded", "link"): "the id of a link between organisations, no address",
    ("ErasureRequested", "subject"): "a keyed hash, another one for each erasure; of use only to the services",
    ("TracesErased", "subject"): "the same",
    ("TownPoint", "lat"): "of the town, never of a door",
    ("TownPoint", "lon"): "of the town, never of a door",
}

_LEAVES = (str, int, float, bool, date, datetime, AwareDatetime, NoneType)


def fields(model: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str, Any]]:
    """Every field of ``model`` and of the models in it: owner, name, annotation."""
    met: set[type[BaseModel]] = set()
    waiting = [model]
    while waiting:
        owner = waiting.pop()
        if owner in met:
            continue
        met.add(owner)
        for name, field in owner.model_fields.items():
            yield owner, name, field.annotation
            waiting.extend(kind for kind in kinds(field.annotation) if _is_model(kind))


def kinds(annotation: Any) -> Iterator[Any]:
    """What a field can hold: its annotation without unions, lists, mappings and notes around it."""
    if get_origin(annotation) is Literal:
        yield from {type(value) for value in get_args(annotation)}
    elif annotation is Ellipsis:
        return
    elif get_origin(annotation) in (Union, UnionType, tuple, list, dict, set, frozenset):
        for argument in get_args(annotation):
            yield from kinds(argument)
    elif hasattr(annotation, "__metadata__"):
        yield from kinds(get_args(annotation)[0])
    else:
        yield annotation


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_harmless(kind: Any) -> bool:
    """A count, a yes or no, a day, one of a list of codes: no name makes it personal."""
    return kind is AwareDatetime or (isinstance(kind, type) and issubclass(kind, (bool, int, date, Enum, NoneType)))


def _is_leaf(kind: Any) -> bool:
    return isinstance(kind, type) and (issubclass(kind, (Enum, BaseModel)) or kind in _LEAVES)


def offences(model: type[BaseModel]) -> list[str]:
    """One line for each field that must not be in an event."""
    found: list[str] = []
    for owner, name, annotation in fields(model):
        where = f"{owner.__name__}.{name}"
        found.extend(f"{where}: {kind} can hold anything" for kind in kinds(annotation) if not _is_leaf(kind))
        if (owner.__name__, name) in ALLOWED or all(_is_harmless(kind) for kind in kinds(annotation)):
            continue
        for why, words in DENIED.items():
            if {name, *name.lower().split("_")} & set(words.split()):
                found.append(f"{where}: {why}")
    return found


MODELS = [
    pytest.param(model, id=model.__name__)
    for stream in streams()
    for model in (snapshot_model(stream), *(type(event) for event in stream.events))
]


@pytest.mark.parametrize("model", MODELS)
def test_no_event_holds_what_must_not_be_known(model: type[BaseModel]) -> None:
    assert offences(model) == []


def test_every_exception_is_still_needed() -> None:
    met = {(owner.__name__, name) for param in MODELS for owner, name, _ in fields(param.values[0])}  # type: ignore[arg-type]
    assert set(ALLOWED) <= met


_LOOKS_PERSONAL = {
    "a mail address": re.compile(r"@"),
    "a phone number": re.compile(r"(\+|\b00)\d[\d /-]{6,}"),
    "a link": re.compile(r"https?://|www\."),
}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param(type(event).__name__, data_of(event, stream.snapshot), id=type(event).__name__)
        for stream in streams()
        for event in stream.events
    ],
)
def test_no_example_looks_personal(name: str, data: dict[str, Any]) -> None:
    for text in _texts(data):
        for what, pattern in _LOOKS_PERSONAL.items():
            assert not pattern.search(text), f"{name} shows {what}: {text}"


def test_a_town_point_is_no_better_than_a_kilometre() -> None:
    for stream in streams():
        point = getattr(stream.snapshot, "town_point", None)
        if point is not None:
            assert (point.lat, point.lon) == (round(point.lat, 2), round(point.lon, 2))


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from _texts(value)
    elif isinstance(data, list):
        for item in data:
            yield from _texts(item)


# ---- that the rules notice


class Reached(Wire):
    phone: str


class Bad(Event):
    """Everything that must not be."""

    first_name: str
    contact_email: EmailStr | None
    host_street: str = Field(min_length=1)
    lat: float
    summary: dict[str, str]
    note_for_guests: list[str]
    anything: Any
    bag: dict[str, object]
    through: tuple[Reached, ...]


class Good(Snapshot):
    """What looks alike and is fine."""

    children: int
    mail: int
    answered: bool
    address_checked_on: date | None
    guest: str
    answer_by: AwareDatetime | None


def test_the_rules_notice_each_kind_of_offence() -> None:
    noticed = "\n".join(offences(Bad))
    for field in (
        "Bad.first_name: names somebody",
        "Bad.contact_email: reaches",
        "Bad.host_street: finds a door",
        "Bad.lat: finds a door",
        "Bad.summary: is what somebody wrote",
        "Bad.note_for_guests: is what somebody wrote",
        "Bad.anything: typing.Any can hold anything",
        "Bad.bag: <class 'object'> can hold anything",
        "Reached.phone: reaches somebody",
    ):
        assert field in noticed


def test_counts_days_and_ids_are_let_through() -> None:
    assert offences(Good) == []
