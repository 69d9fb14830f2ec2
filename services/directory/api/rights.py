"""Who may do what with a center, and see what of it: the center itself, its country's coordinator, the office."""

from collections.abc import Callable
from datetime import datetime

from services.directory.domain.center import Center, Verifier
from shared.security import Forbidden, Identity

PEOPLE = ("center", "coordinator", "office")
"""The roles that manage centers; which center, `is_its_people` decides."""


def is_its_people(caller: Identity, center: Center) -> bool:
    """Whether the caller is the center itself, coordinates its country, or is the office."""
    return caller.acts_for(center.id) or caller.coordinates(center.place.country)


def is_member(caller: Identity) -> bool:
    """Whether the caller is one of the network: of any center, of any network's coordination, or of the office."""
    return any(caller.has(role) for role in PEOPLE)


def by_its_people(caller: Identity, decide: Callable[[Center, datetime], object]) -> Callable[[Center, datetime], None]:
    """``decide``, but `Forbidden` for anybody else. Asked of the very state that the command is about to change."""

    def decided(center: Center, now: datetime) -> None:
        if not is_its_people(caller, center):
            raise Forbidden("this token acts neither for that center nor for its country")
        decide(center, now)

    return decided


def role_towards(caller: Identity, center: Center) -> Verifier:
    """As what the caller speaks about this center: the nearest of its roles."""
    if caller.has("center") and center.id in caller.centers:
        return "center"
    if caller.has("coordinator") and center.place.country in caller.networks:
        return "coordinator"
    return "office"
