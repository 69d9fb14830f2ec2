"""A center as a page for people: in their language, without scripts, with the same facts for search engines inside."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency
from markupsafe import Markup

from services.directory.exports import jsonld, vcard
from services.directory.exports.entry import Entry, country_name, language_name
from services.directory.exports.hours import next_days, schedule_of, weekly
from services.directory.exports.hours_wording import describe
from services.directory.exports.wording import WORDS, Words
from shared.events.directory.center import CenterStatus, Check, OfferedService, OfferStatus, OpeningHours, Price, SignUp
from shared.http.languages import Languages
from shared.http.pages import direction, policy, templates
from shared.taxonomy import SERVICES, TOPICS

LANGUAGES = {"en": "English", "de": "Deutsch", "cs": "čeština"}
"""The languages of the page, each by its own name."""
_LOCALES = {"en": "en_GB", "de": "de", "cs": "cs"}
_MOST_DAYS = 3

_PAGE = templates("services.directory.exports").get_template("center.html")

POLICY = policy("services.directory.exports", "center.html")
"""Content-Security-Policy of the page. Data for search engines are no script that runs."""


@dataclass(frozen=True)
class Format:
    """Another form in which the center can be had."""

    name: str
    media_type: str
    href: str


def page(entry: Entry, address: str, today: date, readers: Languages, license: str | None = None) -> str:
    """The page as HTML. ``address`` is where centers are to be found: below it the page's own, and its other forms."""
    language = readers.choose(WORDS)
    words, own = WORDS[language], f"{address}/{entry.id}"
    facts = jsonld.jsonld(entry, f"{own}.html", today, language)
    return _PAGE.render(
        view=entry.view,
        words=words,
        language=language,
        languages=LANGUAGES,
        dir=direction(language),
        page=f"{own}.html",
        unlisted=entry.is_hidden or entry.is_closed,
        place_line=entry.view.place.town,
        names=[_named(*each) for each in entry.view.names.items() if each[1] != entry.view.name],
        notices=list(_notices(entry, words, language)),
        about=_about(entry, readers),
        services=[_service(entry, offer, today, language) for offer in entry.view.services],
        closed_days=[
            f"{_day(closed.first_day, language)} – {_day(closed.last_day, language)}"
            for closed in entry.view.closed_days
            if closed.last_day >= today
        ],
        address=list(_address(entry, language)),
        map=_map(entry),
        accesses=[words.accesses[access] for access in entry.view.accessibility],
        contact=list(_contact(entry, words)),
        spoken_languages=[language_name(code, language) for code in entry.view.languages],
        topics=[TOPICS.label(code, language) for code in entry.view.topics],
        facts=list(_facts(entry, words, language)),
        formats=[
            Format(words.card, vcard.MEDIA_TYPE, f"{own}.vcf"),
            *([Format(words.calendar, "text/calendar", f"{own}/calendar.ics")] if _has_calendar(entry) else []),
            Format("JSON-LD", jsonld.MEDIA_TYPE, f"{own}.jsonld"),
        ],
        license=license,
        jsonld=inside_a_script(facts),
    )


