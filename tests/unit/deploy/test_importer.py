import asyncio
import json
from pathlib import Path

import httpx
import pytest

from deploy import importer
from deploy.errors import Trouble
from deploy.importer import COLUMNS, Report, column_of, decoded, import_centers, read_rows
from services.directory.service import SERVICE as DIRECTORY
from shared.testing.network import MemoryNetwork

HEADER = "external_id,name,languages,country,town,town_lat,town_lon,founded,services,name_en,email"
KAMINEK = (
    'CZ-1,Mateřské centrum Kamínek,"cs;uk",CZ,Praha,50.09,14.42,1992,"open-cafe;baby-group",Pebble,'
    "office@kaminek.example.org"
)
SLUNCE = "CZ-2,Centrum Slunce,cs,CZ,Brno,,,,,,"


def rows_of(*lines: str) -> list[importer.Row]:
    return read_rows("\n".join(lines).encode())


# ---- reading


def test_a_row_becomes_the_body_the_directory_documents():
    (row,) = rows_of(HEADER, KAMINEK)
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


def test_an_empty_cell_is_left_out_and_an_empty_line_is_no_row():
    (row,) = rows_of(HEADER, "", SLUNCE, ",,,,,,,,,,")
    assert row.line == 3
    assert row.body == {"external_id": "CZ-2", "name": "Centrum Slunce", "languages": ["cs"],
                        "place": {"country": "CZ", "town": "Brno"}}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_encodings_of_spreadsheets_are_told_apart(encoding):
    assert decoded("Familienzentrum Glück – Köln".encode(encoding)) == "Familienzentrum Glück – Köln"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_comma_semicolon_and_tab_separate(delimiter):
    (row,) = rows_of(
        delimiter.join(["external_id", "name", "languages", "country"]), delimiter.join(["1", "Haus", '"de;en"', "DE"])
    )
    assert row.body["languages"] == ["de", "en"]


def test_a_decimal_comma_is_understood():
    (row,) = rows_of("external_id;name;languages;country;lat;lon", "1;Haus;de;DE;48,13;11,57")
    assert row.body["place"]["point"] == {"lat": 48.13, "lon": 11.57}


def test_lines_are_counted_as_the_file_has_them_also_behind_a_cell_of_several_lines():
    rows = rows_of("external_id,name,languages,country", 'A,"two\nlines",de,DE', "B,Haus,de,DE")
    assert [row.line for row in rows] == [2, 4]


def test_what_cannot_be_read_is_told_by_line_and_column():
    (row,) = rows_of(HEADER, "CZ-1,Haus,cs,CZ,Praha,north,14,nineteen,,,")
    assert [(fault.line, fault.column, fault.detail) for fault in row.faults] == [
        (2, "town_lat", "is no number"),
        (2, "founded", "is no whole number"),
    ]


def test_a_row_without_an_id_or_with_that_of_an_earlier_row_is_refused():
    rows = rows_of(HEADER, SLUNCE, SLUNCE, ",No id,cs,CZ,Brno,,,,,,")
    assert [row.faults and str(row.faults[0]) for row in rows] == [
        (),
        "line 3, column external_id: stands already in line 2",
        "line 4, column external_id: every row needs an id of its own",
    ]


