"""The sender: takes a batch, announces a window, lets it fly, writes down what happened, and so on to the end.

The order is everything:

1. A batch is taken by a compare-and-set that also resolves what an earlier owner left in doubt.
2. The journal begins anew for this batch and epoch.
3. The window is saved. Only then may a byte of its mails leave.
4. Just before a body leaves: is the lease still ours? Then the journal, then the body.
5. The next save holds the results, the next window and a new lease.

So after any death the window without results, narrowed down by the journal, is all that can be in doubt.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from services.newsletter.domain.delivery import Delivery
from services.newsletter.domain.issue import Issue
from services.newsletter.domain.subscription import Subscription
from services.newsletter.sending.audience import prepare
from services.newsletter.sending.batches import Batch, Batches, Declined, Fenced, Gone, NotSent, Result, bounced
from services.newsletter.sending.flight import Connections, Flight, Parcel
from services.newsletter.sending.journal import Journals
from services.newsletter.sending.mails import IssueMails, Stationery
from services.newsletter.sending.mime import Unrenderable
from services.newsletter.sending.readers import Readers
from services.newsletter.sending.smtp import Relay
from services.newsletter.settings import NewsletterSettings
from shared.clock import Clock
from shared.commands import Command, Repository
from shared.events.newsletter import BounceKind, IssueStatus
from shared.ids import derived_id
from shared.observability.metrics import Metrics
from shared.store.port import Store

_COUNTED_AT_ONCE = 50
_MARGIN = 0.2
"""The part of the lease before its end in which nothing is sent any more."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Desk:
    """What a sender works with."""

    store: Store
    issues: Repository[Issue]
    deliveries: Repository[Delivery]
    subscriptions: Repository[Subscription]
    clock: Clock
    metrics: Metrics
    settings: NewsletterSettings


