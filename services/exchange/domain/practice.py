"""A practice as the exchange knows it: its copy of what the directory says."""

from pydantic import BaseModel, ConfigDict

from shared.aggregate import Refusal, Why


class UnknownPractice(Refusal):
    """No published practice has this id, or none that is known here yet."""

    code = "unknown-practice"
    why = Why.INVALID


class OwnPractice(Refusal):
    """A center does not take over its own practice."""

    code = "own-practice"
    why = Why.INVALID


class Practice(BaseModel):
    """Whose it is, and whether everybody can read it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    center: str | None = None
    published: bool = False
