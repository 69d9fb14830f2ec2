"""The family tree of the centers: who came from whom, all of it in one document, so that no circle can ever arise."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, PrivateAttr

from shared.aggregate import Aggregate, Refusal, Why
from shared.events import Stream
from shared.events.directory.lineage import (
    LINEAGE,
    LineageCorrected,
    LineageRecorded,
    LineageRemoved,
    LineageSnapshot,
    Origin,
)

FOREST = "forest"
"""The id of the only forest there is."""


class OwnParent(Refusal):
    """A center cannot have come from itself."""

    code = "own-parent"
    why = Why.INVALID


class LineageCycle(Refusal):
    """The center it is said to have come from came from it; ``path`` leads from the one down to the other."""

    code = "lineage-cycle"


class NoLineage(Refusal):
    """Nothing is known about where this center came from."""

    code = "no-lineage"
    why = Why.MISSING


class Forest(Aggregate):
    """Where each center came from. Centers that are not in it came from no other, as far as is known.

    Invariants: a center has at most one origin, and whoever goes from origin to origin comes to an end. The second one
    spans all centers, therefore they are one aggregate: its compare-and-set decides between two links that would make a
    circle together (docs/decisions/forest-in-one-document.md).
    """

    stream: ClassVar[Stream] = LINEAGE

    origins: dict[str, Origin] = Field(default_factory=dict, description="By the id of the center that came.")

    _about: str = PrivateAttr(default="")

    @classmethod
    def empty(cls, id: str) -> "Forest":
        """The forest before anything is known."""
        return cls(id=id)

    # ---- what people enter

    def enter(self, center: str, origin: Origin) -> None:
        """``center`` came from ``origin.came_from``. What was known before is corrected; the same again is nothing new.

        `OwnParent`, `LineageCycle`.
        """
        self._about = center
        if center == origin.came_from:
            raise OwnParent("a center cannot have come from itself")
        path = [origin.came_from, *self.ancestors(origin.came_from)]
        if center in path:
            raise LineageCycle(
                "the center it is said to have come from is one of its descendants",
                path=path[path.index(center) :: -1],
            )
        known = self.origins.get(center)
        if known and origin.initiative is None:  # that it grew out of one is a fact of its own
            origin = origin.model_copy(update={"initiative": known.initiative})
        if origin == known:
            return
        self.origins[center] = origin
        if known is None:
            self.record(LineageRecorded(center=center, came_from=origin.came_from))
        else:
            self.record(LineageCorrected(center=center, came_from=origin.came_from, before=known.came_from))

    def inherit(self, center: str, origin: Origin) -> None:
        """What a new center brought with it from its founding. What people have entered meanwhile counts more."""
        self._about = center
        if center not in self.origins:
            self.enter(center, origin)

    def hand_over(self, center: str, duplicate: str, successor: str) -> None:
        """``center`` came from an entry that was found to be a second one of ``successor``: it came from that one.

        If it is the successor itself that came from the other entry, it came from nowhere by that.
        """
        self._about = center
        origin = self.origins.get(center)
        if origin is None or origin.came_from != duplicate:
            return
        if center == successor:
            self.remove(center)
        else:
            self.enter(center, origin.model_copy(update={"came_from": successor}))

    def remove(self, center: str) -> None:
        """``center`` came from no other after all. Those that came from it stay its own. `NoLineage`."""
        self._about = center
        known = self.origins.pop(center, None)
        if known is None:
            raise NoLineage("nothing is known about where this center came from")
        self.record(LineageRemoved(center=center, before=known.came_from))

    # ---- reading it

    def ancestors(self, center: str) -> list[str]:
        """The centers it came from, the nearest first, the root of its tree last."""
        found = []
        while origin := self.origins.get(center):
            center = origin.came_from
            found.append(center)
        return found

    def offspring(self) -> Mapping[str, list[str]]:
        """By center, the centers that came from it directly, in the order of their ids."""
        found: dict[str, list[str]] = {}
        for center in sorted(self.origins):
            found.setdefault(self.origins[center].came_from, []).append(center)
        return found

    def descendants(self, center: str) -> list[str]:
        """All that came from it, directly or not, in no particular order."""
        offspring = self.offspring()
        found: list[str] = []
        waiting = list(offspring.get(center, ()))
        while waiting:
            child = waiting.pop()
            found.append(child)
            waiting.extend(offspring.get(child, ()))
        return found

    def snapshot(self) -> LineageSnapshot:
        """The one center that the last command was about."""
        return LineageSnapshot(center=self._about, origin=self.origins.get(self._about))
