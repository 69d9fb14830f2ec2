"""A chart that everybody can read: in words too, without scripts, and well-formed whatever stands in a label."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from services.campaign.views.chart import WIDTH, Bar, bar_chart

SVG = "{http://www.w3.org/2000/svg}"


def bar(label: str, value: int) -> Bar:
    return Bar(label, value, str(value), f"people: {value}")


def parsed(bars: list[Bar], title: str = "Children", subtitle: str = "by country") -> ElementTree.Element:
    return ElementTree.fromstring(bar_chart(title, subtitle, "Small rounds: 2.", bars, "en"))


def drawn(root: ElementTree.Element) -> list[float]:
    """Widths of the bars, without the background."""
    return [float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect")][1:]


def test_the_longest_bar_belongs_to_the_greatest_number_and_the_others_are_in_proportion() -> None:
    widths = drawn(parsed([bar("DE", 400), bar("CZ", 100)]))
    assert widths[0] == 4 * widths[1]
    assert widths[0] < WIDTH


def test_a_hidden_number_has_words_and_no_bar() -> None:
    root = parsed([Bar("AT", None, "fewer than five", "rounds: 2"), bar("CZ", 9)])
    assert len(drawn(root)) == 1
    assert "fewer than five" in [element.text for element in root.iter(f"{SVG}text")]
    assert "AT: rounds: 2" in (root.findtext(f"{SVG}desc") or "")


def test_who_cannot_see_it_hears_title_and_every_bar() -> None:
    root = parsed([bar("DE", 400), bar("CZ", 100)])
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == "Children"
    assert root.findtext(f"{SVG}desc") == "by country. DE: people: 400. CZ: people: 100. Small rounds: 2."
    assert set(root.attrib["aria-labelledby"].split()) == {
        element.attrib["id"] for element in root.iter() if "id" in element.attrib
    }


def test_no_rounds_yet_is_a_chart_without_bars() -> None:
    assert drawn(parsed([])) == []


def test_a_label_longer_than_the_picture_is_shortened_and_kept_whole_in_the_tooltip() -> None:
    label = "enabling and disabling conditions " * 6
    root = parsed([bar(label, 9)])
    shown = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert label not in shown
    assert any(text.endswith("…") for text in shown)
    assert f"{label}: people: 9" in [element.text for element in root.iter(f"{SVG}title")]


@given(st.text(), st.text(), st.lists(st.tuples(st.text(), st.none() | st.integers(0, 10**6)), max_size=4))
def test_whatever_stands_in_titles_and_labels_it_stays_text(
    title: str, subtitle: str, bars: list[tuple[str, int | None]]
) -> None:
    root = parsed([Bar(label, value, label, label) for label, value in bars], title, subtitle)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "title", "desc", "rect", "text", "g"}
