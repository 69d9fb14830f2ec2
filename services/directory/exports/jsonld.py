"""A center in the words of schema.org, which search engines read.

A house whose door or town is known is a LocalBusiness: that is what schema.org calls an organization which is a place
as well, with opening hours. It is no ChildCare, because most of it is not. One that hides or has closed is no place to
go to, so it is an Organization.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from services.directory.domain import recurrence
from services.directory.exports.entry import Entry
from services.directory.exports.hours import weekly
from shared.events.directory.center import OfferedService, OpeningHours, PriceKind
from shared.taxonomy import SERVICES

MEDIA_TYPE = "application/ld+json"
Thing = dict[str, Any]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def jsonld(entry: Entry, page: str, today: date, language: str) -> Thing:
    """The center as it is ``today``; ``page`` is the address of its page. Names of services are in ``language``."""
    view, place = entry.view, entry.view.place
    is_a_place = not entry.is_hidden and not entry.is_closed
    return _filled({
        "@context": "https://schema.org",
        "@type": "LocalBusiness" if is_a_place else "Organization",
        "@id": page,
        "url": page,
        "identifier": entry.id,
        "name": view.name,
        "alternateName": [name for name in view.names.values() if name != view.name],
        "description": [{"@language": code, "@value": text} for code, text in view.descriptions.items()],
        "foundingDate": str(view.founded) if view.founded else None,
        "sameAs": entry.website,
        "knowsLanguage": list(view.languages),
        "address": _filled({
            "@type": "PostalAddress",
            "streetAddress": place.street,
            "postalCode": place.postal_code,
            "addressLocality": place.town,
            "addressRegion": place.region,
            "addressCountry": place.country,
        }),
        "geo": {"@type": "GeoCoordinates", "latitude": place.point.lat, "longitude": place.point.lon}
        if place.point
        else None,
        "email": entry.email,
        "telephone": entry.phone,
        "contactPoint": _filled({
            "@type": "ContactPoint",
            "email": entry.email,
            "telephone": entry.phone,
            "availableLanguage": list(view.languages),
        })
        if entry.email or entry.phone
        else None,
        "makesOffer": [_offer(offer, today, language) for offer in entry.services],
        **(_as_a_place(entry, today) if is_a_place else {}),
    })  # fmt: skip


def _as_a_place(entry: Entry, today: date) -> Thing:
    hours = {spec for offer in entry.services for each in offer.hours for spec in _hours(each, today)}
    return {
        "amenityFeature": [
            {"@type": "LocationFeatureSpecification", "name": access.replace("-", " "), "value": True}
            for access in entry.view.accessibility
        ],
        "openingHoursSpecification": _specifications(hours),
        "specialOpeningHoursSpecification": [
            {
                "@type": "OpeningHoursSpecification",
                "opens": "00:00",
                "closes": "00:00",
                "validFrom": closed.first_day.isoformat(),
                "validThrough": closed.last_day.isoformat(),
            }
            for closed in entry.view.closed_days
            if closed.last_day >= today
        ],
    }


def _offer(offer: OfferedService, today: date, language: str) -> Thing:
    price = offer.price
    hours = {spec for each in offer.hours for spec in _hours(each, today)}
    return _filled({
        "@type": "Offer",
        "price": price.amount or ("0" if price.kind is PriceKind.FREE else None) if price else None,
        "priceCurrency": price.currency if price else None,
        "itemOffered": _filled({
            "@type": "Service",
            "name": SERVICES.label(offer.service, language),
            "serviceType": offer.service,
            "audience": _filled({
                "@type": "PeopleAudience",
                "suggestedMinAge": offer.ages.youngest,
                "suggestedMaxAge": offer.ages.oldest,
            })
            if offer.ages
            else None,
            "hoursAvailable": _specifications(hours),
        }),
    })  # fmt: skip


Specification = tuple[tuple[str, Any], ...]


def _hours(hours: OpeningHours, today: date) -> Iterator[Specification]:
    """What schema.org can say of opening hours: whole weeks, and single days. Those that are over are left out."""
    times = (("opens", hours.start_time), ("closes", hours.end_time))
    single = [*hours.extra_dates, *([hours.start_date] if hours.rrule is None else [])]
    for day in sorted(single):
        if day >= today:
            yield (*times, ("validFrom", day.isoformat()), ("validThrough", day.isoformat()))
    days = weekly(hours)
    if not days or hours.rrule is None:
        return
    last = recurrence.last_day(recurrence.read(hours.rrule), hours.start_date)
    if last >= today:
        through = (("validThrough", last.isoformat()),) if last < recurrence.LAST_DAY else ()
        yield (
            ("dayOfWeek", tuple(_DAYS[day] for day in days)),
            *times,
            ("validFrom", hours.start_date.isoformat()),
            *through,
        )


def _specifications(found: Iterable[Specification]) -> list[Thing]:
    return [{"@type": "OpeningHoursSpecification", **dict(each)} for each in sorted(found, key=str)]


def _filled(thing: Mapping[str, Any]) -> Thing:
    return {name: value for name, value in thing.items() if value not in (None, [], {})}
