"""What the campaign service keeps of an erasure."""

from typing import ClassVar

from shared.erasure.answer import Answer
from shared.events.base import Stream
from shared.events.erasure import CAMPAIGN_ERASURE


class Erasure(Answer):
    """The receipt for one person."""

    stream: ClassVar[Stream] = CAMPAIGN_ERASURE
