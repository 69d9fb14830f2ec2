"""The directory: which centers there are, where, what they offer, and whether that is still true."""
