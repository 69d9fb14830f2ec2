"""What the directory says, a module per aggregate."""

from shared.events.directory.annual_report import ANNUAL_REPORT
from shared.events.directory.center import CENTER

STREAMS = (CENTER, ANNUAL_REPORT)
