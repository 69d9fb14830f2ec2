"""Input that several resources share."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.events.exchange.terms import Days

CenterId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]
TopicCode = Annotated[str, StringConstraints(pattern="^[a-z0-9-]{1,60}$")]
CountryCode = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]


class Input(BaseModel):
    """What a client sends: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class DaysInput(Input):
    """A run of days, both ends included."""

    first: date = Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))
    last: date = Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))

    @model_validator(mode="after")
    def _in_order(self) -> "DaysInput":
        if self.last < self.first:
            raise ValueError("the last day is before the first")
        return self

    def days(self) -> Days:
        """As the domain says it."""
        return Days(first=self.first, last=self.last)
