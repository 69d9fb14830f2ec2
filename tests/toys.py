"""Two tiny services for tests of the kernel: accounts that are paid into, and tallies that count what was paid.

``left`` owns `Account`; ``right`` mirrors accounts and adds every deposit to the tally of the account's holder.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from shared.aggregate import Aggregate
from shared.clock import Instant
from shared.events import Event, Received, Snapshot, Stream, catalogue
from shared.reactions import Change, Create, Intent, Mirror, policy
from shared.service import Service
from shared.world import World


class AccountSnapshot(Snapshot):
    holder: str
    total: int


class AccountOpened(Event):
    """An account was opened."""


class Deposited(Event):
    """Somebody paid in."""

    amount: int


class Reminded(Event):
    """The account was reminded of its deadline."""


ACCOUNT = Stream(
    service="left",
    aggregate="account",
    about="Accounts",
    snapshot=AccountSnapshot(holder="h1", total=3),
    events=(AccountOpened(), Deposited(amount=3), Reminded()),
    partitions=2,
)


class TallySnapshot(Snapshot):
    count: int
    total: int


class TallyStarted(Event):
    """The first deposit of a holder was seen."""


class Counted(Event):
    """A deposit was counted."""

    amount: int


TALLY = Stream(
    service="right",
    aggregate="tally",
    about="Tallies",
    snapshot=TallySnapshot(count=1, total=3),
    events=(TallyStarted(), Counted(amount=3)),
    partitions=2,
)


class Account(Aggregate):
    """Takes deposits above zero."""

    stream = ACCOUNT

    holder: str
    total: int = 0
    remind_at: Instant | None = None

    @classmethod
    def open(cls, id: str, holder: str) -> "Account":
        account = cls(id=id, holder=holder)
        account.record(AccountOpened())
        return account

    def snapshot(self) -> AccountSnapshot:
        return AccountSnapshot(holder=self.holder, total=self.total)

    def due(self) -> datetime | None:
        return self.remind_at

    def ring(self, now: datetime) -> None:
        self.remind_at = None
        self.record(Reminded())

    def deposit(self, amount: int) -> None:
        self.total += amount  # on purpose before the guard: a refusal must leave nothing behind
        self.require(amount > 0, "a deposit is more than nothing")
        self.record(Deposited(amount=amount))

    def remind(self, now: datetime) -> None:
        self.remind_at = now + timedelta(days=1)
        self.record(Reminded())


class Tally(Aggregate):
    """Counts the deposits of one holder."""

    stream = TALLY

    count: int = 0
    total: int = 0

    @classmethod
    def start(cls, id: str, now: datetime) -> "Tally":
        tally = cls(id=id)
        tally.record(TallyStarted())
        return tally

    def snapshot(self) -> TallySnapshot:
        return TallySnapshot(count=self.count, total=self.total)

    def add(self, amount: int) -> None:
        self.count += 1
        self.total += amount
        self.record(Counted(amount=amount))


@policy(AccountOpened, stream=ACCOUNT)
async def start_a_tally(event: Received[AccountOpened], world: World) -> Sequence[Intent]:
    return [Create(Tally, Tally.start, id=event.snapshot.holder)]


@policy(Deposited, stream=ACCOUNT)
async def count_a_deposit(event: Received[Deposited], world: World) -> Sequence[Intent]:
    amount = event.event.amount
    return [Change(Tally, event.snapshot.holder, lambda tally, now: tally.add(amount))]


ACCOUNTS = Mirror("accounts", ACCOUNT, lambda snapshot: {"total": snapshot.total})

LEFT = Service("left", aggregates=(Account,), routers=())
RIGHT = Service(
    "right", aggregates=(Tally,), routers=(), mirrors=(ACCOUNTS,), policies=(start_a_tally, count_a_deposit)
)


@contextmanager
def toy_catalogue() -> Iterator[None]:
    """Inside, the catalogue knows the toys' events too."""
    streams = (ACCOUNT, TALLY)
    types = {name: (stream, model) for stream in streams for name, model in stream.types.items()}
    with (
        patch.dict(catalogue._BY_TOPIC, {stream.topic: stream for stream in streams}),
        patch.dict(catalogue._BY_TYPE, types),
    ):
        yield
