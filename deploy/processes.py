"""Plain detached processes, known again later by pid **and** start time, so that a reused pid is never killed.

Works with ``/proc`` where there is one, else with ``ps``.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.errors import Trouble

_PROC = Path("/proc")
_POLL_S = 0.02
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Process:
    """A process of ours: ``started`` is its start time as the system tells it, meaningful only when compared."""

    pid: int
    started: str


def spawn(command: Sequence[str], *, pid_file: Path, log: Path, env: Mapping[str, str], cwd: Path) -> Process:
    """Starts ``command`` in a session of its own, so that it outlives this process; appends its output to ``log``.

    Raises `Trouble` when the program is missing. The pid file is written before this returns.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        except FileNotFoundError as missing:
            raise Trouble(f"cannot start {command[0]}: not found") from missing
    _children[child.pid] = child
    process = Process(child.pid, _started(child.pid) or "gone")
    draft = pid_file.with_suffix(".new")
    draft.write_text(json.dumps(asdict(process)))
    draft.replace(pid_file)
    return process


def find(pid_file: Path) -> Process | None:
    """The process that ``pid_file`` names, if it still runs."""
    try:
        process = Process(**json.loads(pid_file.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return process if alive(process) else None


def alive(process: Process) -> bool:
    """Whether this very process runs; a zombie of ours is taken away and counts as gone."""
    _reap(process.pid)
    return _started(process.pid) == process.started


def kill(process: Process) -> None:
    """SIGKILL, and waits until the process is gone."""
    _signal(process, signal.SIGKILL)
    if not _gone_within(process, 10.0):
        raise Trouble(f"process {process.pid} does not end, not even by SIGKILL")


def stop(processes: Sequence[Process], grace_s: float) -> list[Process]:
    """SIGTERM to all at once; after ``grace_s`` SIGKILL for those still there, which are returned."""
    for process in processes:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    late = [process for process in processes if not _gone_within(process, deadline - time.monotonic())]
    for process in late:
        kill(process)
    return late


def _signal(process: Process, number: signal.Signals) -> None:
    if alive(process):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            pass


def _gone_within(process: Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _reap(pid: int) -> None:
    """Takes away the zombie of a child of this very process; other processes' children are none of our business."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]


def _started(pid: int) -> str | None:
    """When the process with this pid was started; None when there is none or only a zombie."""
    if (_PROC / "self" / "stat").exists():
        try:
            stat = (_PROC / str(pid) / "stat").read_text()
        except OSError:
            return None
        # the program's name stands in parentheses and may itself contain blanks and parentheses
        state, *fields = stat.rpartition(")")[2].split()
        # the first thread may have ended while others still hold the sockets: gone is only who has no other thread
        return None if state == "X" or (state == "Z" and int(fields[16]) <= 1) else fields[18]
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()
