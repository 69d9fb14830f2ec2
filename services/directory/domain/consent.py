"""That somebody agreed, and to what."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.directory.domain.codes import Language

EnteredBy = Literal["public", "center", "coordinator", "office"]
"""The role of whoever entered it; ``public`` is a form without an account."""


class Consent(BaseModel):
    """The proof of an agreement: to the very wording, on which day, entered by whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    given_on: date
    entered_by: EnteredBy
    wording: int = Field(description="Version of the text that was agreed to.")
    language: Language | None = Field(default=None, description="In which it was shown, where that was noted.")
