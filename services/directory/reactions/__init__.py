"""What events do in the directory, its own ones too: a second aggregate follows by the first one's event."""

from services.directory.reactions.adoptions import ADOPTIONS
from services.directory.reactions.beginnings import BEGINNINGS
from services.directory.reactions.corrections import CORRECTIONS
from services.directory.reactions.endings import ENDINGS
from services.directory.reactions.erasing import ERASING

POLICIES = (*CORRECTIONS, *ENDINGS, *BEGINNINGS, *ADOPTIONS, *ERASING)
