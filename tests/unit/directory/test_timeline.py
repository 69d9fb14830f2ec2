"""The network on a past day: by when things happened, whenever they were entered."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.domain.center import Center, ClosingReason, PauseReason
from services.directory.domain.place import Place
from services.directory.domain.profile import Profile
from services.directory.views.timeline import PastCenter, PastMap, Timeline, tells
from shared.aggregate import Refusal
from shared.events.base import Recorded
from shared.events.catalogue import data_of
from shared.events.directory.center import CENTER, CenterStatus, Check, LocationVisibility
from shared.taxonomy import SERVICES

CAFE, COURSE, SHOP = (SERVICES.known(code) for code in ("open-cafe", "language-course", "second-hand-shop"))
PRAHA = Place(country="CZ", town="Praha")
BRNO = Place(country="CZ", town="Brno")
WIEN = Place(country="AT", town="Wien")


class House:
    """A center and its journal, with a clock of its own."""

    def __init__(
        self,
        id: str = "lipa",
        opened: date = date(2001, 5, 1),
        *,
        entered: date = date(2001, 5, 1),
        visibility: LocationVisibility = LocationVisibility.TOWN,
        verified: date | None = None,
    ) -> None:
        self.now = datetime(entered.year, entered.month, entered.day, 10, tzinfo=UTC)
        self.records: list[Recorded] = []
        profile = Profile(name="U Lípy", languages=("cs",), founded=opened.year)
        self.center = Center.register(
            id, profile, PRAHA, visibility, self.now, services=[CAFE, COURSE], verified_on=verified
        )
        self._journal(datetime(opened.year, opened.month, opened.day, tzinfo=UTC))

    def do(self, step: Callable[[Center, datetime], object], *, entered: date | None = None) -> "House":
        """Carries out a command, on the day it is entered."""
        if entered is not None:
            self.now = datetime(entered.year, entered.month, entered.day, 10, tzinfo=UTC)
        step(self.center, self.now)
        self._journal()
        return self

    def _journal(self, opened: datetime | None = None) -> None:
        for event, happened in self.center.take_facts():
            self.records.append(
                Recorded(
                    id=f"{self.center.id}-{len(self.records)}",
                    type=CENTER.type_of(type(event)),
                    topic=CENTER.topic,
                    key=self.center.id,
                    sequence=len(self.records) + 1,
                    happened=opened or happened or self.now,
                    recorded=self.now,
                    data=data_of(event, self.center.snapshot()),
                    correlation="test",
                )
            )


def fed(*houses: House) -> PastMap:
    past = PastMap()
    past.apply([record for house in houses for record in house.records])
    return past


def only(past: PastMap, day: date) -> PastCenter:
    [center] = past.on(day)
    return center


# ---- stories


def test_a_closing_that_was_entered_years_late_counts_from_the_day_it_happened() -> None:
    house = House()
    house.do(lambda c, now: c.edit({"languages": ("cs", "en")}, now), entered=date(2008, 3, 1))
    house.do(lambda c, now: c.close(ClosingReason.NO_FUNDING, now, date(2006, 5, 31)), entered=date(2009, 1, 15))
    past = fed(house)
    assert only(past, date(2006, 5, 30)).status is CenterStatus.ACTIVE
    assert only(past, date(2006, 5, 31)).status is CenterStatus.CLOSED
    then = only(past, date(2008, 7, 1))
    assert (then.status, then.languages, then.services) == (CenterStatus.CLOSED, ("cs", "en"), ())


def test_a_center_is_on_the_map_from_the_day_it_opened_not_from_the_day_it_was_entered() -> None:
    past = fed(House(opened=date(1992, 9, 1), entered=date(2026, 3, 1)))
    assert past.on(date(1992, 8, 31)) == []
    assert only(past, date(1992, 9, 1)).name == "U Lípy"
    assert past.count(date(2000, 1, 1)) == {("CZ", CenterStatus.ACTIVE): 1}


def test_nobody_had_confirmed_a_profile_before_the_day_it_was_confirmed() -> None:
    past = fed(House(opened=date(1992, 9, 1), entered=date(2026, 3, 1), verified=date(2026, 2, 1)))
    assert only(past, date(2026, 1, 31)).check is None
    assert only(past, date(2026, 2, 1)).check is Check.FRESH


def test_an_answer_on_paper_from_before_the_reminder_makes_the_reminder_moot() -> None:
    house = House(opened=date(2001, 5, 1))
    house.do(lambda c, now: c.ring(now), entered=date(2002, 5, 2))
    assert only(fed(house), date(2002, 5, 3)).check is Check.DUE
    house.do(lambda c, now: c.verify("center", now, date(2002, 4, 20)), entered=date(2002, 5, 10))
    assert only(fed(house), date(2002, 5, 3)).check is Check.FRESH
    house.do(lambda c, now: c.ring(now), entered=date(2003, 4, 21))
    assert only(fed(house), date(2003, 4, 21)).check is Check.DUE


def test_a_late_move_does_not_bring_back_what_a_snapshot_of_its_time_of_entry_says() -> None:
    house = House()
    house.do(lambda c, now: c.offer(SHOP), entered=date(2007, 1, 1))
    house.do(lambda c, now: c.relocate(BRNO, now, date(2004, 6, 1)), entered=date(2009, 1, 1))
    past = fed(house)
    assert [only(past, day).place.town for day in (date(2004, 5, 31), date(2004, 6, 1))] == ["Praha", "Brno"]
    assert [len(only(past, day).services) for day in (date(2006, 12, 31), date(2007, 1, 1))] == [2, 3]


def test_what_happened_before_a_center_came_into_the_directory_counts_from_its_first_day_there() -> None:
    house = House(opened=date(2026, 3, 1), entered=date(2026, 3, 1))
    house.do(lambda c, now: c.relocate(BRNO, now, date(1999, 1, 1)), entered=date(2026, 3, 2))
    assert only(fed(house), date(2026, 3, 1)).place.town == "Brno"


def test_a_center_that_opens_again_has_no_services_until_they_are_offered_anew() -> None:
    house = House()
    house.do(lambda c, now: c.close(ClosingReason.LOST_PREMISES, now), entered=date(2005, 1, 1))
    house.do(lambda c, now: c.reopen(now), entered=date(2006, 1, 1))
    assert only(fed(house), date(2006, 1, 1)).services == ()
    house.do(lambda c, now: c.offer(CAFE), entered=date(2006, 2, 1))
    assert [offer.offer for offer in only(fed(house), date(2006, 2, 1)).services] == ["s3"]
    assert [offer.offer for offer in only(fed(house), date(2004, 12, 31)).services] == ["s1", "s2"]


def test_of_two_facts_of_one_day_the_one_entered_later_knew_more() -> None:
    house = House()
    house.do(lambda c, now: c.pause(PauseReason.HOLIDAYS, now), entered=date(2005, 7, 1))
    house.do(lambda c, now: c.close(ClosingReason.OTHER, now, date(2005, 7, 1)), entered=date(2005, 9, 1))
    assert only(fed(house), date(2005, 7, 1)).status is CenterStatus.CLOSED


def test_the_answer_says_as_of_when_it_was_entered() -> None:
    house, other = House(), House("jiny", date(2003, 1, 1), entered=date(2003, 1, 1))
    past = fed(house, other)
    assert past.as_of(date(2000, 1, 1)) is None
    assert past.as_of(date(2002, 1, 1)) == datetime(2001, 5, 1, 10, tzinfo=UTC)
    house.do(lambda c, now: c.relocate(BRNO, now, date(2002, 1, 1)), entered=date(2010, 1, 1))
    past.apply(house.records)
    assert past.as_of(date(2001, 12, 31)) == datetime(2001, 5, 1, 10, tzinfo=UTC)
    assert past.as_of(date(2004, 1, 1)) == datetime(2010, 1, 1, 10, tzinfo=UTC)
    by_id = {center.id: center.recorded for center in past.on(date(2004, 1, 1))}
    assert by_id == {"lipa": datetime(2010, 1, 1, 10, tzinfo=UTC), "jiny": datetime(2003, 1, 1, 10, tzinfo=UTC)}


def test_centers_are_found_by_the_country_and_status_they_had_then() -> None:
    house, other = House(), House("jiny")
    house.do(lambda c, now: c.relocate(WIEN, now), entered=date(2010, 1, 1))
    house.do(lambda c, now: c.pause(PauseReason.MOVING, now), entered=date(2010, 1, 1))
    past = fed(house, other)
    assert [center.id for center in past.on(date(2009, 12, 31), "CZ")] == ["jiny", "lipa"]
    assert [center.id for center in past.on(date(2010, 1, 1), "AT", CenterStatus.PAUSED)] == ["lipa"]
    assert past.on(date(2010, 1, 1), "AT", CenterStatus.ACTIVE) == []


def test_a_duplicate_never_was_a_center_of_its_own() -> None:
    house, stays = House("twice"), House("lipa")
    house.do(lambda c, now: c.pause(PauseReason.MOVING, now), entered=date(2005, 1, 1))
    house.do(lambda c, now: c.close(ClosingReason.OTHER, now, successor="lipa"), entered=date(2009, 1, 1))
    *before, closing = house.records
    house.records = [*before, replace(closing, data={**closing.data, "reason": "duplicate"})]
    past = fed(house, stays)
    for day in (date(2002, 1, 1), date(2006, 1, 1), date(2010, 1, 1)):
        assert past.count(day) == {("CZ", CenterStatus.ACTIVE): 1, ("CZ", CenterStatus.CLOSED): 1}
        [closed] = past.on(day, status=CenterStatus.CLOSED)
        assert (closed.successor, closed.services, past.as_of(day)) == ("lipa", (), closing.recorded)

    house.do(lambda c, now: c.reopen(now), entered=date(2010, 1, 1))
    assert fed(house, stays).count(date(2002, 1, 1)) == {("CZ", CenterStatus.ACTIVE): 2}


# ---- today's visibility over all days


def test_a_center_that_hides_today_is_hidden_on_every_past_day() -> None:
    house = House()
    house.do(lambda c, now: c.relocate(BRNO, now), entered=date(2005, 1, 1))
    house.do(lambda c, now: c.show_location(LocationVisibility.HIDDEN), entered=date(2010, 1, 1))
    past = fed(house)
    for day in (date(2002, 1, 1), date(2006, 1, 1), date(2011, 1, 1)):
        center = only(past, day)
        assert (center.name, center.names, center.place.country) == ("Mother Center", {}, "CZ")
        assert (center.place.region, center.place.town, center.place.town_point) == (None, None, None)


def test_a_center_that_shows_itself_again_is_seen_on_the_days_it_was_hidden_too() -> None:
    house = House(visibility=LocationVisibility.HIDDEN)
    house.do(lambda c, now: c.edit({"name": "U Dubu"}, now), entered=date(2003, 1, 1))
    assert only(fed(house), date(2002, 1, 1)).place.town is None
    house.do(lambda c, now: c.show_location(LocationVisibility.TOWN), entered=date(2010, 1, 1))
    past = fed(house)
    assert only(past, date(2002, 1, 1)).place.town == "Praha"
    assert only(past, date(2003, 1, 1)).name == "U Dubu"


def test_where_a_center_was_while_hidden_is_never_known_when_it_moved_before_it_showed_itself() -> None:
    house = House(visibility=LocationVisibility.HIDDEN)
    house.do(lambda c, now: c.relocate(BRNO, now), entered=date(2005, 1, 1))
    house.do(lambda c, now: c.show_location(LocationVisibility.TOWN), entered=date(2010, 1, 1))
    assert [only(fed(house), day).place.town for day in (date(2004, 1, 1), date(2006, 1, 1))] == [None, "Brno"]


# ---- what it rests on


def test_every_event_of_a_center_is_about_something_on_the_map_or_known_not_to_be() -> None:
    """A new event must be placed here: what on the map is it about?"""
    about_nothing = {
        "LocationVisibilityChanged", "ClosedDaysChanged", "VerificationReminded", "ContactPersonNamed",
        "ContactPersonForgotten", "DuplicateAbsorbed",
    }  # fmt: skip
    snapshot: Any = CENTER.snapshot
    for event in CENTER.events:
        assert bool(tells(event, snapshot)) != (type(event).__name__ in about_nothing), type(event).__name__


def test_it_can_be_told_which_event_says_so() -> None:
    house = House()
    house.do(lambda c, now: c.close(ClosingReason.OTHER, now, date(2006, 5, 31)), entered=date(2009, 1, 15))
    timeline = Timeline("lipa")
    for record in house.records:
        timeline.apply(record)
    facts = timeline.explain(date(2007, 1, 1))
    assert (facts["status"].event, facts["status"].recorded.year) == ("CenterClosed", 2009)
    assert (facts["place"].event, facts["name"].event) == ("CenterRegistered", "CenterRegistered")
    assert "service s1" not in facts


def test_an_event_of_a_newer_release_changes_nothing_and_stops_nothing() -> None:
    house = House()
    [registered] = house.records
    past = fed(house)
    past.apply([replace(registered, type="org.mine.directory.CenterPainted.v1", sequence=2)])
    assert only(past, date(2002, 1, 1)).name == "U Lípy"


def test_an_event_that_does_not_fit_its_type_is_passed_over() -> None:
    house = House().do(lambda c, now: c.relocate(BRNO, now), entered=date(2005, 1, 1))
    registered, moved = house.records
    past = PastMap()
    past.apply([registered, replace(moved, data={"snapshot": {"town": 7}}), *House("jiny").records])
    assert [center.place.town for center in past.on(date(2006, 1, 1))] == ["Praha", "Praha"]


# ---- whatever is entered in whatever order

START = date(2001, 5, 1)
Step = Callable[[Center, datetime, date], object]

STEPS: list[Step] = [
    lambda c, now, on: c.edit({"name": f"Dům {now:%d}", "languages": ("cs", "uk")}, now),
    lambda c, now, on: c.edit({"founded": 1990}, now),
    lambda c, now, on: c.relocate(BRNO, now, on),
    lambda c, now, on: c.relocate(WIEN, now, on),
    lambda c, now, on: c.offer(SHOP),
    lambda c, now, on: c.pause_offer("s1"),
    lambda c, now, on: c.resume_offer("s1"),
    lambda c, now, on: c.withdraw_offer("s2"),
    lambda c, now, on: c.ring(now),
    lambda c, now, on: c.verify("center", now, on),
    lambda c, now, on: c.pause(PauseReason.OTHER, now, on),
    lambda c, now, on: c.resume(now, on),
    lambda c, now, on: c.close(ClosingReason.OTHER, now, on, "successor"),
    lambda c, now, on: c.reopen(now, on),
]
HIDING: list[Step] = [
    lambda c, now, on: c.show_location(LocationVisibility.HIDDEN),
    lambda c, now, on: c.show_location(LocationVisibility.TOWN),
]


def histories(steps: Sequence[Step]) -> st.SearchStrategy[House]:
    """A center that lives through random commands, entered up to four years late."""
    waits, late = st.integers(0, 300), st.one_of(st.just(0), st.integers(1, 1500))
    lives = st.lists(st.tuples(st.sampled_from(list(steps)), waits, late), max_size=25)
    return st.builds(_lived, st.integers(0, 4000), lives)


def _lived(registered_late: int, life: list[tuple[Step, int, int]]) -> House:
    house = House(opened=START, entered=START + timedelta(days=registered_late))
    for step, wait, late in life:
        house.now += timedelta(days=wait)
        on = max(date(2000, 1, 1), house.now.date() - timedelta(days=late))
        try:
            house.do(lambda center, now, step=step, on=on: step(center, now, on))  # type: ignore[misc]
        except Refusal:
            house.center.take_facts()
    return house


def days_of(house: House) -> list[date]:
    """Every day on which something may change, the days around it, and today."""
    days = {record.happened.date() for record in house.records} | {house.now.date(), START}
    return sorted(day + timedelta(days=step) for day in days for step in (-1, 0, 1))


STATUS = {
    "CenterRegistered": "active",
    "CenterPaused": "paused",
    "CenterClosed": "closed",
    "CenterReopened": "active",
}
CHECKS = {
    "CenterRegistered": "fresh",
    "CenterVerified": "fresh",
    "VerificationRequested": "due",
    "VerificationLapsed": "lapsed",
}


class Replay:
    """The journal of one center cut at a day, read in the plainest way by the rule as docs/architecture tells it."""

    def __init__(self, records: Sequence[Recorded], day: date) -> None:
        self.records, self.day = records, day
        self.begins = records[0].happened.date()

    def told(self) -> dict[str, Any] | None:
        if self.begins > self.day:
            return None
        status = self.latest(lambda record: name(record) in STATUS)
        closed = name(status) == "CenterClosed"
        return {
            "status": STATUS[name(status)],
            "successor": status.data["successor"] if closed else None,
            "country": self.latest(sets_place).data["snapshot"]["country"],
            "town": self.hideable("town", sets_place),
            "name": self.hideable("name", sets("name")),
            "languages": self.latest(sets("languages")).data["snapshot"]["languages"],
            "founded": self.latest(sets("founded")).data["snapshot"]["founded"],
            "services": [] if closed else [each for n in range(1, 30) for each in self.service(f"s{n}")],
            "check": self.check(),
        }

    def since(self, record: Recorded) -> date:
        return max(record.happened.date(), self.begins)

    def latest(self, about: Callable[[Recorded], bool]) -> Recorded:
        """The last to happen of those that had happened by the day; of one day's the last to be entered."""
        found = [record for record in self.records if self.since(record) <= self.day and about(record)]
        return max(found, key=lambda record: (self.since(record), record.sequence))

    def hideable(self, field: str, about: Callable[[Recorded], bool]) -> Any:
        """What the first snapshot shows that was taken before the next entry about the same."""
        fact = self.latest(about)
        for record in self.records[fact.sequence - 1 :]:
            if record is not fact and about(record):
                break
            if record.data["snapshot"]["location_visibility"] != "hidden":
                return record.data["snapshot"][field]
        return fact.data["snapshot"][field]

    def service(self, offer: str) -> list[Any]:
        def about(record: Recorded) -> bool:
            return ends_services(record) or record.data.get("offer") == offer or name(record) == "CenterRegistered"

        fact = self.latest(about)
        return [
            each for each in fact.data["snapshot"]["services"] if each["offer"] == offer and not ends_services(fact)
        ]

    def check(self) -> str | None:
        """What is known of the newest verification that was made by the day."""
        known = [
            (verified(record), since, record.sequence, CHECKS[name(record)])
            for record in self.records
            if name(record) in CHECKS
            for since in [max(self.since(record), verified(record))]
            if since <= self.day
        ]
        return max(known)[3] if known else None


