"""For tests: whole services in one process, without engines."""

from shared.testing.network import MemoryNetwork

__all__ = ["MemoryNetwork"]
