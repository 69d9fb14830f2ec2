"""What the directory says, a module per aggregate."""

from shared.events.directory.center import CENTER
from shared.events.directory.correction import CORRECTION

STREAMS = (CENTER, CORRECTION)
