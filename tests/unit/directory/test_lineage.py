"""Who came from whom: one origin each, never a circle, whatever is entered in whatever order and by how many."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.lineage import FOREST, Forest, LineageCycle, NoLineage, OwnParent
from services.directory.service import SERVICE
from shared.aggregate import Refusal
from shared.clock import SystemClock
from shared.commands import Command, Receipt, Repository
from shared.events.directory.lineage import (
    Cause,
    LineageCorrected,
    LineageRecorded,
    LineageRemoved,
    LineageSnapshot,
    Origin,
)
from shared.messaging.memory import MemoryLog
from shared.service import Runtime
from shared.settings import Settings
from shared.store.memory import MemoryStore


def visit(host: str, year: int | None = 1991) -> Origin:
    return Origin(came_from=host, cause=Cause.VISIT, year=year)


@pytest.fixture
def forest() -> Forest:
    """München → Praha → Olomouc, and Salzgitter alone."""
    forest = Forest.empty(FOREST)
    forest.enter("praha", visit("münchen"))
    forest.enter("olomouc", visit("praha", 1993))
    forest.take_facts()
    return forest


def facts(forest: Forest) -> list[object]:
    return [fact for fact, _ in forest.take_facts()]


# ---- the rules


def test_what_is_entered_is_recorded_with_the_one_link_it_is_about(forest: Forest) -> None:
    forest.enter("brno", visit("praha", 1994))
    assert facts(forest) == [LineageRecorded(center="brno", came_from="praha")]
    assert forest.snapshot() == LineageSnapshot(center="brno", origin=visit("praha", 1994))


def test_ancestors_lead_to_the_root_and_descendants_are_found_in_all_generations(forest: Forest) -> None:
    assert forest.ancestors("olomouc") == ["praha", "münchen"]
    assert sorted(forest.descendants("münchen")) == ["olomouc", "praha"]
    assert (forest.ancestors("münchen"), forest.descendants("olomouc")) == ([], [])


def test_a_center_does_not_come_from_itself(forest: Forest) -> None:
    with pytest.raises(OwnParent):
        forest.enter("praha", visit("praha"))


def test_whoever_closes_a_circle_is_shown_the_way_round(forest: Forest) -> None:
    with pytest.raises(LineageCycle) as refused:
        forest.enter("münchen", visit("olomouc"))
    assert refused.value.details == {"path": ["münchen", "praha", "olomouc"]}
    assert facts(forest) == []


def test_a_correction_says_what_was_thought_before_and_the_same_again_is_nothing_new(forest: Forest) -> None:
    forest.enter("praha", visit("salzgitter"))
    forest.enter("praha", visit("salzgitter"))
    forest.enter("praha", visit("salzgitter", 1990))
    assert facts(forest) == [
        LineageCorrected(center="praha", came_from="salzgitter", before="münchen"),
        LineageCorrected(center="praha", came_from="salzgitter", before="salzgitter"),
    ]
    assert forest.ancestors("olomouc") == ["praha", "salzgitter"]


def test_what_was_turned_round_by_mistake_can_be_put_right_step_by_step(forest: Forest) -> None:
    forest.remove("praha")
    forest.enter("münchen", visit("olomouc"))
    assert forest.ancestors("münchen") == ["olomouc", "praha"]


def test_a_removed_origin_leaves_the_descendants_where_they_are(forest: Forest) -> None:
    forest.remove("praha")
    assert facts(forest) == [LineageRemoved(center="praha", before="münchen")]
    assert forest.snapshot() == LineageSnapshot(center="praha", origin=None)
    assert forest.ancestors("olomouc") == ["praha"]
    with pytest.raises(NoLineage):
        forest.remove("praha")


def test_what_people_entered_counts_more_than_what_a_center_brings_with_it(forest: Forest) -> None:
    forest.inherit("praha", visit("salzgitter"))
    forest.inherit("brno", visit("praha"))
    assert facts(forest) == [LineageRecorded(center="brno", came_from="praha")]


def test_what_came_from_a_second_entry_of_a_center_came_from_the_one_that_stays(forest: Forest) -> None:
    forest.hand_over("olomouc", "praha", "praha-2")
    forest.hand_over("brno", "praha", "praha-2")
    assert facts(forest) == [LineageCorrected(center="olomouc", came_from="praha-2", before="praha")]
    forest.hand_over("praha", "münchen", "praha")
    assert facts(forest) == [LineageRemoved(center="praha", before="münchen")]


def test_that_a_center_grew_out_of_an_initiative_survives_a_correction(forest: Forest) -> None:
    forest.inherit("brno", Origin(came_from="praha", cause=Cause.MENTOR, mentor="praha", initiative="brno", year=2025))
    forest.enter("brno", visit("münchen", 2024))
    assert forest.origins["brno"].initiative == "brno"


def test_a_thousand_generations_are_a_forest_too() -> None:
    forest = Forest.empty(FOREST)
    for number in range(1000):
        forest.enter(f"{number + 1}", visit(f"{number}"))
    assert len(forest.ancestors("1000")) == len(forest.descendants("0")) == 1000
    with pytest.raises(LineageCycle):
        forest.enter("0", visit("1000"))


# ---- whatever is entered

CENTERS = [f"c{number}" for number in range(6)]
steps = st.lists(
    st.tuples(st.sampled_from(["enter", "inherit", "remove"]), st.sampled_from(CENTERS), st.sampled_from(CENTERS)),
    max_size=40,
)


def step(forest: Forest, how: str, center: str, came_from: str) -> None:
    match how:
        case "enter":
            forest.enter(center, visit(came_from))
        case "inherit":
            forest.inherit(center, visit(came_from))
        case "remove":
            forest.remove(center)


def is_a_forest(origins: dict[str, str]) -> bool:
    """The rule, written down a second time: taking leaves away again and again leaves nothing."""
    left = dict(origins)
    while leaves := [center for center in left if center not in left.values()]:
        for leaf in leaves:
            del left[leaf]
    return not left


@given(steps)
def test_after_any_steps_there_is_no_circle_and_both_directions_agree(entered: Sequence[tuple[str, str, str]]) -> None:
    forest = Forest.empty(FOREST)
    for how, center, came_from in entered:
        before = forest.model_dump()
        try:
            step(forest, how, center, came_from)
        except Refusal:
            forest = Forest.model_validate(before)  # as the repository does: nothing half-changed is kept
        assert is_a_forest({center: origin.came_from for center, origin in forest.origins.items()})
    for one in CENTERS:
        for other in CENTERS:
            assert (other in forest.ancestors(one)) == (one in forest.descendants(other))
        assert len(set(forest.descendants(one))) == len(forest.descendants(one))


@given(steps)
def test_who_follows_the_events_has_the_same_forest_after_each_of_them(entered: Sequence[tuple[str, str, str]]) -> None:
    forest, copy = Forest.empty(FOREST), {}
    for how, center, came_from in entered:
        before = forest.model_dump()
        try:
            step(forest, how, center, came_from)
        except Refusal:
            forest = Forest.model_validate(before)
            continue
        if forest.take_facts():
            told = forest.snapshot()
            copy[told.center] = told.origin
        assert {center: origin for center, origin in copy.items() if origin} == forest.origins


# ---- by however many at once


async def test_two_links_that_would_make_a_circle_together_are_not_both_entered_on_two_replicas() -> None:
    store, log = MemoryStore(), MemoryLog()
    replicas = [Runtime(SERVICE, Settings(), store, log, SystemClock()) for _ in range(3)]
    for replica in replicas:
        await replica.prepare()
    forests: list[Repository[Forest]] = [replica.repository(Forest) for replica in replicas]

    async def enter(replica: Repository[Forest], center: str, came_from: str) -> Receipt[LineageSnapshot]:
        command = Command(center)
        return await replica.change(FOREST, command, lambda it, _: it.enter(center, visit(came_from)), Forest.empty)

    for round in range(10):
        ring = [f"{round}-{number}" for number in range(6)]
        answers = await asyncio.gather(
            *(enter(forests[number % 3], center, ring[number - 1]) for number, center in enumerate(ring)),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, Receipt) for answer in answers) == 5
        assert sum(isinstance(answer, LineageCycle) for answer in answers) == 1
    forest = (await forests[0].get(FOREST)).aggregate
    assert is_a_forest({center: origin.came_from for center, origin in forest.origins.items()})
