"""The count at the end: what was accepted, against what a stranger found on the topics, and what everybody can see."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from deploy.demo.client import Json
from deploy.demo.ledger import Accepted, Position
from deploy.demo.stage import Stage, together
from deploy.demo.watch import Seen
from deploy.engines import SERVICES
from shared.clock import instant_text
from shared.events.directory.center import CenterStatus

_SENT_AGAIN = 60
_BY_THE_CLOCK = frozenset({
    "VerificationRequested", "VerificationReminded", "VerificationLapsed", "InitiativeWentQuiet", "OfferExpired",
    "VisitCancelled", "FollowUpDue", "CampaignPhaseAdvanced",
})  # fmt: skip
_BY_A_SERVICE = frozenset({"QuestionnairePublished", "QuestionnaireTranslated", "DeliveryPrepared", "DeliveryCounted",
    "DeliveryBounced"})  # fmt: skip
"""What a service does of its own accord: it publishes the seven questionnaires, and keeps the books of an issue."""
_BY_A_PAGE = {
    "SubscriptionRequested": "sign-up",
    "SubscriptionConfirmed": "confirmation",
    "SubscriberUnsubscribed": "one click",
    "CenterVerified": "confirmation of a profile",
}
"""What people do without an account is answered with a page and not with a receipt: counted by kind."""


async def every_command_has_exactly_one_effect(stage: Stage) -> None:
    """Every receipt against the events of the foreign reader, position by position."""
    await stage.settled()
    report, accepted = stage.report, stage.ledger.accepted
    seen = {each.position: each for each in stage.stranger.events}
    claimed = Counter(position for each in accepted for position in each.positions)
    missing = [each for each in accepted if not _effect_is_there(each, seen)]
    twice = [position for position, number in claimed.items() if number > 1]
    asked_for = _by_a_page(stage, claimed.keys())
    report.expect(
        "every accepted command's events are on their topics, once",
        not missing,
        f"{len(accepted)} receipts, {len(claimed)} events" + _first(missing),
    )
    report.expect("no two commands claim the same event", not twice, _first(twice))
    report.expect(
        "what was done on a page happened as often as its button was pressed", all(asked_for.values()), _said(asked_for)
    )
    uncalled = [each for each in stage.stranger.events if each.position not in claimed and not _has_a_cause(each)]
    report.expect(
        "nothing happened that nobody asked for",
        not uncalled and not _unknown_causes(stage),
        _first([f"{each.topic} {each.name}" for each in uncalled]),
    )
    await _repeats_get_the_first_answer(stage)
    every = not missing and not twice and all(asked_for.values()) and not uncalled
    stage.report.count({"every_accepted_command_has_exactly_one_effect": every})


async def the_topics_keep_their_promise(stage: Stage) -> None:
    """Versions without gaps and in order, one event in one place, one effect of each cause, nothing private."""
    stranger, report = stage.stranger, stage.report
    places = Counter(seen.position for seen in stranger.events)
    report.expect(
        "a foreign reader sees every aggregate's versions in order, without a gap",
        not stranger.faults,
        f"{len(stranger.events)} events, {stranger.repeats} of them delivered more than once" + _first(stranger.faults),
    )
    report.expect("no two events stand in one place", max(places.values()) == 1)
    report.expect("no event was given up", not stranger.dead, _first(stranger.dead))
    doubled = _effects_that_happened_twice(stranger.events)
    report.expect("no cause has had an effect twice", not doubled, _first(doubled))
    told = _private(stage)
    report.expect("no event tells an address, a door, or where a hidden house is", not told, _first(told))


async def everybody_sees_the_same(stage: Stage) -> None:
    """The services' documents and copies, over HTTP, against the newest event of everything."""
    report, client, stranger = stage.report, stage.client, stage.stranger
    wrong: list[str] = []
    for compared in (_centers, _host_offers, _visits, _rounds, _news):
        wrong += await compared(stage)
    report.expect("what is served is what was told", not wrong, _first(wrong))
    centers = stranger.latest("directory.center.v1")
    rounds = stranger.latest("campaign.discussion-round.v1")
    statuses = {service: await stage.status(service) for service in SERVICES}
    copies = {statuses[name]["documents"]["centers"] for name in ("exchange", "newsletter", "campaign")}
    report.expect(
        "every copy of the directory is complete",
        copies == {len(centers)} and statuses["campaign"]["documents"]["rounds"] == len(rounds),
        f"{len(centers)} centers",
    )
    found = (await client.get("directory", "/countries")).json()["items"]
    findable = _findable(stage).values()
    numbers = Counter((seen.snapshot["country"], seen.snapshot["status"]) for seen in findable)
    counted = {(item["country"], status): item[status] for item in found for status in CenterStatus}
    report.expect("the directory's counts are those of its events", {k: v for k, v in counted.items() if v} == numbers)
    waiting = {name: [status[what] for what in ("pending_events", "dead_letters", "gaps")]
               for name, status in statuses.items()}  # fmt: skip
    report.expect(
        "no outbox holds anything back, no letter is dead, no gap is open",
        all(not any(numbers) for numbers in waiting.values()),
        str(waiting) if any(any(numbers) for numbers in waiting.values()) else "",
    )


