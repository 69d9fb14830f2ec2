"""The fields that a list can fill, by name: of a center and each service that it offers, or of a year's figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from deploy.errors import Trouble
from deploy.importer.cells import TAXONOMIES, code_of
from shared.events.directory.center import Access, Funding, LegalForm, LocationVisibility, SignUp
from shared.taxonomy import SERVICES, TOPICS

NAMED_IN, DESCRIBED_IN = "name_", "description_"
"""What the columns of texts in one language begin with: ``name_cs``, ``description_de``."""


@dataclass(frozen=True)
class Field:
    """A field of the list and the place in the body that it fills.

    ``kind`` says how its text is read; ``codes`` are all that may stand there, where that is a closed list.
    """

    name: str
    path: tuple[str, ...]
    about: str = ""
    kind: str = "text"
    required: bool = False
    codes: tuple[str, ...] = ()


def _codes(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


_KINDS = ("mother-center", "family-center", "multigenerational-house", "other")

_CENTER = (
    Field("external_id", ("external_id",), "the list's own id of the row, such as list-2009:CZ-17", required=True),
    Field("name", ("name",), required=True),
    Field("kind", ("kind",), "mother-center (default), family-center, multigenerational-house, other", codes=_KINDS),
    Field("languages", ("languages",), "spoken in the house, the main one first: cs;uk", "languages", required=True),
    Field("founded", ("founded",), "year", "whole"),
    Field(
        "legal_form",
        ("legal_form",),
        "association, foundation, company, cooperative, municipal, church ...",
        codes=_codes(LegalForm),
    ),
    Field("registration_number", ("registration_number",), "in the public register"),
    Field("country", ("place", "country"), "two letters, ISO 3166-1, or its name", "country", required=True),
    Field("region", ("place", "region")),
    Field("town", ("place", "town")),
    Field("town_lat", ("place", "town_point", "lat"), "middle of the town, WGS 84 degrees", "number"),
    Field("town_lon", ("place", "town_point", "lon"), "", "number"),
    Field("postal_code", ("place", "postal_code")),
    Field("street", ("place", "street"), "street and number"),
    Field("lat", ("place", "point", "lat"), "the door, WGS 84 degrees", "number"),
    Field("lon", ("place", "point", "lon"), "", "number"),
    Field("time_zone", ("place", "time_zone"), "such as Europe/Prague; hours need it unless the town's point is known"),
    Field(
        "location_visibility",
        ("location_visibility",),
        "exact, town (default), hidden",
        codes=_codes(LocationVisibility),
    ),
    Field("discreet_name", ("discreet_name",), "the name shown while hidden"),
    Field("email", ("contact", "email"), "a role address such as office@..., never a person's own"),
    Field("phone", ("contact", "phone"), "international, with +", "phone"),
    Field("website", ("contact", "website"), "", "website"),
    Field(
        "services",
        ("services",),
        "codes or labels of the directory's taxonomy: open-cafe;baby-group",
        "services",
        codes=_codes(term.code for term in SERVICES.terms),
    ),
    Field(
        "topics",
        ("topics",),
        "what it can teach others, likewise: founding-a-center",
        "topics",
        codes=_codes(term.code for term in TOPICS.terms),
    ),
    Field(
        "accessibility",
        ("accessibility",),
        "step-free;lift;accessible-toilet;pram-space ...",
        "list",
        codes=_codes(Access),
    ),
    Field(
        "funding",
        ("funding",),
        "municipality;state;donations;membership-fees;own-income ...",
        "list",
        codes=_codes(Funding),
    ),
    Field("staff", ("staff",), "paid people", "whole"),
    Field("volunteers", ("volunteers",), "", "whole"),
    Field("families", ("families",), "reached in a year", "whole"),
    Field("verified_on", ("verified_on",), "when all this was last known to be true: 2026-02-14", "day"),
    Field("opened_on", ("opened_on",), "when the doors opened, if the day is known", "day"),
    Field("hours_from", (), "the day from which opening hours count", "day"),
)
OFFER_FIELDS = (
    Field("hours", ("hours",), "opening hours: Tu,Th 09:00-12:00; Sa 10:00-13:00", "hours"),
    Field("price", ("price",), "free, donation, by-income, fee, or 50 CZK", "price"),
    Field("ages", ("ages",), "0-3, 16+", "ages"),
    Field("sign_up", ("sign_up",), "not-needed, welcome, needed", codes=_codes(SignUp)),
    Field("languages", ("languages",), "where they are not the house's own", "languages"),
)
"""What a service can say about itself; a column is called after both: ``hours:open-cafe``."""

TICKED = ("services", "topics", "accessibility", "funding")
"""Lists that may also be spread over columns to be ticked, one for each code: ``services:baby-group``."""

OFFER_BY_NAME = {field.name: field for field in OFFER_FIELDS}

_YEARLY = (
    Field("external_id", ("external_id",), "the center's own id in the list by which it came in", required=True),
    Field("year", ("year",), "", "whole", required=True),
    Field("families", ("families",), "reached", "whole"),
    Field("visits", ("visits",), "through the door; who comes twice counts twice", "whole"),
    Field("volunteers", ("volunteers",), "", "whole"),
    Field("paid_staff", ("paid_staff",), "paid people", "whole"),
    Field("volunteer_hours", ("volunteer_hours",), "", "whole"),
    Field("opening_days", ("opening_days",), "", "whole"),
    Field("funding", ("funding",), "where the money came from, in percent: municipality 60;donations", "shares"),
    Field("on", ("on",), "the day the center gave the figures, if that was before today", "day"),
)


@dataclass(frozen=True)
class Sheet:
    """A kind of list: the fields that its columns may fill."""

    fields: tuple[Field, ...]
    of_centers: bool
    """Then there are also texts by language, columns to be ticked, and columns for each service."""
    for_readers: tuple[str, ...] = ()
    """Columns that the directory's own export has besides; they are left out."""

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by their names."""
        return {field.name: field for field in self.fields}

    def known(self, name: str) -> str | None:
        """The field of that name, the label of a service in it as its code; None when there is none, and empty for
        a column that is left out.
        """
        if not name or name in self.for_readers:
            return ""
        if name in self.by_name:
            return name
        if not self.of_centers:
            return None
        for begin in (NAMED_IN, DESCRIBED_IN):
            if name.startswith(begin) and name.removeprefix(begin).isalpha():
                return name
        kind, colon, term = name.partition(":")
        if colon and (kind in OFFER_BY_NAME or kind in TICKED):
            taxonomy = TAXONOMIES.get(kind, SERVICES if kind in OFFER_BY_NAME else None)
            code = code_of(taxonomy, term) if taxonomy else term.strip()
            return f"{kind}:{code}" if code else None
        return None

    def require(self, name: str) -> str:
        """The `known` field; when there is none, `Trouble` that says what may be meant."""
        if found := self.known(name):
            return found
        kind, colon, term = name.partition(":")
        if colon and (kind in OFFER_BY_NAME or kind in TAXONOMIES):
            nearest = [f"{kind}:{code}" for code in TAXONOMIES.get(kind, SERVICES).nearest(term)]
        else:
            nearest = get_close_matches(name, [*self.by_name, *OFFER_BY_NAME], n=3)
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        raise Trouble(f"the mapping names a field that there is not: {name}{hint}")


CENTERS = Sheet(_CENTER, of_centers=True, for_readers=("status", "check", "changed"))
FIGURES = Sheet(_YEARLY, of_centers=False)
