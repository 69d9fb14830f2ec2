"""Yearly figures: that a center reported them, and which; never the figures themselves.

Events are kept for ever and anyone may read them, but a figure is shown from five centers on. So an event tells whose
report it is, for which year, and which figures are in it; the directory serves the numbers: to the center's own people
each by itself, to everybody as trends.
"""

from enum import StrEnum

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream
from shared.events.directory.center import CountryCode


class Figure(StrEnum):
    """What a center may report of a year."""

    FAMILIES = "families"
    VISITS = "visits"
    VOLUNTEERS = "volunteers"
    PAID_STAFF = "paid_staff"
    VOLUNTEER_HOURS = "volunteer_hours"
    OPENING_DAYS = "opening_days"
    FUNDING = "funding"


class CorrectionReason(StrEnum):
    """Why figures were corrected."""

    TYPO = "typo"
    LATE_FIGURES = "late-figures"
    RECOUNTED = "recounted"
    OTHER = "other"


class AnnualReportSnapshot(Snapshot):
    """Which figures a center has reported of a year. There is one report per center and year."""

    center: str
    country: CountryCode
    year: int
    reported: tuple[Figure, ...] = Field(description="Which figures the report holds, in the order of the list.")
    edition: int = Field(description="1 as first reported, one more with every correction.")


class AnnualFiguresReported(Event):
    """A center's figures of a year came in."""

    entered_by: str = Field(description="The role that entered them: center, coordinator or office.")


class AnnualFiguresCorrected(Event):
    """Some of the figures were put right; the earlier ones are kept."""

    entered_by: str = Field(description="The role that entered them: center, coordinator or office.")
    reason: CorrectionReason
    changed: tuple[Figure, ...] = Field(description="Which figures are new, other or taken back.")


ANNUAL_REPORT = Stream(
    service="directory",
    aggregate="annual-report",
    about="Yearly figures: which center has reported which of a year. The numbers are the directory's to tell.",
    snapshot=AnnualReportSnapshot(
        center="01890a5d-ac96-774b-bcce-b302099a8057",
        country="CZ",
        year=2025,
        reported=(Figure.FAMILIES, Figure.VISITS, Figure.FUNDING),
        edition=2,
    ),
    events=(
        AnnualFiguresReported(entered_by="center"),
        AnnualFiguresCorrected(entered_by="coordinator", reason=CorrectionReason.TYPO, changed=(Figure.VISITS,)),
    ),
)
