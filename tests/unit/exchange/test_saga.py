"""Visits and calendars together, whatever order the world takes.

The real policies and aggregates, with a delivery that does everything a broker, several replicas and crashes can do:
events of different aggregates in any order, any event again at any time, other things happening between what a policy
read and what it commands, a process that dies after some of the commands that an event leads to, and events that are
set aside as dead letters and tried again much later. Only the order in which one aggregate's other events first arrive
is kept. Commands are not even remembered: the rounds alone have to make repeats harmless.

At every moment no house has more guests than room. When everything has been delivered, every promised place belongs
to the visit that counts on it and every such visit has its place; nobody is stuck between two steps, and nobody waits
while there is a house, nor for a center that has closed.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.exchange.domain.calendar import PlaceStatus
from services.exchange.domain.center import Center
from services.exchange.domain.commitment import Commitment
from services.exchange.domain.host_offer import HostOffer, Terms
from services.exchange.domain.matching import House, rank
from services.exchange.domain.visit import (
    AGREED,
    OPEN,
    PROMISED,
    SEEKING,
    DeclineReason,
    Party,
    Question,
    Request,
    Visit,
)
from services.exchange.reactions.matching import MATCHING
from shared.aggregate import Aggregate, NotFound, Refusal
from shared.clock import ManualClock
from shared.commands import Loaded
from shared.events.base import Event, Received, Recorded
from shared.events.directory import center as told
from shared.events.exchange.host_offer import HOST_OFFER
from shared.events.exchange.terms import Days
from shared.events.exchange.visit import VISIT, Side, VisitStatus
from shared.reactions import Change, Policy
from shared.world import World

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUSES = ("house-a", "house-b", "house-c")
GUESTS = ("guest-x", "guest-y")
COUNTS_ON_ITS_PLACE = PROMISED | {VisitStatus.HELD, VisitStatus.DISPUTED, VisitStatus.REPORTED}
HAS_CONFIRMED = COUNTS_ON_ITS_PLACE - {VisitStatus.MATCHED, VisitStatus.ACCEPTED}

Key = tuple[str, str]


class FakeRepository:
    """Aggregates in a dictionary."""

    def __init__(self, held: dict[str, Any]) -> None:
        self._held = held

    async def get(self, id: str) -> Loaded[Any]:
        if id not in self._held:
            raise NotFound("not here", id=id)
        return Loaded(self._held[id].model_copy(deep=True), 1, START)

    async def find(self, where: dict[str, Any], **_: Any) -> list[Loaded[Any]]:
        found = [each for _, each in sorted(self._held.items()) if self._fits(each, where)]
        return [Loaded(each.model_copy(deep=True), 1, START) for each in found]

    @staticmethod
    def _fits(aggregate: Any, where: dict[str, Any]) -> bool:
        for path, wanted in where.items():
            if path == "_id":
                if aggregate.id <= wanted["$gt"]:
                    return False
                continue
            value = getattr(aggregate, path.removeprefix("state."))
            values = value if isinstance(value, list) else [value]
            allowed = wanted["$in"] if isinstance(wanted, dict) else [wanted]
            if not set(values) & set(allowed):
                return False
        return True


class FakeMirror:
    """The centers as their newest delivered event told."""

    def __init__(self) -> None:
        self.copies: dict[str, dict[str, Any]] = {}

    async def get(self, id: str) -> dict[str, Any] | None:
        return self.copies.get(id)

    async def get_many(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {id: self.copies[id] for id in ids if id in self.copies}

    async def find(self, where: Any = None, **_: Any) -> list[dict[str, Any]]:
        return list(self.copies.values())


@dataclass
class Simulation:
    """The exchange, its events, and what of them has been delivered."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    visits: dict[str, Visit] = field(default_factory=dict)
    offers: dict[str, HostOffer] = field(default_factory=dict)
    log: dict[Key, list[Received[Any]]] = field(default_factory=lambda: defaultdict(list))
    delivered: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    centers: dict[str, told.CenterSnapshot] = field(default_factory=dict)
    mirror: FakeMirror = field(default_factory=FakeMirror)
    under_way: list[Callable[[], None]] = field(default_factory=list)
    """Requests whose service has read what it needs and not written yet."""
    in_hand: dict[Key, tuple[int, list[Any]]] = field(default_factory=dict)
    """Events whose policies have read what they need, and what they are about to command."""
    dead: list[tuple[Key, int]] = field(default_factory=list)

    # ---- the world, as policies see it

    def repository(self, aggregate: type[Aggregate]) -> FakeRepository:
        if aggregate is Commitment:
            return FakeRepository({})  # no visit here gets as far as a report
        return FakeRepository(cast(dict[str, Any], self.visits if aggregate is Visit else self.offers))

    def known(self, center: str) -> Center:
        """A center as far as the news of it have arrived."""
        return Center.model_validate({**self.mirror.copies[center], "id": center})

    # ---- commands

    def attempt(self, aggregate: type[Aggregate], id: str, decide: Any) -> None:
        """A command on an aggregate that may refuse it."""
        held = cast(dict[str, Any], self.visits if aggregate is Visit else self.offers)
        if id not in held:
            return
        changed = held[id].model_copy(deep=True)
        try:
            decide(changed, self.clock.now())
        except Refusal:
            return
        self.commit(changed)

    def create(self, build: Callable[[], Any]) -> None:
        """A command that creates, unless it is refused."""
        try:
            created = build()
        except Refusal:
            return
        self.commit(created)

    def enter(self, request: Callable[[], None], *, at_once: bool) -> None:
        """Writes what a request decided, now or after other things have happened."""
        if at_once:
            request()
        else:
            self.under_way.append(request)

    def commit(self, changed: Any) -> None:
        """Keeps the aggregate and its events; a change without an event would be lost to the others."""
        held = cast(dict[str, Any], self.visits if isinstance(changed, Visit) else self.offers)
        facts = changed.take_facts()
        before = held.get(changed.id)
        assert facts or (before is not None and changed.model_dump() == before.model_dump()), "changed in silence"
        held[changed.id] = type(changed).model_validate(changed.model_dump(mode="json"))
        for event, _ in facts:
            self.tell(changed.stream, changed.id, event, changed.snapshot())
        self.check_capacity()

    def tell(self, stream: Any, key: str, event: Event, snapshot: Any) -> None:
        events = self.log[stream.topic, key]
        record = Recorded(
            id=f"{key}/{len(events) + 1}",
            type=stream.type_of(type(event)),
            topic=stream.topic,
            key=key,
            sequence=len(events) + 1,
            happened=self.clock.now(),
            recorded=self.clock.now(),
            data={},
            correlation="",
        )
        events.append(Received(record, event, snapshot))

    def directory(self, id: str, event: Event, **changed: Any) -> None:
        self.centers[id] = self.centers[id].model_copy(update=changed)
        self.tell(told.CENTER, id, event, self.centers[id])

    # ---- delivery

    def waiting(self) -> list[Key]:
        return sorted(
            key for key, events in self.log.items() if self.delivered[key] < len(events) and key not in self.in_hand
        )

    def deliver(self, key: Key, number: int, dies_after: int | None = None) -> None:
        """Hands one event to all policies; with ``dies_after`` only so many of their commands are carried out."""
        self.carry_out(self.decide(key, number)[:dies_after])
        if dies_after is None:
            self.delivered[key] = max(self.delivered[key], number + 1)

    def decide(self, key: Key, number: int) -> list[Any]:
        """What the policies want done about an event."""
        event = self.log[key][number]
        if event.record.topic == told.CENTER.topic:
            self._mirrored(event)
        return [intent for policy in MATCHING for intent in self._decided(policy, event)]

    def carry_out(self, intents: Sequence[Any]) -> None:
        for intent in intents:
            assert isinstance(intent, Change)
            self.attempt(intent.aggregate, intent.id, intent.decide)

    def take_in_hand(self, key: Key) -> None:
        """A replica reads what it needs for the next event of an aggregate; others go on meanwhile."""
        self.in_hand[key] = (self.delivered[key], self.decide(key, self.delivered[key]))

    def finish(self, key: Key) -> None:
        """The replica carries out what it has decided."""
        number, intents = self.in_hand.pop(key)
        self.carry_out(intents)
        self.delivered[key] = number + 1

    def set_aside(self, key: Key) -> None:
        """The next event of an aggregate becomes a dead letter; the mirror has taken it over all the same."""
        self.decide(key, self.delivered[key])
        self.dead.append((key, self.delivered[key]))
        self.delivered[key] += 1

    def _mirrored(self, event: Received[Any]) -> None:
        copy = self.mirror.copies.get(event.key)
        if copy is None or copy["version"] < event.record.sequence:
            kept = event.snapshot.model_dump(mode="json")
            self.mirror.copies[event.key] = {**kept, "_id": event.key, "version": event.record.sequence}

    def _decided(self, policy: Policy, event: Received[Any]) -> list[Any]:
        if event.record.topic != policy.stream.topic or not isinstance(event.event, policy.events):
            return []
        world = cast(World, _World(self))
        return list(asyncio.run(_reacted(policy, event, world)))

    def settle(self) -> None:
        """Everything that was begun ends, and everything there is gets delivered, until all is quiet."""
        while self.under_way:
            self.under_way.pop()()
        for key in sorted(self.in_hand):
            self.finish(key)
        while self.dead:
            self.deliver(*self.dead.pop())
        for _ in range(3000):
            waiting = self.waiting()
            if not waiting:
                return
            self.deliver(waiting[0], self.delivered[waiting[0]])
        raise AssertionError("visits and calendars never come to rest")

    def ring(self) -> None:
        for id, visit in list(self.visits.items()):
            due = visit.due()
            if due is not None and due <= self.clock.now():
                self.attempt(Visit, id, lambda it, now: it.ring(now))

    # ---- what must hold

    def check_capacity(self) -> None:
        for offer in self.offers.values():
            load = offer.calendar.load()
            today = self.clock.now().date()
            over = {day: guests for day, guests in load.items() if day >= today and guests > offer.calendar.capacity}
            assert not over, f"{offer.id} is overbooked: {over}"

    def check_rest(self) -> None:
        promised = {
            (offer.id, id, place.round, place.days.first, place.guests): place.status
            for offer in self.offers.values()
            for id, place in offer.calendar.places.items()
            if place.promised
        }
        expected = {
            (visit.place.host, visit.id, visit.place.round, visit.place.days.first, visit.party.guests): (
                PlaceStatus.TAKEN if visit.status in HAS_CONFIRMED else PlaceStatus.HELD
            )
            for visit in self.visits.values()
            if visit.status in COUNTS_ON_ITS_PLACE and visit.place is not None
        }
        assert promised == expected
        for visit in self.visits.values():
            assert visit.status not in SEEKING, f"{visit.id} is stuck"
            if visit.status in OPEN and not (visit.place and visit.place.days.first <= self.clock.now().date()):
                closed = self.known(visit.guest).status is told.CenterStatus.CLOSED
                assert not closed, f"{visit.id} is asked for by a closed center"
            if visit.status is VisitStatus.WAITLISTED:
                assert not self._suitable(visit), f"{visit.id} waits though there is a house"
            if visit.status in PROMISED and visit.place and visit.place.days.first > self.clock.now().date():
                assert self.offers[visit.place.host].hosts, f"{visit.id} counts on a house that does not host"

    def _suitable(self, visit: Visit) -> list[str]:
        houses = [House(offer, self.known(offer.id)) for offer in self.offers.values()]
        return [found.host for found in rank(visit.wish(None), houses, self.clock.now().date())]


