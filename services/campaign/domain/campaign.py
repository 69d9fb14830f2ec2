"""A campaign: a question put to all centers, and the phases in which it is asked, harvested and handed on."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.aggregate import Aggregate, Refusal, Why
from shared.events.base import Stream
from shared.events.campaign import (
    CAMPAIGN,
    CampaignClosed,
    CampaignDrafted,
    CampaignLaunched,
    CampaignPhaseAdvanced,
    CampaignRevised,
    CampaignSnapshot,
    CampaignStatus,
    LanguageTag,
    PhaseView,
    Slug,
    Trigger,
)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Lines = Annotated[dict[LanguageTag, Line], Field(min_length=1, max_length=40)]
"""One line in each of several languages."""

EAST = timedelta(hours=14)
"""A day begins first at UTC+14 and ends last at UTC-12."""
WEST = timedelta(hours=12)


class CampaignNotOpen(Refusal):
    """The campaign has not been launched yet."""

    code = "campaign-not-open"


class CampaignIsClosed(Refusal):
    """The campaign is closed: what was reported stands, nothing can be added or changed."""

    code = "campaign-closed"
    why = Why.GONE


class OutsideCampaign(Refusal):
    """The round was held on a day that does not count for this campaign."""

    code = "outside-campaign"
    why = Why.INVALID


class NotYetHeld(Refusal):
    """The day has not begun anywhere on earth."""

    code = "round-in-future"
    why = Why.INVALID


class PlanIsFixed(Refusal):
    """This part of the plan cannot change after the launch."""

    code = "plan-is-fixed"


class PhaseIsOver(Refusal):
    """The end date of the phase lies in the past."""

    code = "phase-is-over"


class NotDiscussedHere(Refusal):
    """The campaign does not ask this questionnaire."""

    code = "questionnaire-not-in-campaign"
    why = Why.INVALID


def latest_day(now: datetime) -> date:
    """The latest day that has begun somewhere on earth: a day belongs to a place, and we do not know the place."""
    return (now.astimezone(UTC) + EAST).date()


def over(day: date) -> datetime:
    """The moment at which ``day`` is over everywhere on earth."""
    return datetime.combine(day + timedelta(days=1), time(0), UTC) + WEST


class Phase(BaseModel):
    """One phase. Without an end date it ends on command only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Slug
    title: Lines
    collects: bool = False
    ends: date | None = None


_PLAN_EXAMPLE: dict[str, Any] = {
    "title": {"en": "How do we want to raise our children?", "de": "Wie wollen wir unsere Kinder erziehen?"},
    "question": {"en": "What do mothers, fathers and children need where you live?"},
    "questionnaires": ["good-child-raising", "involving-fathers"],
    "phases": [
        {"key": "collect", "title": {"en": "Talking in rooms"}, "collects": True, "ends": "2026-06-30"},
        {"key": "harvest", "title": {"en": "Harvest"}, "ends": "2026-09-30"},
        {"key": "demands", "title": {"en": "Demands"}},
    ],
    "opens": "2026-03-01",
}


