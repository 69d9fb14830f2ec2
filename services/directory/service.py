"""The directory's table of contents."""

from services.directory.api import centers, checks, contact_person, corrections, life, offers, reference
from services.directory.domain.center import Center
from services.directory.domain.correction import Correction
from services.directory.reactions import POLICIES
from services.directory.views.search import SEARCH
from shared.service import Service

SERVICE = Service(
    name="directory",
    aggregates=(Center, Correction),
    routers=(
        centers.router,
        checks.router,
        life.router,
        contact_person.router,
        offers.router,
        offers.house,
        corrections.router,
        reference.router,
    ),
    mirrors=(SEARCH,),
    policies=POLICIES,
)
