"""The person a center names as its contact: known to members of the network only, and by that person's own consent."""

from dataclasses import replace
from datetime import date, datetime

from pydantic import ConfigDict, Field

from services.directory.api.centers import CenterReceipt, Centers, Input
from services.directory.api.consent_wordings import Purpose, consent
from services.directory.api.rights import ITS_PEOPLE, AskerDep
from services.directory.api.views import CenterId
from services.directory.domain.center import Center
from services.directory.domain.codes import Language
from services.directory.domain.profile import ContactPerson
from shared.http import APIRouter, CommandDep

router = APIRouter(tags=["centers"])


class NamedContact(Input):
    """A person who agreed to be named, and what was agreed to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "person": {"name": "Jana Vzorová", "email": "jana@kaminek.example.org", "languages": ["cs", "en"]},
        "consent_given_on": "2026-02-20", "consent_wording": 1, "consent_language": "cs",
    }]})  # fmt: skip

    person: ContactPerson
    consent_given_on: date = Field(description="When the person agreed.")
    consent_wording: int = Field(description="Version of the text agreed to, from /consent-wordings/contact-person.")
    consent_language: Language | None = Field(default=None, description="In which it was shown, where that was noted.")


@router.put("/centers/{center_id}/contact-person", dependencies=ITS_PEOPLE)
async def name_contact_person(
    center_id: CenterId, body: NamedContact, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """Names a person who agreed to it, in place of whoever was named before. Only members of the network see who.

    No event says who it is, and the center's history says only that somebody was named, when and by which role.
    """

    def name(center: Center, now: datetime) -> None:
        shown, given_on = (body.consent_wording, body.consent_language), body.consent_given_on
        agreed = consent(Purpose.CONTACT_PERSON, *shown, given_on, asker.role(center))
        center.name_contact_person(body.person, agreed, now)

    # No fingerprint: it would be a digest of a person's address, and stay in the journal when the person is forgotten.
    return await centers.change(center_id, replace(command, fingerprint=""), asker.allowed(name))


@router.delete("/centers/{center_id}/contact-person", dependencies=ITS_PEOPLE)
async def forget_contact_person(
    center_id: CenterId, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """The person is forgotten here at once. Nothing happens (200 without an event) when nobody was named."""
    return await centers.change(center_id, command, asker.allowed(lambda center, _: center.forget_contact_person()))
