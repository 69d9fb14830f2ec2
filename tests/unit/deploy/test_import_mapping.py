"""The mapping file: what it may say, the first draft of one, and the example that the guide walks through."""

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import cli
from deploy.errors import Trouble
from deploy.importer.cells import country, language
from deploy.importer.directory import Target
from deploy.importer.draft import _quoted, guess
from deploy.importer.lists import CenterList
from deploy.importer.mapping import Mapping
from deploy.importer.report import Outcome
from deploy.importer.sending import How, import_centers
from services.directory.service import SERVICE as DIRECTORY
from shared.testing import MemoryNetwork
from tests.unit.deploy.test_import_sending import Behind

EXAMPLE = Path(__file__).parents[3] / "examples" / "import"


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs ``mine ...``; gives its exit code, what it wrote to stdout, and to stderr."""

    def mine(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mine", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return mine


def mapping(tmp_path: Path, text: str) -> Mapping:
    path = tmp_path / "map.toml"
    path.write_text(text)
    return Mapping.read(path)


def rows_of(tmp_path: Path, said: Mapping, *lines: str) -> list[Any]:
    path = tmp_path / "list.csv"
    path.write_text("\n".join(lines))
    return list(CenterList(path, said))


# ---- what it may say


def test_columns_constants_values_dates_and_separators(tmp_path: Path) -> None:
    said = mapping(tmp_path, """
        list_separators = "/"
        dates = ["%m/%d/%Y"]
        external_id_prefix = "list-2026:"
        [columns]
        "Lfd. Nr." = "external_id"
        "Einrichtung" = "name"
        "Bemerkung" = ""
        [constants]
        country = "DE"
        languages = "de"
        [values.kind]
        "MüZe" = "mother-center"
        [values.services]
        "Kuchen" = ""
        "Zwergentreff" = "baby-group"
    """)  # fmt: skip
    header = "LFD. NR.,einrichtung,Bemerkung,kind,services,languages,verified_on"
    rows = rows_of(tmp_path, said, header, "1,Haus,geheim,müze,zwergentreff/Kuchen,,02/14/2026", "2,Hof,,,,tr/de,")
    assert [row.faults for row in rows] == [(), ()]
    assert rows[0].body == {
        "external_id": "list-2026:1", "name": "Haus", "kind": "mother-center", "services": ["baby-group"],
        "languages": ["de"], "verified_on": "2026-02-14", "place": {"country": "DE"},
    }  # fmt: skip
    assert rows[1].body["languages"] == ["tr", "de"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("columns = 7", "columns: Input should be"),
        ("colums = {}", "colums: Extra inputs"),
        ("[columns]\nA = 'nmae'", "a field that there is not: nmae; did you mean name"),
        ("[columns]\nA = 'hours:baby-grup'", "did you mean hours:baby-group"),
        ("[constants]\ncuontry = 'DE'", "did you mean country"),
        ("[columns]\nA = '?'\nB = '?'", "does not say yet what these columns are: A, B"),
        ("hours_language = 'fr'", "hours_language: Input should be 'en', 'de', 'cs' or 'sk'"),
        ("= 7", "is no TOML"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_one_clear_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Trouble, match=told):
        rows_of(tmp_path, mapping(tmp_path, text), "external_id,name,languages,country")


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_mapping_that_cannot_be_read_is_one_clear_line(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "map.toml").write_bytes(content)
    with pytest.raises(Trouble, match=r"map\.toml"):
        Mapping.read(tmp_path / "map.toml")


@pytest.mark.parametrize(("name", "code"), [("Česko", "CZ"), ("deutschland", "DE"), ("Italy", "IT"), ("AT", "AT")])
def test_countries_are_known_by_name(name: str, code: str) -> None:
    assert country(name) == code


@pytest.mark.parametrize(("name", "code"), [("Čeština", "cs"), ("deutsch", "de"), ("Ukrainian", "uk"), ("sk", "sk")])
def test_languages_are_known_by_name(name: str, code: str) -> None:
    assert language(name) == code


# ---- a first draft


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Name der Einrichtung", "name"),
        ("Název (anglicky)", "name_en"),
        ("Name EN", "name_en"),
        ("Beschreibung", "description_de"),
        ("Popis", "description_cs"),
        ("PLZ", "postal_code"),
        ("Straße", "street"),
        ("Telefonnummer", "phone"),
        ("Öffnungszeiten", "hours:open-cafe"),
        ("Krabbelgruppe", "services:baby-group"),
        ("rok založení", "founded"),
        ("Grundungsjahr ", "founded"),
        ("Bemerkung", ""),
        ("", ""),
    ],
)
def test_columns_are_guessed_by_what_they_are_called(column: str, field: str) -> None:
    assert guess(column) == field


def test_a_draft_says_what_it_found_and_leaves_the_rest_to_people(
    mine: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, err = mine("import", "columns", str(EXAMPLE / "centra.csv"))
    assert code == 0
    draft = tomllib.loads(out)
    assert draft["columns"]["Město"] == "town"
    assert draft["columns"]["Poznámka"] == "?"
    assert draft["encoding"] == "windows-1250"
    assert (draft["constants"], draft["values"]) == ({"country": ""}, {"kind": {}, "services": {}})
    assert '# "MC" = "?"' in out
    assert "Poznámka" in err
    assert "klíče" not in out + err
    with pytest.raises(Trouble, match="Poznámka"):
        mapping(tmp_path, out)
    assert mapping(tmp_path, out.replace("?", "")).field_of("psč") == "postal_code"


@given(st.text())
def test_any_column_name_is_written_as_toml_reads_it(name: str) -> None:
    name = name.encode("utf-8", "ignore").decode()
    assert tomllib.loads(f"{_quoted(name)} = 1\nx = {_quoted(name)}".replace("\nx", "\n[t]\nx")) == {
        name: 1, "t": {"x": name}
    } or name == "t"  # fmt: skip


# ---- the example


async def test_the_example_of_the_guide_comes_in_as_the_guide_says(tmp_path: Path) -> None:
    listed = CenterList(EXAMPLE / "centra.csv", Mapping.read(EXAMPLE / "centra.toml"))
    guide = (EXAMPLE.parents[1] / "docs" / "guides" / "importing.md").read_text()
    async with MemoryNetwork(DIRECTORY) as network:
        target = Target(
            "http://directory", "token", Behind(network.client("directory", "coordinator", networks=["CZ"]))
        )
        dry = await import_centers(listed, target, How(dry_run=True))
        report = await import_centers(listed, target, notes=tmp_path / "notes")
        assert report.counts == dry.counts == {Outcome.NEW: 2, Outcome.REFUSED: 1, Outcome.DUPLICATE: 1}
        told = [str(each) for each in dry.notable]
        assert all(line in " ".join(guide.split()) for line in told), told
        await network.settle()
        found = (await network.client("directory").get("/centers", params={"q": "Kamínek"})).json()["items"]
    [center] = found
    assert {offer["service"] for offer in center["services"]} == {
        "drop-in-childcare", "baby-group", "language-course", "open-cafe",
    }  # fmt: skip


# ---- the command


def test_the_exit_code_says_how_it_went(mine: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("external_id,name\n1,Haus\n")
    elsewhere = ("--url", "http://127.0.0.1:9", "--token", "t")
    code, _, err = mine("import", "centers", str(path), *elsewhere)
    assert (code, "lacks the column languages, country" in err) == (2, True)
    path.write_text("external_id,name,languages,country,founded\n1,Haus,de,DE,nineteen\n")
    code, out, err = mine("import", "centers", str(path), *elsewhere, "--json", "--report", str(tmp_path / "r.json"))
    assert code == 1
    assert (json.loads(out)["refused"], json.loads(out)["notable"][0]["column"]) == (1, "founded")
    assert json.loads((tmp_path / "r.json").read_text())[0]["code"] == "unreadable"
    code, _, err = mine("import", "centers", str(path), *elsewhere)
    assert "list.csv, line 2, column founded: is no whole number" in err
    assert "1 of 1 rows: 1 refused" in err
    path.write_text("external_id,name,languages,country\n")
    assert mine("import", "centers", str(path), *elsewhere)[0] == 0
