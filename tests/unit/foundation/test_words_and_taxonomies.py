"""How words are compared, and how a service is found by its code, or nearly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.taxonomy import SERVICES, UnknownService
from shared.text import findable_words, fold, paragraphs, words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Ærø", "aero"),
        ("Đakovo", "dakovo"),
        ("Příbram", "pribram"),
        ("İstanbul", "istanbul"),
        ("I\u011fd\u0131r", "igdir"),
        ("München", "munchen"),
        ("Ёлка", "елка"),
        ("\u210caus", "haus"),  # a capital that comes to light only when it is taken apart
        ("\u01feresund", "oresund"),
        ("كَافِيه", "كافيه"),
    ],
)
def test_folding_forgets_case_and_accents(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_words_are_split_at_both_apostrophes_but_not_inside_vocalised_words() -> None:
    assert words("L'Aquila / L\u2019Aquila, 2. patro") == ["l", "aquila", "l", "aquila", "2", "patro"]
    assert words("مَرْكَز") == ["مركز"]
    assert len(words("मातृ केंद्र")) == 2


def test_umlauts_are_found_however_they_are_typed() -> None:
    assert findable_words("Mütterzentrum München") == {"mutterzentrum", "muetterzentrum", "munchen", "muenchen"}
    assert findable_words("Øster Ærø") >= {"oster", "oester", "aero"}


def test_every_letter_of_the_first_two_planes_is_folded_for_good() -> None:
    assert [chr(n) for n in range(0x20000) if fold(fold(chr(n))) != fold(chr(n))] == []


@given(st.text())
def test_folding_twice_changes_nothing_and_words_hold_no_space(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(word and not word.isspace() and words(word) == [word] for word in words(text))


def test_every_service_has_one_code_and_a_label_in_each_language_of_the_network() -> None:
    codes = [kind.code for kind in SERVICES.terms]
    assert len(codes) == len(set(codes)) == 29
    assert all(set(kind.labels) == {"en", "de", "cs"} for kind in SERVICES.terms)


def test_a_known_service_is_found_by_its_code() -> None:
    assert SERVICES.known("open-cafe").labels["de"] == "Offener Treff und Café"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("open-caffe", "open-cafe"), ("Sprachkurs", "language-course"), ("secondhandshop", "second-hand-shop")],
)
def test_an_unknown_service_is_refused_with_the_nearest_known(typed: str, meant: str) -> None:
    with pytest.raises(UnknownService) as refused:
        SERVICES.known(typed)
    assert refused.value.details["nearest"][0] == meant
    assert meant in refused.value.message


def test_something_quite_else_is_refused_without_a_guess() -> None:
    with pytest.raises(UnknownService) as refused:
        SERVICES.known("submarine")
    assert refused.value.details == {"nearest": []}


def test_services_are_found_by_a_word_of_their_label_in_any_language() -> None:
    assert SERVICES.with_word("kurz", unfinished=False) == [
        "language-course", "music-course", "computer-course", "parenting-course",
    ]  # fmt: skip
    assert SERVICES.with_word("sprach", unfinished=True) == ["language-course"]
    assert SERVICES.with_word("sprach", unfinished=False) == []


def test_a_text_pasted_from_a_letter_keeps_its_paragraphs_and_loses_what_nobody_sees() -> None:
    pasted = "\ufeffMüt\u00adter\tund  Va\u0308ter\r\n\r\nein Anfang\x0bim Café\u2028\n"
    assert paragraphs(pasted) == "Mütter und Väter\n\nein Anfang\nim Café"


@pytest.mark.parametrize("text", ["a\u202eb", "bell\x07", "\u00ad \n\ufeff"])
def test_hidden_directions_control_characters_and_nothing_at_all_are_no_text(text: str) -> None:
    with pytest.raises(ValueError):
        paragraphs(text)
