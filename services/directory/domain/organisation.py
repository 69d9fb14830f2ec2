"""What networks and partners have in common: an organisation with a name, a website and a role to write to."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from services.directory.domain.codes import Language
from services.directory.domain.profile import Phone, WebAddress
from shared.aggregate import Person
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

    def without(self, person: Person) -> Self:
        """The same, but for somebody who is forgotten: a contact or website of theirs is given up."""
        theirs = {name: None for name, value in self.contact if person.stands_in(value)}
        website = None if person.stands_in(self.website) else self.website
        contact = self.contact.model_copy(update=theirs)
        return self.model_copy(update={"contact": contact, "website": website})
