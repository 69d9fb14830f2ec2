import http.server
import json
import os
import stat
import threading
from datetime import timedelta

import httpx
import jwt
import pytest

from deploy.engines import SERVICES, Plan, State
from deploy.engines.local import LocalEngine
from deploy.errors import Trouble
from deploy.network import Network
from deploy.ports import Ports, free_ports


class NoEngine:
    """An engine in name only: what runs is what a test says."""

    name = "local"

    def __init__(self, running: tuple[str, ...] = (), addresses: dict[str, str] | None = None) -> None:
        self.running = list(running)
        self.known = addresses or {}
        self.calls: list[tuple[str, ...]] = []

    def install(self, tell):
        self.calls.append(("install",))

    def start(self, parts, tell):
        self.calls.append(("start", *parts))
        self.running += parts

    def stop(self, parts):
        self.calls.append(("stop", *parts))
        self.running = [part for part in self.running if part not in parts]

    def kill(self, part):
        self.calls.append(("kill", part))

    def state(self, part):
        return State(part in self.running, "")

    def addresses(self):
        return self.known

    def logs(self, part, lines):
        return ["first line", "the last line", ""]

    def follow(self, part):
        return []

    def beside_the_broker(self, *arguments):
        return None

    def wipe(self):
        self.calls.append(("wipe",))


@pytest.fixture
def network(home):
    network = Network.planned(home, Ports())
    network.engine = NoEngine()
    return network


@pytest.fixture
def service():
    """A service whose readiness a test decides: a list of (status, body), the last of which stays."""
    answers = [(200, {"ok": True, "parts": {}})]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", answers
    server.shutdown()
    server.server_close()


def test_later_commands_find_a_network_as_it_was_started(home):
    network = Network.planned(home, free_ports(), virtual_clock=True, environment={"MINE_LOG_LEVEL": "DEBUG"})
    network.engine = NoEngine()
    network.start_engines()
    kept = Network.kept_in(home)
    assert kept is not None
    assert kept.plan == network.plan


def test_where_none_was_started_there_is_none(home):
    assert Network.kept_in(home) is None


def test_a_damaged_record_is_one_clear_line(home):
    home.mkdir()
    (home / "network.json").write_text("{")
    with pytest.raises(Trouble, match=r"network\.json cannot be read"):
        Network.kept_in(home)


def test_an_engine_that_is_none_is_refused(home):
    with pytest.raises(Trouble, match="no engine podman; there are: local, docker"):
        Network.planned(home, Ports(), engine="podman")


def test_two_ephemeral_networks_share_neither_home_nor_settings(tmp_path):
    one, other = Network.ephemeral(tmp_path / "one"), Network.ephemeral(tmp_path / "other")
    assert one.plan.home != other.plan.home
    assert one.plan.virtual_clock


def test_the_clock_moves_for_everybody_and_only_where_it_is_virtual(home):
    network = Network.planned(home, Ports(), virtual_clock=True)
    before = network.time()
    network.clock.move(timedelta(days=30))
    assert Network.planned(home, Ports(), virtual_clock=True).time() - before >= timedelta(days=30)
    with pytest.raises(Trouble, match="--virtual-clock"):
        _ = Network.planned(home, Ports()).clock


def test_a_token_carries_what_was_asked_for_and_its_key_is_secret(network, home):
    token = network.token("center", centers=["c-1"], subject="kaminek", lifetime=timedelta(hours=1))
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["roles"], claims["centers"]) == ("kaminek", ["center"], ["c-1"])
    assert claims["exp"] - claims["iat"] == 3600
    assert stat.S_IMODE((home / "keys" / "signing-key.pem").stat().st_mode) == 0o600


def test_an_unknown_role_is_one_clear_line(network):
    with pytest.raises(Trouble, match="needs at least one role"):
        network.token("queen")


@pytest.mark.parametrize("name", ["newsletter-secret", "person-key"])
def test_a_secret_is_made_once_and_kept_to_its_owner(network, home, name):
    secret = network.plan.secret(name)
    assert len(secret) >= 32
    assert network.plan.secret(name) == secret != network.plan.secret("another")
    assert stat.S_IMODE((home / "keys" / name).stat().st_mode) == 0o600


