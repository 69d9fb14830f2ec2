"""The forest as lists and as a picture: everybody in place, readable without colors, well-formed whatever the name."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.lineage import FOREST, Forest
from services.directory.views.lineage import Relative, everybody_in, family, with_ancestors
from services.directory.views.tree import WORDS, family_tree
from shared.events.directory.center import CenterSnapshot, CenterStatus, Check, LocationVisibility
from shared.events.directory.lineage import Cause, Origin

SVG = "{http://www.w3.org/2000/svg}"


def center(name: str, founded: int | None = 1992, **different: Any) -> CenterSnapshot:
    usual: dict[str, Any] = {
        "name": name, "kind": "mother-center", "country": "CZ", "town": "Praha", "languages": ("cs",),
        "location_visibility": LocationVisibility.TOWN, "founded": founded, "status": CenterStatus.ACTIVE,
        "check": Check.FRESH, "verified_on": date(2026, 3, 1),
    }  # fmt: skip
    return CenterSnapshot(**{**usual, **different})


def forest(*links: tuple[str, str], cause: Cause = Cause.VISIT, year: int | None = 1991) -> Forest:
    grown = Forest.empty(FOREST)
    for child, came_from in links:
        grown.enter(child, Origin(came_from=came_from, cause=cause, year=year))
    return grown


CENTERS = {
    "münchen": center("Mütterzentrum München", 1985, country="DE", town="München"),
    "praha": center("MC Praha", 1992),
    "brno": center("MC Brno", 1993, status=CenterStatus.CLOSED),
    "olomouc": center("MC Olomouc", 1993),
    "zlín": center("MC Zlín", None),
}
LINKS = forest(("praha", "münchen"), ("zlín", "praha"), ("olomouc", "praha"), ("brno", "praha"))


def parsed(members: Sequence[Relative], language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(family_tree(members, language))


def listed(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The centers in the picture."""
    return [group for group in root.iter(f"{SVG}g") if group.get("role") == "listitem"]


def place(item: ElementTree.Element) -> tuple[float, float]:
    dot = item.find(f"{SVG}circle")
    assert dot is not None
    return float(dot.attrib["cx"]), float(dot.attrib["cy"])


# ---- in lists


def test_every_center_comes_before_its_offspring_and_siblings_by_year_then_name() -> None:
    members = family(LINKS, CENTERS)
    assert [(each.id, each.generation) for each in members] == [
        ("münchen", 0), ("praha", 1), ("brno", 2), ("olomouc", 2), ("zlín", 2),
    ]  # fmt: skip
    assert [(each.offspring, each.descendants) for each in members] == [(1, 4), (3, 3), (0, 0), (0, 0), (0, 0)]


def test_a_part_of_the_forest_begins_where_the_origin_is_not_shown_and_counts_all_the_same() -> None:
    [praha, *_] = family(LINKS, {id: CENTERS[id] for id in ("praha", "brno")})
    assert (praha.generation, praha.descendants) == (0, 3)
    assert praha.origin and praha.origin.came_from == "münchen"


def test_a_new_center_that_is_not_there_yet_is_left_out_for_the_moment() -> None:
    assert [each.id for each in family(forest(("new", "praha")), {"praha": CENTERS["praha"]})] == ["praha"]


def test_who_belongs_to_a_country_is_shown_with_all_it_came_from() -> None:
    assert with_ancestors(LINKS, ["brno"]) == {"brno", "praha", "münchen"}
    assert everybody_in(LINKS) == set(CENTERS)


links = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 29)), max_size=40)


@given(links)
def test_in_any_forest_everybody_is_listed_once_right_below_where_it_came_from(pairs: list[tuple[int, int]]) -> None:
    grown = forest(*((f"{child}", f"{child * parent // 31}") for child, parent in pairs))  # came from a smaller number
    members = family(grown, {id: center(id) for id in everybody_in(grown)})
    assert sorted(each.id for each in members) == sorted(everybody_in(grown))
    path: list[str] = []
    for member in members:
        del path[member.generation :]
        assert path == grown.ancestors(member.id)[::-1]
        path.append(member.id)
        assert member.descendants == len(grown.descendants(member.id))


# ---- as a picture


def test_generations_are_columns_and_a_center_stands_amid_its_offspring() -> None:
    members = family(LINKS, CENTERS)
    at = dict(zip([each.id for each in members], map(place, listed(parsed(members))), strict=True))
    assert at["münchen"][0] < at["praha"][0] < at["brno"][0] == at["zlín"][0]
    assert at["brno"][1] < at["olomouc"][1] < at["zlín"][1]
    assert at["praha"][1] == at["münchen"][1] == at["olomouc"][1]


@given(links)
def test_no_two_centers_stand_upon_each_other_and_nobody_falls_out_of_the_picture(pairs: list[tuple[int, int]]) -> None:
    grown = forest(*((f"{child}", f"{child * parent // 31}") for child, parent in pairs))
    root = parsed(family(grown, {id: center(id) for id in everybody_in(grown)}))
    rows: dict[float, list[float]] = {}
    for x, y in map(place, listed(root)):
        rows.setdefault(x, []).append(y)
        assert 0 < x < float(root.attrib["width"]) - 200
        assert 100 < y < float(root.attrib["height"]) - 20
    for column in rows.values():
        assert all(after - before >= 40 for before, after in pairwise(column))


