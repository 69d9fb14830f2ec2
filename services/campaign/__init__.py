"""Campaigns: questions put to all centers, discussed in rooms, counted, and handed on as what the rooms said."""
