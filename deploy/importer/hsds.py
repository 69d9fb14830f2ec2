"""What an organization of the Human Services Data Specification 3.0 is here: a center for each of its locations.

A service becomes an offer where the mapping, a code or a label says as which; the others are left out and reported
with the nearest known, and so are hours that cannot be told exactly. Contacts are persons, and are never read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any

from babel.core import get_global

from deploy.importer.cells import Body, code_of
from deploy.importer.hours import LONG_SINCE, Schedule
from deploy.importer.layout import Layout
from deploy.importer.mapping import Mapping as MappingFile
from deploy.importer.rows import Finding, Row
from shared.ids import derived_id
from shared.taxonomy import SERVICES

Thing = Mapping[str, Any]

PREFIX = "hsds:"
"""What external ids of foreign data begin with, unless the mapping says otherwise."""

_FIELDS = (
    "external_id", "name", "kind", "topics", "languages", "founded", "registration_number", "country", "region", "town",
    "postal_code", "street", "lat", "lon", "town_lat", "town_lon", "email", "phone", "website", "verified_on",
)  # fmt: skip
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::[0-9]{2}(?:\.[0-9]+)?)?([+-][0-9]{2}:?[0-9]{2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ALIASES: Mapping[str, str] = get_global("language_aliases")


class Organizations:
    """Turns organizations into rows, by the mapping."""

    def __init__(self, mapping: MappingFile) -> None:
        constants = {"kind": "other", **mapping.constants}
        prefix = mapping.external_id_prefix or PREFIX
        self._mapping = mapping.model_copy(
            update={"constants": constants, "external_id_prefix": prefix, "columns": {}, "list_separators": ";"}
        )
        described = [f"description_{mapping.texts_language}"] if mapping.texts_language else []
        self.layout = Layout([*_FIELDS, *described], self._mapping)

    def rows(self, line: int, organization: Thing) -> Iterator[Row]:
        """A row for each location of an organization that can be visited."""
        locations = _locations(organization)
        if not locations:
            id = self._mapping.external_id_prefix + _text(organization, "id")
            fault = Finding(None, "no-location", "the organization has no location that can be visited")
            yield Row(line, id, {}, faults=(fault,))
        for number, location in enumerate(locations):
            row = self._row(line, organization, location, alone=len(locations) == 1)
            if number == 0 and len(locations) > 1:
                row = replace(row, warnings=(*row.warnings, *_nowhere(organization)))
            yield row

    def _row(self, line: int, organization: Thing, location: Thing, alone: bool) -> Row:
        services = list(_services_at(organization, location, alone))
        texts = self._texts(organization, location, [service for service, _ in services], alone)
        row = self.layout.row(line, [texts.get(field, "") for field in self.layout.columns])
        offers, warnings = self._offers(services)
        if _things(location, "schedules"):
            told = "the hours of the location as a whole are left out: here every service has its own"
            warnings.append(Finding("hours", "left-out", told))
        if plain := [code for code, terms in offers.items() if not terms]:
            row.body["services"] = plain
        with_terms = tuple({"service": code, **terms} for code, terms in offers.items() if terms)
        return replace(row, offers=with_terms, warnings=tuple(warnings))

    def _texts(self, organization: Thing, location: Thing, services: Iterable[Thing], alone: bool) -> dict[str, str]:
        """What the specification says of a center, by our fields."""
        address = _address(location)
        languages = [*_languages(location), *(code for service in services for code in _languages(service))]
        street = ", ".join(filter(None, (_text(address, "address_1"), _text(address, "address_2"))))
        middle = "" if street else "town_"  # without a street it is the point of a town
        name = _text(organization, "name")
        described = {f"description_{self._mapping.texts_language}": _plain(_text(organization, "description"))}
        return {
            "external_id": self._external_id(organization, location),
            "name": name if alone else _text(location, "name") or name,
            "kind": "".join(_said(organization, "kind")),
            "topics": ";".join(_said(organization, "topic")),
            "languages": ";".join(dict.fromkeys(languages)),
            "founded": _text(organization, "year_incorporated")[:4],
            "registration_number": _registration(organization),
            "country": _text(address, "country"),
            "region": _text(address, "state_province") or _text(address, "region"),
            "town": _text(address, "city"),
            "postal_code": _text(address, "postal_code"),
            "street": street,
            f"{middle}lat": _text(location, "latitude"),
            f"{middle}lon": _text(location, "longitude"),
            "email": _text(organization, "email"),
            "phone": _phone(location) or _phone(organization),
            "website": _text(organization, "website") or _text(organization, "url"),
            "verified_on": max((_text(service, "assured_date")[:10] for service in services), default=""),
            **described,
        }

    def _external_id(self, organization: Thing, location: Thing) -> str:
        """The location's id, and enough of the organization's to tell two under one roof apart."""
        owner = _text(organization, "id")
        own = f"{_text(location, 'id')}/{owner[:8]}"
        if _EXTERNAL_ID.fullmatch(self._mapping.external_id_prefix + own):
            return own
        return derived_id(_text(location, "id"), owner)

    def _offers(self, services: Iterable[tuple[Thing, Iterable[Thing]]]) -> tuple[dict[str, Body], list[Finding]]:
        """Terms by code, and what was left out. Two services of one code are one offer with the hours of both."""
        offers: dict[str, Body] = {}
        findings: list[Finding] = []
        for service, schedules in services:
            code = self._code(service)
            if code is None:
                findings.append(_unknown(service))
            if not code:
                continue
            if code in offers:
                told = f"{code} stands there more than once; it became one offer"
                findings.append(Finding(f"services:{code}", "merged", told))
            hours: list[Schedule] = []
            for schedule in schedules:
                try:
                    hours.append(_schedule(schedule))
                except ValueError as error:
                    findings.append(Finding(f"hours:{code}", "left-out", f"hours were left out: a schedule {error}"))
            terms = offers.setdefault(code, _terms(service))
            if hours:
                terms["hours"] = [*terms.get("hours", ()), *hours]
        return offers, findings

    def _code(self, service: Thing) -> str | None:
        """As what a service is offered here; empty: it is left out on purpose; None: nobody knows."""
        terms = [_thing(attribute, "taxonomy_term") for attribute in _things(service, "attributes")]
        names = [_text(term, key) for term in terms for key in ("code", "name")]
        for name in filter(None, [_text(service, "name"), *names, _text(service, "alternate_name")]):
            meant = self.layout.meant("services", name)
            if meant != name and not meant:
                return ""
            if code := code_of(SERVICES, meant):
                return code
        return None


# ---- what is where


def _locations(organization: Thing) -> list[Thing]:
    """Every place of an organization that can be visited, each once."""
    at = [place for service in _things(organization, "services") for place in _things(service, "service_at_locations")]
    found = [*_things(organization, "locations"), *(_thing(place, "location") for place in at)]
    by_id = {_text(location, "id"): location for location in found if location}
    return [location for location in by_id.values() if _text(location, "location_type") in ("", "physical")]


def _services_at(organization: Thing, location: Thing, alone: bool) -> Iterator[tuple[Thing, Iterable[Thing]]]:
    """The services that can be had at a location, with their schedules there."""
    for service in _active(organization):
        places = _things(service, "service_at_locations")
        here = [place for place in places if _location_id(place) == _text(location, "id")]
        if here:
            yield service, _things(here[0], "schedules") or _things(service, "schedules")
        elif alone and not places:
            yield service, _things(service, "schedules")


def _nowhere(organization: Thing) -> Iterator[Finding]:
    """What an organization of several locations offers at none of them."""
    for service in _active(organization):
        if not _things(service, "service_at_locations"):
            yield Finding("services", "left-out", f"service {_id(service)} is at none of the locations; it is left out")


def _active(organization: Thing) -> list[Thing]:
    return [each for each in _things(organization, "services") if _text(each, "status") in ("", "active")]


def _location_id(place: Thing) -> str:
    return _text(place, "location_id") or _text(_thing(place, "location"), "id")


def _address(location: Thing) -> Thing:
    """The street address; a postal one where there is no other."""
    addresses = _things(location, "addresses")
    return next((each for each in addresses if _text(each, "address_type") != "postal"), next(iter(addresses), {}))


def _phone(thing: Thing) -> str:
    return next((_text(phone, "number").strip('"') for phone in _things(thing, "phones")), "")


def _registration(organization: Thing) -> str:
    """Its number in a register, where there is no doubt which."""
    numbers = {_text(each, "identifier") for each in _things(organization, "organization_identifiers")}
    return numbers.pop() if len(numbers) == 1 else ""


def _said(organization: Thing, what: str) -> list[str]:
    """What another directory of this kind says of an organization by attributes: HSDS has no fields for it."""
    attributes = [each for each in _things(organization, "attributes") if _text(each, "link_type") == what]
    return [_text(each, "value") or _text(_thing(each, "taxonomy_term"), "code") for each in attributes]


def _languages(thing: Thing) -> list[str]:
    """Codes as we write them: ``ces`` is ``cs``."""
    codes = [_text(language, "code").lower() for language in _things(thing, "languages")]
    return [_ALIASES.get(code, code) for code in codes if code]


# ---- what a service says about itself


def _terms(service: Thing) -> Body:
    terms: Body = {}
    if languages := _languages(service):
        terms["languages"] = languages
    youngest, oldest = (_number(_text(service, key)) for key in ("minimum_age", "maximum_age"))
    if youngest is not None or oldest is not None:
        terms["ages"] = {"youngest": int(youngest or 0)} | ({"oldest": int(oldest)} if oldest is not None else {})
    options = _things(service, "cost_options")
    if options:
        terms["price"] = _price(options)
    return terms


def _price(options: list[Thing]) -> Body:
    """A fee; how much, where there is but one."""
    amounts = {(_number(_text(each, "amount")), _text(each, "currency").upper()) for each in options}
    amount, currency = amounts.pop()
    if amounts or amount is None or (amount and not currency):
        return {"kind": "fee"}
    return {"kind": "fee", "amount": f"{amount.normalize():f}", "currency": currency} if amount else {"kind": "free"}


def _schedule(schedule: Thing) -> Schedule:
    """A schedule as the directory takes it. ValueError where it says more, or less, than that can tell."""
    opens, closes = (_clock(_text(schedule, key)) for key in ("opens_at", "closes_at"))
    told: Schedule = {"start_time": opens, "end_time": closes}
    begins = _text(schedule, "dtstart") or _text(schedule, "valid_from")
    ends = _text(schedule, "until") or _text(schedule, "valid_to")
    frequency = _text(schedule, "freq").upper() or ("WEEKLY" if _text(schedule, "byday") else "")
    if not frequency:
        if not _DAY.match(begins) or (not _text(schedule, "dtstart") and ends != begins):
            raise ValueError("says neither on which day nor what repeats it")
        return {"start_date": begins[:10], **told}
    said = ("INTERVAL", "BYDAY", "BYMONTHDAY", "WKST", "COUNT")
    parts = {name: _text(schedule, name.lower()).upper().replace(" ", "") for name in said}
    parts["UNTIL"] = ends[:10].replace("-", "")
    if parts["COUNT"] and parts["UNTIL"]:
        raise ValueError("ends in two ways")
    if any(_text(schedule, name) for name in ("byweekno", "byyearday")) or (
        frequency == "WEEKLY" and parts["BYMONTHDAY"]
    ):
        raise ValueError("repeats in a way that cannot be taken over")
    if parts["UNTIL"] and begins and ends < begins:
        raise ValueError("ends before it begins")
    rule = ";".join([f"FREQ={frequency}", *(f"{name}={value}" for name, value in parts.items() if value)])
    return {"start_date": begins[:10] or LONG_SINCE.isoformat(), **told, "rrule": rule}


def _clock(text: str) -> str:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError("has no time from and to, or tells it by Greenwich")
    return f"{int(found[1]) % 24:02}:{found[2]}"


def _unknown(service: Thing) -> Finding:
    nearest = SERVICES.nearest(_text(service, "name"))
    hint = f"; the nearest are {', '.join(nearest)}" if nearest else ""
    return Finding("services", "unknown-service", f"service {_id(service)} is left out: which one is it here{hint}?")


# ---- reading what others wrote, whatever its types


def _text(thing: Thing, key: str) -> str:
    value = thing.get(key)
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _thing(thing: Thing, key: str) -> Thing:
    value = thing.get(key)
    return value if isinstance(value, Mapping) else {}


def _things(thing: Thing, key: str) -> list[Thing]:
    value = thing.get(key)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _id(thing: Thing) -> str:
    """An id to tell in a report, if it is one."""
    id = _text(thing, "id")
    return id if _EXTERNAL_ID.fullmatch(id) else "without an id"


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _plain(text: str) -> str:
    """A description without its markup."""
    return unescape(re.sub(r"<[^<>]{0,500}>", " ", text)).strip()