def test_the_same_family_is_the_same_picture_whatever_it_was_read_in() -> None:
    backwards = dict(reversed(CENTERS.items()))
    assert family_tree(family(LINKS, CENTERS), "en") == family_tree(family(LINKS, backwards), "en")


def test_the_cause_stands_on_every_link_in_words_and_as_a_kind_of_line() -> None:
    for cause, shown in (
        (Cause.VISIT, "visit 1991"),
        (Cause.MENTOR, "mentoring 1991"),
        (Cause.INSPIRATION, "example 1991"),
    ):
        root = parsed(family(forest(("praha", "münchen"), cause=cause), CENTERS))
        assert shown in [element.text for element in root.iter(f"{SVG}text")]
    drawn = {
        cause: family_tree(family(forest(("praha", "münchen"), cause=cause), CENTERS), "en").split("</desc>")[1]
        for cause in Cause
    }
    assert len(set(drawn.values())) == 3


def test_who_cannot_see_it_finds_a_list_with_a_sentence_for_each() -> None:
    root = parsed(family(LINKS, CENTERS))
    assert root.findtext(f"{SVG}title") == "Family tree of the Mother Centers"
    assert root.findtext(f"{SVG}desc") == "Centers: 5. Generations: 3. Beginnings: 1."
    assert set(root.attrib["aria-labelledby"].split()) == {e.attrib["id"] for e in root.iter() if "id" in e.attrib}
    told = [item.findtext(f"{SVG}title") for item in listed(root)]
    assert told[:3] == [
        "Mütterzentrum München, München, DE; founded 1985; a beginning of its own",
        "MC Praha, Praha, CZ; founded 1992; came from Mütterzentrum München (visit 1991)",
        "MC Brno, Praha, CZ; founded 1993; came from MC Praha (visit 1991); closed",
    ]


def test_who_accompanied_a_founding_is_named_where_it_was_another() -> None:
    grown = forest(("praha", "münchen"))
    grown.enter("brno", Origin(came_from="münchen", cause=Cause.VISIT, mentor="praha"))
    [*_, brno] = listed(parsed(family(grown, {id: CENTERS[id] for id in ("münchen", "praha", "brno")})))
    assert "accompanied by MC Praha" in (brno.findtext(f"{SVG}title") or "")


def test_a_closed_center_is_grey_and_keeps_its_place() -> None:
    members = family(LINKS, CENTERS)
    opened = family(LINKS, {**CENTERS, "brno": center("MC Brno", 1993)})
    assert [place(item) for item in listed(parsed(members))] == [place(item) for item in listed(parsed(opened))]
    [brno] = [item for item in listed(parsed(members)) if "MC Brno" in (item.findtext(f"{SVG}title") or "")]
    assert {text.attrib["fill"] for text in list(brno.iter(f"{SVG}text"))[:2]} == {"#6e6e73"}


def test_a_long_name_is_shortened_and_told_in_full() -> None:
    name = "Mateřské centrum " + "Sedmikráska " * 6
    root = parsed(family(LINKS, {**CENTERS, "brno": center(name.strip(), 1993)}))
    shown = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert any(text.startswith("\u2068Mateřské centrum Sedmi") and text.endswith("…\u2069") for text in shown)
    assert any(name.strip() in (item.findtext(f"{SVG}title") or "") for item in listed(root))


def test_a_name_from_right_to_left_keeps_its_direction_to_itself() -> None:
    root = parsed(family(LINKS, {**CENTERS, "brno": center("مركز الأمهات", 1993, town="ברלין")}))
    shown = [element.text for element in root.iter(f"{SVG}text")]
    assert "\u2068مركز الأمهات\u2069" in shown and "\u2068ברלין, CZ\u2069 · 1993" in shown


def test_letters_made_of_several_marks_are_not_cut_apart_and_wide_ones_count_twice() -> None:
    marked, wide = "e\u0308" * 29, "母" * 30
    root = parsed(family(LINKS, {**CENTERS, "brno": center(marked, 1993), "zlín": center(wide)}))
    shown = [element.text for element in root.iter(f"{SVG}text")]
    assert f"\u2068{marked}\u2069" in shown
    assert f"\u2068{'母' * 14}…\u2069" in shown


def test_before_anything_is_known_the_picture_says_so() -> None:
    for language, words in WORDS.items():
        root = parsed([], language)
        assert root.findtext(f"{SVG}desc") == words["nothing"]
        assert listed(root) == []


def test_every_language_says_the_same_things() -> None:
    assert {frozenset(words) for words in WORDS.values()} == {frozenset(WORDS["en"])}
    for language in WORDS:
        assert len(listed(parsed(family(LINKS, CENTERS), language))) == 5


@given(st.lists(st.text(min_size=1), min_size=2, max_size=4), st.text())
def test_whatever_stands_in_a_name_it_stays_text(names: list[str], town: str) -> None:
    grown = forest(*((f"{n + 1}", f"{n}") for n in range(len(names) - 1)))
    root = parsed(family(grown, {f"{n}": center(name, town=town) for n, name in enumerate(names)}))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags == {"svg", "title", "desc", "rect", "text", "g", "path", "circle"}


def test_a_thousand_centers_in_a_thousand_generations_can_be_drawn() -> None:
    grown = forest(*((f"{n + 1}", f"{n}") for n in range(999)))
    members = family(grown, {f"{n}": center(f"MC {n}") for n in range(1000)})
    assert len(listed(parsed(members))) == 1000
