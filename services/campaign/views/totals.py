"""What the rooms add up to, by country and by question, with groups under five hidden.

How small groups stay hidden: a round of fewer than five people has no headcount in its events, and these figures are
made of the events alone. It counts as a round, and is said to be small, but its people are in no sum: not in its
cell and not in any total. So no subtraction of published figures can give them back, whatever is published beside
them, today or later: the figures would be the same, byte for byte, had the small round had one person or four.
What is left out is said in every row (``small_rounds``), with one to four people each.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel, Field

from shared.events.campaign import DISCUSSION_ROUND, DiscussionRoundSnapshot, RoundStatus
from shared.reactions import Mirror
from shared.store.port import Document
from shared.world import World


def _keep(entered: DiscussionRoundSnapshot) -> Document:
    return entered.model_dump(mode="json", exclude={"contributions", "language", "held", "session"})


ROUNDS = Mirror(name="rounds", stream=DISCUSSION_ROUND, keep=_keep)
"""The published record of every round, without what small groups must not show: they carry no headcount."""


class Count(BaseModel):
    """How much took place, and how many people were there."""

    rounds: int = Field(description="rounds, small ones among them")
    small_rounds: int = Field(description="rounds of fewer than five people, whose people are not in `people`")
    centers: int = Field(description="centers that held them")
    people: int | None = Field(
        description="people in the room, added up over the other rounds; who came twice counts twice. "
        "Null when all rounds were small"
    )


class CountryCount(Count):
    """One country; a round counts once, however many questions it discussed."""

    country: str


class QuestionnaireCount(Count):
    """One questionnaire; a round counts once, however many of its questions it discussed."""

    questionnaire: str


class QuestionCount(QuestionnaireCount):
    """One question, over all editions that ask it. A round counts with every question it discussed."""

    question: str


class CellCount(QuestionCount):
    """One question in one country."""

    country: str


class Totals(BaseModel):
    """All figures of a campaign."""

    campaign: str
    all: Count
    countries: int = Field(description="countries in which a round was held")
    by_country: list[CountryCount]
    by_questionnaire: list[QuestionnaireCount]
    by_question: list[QuestionCount]
    by_country_and_question: list[CellCount]


@dataclass
class _Sum:
    rounds: int = 0
    small_rounds: int = 0
    people: int = 0
    centers: set[str] = field(default_factory=set)

    def add(self, entered: Document) -> None:
        self.rounds += 1
        self.centers.add(entered["center"])
        if entered["headcount"] is None:
            self.small_rounds += 1
        else:
            self.people += entered["headcount"]

    def fields(self) -> dict[str, Any]:
        """Ready for `Count`."""
        people = self.people if self.rounds > self.small_rounds or not self.rounds else None
        return {
            "rounds": self.rounds,
            "small_rounds": self.small_rounds,
            "centers": len(self.centers),
            "people": people,
        }


def add_up(campaign: str, rounds: Iterable[Document]) -> Totals:
    """The totals of the ``rounds`` that count, each a document of the mirror `ROUNDS`."""
    everything = _Sum()
    countries: dict[str, _Sum] = defaultdict(_Sum)
    questionnaires: dict[str, _Sum] = defaultdict(_Sum)
    questions: dict[tuple[str, str], _Sum] = defaultdict(_Sum)
    cells: dict[tuple[str, str, str], _Sum] = defaultdict(_Sum)
    for entered in rounds:
        if entered["status"] != RoundStatus.REPORTED:
            continue
        country = entered["country"]
        everything.add(entered)
        countries[country].add(entered)
        for discussed in entered["discussed"]:
            questionnaire = discussed["questionnaire"]
            questionnaires[questionnaire].add(entered)
            for question in discussed["questions"]:
                questions[questionnaire, question].add(entered)
                cells[country, questionnaire, question].add(entered)
    return Totals(
        campaign=campaign,
        all=Count(**everything.fields()),
        countries=len(countries),
        by_country=[CountryCount(country=key, **total.fields()) for key, total in sorted(countries.items())],
        by_questionnaire=[
            QuestionnaireCount(questionnaire=key, **total.fields()) for key, total in sorted(questionnaires.items())
        ],
        by_question=[
            QuestionCount(questionnaire=key[0], question=key[1], **total.fields())
            for key, total in sorted(questions.items())
        ],
        by_country_and_question=[
            CellCount(country=key[0], questionnaire=key[1], question=key[2], **total.fields())
            for key, total in sorted(cells.items())
        ],
    )


_LATEST: WeakKeyDictionary[World, dict[str, tuple[dict[str, int], Totals]]] = WeakKeyDictionary()
"""Per campaign the versions that were added up last, and what came out: a few kilobytes in each process."""


async def totals_of(world: World, campaign: str) -> Totals:
    """The totals of a campaign as far as its rounds have arrived in the mirror.

    They are added up again only when a round has come or changed, which the versions of all rounds tell exactly.
    """
    where = {"campaign": campaign}
    listed = await world.store.collection(ROUNDS.name).find(where, fields=("version",))
    versions = {entry["_id"]: entry["version"] for entry in listed}
    known = _LATEST.setdefault(world, {})
    if campaign not in known or known[campaign][0] != versions:
        known[campaign] = versions, add_up(campaign, await world.mirror(ROUNDS.name).find(where))
    return known[campaign][1]


def rows(totals: Totals) -> Sequence[tuple[str, Count]]:
    """All figures as one list: the level each belongs to, and the count."""
    return [
        ("all", totals.all),
        *(("country", count) for count in totals.by_country),
        *(("questionnaire", count) for count in totals.by_questionnaire),
        *(("question", count) for count in totals.by_question),
        *(("country-question", count) for count in totals.by_country_and_question),
    ]
