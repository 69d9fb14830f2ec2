"""How a list is read: its encoding, its form, its columns, its cells."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import Trouble
from deploy.importer.encoding import detected
from deploy.importer.fields import CENTERS
from deploy.importer.lists import CenterList, Form
from deploy.importer.mapping import Mapping
from deploy.importer.reading import TextFile, json_values
from deploy.importer.rows import Row

HEADER = "external_id,name,languages,country,town,town_lat,town_lon,founded,services,name_en,email"
KAMINEK = (
    'CZ-1,Mateřské centrum Kamínek,"cs;uk",CZ,Praha,50.09,14.42,1992,"open-cafe;baby-group",Pebble,'
    "office@kaminek.example.org"
)
SLUNCE = "CZ-2,Centrum Slunce,cs,CZ,Brno,,,,,,"

Listed = Callable[..., CenterList]
Read = Callable[..., list[Row]]


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    """The list that some lines make; what is named is said of it."""

    def listed(*lines: str, name: str = "list.csv", written: str = "utf-8", **said: Any) -> CenterList:
        path = tmp_path / name
        path.write_bytes("\n".join(lines).encode(written))
        mapping = Mapping(**said.pop("mapping")) if "mapping" in said else None
        return CenterList(path, mapping, **said)

    return listed


@pytest.fixture
def read(listed: Listed) -> Read:
    """The rows that some lines make."""
    return lambda *lines, **said: list(listed(*lines, **said))


# ---- tables


def test_a_row_becomes_the_body_the_directory_documents(read: Read) -> None:
    (row,) = read(HEADER, KAMINEK)
    assert row.faults == ()
    assert row.body == {
        "external_id": "CZ-1",
        "name": "Mateřské centrum Kamínek",
        "names": {"en": "Pebble"},
        "languages": ["cs", "uk"],
        "founded": 1992,
        "place": {"country": "CZ", "town": "Praha", "town_point": {"lat": 50.09, "lon": 14.42}},
        "services": ["open-cafe", "baby-group"],
        "contact": {"email": "office@kaminek.example.org"},
    }


def test_an_empty_cell_is_left_out_and_an_empty_line_is_no_row(read: Read) -> None:
    (row,) = read(HEADER, "", SLUNCE, ",,,,,,,,,,")
    assert row.line == 3
    assert row.body == {"external_id": "CZ-2", "name": "Centrum Slunce", "languages": ["cs"],
                        "place": {"country": "CZ", "town": "Brno"}}  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_comma_semicolon_and_tab_separate(read: Read, delimiter: str) -> None:
    header, line = ["external_id", "name", "languages", "country"], ["1", "Haus", '"de;en"', "DE"]
    (row,) = read(delimiter.join(header), delimiter.join(line))
    assert row.body["languages"] == ["de", "en"]


def test_another_separator_can_be_said_and_excel_says_it_itself(read: Read) -> None:
    lines = ["external_id|name|languages|country", "1|Haus|de|DE"]
    assert read(*lines, delimiter="|")[0].body["name"] == "Haus"
    (row,) = read("sep=|", *lines)
    assert (row.body["name"], row.line) == ("Haus", 3)


def test_a_decimal_comma_is_understood(read: Read) -> None:
    (row,) = read("external_id;name;languages;country;lat;lon", "1;Haus;de;DE;48,13;11,57")
    assert row.body["place"]["point"] == {"lat": 48.13, "lon": 11.57}


def test_lines_are_counted_as_the_file_has_them_also_behind_a_cell_of_several_lines(read: Read) -> None:
    rows = read("external_id,name,languages,country", 'A,"two\nlines",de,DE', "B,Haus,de,DE")
    assert [row.line for row in rows] == [2, 4]


def test_what_an_export_has_protected_against_formulas_comes_back_as_it_was(read: Read) -> None:
    header = "external_id,name,languages,country,phone,lat,town"
    (row,) = read(header, "1,'=Haus,de,KE,'+254 202 555 01,'-1.28,'t Veld")
    assert row.body["name"] == "=Haus"
    assert row.body["contact"] == {"phone": "+254 202 555 01"}
    assert row.body["place"] == {"country": "KE", "town": "'t Veld", "point": {"lat": -1.28}}


def test_the_directorys_own_table_needs_no_mapping(read: Read) -> None:
    header = "external_id,name,languages,country,town,services,verified_on,name_de,status,check,changed"
    (row,) = read(f"\ufeff{header}", "1,Haus,de,DE,Ulm,open-cafe,2026-01-01,Haus,active,fresh,2026-01-01T00:00:00Z")
    assert row.faults == ()
    assert row.body == {"external_id": "1", "name": "Haus", "languages": ["de"], "services": ["open-cafe"],
                        "names": {"de": "Haus"}, "place": {"country": "DE", "town": "Ulm"},
                        "verified_on": "2026-01-01"}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("town_lat", "north", "is no number"),
        ("lat", "NaN", "is no number"),
        ("founded", "nineteen", "is no whole number"),
        ("verified_on", "soon", "is no day such as 2026-02-14"),
        ("opened_on", "31.2.2020", "is no day"),
        ("phone", "030 231", "is no international phone number"),
        ("hours:open-cafe", "by appointment", "is not understood from part 1 on"),
        ("price:baby-group", "cheap", "is no price"),
        ("ages:baby-group", "babies", "is no age in years"),
        ("services:baby-group", "sometimes", "is neither yes"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_column_and_never_repeated(
    read: Read, column: str, cell: str, told: str
) -> None:
    (row,) = read(f"external_id,name,languages,country,{column}", f"1,Haus,de,DE,{cell}")
    [fault] = row.faults
    assert (fault.column, row.line) == (column, 2)
    assert told in fault.detail
    assert cell not in fault.detail


@pytest.mark.parametrize(
    ("column", "cell", "found"),
    [
        ("phone", "+49 (0)30 / 231-25", "+49 30 231 25"),
        ("phone", "00420 123 456 789", "+420 123 456 789"),
        ("website", "www.haus.example.org", "https://www.haus.example.org"),
        ("website", "http://haus.example.org", "http://haus.example.org"),
    ],
)
def test_what_people_write_of_contacts_is_tidied(read: Read, column: str, cell: str, found: str) -> None:
    (row,) = read(f"external_id,name,languages,country,{column}", f"1,Haus,de,DE,{cell}")
    assert row.body["contact"] == {column: found}


def test_a_row_without_an_id_or_with_that_of_an_earlier_row_is_refused(read: Read) -> None:
    rows = read(HEADER, SLUNCE, SLUNCE, ",No id,cs,CZ,Brno,,,,,,")
    assert [[str(fault) for fault in row.faults] for row in rows] == [
        [],
        ["column external_id: stands already in line 2"],
        ["column external_id: every row needs an id of its own"],
    ]


def test_a_row_with_more_cells_than_columns_is_refused(read: Read) -> None:
    (row,) = read("external_id,name,languages,country", "1,Haus, am Bach,de,DE")
    assert row.faults[0].code == "too-many-cells"
    (row,) = read("external_id,name,languages,country", "1,Haus,de,DE,,,")
    assert row.faults == ()


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("name,languages,country", "lacks the column external_id"),
        ("external_id,name,languages,country,colour", "nobody knows: colour"),
        ("external_id,name,languages,country,hours:sauna", "nobody knows: hours:sauna"),
        ("external_id,name,languages,country,name", "twice: name"),
        ("", "lacks the column"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_as_a_whole(read: Read, header: str, told: str) -> None:
    with pytest.raises(Trouble, match=told):
        read(header, "1,2,3,4,5")


@pytest.mark.parametrize(
    ("line", "told"),
    [('1,"Haus"am Bach,de,DE', "line 2 is no CSV"), ('1,"Haus,de,DE', "line 2 is no CSV: unexpected end of data")],
)
def test_a_broken_quote_is_refused_with_its_line(read: Read, line: str, told: str) -> None:
    with pytest.raises(Trouble, match=told):
        read("external_id,name,languages,country", line)


def test_a_quote_that_swallows_the_rest_of_a_long_file_is_said_to_be_one(read: Read) -> None:
    with pytest.raises(Trouble, match="quotation mark before it was never closed"):
        read("external_id,name,languages,country", '1,"Haus,de,DE', *["2,Haus,de,DE" * 10] * 10_000)


def test_every_field_fills_a_place_of_its_own() -> None:
    filling = [field for field in CENTERS.fields if field.path]
    assert len({field.path for field in filling}) == len(filling)
    assert len({field.name for field in CENTERS.fields}) == len(CENTERS.fields)


# ---- services with terms


def test_a_column_is_called_after_a_service_by_its_code_or_label_and_what_it_says(read: Read) -> None:
    header = (
        "external_id;name;languages;country;verified_on;services;hours:Krabbelgruppe;price:language-course;"
        "ages:baby-group;sign_up:baby-group;languages:language-course"
    )
    (row,) = read(header, "1;Haus;de;DE;2026-02-14;baby-group,hot-meals;Mo 9-12;50 EUR;0-3;needed;tr,ar",
                  mapping={"list_separators": ","})  # fmt: skip
    assert row.faults == ()
    hours = {"start_date": "2026-02-14", "start_time": "09:00", "end_time": "12:00", "rrule": "FREQ=WEEKLY;BYDAY=MO"}
    assert {offer["service"]: offer for offer in row.offers} == {
        "baby-group": {"service": "baby-group", "hours": [hours], "ages": {"youngest": 0, "oldest": 3},
                       "sign_up": "needed"},
        "language-course": {"service": "language-course", "languages": ["tr", "ar"],
                            "price": {"kind": "fee", "amount": "50", "currency": "EUR"}},
    }  # fmt: skip
    assert row.body["services"] == ["hot-meals"]


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("zdarma", {"kind": "free"}),
        ("Kostenlos", {"kind": "free"}),
        ("0 Kč", {"kind": "free"}),
        ("Spende", {"kind": "donation"}),
        ("podle příjmu", {"kind": "by-income"}),
        ("fee", {"kind": "fee"}),
        ("50 Kč", {"kind": "fee", "amount": "50", "currency": "CZK"}),
        ("50,- Kč", {"kind": "fee", "amount": "50", "currency": "CZK"}),
        ("€ 3,50", {"kind": "fee", "amount": "3.50", "currency": "EUR"}),
        ("chf 12", {"kind": "fee", "amount": "12", "currency": "CHF"}),
    ],
)
def test_prices_as_people_write_them(read: Read, cell: str, price: dict[str, str]) -> None:
    (row,) = read("external_id\tname\tlanguages\tcountry\tprice:baby-group", f"1\tHaus\tde\tDE\t{cell}")
    assert row.offers[0]["price"] == price


def test_services_may_be_columns_to_be_ticked(read: Read) -> None:
    header = "external_id;name;languages;country;services;services:hot-meals;Krabbelgruppe;accessibility:lift"
    rows = read(header, "1;A;de;DE;Sprachkurs;x;nein;ja", "2;B;de;DE;;;ja;", mapping={
        "columns": {"krabbelgruppe": "services:baby-group"}})  # fmt: skip
    assert [row.body.get("services") for row in rows] == [["language-course", "hot-meals"], ["baby-group"]]
    assert rows[0].body["accessibility"] == ["lift"]


# ---- encodings

TEXTS = {
    "cp1250": ["Mateřské centrum Kamínek", "Centrum Měsíček, Plzeň", "Rodinné centrum Človiečik, Košice", "Domeček",
               "Anyák Háza, Győr", "Dom Matki, Łódź"],
    "cp1252": ["Mütterzentrum Glück – Köln", "Maison des mères, café associatif, très près",
               "Centro delle madri, città più bella, perché è così", "Moedercentrum België", "Casa de los niños"],
}  # fmt: skip


@pytest.mark.parametrize(("encoding", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts])
def test_an_old_encoding_is_guessed_by_the_language_and_said_to_be_a_guess(encoding: str, text: str) -> None:
    found = detected(io.BytesIO(text.encode(encoding)))
    assert found.guessed
    assert text.encode(encoding).decode(found.codec) == text


@pytest.mark.parametrize("written", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_known_by_itself_with_and_without_a_mark(listed: Listed, written: str) -> None:
    found = listed("external_id,name,languages,country", "1,Kamínek Łódź,cs,CZ", written=written)
    assert [row.body["name"] for row in found] == ["Kamínek Łódź"]
    assert found.said == []


def test_a_guess_is_told_and_can_be_overruled(listed: Listed) -> None:
    lines = ["external_id,name,languages,country", "1,Č,cs,CZ"]
    guessed = listed(*lines, written="cp1250")
    assert "Windows-1250" in guessed.said[0]
    overruled = listed(*lines, written="cp1250", encoding="windows-1252")
    assert (next(iter(overruled)).body["name"], overruled.said) == ("È", [])
    by_mapping = listed(*lines, written="cp1250", mapping={"encoding": "cp1250"})
    assert next(iter(by_mapping)).body["name"] == "Č"


@pytest.mark.parametrize("name", ["no-such", "rot13", "base64"])
def test_an_encoding_that_there_is_not_is_one_clear_line(listed: Listed, name: str) -> None:
    with pytest.raises(Trouble, match="there is no text encoding"):
        listed("a", encoding=name)


def test_a_wrong_declaration_is_one_clear_line(listed: Listed) -> None:
    with pytest.raises(Trouble, match="is not written in utf-8"):
        list(listed("external_id,name,languages,country", "1,Č,cs,CZ", written="cp1250", encoding="utf-8"))


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")))
def test_any_text_in_utf8_is_read_as_it_is(text: str) -> None:
    found = detected(io.BytesIO(text.encode()))
    assert not found.guessed
    assert text.encode().decode(found.codec) == text.removeprefix("\ufeff")


@given(st.text(st.characters(max_codepoint=0x2FFF, blacklist_categories=["Cs"], blacklist_characters="\0\ufeff")))
def test_any_text_in_utf16_with_its_mark_is_read_as_it_is(text: str) -> None:
    assert text.encode("utf-16").decode(detected(io.BytesIO(text.encode("utf-16"))).codec) == text


@given(st.binary(max_size=300))
def test_any_bytes_have_some_encoding(content: bytes) -> None:
    found = detected(io.BytesIO(content))
    if found.codec.startswith("utf-8"):
        content.decode(found.codec)


# ---- JSON


def test_registrations_are_taken_as_they_are(read: Read) -> None:
    body = {"external_id": "1", "name": "Haus", "languages": ["de"], "place": {"country": "DE", "town": "Köln"}}
    offers = [{"service": "hot-meals", "sign_up": "needed"}]
    rows = read(json.dumps([{**body, "offers": offers}, body], indent=1), name="list.json")
    assert [(row.external_id, row.body, list(row.offers)) for row in rows] == [("1", body, offers), ("1", body, [])]
    assert rows[1].faults[0].code == "twice"
    assert rows[1].line > rows[0].line > 1


def test_flat_objects_are_read_like_the_lines_of_a_table(read: Read) -> None:
    flat = {
        "external_id": 17,
        "name": "Haus",
        "languages": ["de", "tr"],
        "country": "DE",
        "founded": 1995,
        "town": None,
    }
    (row,) = read(json.dumps({**flat, "town": None}), name="list.jsonl")
    assert row.body == {"external_id": "17", "name": "Haus", "languages": ["de", "tr"], "founded": 1995,
                        "place": {"country": "DE"}}  # fmt: skip
    [unknown] = read(json.dumps({**flat, "colour": "blue"}), name="list.jsonl")
    assert "nobody knows: colour" in unknown.faults[0].detail


@pytest.mark.parametrize("value", ["7", '"x"', "null", "[[]]"])
def test_what_is_no_object_is_refused_by_its_line(read: Read, value: str) -> None:
    rows = read(json.dumps({"external_id": "1", "place": {}}), value, name="list.jsonl", form=Form.JSON)
    assert [fault.code for row in rows[1:] for fault in row.faults] == (["no-object"] if value != "[[]]" else [])


@pytest.mark.parametrize("text", ['[{"external_id": 1', "{'external_id': 1}", '{"a": 1}}', "[" * 100_000 + "{"])
def test_broken_json_is_one_clear_line(read: Read, text: str) -> None:
    with pytest.raises(Trouble, match="is no JSON"):
        read(text, name="list.json", form=Form.JSON)


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers(), max_size=3), max_size=6))
def test_arrays_and_lines_of_json_say_the_same(tmp_path_factory: pytest.TempPathFactory, values: list[Any]) -> None:
    path = tmp_path_factory.mktemp("json") / "list.json"
    for text in (json.dumps(values), json.dumps(values, indent=2), "\n".join(map(json.dumps, values))):
        path.write_text(text)
        assert [value for _, value in json_values(TextFile.at(path))] == values


def test_a_value_longer_than_a_piece_of_the_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    values = [{"a": "ž" * 70_000}, {"b": ["x"] * 50_000}, {"c": 1}]
    path.write_text(json.dumps(values))
    assert [value for _, value in json_values(TextFile.at(path))] == values


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="cannot read"):
        CenterList(tmp_path / "none.csv")
