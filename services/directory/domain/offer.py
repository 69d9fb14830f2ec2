"""A service that a center offers: what it costs, for whom it is, and when it takes place."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from services.directory.domain.profile import Languages
from services.directory.domain.schedule import Closure, Schedule, Schedules
from shared.events.directory.center import (
    Ages,
    ClosedDays,
    OfferedService,
    OfferStatus,
    OpeningHours,
    Price,
    PriceKind,
    SignUp,
)


def _amount_with_currency(price: Price) -> Price:
    if (price.amount is None) != (price.currency is None):
        raise ValueError("an amount needs its currency, and a currency its amount")
    if price.amount is not None and price.kind is not PriceKind.FEE:
        raise ValueError("only a fee has an amount")
    if price.amount is not None and not price.amount.isascii():
        raise ValueError("an amount is written in the digits 0 to 9")
    return price


def _youngest_first(ages: Ages) -> Ages:
    if ages.oldest is not None and ages.oldest < ages.youngest:
        raise ValueError("the oldest cannot be younger than the youngest")
    return ages


CheckedPrice = Annotated[Price, AfterValidator(_amount_with_currency)]
CheckedAges = Annotated[Ages, AfterValidator(_youngest_first)]


class OfferTerms(BaseModel):
    """What a center says about a service it offers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    languages: Languages = Field(default=(), description="Empty: the center's own languages.")
    price: CheckedPrice | None = None
    ages: CheckedAges | None = Field(default=None, description="In years, both included. Null: for everybody.")
    sign_up: SignUp = SignUp.NOT_NEEDED
    hours: Schedules = Field(default=(), description="By the town's own clock. Empty: not known.")


class OfferChange(TypedDict, total=False):
    """Those terms that change; each replaces the old value as a whole."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    languages: Languages
    price: CheckedPrice | None
    ages: CheckedAges | None
    sign_up: SignUp
    hours: Schedules


class Offer(BaseModel):
    """A service on offer."""

    model_config = ConfigDict(extra="forbid")

    id: str
    service: str
    status: OfferStatus = OfferStatus.ACTIVE
    terms: OfferTerms = OfferTerms()

    def told(self) -> OfferedService:
        """The offer as everybody may see it."""
        return OfferedService(
            offer=self.id,
            service=self.service,
            status=self.status,
            languages=self.terms.languages,
            price=self.terms.price,
            ages=self.terms.ages,
            sign_up=self.terms.sign_up,
            hours=tuple(_hours(schedule) for schedule in self.terms.hours),
        )


class WithdrawnOffer(BaseModel):
    """What is left of a service that ended: enough to tell whoever copied it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    service: str


def closed_days(closure: Closure) -> ClosedDays:
    """A closure as everybody may see it."""
    return ClosedDays(first_day=closure.first_day, last_day=closure.last_day, reason=closure.reason)


def _hours(schedule: Schedule) -> OpeningHours:
    return OpeningHours.model_validate(schedule.model_dump(mode="json"))
