"""The local engine: Kafka, the document database, an SMTP catcher and the services as plain processes.

The home of a network holds all of it: ``kafka/``, ``mongo/``, ``mail/``, ``logs/`` and ``run/`` with the pid files.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploy import ports, probe, processes
from deploy.engines import BACKING, SERVICES, Plan, State, Tell
from deploy.errors import Trouble
from deploy.local.install import Installed, install, located
from shared.messaging.log import LogUnavailable
from shared.security.tokens import create_key_set

_REPOSITORY = Path(__file__).parent.parent.parent
_READY_WITHIN_S = 60.0
_GRACE_S = {"kafka": 15.0, "mongo": 15.0}
_SERVICE_GRACE_S = 10.0
_LOOK_AGAIN_S = 0.05
_LOG_WORTH_KEEPING = 20_000_000
_WITH_A_SECRET = ("directory", "newsletter")
"""Services that have one of their own, beside the key that all share."""

_JAVA = ("java", "-XX:+UseSerialGC", "-XX:-UsePerfData")

_KAFKA_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=BROKER://{host}:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
controller.quorum.voters=1@{host}:{controller}
log.dirs={data}

# topics are made from the catalogue, never by accident
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# events are kept for ever, also those whose time comes from a virtual clock; a consumer may stay away for ten years
log.retention.ms=-1
log.message.timestamp.after.max.ms=9223372036854775807
offsets.retention.minutes=5256000

# one consumer per group: nobody to wait for; an offset commit need not wait for company either
group.initial.rebalance.delay.ms=0
group.coordinator.append.linger.ms=0

# small: one machine, a handful of topics
offsets.topic.num.partitions=5
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=4194304
"""


