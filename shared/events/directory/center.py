"""Centers: who and where they are, what they offer, and whether that was checked of late.

Events are kept for ever and a center may hide later. So none of them carries a street, an exact point or a contact:
at most the town and the town's own point, for a hidden center its country only.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream, Wire

CountryCode = Annotated[str, Field(description="ISO 3166-1 alpha-2, upper case.", pattern="^[A-Z]{2}$")]
LanguageCode = Annotated[str, Field(description="ISO 639, lower case, two letters where there are two.")]


class CenterStatus(StrEnum):
    """Whether a center's doors are open."""

    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class Check(StrEnum):
    """How far the profile can be trusted: confirmed within a year, asked again, or asked in vain."""

    FRESH = "fresh"
    DUE = "due"
    LAPSED = "lapsed"


class LocationVisibility(StrEnum):
    """How much of its place a center shows: the very door, the town, or the country only (safe places)."""

    EXACT = "exact"
    TOWN = "town"
    HIDDEN = "hidden"


class LegalForm(StrEnum):
    """What a center is before the law; ``informal`` where it is nothing yet."""

    ASSOCIATION = "association"
    FOUNDATION = "foundation"
    COMPANY = "company"
    COOPERATIVE = "cooperative"
    MUNICIPAL = "municipal"
    CHURCH = "church"
    PART_OF_ANOTHER = "part-of-another"
    INFORMAL = "informal"


class Funding(StrEnum):
    """Where a center's money comes from."""

    MUNICIPALITY = "municipality"
    STATE = "state"
    EUROPEAN_UNION = "european-union"
    FOUNDATION = "foundation"
    CHURCH = "church"
    DONATIONS = "donations"
    MEMBERSHIP_FEES = "membership-fees"
    OWN_INCOME = "own-income"
    SOCIAL_BUSINESS = "social-business"
    OTHER = "other"


class Access(StrEnum):
    """What makes it possible to come in and stay."""

    STEP_FREE = "step-free"
    LIFT = "lift"
    ACCESSIBLE_TOILET = "accessible-toilet"
    PRAM_SPACE = "pram-space"
    CHANGING_TABLE = "changing-table"
    PARKING = "parking"
    HEARING_LOOP = "hearing-loop"
    NEAR_PUBLIC_TRANSPORT = "near-public-transport"


class OfferStatus(StrEnum):
    """Whether a service on offer can be had now. A withdrawn one is not listed at all."""

    ACTIVE = "active"
    PAUSED = "paused"


class TownPoint(Wire):
    """The middle of a town in WGS 84 degrees, in hundredths (about a kilometre): never a door."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class PriceKind(StrEnum):
    """What a service costs those who come."""

    FREE = "free"
    DONATION = "donation"
    FEE = "fee"
    BY_INCOME = "by-income"


class SignUp(StrEnum):
    """Whether one has to say beforehand that one comes."""

    NOT_NEEDED = "not-needed"
    WELCOME = "welcome"
    NEEDED = "needed"


class Price(Wire):
    """What a service costs: the kind, and for a fee how much, if the center says."""

    kind: PriceKind
    amount: str | None = Field(default=None, description="Decimal, e.g. 3.50.", pattern=r"^\d{1,6}(\.\d{1,3})?$")
    currency: str | None = Field(default=None, description="ISO 4217.", pattern="^[A-Z]{3}$")


class Ages(Wire):
    """For whom a service is, in years; both included. Open above where there is no upper one."""

    youngest: int = Field(ge=0, le=120)
    oldest: int | None = Field(default=None, ge=0, le=120)


class OpeningHours(Wire):
    """Sessions by the town's own clock: one, or as many as an RFC 5545 rule repeats."""

    start_date: date
    start_time: str = Field(pattern="^[0-9]{2}:[0-9]{2}$")
    end_time: str = Field(pattern="^[0-9]{2}:[0-9]{2}$", description="Not after start_time: on the next day.")
    rrule: str | None = None
    except_dates: tuple[date, ...] = ()
    extra_dates: tuple[date, ...] = ()


class ClosedDays(Wire):
    """Days on which nothing begins in the whole house."""

    first_day: date
    last_day: date = Field(description="Included.")
    reason: str = Field(description="school-holidays, public-holiday, renovation or other.")


