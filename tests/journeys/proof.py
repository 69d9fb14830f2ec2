"""What must be true when all is quiet again, seen from the topics and the databases. Each function states one thing."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo import MongoClient

from deploy.network import Network
from services.campaign.service import SERVICE as CAMPAIGN
from services.directory.service import SERVICE as DIRECTORY
from services.exchange.service import SERVICE as EXCHANGE
from services.newsletter.service import SERVICE as NEWSLETTER
from shared.events import catalogue
from shared.events.unreadable import Unreadable
from shared.messaging import wire
from shared.service import Service
from tests.journeys import foreign
from tests.journeys.crowd import Notebook
from tests.journeys.foreign import Seen

SERVICES: tuple[Service, ...] = (DIRECTORY, EXCHANGE, NEWSLETTER, CAMPAIGN)
QUIET_WITHIN_S = 240.0

Databases = MongoClient[dict[str, Any]]


def event_topics() -> list[str]:
    """Every topic of events in the network."""
    return [stream.topic for stream in catalogue.streams()]


def read_events(network: Network) -> list[Seen]:
    """Everything on the topics, but for records that tests put there by hand (their keys begin with ``forged``)."""
    records = foreign.read(network.address("kafka"), *event_topics())
    return [seen for seen in records if not (seen.key or "forged").startswith("forged")]


def once(records: Iterable[Seen]) -> list[Seen]:
    """Each event once, where it was first seen: a topic may hold it more than once."""
    return list({seen.id: seen for seen in reversed(list(records))}.values())[::-1]


def until_quiet(network: Network, databases: Databases) -> None:
    """Returns when every service has handled all there is on its topics, and every outbox is empty.

    The commits are looked at first, then the outboxes, then the ends of the topics: a reaction that was committed has
    its events in an outbox or on a topic, so whatever was still to come is seen by one of the three.
    """
    deadline = time.monotonic() + QUIET_WITHIN_S
    while True:
        behind = {service.name: _behind(network, databases, service) for service in SERVICES}
        if not any(behind.values()):
            return
        assert time.monotonic() < deadline, f"no quiet within {QUIET_WITHIN_S:.0f} s: {behind}"
        time.sleep(0.5)


def _behind(network: Network, databases: Databases, service: Service) -> int:
    topics = {each.stream.topic for each in service.mirrors} | {each.stream.topic for each in service.policies}
    own = databases[service.name]
    waiting = sum(
        own[aggregate.stream.aggregate].count_documents({"outbox.sequence": {"$gte": 1}})
        for aggregate in service.aggregates
    )
    return waiting + foreign.lag(network.address("kafka"), service.name, topics)


# ---- the topics


def versions_are_contiguous(records: Sequence[Seen]) -> None:
    """A reader may see an event twice, never n+2 before n+1, and never two events with one number."""
    reached: dict[tuple[str, str | None], int] = defaultdict(int)
    holders: dict[tuple[str, str | None, int], str] = {}
    for seen in records:
        place = (seen.topic, seen.key)
        assert seen.sequence <= reached[place] + 1, f"{place} jumps from {reached[place]} to {seen.sequence}"
        reached[place] = max(reached[place], seen.sequence)
        holder = holders.setdefault((*place, seen.sequence), seen.id)
        assert holder == seen.id, f"{place} has two events number {seen.sequence}"


def every_accepted_command_has_exactly_one_effect(notebook: Notebook, records: Sequence[Seen]) -> None:
    """An accepted command's events are those of its receipt, at its versions, once; a refused one has none."""
    caused = defaultdict(list)
    for seen in once(records):
        if seen.cause is None:
            caused[seen.correlation].append(seen)
    for correlation, told in notebook.answers.items():
        effect = [(seen.key, seen.sequence, seen.kind) for seen in caused[correlation]]
        if told.receipt:
            events, last = told.receipt["events"], told.receipt["version"]
            first = last - len(events) + 1
            said = [(told.receipt["id"], first + number, kind) for number, kind in enumerate(events)]
            assert effect == said, f"{correlation}: the receipt says {said}, the topic {effect}"
        elif told.accepted:
            assert [kind for *_, kind in effect] == ["SubscriptionRequested"], f"{correlation}: {effect}"
        else:
            assert not effect, f"{correlation} was refused ({told.status}), and did {effect}"


def no_reaction_happened_twice(records: Sequence[Seen]) -> None:
    """One event leads to at most one event of a kind on any other aggregate."""
    times = Counter((seen.topic, seen.key, seen.kind, seen.cause) for seen in once(records) if seen.cause)
    twice = [place for place, count in times.items() if count > 1]
    assert not twice, f"reactions with two effects: {twice[:5]}"


def every_opening_proposed_one_piece_of_news(records: Sequence[Seen]) -> None:
    """A center that was registered (not taken over from a list) or reopened is proposed as news once."""
    events = once(records)
    worth_telling = [
        seen.id
        for seen in events
        if seen.kind == "CenterReopened" or (seen.kind == "CenterRegistered" and not seen.data["imported"])
    ]
    told = Counter(seen.cause for seen in events if seen.kind == "NewsItemProposed")
    assert worth_telling
    wrong = {cause: told[cause] for cause in worth_telling if told[cause] != 1}
    assert not wrong, f"proposed not once but: {wrong}"


