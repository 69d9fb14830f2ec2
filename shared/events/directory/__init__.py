"""What the directory says, a module per aggregate."""

from shared.events.directory.center import CENTER

STREAMS = (CENTER,)
