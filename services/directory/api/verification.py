"""A center confirms its profile by one click of a signed link, without an account.

The link is good for one confirmation: it names the day on which the profile was last confirmed, and that day moves.
Opening it changes nothing; the page shows what the directory says, and its button confirms it.
"""

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Path
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from services.directory.api.centers import Centers
from services.directory.api.open_data import BaseAddress
from services.directory.api.rights import ITS_PEOPLE, AskerDep
from services.directory.api.verification_words import WORDS, Words
from services.directory.api.views import CenterId
from services.directory.domain.center import Center
from services.directory.settings import settings_of
from shared.aggregate import NotFound, Refusal, Why
from shared.commands import Command
from shared.events.directory.center import CenterStatus
from shared.http import APIRouter, NaturalCommandDep, WorldDep
from shared.http.languages import LanguagesDep
from shared.http.pages import page
from shared.security import public
from shared.security.keyed import Keyed
from shared.taxonomy import SERVICES

router = APIRouter(tags=["verification"])

_PURPOSE = "verification"
_PAGES = [public(rate="30/minute")]
Token = Annotated[str, Path(max_length=200)]


class LinkNotValid(Refusal):
    """Nobody here made this link, or it was cut off on its way."""

    code = "link-not-valid"
    why = Why.MISSING


class Used(Refusal):
    """The profile was confirmed since the link was made, or the center is closed."""

    code = "link-used"
    why = Why.GONE


class VerificationLink(BaseModel):
    """A link by which a center confirms its profile once."""

    url: str = Field(examples=["https://directory.example.org/verify/2f0f7a4e.2026-03-01.c2lnbmF0dXJl"])
    last_verified_on: date = Field(description="The link is good until somebody confirms the profile again.")


async def _keyed(world: WorldDep) -> Keyed:
    return Keyed(settings_of(world).secret.get_secret_value())


KeyedDep = Annotated[Keyed, Depends(_keyed)]


async def _spoken(languages: LanguagesDep) -> str:
    return languages.choose(WORDS)


Spoken = Annotated[str, Depends(_spoken)]


@router.get("/centers/{center_id}/verification-link", dependencies=ITS_PEOPLE)
async def get_verification_link(
    center_id: CenterId, asker: AskerDep, centers: Centers, keyed: KeyedDep, base: BaseAddress
) -> VerificationLink:
    """The link to send to the center: by letter, by phone, on paper. Whoever has it may confirm the profile once."""
    center = (await centers.get(center_id)).aggregate
    asker.require(center)
    said = f"{center.id}.{center.verified_on.isoformat()}"
    url = f"{base}/verify/{said}.{keyed.signature(_PURPOSE, said)}"
    return VerificationLink(url=url, last_verified_on=center.verified_on)


@router.get("/verify/{token}", dependencies=_PAGES, response_class=HTMLResponse)
async def show_profile(token: Token, centers: Centers, keyed: KeyedDep, language: Spoken) -> HTMLResponse:
    """What the directory says about the center, and the button that confirms it. Changes nothing."""
    words = WORDS[language]
    try:
        center_id, day = _read(token, keyed)
        center = (await centers.get(center_id)).aggregate
        _require_unused(center, day)
    except (LinkNotValid, NotFound):
        return page(language, words.unknown_title, words.unknown, status=404)
    except Used:
        return page(language, words.done_title, words.done, status=410)
    return page(language, words.title, words.ask, *_profile(center, words, language), words.wrong, button=words.button)


@router.post("/verify/{token}", dependencies=_PAGES, response_class=HTMLResponse)
async def confirm_profile(
    token: Token, centers: Centers, keyed: KeyedDep, language: Spoken, command: NaturalCommandDep
) -> HTMLResponse:
    """Confirms the profile as the center itself. Pressed twice, it is confirmed once."""
    words = WORDS[language]
    try:
        center_id, day = _read(token, keyed)
        by_link = Command(id=command.id, actor="link", correlation=command.correlation, traceparent=command.traceparent)
        await centers.change(center_id, by_link, lambda center, now: _confirm(center, day, now))
    except (LinkNotValid, NotFound):
        return page(language, words.unknown_title, words.unknown, status=404)
    except Used:
        return page(language, words.done_title, words.done, status=410)
    return page(language, words.thanks_title, words.thanks)


def _read(token: str, keyed: Keyed) -> tuple[str, date]:
    said, _, signature = token.rpartition(".")
    if not keyed.holds(_PURPOSE, said, signature):
        raise LinkNotValid("this link is not valid")
    center, _, day = said.rpartition(".")
    return center, date.fromisoformat(day)


def _require_unused(center: Center, day: date) -> None:
    if center.verified_on != day or center.status is CenterStatus.CLOSED:
        raise Used("the profile was confirmed since, or the center is closed")


def _confirm(center: Center, day: date, now: datetime) -> None:
    _require_unused(center, day)
    center.verify("center", now)


def _profile(center: Center, words: Words, language: str) -> list[str]:
    """What the center is asked about. The link is the center's own, so it sees its own name and town."""
    profile, place = center.profile, center.place
    offered = [SERVICES.label(offer.service, language) for offer in center.offers]
    contact = [str(each) for each in (profile.contact.email, profile.contact.phone, profile.contact.website) if each]
    return [
        words.name.format(profile.name),
        words.place.format(", ".join(filter(None, (place.street, place.postal_code, place.town, place.country)))),
        words.languages.format(", ".join(profile.languages)),
        words.services.format(", ".join(offered) or words.nothing),
        words.contact.format(", ".join(contact) or words.nothing),
    ]
