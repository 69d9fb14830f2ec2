"""Yearly figures of a center: report, correct, read, look whether they can be true.

The numbers are for the center's own people. Everybody sees what many centers come to: `services.directory.api.trends`.
"""

from typing import Annotated, Any

from fastapi import Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from services.directory.api.centers import Happened, Input
from services.directory.api.rights import ITS_PEOPLE, Asker, AskerDep
from services.directory.api.views import CenterId
from services.directory.domain.annual_report import (
    AnnualReport,
    Edition,
    Figures,
    FiguresChange,
    FigureWarning,
    Year,
    require_plausible,
    warnings_about,
)
from services.directory.domain.center import Center
from shared.aggregate import NotFound
from shared.clock import Instant
from shared.commands import AlreadyExists, Loaded, Receipt, Repository
from shared.days import not_in_the_future
from shared.events.directory.annual_report import AnnualReportSnapshot, CorrectionReason
from shared.http import APIRouter, CommandDep, ETag, WorldDep, repository
from shared.ids import derived_id
from shared.security import public
from shared.world import World

router = APIRouter(tags=["yearly figures"])
Reports = Annotated[Repository[AnnualReport], Depends(repository(AnnualReport))]
ReportReceipt = Receipt[AnnualReportSnapshot]
OfYear = Annotated[int, Path(ge=1950, le=2200, description="The year the figures are of.")]

_EXAMPLE: dict[str, Any] = {
    "year": 2025, "families": 150, "visits": 4200, "volunteers": 28, "paid_staff": 1, "opening_days": 210,
    "funding": [{"kind": "municipality", "share": 60}, {"kind": "donations"}],
}  # fmt: skip


class NotReported(NotFound):
    """The center has not reported this year."""

    code = "not-reported"


# ---- what comes in


class NewReport(Figures):
    """The figures of a year as they stand on the form. What was not counted is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    year: Year
    on: Happened = None

    def figures(self) -> Figures:
        """The figures in it."""
        return Figures.model_validate({field: getattr(self, field) for field in Figures.model_fields})


class Correction(Input):
    """Figures to be put right, and why. What is not named stays as it is; null takes a figure back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "typo", "figures": {"visits": 4200}}]})

    reason: CorrectionReason
    figures: FiguresChange
    on: Happened = None


class FormToCheck(NewReport):
    """Figures that are to be looked at before they are sent, of a center that was ``founded`` in a year."""

    founded: int | None = None


# ---- what goes out


class EditionView(BaseModel):
    """The figures as they stood from one entry to the next."""

    edition: int
    figures: Figures
    entered_by: str
    recorded: Instant
    reason: CorrectionReason | None = Field(description="Why it was corrected; null for the first edition.")

    @classmethod
    def of(cls, number: int, edition: Edition) -> "EditionView":
        """The edition with its number."""
        return cls(edition=number, **dict(edition))


class ReportView(BaseModel):
    """A report as its people see it."""

    center: str
    country: str
    year: int
    version: int = Field(description="Also the ETag.")
    edition: int
    figures: Figures
    entered_by: str
    recorded: Instant
    warnings: list[FigureWarning] = Field(description="What may be a slip of the pen.")

    @classmethod
    def of(cls, loaded: Loaded[AnnualReport], center: Center, world: World) -> "ReportView":
        """The report as it stands now."""
        report = loaded.aggregate
        latest = report.editions[-1]
        return cls(
            center=report.center,
            country=report.country,
            year=report.year,
            version=loaded.version,
            edition=len(report.editions),
            figures=report.figures,
            entered_by=latest.entered_by,
            recorded=latest.recorded,
            warnings=warnings_about(report.figures, report.year, world.clock.now(), center.profile.founded),
        )


class ReportList(BaseModel):
    """All reports of a center, the earliest year first."""

    items: list[ReportView]


class Editions(BaseModel):
    """Every edition of a report, the first one first."""

    items: list[EditionView]


class Checked(BaseModel):
    """The figures would be kept. ``warnings`` are worth a second look."""

    warnings: list[FigureWarning]


# ---- report and correct


