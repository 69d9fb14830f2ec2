"""Where a center is, and how much of that is shown."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.directory.domain.codes import Country
from services.directory.domain.schedule import TimeZone
from shared.events.directory.center import LocationVisibility, TownPoint
from shared.text import Line


def _to_a_metre(degrees: float) -> float:
    return round(degrees, 5)


def _middle_of_town(point: TownPoint) -> TownPoint:
    """Cut to hundredths of a degree, so that a door entered here by mistake is not published."""
    return TownPoint(lat=round(point.lat, 2), lon=round(point.lon, 2))


class Point(BaseModel):
    """A door, in WGS 84 degrees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lat: Annotated[float, Field(ge=-90, le=90), AfterValidator(_to_a_metre)]
    lon: Annotated[float, Field(ge=-180, le=180), AfterValidator(_to_a_metre)]


class Place(BaseModel):
    """A center's place as the directory knows it. How much of it others may know, `shown` tells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: Country
    region: Line | None = None
    town: Line | None = None
    town_point: Annotated[TownPoint, AfterValidator(_middle_of_town)] | None = Field(
        default=None, description="The middle of the town, not of the house; cut to hundredths of a degree."
    )
    postal_code: Annotated[Line, StringConstraints(max_length=12)] | None = None
    street: Line | None = Field(default=None, description="Street and number.")
    point: Point | None = Field(default=None, description="The door.")
    time_zone: TimeZone | None = Field(
        default=None, description="IANA name; found by the town's point or the country where it is not given."
    )

    def shown(self, visibility: LocationVisibility) -> "Place":
        """What is left of this place for somebody who may see only that much."""
        match visibility:
            case LocationVisibility.EXACT:
                return self
            case LocationVisibility.TOWN:
                return self.model_copy(update={"postal_code": None, "street": None, "point": None})
            case LocationVisibility.HIDDEN:
                return Place(country=self.country)
