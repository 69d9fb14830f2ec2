"""Yearly figures: each center's own are its own, and what many come to is for everybody."""

from collections.abc import Iterator
from functools import partial
from random import Random
from xml.etree import ElementTree

from deploy.demo.client import Json
from deploy.demo.ledger import Accepted
from deploy.demo.stage import House, Stage, together

YEARS = 4
REPORTING = {"CZ": 7, "SK": 3}
"""How many houses report, by country: more than five are shown, fewer are not."""
_CHART = "figures.svg"


async def houses_report_their_year(stage: Stage) -> None:
    """Seven Czech houses and three Slovak ones report; the trend of the seven is shown, that of the three is not."""
    last = stage.today().year - 1
    told = list(reports(stage.random, {code: stage.cast.of(code)[: REPORTING[code]] for code in REPORTING}, last))
    await together([partial(report, stage, house, figures) for house, figures in told])
    await _a_slip_is_put_right(stage, *told[0])
    stage.report.say(f"{sum(REPORTING.values())} houses report {YEARS} years each: {len(told)} sheets")
    sheets = [figures["families"] for house, figures in told if house.country == "CZ" and figures["year"] == last]
    shown, hidden = await _families(stage, "CZ", last), await _families(stage, "SK", last)
    stage.report.expect(
        "what seven houses reported is shown, rounded",
        shown["reports"] == len(sheets) and abs(shown["sum"] - sum(sheets)) <= shown["rounded_to"] / 2,
        f"{shown['sum']} families in {last}, rounded to {shown['rounded_to']}, {shown['median']:.0f} in the middle",
    )
    stage.report.expect(
        "what three houses reported is not shown, so that nobody can tell whose it is",
        (hidden["sum"], hidden["median"], hidden["hidden"]) == (None, None, "too-few"),
        f"{hidden['reports']} reports in SK",
    )
    house = told[0][0]
    neighbour = stage.client.center(stage.cast.of("SK")[0].id)
    status = await stage.client.status("directory", f"/centers/{house.id}/figures", neighbour)
    stage.report.expect("a house's own figures are for its own people", status == 403)
    chart = (await stage.client.get("directory", "/figures/trends.svg", language="cs", country="CZ")).text
    ElementTree.fromstring(chart)  # noqa: S314 - our own
    stage.report.say(f"drawn in {stage.keep(_CHART, chart)}")


# ---- what other chapters use, too


def reports(random: Random, houses: dict[str, list[House]], last: int) -> Iterator[tuple[House, Json]]:
    """What each of these houses has to report, year by year: a little more every time."""
    for house in (house for each in houses.values() for house in each):
        families = random.randint(60, 220)
        for year in range(last - YEARS + 1, last + 1):
            families = int(families * random.uniform(0.95, 1.25))
            yield house, sheet(random, year, families)


def sheet(random: Random, year: int, families: int) -> Json:
    """The figures of a year as they stand on the form."""
    return {
        "year": year,
        "families": families,
        "visits": families * random.randint(9, 30),
        "volunteers": random.randint(6, 40),
        "paid_staff": random.randint(0, 4),
        "opening_days": random.randint(140, 230),
        "funding": [{"kind": "municipality", "share": random.choice([40, 50, 60])}, {"kind": "donations"}],
    }


async def report(stage: Stage, house: House, figures: Json) -> Accepted:
    """The center enters its own figures."""
    token = stage.client.center(house.id)
    return await stage.client.command("directory", "POST", f"/centers/{house.id}/figures", token, figures)


# ---- pieces


async def _a_slip_is_put_right(stage: Stage, house: House, figures: Json) -> None:
    """Visits had a digit too many; the earlier edition is kept."""
    token, path = stage.client.center(house.id), f"/centers/{house.id}/figures/{figures['year']}"
    correction = {"reason": "typo", "figures": {"visits": figures["visits"] // 2}}
    await stage.client.command("directory", "POST", f"{path}/corrections", token, correction)
    editions = (await stage.client.get("directory", f"{path}/versions", token)).json()["items"]
    stage.report.expect(
        "a figure is put right with a reason, and what stood before is kept",
        [each["figures"]["visits"] for each in editions] == [figures["visits"], figures["visits"] // 2],
        f"{house}, {figures['year']}",
    )


async def _families(stage: Stage, country: str, year: int) -> Json:
    query: Json = {"country": country, "from": year, "to": year}
    found: Json = (await stage.client.get("directory", "/figures/trends", **query)).json()["years"][0]["families"]
    return found
