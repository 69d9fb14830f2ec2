"""The exchange's own words, as versioned data: topics, and how the reasons of a match are said."""
