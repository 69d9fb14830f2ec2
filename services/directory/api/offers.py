"""The services of a center: offer, change, pause, resume, withdraw."""

from typing import Annotated

from fastapi import Body, Path
from pydantic import ConfigDict, Field

from services.directory.api.centers import CenterReceipt, Centers, Input
from services.directory.api.rights import ITS_PEOPLE, AskerDep
from services.directory.api.views import CenterId
from services.directory.domain.offer import OfferChange, OfferTerms
from services.directory.domain.schedule import Closures
from shared.http import APIRouter, CommandDep, EditDep
from shared.taxonomy import SERVICES

router = APIRouter(prefix="/centers/{center_id}/services", tags=["services"])
house = APIRouter(prefix="/centers/{center_id}", tags=["services"])
OfferId = Annotated[str, Path(max_length=20, description="Id of an offer of this center.")]


class NewOffer(OfferTerms):
    """A service that the center begins to offer."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{
        "service": "language-course", "languages": ["cs"], "price": {"kind": "fee", "amount": "50", "currency": "CZK"},
        "ages": {"youngest": 16}, "sign_up": "needed",
        "hours": [{
            "start_date": "2026-09-03", "start_time": "17:30", "end_time": "19:00",
            "rrule": "FREQ=WEEKLY;BYDAY=TH;UNTIL=20261217", "except_dates": ["2026-10-29"],
        }],
    }]})  # fmt: skip

    service: str = Field(max_length=64, description="Code from /taxonomy/services.")

    def terms(self) -> OfferTerms:
        """The part of it that may change later."""
        return OfferTerms.model_validate({field: getattr(self, field) for field in OfferTerms.model_fields})


class HouseClosures(Input):
    """All the days on which the whole house is shut, as far as they are known."""

    closures: Closures


@router.post("", dependencies=ITS_PEOPLE)
async def offer_service(
    center_id: CenterId, body: NewOffer, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """Begins to offer a service; its offer id stands in the receipt's snapshot.

    409 `already-offered`, 422 `unknown-service` with the ``nearest`` codes.
    """
    service = SERVICES.known(body.service)
    return await centers.change(
        center_id, command, asker.allowed(lambda center, _: center.offer(service, body.terms()))
    )


@router.patch("/{offer_id}", dependencies=ITS_PEOPLE)
async def change_service(
    center_id: CenterId,
    offer_id: OfferId,
    body: Annotated[OfferChange, Body(examples=[{"sign_up": "welcome", "ages": {"youngest": 0, "oldest": 3}}])],
    asker: AskerDep,
    centers: Centers,
    command: EditDep,
) -> CenterReceipt:
    """Changes the terms that are given; each replaces the old value as a whole. 404 `no-such-offer`.

    422 `time-zone-missing` for hours of a center whose clock is not known.
    """
    return await centers.change(
        center_id, command, asker.allowed(lambda center, _: center.change_offer(offer_id, body))
    )


@router.post("/{offer_id}/pause", dependencies=ITS_PEOPLE)
async def pause_service(
    center_id: CenterId, offer_id: OfferId, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """The service cannot be had for a while. 404 `no-such-offer`, 409 unless it is active."""
    return await centers.change(center_id, command, asker.allowed(lambda center, _: center.pause_offer(offer_id)))


@router.post("/{offer_id}/resume", dependencies=ITS_PEOPLE)
async def resume_service(
    center_id: CenterId, offer_id: OfferId, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """The service can be had again. 404 `no-such-offer`, 409 unless it is paused."""
    return await centers.change(center_id, command, asker.allowed(lambda center, _: center.resume_offer(offer_id)))


@router.post("/{offer_id}/withdrawal", dependencies=ITS_PEOPLE)
async def withdraw_service(
    center_id: CenterId, offer_id: OfferId, asker: AskerDep, centers: Centers, command: CommandDep
) -> CenterReceipt:
    """The service ends. 404 `no-such-offer`."""
    return await centers.change(center_id, command, asker.allowed(lambda center, _: center.withdraw_offer(offer_id)))


@house.put("/closed-days", dependencies=ITS_PEOPLE)
async def close_on(
    center_id: CenterId, body: HouseClosures, asker: AskerDep, centers: Centers, command: EditDep
) -> CenterReceipt:
    """Says on which days the whole house is shut. The list replaces the one before."""
    return await centers.change(center_id, command, asker.allowed(lambda center, _: center.close_on(body.closures)))
