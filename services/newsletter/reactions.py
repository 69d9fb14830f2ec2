"""What events do here: others' become news, our own bring mails on their way and keep the books together."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.newsletter.domain.issue import Issue
from services.newsletter.domain.news_item import NewsItem
from services.newsletter.domain.subscription import Subscription
from services.newsletter.news import Facts, in_language, place, worded
from services.newsletter.sending.letters import Letters
from shared.events.base import Received
from shared.events.campaign import CAMPAIGN, CampaignLaunched, CampaignPhaseAdvanced, CampaignSnapshot
from shared.events.directory.center import (
    CENTER,
    CenterRegistered,
    CenterReopened,
    CenterSnapshot,
    LocationVisibility,
    LocationVisibilityChanged,
)
from shared.events.exchange.visit import VISIT, VisitReported, VisitSnapshot
from shared.events.newsletter import (
    DELIVERY,
    ISSUE,
    SUBSCRIPTION,
    BounceKind,
    DeliveryBounced,
    DeliveryCounted,
    DeliverySnapshot,
    IssueApproved,
    NewsKind,
    NewsRejection,
    SubscriptionRequested,
    SuppressionReason,
)
from shared.reactions import Change, Create, Intent, Mirror, policy
from shared.world import World

CENTERS = Mirror(
    name="centers",
    stream=CENTER,
    keep=lambda center: {"name": center.name, "town": center.town, "country": center.country},
)
"""Names of centers, for news about them; what a center hides is not in here either."""


# ---- others' news


@policy(CenterRegistered, stream=CENTER)
async def propose_news_of_a_new_center(event: Received[CenterRegistered], world: World) -> Sequence[Intent]:
    """A center that is new to the world is news; one taken over from an older list is not."""
    if event.event.imported:
        return []
    return [_proposal(NewsKind.CENTER_OPENED, event, _of_center(event.snapshot), (event.key,))]


@policy(CenterReopened, stream=CENTER)
async def propose_news_of_a_reopened_center(event: Received[CenterReopened], world: World) -> Sequence[Intent]:
    """Open doors are news."""
    return [_proposal(NewsKind.CENTER_REOPENED, event, _of_center(event.snapshot), (event.key,))]


@policy(VisitReported, stream=VISIT)
async def propose_news_of_a_visit(event: Received[VisitReported], world: World) -> Sequence[Intent]:
    """What a visit brought home is news. Its report is not repeated here: the editor asks those who wrote it."""
    visit: VisitSnapshot = event.snapshot
    known = await world.mirror("centers").get_many([visit.guest, event.event.host])
    guest = known.get(visit.guest, {"country": visit.guest_country})
    host = known.get(event.event.host, {"country": visit.host_country})

    def facts(language: str) -> Mapping[str, object]:
        return {
            "guest": guest.get("name") or place(None, guest["country"], language),
            "guest_place": place(guest.get("town"), guest["country"], language),
            "host": host.get("name") or place(None, host["country"], language),
            "host_place": place(host.get("town"), host["country"], language),
            "answered": event.event.answered,
            "questions": event.event.questions,
        }

    return [_proposal(NewsKind.VISIT_REPORTED, event, facts, (visit.guest, event.event.host))]


@policy(LocationVisibilityChanged, stream=CENTER)
async def drop_news_that_names_a_hidden_place(
    event: Received[LocationVisibilityChanged], world: World
) -> Sequence[Intent]:
    """A center that hides wants its town told nowhere: news that names it, and has not been told, is dropped."""
    if event.event.after is not LocationVisibility.HIDDEN:
        return []
    reason = NewsRejection.WISH_OF_THOSE_CONCERNED
    named = await world.repository(NewsItem).find({"state.centers": event.key})
    return [Change(NewsItem, each.aggregate.id, lambda news, now: news.reject("rule", reason)) for each in named]


@policy(CampaignLaunched, stream=CAMPAIGN)
async def propose_news_of_a_campaign(event: Received[CampaignLaunched], world: World) -> Sequence[Intent]:
    """A campaign that begins is news."""
    campaign: CampaignSnapshot = event.snapshot
    return [
        _proposal(
            NewsKind.CAMPAIGN_LAUNCHED,
            event,
            lambda language: {
                "title": in_language(campaign.title, language),
                "question": in_language(campaign.question, language),
            },
        )
    ]


@policy(CampaignPhaseAdvanced, stream=CAMPAIGN)
async def propose_news_of_a_phase(event: Received[CampaignPhaseAdvanced], world: World) -> Sequence[Intent]:
    """A campaign's next phase is news."""
    campaign: CampaignSnapshot = event.snapshot
    titles = {phase.key: phase.title for phase in campaign.phases}
    entered = titles.get(event.event.entered, {"en": event.event.entered})
    return [
        _proposal(
            NewsKind.CAMPAIGN_PHASE,
            event,
            lambda language: {
                "title": in_language(campaign.title, language),
                "phase": in_language(entered, language),
            },
        )
    ]


def _of_center(center: CenterSnapshot) -> Facts:
    return lambda language: {
        "center": center.names.get(language) or center.name,
        "place": place(center.town, center.country, language),
    }


def _proposal(kind: NewsKind, event: Received[Any], facts: Facts, centers: tuple[str, ...] = ()) -> Intent:
    texts = worded(kind, facts)
    cause, about = event.record.id, event.key
    return Create(NewsItem, lambda id, now: NewsItem.propose(id, kind, cause, about, texts, centers))


# ---- our own


@policy(SubscriptionRequested, stream=SUBSCRIPTION)
async def ask_for_confirmation(event: Received[SubscriptionRequested], world: World) -> Sequence[Intent]:
    """Whoever entered an address has to confirm it from the mailbox."""
    await Letters(world.store).ask(event.key, event.event.mail)
    return []


@policy(IssueApproved, stream=ISSUE)
async def mark_news_as_used(event: Received[IssueApproved], world: World) -> Sequence[Intent]:
    """News that stands in an approved issue has been told."""
    issue = event.key
    items: Sequence[str] = event.snapshot.items
    return [Change(NewsItem, item, lambda news, now: news.use(issue)) for item in items]


@policy(DeliveryCounted, stream=DELIVERY)
async def finish_the_issue(event: Received[DeliveryCounted], world: World) -> Sequence[Intent]:
    """When every reader is decided, the issue is sent."""
    delivery: DeliverySnapshot = event.snapshot
    if not delivery.finished:
        return []
    return [Change(Issue, event.key, lambda issue, now: issue.finish(delivery.audience, delivery.totals, now))]


@policy(DeliveryBounced, stream=DELIVERY)
async def suppress_a_dead_address(event: Received[DeliveryBounced], world: World) -> Sequence[Intent]:
    """An address that its own server does not know is not written to again."""
    if event.event.kind is not BounceKind.ADDRESS:
        return []
    reason, issue = SuppressionReason.HARD_BOUNCE, event.key
    return [Change(Subscription, event.event.subscription, lambda reader, now: reader.suppress(reason, issue, now))]
