"""The directory's table of contents."""

from services.directory.api import centers, field_history, offers, past, reference
from services.directory.domain.center import Center
from services.directory.views.search import SEARCH
from shared.service import Service

SERVICE = Service(
    name="directory",
    aggregates=(Center,),
    routers=(centers.router, offers.router, past.router, field_history.router, reference.router),
    mirrors=(SEARCH,),
)