class _World:
    """What policies reach."""

    def __init__(self, simulation: Simulation) -> None:
        self.clock = simulation.clock
        self.repository = simulation.repository
        self._mirror = simulation.mirror

    def mirror(self, name: str) -> FakeMirror:
        assert name == "centers"
        return self._mirror


async def _reacted(policy: Policy, event: Received[Any], world: World) -> Sequence[Any]:
    return await policy.react(event, world)


# ---- what people, the directory, time and the broker can do


def opening() -> Simulation:
    """Three houses, the smallest for one visit only, and two guests."""
    simulation = Simulation()
    for id in (*HOUSES, *GUESTS):
        simulation.centers[id] = told.CENTER.snapshot.model_copy(  # type: ignore[assignment]
            update={"name": id, "country": "CZ" if id in GUESTS else "DE"}
        )
        simulation.directory(id, told.CenterRegistered())
    simulation.settle()
    return simulation


def offers_hosting(simulation: Simulation, a: int, b: int) -> None:
    id = HOUSES[a % 3]
    center = simulation.known(id)
    terms = Terms(topics=("founding-a-center",), languages=("de",), capacity=(4, 4, 8)[b % 3])

    def enter() -> None:
        if id not in simulation.offers:
            simulation.create(lambda: HostOffer.offer(center, terms, simulation.clock.now()))

    simulation.enter(enter, at_once=b % 2 == 0)


