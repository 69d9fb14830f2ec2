"""Records that could not be handled: copied to ``<service>.dead-letters`` with the reason, and kept on a list.

The topic tells operators and their tools; the list (the collection ``dead-letters``) is what is still open, and lets
a record through again that an operator sends anew, although later ones of the same aggregate were handled meanwhile.
"""

import base64
from collections.abc import Sequence

import structlog

from shared.addresses import without_addresses
from shared.clock import Clock, instant_text
from shared.events.catalogue import dead_letters
from shared.messaging.log import Producer, Record
from shared.observability.metrics import Metrics
from shared.store.port import Document, Put, Remove, Store

_log = structlog.get_logger(__name__)


class DeadLetters:
    """The dead letters of one service."""

    def __init__(self, service: str, store: Store, producer: Producer, clock: Clock, metrics: Metrics) -> None:
        self._topic = dead_letters(service)
        self._open = store.collection("dead-letters")
        self._producer = producer
        self._clock = clock
        self._metrics = metrics

    async def add(self, record: Record, reason: str, *, attempts: int, position: str | None = None) -> None:
        """Sets ``record`` aside, durably: returns when the list and the topic have it. Adding it twice is harmless.

        What looks like a mail address in ``reason``, which may quote anything, is masked.

        ``position`` (topic/key#sequence) is given for events that policies failed on, so that they may be run later.
        """
        origin = f"{record.topic}/{record.partition}@{record.offset}"
        reason = without_addresses(reason)[:2000]
        letter: Document = {
            "_id": position or origin,
            "origin": origin,
            "topic": record.topic,
            "reason": reason,
            "attempts": attempts,
            "at": instant_text(self._clock.now()),
            "key": _text(record.key),
            "value": _text(record.value),
            "headers": [[name, _text(value)] for name, value in record.headers],
        }
        await self._open.write([Put(letter["_id"], letter)])
        headers = [
            *record.headers,
            ("dl_origin", origin.encode()),
            ("dl_reason", reason.encode()),
            ("dl_attempts", str(attempts).encode()),
        ]
        await (await self._producer.send(self._topic, record.key, record.value or b"", headers))
        self._metrics.dead_letters.labels(topic=record.topic).inc()
        _log.error("dead letter", origin=origin, reason=reason, attempts=attempts)

    async def list(self, limit: int) -> Sequence[Document]:
        """The open ones, the oldest first: ``id origin topic reason attempts at key``, key and value as base64."""
        found = await self._open.find({}, sort=(("at", 1), ("_id", 1)), limit=limit)
        return [{"id": letter.pop("_id"), **letter} for letter in found]

    async def send_again(self, ids: Sequence[str] | None) -> int:
        """Puts open letters (all, or these) back on the topics they came from; how many."""
        found = await self._open.find({} if ids is None else {"_id": {"$in": list(ids)}})
        for letter in found:
            headers = [(name, _bytes(value) or b"") for name, value in letter["headers"]]
            value = _bytes(letter["value"]) or b""
            await (await self._producer.send(letter["topic"], _bytes(letter["key"]), value, headers))
            if "#" not in letter["_id"]:  # it will be judged anew; nothing waits for its position
                await self._open.write([Remove(letter["_id"])])
        return len(found)

    async def open_positions(self, positions: Sequence[str]) -> set[str]:
        """Which of these are open letters."""
        return set(await self._open.get_many(list(set(positions))))

    async def settled(self, positions: Sequence[str]) -> None:
        """These have been handled after all."""
        if positions:
            await self._open.write([Remove(position) for position in positions])


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else base64.b64decode(value)