@router.post(
    "/centers/{center_id}/figures",
    status_code=201,
    dependencies=ITS_PEOPLE,
    responses={200: {"description": "The same form was entered before", "model": ReportReceipt}},
)
async def report_figures(
    center_id: CenterId,
    body: NewReport,
    asker: AskerDep,
    world: WorldDep,
    reports: Reports,
    command: CommandDep,
    response: Response,
) -> ReportReceipt:
    """Enters the figures of a year, of which there is one report for each center.

    The same form once more, under whatever key, is harmless (200); with other figures it is refused
    (409 `figures-already-reported`, correct them instead). 422 `implausible`, `nothing-reported`,
    `shares-exceed-whole`, `in-the-future`. What is only unusual is kept, and told by ``GET`` as a warning.
    """
    center = await _own_center(world, center_id, asker)
    by, country, figures = asker.role(center), center.place.country, body.figures()
    id = _report_id(center_id, body.year)
    response.headers["Location"] = f"/centers/{center_id}/figures/{body.year}"
    try:
        return await reports.create(
            command,
            lambda id, now: AnnualReport.report(id, center_id, country, body.year, figures, by, now, body.on),
            id=id,
        )
    except AlreadyExists:
        response.status_code = 200
        return await reports.change(id, command, lambda report, _: report.report_again(figures))


@router.post("/centers/{center_id}/figures/{year}/corrections", dependencies=ITS_PEOPLE)
async def correct_figures(
    center_id: CenterId,
    year: OfYear,
    body: Correction,
    asker: AskerDep,
    world: WorldDep,
    reports: Reports,
    command: CommandDep,
) -> ReportReceipt:
    """Puts figures right, with a reason; the earlier edition is kept. Nothing to put right: nothing happens.

    With ``If-Match`` only if nobody else was faster (412).
    """
    center = await _own_center(world, center_id, asker)
    by, country = asker.role(center), center.place.country
    await _report(reports, center_id, year)
    return await reports.change(
        _report_id(center_id, year),
        command,
        lambda report, now: report.correct(body.figures, body.reason, country, by, now, body.on),
    )


@router.post("/figures/check", dependencies=[public(rate="120/minute")])
async def check_figures(body: FormToCheck, world: WorldDep) -> Checked:
    """Looks at figures without keeping them: refused as they would be when sent, else with what is unusual."""
    now, figures = world.clock.now(), body.figures()
    not_in_the_future(body.on, now)
    require_plausible(figures, body.year, now)
    return Checked(warnings=warnings_about(figures, body.year, now, body.founded))


# ---- read


@router.get("/centers/{center_id}/figures", dependencies=ITS_PEOPLE)
async def list_reports(center_id: CenterId, asker: AskerDep, world: WorldDep, reports: Reports) -> ReportList:
    """All years a center has reported, for its people."""
    center = await _own_center(world, center_id, asker)
    found = await reports.find({"state.center": center_id}, sort=[("state.year", 1)])
    return ReportList(items=[ReportView.of(loaded, center, world) for loaded in found])


@router.get("/centers/{center_id}/figures/{year}", dependencies=ITS_PEOPLE)
async def get_report(
    center_id: CenterId, year: OfYear, asker: AskerDep, world: WorldDep, reports: Reports, etag: ETag
) -> ReportView:
    """The figures of a year, for the center's people. 404 `not-reported`."""
    center = await _own_center(world, center_id, asker)
    loaded = await _report(reports, center_id, year)
    etag.set(loaded.version)
    return ReportView.of(loaded, center, world)


@router.get("/centers/{center_id}/figures/{year}/versions", dependencies=ITS_PEOPLE)
async def get_versions(
    center_id: CenterId, year: OfYear, asker: AskerDep, world: WorldDep, reports: Reports
) -> Editions:
    """Every edition of the figures of a year, for the center's people: by which role, when, and why."""
    await _own_center(world, center_id, asker)
    report = (await _report(reports, center_id, year)).aggregate
    return Editions(items=[EditionView.of(number, edition) for number, edition in enumerate(report.editions, 1)])


async def _own_center(world: World, id: str, asker: Asker) -> Center:
    """The center, if the caller is one of its people."""
    center = (await world.repository(Center).get(id)).aggregate
    asker.require(center)
    return center


async def _report(reports: Reports, center: str, year: int) -> Loaded[AnnualReport]:
    try:
        return await reports.get(_report_id(center, year))
    except NotFound:
        raise NotReported("the center has not reported this year", year=year) from None


def _report_id(center: str, year: int) -> str:
    return derived_id(*AnnualReport.natural_key(center, year))
