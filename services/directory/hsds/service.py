"""What a center offers as HSDS services, and that they take place at its location.

A service that was withdrawn stays for ever, as ``inactive``: its center remembers no more of it than what it was.
"""

from dataclasses import dataclass
from typing import Any, Literal

from services.directory.domain.offer import WithdrawnOffer
from services.directory.exports.entry import Entry, language_name
from services.directory.hsds.location import location_id, location_in_full, location_in_list
from services.directory.hsds.organization import organization_in_full, organization_in_list, organization_nested, phones
from services.directory.hsds.records import (
    CostOptionRecord,
    LanguageRecord,
    OneServiceAtLocationRecord,
    OrganizationRecord,
    ServiceAtLocationRecord,
    ServiceRecord,
    record_id,
)
from services.directory.hsds.schedule import schedules
from services.directory.hsds.terms import has_term
from shared.clock import instant_text
from shared.events.directory.center import (
    Ages,
    CenterStatus,
    Check,
    OfferedService,
    OfferStatus,
    Price,
    PriceKind,
    SignUp,
)
from shared.taxonomy import SERVICES

Status = Literal["active", "inactive", "temporarily closed"]

_SIGN_UP = {
    SignUp.NOT_NEEDED: "There is no need to sign up.",
    SignUp.WELCOME: "It helps to sign up beforehand.",
    SignUp.NEEDED: "Please sign up beforehand.",
}
_PRICES = {
    PriceKind.FREE: "Free of charge.",
    PriceKind.DONATION: "A donation is welcome.",
    PriceKind.FEE: "There is a fee.",
    PriceKind.BY_INCOME: "The price depends on income.",
}


def service_id(center: str, offer: str) -> str:
    """The id of a service: of its center's id, and of the offer's within the center."""
    return record_id("service", center, offer)


def at_location_id(center: str, offer: str) -> str:
    """The id of a service's link to its center's location."""
    return record_id("service-at-location", center, offer)


def service_name(code: str) -> str:
    """What a service is called: in English, as HSDS has one name for each."""
    return SERVICES.label(code, "en")


@dataclass(frozen=True)
class Offering:
    """One service of a center, whether it still offers it or not."""

    entry: Entry
    offer: OfferedService | WithdrawnOffer

    @property
    def number(self) -> str:
        """The offer's id within the center."""
        return self.offer.offer if isinstance(self.offer, OfferedService) else self.offer.id

    @property
    def id(self) -> str:
        """The id of the HSDS service."""
        return service_id(self.entry.id, self.number)

    @property
    def status(self) -> Status:
        """Whether it can be had."""
        if isinstance(self.offer, WithdrawnOffer) or self.entry.is_closed:
            return "inactive"
        open_now = self.entry.view.status is CenterStatus.ACTIVE and self.offer.status is OfferStatus.ACTIVE
        return "active" if open_now else "temporarily closed"


def offerings(entry: Entry) -> list[Offering]:
    """All services a center offers, then all it ever offered."""
    offers: list[OfferedService | WithdrawnOffer] = [*entry.view.services, *entry.withdrawn]
    return [Offering(entry, offer) for offer in offers]


# ---- services


def service_in_short(offering: Offering) -> ServiceRecord:
    """As little as the schema allows."""
    return ServiceRecord(
        id=offering.id,
        name=service_name(offering.offer.service),
        status=offering.status,
        last_modified=instant_text(offering.entry.view.changed),
    )


def service_in_list(offering: Offering) -> ServiceRecord:
    """The service as it stands in a list."""
    organization = organization_in_list(offering.entry)
    return _service(offering).model_copy(update={"organization": organization})


def service_in_full(offering: Offering) -> ServiceRecord:
    """The service with all that belongs to it."""
    link = _link(offering).model_copy(update={"location": location_in_full(offering.entry)})
    organization = organization_nested(offering.entry)
    return _nested_service(offering).model_copy(update={"organization": organization, "service_at_locations": [link]})


def organization_with_services(entry: Entry, *, full: bool) -> OrganizationRecord:
    """A center with all its services: with everything about them, or with as little as the schema allows."""
    of = _nested_service if full else service_in_short
    return organization_in_full(entry).model_copy(update={"services": [of(each) for each in offerings(entry)]})


