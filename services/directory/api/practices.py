"""Practices: write one down, agree to its publication, let it pass, take it back."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from services.directory.api.centers import Centers, Happened, Input
from services.directory.api.consent_wordings import Agreement, Purpose
from services.directory.api.references import named_center
from services.directory.api.rights import COORDINATORS, ITS_PEOPLE, Asker, asker_about
from services.directory.domain.center import Center
from services.directory.domain.consent import Consent
from services.directory.domain.practice import Content, Practice, WithdrawalReason
from shared.clock import Instant
from shared.commands import Receipt, Repository
from shared.events.directory.practice import PracticeKind, PracticeSnapshot, PracticeStatus
from shared.http import APIRouter, CommandDep, EditDep, ETag, WorldDep, repository
from shared.security import Caller

router = APIRouter(prefix="/practices", tags=["practices"])
Practices = Annotated[Repository[Practice], Depends(repository(Practice))]
PracticeReceipt = Receipt[PracticeSnapshot]
PracticeId = Annotated[str, Path(max_length=64, description="Id of a practice.")]
EditionNumber = Annotated[int, Path(ge=1, le=10_000, description="Number of an edition.")]


# ---- what comes in


_CONTENT_EXAMPLE: dict[str, Any] = {
    "original": "de",
    "texts": {
        "de": {
            "title": "Samstags kochen die Väter",
            "summary": "Einmal im Monat gehört die Küche den Vätern und den Kindern.",
            "body": "So hat es angefangen: …\n\nWas man braucht: …",
        }
    },
    "topics": ["father-involvement"],
    "license": "CC-BY-4.0",
    "attachments": [
        {
            "title": "Einkaufsliste für zwanzig",
            "url": "https://files.example.org/einkauf.pdf",
            "media_type": "application/pdf",
            "license": "CC0-1.0",
        }
    ],
}


class NewPractice(Content):
    """A practice, or the story of a project, that a center writes down."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{
                **_CONTENT_EXAMPLE,
                "center": "2f0f7a4e-6f0a-5b8e-9b57-0f6f4e1d2c3b",
                "kind": "practice",
            }]
        },
    )  # fmt: skip

    center: str = Field(max_length=64, description="Id of the center whose practice it is.")
    kind: PracticeKind = PracticeKind.PRACTICE
    on: Happened = None

    def content(self) -> Content:
        """The part of it that is the first edition."""
        return Content.model_validate({field: getattr(self, field) for field in Content.model_fields})


