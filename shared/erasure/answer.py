"""What a service keeps of an erasure: that it has looked everywhere, and how much it had to remove."""

from datetime import datetime
from typing import Self

from shared.aggregate import Aggregate
from shared.events.erasure import AnswerSnapshot, PersonalDataErased, Removal


class Answer(Aggregate):
    """A service's receipt, under the id of the erasure it answers. Each service has its own, on its own stream."""

    removed: tuple[Removal, ...] | None = None

    @classmethod
    def begin(cls, id: str) -> Self:
        """An erasure that was not answered yet."""
        return cls(id=id)

    def answer(self, removed: tuple[Removal, ...], now: datetime) -> None:
        """Nothing of the person is left here. Said once; the first answer counts."""
        if self.removed is None:
            self.removed = removed
            self.record(PersonalDataErased(removed=removed))

    def snapshot(self) -> AnswerSnapshot:
        """Everything it is."""
        return AnswerSnapshot(removed=self.removed or ())
