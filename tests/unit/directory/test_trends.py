"""What many centers' figures come to; and that no center's own figure can be read from it."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.views.reports import Report
from services.directory.views.trend_chart import scale
from services.directory.views.trend_words import WORDS, Measure, trend_picture
from services.directory.views.trends import NUMBERS, SMALLEST_GROUP, YearShown, two_digits, year_shown
from shared.events.directory.annual_report import Figure
from shared.events.directory.center import Funding

SVG = "{http://www.w3.org/2000/svg}"
NONE: dict[str, Any] = {**{figure.value: None for figure in NUMBERS}, "funding": []}


def report(center: int, country: str = "CZ", year: int = 2025, **figures: Any) -> Report:
    return Report(f"c{center}", country, year, {**NONE, **figures})


def families(values: Iterable[int], country: str = "CZ", year: int = 2025) -> list[Report]:
    return [report(number, country, year, families=value) for number, value in enumerate(values)]


def shown(reports: list[Report], all_countries: bool = False) -> YearShown:
    return year_shown(2025, reports, all_countries=all_countries)


def test_a_figure_says_how_many_centers_are_behind_it_their_sum_and_what_is_typical() -> None:
    year = shown(families([100, 120, 150, 180, 400]))
    assert year.reports == 5
    assert year.families.model_dump() == {
        "reports": 5, "left_out": 0, "hidden": None, "sum": 950, "rounded_to": 50,
        "lower_quartile": 120, "median": 150, "upper_quartile": 180,
    }  # fmt: skip


def test_a_figure_of_four_centers_is_not_shown() -> None:
    year = shown([*families([100, 120, 150, 180]), report(9, visits=4000)])
    assert year.reports == 5
    for figure, behind in ((year.families, 4), (year.visits, 1)):
        assert (figure.reports, figure.hidden) == (behind, "too-few")
        assert (figure.sum, figure.rounded_to, figure.median, figure.lower_quartile, figure.upper_quartile) == (
            None,
        ) * 5


def test_a_figure_that_nobody_reported_hides_nothing() -> None:
    assert shown(families([1] * 5)).visits.model_dump(exclude_defaults=True) == {"reports": 0}


def test_a_country_too_small_to_be_shown_is_in_no_sum_either() -> None:
    whole = shown([*families([100] * 6), *families([900], "RW")], all_countries=True).families
    assert (whole.reports, whole.left_out, whole.sum) == (6, 1, 600)


def test_small_countries_count_where_together_they_are_five_centers() -> None:
    small = [*families([200, 200], "KE"), *families([200, 200], "BA"), *families([200], "RW")]
    whole = shown([*families([100] * 6), *small], all_countries=True).families
    assert (whole.reports, whole.left_out, whole.sum) == (11, 0, 1600)


def test_where_no_country_can_be_shown_nor_all_together_nothing_is() -> None:
    whole = shown([*families([100, 100], "KE"), *families([100], "RW")], all_countries=True).families
    assert (whole.reports, whole.hidden, whole.sum) == (3, "too-few", None)


def test_five_centers_in_three_small_countries_are_a_group() -> None:
    whole = shown(
        [*families([100, 100], "KE"), *families([100, 100], "BA"), *families([100], "RW")], all_countries=True
    )
    assert (whole.families.reports, whole.families.sum) == (5, 500)


def test_the_kinds_of_funding_are_counted_in_fives() -> None:
    church = [{"kind": "church", "share": None}]
    both = [{"kind": "church", "share": 40}, {"kind": "state", "share": 60}]
    year = shown([*(report(n, funding=church) for n in range(4)), *(report(n, funding=both) for n in range(4, 10))])
    kinds = {kind.kind: (kind.centers, kind.share) for kind in year.funding.kinds}
    assert (year.funding.reports, year.funding.hidden) == (10, None)
    assert (kinds[Funding.CHURCH], kinds[Funding.STATE]) == ((10, 40), (5, 60))
    assert set(kinds) == set(Funding)
    assert kinds[Funding.DONATIONS] == (0, 0)


def test_the_shares_of_four_centers_are_not_shown() -> None:
    told = [{"kind": "church", "share": 40}]
    untold = [{"kind": "church", "share": None}]
    year = shown([*(report(n, funding=told) for n in range(4)), *(report(n, funding=untold) for n in range(4, 9))])
    assert {kind.share for kind in year.funding.kinds} == {None}
    assert shown([report(n, funding=told) for n in range(4)]).funding.hidden == "too-few"


# ---- whatever is reported

GIVEN = st.none() | st.integers(0, 20_000)
REPORTS = st.lists(
    st.tuples(st.sampled_from(["CZ", "DE", "KE", "RW", "AT"]), GIVEN, GIVEN), max_size=40
).map(lambda rows: [report(n, country, families=a, visits=b) for n, (country, a, b) in enumerate(rows)])  # fmt: skip


@given(REPORTS, st.booleans())
def test_no_figure_is_from_fewer_than_five_centers(reports: list[Report], all_countries: bool) -> None:
    year = shown(reports, all_countries)
    for figure in NUMBERS:
        number = getattr(year, figure)
        there = [number.sum, number.rounded_to, number.lower_quartile, number.median, number.upper_quartile]
        assert there == [None] * 5 or (None not in there and number.reports >= SMALLEST_GROUP)


@given(REPORTS)
def test_the_whole_minus_the_countries_that_are_shown_is_no_small_group(reports: list[Report]) -> None:
    whole = shown(reports, all_countries=True)
    for figure in NUMBERS:
        behind = Counter(each.country for each in reports if each.figures[figure] is not None)
        parts = [getattr(shown([each for each in reports if each.country == country]), figure) for country in behind]
        rest = getattr(whole, figure).reports - sum(part.reports for part in parts if part.sum is not None)
        assert getattr(whole, figure).sum is None or rest == 0 or rest >= SMALLEST_GROUP


@given(REPORTS, st.data())
def test_what_the_centers_of_a_country_that_is_left_out_reported_changes_nothing(
    reports: list[Report], data: Any
) -> None:
    """Had they reported anything else, the whole would be the same: so nothing computed from it tells their figures."""
    behind = Counter(each.country for each in reports if each.figures["families"] is not None)
    small = {country for country, number in behind.items() if number < SMALLEST_GROUP}
    if sum(behind[country] for country in small) >= SMALLEST_GROUP:
        return
    other = [
        each._replace(figures={**each.figures, "families": data.draw(st.integers(0, 20_000))})
        if each.country in small and each.figures["families"] is not None
        else each
        for each in reports
    ]
    assert shown(other, all_countries=True) == shown(reports, all_countries=True)


@given(st.lists(st.integers(0, 500_000), min_size=5, max_size=60))
def test_a_sum_is_rounded_by_a_good_part_of_what_one_center_reports(values: list[int]) -> None:
    """Between a fifth and half: as exact as a total should be, too rough for the difference of two to tell a figure."""
    number = shown(families(values)).families
    mean = sum(values) / len(values)
    assert number.sum is not None and number.rounded_to is not None
    assert number.sum % number.rounded_to == 0
    assert abs(number.sum - sum(values)) <= number.rounded_to / 2
    assert mean / 5 <= number.rounded_to <= max(SMALLEST_GROUP, mean / 2)


def test_one_more_report_does_not_tell_its_figure() -> None:
    before = shown(families([100, 130, 160, 190, 220])).families
    differences = set()
    for newcomer in range(90, 150):
        after = shown(families([100, 130, 160, 190, 220, newcomer])).families
        assert before.sum is not None and after.sum is not None
        differences.add(after.sum - before.sum)
    assert differences == {100, 150}


@pytest.mark.parametrize(
    ("value", "shown"), [(0, 0), (0.5, 0.5), (1.25, 1.2), (9.96, 10), (42, 42), (4213, 4200), (123_456, 120_000)]
)
def test_a_typical_value_has_two_digits(value: float, shown: float) -> None:
    assert two_digits(value) == shown


# ---- the picture


def picture(years: list[YearShown], measure: Measure = Measure.MEDIAN, language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(trend_picture("Česko", years, Figure.FAMILIES, measure, language))


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def three_years() -> list[YearShown]:
    """One to show, one that is too small, one without a report."""
    return [
        year_shown(2023, families([100, 120, 150, 180, 400], year=2023)),
        year_shown(2024, families([100, 120, 150], year=2024)),
        year_shown(2025, []),
    ]


def test_every_year_has_the_number_of_its_reports_below_it() -> None:
    seen = texts(picture(three_years()))
    assert [seen[seen.index("2023") + step] for step in range(6)] == ["2023", "2024", "2025", "5", "3", "0"]


@pytest.mark.parametrize("measure", Measure)
def test_a_year_that_is_too_small_is_a_gap_that_says_so(measure: Measure) -> None:
    root = picture(three_years(), measure)
    drawn = list(root.iter(f"{SVG}rect"))[1:]
    assert len(drawn) == 1
    assert texts(root).count("<5") == 1
    assert WORDS["en"]["note"] in texts(root)


def test_the_box_reaches_from_quartile_to_quartile_with_the_median_in_it() -> None:
    root = picture(three_years()[:1])
    box = list(root.iter(f"{SVG}rect"))[1]
    upper, lower = float(box.attrib["y"]), float(box.attrib["y"]) + float(box.attrib["height"])
    line = next(each for each in root.iter(f"{SVG}line") if each.attrib.get("stroke-width") == "4")
    assert upper < float(line.attrib["y1"]) < lower
    assert (lower - float(line.attrib["y1"])) == (float(line.attrib["y1"]) - upper)  # 120, 150, 180


def test_a_sum_is_a_column_from_zero_in_proportion() -> None:
    years = [year_shown(2023, families([100] * 5)), year_shown(2024, families([200] * 10))]
    small, great = (float(rect.attrib["height"]) for rect in list(picture(years, Measure.SUM).iter(f"{SVG}rect"))[1:])
    assert great == 4 * small


@pytest.mark.parametrize("language", WORDS)
def test_who_cannot_see_it_hears_every_year(language: str) -> None:
    root = picture(three_years(), language=language)
    spoken = root.findtext(f"{SVG}desc") or ""
    assert all(year in spoken for year in ("2023", "2024", "2025"))
    assert "150" in spoken
    assert root.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == language
    assert set(root.attrib["aria-labelledby"].split()) <= {each.attrib.get("id") for each in root.iter()}


def test_all_languages_have_the_same_words() -> None:
    assert {frozenset(words) for words in WORDS.values()} == {frozenset(WORDS["en"])}


def test_without_any_figure_the_picture_says_so() -> None:
    assert WORDS["en"]["nothing"] in texts(picture([]))
    assert WORDS["en"]["nothing"] in texts(picture(three_years()[1:]))


def test_seventy_years_fit_side_by_side() -> None:
    root = picture([year_shown(year, families([100] * 5, year=year)) for year in range(1950, 2027)])
    rects = [(float(each.attrib["x"]), float(each.attrib["width"])) for each in list(root.iter(f"{SVG}rect"))[1:]]
    assert all(x + width < after for (x, width), (after, _) in pairwise(rects))
    assert rects[-1][0] + rects[-1][1] < float(root.attrib["width"])


@given(st.integers(0, 10**9))
def test_the_scale_reaches_the_greatest_value_in_few_round_steps(greatest: int) -> None:
    marks = scale(greatest)
    assert marks[0] == 0 and marks[-1] >= greatest and len(marks) <= 6
    steps = {after - before for before, after in pairwise(marks)}
    assert len(steps) <= 1
    assert all(str(step).rstrip("0") in ("1", "2", "5") for step in steps)
