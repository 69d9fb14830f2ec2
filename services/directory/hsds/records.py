"""HSDS's objects, with those of their fields that the directory has something to say in.

Fields are named as in HSDS 3.0, and mean what it says. What is None is left out of the JSON: the schemas know no null.
In a list the arrays are left out as well.
"""

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.ids import derived_id


def record_id(kind: str, *parts: str) -> str:
    """The id of a record that the directory itself has none for: the same parts, the same UUID, for ever."""
    return derived_id(f"hsds-{kind}", *parts)


class Record(BaseModel):
    """One object of HSDS."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TaxonomyRecord(Record):
    """A list of terms."""

    id: str
    name: str
    description: str
    version: str | None = None


class TaxonomyTermRecord(Record):
    """A term of a list."""

    id: str
    code: str = Field(description="As everywhere else in the directory.", examples=["open-cafe"])
    name: str
    description: str = Field(description="The term in the other languages of the network.")
    language: str = "en"
    taxonomy: str
    taxonomy_id: str


class AttributeRecord(Record):
    """Something said of another record: a term of a taxonomy, or a bare value."""

    id: str
    link_id: str
    link_entity: str
    link_type: str
    value: str | None = None
    taxonomy_term_id: str | None = None
    taxonomy_term: TaxonomyTermRecord | None = None


class LanguageRecord(Record):
    """A spoken language."""

    id: str
    service_id: str | None = None
    location_id: str | None = None
    name: str
    code: str


class PhoneRecord(Record):
    """A telephone number."""

    id: str
    organization_id: str
    number: str
    type: str = "voice"


class IdentifierRecord(Record):
    """A number by which others know an organization."""

    id: str
    organization_id: str
    identifier_type: str
    identifier: str


class FundingRecord(Record):
    """Where money comes from."""

    id: str
    organization_id: str
    source: str


class CostOptionRecord(Record):
    """What a service costs."""

    id: str
    service_id: str
    option: str | None = None
    amount: float | None = None
    currency: str | None = None


class ScheduleRecord(Record):
    """When a service takes place, by the town's own clock."""

    id: str
    service_id: str
    valid_from: str | None = None
    valid_to: str | None = None
    dtstart: str | None = None
    timezone: float | None = Field(default=None, description="Only where the clocks never change.")
    until: str | None = None
    count: int | None = None
    wkst: str | None = None
    freq: Literal["WEEKLY", "MONTHLY"] | None = None
    interval: int | None = None
    byday: str | None = None
    bymonthday: str | None = None
    description: str | None = None
    opens_at: str
    closes_at: str
    notes: str | None = None


class AddressRecord(Record):
    """An address as far as it is shown; the parts that are not are empty."""

    id: str
    location_id: str
    address_1: str
    city: str
    state_province: str
    postal_code: str
    country: str
    address_type: str = "physical"


class AccessibilityRecord(Record):
    """Something that makes it possible to come in and stay."""

    id: str
    location_id: str
    description: str


class LocationRecord(Record):
    """Where a center is, as far as it shows that."""

    id: str
    location_type: str = "physical"
    organization_id: str
    name: str
    description: str | None = None
    transportation: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    languages: list[LanguageRecord] | None = None
    addresses: list[AddressRecord] | None = None
    accessibility: list[AccessibilityRecord] | None = None
    attributes: list[AttributeRecord] | None = None


class OrganizationRecord(Record):
    """A center."""

    id: str
    name: str
    alternate_name: str | None = None
    description: str
    email: str | None = None
    website: str | None = None
    year_incorporated: int | None = None
    legal_status: str | None = None
    phones: list[PhoneRecord] | None = None
    funding: list[FundingRecord] | None = None
    organization_identifiers: list[IdentifierRecord] | None = None
    attributes: list[AttributeRecord] | None = None
    locations: list[LocationRecord] | None = None
    services: "list[ServiceRecord] | None" = None


class ServiceRecord(Record):
    """A service that a center offers, or offered."""

    id: str
    organization_id: str | None = None
    name: str
    alternate_name: str | None = None
    url: str | None = None
    email: str | None = None
    status: Literal["active", "inactive", "temporarily closed"]
    application_process: str | None = None
    fees_description: str | None = None
    eligibility_description: str | None = None
    minimum_age: int | None = None
    maximum_age: int | None = None
    assured_date: str | None = None
    alert: str | None = None
    last_modified: str = Field(description="When anything about its center changed.")
    modified_date: str | None = Field(default=None, description="The same; only with `minimal`, which asks for it.")
    organization: OrganizationRecord | None = None
    schedules: list[ScheduleRecord] | None = None
    languages: list[LanguageRecord] | None = None
    cost_options: list[CostOptionRecord] | None = None
    phones: list[PhoneRecord] | None = None
    attributes: list[AttributeRecord] | None = None
    service_at_locations: "list[ServiceAtLocationRecord] | None" = None


class ServiceAtLocationRecord(Record):
    """That a service takes place at a location."""

    id: str
    service_id: str
    location_id: str
    location: LocationRecord | None = None
    service: ServiceRecord | None = None


class OneServiceAtLocationRecord(ServiceAtLocationRecord):
    """The answer for a single one. HSDS 3.0's OpenAPI document holds it against the schema of a service, which wants
    a name and a status; so it has both."""

    name: str
    status: str


T = TypeVar("T", bound=Record)


class RecordPage(BaseModel, Generic[T]):
    """A page of a list."""

    total_items: int
    total_pages: int
    page_number: int
    size: int = Field(description="How many are on this page.")
    first_page: bool
    last_page: bool
    empty: bool
    contents: list[T]


class ApiRecord(BaseModel):
    """What this API is."""

    version: str
    profile: str
    openapi_url: str
