"""What operators see of a service: its log, its traces and its numbers. Never a person's data."""
