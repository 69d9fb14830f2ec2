"""Somebody wants to be forgotten: the office enters the demand, and sees which service has answered with what.

The address is in the request's body and nowhere else: not in the state, not in an event, not in the journal, not in a
log. So the office keeps the letter it came with as long as the erasure is open.
"""

from datetime import date
from typing import Annotated, Self

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, EmailStr, Field, model_validator

from services.directory.domain.erasure import Erasure
from services.directory.domain.profile import Phone
from shared.clock import Instant
from shared.commands import Loaded, Receipt, Repository
from shared.erasure.person import Persons
from shared.events.catalogue import SERVICES
from shared.events.erasure import ErasureSnapshot, ErasureStatus, Removal
from shared.http import APIRouter, CommandDep, ETag, Page, PagingDep, WorldDep, paginate, repository
from shared.security import allow

router = APIRouter(prefix="/erasures", tags=["erasures"], dependencies=[allow("office")])
Erasures = Annotated[Repository[Erasure], Depends(repository(Erasure))]

_OPEN = (ErasureStatus.REQUESTED, ErasureStatus.OVERDUE)


class NewErasure(BaseModel):
    """Whom to forget, by one mail address or one phone number. Somebody with several needs one request for each."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"address": "jana@example.org", "received_on": "2026-03-01"}]},
    )

    address: Annotated[EmailStr, Field(max_length=254)] | None = None
    phone: Phone | None = Field(default=None, description="International, with +; spaces allowed.")
    received_on: date | None = Field(
        default=None, description="The day the demand arrived, from which the law counts. Today unless given."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.address is None) == (self.phone is None):
            raise ValueError("name either an address or a phone number")
        return self

    @property
    def identity(self) -> str:
        """The address or the number."""
        return self.address or self.phone or ""


class ReceiptView(BaseModel):
    """What a service answered."""

    service: str
    removed: tuple[Removal, ...] = Field(description="From how many documents of which kind; empty: not known there.")
    at: Instant


class ErasureView(BaseModel):
    """An erasure; whom it is about, nobody knows here."""

    id: str
    version: int
    status: ErasureStatus
    received_on: date
    requested: Instant
    lawful_until: date = Field(description="The last day that the law allows.")
    receipts: tuple[ReceiptView, ...]
    missing: tuple[str, ...] = Field(description="Services that have not answered yet.")
    reminders: int = Field(description="How often somebody was told that answers are missing.")

    @classmethod
    def of(cls, loaded: Loaded[Erasure]) -> "ErasureView":
        """As the office sees it."""
        erasure = loaded.aggregate
        return cls(
            id=erasure.id,
            version=loaded.version,
            status=erasure.status,
            received_on=erasure.received_on,
            requested=erasure.requested,
            lawful_until=erasure.lawful_until,
            receipts=tuple(
                ReceiptView(service=service, removed=taken.removed, at=taken.at)
                for service, taken in erasure.receipts.items()
            ),
            missing=erasure.missing,
            reminders=erasure.reminders,
        )


@router.post("", status_code=201)
async def request_erasure(
    body: NewErasure, erasures: Erasures, world: WorldDep, command: CommandDep
) -> Receipt[ErasureSnapshot]:
    """Asks every service to forget somebody. What they answer shows `GET /erasures/{id}`, usually after a second.

    A later request for the same person is a new one: it finds what has come since.
    """
    persons = Persons.of(world)
    return await erasures.create(
        command,
        lambda id, now: Erasure.request(
            id, persons.subject(id, body.identity), SERVICES, now, received_on=body.received_on
        ),
    )


@router.get("/{erasure_id}")
async def get_erasure(erasure_id: str, erasures: Erasures, etag: ETag) -> ErasureView:
    """Who has answered, and with what."""
    loaded = await erasures.get(erasure_id)
    etag.set(loaded.version)
    return ErasureView.of(loaded)


@router.get("")
async def list_erasures(
    erasures: Erasures,
    paging: PagingDep,
    status: Annotated[list[ErasureStatus] | None, Query(description="Those that are open unless given.")] = None,
) -> Page[ErasureView]:
    """The erasures that are still open, the oldest first."""
    where = {"state.status": {"$in": [each.value for each in status or _OPEN]}}
    return await paginate(erasures.find, where, paging, ErasureView.of, sort=[("state.requested", 1)])
