"""The campaign: how do we want to raise our children? Talked about in rooms, entered when it is entered."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import islice
from random import Random

from deploy.demo.client import Json
from deploy.demo.ledger import Accepted
from deploy.demo.stage import Campaign, House, Round, Stage, together

COUNTRIES = {
    "DE": 16,
    "CZ": 12,
    "SK": 6,
    "IT": 4,
    "NL": 3,
    "AT": 3,
    "CH": 2,
    "BG": 2,
    "BA": 1,
    "HU": 1,
    "KE": 1,
    "CM": 1,
}
"""Where rooms talk, and how many rounds come in at first."""
_COLLECTED_FOR, _HARVESTED_FOR = 130, 260
_SMALL = 3


async def the_campaign_begins(stage: Stage) -> None:
    """The office drafts the campaign with the seven questionnaires and launches it."""
    client, office = stage.client, stage.client.office()

    async def seven() -> list[Json] | None:
        found = await client.pages("campaign", "/questionnaires", office)
        return found if len(found) == 7 and all(len(each["languages"]) >= 3 for each in found) else None

    questionnaires = await stage.until("the seven questionnaires are published", seven)
    opens = stage.today()
    drafted = await client.command("campaign", "POST", "/campaigns", office, plan_of(questionnaires, opens))
    await client.command("campaign", "POST", f"/campaigns/{drafted.id}/launch", office)
    ids = tuple(each["id"] for each in questionnaires)
    stage.campaign = Campaign(drafted.id, opens, ids)
    stage.report.say(f"“How do we want to raise our children?” begins, with {len(ids)} questionnaires:")
    for each in questionnaires:
        stage.report.say(f"  {each['title']} ({each['questions']} questions in {', '.join(each['languages'])})")


async def rooms_talk(stage: Stage) -> None:
    """Rounds from twelve countries; one sheet is three weeks late, one is sent twice, one room was very small."""
    campaign = the_campaign(stage)
    stage.days_later(25)
    pile = [sheet for country, number in COUNTRIES.items() for sheet in islice(sheets(stage, {country: 1}), number)]
    receipts = await together([partial(report_round, stage, sheet) for sheet in pile])
    stage.report.say(f"{len(pile)} rounds come in from {len(COUNTRIES)} countries")
    await _a_small_one(stage)
    await _a_late_one(stage)
    again = await stage.client.command(
        "campaign", "POST", f"/campaigns/{campaign.id}/rounds", stage.client.office(), pile[0].sheet
    )
    stage.report.expect(
        "the same sheet sent twice is one round",
        (again.id, again.version, list(again.events)) == (receipts[0].id, receipts[0].version, []),
        f"{pile[0].house}, {pile[0].held}",
    )


async def the_rooms_add_up(stage: Stage) -> None:
    """What the service adds up is what the sheets say."""
    campaign = the_campaign(stage)

    async def all_in() -> Json | None:
        totals: Json = (await stage.client.get("campaign", f"/campaigns/{campaign.id}/totals")).json()
        return totals if totals["all"]["rounds"] >= len(campaign.rounds) else None

    totals = await stage.until("all rounds are added up", all_in)
    mine = by_country(campaign.rounds)
    theirs = {row["country"]: (row["rounds"], row["people"] or 0) for row in totals["by_country"]}
    stage.report.table(
        "What the rooms add up to", ("country", "rounds", "people"), [(key, *row) for key, row in theirs.items()]
    )
    people = sum(each.headcount for each in campaign.rounds if each.headcount >= 5)
    stage.report.expect("totals by country are the sum of the sheets", theirs == mine, f"{len(mine)} countries")
    stage.report.expect(
        "the total is the sum of the sheets, without rooms of fewer than five",
        (totals["all"]["people"], totals["all"]["small_rounds"]) == (people, 1),
        f"{totals['all']['people']} people in {totals['all']['rounds']} rounds, one of them small",
    )
    stage.report.count({"rounds": totals["all"]["rounds"], "people": totals["all"]["people"]})


# ---- what other chapters use, too


def the_campaign(stage: Stage) -> Campaign:
    """The campaign, once it has begun."""
    assert stage.campaign is not None
    return stage.campaign


def sheets(stage: Stage, countries: Mapping[str, int]) -> Iterator[Round]:
    """Sheets of rounds held between the campaign's first day and today, one after the other, none of them twice.

    ``countries`` says how often each is to come; there is no end to them as long as there are houses and days.
    """
    campaign = the_campaign(stage)
    known = {(each.house.id, each.held) for each in campaign.rounds}
    days = (stage.today() - campaign.opens).days
    while True:
        country = stage.random.choices(list(countries), list(countries.values()))[0]
        houses = [house for house in stage.cast.of(country) if house.id not in stage.cast.closed]
        sheet = sheet_of(campaign, stage.random, houses, days)
        if (sheet.house.id, sheet.held) not in known:
            known.add((sheet.house.id, sheet.held))
            yield sheet


async def report_round(stage: Stage, sheet: Round) -> Accepted:
    """The center enters its round itself."""
    return await _enter(stage, sheet, stage.client.center(sheet.house.id))


def by_country(rounds: Sequence[Round]) -> dict[str, tuple[int, int]]:
    """Rounds, and people in those of five and more, by country."""
    found: dict[str, tuple[int, int]] = {}
    for each in sorted(rounds, key=lambda each: each.house.country):
        number, people = found.get(each.house.country, (0, 0))
        found[each.house.country] = number + 1, people + (each.headcount if each.headcount >= 5 else 0)
    return found


async def _enter(stage: Stage, sheet: Round, token: str) -> Accepted:
    campaign = the_campaign(stage)
    accepted = await stage.client.command("campaign", "POST", f"/campaigns/{campaign.id}/rounds", token, sheet.sheet)
    campaign.rounds.append(sheet)
    return accepted


async def _a_small_one(stage: Stage) -> None:
    sheet = next(sheets(stage, {"AT": 1}))
    small = Round(sheet.house, sheet.held, _SMALL, sheet.language, sheet.questionnaires)
    receipt = await report_round(stage, small)
    seen: Json = (await stage.client.get("campaign", f"/rounds/{receipt.id}")).json()
    stage.report.expect("a round of fewer than five has no number in public", seen["headcount"] is None)


async def _a_late_one(stage: Stage) -> None:
    """Entered by the national network from paper."""
    campaign = the_campaign(stage)
    house = stage.cast.of("CZ")[30]
    sheet = Round(house, campaign.opens + timedelta(days=2), 31, "cs", campaign.questionnaires[:1])
    receipt = await _enter(stage, sheet, stage.client.coordinator("CZ"))

    async def heard() -> bool:
        return any(seen.key == receipt.id for seen in stage.stranger.named("DiscussionRoundReported"))

    await stage.until("the late round is on its topic", heard)
    seen = next(each for each in stage.stranger.named("DiscussionRoundReported") if each.key == receipt.id)
    late = date.fromisoformat(seen.recorded[:10]) - date.fromisoformat(seen.happened[:10])
    stage.report.expect(
        "a sheet three weeks late counts for the day it was held",
        late.days >= 21 and seen.happened[:10] == sheet.held.isoformat(),
        f"{house}: held {sheet.held}, entered {seen.recorded[:10]}",
    )


def sheet_of(campaign: Campaign, random: Random, houses: Sequence[House], days: int) -> Round:
    """A round in one of these houses, within so many days of the campaign's first."""
    house = random.choice(houses)
    return Round(
        house,
        campaign.opens + timedelta(days=random.randint(0, days)),
        random.randint(8, 42),
        house.languages[0],
        tuple(random.sample(campaign.questionnaires, random.randint(1, 2))),
    )


