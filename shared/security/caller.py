"""The one who asks: what the token says, and the questions a route puts to it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from shared.aggregate import Refusal, Why

OFFICE = "office"
ROLES = frozenset({OFFICE, "coordinator", "center", "editor", "publisher", "moderator"})
"""``office`` runs the network's administration and may do what any other role may; ``coordinator`` acts for the
networks and countries in its token, ``center`` for its centers; ``editor`` and ``publisher`` make the newsletter,
``moderator`` the campaigns."""


class Forbidden(Refusal):
    """The caller is known and may not do this."""

    code = "forbidden"
    why = Why.FORBIDDEN


@dataclass(frozen=True)
class Identity:
    """A caller. ``subject`` names an account, never a person's name or mail address: it is kept with what it did."""

    subject: str
    roles: frozenset[str] = frozenset()
    centers: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()

    @property
    def is_public(self) -> bool:
        """True without a token."""
        return not self.roles

    def has(self, role: str) -> bool:
        """Whether the token carries this very role."""
        return role in self.roles

    def acts_for(self, center: str) -> bool:
        """Whether this is the center itself, or the office."""
        return self.has(OFFICE) or (self.has("center") and center in self.centers)

    def coordinates(self, network_or_country: str) -> bool:
        """Whether this is a coordinator of that network or country, or the office."""
        return self.has(OFFICE) or (self.has("coordinator") and network_or_country in self.networks)

    def acting_for(self, center: str) -> str:
        """``center``, if the caller acts for it; `Forbidden` otherwise."""
        if not self.acts_for(center):
            raise Forbidden("this token does not act for that center")
        return center

    def coordinating(self, network_or_country: str) -> str:
        """``network_or_country``, if the caller coordinates it; `Forbidden` otherwise."""
        if not self.coordinates(network_or_country):
            raise Forbidden("this token does not coordinate that network or country")
        return network_or_country


ANONYMOUS = Identity("anonymous")
"""Everybody without a token."""


async def identify(request: Request) -> Identity:
    """The caller by its bearer token; without one `ANONYMOUS`. A token that does not hold: `Unauthenticated` (401)."""
    header = request.headers.get("Authorization")
    if header is None:
        return ANONYMOUS
    identity: Identity = request.app.state.verifier.verify_header(header)
    return identity


Caller = Annotated[Identity, Depends(identify)]
"""The caller, as a parameter of a route."""
