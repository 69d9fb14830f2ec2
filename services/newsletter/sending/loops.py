"""The two loops that run beside the requests: one sends issues, one sends letters."""

import asyncio

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
    work = asyncio.create_task(_send_for_ever(sender, settings_of(world).poll_s))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        sender.stop()
        await asyncio.wait({work}, timeout=settings_of(world).drain_s)
        raise
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await sender.close()


async def send_letters(world: World) -> None:
    """Sends confirmation mails, for ever."""
    await world.store.ensure_indexes({"letters": (Index(("status",)),)})
    postman = postman_of(world)
    while True:
        try:
            worked = await postman.run_once()
        except _PASSING as error:
            _log.warning("letters wait", reason=str(error))
            worked = False
        if not worked:
            await asyncio.sleep(settings_of(world).poll_s)


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
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        elif worked:
            pause_s = poll_s
        else:
            await sender.rest()
            await asyncio.sleep(poll_s)
