"""The services of a center: offer, change, pause, resume, withdraw."""

from pydantic import BaseModel, ConfigDict, Field

from services.directory.api.centers import ITS_PEOPLE, CenterReceipt, Centers
from services.directory.api.rights import by_its_people
from services.directory.api.views import CenterId
from services.directory.domain.profile import Languages
from shared.http import APIRouter, CommandDep, EditDep
from shared.security import Caller
from shared.taxonomy import SERVICES

router = APIRouter(prefix="/centers/{center_id}/services", tags=["services"])


class NewOffer(BaseModel):
    """A service that the center begins to offer."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"service": "language-course", "languages": ["cs"]}]}
    )

    service: str = Field(max_length=64, description="Code from /taxonomy/services.")
    languages: Languages = Field(default=(), description="Empty: the center's own languages.")


class OfferChange(BaseModel):
    """What changes about a service."""

    model_config = ConfigDict(extra="forbid")

    languages: Languages


@router.post("", dependencies=ITS_PEOPLE)
async def offer_service(
    center_id: CenterId, body: NewOffer, caller: Caller, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """Begins to offer a service; its offer id stands in the receipt's snapshot.

    409 `already-offered`, 422 `unknown-service` with the ``nearest`` codes.
    """
    service = SERVICES.known(body.service)
    return await centers.change(
        center_id, command, by_its_people(caller, lambda center, _: center.offer(service, body.languages))
    )


@router.patch("/{offer_id}", dependencies=ITS_PEOPLE)
async def change_service(
    center_id: CenterId, offer_id: str, body: OfferChange, caller: Caller, centers: Centers, command: EditDep
) -> CenterReceipt:
    """Changes the languages of a service. 404 `no-such-offer`."""
    return await centers.change(
        center_id, command, by_its_people(caller, lambda center, _: center.change_offer(offer_id, body.languages))
    )


@router.post("/{offer_id}/pause", dependencies=ITS_PEOPLE)
async def pause_service(
    center_id: CenterId, offer_id: str, caller: Caller, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """The service cannot be had for a while. 404 `no-such-offer`, 409 unless it is active."""
    return await centers.change(
        center_id, command, by_its_people(caller, lambda center, _: center.pause_offer(offer_id))
    )


@router.post("/{offer_id}/resume", dependencies=ITS_PEOPLE)
async def resume_service(
    center_id: CenterId, offer_id: str, caller: Caller, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """The service can be had again. 404 `no-such-offer`, 409 unless it is paused."""
    return await centers.change(
        center_id, command, by_its_people(caller, lambda center, _: center.resume_offer(offer_id))
    )


@router.post("/{offer_id}/withdrawal", dependencies=ITS_PEOPLE)
async def withdraw_service(
    center_id: CenterId, offer_id: str, caller: Caller, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """The service ends. 404 `no-such-offer`."""
    return await centers.change(
        center_id, command, by_its_people(caller, lambda center, _: center.withdraw_offer(offer_id))
    )
