import os
import socket
from collections.abc import Iterator

import pytest

from deploy.errors import Trouble
from deploy.ports import Ports, accepts, checked, free_ports, from_environment, listener, require_free


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_the_services_have_the_documented_ports_unless_told_otherwise():
    ports = from_environment(environment={})
    assert (ports.directory, ports.exchange, ports.newsletter, ports.campaign) == (8101, 8102, 8103, 8104)


def test_one_base_port_moves_all_of_them_and_a_setting_of_its_own_still_wins():
    ports = from_environment(base=20_000, environment={"MINE_KAFKA_PORT": "9999"})
    assert ports.kafka == 9999
    others = [port for name, port in ports.as_dict().items() if name != "kafka"]
    assert all(20_000 <= port < 20_010 for port in others)


def test_the_ports_of_a_network_that_was_there_before_are_kept():
    before = from_environment(base=20_000, environment={})
    assert from_environment(environment={}, otherwise=before) == before


@pytest.mark.parametrize("text", ["", "abc", "-1", "8101.5", "0", "65536"])
def test_what_is_no_port_is_refused_with_the_name_of_its_setting(text):
    with pytest.raises(Trouble, match="MINE_DIRECTORY_PORT"):
        from_environment(environment={"MINE_DIRECTORY_PORT": text})


def test_two_parts_on_one_port_are_refused():
    with pytest.raises(Trouble, match="both directory and exchange"):
        checked(Ports(directory=9000, exchange=9000))


def test_a_busy_port_names_its_user_and_the_setting_that_moves_it(busy_port):
    with pytest.raises(Trouble) as trouble:
        require_free("kafka", busy_port)
    told = str(trouble.value)
    assert f"port {busy_port} for kafka" in told
    assert "MINE_KAFKA_PORT" in told
    assert f"pid {os.getpid()}" in told
    assert "\n" not in told


def test_a_free_port_passes_and_nobody_is_named_for_it(busy_port):
    free = free_ports().kafka
    assert free != busy_port
    require_free("kafka", free)
    assert listener(free) is None
    assert not accepts(free)
    assert accepts(busy_port)


def test_a_port_just_left_by_a_server_counts_as_free():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            connection, _ = listening.accept()
            connection.close()  # the server's side closes first: the port lingers for a minute
    require_free("kafka", port)


def test_free_ports_are_distinct_and_outside_the_range_the_system_hands_out_itself():
    ports = list(free_ports().as_dict().values())
    assert len(set(ports)) == len(ports)
    assert all(10_000 <= port < 32_000 for port in ports)
