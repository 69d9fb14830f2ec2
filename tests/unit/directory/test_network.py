"""Networks: where they stand in the tree, which criteria they have, and how they end."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.network import (
    CountryDoesNotFit,
    Criterion,
    CriterionTwice,
    Dissolved,
    DissolvingReason,
    Network,
    NetworkProfile,
    NoSuchCriteria,
    OwnSuccessor,
    ParentAbroad,
    ParentNotAbove,
    UnknownCriterion,
)
from shared.aggregate import Refusal
from shared.days import InTheFuture
from shared.events.directory.network import (
    CriteriaRevised,
    NetworkDissolved,
    NetworkLevel,
    NetworkMoved,
    NetworkProfileUpdated,
    NetworkRegistered,
)

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
REGIONAL, NATIONAL, INTERNATIONAL = NetworkLevel
OPEN_TO_ALL = Criterion(code="open-to-all", labels={"en": "Open to everybody"})
DAILY = Criterion(code="daily-opening", labels={"en": "Open every day"}, mandatory=False)


def a_network(
    level: NetworkLevel = NATIONAL, country: str | None = "CZ", parent: Network | None = None, id: str = "sit"
) -> Network:
    """A network with its registration behind it."""
    network = Network.register(id, level, country, NetworkProfile(name="Síť mateřských center"), parent, NOW)
    network.take_facts()
    return network


def mine() -> Network:
    return a_network(INTERNATIONAL, None, id="mine")


def happened(network: Network) -> list[Any]:
    return [event for event, _ in network.take_facts()]


# ---- the tree


def test_a_network_is_registered_below_the_one_it_belongs_to() -> None:
    network = Network.register("sit", NATIONAL, "CZ", NetworkProfile(name="Síť"), mine(), NOW)
    assert happened(network) == [NetworkRegistered()]
    assert (network.snapshot().parent, network.snapshot().country) == ("mine", "CZ")


def test_a_region_may_be_without_a_national_network_and_get_one_later() -> None:
    region = a_network(REGIONAL, parent=mine(), id="morava")
    region.move(a_network())
    region.move(a_network())
    assert happened(region) == [NetworkMoved(before="mine", after="sit")]
    region.move(None)
    assert region.snapshot().parent is None


@pytest.mark.parametrize(
    ("level", "parent"),
    [(REGIONAL, REGIONAL), (NATIONAL, REGIONAL), (NATIONAL, NATIONAL), (INTERNATIONAL, NATIONAL)],
)
def test_nothing_belongs_to_what_reaches_no_further(level: NetworkLevel, parent: NetworkLevel) -> None:
    country = None if level is INTERNATIONAL else "CZ"
    with pytest.raises(ParentNotAbove):
        a_network(level, country, a_network(parent, id="above"))


def test_a_region_belongs_to_its_own_country() -> None:
    with pytest.raises(ParentAbroad):
        a_network(REGIONAL, "SK", a_network())


@pytest.mark.parametrize(("level", "country"), [(REGIONAL, None), (NATIONAL, None), (INTERNATIONAL, "CZ")])
def test_only_an_international_network_has_no_country(level: NetworkLevel, country: str | None) -> None:
    with pytest.raises(CountryDoesNotFit):
        a_network(level, country)


def test_nothing_new_belongs_to_a_dissolved_network() -> None:
    above = mine()
    above.dissolve(DissolvingReason.OTHER, NOW)
    with pytest.raises(Dissolved):
        a_network(parent=above)
    network = a_network()
    with pytest.raises(Dissolved):
        network.move(above)


@given(st.lists(st.sampled_from(NetworkLevel), min_size=1, max_size=8), st.data())
def test_no_network_ever_stands_above_itself(levels: list[NetworkLevel], data: st.DataObject) -> None:
    """Whatever is moved below whatever, and even where each move has seen the other as it was before."""
    tree = {
        str(n): a_network(level, None if level is INTERNATIONAL else "CZ", id=str(n)) for n, level in enumerate(levels)
    }
    ids = st.sampled_from(sorted(tree))
    for id, parent in data.draw(st.lists(st.tuples(ids, st.none() | ids), max_size=20)):
        try:
            tree[id].move(tree[parent].model_copy(update={"parent": None}) if parent else None)
        except Refusal:
            continue
    for id in tree:
        above: str | None = tree[id].parent
        for _ in range(3):
            above = tree[above].parent if above else None
        assert above is None, "more steps up than there are levels"


# ---- describing itself


def test_an_edit_tells_which_fields_changed_and_an_equal_one_nothing() -> None:
    network = a_network()
    network.edit({"name": "Síť", "founded": 2001, "languages": ()}, NOW)
    network.edit({"founded": 2001}, NOW)
    assert happened(network) == [NetworkProfileUpdated(changed=("founded", "name"))]
    with pytest.raises(InTheFuture):
        network.edit({"founded": 2027}, NOW)


# ---- criteria


def test_each_list_of_criteria_is_kept_with_its_version() -> None:
    network = a_network()
    assert (network.criteria.version, network.criteria.criteria) == (0, ())
    network.revise_criteria((OPEN_TO_ALL,))
    network.revise_criteria((OPEN_TO_ALL,))
    network.revise_criteria((OPEN_TO_ALL, DAILY))
    assert happened(network) == [CriteriaRevised(list_version=1), CriteriaRevised(list_version=2)]
    assert network.criteria_of(1).criteria == (OPEN_TO_ALL,)
    assert network.criteria == network.criteria_of(2)
    assert [(each.code, each.mandatory) for each in network.snapshot().criteria] == [
        ("open-to-all", True), ("daily-opening", False),
    ]  # fmt: skip
    for version in (0, 3):
        with pytest.raises(NoSuchCriteria):
            network.criteria_of(version)


def test_what_is_met_is_told_in_the_order_of_the_list_and_an_unknown_code_with_the_nearest() -> None:
    network = a_network()
    network.revise_criteria((OPEN_TO_ALL, DAILY))
    assert network.criteria.checked(["daily-opening", "open-to-all"]) == ("open-to-all", "daily-opening")
    assert network.criteria.missing(["daily-opening"]) == ("open-to-all",)
    assert network.criteria.missing(["open-to-all"]) == ()
    with pytest.raises(UnknownCriterion) as refused:
        network.criteria.checked(["open-to-alle"])
    assert refused.value.details == {"nearest": ["open-to-all"]}


def test_two_criteria_do_not_share_a_code() -> None:
    with pytest.raises(CriterionTwice):
        a_network().revise_criteria((OPEN_TO_ALL, OPEN_TO_ALL))


# ---- the end


def test_a_dissolved_network_stays_as_it_was() -> None:
    network = a_network()
    with pytest.raises(OwnSuccessor):
        network.dissolve(DissolvingReason.MERGED, NOW, successor="sit")
    network.dissolve(DissolvingReason.MERGED, NOW, date(2026, 2, 1), successor="nova")
    assert network.take_facts() == [
        (
            NetworkDissolved(reason="merged", on=date(2026, 2, 1), successor="nova"),
            datetime(2026, 2, 1, tzinfo=UTC),
        )
    ]
    for attempt in (
        lambda: network.edit({"name": "Síť"}, NOW),
        lambda: network.move(mine()),
        lambda: network.revise_criteria((OPEN_TO_ALL,)),
        lambda: network.dissolve(DissolvingReason.OTHER, NOW),
    ):
        with pytest.raises(Dissolved):
            attempt()


def test_a_token_may_call_a_national_network_by_its_country_and_no_other() -> None:
    assert a_network().keys == {"sit", "CZ"}
    assert a_network(REGIONAL).keys == {"sit"}
    assert mine().keys == {"mine"}