class Sender:
    """One sender. Any number may work at the same time, in this process or elsewhere."""

    def __init__(self, desk: Desk, journals: Journals, wall: Callable[[], float] = time.time) -> None:
        settings = desk.settings
        self._desk = desk
        self._settings = settings
        self._wall = wall
        self._journals = journals
        self._journal = journals.acquire()
        self._batches = Batches(desk.store)
        self._readers = Readers(desk.store, desk.subscriptions)
        self._stationery = Stationery(settings)
        self._connections = Connections(relay_of(settings), settings.from_address, settings.connections)
        self._lease_ends = 0.0
        self._stop = asyncio.Event()
        self.trouble: str | None = None
        """Why the mail server could not be used lately, if so."""

    async def run_once(self) -> bool:
        """Does what there is to do, one batch at most; False when there was nothing.

        Raises `StoreUnavailable` when the database is away; nothing is lost by it.
        """
        self.trouble = None
        await self._prepare_started()
        worked = await self._send_something()
        return await self._count_finished() or worked

    def stop(self) -> None:
        """Lets mails on their way finish and begins no new ones; `run_once` then returns soon."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    async def pause(self, seconds: float) -> None:
        """Waits, unless it is asked to stop meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def rest(self) -> None:
        """Leaves the mail server while there is nothing to do."""
        await self._connections.close()

    async def close(self) -> None:
        """Leaves the mail server and gives the journal back."""
        await self._connections.close()
        self._journal.close()

    def abort(self) -> None:
        """As if the process had died here."""
        self._connections.abort()
        self._journal.close()

    # ---- the audience

    async def _prepare_started(self) -> None:
        for loaded in await self._desk.issues.find({"state.status": IssueStatus.SENDING.value}):
            if not await self._desk.deliveries.count({"_id": loaded.aggregate.id}):
                await self._prepare(loaded.aggregate)

    async def _prepare(self, issue: Issue) -> None:
        audience = await prepare(issue.id, issue.list, self._batches, self._readers, self._settings.batch_size)
        command = Command(derived_id("prepare delivery", issue.id), actor="sender")
        await self._desk.deliveries.create(
            command, lambda id, now: Delivery.prepare(id, audience.readers, audience.batches), issue.id
        )
        _log.info("audience prepared", issue=issue.id, readers=audience.readers, batches=audience.batches)

    # ---- taking a batch

    async def _send_something(self) -> bool:
        """What this sender, or a dead one of its name, had begun comes first: its journal is needed for that, and is
        begun anew with the next batch."""
        left_behind = await self._batches.owned_by(self._journal.name)
        for batch in sorted(left_behind, key=lambda batch: self._journal.marks(batch.id, batch.epoch) is None):
            issue = (await self._desk.issues.get(batch.issue)).aggregate
            if await self._take(batch, issue):
                await self._send(batch, issue)
                return True
            return False  # not saved, perhaps: the journal must stay as it is until this is settled
        for delivery in await self._desk.deliveries.find({"state.finished": False}):
            issue = (await self._desk.issues.get(delivery.aggregate.id)).aggregate
            if issue.status is IssueStatus.PAUSED or self.stopping:
                continue
            for batch in await self._batches.claimable(
                issue.id, self._wall(), self._journal.home, self._desk.clock.now()
            ):
                if await self._take(batch, issue):
                    await self._send(batch, issue)
                    return True
        return False

    async def _take(self, batch: Batch, issue: Issue) -> bool:
        """Takes the batch, and resolves in the same save what its last owner left. False: it is somebody else's."""
        owner, dead = batch.owner, None
        if owner is not None:
            dead = None if owner == self._journal.name else self._journals.of_dead(owner)
            journal = self._journal if owner == self._journal.name else dead
            if journal is None and batch.lease >= self._wall():
                return False
            marks = journal.marks(batch.id, batch.epoch) if journal else None
            before = sum(batch.uncertain.values())
            batch.resolve(marks, issue.when_uncertain)
            uncertain = sum(batch.uncertain.values()) - before
        try:
            batch.take(self._journal.name, self._new_lease())
            await self._batches.save(batch, until=asyncio.get_running_loop().time() + self._settings.lease_s)
        except Fenced:
            return False
        finally:
            if dead is not None:
                dead.close()
        if owner is not None:
            _log.warning("batch taken over", batch=batch.id, journal=marks is not None, uncertain=uncertain)
        self._journal.begin(batch.id, batch.epoch)
        return True

    # ---- sending it

    async def _send(self, batch: Batch, issue: Issue) -> None:
        """Sends window after window until the batch is done, or there is a reason to stop; then gives it back."""
        try:
            readers = await self._batches.readers(batch.id)
            mails = IssueMails(issue, self._stationery, self._desk.clock.now())
            while await self._goes_on(batch, issue):
                window = batch.next_window(self._settings.window, self._desk.clock.now())
                if not window:
                    break
                await self._fly(batch, issue, readers, window, mails)
            batch.release()
            await self._save(batch)
        except Fenced as lost:
            self._connections.abort()
            _log.warning("batch lost", batch=batch.id, reason=str(lost))
        except BaseException:
            self._connections.abort()
            raise

    async def _goes_on(self, batch: Batch, issue: Issue) -> bool:
        status = (await self._desk.issues.get(issue.id)).aggregate.status
        if status is IssueStatus.CANCELLED:
            batch.cancel()
        return status is IssueStatus.SENDING and not self.stopping and self.trouble is None

    async def _fly(
        self, batch: Batch, issue: Issue, readers: Sequence[str], window: Sequence[int], mails: IssueMails
    ) -> None:
        """One window: who has left is skipped, the rest is announced, sent, and written down."""
        confirmed = await self._readers.confirmed([readers[index] for index in window])
        parcels: dict[int, Parcel] = {}
        skipped: dict[int, Result] = {}
        for index in window:
            reader = confirmed.get(readers[index])
            try:
                if reader is None:
                    skipped[index] = Gone()
                else:
                    parcels[index] = mails.parcel(reader)
            except Unrenderable:
                skipped[index] = Declined(BounceKind.REFUSED, "553")
        batch.settle(skipped, issue.when_uncertain, None)
        if not parcels:
            return
        if self._journal.speaks_of(parcels):
            await self._save(batch)  # what is known of these from an earlier window must be in the store first
            self._journal.clear(parcels)
        batch.window = list(parcels)
        await self._save(batch)
        results = await self._watch(batch, Flight(parcels, self._journal, self._holds_lease, lambda: self.stopping))
        batch.settle(results, issue.when_uncertain, self._desk.clock.now())

    async def _watch(self, batch: Batch, flight: Flight) -> Mapping[int, Result]:
        """Waits until the window is done, and renews the lease as long as that takes."""
        workers = flight.start(self._connections)
        try:
            pending = set(workers)
            while pending:
                done, pending = await asyncio.wait(pending, timeout=self._settings.lease_s / 3)
                for worker in done:
                    worker.result()
                if not done:
                    await self._save(batch)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        results = flight.all_results()
        for result in results.values():
            self._desk.metrics.mails.labels(outcome=type(result).__name__.lower()).inc()
        if any(isinstance(result, NotSent) for result in results.values()):
            self.trouble = flight.trouble
        return results

    async def _save(self, batch: Batch) -> None:
        """Saves with a new lease, which counts from before the save."""
        ends = asyncio.get_running_loop().time() + self._settings.lease_s * (1 - _MARGIN)
        if batch.owner is not None:
            batch.lease = self._new_lease()
        await self._batches.save(batch, until=ends)
        self._lease_ends = ends

    def _new_lease(self) -> float:
        return self._wall() + self._settings.lease_s

    def _holds_lease(self) -> bool:
        return asyncio.get_running_loop().time() < self._lease_ends

    # ---- counting

    async def _count_finished(self) -> bool:
        finished = await self._batches.uncounted(_COUNTED_AT_ONCE)
        for batch in finished:
            await self._count(batch)
        return bool(finished)

    async def _count(self, batch: Batch) -> None:
        """Tells the delivery what became of a batch. Senders that do so at the same time give the same command."""
        counts, bounces = batch.counts(), bounced(batch, await self._batches.readers(batch.id))
        command = Command(derived_id("count batch", batch.id), actor="sender")
        await self._desk.deliveries.change(
            batch.issue, command, lambda delivery, now: delivery.count(batch.number, counts, bounces)
        )
        batch.counted = True
        try:
            await self._batches.save(batch, until=asyncio.get_running_loop().time() + self._settings.lease_s)
        except Fenced:
            _log.info("batch was counted by another sender", batch=batch.id)


def relay_of(settings: NewsletterSettings) -> Relay:
    """The mail server that the settings name."""
    return Relay(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_user,
        settings.smtp_password.get_secret_value(),
        settings.smtp_timeout_s,
        hello=settings.from_address.rpartition("@")[2],
    )