async def calendars_and_visits_agree(stage: Stage) -> None:
    """Every place that a calendar keeps belongs to a visit, and no visit is left between two steps."""
    visits = [seen.snapshot for seen in stage.stranger.latest("exchange.visit.v1").values()]
    offers = [seen.snapshot for seen in stage.stranger.latest("exchange.host-offer.v1").values()]
    statuses = Counter(visit["status"] for visit in visits)
    held = statuses["matched"] + statuses["accepted"]
    taken = sum(statuses[name] for name in ("confirmed", "prepared", "held", "reported", "disputed"))
    kept = sum(offer["places_held"] for offer in offers), sum(offer["places_taken"] for offer in offers)
    stage.report.expect(
        "calendars keep exactly the places that visits have", kept == (held, taken), f"{dict(statuses)}"
    )
    between = statuses["requested"] + statuses["declined"] + statuses["expired"]
    stage.report.expect("no visit is left between two steps", between == 0)
    late = overdue(stage)
    stage.report.expect("no deadline has passed unnoticed", not late, _first(late))


def overdue(stage: Stage) -> list[str]:
    """What ought to have been done by now, by the clock alone."""
    now, year_ago = instant_text(stage.network.time()), str(stage.today() - timedelta(days=367))
    waiting = stage.stranger.latest("exchange.visit.v1").values()
    visits = [
        f"visit {seen.key} waits since {seen.snapshot[deadline]}"
        for seen in waiting
        for deadline in ("answer_by", "confirm_by")
        if (seen.snapshot[deadline] or now) < now
    ]
    centers = [
        f"center {key} was confirmed on {seen.snapshot['verified_on']}"
        for key, seen in stage.stranger.latest("directory.center.v1").items()
        if seen.snapshot["status"] != "closed"
        and seen.snapshot["check"] == "fresh"
        and seen.snapshot["verified_on"] < year_ago
    ]
    return visits + centers


# ---- commands and events


def _effect_is_there(accepted: Accepted, seen: Mapping[Position, Seen]) -> bool:
    """Whether the events of a receipt stand where it says, and are what it says."""
    found = [seen.get(position) for position in accepted.positions]
    return [each.name if each else None for each in found] == list(accepted.events)


def _has_a_cause(seen: Seen) -> bool:
    return (
        seen.caused_by is not None
        or seen.name in _BY_THE_CLOCK
        or seen.name in _BY_A_SERVICE
        or seen.name in _BY_A_PAGE
    )


def _unknown_causes(stage: Stage) -> list[str]:
    """Events that name as their cause one that nobody has seen."""
    known = {seen.id for seen in stage.stranger.events}
    return [seen.id for seen in stage.stranger.events if seen.caused_by is not None and seen.caused_by not in known]


def _by_a_page(stage: Stage, claimed: Collection[Position]) -> dict[str, bool]:
    """For every kind of thing that is done on a page, whether it happened as often as it was asked for.

    What has a receipt (``claimed``) or followed from something else was not done on a page.
    """
    unclaimed = Counter(
        seen.name for seen in stage.stranger.events if seen.caused_by is None and seen.position not in claimed
    )
    pressed = stage.ledger.without_receipt
    return {f"{pressed[asked]} {name}": unclaimed[name] == pressed[asked] for name, asked in _BY_A_PAGE.items()}


def _effects_that_happened_twice(events: Sequence[Seen]) -> list[str]:
    """News proposed twice by one event, a place held or a match made twice for one engagement, a match without it."""
    numbers: Counter[tuple[str, ...]] = Counter()
    places: dict[tuple[str, int], str] = {}
    for seen in events:
        if seen.name == "NewsItemProposed":
            numbers["news", seen.snapshot["cause"]] += 1
        elif seen.name == "PlaceHeld":
            numbers["place", seen.data["visit"], str(seen.data["round"])] += 1
            places[seen.data["visit"], seen.data["round"]] = seen.key
        elif seen.name == "VisitMatched":
            numbers["match", seen.key, str(seen.data["round"])] += 1
    without_place = [
        f"visit {seen.key} was matched without a place"
        for seen in events
        if seen.name == "VisitMatched" and places.get((seen.key, seen.data["round"])) != seen.data["host"]
    ]
    return without_place + [" ".join(what) for what, number in numbers.items() if number > 1]


async def _repeats_get_the_first_answer(stage: Stage) -> None:
    """Some of the commands, from all services and the whole year, are sent once more."""
    sendable = [each for each in stage.ledger.accepted if each.said and each.events]
    chosen = stage.random.sample(sendable, min(_SENT_AGAIN, len(sendable)))
    before = len(stage.stranger.events)
    answers = await together([partial(stage.client.again, each.request) for each in chosen])
    other = [
        f"{each.request.method} {each.request.path}: HTTP {answer.status_code}"
        for each, answer in zip(chosen, answers, strict=True)
        if answer.content != each.said
    ]
    await stage.settled()
    stage.report.expect(
        "a command repeated months later gets its first answer, byte for byte, and has no effect",
        not other and len(stage.stranger.events) == before,
        f"{len(chosen)} repeated" + _first(other),
    )