class LocalEngine:
    """Runs a network's parts as processes of this machine's user, bound to the loopback interface only."""

    name = "local"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._home = plan.home.absolute()

    def install(self, tell: Tell) -> None:
        """Fetches the jars and compiles the database's launcher: ten seconds the first time. Raises `Trouble`."""
        install(tell)

    def start(self, parts: Sequence[str], tell: Tell) -> None:
        """See `Engine.start`. A busy port is refused before anything is started."""
        missing = [part for part in parts if not self.state(part).running]
        for part in missing:
            for name in _ports_of(part):
                ports.require_free(name, self._plan.ports.of(name))
        backing = [part for part in missing if part in BACKING]
        if backing:
            tell("starting " + ", ".join(backing))
        for part in backing:
            self._start(part)
        for part in backing:
            self._until_ready(part, tell)
        if "kafka" in backing or any(part in SERVICES for part in missing):
            tell("creating topics")
            self._create_topics()
        services = [part for part in missing if part in SERVICES]
        if services:
            tell("starting " + ", ".join(services))
        for service in services:
            self._start(service)

    def stop(self, parts: Sequence[str]) -> None:
        """Services first, so that they can still write what they hold; then what they stand on."""
        self._stop([part for part in parts if part in SERVICES], _SERVICE_GRACE_S)
        backing = [part for part in parts if part in BACKING]
        self._stop(backing, max((_GRACE_S.get(part, _SERVICE_GRACE_S) for part in backing), default=0))

    def kill(self, part: str) -> None:
        """SIGKILL to the part's process; nothing happens if it does not run."""
        process = processes.find(self._pid_file(part))
        if process is not None:
            processes.kill(process)

    def state(self, part: str) -> State:
        """Whether the part's process runs."""
        process = processes.find(self._pid_file(part))
        return State(True, f"pid {process.pid}") if process else State(False, "not running")

    def addresses(self) -> Mapping[str, str]:
        """Part → address."""
        at = self._plan.ports
        return {
            "kafka": f"{ports.HOST}:{at.kafka}",
            "mongo": f"mongodb://{ports.HOST}:{at.mongo}/?retryWrites=false",
            "smtp": f"{ports.HOST}:{at.smtp}",
            "mail-page": f"http://{ports.HOST}:{at.mail_page}",
            **{service: f"http://{ports.HOST}:{at.of(service)}" for service in SERVICES},
        }

    def logs(self, part: str, lines: int) -> list[str]:
        """The last ``lines`` of the part's log file; none when it never ran."""
        try:
            with self._log(part).open(errors="replace") as log:
                return [line.rstrip("\n") for line in deque(log, maxlen=lines)]
        except FileNotFoundError:
            return []

    def follow(self, part: str) -> Sequence[str]:
        """See `Engine.follow`."""
        return ["tail", "-n", "0", "-F", str(self._log(part))]

    def beside_the_broker(self, *arguments: str) -> Sequence[str] | None:
        """Always None: the broker listens on this machine."""
        return None

    def wipe(self) -> None:
        """Removes what the parts wrote into the home, and the clock; keys stay."""
        for name in ("kafka", "mongo", "mail", "logs", "run", "clock", *SERVICES):
            shutil.rmtree(self._home / name, ignore_errors=True)

    # ---- starting

    def _start(self, part: str) -> None:
        starters: dict[str, Callable[[], Sequence[str]]] = {
            "kafka": self._kafka_command,
            "mongo": self._mongo_command,
            "smtp": self._smtp_command,
        }
        command = starters[part]() if part in starters else [sys.executable, "-m", "shared.run", f"services.{part}"]
        environment = {**os.environ, **(self._service_environment(part) if part in SERVICES else {})}
        log = self._log(part)
        if log.exists() and log.stat().st_size > _LOG_WORTH_KEEPING:
            log.replace(log.with_suffix(".old"))
        processes.spawn(command, pid_file=self._pid_file(part), log=log, env=environment, cwd=_REPOSITORY)

    def _kafka_command(self) -> Sequence[str]:
        jars = self._installed()
        directory = self._home / "kafka"
        properties = directory / "server.properties"
        directory.mkdir(parents=True, exist_ok=True)
        at = self._plan.ports
        properties.write_text(
            _KAFKA_PROPERTIES.format(
                host=ports.HOST, port=at.kafka, controller=at.kafka_controller, data=directory / "data"
            )
        )
        java = [*_JAVA, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", jars.kafka_classpath]
        if not (directory / "data" / "meta.properties").exists():
            self._format(java, properties)
        return [*java[:1], "-Xms256m", "-Xmx512m", *java[1:], "kafka.Kafka", str(properties)]

    def _format(self, java: Sequence[str], properties: Path) -> None:
        """Kafka wants its directory marked with a cluster id before the first start."""
        cluster = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=").replace("-", "_")
        tool = [*java, "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool"]
        command = [*tool, "format", "-t", cluster, "-c", str(properties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]
            raise Trouble(f"cannot prepare Kafka's directory {properties.parent}: {reason[0]}")

    def _mongo_command(self) -> Sequence[str]:
        jars = self._installed()
        file = self._home / "mongo" / "documents.db"
        java = [*_JAVA, "-Xms256m", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        where = [ports.HOST, str(self._plan.ports.mongo), str(file)]
        return [*java, "-cp", jars.mongo_classpath, "LocalMongo", *where]

    def _smtp_command(self) -> Sequence[str]:
        at = self._plan.ports
        where = ["--smtp-port", str(at.smtp), "--page-port", str(at.mail_page), "--mails", str(self._home / "mail")]
        return [sys.executable, "-m", "deploy.smtp_catcher", *where]

    def _service_environment(self, service: str) -> dict[str, str]:
        plan, at = self._plan, self._plan.ports
        environment = {
            "MINE_HOME": str(self._home),
            "MINE_KAFKA": f"{ports.HOST}:{at.kafka}",
            "MINE_MONGO_URI": self.addresses()["mongo"],
            "MINE_DATABASE": service,
            "MINE_HTTP_HOST": ports.HOST,
            "MINE_HTTP_PORT": str(at.of(service)),
            "MINE_SMTP_HOST": ports.HOST,
            "MINE_SMTP_PORT": str(at.smtp),
            "MINE_KEYS_FILE": str(create_key_set(plan.keys.absolute())),
            "MINE_PERSON_KEY": plan.secret("person-key"),
        }
        if service in _WITH_A_SECRET:
            environment["MINE_SECRET"] = plan.secret(f"{service}-secret")
            environment["MINE_PUBLIC_URL"] = self.addresses()[service]
        if plan.virtual_clock:
            environment["MINE_CLOCK_FILE"] = str(plan.clock_file.absolute())
        return {**environment, **plan.environment}

    def _installed(self) -> Installed:
        return located()

    def _until_ready(self, part: str, tell: Tell) -> None:
        """Waits until ``part`` answers. Raises `Trouble` with its last words when it ended, or takes too long."""
        tell(f"waiting for {part}")
        answers = {"kafka": self._kafka_answers, "mongo": self._mongo_answers, "smtp": self._smtp_answers}[part]
        deadline = time.monotonic() + _READY_WITHIN_S
        while not answers():
            if not self.state(part).running:
                raise Trouble(f"{part} ended while starting: {self._last_words(part)}")
            if time.monotonic() > deadline:
                raise Trouble(f"{part} was not ready within {_READY_WITHIN_S:.0f} s; its log is {self._log(part)}")
            time.sleep(_LOOK_AGAIN_S)

    def _kafka_answers(self) -> bool:
        from shared.messaging.topics import until_broker_answers  # a second of imports, only needed here

        if not ports.accepts(self._plan.ports.kafka):
            return False
        try:
            _run(until_broker_answers(self.addresses()["kafka"], timeout_s=1.0))
        except LogUnavailable:
            return False
        return True

    def _mongo_answers(self) -> bool:
        return probe.database_answers(self._plan.ports.mongo)

    def _smtp_answers(self) -> bool:
        return probe.smtp_answers(self._plan.ports.smtp)

    def _create_topics(self) -> None:
        from shared.events.catalogue import topics
        from shared.messaging.topics import create_topics

        try:
            _run(create_topics(self.addresses()["kafka"], topics()))
        except LogUnavailable as error:
            raise Trouble(f"cannot create the topics: {error}") from error

    # ---- stopping

    def _stop(self, parts: Sequence[str], grace_s: float) -> None:
        found = [process for part in parts if (process := processes.find(self._pid_file(part)))]
        processes.stop(found, grace_s)
        for part in parts:
            self._pid_file(part).unlink(missing_ok=True)

    # ---- places

    def _pid_file(self, part: str) -> Path:
        return self._home / "run" / f"{part}.json"

    def _log(self, part: str) -> Path:
        return self._home / "logs" / f"{part}.log"

    def _last_words(self, part: str) -> str:
        said = [line for line in self.logs(part, 40) if line.strip() and not line.startswith("\tat ")]
        return f"{said[-1].strip()[:300]} (all of it: {self._log(part)})" if said else f"nothing in {self._log(part)}"


def _run(work: Coroutine[Any, Any, object]) -> None:
    """Waits for ``work`` on a loop of its own in a thread of its own, so that it may be called under a running loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, work).result()


def _ports_of(part: str) -> Sequence[str]:
    """The names of the ports that a part listens on."""
    more = {"kafka": ["kafka", "kafka_controller"], "smtp": ["smtp", "mail_page"]}
    return more.get(part, [part])
