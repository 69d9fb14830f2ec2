"""How a center describes itself."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, EmailStr, Field, StringConstraints, TypeAdapter
from typing_extensions import TypedDict

from services.directory.domain.codes import Language
from shared.events.directory.center import Access, Funding, LegalForm
from shared.text import Line, Name, Prose

_URL = TypeAdapter(AnyHttpUrl)


def _web_address(value: str) -> str:
    return str(_URL.validate_python(value))


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


WebAddress = Annotated[str, StringConstraints(max_length=200), AfterValidator(_web_address)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9]( ?[0-9]){6,14}$")]
Languages = Annotated[tuple[Language, ...], Field(max_length=20), AfterValidator(_each_once)]
Year = Annotated[int, Field(ge=1800, le=2200)]


Topics = Annotated[tuple[str, ...], Field(max_length=30), AfterValidator(_each_once)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Descriptions = Annotated[
    dict[Language, Annotated[Prose, StringConstraints(max_length=5000)]],
    Field(max_length=30, description="In own words, by language."),
]
RegistrationNumber = Annotated[Line, StringConstraints(max_length=40)]


class Kind(StrEnum):
    """What sort of house it is. ``other`` is for friendly houses of another movement."""

    MOTHER_CENTER = "mother-center"
    FAMILY_CENTER = "family-center"
    MULTIGENERATIONAL_HOUSE = "multigenerational-house"
    OTHER = "other"


class Contact(BaseModel):
    """How to reach the house: a role address (office@...), never a person's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: EmailStr | None = None
    phone: Phone | None = Field(default=None, description="International, with +; spaces allowed.")
    website: WebAddress | None = None


class ContactPerson(BaseModel):
    """A person whom members of the network may ask, because that person agreed to it. Never in an event."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    email: EmailStr | None = None
    phone: Phone | None = Field(default=None, description="International, with +; spaces allowed.")
    languages: Languages = ()


class Profile(BaseModel):
    """A center's own description. Its place and its services are not part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    names: Annotated[dict[Language, Name], Field(max_length=30, description="The name by language.")] = {}
    descriptions: Descriptions = {}
    kind: Kind = Kind.MOTHER_CENTER
    languages: Annotated[Languages, Field(min_length=1, description="Spoken in the house, the main one first.")]
    founded: Year | None = None
    legal_form: LegalForm | None = None
    registration_number: RegistrationNumber | None = Field(default=None, description="In the public register.")
    contact: Contact = Contact()
    topics: Topics = Field(default=(), description="Codes from /taxonomy/topics: what it can teach others.")
    accessibility: tuple[Access, ...] = ()
    staff: Count | None = Field(default=None, description="Paid people.")
    volunteers: Count | None = None
    families: Count | None = Field(default=None, description="Families reached in a year.")
    funding: tuple[Funding, ...] = ()


class ProfileChange(TypedDict, total=False):
    """Those fields of a profile that change; each replaces the old value as a whole."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    name: Name
    names: Annotated[dict[Language, Name], Field(max_length=30)]
    descriptions: Descriptions
    kind: Kind
    languages: Annotated[Languages, Field(min_length=1)]
    founded: Year | None
    legal_form: LegalForm | None
    registration_number: RegistrationNumber | None
    contact: Contact
    topics: Topics
    accessibility: tuple[Access, ...]
    staff: Count | None
    volunteers: Count | None
    families: Count | None
    funding: tuple[Funding, ...]


CHANGE: TypeAdapter[ProfileChange] = TypeAdapter(ProfileChange)
"""Reads and writes a `ProfileChange` as JSON."""
