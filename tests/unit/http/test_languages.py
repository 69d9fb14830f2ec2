"""A reader gets a language she asked for, else one of the network's, else what there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.languages import Languages, accepted


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("cs, de;q=0.7, en;q=0.9", ["cs", "en", "de"]),
        ("de-AT,de;q=0.8", ["de-at", "de"]),
        ("de;q=0, cs", ["cs"]),
        ("*, sk;q=0.5", ["sk"]),
        ("cs;q=much, sk", ["sk"]),
        ("", []),
    ],
)
def test_a_browser_says_what_it_wants_in_order_of_weight(header: str, tags: list[str]) -> None:
    assert accepted(header) == tags


@pytest.mark.parametrize(
    ("wanted", "available", "chosen"),
    [
        (["cs"], ["en", "de", "cs"], "cs"),
        (["de-at"], ["en", "de", "cs"], "de"),
        (["sr"], ["en", "sr-Latn"], "sr-Latn"),
        (["sk", "cs"], ["en", "cs"], "cs"),
        (["sw"], ["cs", "de", "en"], "en"),
        (["sw"], ["cs", "de"], "de"),
        (["sw"], ["cs", "sk"], "cs"),
    ],
)
def test_the_nearest_language_is_chosen(wanted: list[str], available: list[str], chosen: str) -> None:
    assert Languages(wanted).choose(available) == chosen


@given(st.text(max_size=200), st.lists(st.sampled_from(["en", "de", "cs", "sr-Latn"]), min_size=1))
def test_whatever_is_asked_there_is_an_answer(header: str, available: list[str]) -> None:
    assert Languages(accepted(header)).choose(available) in available
