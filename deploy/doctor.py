"""`mine doctor`: looks at the machine and the network, and says of each thing that is wrong what to do about it."""

import asyncio
import json
import os
import platform
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from deploy import ports, probe
from deploy.engines import SERVICES
from deploy.engines.docker import daemon_answers
from deploy.errors import Trouble
from deploy.local import install
from deploy.network import Network
from shared.security.tokens import KEY_SET, PRIVATE_KEY

_LEAST_FREE_BYTES = 2_000_000_000
_MOST_CLOCK_ERROR_S = 5.0
_COMPLAINT = re.compile(r"\b(error|exception|fatal|cannot|critical)\b", re.IGNORECASE)
_OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``remedy`` is what to do about it, empty when all is well."""

    about: str
    well: bool
    told: str
    remedy: str = ""


def _well(about: str, told: str) -> Finding:
    return Finding(about, True, told)


def _wrong(about: str, told: str, remedy: str) -> Finding:
    return Finding(about, False, told, remedy)


def examine(home: Path) -> list[Finding]:
    """Looks at everything, in the order in which one thing needs the other."""
    found = [*_machine(home)]
    try:
        network = Network.kept_in(home)
    except Trouble as trouble:
        return [*found, _wrong("network", str(trouble), "remove the file, then: mine up")]
    if network is None:
        return [
            *found,
            *_ports_to_come(),
            _well("network", f"none was started in {home} yet; do so with: mine up"),
        ]
    running = network.running()
    if not running:
        return [
            *found,
            *_ports_to_come(network.plan.ports),
            _well("network", "is down; start it with: mine up"),
        ]
    return [*found, *_engines(network), *_services(network), *_keys(network), *_clock(network), *_topics(network)]


# ---- the machine


def _machine(home: Path) -> Iterator[Finding]:
    version = platform.python_version()
    new_enough = sys.version_info[:2] >= _OLDEST_PYTHON
    yield Finding("python", new_enough, version, "" if new_enough else "install Python 3.11 or newer, then: make up")
    docker = daemon_answers()
    told = "a daemon with Compose v2 answers" if docker else "no daemon answers; the local engine is used"
    yield _well("docker", told)
    if not docker or install.is_installed():
        yield _tried("java", lambda: f"JDK {install.require_java()}")
    if not docker and not install.is_installed():
        yield _tried("maven", install.require_maven)
    if not docker:
        told = "installed" if install.is_installed() else "not fetched yet; mine up does it"
        yield _well("engines", f"{told} ({install.engines_directory()})")
    yield _disk(home)


def _tried(about: str, look: Callable[[], str]) -> Finding:
    """What ``look`` says; a `Trouble` names its own remedy behind the colon."""
    try:
        return _well(about, look())
    except Trouble as trouble:
        told, _, remedy = str(trouble).partition(": ")
        return _wrong(about, told, remedy)


def _disk(home: Path) -> Finding:
    there = next(place for place in (home, *home.parents) if place.exists())
    free = shutil.disk_usage(there).free
    if not os.access(there, os.W_OK):
        return _wrong("disk", f"{there} cannot be written", "change its owner, or set MINE_HOME to another directory")
    told = f"{free / 1e9:.1f} GB free in {there}"
    if free < _LEAST_FREE_BYTES:
        return _wrong(
            "disk", told, "free some space: the engines want 2 GB; mine down --wipe removes this network's data"
        )
    return _well("disk", told)


def _ports_to_come(planned: ports.Ports | None = None) -> Iterator[Finding]:
    """Whether `mine up` would find its ports free."""
    try:
        wanted = ports.from_environment(otherwise=planned)
    except Trouble as trouble:
        yield _wrong("ports", str(trouble), "change or unset the variable")
        return
    busy = []
    for name, port in wanted.as_dict().items():
        try:
            ports.require_free(name, port)
        except Trouble as trouble:
            told, _, remedy = str(trouble).partition("; ")
            busy.append(_wrong("ports", told, remedy))
    yield from busy or [_well("ports", "all free")]


# ---- the network


def _engines(network: Network) -> Iterator[Finding]:
    at = network.plan.ports
    local = network.plan.engine == "local"
    answers: dict[str, Callable[[], bool]] = {
        "kafka": lambda: _broker_answers(network),
        "mongo": lambda: probe.database_answers(at.mongo),
        "smtp": lambda: probe.smtp_answers(at.smtp),
    }
    for part, answer in answers.items():
        state = network.state(part)
        if not state.running:
            yield _wrong(part, f"is down ({state.detail})", f"{_last_said(network, part)}; start it again: mine up")
        elif local and not answer():
            yield _wrong(
                part,
                f"runs ({state.detail}) but does not answer on port {at.of(part)}",
                f"{_last_said(network, part)}; then: mine down, mine up",
            )
        else:
            yield _well(part, f"answers ({state.detail})" if local else state.detail)


def _services(network: Network) -> Iterator[Finding]:
    for service in SERVICES:
        state = network.state(service)
        complaint = network.complaint(service) if state.running else None
        if not state.running:
            yield _wrong(
                service, f"is down ({state.detail})", f"{_last_said(network, service)}; start it again: mine up"
            )
        elif complaint:
            yield _wrong(
                service,
                f"is not ready: {complaint[:300]}",
                f"mend what it names first; else look at: mine logs {service}",
            )
        else:
            yield _well(service, f"ready ({state.detail})")


def _keys(network: Network) -> Iterator[Finding]:
    private, public = network.plan.keys / PRIVATE_KEY, network.plan.keys / KEY_SET
    if not private.exists() or not public.exists():
        yield _wrong(
            "keys",
            f"{network.plan.keys} lacks the signing key or its public half",
            "make them anew: mine token --role office",
        )
        return
    mode = stat.S_IMODE(private.stat().st_mode)
    if mode & 0o077:
        yield _wrong("keys", f"{private} can be read by others (mode {mode:o})", f"chmod 600 {private}")
        return
    try:
        count = len(json.loads(public.read_text())["keys"])
    except (ValueError, KeyError, TypeError):
        yield _wrong("keys", f"{public} is no key set", "remove it, then make it anew: mine token --role office")
        return
    yield _well("keys", f"{count} in the set, the signing key readable by its owner only")


def _clock(network: Network) -> Iterator[Finding]:
    """The machine's time against that of the services' own answers, and where the virtual clock stands."""
    if network.plan.virtual_clock:
        ahead = network.clock.now() - datetime.now(UTC)
        file = network.plan.clock_file
        if file.exists() and not _is_number(file.read_text()):
            yield _wrong(
                "clock",
                f"{file} holds no number of seconds",
                "remove it; the clock then starts anew from the machine's time",
            )
            return
        yield _well("clock", f"virtual, {max(0.0, ahead.total_seconds()) / 86400:.1f} days ahead of the machine")
        return
    try:
        date = httpx.get(f"{network.address('directory')}/health/live", timeout=5).headers["date"]
        error_s = abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds())
    except (httpx.HTTPError, KeyError, ValueError):
        yield _well("clock", "the machine's time")
        return
    well = error_s <= _MOST_CLOCK_ERROR_S
    yield Finding(
        "clock",
        well,
        f"the services' time is {error_s:.0f} s from this machine's",
        "" if well else "set the clocks right (NTP): tokens and deadlines depend on them",
    )


def _topics(network: Network) -> Iterator[Finding]:
    from shared.events.catalogue import topics
    from shared.messaging.log import LogUnavailable
    from shared.messaging.topics import topic_states

    try:
        there = {state.name: state for state in asyncio.run(topic_states(network.address("kafka")))}
    except Trouble as trouble:
        yield _well("topics", f"not looked at: {trouble}")
        return
    except LogUnavailable:
        yield _wrong("topics", "cannot be looked at while kafka does not answer", "mend kafka first")
        return
    wanted = topics()
    missing = [spec.name for spec in wanted if spec.name not in there]
    differing = [spec.name for spec in wanted if spec.name in there and there[spec.name].partitions != spec.partitions]
    if missing:
        yield _wrong("topics", f"missing: {', '.join(missing)}", "mine topics create")
    if differing:
        yield _wrong(
            "topics",
            f"another number of partitions than in the catalogue: {', '.join(differing)}",
            "keys would change their partition: rebuild them under a new name, or set the catalogue right",
        )
    if not missing and not differing:
        yield _well("topics", f"all {len(wanted)} there")


def _broker_answers(network: Network) -> bool:
    from shared.messaging.log import LogUnavailable
    from shared.messaging.topics import until_broker_answers

    if not ports.accepts(network.plan.ports.kafka):
        return False
    try:
        asyncio.run(asyncio.wait_for(until_broker_answers(network.address("kafka"), timeout_s=2.0), timeout=5.0))
    except (LogUnavailable, TimeoutError):
        return False
    return True


def _last_said(network: Network, part: str) -> str:
    """What the part complained about last, and where to read on."""
    complaints = [line.strip() for line in network.engine.logs(part, 50) if _COMPLAINT.search(line)]
    said = f"it said: {complaints[-1][:200]}; " if complaints else ""
    return f"{said}see: mine logs {part}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
