"""What the directory says in its own name on a center's page and card: English, German, Czech.

Services and topics have their names in the taxonomies; countries, languages, days and money have theirs from babel;
hours are said by `services.directory.exports.hours_wording`.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The words of one language."""

    kinds: Mapping[str, str]
    closed: str
    merged: str
    paused: str
    paused_until: str
    lapsed: str
    hidden: str
    about: str
    address: str
    contact: str
    services: str
    paused_service: str
    closed_days: str
    languages: str
    access: str
    accesses: Mapping[str, str]
    topics: str
    founded: str
    since: str
    verified: str
    email: str
    phone: str
    website: str
    map: str
    card: str
    calendar: str
    data: str
    other_languages: str
    prices: Mapping[str, str]
    sign_up: Mapping[str, str]
    ages: str
    ages_from: str
    next_days: str
    not_on: str
    license: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        kinds={
            "mother-center": "Mother center",
            "family-center": "Family center",
            "multigenerational-house": "Multigenerational house",
            "other": "Center",
        },
        closed="This center has closed for good.",
        merged="Its work is carried on by another center.",
        paused="This center is shut for now.",
        paused_until="This center is shut until {day}.",
        lapsed="Nobody has confirmed this page since {day}. Please ask before you go.",
        hidden="This center does not publish where it is.",
        about="About us",
        address="Where",
        contact="Contact",
        services="What you find here",
        paused_service="paused at the moment",
        closed_days="Closed",
        languages="Languages spoken",
        access="Coming in",
        accesses={
            "step-free": "no steps",
            "lift": "lift",
            "accessible-toilet": "accessible toilet",
            "pram-space": "room for prams",
            "changing-table": "changing table",
            "parking": "parking",
            "hearing-loop": "hearing loop",
            "near-public-transport": "near public transport",
        },
        topics="Other centers can learn from us",
        founded="Founded",
        since="since {year}",
        verified="Last confirmed on {day}",
        email="Mail",
        phone="Phone",
        website="Website",
        map="Show on a map",
        card="Contact card",
        calendar="Opening hours for your calendar",
        data="Data",
        other_languages="This page in",
        prices={
            "free": "free of charge",
            "donation": "a donation is welcome",
            "fee": "with a fee",
            "by-income": "price by income",
        },
        sign_up={"not-needed": "just come", "welcome": "it helps to sign up", "needed": "please sign up"},
        ages="{youngest} to {oldest} years",
        ages_from="from {youngest} years",
        next_days="Next: {days}",
        not_on="Not on {days}",
        license="License of these data",
    ),
    "de": Words(
        kinds={
            "mother-center": "Mütterzentrum",
            "family-center": "Familienzentrum",
            "multigenerational-house": "Mehrgenerationenhaus",
            "other": "Zentrum",
        },
        closed="Dieses Zentrum ist endgültig geschlossen.",
        merged="Ein anderes Zentrum führt seine Arbeit weiter.",
        paused="Dieses Zentrum ist zurzeit geschlossen.",
        paused_until="Dieses Zentrum ist bis {day} geschlossen.",
        lapsed="Seit dem {day} hat niemand diese Seite bestätigt. Bitte vor dem Besuch nachfragen.",
        hidden="Dieses Zentrum veröffentlicht nicht, wo es ist.",
        about="Über uns",
        address="Wo",
        contact="Kontakt",
        services="Was es hier gibt",
        paused_service="zurzeit nicht",
        closed_days="Geschlossen",
        languages="Hier wird gesprochen",
        access="Hereinkommen",
        accesses={
            "step-free": "stufenlos",
            "lift": "Aufzug",
            "accessible-toilet": "barrierefreie Toilette",
            "pram-space": "Platz für Kinderwagen",
            "changing-table": "Wickeltisch",
            "parking": "Parkplatz",
            "hearing-loop": "Hörschleife",
            "near-public-transport": "nahe an Bus oder Bahn",
        },
        topics="Andere Zentren können von uns lernen",
        founded="Gegründet",
        since="seit {year}",
        verified="Zuletzt bestätigt am {day}",
        email="E-Mail",
        phone="Telefon",
        website="Website",
        map="Auf einer Karte zeigen",
        card="Kontaktkarte",
        calendar="Öffnungszeiten für den Kalender",
        data="Daten",
        other_languages="Diese Seite auf",
        prices={
            "free": "kostenlos",
            "donation": "Spende willkommen",
            "fee": "kostet etwas",
            "by-income": "Preis nach Einkommen",
        },
        sign_up={
            "not-needed": "einfach kommen",
            "welcome": "Anmeldung hilft",
            "needed": "bitte anmelden",
        },
        ages="{youngest} bis {oldest} Jahre",
        ages_from="ab {youngest} Jahren",
        next_days="Nächste Termine: {days}",
        not_on="Nicht am {days}",
        license="Lizenz dieser Daten",
    ),
    "cs": Words(
        kinds={
            "mother-center": "Mateřské centrum",
            "family-center": "Rodinné centrum",
            "multigenerational-house": "Mezigenerační dům",
            "other": "Centrum",
        },
        closed="Toto centrum je natrvalo zavřené.",
        merged="V jeho práci pokračuje jiné centrum.",
        paused="Toto centrum je nyní zavřené.",
        paused_until="Toto centrum je zavřené do {day}.",
        lapsed="Od {day} tuto stránku nikdo nepotvrdil. Před návštěvou se prosím zeptejte.",
        hidden="Toto centrum nezveřejňuje, kde je.",
        about="O nás",
        address="Kde",
        contact="Kontakt",
        services="Co tu najdete",
        paused_service="nyní přerušeno",
        closed_days="Zavřeno",
        languages="Mluvíme",
        access="Přístup",
        accesses={
            "step-free": "bez schodů",
            "lift": "výtah",
            "accessible-toilet": "bezbariérová toaleta",
            "pram-space": "místo pro kočárky",
            "changing-table": "přebalovací pult",
            "parking": "parkování",
            "hearing-loop": "indukční smyčka",
            "near-public-transport": "blízko veřejné dopravy",
        },
        topics="Jiná centra se od nás mohou učit",
        founded="Založeno",
        since="od roku {year}",
        verified="Naposledy potvrzeno {day}",
        email="E-mail",
        phone="Telefon",
        website="Web",
        map="Ukázat na mapě",
        card="Vizitka",
        calendar="Otevírací doba do kalendáře",
        data="Data",
        other_languages="Tato stránka v jazyce",
        prices={
            "free": "zdarma",
            "donation": "dar je vítán",
            "fee": "za poplatek",
            "by-income": "cena podle příjmu",
        },
        sign_up={"not-needed": "stačí přijít", "welcome": "přihláška pomůže", "needed": "prosíme o přihlášení"},
        ages="{youngest} až {oldest} let",
        ages_from="od {youngest} let",
        next_days="Příště: {days}",
        not_on="Nekoná se {days}",
        license="Licence těchto dat",
    ),
}
"""By language; the first one serves everybody else."""