def plan_of(questionnaires: Sequence[Json], opens: date) -> Json:
    """The campaign: its question, and its three phases from the opening day on."""

    def ends(days: int) -> str:
        return (opens + timedelta(days=days)).isoformat()

    return {
        "title": {
            "en": "How do we want to raise our children?",
            "de": "Wie wollen wir unsere Kinder erziehen?",
            "cs": "Jak chceme vychovávat své děti?",
        },
        "question": {
            "en": "What do mothers, fathers and children need where you live?",
            "de": "Was brauchen Mütter, Väter und Kinder dort, wo ihr lebt?",
            "cs": "Co potřebují matky, otcové a děti tam, kde žijete?",
        },
        "questionnaires": [each["id"] for each in questionnaires],
        "phases": [
            {
                "key": "collect",
                "title": {"en": "Talking in rooms", "de": "Gespräche in Räumen", "cs": "Rozhovory v místnostech"},
                "collects": True,
                "ends": ends(_COLLECTED_FOR),
            },
            {
                "key": "harvest",
                "title": {"en": "Harvest", "de": "Ernte", "cs": "Sklizeň"},
                "ends": ends(_HARVESTED_FOR),
            },
            {"key": "demands", "title": {"en": "Demands", "de": "Forderungen", "cs": "Požadavky"}},
        ],
        "opens": opens.isoformat(),
    }
