"""What events do in the exchange."""

from services.exchange.reactions.matching import MATCHING

POLICIES = MATCHING
