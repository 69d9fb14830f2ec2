"""What the yearly figures of many centers come to, year by year, so that no single center can be read from it.

Three rules, told and weighed in ``docs/decisions/small-groups-in-figures.md``:

* no figure from fewer than `SMALLEST_GROUP` centers;
* in the figures of the whole network, the countries that are too small to be shown count together as one group, and are
  left out where even together they are too few: so the whole minus the countries shown is never a small group;
* nothing is exact: a sum is rounded by about half of what one center reports, a typical value has two digits. So the
  difference of two answers (a network and its country, yesterday and today) tells no center's own figure.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, quantiles
from typing import Literal

from pydantic import BaseModel, Field

from services.directory.views.reports import Report
from shared.events.directory.annual_report import Figure
from shared.events.directory.center import Funding

SMALLEST_GROUP = 5
NUMBERS = tuple(figure for figure in Figure if figure is not Figure.FUNDING)
"""The figures that are numbers; where the money came from has a table of its own."""


class Shown(BaseModel):
    """What every figure says about the centers behind it."""

    reports: int = Field(description="Centers behind the figure.")
    left_out: int = Field(
        default=0, description="Centers not in it, because their countries are too small to be shown."
    )
    hidden: Literal["too-few"] | None = Field(
        default=None, description=f"Why there is no figure: fewer than {SMALLEST_GROUP} centers are behind it."
    )


class NumberShown(Shown):
    """One figure of one year."""

    sum: int | None = Field(default=None, description="All centers together, rounded.")
    rounded_to: int | None = Field(default=None, description="The sum is a multiple of this, the nearest one.")
    lower_quartile: float | None = Field(default=None, description="A quarter of the centers report less.")
    median: float | None = Field(default=None, description="Half of the centers report less; in two digits.")
    upper_quartile: float | None = Field(default=None, description="A quarter of the centers report more.")


class FundingKind(BaseModel):
    """One kind of money."""

    kind: Funding
    centers: int = Field(description="How many centers have it, to the nearest 5.")
    share: int | None = Field(
        description="Percent of a center's money on average, to the nearest 5, of the centers that told shares; "
        f"null when these are fewer than {SMALLEST_GROUP}."
    )


class FundingShown(Shown):
    """Where the money of a year came from."""

    kinds: list[FundingKind] = []


class YearShown(BaseModel):
    """The figures of one year. ``reports`` counts the centers that reported anything at all."""

    year: int
    reports: int
    families: NumberShown
    visits: NumberShown
    volunteers: NumberShown
    paid_staff: NumberShown
    volunteer_hours: NumberShown
    opening_days: NumberShown
    funding: FundingShown


def year_shown(year: int, reports: Sequence[Report], *, all_countries: bool = False) -> YearShown:
    """What these reports of one year come to. ``all_countries``: beside it, each country may be shown by itself."""
    return YearShown(
        year=year,
        reports=len(reports),
        funding=_funding([report for report in reports if report.figures["funding"]], all_countries),
        **{
            figure.value: _number(
                figure, [report for report in reports if report.figures[figure] is not None], all_countries
            )
            for figure in NUMBERS
        },
    )


def _number(figure: Figure, given: Sequence[Report], all_countries: bool) -> NumberShown:
    counted, left_out = _counted(given, all_countries)
    if len(counted) < SMALLEST_GROUP:
        return NumberShown(reports=len(given), hidden="too-few") if given else NumberShown(reports=0)
    values = [report.figures[figure] for report in counted]
    step = _step(fmean(values))
    lower, median, upper = (two_digits(value) for value in quantiles(values, n=4, method="inclusive"))
    return NumberShown(
        reports=len(counted),
        left_out=left_out,
        sum=_to_nearest(step, sum(values)),
        rounded_to=step,
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
    )


def _funding(given: Sequence[Report], all_countries: bool) -> FundingShown:
    counted, left_out = _counted(given, all_countries)
    if len(counted) < SMALLEST_GROUP:
        return FundingShown(reports=len(given), hidden="too-few") if given else FundingShown(reports=0)
    named = [{source["kind"]: source["share"] for source in report.figures["funding"]} for report in counted]
    shared_out = [kinds for kinds in named if any(share is not None for share in kinds.values())]
    kinds = [
        FundingKind(
            kind=kind,
            centers=_to_nearest(SMALLEST_GROUP, sum(kind in kinds for kinds in named)),
            share=_to_nearest(5, fmean(kinds.get(kind) or 0 for kinds in shared_out))
            if len(shared_out) >= SMALLEST_GROUP
            else None,
        )
        for kind in Funding
    ]
    return FundingShown(reports=len(counted), left_out=left_out, kinds=kinds)


def _counted(given: Sequence[Report], all_countries: bool) -> tuple[Sequence[Report], int]:
    """The reports that may be added up, and how many others there are."""
    if not all_countries:
        return given, 0
    by_country: dict[str, list[Report]] = defaultdict(list)
    for report in given:
        by_country[report.country].append(report)
    shown = [report for group in by_country.values() if len(group) >= SMALLEST_GROUP for report in group]
    small = [report for group in by_country.values() if len(group) < SMALLEST_GROUP for report in group]
    return ([*shown, *small], 0) if len(small) >= SMALLEST_GROUP else (shown, len(small))


def _step(mean: float) -> int:
    """What sums are rounded to: the greatest of 5, 10, 20, 50, 100 … up to half of what one center reports."""
    step = SMALLEST_GROUP
    while True:
        greater = step * 2 if str(step)[0] != "2" else step * 5 // 2
        if greater > mean / 2:
            return step
        step = greater


def _to_nearest(step: int, value: float) -> int:
    return int(value / step + 0.5) * step


def two_digits(value: float) -> float:
    """``value`` in its first two digits: 4213 is about 4200."""
    return float(f"{value:.2g}")
