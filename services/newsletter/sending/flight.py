"""The mails of one window on their way, over several connections at once.

For every mail it is written down in the journal that its body is about to leave, before it does. So whatever happens
to this process, at most one mail per connection is in doubt.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from services.newsletter.sending.batches import (
    Declined,
    Fenced,
    NotSent,
    Postponed,
    Result,
    Taken,
    Uncertain,
)
from services.newsletter.sending.journal import Journal, Mark
from services.newsletter.sending.smtp import Refused, Relay, RelayAway, SmtpConnection, Unanswered
from shared.events.newsletter import BounceKind


@dataclass(frozen=True)
class Parcel:
    """A mail ready to leave."""

    recipient: str
    message: bytes


class Connections:
    """The sender's connections to its mail server: opened when needed, kept while they last."""

    def __init__(self, relay: Relay, sender: str, count: int) -> None:
        self.sender = sender
        self.count = count
        self._relay = relay
        self._open: dict[int, SmtpConnection] = {}

    async def get(self, slot: int) -> tuple[SmtpConnection, bool]:
        """The connection of a slot, and whether it was just opened. `RelayAway` when it cannot be."""
        known = self._open.get(slot)
        if known is not None and known.usable:
            return known, False
        self._open[slot] = await SmtpConnection.open(self._relay)
        return self._open[slot], True

    def drop(self, slot: int) -> None:
        """Closes the connection of a slot at once."""
        connection = self._open.pop(slot, None)
        if connection is not None:
            connection.abort()

    async def close(self) -> None:
        """Takes leave of the server on all connections."""
        leaving, self._open = list(self._open.values()), {}
        await asyncio.gather(*(connection.quit() for connection in leaving))

    def abort(self) -> None:
        """Closes all connections at once."""
        for slot in list(self._open):
            self.drop(slot)


@dataclass
class Flight:
    """One window under way. ``results`` fills up; whoever is not in it when the workers are done was not sent."""

    parcels: Mapping[int, Parcel]
    journal: Journal
    may_send: Callable[[], bool]
    """The fence: asked once more just before each body leaves."""
    stopping: Callable[[], bool]
    results: dict[int, Result] = field(default_factory=dict)
    trouble: str | None = None
    """Why the mail server could not be used, if so."""
    _queue: deque[int] = field(default_factory=deque)

    def start(self, connections: Connections) -> Sequence[asyncio.Task[None]]:
        """One worker per connection."""
        self._queue.extend(self.parcels)
        number = min(connections.count, len(self.parcels))
        return [asyncio.create_task(self._work(connections, slot)) for slot in range(number)]

    def all_results(self) -> dict[int, Result]:
        """What became of everybody in the window."""
        return {index: self.results.get(index, NotSent()) for index in self.parcels}

    async def _work(self, connections: Connections, slot: int) -> None:
        while self._queue and not self.stopping():
            index = self._queue.popleft()
            fresh = True
            try:
                connection, fresh = await connections.get(slot)
                result = await self._deliver(connection, connections.sender, index)
            except RelayAway as error:
                connections.drop(slot)
                self._queue.appendleft(index)
                if fresh:
                    self.trouble = str(error)
                    return
                continue  # an idle connection that the server had closed: once more with a new one
            if isinstance(result, Uncertain):
                connections.drop(slot)
            self.results[index] = result

    async def _deliver(self, connection: SmtpConnection, sender: str, index: int) -> Result:
        parcel = self.parcels[index]
        try:
            await connection.envelope(sender, parcel.recipient)
        except Refused as refusal:
            return _refused(refusal)
        if not self.may_send():
            raise Fenced("the lease has run out")
        self.journal.mark(index, Mark.FLYING)
        try:
            await connection.body(parcel.message)
        except Refused as refusal:
            self.journal.mark(index, Mark.REFUSED)
            return _refused(refusal)
        except Unanswered:
            return Uncertain()
        self.journal.mark(index, Mark.TAKEN)
        return Taken()


def _refused(refusal: Refused) -> Result:
    if not refusal.permanent:
        return Postponed(refusal.reply)
    return Declined(BounceKind.ADDRESS if refusal.no_such_address else BounceKind.REFUSED, refusal.reply)
