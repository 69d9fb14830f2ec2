"""A trend in words and, with these, as a picture."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from babel.numbers import format_decimal

from services.directory.views.trend_chart import Column, Frame, scale, trend_chart
from services.directory.views.trends import SMALLEST_GROUP, NumberShown, YearShown
from shared.events.directory.annual_report import Figure


class Measure(StrEnum):
    """What a picture shows of a figure: a typical center, or all together."""

    MEDIAN = "median"
    SUM = "sum"


def trend_picture(
    whose: str | None, years: Sequence[YearShown], figure: Figure, measure: Measure, language: str
) -> str:
    """An SVG of one figure, in one of the languages of `WORDS`. ``whose`` None: of all centers."""
    words = WORDS[language]
    columns = [_column(year.year, getattr(year, figure), measure, language) for year in years]
    greatest = max((max(column.value or 0, column.high or 0) for column in columns), default=0)
    marks = {float(mark): format_decimal(mark, locale=language) for mark in scale(greatest)}
    bounds = dict.fromkeys([years[0].year, years[-1].year]) if years else {}
    span = ", " + "–".join(str(year) for year in bounds) if bounds else ""
    frame = Frame(
        title=f"{words[figure]}: {whose or words['everywhere']}{span}",
        subtitle=words[measure],
        reports=words["reports"],
        note=words["note"],
        nothing=words["nothing"],
    )
    return trend_chart(frame, columns, marks, language)


def _column(year: int, shown: NumberShown, measure: Measure, language: str) -> Column:
    words = WORDS[language]
    if shown.sum is None or shown.median is None:
        told = words["told_hidden"] if shown.hidden else words["told_nothing"]
        gap = f"<{SMALLEST_GROUP}" if shown.hidden else ""
        return Column(year, shown.reports, told.format(year=year, reports=shown.reports), gap)
    numbers = {
        name: format_decimal(getattr(shown, name), locale=language)
        for name in ("reports", "sum", "lower_quartile", "median", "upper_quartile")
    }
    told = words[f"told_{measure}"].format(year=year, **numbers)
    if measure is Measure.SUM:
        return Column(year, shown.reports, told, numbers["sum"], shown.sum)
    return Column(
        year, shown.reports, told, numbers["median"], shown.median, shown.lower_quartile, shown.upper_quartile
    )


WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "families": "Families reached",
        "visits": "Visits through the door",
        "volunteers": "Volunteers",
        "paid_staff": "Paid staff",
        "volunteer_hours": "Hours of volunteering",
        "opening_days": "Opening days",
        "everywhere": "all centers",
        "median": "A typical center: half of the centers report less than the line; the box holds the middle half.",
        "sum": "All centers that reported, added up and rounded.",
        "reports": "Reports",
        "note": "Gaps (<5): fewer than five centers reported here; figures of small groups are not shown.",
        "nothing": "There is nothing to show.",
        "told_median": "{year}: typically {median}, half of them between {lower_quartile} and {upper_quartile}; "
        "reports: {reports}",
        "told_sum": "{year}: together {sum}; reports: {reports}",
        "told_hidden": "{year}: not shown; reports: {reports}",
        "told_nothing": "{year}: not reported",
    },
    "de": {
        "families": "Erreichte Familien",
        "visits": "Besuche",
        "volunteers": "Ehrenamtliche",
        "paid_staff": "Bezahlte Kräfte",
        "volunteer_hours": "Ehrenamtliche Stunden",
        "opening_days": "Öffnungstage",
        "everywhere": "alle Zentren",
        "median": "Typisches Zentrum: Die Hälfte meldet weniger als der Strich; im Kasten liegt die mittlere Hälfte.",
        "sum": "Alle Zentren, die gemeldet haben, zusammengezählt und gerundet.",
        "reports": "Meldungen",
        "note": "Lücken (<5): Hier haben weniger als fünf Zentren gemeldet; kleine Gruppen werden nicht gezeigt.",
        "nothing": "Es gibt nichts zu zeigen.",
        "told_median": "{year}: typisch {median}, die Hälfte zwischen {lower_quartile} und {upper_quartile}; "
        "Meldungen: {reports}",
        "told_sum": "{year}: zusammen {sum}; Meldungen: {reports}",
        "told_hidden": "{year}: nicht gezeigt; Meldungen: {reports}",
        "told_nothing": "{year}: nicht gemeldet",
    },
    "cs": {
        "families": "Zapojené rodiny",
        "visits": "Návštěvy",
        "volunteers": "Dobrovolníci",
        "paid_staff": "Placení pracovníci",
        "volunteer_hours": "Hodiny dobrovolnictví",
        "opening_days": "Otevírací dny",
        "everywhere": "všechna centra",
        "median": "Typické centrum: polovina center hlásí méně než čára; v rámečku leží prostřední polovina.",
        "sum": "Všechna centra, která podala hlášení, sečtena a zaokrouhlena.",
        "reports": "Hlášení",
        "note": "Mezera (<5): hlášení podalo méně než pět center; malé skupiny se nezobrazují.",
        "nothing": "Není co zobrazit.",
        "told_median": "{year}: obvykle {median}, polovina mezi {lower_quartile} a {upper_quartile}; "
        "hlášení: {reports}",
        "told_sum": "{year}: dohromady {sum}; hlášení: {reports}",
        "told_hidden": "{year}: nezobrazeno; hlášení: {reports}",
        "told_nothing": "{year}: nehlášeno",
    },
}
