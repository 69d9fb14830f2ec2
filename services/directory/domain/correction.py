"""A correction that anybody may suggest to a center's entry; the center's people accept or refuse it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from services.directory.domain.profile import ProfileChange
from shared.aggregate import Aggregate, Person, Refusal, Why
from shared.days import year_has_begun
from shared.events import Stream
from shared.events.directory.correction import (
    CORRECTION,
    CorrectionAccepted,
    CorrectionRedacted,
    CorrectionRefused,
    CorrectionSnapshot,
    CorrectionStatus,
    CorrectionSuggested,
)
from shared.taxonomy import TOPICS
from shared.text import Prose

Remark = Annotated[Prose, StringConstraints(max_length=1000)]


class RefusalReason(StrEnum):
    """Why a suggestion is not taken over."""

    ALREADY_RIGHT = "already-right"
    NOT_SO = "not-so"
    SPAM = "spam"
    OTHER = "other"


class NothingSuggested(Refusal):
    """Neither a field nor a remark."""

    code = "nothing-suggested"
    why = Why.INVALID


class Correction(Aggregate):
    """Open → accepted or refused. What somebody remarked is kept until then, and only for the center's people."""

    stream: ClassVar[Stream] = CORRECTION
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("center", "status"),)

    center: str
    change: dict[str, Any] = Field(description="A `ProfileChange` in JSON.")
    remark: Remark | None = None
    status: CorrectionStatus = CorrectionStatus.OPEN
    suggested: str

    @classmethod
    def suggest(
        cls, id: str, center: str, change: ProfileChange, stored: dict[str, Any], remark: str | None, now: datetime
    ) -> "Correction":
        """Somebody says what is not right. ``stored`` is ``change`` in JSON."""
        if not change and remark is None:
            raise NothingSuggested("say what is not right: a field, or a remark")
        year_has_begun(change.get("founded"), now)
        TOPICS.all_known(change.get("topics", ()))
        correction = cls(id=id, center=center, change=stored, remark=remark, suggested=now.date().isoformat())
        correction.record(CorrectionSuggested())
        return correction

    def accept(self) -> None:
        """The center's people find it right. The entry follows by the event."""
        self._decide(CorrectionStatus.ACCEPTED)
        self.record(CorrectionAccepted())

    def refuse(self, reason: RefusalReason) -> None:
        """The center's people do not take it over."""
        self._decide(CorrectionStatus.REFUSED)
        self.record(CorrectionRefused(reason=reason))

    def erase(self, person: Person) -> None:
        """Forgets the fields and the remark in which somebody stands, decided or not."""
        self.change = {field: value for field, value in self.change.items() if not person.stands_in(value)}
        self.remark = None if person.stands_in(self.remark) else self.remark
        self.record(CorrectionRedacted())

    def snapshot(self) -> CorrectionSnapshot:
        """What everybody may see."""
        return CorrectionSnapshot(center=self.center, fields=tuple(sorted(self.change)), status=self.status)

    def _decide(self, status: CorrectionStatus) -> None:
        self.require(self.status is CorrectionStatus.OPEN, "this was decided before", status=self.status)
        self.status, self.remark = status, None
