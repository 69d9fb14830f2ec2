"""What the example knows of fifteen countries: how many centers, which languages, and words for invented names.

The numbers are those of the network in 2009: 750 centers in 15 countries. Germany, the Czech Republic and Slovakia are
known, the rest is estimated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product


@dataclass(frozen=True)
class Invented:
    """A name that no house has: in the country's language, and in English."""

    local: str
    english: str


@dataclass(frozen=True)
class Country:
    """One country of the network. ``prefixes`` are what its houses are called before their own name, by kind."""

    centers: int
    language: str
    also_spoken: tuple[str, ...]
    prefixes: Mapping[str, str]
    names: tuple[Invented, ...]
    street: str
    first_year: int
    phone: str = ""
    towns: Mapping[str, str] = field(default_factory=dict)
    """Local names of towns that the list of towns has in English only."""


_THINGS = ("Button", "Teapot", "Lantern", "Pebble", "Basket", "Umbrella", "Thimble", "Carpet")
_LOOKS = ("Blue", "Green", "Small", "Red", "Quiet", "Colourful", "Old", "Bright")


def _combined(looks: str, things: str) -> tuple[Invented, ...]:
    """Every look with every thing, in the order of the English words above."""
    local = product(looks.split(), things.split())
    english = product(_LOOKS, _THINGS)
    return tuple(Invented(" ".join(mine), " ".join(theirs)) for mine, theirs in zip(local, english, strict=True))


def _listed(*pairs: tuple[str, str]) -> tuple[Invented, ...]:
    return tuple(Invented(local, english) for local, english in pairs)


_GERMAN = _combined(
    "Blauer Grüner Kleiner Roter Stiller Bunter Alter Heller",
    "Knopf Teekessel Lampion Kieselstein Apfelkorb Regenschirm Fingerhut Teppich",
)
_CZECH = _combined(
    "Modrý Zelený Malý Červený Tichý Pestrý Starý Jasný",
    "knoflík čajník lampion oblázek košík deštník náprstek koberec",
)
_SLOVAK = _combined(
    "Modrý Zelený Malý Červený Tichý Pestrý Starý Jasný",
    "gombík čajník lampión kamienok košík dáždnik náprstok koberec",
)

COUNTRIES: Mapping[str, Country] = {
    "DE": Country(
        400, "de", ("tr", "ar", "uk", "pl", "ru", "en", "vi", "ro"),
        {
            "mother-center": "Mütterzentrum",
            "family-center": "Mütter- und Familienzentrum",
            "multigenerational-house": "Mehrgenerationenhaus",
            "other": "Nachbarschaftstreff",
        },
        _GERMAN, "Beispielweg", 1985, "+49 30 23125 {:03d}",
        {"Munich": "München", "Nuremberg": "Nürnberg", "Hanover": "Hannover"},
    ),
    "CZ": Country(
        250, "cs", ("uk", "sk", "en", "vi", "ru"),
        {"mother-center": "Mateřské centrum", "family-center": "Rodinné centrum", "other": "Komunitní centrum"},
        _CZECH, "Příkladná", 1992,
        towns={"Prague": "Praha", "Pilsen": "Plzeň"},
    ),
    "SK": Country(
        58, "sk", ("cs", "hu", "uk", "en"),
        {"mother-center": "Materské centrum", "family-center": "Rodinné centrum"},
        _SLOVAK, "Príkladná", 1996,
    ),
    "IT": Country(
        10, "it", ("en", "ar", "ro"),
        {"mother-center": "Centro delle mamme"},
        _listed(
            ("Il bottone blu", "The Blue Button"), ("La teiera verde", "The Green Teapot"),
            ("Il piccolo lampione", "The Small Lantern"), ("Il sasso rosso", "The Red Pebble"),
            ("Il cesto quieto", "The Quiet Basket"), ("L’ombrello colorato", "The Colourful Umbrella"),
            ("La vecchia campana", "The Old Bell"), ("Il cuscino blu", "The Blue Cushion"),
            ("La tazza chiara", "The Bright Cup"), ("La lanterna verde", "The Green Lantern"),
        ),
        "Via dell’Esempio", 1998,
        towns={
            "Rome": "Roma", "Milan": "Milano", "Naples": "Napoli", "Turin": "Torino", "Florence": "Firenze",
            "Venice": "Venezia", "Genoa": "Genova", "Padua": "Padova", "Syracuse": "Siracusa",
        },
    ),
    "NL": Country(
        8, "nl", ("tr", "ar", "en"),
        {"mother-center": "Moedercentrum"},
        _listed(
            ("De blauwe knoop", "The Blue Button"), ("De groene theepot", "The Green Teapot"),
            ("De kleine lampion", "The Small Lantern"), ("De rode kiezel", "The Red Pebble"),
            ("De stille mand", "The Quiet Basket"), ("De bonte paraplu", "The Colourful Umbrella"),
            ("De oude bel", "The Old Bell"), ("Het heldere kussen", "The Bright Cushion"),
        ),
        "Voorbeeldstraat", 1990,
        towns={"The Hague": "Den Haag"},
    ),
    "AT": Country(
        6, "de", ("tr", "bs", "en"),
        {"mother-center": "Mütterzentrum", "family-center": "Eltern-Kind-Zentrum"},
        _GERMAN, "Beispielgasse", 1990,
        towns={"Vienna": "Wien"},
    ),
    "CH": Country(
        5, "de", ("fr", "it", "en"),
        {"mother-center": "Mütterzentrum", "family-center": "Familienzentrum"},
        _GERMAN, "Beispielstrasse", 1992,
        towns={"Geneva": "Genève", "Lucerne": "Luzern"},
    ),
    "BG": Country(
        3, "bg", ("tr", "en"),
        {"mother-center": "Майчин център"},
        _listed(
            ("„Синьо копче“", "Blue Button"), ("„Зелено чайниче“", "Green Teapot"),
            ("„Малко фенерче“", "Small Lantern"),
        ),
        "ул. Примерна", 2001,
        towns={"Sofia": "София", "Plovdiv": "Пловдив", "Varna": "Варна", "Burgas": "Бургас"},
    ),
    "BA": Country(
        2, "bs", ("en", "de"),
        {"mother-center": "Centar za majke"},
        _listed(("Zeleni čajnik", "Green Teapot"), ("Mali lampion", "Small Lantern")),
        "Primjerna", 1997,
    ),
    "HU": Country(
        2, "hu", ("en", "de"),
        {"mother-center": "Anyák Központja"},
        _listed(("Kék gomb", "Blue Button"), ("Zöld teáskanna", "Green Teapot")),
        "Példa utca", 1999,
    ),
    "KE": Country(
        2, "sw", ("en",),
        {"mother-center": "Kituo cha Akina Mama"},
        _listed(("Kitufe cha Buluu", "Blue Button"), ("Taa Ndogo", "Small Lantern")),
        "Example Lane", 2003,
    ),
    "CM": Country(
        1, "fr", ("en",),
        {"mother-center": "Centre des mères"},
        _listed(("Le bouton bleu", "The Blue Button")),
        "Rue de l’Exemple", 2004,
    ),
    "RW": Country(
        1, "rw", ("fr", "en"),
        {"mother-center": "Ikigo cy’Ababyeyi"},
        _listed(("Urumuri", "Light")),
        "Example Road", 2002,
    ),
    "RU": Country(
        1, "ru", ("en",),
        {"mother-center": "Материнский центр"},
        _listed(("«Синяя пуговица»", "Blue Button")),
        "Примерная улица", 1998,
        towns={"Moscow": "Москва", "Saint Petersburg": "Санкт-Петербург"},
    ),
    "US": Country(
        1, "en", ("es",),
        {"mother-center": "Mother Center"},
        _listed(("The Blue Button", "The Blue Button")),
        "Example Street", 1999, "+1 202 555 01{:02d}",
    ),
}  # fmt: skip

