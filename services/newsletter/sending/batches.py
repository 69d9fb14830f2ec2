"""A batch: the part of an audience that one sender works on at a time, as two documents.

The audience document never changes: the subscription ids. The state document says who owns the batch, what became of
each reader, and which readers' mails may be on their way (the window). Every save is a compare-and-set on its version,
so a sender that lost its batch learns it at its next save, and saves nothing.

The rules are in `Batch`, which is pure; `Batches` loads and saves it.
"""

import asyncio
import base64
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field

from services.newsletter.domain.delivery import Bounce, Counts
from services.newsletter.sending.journal import Mark
from shared.clock import Instant, instant_text
from shared.events.newsletter import BounceKind, WhenUncertain
from shared.store.port import Document, Filter, Insert, Store, StoreUnavailable, Swap

RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""When a mail that was refused for the time being is tried again; after the last one it counts as bounced."""

_RESENT_AT_MOST = 3
_AT_ONCE = 200
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0


class Outcome(StrEnum):
    """What became of one reader, as one letter."""

    PENDING = "."
    ACCEPTED = "a"
    BOUNCED = "b"
    AMBIGUOUS = "u"
    LEFT = "l"  # skipped: no confirmed subscription any more
    CANCELLED = "c"  # skipped: the issue was cancelled


# ---- what sending to one reader can lead to


@dataclass(frozen=True)
class Taken:
    """The server took the mail."""


@dataclass(frozen=True)
class NotSent:
    """Nothing of the body left; the reader waits for another turn."""


@dataclass(frozen=True)
class Gone:
    """The reader has no confirmed subscription any more."""


@dataclass(frozen=True)
class Declined:
    """The server refused it for good."""

    kind: BounceKind
    code: str


@dataclass(frozen=True)
class Postponed:
    """The server refused it for the time being."""

    code: str


@dataclass(frozen=True)
class Uncertain:
    """The body was out and no answer came."""


Result = Taken | NotSent | Gone | Declined | Postponed | Uncertain


class Retry(BaseModel):
    """A reader whose mail was put off."""

    model_config = ConfigDict(extra="forbid")

    attempts: int
    due: Instant
    code: str


class Refusal(BaseModel):
    """Why a reader's mail bounced."""

    model_config = ConfigDict(extra="forbid")

    kind: BounceKind
    code: str


