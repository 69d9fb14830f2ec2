"""What the directory says, a module per aggregate."""

from shared.events.directory.annual_report import ANNUAL_REPORT
from shared.events.directory.center import CENTER
from shared.events.directory.correction import CORRECTION
from shared.events.directory.membership import MEMBERSHIP
from shared.events.directory.network import NETWORK
from shared.events.directory.partner import PARTNER

STREAMS = (CENTER, CORRECTION, NETWORK, MEMBERSHIP, PARTNER, ANNUAL_REPORT)
