"""The local engines as they really are: started, killed with SIGKILL, started again; and what the stand-in can do."""

import contextlib
import os
import random
import signal
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import MongoClient, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError

from deploy import processes
from deploy.engines import BACKING
from deploy.errors import Trouble
from deploy.network import Network
from deploy.probe import database_answers
from shared.events.catalogue import TopicSpec, topics
from shared.messaging.topics import create_topics, topic_states

COMMIT_EVERY_S = 0.02
KILLS = 8


@pytest.fixture
def running(local_network: Network) -> Network:
    """The session's network with its engines up, whatever the test before did to them."""
    local_network.start_engines()
    return local_network


@pytest.fixture
def database(running: Network) -> Iterator[Any]:
    """A database of this test's own, empty."""
    with connected(running) as client:
        name = f"engines-{time.time_ns()}"
        yield client[name]
        if "mongo" in running.running():
            client.drop_database(name)


@contextlib.contextmanager
def connected(network: Network) -> Iterator[MongoClient[Any]]:
    with contextlib.closing(MongoClient[Any](network.address("mongo"), serverSelectionTimeoutMS=5000)) as client:
        yield client


def killed_and_started_again(network: Network, part: str) -> float:
    """Seconds until ``part`` answers again."""
    network.kill(part)
    assert not network.state(part).running
    started = time.monotonic()
    network.start(part)
    return time.monotonic() - started


# ---- all of them


def test_everything_listens_on_this_machine_only(running: Network):
    for name, port in running.plan.ports.as_dict().items():
        if name in ("kafka", "kafka_controller", "mongo", "smtp", "mail_page"):
            with socket.socket() as elsewhere:  # the whole loopback net is this machine; only .1 may be taken
                elsewhere.bind(("127.0.0.2", port))


def test_starting_what_runs_changes_nothing(running: Network):
    before = {part: running.state(part) for part in BACKING}
    running.start_engines()
    assert {part: running.state(part) for part in BACKING} == before


def test_two_networks_stand_side_by_side(running: Network, tmp_path: Path):
    other = Network.ephemeral(tmp_path / "other")
    try:
        other.start("mongo")
        with connected(running) as one, connected(other) as two:
            one["side"]["by"].replace_one({"_id": "a"}, {"_id": "a"}, upsert=True)
            assert two["side"]["by"].count_documents({}) == 0
        other.kill("mongo")
        assert database_answers(running.plan.ports.mongo)
    finally:
        other.down(wipe=True)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["keys"]


def test_a_part_that_cannot_start_is_told_with_its_last_words(tmp_path: Path):
    network = Network.ephemeral(tmp_path)
    (tmp_path / "mongo").mkdir()
    (tmp_path / "mongo" / "documents.db").write_bytes(b"no such thing as a database" * 1000)
    with pytest.raises(Trouble, match="mongo ended while starting"):
        network.start("mongo")
    assert network.running() == []


# ---- Kafka


async def test_topics_are_those_of_the_catalogue_and_none_comes_by_accident(running: Network):
    there = {state.name: state.partitions for state in await topic_states(running.address("kafka"))}
    assert there.items() >= {spec.name: spec.partitions for spec in topics()}.items()
    producer = AIOKafkaProducer(bootstrap_servers=running.address("kafka"), request_timeout_ms=1000)
    await producer.start()
    with pytest.raises(Exception, match=r"(?i)topic|timeout|metadata"):
        await producer.send_and_wait("by.accident", b"x")
    await producer.stop()
    assert "by.accident" not in {state.name for state in await topic_states(running.address("kafka"))}


async def test_creating_topics_twice_creates_them_once(running: Network):
    specs = [TopicSpec(f"twice.{time.time_ns()}", 3, "", {"retention.ms": "-1"})]
    assert await create_topics(running.address("kafka"), specs) == [specs[0].name]
    assert await create_topics(running.address("kafka"), specs) == []


