"""The two sides of the delivery benchmark, each run as a process of its own.

``ours`` is the kernel as the services run it. ``idiomatic`` is FastStream as its documentation shows it: one handler
a message, one read, one write, one publish where there is something to say, one commit.
"""

import asyncio
import json
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
import uvloop
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import SecretStr

from shared.clock import SystemClock
from shared.commands import Command, Repository
from shared.events import Recorded
from shared.messaging import wire
from shared.messaging.kafka import KafkaHost, KafkaLog
from shared.service import Runtime, Service
from shared.settings import Settings
from shared.store.mongo import MongoStore
from tests.toys import ACCOUNT, ACCOUNTS, LEFT, TALLY, Account, Deposited, Tally, count_a_deposit, toy_catalogue

HOLDERS = 2000
ACCOUNTS_USED = 2000
EFFECTS = ("projection", "policy")


def cpu_s() -> float:
    """Processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def events(count: int) -> list[Recorded]:
    """``count`` deposits into `ACCOUNTS_USED` accounts in turn, each account's sequence without gaps."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    found = []
    for n in range(count):
        key = f"account-{n % ACCOUNTS_USED}"
        data = {"amount": 1, "snapshot": {"holder": f"holder-{n % HOLDERS}", "total": n // ACCOUNTS_USED + 1}}
        sequence = n // ACCOUNTS_USED + 1
        found.append(
            Recorded(f"event-{n}", ACCOUNT.type_of(Deposited), ACCOUNT.topic, key, sequence, now, now, data, "c")
        )
    return found


async def publish(bootstrap: str, count: int) -> None:
    """Puts the events on their topic."""
    log = KafkaLog(bootstrap, "publisher")
    await log.start()
    acks = []
    for event in events(count):
        record = wire.encode(event)
        acks.append(await log.send(record.topic, record.key, record.value, record.headers))
    await asyncio.gather(*acks)
    await log.stop()


async def drained(bootstrap: str, mongo: str, name: str, count: int) -> dict[str, float]:
    """Commands whose events wait in outboxes; how fast the relay gets them out, journal and all."""
    log = KafkaLog(bootstrap, name)
    runtime = Runtime(LEFT, _settings(), MongoStore.connect(mongo, name), log, SystemClock())
    await runtime.prepare()
    accounts: Repository[Account] = runtime.repository(Account)
    runtime.relay.offer = lambda *_: None  # type: ignore[method-assign]  # nobody publishes while we commit
    for start in range(0, count, 500):
        await asyncio.gather(*(
            accounts.create(Command(f"{name}-{n}"), lambda id, now: Account.open(id, "h"))
            for n in range(start, min(count, start + 500))
        ))  # fmt: skip
    del runtime.relay.offer
    await log.start()
    runtime.relay.start()
    started, used = time.perf_counter(), cpu_s()
    await runtime.recover_now()
    await runtime.relay.drain()
    result = {"rate": count / (time.perf_counter() - started), "cpu_us": (cpu_s() - used) / count * 1e6}
    await runtime.relay.stop()
    await log.stop()
    return result


async def ours(effect: str, bootstrap: str, mongo: str, name: str, count: int) -> dict[str, float]:
    """Rate and client CPU of the kernel."""
    mirrors, policies = ((ACCOUNTS,), ()) if effect == "projection" else ((), (count_a_deposit,))
    service = Service("right", aggregates=(Tally,), routers=(), mirrors=mirrors, policies=policies)
    log = KafkaLog(bootstrap, name)
    runtime = Runtime(service, _settings(), MongoStore.connect(mongo, name), log, SystemClock())
    await runtime.prepare()
    await log.start()
    runtime.relay.start()
    if effect == "policy":
        await _start_tallies(runtime)
    host = KafkaHost(name, "0", bootstrap, runtime.consumer.topics, runtime.consumer.handle, runtime.metrics)
    started, used = time.perf_counter(), cpu_s()
    await host.start()
    handled = runtime.metrics.handled.labels(topic=ACCOUNT.topic)
    while handled._value.get() < count:
        await asyncio.sleep(0.005)
    await runtime.relay.drain()
    result = {"rate": count / (time.perf_counter() - started), "cpu_us": (cpu_s() - used) / count * 1e6}
    await _check(runtime, effect, count)
    await runtime.stop()
    await host.stop()
    await log.stop()
    return result


async def _check(runtime: Runtime, effect: str, count: int) -> None:
    """The effects are there, each once: a benchmark of something wrong is worth nothing."""
    if effect == "projection":
        found = await runtime.store.collection("accounts").find({})
        assert sum(document["total"] for document in found) == count
    else:
        tallies = await runtime.repository(Tally).find({})
        assert sum(each.aggregate.total for each in tallies) == count
        assert await runtime.store.collection("journal").count({}) == count + HOLDERS


async def _start_tallies(runtime: Runtime) -> None:
    tallies: Repository[Tally] = runtime.repository(Tally)
    await asyncio.gather(*(
        tallies.create(Command(f"start-{n}"), Tally.start, id=f"holder-{n}") for n in range(HOLDERS)
    ))  # fmt: skip
    await runtime.relay.drain()


def _settings() -> Settings:
    return Settings(
        person_key=SecretStr("of no use here".ljust(32)), max_pending_events=1_000_000, recovery_interval_s=3600
    )


async def idiomatic(effect: str, bootstrap: str, mongo: str, name: str, count: int) -> dict[str, float]:
    """Rate and client CPU of the service one writes first."""
    client: Any = AsyncIOMotorClient(mongo, retryWrites=False)
    collection = client[name]["effects"]
    if effect == "policy":
        await collection.insert_many(
            [{"_id": f"holder-{n}", "count": 0, "total": 0, "version": 1} for n in range(HOLDERS)]
        )
    broker = KafkaBroker(bootstrap, acks="all", enable_idempotence=True, logger=None)
    seen = 0

    async def project(body: dict[str, Any], message: KafkaMessage) -> None:
        nonlocal seen
        sequence = int(message.headers["ce_sequence"])
        key = message.headers["ce_subject"]
        there = await collection.find_one({"_id": key})
        if there is None or there["version"] < sequence:
            document = {"_id": key, "version": sequence, "total": body["snapshot"]["total"]}
            await collection.replace_one({"_id": key}, document, upsert=True)
        await message.ack()
        seen += 1

    async def react(body: dict[str, Any], message: KafkaMessage) -> None:
        nonlocal seen
        id = body["snapshot"]["holder"]
        tally = await collection.find_one({"_id": id})
        tally["count"] += 1
        tally["total"] += body["amount"]
        await collection.replace_one({"_id": id}, tally)
        event = {"amount": body["amount"], "snapshot": {"count": tally["count"], "total": tally["total"]}}
        await broker.publish(event, topic=TALLY.topic, key=id.encode())
        await message.ack()
        seen += 1

    subscriber = broker.subscriber(
        ACCOUNT.topic, group_id=name, auto_offset_reset="earliest", ack_policy=AckPolicy.MANUAL
    )
    subscriber(project if effect == "projection" else react)
    started, used = time.perf_counter(), cpu_s()
    await broker.start()
    while seen < count:
        await asyncio.sleep(0.005)
    result = {"rate": count / (time.perf_counter() - started), "cpu_us": (cpu_s() - used) / count * 1e6}
    found = await collection.find({}).to_list(None)
    assert sum(document["total"] for document in found) == count
    await broker.stop()
    return result


async def command_side(bootstrap: str, mongo: str, name: str, count: int, rate: int) -> dict[str, float]:
    """Commits ``rate`` commands a second; returns when each (account, version) was accepted."""
    log = KafkaLog(bootstrap, name)
    runtime = Runtime(LEFT, _settings(), MongoStore.connect(mongo, name), log, SystemClock())
    await runtime.prepare()
    await log.start()
    runtime.relay.start()
    accounts: Repository[Account] = runtime.repository(Account)
    accepted: dict[str, float] = {}
    begin = time.perf_counter() + 0.2

    async def one(n: int) -> None:
        await asyncio.sleep(max(0.0, begin + n / rate - time.perf_counter()))
        receipt = await accounts.create(Command(f"{name}-{n}"), lambda id, now: Account.open(id, "h"))
        accepted[receipt.id] = time.time()

    await asyncio.gather(*(one(n) for n in range(count)))
    await runtime.relay.drain()
    await runtime.stop()
    await log.stop()
    return accepted


async def mirror_side(bootstrap: str, mongo: str, name: str, count: int, rate: int) -> dict[str, float]:
    """Mirrors the accounts; returns when each was visible here."""
    service = Service("right", aggregates=(Tally,), routers=(), mirrors=(ACCOUNTS,))
    log = KafkaLog(bootstrap, name)
    runtime = Runtime(service, _settings(), MongoStore.connect(mongo, name), log, SystemClock())
    await runtime.prepare()
    await log.start()
    visible: dict[str, float] = {}
    write = runtime.consumer._write

    async def noted(mirror: Any, newest: Sequence[Any]) -> None:
        await write(mirror, newest)
        visible.update((event.recorded.key, time.time()) for event in newest)

    runtime.consumer._write = noted  # type: ignore[method-assign]
    host = KafkaHost(name, "0", bootstrap, runtime.consumer.topics, runtime.consumer.handle, runtime.metrics)
    await host.start()
    while host.ready():
        await asyncio.sleep(0.01)
    seen = -1
    while seen < len(visible):  # what earlier runs left on the topic
        seen = len(visible)
        await asyncio.sleep(1)
    visible.clear()
    print("ready", flush=True)
    given_up = time.monotonic() + 60
    while len(visible) < count and time.monotonic() < given_up:
        await asyncio.sleep(0.01)
    await host.stop()
    await log.stop()
    return visible


async def _main(side: str, bootstrap: str, mongo: str, name: str, count: int, rate: int) -> dict[str, float] | None:
    kind, _, effect = side.partition("-")
    if kind == "publish":
        await publish(bootstrap, count)
        return {}
    if kind == "drained":
        return await drained(bootstrap, mongo, name, count)
    if kind == "commands":
        return await command_side(bootstrap, mongo, name, count, rate)
    if kind == "mirror":
        return await mirror_side(bootstrap, mongo, name, count, rate)
    return await (ours if kind == "ours" else idiomatic)(effect, bootstrap, mongo, name, count)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.WARNING)
    with toy_catalogue():
        side, kafka, mongo, name, count, rate = sys.argv[1:]
        found = uvloop.run(_main(side, kafka, mongo, name, int(count), int(rate)))
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(found, file)
    print(file.name)
