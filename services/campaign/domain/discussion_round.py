"""A discussion round: people of a neighbourhood in one room, talking about questions of a campaign.

Attendance is a count. There is no name in it and no record about a child; what the room wrote down is kept here,
shown once a moderator let it pass, and never part of an event.
"""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from shared.aggregate import Aggregate, NotFound, Person, Refusal
from shared.events.base import Stream
from shared.events.campaign import (
    DISCUSSION_ROUND,
    SMALLEST_GROUP,
    ContributionAdded,
    ContributionModerated,
    ContributionStatus,
    ContributionView,
    CorrectionReason,
    CountryCode,
    Discussed,
    DiscussionRoundCorrected,
    DiscussionRoundRedacted,
    DiscussionRoundReported,
    DiscussionRoundSnapshot,
    DiscussionRoundWithdrawn,
    EnteredBy,
    LanguageTag,
    RejectionReason,
    RoundStatus,
    WithdrawalReason,
)

Headcount = Annotated[int, Field(ge=1, le=500)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
MOST_CONTRIBUTIONS = 10


class AlreadyReported(Refusal):
    """This round stands there with other figures: correct it instead of reporting it again."""

    code = "round-already-reported"


class RoundWithdrawn(Refusal):
    """This round was withdrawn."""

    code = "round-withdrawn"


class TooManyContributions(Refusal):
    """A round has room for ten texts."""

    code = "too-many-contributions"


class UnknownContribution(NotFound):
    """The round has no contribution with this number."""

    code = "unknown-contribution"


class Report(BaseModel):
    """What a center says about a round, as it stands on the paper form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    held: date
    session: int = Field(default=1, ge=1, le=9)
    headcount: Headcount
    language: LanguageTag
    discussed: list[Discussed] = Field(min_length=1, max_length=20)

    @field_validator("discussed")
    @classmethod
    def _each_questionnaire_once(cls, discussed: list[Discussed]) -> list[Discussed]:
        if len({entry.questionnaire for entry in discussed}) < len(discussed):
            raise ValueError("a questionnaire is named twice")
        return sorted(discussed, key=lambda entry: entry.questionnaire)


class Contribution(BaseModel):
    """A text of a round: a summary, what was agreed, a wish. Private until a moderator approves it."""

    model_config = ConfigDict(extra="forbid")

    number: int
    language: LanguageTag
    text: str
    status: ContributionStatus = ContributionStatus.WAITING
    reason: RejectionReason | None = None


class DiscussionRound(Aggregate):
    """One round. Campaign, center, day and session say which one it is (`natural_key`), so a form that arrives twice
    meets itself; for the same reason they cannot be corrected: withdraw with `wrong-date` and report anew."""

    stream: ClassVar[Stream] = DISCUSSION_ROUND

    campaign: str
    center: str
    country: CountryCode
    entered_by: EnteredBy
    report: Report
    first_report: Report
    """As first entered. A second copy of the same form is recognised even after a correction."""
    contributions: list[Contribution] = Field(default_factory=list)
    status: RoundStatus = RoundStatus.REPORTED

    @staticmethod
    def natural_key(campaign: str, center: str, held: date, session: int) -> tuple[str, ...]:
        """What makes two reports the same round; its id is derived from this."""
        return (campaign, center, held.isoformat(), str(session))

    def snapshot(self) -> DiscussionRoundSnapshot:
        return DiscussionRoundSnapshot(
            campaign=self.campaign,
            center=self.center,
            country=self.country,
            held=self.report.held,
            session=self.report.session,
            headcount=self.report.headcount if self.report.headcount >= SMALLEST_GROUP else None,
            language=self.report.language,
            discussed=self.report.discussed,
            contributions=[
                ContributionView(number=entry.number, language=entry.language, status=entry.status)
                for entry in self.contributions
            ],
            status=self.status,
        )

    # ---- what it does

    @classmethod
    def enter(
        cls,
        id: str,
        *,
        campaign: str,
        center: str,
        country: str,
        report: Report,
        summary: str | None,
        entered_by: EnteredBy,
        now: datetime,
    ) -> Self:
        """A round comes in, with its summary if the room wrote one. Its event's time is noon of the day it was held,
        or now when that is still to come."""
        entered = cls(
            id=id,
            campaign=campaign,
            center=center,
            country=country,
            entered_by=entered_by,
            report=report,
            first_report=report,
        )
        held = min(datetime.combine(report.held, time(12), UTC), now)
        entered.record(DiscussionRoundReported(entered_by=entered_by), happened=held)
        if summary:
            entered.contribute(report.language, summary)
        return entered

    def enter_again(self, report: Report, summary: str | None) -> None:
        """The same round is reported once more. Harmless when it says the same as the first report or as what
        stands now; `AlreadyReported` when it differs, `RoundWithdrawn` when it does not count any more."""
        self._refuse_withdrawn()
        if report not in (self.report, self.first_report):
            raise AlreadyReported(
                "this round was reported before, with other figures",
                round=self.id,
                differs=differing(self.report, report),
            )
        if summary and summary not in [entry.text for entry in self.contributions]:
            raise AlreadyReported(
                "this round was reported before, without this summary", round=self.id, differs=["summary"]
            )

    def correct(
        self,
        reason: CorrectionReason,
        *,
        headcount: int | None = None,
        language: str | None = None,
        discussed: list[Discussed] | None = None,
    ) -> None:
        """Puts right what was entered; what is not given stays. Nothing to put right: nothing happens."""
        self._refuse_withdrawn()
        given: dict[str, Any] = {"headcount": headcount, "language": language, "discussed": discussed}
        wanted = {name: value for name, value in given.items() if value is not None}
        corrected = Report.model_validate({**self.report.model_dump(), **wanted})
        changed = differing(self.report, corrected)
        if not changed:
            return
        self.report = corrected
        self.record(DiscussionRoundCorrected(reason=reason, changed=changed))

    def withdraw(self, reason: WithdrawalReason) -> None:
        """It does not count any more, and what the room wrote is removed. Twice is once."""
        if self.status == RoundStatus.WITHDRAWN:
            return
        self.status = RoundStatus.WITHDRAWN
        self.contributions = []
        self.record(DiscussionRoundWithdrawn(reason=reason))

    def contribute(self, language: str, text: str) -> None:
        """Adds a text, to be shown once a moderator approves it."""
        self._refuse_withdrawn()
        if len(self.contributions) >= MOST_CONTRIBUTIONS:
            raise TooManyContributions("this round has as many texts as it may have", most=MOST_CONTRIBUTIONS)
        number = len(self.contributions) + 1
        self.contributions = [*self.contributions, Contribution(number=number, language=language, text=text)]
        self.record(ContributionAdded(number=number, language=language))

    def moderate(self, number: int, status: ContributionStatus, reason: RejectionReason | None) -> None:
        """A moderator's decision on a text; the last one counts, so what slipped through can be taken down.

        A rejection has a reason, an approval none. The decision that stands, once more, is no news.
        """
        self._refuse_withdrawn()
        self.require(status != ContributionStatus.WAITING, "a decision approves or rejects")
        rejected = status == ContributionStatus.REJECTED
        self.require(rejected == (reason is not None), "a rejection has a reason, an approval has none")
        entry = self.contribution(number)
        if (entry.status, entry.reason) == (status, reason):
            return
        entry.status, entry.reason = status, reason
        self.record(ContributionModerated(number=number, status=status, reason=reason))

    def erase(self, person: Person) -> None:
        """Takes somebody out of what the room wrote."""
        self.contributions = person.taken_out_of(self.contributions)
        self.record(DiscussionRoundRedacted())

    def contribution(self, number: int) -> Contribution:
        """The text with this number, or `UnknownContribution`."""
        for entry in self.contributions:
            if entry.number == number:
                return entry
        raise UnknownContribution("this round has no such contribution", number=number)

    def _refuse_withdrawn(self) -> None:
        if self.status == RoundStatus.WITHDRAWN:
            raise RoundWithdrawn(
                "this round was withdrawn; a round that was held after all is reported under the next session number",
                round=self.id,
            )


def differing(one: Report, other: Report) -> list[str]:
    """Names of the fields in which two reports differ, in alphabetical order."""
    return sorted(name for name in Report.model_fields if getattr(one, name) != getattr(other, name))
