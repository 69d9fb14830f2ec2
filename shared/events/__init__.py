"""The published language: every event that leaves a service."""

from shared.events.base import Event, Received, Recorded, Snapshot, Stream, Wire
from shared.events.unreadable import Unreadable

__all__ = ["Event", "Received", "Recorded", "Snapshot", "Stream", "Unreadable", "Wire"]