def asks(simulation: Simulation, a: int, b: int) -> None:
    guest = simulation.known(GUESTS[a % 2])
    begin = simulation.clock.now().date() + timedelta(days=20)
    request = Request(
        questions=(Question(topic="founding-a-center", text="?", language="de"),),
        party=Party(guests=2 + b % 3),
        window=Days(first=begin, last=begin + timedelta(days=(3, 5, 30)[b % 3])),
        length=3,
        languages=("de",),
    )

    def enter() -> None:
        id = f"visit-{len(simulation.visits)}"
        if len(simulation.visits) < 6:
            simulation.create(lambda: Visit.request(id, guest, request, simulation.clock.now()))

    simulation.enter(enter, at_once=b % 2 == 0)


def is_entered(simulation: Simulation, a: int, b: int) -> None:
    if simulation.under_way:
        simulation.under_way.pop(a % len(simulation.under_way))()


def _some_visit(simulation: Simulation, a: int) -> Visit | None:
    ids = sorted(simulation.visits)
    return simulation.visits[ids[a % len(ids)]] if ids else None


def answers(simulation: Simulation, a: int, b: int) -> None:
    visit = _some_visit(simulation, a)
    if visit is None:
        return
    host = visit.host or HOUSES[b % 3]

    def decide(it: Visit, now: datetime) -> None:
        steps = (
            lambda: it.accept(host, now),
            lambda: it.accept(host, now),
            lambda: it.confirm(it.guest, now),
            lambda: it.confirm(it.guest, now),
            lambda: it.decline(host, DeclineReason.NO_TIME, now),
            lambda: it.cancel(it.guest, now),
            lambda: it.state_attendance(Side.GUEST, it.guest, b % 5 != 0, now),
            lambda: it.state_attendance(Side.HOST, host, b % 7 != 0, now),
        )
        steps[b % len(steps)]()

    simulation.attempt(Visit, visit.id, decide)


