"""Totals as a table for spreadsheets."""

import csv
from io import StringIO

from services.campaign.views.totals import Totals, rows

COLUMNS = ("level", "country", "questionnaire", "question", "rounds", "small_rounds", "centers", "people")


def to_csv(totals: Totals) -> str:
    """One line per figure (RFC 4180, with a header). ``level`` says over what it is added up; ``people`` is empty where
    all rounds were of fewer than five people."""
    out = StringIO()
    table = csv.DictWriter(out, COLUMNS, restval="")
    table.writeheader()
    for level, count in rows(totals):
        table.writerow({"level": level, **count.model_dump(exclude_none=True)})
    return out.getvalue()
