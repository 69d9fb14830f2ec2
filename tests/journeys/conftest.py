"""Journeys go from door to door: HTTP, Kafka and SMTP of services that run, and nothing of their insides."""

from collections.abc import Iterator

import pytest

from deploy.engines import SERVICES
from deploy.network import Network
from tests.journeys.story import Story


@pytest.fixture(scope="session")
def network(local_network: Network) -> Iterator[Network]:
    """The four services on the session's engines, with a virtual clock; all of it started once."""
    local_network.up()
    yield local_network
    local_network.stop(*SERVICES)


@pytest.fixture
def story(network: Network) -> Iterator[Story]:
    """Clients, keys and patience for one story. Everything runs when it begins, whatever the last one did."""
    network.up()
    with Story(network) as told:
        yield told
