"""What rooms add up to; and that nobody can compute how many people a small room had."""

import csv
from datetime import date
from io import StringIO
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.campaign.views.chart import Bar, bar_chart
from services.campaign.views.sheet import COLUMNS, to_csv
from services.campaign.views.totals import ROUNDS, Totals, add_up
from shared.events.campaign import Discussed, DiscussionRoundSnapshot, RoundStatus
from shared.store.port import Document

QUESTIONS = {"fathers": ["today", "door", "step"], "school": ["first-days", "being-heard"]}


def kept(
    headcount: int,
    country: str = "CZ",
    discussed: dict[str, list[str]] | None = None,
    center: str = "c1",
    status: RoundStatus = RoundStatus.REPORTED,
) -> Document:
    """A round of so many people as it stands in the mirror: made from what its events say."""
    snapshot = DiscussionRoundSnapshot(
        campaign="k",
        center=center,
        country=country,
        held=date(2026, 3, 14),
        session=1,
        headcount=headcount if headcount >= 5 else None,
        language="cs",
        discussed=[
            Discussed(questionnaire=key, edition=1, questions=questions)
            for key, questions in (discussed or {"fathers": ["today"]}).items()
        ],
        contributions=[],
        status=status,
    )
    return ROUNDS.keep(snapshot)


def test_a_round_counts_once_per_country_and_once_with_every_question() -> None:
    totals = add_up("k", [kept(20, discussed=QUESTIONS), kept(10, center="c2")])
    assert (totals.all.rounds, totals.all.people, totals.all.centers, totals.countries) == (2, 30, 2, 1)
    assert [(count.country, count.people) for count in totals.by_country] == [("CZ", 30)]
    assert {count.questionnaire: count.people for count in totals.by_questionnaire} == {"fathers": 30, "school": 20}
    people = {(count.questionnaire, count.question): count.people for count in totals.by_question}
    assert people == {
        ("fathers", "today"): 30,
        ("fathers", "door"): 20,
        ("fathers", "step"): 20,
        ("school", "first-days"): 20,
        ("school", "being-heard"): 20,
    }


def test_a_center_with_two_rounds_is_one_center() -> None:
    assert add_up("k", [kept(20), kept(10)]).all.centers == 1


def test_a_country_with_only_small_rooms_has_rounds_and_no_number_of_people() -> None:
    totals = add_up("k", [kept(20), kept(4, "AT"), kept(3, "AT")])
    austria = totals.by_country[0]
    assert (austria.country, austria.rounds, austria.small_rounds, austria.people) == ("AT", 2, 2, None)
    assert (totals.all.rounds, totals.all.small_rounds, totals.all.people) == (3, 2, 20)


def test_the_total_minus_the_other_countries_does_not_give_a_small_room_away() -> None:
    totals = add_up("k", [kept(20), kept(30, "DE"), kept(4, "AT")])
    assert totals.all.people == sum(count.people or 0 for count in totals.by_country)


def test_withdrawn_rounds_do_not_count() -> None:
    assert add_up("k", [kept(20), kept(30, status=RoundStatus.WITHDRAWN)]).all.people == 20


def test_a_campaign_without_rounds_has_nobody_in_it() -> None:
    totals = add_up("k", [])
    assert (totals.all.rounds, totals.all.people, totals.by_country) == (0, 0, [])


# ---- small groups

SUBSETS = st.fixed_dictionaries(
    {}, optional={key: st.sets(st.sampled_from(keys), min_size=1).map(sorted) for key, keys in QUESTIONS.items()}
).filter(bool)
ROOM = st.tuples(st.integers(1, 40), st.sampled_from(["AT", "CZ", "DE"]), SUBSETS, st.sampled_from(["c1", "c2", "c3"]))


def published(rooms: list[tuple[int, str, Any, str]]) -> tuple[Totals, str, str]:
    """Everything that anybody can read about these rooms' numbers."""
    totals = add_up("k", [kept(*room) for room in rooms])
    bars = [Bar(count.country, count.people, str(count.people), str(count)) for count in totals.by_country]
    return totals, to_csv(totals), bar_chart("k", "s", str(totals.all), bars, "en")


@given(st.lists(ROOM, max_size=12), st.lists(st.integers(1, 4), min_size=12, max_size=12))
def test_whatever_number_a_small_room_had_the_published_figures_are_the_same(
    rooms: list[tuple[int, str, Any, str]], others: list[int]
) -> None:
    """So no computation on published figures, of whatever kind, can tell one small number from another."""
    changed = [
        (other if room[0] < 5 else room[0], *room[1:]) for room, other in zip(rooms, others[: len(rooms)], strict=True)
    ]
    assert published(rooms) == published(changed)


@given(st.lists(ROOM, max_size=12))
def test_everybody_in_a_room_of_five_and_more_is_counted(rooms: list[tuple[int, str, Any, str]]) -> None:
    totals = add_up("k", [kept(*room) for room in rooms])
    assert totals.all.rounds == len(rooms)
    assert (totals.all.people or 0) == sum(room[0] for room in rooms if room[0] >= 5)
    assert totals.all.small_rounds == sum(room[0] < 5 for room in rooms)


@given(st.lists(ROOM, max_size=12))
def test_no_figure_is_a_group_of_one_to_four(rooms: list[tuple[int, str, Any, str]]) -> None:
    text = to_csv(add_up("k", [kept(*room) for room in rooms]))
    figures = [row["people"] for row in csv.DictReader(StringIO(text))]
    assert all(figure in ("", "0") or int(figure) >= 5 for figure in figures)


@given(st.lists(ROOM, max_size=12))
def test_rows_and_columns_add_up_to_their_totals(rooms: list[tuple[int, str, Any, str]]) -> None:
    """Nothing is left over between a total and its parts that would be a hidden number."""
    totals = add_up("k", [kept(*room) for room in rooms])
    assert (totals.all.people or 0) == sum(count.people or 0 for count in totals.by_country)
    for count in totals.by_question:
        cells = [
            cell.people or 0
            for cell in totals.by_country_and_question
            if (cell.questionnaire, cell.question) == (count.questionnaire, count.question)
        ]
        assert (count.people or 0) == sum(cells)


# ---- how they look


def test_the_table_has_every_figure_on_a_line_of_its_own() -> None:
    rows = list(csv.DictReader(StringIO(to_csv(add_up("k", [kept(20), kept(3, "AT")])))))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["level"], row["country"], row["question"], row["people"]) for row in rows] == [
        ("all", "", "", "20"),
        ("country", "AT", "", ""),
        ("country", "CZ", "", "20"),
        ("questionnaire", "", "", "20"),
        ("question", "", "today", "20"),
        ("country-question", "AT", "today", ""),
        ("country-question", "CZ", "today", "20"),
    ]
