"""How rows come in: checked, registered once, compared with what is there; and how it is told."""

import asyncio
import csv
import json
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.errors import Trouble
from deploy.importer import directory as asking
from deploy.importer.directory import Target
from deploy.importer.lists import CenterList
from deploy.importer.mapping import Mapping
from deploy.importer.report import Outcome, Report, ReportFile, Told
from deploy.importer.sending import How, import_centers
from services.directory.service import SERVICE as DIRECTORY
from shared.ids import derived_id
from shared.testing import MemoryNetwork

HEADER = "external_id,name,languages,country,town,services,email"
KAMINEK = 'CZ-1,Mateřské centrum Kamínek,"cs;uk",CZ,Praha,"open-cafe;baby-group",office@kaminek.example.org'
SLUNCE = "CZ-2,Centrum Slunce,cs,CZ,Brno,,"
FINE = {"ok": True, "problems": [], "warnings": [], "exists": None, "differs": [], "twins": [], "marks": []}

Answer = httpx.Response | Exception


class Fake(httpx.AsyncBaseTransport):
    """A directory that finds every row fine, and answers each command with the next of ``answers`` (the last one for
    ever); it remembers the commands it got."""

    def __init__(self, *answers: Answer, checked: dict[str, Any] | None = None) -> None:
        self.answers = list(answers)
        self.commands: list[httpx.Request] = []
        self.checks: list[int] = []
        self.checked = {**FINE, **(checked or {})}
        self.now = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/centers/checks":
            items = json.loads(request.content)["items"]
            self.checks.append(len(items))
            return httpx.Response(200, json={"items": [self.checked for _ in items]})
        if request.method == "GET":
            return httpx.Response(200, json={}, headers={"ETag": '"1"'})
        self.commands.append(request)
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
        return [request.headers["Idempotency-Key"] for request in self.commands]


