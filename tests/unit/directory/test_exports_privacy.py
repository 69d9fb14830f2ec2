"""Whatever is done to a center in whatever order: no form of the open data tells what it does not show."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.domain.center import Center
from services.directory.domain.profile import Profile
from services.directory.exports import geojson, jsonld, page, table, vcard
from services.directory.exports.entry import Entry
from services.directory.hsds.organization import organization_in_list
from services.directory.hsds.service import (
    link_alone,
    link_in_full,
    link_in_list,
    offerings,
    organization_with_services,
    service_in_full,
    service_in_list,
    service_in_short,
)
from services.directory.service import SERVICE
from services.directory.views.listing import row_of
from shared.aggregate import Refusal
from shared.commands import Loaded
from shared.events.directory.center import LocationVisibility
from shared.http.languages import Languages
from shared.ids import new_id
from shared.testing import MemoryNetwork
from tests.unit.directory.test_center_privacy import PLACES, PROFILES, STEPS, TELLING_A_PLACE, Register, Step

WEB = "https://directory.example.org/centers"
DOOR = ("gasse", "plz", ".11321", ".41321", ".22321", ".42321")
CONTACT = ("office@", "555 000", "555000")
OWN_WORDS = ("hinterhof", "vr 4711")
"""What a hidden center would give itself away by, beside its town: its description and its number in the register."""


def every_form(center: Center, now: datetime) -> Iterator[str]:
    """All that the open data says of a center."""
    entry = Entry.of(Loaded(center, 7, now))
    for record in (
        organization_in_list(entry), organization_with_services(entry, full=False),
        organization_with_services(entry, full=True),
    ):  # fmt: skip
        yield record.model_dump_json()
    for offering in offerings(entry):
        for tell in (service_in_short, service_in_list, service_in_full, link_in_list, link_in_full, link_alone):
            yield tell(offering).model_dump_json()
    yield str(row_of(entry))
    yield table.line(entry, ["de", "en"])
    yield geojson.feature(entry)
    for language in ("en", "de", "cs"):
        yield vcard.vcard(entry, f"{WEB}/x.vcf", language).replace("\r\n ", "")
        yield json.dumps(jsonld.jsonld(entry, f"{WEB}/x.html", now.date(), language), ensure_ascii=False)
        yield page.page(entry, WEB, now.date(), Languages([language]))


def secrets_of(center: Center) -> tuple[str, ...]:
    """What must not be told of it as it is now."""
    hidden = center.visibility is LocationVisibility.HIDDEN
    return (
        *(DOOR if center.visibility is not LocationVisibility.EXACT else ()),
        *(CONTACT if center.public_contact() is None else ()),
        *((*OWN_WORDS, *TELLING_A_PLACE[center.place.town or ""]) if hidden else ()),
    )


def profile(number: int) -> Profile:
    described = {"descriptions": {"de": "Im Hinterhof."}, "registration_number": "VR 4711"}
    return Profile.model_validate({**PROFILES[number], **described})


@settings(max_examples=40)
@given(st.lists(st.tuples(STEPS, st.integers(0, 200)), max_size=12), st.sampled_from(LocationVisibility))
def test_no_form_of_the_open_data_tells_what_a_center_does_not_show(
    register: Register, now: datetime, steps: list[tuple[Step, int]], visibility: LocationVisibility
) -> None:
    center = register(profile=profile(0), place=PLACES[0], visibility=visibility)
    _check(center, now)
    for step, days in steps:
        now += timedelta(days=days)
        try:
            step(center, now)
        except Refusal:
            continue
        _check(center, now)


def _check(center: Center, now: datetime) -> None:
    secrets = secrets_of(center)
    for form in every_form(center, now):
        told = form.lower()
        assert not [secret for secret in secrets if secret in told], form


@pytest.mark.parametrize("secret", [*DOOR[:4], *CONTACT, *OWN_WORDS, *TELLING_A_PLACE["Altdorf"]])
def test_what_is_looked_for_is_there_while_it_is_shown(register: Register, now: datetime, secret: str) -> None:
    center = register(profile=profile(0), place=PLACES[0], visibility=LocationVisibility.EXACT)
    assert any(secret in form.lower() for form in every_form(center, now))


# ---- over HTTP, with the lists now and then a step behind

BODY = {
    **PROFILES[0], "descriptions": {"de": "Im Hinterhof."}, "registration_number": "VR 4711",
    "place": PLACES[0].model_dump(mode="json"), "services": ["open-cafe", "baby-group"],
}  # fmt: skip
COMMANDS: list[tuple[str, str, Any]] = [
    ("PUT", "/visibility", {"location_visibility": "exact"}),
    ("PUT", "/visibility", {"location_visibility": "town"}),
    ("PUT", "/visibility", {"location_visibility": "hidden"}),
    ("PUT", "/visibility", {"location_visibility": "hidden", "discreet_name": "Haus am See"}),
    ("PUT", "/location", {"place": PLACES[1].model_dump(mode="json")}),
    ("POST", "/services/s1/withdrawal", None),
    ("POST", "/services", {"service": "festival", "price": {"kind": "free"}}),
    ("POST", "/pause", {"reason": "crisis"}),
    ("POST", "/closing", {"reason": "lost-premises"}),
    ("POST", "/reopening", {}),
]
QUESTIONS = (
    *(f"/hsds/{name}?{query}" for name in ("services", "organizations", "service_at_locations") for query in (
        "", "full=true", "full_service=true", "minimal=true", "format=ndjson&full=true", "search=altdorf",
    )),
    "/hsds/service_at_locations?postcode=PLZ-Altdorf&proximity=100000", "/hsds/services/x", "/hsds/services?page=0",
    "/hsds/organizations/{}?full_service=true", "/centers.csv", "/centers.csv?q=altdorf", "/centers.geojson",
    "/centers/{}.vcf", "/centers/{}.jsonld", "/centers/{}.html", "/centers/{}.html?language=de", "/centers/{}.pdf",
)  # fmt: skip


@settings(max_examples=8)
@given(st.lists(st.tuples(st.sampled_from(COMMANDS), st.booleans()), min_size=1, max_size=6))
def test_no_answer_of_the_open_data_tells_what_a_center_does_not_show(
    commands: list[tuple[tuple[str, str, Any], bool]],
) -> None:
    asyncio.run(_live_through(commands))


async def _live_through(commands: list[tuple[tuple[str, str, Any], bool]]) -> None:
    async with MemoryNetwork(SERVICE) as network:
        office, public = network.client("directory", "office"), network.client("directory")

        async def send(method: str, path: str, body: Any) -> Any:
            headers = {"Idempotency-Key": new_id(), "If-Match": "*"}
            return (await office.request(method, path, json=body, headers=headers)).json()

        center = (await send("POST", "/centers", BODY))["id"]
        for (method, path, body), lists_follow in commands:
            await send(method, f"/centers/{center}{path}", body)
            if lists_follow:
                await network.settle()
            loaded = await network.runtimes["directory"].repository(Center).get(center)
            secrets = secrets_of(loaded.aggregate)
            for question in QUESTIONS:
                told = (await public.get(question.format(center))).text.lower()
                assert not [secret for secret in secrets if secret in told], question


@pytest.mark.parametrize("path", ["/hsds/organizations", "/hsds/services", "/hsds/service_at_locations"])
async def test_a_center_that_has_just_hidden_is_not_found_by_what_it_was(
    network: MemoryNetwork, office: Any, everybody: Any, path: str
) -> None:
    """The lists still remember; the center itself is looked at before it is shown."""
    center = (await office.done("POST", "/centers", BODY))["id"]
    await network.settle()
    assert (await everybody.get(f"{path}?search=altdorf")).json()["contents"]
    await office.done("PUT", f"/centers/{center}/visibility", {"location_visibility": "hidden"})
    assert (await everybody.get(f"{path}?search=altdorf")).json()["contents"] == []
    assert (await everybody.get(f"{path}?search=altdorf&format=ndjson")).text == ""
    await network.settle()
    assert (await everybody.get(f"{path}?search=altdorf")).json()["total_items"] == 0