def test_on_the_local_engine_all_services_share_the_key_and_no_secret(home):
    engine = LocalEngine(Plan(home, "local", Ports(), False, {}))
    told = {service: engine._service_environment(service) for service in SERVICES}
    assert len({each["MINE_PERSON_KEY"] for each in told.values()}) == 1
    secrets = [each["MINE_SECRET"] for each in told.values() if "MINE_SECRET" in each]
    assert len(secrets) == len(set(secrets)) >= 1
    assert told["directory"]["MINE_PERSON_KEY"] not in secrets


def test_down_keeps_the_data_and_wipe_removes_them_but_not_the_keys(network, home):
    network.token("office")
    network.start_engines()
    (home / "imports").mkdir()
    network.down()
    assert ("wipe",) not in network.engine.calls
    assert (home / "imports").exists()
    network.down(wipe=True)
    assert network.engine.calls[-1] == ("wipe",)
    assert os.listdir(home) == ["keys"]


def test_wiping_a_local_network_leaves_its_keys_and_what_it_does_not_know(home):
    network = Network.planned(home, Ports(), virtual_clock=True)
    network.token("office")
    network.clock.move(timedelta(days=1))
    for name in ("kafka", "mongo", "mail", "logs", "newsletter", "somebody-elses"):
        (home / name).mkdir()
    network.down(wipe=True)
    assert sorted(os.listdir(home)) == ["keys", "somebody-elses"]


def test_restarting_stops_first(network):
    network.restart("directory", wait=False)
    assert network.engine.calls == [("stop", "directory"), ("start", "directory")]


def test_a_part_without_an_address_is_one_clear_line(network):
    with pytest.raises(Trouble, match="kafka cannot be reached from outside the local engine"):
        network.address("kafka")


def test_waiting_ends_when_the_service_says_it_is_ready(network, service):
    url, answers = service
    network.engine = NoEngine(("directory",), {"directory": url})
    answers.insert(0, (503, {"ok": False, "parts": {"store": "ok", "consumer": "no partitions yet"}}))
    told: list[str] = []
    network.wait_ready("directory", tell=told.append)
    assert told == ["waiting for directory"] * 2


def test_who_is_not_ready_in_time_is_quoted(network, service):
    url, answers = service
    network.engine = NoEngine(("directory",), {"directory": url})
    answers[:] = [(503, {"ok": False, "parts": {"store": "ok", "consumer": "no partitions yet"}})]
    with pytest.raises(Trouble, match="directory: consumer: no partitions yet"):
        network.wait_ready("directory", timeout_s=0.1)


def test_who_ended_while_starting_is_told_with_its_last_words(network):
    network.engine = NoEngine((), {"directory": "http://127.0.0.1:9"})
    with pytest.raises(Trouble, match="directory ended while starting: the last line"):
        network.wait_ready("directory")


def test_a_stranger_on_the_port_is_not_taken_for_the_service(network, service):
    url, answers = service
    network.engine = NoEngine(("directory",), {"directory": url})
    strange: list[tuple[int, object]] = [
        (404, "nothing here"),
        (200, []),
        (200, {"ok": True}),
        (200, {"ok": True, "parts": None}),
    ]
    for answer in strange:
        answers[:] = [answer]
        assert network.complaint("directory") == "gives an answer that is none of ours"


def test_a_client_carries_the_token_and_knows_the_way(network):
    network.engine = NoEngine((), {"directory": "http://127.0.0.1:8101"})
    with network.client("directory", "abc") as client:
        assert isinstance(client, httpx.Client)
        assert client.headers["Authorization"] == "Bearer abc"
        assert str(client.base_url) == "http://127.0.0.1:8101"


def test_the_network_is_stopped_again_when_its_start_fails(network, monkeypatch):
    def fails(parts, tell):
        raise Trouble("port 9092 for kafka is already used")

    monkeypatch.setattr(network.engine, "start", fails)
    with pytest.raises(Trouble, match="9092"), network:
        pass
    assert network.engine.calls[-1][0] == "stop"
    assert set(SERVICES) <= set(network.engine.calls[-1])
