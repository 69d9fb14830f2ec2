"""The directory's table of contents."""

from services.directory.api import (
    centers,
    checks,
    contact_person,
    corrections,
    field_history,
    figures,
    finding,
    hours,
    life,
    memberships,
    networks,
    offers,
    partners,
    past,
    reference,
    trends,
)
from services.directory.domain.annual_report import AnnualReport
from services.directory.domain.center import Center
from services.directory.domain.correction import Correction
from services.directory.domain.membership import Membership
from services.directory.domain.network import Network
from services.directory.domain.partner import Partner
from services.directory.endings import ENDINGS
from services.directory.reactions import POLICIES
from services.directory.views.past_map import PastMapModel
from services.directory.views.search import CenterSearch
from shared.service import Service

SERVICE = Service(
    name="directory",
    aggregates=(Center, Correction, Network, Membership, Partner, AnnualReport),
    routers=(
        finding.router,
        centers.router,
        checks.router,
        life.router,
        contact_person.router,
        hours.router,
        offers.router,
        offers.house,
        past.router,
        field_history.router,
        corrections.router,
        networks.router,
        memberships.router,
        partners.router,
        figures.router,
        trends.router,
        reference.router,
    ),
    models=(CenterSearch, PastMapModel),
    policies=(*POLICIES, *ENDINGS),
)
