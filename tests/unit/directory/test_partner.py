"""Partners: what they are to centers and networks, since when and until when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.directory.domain.partner import (
    AlreadyLinked,
    LinkedBefore,
    NoSuchLink,
    Partner,
    PartnerProfile,
    PartnershipEndReason,
)
from services.directory.domain.spells import EndsBeforeItBegan, Gone, Spell
from shared.aggregate import WrongState
from shared.days import InTheFuture
from shared.events.directory.partner import (
    LinkKind,
    PartnerKind,
    PartnerProfileUpdated,
    PartnerRegistered,
    PartnershipEnded,
    PartnershipLinked,
    PartnershipLinkEnded,
)

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
FUNDER, HOST = LinkKind.FUNDER, LinkKind.HOST_OF_PREMISES


def day(text: str) -> date:
    return date.fromisoformat(text)


def spell(since: str, until: str | None = None) -> Spell:
    return Spell(since=day(since), until=day(until) if until else None)


def a_partner(since: str | None = "2015-09-01") -> Partner:
    profile = PartnerProfile(
        name="Nadace Kamínek", kind=PartnerKind.FOUNDATION, country="CZ", since=day(since) if since else None
    )
    partner = Partner.register("nadace", profile, NOW)
    assert happened(partner) == [PartnerRegistered()]
    return partner


def happened(partner: Partner) -> list[Any]:
    return [event for event, _ in partner.take_facts()]


def test_a_partner_is_linked_to_networks_in_the_snapshot_and_to_centers_in_the_event_only() -> None:
    partner = a_partner()
    partner.link(FUNDER, spell("2020-01-01"), NOW, network="sit")
    partner.link(HOST, spell("2024-01-01"), NOW, center="praha")
    to_network, to_center = partner.take_facts()
    assert to_network[0] == PartnershipLinked(link="l1", kind=FUNDER, network="sit", since=day("2020-01-01"))
    assert to_center[0] == PartnershipLinked(link="l2", kind=HOST, center="praha", since=day("2024-01-01"))
    assert to_center[1] == datetime(2024, 1, 1, tzinfo=UTC)
    assert [each.network for each in partner.snapshot().networks] == ["sit"]
    assert "praha" not in partner.snapshot().model_dump_json()


def test_no_event_names_a_hidden_center() -> None:
    partner = a_partner()
    partner.link(HOST, spell("2024-01-01"), NOW, center="praha", hidden=True)
    assert happened(partner) == [PartnershipLinked(link="l1", kind=HOST, since=day("2024-01-01"))]
    assert partner.linked("l1").target == "praha"


def test_a_partner_may_be_many_things_to_the_same_but_each_only_once_at_a_time() -> None:
    partner = a_partner()
    partner.link(FUNDER, spell("2020-01-01", "2022-01-01"), NOW, center="praha")
    partner.link(HOST, spell("2020-01-01"), NOW, center="praha")
    partner.link(FUNDER, spell("2020-01-01"), NOW, center="brno")
    partner.link(FUNDER, spell("2022-01-01"), NOW, center="praha")
    for wrong in (spell("2021-12-31", "2022-01-01"), spell("2025-01-01", "2026-01-01"), spell("2019-01-01")):
        with pytest.raises(AlreadyLinked):
            partner.link(FUNDER, wrong, NOW, center="praha")
    partner.end_link("l4", NOW, day("2023-01-01"))
    partner.link(FUNDER, spell("2025-01-01"), NOW, center="praha")


def test_a_link_does_not_end_before_it_began_nor_in_the_future() -> None:
    partner = a_partner()
    for wrong, why in (
        (spell("2024-01-02", "2024-01-01"), EndsBeforeItBegan),
        (spell("2026-04-01"), InTheFuture),
        (spell("2024-01-02", "2026-04-01"), InTheFuture),
    ):
        with pytest.raises(why):
            partner.link(FUNDER, wrong, NOW, center="praha")
    partner.link(FUNDER, spell("2024-01-01"), NOW, center="praha")
    with pytest.raises(EndsBeforeItBegan):
        partner.end_link("l1", NOW, day("2023-12-31"))
    partner.end_link("l1", NOW, day("2024-01-01"))
    assert not partner.linked("l1").covers(day("2024-01-01"))
    with pytest.raises(WrongState):
        partner.end_link("l1", NOW)
    with pytest.raises(NoSuchLink):
        partner.end_link("l9", NOW)


def test_a_link_from_before_shows_that_the_work_together_began_earlier() -> None:
    partner = a_partner(since="2015-09-01")
    partner.link(FUNDER, spell("2012-01-01", "2013-01-01"), NOW, center="praha")
    assert partner.active_on(day("2012-01-01"))
    assert not partner.active_on(day("2011-12-31"))
    with pytest.raises(LinkedBefore) as refused:
        partner.edit({"since": day("2012-01-02")}, NOW)
    assert refused.value.details == {"first_link": day("2012-01-01")}
    partner.edit({"since": None, "name": "Nadace"}, NOW)
    assert happened(partner)[-1] == PartnerProfileUpdated(changed=("name", "since"))
    partner.edit({"name": "Nadace"}, NOW)
    assert happened(partner) == []
    with pytest.raises(InTheFuture):
        partner.edit({"since": day("2027-01-01")}, NOW)


def test_when_the_work_together_ends_every_lasting_link_ends_with_it() -> None:
    partner = a_partner()
    partner.link(FUNDER, spell("2020-01-01", "2022-01-01"), NOW, center="praha")
    partner.link(FUNDER, spell("2020-01-01"), NOW, network="sit")
    with pytest.raises(EndsBeforeItBegan):
        partner.model_copy(deep=True).end(PartnershipEndReason.NO_FUNDING, NOW, day("2019-12-31"))
    partner.end(PartnershipEndReason.NO_FUNDING, NOW, day("2025-12-31"))
    assert happened(partner)[-1] == PartnershipEnded(reason="no-funding", on=day("2025-12-31"), links_ended=("l2",))
    assert partner.snapshot().networks == ()
    assert (partner.active_on(day("2025-12-30")), partner.active_on(day("2025-12-31"))) == (True, False)

    partner.link(FUNDER, spell("2016-01-01", "2017-01-01"), NOW, center="praha")
    for refused in (
        lambda: partner.link(FUNDER, spell("2024-01-01"), NOW, center="praha"),
        lambda: partner.link(FUNDER, spell("2024-01-01", "2026-01-01"), NOW, center="praha"),
        lambda: partner.edit({"name": "Nadace"}, NOW),
        lambda: partner.end(PartnershipEndReason.OTHER, NOW),
    ):
        with pytest.raises(WrongState):
            refused()


def test_links_to_what_is_gone_end_on_its_day_and_others_stay() -> None:
    partner, before = a_partner(), NOW - timedelta(hours=1)
    partner.link(FUNDER, spell("2020-01-01"), before, center="praha")
    partner.link(HOST, spell("2026-02-20"), before, center="praha")
    partner.link(FUNDER, spell("2020-01-01"), before, center="brno")
    partner.link(LinkKind.SPONSOR, spell("2020-01-01"), NOW, center="praha")
    partner.take_facts()
    partner.give_up("praha", Gone.CENTER_CLOSED, day("2026-02-01"), before, NOW)
    partner.give_up("praha", Gone.CENTER_CLOSED, day("2026-02-01"), before, NOW)
    assert happened(partner) == [
        PartnershipLinkEnded(link="l1", reason="center-closed", on=day("2026-02-01")),
        PartnershipLinkEnded(link="l2", reason="center-closed", on=day("2026-02-20")),
    ]
    assert [link.until is None for link in partner.links] == [False, False, True, True]
