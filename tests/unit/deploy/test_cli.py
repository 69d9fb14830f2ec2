import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from deploy import cli, doctor
from deploy.cli import network as commands
from deploy.cli.network import duration
from deploy.engines.local import LocalEngine
from deploy.errors import Trouble
from deploy.network import Network
from deploy.ports import free_ports

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def mine(monkeypatch, capsys):
    """Runs ``mine ...``; gives its exit code, what it wrote to stdout, and to stderr."""

    def mine(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mine", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return mine


@pytest.fixture
def kept(home):
    """A network that was started once and is down now."""
    network = Network.planned(home, free_ports(), virtual_clock=True)
    network._keep()
    return network


@pytest.mark.parametrize("command", ["up", "down", "status", "logs", "demo", "import", "token", "topics", "doctor",
                                     "dead-letters", "init", "clock"])  # fmt: skip
def test_every_command_explains_itself(mine, command):
    code, out, _ = mine(command, "--help")
    assert (code, "Usage:" in out) == (0, True)


def test_the_imports_help_names_every_column(mine):
    _, out, _ = mine("import", "centers", "--help")
    assert "town_lat" in out
    assert "name_cs" in out
    assert "hours:SERVICE" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("token", "--role", "office"),
        ("topics", "republish", "directory"),
        ("dead-letters", "list", "directory"),
        ("clock",),
        ("logs", "kafka"),
        ("import", "centers", "list.csv"),
    ],
)
def test_without_a_network_every_command_says_so_in_one_line(mine, arguments):
    code, out, err = mine(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("mine: there is no network in ")
    assert err.endswith("start one with: mine up\n")
    assert err.count("\n") == 1


def test_down_without_a_network_is_no_error(mine):
    assert mine("down")[0] == 0


def test_a_bug_is_one_line_too_and_its_place_can_be_asked_for(mine, monkeypatch, kept):
    def broken(*_):
        raise RuntimeError("a\nb")

    monkeypatch.setattr(commands, "kept_network", broken)
    code, _, err = mine("status")
    assert (code, err) == (2, "mine: unexpected RuntimeError: a b (MINE_DEBUG=1 shows where)\n")


def test_a_busy_port_is_one_line_and_nothing_is_started(mine, monkeypatch):
    monkeypatch.setattr(LocalEngine, "install", lambda *_: None)
    ports = free_ports()
    with socket.create_server(("127.0.0.1", ports.kafka)):
        for name, port in ports.as_dict().items():
            monkeypatch.setenv(f"MINE_{name.upper()}_PORT", str(port))
        code, _, err = mine("up", "--engine", "local")
    assert code == 2
    told = err.splitlines()[-1]
    assert f"port {ports.kafka} for kafka is already used by " in told
    assert f"pid {os.getpid()}" in told
    assert "MINE_KAFKA_PORT" in told
    assert not (Path(os.environ["MINE_HOME"]) / "run").exists()


def test_a_running_network_is_not_turned_into_another_one(kept, monkeypatch):
    monkeypatch.setattr(Network, "running", lambda _: ["kafka"])
    with pytest.raises(Trouble, match="stop it first with: mine down"):
        commands._to_start(None, 20_000, None)
    same, running = commands._to_start(None, None, None)
    assert (same.plan, running) == (kept.plan, ["kafka"])


def test_a_network_that_is_down_may_come_back_as_another_one_and_else_as_it_was(kept, monkeypatch):
    monkeypatch.setattr(commands, "daemon_answers", lambda: False)
    assert commands._to_start(None, None, None)[0].plan == kept.plan
    moved, _ = commands._to_start(None, 20_000, False)
    assert moved.plan == replace(kept.plan, ports=moved.plan.ports, virtual_clock=False)
    assert moved.plan.ports.directory == 20_000


@pytest.mark.parametrize(
    ("text", "span"),
    [("90d", timedelta(days=90)), ("2w", timedelta(weeks=2)), ("1d12h30m5s", timedelta(1, 5, hours=12, minutes=30))],
)
def test_spans_of_time_are_written_short(text, span):
    assert duration(text) == span


@pytest.mark.parametrize("text", ["", "3", "d", "-3d", "3y", "3 d", "1e9d"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(Trouble, match="is no span of time"):
        duration(text)


def test_the_clock_is_shown_and_moved(mine, kept):
    before = json.loads(mine("clock", "--json")[1])
    after = json.loads(mine("clock", "move", "30d", "--json")[1])
    assert before["virtual"] is True
    assert after["now"] > before["now"]
    assert mine("clock", "move", "soon")[0] == 2


def test_a_token_is_all_that_is_printed(mine, kept):
    code, out, _ = mine("token", "--role", "center", "--center", "c-1")
    assert code == 0
    assert out.count(".") == 2
    assert json.loads(mine("token", "--role", "office", "--json")[1])["token"].count(".") == 2


def test_a_role_or_subject_that_cannot_be_is_one_line(mine, kept):
    assert "needs at least one role" in mine("token", "--role", "queen")[2]
    assert "not a mail address" in mine("token", "--role", "office", "--subject", "a@example.org")[2]


def test_status_says_what_is_down_by_its_exit_code_too(mine, kept):
    code, out, _ = mine("status", "--json")
    parts = json.loads(out)["parts"]
    assert code == 1
    assert {part["part"] for part in parts} >= {"kafka", "mongo", "smtp", "directory"}
    assert not any(part["ready"] for part in parts)


def test_a_service_that_is_down_is_one_line(mine, kept):
    code, _, err = mine("dead-letters", "list", "directory")
    assert code == 2
    assert "directory does not answer" in err
    assert "mine doctor" in err


def test_an_unknown_service_or_part_is_one_line(mine, kept):
    assert "there is no service kitchen" in mine("topics", "republish", "kitchen")[2]
    assert "there is no part called kitchen" in mine("logs", "kitchen")[2]


def test_logs_are_the_last_lines(mine, kept):
    log = kept.plan.home / "logs" / "kafka.log"
    log.parent.mkdir(parents=True)
    log.write_text("one\ntwo\nthree\n")
    assert mine("logs", "kafka", "-n", "2")[1] == "two\nthree\n"


def test_importing_elsewhere_needs_a_token_of_there(mine, monkeypatch):
    monkeypatch.delenv("MINE_TOKEN", raising=False)
    assert "needs a token" in mine("import", "centers", "list.csv", "--url", "http://directory.example.org")[2]


# ---- mine doctor


def wrong(findings: list[doctor.Finding]) -> dict[str, doctor.Finding]:
    return {finding.about: finding for finding in findings if not finding.well}


def test_before_the_first_start_only_the_machine_and_the_ports_are_looked_at(home, monkeypatch):
    ports = free_ports()
    for name, port in ports.as_dict().items():
        monkeypatch.setenv(f"MINE_{name.upper()}_PORT", str(port))
    findings = doctor.examine(home)
    assert [finding.about for finding in findings][-2:] == ["ports", "network"]
    with socket.create_server(("127.0.0.1", ports.smtp)):
        finding = wrong(doctor.examine(home))["ports"]
    assert f"port {ports.smtp} for smtp" in finding.told
    assert "MINE_SMTP_PORT" in finding.remedy


def test_a_half_dead_network_is_explained_line_by_line(kept, monkeypatch):
    monkeypatch.setattr(Network, "running", lambda _: ["smtp"])
    log = kept.plan.home / "logs" / "kafka.log"
    log.parent.mkdir(parents=True)
    log.write_text("starting\nFATAL: no space left on device\n")
    kept.token("office")
    (kept.plan.keys / "signing-key.pem").chmod(0o644)
    kept.plan.clock_file.parent.mkdir(exist_ok=True)
    kept.plan.clock_file.write_text("tomorrow")
    found = wrong(doctor.examine(kept.plan.home))
    assert "it said: FATAL: no space left on device" in found["kafka"].remedy
    assert "mine up" in found["kafka"].remedy
    assert "directory" in found
    assert found["keys"].remedy.startswith("chmod 600 ")
    assert "holds no number" in found["clock"].told
    assert "mend kafka first" in found["topics"].remedy
    assert all(finding.remedy for finding in found.values())


def test_a_damaged_record_of_the_network_is_explained(home):
    home.mkdir()
    (home / "network.json").write_text("[")
    assert "network.json" in wrong(doctor.examine(home))["network"].told


def test_missing_java_is_explained_where_it_is_needed(home, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    found = wrong(doctor.examine(home))
    assert "install a JDK" in found["java"].remedy


def test_doctor_exits_with_1_when_anything_is_wrong(mine, kept, monkeypatch):
    monkeypatch.setattr(Network, "running", lambda _: ["smtp"])
    code, out, _ = mine("doctor", "--json")
    told = json.loads(out)
    assert code == 1
    assert told["well"] is False
    assert "kafka" in [finding["about"] for finding in told["findings"] if not finding["well"]]
    assert mine("doctor")[0] == 1


# ---- the way in


def test_the_command_starts_without_a_terminal_and_from_anywhere(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "status"],
        cwd=tmp_path, env={**os.environ, "MINE_HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("mine: there is no network")
    assert "Traceback" not in done.stderr
