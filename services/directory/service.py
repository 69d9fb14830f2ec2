"""The directory's table of contents."""

from services.directory.api import centers, offers, reference
from services.directory.domain.center import Center
from services.directory.views.search import SEARCH
from shared.service import Service

SERVICE = Service(
    name="directory",
    aggregates=(Center,),
    routers=(centers.router, offers.router, reference.router),
    mirrors=(SEARCH,),
)