class Batch(BaseModel):
    """The state of one batch. Readers are known by their index in the audience document."""

    model_config = ConfigDict(extra="forbid")

    id: str
    version: int = 1
    issue: str
    number: int
    owner: str | None = None
    epoch: int = 0
    """Counts the owners; the journal of one epoch says nothing about another."""
    lease: float = 0.0
    """Unix time until which the owner may go on without a save."""
    outcomes: str
    """One `Outcome` letter per reader."""
    window: list[int] = Field(default=[])
    """Readers whose mails may be on their way: saved before any byte of them leaves."""
    uncertain: dict[int, int] = Field(default={})
    """Readers who ever were in doubt, and how often, whatever was done for them then."""
    retries: dict[int, Retry] = Field(default={})
    bounces: dict[int, Refusal] = Field(default={})
    due: Instant | None = None
    """Not before this is there anything to do."""
    done: bool = False
    """Everybody is decided."""
    counted: bool = False
    """The delivery knows it."""

    @classmethod
    def of(cls, id: str, issue: str, number: int, readers: int) -> "Batch":
        """A batch of which nobody is decided."""
        return cls(id=id, issue=issue, number=number, outcomes=Outcome.PENDING * readers)

    def pending(self) -> list[int]:
        """Readers not decided yet."""
        return [index for index, letter in enumerate(self.outcomes) if letter == Outcome.PENDING]

    def next_window(self, size: int, now: datetime) -> list[int]:
        """The next readers whose turn it is, at most ``size``."""
        waiting = {index for index, retry in self.retries.items() if retry.due > now}
        return [index for index in self.pending() if index not in waiting][:size]

    def take(self, owner: str, lease: float) -> None:
        """A sender takes the batch; whatever was uncertain must be resolved in the same save."""
        self.owner, self.lease = owner, lease
        self.epoch += 1

    def resolve(self, marks: bytes | None, choice: WhenUncertain) -> None:
        """Decides about the window of an owner that is gone, by its journal if there is one.

        Without a journal the whole window is uncertain.
        """
        by_mark: dict[int, Result] = {Mark.QUIET: NotSent(), Mark.REFUSED: NotSent(), Mark.TAKEN: Taken()}
        results: dict[int, Result] = {
            index: by_mark.get(marks[index], Uncertain()) if marks is not None else Uncertain() for index in self.window
        }
        self.settle(results, choice, now=None)

    def settle(self, results: Mapping[int, Result], choice: WhenUncertain, now: datetime | None) -> None:
        """Writes down what became of the window; it is closed afterwards. ``now`` dates the next attempts."""
        letters = list(self.outcomes)
        for index, result in results.items():
            letters[index] = self._decide(index, result, choice, now)
            if letters[index] != Outcome.PENDING:
                self.retries.pop(index, None)
        self.outcomes = "".join(letters)
        self.window = []

    def cancel(self) -> None:
        """Nobody who is still pending will get it."""
        self.outcomes = self.outcomes.replace(Outcome.PENDING, Outcome.CANCELLED)
        self.retries = {}

    def release(self) -> None:
        """Gives the batch back: finished, or to be continued when the next retry is due."""
        pending = self.pending()
        self.owner, self.lease = None, 0.0
        self.done = not pending
        waits = [self.retries[index].due for index in pending if index in self.retries]
        self.due = min(waits) if waits and len(waits) == len(pending) else None

    def counts(self) -> Counts:
        """What became of its readers so far."""
        found = Counter(self.outcomes)
        return Counts(
            accepted=found[Outcome.ACCEPTED],
            bounced=found[Outcome.BOUNCED],
            ambiguous=found[Outcome.AMBIGUOUS],
            skipped=found[Outcome.LEFT] + found[Outcome.CANCELLED],
        )

    def _decide(self, index: int, result: Result, choice: WhenUncertain, now: datetime | None) -> Outcome:
        match result:
            case Taken():
                return Outcome.ACCEPTED
            case Gone():
                return Outcome.LEFT
            case Declined(kind, code):
                return self._bounced(index, kind, code)
            case Postponed(code) if now is not None:
                return self._postponed(index, code, now)
            case Uncertain():
                self.uncertain[index] = self.uncertain.get(index, 0) + 1
                again = choice is WhenUncertain.NEVER_MISSED and self.uncertain[index] <= _RESENT_AT_MOST
                return Outcome.PENDING if again else Outcome.AMBIGUOUS
        return Outcome.PENDING

    def _postponed(self, index: int, code: str, now: datetime) -> Outcome:
        attempts = self.retries[index].attempts + 1 if index in self.retries else 1
        if attempts > len(RETRY_AFTER):
            return self._bounced(index, BounceKind.GAVE_UP, code)
        self.retries[index] = Retry(attempts=attempts, due=now + RETRY_AFTER[attempts - 1], code=code)
        return Outcome.PENDING

    def _bounced(self, index: int, kind: BounceKind, code: str) -> Outcome:
        self.bounces[index] = Refusal(kind=kind, code=code)
        return Outcome.BOUNCED


class Fenced(Exception):
    """The batch has another owner now, or may have one; whoever gets this must not send a byte more."""


@dataclass(frozen=True)
class Audience:
    """The readers of a batch. A chain of these, each beginning after the last id of the one before, is an issue's
    audience; one with ``final`` and nobody in it ends the chain."""

    id: str
    issue: str
    number: int
    count: int
    last: str
    """The greatest subscription id so far in the chain."""
    final: bool


def batch_id(issue: str, number: int) -> str:
    """The id of a batch, of both its documents."""
    return f"{issue}:{number:06d}"


