"""A center's figures of one year: what may be true is kept, what cannot be is refused, every edition is remembered."""

from calendar import isleap
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from services.directory.domain.center import Verifier
from shared.aggregate import Aggregate, Refusal, Why
from shared.clock import Instant
from shared.days import when, year_has_begun
from shared.events import Stream
from shared.events.directory.annual_report import (
    ANNUAL_REPORT,
    AnnualFiguresCorrected,
    AnnualFiguresReported,
    AnnualReportSnapshot,
    CorrectionReason,
    Figure,
)
from shared.events.directory.center import Funding

HOURS_OF_A_YEAR = 366 * 24
HOURS_OF_A_JOB = 2000
"""A full-time job in a year; who volunteers more than that is rare, and a whole house of them a slip of the pen."""


class Range(NamedTuple):
    """What is usual for a figure, and the most that is believed at all."""

    low: int
    high: int
    most: int


RANGES = {
    Figure.FAMILIES: Range(10, 2_000, 20_000),
    Figure.VISITS: Range(200, 30_000, 500_000),
    Figure.VOLUNTEERS: Range(1, 200, 5_000),
    Figure.PAID_STAFF: Range(0, 30, 1_000),
    Figure.VOLUNTEER_HOURS: Range(50, 60_000, 2_000_000),
    Figure.OPENING_DAYS: Range(20, 330, 366),
}
"""Of the network's centers most reach 50 to 1,000 families with 1,500 to 10,000 visits and thirty volunteers."""


class NothingReported(Refusal):
    """A report holds at least one figure."""

    code = "nothing-reported"
    why = Why.INVALID


class Implausible(Refusal):
    """These figures cannot be true. ``figures`` says which, and the most that each may be."""

    code = "implausible"
    why = Why.INVALID


class SharesExceedWhole(Refusal):
    """The shares of the funding add up to more than a hundred percent."""

    code = "shares-exceed-whole"
    why = Why.INVALID


class AlreadyReported(Refusal):
    """The figures of this year stand there, and are others (``differs``): correct them instead."""

    code = "figures-already-reported"


class Unusual(StrEnum):
    """What may be a slip of the pen, and is kept all the same."""

    LOW = "unusually-low"
    HIGH = "unusually-high"
    YEAR_NOT_OVER = "year-not-over"
    BEFORE_FOUNDING = "before-founding"
    FEWER_VISITS_THAN_FAMILIES = "fewer-visits-than-families"
    MORE_THAN_A_JOB = "more-hours-than-a-job"


class FigureWarning(BaseModel):
    """Something to look at once more; it hinders nothing."""

    model_config = ConfigDict(frozen=True)

    code: Unusual
    figure: Figure | None = Field(description="Null where it is about the report as a whole.")


class FundingSource(BaseModel):
    """One kind of money, and how much of the whole it was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Funding
    share: int | None = Field(default=None, ge=1, le=100, description="Percent of the year's money.")


def _each_kind_once(sources: tuple[FundingSource, ...]) -> tuple[FundingSource, ...]:
    if len({source.kind for source in sources}) < len(sources):
        raise ValueError("a kind of funding is named twice")
    return sources


Year = Annotated[int, Field(ge=1950, le=2200)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Sources = Annotated[tuple[FundingSource, ...], Field(max_length=len(Funding)), AfterValidator(_each_kind_once)]


class Figures(BaseModel):
    """What a center says about a year. What it did not count is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    families: Count | None = Field(default=None, description="Families reached.")
    visits: Count | None = Field(default=None, description="Visits through the door; who comes twice counts twice.")
    volunteers: Count | None = None
    paid_staff: Count | None = Field(default=None, description="Paid people.")
    volunteer_hours: Count | None = None
    opening_days: Count | None = None
    funding: Sources = Field(default=(), description="Where the money came from.")

    def given(self) -> tuple[Figure, ...]:
        """Which figures are in it."""
        return tuple(figure for figure in Figure if getattr(self, figure) not in (None, ()))

    def differing(self, other: "Figures") -> tuple[Figure, ...]:
        """In which figures the two differ."""
        return tuple(figure for figure in Figure if getattr(self, figure) != getattr(other, figure))


