"""The demo's city keeps its copy of the open data as the guide tells every client to."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from deploy.demo.city import City
from deploy.demo.client import Client
from deploy.demo.ledger import Ledger, topic_of
from deploy.engines import SERVICES
from tests.unit.deploy.test_demo_client import Nowhere, Script

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def lines(*services: tuple[str, str]) -> httpx.Response:
    return httpx.Response(200, text="".join(json.dumps({"id": id, "status": status}) + "\n" for id, status in services))


async def test_a_city_asks_for_changes_with_an_overlap_and_replaces_what_it_has() -> None:
    script = Script()
    script.answers = [lines(("café", "active"), ("shop", "active")), lines(("shop", "inactive"))]
    async with Client(Nowhere(), Ledger(), {service: httpx.MockTransport(script) for service in SERVICES}) as client:
        city = City(client)
        assert [await city.ask(NOON), await city.ask(NOON)] == [2, 1]
    first, second = script.asked
    assert "modified_after" not in first.url.params
    assert second.url.params["modified_after"] == "2026-03-01T11:55:00.000Z"
    assert {id: service["status"] for id, service in city.services.items()} == {"café": "active", "shop": "inactive"}
    assert [service["id"] for service in city.inactive()] == ["shop"]


@pytest.mark.parametrize(
    ("path", "topic"),
    [
        ("/centers/c1/verification", "directory.center.v1"),
        ("/centers?force=true", "directory.center.v1"),
        ("/centers/c1/lineage", "directory.lineage.v1"),
        ("/centers/c1/figures/2025/corrections", "directory.annual-report.v1"),
        ("/networks/n1/members", "directory.membership.v1"),
        ("/networks/n1/criteria", "directory.network.v1"),
        ("/initiatives/i1/mentor", "directory.initiative.v1"),
        ("/initiatives/i1/opening", "directory.center.v1"),
        ("/campaigns/c1/rounds", "campaign.discussion-round.v1"),
    ],
)
def test_a_command_is_looked_for_on_the_topic_of_what_it_is_about(path: str, topic: str) -> None:
    assert topic_of(path) == topic
