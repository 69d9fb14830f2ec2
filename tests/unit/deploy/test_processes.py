import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deploy import processes
from deploy.errors import Trouble
from deploy.processes import Process

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


@pytest.fixture
def start(tmp_path):
    started: list[Process] = []

    def start(code: str = "import time; time.sleep(60)", name: str = "part") -> Process:
        process = processes.spawn(
            [sys.executable, "-c", code],
            pid_file=tmp_path / "run" / f"{name}.json",
            log=tmp_path / "logs" / f"{name}.log",
            env=os.environ,
            cwd=tmp_path,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        processes.kill(process)


def wait_for(path: Path, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_process_is_found_again_by_its_pid_file(start, tmp_path):
    process = start()
    assert processes.find(tmp_path / "run" / "part.json") == process


def test_it_is_the_leader_of_a_session_of_its_own_so_that_it_outlives_the_terminal(start):
    assert os.getsid(start().pid) != os.getsid(0)


def test_what_it_writes_is_appended_to_its_log(start, tmp_path):
    log = tmp_path / "logs" / "part.log"
    start("print('one', flush=True)")
    wait_for(log, "one")
    start("import sys; print('two', file=sys.stderr, flush=True)")
    wait_for(log, "two")
    assert log.read_text() == "one\ntwo\n"


def test_a_reused_pid_is_neither_found_nor_killed(tmp_path):
    somebody = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        pid_file = tmp_path / "part.json"
        pid_file.write_text(json.dumps({"pid": somebody.pid, "started": "another time"}))
        assert processes.find(pid_file) is None
        stranger = Process(somebody.pid, "another time")
        processes.stop([stranger], grace_s=0.1)
        processes.kill(stranger)
        assert somebody.poll() is None
    finally:
        somebody.kill()
        somebody.wait()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "started": "x", "more": 2}'])
def test_a_damaged_pid_file_means_nothing_runs(content, tmp_path):
    (tmp_path / "part.json").write_text(content)
    assert processes.find(tmp_path / "part.json") is None


def test_a_missing_pid_file_means_nothing_runs(tmp_path):
    assert processes.find(tmp_path / "part.json") is None


def test_sigkill_is_over_when_it_returns(start, tmp_path):
    process = start()
    processes.kill(process)
    assert not processes.alive(process)
    assert processes.find(tmp_path / "run" / "part.json") is None


def test_a_process_that_ended_by_itself_leaves_no_zombie_that_looks_alive(start):
    process = start("pass")
    deadline = time.monotonic() + 10
    while processes.alive(process):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_stopping_asks_first_and_insists_after_the_grace_period(start, tmp_path):
    polite, stubborn = start(name="polite"), start(STUBBORN, name="stubborn")
    wait_for(tmp_path / "logs" / "stubborn.log", "deaf")
    assert processes.stop([polite, stubborn], grace_s=1.0) == [stubborn]
    assert not processes.alive(polite)
    assert not processes.alive(stubborn)


def test_a_process_whose_first_thread_has_ended_still_counts_as_alive(start, tmp_path):
    process = start(
        "import ctypes, threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "print('leaving', flush=True)\n"
        "ctypes.CDLL(None).pthread_exit(None)\n"
    )
    wait_for(tmp_path / "logs" / "part.log", "leaving")
    time.sleep(0.2)
    state = Path(f"/proc/{process.pid}/stat")
    if not state.exists():
        pytest.skip("needs /proc")
    assert state.read_text().rpartition(")")[2].split()[0] == "Z"
    assert processes.alive(process)


def test_a_missing_program_is_one_clear_line(tmp_path):
    with pytest.raises(Trouble, match="no-such-program: not found"):
        processes.spawn(["no-such-program"], pid_file=tmp_path / "p", log=tmp_path / "l", env={}, cwd=tmp_path)


def test_another_start_time_makes_another_process(start):
    process = start()
    assert not processes.alive(replace(process, started="0"))
