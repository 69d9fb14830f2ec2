"""The texts that people agree to: to be shown before they do, and kept for as long as somebody has agreed to them."""

import json
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from services.directory.api.centers import Input
from services.directory.domain.codes import Language
from services.directory.domain.consent import Consent, EnteredBy
from shared.aggregate import Refusal, Why
from shared.http import APIRouter, ETag
from shared.security import public

router = APIRouter(prefix="/consent-wordings", tags=["reference"])


class Purpose(StrEnum):
    """What is agreed to: being named as a center's contact, being reached about an initiative, publication."""

    CONTACT_PERSON = "contact-person"
    INITIATIVE_CONTACT = "initiative-contact"
    PUBLICATION = "publication"


LATEST_WORDING = {Purpose.CONTACT_PERSON: 1, Purpose.INITIATIVE_CONTACT: 1, Purpose.PUBLICATION: 1}


class ConsentWording(BaseModel):
    """A text that people agree to. A version never changes; a new text is a new version."""

    model_config = ConfigDict(frozen=True)

    version: int
    texts: dict[str, str] = Field(description="By language.")


class UnknownWording(Refusal):
    """There is no such version of the text, or not in this language; ``latest`` is the newest."""

    code = "unknown-wording"
    why = Why.INVALID


@cache
def wording(purpose: Purpose, version: int) -> ConsentWording:
    """The text of this version; `UnknownWording` when there is none."""
    latest = LATEST_WORDING[purpose]
    if not 1 <= version <= latest:
        raise UnknownWording("there is no such version of the text", latest=latest)
    file = files("services.directory").joinpath("data", f"{purpose}-consent.v{version}.json")
    return ConsentWording.model_validate(json.loads(file.read_text(encoding="utf-8")))


def consent(purpose: Purpose, version: int, language: str | None, given_on: date, by: EnteredBy) -> Consent:
    """As the domain keeps it. `UnknownWording` when nobody was ever shown that text."""
    texts = wording(purpose, version).texts
    if language is not None and language not in texts:
        raise UnknownWording("there is no such text in this language", latest=LATEST_WORDING[purpose])
    return Consent(given_on=given_on, entered_by=by, wording=version, language=language)


class Agreement(Input):
    """The text that was agreed to, from /consent-wordings."""

    wording: int = Field(description="Version of the text.", examples=[1])
    language: Language = Field(description="In which it was shown.")

    def consent(self, purpose: Purpose, given_on: date, by: EnteredBy) -> Consent:
        """As the domain keeps it. `UnknownWording` when nobody was ever shown that text."""
        return consent(purpose, self.wording, self.language, given_on, by)


@router.get("/{purpose}", dependencies=[public(rate="120/minute")])
async def get_latest_wording(purpose: Purpose, etag: ETag) -> ConsentWording:
    """What people are asked to agree to today."""
    etag.set(LATEST_WORDING[purpose])
    return wording(purpose, LATEST_WORDING[purpose])


@router.get("/{purpose}/{version}", dependencies=[public(rate="120/minute")])
async def get_wording(purpose: Purpose, version: Annotated[int, Path(ge=1, le=10**6)], etag: ETag) -> ConsentWording:
    """What people were asked to agree to at some time. 422 `unknown-wording`."""
    etag.set(version)
    return wording(purpose, version)
