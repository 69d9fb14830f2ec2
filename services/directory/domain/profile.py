"""How a center describes itself."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, EmailStr, Field, StringConstraints, TypeAdapter
from typing_extensions import TypedDict

from services.directory.domain.codes import Language
from shared.text import Name

_URL = TypeAdapter(AnyHttpUrl)


def _web_address(value: str) -> str:
    return str(_URL.validate_python(value))


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


WebAddress = Annotated[str, StringConstraints(max_length=200), AfterValidator(_web_address)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9]( ?[0-9]){6,14}$")]
Languages = Annotated[tuple[Language, ...], Field(max_length=20), AfterValidator(_each_once)]
Year = Annotated[int, Field(ge=1800, le=2200)]


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


class Profile(BaseModel):
    """A center's own description. Its place and its services are not part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    names: Annotated[dict[Language, Name], Field(max_length=30, description="The name by language.")] = {}
    kind: Kind = Kind.MOTHER_CENTER
    languages: Annotated[Languages, Field(min_length=1, description="Spoken in the house, the main one first.")]
    founded: Year | None = None
    contact: Contact = Contact()


class ProfileChange(TypedDict, total=False):
    """Those fields of a profile that change; each replaces the old value as a whole."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    name: Name
    names: Annotated[dict[Language, Name], Field(max_length=30)]
    kind: Kind
    languages: Annotated[Languages, Field(min_length=1)]
    founded: Year | None
    contact: Contact
