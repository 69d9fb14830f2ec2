"""Spells: times from one day until another, such as a membership or a partnership that lasts or has ended."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from shared.aggregate import Refusal, Why
from shared.days import not_in_the_future

Day = Annotated[date, Field(ge=date(1900, 1, 1))]
"""No center, network or partnership is older: an earlier day is a slip of the pen (0206-11-10)."""


class Gone(StrEnum):
    """What makes a membership or a link end by itself."""

    CENTER_CLOSED = "center-closed"
    NETWORK_DISSOLVED = "network-dissolved"


class EndsBeforeItBegan(Refusal):
    """A spell, a pause, a range of years cannot end before it began; ``since`` tells the day where there is one."""

    code = "ends-before-it-begins"
    why = Why.INVALID


class SpellsOverlap(Refusal):
    """Two spells of the same thing would be true on one day; ``since`` and ``until`` tell the one there already."""

    code = "spells-overlap"


class Spell(BaseModel):
    """From the day ``since`` until, and without, the day ``until``; without that day it lasts.

    So a spell that ends on a day and one that begins on it follow each other without a gap, and one that ends on the
    day it began covers no day at all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: Day
    until: Day | None = Field(default=None, description="The first day on which it was over.")

    def covers(self, day: date) -> bool:
        """Whether it holds on that day."""
        return self.since <= day and (self.until is None or day < self.until)

    def meets(self, other: "Spell") -> bool:
        """Whether the two cannot both be true of the same thing, because neither ends before the other begins."""
        return _begins_before_end(self, other) and _begins_before_end(other, self)

    def ended(self, on: date) -> Self:
        """This spell, over from the day ``on``."""
        if on < self.since:
            raise EndsBeforeItBegan("it cannot end before the day on which it began", since=self.since)
        return self.model_copy(update={"until": on})


def require_true(spell: Spell, now: datetime) -> None:
    """Refuses a spell that ends before it begins, or has a day still to come in it (`InTheFuture`)."""
    not_in_the_future(spell.since, now)
    if spell.until is not None:
        not_in_the_future(spell.until, now)
        spell.ended(spell.until)


def require_apart(spell: Spell, others: Iterable[Spell]) -> None:
    """Refuses with `SpellsOverlap` if ``spell`` meets one of the ``others``."""
    for other in others:
        if spell.meets(other):
            raise SpellsOverlap("there is another spell at that time", since=other.since, until=other.until)


def _begins_before_end(one: Spell, other: Spell) -> bool:
    return other.until is None or one.since < other.until
