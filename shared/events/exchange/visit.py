"""Study visits, from the question a center asks to the report of what it brought home.

The questions, reports and reflections stay with the exchange; their events carry codes and counts.
"""

from datetime import UTC, date, datetime
from enum import StrEnum

from pydantic import Field

from shared.clock import Instant
from shared.events.base import Event, Snapshot, Stream, Wire
from shared.events.exchange.terms import CountryCode, Days, LanguageCode, Round, TopicCode


class VisitStatus(StrEnum):
    """Where a visit stands. Requested, declined and expired ones are looking for a (next) host."""

    REQUESTED = "requested"
    WAITLISTED = "waitlisted"
    MATCHED = "matched"
    DECLINED = "declined"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    PREPARED = "prepared"
    HELD = "held"
    NOT_HELD = "not-held"
    DISPUTED = "disputed"
    REPORTED = "reported"
    CANCELLED = "cancelled"


class Side(StrEnum):
    """The two sides of a visit."""

    GUEST = "guest"
    HOST = "host"


class MatchReason(Wire):
    """One reason why a house suits a visit, as a code and numbers; the exchange's API says it in words.

    Codes: topic-overlap (``value`` of the ``of`` asked topics, named in ``codes``), common-language (``codes``),
    preferred-host, proven (``value`` centers took something over from there), notice (``value`` days until it
    begins), distance (``value`` kilometres between the towns), cross-border, room (``value`` places left beside the
    guests), freshness (``value`` days since the profile was confirmed), not-asked-before. More may come.
    """

    code: str
    points: int = Field(description="What it adds to the score.")
    value: int | None = None
    of: int | None = None
    codes: tuple[str, ...] = ()


class VisitSnapshot(Snapshot):
    """A study visit as everybody may see it."""

    guest: str = Field(description="Id of the visiting center.")
    guest_country: CountryCode
    topics: tuple[TopicCode, ...] = Field(description="What its questions are about.")
    questions: int = Field(description="How many questions it brings.")
    guests: int = Field(description="How many people come.")
    length: int = Field(description="Days that the visit lasts.")
    window: Days = Field(description="The days within which it can take place.")
    languages: tuple[LanguageCode, ...] = Field(description="That the guests understand.")
    status: VisitStatus
    round: Round
    host: str | None = Field(default=None, description="Id of the matched house; null while there is none.")
    host_country: CountryCode | None = None
    days: Days | None = Field(default=None, description="When it is to take place; null while there is no host.")
    answer_by: Instant | None = Field(default=None, description="Until when the host (matched) may answer.")
    confirm_by: Instant | None = Field(default=None, description="Until when the guest (accepted) may confirm.")


class VisitRequested(Event):
    """A center asked for a study visit on questions of its own."""

    preferred: int = Field(default=0, description="How many hosts it named as its wish.")


class PlaceRequested(Event):
    """The visit chose a house and asks its calendar for a place. The house's people are asked once it is held."""

    host: str
    round: Round
    days: Days
    guests: int


class VisitMatched(Event):
    """A place is held at the best suited house, which is now asked to host."""

    host: str
    round: Round
    days: Days
    score: int = Field(description="Sum of the points of the reasons.")
    reasons: tuple[MatchReason, ...]
    considered: int = Field(description="How many houses could have hosted it.")
    answer_by: Instant


class VisitAccepted(Event):
    """The host said yes. The guest is asked to confirm."""

    host: str
    round: Round
    confirm_by: Instant


class VisitDeclined(Event):
    """The host said no, before or after it had said yes. The next one is asked; this one never again."""

    host: str
    round: Round
    days: Days
    reason: str = Field(description="no-time, no-room, other-topic or other.")


class OfferExpired(Event):
    """The host did not answer in time. The next one is asked; this one never again."""

    host: str
    round: Round
    days: Days


class VisitRematched(Event):
    """The host cannot host any more, through no decision about this visit: it goes back to matching."""

    host: str
    round: Round
    days: Days
    reason: str = Field(description="host-closed, host-paused, host-lapsed, host-withdrew, or late (asked too late).")


class VisitWaitlisted(Event):
    """No house suits now. Asked for again as soon as an offer is new, changed, back, or has room again."""

    round: Round


class VisitConfirmed(Event):
    """The guest confirmed: the visit will take place, and the house's practical information is open to it."""

    host: str
    round: Round
    days: Days


class VisitPrepared(Event):
    """Both sides know what will happen: the programme is written down."""

    host: str
    sessions: int = Field(description="Parts of the programme.")
    topics: tuple[TopicCode, ...] = Field(description="That the programme deals with.")


class AttendanceStated(Event):
    """One side said whether the visit took place; the other has not yet, or said otherwise before."""

    side: Side
    held: bool


