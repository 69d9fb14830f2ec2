"""The storm: commands flow to all four services, and one after the other is killed and comes back."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import chain, cycle

from deploy.demo.chapters.campaign import report_round, rounds_in
from deploy.demo.chapters.exchange import offer, request
from deploy.demo.chapters.readers import LATECOMERS, readers_confirm, sign_up
from deploy.demo.countries import SERVICES as OFFERED
from deploy.demo.stage import House, Stage
from deploy.engines import SERVICES

_SENDERS = 3
"""How many commands are under way at each service at any time."""
_PAUSE_S = 0.25
_BEFORE_THE_KILL_S, _AWAY_S = 1.0, 0.5
_ROUNDS = {"DE": 60, "CZ": 40, "SK": 30, "IT": 10, "NL": 10, "AT": 10, "CH": 5, "BG": 5, "BA": 5, "HU": 5, "KE": 5}

Work = Iterator[Callable[[], Awaitable[object]]]


async def services_die(stage: Stage) -> None:
    """Every service gets SIGKILL while commands are under way; whoever gets no answer repeats with the same key."""
    before = len(stage.ledger.accepted)
    over = asyncio.Event()
    flows = {
        "directory": _services_are_offered(stage),
        "exchange": _houses_and_guests(stage),
        "newsletter": _latecomers(stage),
        "campaign": _rooms_go_on_talking(stage),
    }
    senders = [asyncio.create_task(_send(flows[service], over)) for service in SERVICES for _ in range(_SENDERS)]
    try:
        for service in SERVICES:
            await asyncio.sleep(_BEFORE_THE_KILL_S)
            await _kill(stage, service)
        await asyncio.sleep(_BEFORE_THE_KILL_S)
    finally:
        over.set()
        await asyncio.gather(*senders)
    await _let_in_the_rest(flows["newsletter"])
    stage.report.say(
        f"{len(stage.ledger.accepted) - before} commands were accepted meanwhile; "
        f"{stage.ledger.unanswered.total()} attempts got no answer and were repeated with their key, "
        f"{stage.ledger.answered_again} of them had been carried out the first time"
    )
    stage.report.expect(
        "commands were under way when each service died",
        all(killed["unanswered"] > 0 for killed in stage.cast.killed),
        ", ".join(f"{killed['service']} {killed['unanswered']}" for killed in stage.cast.killed),
    )
    await stage.settled()
    await readers_confirm(stage, stage.cast.readers[-LATECOMERS:])


async def kill_and_restart(stage: Stage, service: str) -> None:
    """SIGKILL; a moment later the service is started again. Written down with how long it took to be ready."""
    said = stage.network.state(service).detail
    unanswered = stage.ledger.unanswered[service]
    await asyncio.to_thread(stage.network.kill, service)
    gone = time.monotonic()
    await asyncio.sleep(_AWAY_S)
    await asyncio.to_thread(stage.network.restart, service)
    away_s = time.monotonic() - gone
    unanswered = stage.ledger.unanswered[service] - unanswered
    stage.cast.killed.append({"service": service, "away_s": round(away_s, 1), "unanswered": unanswered})
    stage.report.say(f"{service} ({said}) killed with SIGKILL, ready again after {away_s:.1f} s")


async def _kill(stage: Stage, service: str) -> None:
    await kill_and_restart(stage, service)


async def _send(work: Work, over: asyncio.Event) -> None:
    """One command after the other, with a pause; the last one is answered before this ends."""
    while not over.is_set():
        command = next(work, None)
        if command is None:
            return
        await command()
        await asyncio.sleep(_PAUSE_S)


async def _let_in_the_rest(work: Work) -> None:
    for command in work:
        await command()


# ---- what is asked for meanwhile


def _services_are_offered(stage: Stage) -> Work:
    """Centers begin to offer services that they did not have."""
    rows = {row["external_id"]: row for row in stage.listed.centers}
    houses = list(_open_houses(stage))
    stage.random.shuffle(houses)
    for code in OFFERED:
        for house in houses[:400]:
            if code not in rows[house.external_id]["services"].split(";"):
                path, token = f"/centers/{house.id}/services", stage.client.center(house.id)
                yield partial(stage.client.command, "directory", "POST", path, token, {"service": code})


def _houses_and_guests(stage: Stage) -> Work:
    """More houses offer to host, and now and then somebody asks for a visit."""
    known = {house.id for house in stage.cast.hosts} | {stage.cast.forgotten.id if stage.cast.forgotten else ""}
    hosts = (house for house in _open_houses(stage) if house.id not in known)
    guests = iter(stage.cast.of("CZ")[60:])
    for number in cycle(range(4)):
        if number == 3:
            yield partial(request, stage, next(guests), ("cs", "de", "en"), 2)
        else:
            yield partial(offer, stage, next(hosts))


def _latecomers(stage: Stage) -> Work:
    """The last of the readers sign up."""
    return (partial(sign_up, stage, reader) for reader in stage.cast.readers[-LATECOMERS:])


def _rooms_go_on_talking(stage: Stage) -> Work:
    sheets = list(chain.from_iterable(rounds_in(stage, country, number) for country, number in _ROUNDS.items()))
    stage.random.shuffle(sheets)
    return (partial(report_round, stage, sheet) for sheet in sheets)


def _open_houses(stage: Stage) -> Iterator[House]:
    return (house for house in stage.cast.houses.values() if house.id not in stage.cast.closed)
