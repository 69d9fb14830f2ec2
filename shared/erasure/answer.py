"""What a service keeps of an erasure: how much it had to remove, and that it has looked everywhere."""

from collections import Counter
from datetime import datetime
from typing import Self

from shared.aggregate import Aggregate
from shared.events.erasure import AnswerSnapshot, PersonalDataErased, Removal, TracesErased

Removed = tuple[Removal, ...]


class Answer(Aggregate):
    """A service's receipt, under the id of the erasure it answers. Each service has its own, on its own stream."""

    removed: Removed = ()
    answered: bool = False

    @classmethod
    def begin(cls, id: str) -> Self:
        """An erasure that nothing was done for yet."""
        return cls(id=id)

    def forget(self, subject: str, removed: Removed, now: datetime) -> None:
        """Something of the person was found, and erased."""
        self.removed = added(self.removed, removed)
        self.record(TracesErased(subject=subject, removed=removed))

    def answer(self, now: datetime) -> None:
        """Nothing of the person is left here. Said once."""
        if not self.answered:
            self.answered = True
            self.record(PersonalDataErased(removed=self.removed))

    def snapshot(self) -> AnswerSnapshot:
        """Everything it is."""
        return AnswerSnapshot(removed=self.removed)


def counted(kinds: Counter[str]) -> Removed:
    """So many documents of each kind."""
    return tuple(Removal(kind=kind, documents=kinds[kind]) for kind in sorted(kinds))


def added(some: Removed, more: Removed) -> Removed:
    """The sum of both."""
    kinds: Counter[str] = Counter()
    for each in (*some, *more):
        kinds[each.kind] += each.documents
    return counted(kinds)
