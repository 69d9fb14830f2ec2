"""Yearly figures over HTTP: a center reports, its country adds up, and nobody reads a single center's numbers."""

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from itertools import count
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from services.directory.api import trends
from services.directory.api.figures import Correction, NewReport
from shared.testing import MemoryNetwork
from shared.world import World

pytestmark = pytest.mark.asyncio
Desk = Any
Body = Callable[..., dict[str, Any]]
TOPIC = "directory.annual-report.v1"

FORM = {"year": 2025, "families": 157, "visits": 4213, "funding": [{"kind": "municipality", "share": 60}]}


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:mine:problem:")


# ---- one center


async def test_a_center_reports_its_year_and_reads_it_with_what_is_unusual(
    house: Callable[[str], Desk], praha_id: str
) -> None:
    own = house(praha_id)
    answer = await own.send("POST", f"/centers/{praha_id}/figures", {**FORM, "families": 5000})
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/centers/{praha_id}/figures/2025")
    assert answer.json()["snapshot"] == {
        "center": praha_id, "country": "CZ", "year": 2025, "reported": ["families", "visits", "funding"], "edition": 1,
    }  # fmt: skip
    seen = await own.get(answer.headers["Location"])
    assert (seen.headers["ETag"], seen.json()["entered_by"]) == ('"1"', "center")
    assert seen.json()["figures"] == {
        "families": 5000, "visits": 4213, "volunteers": None, "paid_staff": None, "volunteer_hours": None,
        "opening_days": None, "funding": [{"kind": "municipality", "share": 60}],
    }  # fmt: skip
    assert seen.json()["warnings"] == [
        {"code": "unusually-high", "figure": "families"},
        {"code": "fewer-visits-than-families", "figure": "visits"},
    ]


async def test_no_event_tells_a_number(network: MemoryNetwork, office: Desk, praha_id: str) -> None:
    path = f"/centers/{praha_id}/figures"
    await office.done("POST", path, FORM)
    await office.done("POST", f"{path}/2025/corrections", {"reason": "typo", "figures": {"visits": 4321}})
    await network.settle()
    events = network.events(TOPIC)
    assert [event.type.split(".")[3] for event in events] == ["AnnualFiguresReported", "AnnualFiguresCorrected"]
    told = json.dumps([dict(event.data) for event in events]).replace(praha_id, "")
    assert not [number for number in ("157", "4213", "4321", "60", "municipality") if number in told]


async def test_there_is_one_report_for_a_center_and_year(office: Desk, praha_id: str) -> None:
    path = f"/centers/{praha_id}/figures"
    first = await office.send("POST", path, FORM, key="form-1")
    assert (await office.send("POST", path, FORM, key="form-1")).json() == first.json()
    again = await office.send("POST", path, FORM, key="form-1-from-another-desk")
    assert (again.status_code, again.json()["events"]) == (200, [])
    other = await office.send("POST", path, {**FORM, "visits": 9999})
    assert problem(other) == (409, "figures-already-reported")
    assert other.json()["differs"] == ["visits"]
    assert (await office.done("POST", path, {**FORM, "year": 2024}))["events"] == ["AnnualFiguresReported"]
    assert [item["year"] for item in (await office.get(path)).json()["items"]] == [2024, 2025]


async def test_a_correction_keeps_the_earlier_edition(
    network: MemoryNetwork, office: Desk, house: Callable[[str], Desk], praha_id: str
) -> None:
    path = f"/centers/{praha_id}/figures"
    await house(praha_id).done("POST", path, FORM)
    network.clock.move(timedelta(days=20))
    body = {"reason": "recounted", "figures": {"visits": 4300, "funding": []}}
    receipt = await office.done("POST", f"{path}/2025/corrections", body, match='"1"')
    assert (receipt["version"], receipt["snapshot"]["reported"]) == (2, ["families", "visits"])
    versions = (await office.get(f"{path}/2025/versions")).json()["items"]
    assert [(each["edition"], each["figures"]["visits"], each["entered_by"], each["reason"]) for each in versions] == [
        (1, 4213, "center", None), (2, 4300, "office", "recounted"),
    ]  # fmt: skip
    assert [each["recorded"][:10] for each in versions] == ["2026-03-01", "2026-03-21"]
    late = await office.send("POST", f"{path}/2025/corrections", body, match='"1"')
    assert problem(late) == (412, "stale-version")
    nothing = await office.done("POST", f"{path}/2025/corrections", body)
    assert (nothing["events"], nothing["version"]) == ([], 2)


