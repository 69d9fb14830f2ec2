"""The two loops that run beside the requests: one sends issues, one sends letters."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

from services.newsletter.domain.delivery import Delivery
from services.newsletter.domain.issue import Issue
from services.newsletter.domain.subscription import Subscription
from services.newsletter.sending.journal import Journals
from services.newsletter.sending.letters import Letters, Postman
from services.newsletter.sending.mails import Stationery
from services.newsletter.sending.sender import Desk, Sender, relay_of
from services.newsletter.settings import settings_of
from shared.commands import Contention
from shared.messaging.relay import Overloaded
from shared.store.port import Index, StoreUnavailable
from shared.world import World

_LONGEST_PAUSE_S = 60.0
_PASSING = (StoreUnavailable, Contention, Overloaded)
_log = structlog.get_logger(__name__)


async def send_issues(world: World) -> None:
    """Sends what is to be sent, for ever. Cancelled, it lets the mails on their way arrive first."""
    await world.store.ensure_indexes({
        "audiences": (Index(("issue",)),),
        "batches": (Index(("issue",)), Index(("owner",)), Index(("counted",))),
    })  # fmt: skip
    sender = sender_of(world)
    try:
        await _drained(_send_for_ever(sender, settings_of(world).poll_s), sender.stop, settings_of(world).drain_s)
    finally:
        await sender.close()


async def send_letters(world: World) -> None:
    """Sends confirmation mails, for ever. Cancelled, it finishes the few it has in hand."""
    await world.store.ensure_indexes({"letters": (Index(("status",)),)})
    stopping = asyncio.Event()
    work = _post_for_ever(postman_of(world), settings_of(world).poll_s, stopping)
    await _drained(work, stopping.set, settings_of(world).drain_s)


async def _drained(work: Coroutine[Any, Any, None], stop: Callable[[], None], drain_s: float) -> None:
    """Runs ``work`` until it ends. When this is cancelled, ``work`` is asked to stop and given ``drain_s`` to do so."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait({task}, timeout=drain_s)
        raise
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def sender_of(world: World) -> Sender:
    """A sender for this service."""
    desk = Desk(
        store=world.store,
        issues=world.repository(Issue),
        deliveries=world.repository(Delivery),
        subscriptions=world.repository(Subscription),
        clock=world.clock,
        metrics=world.metrics,
        settings=settings_of(world),
    )
    return Sender(desk, Journals(settings_of(world).home / "newsletter" / "journals"))


def postman_of(world: World) -> Postman:
    """A postman for this service."""
    settings = settings_of(world)
    return Postman(
        Letters(world.store),
        world.repository(Subscription),
        Stationery(settings),
        relay_of(settings),
        world.clock,
        world.metrics,
    )


async def _send_for_ever(sender: Sender, poll_s: float) -> None:
    pause_s = poll_s
    while not sender.stopping:
        try:
            worked = await sender.run_once()
            reason = sender.trouble
        except _PASSING as error:
            worked, reason = False, str(error)
        if reason is not None:
            _log.warning("sending waits", reason=reason, seconds=pause_s)
            await sender.pause(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        elif worked:
            pause_s = poll_s
        else:
            await sender.rest()
            await sender.pause(poll_s)


async def _post_for_ever(postman: Postman, poll_s: float, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            worked = await postman.run_once()
        except _PASSING as error:
            _log.warning("letters wait", reason=str(error))
            worked = False
        if not worked:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), poll_s)
