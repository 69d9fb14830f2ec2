"""The docker engine and `mine init` without Docker: a program called ``docker`` notes what it is asked."""

import json
import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.docker.environment import EXAMPLE, value, with_secrets, write_environment
from deploy.engines import Plan
from deploy.engines.docker import DockerEngine, publish_key_set
from deploy.errors import Trouble
from deploy.ports import free_ports
from shared.security.tokens import PRIVATE_KEY, rotate_key


class FakeDocker:
    """Stands first on the PATH. Answers what it was told to, and remembers how it was called."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.program = directory / "docker"
        self.answers("", 0)
        self.program.write_text(
            f'#!/bin/sh\nprintf "%s " "$@" >> {directory}/calls; echo >> {directory}/calls\n'
            f"cat {directory}/answer\nexit $(cat {directory}/code)\n"
        )
        self.program.chmod(0o755)

    def answers(self, text: str, code: int = 0) -> None:
        (self._directory / "answer").write_text(text)
        (self._directory / "code").write_text(str(code))

    @property
    def calls(self) -> list[str]:
        return (self._directory / "calls").read_text().splitlines()


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    return FakeDocker(directory)


def engine(home: Path, *, virtual_clock: bool = False, **environment: str) -> DockerEngine:
    home.mkdir(parents=True, exist_ok=True)
    (home / ".env").touch()
    return DockerEngine(Plan(home, "docker", free_ports(), virtual_clock, environment))


def container(state: str) -> str:
    return json.dumps({"Names": "mine-1-kafka-1", "State": state, "Status": "Up 3 minutes (healthy)"})


def test_two_networks_are_two_projects(tmp_path):
    assert engine(tmp_path / "one").project != engine(tmp_path / "other").project
    assert engine(tmp_path / "one").project == engine(tmp_path / "one").project


def test_a_part_without_container_does_not_run(home, docker):
    assert not engine(home).state("kafka").running
    assert engine(home).logs("kafka", 10) == []


def test_a_part_runs_when_its_container_does(home, docker):
    docker.answers(container("running"))
    state = engine(home).state("kafka")
    assert state.running
    assert state.detail == "mine-1-kafka-1, up 3 minutes (healthy)"
    docker.answers(container("restarting"))
    assert not engine(home).state("kafka").running


def test_stopping_asks_the_services_before_what_they_stand_on(home, docker):
    docker.answers(container("running"))
    engine(home).stop(["kafka", "mongo", "directory", "campaign"])
    stops = [call for call in docker.calls if " stop " in call]
    assert [call.partition(" stop ")[2].split() for call in stops] == [["directory", "campaign"], ["kafka", "mongo"]]


def test_what_docker_says_last_is_the_trouble(home, docker):
    docker.answers("Container created\nError response from daemon: no space left on device\n", 1)
    with pytest.raises(Trouble, match=r"docker ps failed: Error response from daemon: no space left on device"):
        engine(home).state("kafka")


def test_a_busy_port_is_refused_before_anything_is_started(home, docker, monkeypatch):
    import socket

    taken = engine(home)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", taken._plan.ports.exchange))
        listener.listen()
        with pytest.raises(Trouble, match=r"port \d+ for exchange is already used"):
            taken.start(["exchange"], lambda text: None)
    assert not [call for call in docker.calls if " up " in call]


def test_a_virtual_clock_and_settings_of_ones_own_are_overrides(home, docker):
    plain = engine(home / "plain").follow("directory")
    told = engine(home / "told", virtual_clock=True, MINE_LOG_LEVEL="DEBUG", MINE_ISSUER="a$b")
    told.start(["directory"], lambda text: None)
    [up] = [call for call in docker.calls if " up " in call]
    assert "compose.virtual-clock.yml" in up and str(home / "told" / "compose.json") in up
    override = json.loads((home / "told" / "compose.json").read_text())
    assert override["services"]["directory"]["environment"] == {"MINE_LOG_LEVEL": "DEBUG", "MINE_ISSUER": "a$$b"}
    assert "compose.json" not in " ".join(plain)


def test_kafka_is_an_address_only_where_it_is_published(home, docker):
    assert "kafka" not in engine(home).addresses()
    assert engine(home).beside_the_broker("topics") is not None
    (home / ".env").write_text("COMPOSE_FILE=docker-compose.yml:deploy/docker/compose.kafka-published.yml\n")
    published = DockerEngine(Plan(home, "docker", free_ports(), False, {}))
    assert published.addresses()["kafka"] == f"127.0.0.1:{published._plan.ports.kafka}"
    assert published.beside_the_broker("topics") is None


def test_containers_get_the_public_keys_and_follow_a_new_one(home):
    publish_key_set(home)
    first = (home / "public-keys" / "jwks.json").read_text()
    assert [path.name for path in (home / "public-keys").iterdir()] == ["jwks.json"]
    assert '"d"' not in first
    rotate_key(home / "keys")
    publish_key_set(home)
    keys = json.loads((home / "public-keys" / "jwks.json").read_text())["keys"]
    assert len(keys) == 2 and keys[1] in json.loads(first)["keys"]
    assert (home / "keys" / PRIVATE_KEY).exists()


# ---- .env


def secrets_in(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]*(?:PASSWORD|SECRET|KEY))=(.*)$", text, re.MULTILINE))


def test_every_secret_is_fresh_long_and_fit_for_a_uri():
    one, other = secrets_in(with_secrets(EXAMPLE.read_text())), secrets_in(with_secrets(EXAMPLE.read_text()))
    assert len(one) == 8 and one.keys() == other.keys()
    assert len({*one.values(), *other.values()}) == 16
    assert all(re.fullmatch(r"[\w-]{40,}", secret) for secret in one.values())


def test_what_is_no_secret_stays_as_it_is_in_the_example():
    changed = re.sub(
        r"^([A-Z_]*(?:PASSWORD|SECRET|KEY))=.*$", r"\1=", with_secrets(EXAMPLE.read_text()), flags=re.MULTILINE
    )
    assert changed == EXAMPLE.read_text()


def test_an_env_that_is_there_is_replaced_only_when_asked_to(tmp_path):
    target = tmp_path / ".env"
    write_environment(target)
    first = target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(Trouble, match="is there already; --force replaces it"):
        write_environment(target)
    assert target.read_text() == first
    write_environment(target, replace=True)
    assert secrets_in(target.read_text()) != secrets_in(first)


def test_mine_init_writes_an_env_and_the_keys(home, tmp_path, monkeypatch):
    monkeypatch.setattr("deploy.cli.network._REPOSITORY", tmp_path)
    assert CliRunner().invoke(app, ["init"]).exit_code == 0
    assert len(secrets_in((tmp_path / ".env").read_text())) == 8
    assert (home / "public-keys" / "jwks.json").exists()
    again = CliRunner().invoke(app, ["init"])
    assert isinstance(again.exception, Trouble)
    assert CliRunner().invoke(app, ["init", "--force"]).exit_code == 0


def test_a_setting_comes_from_the_environment_before_the_file(tmp_path, monkeypatch):
    file = tmp_path / ".env"
    file.write_text('#MINE_BIND=10.0.0.1\nMINE_BIND="10.0.0.2"\n')
    monkeypatch.delenv("MINE_BIND", raising=False)
    assert value("MINE_BIND", file) == "10.0.0.2"
    monkeypatch.setenv("MINE_BIND", "10.0.0.3")
    assert value("MINE_BIND", file) == "10.0.0.3"
    assert value("MINE_OTHER", tmp_path / "none") is None
