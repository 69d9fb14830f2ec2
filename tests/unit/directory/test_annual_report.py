"""The figures of one center and year: what is believed, what is wondered at, and that nothing is lost."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from services.directory.domain.annual_report import (
    RANGES,
    AlreadyReported,
    AnnualReport,
    Figures,
    FigureWarning,
    Implausible,
    NothingReported,
    SharesExceedWhole,
    Unusual,
    require_plausible,
    warnings_about,
)
from shared.days import InTheFuture
from shared.events.directory.annual_report import CorrectionReason, Figure

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
USUAL = Figures(families=150, visits=4200, volunteers=28, paid_staff=1, volunteer_hours=3000, opening_days=210)


def reported(**different: Any) -> AnnualReport:
    usual: dict[str, Any] = {"country": "CZ", "year": 2025, "figures": USUAL, "entered_by": "center", "now": NOW}
    return AnnualReport.report("r", "praha", **{**usual, **different})


def test_a_report_tells_which_figures_came_in_and_none_of_them() -> None:
    report = reported(figures=Figures(families=150, funding=[{"kind": "church"}]))
    snapshot = report.snapshot()
    assert (snapshot.reported, snapshot.edition) == ((Figure.FAMILIES, Figure.FUNDING), 1)
    [(event, _)] = report.take_facts()
    assert "150" not in event.model_dump_json() + snapshot.model_dump_json()


def test_a_correction_keeps_what_stood_there_before() -> None:
    report = reported()
    report.take_facts()
    report.correct({"visits": 4300, "families": None}, CorrectionReason.RECOUNTED, "CZ", "office", NOW)
    assert report.figures == USUAL.model_copy(update={"visits": 4300, "families": None})
    assert [(each.figures.visits, each.entered_by, each.reason) for each in report.editions] == [
        (4200, "center", None), (4300, "office", CorrectionReason.RECOUNTED),
    ]  # fmt: skip
    [(event, _)] = report.take_facts()
    assert event.model_dump(mode="json") == {
        "entered_by": "office", "reason": "recounted", "changed": ["families", "visits"],
    }  # fmt: skip


def test_a_correction_to_what_stands_there_is_none() -> None:
    report = reported()
    report.take_facts()
    report.correct({"visits": 4200}, CorrectionReason.TYPO, "CZ", "center", NOW)
    assert (report.take_facts(), len(report.editions)) == ([], 1)


def test_the_last_figure_cannot_be_taken_back() -> None:
    report = reported(figures=Figures(families=150))
    with pytest.raises(NothingReported):
        report.correct({"families": None}, CorrectionReason.OTHER, "CZ", "center", NOW)


def test_the_same_form_again_is_harmless_also_when_it_was_corrected_meanwhile() -> None:
    report = reported()
    report.correct({"visits": 4300}, CorrectionReason.TYPO, "CZ", "center", NOW)
    report.take_facts()
    for form in (USUAL, USUAL.model_copy(update={"visits": 4300})):
        report.report_again(form)
    assert report.take_facts() == []
    with pytest.raises(AlreadyReported) as refused:
        report.report_again(USUAL.model_copy(update={"visits": 9}))
    assert refused.value.details == {"differs": (Figure.VISITS,)}


def test_what_the_center_gave_weeks_ago_happened_then() -> None:
    [(_, happened)] = reported(on=date(2026, 1, 12)).take_facts()
    assert happened == datetime(2026, 1, 12, tzinfo=UTC)
    with pytest.raises(InTheFuture):
        reported(on=date(2026, 3, 5))


# ---- what cannot be true


@pytest.mark.parametrize("figure", RANGES)
def test_more_than_anybody_believes_is_refused_with_the_most_that_is_believed(figure: Figure) -> None:
    most = RANGES[figure].most if figure is not Figure.OPENING_DAYS else 365
    require_plausible(Figures.model_validate({figure: most}), 2025, NOW)
    with pytest.raises(Implausible) as refused:
        require_plausible(Figures.model_validate({figure: most + 1}), 2025, NOW)
    assert refused.value.details == {"figures": [{"figure": figure, "most": most}]}


@pytest.mark.parametrize(("year", "most"), [(2023, 365), (2024, 366), (2026, 60)])
def test_a_center_is_open_on_no_more_days_than_there_were(year: int, most: int) -> None:
    require_plausible(Figures(opening_days=most), year, NOW)
    with pytest.raises(Implausible):
        require_plausible(Figures(opening_days=most + 1), year, NOW)


@pytest.mark.parametrize(("volunteers", "hours"), [(0, 1), (1, 8785), (2, 17569)])
def test_nobody_volunteers_more_hours_than_a_year_has(volunteers: int, hours: int) -> None:
    with pytest.raises(Implausible):
        require_plausible(Figures(volunteers=volunteers, volunteer_hours=hours), 2025, NOW)
    require_plausible(Figures(volunteers=volunteers, volunteer_hours=hours - 1), 2025, NOW)


def test_a_report_without_a_figure_is_none() -> None:
    with pytest.raises(NothingReported):
        require_plausible(Figures(), 2025, NOW)


def test_zero_is_a_figure() -> None:
    require_plausible(Figures(visits=0), 2020, NOW)


def test_a_year_that_has_not_begun_has_no_figures() -> None:
    require_plausible(USUAL.model_copy(update={"opening_days": 20}), 2026, NOW)
    with pytest.raises(InTheFuture):
        require_plausible(USUAL, 2027, NOW)


def test_shares_are_parts_of_one_whole() -> None:
    def money(*shares: int | None) -> Figures:
        kinds = ("church", "state", "donations")
        return Figures.model_validate({
            "funding": [{"kind": kind, "share": share} for kind, share in zip(kinds, shares, strict=False)]
        })  # fmt: skip

    for fine in ((60, 40), (60, None, 40), (None,), (100,), (1, 1, 1)):
        require_plausible(money(*fine), 2025, NOW)
    with pytest.raises(SharesExceedWhole):
        require_plausible(money(60, 41), 2025, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"funding": [{"kind": "lottery"}]},
        {"funding": [{"kind": "church"}, {"kind": "church", "share": 5}]},
        {"funding": [{"kind": "church", "share": 0}]},
        {"funding": [{"kind": "church", "share": 101}]},
        {"families": -1},
        {"families": "many"},
        {"children": 5},
    ],
)
def test_what_is_no_figure_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Figures.model_validate(wrong)


# ---- what is wondered at


def doubts(figures: Figures, year: int = 2025, founded: int | None = None) -> set[tuple[str, str | None]]:
    return {(each.code.value, each.figure) for each in warnings_about(figures, year, NOW, founded)}


def test_usual_figures_raise_no_doubt() -> None:
    assert doubts(USUAL, founded=1992) == set()


@pytest.mark.parametrize(
    ("figures", "year", "doubt"),
    [
        ({"families": 5000}, 2025, ("unusually-high", "families")),
        ({"families": 3}, 2025, ("unusually-low", "families")),
        ({"visits": 0}, 2025, ("unusually-low", "visits")),
        ({"families": 500, "visits": 400}, 2025, ("fewer-visits-than-families", "visits")),
        ({"volunteers": 2, "volunteer_hours": 4001}, 2025, ("more-hours-than-a-job", "volunteer_hours")),
        ({"families": 150}, 2026, ("year-not-over", None)),
        ({"families": 150}, 1991, ("before-founding", None)),
    ],
)
def test_unusual_figures_are_kept_and_wondered_at(
    figures: dict[str, int], year: int, doubt: tuple[str, str | None]
) -> None:
    asked = Figures.model_validate(figures)
    require_plausible(asked, year, NOW)
    assert doubts(asked, year, founded=1992) == {doubt}


def test_hours_without_volunteers_are_not_compared() -> None:
    assert doubts(Figures(volunteer_hours=9000)) == set()


def test_every_kind_of_doubt_can_be_raised() -> None:
    everything = Figures(families=9000, visits=100, volunteers=1, volunteer_hours=5000)
    raised = {each.code for each in warnings_about(everything, 2026, NOW, 2030)}
    assert raised == set(Unusual)
    assert FigureWarning(code=Unusual.LOW, figure=Figure.VISITS) in warnings_about(everything, 2026, NOW)
