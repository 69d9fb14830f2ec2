"""A center as the exchange knows it: its copy of what the directory says."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.aggregate import Refusal
from shared.events.directory.center import CenterStatus, Check, TownPoint

BARS = ("center-closed", "center-paused", "check-lapsed")
"""Everything that can keep a center from hosting."""


class CenterCannotHost(Refusal):
    """A center that is paused, closed or unconfirmed for too long hosts nobody."""

    code = "center-cannot-host"


class Center(BaseModel):
    """What matching needs to know of a center. ``version`` is the directory's, to tell older news from newer."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    version: int = 0
    name: str
    country: str
    town: str | None = None
    town_point: TownPoint | None = None
    languages: tuple[str, ...] = ()
    status: CenterStatus
    check: Check
    verified_on: date

    @property
    def bars(self) -> tuple[str, ...]:
        """Why it can host nobody, as codes in a fixed order; empty when nothing stands in the way."""
        holds = (self.status is CenterStatus.CLOSED, self.status is CenterStatus.PAUSED, self.check is Check.LAPSED)
        return tuple(bar for bar, applies in zip(BARS, holds, strict=True) if applies)