def every_question_for_a_place_was_answered_once(records: Sequence[Seen]) -> None:
    """The calendar answers each question of a visit with held or refused; or the visit had let go of it before."""
    answers: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for seen in once(records):
        if seen.kind in ("PlaceHeld", "PlaceRefused", "PlaceReleased"):
            answers[str(seen.key), seen.data["visit"], seen.data["round"]].append(seen.kind)
    asked = [seen for seen in once(records) if seen.kind == "PlaceRequested"]
    assert asked
    for seen in asked:
        told = answers[seen.data["host"], str(seen.key), seen.data["round"]]
        assert told in (["PlaceHeld"], ["PlaceRefused"], ["PlaceReleased"], ["PlaceHeld", "PlaceReleased"]), (
            f"visit {seen.key}, round {seen.data['round']}: {told or 'no answer'}"
        )


def calendars_hold_what_visits_were_promised(records: Sequence[Seen], houses: Iterable[str]) -> None:
    """For each of ``houses``: places held are its matched and accepted visits, places taken its confirmed ones."""
    last = {(seen.topic, seen.key): seen.data["snapshot"] for seen in sorted(records, key=lambda seen: seen.sequence)}
    visits = Counter(
        (snapshot["host"], snapshot["status"]) for (topic, _), snapshot in last.items() if topic == "exchange.visit.v1"
    )
    for house in houses:
        offer = last["exchange.host-offer.v1", house]
        held = visits[house, "matched"] + visits[house, "accepted"]
        taken = visits[house, "confirmed"] + visits[house, "prepared"]
        assert (offer["places_held"], offer["places_taken"]) == (held, taken), f"calendar of {house}"


# ---- the databases


def nothing_is_left_over(databases: Databases, dead_letters_before: Mapping[str, set[str]]) -> None:
    """Outboxes are empty, no gap is open, and no dead letter came in."""
    for service in SERVICES:
        own = databases[service.name]
        for aggregate in service.aggregates:
            name = aggregate.stream.aggregate
            assert not own[name].count_documents({"outbox.sequence": {"$gte": 1}}), f"{service.name}: {name} outbox"
        assert not list(own["gaps"].find()), f"gaps in {service.name}"
    assert dead_letters(databases) == dead_letters_before


def dead_letters(databases: Databases) -> dict[str, set[str]]:
    """The open dead letters by service."""
    return {
        service.name: {letter["_id"] for letter in databases[service.name]["dead-letters"].find()}
        for service in SERVICES
    }


def journals_and_documents_agree_with_the_topics(databases: Databases, records: Sequence[Seen]) -> None:
    """Each service's journal holds exactly the events of its topics, each document the version of its last one."""
    for service in SERVICES:
        own = databases[service.name]
        for stream in (aggregate.stream for aggregate in service.aggregates):
            published = {
                f"{stream.topic}/{seen.key}#{seen.sequence}": seen.id for seen in records if seen.topic == stream.topic
            }
            journal = own["journal"].find({"position": {"$regex": f"^{stream.topic}/"}})
            assert {entry["position"]: entry["_id"] for entry in journal} == published, f"journal of {stream.topic}"
            last: dict[str | None, int] = defaultdict(int)
            for seen in records:
                if seen.topic == stream.topic:
                    last[seen.key] = max(last[seen.key], seen.sequence)
            versions = {document["_id"]: document["version"] for document in own[stream.aggregate].find()}
            assert versions == last, f"versions of {stream.topic}"


def mirrors_equal_a_rebuild_from_zero(databases: Databases, records: Sequence[Seen]) -> None:
    """Each mirror is what its ``keep`` makes of the newest snapshot of each aggregate on its topic."""
    for service in SERVICES:
        for mirror in service.mirrors:
            rebuilt: dict[str, dict[str, Any]] = {}
            for seen in records:
                if seen.topic != mirror.stream.topic:
                    continue
                key = str(seen.key)
                if key in rebuilt and rebuilt[key]["version"] >= seen.sequence:
                    continue
                kept = mirror.keep(_snapshot(seen))
                rebuilt[key] = {"_id": key, "version": seen.sequence, **kept}
            kept_there = {
                document["_id"]: document
                for document in databases[service.name][mirror.name].find()
                if not document["_id"].startswith("forged")
            }
            assert kept_there == rebuilt, f"mirror {mirror.name} of {service.name}"


def _snapshot(seen: Seen) -> Any:
    headers = [(name, value.encode()) for name, value in seen.headers.items()]
    try:
        return catalogue.snapshot_of(wire.decode(seen.topic, str(seen.key).encode(), seen.value, headers))
    except Unreadable as error:
        raise AssertionError(f"a service published what cannot be read: {error}") from error
