"""The newsletter's table of contents."""

from services.newsletter import reactions
from services.newsletter.api import archive, issues, news_items, subscriptions
from services.newsletter.domain.delivery import Delivery
from services.newsletter.domain.erasure import Erasure
from services.newsletter.domain.issue import Issue
from services.newsletter.domain.news_item import NewsItem
from services.newsletter.domain.subscription import Subscription
from services.newsletter.sending.loops import send_issues, send_letters
from services.newsletter.settings import NewsletterSettings
from shared.erasure.answering import answering
from shared.service import Service

SERVICE = Service(
    name="newsletter",
    aggregates=(Subscription, NewsItem, Issue, Delivery, Erasure),
    routers=(subscriptions.router, news_items.router, issues.router, archive.router),
    mirrors=(reactions.CENTERS,),
    policies=(
        reactions.propose_news_of_a_new_center,
        reactions.propose_news_of_a_reopened_center,
        reactions.propose_news_of_a_visit,
        reactions.propose_news_of_a_campaign,
        reactions.propose_news_of_a_phase,
        reactions.drop_news_that_names_a_hidden_place,
        reactions.ask_for_confirmation,
        reactions.mark_news_as_used,
        reactions.finish_the_issue,
        reactions.suppress_a_dead_address,
        *answering(Erasure, Erasure.begin),
    ),
    background=(send_issues, send_letters),
    settings=NewsletterSettings,
)