# ---- what is private


def _private(stage: Stage) -> list[str]:
    """Events with anything in them that must not be known."""
    rows = {stage.cast.houses[row["external_id"]].id: row for row in stage.listed.centers}
    told = [f"{seen.topic} {seen.name} holds an address" for seen in stage.stranger.events if b"@" in seen.raw]
    for seen in stage.stranger.events:
        row = rows.get(seen.key)
        if row is None:
            continue
        text = seen.raw.decode()
        if row["street"] in text:
            told.append(f"{seen.topic} {seen.name} holds a street")
        if row["location_visibility"] == "hidden" and row["town"] in text:
            told.append(f"{seen.topic} {seen.name} tells where a hidden house is")
    return told


# ---- what is served


async def _centers(stage: Stage) -> list[str]:
    """The public directory against the newest event of every center."""
    lists = [await stage.client.pages("directory", "/centers", None, status=status) for status in CenterStatus]
    served = {item["id"]: item for each in lists for item in each}
    told = _findable(stage)
    fields = ("name", "names", "languages", "services", "status", "check", "verified_on", "location_visibility")

    def alike(item: Json, seen: Seen) -> bool:
        same_place = all(item["place"][name] == seen.snapshot[name] for name in ("country", "region", "town"))
        return same_place and item["version"] == seen.sequence and _alike(item, seen.snapshot, fields)

    return _differences("center", served, told, alike)


def _findable(stage: Stage) -> dict[str, Seen]:
    """The newest event of every center, without those that were found to be a second entry of another one."""
    twice = {seen.key for seen in stage.stranger.named("CenterClosed") if seen.data["reason"] == "duplicate"}
    latest = stage.stranger.latest("directory.center.v1")
    return {key: seen for key, seen in latest.items() if key not in twice}


async def _host_offers(stage: Stage) -> list[str]:
    items = await stage.client.pages("exchange", "/host-offers", stage.client.person("editor", "visitor"))
    served = {item["center"]: item for item in items}
    return _differences("host offer", served, stage.stranger.latest("exchange.host-offer.v1"), _as_in_the_snapshot)


async def _visits(stage: Stage) -> list[str]:
    items = await stage.client.pages("exchange", "/visits", stage.client.person("editor", "visitor"))
    served = {item["id"]: item for item in items}
    return _differences("visit", served, stage.stranger.latest("exchange.visit.v1"), _as_in_the_snapshot)


async def _rounds(stage: Stage) -> list[str]:
    """Rounds with the names of their houses, which the campaign service knows from the directory's events."""
    assert stage.campaign is not None
    path = f"/campaigns/{stage.campaign.id}/rounds"
    served = {item["id"]: item for item in await stage.client.pages("campaign", path, stage.client.office())}
    names = {key: seen.snapshot["name"] for key, seen in stage.stranger.latest("directory.center.v1").items()}
    fields = ("center", "country", "held", "session", "headcount", "language")

    def alike(item: Json, seen: Seen) -> bool:
        return item["center_name"] == names[item["center"]] and _alike(item, seen.snapshot, fields)

    return _differences("round", served, stage.stranger.latest("campaign.discussion-round.v1"), alike)


async def _news(stage: Stage) -> list[str]:
    items = await stage.client.pages("newsletter", "/news-items", stage.client.person("editor", "editor-1"))
    served = {item["id"]: item for item in items}
    fields = ("kind", "cause", "about", "status", "issue")
    told = stage.stranger.latest("newsletter.news-item.v1")
    return _differences("news item", served, told, lambda item, seen: _alike(item, seen.snapshot, fields))


def _as_in_the_snapshot(item: Json, seen: Seen) -> bool:
    return item["version"] == seen.sequence and _alike(item, seen.snapshot, seen.snapshot.keys())


def _alike(item: Json, snapshot: Json, fields: Iterable[str]) -> bool:
    return all(item[name] == snapshot[name] for name in fields)


def _differences(
    what: str, served: Mapping[str, Json], told: Mapping[str, Seen], alike: Callable[[Json, Seen], bool]
) -> list[str]:
    """What is served and was not told, the other way round, and what looks different."""
    only_one = [f"{what} {id} is on one side only" for id in served.keys() ^ told.keys()]
    return only_one + [f"{what} {id} differs" for id in served.keys() & told.keys() if not alike(served[id], told[id])]


# ---- words


def _first(found: Iterable[Any]) -> str:
    """The first few of what should not be, for the report."""
    listed = [str(each)[:200] for each in found]
    return f"; {len(listed)} wrong, such as: {'; '.join(listed[:3])}" if listed else ""


def _said(outcomes: Mapping[str, bool]) -> str:
    return ", ".join(text if well else f"NOT {text}" for text, well in outcomes.items())
