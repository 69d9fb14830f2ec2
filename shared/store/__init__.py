"""Where documents live: a port and its engines."""
