"""Who was a member on that day: the document's spells against the plainest reading of what happened."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.domain.membership import DeclineReason, EndReason, Membership, MemberSpell
from services.directory.domain.network import CriteriaList
from services.directory.domain.spells import Gone
from services.directory.service import SERVICE
from shared.aggregate import Refusal
from shared.events import Event
from shared.events.directory import membership as said
from shared.events.directory.membership import MembershipKind, MembershipStatus
from shared.ids import new_id
from shared.testing import MemoryNetwork

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NO_LIST = CriteriaList()
DAYS = [date(2026, 2, 1) + timedelta(days=number) for number in range(12)]
ASKED = [DAYS[0] - timedelta(days=1), *DAYS, DAYS[-1] + timedelta(days=1)]
days = st.sampled_from(DAYS)
kinds = st.sampled_from(MembershipKind)


@st.composite
def spells(draw: st.DrawFn) -> MemberSpell:
    since = draw(days)
    return MemberSpell(kind=draw(kinds), since=since, until=draw(st.none() | days.filter(lambda each: each >= since)))


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, tuple[Any, ...]]:
    """A command and its arguments, without the time."""
    return draw(
        st.one_of(
            st.tuples(st.just("apply"), st.tuples(kinds, days)),
            st.tuples(st.just("admit"), st.tuples(kinds, days)),
            st.tuples(st.just("decline"), st.tuples(days)),
            st.tuples(st.just("change_kind"), st.tuples(kinds, days)),
            st.tuples(st.just("end"), st.tuples(days)),
            st.tuples(st.just("record_earlier"), st.tuples(spells())),
            st.tuples(st.just("correct"), st.tuples(st.lists(spells(), max_size=3))),
            st.tuples(st.just("give_up"), st.tuples(days)),
        )
    )


def carry_out(membership: Membership, what: str, arguments: tuple[Any, ...]) -> None:
    match what, arguments:
        case "apply", (kind, on):
            membership.apply(kind, True, NOW, on)
            membership.accept_code(NOW)
        case "admit", (kind, on):
            membership.admit(NO_LIST, NOW, on, kind)
        case "decline", (on,):
            membership.decline(DeclineReason.OTHER, NOW, on)
        case "change_kind", (kind, on):
            membership.change_kind(kind, NO_LIST, NOW, on)
        case "end", (on,):
            membership.end(EndReason.OTHER, NOW, on)
        case "record_earlier", (recorded,):
            membership.record_earlier(recorded, True, NOW)
        case "correct", (corrected,):
            membership.correct(corrected, NOW)
        case "give_up", (on,):
            membership.give_up(Gone.CENTER_CLOSED, on, NOW, NOW)


def replayed(events: Sequence[Event], asked: date) -> MembershipKind | None:
    """What the center was on that day: the journal read by the days things happened on, without any thought of spells.

    A correction makes everything before it void. Memberships that were over when they were entered stand by
    themselves; of all other steps the last one up to that day counts.
    """
    over: list[tuple[date, date, MembershipKind]] = []
    turns: list[tuple[date, int, MembershipKind | None]] = []
    for number, event in enumerate(events):
        match event:
            case said.MembershipCorrected():
                over = [(each.since, each.until, each.kind) for each in event.spells if each.until]
                turns = [(each.since, number, each.kind) for each in event.spells if not each.until]
            case said.MembershipRecorded():
                if event.until is None:
                    turns.append((event.since, number, event.kind))
                else:
                    over.append((event.since, event.until, event.kind))
            case said.MembershipAdmitted():
                turns.append((event.on, number, event.kind))
            case said.MembershipKindChanged():
                turns.append((event.on, number, event.after))
            case said.MembershipEnded():
                turns.append((event.on, number, None))
    for since, until, kind in over:
        if since <= asked < until:
            return kind
    before = [turn for turn in sorted(turns, key=lambda turn: turn[:2]) if turn[0] <= asked]
    return before[-1][2] if before else None


@settings(max_examples=150)
@given(st.lists(steps(), max_size=16))
def test_spells_never_overlap_and_say_of_every_day_what_the_events_say(
    wanted: list[tuple[str, tuple[Any, ...]]],
) -> None:
    membership, told = Membership(id="m", network="sit", center="praha"), list[Event]()
    for what, arguments in wanted:
        attempt = membership.model_copy(deep=True)
        try:
            carry_out(attempt, what, arguments)
        except Refusal:
            continue
        membership = attempt
        told += [event for event, _ in membership.take_facts()]

        ends = [each.until or date.max for each in membership.spells]
        begins = [each.since for each in membership.spells]
        assert all(since <= until for since, until in zip(begins, ends, strict=True))
        assert all(until <= since for until, since in zip(ends, begins[1:], strict=False))
        assert (date.max in ends) == (membership.status is MembershipStatus.ADMITTED)
        assert date.max not in ends or membership.kind is membership.spells[-1].kind
        for asked in ASKED:
            held = membership.on(asked)
            assert (held.kind if held else None) == replayed(told, asked), asked


# ---- the same over HTTP


@settings(max_examples=8)
@given(st.lists(steps(), min_size=4, max_size=8))
def test_the_lists_of_members_say_of_every_day_what_the_journal_says(
    registration: Callable[..., dict[str, Any]], wanted: list[tuple[str, tuple[Any, ...]]]
) -> None:
    asyncio.run(_live_through(registration(), wanted))


async def _live_through(body: dict[str, Any], wanted: list[tuple[str, tuple[Any, ...]]]) -> None:
    async with MemoryNetwork(SERVICE) as network:
        office = network.client("directory", "office")

        async def send(method: str, path: str, what: Any) -> Any:
            headers = {"Idempotency-Key": new_id(), "If-Match": "*"}
            answer = await office.request(method, path, json=what, headers=headers)
            assert answer.status_code in (200, 201, 404, 409, 422), answer.text
            return answer.json()

        center = (await send("POST", "/centers", body))["id"]
        sit = (await send("POST", "/networks", {"name": "Síť", "level": "national", "country": "CZ"}))["id"]
        begun = await send("POST", f"/networks/{sit}/members", {"center": center, "kind": "full", "on": str(DAYS[0])})
        for what, arguments in wanted:
            for method, path, asked in _requests(what, arguments, center, sit, begun["id"]):
                await send(method, path, asked)
                await network.settle()

        history = (await office.get(f"/memberships/{begun['id']}/history?limit=200")).json()["items"]
        events = [getattr(said, entry["event"]).model_validate(entry["what"]) for entry in history]
        for day in ASKED:
            plain = replayed(events, day)
            for path in (f"/networks/{sit}/members?on={day}", f"/centers/{center}/memberships?on={day}"):
                listed = [each["on_that_day"]["kind"] for each in (await office.get(path)).json()["items"]]
                assert listed == ([plain] if plain else []), (path, listed, plain)


def _requests(
    what: str, arguments: tuple[Any, ...], center: str, sit: str, membership: str
) -> list[tuple[str, str, dict[str, Any]]]:
    path = f"/memberships/{membership}"
    match what, arguments:
        case "apply", (kind, on):
            body = {"center": center, "kind": kind, "on": str(on), "code_accepted_on": str(on)}
            return [("POST", f"/networks/{sit}/members", body)]
        case "admit", (kind, on):
            return [("POST", f"{path}/admission", {"kind": kind, "on": str(on)})]
        case "decline", (on,):
            return [("POST", f"{path}/decline", {"reason": "other", "on": str(on)})]
        case "change_kind", (kind, on):
            return [("PUT", f"{path}/kind", {"kind": kind, "on": str(on)})]
        case "end", (on,):
            return [("POST", f"{path}/end", {"reason": "other", "on": str(on)})]
        case "record_earlier", (spell,):
            return [("POST", f"/networks/{sit}/earlier-members", {"center": center, **spell.model_dump(mode="json")})]
        case "correct", (spells,):
            return [("PUT", f"{path}/spells", {"spells": [spell.model_dump(mode="json") for spell in spells]})]
    [on] = arguments
    closing = ("POST", f"/centers/{center}/closing", {"reason": "other", "on": str(on)})
    return [closing, ("POST", f"/centers/{center}/reopening", {})]