class VisitHeld(Event):
    """The visit took place: both sides say so, or the office found it."""

    host: str
    round: Round
    days: Days
    guests: int
    settled: bool = Field(default=False, description="Found by the office after the sides disagreed or were silent.")


class VisitNotHeld(Event):
    """The visit did not take place: both sides say so, or the office found it."""

    host: str
    round: Round
    days: Days
    settled: bool = Field(default=False, description="Found by the office after the sides disagreed or were silent.")


class VisitDisputed(Event):
    """One side says it took place, the other that it did not. The office settles it, or a side corrects itself."""

    guest_says: bool
    host_says: bool


class VisitReported(Event):
    """The guest reported what became of its questions and what it wants to do at home."""

    host: str
    language: LanguageCode = Field(description="The language the report is written in.")
    answered: int = Field(description="Questions that got an answer.")
    questions: int = Field(description="Questions that the visit began with.")
    topics: tuple[TopicCode, ...] = Field(description="What was learned about.")
    intentions: tuple[TopicCode, ...] = Field(description="What the guest intends to adopt at home.")


class HostReflectionAdded(Event):
    """The host told what it learned from its guests."""

    host: str
    language: LanguageCode = Field(description="The language the reflection is written in.")
    topics: tuple[TopicCode, ...] = Field(description="What the host learned about.")


class VisitCancelled(Event):
    """The visit will not take place. Its place, if it had or asked for one, is free."""

    reason: str = Field(description="by-guest, guest-closed, not-confirmed or window-passed.")
    host: str | None = Field(default=None, description="The house that was asked or had promised, if any.")
    round: Round
    days: Days | None = Field(default=None, description="Of the place that is let go, if any.")


class VisitRedacted(Event):
    """Somebody who stood in what guests and host wrote is forgotten on their own demand."""


_HOUSE = "01890a5d-ac96-774b-bcce-b302099a8057"
_GUEST = "01890a5d-ac96-774b-bcce-b302099a8058"
_DAYS = Days(first=date(2026, 9, 14), last=date(2026, 9, 17))

VISIT = Stream(
    service="exchange",
    aggregate="visit",
    about="Study visits, from the question a center asks to the report of what it brought home.",
    snapshot=VisitSnapshot(
        guest=_GUEST,
        guest_country="CZ",
        topics=("founding-a-center", "self-run-childcare"),
        questions=3,
        guests=4,
        length=4,
        window=Days(first=date(2026, 9, 1), last=date(2026, 10, 15)),
        languages=("cs", "de"),
        status=VisitStatus.MATCHED,
        round=1,
        host=_HOUSE,
        host_country="DE",
        days=_DAYS,
        answer_by=datetime(2026, 6, 15, 9, 30, tzinfo=UTC),
    ),
    events=(
        VisitRequested(preferred=1),
        PlaceRequested(host=_HOUSE, round=1, days=_DAYS, guests=4),
        VisitMatched(
            host=_HOUSE,
            round=1,
            days=_DAYS,
            score=74,
            reasons=(
                MatchReason(
                    code="topic-overlap", points=40, value=2, of=2, codes=("founding-a-center", "self-run-childcare")
                ),
                MatchReason(code="common-language", points=20, codes=("de",)),
                MatchReason(code="distance", points=14, value=300),
            ),
            considered=12,
            answer_by=datetime(2026, 6, 15, 9, 30, tzinfo=UTC),
        ),
        VisitAccepted(host=_HOUSE, round=1, confirm_by=datetime(2026, 6, 22, 9, 30, tzinfo=UTC)),
        VisitDeclined(host=_HOUSE, round=1, days=_DAYS, reason="no-time"),
        OfferExpired(host=_HOUSE, round=1, days=_DAYS),
        VisitRematched(host=_HOUSE, round=1, days=_DAYS, reason="host-closed"),
        VisitWaitlisted(round=1),
        VisitConfirmed(host=_HOUSE, round=1, days=_DAYS),
        VisitPrepared(host=_HOUSE, sessions=5, topics=("founding-a-center",)),
        AttendanceStated(side=Side.GUEST, held=True),
        VisitHeld(host=_HOUSE, round=1, days=_DAYS, guests=4),
        VisitNotHeld(host=_HOUSE, round=1, days=_DAYS, settled=True),
        VisitDisputed(guest_says=False, host_says=True),
        VisitReported(
            host=_HOUSE,
            language="cs",
            answered=2,
            questions=3,
            topics=("founding-a-center",),
            intentions=("self-run-childcare",),
        ),
        HostReflectionAdded(host=_HOUSE, language="de", topics=("documentation-and-stories",)),
        VisitCancelled(reason="by-guest", host=_HOUSE, round=1, days=_DAYS),
        VisitRedacted(),
    ),
)
