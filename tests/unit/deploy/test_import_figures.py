"""Yearly figures come in: one report for a center and year, and what stands there already is left alone."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.errors import Trouble
from deploy.importer.directory import Target
from deploy.importer.figures import FigureList, import_figures
from deploy.importer.mapping import Mapping
from deploy.importer.report import Outcome, Report
from services.directory.service import SERVICE as DIRECTORY
from shared.ids import derived_id
from shared.testing import MemoryNetwork
from tests.unit.deploy.test_import_sending import Behind

HEADER = "external_id,year,families,visits,funding"
Imports = Callable[..., Any]


def problem(status: int, code: str, **members: object) -> httpx.Response:
    return httpx.Response(status, json={"type": f"urn:mine:problem:{code}", "detail": code, **members})


@pytest.fixture
async def office() -> AsyncIterator[Behind]:
    """A directory with the center CZ-1."""
    async with MemoryNetwork(DIRECTORY) as network:
        client = network.client("directory", "office")
        body = {"external_id": "CZ-1", "name": "Kamínek", "languages": ["cs"],
                "place": {"country": "CZ", "town": "Praha"}}  # fmt: skip
        await client.post("/centers", json=body, headers={"Idempotency-Key": "1"})
        yield Behind(client)


@pytest.fixture
def imports(tmp_path: Path, office: Behind) -> Imports:
    """Imports these lines."""

    async def imports(*lines: str, mapping: Mapping | None = None, **said: Any) -> Report:
        path = tmp_path / "figures.csv"
        path.write_text("\n".join(lines))
        return await import_figures(FigureList(path, mapping), Target("http://directory", "token", office), **said)

    return imports


async def reported(office: Behind, year: int) -> Any:
    """The figures that the directory has of a year."""
    return (await office.client.get(f"/centers/{derived_id('center', 'CZ-1')}/figures/{year}")).json()["figures"]


async def test_a_row_is_a_report_and_the_same_again_is_harmless(imports: Imports, office: Behind) -> None:
    lines = [HEADER, "CZ-1,2024,150,4200,municipality 60%;donations", "CZ-1,2025,160,4300,"]
    assert (await imports(*lines)).counts == {Outcome.NEW: 2}
    found = await reported(office, 2024)
    assert (found["families"], found["visits"]) == (150, 4200)
    assert found["funding"] == [{"kind": "municipality", "share": 60}, {"kind": "donations", "share": None}]
    assert (await imports(*lines)).counts == {Outcome.SAME: 2}


async def test_other_figures_than_are_there_are_told_and_left_alone(imports: Imports, office: Behind) -> None:
    await imports(HEADER, "CZ-1,2024,150,4200,donations")
    for dry_run in (False, True):
        report = await imports(HEADER, "CZ-1,2024,150,4300,donations 50", dry_run=dry_run)
        assert report.counts == {Outcome.DIFFERS: 1}
        assert str(report.notable[0]) == "line 2, there it is otherwise in visits, funding"
    assert (await reported(office, 2024))["visits"] == 4200


async def test_a_dry_run_tells_the_same_and_reports_nothing(imports: Imports, office: Behind) -> None:
    await imports(HEADER, "CZ-1,2023,150,4200,donations")
    lines = [HEADER, "CZ-1,2023,150,4200,donations", "CZ-1,2024,150,4200,", "CZ-9,2024,150,4200,", "CZ-1,2025,x,,"]
    office.requests.clear()
    dry = await imports(*lines, dry_run=True)
    assert "POST figures" not in office.requests
    assert dry.counts == (await imports(*lines)).counts == {Outcome.SAME: 1, Outcome.NEW: 1, Outcome.REFUSED: 2}
    assert [[(each.column, each.code) for each in told.findings] for told in dry.notable] == [
        [("external_id", "not-found")],
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
    nothing = httpx.MockTransport(lambda request: httpx.Response(404, json={"type": "urn:mine:problem:no-such-path"}))
    with pytest.raises(Trouble, match="takes no yearly figures"):
        await import_figures(FigureList(path), Target("http://d", "t", nothing))
