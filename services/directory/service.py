"""The directory's table of contents."""

from services.directory.api import (
    centers,
    checks,
    consent_wordings,
    contact_person,
    corrections,
    erasures,
    exports,
    field_history,
    figures,
    finding,
    freshness,
    hours,
    hsds,
    initiatives,
    library,
    life,
    lineage,
    memberships,
    mentoring,
    networks,
    offers,
    partners,
    past,
    practices,
    reference,
    trends,
    verification,
)
from services.directory.domain.annual_report import AnnualReport
from services.directory.domain.center import Center
from services.directory.domain.correction import Correction
from services.directory.domain.erasure import Erasure
from services.directory.domain.initiative import Initiative
from services.directory.domain.lineage import Forest
from services.directory.domain.membership import Membership
from services.directory.domain.network import Network
from services.directory.domain.partner import Partner
from services.directory.domain.practice import Practice
from services.directory.reactions import POLICIES
from services.directory.settings import DirectorySettings
from services.directory.views.listing import Listing
from services.directory.views.past_map import PastMapModel
from services.directory.views.practices import PRACTICES
from services.directory.views.search import CenterSearch
from services.directory.views.visits import VISITS
from shared.service import Service

SERVICE = Service(
    name="directory",
    aggregates=(Center, Correction, Network, Membership, Partner, AnnualReport, Initiative, Forest, Practice, Erasure),
    routers=(
        exports.router,  # before centers: /centers/{id}.vcf is no center called so
        finding.router,
        centers.router,
        checks.router,
        life.router,
        verification.router,
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
        initiatives.router,
        mentoring.router,
        lineage.router,
        practices.router,
        library.router,
        consent_wordings.router,
        freshness.router,
        erasures.router,
        reference.router,
        hsds.router,
    ),
    mirrors=(PRACTICES, VISITS),
    models=(CenterSearch, PastMapModel, Listing),
    policies=POLICIES,
    settings=DirectorySettings,
)
