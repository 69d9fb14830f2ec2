"""What many commitments show together: how much of what was seen is really done at home, and which houses it is from.

Numbers of centers and of commitments, never of persons; so small ones may be shown.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from services.exchange.domain.commitment import CENTER_CLOSED, OPEN, TAKEN_OVER, Commitment
from shared.events.exchange.commitment import CommitmentStatus


class Tally(BaseModel):
    """What became of commitments. Adopted, adapted, dropped and unanswered ones are together those that came due.

    One that is answered early counts when its half year is over, like all others: the quick ones are not typical.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    to_come: int = Field(description="Their half year is not over yet. Counted nowhere else, whatever was answered.")
    came_due: int = Field(description="Half a year or more has passed since the report.")
    adopted: int
    adapted: int
    dropped: int
    center_closed: int = Field(description="Of the dropped: the center closed before it answered.")
    unanswered: int
    rate: float | None = Field(
        description="The share of those that came due that was adopted or adapted, from 0 to 1; null: none came due."
    )

    @classmethod
    def of(cls, commitments: Iterable[Commitment], now: datetime) -> Self:
        """Counts."""
        every = list(commitments)
        ripe = [each for each in every if each.due_at <= now]
        by = Counter(each.status for each in ripe)
        adopted, adapted = by[CommitmentStatus.ADOPTED], by[CommitmentStatus.ADAPTED]
        return cls(
            to_come=len(every) - len(ripe),
            came_due=len(ripe),
            adopted=adopted,
            adapted=adapted,
            dropped=by[CommitmentStatus.DROPPED],
            center_closed=sum(each.reason == CENTER_CLOSED for each in ripe),
            unanswered=sum(by[status] for status in OPEN),
            rate=round((adopted + adapted) / len(ripe), 3) if ripe else None,
        )


def tallied(commitments: Iterable[Commitment], by: Callable[[Commitment], str], now: datetime) -> dict[str, Tally]:
    """The tally of each group, in the order of what they are grouped by."""
    groups: defaultdict[str, list[Commitment]] = defaultdict(list)
    for each in commitments:
        groups[by(each)].append(each)
    return {key: Tally.of(groups[key], now) for key in sorted(groups)}


def followers(commitments: Iterable[Commitment]) -> Mapping[str, int]:
    """How many centers took something over from each house; a center that did so twice is one."""
    found = {(each.host, each.guest) for each in commitments if each.status in TAKEN_OVER}
    return Counter(host for host, _ in found)