class Behind(httpx.AsyncBaseTransport):
    """The in-process directory, asked with the token that its own client has; it counts what it is asked."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.requests: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests[f"{request.method} {request.url.path.split('/')[-1]}"] += 1
        headers = {name: value for name, value in request.headers.items() if name in ("idempotency-key", "if-match")}
        answer = await self.client.request(
            request.method, request.url.raw_path.decode(), content=request.content,
            headers={**headers, "Content-Type": "application/json"},
        )  # fmt: skip
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


CREATED = httpx.Response(201, json={"id": "c1"})
REPEATED = httpx.Response(201, json={"id": "c1"}, headers={"Idempotent-Replayed": "true"})


def problem(status: int, code: str, **members: object) -> httpx.Response:
    document = {"type": f"urn:mine:problem:{code}", "status": status, "detail": code, **members}
    return httpx.Response(status, json=document, headers={"Content-Type": "application/problem+json"})


@pytest.fixture
def imports(tmp_path: Path) -> Callable[..., Any]:
    """Imports these lines through this transport."""

    async def imports(transport: httpx.AsyncBaseTransport, *lines: str, **said: Any) -> Report:
        file = tmp_path / "list.csv"
        file.write_text("\n".join(lines))
        how = How(**{name: said.pop(name) for name in list(said) if name in How.__dataclass_fields__})
        listed = CenterList(file, Mapping(**said.pop("mapping")) if "mapping" in said else None)
        said.setdefault("notes", tmp_path / "list.csv.mine-import")
        return await import_centers(listed, Target("http://directory", "token", transport), how, **said)

    return imports


Imports = Callable[..., Any]


# ---- keys, notes, patience


async def test_rows_are_posted_with_a_key_that_stays_the_same_for_the_same_row(imports: Imports) -> None:
    first, second = Fake(CREATED), Fake(REPEATED)
    assert (await imports(first, HEADER, KAMINEK, SLUNCE)).counts == {Outcome.NEW: 2}
    assert (await imports(second, HEADER, KAMINEK, SLUNCE, notes=None)).counts == {Outcome.SAME: 2}
    assert sorted(first.keys) == sorted(second.keys)
    assert len(set(first.keys)) == 2
    assert first.commands[0].headers["Authorization"] == "Bearer token"


async def test_a_second_run_asks_only_about_what_is_not_done(imports: Imports) -> None:
    directory = Fake(CREATED)
    await imports(directory, HEADER, KAMINEK)
    report = await imports(directory, HEADER, KAMINEK, SLUNCE)
    assert report.counts == {Outcome.DONE: 1, Outcome.NEW: 1}
    assert (len(directory.commands), directory.checks) == (2, [1, 1])


async def test_notes_hold_for_one_directory_and_say_nothing_of_the_rows(imports: Imports, tmp_path: Path) -> None:
    await imports(Fake(CREATED), HEADER, KAMINEK)
    notes = (tmp_path / "list.csv.mine-import").read_text()
    assert len(notes) == 17
    elsewhere = Target("http://elsewhere", "token", Fake(CREATED))
    report = await import_centers(CenterList(tmp_path / "list.csv"), elsewhere, notes=tmp_path / "list.csv.mine-import")
    assert report.counts == {Outcome.NEW: 1}


async def test_notes_survive_a_last_line_that_was_cut_short(imports: Imports, tmp_path: Path) -> None:
    await imports(Fake(CREATED), HEADER, KAMINEK)
    with (tmp_path / "list.csv.mine-import").open("a") as file:
        file.write("12ab")
    assert (await imports(Fake(CREATED), HEADER, KAMINEK, SLUNCE)).counts == {Outcome.DONE: 1, Outcome.NEW: 1}
    assert (await imports(Fake(CREATED), HEADER, KAMINEK, SLUNCE)).counts[Outcome.DONE] >= 1


async def test_where_no_notes_can_be_kept_it_goes_without(imports: Imports, tmp_path: Path) -> None:
    (tmp_path / "in-the-way").write_text("")
    report = await imports(Fake(CREATED), HEADER, KAMINEK, notes=tmp_path / "in-the-way" / "notes")
    assert report.counts == {Outcome.NEW: 1}


async def test_a_service_that_is_away_is_waited_for(imports: Imports) -> None:
    away: list[Answer] = [
        httpx.ConnectError("refused"),
        problem(503, "overloaded"),
        httpx.Response(502, text="<html>bad gateway"),
    ]
    directory = Fake(*away, CREATED)
    report = await imports(directory, HEADER, SLUNCE)
    assert (report.counts, len(directory.commands)) == ({Outcome.NEW: 1}, 4)
    assert len(set(directory.keys)) == 1


async def test_retry_after_is_obeyed(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    overloaded = problem(503, "overloaded")
    overloaded.headers["Retry-After"] = "7"
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("deploy.importer.directory.asyncio.sleep", sleep)
    await imports(Fake(overloaded, CREATED), HEADER, SLUNCE)
    assert 7 in waited


async def test_a_service_that_stays_away_is_one_clear_line(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_TRIES", 3)
    with pytest.raises(Trouble, match="does not take centers now: refused"):
        await imports(Fake(httpx.ConnectError("refused")), HEADER, SLUNCE, KAMINEK)


async def test_a_token_that_does_not_hold_ends_the_import_at_once(imports: Imports) -> None:
    directory = Fake(problem(401, "unauthenticated"))
    with pytest.raises(Trouble, match="does not accept this token"):
        await imports(directory, HEADER, SLUNCE)
    assert len(directory.commands) == 1


async def test_no_more_than_32_rows_are_under_way_and_progress_counts_every_one(imports: Imports) -> None:
    directory = Fake(CREATED)
    seen: list[int] = []
    lines = [f"id-{number},Haus,de,DE,Köln,," for number in range(450)]
    report = await imports(directory, HEADER, *lines, progress=lambda done, rows: seen.append(done))
    assert report.counts == {Outcome.NEW: 450}
    assert seen == list(range(1, 451))
    assert 16 < directory.most <= 32
    assert directory.checks == [200, 200, 50]


async def test_a_list_that_breaks_off_in_the_middle_is_refused_before_anything_is_sent(imports: Imports) -> None:
    directory = Fake(CREATED)
    with pytest.raises(Trouble, match="line 303 is no CSV"):
        await imports(directory, HEADER, *[f"i{n},Haus,de,DE,Köln,," for n in range(301)], '1,"Haus"x,de,DE')
    assert (directory.checks, directory.commands) == ([], [])


async def test_it_stops_after_as_many_refusals_as_were_said(imports: Imports) -> None:
    directory = Fake(CREATED)
    lines = [f"{'' if n % 2 else n},Haus,de,DE,Köln,," for n in range(100)]
    report = await imports(directory, HEADER, *lines, stop_after=3)
    assert report.stopped
    assert (report.failed, report.done < 100) == (3, True)


async def test_broken_off_by_hand_it_goes_on_where_it_stopped(imports: Imports) -> None:
    directory = Fake(CREATED)
    told: list[Told] = []
    lines = [f"id-{number},Haus,de,DE,Köln,," for number in range(90)]
    report = Report()
    running: asyncio.Task[Report] = asyncio.create_task(
        imports(directory, HEADER, *lines, report=report, ready=told.extend,
                progress=lambda done, rows: running.cancel() if done == 40 else None)
    )  # fmt: skip
    with pytest.raises(asyncio.CancelledError):
        await running
    assert report.counts[Outcome.NEW] == len(told) >= 40
    again = await imports(directory, HEADER, *lines)
    assert again.counts == {Outcome.DONE: len(told), Outcome.NEW: 90 - len(told)}


def test_of_a_long_list_no_more_is_kept_than_its_ids(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write(f"{HEADER},description_de\n")
        for number in range(10_000):
            file.write(f"list:{number},Haus {number},de,DE,Köln,open-cafe,office@h{number}.example.org,{'x' * 3000}\n")
    listed = CenterList(path)
    tracemalloc.start()
    assert sum(1 for row in listed if not row.faults) == 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < path.stat().st_size / 10


# ---- what the directory says


async def test_a_refused_row_is_reported_by_the_lists_own_columns_and_the_rest_goes_on(imports: Imports) -> None:
    errors = [{"pointer": "/place/town", "detail": "too long"}]
    directory = Fake(problem(422, "invalid-input", errors=errors), CREATED)
    header = HEADER.replace("town", "Ort")
    report = await imports(directory, header, KAMINEK, SLUNCE, mapping={"columns": {"ort": "town"}})
    assert report.counts == {Outcome.REFUSED: 1, Outcome.NEW: 1}
    [told] = report.notable
    assert str(told) == "line 2, column Ort: too long"


@pytest.fixture
async def network() -> Any:
    async with MemoryNetwork(DIRECTORY) as network:
        yield network


@pytest.fixture
def office(network: MemoryNetwork) -> Behind:
    return Behind(network.client("directory", "office"))


FULL = {
    "external_id": "list:1", "name": "Haus am Bach", "kind": "family-center", "languages": '"de;tr"',
    "founded": "1995", "legal_form": "association", "registration_number": "VR 1", "country": "DE", "region": "Bayern",
    "town": "Augsburg", "town_lat": "48.37", "town_lon": "10.9", "postal_code": "86150", "street": "Beispielweg 1",
    "lat": "48.3705", "lon": "10.8978", "time_zone": "Europe/Berlin", "location_visibility": "hidden",
    "discreet_name": "Haus am Wasser", "email": "office@bach.example.org", "phone": "+49 821 5550100",
    "website": "https://bach.example.org/", "services": '"open-cafe;Warme Mahlzeiten"', "topics": "founding-a-center",
    "accessibility": '"lift;step-free"', "funding": "donations", "staff": "1", "volunteers": "30", "families": "150",
    "verified_on": "2026-02-14", "opened_on": "1995-05-01", "hours_from": "2026-01-01", "name_en": "House at the Brook",
    "description_de": "Ein Wohnzimmer.", "hours:baby-group": "Di 9-12", "price:language-course": "50 EUR",
    "ages:baby-group": "0-3", "sign_up:language-course": "needed", "languages:language-course": "tr",
}  # fmt: skip


def lines(*rows: dict[str, str]) -> Iterator[str]:
    yield ",".join(rows[0])
    yield from (",".join(row.values()) for row in rows)


async def test_the_real_directory_takes_every_field_and_offers_with_their_terms(
    imports: Imports, network: MemoryNetwork, office: Behind
) -> None:
    report = await imports(office, *lines(FULL))
    assert report.counts == {Outcome.NEW: 1}, [str(told) for told in report.notable]
    await network.settle()
    [center] = (await network.client("directory", "office").get("/centers")).json()["items"]
    assert (center["names"], center["descriptions"]) == ({"en": "House at the Brook"}, {"de": "Ein Wohnzimmer."})
    assert center["internal"]["discreet_name"] == "Haus am Wasser"
    offers = {offer["service"]: offer for offer in center["services"]}
    assert set(offers) == {"open-cafe", "hot-meals", "baby-group", "language-course"}
    assert offers["baby-group"]["ages"] == {"youngest": 0, "oldest": 3}
    assert offers["baby-group"]["hours"][0]["rrule"] == "FREQ=WEEKLY;BYDAY=TU"
    assert offers["language-course"]["price"] == {"kind": "fee", "amount": "50", "currency": "EUR"}


async def test_all_that_is_wrong_with_a_row_is_told_by_column(imports: Imports, office: Behind) -> None:
    rows = [
        {**FULL, "country": "ZY", "staff": "-1"},
        {**FULL, "external_id": "list:2", "services": "open-caffe", "topics": "founding"},
        {**FULL, "external_id": "list:3", "town": "", "location_visibility": "town"},
        {**FULL, "external_id": "list:4", "hours:baby-group": "FREQ=HOURLY 9-12"},
        {**FULL, "external_id": "list:5", "time_zone": "", "country": "US", "town": "Nowhere", "town_lat": "",
         "town_lon": "", "lat": "", "lon": ""},
    ]  # fmt: skip
    report = await imports(office, *lines(*rows))
    assert [[(each.column, each.code) for each in told.findings] for told in report.notable] == [
        [("staff", "invalid-input"), ("country", "invalid-input")],
        [("services", "unknown-service"), ("topics", "unknown-topic")],
        [("town", "town-missing")],
        [("hours:baby-group", "invalid-input")],
        [("time_zone", "time-zone-missing")],
    ]
    assert "open-cafe" in report.notable[1].findings[0].detail


async def test_an_import_done_again_changes_nothing_with_and_without_notes(
    imports: Imports, network: MemoryNetwork, office: Behind
) -> None:
    await imports(office, *lines(FULL))
    assert (await imports(office, *lines(FULL))).counts == {Outcome.DONE: 1}
    assert (await imports(office, *lines(FULL), notes=None)).counts == {Outcome.SAME: 1}
    await network.settle()
    assert len(network.events("directory.center.v1")) == 3


async def test_offers_that_were_not_reached_the_first_time_are_made_the_second_time(
    imports: Imports, network: MemoryNetwork, office: Behind
) -> None:
    class Dying(Behind):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/services"):
                raise RuntimeError("killed")
            return await super().handle_async_request(request)

    with pytest.raises(ExceptionGroup):
        await imports(Dying(network.client("directory", "office")), *lines(FULL))
    report = await imports(office, *lines(FULL))
    assert report.counts == {Outcome.SAME: 1}
    center = (await network.client("directory", "office").get(f"/centers/{derived_id('center', 'list:1')}")).json()
    assert len(center["services"]) == 4


async def test_a_dry_run_tells_the_same_and_changes_nothing(
    imports: Imports, network: MemoryNetwork, office: Behind, tmp_path: Path
) -> None:
    twin = {**FULL, "external_id": "list:2", "registration_number": ""}
    bad = {**FULL, "external_id": "list:3", "country": "ZY"}
    dry = await imports(office, *lines(FULL, twin, bad), dry_run=True)
    assert dry.counts == {Outcome.NEW: 1, Outcome.DUPLICATE: 1, Outcome.REFUSED: 1}
    assert "looks like the center in line 2" in str(dry.notable[0])
    assert set(office.requests) == {"POST checks"}
    assert not (tmp_path / "list.csv.mine-import").exists()
    real = await imports(office, *lines(FULL, twin, bad))
    assert real.counts == dry.counts
    again = await imports(office, *lines(FULL, twin, bad), dry_run=True)
    assert again.counts == {Outcome.SAME: 1, Outcome.DUPLICATE: 1, Outcome.REFUSED: 1}


async def test_a_likely_twin_is_refused_with_a_link_and_forced_by_its_id(imports: Imports, office: Behind) -> None:
    await imports(office, *lines(FULL))
    twin = {**FULL, "external_id": "list:2", "registration_number": ""}
    report = await imports(office, *lines(twin))
    assert report.counts == {Outcome.DUPLICATE: 1}
    assert report.notable[0].link == f"http://directory/centers/{derived_id('center', 'list:1')}"
    assert (await imports(office, *lines(twin), force=frozenset({"list:2"}))).counts == {Outcome.NEW: 1}
    assert (await imports(office, *lines(twin), notes=None)).counts == {Outcome.SAME: 1}


async def test_what_the_center_corrected_itself_is_told_and_left_alone(
    imports: Imports, network: MemoryNetwork, office: Behind
) -> None:
    await imports(office, *lines(FULL))
    client, path = network.client("directory", "office"), f"/centers/{derived_id('center', 'list:1')}"
    await client.patch(path, json={"families": 180}, headers={"Idempotency-Key": "1", "If-Match": "*"})
    assert (await imports(office, *lines(FULL), notes=None)).counts == {Outcome.SAME: 1}
    changed = {**FULL, "volunteers": "31", "phone": "+49 821 5550199", "street": "Beispielweg 2"}
    report = await imports(office, *lines(changed))
    assert report.counts == {Outcome.DIFFERS: 1}
    assert report.notable[0].findings[0].detail == "there it is otherwise in phone, volunteers, families, street"
    center = (await client.get(path)).json()
    assert (center["families"], center["volunteers"]) == (180, 30)


async def test_an_offer_with_other_terms_than_before_is_told_and_left_alone(
    imports: Imports, network: MemoryNetwork, office: Behind
) -> None:
    await imports(office, *lines(FULL))
    report = await imports(office, *lines({**FULL, "ages:baby-group": "0-2"}), notes=None)
    assert report.counts == {Outcome.SAME: 1}
    assert str(report.notable[0].warnings[0]).startswith("column services: baby-group is offered already")
    center = (await network.client("directory", "office").get(f"/centers/{derived_id('center', 'list:1')}")).json()
    [offer] = [offer for offer in center["services"] if offer["service"] == "baby-group"]
    assert offer["ages"] == {"youngest": 0, "oldest": 3}


async def test_with_update_the_profile_follows_the_list_and_nothing_else_does(
    imports: Imports, network: MemoryNetwork, office: Behind
) -> None:
    await imports(office, *lines(FULL))
    changed = {**FULL, "volunteers": "31", "phone": "", "email": "house@bach.example.org", "street": "Beispielweg 2"}
    report = await imports(office, *lines(changed), update=True)
    assert report.counts == {Outcome.UPDATED: 1}
    assert report.notable[0].findings[0].detail == "there it is otherwise in street"
    path = f"/centers/{derived_id('center', 'list:1')}"
    center = (await network.client("directory", "office").get(path)).json()
    assert (center["volunteers"], center["place"]["street"]) == (31, "Beispielweg 1")
    assert center["contact"] == {"email": "house@bach.example.org", "phone": "+49 821 5550100",
                                 "website": "https://bach.example.org/"}  # fmt: skip
    assert (await imports(office, *lines(changed), notes=None)).counts == {Outcome.DIFFERS: 1}


async def test_a_coordinator_of_another_country_brings_nothing_in(imports: Imports, network: MemoryNetwork) -> None:
    coordinator = Behind(network.client("directory", "coordinator", networks=["AT"]))
    report = await imports(coordinator, *lines(FULL))
    assert [(each.column, each.code) for each in report.notable[0].findings] == [("country", "forbidden")]
    house = Behind(network.client("directory", "center", center="x"))
    with pytest.raises(Trouble, match="this needs another role"):
        await imports(house, *lines(FULL))


async def test_what_is_odd_is_told_and_kept(imports: Imports, office: Behind) -> None:
    report = await imports(office, *lines({**FULL, "lat": "53.5"}))
    assert (report.counts, report.warned) == ({Outcome.NEW: 1}, 1)
    assert str(report.notable[0]).startswith("line 2, column lat: the door is 570 km away")


async def test_a_row_too_large_for_a_request_is_refused_alone(imports: Imports, office: Behind) -> None:
    report = await imports(office, *lines(FULL, {**FULL, "external_id": "list:2", "description_de": "x" * 999_990}))
    assert report.counts == {Outcome.NEW: 1, Outcome.REFUSED: 1}
    assert report.notable[0].findings[0].code == "too-large"


async def test_a_center_that_was_emptied_away_is_brought_in_again(imports: Imports) -> None:
    async with MemoryNetwork(DIRECTORY) as first:
        await imports(Behind(first.client("directory", "office")), *lines(FULL))
    async with MemoryNetwork(DIRECTORY) as second:
        report = await imports(Behind(second.client("directory", "office")), *lines(FULL))
        assert report.counts == {Outcome.NEW: 1}
        assert "the notes were dropped" in report.said[0]


# ---- the report


@pytest.mark.parametrize("name", ["report.csv", "report.json"])
async def test_the_report_tells_every_row_and_no_cell(
    imports: Imports, network: MemoryNetwork, office: Behind, tmp_path: Path, name: str
) -> None:
    rows = [FULL, {**FULL, "external_id": "=2", "founded": "about 1990"}, {**FULL, "external_id": "list:3"},
            {**FULL, "external_id": "list:4", "name": "Other", "registration_number": "VR 2"}]  # fmt: skip
    await imports(office, *lines({**rows[3], "external_id": "list:0"}))
    with ReportFile(tmp_path / name) as written:
        await imports(office, *lines(*rows), ready=written.add)
    text = (tmp_path / name).read_text()
    entries = list(csv.DictReader(text.splitlines())) if name.endswith("csv") else json.loads(text)
    assert [(str(each["line"]), each["outcome"], each["column"], each["code"]) for each in entries] == [
        ("2", "new", "", ""),
        ("3", "refused", "founded", "unreadable"),
        ("4", "possible duplicate", "", "possible-duplicate"),
        ("5", "possible duplicate", "", "possible-duplicate"),
    ]
    assert entries[1]["external_id"] == ("'=2" if name.endswith("csv") else "=2")
    assert entries[2]["detail"] == "looks like the center in line 2 of this list"
    assert entries[3]["link"].endswith(derived_id("center", "list:0"))
    assert not any(secret in text for secret in ("Bach", "Beispielweg", "about 1990", "821"))


def test_a_report_without_rows_is_still_a_report(tmp_path: Path) -> None:
    with ReportFile(tmp_path / "r.json"):
        pass
    assert json.loads((tmp_path / "r.json").read_text()) == []
    with pytest.raises(Trouble, match="cannot write"), ReportFile(tmp_path / "no" / "r.csv"):
        pass
