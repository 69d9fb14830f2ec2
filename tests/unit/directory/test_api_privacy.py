"""What everybody is told over HTTP: by today's location visibility, whatever was shown before."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.service import SERVICE
from shared.ids import new_id
from shared.testing import MemoryNetwork

Body = Callable[..., dict[str, Any]]
Desk = Any

PRAHA_WORDS = ("praha", "prague", "hlavní", "50.09", "14.42")
BRNO_WORDS = ("brno", "jihomoravský", "49.19")
"""What gives a town away: names, regions and town points."""
DOOR = ("hejnická", "190 00", "50.12345", "kobližná", "602 00", "49.19543")
CONTACT = ("office@", "https://", "+420")
BRNO = {
    "country": "CZ", "region": "Jihomoravský kraj", "town": "Brno", "town_point": {"lat": 49.19111, "lon": 16.61},
    "postal_code": "602 00", "street": "Kobližná 4", "point": {"lat": 49.19543, "lon": 16.61321},
}  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("visibility", "place", "contact"),
    [
        ("exact", {"country", "region", "town", "town_point", "postal_code", "street", "point", "time_zone"}, True),
        ("town", {"country", "region", "town", "town_point", "time_zone"}, True),
        ("hidden", {"country"}, False),
    ],
)
async def test_everybody_sees_what_the_center_shows_and_its_people_see_all(
    office: Desk,
    everybody: Desk,
    coordinator: Callable[..., Desk],
    house: Callable[[str], Desk],
    registration: Body,
    visibility: str,
    place: set[str],
    contact: bool,
) -> None:
    receipt = await office.done("POST", "/centers", registration(location_visibility=visibility))
    path = f"/centers/{receipt['id']}"
    for stranger in (everybody, house("brno"), coordinator("SK")):
        seen = (await stranger.get(path)).json()
        assert {field for field, value in seen["place"].items() if value} == place
        assert (seen["contact"] is not None, seen["internal"]) == (contact, None)
    for insider in (office, coordinator("CZ"), house(receipt["id"])):
        seen = (await insider.get(path)).json()
        assert (seen["name"], seen["place"]["street"]) == ("Mateřské centrum Praha", "Hejnická 538")
        assert seen["contact"]["email"] == "office@praha.example.org"
        assert seen["internal"] == {
            "external_id": None, "discreet_name": None, "answer_by": None, "looks_odd": None, "contact_consent": None,
        }  # fmt: skip


@pytest.mark.asyncio
async def test_the_contact_of_a_closed_center_is_not_shown(office: Desk, everybody: Desk, praha_id: str) -> None:
    assert (await everybody.get(f"/centers/{praha_id}")).json()["contact"] is not None
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "other"})
    assert (await everybody.get(f"/centers/{praha_id}")).json()["contact"] is None


@pytest.mark.asyncio
async def test_a_center_that_hides_hides_its_history_too(
    office: Desk, everybody: Desk, house: Callable[[str], Desk], praha_id: str
) -> None:
    path = f"/centers/{praha_id}"
    await office.done("PUT", f"{path}/location", {"place": BRNO}, match='"1"')
    shown = (await everybody.get(f"{path}/history")).json()["items"]
    assert [entry["snapshot"]["town"] for entry in shown] == ["Praha", "Brno"]

    await office.done("PUT", f"{path}/visibility", {"location_visibility": "hidden", "discreet_name": "U Lípy"})
    hidden = await everybody.get(f"{path}/history")
    assert [entry["snapshot"]["name"] for entry in hidden.json()["items"]] == ["U Lípy"] * 3
    assert not [word for word in (*PRAHA_WORDS, *BRNO_WORDS) if word in hidden.text.lower()]
    own = (await house(praha_id).get(f"{path}/history")).json()["items"]
    assert [entry["snapshot"]["town"] for entry in own] == ["Praha", "Brno", None]


STEPS: list[tuple[str, str, Any]] = [
    ("PUT", "/visibility", {"location_visibility": "exact"}),
    ("PUT", "/visibility", {"location_visibility": "town"}),
    ("PUT", "/visibility", {"location_visibility": "hidden"}),
    ("PUT", "/visibility", {"location_visibility": "hidden", "discreet_name": "U Lípy"}),
    ("PUT", "/visibility", {"location_visibility": "hidden", "discreet_name": "Brno"}),
    ("PUT", "/location", {"place": BRNO}),
    ("PATCH", "", {"name": "Klub Brno", "contact": {"email": "office@brno.example.org", "phone": "+420 555 000 111"}}),
    ("POST", "/services", {"service": "festival"}),
    ("POST", "/services/s1/pause", None),
    ("POST", "/pause", {"reason": "crisis"}),
    ("POST", "/resume", {}),
    ("POST", "/closing", {"reason": "lost-premises"}),
    ("POST", "/reopening", {}),
]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.booleans()), min_size=1, max_size=10))
def test_no_answer_about_a_hidden_center_tells_where_it_is_and_no_event_where_its_door_is(
    registration: Body, steps: list[tuple[tuple[str, str, Any], bool]]
) -> None:
    """Visible and hidden in turn, with the search index now and then a step behind."""
    asyncio.run(_live_through(registration(), steps))


async def _live_through(body: dict[str, Any], steps: list[tuple[tuple[str, str, Any], bool]]) -> None:
    async with _directory() as (network, office, public):
        center = (await _send(office, "POST", "/centers", body)).json()["id"]
        for (method, path, what), index_follows in steps:
            receipt = await _send(office, method, f"/centers/{center}{path}", what)
            now = (await office.get(f"/centers/{center}")).json()
            for asked in QUESTIONS:
                _check((await public.get(asked.format(center))).text, now, of_everybody=True)
            _check(receipt.text, now, of_everybody=False)
            if index_follows:
                await network.settle()
        await network.settle()
        for event in network.events("directory.center.v1", center):
            told = str(event.data).lower()
            assert not [word for word in (*DOOR, *CONTACT) if word in told]
            if event.data["snapshot"]["location_visibility"] == "hidden":
                assert not [word for word in PRAHA_WORDS if word in told]


QUESTIONS = (
    "/centers/{}", "/centers/{}/history", "/centers?country=CZ", "/centers?q=praha", "/centers?q=klub", "/countries",
)  # fmt: skip


def _check(text: str, now: dict[str, Any], of_everybody: bool) -> None:
    """No word in ``text`` that the center, as its people see it ``now``, does not show."""
    forbidden: list[str] = []
    if now["location_visibility"] != "exact" or not of_everybody:
        forbidden += DOOR
    if now["location_visibility"] == "hidden" or not of_everybody:
        forbidden += CONTACT
    if now["location_visibility"] == "hidden":
        forbidden += PRAHA_WORDS
        forbidden += BRNO_WORDS if now["internal"]["discreet_name"] != "Brno" else ()
    assert not [word for word in forbidden if word in text.lower()]


@asynccontextmanager
async def _directory() -> AsyncIterator[tuple[MemoryNetwork, Any, Any]]:
    async with MemoryNetwork(SERVICE) as network:
        yield network, network.client("directory", "office"), network.client("directory")


async def _send(client: Any, method: str, path: str, body: Any) -> Any:
    headers = {"Idempotency-Key": new_id(), "If-Match": "*"}
    answer = await client.request(method, path, json=body, headers=headers)
    assert answer.status_code in (200, 201, 404, 409, 422), answer.text
    return answer
