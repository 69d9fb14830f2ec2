"""What the exchange's events are made of: codes, and runs of days."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shared.events.base import Wire

CountryCode = Annotated[str, Field(description="ISO 3166-1 alpha-2, upper case.", pattern="^[A-Z]{2}$")]
LanguageCode = Annotated[str, Field(description="ISO 639, lower case, two letters where there are two.")]
TopicCode = Annotated[str, Field(description="Code from the exchange's taxonomy of topics, e.g. founding-a-center.")]
Round = Annotated[int, Field(ge=0, description="Number of the visit's engagement with a house; 0: none yet.")]


class Days(Wire):
    """A run of days, both ends included."""

    first: date
    last: date