def name(record: Recorded) -> str:
    return CENTER.types[record.type].__name__


def sets_place(record: Recorded) -> bool:
    return name(record) in ("CenterRegistered", "CenterRelocated")


def sets(field: str) -> Callable[[Recorded], bool]:
    return lambda record: (
        name(record) == "CenterRegistered"
        or (name(record) == "CenterProfileUpdated" and field in record.data["changed"])
    )


def ends_services(record: Recorded) -> bool:
    return name(record) == "CenterClosed" or (name(record) == "CenterReopened" and record.data["after"] == "closed")


def verified(record: Recorded) -> date:
    return date.fromisoformat(record.data.get("last_verified_on") or record.data["snapshot"]["verified_on"])


def as_told(center: PastCenter | None) -> dict[str, Any] | None:
    """In the words of `Replay`."""
    if center is None:
        return None
    return {
        "status": center.status.value,
        "successor": center.successor,
        "country": center.place.country,
        "town": center.place.town,
        "name": center.name,
        "languages": list(center.languages),
        "founded": center.founded,
        "services": [offer.model_dump(mode="json") for offer in center.services],
        "check": center.check and center.check.value,
    }


@settings(max_examples=60)
@given(histories([*STEPS, *HIDING]))
def test_the_map_of_a_past_day_is_the_journal_replayed_up_to_that_day(house: House) -> None:
    timeline = Timeline("lipa")
    for record in house.records:
        timeline.apply(record)
    for day in days_of(house):
        assert as_told(timeline.on(day)) == Replay(house.records, day).told(), day


