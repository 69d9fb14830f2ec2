"""A city that lists the centers in its own service finder: a client of HSDS 3.0 that knows nothing else of them."""

import json
from datetime import datetime, timedelta

from deploy.demo.client import Client, Json
from shared.clock import instant_text

_OVERLAP = timedelta(minutes=5)


class City:
    """Keeps a copy of all services the way docs/guides/open-data.md says: everything once, then what changed."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._asked: datetime | None = None
        self.services: dict[str, Json] = {}
        """By their ids."""

    async def ask(self, now: datetime) -> int:
        """Takes over what changed since it last asked; of how many services it was told."""
        query = {"format": "ndjson"}
        if self._asked is not None:
            query["modified_after"] = instant_text(self._asked - _OVERLAP)
        answer = (await self._client.get("directory", "/hsds/services", None, **query)).text
        told = [json.loads(line) for line in answer.splitlines()]
        self.services |= {service["id"]: service for service in told}
        self._asked = now
        return len(told)

    def inactive(self) -> list[Json]:
        """What it must not show any more."""
        return [service for service in self.services.values() if service["status"] == "inactive"]
