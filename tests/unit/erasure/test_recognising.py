"""A person is recognised by what was written down, however it was written; and nobody else is taken for them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.addresses import compared, without_addresses
from shared.erasure.person import OMITTED, AnotherKey, Persons, Wanted

PERSONS = Persons("a key for tests only, long enough to be taken")


def person(identity: str, erasure: str = "erasure-1") -> Wanted:
    return PERSONS.wanted(erasure, PERSONS.subject(erasure, identity))


JANA = person("jana@example.org")


@pytest.mark.parametrize(
    "text",
    [
        "jana@example.org",
        "JANA@Example.ORG",
        "Jana Nováková <jana@example.org>",
        "Pište na jana@example.org.",
        "mailto:jana@example.org",
        '<a href="mailto:jana@example.org?subject=x">',
        "„jana@example.org“",
        "'jana@example.org'",
        "*jana@example.org*, **jana@example.org**",
        "https://example.org/write?to=jana@example.org&about=x",
        "mail=jana@example.org|x/jana@example.org",
        "[Jana](jana@example.org)",
        "eva@example.org,jana@example.org;x",
        "eva@example.org\njana@example.org\teva@example.org",
        "mail:\u00a0jana@example.org\u200f",
        "بريد jana@example.org هنا",
        "x" * 20_000 + " jana@example.org " + "@" * 500,
    ],
)
def test_she_is_found_however_it_is_written(text: str) -> None:
    assert JANA.stands_in(text)
    rest = JANA.taken_out_of(text)
    assert OMITTED in rest
    assert "jana@example.org" not in rest.lower()
    assert not JANA.stands_in(rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jana",
        "jana@",
        "@example.org",
        "jana at example.org",
        "jana@example.com",
        "jana@example.org.uk",
        "jana@sub.example.org",
        "jana@xexample.org",
        "xjana@example.org",
        "maria.jana@example.org",
        "maria-jana@example.org",
        "maria_jana@example.org",
        "o'jana@example.org",
        "jana+news@example.org",
        "jana.n@example.org",
        "jaňa@example.org",
    ],
)
def test_nobody_else_is_taken_for_her(text: str) -> None:
    assert not JANA.stands_in(text)
    assert JANA.taken_out_of(text) == text


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("o'brien@example.org", "o'brien@example.org"),
        ("jana@mütterzentrum.example.org", "Jana@xn--mtterzentrum-dlb.example.org"),
        ("jana@xn--mtterzentrum-dlb.example.org", "jana@Mütterzentrum.example.org"),
        ("jána@example.org", "ja\u0301na@example.org"),
        ("JÁNA@example.org", "jána@example.org"),
        ("+420 601 123 456", "tel. +420601123456"),
        ("+420601123456", "+420 601 123 456, doma"),
        ("+49 89 123456", "+49 (0)89/12 34-56"),
    ],
)
def test_spellings_that_mean_the_same_are_the_same(asked: str, written: str) -> None:
    assert person(asked).stands_in(written)


@pytest.mark.parametrize("written", ["+420 601 123 4567", "+420 601 123 45", "00420 601 123 456", "1+420 601 123 456"])
def test_another_number_is_another_person(written: str) -> None:
    assert not person("+420 601 123 456").stands_in(written)


def test_who_has_another_key_says_so_instead_of_knowing_nobody() -> None:
    others = Persons("another key for tests only, long enough to be taken")
    with pytest.raises(AnotherKey):
        others.wanted("erasure-1", JANA.subject)
    with pytest.raises(AnotherKey):
        PERSONS.wanted("erasure-2", JANA.subject)
    with pytest.raises(AnotherKey):
        PERSONS.wanted("erasure-1", JANA.subject[:32])


def test_two_erasures_of_one_person_have_nothing_in_common() -> None:
    one, other = JANA.subject, person("jana@example.org", "erasure-2").subject
    assert len({one[:32], other[:32]}) == len({one[32:], other[32:]}) == 2


class Letter(BaseModel):
    to: str
    pages: tuple[str, ...] = ()
    answers: dict[str, list["Letter"]] = {}
    number: int = 1


def test_models_and_lists_are_looked_through_at_every_depth() -> None:
    letter = Letter(
        to="eva@example.org", answers={"first": [Letter(to="x", pages=("", "an jana@example.org, eva@example.org"))]}
    )
    assert JANA.stands_in(letter)
    rest = JANA.taken_out_of(letter)
    assert rest.answers["first"][0].pages == ("", f"an {OMITTED}, eva@example.org")
    assert (rest.to, rest.number, type(rest.answers["first"][0])) == ("eva@example.org", 1, Letter)
    assert JANA.stands_in({"jana@example.org": 1})
    assert not JANA.stands_in(rest)
    assert JANA.taken_out_of(None) is None


LOCAL = st.from_regex(r"[a-z0-9]{1,8}([.+_-][a-z0-9]{1,6}){0,2}", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?\.(example|test|invalid)\.org", fullmatch=True)
ADDRESS = st.builds("{}@{}".format, LOCAL, DOMAIN)
AROUND = st.text(alphabet=string.whitespace + '<>()[],;:"„“«»|áßمж…', max_size=12)


@given(st.lists(st.tuples(AROUND, ADDRESS), min_size=1, max_size=6), st.data())
def test_of_many_addresses_in_a_text_exactly_hers_are_taken_out(
    written: list[tuple[str, str]], data: st.DataObject
) -> None:
    hers = data.draw(st.sampled_from([address for _, address in written]))
    apart = [(f"{around} ", address, compared(address) == compared(hers)) for around, address in written]
    text = "".join(f"{around}{address} " for around, address, _ in apart)
    wanted = "".join(f"{around}{OMITTED if same else address} " for around, address, same in apart)
    assert person(hers).taken_out_of(text) == wanted


@given(st.text(max_size=200), ADDRESS)
def test_a_text_that_never_named_her_is_never_changed(text: str, address: str) -> None:
    assert person(address).taken_out_of(text) == text or address.lower() in text.lower()


def test_what_operators_are_told_has_no_address_in_it() -> None:
    told = "refused <jana@example.org>: to='eva@example.org', *o'brien@example.org*; @ home"
    masked = without_addresses(told)
    assert "example" not in masked
    assert masked == "refused <[masked]>: [masked]', [masked]*; @ home"
    assert without_addresses("a@b, @, a@, KeyError: 3") == "a@b, @, a@, KeyError: 3"