def goes_well(simulation: Simulation, a: int, b: int) -> None:
    """The natural next step of a visit, up to its end."""
    visit = _some_visit(simulation, a)
    if visit is None or visit.place is None:
        return
    host, status = visit.place.host, visit.status
    if status is VisitStatus.MATCHED:
        simulation.attempt(Visit, visit.id, lambda it, now: it.accept(host, now))
    elif status is VisitStatus.ACCEPTED:
        simulation.attempt(Visit, visit.id, lambda it, now: it.confirm(it.guest, now))
    elif status in AGREED:
        for side, center in ((Side.GUEST, visit.guest), (Side.HOST, host)):
            held = (b // (2 if side is Side.GUEST else 3)) % 4 != 0
            simulation.attempt(
                Visit, visit.id, lambda it, now, s=side, c=center, h=held: it.state_attendance(s, c, h, now)
            )
    elif status is VisitStatus.DISPUTED:
        simulation.attempt(Visit, visit.id, lambda it, now: it.settle(b % 2 == 0, now))


def changes_hosting(simulation: Simulation, a: int, b: int) -> None:
    def decide(it: HostOffer, now: datetime) -> None:
        terms = it.terms().model_copy(update={"capacity": 3 + b % 6})
        (it.pause, it.resume, it.withdraw, it.resume, lambda now: it.change(terms, now))[b % 5](now)

    simulation.attempt(HostOffer, HOUSES[a % 3], decide)


def directory_says(simulation: Simulation, a: int, b: int) -> None:
    id = (*HOUSES, *GUESTS)[a % 5]
    active, paused, closed = told.CenterStatus.ACTIVE, told.CenterStatus.PAUSED, told.CenterStatus.CLOSED
    happenings: tuple[tuple[Event, dict[str, Any]], ...] = (
        (told.CenterPaused(reason="holidays"), {"status": paused}),
        (told.CenterReopened(after=paused), {"status": active}),
        (told.CenterClosed(reason="merged"), {"status": closed}),
        (told.CenterReopened(after=closed), {"status": active}),
        (told.VerificationLapsed(last_verified_on=date(2025, 1, 1)), {"check": told.Check.LAPSED}),
        (told.CenterVerified(verified_on=date(2026, 3, 1), by="center"), {"check": told.Check.FRESH}),
    )
    back = 5 if simulation.centers[id].status is active else 1
    event, changed = happenings[back if b % 3 else b % len(happenings)]  # mostly good news, or nothing is ever held
    simulation.directory(id, event, **changed)


def time_passes(simulation: Simulation, a: int, b: int) -> None:
    simulation.clock.move(timedelta(days=(1, 7, 15)[a % 3]))
    simulation.ring()


def is_delivered(simulation: Simulation, a: int, b: int) -> None:
    waiting = simulation.waiting()
    if waiting:
        key = waiting[a % len(waiting)]
        simulation.deliver(key, simulation.delivered[key])


def dies_while_delivering(simulation: Simulation, a: int, b: int) -> None:
    waiting = simulation.waiting()
    if waiting:
        key = waiting[a % len(waiting)]
        simulation.deliver(key, simulation.delivered[key], dies_after=b % 3)


def is_delivered_again(simulation: Simulation, a: int, b: int) -> None:
    keys = sorted(key for key, count in simulation.delivered.items() if count)
    if keys:
        key = keys[a % len(keys)]
        simulation.deliver(key, b % simulation.delivered[key])


def is_taken_in_hand(simulation: Simulation, a: int, b: int) -> None:
    waiting = simulation.waiting()
    if waiting:
        simulation.take_in_hand(waiting[a % len(waiting)])


def is_finished(simulation: Simulation, a: int, b: int) -> None:
    if simulation.in_hand:
        simulation.finish(sorted(simulation.in_hand)[a % len(simulation.in_hand)])


def is_set_aside(simulation: Simulation, a: int, b: int) -> None:
    waiting = simulation.waiting()
    if waiting and b % 3 == 0:
        simulation.set_aside(waiting[a % len(waiting)])


def is_tried_again(simulation: Simulation, a: int, b: int) -> None:
    if simulation.dead:
        simulation.deliver(*simulation.dead.pop(a % len(simulation.dead)))


STEPS = (
    offers_hosting,
    offers_hosting,
    asks,
    asks,
    is_entered,
    answers,
    goes_well,
    goes_well,
    goes_well,
    changes_hosting,
    directory_says,
    time_passes,
    is_delivered,
    is_delivered,
    is_delivered,
    is_delivered,
    dies_while_delivering,
    is_delivered_again,
    is_taken_in_hand,
    is_taken_in_hand,
    is_finished,
    is_finished,
    is_set_aside,
    is_tried_again,
)


def played(simulation: Simulation, chance: random.Random, length: int, steps: Sequence[Any]) -> None:
    """So many steps by chance, then rest."""
    for _ in range(length):
        chance.choice(steps)(simulation, chance.randrange(30), chance.randrange(210))
    simulation.settle()
    simulation.check_rest()


@pytest.mark.timeout(600)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), length=st.integers(0, 150))
def test_no_place_leaks_whatever_the_order_and_no_house_is_ever_overbooked(seed: int, length: int) -> None:
    chance = random.Random(seed)
    simulation = opening()
    offers_hosting(simulation, chance.randrange(3), 0)
    played(simulation, chance, length, STEPS)