# ---- where they take place


def link_in_list(offering: Offering) -> ServiceAtLocationRecord:
    """The link between a service and its location, as it stands in a list."""
    return _link(offering).model_copy(
        update={"location": location_in_list(offering.entry), "service": service_in_list(offering)}
    )


def link_in_full(offering: Offering) -> ServiceAtLocationRecord:
    """The link with all that belongs to it."""
    service = _nested_service(offering).model_copy(update={"organization": organization_nested(offering.entry)})
    return _link(offering).model_copy(update={"location": location_in_full(offering.entry), "service": service})


def link_alone(offering: Offering) -> OneServiceAtLocationRecord:
    """The link as the answer to a question for it alone."""
    link = link_in_full(offering)
    return OneServiceAtLocationRecord(
        **{field: getattr(link, field) for field in ServiceAtLocationRecord.model_fields},
        name=service_name(offering.offer.service),
        status=offering.status,
    )


def _link(offering: Offering) -> ServiceAtLocationRecord:
    return ServiceAtLocationRecord(
        id=at_location_id(offering.entry.id, offering.number),
        service_id=offering.id,
        location_id=location_id(offering.entry),
    )


# ---- what is said of a service


def _service(offering: Offering) -> ServiceRecord:
    return service_in_short(offering).model_copy(
        update={
            "organization_id": offering.entry.id,
            "alternate_name": _name_in_its_own_language(offering),
            **(_terms(offering.entry, offering.offer) if isinstance(offering.offer, OfferedService) else {}),
        }
    )


def _nested_service(offering: Offering) -> ServiceRecord:
    """With everything but its organization and its location."""
    said: dict[str, Any] = {"attributes": [has_term("service", offering.id, "service", offering.offer.service)]}
    if isinstance(offering.offer, OfferedService):
        said |= {
            "schedules": schedules(offering.entry, offering.offer, offering.id),
            "languages": _languages(offering, offering.offer),
            "cost_options": _cost_options(offering.offer.price, offering.id),
            "phones": phones(offering.entry),
        }
    return _service(offering).model_copy(update=said)


def _terms(entry: Entry, offer: OfferedService) -> dict[str, Any]:
    return {
        "url": entry.website,
        "email": entry.email,
        "application_process": _SIGN_UP[offer.sign_up],
        "fees_description": _price_in_words(offer.price) if offer.price else None,
        "eligibility_description": _ages_in_words(offer.ages) if offer.ages else None,
        "minimum_age": offer.ages.youngest if offer.ages else None,
        "maximum_age": offer.ages.oldest if offer.ages else None,
        "assured_date": entry.view.verified_on.isoformat(),
        "alert": _alert(entry),
    }


def _name_in_its_own_language(offering: Offering) -> str | None:
    code, language = offering.offer.service, offering.entry.view.languages[0]
    name = SERVICES.label(code, language)
    return name if name not in (code, service_name(code)) else None


def _alert(entry: Entry) -> str | None:
    view = entry.view
    if view.status is CenterStatus.PAUSED and view.paused_until:
        return f"The house is shut until {view.paused_until}."
    if view.check is Check.LAPSED:
        return f"Nobody has confirmed this since {view.verified_on}."
    return None


def _ages_in_words(ages: Ages) -> str:
    return f"From {ages.youngest} years on." if ages.oldest is None else f"From {ages.youngest} to {ages.oldest} years."


def _price_in_words(price: Price) -> str:
    return f"{price.amount} {price.currency}." if price.amount else _PRICES[price.kind]


def _cost_options(price: Price | None, service_id: str) -> list[CostOptionRecord]:
    if price is None:
        return []
    return [
        CostOptionRecord(
            id=record_id("cost", service_id),
            service_id=service_id,
            option=price.kind.replace("-", " "),
            amount=float(price.amount) if price.amount else 0 if price.kind is PriceKind.FREE else None,
            currency=price.currency,
        )
    ]


def _languages(offering: Offering, offer: OfferedService) -> list[LanguageRecord]:
    return [
        LanguageRecord(
            id=record_id("language", offering.id, code), service_id=offering.id, name=language_name(code), code=code
        )
        for code in offering.entry.languages_of(offer)
    ]