def inside_a_script(facts: Mapping[str, Any]) -> Markup:
    """``facts`` as JSON that nothing written by a center can end the script element with."""
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    escaped = re.sub(r"[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)
    return Markup(escaped)  # noqa: S704 - escaped right here, for JSON


def _named(language: str, text: str) -> dict[str, str]:
    return {"language": language, "dir": direction(language), "text": text}


def _notices(entry: Entry, words: Words, language: str) -> Iterator[str]:
    view = entry.view
    if view.status is CenterStatus.CLOSED:
        yield words.closed
        if view.successor:
            yield words.merged
    if view.status is CenterStatus.PAUSED:
        until = view.paused_until
        yield words.paused_until.format(day=_day(until, language)) if until else words.paused
    if view.check is Check.LAPSED and view.status is not CenterStatus.CLOSED:
        yield words.lapsed.format(day=_day(view.verified_on, language))
    if entry.is_hidden:
        yield words.hidden


def _about(entry: Entry, readers: Languages) -> dict[str, Any] | None:
    texts = entry.view.descriptions
    if not texts:
        return None
    language = readers.choose(texts)
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", texts[language]) if part.strip()]
    return {"language": language, "dir": direction(language), "paragraphs": paragraphs}


def _service(entry: Entry, offer: OfferedService, today: date, language: str) -> dict[str, Any]:
    words = WORDS[language]
    terms = []
    if offer.price:
        terms.append(_amount(offer.price, language) or words.prices[offer.price.kind])
    if offer.ages:
        ages = words.ages_from if offer.ages.oldest is None else words.ages
        terms.append(ages.format(youngest=offer.ages.youngest, oldest=offer.ages.oldest))
    if offer.sign_up is not SignUp.NOT_NEEDED:
        terms.append(words.sign_up[offer.sign_up])
    if offer.languages:
        terms.append(", ".join(language_name(code, language) for code in offer.languages))
    return {
        "name": SERVICES.label(offer.service, language),
        "paused": offer.status is OfferStatus.PAUSED,
        "hours": [told for each in offer.hours if (told := _hours(entry, each, today, language))],
        "terms": terms,
    }


def _amount(price: Price, language: str) -> str | None:
    if price.amount is None or price.currency is None:
        return None
    return str(format_currency(price.amount, price.currency, "#,##0.00\xa0¤¤", language, currency_digits=False))


def _hours(entry: Entry, hours: OpeningHours, today: date, language: str) -> str | None:
    """The hours in words; with the next days unless every week is alike. None when they are over."""
    words = WORDS[language]
    upcoming = next_days(hours, entry.view.closed_days, today)[:_MOST_DAYS]
    if not upcoming:
        return None
    told = describe(schedule_of(hours), language)
    if hours.rrule is not None and not weekly(hours):
        told += f" ({words.next_days.format(days=_days(upcoming, language))})"
    if exceptions := [day for day in hours.except_dates if day >= today]:
        told += f" ({words.not_on.format(days=_days(exceptions[:_MOST_DAYS], language))})"
    return told


def _days(days: Sequence[date], language: str) -> str:
    return "; ".join(_day(day, language) for day in days)


def _day(day: date, language: str) -> str:
    return str(format_date(day, "full", _LOCALES[language]))


def _has_calendar(entry: Entry) -> bool:
    """Whether its calendar feed tells anything: of open hours by a clock that is known."""
    return entry.view.place.time_zone is not None and any(offer.hours for offer in entry.services)


def _address(entry: Entry, language: str) -> Iterator[str]:
    place = entry.view.place
    town = " ".join(filter(None, (place.postal_code, place.town)))
    yield from filter(None, (place.street, town, place.region if place.region != place.town else None))
    yield country_name(place.country, language)


def _map(entry: Entry) -> str | None:
    door = entry.view.place.point
    if door is None:
        return None
    return f"https://www.openstreetmap.org/?mlat={door.lat}&mlon={door.lon}#map=17/{door.lat}/{door.lon}"


def _contact(entry: Entry, words: Words) -> Iterator[dict[str, str]]:
    if entry.phone:
        yield {"label": words.phone, "href": f"tel:{entry.phone.replace(' ', '')}", "text": entry.phone}
    if entry.email:
        yield {"label": words.email, "href": f"mailto:{entry.email}", "text": entry.email}
    if entry.website:
        text = re.sub(r"^https?://|/$", "", entry.website)
        yield {"label": words.website, "href": entry.website, "text": text}


def _facts(entry: Entry, words: Words, language: str) -> Iterator[str]:
    if entry.view.founded:
        yield f"{words.founded} {entry.view.founded}"
    yield words.verified.format(day=_day(entry.view.verified_on, language))