@pytest.mark.timeout(600)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), length=st.integers(0, 120))
def test_many_visits_that_want_the_same_small_houses_all_find_rest(seed: int, length: int) -> None:
    simulation = opening()
    for number in range(3):
        offers_hosting(simulation, number, 0)
    for number in range(6):
        asks(simulation, number, 0)
    played(
        simulation, random.Random(seed), length, (is_delivered, answers, is_delivered_again, goes_well, is_delivered)
    )


# ---- what chance seldom finds


def _status(simulation: Simulation) -> str:
    return simulation.visits["visit-0"].status.value


def test_a_center_that_pauses_while_it_makes_its_offer_hosts_nobody_until_it_is_back() -> None:
    simulation = opening()
    offers_hosting(simulation, 0, 1)
    assert simulation.under_way, "the offer is decided on what was known, and not written yet"
    simulation.directory("house-a", told.CenterPaused(reason="holidays"), status=told.CenterStatus.PAUSED)
    simulation.deliver((told.CENTER.topic, "house-a"), 1)
    simulation.settle()
    assert simulation.offers["house-a"].barred == ["center-paused"]
    asks(simulation, 0, 0)
    simulation.settle()
    assert _status(simulation) == "waitlisted"
    simulation.directory(
        "house-a", told.CenterReopened(after=told.CenterStatus.PAUSED), status=told.CenterStatus.ACTIVE
    )
    simulation.settle()
    assert _status(simulation) == "matched"


