"""A first mapping file for a list nobody has seen before: what its columns may be, to be corrected by hand."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from deploy.importer.cells import TAXONOMIES, code_of, parts
from deploy.importer.fields import CENTERS
from deploy.importer.mapping import UNDECIDED
from deploy.importer.reading import CsvFile, TextFile
from shared.taxonomy import SERVICES
from shared.text import words

_LOOKED_AT = 1000
_MOST_VALUES = 60
_CALLED = {
    "external_id": "id, nr, no, number, nummer, lfd nr, kennung, c, cislo, kod, poradove cislo",
    "name": "name, center, centre, name of the center, einrichtung, name der einrichtung, zentrum, nazev, nazev centra",
    "kind": "kind, type, typ, art, art der einrichtung, druh, typ centra",
    "languages": "languages, language, sprachen, sprache, jazyky, jazyk",
    "founded": "founded, year, founding year, gegrundet, grundungsjahr, seit, zalozeno, rok zalozeni, rok vzniku",
    "legal_form": "legal form, rechtsform, trager, pravni forma",
    "registration_number": "registration number, registernummer, vereinsregister, ico, ic, evidencni cislo",
    "country": "country, land, staat, zeme, stat",
    "region": "region, state, bundesland, kreis, kraj, okres",
    "town": "town, city, place, ort, stadt, mesto, obec",
    "postal_code": "postal code, zip, zip code, plz, postleitzahl, psc",
    "street": "street, address, strasse, adresse, anschrift, ulice, adresa",
    "lat": "lat, latitude, breitengrad, breite, zemepisna sirka, gps n",
    "lon": "lon, lng, longitude, langengrad, lange, zemepisna delka, gps e",
    "email": "email, e mail, mail, e mail adresse",
    "phone": "phone, telephone, telefon, tel, telefonnummer, telefonni cislo",
    "website": "website, web, url, homepage, internet, webseite, www, webove stranky",
    "services": "services, offers, angebote, angebot, leistungen, sluzby, nabidka",
    "topics": "topics, themen, temata",
    "accessibility": "accessibility, barrierefrei, barrierefreiheit, bezbarierovost, pristupnost",
    "funding": "funding, finanzierung, forderung, financovani",
    "staff": "staff, employees, mitarbeiter, hauptamtliche, zamestnanci",
    "volunteers": "volunteers, ehrenamtliche, freiwillige, dobrovolnici",
    "families": "families, familien, rodiny, pocet rodin",
    "verified_on": "verified on, verified, updated, last update, stand, aktualisiert, aktualizovano, overeno",
    "opened_on": "opened on, opening, eroffnet, eroffnung, otevreno, otevreno od",
    "hours:open-cafe": "hours, opening hours, offnungszeiten, offnungszeit, oteviraci doba, otevreno kdy",
    "description_en": "description, about",
    "description_de": "beschreibung, kurzbeschreibung",
    "description_cs": "popis, o nas",
}
"""How fields are called in lists, in English, German and Czech, without accents."""
_LANGUAGE_OF = {
    "en": "en english englisch anglicky", "de": "de german deutsch nemecky", "cs": "cs cz czech tschechisch cesky",
    "sk": "sk slovak slowakisch slovensky", "it": "it italian italienisch", "uk": "uk ukrainisch ukrajinsky",
}  # fmt: skip
_LANGUAGES = {word: language for language, called in _LANGUAGE_OF.items() for word in called.split()}
_FIELDS = {spelling: field for field, called in _CALLED.items() for spelling in called.split(", ")}
_FIELDS |= {" ".join(words(field.name)): field.name for field in CENTERS.fields}


@dataclass(frozen=True)
class Guess:
    """A column, how often it is filled, and the field that it may be; empty when nothing is like it."""

    column: str
    filled: int
    field: str


@dataclass(frozen=True)
class Draft:
    """What the first lines of a list say about it."""

    file: TextFile
    looked_at: int
    guesses: Sequence[Guess]
    values: dict[str, dict[str, str]]
    """For fields with a closed list of codes: what stands there and is none, with the nearest code, or nothing."""

    @classmethod
    def of(cls, path: Path, encoding: str | None = None, delimiter: str | None = None) -> "Draft":
        """Looks at the first thousand lines of a table. `Trouble` when it is none."""
        file = TextFile.at(path, encoding)
        table = CsvFile(file, delimiter)
        lines = [line.cells for line in islice(table, _LOOKED_AT)]
        filled = [sum(1 for cells in lines if place < len(cells) and cells[place].strip()) for place in _places(table)]
        fields = list(_each_once(guess(column) for column in table.columns))
        guesses = [Guess(*each) for each in zip(table.columns, filled, fields, strict=True)]
        values = {
            field: _unknown(field, (cells[place] for cells in lines if place < len(cells)))
            for place, field in enumerate(fields)
            if field in CENTERS.by_name and CENTERS.by_name[field].codes
        }
        return cls(file, len(lines), guesses, {field: found for field, found in values.items() if found})

    def toml(self) -> Iterator[str]:
        """The lines of a mapping file that says so."""
        yield '# Columns are on the left, fields on the right. For each ? name a field, or "" to leave the column out.'
        yield "# The fields are listed by: mine import centers --help"
        if self.file.encoding.guessed:
            yield f"encoding = {_quoted(self.file.encoding.codec.replace('cp', 'windows-'))}   # a guess"
        yield ""
        yield "[columns]"
        for each in self.guesses:
            yield f"{_quoted(each.column)} = {_quoted(each.field or UNDECIDED)}"
        found = {each.field for each in self.guesses}
        yield ""
        yield "[constants]   # for rows whose own cell is empty"
        for required in CENTERS.fields:
            if required.required and required.name not in found:
                yield f'{required.name} = ""   # {required.about or "required"}'
        for field, values in self.values.items():
            yield ""
            yield f"[values.{field}]   # what stands there = the code that is meant; counts without the #"
            for value, code in values.items():
                yield f"# {_quoted(value)} = {_quoted(code or UNDECIDED)}"


def guess(column: str) -> str:
    """The field that a column of that name may be; empty when nothing is like it."""
    if known := CENTERS.known(column.strip().lower()):
        return known
    name = " ".join(words(column))
    first, _, last = name.rpartition(" ")
    base = _near(first)
    if last in _LANGUAGES and base.startswith(("name", "description_")):
        return f"{base.partition('_')[0]}_{_LANGUAGES[last]}"
    if code := code_of(SERVICES, column):
        return f"services:{code}"
    return _near(name)


def _near(name: str) -> str:
    alike = get_close_matches(name, _FIELDS, n=1, cutoff=0.85)
    return _FIELDS[alike[0]] if alike else ""


def _places(table: CsvFile) -> range:
    return range(len(table.columns))


def _each_once(fields: Iterable[str]) -> Iterator[str]:
    """A field that an earlier column has taken is not guessed again."""
    taken: set[str] = set()
    for field in fields:
        yield "" if field in taken else field
        taken.add(field)


def _unknown(field: str, cells: Iterable[str]) -> dict[str, str]:
    codes, taxonomy = CENTERS.by_name[field].codes, TAXONOMIES.get(field)
    unknown: dict[str, str] = {}
    for value in dict.fromkeys(part for cell in cells for part in parts(cell, ";,")):
        if value in codes or (taxonomy and code_of(taxonomy, value)) or len(unknown) == _MOST_VALUES:
            continue
        nearest = taxonomy.nearest(value, most=1) if taxonomy else get_close_matches(value.lower(), codes, n=1)
        unknown[value] = next(iter(nearest), "")
    return unknown


def _quoted(text: str) -> str:
    """As TOML writes a text on one line."""
    escaped = re.sub(r'[\x00-\x1f\x7f"\\]', lambda found: f"\\u{ord(found[0]):04X}", text)
    return f'"{escaped}"'
