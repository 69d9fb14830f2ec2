"""What everything stands on: ids, time, aggregates, events."""