class Plan(BaseModel):
    """What a campaign is made of. Refused unless phases have different keys, at least one of them collects, and end
    dates rise from one to the next and lie on or after the opening day."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_PLAN_EXAMPLE]})

    title: Lines
    question: Lines
    questionnaires: list[Slug] = Field(min_length=1, max_length=50)
    phases: list[Phase] = Field(min_length=1, max_length=12)
    opens: date

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len({phase.key for phase in self.phases}) < len(self.phases):
            raise ValueError("two phases have the same key")
        if len(set(self.questionnaires)) < len(self.questionnaires):
            raise ValueError("a questionnaire is named twice")
        if not any(phase.collects for phase in self.phases):
            raise ValueError("in no phase are rounds collected")
        ends = [phase.ends for phase in self.phases if phase.ends]
        if ends != sorted(set(ends)) or min(ends, default=self.opens) < self.opens:
            raise ValueError("end dates must rise from phase to phase, and none may lie before the opening day")
        return self


class Campaign(Aggregate):
    """From the draft to the closing.

    Rounds held from the opening day to the end of the last collecting phase count. They may be entered, corrected
    and withdrawn until the campaign is closed, whatever phase it is in: paper arrives late.
    """

    stream: ClassVar[Stream] = CAMPAIGN

    plan: Plan
    status: CampaignStatus = CampaignStatus.DRAFTED
    position: int | None = None
    """Which phase it is in; set exactly while it is launched."""
    collecting_stopped: date | None = None
    """The last day that counts, where the last collecting phase ended before its date or had none."""

    # ---- what it says

    @property
    def phase(self) -> Phase | None:
        """The phase it is in."""
        return None if self.position is None else self.plan.phases[self.position]

    @property
    def last_day(self) -> date | None:
        """The last day on which a round counts; None while no end is set."""
        if self.collecting_stopped:
            return self.collecting_stopped
        return self.plan.phases[self._last_collecting].ends

    @property
    def _last_collecting(self) -> int:
        return max(index for index, phase in enumerate(self.plan.phases) if phase.collects)

    def snapshot(self) -> CampaignSnapshot:
        return CampaignSnapshot(
            title=dict(self.plan.title),
            question=dict(self.plan.question),
            status=self.status,
            phase=self.phase.key if self.phase else None,
            phases=[PhaseView(**phase.model_dump()) for phase in self.plan.phases],
            questionnaires=list(self.plan.questionnaires),
            opens=self.plan.opens,
            collected_until=self.last_day,
        )

    def due(self) -> datetime | None:
        """When the phase it is in has an end date: the moment that day is over everywhere."""
        return over(self.phase.ends) if self.phase and self.phase.ends else None

    # ---- what it does

    @classmethod
    def draft(cls, id: str, plan: Plan) -> Self:
        """A new campaign that only the office sees at work."""
        campaign = cls(id=id, plan=plan)
        campaign.record(CampaignDrafted())
        return campaign

    def revise(self, plan: Plan, now: datetime) -> None:
        """Replaces the plan. After the launch only texts, added questionnaires and the end dates of the present and
        later phases may differ (`PlanIsFixed`), those dates not into the past (`PhaseIsOver`). A closed campaign
        stays as it was."""
        self._refuse_closed()
        changed = sorted(name for name in Plan.model_fields if getattr(plan, name) != getattr(self.plan, name))
        if not changed:
            return
        if self.position is not None:
            self._refuse_what_is_fixed(plan, self.position)
            self._refuse_past_ends(plan.phases[self.position :], now)
        self.plan = plan
        self.record(CampaignRevised(changed=changed))

    def launch(self, now: datetime) -> None:
        """Begins the first phase. `PhaseIsOver` when its end date has passed."""
        self.require(self.status == CampaignStatus.DRAFTED, "only a drafted campaign can be launched")
        first = self.plan.phases[0]
        self._refuse_past_ends([first], now)
        self.status, self.position = CampaignStatus.LAUNCHED, 0
        self.record(CampaignLaunched(phase=first.key))

    def advance(self, leaving: str, now: datetime) -> None:
        """Ends the phase ``leaving`` and begins the next. Refused when it is in another one (somebody, or the
        calendar, was faster) and in the last one, after which a campaign can only be closed."""
        phase = self._running(leaving)
        self.require(phase != self.plan.phases[-1], "after its last phase a campaign is closed", phase=phase.key)
        if self.position == self._last_collecting:
            self._stop_collecting(now)
        self._enter_next(phase, Trigger.OFFICE, None)

    def close(self, now: datetime) -> None:
        """Ends it, from any phase. Closing twice is one closing."""
        if self.status == CampaignStatus.CLOSED:
            return
        self.require(self.status == CampaignStatus.LAUNCHED, "a draft has not begun and cannot be closed")
        if self.position is not None and self.position <= self._last_collecting:
            self._stop_collecting(now)
        self._close(Trigger.OFFICE, None)

    def ring(self, now: datetime) -> None:
        """Does what the calendar says: leaves every phase whose end date has passed, the last one by closing."""
        while (phase := self.phase) and (moment := self.due()) and moment <= now:
            if phase == self.plan.phases[-1]:
                self._close(Trigger.CALENDAR, moment)
            else:
                self._enter_next(phase, Trigger.CALENDAR, moment)

    # ---- what rounds ask it

    def require_entry(self) -> None:
        """Refuses with `CampaignNotOpen` or `CampaignIsClosed` unless rounds may be entered and changed now."""
        self._refuse_closed()
        if self.status == CampaignStatus.DRAFTED:
            raise CampaignNotOpen("this campaign has not been launched yet")

    def require_day(self, held: date, now: datetime) -> None:
        """Refuses a round held on a day that has not begun (`NotYetHeld`) or does not count (`OutsideCampaign`)."""
        if held > latest_day(now):
            raise NotYetHeld("a round is reported once it was held", held=held.isoformat())
        last = self.last_day
        if held < self.plan.opens or (last and held > last):
            raise OutsideCampaign(
                "rounds held on this day do not count for this campaign",
                held=held.isoformat(),
                opens=self.plan.opens.isoformat(),
                collected_until=last.isoformat() if last else None,
            )

    def require_questionnaire(self, questionnaire: str) -> None:
        """Refuses with `NotDiscussedHere` unless the campaign asks ``questionnaire``."""
        if questionnaire not in self.plan.questionnaires:
            raise NotDiscussedHere("this campaign does not ask this questionnaire", questionnaire=questionnaire)

    # ---- inside

    def _refuse_closed(self) -> None:
        if self.status == CampaignStatus.CLOSED:
            raise CampaignIsClosed("this campaign is closed")

    def _running(self, leaving: str) -> Phase:
        self._refuse_closed()
        phase = self.phase
        if phase is None:
            raise CampaignNotOpen("this campaign has not been launched yet")
        self.require(phase.key == leaving, "the campaign is in another phase", phase=phase.key)
        return phase

    def _refuse_what_is_fixed(self, plan: Plan, position: int) -> None:
        if plan.opens != self.plan.opens:
            raise PlanIsFixed("the opening day cannot change after the launch", field="opens")
        if not set(self.plan.questionnaires) <= set(plan.questionnaires):
            raise PlanIsFixed("questionnaires cannot be taken away after the launch", field="questionnaires")
        before = [(phase.key, phase.collects) for phase in self.plan.phases]
        if [(phase.key, phase.collects) for phase in plan.phases] != before:
            raise PlanIsFixed("phases cannot be added, removed or reordered after the launch", field="phases")
        past = zip(self.plan.phases[:position], plan.phases[:position], strict=True)
        if any(old.ends != new.ends for old, new in past):
            raise PlanIsFixed("the end of a phase that is over cannot change", field="phases")

    def _refuse_past_ends(self, phases: list[Phase], now: datetime) -> None:
        for phase in phases:
            if phase.ends and over(phase.ends) <= now:
                raise PhaseIsOver("this phase would be over already", phase=phase.key, ends=phase.ends.isoformat())

    def _stop_collecting(self, now: datetime) -> None:
        """Rounds of today still count; days to come do not."""
        today = latest_day(now)
        if self.last_day is None or today < self.last_day:
            self.collecting_stopped = today

    def _enter_next(self, left: Phase, trigger: Trigger, happened: datetime | None) -> None:
        self.position = self.plan.phases.index(left) + 1
        entered = self.plan.phases[self.position]
        self.record(CampaignPhaseAdvanced(left=left.key, entered=entered.key, trigger=trigger), happened)

    def _close(self, trigger: Trigger, happened: datetime | None) -> None:
        self.status, self.position = CampaignStatus.CLOSED, None
        self.record(CampaignClosed(trigger=trigger), happened)