async def test_only_its_people_report_and_read(
    everybody: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], praha_id: str
) -> None:
    path = f"/centers/{praha_id}/figures"
    await coordinator("CZ").done("POST", path, FORM)
    correction = {"reason": "typo", "figures": {"visits": 1000}}
    for stranger, status in ((everybody, 401), (house("brno"), 403), (coordinator("SK"), 403)):
        assert (await stranger.send("POST", path, {**FORM, "year": 2024})).status_code == status
        assert (await stranger.send("POST", f"{path}/2025/corrections", correction)).status_code == status
        for reading in (path, f"{path}/2025", f"{path}/2025/versions"):
            assert (await stranger.get(reading)).status_code == status
    for own in (house(praha_id), coordinator("CZ", "SK")):
        assert (await own.get(f"{path}/2025")).json()["entered_by"] == "coordinator"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"families": 1_000_000}, "implausible"),
        ({"opening_days": 366}, "implausible"),
        ({"year": 2027}, "in-the-future"),
        ({"year": 1066}, "invalid-input"),
        ({"on": "2026-04-01"}, "in-the-future"),
        ({"funding": [{"kind": "church", "share": 70}, {"kind": "state", "share": 31}]}, "shares-exceed-whole"),
        ({"funding": [{"kind": "lottery"}]}, "invalid-input"),
        ({"families": -1}, "invalid-input"),
        ({"visits": 10**30}, "invalid-input"),
        ({"visits": "x" * 100_000}, "invalid-input"),
        ({"children": 3}, "invalid-input"),
    ],
)
async def test_what_cannot_be_true_is_refused_when_sent_and_when_asked(
    office: Desk, everybody: Desk, praha_id: str, wrong: dict[str, Any], code: str
) -> None:
    body = {**FORM, **wrong}
    assert problem(await office.send("POST", f"/centers/{praha_id}/figures", body)) == (422, code)
    assert problem(await everybody.send("POST", "/figures/check", body)) == (422, code)


async def test_a_report_holds_at_least_one_figure(office: Desk, praha_id: str) -> None:
    empty = await office.send("POST", f"/centers/{praha_id}/figures", {"year": 2025})
    assert problem(empty) == (422, "nothing-reported")


async def test_anybody_may_ask_whether_figures_look_right(everybody: Desk) -> None:
    asked = await everybody.client.post("/figures/check", json={**FORM, "year": 1990, "founded": 1992})
    assert asked.json() == {"warnings": [{"code": "before-founding", "figure": None}]}


async def test_what_is_not_there_is_said_so(office: Desk, praha_id: str) -> None:
    assert problem(await office.send("POST", "/centers/nobody/figures", FORM)) == (404, "not-found")
    assert problem(await office.get("/centers/nobody/figures")) == (404, "not-found")
    for path in ("2024", "2024/versions"):
        assert problem(await office.get(f"/centers/{praha_id}/figures/{path}")) == (404, "not-reported")
    correction = {"reason": "typo", "figures": {"visits": 1000}}
    answer = await office.send("POST", f"/centers/{praha_id}/figures/2024/corrections", correction)
    assert problem(answer) == (404, "not-reported")


async def test_the_documented_examples_are_true(office: Desk, praha_id: str) -> None:
    [report] = NewReport.model_json_schema()["examples"]
    [correction] = Correction.model_json_schema()["examples"]
    await office.done("POST", f"/centers/{praha_id}/figures", report)
    await office.done("POST", f"/centers/{praha_id}/figures/2025/corrections", correction)


# ---- many centers


@pytest.fixture
def centers(office: Desk, registration: Body) -> Callable[..., Any]:
    """Registers so many centers in a country, each with a report of each year; returns their ids."""

    numbers = count()

    async def registered(number: int, country: str = "CZ", years: tuple[int, ...] = (2025,)) -> list[str]:
        ids: list[str] = []
        while len(ids) < number:
            place = {"country": country, "town": "Město"}
            body = registration(name=f"Dům {next(numbers)}", names={}, place=place)
            ids.append((await office.done("POST", "/centers", body))["id"])
            for year in years:
                await office.done("POST", f"/centers/{ids[-1]}/figures", {**FORM, "year": year, "families": 100})
        return ids

    return registered


