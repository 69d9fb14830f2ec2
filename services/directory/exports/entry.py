"""All that everybody may know of a center."""

from dataclasses import dataclass

from babel import Locale

from services.directory.api.rights import Asker
from services.directory.api.views import CenterView
from services.directory.domain.center import NEUTRAL_NAME, Center
from services.directory.domain.offer import WithdrawnOffer
from services.directory.domain.profile import Kind
from shared.commands import Loaded
from shared.events.directory.center import CenterStatus, LocationVisibility, OfferedService, OfferStatus
from shared.security import ANONYMOUS

_ANYBODY = Asker(ANONYMOUS, frozenset())


@dataclass(frozen=True)
class Entry:
    """A center as somebody without a token sees it, and which of its services ended."""

    view: CenterView
    withdrawn: tuple[WithdrawnOffer, ...] = ()

    @classmethod
    def of(cls, loaded: Loaded[Center]) -> "Entry":
        """The entry of a center, by its location visibility of today."""
        return cls(CenterView.of(loaded, _ANYBODY), tuple(loaded.aggregate.withdrawn))

    @property
    def id(self) -> str:
        """The center's id."""
        return self.view.id

    @property
    def is_hidden(self) -> bool:
        """Whether it shows its country only."""
        return self.view.location_visibility is LocationVisibility.HIDDEN

    @property
    def is_closed(self) -> bool:
        """Whether it closed for good."""
        return self.view.status is CenterStatus.CLOSED

    @property
    def kind(self) -> str:
        """What sort of house it is, in English."""
        return NEUTRAL_NAME[Kind(self.view.kind)]

    @property
    def phone(self) -> str | None:
        """Its phone, if it shows one; the same for mail and website below."""
        return self.view.contact.phone if self.view.contact else None

    @property
    def email(self) -> str | None:
        return self.view.contact.email if self.view.contact else None

    @property
    def website(self) -> str | None:
        return self.view.contact.website if self.view.contact else None

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude as exactly as it shows them: of the door, else of the middle of its town."""
        shown = self.view.place.point or self.view.place.town_point
        return (shown.lat, shown.lon) if shown else None

    @property
    def point_is(self) -> str | None:
        """What `point` is the point of: ``door`` or ``town``."""
        place = self.view.place
        return "door" if place.point else "town" if place.town_point else None

    @property
    def services(self) -> tuple[OfferedService, ...]:
        """The services that can be had now, as far as the house is open at all."""
        if self.view.status is not CenterStatus.ACTIVE:
            return ()
        return tuple(offer for offer in self.view.services if offer.status is OfferStatus.ACTIVE)

    def languages_of(self, offer: OfferedService) -> tuple[str, ...]:
        """The languages a service is given in."""
        return offer.languages or self.view.languages


def country_name(code: str, language: str = "en") -> str:
    """What a country is called in a language; its code where babel has no name for it."""
    return str(Locale.parse(language).territories.get(code, code))


def language_name(code: str, language: str = "en") -> str:
    """What a language is called in another; its code where babel has no name for it."""
    return str(Locale.parse(language).languages.get(code, code))
