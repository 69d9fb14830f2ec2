"""The storm: commands flow to all four services, and one after the other is killed and comes back."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count, islice

from deploy.demo.chapters.campaign import report_round, sheets
from deploy.demo.chapters.exchange import offer, request
from deploy.demo.chapters.readers import LATECOMERS, readers_confirm, sign_up
from deploy.demo.countries import SERVICES as OFFERED
from deploy.demo.stage import House, Stage, together
from deploy.engines import SERVICES

_BEFORE_THE_KILL_S, _AWAY_S = 1.0, 0.5
_ROOMS = {"DE": 16, "CZ": 12, "SK": 8, "IT": 3, "NL": 2, "AT": 2}

Command = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Flow:
    """Commands that are sent to a service as long as the storm lasts: so many at the same time, with a pause after."""

    commands: Iterator[Command]
    senders: int = 3
    pause_s: float = 0.25


async def services_die(stage: Stage) -> None:
    """Every service gets SIGKILL while commands are under way; whoever gets no answer repeats with the same key."""
    before = len(stage.ledger.accepted)
    latecomers = _latecomers(stage)
    flows = (
        Flow(_services_are_offered(stage)),
        Flow(_houses_and_guests(stage), pause_s=0.5),
        Flow(latecomers, senders=2, pause_s=0.5),
        Flow(await _news_is_reworded(stage), senders=1),
        Flow(_rooms_go_on_talking(stage)),
    )
    over = asyncio.Event()
    senders = [asyncio.create_task(_send(flow, over)) for flow in flows for _ in range(flow.senders)]
    try:
        for service in SERVICES:
            await asyncio.sleep(_BEFORE_THE_KILL_S)
            await kill_and_restart(stage, service)
    finally:
        over.set()
        await asyncio.gather(*senders)
    await together(list(latecomers))
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


async def _send(flow: Flow, over: asyncio.Event) -> None:
    """One command after the other, with a pause; the last one is answered before this ends."""
    for command in flow.commands:
        await command()
        if over.is_set():
            return
        await asyncio.sleep(flow.pause_s)


# ---- what is asked for meanwhile


def _services_are_offered(stage: Stage) -> Iterator[Command]:
    """Centers begin to offer services that they did not have."""
    houses = list(_open_houses(stage))
    stage.random.shuffle(houses)
    for code in OFFERED:
        for house in houses:
            if code not in stage.row(house)["services"].split(";"):
                path, token = f"/centers/{house.id}/services", stage.client.center(house.id)
                yield partial(stage.client.command, "directory", "POST", path, token, {"service": code})


def _houses_and_guests(stage: Stage) -> Iterator[Command]:
    """More houses offer to host, and now and then somebody asks for a visit."""
    known = {house.id for house in [*stage.cast.hosts, stage.cast.forgotten] if house is not None}
    hosts = (house for house in _open_houses(stage) if house.id not in known)
    for guest in stage.cast.of("CZ")[60:]:
        for host in islice(hosts, 6):
            yield partial(offer, stage, host)
        yield partial(request, stage, guest, ("cs", "de", "en"), 2)


def _latecomers(stage: Stage) -> Iterator[Command]:
    """The last of the readers sign up."""
    return (partial(sign_up, stage, reader) for reader in stage.cast.readers[-LATECOMERS:])


async def _news_is_reworded(stage: Stage) -> Iterator[Command]:
    """The editor polishes a piece of news; every wording is based on the one before (If-Match)."""
    client, editor = stage.client, stage.client.person("editor", "editor-1")
    item = (await client.pages("newsletter", "/news-items", editor, status="proposed"))[0]
    path, version = f"/news-items/{item['id']}/texts/en", item["version"]

    async def reword(number: int) -> None:
        nonlocal version
        text = {**item["texts"]["en"], "text": f"{item['texts']['en']['text']} (wording {number})"}
        version = (await client.command("newsletter", "PUT", path, editor, text, if_match=version)).version

    return (partial(reword, number) for number in count(1))


def _rooms_go_on_talking(stage: Stage) -> Iterator[Command]:
    """Rounds come in from more houses."""
    return (partial(report_round, stage, sheet) for sheet in sheets(stage, _ROOMS))


def _open_houses(stage: Stage) -> Iterator[House]:
    return (house for house in stage.cast.houses.values() if house.id not in stage.cast.closed)