async def test_acknowledged_records_survive_a_sigkill_of_the_broker(running: Network):
    spec = TopicSpec(f"survives.{time.time_ns()}", 2, "")
    await create_topics(running.address("kafka"), [spec])
    producer = AIOKafkaProducer(bootstrap_servers=running.address("kafka"), acks="all", enable_idempotence=True)
    await producer.start()
    a_year_ahead = int((time.time() + 366 * 86400) * 1000)
    for number in range(500):
        key, value = str(number % 7).encode(), str(number).encode()
        await producer.send_and_wait(spec.name, value, key=key, timestamp_ms=a_year_ahead)
    await producer.stop()
    killed_and_started_again(running, "kafka")
    consumer = AIOKafkaConsumer(
        spec.name, bootstrap_servers=running.address("kafka"), auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    found = [int((await consumer.getone()).value) for _ in range(500)]
    await consumer.stop()
    assert sorted(found) == list(range(500))
    (state,) = [state for state in await topic_states(running.address("kafka")) if state.name == spec.name]
    assert state.records == 500


# ---- the database


def test_a_combination_of_fields_can_be_unique_and_one_field_sparsely(database):
    rounds = database["rounds"]
    rounds.create_index([("center", 1), ("date", 1)], unique=True)
    rounds.create_index("mail", unique=True, sparse=True)
    rounds.insert_one({"_id": "1", "center": "a", "date": "x"})
    rounds.insert_one({"_id": "2", "center": "a", "date": "y", "mail": "m"})
    rounds.insert_one({"_id": "3", "center": "b", "date": "x"})
    with pytest.raises(DuplicateKeyError):
        rounds.insert_one({"_id": "4", "center": "a", "date": "y"})
    with pytest.raises(DuplicateKeyError):
        rounds.update_one({"_id": "3"}, {"$set": {"mail": "m"}})
    assert [found["_id"] for found in rounds.find({"center": "a", "date": "y", "mail": "m"})] == ["2"]
    assert sorted(found["_id"] for found in rounds.find({"mail": None})) == ["1", "3"]
    assert sorted(found["_id"] for found in rounds.find({"mail": {"$in": ["m", None]}})) == ["1", "2", "3"]


def test_a_query_by_key_and_more_gives_the_same_as_a_scan(database):
    things = database["things"]
    things.create_index([("a", 1), ("b", 1)], unique=True)
    things.insert_many([{"_id": f"{n:03}", "a": n % 5, "b": n, "c": n % 3, "list": [n, n + 1]} for n in range(100)])
    everything = list(things.find({}))
    questions: list[tuple[dict[str, Any], Any]] = [
        ({"_id": "007", "c": 1}, lambda d: d["_id"] == "007" and d["c"] == 1),
        ({"_id": "007", "c": 2}, lambda d: d["_id"] == "007" and d["c"] == 2),
        ({"_id": {"$in": ["001", "002", "x"]}, "c": {"$gt": 1}}, lambda d: d["_id"] in ("001", "002") and d["c"] > 1),
        ({"_id": {"$in": []}, "c": 1}, lambda d: False),
        ({"_id": {"$gt": "090"}, "c": 1}, lambda d: d["_id"] > "090" and d["c"] == 1),
        ({"_id": {"$regex": "^00"}, "c": 0}, lambda d: d["_id"].startswith("00") and d["c"] == 0),
        ({"_id": {"$ne": "001"}, "c": 1}, lambda d: d["_id"] != "001" and d["c"] == 1),
        ({"a": 2, "b": 7, "c": 1}, lambda d: (d["a"], d["b"], d["c"]) == (2, 7, 1)),
        ({"a": 2, "b": {"$gt": 50}, "c": 1}, lambda d: d["a"] == 2 and d["b"] > 50 and d["c"] == 1),
        ({"$or": [{"_id": "001"}, {"_id": "002"}], "c": 2}, lambda d: d["_id"] == "002"),
        ({"list": 7, "_id": "007"}, lambda d: d["_id"] == "007"),
    ]
    for question, answer in questions:
        expected = sorted(found["_id"] for found in everything if answer(found))
        assert [found["_id"] for found in things.find(question).sort("_id", 1)] == expected, question
    newest_first = things.find({"_id": {"$in": ["001", "002", "003"]}}).sort("_id", -1).skip(1).limit(1)
    assert [found["_id"] for found in newest_first] == ["002"]


def test_in_a_bulk_of_compare_and_sets_every_one_learns_its_own_outcome(database):
    documents = database["documents"]
    documents.insert_one({"_id": "lost", "version": 5, "outbox": []})
    documents.insert_one({"_id": "won", "version": 1, "outbox": [1]})
    swaps = [
        UpdateOne({"_id": id, "version": version}, {"$set": {"version": version + 1},
                  "$push": {"outbox": {"$each": [2]}, "recent": {"$each": ["c"], "$slice": -50}}}, upsert=True)
        for id, version in (("lost", 1), ("won", 1), ("new", 0))
    ]  # fmt: skip
    with pytest.raises(BulkWriteError) as race:
        documents.bulk_write(swaps, ordered=False)
    assert [(error["index"], error["code"]) for error in race.value.details["writeErrors"]] == [(0, 11000)]
    assert documents.find_one({"_id": "won"}) == {"_id": "won", "version": 2, "outbox": [1, 2], "recent": ["c"]}
    assert documents.find_one({"_id": "new", "version": 1})["recent"] == ["c"]


def test_a_compare_and_set_uses_the_index(database):
    """Against a scan of the same collection in the same run, the quickest of each: no load can make those alike."""
    documents = database["many"]
    for start in range(0, 30_000, 5000):
        documents.insert_many([{"_id": f"d{n}", "version": 1, "text": "x"} for n in range(start, start + 5000)])

    def quickest(question: dict[str, Any]) -> float:
        took = []
        for _ in range(50):
            started = time.perf_counter()
            documents.find_one(question)
            took.append(time.perf_counter() - started)
        return min(took)

    assert quickest({"_id": "d4000", "version": 1}) * 4 < quickest({"text": "y", "version": 1})


def test_what_was_acknowledged_before_the_last_commit_survives_a_sigkill(database, running: Network):
    documents = database["kept"]
    documents.create_index([("a", 1), ("b", 1)], unique=True)
    documents.insert_many([{"_id": f"{n}", "a": n % 3, "b": n} for n in range(300)])
    time.sleep(10 * COMMIT_EVERY_S)
    killed_and_started_again(running, "mongo")
    assert documents.count_documents({}) == 300
    with pytest.raises(DuplicateKeyError):
        documents.insert_one({"_id": "again", "a": 0, "b": 0})
    assert {"_id_", "a_1_b_1"} <= set(documents.index_information())


def test_killed_while_it_writes_the_database_never_comes_back_with_half_a_write(running: Network):
    """A document is there in a scan exactly if it is found by its id: no commit falls into the middle of a write.

    With the store's own background commit this fails at nearly every kill.
    """
    lost: list[float] = []
    for kill in range(KILLS):
        acknowledged, killed_at = written_until_killed(running, kill)
        with connected(running) as client:
            for name in ("torn0", "torn1", "torn2"):
                things = client["torn"][name]
                scanned = {found["_id"] for found in things.find({"n": {"$gte": 0}})}
                ids = sorted(scanned)
                by_id = {
                    found["_id"]
                    for start in range(0, len(ids), 500)
                    for found in things.find({"_id": {"$in": ids[start : start + 500]}})
                }
                assert by_id == scanned
                lost += [killed_at - when for id, when in acknowledged.get(name, {}).items() if id not in scanned]
    assert max(lost, default=0) < 1, "only what was acknowledged just before the kill may be lost"


def written_until_killed(network: Network, kill: int) -> tuple[dict[str, dict[str, float]], float]:
    """Inserts from three threads until the database is killed; collection → id → when it was acknowledged."""
    acknowledged: dict[str, dict[str, float]] = {f"torn{writer}": {} for writer in range(3)}

    def write(writer: int) -> None:
        with connected(network) as client:
            things = client["torn"][f"torn{writer}"]
            for number in range(100_000):
                id = f"{kill}-{number}"
                try:
                    things.insert_one({"_id": id, "n": number})
                except PyMongoError:
                    return
                acknowledged[f"torn{writer}"][id] = time.monotonic()

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for writer in writers:
        writer.start()
    while not all(acknowledged.values()):
        time.sleep(0.01)
    time.sleep(random.uniform(0.1, 0.4))
    network.kill("mongo")
    killed_at = time.monotonic()
    for writer in writers:
        writer.join()
    network.start("mongo")
    return acknowledged, killed_at


def test_a_database_that_is_asked_to_stop_loses_nothing(database, running: Network):
    documents = database["stopped"]
    documents.insert_many([{"_id": f"{n}"} for n in range(100)])
    running.stop("mongo")
    running.start("mongo")
    assert documents.count_documents({}) == 100


def test_a_database_that_hangs_does_not_count_as_answering(running: Network):
    process = processes.find(running.plan.home / "run" / "mongo.json")
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        assert not database_answers(running.plan.ports.mongo, timeout_s=0.5)
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert database_answers(running.plan.ports.mongo)


# ---- mail


def test_mails_are_taken_shown_and_kept_over_a_sigkill(running: Network):
    subject = f"Grüße {time.time_ns()}"
    with smtplib.SMTP("127.0.0.1", running.plan.ports.smtp) as smtp:
        for number in range(50):
            message = EmailMessage()
            message["Subject"] = subject
            message["From"] = "newsletter@example.org"
            message["To"] = f"reader{number}@example.org"
            message.set_content(f"Confirm: https://example.org/confirm?token={number}\n.a line that begins with a dot")
            smtp.send_message(message)
    killed_and_started_again(running, "smtp")
    page = running.address("mail-page")
    found = httpx.get(f"{page}/api/mails", params={"subject": subject, "to": "reader17@"}).json()["items"]
    assert [item["to"] for item in found] == [["reader17@example.org"]]
    mail = httpx.get(f"{page}/api/mails/{found[0]['id']}").json()
    assert mail["links"] == ["https://example.org/confirm?token=17"]
    assert "\n.a line that begins with a dot" in mail["text"]
    assert len(httpx.get(f"{page}/api/mails", params={"subject": subject}).json()["items"]) == 50
