"""What the directory says, a module per aggregate."""

from shared.events.directory.annual_report import ANNUAL_REPORT
from shared.events.directory.center import CENTER
from shared.events.directory.correction import CORRECTION
from shared.events.directory.initiative import INITIATIVE
from shared.events.directory.lineage import LINEAGE
from shared.events.directory.membership import MEMBERSHIP
from shared.events.directory.network import NETWORK
from shared.events.directory.partner import PARTNER
from shared.events.directory.practice import PRACTICE

STREAMS = (CENTER, CORRECTION, NETWORK, MEMBERSHIP, PARTNER, INITIATIVE, LINEAGE, PRACTICE, ANNUAL_REPORT)
