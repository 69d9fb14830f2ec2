"""Prints the network's events: python subscribe.py [--once] [TOPIC ...], until Ctrl-C."""

import argparse
import asyncio
import os
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from cloudevents.core.exceptions import CloudEventValidationError


def to_event(record: Any) -> BaseCloudEvent:
    """The CloudEvent in a Kafka record. Raises what the SDK raises when it is none."""
    return from_kafka_event(KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value))


class Seen:
    """The last sequence of each aggregate: what was seen already, and where one is missing."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str | None], int] = {}

    def is_new(self, topic: str, event: BaseCloudEvent) -> bool:
        """Whether ``event`` was not seen yet. Says so when there is a gap before it."""
        key, sequence = (topic, event.get_subject()), int(event.get_extension("sequence"))
        last = self._last.get(key, 0)
        if sequence <= last:
            return False
        if sequence > last + 1:
            print(f"  (events {last + 1} to {sequence - 1} of {event.get_subject()} are missing)")
        self._last[key] = sequence
        return True


def show(event: BaseCloudEvent) -> None:
    """One event as two lines: what happened to whom, and the data."""
    print(
        f"{event.get_time():%Y-%m-%d %H:%M} {event.get_type()} {event.get_subject()} #{event.get_extension('sequence')}"
    )
    print(f"  {event.get_data()!r}")


async def at_end(consumer: AIOKafkaConsumer) -> bool:
    """Whether everything that is on the topics now was read."""
    for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
        if await consumer.position(partition) < end:
            return False
    return True


def handle(record: ConsumerRecord, seen: Seen) -> None:
    """Shows the record's event unless it was shown before; a record that is no event is passed over."""
    try:
        event = to_event(record)
        if seen.is_new(record.topic, event):
            show(event)
    except (CloudEventValidationError, ValueError, TypeError) as error:
        print(f"passed over {record.topic} {record.partition}:{record.offset}: {error}")


async def main() -> None:
    parser = argparse.ArgumentParser(description="Prints the network's events.")
    parser.add_argument("topics", nargs="*", default=["directory.center.v1"])
    parser.add_argument("--once", action="store_true", help="end when everything was read")
    options = parser.parse_args()
    # Without a group nobody remembers where we were: each run reads everything. With group_id="your-name" the next run
    # goes on where this one ended.
    consumer = AIOKafkaConsumer(
        *options.topics,
        bootstrap_servers=os.environ.get("BOOTSTRAP", "127.0.0.1:9092"),
        group_id=None,
        auto_offset_reset="earliest",
    )
    seen = Seen()
    await consumer.start()
    try:
        while True:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    handle(record, seen)
            if options.once and await at_end(consumer):
                return
    finally:
        await consumer.stop()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
