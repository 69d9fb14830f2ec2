"""An office with its readers, and a mail server that keeps what it gets."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.newsletter.office import Office
from tests.unit.newsletter.sink import Sink


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as sink:
        yield sink


@pytest.fixture
async def office(sink: Sink) -> AsyncIterator[Office]:
    async with Office.network_for(sink, poll_s=0.05) as network:
        yield Office(network, sink)
