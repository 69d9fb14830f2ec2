"""Yearly figures come in: one report for a center and year, and what stands there already is left alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.errors import Trouble
from deploy.importer.directory import Target
from deploy.importer.figures import FigureList, import_figures
from deploy.importer.mapping import Mapping
from deploy.importer.report import Outcome, Report
from shared.ids import derived_id

HEADER = "external_id,year,families,visits,funding"
Imports = Callable[..., Any]


def problem(status: int, code: str, **members: object) -> httpx.Response:
    return httpx.Response(status, json={"type": f"urn:mine:problem:{code}", "detail": code, **members})


class Figures(httpx.AsyncBaseTransport):
    """A directory with the center CZ-1, whose reports it keeps by year."""

    def __init__(self) -> None:
        self.reports: dict[str, Any] = {}
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        body = json.loads(request.content) if request.content else {}
        if request.url.path == "/figures/check":
            if body.get("visits", 0) > 500_000:
                return problem(422, "implausible", figures=[{"figure": "visits", "most": 500_000}])
            if "year" not in body:
                return problem(422, "invalid-input", errors=[{"pointer": "/year", "detail": "Field required"}])
            odd = [{"code": "unusually-low", "figure": "visits"}] if body.get("visits", 999) < 200 else []
            return httpx.Response(200, json={"warnings": odd})
        if derived_id("center", "CZ-1") not in request.url.path:
            return problem(404, "unknown-center")
        present = self.reports.get(str(body.get("year") or request.url.path.rpartition("/")[2]))
        if request.method == "GET":
            return httpx.Response(200, json={"figures": present}) if present else problem(404, "not-reported")
        told = {"families": None, "visits": None, **{name: body[name] for name in body if name != "year"}}
        told["funding"] = [{"share": None, **source} for source in body.get("funding", [])]
        if present and present != told:
            differs = [name for name in told if told[name] != present[name]]
            return problem(409, "figures-already-reported", differs=differs)
        self.reports[str(body["year"])] = told
        return httpx.Response(200 if present else 201, json={})


@pytest.fixture
def directory() -> Figures:
    return Figures()


@pytest.fixture
def imports(tmp_path: Path, directory: Figures) -> Imports:
    async def imports(*lines: str, mapping: Mapping | None = None, **said: Any) -> Report:
        path = tmp_path / "figures.csv"
        path.write_text("\n".join(lines))
        return await import_figures(FigureList(path, mapping), Target("http://d", "t", directory), **said)

    return imports


async def test_a_row_is_a_report_and_the_same_again_is_harmless(imports: Imports, directory: Figures) -> None:
    lines = [HEADER, "CZ-1,2024,150,4200,municipality 60%;donations", "CZ-1,2025,160,4300,"]
    assert (await imports(*lines)).counts == {Outcome.NEW: 2}
    assert directory.reports["2024"] == {
        "families": 150, "visits": 4200,
        "funding": [{"kind": "municipality", "share": 60}, {"kind": "donations", "share": None}],
    }  # fmt: skip
    assert (await imports(*lines)).counts == {Outcome.SAME: 2}


async def test_other_figures_than_are_there_are_told_and_left_alone(imports: Imports, directory: Figures) -> None:
    await imports(HEADER, "CZ-1,2024,150,4200,donations")
    for dry_run in (False, True):
        report = await imports(HEADER, "CZ-1,2024,150,4300,donations 50", dry_run=dry_run)
        assert report.counts == {Outcome.DIFFERS: 1}
        assert str(report.notable[0]) == "line 2, there it is otherwise in visits, funding"
    assert directory.reports["2024"]["visits"] == 4200


async def test_a_dry_run_tells_the_same_and_reports_nothing(imports: Imports, directory: Figures) -> None:
    await imports(HEADER, "CZ-1,2023,150,4200,donations")
    lines = [HEADER, "CZ-1,2023,150,4200,donations", "CZ-1,2024,150,4200,", "CZ-9,2024,150,4200,", "CZ-1,2025,x,,"]
    directory.asked.clear()
    dry = await imports(*lines, dry_run=True)
    assert not any(asked.startswith("POST /centers") for asked in directory.asked)
    assert dry.counts == (await imports(*lines)).counts == {Outcome.SAME: 1, Outcome.NEW: 1, Outcome.REFUSED: 2}
    assert [[(each.column, each.code) for each in told.findings] for told in dry.notable] == [
        [("external_id", "unknown-center")],
        [("families", "unreadable")],
    ]


async def test_what_cannot_be_true_is_refused_and_what_is_odd_is_kept(imports: Imports) -> None:
    report = await imports("external_id,Rok,Návštěvy,year", "CZ-1,x,4200000,2024", "CZ-1,x,12,2025", "CZ-1,,12,",
                           mapping=Mapping(columns={"rok": "", "návštěvy": "visits"}))  # fmt: skip
    assert report.counts == {Outcome.NEW: 1, Outcome.REFUSED: 2}
    assert [str(told) for told in report.notable] == [
        "line 2, column Návštěvy: is more than can be true (500000)",
        "line 3, column Návštěvy: look again: unusually low",
        "line 4, column year: Field required",
    ]


async def test_fields_of_centers_are_none_of_figures(imports: Imports) -> None:
    with pytest.raises(Trouble, match="nobody knows: hours:open-cafe"):
        await imports("external_id,year,hours:open-cafe")


async def test_a_directory_without_figures_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    path.write_text(f"{HEADER}\nCZ-1,2024,150,4200,")
    nothing = httpx.MockTransport(lambda request: problem(404, "no-such-path"))
    with pytest.raises(Trouble, match="takes no yearly figures"):
        await import_figures(FigureList(path), Target("http://d", "t", nothing))
