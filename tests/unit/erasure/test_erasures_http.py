"""The office enters a demand; everybody else is refused, and no answer or log repeats whom it was about."""

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog

from services.directory.service import SERVICE
from shared.ids import new_id
from shared.observability.logging import configure_logging
from shared.testing import MemoryNetwork
from tests.unit.erasure.town import JANA, asked_to_forget, demand, erasure, office, traces


@pytest.fixture
async def town() -> AsyncIterator[MemoryNetwork]:
    async with MemoryNetwork(SERVICE) as town:
        yield town


async def test_a_demand_is_entered_and_can_be_followed(town: MemoryNetwork) -> None:
    answer = await demand(town, {"address": JANA})
    assert answer.status_code == 201
    receipt = answer.json()
    assert answer.headers["Location"] == f"/erasures/{receipt['id']}"
    assert receipt["events"] == ["ErasureRequested"]
    assert receipt["snapshot"]["missing"] == ["directory", "exchange", "newsletter", "campaign"]
    await town.settle()
    found = await erasure(town, receipt["id"])
    assert found["missing"] == ["exchange", "newsletter", "campaign"]
    assert [(each["service"], each["removed"]) for each in found["receipts"]] == [("directory", [])]
    assert (found["received_on"], found["lawful_until"]) == ("2026-03-01", "2026-03-29")


async def test_the_law_counts_from_the_day_the_letter_came(town: MemoryNetwork) -> None:
    id = await asked_to_forget(town, received_on="2026-02-20")
    await town.settle()
    assert (await erasure(town, id))["lawful_until"] == "2026-03-20"
    [request] = [event for event in town.events("directory.erasure.v1", id) if "subject" in event.data]
    assert request.happened.date().isoformat() == "2026-02-20"
    assert request.recorded == town.clock.now()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"address": JANA, "phone": "+420 601 123 456"},
        {"address": "jana"},
        {"address": "jana@" + "x" * 300 + ".example.org"},
        {"phone": "601 123 456"},
        {"address": JANA, "name": "Jana"},
        {"address": JANA, "received_on": "2027-01-01"},
        {"address": JANA, "received_on": "yesterday"},
    ],
)
async def test_what_makes_no_sense_is_refused_and_not_repeated(town: MemoryNetwork, body: dict[str, Any]) -> None:
    answer = await demand(town, body)
    assert answer.status_code == 422
    assert "jana" not in answer.text.lower()
    assert (await office(town).get("/erasures")).json()["items"] == []


@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), ("center", 403), ("coordinator", 403), ("editor", 403), ("publisher", 403)]
)
async def test_nobody_but_the_office_sees_or_enters_any(town: MemoryNetwork, role: str | None, status: int) -> None:
    id = await asked_to_forget(town)
    client = town.client("directory", role)
    asked = await client.post("/erasures", json={"address": JANA}, headers={"Idempotency-Key": new_id()})
    seen = [await client.get("/erasures"), await client.get(f"/erasures/{id}")]
    assert {answer.status_code for answer in (asked, *seen)} == {status}


async def test_an_erasure_that_never_was_is_not_found(town: MemoryNetwork) -> None:
    assert (await office(town).get("/erasures/nothing")).status_code == 404


async def test_open_ones_are_listed_the_oldest_first_page_by_page(town: MemoryNetwork) -> None:
    ids = []
    for number in range(3):
        ids.append(await asked_to_forget(town, f"reader{number}@example.org"))
        town.clock.move(timedelta(minutes=1))
    first = (await office(town).get("/erasures", params={"limit": 2})).json()
    second = (await office(town).get("/erasures", params={"limit": 2, "cursor": first["next"]})).json()
    assert [each["id"] for each in first["items"] + second["items"]] == ids


@pytest.fixture
def _logging() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers, root.level)
    configure_logging("directory", "DEBUG")
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logging")
async def test_whom_it_is_about_is_kept_nowhere_and_logged_nowhere(
    town: MemoryNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    key = new_id()
    for body in ({"address": JANA}, {"address": JANA}, {"address": "eva@example.org"}, {"address": "jana"}):
        await demand(town, body, key)
    await town.settle()
    said = caplog.text  # before anything in it is masked
    assert "POST /erasures" in said
    assert not [word for word in ("jana", "eva@") if word in said.lower()]
    assert traces(town, JANA, "eva@") == []