class OfferedService(Wire):
    """One service of a center."""

    offer: str = Field(description="Id of the offer, unique within the center.")
    service: str = Field(description="Code from the directory's taxonomy of services, e.g. open-cafe.")
    status: OfferStatus = OfferStatus.ACTIVE
    languages: tuple[LanguageCode, ...] = Field(default=(), description="Empty: the center's own languages.")
    price: Price | None = None
    ages: Ages | None = Field(default=None, description="Absent: for everybody.")
    sign_up: SignUp = SignUp.NOT_NEEDED
    hours: tuple[OpeningHours, ...] = Field(default=(), description="In the center's time zone. Empty: not known.")


class CenterSnapshot(Snapshot):
    """A center as everybody may see it, by its own choice of location visibility."""

    name: str = Field(description="The name to show when no language is preferred. May change when a center hides.")
    names: dict[LanguageCode, str] = Field(default={}, description="The name by language, if it has more than one.")
    kind: str = Field(description="mother-center, family-center, multigenerational-house or other.")
    country: CountryCode
    region: str | None = Field(default=None, description="Absent when hidden.")
    town: str | None = Field(default=None, description="Absent when hidden.")
    town_point: TownPoint | None = Field(default=None, description="Absent when hidden or unknown.")
    location_visibility: LocationVisibility
    languages: tuple[LanguageCode, ...] = Field(description="Spoken in the house, the main one first.")
    services: tuple[OfferedService, ...] = ()
    closed_days: tuple[ClosedDays, ...] = ()
    topics: tuple[str, ...] = Field(default=(), description="Codes from the taxonomy of topics: what it can teach.")
    founded: int | None = Field(default=None, description="Year.")
    legal_form: LegalForm | None = None
    registration_number: str | None = Field(default=None, description="In the public register. Absent when hidden.")
    accessibility: tuple[Access, ...] = ()
    staff: int | None = Field(default=None, description="Paid people.")
    volunteers: int | None = None
    families: int | None = Field(default=None, description="Families reached in a year.")
    funding: tuple[Funding, ...] = ()
    described_in: tuple[LanguageCode, ...] = Field(
        default=(), description="Languages of its own description, which the directory serves."
    )
    time_zone: str | None = Field(default=None, description="IANA name. Absent when hidden or unknown.")
    status: CenterStatus
    check: Check
    verified_on: date = Field(description="The day the profile was last confirmed.")
    successor: str | None = Field(default=None, description="Center that carries on the work of a closed one.")


class CenterRegistered(Event):
    """A center came into the directory."""

    imported: bool = Field(
        default=False, description="Taken over from an older list: new to the directory, not to the world."
    )


class CenterProfileUpdated(Event):
    """A center's own description changed; where it is and what it offers have events of their own."""

    changed: tuple[str, ...] = Field(description="Names of the changed fields, in alphabetical order.")


class CenterRelocated(Event):
    """A center moved, or its place was corrected."""

    from_country: CountryCode = Field(description="The country it was in before; where it is now is in the snapshot.")


class LocationVisibilityChanged(Event):
    """A center decided anew how much of its place is shown. Whoever keeps a copy must forget what is hidden now."""

    before: LocationVisibility
    after: LocationVisibility


class ServiceOffered(Event):
    """A center began to offer a service."""

    offer: str
    service: str


class ServiceChanged(Event):
    """An offered service changed in the named fields; ``status`` among them says that a paused one is back."""

    offer: str
    service: str
    changed: tuple[str, ...]


class ServicePaused(Event):
    """A service cannot be had for a while."""

    offer: str
    service: str


class ServiceWithdrawn(Event):
    """A center no longer offers a service."""

    offer: str
    service: str


class ClosedDaysChanged(Event):
    """The days on which the whole house is shut were told anew."""


class VerificationRequested(Event):
    """Nobody confirmed the profile for a year: somebody is asked to."""

    last_verified_on: date
    answer_by: date = Field(description="From this day on the profile counts as lapsed.")


class VerificationReminded(Event):
    """Nobody has answered yet: somebody is asked again."""

    last_verified_on: date
    answer_by: date
    reminder: int = Field(description="1 after thirty days, 2 after sixty.")


class CenterVerified(Event):
    """Somebody who knows confirmed that the profile is true."""

    verified_on: date
    by: str = Field(description="The role that confirmed it: center, coordinator or office.")


class VerificationLapsed(Event):
    """Nobody answered in time: the profile can no longer be trusted until it is confirmed."""

    last_verified_on: date


class ContactPersonNamed(Event):
    """A person agreed to be named as contact to members of the network. Who it is, no event says."""


class ContactPersonForgotten(Event):
    """The contact person is no longer known here."""

    erased: bool = Field(default=False, description="On the person's own demand, as part of an erasure.")