class Rewriting(Content):
    """The next edition, whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [_CONTENT_EXAMPLE]})


class PublicationConsent(Agreement):
    """The center has agreed to publication, with the text from /consent-wordings/publication."""

    on: Happened = None


class Publication(Input):
    """The last edition may be read by everybody."""

    on: Happened = None


class Withdrawal(Input):
    """It is no longer shown."""

    reason: WithdrawalReason
    on: Happened = None


# ---- what goes out


class Manuscript(BaseModel):
    """All that its people need to work on it. Its version is the ETag."""

    id: str
    version: int
    changed: Instant
    center: str
    kind: PracticeKind
    status: PracticeStatus
    consent: Consent | None
    edition: int = Field(description="Number of the last edition.")
    published_on: date | None = Field(description="Null: the last edition is not published yet.")
    content: Content | None = Field(description="Of the last edition; null when it was erased.")


# ---- who may


async def owner_of(practice_id: PracticeId, practices: Practices, centers: Centers) -> Center:
    """The center whose practice it is. A practice never changes hands."""
    return (await centers.get((await practices.get(practice_id)).aggregate.center)).aggregate


Owner = Annotated[Center, Depends(owner_of)]


async def _asker_about(owner: Owner, caller: Caller, world: WorldDep) -> Asker:
    return await asker_about(owner.id, caller, world)


OwnersAsker = Annotated[Asker, Depends(_asker_about)]
"""Who asks about the owner."""


async def _for_its_people(owner: Owner, asker: OwnersAsker) -> Center:
    asker.require(owner)
    return owner


OwnersPeople = Annotated[Center, Depends(_for_its_people)]
"""The owner, for its people only: `Forbidden` for anybody else."""


# ---- write


@router.post("", status_code=201, dependencies=ITS_PEOPLE)
async def document(
    body: NewPractice, caller: Caller, practices: Practices, world: WorldDep, command: CommandDep
) -> PracticeReceipt:
    """A center, its coordinator or the office writes a practice down. Nobody else sees it until it is published.

    422 `unknown-center`, `unknown-topic` with the ``nearest`` codes.
    """
    center = await named_center(world, body.center)
    (await asker_about(center.id, caller, world)).require(center)
    return await practices.create(
        command, lambda id, now: Practice.document(id, center.id, body.kind, body.content(), now, body.on)
    )


@router.get("/{practice_id}/manuscript", dependencies=ITS_PEOPLE)
async def get_manuscript(
    practice_id: PracticeId, owner: OwnersPeople, practices: Practices, etag: ETag, response: Response
) -> Manuscript:
    """What its people work on: the last edition with all its languages, and whether the center has agreed."""
    loaded = await practices.get(practice_id)
    response.headers["Vary"] = "Authorization"
    etag.set(loaded.version)
    practice = loaded.aggregate
    last = practice.editions[-1]
    return Manuscript(
        id=practice.id,
        version=loaded.version,
        changed=loaded.changed,
        center=owner.id,
        kind=practice.kind,
        status=practice.status,
        consent=practice.consent,
        edition=len(practice.editions),
        published_on=last.published_on,
        content=last.content,
    )


@router.put("/{practice_id}/manuscript", dependencies=ITS_PEOPLE)
async def revise(
    practice_id: PracticeId, body: Rewriting, _owner: OwnersPeople, practices: Practices, command: EditDep
) -> PracticeReceipt:
    """Writes the next edition; what is published stays until this one is.

    422 `unknown-topic` with the ``nearest`` codes, 409 `too-many-editions`.
    """
    content = Content.model_validate(body.model_dump())
    return await practices.change(practice_id, command, lambda practice, now: practice.revise(content, now))


# ---- agree and let pass


@router.put("/{practice_id}/consent", dependencies=ITS_PEOPLE)
async def agree(
    practice_id: PracticeId,
    body: PublicationConsent,
    owner: OwnersPeople,
    asker: OwnersAsker,
    practices: Practices,
    world: WorldDep,
    command: CommandDep,
) -> PracticeReceipt:
    """The center agrees to publication; a coordinator enters what came on paper. 422 `unknown-wording`."""
    given_on = body.on or world.clock.now().date()
    consent = body.consent(Purpose.PUBLICATION, given_on, asker.role(owner))
    return await practices.change(practice_id, command, lambda practice, now: practice.agree(consent, now))


@router.delete("/{practice_id}/consent", dependencies=ITS_PEOPLE)
async def disagree(
    practice_id: PracticeId,
    owner: OwnersPeople,
    asker: OwnersAsker,
    practices: Practices,
    command: CommandDep,
) -> PracticeReceipt:
    """The center no longer agrees: a published practice is withdrawn at once. 409 when it had not agreed."""
    by = asker.role(owner)
    return await practices.change(practice_id, command, lambda practice, now: practice.disagree(by, now))


@router.post("/{practice_id}/publication", dependencies=COORDINATORS)
async def publish(
    practice_id: PracticeId,
    body: Publication,
    owner: Owner,
    asker: OwnersAsker,
    practices: Practices,
    command: CommandDep,
) -> PracticeReceipt:
    """The coordinator of the center's country or of its network, or the office, lets the last edition pass.

    409 `consent-missing`, or when everything is published already; 410 `edition-erased`.
    """
    asker.require_network(owner)
    return await practices.change(practice_id, command, lambda practice, now: practice.publish(now, body.on))


@router.post("/{practice_id}/withdrawal", dependencies=ITS_PEOPLE)
async def withdraw(
    practice_id: PracticeId, body: Withdrawal, _owner: OwnersPeople, practices: Practices, command: CommandDep
) -> PracticeReceipt:
    """It is no longer shown; its address answers 410. It can be published again. 409 unless it is published."""
    return await practices.change(
        practice_id, command, lambda practice, now: practice.withdraw(body.reason, now, body.on)
    )


@router.delete("/{practice_id}/editions/{edition}", dependencies=ITS_PEOPLE)
async def erase_edition(
    practice_id: PracticeId, edition: EditionNumber, _owner: OwnersPeople, practices: Practices, command: CommandDep
) -> PracticeReceipt:
    """Erases the text of an edition for good. 404 `no-such-edition`; 409 while it is the one that everybody reads."""
    return await practices.change(practice_id, command, lambda practice, _: practice.erase_edition(edition))
