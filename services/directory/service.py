"""The directory's table of contents."""

from services.directory.api import centers, field_history, figures, offers, past, reference, trends
from services.directory.domain.annual_report import AnnualReport
from services.directory.domain.center import Center
from services.directory.views.search import SEARCH
from shared.service import Service

SERVICE = Service(
    name="directory",
    aggregates=(Center, AnnualReport),
    routers=(
        centers.router,
        offers.router,
        past.router,
        field_history.router,
        figures.router,
        trends.router,
        reference.router,
    ),
    mirrors=(SEARCH,),
)