class DuplicateAbsorbed(Event):
    """Another entry turned out to be of this center; it was closed, and its history goes on here."""

    duplicate: str = Field(description="Id of the other entry.")


class CenterPaused(Event):
    """A center's doors are shut for a while; it keeps its services."""

    reason: str = Field(description="holidays, renovation, moving, no-volunteers, no-funding, crisis or other.")
    until: date | None = Field(default=None, description="The day it hopes to open again, if it knows.")


class CenterClosed(Event):
    """A center closed for good; its services ended with it."""

    reason: str = Field(
        description="merged, no-funding, no-volunteers, lost-premises, work-done, duplicate (it never was a center of "
        "its own: ``successor`` is the entry that stays) or other."
    )
    successor: str | None = Field(default=None, description="Id of the center that carries on its work.")
    services_ended: tuple[str, ...] = Field(default=(), description="Codes of the services that ended, in order.")


class CenterReopened(Event):
    """A center's doors are open again: after a pause with all it had, after a closing as itself without services."""

    after: CenterStatus = Field(description="What it was before: paused or closed.")


CENTER = Stream(
    service="directory",
    aggregate="center",
    about="Centers: who and where they are, as far as they show it, what they offer, and whether that was checked.",
    snapshot=CenterSnapshot(
        name="Mateřské centrum Kamínek",
        names={"cs": "Mateřské centrum Kamínek", "en": "Pebble Mother Center"},
        kind="mother-center",
        country="CZ",
        region="Praha",
        town="Praha",
        town_point=TownPoint(lat=50.09, lon=14.42),
        location_visibility=LocationVisibility.TOWN,
        languages=("cs", "uk"),
        services=(
            OfferedService(
                offer="s1",
                service="open-cafe",
                price=Price(kind=PriceKind.FREE),
                hours=(
                    OpeningHours(
                        start_date=date(2026, 3, 3),
                        start_time="09:00",
                        end_time="12:00",
                        rrule="FREQ=WEEKLY;BYDAY=TU,TH",
                        except_dates=(date(2026, 12, 24),),
                        extra_dates=(date(2026, 12, 21),),
                    ),
                ),
            ),
            OfferedService(
                offer="s2",
                service="language-course",
                status=OfferStatus.PAUSED,
                languages=("cs",),
                price=Price(kind=PriceKind.FEE, amount="3.50", currency="EUR"),
                ages=Ages(youngest=16),
                sign_up=SignUp.NEEDED,
            ),
        ),
        closed_days=(ClosedDays(first_day=date(2026, 7, 1), last_day=date(2026, 8, 31), reason="school-holidays"),),
        topics=("founding-a-center", "self-run-childcare"),
        founded=1992,
        legal_form=LegalForm.ASSOCIATION,
        registration_number="26999900",
        accessibility=(Access.STEP_FREE, Access.PRAM_SPACE),
        staff=1,
        volunteers=28,
        families=150,
        funding=(Funding.MUNICIPALITY, Funding.DONATIONS),
        described_in=("cs", "en"),
        time_zone="Europe/Prague",
        status=CenterStatus.ACTIVE,
        check=Check.FRESH,
        verified_on=date(2026, 3, 1),
    ),
    events=(
        CenterRegistered(imported=True),
        CenterProfileUpdated(changed=("languages", "names")),
        CenterRelocated(from_country="CZ"),
        LocationVisibilityChanged(before=LocationVisibility.EXACT, after=LocationVisibility.TOWN),
        ServiceOffered(offer="s1", service="open-cafe"),
        ServiceChanged(offer="s2", service="language-course", changed=("languages",)),
        ServicePaused(offer="s2", service="language-course"),
        ServiceWithdrawn(offer="s2", service="language-course"),
        ClosedDaysChanged(),
        VerificationRequested(last_verified_on=date(2025, 3, 1), answer_by=date(2026, 5, 30)),
        VerificationReminded(last_verified_on=date(2025, 3, 1), answer_by=date(2026, 5, 30), reminder=1),
        CenterVerified(verified_on=date(2026, 3, 1), by="center"),
        VerificationLapsed(last_verified_on=date(2025, 3, 1)),
        ContactPersonNamed(),
        ContactPersonForgotten(erased=True),
        DuplicateAbsorbed(duplicate="01890a5d-ac96-774b-bcce-b302099a8058"),
        CenterPaused(reason="renovation", until=date(2026, 9, 1)),
        CenterClosed(reason="merged", successor="01890a5d-ac96-774b-bcce-b302099a8057", services_ended=("open-cafe",)),
        CenterReopened(after=CenterStatus.PAUSED),
    ),
)
