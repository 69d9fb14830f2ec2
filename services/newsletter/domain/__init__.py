"""Subscriptions, news items, issues and their delivery: rules only, no HTTP, no mail, no database."""