async def test_a_country_adds_up_from_five_centers_on(everybody: Desk, centers: Callable[..., Any]) -> None:
    await centers(5, years=(2023, 2025))
    await centers(1, years=(2022,))
    answer = await everybody.get("/figures/trends?country=cz")
    assert answer.headers["Cache-Control"] == "public, max-age=10"
    found = answer.json()
    assert (found["country"], found["network"], found["smallest_group"]) == ("CZ", None, 5)
    assert [(year["year"], year["reports"], year["families"]["sum"]) for year in found["years"]] == [
        (2022, 1, None), (2023, 5, 500), (2024, 0, None), (2025, 5, 500),
    ]  # fmt: skip
    assert found["years"][0]["families"]["hidden"] == "too-few"
    again = await everybody.get("/figures/trends?country=CZ", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    part = (await everybody.get("/figures/trends?country=CZ&from=2024&to=2026")).json()
    assert [year["year"] for year in part["years"]] == [2024, 2025, 2026]


async def test_a_correction_is_in_the_trend_at_once(office: Desk, everybody: Desk, centers: Callable[..., Any]) -> None:
    ids = await centers(5)
    body = {"reason": "typo", "figures": {"families": 400}}
    await office.done("POST", f"/centers/{ids[0]}/figures/2025/corrections", body)
    [year] = (await everybody.get("/figures/trends?country=CZ")).json()["years"]
    assert (year["families"]["sum"], year["families"]["reports"]) == (800, 5)


async def test_all_countries_together_do_not_give_a_small_one_away(
    everybody: Desk, centers: Callable[..., Any]
) -> None:
    await centers(5)
    await centers(2, "RW")
    [whole] = (await everybody.get("/figures/trends")).json()["years"]
    [rwanda] = (await everybody.get("/figures/trends?country=RW")).json()["years"]
    assert (rwanda["families"]["sum"], rwanda["families"]["hidden"]) == (None, "too-few")
    assert (whole["families"]["sum"], whole["families"]["reports"], whole["families"]["left_out"]) == (500, 5, 2)


async def test_a_network_has_the_figures_of_those_who_belonged_to_it_in_that_year(
    everybody: Desk, centers: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await centers(6, years=(2024, 2025))
    asked = []

    async def members(_: World, network: str, on: date) -> frozenset[str]:
        asked.append((network, on))
        return frozenset(ids[:5] if on.year == 2024 else ids[:4])

    async def named(_: World, network: str) -> Any:
        return SimpleNamespace(profile=SimpleNamespace(name="=Síť & co."))

    monkeypatch.setattr(trends, "centers_of_network", members)
    monkeypatch.setattr(trends, "named_network", named)
    found = (await everybody.get("/figures/trends?network=n1")).json()
    assert [(year["year"], year["families"]["reports"], year["families"]["sum"]) for year in found["years"]] == [
        (2024, 5, 500), (2025, 4, None),
    ]  # fmt: skip
    assert sorted(asked) == [("n1", date(2024, 12, 31)), ("n1", date(2025, 12, 31))]
    chart = await everybody.get("/figures/trends.svg?network=n1&figure=families")
    assert "=Síť &amp; co., 2024–2025" in chart.text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("network=nobody", "unknown-network"),
        ("country=CZ&network=n1", "one-selection"),
        ("from=2025&to=2024", "ends-before-it-begins"),
        ("country=XX", "invalid-input"),
        ("from=0", "invalid-input"),
        ("to=99999999999999999999", "invalid-input"),
    ],
)
async def test_odd_questions_are_refused(everybody: Desk, query: str, code: str) -> None:
    for form in ("", ".csv", ".svg"):
        assert problem(await everybody.get(f"/figures/trends{form}?{query}")) == (422, code)


async def test_nothing_reported_is_no_year(everybody: Desk) -> None:
    assert (await everybody.get("/figures/trends?country=CZ")).json()["years"] == []
    assert (await everybody.get("/figures/trends.svg?country=CZ")).status_code == 200
    assert len((await everybody.get("/figures/trends.csv?country=CZ")).text.splitlines()) == 1


async def test_the_table_has_a_line_for_every_figure_and_kind(everybody: Desk, centers: Callable[..., Any]) -> None:
    await centers(5)
    answer = await everybody.get("/figures/trends.csv?country=CZ")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.isascii()
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert tuple(rows[0]) == trends.COLUMNS
    by_figure = {(row["figure"], row["kind"]): row for row in rows}
    assert by_figure["families", ""]["sum"] == "500"
    assert by_figure["volunteers", ""]["reports"] == "0"
    money = by_figure["funding", "municipality"]
    assert (money["reports"], money["centers"], money["share"]) == ("5", "5", "60")
    assert len(rows) == 6 + 10


async def test_the_picture_is_in_the_readers_language(everybody: Desk, centers: Callable[..., Any]) -> None:
    await centers(5)
    for language, title in (("de", "Erreichte Familien: Tschechien, 2025"), ("cs", "Zapojené rodiny: Česko")):
        answer = await everybody.get("/figures/trends.svg?country=CZ", **{"Accept-Language": language})
        assert (answer.headers["Content-Language"], answer.headers["Content-Type"]) == (language, "image/svg+xml")
        assert title in (ElementTree.fromstring(answer.text).findtext("{http://www.w3.org/2000/svg}title") or "")
    assert problem(await everybody.get("/figures/trends.svg?figure=funding")) == (422, "no-picture")
    assert (await everybody.get("/figures/trends.svg?figure=visits&measure=sum")).status_code == 200


async def test_what_a_networks_coordinator_enters_is_not_said_to_come_from_the_office(
    office: Desk, coordinator: Callable[..., Desk], praha_id: str
) -> None:
    mine = (await office.done("POST", "/networks", {"name": "mine", "level": "international"}))["id"]
    applied = await office.done("POST", f"/networks/{mine}/members", {"center": praha_id, "kind": "friendly"})
    await office.done("POST", f"/memberships/{applied['id']}/admission", {})
    desk = coordinator(mine)
    await desk.done("POST", f"/centers/{praha_id}/figures", FORM)
    assert (await desk.get(f"/centers/{praha_id}/figures/2025")).json()["entered_by"] == "coordinator"