def test_news_that_two_replicas_take_over_in_the_wrong_order_are_put_right() -> None:
    simulation = opening()
    offers_hosting(simulation, 0, 1)
    simulation.directory("house-a", told.CenterPaused(reason="holidays"), status=told.CenterStatus.PAUSED)
    simulation.deliver((told.CENTER.topic, "house-a"), 1)
    simulation.under_way.pop()()
    offered = (HOST_OFFER.topic, "house-a")
    simulation.take_in_hand(offered)
    simulation.directory(
        "house-a", told.CenterReopened(after=told.CenterStatus.PAUSED), status=told.CenterStatus.ACTIVE
    )
    simulation.deliver((told.CENTER.topic, "house-a"), 2)
    simulation.finish(offered)
    assert simulation.offers["house-a"].barred == ["center-paused"], "the older news came last"
    simulation.settle()
    assert simulation.offers["house-a"].hosts


def test_a_guest_that_closes_while_it_asks_visits_nobody() -> None:
    simulation = opening()
    asks(simulation, 0, 1)
    simulation.directory("guest-x", told.CenterClosed(reason="merged"), status=told.CenterStatus.CLOSED)
    simulation.deliver((told.CENTER.topic, "guest-x"), 1)
    simulation.settle()
    assert _status(simulation) == "cancelled"


def test_a_house_that_offers_while_a_visit_is_put_on_the_waiting_list_is_not_missed() -> None:
    simulation = opening()
    asks(simulation, 0, 0)
    visit = (VISIT.topic, "visit-0")
    simulation.take_in_hand(visit)
    offers_hosting(simulation, 0, 0)
    simulation.deliver((HOST_OFFER.topic, "house-a"), 0)
    simulation.finish(visit)
    assert _status(simulation) == "waitlisted"
    simulation.settle()
    assert _status(simulation) == "matched"
