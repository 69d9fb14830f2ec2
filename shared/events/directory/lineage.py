"""Lineage: which center came from which, and by what.

All centers together are one forest, and one aggregate: its key is always ``forest``, so whoever reads its events in
order has a forest after each of them, never a circle. An event is about one center, and its snapshot is that center's
origin, not the whole forest: whoever keeps a copy keeps it by ``snapshot.center``, not by key.
"""

from enum import StrEnum

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream, Wire


class Cause(StrEnum):
    """How a center came from another: by a study visit there, by its mentoring, or by its example alone."""

    VISIT = "visit"
    MENTOR = "mentor"
    INSPIRATION = "inspiration"


class Origin(Wire):
    """Where a center came from. A center without an origin was founded by its own people, or nobody knows."""

    came_from: str = Field(description="Id of the center it came from.")
    cause: Cause
    visit: str | None = Field(default=None, description="Id of the study visit; absent for visits of older times.")
    mentor: str | None = Field(default=None, description="Id of the center that accompanied its founding.")
    initiative: str | None = Field(default=None, description="Id of the initiative it grew out of.")
    year: int | None = Field(default=None, description="Year of the visit, the mentoring or the first idea.")


class LineageSnapshot(Snapshot):
    """The one center an event is about, and where it came from."""

    center: str = Field(description="Id of the center.")
    origin: Origin | None = Field(default=None, description="Null: it came from no other center, as far as is known.")


class LineageRecorded(Event):
    """It became known from which center another one came."""

    center: str
    came_from: str


class LineageCorrected(Event):
    """What was known about a center's origin was corrected or completed."""

    center: str
    came_from: str
    before: str = Field(description="Id of the center it was thought to have come from; may be the same.")


class LineageRemoved(Event):
    """A center came from no other after all."""

    center: str
    before: str = Field(description="Id of the center it was thought to have come from.")


_PRAHA = "01890a5d-ac96-774b-bcce-b302099a8058"
_MUENCHEN = "01890a5d-ac96-774b-bcce-b302099a8057"

LINEAGE = Stream(
    service="directory",
    aggregate="lineage",
    about="Which center came from which, and by what visit or mentor; one key, in order, never a circle.",
    snapshot=LineageSnapshot(
        center=_PRAHA, origin=Origin(came_from=_MUENCHEN, cause=Cause.VISIT, mentor=_MUENCHEN, year=1991)
    ),
    events=(
        LineageRecorded(center=_PRAHA, came_from=_MUENCHEN),
        LineageCorrected(center=_PRAHA, came_from=_MUENCHEN, before=_MUENCHEN),
        LineageRemoved(center=_PRAHA, before=_MUENCHEN),
    ),
    partitions=1,
)