@settings(max_examples=60)
@given(histories(STEPS))
def test_what_happened_after_a_day_is_not_needed_to_answer_for_that_day(house: House) -> None:
    whole = fed(house)
    for day in days_of(house):
        cut = PastMap()
        cut.apply([record for record in house.records if record.happened.date() <= day])
        assert (cut.on(day), cut.as_of(day)) == (whole.on(day), whole.as_of(day))


@settings(max_examples=60)
@given(histories(STEPS))
def test_a_late_fact_changes_no_day_before_its_own(house: House) -> None:
    past = PastMap()
    days = days_of(house)
    for record in house.records:
        before = {day: (past.on(day), past.as_of(day)) for day in days if day < record.happened.date()}
        past.apply([record])
        assert {day: (past.on(day), past.as_of(day)) for day in before} == before


@settings(max_examples=60)
@given(histories([*STEPS, *HIDING]), st.randoms(use_true_random=False))
def test_repeats_and_other_centers_between_change_nothing(house: House, random: Any) -> None:
    stream: list[Recorded] = []
    for record in house.records:
        stream += [record, *random.sample(stream, min(len(stream), 2)), *House("jiny").records]
    past = PastMap()
    past.apply(stream)
    for day in days_of(house):
        assert [center for center in past.on(day) if center.id == "lipa"] == fed(house).on(day)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 300)), max_size=25))
def test_entered_in_the_order_in_which_it_happened_today_is_how_the_center_is(life: list[tuple[Step, int]]) -> None:
    house = _lived(0, [(step, wait, 0) for step, wait in life])
    [seen] = fed(house).on(house.now.date())
    now = house.center.snapshot()
    assert (seen.status, seen.successor, seen.check, seen.verified_on) == (
        now.status, now.successor, now.check, now.verified_on,
    )  # fmt: skip
    assert (seen.name, seen.place.town, seen.languages, seen.founded) == (
        now.name,
        now.town,
        now.languages,
        now.founded,
    )
    assert seen.services == now.services


@settings(max_examples=60)
@given(histories([*STEPS, *HIDING]))
def test_whoever_hides_today_has_no_town_on_any_day(house: House) -> None:
    past = fed(house)
    for day in days_of(house):
        for center in past.on(day):
            if house.center.visibility is LocationVisibility.HIDDEN:
                assert (center.place.town, center.name) == (None, "Mother Center")


@pytest.mark.parametrize("day", [date.min, date(1900, 1, 1), date.max])
def test_any_day_can_be_asked_for(day: date) -> None:
    assert len(fed(House()).on(day)) == (day == date.max)
