"""What the directory shows in other ways than one center at a time; each view can be rebuilt from the events."""
