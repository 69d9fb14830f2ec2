"""What the services have accepted, written down by the one who asked: the measure for what is counted later."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Position = tuple[str, str, int]
"""Topic, key and sequence: the place of one event, which only one event may ever have."""

_TOPICS = {
    "centers": "directory.center.v1",
    "corrections": "directory.correction.v1",
    "networks": "directory.network.v1",
    "memberships": "directory.membership.v1",
    "partners": "directory.partner.v1",
    "initiatives": "directory.initiative.v1",
    "practices": "directory.practice.v1",
    "erasures": "directory.erasure.v1",
    "host-offers": "exchange.host-offer.v1",
    "visits": "exchange.visit.v1",
    "news-items": "newsletter.news-item.v1",
    "issues": "newsletter.issue.v1",
    "campaigns": "campaign.campaign.v1",
    "questionnaires": "campaign.questionnaire.v1",
    "rounds": "campaign.discussion-round.v1",
}
_BELOW = {
    ("centers", "corrections"): "directory.correction.v1",
    ("centers", "figures"): "directory.annual-report.v1",
    ("centers", "lineage"): "directory.lineage.v1",
    ("networks", "members"): "directory.membership.v1",
    ("networks", "earlier-members"): "directory.membership.v1",
    ("initiatives", "opening"): "directory.center.v1",
    ("campaigns", "rounds"): "campaign.discussion-round.v1",
}
"""What is addressed below something else, and is a thing of its own."""


def topic_of(path: str) -> str:
    """The topic on which a command to ``path`` is heard of: ``/campaigns/17/rounds`` speaks of rounds."""
    steps = urlsplit(path).path.strip("/").split("/")
    below = _BELOW.get((steps[0], steps[2])) if len(steps) > 2 else None
    return below or _TOPICS[steps[0]]


@dataclass(frozen=True)
class Request:
    """One command as it was sent, and would be sent again. Without a token it came from somebody unknown."""

    service: str
    method: str
    path: str
    token: str
    key: str
    body: object = None
    if_match: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What stands before the body."""
        headers = {"Idempotency-Key": self.key}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.if_match is not None:
            headers["If-Match"] = f'"{self.if_match}"'
        return headers


@dataclass(frozen=True)
class Accepted:
    """One command that was answered with a receipt: which events it caused, and where they must stand."""

    request: Request
    id: str
    version: int
    events: Sequence[str]
    said: bytes = b""
    """The receipt, byte for byte; empty where somebody else sent the command."""

    @property
    def topic(self) -> str:
        """Where its events are heard."""
        return topic_of(self.request.path)

    @property
    def positions(self) -> Sequence[Position]:
        """Where its events stand, in order."""
        first = self.version - len(self.events) + 1
        return [(self.topic, self.id, first + number) for number in range(len(self.events))]


@dataclass
class Ledger:
    """All accepted commands, and what it took to get them accepted."""

    accepted: list[Accepted] = field(default_factory=list)
    without_receipt: Counter[str] = field(default_factory=Counter)
    """Commands whose answer says nothing but yes, by what they were: sign-ups, and buttons on pages."""
    unanswered: Counter[str] = field(default_factory=Counter)
    """Attempts that got no answer, or a "not now", by service; each was repeated with its key."""
    answered_again: int = 0
    """Repeats that turned out to have been carried out at the first attempt."""

    def add(self, accepted: Accepted) -> None:
        """Writes down a command."""
        self.accepted.append(accepted)

    @property
    def commands(self) -> int:
        """How many commands were accepted."""
        return len(self.accepted) + self.without_receipt.total()

    @property
    def by_service(self) -> Mapping[str, int]:
        """Accepted commands with a receipt, by service."""
        return Counter(accepted.request.service for accepted in self.accepted)
