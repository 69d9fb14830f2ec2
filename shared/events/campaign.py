"""What the campaign service tells the others: campaigns, their questionnaires, and the rounds that discussed them.

Two rules hold for every event here. Nothing that people wrote in a round is in it (a contribution is named by its
number and language; its text is served by the campaign service, once a moderator let it pass). And a group of fewer
than five people has no number in it: ``headcount`` is then null, on every topic, for ever.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.clock import Instant
from shared.events.base import Event, Snapshot, Stream, Wire

SMALLEST_GROUP = 5
"""Groups below this are never shown in results."""

LanguageTag = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)]
"""A language as BCP 47 writes it: ``de``, ``sr-Latn``."""

CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""A country as ISO 3166 writes it: ``CZ``."""

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
"""A short readable name used as an id: ``good-child-raising``."""

Texts = dict[LanguageTag, str]
"""One text in several languages."""


class CampaignStatus(StrEnum):
    """Where a campaign stands; while it is launched, `CampaignSnapshot.phase` says more."""

    DRAFTED = "drafted"
    LAUNCHED = "launched"
    CLOSED = "closed"


class Trigger(StrEnum):
    """Who moved a campaign on."""

    OFFICE = "office"
    CALENDAR = "calendar"


class PhaseView(Wire):
    """One phase of a campaign, in the order in which they follow."""

    key: Slug = Field(description="names the phase within its campaign, e.g. collect, harvest, demands")
    title: Texts
    collects: bool = Field(description="whether rounds held in this phase count")
    ends: date | None = Field(description="last day; over when that day is over everywhere on earth. Null: on command")


class CampaignSnapshot(Snapshot):
    """A campaign as everybody sees it."""

    title: Texts
    question: Texts = Field(description="what the campaign asks")
    status: CampaignStatus
    phase: Slug | None = Field(description="key of the phase it is in; null before the launch and after closing")
    phases: list[PhaseView]
    questionnaires: list[Slug] = Field(description="ids of the questionnaires whose discussion counts")
    opens: date = Field(description="first day on which a round counts")
    collected_until: date | None = Field(description="last day on which a round counts; null while no end is set")


class CampaignDrafted(Event):
    """A campaign was written down; nobody can take part yet."""


class CampaignRevised(Event):
    """The plan changed: texts at any time, dates of phases to come, everything else only while it is a draft."""

    changed: list[str] = Field(description="names of the changed fields, in alphabetical order")


class CampaignLaunched(Event):
    """The campaign began with its first phase."""

    phase: Slug


class CampaignPhaseAdvanced(Event):
    """One phase ended and the next began."""

    left: Slug
    entered: Slug
    trigger: Trigger = Field(description="calendar: the end date of the phase passed")


class CampaignClosed(Event):
    """The campaign is over: no round can be entered, corrected or withdrawn any more."""

    trigger: Trigger = Field(description="calendar: the end date of the last phase passed")


class EditionView(Wire):
    """One published edition of a questionnaire. Its questions never change."""

    number: int = Field(ge=1)
    questions: list[Slug] = Field(description="keys in order; a key means the same wording in every edition")
    languages: list[LanguageTag] = Field(description="the source language first, then in order of translation")
    published: Instant


class QuestionnaireSnapshot(Snapshot):
    """A questionnaire with all its editions. The wording is served by the campaign service."""

    title: Texts = Field(description="title of the newest edition")
    editions: list[EditionView] = Field(description="oldest first")


class QuestionnairePublished(Event):
    """An edition of a questionnaire was published."""

    edition: int = Field(ge=1)
    language: LanguageTag = Field(description="the language it was written in")


class QuestionnaireTranslated(Event):
    """An edition became available in one more language."""

    edition: int = Field(ge=1)
    language: LanguageTag


class RoundStatus(StrEnum):
    """Whether a round counts."""

    REPORTED = "reported"
    WITHDRAWN = "withdrawn"


class EnteredBy(StrEnum):
    """In which role a round was entered: the center itself, its network (paper forms), or the office."""

    CENTER = "center"
    NETWORK = "network"
    OFFICE = "office"


class CorrectionReason(StrEnum):
    """Why a round was corrected."""

    MISCOUNTED = "miscounted"
    WRONG_QUESTIONS = "wrong-questions"
    WRONG_LANGUAGE = "wrong-language"
    ENTRY_ERROR = "entry-error"


class WithdrawalReason(StrEnum):
    """Why a round was withdrawn."""

    ENTERED_TWICE = "entered-twice"
    WRONG_DATE = "wrong-date"
    NOT_HELD = "not-held"
    WISH_OF_THE_CENTER = "wish-of-the-center"


