"""The exchange's table of contents."""

from services.exchange.api import adoption, commitments, host_offers, topics, visits
from services.exchange.domain.commitment import Commitment
from services.exchange.domain.erasure import Erasure
from services.exchange.domain.host_offer import HostOffer
from services.exchange.domain.visit import Visit
from services.exchange.mirrors import CENTERS, PRACTICES
from services.exchange.reactions import POLICIES
from shared.erasure.answering import answering
from shared.service import Service

SERVICE = Service(
    name="exchange",
    aggregates=(HostOffer, Visit, Commitment, Erasure),
    routers=(topics.router, host_offers.router, visits.router, commitments.router, adoption.router),
    mirrors=(CENTERS, PRACTICES),
    policies=(*POLICIES, *answering(Erasure, Erasure.begin)),
)
