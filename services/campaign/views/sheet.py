"""Totals as a table for spreadsheets."""

from services.campaign.views.totals import Totals, rows
from shared import sheet

COLUMNS = ("level", "country", "questionnaire", "question", "rounds", "small_rounds", "centers", "people")


def to_csv(totals: Totals) -> str:
    """One line per figure (RFC 4180, with a header). ``level`` says over what it is added up; ``people`` is empty where
    all rounds were of fewer than five people."""
    return sheet.to_csv(COLUMNS, ({"level": level, **count.model_dump()} for level, count in rows(totals)))
