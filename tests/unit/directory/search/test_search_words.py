"""Finding by words, as people type them."""

import pytest

from services.directory.search import Entry, Index, Labels, Query


def index(*names: str, labels: dict[tuple[str, str], tuple[str, ...]] | None = None, **more: object) -> Index:
    filled = Index(Labels(labels or {}))
    filled.update([Entry(id=name, version=1, names=(name,), **more) for name in names])  # type: ignore[arg-type]
    return filled


def found(searched: Index, text: str) -> list[str]:
    return list(searched.search(Query(text=text)).ids)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Mütterzentrum", "mutterzentrum"),
        ("Mütterzentrum", "MUETTERZENTRUM"),
        ("Mütterzentrum", "mu\u0308tterzentrum"),
        ("Straßencafé", "strassencafe"),
        ("Łódź", "lodz"),
        ("Ærøskøbing", "aeroskobing"),
        ("Ærøskøbing", "aeroeskoebing"),
        ("Mateřské centrum", "materske"),
        ("Майчин център", "майчин"),
        ("Маичин център", "майчин"),
        ("L’Arcobaleno", "arcobaleno"),
        ("L'Arcobaleno", "arcobaleno"),
        ("مَركَز الأُمَّهات", "مركز"),
        ("मातृ केंद्र", "मातृ"),
        ("母亲中心", "母亲"),
        ("Café 9", "9"),
    ],
)
def test_a_name_is_found_with_any_keyboard(name, asked):
    assert found(index(name, "something else"), asked) == [name]


def test_all_words_must_match_in_any_order():
    searched = index("Mütterzentrum München", "Mütterzentrum Praha")
    assert found(searched, "praha mutterzentrum") == ["Mütterzentrum Praha"]
    assert found(searched, "praha munchen") == []


def test_the_last_word_may_be_unfinished_from_two_letters_on_and_no_other():
    searched = index("Mütterzentrum München")
    assert found(searched, "mutterzentrum mu") == ["Mütterzentrum München"]
    assert found(searched, "m") == []
    assert found(searched, "mutterz munchen") == []


@pytest.mark.parametrize("typed", ["mutterzentrun", "mutterzentrm", "mutterzzentrum", "mutterzenrtum", "mutetrzentrm"])
def test_one_or_two_typing_errors_are_forgiven_in_a_long_word(typed):
    assert found(index("Mütterzentrum Salzgitter", "Familienhaus"), typed) == ["Mütterzentrum Salzgitter"]


def test_a_short_word_forgives_one_error_a_very_short_one_and_a_number_none():
    assert found(index("Praha"), "prhaa") == ["Praha"]
    assert found(index("Praha"), "prxxa") == []
    assert found(index("Kos"), "kas") == []
    assert found(index("Haus 2023"), "2024") == []


def test_a_word_that_somebody_has_is_no_typing_error_until_nobody_has_it_any_more():
    searched = index("Mutter", "Butter")
    assert found(searched, "butter") == ["Butter"]
    searched.remove(["Butter"])
    assert found(searched, "butter") == ["Mutter"]


def test_only_the_fewest_errors_count():
    assert found(index("Sonnenblume", "Sonnenblumen"), "sonenblumen") == ["Sonnenblumen"]


def test_a_word_for_a_code_finds_who_has_it_also_unfinished_or_mistyped():
    labels: dict[tuple[str, str], tuple[str, ...]] = {("service", "hot-meals"): ("Hot meals", "Warmes Mittagessen")}
    searched = index("Haus", labels=labels, facets={"service": ("hot-meals",)})
    assert found(searched, "mittagessen") == ["Haus"]
    assert found(searched, "haus mittag") == ["Haus"]
    assert found(searched, "mittagesen") == ["Haus"]


def test_who_has_the_words_in_the_name_comes_first_then_who_was_checked_last():
    searched = Index()
    searched.update([
        Entry(id="1", version=1, names=("A",), words=("Praha",), facets={"check": ("fresh",)}),
        Entry(id="2", version=1, names=("Praha B",), facets={"check": ("lapsed",)}),
        Entry(id="3", version=1, names=("Praha C",), facets={"check": ("due",)}),
        Entry(id="4", version=1, names=("Praha D",), facets={"check": ("fresh",)}),
    ])  # fmt: skip
    assert found(searched, "praha") == ["4", "3", "2", "1"]


@pytest.mark.parametrize("text", ["", "  ", "??", "'", "\u200e"])
def test_a_text_without_any_word_finds_nothing(text):
    assert index("Haus").search(Query(text=text)).total == 0
