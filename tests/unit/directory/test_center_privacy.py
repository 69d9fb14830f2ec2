"""Whatever is done to a center in whatever order: while it is hidden, nobody learns where it is or how to reach it."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.center import Center, ClosingReason, PauseReason
from services.directory.domain.place import Place
from services.directory.domain.profile import Contact, Profile
from shared.aggregate import Refusal
from shared.events.directory.center import LocationVisibility
from shared.taxonomy import SERVICES

Register = Callable[..., Center]

PLACES = [
    Place.model_validate({
        "country": "DE", "region": f"Region-{name}", "town": name, "town_point": {"lat": lat, "lon": lon},
        "postal_code": f"PLZ-{name}", "street": f"Gasse-{name}", "point": {"lat": lat + 0.00321, "lon": lon + 0.00321},
    })
    for name, lat, lon in (("Altdorf", 41.11, 11.41), ("Neustadt", 42.22, 12.42))
]  # fmt: skip
PROFILES = [
    {
        "name": f"Zentrum {town}", "names": {"en": f"{town} Center"}, "languages": ["de"],
        "contact": {"email": f"office@{town.lower()}.example.org", "phone": f"+49 555 000 {number}"},
    }
    for town, number in (("Altdorf", "1111"), ("Neustadt", "2222"))
]  # fmt: skip
TELLING_A_PLACE = {"Altdorf": ("altdorf", "41.1", "11.4"), "Neustadt": ("neustadt", "42.2", "12.4")}
NEVER_IN_AN_EVENT = ("gasse", "plz", "0321", ".11321", ".22321", "office@", "+49")

Step = Callable[[Center, datetime], object]


def _edit(number: int) -> Step:
    fields = Profile.model_validate(PROFILES[number])
    return lambda center, now: center.edit({"name": fields.name, "names": fields.names, "contact": fields.contact}, now)


STEPS: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from(LocationVisibility).map(lambda v: lambda center, now: center.show_location(v)),
    st.sampled_from(["Haus am See", "Altdorf", "Neustadt Nord"]).map(
        lambda name: lambda center, now: center.show_location(LocationVisibility.HIDDEN, name)
    ),
    st.sampled_from(PLACES).map(lambda place: lambda center, now: center.relocate(place, now)),
    st.sampled_from([0, 1]).map(_edit),
    st.sampled_from(SERVICES.terms).map(lambda kind: lambda center, now: center.offer(kind)),
    st.sampled_from([1, 2, 3]).map(lambda n: lambda center, now: center.pause_offer(f"s{n}")),
    st.sampled_from([1, 2, 3]).map(lambda n: lambda center, now: center.withdraw_offer(f"s{n}")),
    st.just(lambda center, now: center.verify("center", now)),
    st.just(lambda center, now: center.ring(now)),
    st.just(lambda center, now: center.pause(PauseReason.CRISIS, now)),
    st.just(lambda center, now: center.resume(now)),
    st.just(lambda center, now: center.close(ClosingReason.OTHER, now, successor="other")),
    st.just(lambda center, now: center.reopen(now)),
)


@given(st.lists(st.tuples(STEPS, st.integers(0, 200)), min_size=1, max_size=30), st.sampled_from(LocationVisibility))
def test_no_event_of_a_hidden_center_tells_its_place_and_none_at_all_its_door(
    register: Register, now: datetime, steps: list[tuple[Step, int]], visibility: LocationVisibility
) -> None:
    center = register(profile=Profile.model_validate(PROFILES[0]), place=PLACES[0], visibility=visibility)
    _check_what_is_published(center)
    for step, days in steps:
        now += timedelta(days=days)
        before = center.model_dump()
        try:
            step(center, now)
        except Refusal:
            assert center.model_dump() == before, "a refused command must change nothing"
            assert center.take_facts() == []
            continue
        _check_what_is_published(center, before)


def _check_what_is_published(center: Center, before: dict[str, Any] | None = None) -> None:
    facts = center.take_facts()
    assert bool(facts) == (center.model_dump() != before), "a change and a fact go together"
    for event, _ in facts:
        published = json.dumps(
            {**event.model_dump(mode="json"), "snapshot": center.snapshot().model_dump(mode="json")},
            ensure_ascii=False,
        ).lower()
        assert not [secret for secret in NEVER_IN_AN_EVENT if secret in published]
        if center.visibility is LocationVisibility.HIDDEN:
            assert not [secret for secret in TELLING_A_PLACE[center.place.town or ""] if secret in published]
    if center.visibility is LocationVisibility.HIDDEN:
        assert center.public_contact() is None


def test_a_center_shown_exactly_still_publishes_no_more_than_its_town(register: Register) -> None:
    view = register(visibility=LocationVisibility.EXACT).snapshot()
    assert (view.town, view.town_point.lat if view.town_point else None) == ("Praha", 50.09)
    assert "Hejnická" not in view.model_dump_json()


def test_the_place_is_cut_to_what_may_be_seen(praha: Place) -> None:
    assert praha.shown(LocationVisibility.EXACT) == praha
    assert praha.shown(LocationVisibility.TOWN).model_dump(exclude_none=True) == {
        "country": "CZ", "region": "Hlavní město", "town": "Praha", "town_point": {"lat": 50.09, "lon": 14.42},
    }  # fmt: skip
    assert praha.shown(LocationVisibility.HIDDEN).model_dump(exclude_none=True) == {"country": "CZ"}


def test_the_contact_is_public_until_the_center_hides_or_closes(register: Register, now: datetime) -> None:
    center = register()
    assert center.public_contact() == Contact(email="office@praha.example.org", website="https://praha.example.org")
    center.show_location(LocationVisibility.HIDDEN)
    assert center.public_contact() is None
    center.show_location(LocationVisibility.TOWN)
    center.close(ClosingReason.OTHER, now, on=date(2026, 2, 1))
    assert center.public_contact() is None
