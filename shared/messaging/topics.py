"""Topics as the deployment step makes them: created from the catalogue, never by accident, and looked at."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.events.catalogue import TopicSpec
from shared.messaging.log import LogUnavailable

_ANSWER_WITHIN_MS = 10_000
_LOOK_AGAIN_S = 0.05
_REPLICAS = 3


@dataclass(frozen=True)
class TopicState:
    """A topic as it is: how many partitions, and how many records lie in it."""

    name: str
    partitions: int
    records: int


async def until_broker_answers(bootstrap: str, timeout_s: float) -> None:
    """Returns once the broker answers a request. Raises `LogUnavailable` after ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            async with _admin(bootstrap) as admin:
                await admin.list_topics()
            return
        except LogUnavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_LOOK_AGAIN_S)


async def create_topics(bootstrap: str, specs: Sequence[TopicSpec], timeout_s: float = 30.0) -> list[str]:
    """Creates those of ``specs`` that are missing; returns their names once every partition has a leader.

    A topic that exists stays as it is, since another number of partitions would break the order of its keys.
    A new one gets three replicas, or as many as there are brokers. Raises `LogUnavailable` when the broker does not
    answer, or refuses.
    """
    async with _admin(bootstrap) as admin:
        there = set(await admin.list_topics())
        missing = [spec for spec in specs if spec.name not in there]
        if missing:
            brokers = len((await admin.describe_cluster())["brokers"])
            answer = await admin.create_topics([_new_topic(spec, min(_REPLICAS, brokers)) for spec in missing])
            for name, code, reason in (entry[:3] for entry in answer.topic_errors):
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise LogUnavailable(f"cannot create topic {name}: {reason or for_code(code).__name__}")
            await _until_led(admin, missing, time.monotonic() + timeout_s)
    return [spec.name for spec in missing]


async def topic_states(bootstrap: str) -> list[TopicState]:
    """All topics but Kafka's own, by name. Raises `LogUnavailable`."""
    async with _admin(bootstrap) as admin:
        found = await admin.describe_topics()
    places = {
        topic["topic"]: [TopicPartition(topic["topic"], part["partition"]) for part in topic["partitions"]]
        for topic in sorted(found, key=lambda topic: str(topic["topic"]))
        if not topic["is_internal"]
    }
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, request_timeout_ms=_ANSWER_WITHIN_MS)
    try:
        await consumer.start()
        everywhere = [place for of_topic in places.values() for place in of_topic]
        first = await consumer.beginning_offsets(everywhere) if everywhere else {}
        last = await consumer.end_offsets(everywhere) if everywhere else {}
        return [
            TopicState(name, len(parts), sum(last[part] - first[part] for part in parts))
            for name, parts in places.items()
        ]
    except (KafkaError, OSError) as error:
        raise LogUnavailable(f"the broker at {bootstrap} does not answer: {error}") from error
    finally:
        await consumer.stop()


@contextlib.asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_ANSWER_WITHIN_MS)
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as error:
        raise LogUnavailable(f"the broker at {bootstrap} does not answer: {error}") from error
    finally:
        await admin.close()


def _new_topic(spec: TopicSpec, replicas: int) -> NewTopic:
    return NewTopic(
        name=spec.name, num_partitions=spec.partitions, replication_factor=replicas, topic_configs=dict(spec.config)
    )


async def _until_led(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], deadline: float) -> None:
    """A new topic answers NotLeaderForPartition to its first records; waited out here, services need not meet it."""
    while True:
        found = await admin.describe_topics([spec.name for spec in specs])
        led = {
            topic["topic"]: sum(1 for part in topic["partitions"] if part["leader"] >= 0)
            for topic in found
            if topic["error_code"] == 0
        }
        if all(led.get(spec.name, 0) >= spec.partitions for spec in specs):
            return
        if time.monotonic() > deadline:
            waiting = [spec.name for spec in specs if led.get(spec.name, 0) < spec.partitions]
            raise LogUnavailable(f"no leader yet for the new topics {', '.join(waiting)}")
        await asyncio.sleep(_LOOK_AGAIN_S)
