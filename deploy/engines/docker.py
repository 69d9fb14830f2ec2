"""The docker engine: the same parts as containers of one compose project, run with ``docker compose``."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from deploy import ports
from deploy.docker.environment import value, write_environment
from deploy.engines import BACKING, SERVICES, Plan, State, Tell
from deploy.errors import Trouble
from shared.security.tokens import create_key_set

_REPOSITORY = Path(__file__).parent.parent.parent
_COMPOSE_FILE = "docker-compose.yml"
_VIRTUAL_CLOCK = "deploy/docker/compose.virtual-clock.yml"
_KAFKA_PUBLISHED = "compose.kafka-published.yml"
_ANSWER_WITHIN_S = 10
_READY_WITHIN_S = 180
_EVERYWHERE = ("", "0.0.0.0", "::", "[::]")  # noqa: S104  # compared with, not bound to


def daemon_answers() -> bool:
    """Whether a Docker daemon answers and Compose v2 is there."""
    if shutil.which("docker") is None:
        return False
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            answer = subprocess.run(command, capture_output=True, timeout=_ANSWER_WITHIN_S, check=False)
        except subprocess.TimeoutExpired:
            return False
        if answer.returncode != 0:
            return False
    return True


class DockerEngine:
    """Runs a network's parts as containers of one compose project, named after the network's home.

    Its secrets stand in ``.env`` of the home if there is one, else in the repository's, which `mine init` writes.
    """

    name = "docker"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._home = plan.home.absolute()
        self.project = "mine-" + sha256(str(self._home).encode()).hexdigest()[:8]

    # ---- what every engine does

    def install(self, tell: Tell) -> None:
        """Writes ``.env`` in the home where there is none, and builds the services' image.

        Raises `Trouble` without a daemon.
        """
        if not daemon_answers():
            raise Trouble("no Docker daemon with Compose v2 answers; start it, or use --engine local")
        if not self._env_file.exists():
            tell(f"writing fresh secrets to {self._env_file}")
            write_environment(self._env_file)
        self._prepare_mounts()
        tell("building the image")
        self._compose("build", "--quiet", "topics")

    def start(self, parts: Sequence[str], tell: Tell) -> None:
        """See `Engine.start`. A busy port is refused before anything is started."""
        self._prepare_mounts()
        missing = [part for part in parts if not self.state(part).running]
        for name in _published_by(missing):
            ports.require_free(name, self._plan.ports.of(name))
        backing = [part for part in parts if part in BACKING]
        if backing:
            tell("starting " + ", ".join(backing))
            self._up("--wait", "--wait-timeout", str(_READY_WITHIN_S), *backing)
        services = [part for part in parts if part in SERVICES]
        if "kafka" in missing or any(service in missing for service in services):
            tell("creating topics")
            self._compose("run", "--rm", "--no-deps", "--no-TTY", "topics")
        if services:
            tell("starting " + ", ".join(services))
            self._up(*self._with_replicas(services))

    def stop(self, parts: Sequence[str]) -> None:
        """Services first, so that they can still write what they hold; then what they stand on."""
        there = [part for part in parts if self._container(part)]
        for some in ([part for part in there if part in SERVICES], [part for part in there if part in BACKING]):
            if some:
                self._compose("stop", *self._with_replicas(some))

    def kill(self, part: str) -> None:
        """SIGKILL to the container's first process; Docker leaves it down, because it was told to."""
        if self.state(part).running:
            self._docker("kill", "--signal", "SIGKILL", self._container(part)["Names"])

    def state(self, part: str) -> State:
        """Whether the part's container runs."""
        container = self._container(part)
        if not container:
            return State(False, "no container")
        return State(container["State"] == "running", f"{container['Names']}, {container['Status'].lower()}")

    def addresses(self) -> Mapping[str, str]:
        """The services and the mail page; Kafka where an override publishes it. Nothing else can be reached."""
        bound = value("MINE_BIND", self._env_file) or ""
        host = ports.HOST if bound in _EVERYWHERE else bound
        at = self._plan.ports
        kafka = {"kafka": f"{ports.HOST}:{at.kafka}"} if self._kafka_is_published else {}
        services = {service: f"http://{host}:{at.of(service)}" for service in SERVICES}
        return {**kafka, "mail-page": f"http://{host}:{at.mail_page}", **services}

    def logs(self, part: str, lines: int) -> list[str]:
        """The last lines of the part's container; none when there is no container."""
        container = self._container(part)
        if not container:
            return []
        return self._docker("logs", "--tail", str(lines), container["Names"]).splitlines()

    def follow(self, part: str) -> Sequence[str]:
        """See `Engine.follow`."""
        return ["docker", "logs", "--tail", "0", "--follow", f"{self.project}-{part}-1"]

    def wipe(self) -> None:
        """Removes the containers, their networks and their volumes, and the clock. Keys and .env stay."""
        if self._env_file.exists():
            self._prepare_mounts()
            self._compose("down", "--volumes", "--remove-orphans")
        shutil.rmtree(self._plan.clock_file.parent, ignore_errors=True)

    # ---- what only containers need

    def beside_the_broker(self, *arguments: str) -> Sequence[str] | None:
        """The command that runs ``mine ARGUMENTS`` in a container that reaches Kafka; None where Kafka is published."""
        if self._kafka_is_published:
            return None
        run = ["run", "--rm", "--no-deps", "--no-TTY", "topics"]
        return [*self._command(), *run, "python", "-m", "deploy.cli", *arguments]

    @property
    def _env_file(self) -> Path:
        own, common = self._home / ".env", _REPOSITORY / ".env"
        return own if own.exists() or not common.exists() else common

    @cached_property
    def _files(self) -> list[str]:
        """The compose file with its overrides: what COMPOSE_FILE names, and what the network's plan asks for."""
        files = (value("COMPOSE_FILE", self._env_file) or _COMPOSE_FILE).split(os.pathsep)
        if self._plan.virtual_clock:
            files.append(_VIRTUAL_CLOCK)
        if self._plan.environment:
            files.append(str(self._own_override))
        return files

    @property
    def _kafka_is_published(self) -> bool:
        return any(file.endswith(_KAFKA_PUBLISHED) for file in self._files)

    @property
    def _own_override(self) -> Path:
        return self._home / "compose.json"

    def _prepare_mounts(self) -> None:
        """Everything that containers are given from this machine: public keys, the clock, settings of this network."""
        publish_key_set(self._home)
        self._plan.clock_file.parent.mkdir(parents=True, exist_ok=True)
        self._plan.clock_file.parent.chmod(0o755)
        if self._plan.environment:
            # compose takes JSON, and a dollar sign in it for the beginning of a variable
            told = {name: text.replace("$", "$$") for name, text in self._plan.environment.items()}
            override = {"services": {service: {"environment": told} for service in SERVICES}}
            self._own_override.write_text(json.dumps(override, indent=2))

    def _up(self, *arguments: str) -> None:
        self._compose("up", "--detach", "--no-deps", "--no-build", "--quiet-pull", *arguments)

    def _with_replicas(self, parts: Sequence[str]) -> list[str]:
        """The parts, and the further replicas that an override adds: ``exchange-1`` is one of ``exchange``."""
        defined = self._compose("config", "--services").split()
        return [*parts, *(name for name in defined if name.rpartition("-")[0] in parts)]

    def _container(self, part: str) -> dict[str, str]:
        """The part's container as ``docker ps`` shows it; empty when there is none."""
        labels = {"project": self.project, "service": part, "oneoff": "False"}
        filters = [f"--filter=label=com.docker.compose.{name}={text}" for name, text in labels.items()]
        for line in self._docker("ps", "--all", "--no-trunc", "--format", "json", *filters).splitlines():
            if line.startswith("{"):  # not a warning
                container: dict[str, str] = json.loads(line)
                return container
        return {}

    def _command(self) -> list[str]:
        command = ["docker", "compose", "--project-name", self.project, "--project-directory", str(_REPOSITORY)]
        command += ["--env-file", str(self._env_file)]
        return command + [f"--file={_REPOSITORY / file}" for file in self._files]

    def _compose(self, *arguments: str) -> str:
        """Runs a compose command; its output. Raises `Trouble` with the last line it said."""
        environment = {
            **os.environ,
            "MINE_HOME": str(self._home),
            **{ports.setting(name): str(port) for name, port in self._plan.ports.as_dict().items()},
        }
        return _output([*self._command(), *arguments], f"docker compose {arguments[0]}", environment)

    def _docker(self, *arguments: str) -> str:
        return _output(["docker", *arguments], f"docker {arguments[0]}", os.environ)