ARABIC_NAMES = ("مركز الأمهات «الزر الأزرق»", "مركز الأمهات «الفانوس الصغير»", "مركز الأمهات «السلة الهادئة»")
"""Written from right to left: houses where much Arabic is spoken."""

SERVICES = (
    "open-cafe", "drop-in-childcare", "hourly-childcare-group", "babysitter-placement", "baby-group",
    "parent-child-group", "meal-table", "hot-meals", "second-hand-shop", "homework-help", "holiday-care",
    "language-course", "music-course", "computer-course", "job-training", "birth-preparation", "parenting-course",
    "father-group", "single-parent-group", "bereaved-parents-group", "counselling", "newcomer-contact", "eldercare",
    "intergenerational-meeting", "laundry-and-repair", "exercise-and-health", "room-hire", "festival",
    "volunteer-placement",
)  # fmt: skip
"""Codes of the directory's taxonomy of services."""

TOPICS = (
    "founding-a-center", "volunteers-and-recognition", "leadership-and-conflict", "funding-and-municipality",
    "self-run-childcare", "father-involvement", "newcomers-and-language", "intergenerational-house",
    "social-business", "documentation-and-stories", "lobbying-and-local-dialogue", "public-relations",
    "digital-tools", "first-1000-days",
)  # fmt: skip
"""Codes of the taxonomy of topics: what centers can teach one another."""

HOURS = {
    "en": ("Tu,Th 09:00-12:00", "Mo-Fr 9-12, 14-17", "We 14:30-18:00; 1st Sa 10-13"),
    "de": ("Di, Do 9-12 Uhr", "Mo-Fr 9-12, 14-17 Uhr", "Mi 14.30-18; 1. Sa 10-13"),
    "cs": ("Út, Čt 9.00–12.00", "Po-Pá 9-12, 14-17", "St 14.30-18; 1. So 10-13"),
    "sk": ("Ut, Št 9.00–12.00", "Po-Pi 9-12, 14-17", "St 14.30-18; 1. So 10-13"),
}
"""Opening hours as people write them, by language: twice a week, every working day, an afternoon and a Saturday."""
THURSDAY_MORNINGS = (0, 1)
"""Those of them with which a house is open on Thursday mornings."""

DESCRIPTIONS = {
    "de": (
        "Ein öffentliches Wohnzimmer für die ganze Nachbarschaft. Wer kommt, gestaltet mit.",
        "Bei uns ist der Kaffee günstig, die Kinder spielen nebenan, und niemand muss sich anmelden.",
    ),
    "cs": (
        "Obývací pokoj pro celou čtvrť. Kdo přijde, ten tvoří s námi.",
        "Káva je u nás levná, děti si hrají vedle a nikdo se nemusí hlásit předem.",
    ),
    "sk": (
        "Obývačka pre celú štvrť. Kto príde, tvorí s nami.",
        "Káva je u nás lacná, deti sa hrajú vedľa a nikto sa nemusí hlásiť vopred.",
    ),
}
"""What houses say of themselves, in their own languages."""