class FiguresChange(TypedDict, total=False):
    """Those figures that are other than reported; null takes one back, an empty list the funding."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    families: Count | None
    visits: Count | None
    volunteers: Count | None
    paid_staff: Count | None
    volunteer_hours: Count | None
    opening_days: Count | None
    funding: Sources


def require_plausible(figures: Figures, year: int, now: datetime) -> None:
    """Refuses what cannot be true of a year: `NothingReported`, `InTheFuture`, `Implausible`, `SharesExceedWhole`."""
    year_has_begun(year, now)
    if not figures.given():
        raise NothingReported("a report holds at least one figure")
    most = {**{figure: limit.most for figure, limit in RANGES.items()}, Figure.OPENING_DAYS: _days_so_far(year, now)}
    if figures.volunteers is not None:
        possible = figures.volunteers * HOURS_OF_A_YEAR
        most[Figure.VOLUNTEER_HOURS] = min(most[Figure.VOLUNTEER_HOURS], possible)
    beyond = [figure for figure in most if (getattr(figures, figure) or 0) > most[figure]]
    if beyond:
        told = [{"figure": figure.value, "most": most[figure]} for figure in beyond]
        raise Implausible(f"more than can be true: {', '.join(beyond)}", figures=told)
    if sum(source.share or 0 for source in figures.funding) > 100:
        raise SharesExceedWhole("the shares of the funding add up to more than 100 percent")


def warnings_about(figures: Figures, year: int, now: datetime, founded: int | None = None) -> list[FigureWarning]:
    """What is unusual about plausible figures of a center that was ``founded`` in a year, if that is known."""
    found: list[tuple[Unusual, Figure | None]] = []
    if year >= now.year:
        found.append((Unusual.YEAR_NOT_OVER, None))
    if founded is not None and year < founded:
        found.append((Unusual.BEFORE_FOUNDING, None))
    for figure, usual in RANGES.items():
        value = getattr(figures, figure)
        if value is not None and not usual.low <= value <= usual.high:
            found.append((Unusual.LOW if value < usual.low else Unusual.HIGH, figure))
    if figures.visits is not None and figures.families is not None and figures.visits < figures.families:
        found.append((Unusual.FEWER_VISITS_THAN_FAMILIES, Figure.VISITS))
    if figures.volunteers and (figures.volunteer_hours or 0) > figures.volunteers * HOURS_OF_A_JOB:
        found.append((Unusual.MORE_THAN_A_JOB, Figure.VOLUNTEER_HOURS))
    return [FigureWarning(code=code, figure=figure) for code, figure in found]


def _days_so_far(year: int, now: datetime) -> int:
    today = (now + timedelta(hours=14)).date()
    return today.timetuple().tm_yday if year == today.year else 365 + isleap(year)


class Edition(BaseModel):
    """The figures as they stood from one entry to the next. ``reason`` is that of a correction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    figures: Figures
    entered_by: Verifier
    recorded: Instant
    reason: CorrectionReason | None = None


class AnnualReport(Aggregate):
    """The figures of one center and year. Its id is made of these two (`natural_key`), so there is one."""

    stream: ClassVar[Stream] = ANNUAL_REPORT
    indexes: ClassVar = (("center",), ("country",))

    center: str
    country: str = Field(description="The center's country when the figures were last entered.")
    year: int
    figures: Figures
    editions: list[Edition]

    @staticmethod
    def natural_key(center: str, year: int) -> tuple[str, ...]:
        """What makes two reports the same; the id is derived from it."""
        return "annual-report", center, str(year)

    @classmethod
    def report(
        cls,
        id: str,
        center: str,
        country: str,
        year: int,
        figures: Figures,
        entered_by: Verifier,
        now: datetime,
        on: date | None = None,
    ) -> "AnnualReport":
        """The figures of a year come in; the center gave them on the day ``on``."""
        require_plausible(figures, year, now)
        happened = when(on, now)
        first = Edition(figures=figures, entered_by=entered_by, recorded=now)
        report = cls(id=id, center=center, country=country, year=year, figures=figures, editions=[first])
        report.record(AnnualFiguresReported(entered_by=entered_by), happened)
        return report

    def report_again(self, figures: Figures) -> None:
        """The same form once more. Harmless when it says what was first reported or what stands now."""
        if figures not in (self.figures, self.editions[0].figures):
            differs: Sequence[Figure] = self.figures.differing(figures)
            raise AlreadyReported("this center's figures of this year were reported before", differs=differs)

    def correct(
        self,
        change: FiguresChange,
        reason: CorrectionReason,
        country: str,
        entered_by: Verifier,
        now: datetime,
        on: date | None = None,
    ) -> None:
        """Puts figures right; what is not named stays. Figures equal to the present ones change nothing."""
        corrected = Figures.model_validate({**self.figures.model_dump(), **change})
        require_plausible(corrected, self.year, now)
        happened = when(on, now)
        changed = self.figures.differing(corrected)
        if not changed:
            return
        self.country, self.figures = country, corrected
        self.editions = [
            *self.editions, Edition(figures=corrected, entered_by=entered_by, recorded=now, reason=reason),
        ]  # fmt: skip
        self.record(AnnualFiguresCorrected(entered_by=entered_by, reason=reason, changed=changed), happened)

    def snapshot(self) -> AnnualReportSnapshot:
        """What everybody may see: that there is a report, and of what."""
        return AnnualReportSnapshot(
            center=self.center,
            country=self.country,
            year=self.year,
            reported=self.figures.given(),
            edition=len(self.editions),
        )
