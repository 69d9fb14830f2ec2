"""What every service does when somebody wants to be forgotten: look at everything it keeps, erase, look again, answer.

Nothing is kept beside a document to find people by. Each text of each document is looked at, so an erasure finds a
person wherever they were written: as contact, as reader, or in the middle of a story. What is found, the aggregate
erases by its own rule, and it is looked at once more before it is saved; an aggregate that does not know how, or
leaves something, makes the reaction fail: then there is a dead letter and an alarm, and no receipt. A receipt is given
by a look that has found nothing, so what was on its way from one document to another meanwhile is found by the next.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from shared.aggregate import Aggregate, Person, Refusal
from shared.erasure.answer import Removed, counted
from shared.erasure.person import Persons
from shared.events.base import Received
from shared.events.erasure import DIRECTORY_ERASURE, ErasureRequested, TracesErased
from shared.reactions import Change, Intent, Policy, command_id
from shared.store.port import Document
from shared.world import World

_PAGE = 200


class NotForgotten(Exception):
    """An aggregate could not forget a person; no receipt is given."""


class Answers(Protocol):
    """An aggregate that takes the service's answer: a `shared.erasure.answer.Answer`, or the erasure itself."""

    def forget(self, subject: str, removed: Removed, now: datetime) -> None: ...

    def answer(self, now: datetime) -> None: ...


def answering(answer: type[Any], begin: Callable[[str], Any] | None = None) -> tuple[Policy, Policy]:
    """The policies by which a service answers erasures with its aggregate ``answer`` (an `Answers`).

    ``begin`` makes one where the erasure's own document is elsewhere. They are called after the service: all services
    answer the same event on the same id, and ids are derived from names.
    """
    name = f"erase_person_in_the_{answer.stream.service}"

    async def react(event: Received[ErasureRequested | TracesErased], world: World) -> Sequence[Intent]:
        subject = event.event.subject
        person = Persons.of(world).wanted(event.key, subject)
        changes = [
            Change(aggregate, id, forgetting(person))
            for aggregate in world.aggregates
            if aggregate is not answer
            async for id in _keeping(person, aggregate, world, partial(command_id, event.record.id, name))
        ]
        removed = counted(Counter(change.aggregate.stream.aggregate for change in changes))

        def tell(it: Answers, now: datetime) -> None:
            if removed:
                it.forget(subject, removed, now)
            else:
                it.answer(now)

        return [*changes, Change(answer, event.key, tell, begin)]

    return (
        Policy(name, DIRECTORY_ERASURE, (ErasureRequested,), react),
        Policy(name, answer.stream, (TracesErased,), react),
    )


def forgetting(person: Person) -> Callable[[Aggregate, datetime], None]:
    """The decision that makes an aggregate forget; it was changed meanwhile, perhaps, and keeps nothing any more."""

    def forget(aggregate: Aggregate, now: datetime) -> None:
        if not person.stands_in(aggregate):
            return
        try:
            aggregate.erase(person)
        except Refusal as refusal:
            raise NotForgotten(f"{type(aggregate).__name__} refused to forget a person: {refusal.code}") from None
        if person.stands_in(aggregate):
            raise NotForgotten(f"{type(aggregate).__name__} kept something of a person it was to forget")

    return forget


async def _keeping(
    person: Person, aggregate: type[Aggregate], world: World, command: Callable[[str, str], str]
) -> AsyncIterator[str]:
    """The ids of all that keep something of ``person``; also of one that has forgotten already by ``command`` of the
    aggregate's name and id, in an earlier attempt, so that the receipt counts it."""
    async for document in _documents(aggregate, world):
        forgotten = command(aggregate.__name__, document["_id"])
        if person.stands_in(document["state"]) or forgotten in document["recent"]:
            yield document["_id"]


async def _documents(aggregate: type[Aggregate], world: World) -> AsyncIterator[Document]:
    collection = world.store.collection(aggregate.stream.aggregate)
    after = ""
    while page := await collection.find({"_id": {"$gt": after}}, limit=_PAGE, fields=("state", "recent")):
        for document in page:
            yield document
        after = page[-1]["_id"]
