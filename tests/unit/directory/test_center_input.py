"""What may be written into a profile or a place, and what is refused at the door."""

import unicodedata
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from services.directory.domain.place import Place
from services.directory.domain.profile import Contact, Profile, ProfileChange

GOOD: dict[str, Any] = {"name": "Klub", "languages": ["cs"]}


def test_text_is_tidied_and_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "  Mateřské \u00a0 centrum ")
    assert Profile(**{**GOOD, "name": decomposed}).name == "Mateřské centrum"


def test_codes_may_come_in_any_case_and_languages_are_named_once() -> None:
    assert Place(country="cz").country == "CZ"
    assert Profile(**{**GOOD, "languages": ["CS", "de", "cs"]}).languages == ("cs", "de")


def test_a_language_without_two_letters_is_known() -> None:
    assert Profile(**{**GOOD, "languages": ["rom"]}).languages == ("rom",)


def test_names_in_other_scripts_keep_their_joiners() -> None:
    assert Profile(**{**GOOD, "names": {"fa": "خانه\u200cی مادران"}}).names["fa"] == "خانه\u200cی مادران"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 121},
        {"name": "Klub\x00"},
        {"name": "Klub\nPraha"},
        {"name": "Klub \u202egro.elpmaxe"},
        {"name": "Klub\u2028Praha"},
        {"name": "Klub \ue000"},
        {"names": {"english": "Club"}},
        {"names": {"xx": "Club"}},
        {"names": {"en": "\x07Club"}},
        {"languages": []},
        {"languages": ["zz"]},
        {"languages": ["cs"] * 21},
        {"founded": 1066},
        {"founded": 19.5},
        {"kind": "castle"},
        {"contact": {"email": "office at example.org"}},
        {"contact": {"email": "office@localhost"}},
        {"contact": {"phone": "123 456"}},
        {"contact": {"phone": "+420 12"}},
        {"contact": {"phone": "+420 123 456 789 012 345"}},
        {"contact": {"website": "javascript:alert(1)"}},
        {"contact": {"website": "https://example.org/" + "x" * 200}},
        {"contact": {"person": "somebody"}},
        {"rating": 5},
    ],
)
def test_a_profile_refuses(wrong: dict[str, Any]) -> None:
    Profile(**GOOD)
    with pytest.raises(ValidationError):
        Profile.model_validate({**GOOD, **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"country": "ZZ"},
        {"country": "CZE"},
        {"country": "Č"},
        {"town": ""},
        {"town": "Praha\r\nBrno"},
        {"town": "x" * 81},
        {"street": "x" * 81},
        {"postal_code": "1" * 13},
        {"point": {"lat": 90.01, "lon": 0}},
        {"point": {"lat": 0, "lon": -180.01}},
        {"point": {"lat": float("nan"), "lon": 0}},
        {"point": {"lat": 50}},
        {"town_point": {"lat": float("inf"), "lon": 0}},
        {"planet": "Earth"},
    ],
)
def test_a_place_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Place.model_validate({"country": "CZ", "town": "Praha", **wrong})


def test_a_door_entered_as_the_middle_of_town_is_blurred_to_a_kilometre() -> None:
    place = Place.model_validate({"country": "CZ", "town_point": {"lat": 50.123456, "lon": 14.512345}})
    assert place.town_point is not None
    assert (place.town_point.lat, place.town_point.lon) == (50.12, 14.51)


def test_contact_details_are_kept_as_they_will_be_used() -> None:
    contact = Contact(email="Office@Example.ORG", phone="+420 123 456 789", website="https://example.org")
    assert (contact.email, contact.website) == ("Office@example.org", "https://example.org/")


def test_a_change_may_empty_what_is_optional_and_nothing_else() -> None:
    change = TypeAdapter(ProfileChange)
    assert change.validate_python({"founded": None}) == {"founded": None}
    refused: list[dict[str, object]] = [
        {"name": None},
        {"languages": None},
        {"languages": []},
        {"contact": None},
        {"town": "Brno"},
    ]
    for wrong in refused:
        with pytest.raises(ValidationError):
            change.validate_python(wrong)