class Batches:
    """The two collections."""

    def __init__(self, store: Store) -> None:
        self._audiences = store.collection("audiences")
        self._states = store.collection("batches")

    # ---- the chain of audiences

    async def chain(self, issue: str) -> list[Audience]:
        """What there is of an issue's audience, in order."""
        found = await self._audiences.find(
            {"issue": issue}, sort=(("number", 1),), fields=("issue", "number", "count", "last", "final")
        )
        return [
            Audience(each["_id"], issue, each["number"], each["count"], each["last"], each["final"]) for each in found
        ]

    async def append(self, issue: str, number: int, readers: Sequence[str], last: str) -> bool:
        """Adds the next part of the audience; without readers it ends the chain. False: somebody else was faster."""
        document = {
            "_id": batch_id(issue, number),
            "issue": issue,
            "number": number,
            "count": len(readers),
            "last": readers[-1] if readers else last,
            "final": not readers,
            "readers": base64.b64encode(zlib.compress(orjson.dumps(list(readers)))).decode(),
        }
        return (await self._audiences.write([Insert(document)]))[0]

    async def readers(self, id: str) -> list[str]:
        """The subscription ids of a batch, in order."""
        document = (await self._audiences.get_many([id]))[id]
        readers: list[str] = orjson.loads(zlib.decompress(base64.b64decode(document["readers"])))
        return readers

    async def add_states(self, parts: Sequence[Audience]) -> None:
        """Makes the state documents of these batches, where they are missing."""
        fresh = [Batch.of(part.id, part.issue, part.number, part.count) for part in parts]
        for start in range(0, len(fresh), _AT_ONCE):
            await self._states.write([
                Insert({"_id": batch.id, **_fields(batch), "version": batch.version, "save": ""})
                for batch in fresh[start : start + _AT_ONCE]
            ])  # fmt: skip

    # ---- states

    async def claimable(self, issue: str, wall: float, home: str, now: datetime, limit: int = 50) -> list[Batch]:
        """Batches with something to do now that nobody owns, or whose owner let the lease run out, or which belong
        to a sender of this ``home``, who may be dead."""
        where: Filter = {
            "issue": issue,
            "done": False,
            "$and": [
                {"$or": [{"due": None}, {"due": {"$lte": instant_text(now)}}]},
                {"$or": [{"owner": None}, {"lease": {"$lt": wall}}, {"owner": {"$regex": f"^{home}/"}}]},
            ],
        }
        return [_batch(document) for document in await self._states.find(where, limit=limit)]

    async def owned_by(self, sender: str) -> list[Batch]:
        """Unfinished batches of this sender: what it, or a dead one of its name, left behind."""
        return [_batch(document) for document in await self._states.find({"owner": sender, "done": False})]

    async def uncounted(self, limit: int) -> list[Batch]:
        """Finished batches that their delivery does not know of yet."""
        found = await self._states.find({"done": True, "counted": False}, limit=limit)
        return [_batch(document) for document in found]

    async def of_issue(self, issue: str) -> list[Batch]:
        """All batches of an issue, in order."""
        return [_batch(document) for document in await self._states.find({"issue": issue}, sort=(("_id", 1),))]

    async def save(self, batch: Batch, until: float) -> None:
        """Saves what was changed since it was loaded. `Fenced` when somebody else has changed it meanwhile.

        While the database is away it keeps trying, until the event loop's time ``until`` (then: `Fenced`).
        """
        expected, batch.version = batch.version, batch.version + 1
        signature = str(uuid4())
        fields = {**_fields(batch), "version": batch.version, "save": signature}
        pause = _FIRST_PAUSE_S
        while True:
            try:
                if (await self._states.write([Swap(batch.id, expected, fields)]))[0]:
                    return
                stored = (await self._states.get_many([batch.id])).get(batch.id)
                if stored is not None and stored["save"] == signature:
                    return  # an earlier attempt had come through after all
                raise Fenced(f"{batch.id} was changed by another sender")
            except StoreUnavailable:
                if asyncio.get_running_loop().time() + pause > until:
                    raise Fenced(f"{batch.id} could not be saved in time") from None
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)


def bounced(batch: Batch, readers: Sequence[str]) -> tuple[Bounce, ...]:
    """The bounces of a batch with their subscriptions."""
    return tuple(
        Bounce(subscription=readers[index], kind=refusal.kind, code=refusal.code)
        for index, refusal in sorted(batch.bounces.items())
    )


def _fields(batch: Batch) -> Document:
    return batch.model_dump(mode="json", exclude={"id", "version"})


def _batch(document: Document) -> Batch:
    known = {name: value for name, value in document.items() if name in Batch.model_fields}
    return Batch.model_validate({"id": document["_id"], **known})
