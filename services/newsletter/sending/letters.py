"""Single mails to single people, now: the one that asks for confirmation. A queue of small documents without addresses.

A letter goes out at least once. Only if its sender dies between the server's answer and the note of it, it goes out
again, with the same Message-ID.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from services.newsletter.domain.subscription import Subscription
from services.newsletter.sending.mails import Stationery, confirmation_mail
from services.newsletter.sending.mime import Unrenderable
from services.newsletter.sending.smtp import Refused, Relay, RelayAway, SmtpConnection, Unanswered
from shared.clock import Clock, instant_text
from shared.commands import Repository
from shared.observability.metrics import Metrics
from shared.store.port import Document, Insert, Store, StoreUnavailable, Swap

_AT_ONCE = 20
_LEASE_S = 300.0
_LOOK_AGAIN_S = 0.5
_TRIES = 5
_AGAIN_AFTER = timedelta(minutes=10)
_WAITING, _SENT, _DROPPED, _FAILED = "waiting", "sent", "dropped", "failed"
_log = structlog.get_logger(__name__)


class Letters:
    """The queue. What was sent stays in it, so that a repeated event asks for nothing twice."""

    def __init__(self, store: Store) -> None:
        self._documents = store.collection("letters")

    async def ask(self, subscription: str, mail: int) -> None:
        """Asks for a subscription's confirmation mail number ``mail``; once, however often it is called."""
        document = {"_id": f"{subscription}:{mail}", "subscription": subscription, "mail": mail, "version": 1}
        await self._documents.write([
            Insert({**document, "status": _WAITING, "due": None, "tries": 0, "lease": 0.0})
        ])  # fmt: skip

    async def take(self, now: str, wall: float) -> list[Document]:
        """Some waiting letters that nobody else works on, for five minutes."""
        where = {
            "status": _WAITING,
            "lease": {"$lt": wall},
            "$or": [{"due": None}, {"due": {"$lte": now}}],
        }
        found = await self._documents.find(where, limit=_AT_ONCE)
        return await self._save([{**letter, "lease": wall + _LEASE_S} for letter in found])

    async def put_back(self, letters: Sequence[Document]) -> None:
        """Writes down what became of taken letters; waits for the database, for what was sent must be known."""
        while True:
            try:
                await self._save([{**letter, "lease": 0.0} for letter in letters])
                return
            except StoreUnavailable:
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def _save(self, letters: Sequence[Document]) -> list[Document]:
        """Saves those that nobody else has changed meanwhile, and returns them."""
        changed = [{**letter, "version": letter["version"] + 1} for letter in letters]
        fields = ("version", "status", "due", "tries", "lease")
        written = await self._documents.write([
            Swap(letter["_id"], letter["version"] - 1, {name: letter[name] for name in fields}) for letter in changed
        ])  # fmt: skip
        return [letter for letter, won in zip(changed, written, strict=True) if won]


class Postman:
    """Sends what is in the queue, over one connection."""

    def __init__(
        self,
        letters: Letters,
        subscriptions: Repository[Subscription],
        stationery: Stationery,
        relay: Relay,
        clock: Clock,
        metrics: Metrics,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._letters = letters
        self._subscriptions = subscriptions
        self._stationery = stationery
        self._relay = relay
        self._clock = clock
        self._metrics = metrics
        self._wall = wall

    async def run_once(self) -> bool:
        """Sends some letters; False when there was nothing to do, or the mail server is away."""
        taken = await self._letters.take(instant_text(self._clock.now()), self._wall())
        if not taken:
            return False
        try:
            connection = await SmtpConnection.open(self._relay)
        except RelayAway as error:
            _log.warning("letters wait for the mail server", reason=str(error))
            await self._letters.put_back(taken)
            return False
        try:
            wanted = {"_id": {"$in": [letter["subscription"] for letter in taken]}}
            found = {each.aggregate.id: each.aggregate for each in await self._subscriptions.find(wanted)}
            await self._letters.put_back(
                [await self._send(letter, found[letter["subscription"]], connection) for letter in taken]
            )
        finally:
            await connection.quit()
        return True

    async def _send(self, letter: Document, subscription: Subscription, connection: SmtpConnection) -> Document:
        address = subscription.address
        if not subscription.awaits_mail or address is None or subscription.mail_number != letter["mail"]:
            return {**letter, "status": _DROPPED}
        try:
            parcel = confirmation_mail(subscription, address, self._stationery, self._clock.now())
            if not connection.usable:
                raise RelayAway("the connection is closed")
            await connection.envelope(self._stationery.sender.address, parcel.recipient)
            await connection.body(parcel.message)
        except RelayAway:
            return letter
        except (Refused, Unanswered) as error:
            return self._failed(letter, permanent=isinstance(error, Refused) and error.permanent)
        except Unrenderable:
            return self._failed(letter, permanent=True)
        self._metrics.mails.labels(outcome="letter").inc()
        return {**letter, "status": _SENT}

    def _failed(self, letter: Document, permanent: bool) -> Document:
        """Tried again in a while, unless the server said no for good or it was enough."""
        tries = letter["tries"] + 1
        if permanent or tries >= _TRIES:
            self._metrics.mails.labels(outcome="letter_failed").inc()
            return {**letter, "status": _FAILED, "tries": tries}
        return {**letter, "tries": tries, "due": instant_text(self._clock.now() + _AGAIN_AFTER)}
