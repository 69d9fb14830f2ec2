"""What was written into a center's fields, by whom, when, and what stood there before."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.directory.api.field_history import FIELDS
from services.directory.api.hiding import former_snapshot
from services.directory.domain.center import Center
from shared.events.directory.center import CENTER, CenterSnapshot, LocationVisibility
from shared.testing import MemoryNetwork

pytestmark = pytest.mark.asyncio
Desk = Any

BRNO = {"country": "CZ", "town": "Brno", "street": "Kobližná 4"}


async def fields(desk: Desk, center: str, query: str = "") -> list[dict[str, Any]]:
    answer = await desk.get(f"/centers/{center}/history/fields{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def told(items: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(item["field"], item["by"], item["before"], item["after"]) for item in items]


async def test_a_field_tells_who_wrote_what_into_it_and_what_stood_there_before(
    office: Desk, everybody: Desk, house: Callable[[str], Desk], praha_id: str, network: MemoryNetwork
) -> None:
    network.clock.move(timedelta(days=30))
    await house(praha_id).done("PATCH", f"/centers/{praha_id}", {"languages": ["cs"]}, match="*")
    await office.done("PATCH", f"/centers/{praha_id}", {"founded": 1991, "languages": ["cs", "en"]}, match="*")
    assert told(await fields(everybody, praha_id, "?field=languages")) == [
        ("languages", "office", None, ["cs", "uk"]),
        ("languages", "center", ["cs", "uk"], ["cs"]),
        ("languages", "office", ["cs"], ["cs", "en"]),
    ]
    assert told(await fields(everybody, praha_id))[-2:] == [
        ("languages", "office", ["cs"], ["cs", "en"]),
        ("founded", "office", 1992, 1991),
    ]


async def test_what_was_entered_late_says_both_when_it_happened_and_when_it_was_entered(
    office: Desk, everybody: Desk, praha_id: str, network: MemoryNetwork
) -> None:
    network.clock.move(timedelta(days=90))
    await office.done("PUT", f"/centers/{praha_id}/location", {"place": BRNO, "on": "2026-04-01"}, match="*")
    [moved] = (await fields(everybody, praha_id, "?field=town"))[1:]
    assert (moved["before"], moved["after"], moved["event"]) == ("Praha", "Brno", "CenterRelocated")
    assert (moved["happened"][:10], moved["recorded"][:10]) == ("2026-04-01", "2026-05-30")


async def test_of_contact_and_address_it_says_only_that_they_changed(
    office: Desk, everybody: Desk, praha_id: str
) -> None:
    contact = {"email": "office@brno.example.org"}
    await office.done("PATCH", f"/centers/{praha_id}", {"contact": contact}, match="*")
    await office.done("PUT", f"/centers/{praha_id}/location", {"place": BRNO}, match="*")
    for desk in (everybody, office):
        withheld = [item for item in await fields(desk, praha_id) if item["withheld"]]
        assert told(withheld) == [("contact", "office", None, None), ("address", "office", None, None)]
        assert "brno.example" not in str(withheld)
        assert "Kobližná" not in str(withheld)


async def test_who_hides_hides_former_towns_and_names_from_everybody_but_its_people(
    office: Desk, everybody: Desk, house: Callable[[str], Desk], praha_id: str
) -> None:
    path = f"/centers/{praha_id}"
    await office.done("PUT", f"{path}/location", {"place": BRNO}, match="*")
    await office.done("PATCH", path, {"name": "Dům v Brně"}, match="*")
    await office.done("PUT", f"{path}/visibility", {"location_visibility": "hidden", "discreet_name": "U Lípy"})
    await office.done("PATCH", path, {"name": "Jiný dům"}, match="*")

    seen = await fields(everybody, praha_id)
    assert not [word for word in ("raha", "Brn", "Jiný", "50.0") if word in str(seen)]
    names = [item for item in seen if item["field"] == "name"]
    assert [(item["before"], item["after"], item["withheld"]) for item in names] == [
        (None, "U Lípy", False), (None, None, True), (None, None, True),
    ]  # fmt: skip
    own = [item["after"] for item in await fields(house(praha_id), praha_id, "?field=town")]
    assert own == ["Praha", "Brno", None]


async def test_whatever_an_event_leaves_out_while_a_center_hides_is_left_out_of_its_former_snapshots(
    center: Center,
) -> None:
    then: Any = CENTER.snapshot
    center.show_location(LocationVisibility.HIDDEN)
    seen = former_snapshot(then, center)
    absent = [name for name, field in CenterSnapshot.model_fields.items() if "hidden" in (field.description or "")]
    assert absent
    assert [name for name in absent if getattr(seen, name) is not None] == []


async def test_the_parts_together_are_the_whole(office: Desk, everybody: Desk, praha_id: str) -> None:
    for year in (1993, 1994, 1995, 1996):
        await office.done("PATCH", f"/centers/{praha_id}", {"founded": year}, match="*")
    whole = await fields(everybody, praha_id)
    for limit in (1, 2, 3):
        parts: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            answer = (await everybody.get(f"/centers/{praha_id}/history/fields?after={after}&limit={limit}")).json()
            parts += answer["items"]
            after = answer["next"]
        assert parts == whole


async def test_an_unknown_field_is_answered_with_the_nearest(everybody: Desk, praha_id: str) -> None:
    answer = await everybody.get(f"/centers/{praha_id}/history/fields?field=langauges")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:mine:problem:unknown-field")
    assert answer.json()["nearest"][0] == "languages"
    for field in FIELDS:
        assert (await everybody.get(f"/centers/{praha_id}/history/fields?field={field}")).status_code == 200


async def test_a_center_that_does_not_exist_has_no_history(everybody: Desk) -> None:
    assert (await everybody.get("/centers/nobody/history/fields")).status_code == 404


async def test_nothing_is_told_after_the_last_event(everybody: Desk, praha_id: str) -> None:
    answer = (await everybody.get(f"/centers/{praha_id}/history/fields?after=1")).json()
    assert answer == {"items": [], "next": None}
