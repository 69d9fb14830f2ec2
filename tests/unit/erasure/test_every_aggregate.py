"""Every aggregate knows how to forget a person, or it is said why it need not."""

import pytest

from shared.aggregate import Aggregate
from shared.events.catalogue import snapshot_model
from tests.unit.erasure.town import ALL, JANA, JANAS_NAME, places

KEEP_NOBODY = {
    "campaign.campaign": "all its texts are in its events, which carry no address",
    "directory.annual-report": "figures",
    "directory.lineage": "ids of centers and visits, years",
    "exchange.commitment": "ids, codes and days; what the guests wrote stands in the visit's report",
    "newsletter.delivery": "counts",
    "directory.erasure": "counts; whom it is about stands nowhere",
    "exchange.erasure": "counts",
    "newsletter.erasure": "counts",
    "campaign.erasure": "counts",
}
"""Aggregates that keep neither people nor texts that people wrote."""

AGGREGATES = [aggregate for service in ALL for aggregate in service.aggregates]


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda aggregate: aggregate.stream.topic)
def test_it_forgets_or_it_is_said_why_it_need_not(aggregate: type[Aggregate]) -> None:
    name = f"{aggregate.stream.service}.{aggregate.stream.aggregate}"
    forgets = aggregate.erase is not Aggregate.erase
    assert forgets != (name in KEEP_NOBODY), "give it `erase`, or a line in KEEP_NOBODY"


def test_the_stories_of_these_tests_put_a_person_into_each_that_forgets() -> None:
    told = {aggregate for aggregate, _ in places(JANA, JANAS_NAME, "+420 601 123 456")}
    assert told == {aggregate for aggregate in AGGREGATES if aggregate.erase is not Aggregate.erase}


def test_a_campaign_keeps_no_text_that_is_not_in_its_events() -> None:
    from services.campaign.domain.campaign import Phase, Plan
    from shared.events.campaign import CAMPAIGN, PhaseView

    told = set(snapshot_model(CAMPAIGN).model_fields)
    assert {"title", "question"} <= told
    assert set(Plan.model_fields) - told == set()
    assert set(Phase.model_fields) == set(PhaseView.model_fields)
