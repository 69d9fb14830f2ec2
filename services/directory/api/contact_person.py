"""The person a center names as its contact: known to members of the network only, and by that person's own consent."""

import json
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from services.directory.api.centers import ITS_PEOPLE, CenterReceipt, Centers, Input
from services.directory.api.rights import AskerDep
from services.directory.api.views import CenterId
from services.directory.domain.center import Center, Consent
from services.directory.domain.profile import ContactPerson
from shared.aggregate import Refusal, Why
from shared.http import APIRouter, CommandDep, ETag
from shared.security import public

router = APIRouter(tags=["centers"])

LATEST_WORDING = 1


class ConsentWording(BaseModel):
    """A text that contact persons agree to. A version never changes; a new text is a new version."""

    model_config = ConfigDict(frozen=True)

    version: int
    texts: dict[str, str] = Field(description="By language.")


class UnknownWording(Refusal):
    """There is no such version of the text; ``latest`` is the newest."""

    code = "unknown-wording"
    why = Why.INVALID


class NamedContact(Input):
    """A person who agreed to be named, and what was agreed to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "person": {"name": "Jana Vzorová", "email": "jana@kaminek.example.org", "languages": ["cs", "en"]},
        "consent_given_on": "2026-02-20", "consent_wording": 1,
    }]})  # fmt: skip

    person: ContactPerson
    consent_given_on: date = Field(description="When the person agreed.")
    consent_wording: int = Field(description="Version of the text agreed to, from /consent-wordings/contact-person.")


@cache
def wording(version: int) -> ConsentWording:
    """The text of this version; `UnknownWording` when there is none."""
    if not 1 <= version <= LATEST_WORDING:
        raise UnknownWording("there is no such version of the text", latest=LATEST_WORDING)
    file = files("services.directory").joinpath("data", f"contact-consent.v{version}.json")
    return ConsentWording.model_validate(json.loads(file.read_text(encoding="utf-8")))


@router.get("/consent-wordings/contact-person", dependencies=[public(rate="120/minute")])
async def get_latest_wording(etag: ETag) -> ConsentWording:
    """What a contact person is asked to agree to today."""
    etag.set(LATEST_WORDING)
    return wording(LATEST_WORDING)


@router.get("/consent-wordings/contact-person/{version}", dependencies=[public(rate="120/minute")])
async def get_wording(version: Annotated[int, Path(ge=1, le=10**6)], etag: ETag) -> ConsentWording:
    """What contact persons were asked to agree to at some time. 422 `unknown-wording`."""
    etag.set(version)
    return wording(version)


@router.put("/centers/{center_id}/contact-person", dependencies=ITS_PEOPLE)
async def name_contact_person(
    center_id: CenterId, body: NamedContact, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """Names a person who agreed to it, in place of whoever was named before. Only members of the network see who.

    No event says who it is, and the center's history says only that somebody was named, when and by which role.
    """
    wording(body.consent_wording)

    def name(center: Center, now: datetime) -> None:
        consent = Consent(given_on=body.consent_given_on, entered_by=asker.role(center), wording=body.consent_wording)
        center.name_contact_person(body.person, consent, now)

    # No fingerprint: it would be a digest of a person's address, and stay in the journal when the person is forgotten.
    return await centers.change(center_id, replace(command, fingerprint=""), asker.allowed(name))


@router.delete("/centers/{center_id}/contact-person", dependencies=ITS_PEOPLE)
async def forget_contact_person(
    center_id: CenterId, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """The person is forgotten here at once. Nothing happens (200 without an event) when nobody was named."""
    return await centers.change(center_id, command, asker.allowed(lambda center, _: center.forget_contact_person()))