def test_a_row_with_more_cells_than_columns_is_refused():
    (row,) = rows_of("external_id,name,languages,country", "1,Haus, am Bach,de,DE")
    assert row.faults[0].code == "too-many-cells"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("name,languages,country", "lacks the column external_id"),
        ("external_id,name,languages,country,colour", "nobody knows: colour"),
        ("external_id,name,languages,country,name", "twice: name"),
        ("", "lacks the column"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_as_a_whole(header, told):
    with pytest.raises(Trouble, match=told):
        rows_of(header, "1,2,3,4,5")


def test_a_broken_quote_is_refused_with_its_line():
    with pytest.raises(Trouble, match="line 2 is no CSV"):
        rows_of("external_id,name,languages,country", '1,"Haus"am Bach,de,DE')


@pytest.mark.parametrize(
    ("pointer", "column"),
    [
        ("/place/town_point/lat", "town_lat"),
        ("/place/country", "country"),
        ("/services/0", "services"),
        ("/languages/1", "languages"),
        ("/names/en", "name_en"),
        ("/contact", "email"),
        ("", None),
        ("/nothing", None),
    ],
)
def test_a_problems_pointer_leads_back_to_the_column(pointer, column):
    assert column_of(pointer) == column


def test_every_column_fills_a_place_of_its_own():
    assert len({column.path for column in COLUMNS}) == len(COLUMNS) == len({column.name for column in COLUMNS})


# ---- posting


class Directory(httpx.AsyncBaseTransport):
    """Answers each request with the next of ``answers`` (the last one for ever), and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.now = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.002)
        self.now -= 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def keys(self) -> list[str]:
        return [request.headers["Idempotency-Key"] for request in self.requests]


CREATED = httpx.Response(201, json={})
REPEATED = httpx.Response(201, json={}, headers={"Idempotent-Replayed": "true"})


def problem(status: int, code: str, **members: object) -> httpx.Response:
    document = {"type": f"urn:mine:problem:{code}", "status": status, "detail": code, **members}
    return httpx.Response(status, json=document, headers={"Content-Type": "application/problem+json"})


@pytest.fixture
def imports(tmp_path):
    """Imports these lines through this transport."""

    async def imports(transport: httpx.AsyncBaseTransport, *lines: str, seen: list[int] | None = None) -> Report:
        file = tmp_path / "list.csv"
        file.write_text("\n".join(lines))

        def progress(done: int, rows: int) -> None:
            if seen is not None:
                seen.append(done)

        return await import_centers(file, "http://directory", "token", tmp_path / "notes", progress, transport)

    return imports


async def test_rows_are_posted_with_a_key_that_stays_the_same_for_the_same_row(imports, tmp_path):
    first, second = Directory(CREATED), Directory(REPEATED)
    assert (await imports(first, HEADER, KAMINEK, SLUNCE)).created == 2
    (tmp_path / "notes").unlink()
    assert (await imports(second, HEADER, KAMINEK, SLUNCE)).repeated == 2
    assert sorted(first.keys) == sorted(second.keys)
    assert len(set(first.keys)) == 2
    assert first.requests[0].headers["Authorization"] == "Bearer token"


async def test_a_second_run_posts_only_what_is_not_done(imports):
    directory = Directory(CREATED)
    await imports(directory, HEADER, KAMINEK)
    report = await imports(directory, HEADER, KAMINEK, SLUNCE)
    assert (report.skipped, report.created, len(directory.requests)) == (1, 1, 2)


async def test_a_row_that_was_changed_since_is_posted_again_and_the_refusal_explained(imports):
    directory = Directory(CREATED, problem(422, "idempotency-key-reused"))
    await imports(directory, HEADER, SLUNCE)
    report = await imports(directory, HEADER, SLUNCE.replace("Slunce", "Měsíc"))
    assert "imported before with other contents" in str(report.faults[0])


async def test_a_refused_row_is_reported_and_the_rest_goes_on(imports):
    errors = [{"pointer": "/place/town_point/lat", "detail": "too far north"}]
    directory = Directory(problem(422, "invalid-input", errors=errors), CREATED)
    report = await imports(directory, HEADER, KAMINEK, SLUNCE)
    assert (report.refused, report.created, report.done) == (1, 1, 2)
    assert report.faults[0].column == "town_lat"
    assert report.faults[0].code == "invalid-input"


async def test_a_service_that_is_away_is_waited_for(imports):
    away: list[httpx.Response | Exception] = [
        httpx.ConnectError("refused"),
        problem(503, "overloaded"),
        httpx.Response(502, text="<html>bad gateway"),
    ]
    directory = Directory(*away, CREATED)
    report = await imports(directory, HEADER, SLUNCE)
    assert (report.created, len(directory.requests)) == (1, 4)
    assert len(set(directory.keys)) == 1


async def test_retry_after_is_obeyed(imports):
    overloaded = problem(503, "overloaded")
    overloaded.headers["Retry-After"] = "1"
    directory = Directory(overloaded, CREATED)
    started = asyncio.get_running_loop().time()
    await imports(directory, HEADER, SLUNCE)
    assert asyncio.get_running_loop().time() - started >= 1


async def test_a_service_that_stays_away_is_one_clear_line(imports, monkeypatch):
    monkeypatch.setattr(importer, "_TRIES", 3)
    with pytest.raises(Trouble, match="does not take centers now: refused"):
        await imports(Directory(httpx.ConnectError("refused")), HEADER, SLUNCE, KAMINEK)


async def test_a_token_that_does_not_hold_ends_the_import_at_once(imports):
    directory = Directory(problem(401, "unauthenticated"))
    with pytest.raises(Trouble, match="does not accept this token"):
        await imports(directory, HEADER, SLUNCE)
    assert len(directory.requests) == 1


async def test_no_more_than_32_rows_are_under_way_and_progress_counts_every_one(imports):
    directory = Directory(CREATED)
    seen: list[int] = []
    lines = [f"id-{number},Haus,de,DE,Köln,,,,,," for number in range(200)]
    report = await imports(directory, HEADER, *lines, seen=seen)
    assert report.created == 200
    assert seen == list(range(1, 201))
    assert 16 < directory.most <= 32


async def test_a_missing_file_is_one_clear_line(tmp_path):
    with pytest.raises(Trouble, match="cannot read"):
        await import_centers(tmp_path / "none.csv", "http://directory", "", tmp_path / "notes", lambda *_: None)


async def test_the_real_directory_takes_every_column_and_explains_what_it_refuses(imports):
    full = {
        "external_id": "list:1", "name": "Haus am Bach", "kind": "family-center", "languages": '"de;tr"',
        "founded": "1995", "country": "DE", "region": "Bayern", "town": "Augsburg", "town_lat": "48.37",
        "town_lon": "10.9", "postal_code": "86150", "street": "Beispielweg 1", "lat": "48.3705", "lon": "10.8978",
        "location_visibility": "hidden", "discreet_name": "Haus am Wasser", "email": "office@bach.example.org",
        "phone": "+49 821 5550100", "website": "https://bach.example.org/", "services": '"open-cafe;baby-group"',
        "verified_on": "2026-02-14",
    }  # fmt: skip
    assert set(full) == {column.name for column in COLUMNS}
    poor = {**full, "external_id": "list:2", "country": "ZY", "services": "open-cafe"}
    unknown = {**full, "external_id": "list:3", "services": "open-caffe"}
    async with MemoryNetwork(DIRECTORY) as network:
        client = network.client("directory", "office")
        transport = Authorized(client)
        report = await imports(transport, ",".join(full), *(",".join(row.values()) for row in (full, poor, unknown)))
        assert (report.created, report.refused) == (1, 2), [str(fault) for fault in report.faults]
        assert [(fault.line, fault.column) for fault in report.faults] == [(3, "country"), (4, None)]
        assert "open-cafe" in report.faults[1].detail
        await network.settle()
        (center,) = (await client.get("/centers")).json()["items"]
        assert center["languages"] == ["de", "tr"]


class Authorized(httpx.AsyncBaseTransport):
    """The in-process service, asked with the token its own client has."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {"Idempotency-Key": request.headers["Idempotency-Key"]}
        answer = await self._client.post(request.url.path, json=json.loads(request.content), headers=headers)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def test_the_notes_survive_a_last_line_that_was_cut_short(tmp_path: Path):
    (row,) = rows_of(HEADER, SLUNCE)
    notes = importer.Notes(tmp_path / "notes")
    notes.add(row)
    notes.close()
    with (tmp_path / "notes").open("a") as file:
        file.write("CZ-9")
    again = importer.Notes(tmp_path / "notes")
    assert again.has(row)
    again.close()