def publish_key_set(home: Path) -> None:
    """Copies the public keys to where containers get them from: never the directory with the signing key itself."""
    content = create_key_set(home / "keys").read_bytes()
    published = home / "public-keys" / "jwks.json"
    if published.exists() and published.read_bytes() == content:
        return
    published.parent.mkdir(parents=True, exist_ok=True)
    published.parent.chmod(0o755)
    draft = published.with_suffix(".new")
    draft.write_bytes(content)
    draft.chmod(0o644)
    draft.replace(published)


def _published_by(parts: Sequence[str]) -> list[str]:
    """The names of the ports that the parts' containers publish on this machine."""
    return [name for part in parts for name in ([part] if part in SERVICES else ["mail_page"] * (part == "smtp"))]


def _output(command: Sequence[str], named: str, environment: Mapping[str, str]) -> str:
    """What the command wrote, errors included. Raises `Trouble` with its last line when it failed."""
    try:
        answer = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
            cwd=_REPOSITORY,
            check=False,
        )
    except FileNotFoundError:
        raise Trouble("the docker command is not installed; install Docker, or use --engine local") from None
    if answer.returncode != 0:
        said = [line for line in answer.stdout.splitlines() if line.strip()][-1:] or ["it said nothing"]
        raise Trouble(f"{named} failed: {said[0].strip()}")
    return answer.stdout
