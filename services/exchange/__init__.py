"""Peer learning between centers: who hosts, who asks to visit, how the two find each other, and what came of it."""
