"""What networks and partners have in common: an organisation with a name, a website and a role to write to."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from services.directory.domain.codes import Language
from services.directory.domain.profile import Phone, WebAddress
from shared.text import Name

Names = Annotated[dict[Language, Name], Field(max_length=30, description="The name by language.")]


class RoleContact(BaseModel):
    """How to reach the organisation: a role's address (office@...), never a person's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: EmailStr | None = None
    phone: Phone | None = Field(default=None, description="International, with +; spaces allowed.")


class Organisation(BaseModel):
    """An organisation's own description. Networks and partners add to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    names: Names = {}
    website: WebAddress | None = None
    contact: RoleContact = RoleContact()
