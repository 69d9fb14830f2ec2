"""What the exchange says, a module per aggregate.

A visit and a house's calendar are two things that never change in one step. A visit asks one house at a time
(`PlaceRequested`), the calendar answers (`PlaceHeld` or `PlaceRefused`), and whatever ends that engagement on the
visit's side frees the place. ``round`` numbers a visit's engagements, so that an answer to an old one is recognised.
"""

from shared.events.exchange.commitment import COMMITMENT
from shared.events.exchange.host_offer import HOST_OFFER
from shared.events.exchange.visit import VISIT

STREAMS = (HOST_OFFER, VISIT, COMMITMENT)
