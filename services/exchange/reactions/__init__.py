"""What events do here: visits and calendars follow each other, and what a visit leaves behind is followed up."""

from services.exchange.reactions.follow_up import FOLLOW_UP
from services.exchange.reactions.matching import MATCHING

POLICIES = (*MATCHING, *FOLLOW_UP)