class ContributionStatus(StrEnum):
    """What a moderator said to a contribution; only an approved one is shown."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


class RejectionReason(StrEnum):
    """Why a contribution is not shown."""

    NAMES_A_PERSON = "names-a-person"
    ABOUT_A_CHILD = "about-a-child"
    OFF_TOPIC = "off-topic"
    OFFENSIVE = "offensive"
    UNREADABLE = "unreadable"


class Discussed(Wire):
    """What a round talked about: questions of one edition of one questionnaire."""

    questionnaire: Slug
    edition: int = Field(ge=1)
    questions: list[Slug] = Field(min_length=1, description="keys, in the order of the questionnaire")


class ContributionView(Wire):
    """That a round has said something: number, language and fate, never the text."""

    number: int = Field(ge=1)
    language: LanguageTag
    status: ContributionStatus


class DiscussionRoundSnapshot(Snapshot):
    """A discussion round as everybody sees it."""

    campaign: str
    center: str
    country: CountryCode
    held: date = Field(description="the day on which it took place, by the center's calendar")
    session: int = Field(ge=1, description="1 for the center's first round of that day, 2 for the second, ...")
    headcount: int | None = Field(
        ge=SMALLEST_GROUP, description="people in the room; null when they were fewer than five"
    )
    language: LanguageTag = Field(description="the language spoken")
    discussed: list[Discussed]
    contributions: list[ContributionView]
    status: RoundStatus


class DiscussionRoundReported(Event):
    """A round was entered, on the day itself or weeks later from paper; the event's time is the day it was held."""

    entered_by: EnteredBy


class DiscussionRoundCorrected(Event):
    """What had been entered was wrong; the snapshot has it right."""

    reason: CorrectionReason
    changed: list[str] = Field(description="names of the corrected fields, in alphabetical order")


class DiscussionRoundWithdrawn(Event):
    """A round does not count any more, and its contributions are gone."""

    reason: WithdrawalReason


class ContributionAdded(Event):
    """A round's summary, or one more text of it, was handed in and waits for a moderator."""

    number: int = Field(ge=1)
    language: LanguageTag


class ContributionModerated(Event):
    """A moderator let a contribution pass or not; a later decision replaces an earlier one."""

    number: int = Field(ge=1)
    status: ContributionStatus
    reason: RejectionReason | None = Field(description="set exactly when it was rejected")


class QuestionnaireRedacted(Event):
    """Somebody who stood in its wording is forgotten on their own demand."""


class DiscussionRoundRedacted(Event):
    """Somebody who stood in what the room wrote is forgotten on their own demand."""


_CAMPAIGN_ID = "019a0c3e-6a11-7c60-b0a4-2f0d3c5b7e11"
_CENTER_ID = "019a0c3e-7b22-7d10-9c41-5a8e6f3d2c44"

CAMPAIGN = Stream(
    service="campaign",
    aggregate="campaign",
    about="Campaigns: a question put to all centers, the phases it goes through, and when it was closed.",
    snapshot=CampaignSnapshot(
        title={"en": "How do we want to raise our children?", "de": "Wie wollen wir unsere Kinder erziehen?"},
        question={"en": "What do mothers, fathers and children need where you live?"},
        status=CampaignStatus.LAUNCHED,
        phase="collect",
        phases=[
            PhaseView(key="collect", title={"en": "Talking in rooms"}, collects=True, ends=date(2026, 6, 30)),
            PhaseView(key="harvest", title={"en": "Harvest"}, collects=False, ends=date(2026, 9, 30)),
            PhaseView(key="demands", title={"en": "Demands"}, collects=False, ends=None),
        ],
        questionnaires=["good-child-raising", "involving-fathers"],
        opens=date(2026, 3, 1),
        collected_until=None,
    ),
    events=(
        CampaignDrafted(),
        CampaignRevised(changed=["phases", "title"]),
        CampaignLaunched(phase="collect"),
        CampaignPhaseAdvanced(left="collect", entered="harvest", trigger=Trigger.CALENDAR),
        CampaignClosed(trigger=Trigger.OFFICE),
    ),
)

QUESTIONNAIRE = Stream(
    service="campaign",
    aggregate="questionnaire",
    about="Questionnaires for discussion in rooms: which editions there are, with which questions, in which languages.",
    snapshot=QuestionnaireSnapshot(
        title={"en": "Involving fathers", "de": "Väter einbeziehen", "cs": "Zapojení otců"},
        editions=[
            EditionView(
                number=1,
                questions=["fathers-today", "first-year", "what-keeps-away"],
                languages=["en", "de", "cs"],
                published=datetime(2026, 2, 1, 9, tzinfo=UTC),
            )
        ],
    ),
    events=(
        QuestionnairePublished(edition=1, language="en"),
        QuestionnaireTranslated(edition=1, language="cs"),
        QuestionnaireRedacted(),
    ),
)

DISCUSSION_ROUND = Stream(
    service="campaign",
    aggregate="discussion-round",
    about="Discussion rounds: which center talked about which questions, on which day, with how many people.",
    snapshot=DiscussionRoundSnapshot(
        campaign=_CAMPAIGN_ID,
        center=_CENTER_ID,
        country="CZ",
        held=date(2026, 3, 14),
        session=1,
        headcount=23,
        language="cs",
        discussed=[
            Discussed(questionnaire="involving-fathers", edition=1, questions=["fathers-today", "what-keeps-away"])
        ],
        contributions=[ContributionView(number=1, language="cs", status=ContributionStatus.WAITING)],
        status=RoundStatus.REPORTED,
    ),
    events=(
        DiscussionRoundReported(entered_by=EnteredBy.NETWORK),
        DiscussionRoundCorrected(reason=CorrectionReason.MISCOUNTED, changed=["headcount"]),
        DiscussionRoundWithdrawn(reason=WithdrawalReason.ENTERED_TWICE),
        ContributionAdded(number=1, language="cs"),
        ContributionModerated(number=1, status=ContributionStatus.REJECTED, reason=RejectionReason.NAMES_A_PERSON),
        DiscussionRoundRedacted(),
    ),
)

STREAMS = (CAMPAIGN, QUESTIONNAIRE, DISCUSSION_ROUND)
