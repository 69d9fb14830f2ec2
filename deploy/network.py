"""One network: its engines and its four services, started, stopped, killed and asked how they are.

The `mine` command is a thin layer over `Network`; tests and the demo use it directly.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from deploy.engines import BACKING, PARTS, SERVICES, Engine, Plan, State, Tell
from deploy.engines.docker import DockerEngine
from deploy.engines.local import LocalEngine
from deploy.errors import Trouble
from deploy.ports import Ports, free_ports
from shared.clock import FileClock, SystemClock
from shared.security.tokens import create_key_set, issue_token

_REPOSITORY = Path(__file__).parent.parent
_READY_WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.05
_ENGINES: dict[str, Callable[[Plan], Engine]] = {"local": LocalEngine, "docker": DockerEngine}


def quiet(_: str) -> None:
    """A `Tell` that says nothing."""


def home_directory() -> Path:
    """MINE_HOME, or ``var`` in the repository: where a network keeps everything it has."""
    return Path(os.environ.get("MINE_HOME") or _REPOSITORY / "var").absolute()


class Network:
    """A network on one engine, with its home directory. Methods block; they raise `Trouble` with one clear line."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.engine: Engine = _ENGINES[plan.engine](plan)

    @classmethod
    def planned(
        cls,
        home: Path,
        ports: Ports,
        *,
        engine: str = "local",
        virtual_clock: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> "Network":
        """A network that need not exist yet. ``environment`` is handed to every service as it is."""
        if engine not in _ENGINES:
            raise Trouble(f"there is no engine {engine}; there are: {', '.join(_ENGINES)}")
        return cls(Plan(home.absolute(), engine, ports, virtual_clock, dict(environment or {})))

    @classmethod
    def ephemeral(
        cls, home: Path, *, virtual_clock: bool = True, environment: Mapping[str, str] | None = None
    ) -> "Network":
        """A local network on free ports, for a test: ``with Network.ephemeral(tmp_path) as network: ...``"""
        return cls.planned(home, free_ports(), virtual_clock=virtual_clock, environment=environment)

    @classmethod
    def kept_in(cls, home: Path) -> "Network | None":
        """The network that was started in ``home``, with the settings it was started with; None if none ever was."""
        try:
            kept = json.loads((home / "network.json").read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise Trouble(f"{home / 'network.json'} cannot be read: {error}") from error
        return cls.planned(
            home,
            Ports(**kept["ports"]),
            engine=kept["engine"],
            virtual_clock=kept["virtual_clock"],
            environment=kept["environment"],
        )

    def __enter__(self) -> "Network":
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    # ---- all of it

    def up(self, tell: Tell = quiet, services: Sequence[str] = SERVICES) -> None:
        """Starts what does not run and waits until all of it is ready. Harmless when it is up already."""
        self.start_engines(tell)
        self.start(*services, tell=tell)

    def start_engines(self, tell: Tell = quiet) -> None:
        """Installs and starts the engines and the SMTP catcher, and creates the topics."""
        self.engine.install(tell)
        self._keep()
        self.engine.start(BACKING, tell)

    def down(self, *, wipe: bool = False) -> None:
        """Stops everything. Data stay unless ``wipe``; keys stay in any case."""
        self.engine.stop(PARTS)
        if wipe:
            self.engine.wipe()
            shutil.rmtree(self.plan.home / "imports", ignore_errors=True)
            (self.plan.home / "network.json").unlink(missing_ok=True)

    # ---- parts: services, "kafka", "mongo", "smtp"

    def start(self, *parts: str, tell: Tell = quiet) -> None:
        """Starts ``parts`` and waits until they are ready."""
        create_key_set(self.plan.keys)
        self._keep()
        self.engine.start(parts, tell)
        self.wait_ready(*(part for part in parts if part in SERVICES), tell=tell)

    def stop(self, *parts: str) -> None:
        """Asks ``parts`` to end, and insists after a grace period."""
        self.engine.stop(parts)

    def kill(self, part: str) -> None:
        """SIGKILL: the process is gone when this returns."""
        self.engine.kill(part)

    def restart(self, part: str, *, wait: bool = True) -> None:
        """Starts ``part`` again, whether it was killed, stopped or still runs (then it is stopped first)."""
        self.engine.stop([part])
        if wait:
            self.start(part)
        else:
            self.engine.start([part], quiet)

    def state(self, part: str) -> State:
        """Whether ``part`` runs."""
        return self.engine.state(part)

    def running(self) -> list[str]:
        """The parts that run now."""
        return [part for part in PARTS if self.state(part).running]

    # ---- readiness

    def wait_ready(self, *services: str, timeout_s: float = _READY_WITHIN_S, tell: Tell = quiet) -> None:
        """Returns once every one of ``services`` says it is ready. `Trouble` when one ended, or after ``timeout_s``."""
        deadline = time.monotonic() + timeout_s
        waiting = dict.fromkeys(services, "does not answer yet")
        while waiting:
            tell("waiting for " + ", ".join(waiting))
            for service in list(waiting):
                complaint = self.complaint(service)
                if complaint is None:
                    del waiting[service]
                else:
                    waiting[service] = complaint
                    self._require_running(service)
            if waiting and time.monotonic() > deadline:
                said = "; ".join(f"{service}: {complaint}" for service, complaint in waiting.items())
                raise Trouble(f"not ready within {timeout_s:.0f} s: {said}")
            time.sleep(_LOOK_AGAIN_S if waiting else 0)

    def complaint(self, service: str) -> str | None:
        """None when the service is ready, else what it says is missing, in a few words."""
        try:
            answer = httpx.get(f"{self.address(service)}/health/ready", timeout=5)
            verdict = answer.json()
            well, parts = verdict["ok"], verdict["parts"].items()
        except httpx.HTTPError:
            return "does not answer"
        except (ValueError, KeyError, TypeError, AttributeError):
            return "gives an answer that is none of ours"
        return None if well else ", ".join(f"{part}: {said}" for part, said in parts if said != "ok")

    def _require_running(self, service: str) -> None:
        if not self.state(service).running:
            said = [line for line in self.engine.logs(service, 20) if line.strip()][-1:] or ["it wrote nothing"]
            raise Trouble(f"{service} ended while starting: {said[0].strip()[:300]}")

    # ---- addresses, tokens, time

    def address(self, part: str) -> str:
        """``http://127.0.0.1:8101`` for a service, the bootstrap server for "kafka", the URI for "mongo" and so on."""
        try:
            return self.engine.addresses()[part]
        except KeyError:
            raise Trouble(f"{part} cannot be reached from outside the {self.plan.engine} engine") from None

    def token(
        self,
        *roles: str,
        centers: Iterable[str] = (),
        networks: Iterable[str] = (),
        subject: str = "operator",
        lifetime: timedelta = timedelta(hours=12),
    ) -> str:
        """A signed token of this network; its key is made when first needed. `Trouble` for a role that is none."""
        create_key_set(self.plan.keys)
        try:
            return issue_token(
                self.plan.keys, subject, roles=roles, centers=centers, networks=networks, lifetime=lifetime
            )
        except ValueError as error:
            raise Trouble(str(error)) from error

    @property
    def clock(self) -> FileClock:
        """The virtual clock: ``now()``, and ``move(by)`` for all services at once.

        `Trouble` when the network runs on the machine's time.
        """
        if not self.plan.virtual_clock:
            raise Trouble("this network runs on the machine's time; start it with --virtual-clock to move it")
        return FileClock(self.plan.clock_file)

    def time(self) -> datetime:
        """What time it is in the network."""
        return self.clock.now() if self.plan.virtual_clock else SystemClock().now()

    def client(self, service: str, token: str | None = None, **options: Any) -> httpx.Client:
        """An HTTP client of ``service``, with ``token`` if given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.address(service), headers=headers, **{"timeout": 30.0, **options})

    def _keep(self) -> None:
        home = self.plan.home
        home.mkdir(parents=True, exist_ok=True)
        plan = self.plan
        kept = {
            "engine": plan.engine,
            "ports": asdict(plan.ports),
            "virtual_clock": plan.virtual_clock,
            "environment": dict(plan.environment),
        }
        draft = home / "network.json.new"
        draft.write_text(json.dumps(kept, indent=2) + "\n")
        draft.replace(home / "network.json")
