"""/campaigns/{id}/totals: what the rooms add up to, as JSON, as a table for spreadsheets, and as a picture."""

from enum import StrEnum
from hashlib import sha256

from babel import Locale
from babel.numbers import format_decimal
from fastapi import Response

from services.campaign.api.campaigns import Campaigns, visible
from services.campaign.api.questionnaires import Questionnaires
from services.campaign.views.chart import Bar, bar_chart
from services.campaign.views.sheet import to_csv
from services.campaign.views.totals import Count, Totals, totals_of
from shared.http import APIRouter, ETag, WorldDep
from shared.http.languages import Languages, LanguagesDep
from shared.http.media import CsvResponse, SvgResponse
from shared.http.reading import ETagSetter
from shared.security import Caller, public

router = APIRouter(prefix="/campaigns/{campaign_id}", tags=["totals"])

_CACHE = "public, max-age=10"

_WORDS = {
    "en": {
        "country": "People in discussion rounds, by country",
        "questionnaire": "People in discussion rounds, by questionnaire",
        "told": "people: {people}, rounds: {rounds}, small ones among them: {small_rounds}",
        "hidden": "fewer than five",
        "note": "Rounds of fewer than five people: {small_rounds}. Their people are counted nowhere.",
    },
    "de": {
        "country": "Menschen in Gesprächsrunden, nach Land",
        "questionnaire": "Menschen in Gesprächsrunden, nach Fragebogen",
        "told": "Menschen: {people}, Runden: {rounds}, davon kleine: {small_rounds}",
        "hidden": "weniger als fünf",
        "note": "Runden mit weniger als fünf Menschen: {small_rounds}. Ihre Menschen sind nirgends mitgezählt.",
    },
    "cs": {
        "country": "Lidé v diskusních kruzích podle zemí",
        "questionnaire": "Lidé v diskusních kruzích podle dotazníků",
        "told": "lidé: {people}, kruhy: {rounds}, z toho malé: {small_rounds}",
        "hidden": "méně než pět",
        "note": "Kruhy s méně než pěti lidmi: {small_rounds}. Jejich účastníci nejsou nikde započítáni.",
    },
}


class By(StrEnum):
    """What the bars of the chart stand for."""

    COUNTRY = "country"
    QUESTIONNAIRE = "questionnaire"


@router.get("/totals", dependencies=[public(rate="60/minute")])
async def get_totals(
    campaign_id: str, campaigns: Campaigns, caller: Caller, world: WorldDep, etag: ETag, response: Response
) -> Totals:
    """By country, by questionnaire, by question, and by both. People of rounds of fewer than five are in no figure;
    how many such rounds there were is said. New rounds are in it within seconds."""
    visible(await campaigns.get(campaign_id), caller)
    totals = await totals_of(world, campaign_id)
    _cached(totals, etag, response)
    return totals


@router.get("/totals.csv", dependencies=[public(rate="60/minute")], response_class=CsvResponse, response_model=None)
async def get_totals_as_table(
    campaign_id: str, campaigns: Campaigns, caller: Caller, world: WorldDep, etag: ETag, response: Response
) -> str:
    """The same figures, one per line."""
    visible(await campaigns.get(campaign_id), caller)
    totals = await totals_of(world, campaign_id)
    _cached(totals, etag, response)
    response.headers["Content-Disposition"] = 'attachment; filename="totals.csv"'
    return to_csv(totals)


@router.get("/totals.svg", dependencies=[public(rate="60/minute")], response_class=SvgResponse, response_model=None)
async def get_totals_as_chart(
    campaign_id: str,
    campaigns: Campaigns,
    questionnaires: Questionnaires,
    caller: Caller,
    world: WorldDep,
    languages: LanguagesDep,
    etag: ETag,
    response: Response,
    by: By = By.COUNTRY,
) -> str:
    """A bar chart of the people, the longest bar first, in the reader's language."""
    campaign = visible(await campaigns.get(campaign_id), caller)
    totals = await totals_of(world, campaign_id)
    language = languages.choose(_WORDS)
    labelled = await _labelled(totals, by, questionnaires, languages)
    bars = [_bar(label, count, language) for label, count in sorted(labelled, key=_longest_first)]
    note = _told("note", totals.all, language)
    chart = bar_chart(languages.text(campaign.plan.title), _WORDS[language][by.value], note, bars, language)
    _cached(chart, etag, response)
    response.headers["Content-Language"] = language
    return chart


async def _labelled(
    totals: Totals, by: By, questionnaires: Questionnaires, languages: Languages
) -> list[tuple[str, Count]]:
    """The counts that the bars stand for, with a name in the reader's language."""
    if by == By.COUNTRY:
        locale = Locale.parse(languages.choose(_WORDS))
        return [(str(locale.territories.get(count.country, count.country)), count) for count in totals.by_country]
    found = await questionnaires.find({"_id": {"$in": [count.questionnaire for count in totals.by_questionnaire]}})
    titles = {loaded.aggregate.id: loaded.aggregate.snapshot().title for loaded in found}
    return [(languages.text(titles[count.questionnaire]), count) for count in totals.by_questionnaire]


def _cached(content: Totals | str, etag: ETagSetter, response: Response) -> None:
    text = content if isinstance(content, str) else content.model_dump_json()
    etag.set(sha256(text.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = _CACHE


def _longest_first(labelled: tuple[str, Count]) -> tuple[int, str]:
    label, count = labelled
    return -(count.people or 0), label


def _bar(label: str, count: Count, language: str) -> Bar:
    shown = _WORDS[language]["hidden"] if count.people is None else format_decimal(count.people, locale=language)
    return Bar(label, count.people, shown, _told("told", count, language))


def _told(sentence: str, count: Count, language: str) -> str:
    """A sentence with the numbers of ``count`` as the language writes them."""
    words = _WORDS[language]
    return words[sentence].format(
        people=words["hidden"] if count.people is None else format_decimal(count.people, locale=language),
        rounds=format_decimal(count.rounds, locale=language),
        small_rounds=format_decimal(count.small_rounds, locale=language),
    )
