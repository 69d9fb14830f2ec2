"""The campaign service's table of contents, and the only place where its parts are put together."""

from services.campaign.api import campaigns, questionnaires, rounds, totals
from services.campaign.domain.campaign import Campaign
from services.campaign.domain.discussion_round import DiscussionRound
from services.campaign.domain.erasure import Erasure
from services.campaign.domain.questionnaire import Questionnaire
from services.campaign.seven import publish_the_seven
from services.campaign.views.centers import CENTERS, remember_since_when_a_center_is_closed
from services.campaign.views.totals import ROUNDS
from shared.erasure.answering import answering
from shared.service import Service

SERVICE = Service(
    name="campaign",
    aggregates=(Campaign, Questionnaire, DiscussionRound, Erasure),
    routers=(questionnaires.router, campaigns.router, rounds.router, totals.router),
    mirrors=(CENTERS, ROUNDS),
    policies=(remember_since_when_a_center_is_closed, *answering(Erasure, Erasure.begin)),
    background=(publish_the_seven,),
)
