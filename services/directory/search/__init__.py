"""The directory's search: an index in the process, told what to find, and asked.

It knows nothing of centers, HTTP or a database. `Entry` is what it is told, `Query` what it is asked, `Result` what it
answers, and `Index` does it. `warm_up` before the first query. How it works: docs/architecture/search.md.
"""

from services.directory.search.cursor import ForeignCursor
from services.directory.search.entry import Entry, Query, Result
from services.directory.search.finding import Labels
from services.directory.search.hours import OpenOn
from services.directory.search.index import Index
from services.directory.search.kernels import warm_up
from services.directory.search.snapshot import NoSnapshot

__all__ = ["Entry", "ForeignCursor", "Index", "Labels", "NoSnapshot", "OpenOn", "Query", "Result", "warm_up"]
