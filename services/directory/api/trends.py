"""/figures/trends: what the yearly figures come to in a country, a network, or everywhere. Data, table and picture."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from weakref import WeakKeyDictionary

from babel import Locale
from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.directory.api.references import named_network
from services.directory.domain.annual_report import Year
from services.directory.domain.codes import Country
from services.directory.domain.spells import EndsBeforeItBegan
from services.directory.views.members import centers_of_network
from services.directory.views.reports import Report, Versions, reports_of
from services.directory.views.trend_words import WORDS, Measure, trend_picture
from services.directory.views.trends import NUMBERS, SMALLEST_GROUP, YearShown, year_shown
from shared.aggregate import Refusal, Why
from shared.events.directory.annual_report import Figure
from shared.http import APIRouter, ETag, WorldDep
from shared.http.languages import LanguagesDep
from shared.http.media import CsvResponse, SvgResponse
from shared.http.reading import ETagSetter
from shared.security import public
from shared.sheet import to_csv
from shared.world import World

router = APIRouter(prefix="/figures/trends", tags=["yearly figures"])
EVERYBODY = [public(rate="60/minute")]
_CACHE = "public, max-age=10"


class OneSelection(Refusal):
    """A trend is of a country or of a network, not of both: their overlap may be one center."""

    code = "one-selection"
    why = Why.INVALID


class NoPicture(Refusal):
    """There is no picture of this figure."""

    code = "no-picture"
    why = Why.INVALID


# ---- what comes in


@dataclass(frozen=True)
class Selection:
    """Whose figures, and of which years; without a bound from the first and to the last that was reported."""

    country: str | None
    network: str | None
    first: int | None
    last: int | None


async def selected(
    country: Country | None = None,
    network: Annotated[str | None, Query(max_length=64, description="Id of a network.")] = None,
    first: Annotated[Year | None, Query(alias="from", description="The first year.")] = None,
    last: Annotated[Year | None, Query(alias="to", description="The last year.")] = None,
) -> Selection:
    """The query's parameters: one country, one network, or neither for the whole network."""
    if country is not None and network is not None:
        raise OneSelection("a trend is of a country or of a network, not of both")
    if first is not None and last is not None and last < first:
        raise EndsBeforeItBegan("the last year lies before the first")
    return Selection(country, network, first, last)


Selected = Annotated[Selection, Depends(selected)]


# ---- what goes out


class Trends(BaseModel):
    """The figures year by year. Where neither country nor network is named, they are of all centers."""

    model_config = ConfigDict(populate_by_name=True)

    country: str | None
    network: str | None
    smallest_group: int = Field(default=SMALLEST_GROUP, description="No figure is from fewer centers.")
    years: list[YearShown] = Field(description="Every year between the bounds, those without a report too.")


COLUMNS = (
    "year", "figure", "kind", "reports", "left_out", "hidden", "sum", "rounded_to", "lower_quartile", "median",
    "upper_quartile", "centers", "share",
)  # fmt: skip


@router.get("", dependencies=EVERYBODY)
async def get_trends(selection: Selected, world: WorldDep, etag: ETag, response: Response) -> Trends:
    """For every year and figure: how many centers are behind it, their sum (rounded), and what is typical of them.

    A figure that fewer than five centers reported is null (`hidden`: `too-few`). What everybody may compute from these
    numbers, and what not, stands in the decision "Small groups in figures".
    """
    trends = await _trends(world, selection)
    _cached(trends.model_dump_json(), etag, response)
    return trends


@router.get(".csv", dependencies=EVERYBODY, response_class=CsvResponse, response_model=None)
async def get_trends_as_table(selection: Selected, world: WorldDep, etag: ETag, response: Response) -> str:
    """The same, a line for each year and figure, and for each kind of funding."""
    trends = await _trends(world, selection)
    table = to_csv(COLUMNS, (row for year in trends.years for row in _rows(year)))
    _cached(table, etag, response)
    response.headers["Content-Disposition"] = 'attachment; filename="trends.csv"'
    return table


@router.get(".svg", dependencies=EVERYBODY, response_class=SvgResponse, response_model=None)
async def get_trends_as_chart(
    selection: Selected,
    world: WorldDep,
    languages: LanguagesDep,
    etag: ETag,
    response: Response,
    figure: Annotated[Figure, Query(description="Any but the funding.")] = Figure.FAMILIES,
    measure: Measure = Measure.MEDIAN,
) -> str:
    """One figure as a picture, in the reader's language, with the number of reports below every year."""
    if figure not in NUMBERS:
        raise NoPicture("of the funding there is a table, and no picture", figures=list(NUMBERS))
    trends = await _trends(world, selection)
    language = languages.choose(WORDS)
    whose = await _whose(world, selection, language)
    chart = trend_picture(whose, trends.years, figure, measure, language)
    _cached(chart, etag, response)
    response.headers["Content-Language"] = language
    return chart


# ---- reading


async def _trends(world: World, selection: Selection) -> Trends:
    versions, reports = await reports_of(world, selection.country)
    if selection.network is not None:
        await named_network(world, selection.network)
        years = {
            year: year_shown(year, await _of_members(world, selection.network, year, reported))
            for year, reported in _by_year(reports).items()
        }
    else:
        years = await _years_of_country(world, selection.country, versions, reports)
    first = selection.first or min(years, default=0)
    last = selection.last or max(years, default=-1)
    shown = [years.get(year) or year_shown(year, []) for year in range(first, last + 1)]
    return Trends(country=selection.country, network=selection.network, years=shown)


_LATEST: WeakKeyDictionary[World, dict[str | None, tuple[Versions, dict[int, YearShown]]]] = WeakKeyDictionary()
"""By country (None: all) the versions that were added up last, and what came out."""


async def _years_of_country(
    world: World, country: str | None, versions: Versions, reports: Sequence[Report]
) -> dict[int, YearShown]:
    latest = _LATEST.setdefault(world, {})
    if country not in latest or latest[country][0] != versions:
        years = {}
        for year, reported in _by_year(reports).items():
            years[year] = year_shown(year, reported, all_countries=country is None)
            await asyncio.sleep(0)  # a year of a thousand reports takes a moment; others have their turn
        latest[country] = versions, years
    return latest[country][1]


async def _of_members(world: World, network: str, year: int, reports: Sequence[Report]) -> list[Report]:
    """The reports of the centers that belonged to the network at the end of the year, or today."""
    day = min(date(year, 12, 31), world.clock.now().date())
    members = await centers_of_network(world, network, day)
    return [report for report in reports if report.center in members]


def _by_year(reports: Sequence[Report]) -> dict[int, list[Report]]:
    years: dict[int, list[Report]] = defaultdict(list)
    for report in reports:
        years[report.year].append(report)
    return years


def _cached(content: str, etag: ETagSetter, response: Response) -> None:
    response.headers["Cache-Control"] = _CACHE
    etag.of(content)


def _rows(year: YearShown) -> list[dict[str, object]]:
    """The lines of a year."""
    numbers = [{"year": year.year, "figure": figure.value, **getattr(year, figure).model_dump()} for figure in NUMBERS]
    funding = {"year": year.year, "figure": Figure.FUNDING.value, **year.funding.model_dump(exclude={"kinds"})}
    kinds = [{**funding, **kind.model_dump(mode="json")} for kind in year.funding.kinds]
    return [*numbers, *(kinds or [funding])]


async def _whose(world: World, selection: Selection, language: str) -> str | None:
    if selection.network is not None:
        return (await named_network(world, selection.network)).profile.name
    if selection.country is not None:
        return str(Locale.parse(language).territories.get(selection.country, selection.country))
    return None
