"""The life of a center, from its registration to its closing, and what is refused on the way."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.directory.domain.center import (
    AlreadyOffered,
    Center,
    ClosingReason,
    NameTellsTown,
    NoSuchOffer,
    OwnSuccessor,
    PauseReason,
    TownMissing,
    VerificationTooOld,
)
from services.directory.domain.offer import OfferTerms
from services.directory.domain.place import Place
from services.directory.domain.profile import Contact, Profile
from services.directory.domain.spells import EndsBeforeItBegan
from shared.aggregate import WrongState
from shared.days import InTheFuture
from shared.events import Event
from shared.events.directory.center import (
    CenterClosed,
    CenterPaused,
    CenterProfileUpdated,
    CenterRegistered,
    CenterRelocated,
    CenterReopened,
    CenterStatus,
    CenterVerified,
    Check,
    LocationVisibility,
    LocationVisibilityChanged,
    OfferStatus,
    ServiceChanged,
    ServiceOffered,
    ServicePaused,
    ServiceWithdrawn,
    VerificationLapsed,
    VerificationReminded,
    VerificationRequested,
)
from shared.taxonomy import SERVICES

Happened = Callable[[Center], list[Event]]
Register = Callable[..., Center]
BRNO = Place(country="CZ", town="Brno")


# ---- registering


def test_a_registered_center_is_active_fresh_and_offers_what_it_came_with(
    register: Register, happened: Happened
) -> None:
    center = register(services=("open-cafe", "baby-group", "open-cafe"))
    assert happened(center) == [CenterRegistered(imported=False)]
    view = center.snapshot()
    assert (view.status, view.check, view.verified_on) == ("active", "fresh", date(2026, 3, 1))
    assert [(offer.offer, offer.service) for offer in view.services] == [("s1", "open-cafe"), ("s2", "baby-group")]


def test_a_center_from_an_older_list_is_known_as_such(register: Register, happened: Happened) -> None:
    center = register(external_id="list-2009:CZ-17")
    assert happened(center) == [CenterRegistered(imported=True)]


def test_nothing_is_taken_over_from_the_future(register: Register, profile: Profile) -> None:
    with pytest.raises(InTheFuture, match="that day"):
        register(verified_on=date(2026, 3, 3))
    with pytest.raises(InTheFuture, match="that year"):
        register(profile=profile.model_copy(update={"founded": 2027}))


def test_a_day_that_has_begun_somewhere_on_earth_counts(register: Register) -> None:
    evening = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)  # on Kiritimati it is 2 March
    assert register(now=evening, verified_on=date(2026, 3, 2)).verified_on == date(2026, 3, 2)


def test_only_a_hidden_center_may_be_without_a_town(register: Register, center: Center, now: datetime) -> None:
    nowhere = Place(country="CZ")
    with pytest.raises(TownMissing):
        register(place=nowhere)
    with pytest.raises(TownMissing):
        center.relocate(nowhere, now)
    hidden = register(place=nowhere, visibility=LocationVisibility.HIDDEN)
    with pytest.raises(TownMissing):
        hidden.show_location(LocationVisibility.TOWN)
    assert hidden.visibility is LocationVisibility.HIDDEN


# ---- profile and place


def test_an_edit_tells_which_fields_changed(center: Center, happened: Happened, now: datetime) -> None:
    center.edit({"name": "Klub Praha", "founded": 1992, "contact": Contact(), "languages": ("cs",)}, now)
    assert happened(center) == [CenterProfileUpdated(changed=("contact", "languages", "name"))]
    assert (center.snapshot().name, center.snapshot().languages) == ("Klub Praha", ("cs",))


def test_an_edit_that_changes_nothing_is_no_event(center: Center, happened: Happened, now: datetime) -> None:
    center.edit({"founded": 1992}, now)
    center.edit({}, now)
    center.relocate(center.place, now)
    center.show_location(LocationVisibility.TOWN)
    center.change_offer("s1", {"languages": ()})
    assert happened(center) == []


def test_a_founding_year_can_be_taken_back_but_not_lie_ahead(center: Center, now: datetime) -> None:
    with pytest.raises(InTheFuture):
        center.edit({"founded": 2027}, now)
    center.edit({"founded": None}, now)
    assert center.snapshot().founded is None


def test_a_move_entered_late_happened_on_its_day(center: Center, now: datetime) -> None:
    center.relocate(BRNO, now, on=date(2026, 2, 8))
    assert center.take_facts() == [(CenterRelocated(from_country="CZ"), datetime(2026, 2, 8, tzinfo=UTC))]
    assert center.snapshot().town == "Brno"


def test_a_move_of_today_happened_now_and_one_of_next_week_not_at_all(center: Center, now: datetime) -> None:
    with pytest.raises(InTheFuture):
        center.relocate(BRNO, now, on=date(2026, 3, 8))
    assert center.snapshot().town == "Praha"
    center.relocate(BRNO, now, on=now.date())
    assert center.take_facts() == [(CenterRelocated(from_country="CZ"), None)]


def test_a_center_decides_how_much_of_its_place_is_shown(center: Center, happened: Happened) -> None:
    center.show_location(LocationVisibility.HIDDEN)
    assert happened(center) == [
        LocationVisibilityChanged(before=LocationVisibility.TOWN, after=LocationVisibility.HIDDEN)
    ]
    view = center.snapshot()
    assert (view.country, view.region, view.town, view.town_point) == ("CZ", None, None, None)
    center.show_location(LocationVisibility.TOWN)
    assert center.snapshot().town == "Praha"


def test_a_hidden_center_has_a_neutral_name_or_a_discreet_one_of_its_own(center: Center) -> None:
    center.show_location(LocationVisibility.HIDDEN)
    assert (center.snapshot().name, center.snapshot().names) == ("Mother Center", {})
    center.show_location(LocationVisibility.HIDDEN, "Dům U Lípy")
    assert center.snapshot().name == "Dům U Lípy"
    center.show_location(LocationVisibility.EXACT)
    assert center.snapshot().name == "Mateřské centrum Praha"


def test_a_discreet_name_must_not_tell_the_town(center: Center, register: Register, now: datetime) -> None:
    with pytest.raises(NameTellsTown):
        center.show_location(LocationVisibility.HIDDEN, "Centrum PRAHA 9")
    assert center.visibility is LocationVisibility.TOWN
    with pytest.raises(NameTellsTown):
        register(visibility=LocationVisibility.HIDDEN, discreet_name="Praha")


@pytest.mark.parametrize(
    ("town", "name", "tells"),
    [
        ("München", "Muenchen Treff", True),
        ("München", "Münchenhaus", True),
        ("Ulm", "Treff Ulm", True),
        ("Ulm", "Ulmenhof", False),
        ("Frankfurt am Main", "Haus am Park", False),
        ("Frankfurt am Main", "Frankfurter Treff", True),
        ("Ústí nad Labem", "Klub nad řekou", False),
    ],
)
def test_a_discreet_name_tells_the_town_by_its_words_however_spelled_and_not_by_small_ones(
    register: Register, praha: Place, town: str, name: str, tells: bool
) -> None:
    place = praha.model_copy(update={"town": town})
    if tells:
        with pytest.raises(NameTellsTown):
            register(place=place, visibility=LocationVisibility.HIDDEN, discreet_name=name)
    else:
        register(place=place, visibility=LocationVisibility.HIDDEN, discreet_name=name)


def test_a_discreet_name_that_tells_the_new_town_is_given_up(center: Center, now: datetime) -> None:
    center.show_location(LocationVisibility.HIDDEN, "Brno a okolí")
    center.relocate(BRNO, now)
    assert center.snapshot().name == "Mother Center"


def test_a_closed_center_can_still_hide(center: Center, happened: Happened, now: datetime) -> None:
    center.close(ClosingReason.OTHER, now)
    center.show_location(LocationVisibility.HIDDEN)
    assert center.snapshot().town is None


# ---- services


def test_a_service_is_offered_changed_paused_resumed_and_withdrawn(center: Center, happened: Happened) -> None:
    center.offer(SERVICES.known("father-group"), OfferTerms(languages=("de",)))
    center.change_offer("s3", {"languages": ("de", "cs")})
    center.pause_offer("s3")
    assert [offer.status for offer in center.snapshot().services] == ["active", "active", "paused"]
    center.resume_offer("s3")
    center.withdraw_offer("s3")
    assert happened(center) == [
        ServiceOffered(offer="s3", service="father-group"),
        ServiceChanged(offer="s3", service="father-group", changed=("languages",)),
        ServicePaused(offer="s3", service="father-group"),
        ServiceChanged(offer="s3", service="father-group", changed=("status",)),
        ServiceWithdrawn(offer="s3", service="father-group"),
    ]
    assert [offer.service for offer in center.snapshot().services] == ["open-cafe", "language-course"]


def test_a_service_is_offered_once_and_under_a_new_id_after_its_end(center: Center) -> None:
    with pytest.raises(AlreadyOffered) as refused:
        center.offer(SERVICES.known("open-cafe"))
    assert refused.value.details == {"offer": "s1"}
    center.withdraw_offer("s1")
    center.offer(SERVICES.known("open-cafe"))
    assert [offer.offer for offer in center.snapshot().services] == ["s2", "s3"]


def test_a_paused_service_is_not_paused_again_nor_an_active_one_resumed(center: Center) -> None:
    with pytest.raises(WrongState):
        center.resume_offer("s1")
    center.pause_offer("s1")
    with pytest.raises(WrongState):
        center.pause_offer("s1")
    assert center.offers[0].status is OfferStatus.PAUSED


@pytest.mark.parametrize("command", ["pause_offer", "resume_offer", "withdraw_offer"])
def test_there_is_nothing_to_do_with_an_offer_that_does_not_exist(center: Center, command: str) -> None:
    with pytest.raises(NoSuchOffer):
        getattr(center, command)("s9")
    with pytest.raises(NoSuchOffer):
        center.change_offer("s9", {"languages": ("cs",)})


# ---- freshness


def test_nobody_confirms_so_the_profile_is_asked_for_and_lapses(center: Center, happened: Happened) -> None:
    a_year_later = datetime(2027, 3, 1, tzinfo=UTC)
    assert center.due() == a_year_later
    center.ring(a_year_later - timedelta(seconds=1))
    assert happened(center) == []

    center.ring(a_year_later)
    assert happened(center) == [
        VerificationRequested(last_verified_on=date(2026, 3, 1), answer_by=date(2027, 5, 30)),
    ]
    assert center.snapshot().check is Check.DUE

    for reminder, day in ((1, datetime(2027, 3, 31, tzinfo=UTC)), (2, datetime(2027, 4, 30, tzinfo=UTC))):
        assert center.due() == day
        center.ring(day)
        assert happened(center) == [
            VerificationReminded(last_verified_on=date(2026, 3, 1), answer_by=date(2027, 5, 30), reminder=reminder)
        ]

    assert center.due() == datetime(2027, 5, 30, tzinfo=UTC)
    center.ring(datetime(2027, 5, 30, tzinfo=UTC))
    assert happened(center) == [VerificationLapsed(last_verified_on=date(2026, 3, 1))]
    assert center.snapshot().check is Check.LAPSED
    assert center.due() is None
    center.ring(datetime(2030, 1, 1, tzinfo=UTC))
    assert happened(center) == []


def test_old_data_is_asked_about_at_once_and_gets_its_time_to_answer(register: Register, now: datetime) -> None:
    center = register(verified_on=date(2009, 6, 1))
    due = center.due()
    assert due is not None
    assert due < now
    center.ring(now)
    assert center.due() == datetime(2026, 3, 31, tzinfo=UTC)
    assert center.answer_by == date(2026, 5, 30)


def test_after_weeks_of_darkness_one_reminder_is_enough(center: Center, happened: Happened) -> None:
    center.ring(datetime(2027, 3, 1, tzinfo=UTC))
    happened(center)
    center.ring(datetime(2027, 5, 10, tzinfo=UTC))
    [reminded] = happened(center)
    assert isinstance(reminded, VerificationReminded)
    assert reminded.reminder == 2
    assert center.due() == datetime(2027, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize("asked_times", [0, 1, 2])
def test_confirming_restores_everything_at_once(center: Center, happened: Happened, asked_times: int) -> None:
    for later in (datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))[:asked_times]:
        center.ring(later)
    happened(center)
    assert center.snapshot().check is [Check.FRESH, Check.DUE, Check.LAPSED][asked_times]
    center.verify("coordinator", datetime(2028, 7, 1, 8, 0, tzinfo=UTC))
    assert happened(center) == [CenterVerified(verified_on=date(2028, 7, 1), by="coordinator")]
    assert center.snapshot().check is Check.FRESH
    assert center.due() == datetime(2029, 7, 1, tzinfo=UTC)


def test_a_confirmation_on_paper_counts_from_its_own_day(center: Center, now: datetime) -> None:
    center.verify("center", now + timedelta(days=200), on=date(2026, 9, 1))
    [(event, happened_at)] = center.take_facts()
    assert event == CenterVerified(verified_on=date(2026, 9, 1), by="center")
    assert happened_at == datetime(2026, 9, 1, tzinfo=UTC)
    assert center.due() == datetime(2027, 9, 1, tzinfo=UTC)


def test_confirming_what_is_known_already_changes_nothing(center: Center, happened: Happened, now: datetime) -> None:
    center.verify("center", now)
    center.verify("office", now, on=date(2026, 1, 15))
    assert happened(center) == []


def test_a_confirmation_must_be_of_this_past_year(register: Register, center: Center, now: datetime) -> None:
    old = register(verified_on=date(2020, 1, 1))
    with pytest.raises(VerificationTooOld):
        old.verify("center", now, on=date(2025, 3, 1))
    old.verify("center", now, on=date(2025, 3, 2))
    with pytest.raises(InTheFuture):
        center.verify("center", now, on=date(2026, 3, 9))


def test_a_center_verified_on_29_february_is_due_on_1_march(register: Register) -> None:
    leap = register(now=datetime(2028, 2, 29, 12, tzinfo=UTC))
    assert leap.due() == datetime(2029, 3, 1, tzinfo=UTC)


# ---- open or not


def test_a_pause_keeps_everything_and_ends(center: Center, happened: Happened, now: datetime) -> None:
    center.pause(PauseReason.RENOVATION, now, until=date(2026, 9, 1))
    assert center.snapshot().status is CenterStatus.PAUSED
    center.resume(now)
    assert happened(center) == [
        CenterPaused(reason="renovation", until=date(2026, 9, 1)),
        CenterReopened(after=CenterStatus.PAUSED),
    ]
    assert len(center.snapshot().services) == 2


def test_a_pause_is_asked_about_like_any_other_time(center: Center, now: datetime) -> None:
    center.pause(PauseReason.CRISIS, now)
    assert center.due() == datetime(2027, 3, 1, tzinfo=UTC)


def test_a_pause_cannot_end_before_it_begins(center: Center, now: datetime) -> None:
    with pytest.raises(EndsBeforeItBegan):
        center.pause(PauseReason.HOLIDAYS, now, on=date(2026, 2, 1), until=date(2026, 1, 31))
    center.pause(PauseReason.HOLIDAYS, now, on=date(2026, 2, 1), until=date(2026, 2, 20))


def test_a_closed_center_offers_nothing_and_is_asked_nothing(center: Center, happened: Happened, now: datetime) -> None:
    center.close(ClosingReason.MERGED, now, successor="brno")
    assert happened(center) == [
        CenterClosed(reason="merged", successor="brno", services_ended=("open-cafe", "language-course"))
    ]
    view = center.snapshot()
    assert (view.status, view.services, view.successor) == ("closed", (), "brno")
    assert center.due() is None
    center.ring(datetime(2030, 1, 1, tzinfo=UTC))
    assert happened(center) == []


def test_a_center_is_not_its_own_successor(center: Center, now: datetime) -> None:
    with pytest.raises(OwnSuccessor):
        center.close(ClosingReason.MERGED, now, successor=center.id)
    assert center.status is CenterStatus.ACTIVE


def test_a_reopened_center_is_itself_without_its_services(center: Center, happened: Happened, now: datetime) -> None:
    center.close(ClosingReason.NO_FUNDING, now, successor="brno")
    happened(center)
    center.reopen(now + timedelta(days=60))
    assert happened(center) == [CenterReopened(after=CenterStatus.CLOSED)]
    view = center.snapshot()
    assert (view.status, view.name, view.services, view.successor) == ("active", "Mateřské centrum Praha", (), None)
    center.offer(SERVICES.known("open-cafe"))
    assert center.snapshot().services[0].offer == "s3"


def test_a_center_that_closed_unanswered_gets_its_time_again_after_reopening(center: Center) -> None:
    center.ring(datetime(2027, 3, 1, tzinfo=UTC))
    center.close(ClosingReason.OTHER, datetime(2027, 4, 1, tzinfo=UTC))
    center.reopen(datetime(2028, 1, 1, tzinfo=UTC))
    assert center.answer_by == date(2028, 3, 31)
    assert center.due() == datetime(2028, 1, 31, tzinfo=UTC)


def test_a_lapsed_center_stays_lapsed_through_closing_and_reopening(center: Center, now: datetime) -> None:
    center.ring(datetime(2027, 3, 1, tzinfo=UTC))
    center.ring(datetime(2027, 6, 1, tzinfo=UTC))
    center.close(ClosingReason.OTHER, datetime(2027, 7, 1, tzinfo=UTC))
    center.reopen(datetime(2027, 8, 1, tzinfo=UTC))
    assert (center.check, center.due()) == (Check.LAPSED, None)


LATE_ENTRIES: list[tuple[str, dict[str, Any]]] = [
    ("pause", {"reason": PauseReason.OTHER}),
    ("close", {"reason": ClosingReason.OTHER}),
]


@pytest.mark.parametrize(("command", "fields"), LATE_ENTRIES)
def test_what_is_entered_three_weeks_late_happened_on_its_day(
    center: Center, now: datetime, command: str, fields: dict[str, Any]
) -> None:
    getattr(center, command)(**fields, now=now, on=date(2026, 2, 8))
    assert [at for _, at in center.take_facts()] == [datetime(2026, 2, 8, tzinfo=UTC)]
    back = center.resume if command == "pause" else center.reopen
    back(now, on=date(2026, 2, 20))
    assert [at for _, at in center.take_facts()] == [datetime(2026, 2, 20, tzinfo=UTC)]


def test_nothing_opens_or_shuts_in_the_future(center: Center, now: datetime) -> None:
    tomorrow_week = date(2026, 3, 9)
    with pytest.raises(InTheFuture):
        center.pause(PauseReason.OTHER, now, on=tomorrow_week)
    with pytest.raises(InTheFuture):
        center.close(ClosingReason.OTHER, now, on=tomorrow_week)
    center.pause(PauseReason.OTHER, now)
    with pytest.raises(InTheFuture):
        center.resume(now, on=tomorrow_week)
    center.close(ClosingReason.OTHER, now)
    with pytest.raises(InTheFuture):
        center.reopen(now, on=tomorrow_week)
    assert center.status is CenterStatus.CLOSED


def test_the_states_allow_only_their_own_ways_out(center: Center, now: datetime) -> None:
    with pytest.raises(WrongState):
        center.resume(now)
    with pytest.raises(WrongState):
        center.reopen(now)
    center.pause(PauseReason.OTHER, now)
    with pytest.raises(WrongState):
        center.pause(PauseReason.OTHER, now)
    center.close(ClosingReason.OTHER, now)
    assert center.paused_until is None


CLOSED_TO: dict[str, Callable[[Center, datetime], None]] = {
    "edit": lambda center, now: center.edit({"name": "Klub"}, now),
    "relocate": lambda center, now: center.relocate(BRNO, now),
    "offer": lambda center, now: center.offer(SERVICES.known("festival")),
    "verify": lambda center, now: center.verify("office", now),
    "pause": lambda center, now: center.pause(PauseReason.OTHER, now),
    "resume": lambda center, now: center.resume(now),
    "close": lambda center, now: center.close(ClosingReason.OTHER, now),
}


@pytest.mark.parametrize("command", CLOSED_TO)
def test_a_closed_center_refuses(center: Center, now: datetime, command: str) -> None:
    center.close(ClosingReason.WORK_DONE, now)
    before = center.model_dump()
    with pytest.raises(WrongState):
        CLOSED_TO[command](center, now)
    assert center.model_dump() == before
