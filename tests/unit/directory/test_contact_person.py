"""A person who agreed to be named: members see who it is, nobody else, and no event ever."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk

JANA: dict[str, Any] = {
    "person": {"name": "Jana Vzorová", "email": "jana@kaminek.example.org", "languages": ["cs"]},
    "consent_given_on": "2026-02-20",
    "consent_wording": 1,
    "consent_language": "cs",
}


@pytest.fixture
async def named(house: Callable[[str], Desk], praha_id: str) -> str:
    """The id of the center, which has named Jana."""
    await house(praha_id).done("PUT", f"/centers/{praha_id}/contact-person", JANA)
    return praha_id


async def test_members_see_who_it_is_and_strangers_do_not(
    office: Desk, everybody: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], named: str
) -> None:
    for member in (office, coordinator("SK"), house("brno")):
        seen = (await member.get(f"/centers/{named}")).json()["contact_person"]
        assert (seen["name"], seen["email"]) == ("Jana Vzorová", "jana@kaminek.example.org")
    assert (await everybody.get(f"/centers/{named}")).json()["contact_person"] is None


async def test_what_she_agreed_to_is_kept_with_her_name(office: Desk, everybody: Desk, named: str) -> None:
    consent = (await office.get(f"/centers/{named}")).json()["internal"]["contact_consent"]
    assert consent == {"given_on": "2026-02-20", "entered_by": "center", "wording": 1, "language": "cs"}
    texts = (await everybody.get("/consent-wordings/contact-person/1")).json()["texts"]
    assert {"en", "de", "cs"} <= {*texts}
    assert (await everybody.get("/consent-wordings/contact-person")).json()["version"] == 1


async def test_no_event_and_no_history_says_who_it_is(network: MemoryNetwork, office: Desk, named: str) -> None:
    await office.done("DELETE", f"/centers/{named}/contact-person")
    await network.settle()
    events = network.events("directory.center.v1", named)
    assert [event.type.split(".")[3] for event in events][1:] == ["ContactPersonNamed", "ContactPersonForgotten"]
    journal = await network.runtimes["directory"].store.collection("journal").find({})
    everything = repr(events) + repr(journal) + (await office.get(f"/centers/{named}/history")).text
    assert "Jana" not in everything and "jana@" not in everything


async def test_who_is_forgotten_is_nowhere_any_more(network: MemoryNetwork, office: Desk, named: str) -> None:
    receipt = await office.done("DELETE", f"/centers/{named}/contact-person")
    assert receipt["events"] == ["ContactPersonForgotten"]
    await network.settle()
    documents = await network.runtimes["directory"].store.collection("center").find({})
    assert "jana@" not in repr(documents)
    assert (await office.done("DELETE", f"/centers/{named}/contact-person"))["events"] == []


async def test_a_closed_center_names_nobody(office: Desk, named: str) -> None:
    await office.done("POST", f"/centers/{named}/closing", {"reason": "other"})
    assert (await office.get(f"/centers/{named}")).json()["contact_person"] is None
    assert (await office.send("PUT", f"/centers/{named}/contact-person", JANA)).status_code == 409


@pytest.mark.parametrize(
    ("different", "problem"),
    [
        ({"consent_wording": 99}, "unknown-wording"),
        ({"consent_given_on": "2031-01-01"}, "in-the-future"),
        ({"person": {"name": "J", "email": "jana@kaminek.example.org"}}, "invalid-input"),
        ({"person": {"name": "Jana Vzorová", "email": "jana"}}, "invalid-input"),
        ({"person": {"name": "Jana Vzorová", "birthday": "1980-01-01"}}, "invalid-input"),
    ],
)
async def test_nobody_is_named_without_a_consent_that_holds(
    office: Desk, praha_id: str, different: dict[str, Any], problem: str
) -> None:
    answer = await office.send("PUT", f"/centers/{praha_id}/contact-person", {**JANA, **different})
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:mine:problem:{problem}")


async def test_only_the_centers_people_name_somebody(
    everybody: Desk, house: Callable[[str], Desk], praha_id: str
) -> None:
    assert (await house("brno").send("PUT", f"/centers/{praha_id}/contact-person", JANA)).status_code == 403
    assert (await everybody.send("PUT", f"/centers/{praha_id}/contact-person", JANA)).status_code == 401
