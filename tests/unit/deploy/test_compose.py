"""What the compose file promises, read as text: nothing here needs Docker."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.engines import BACKING, PARTS, SERVICES
from deploy.engines.local import _KAFKA_PROPERTIES
from deploy.ports import Ports, setting

REPOSITORY = Path(__file__).parents[3]
COMPOSE_FILE = REPOSITORY / "docker-compose.yml"
OVERRIDES = sorted((REPOSITORY / "deploy" / "docker").glob("compose.*.yml"))
DOCKERFILE = REPOSITORY / "deploy" / "docker" / "Dockerfile"
EXAMPLE = (REPOSITORY / ".env.example").read_text()
VARIABLE = re.compile(r"\$\{(\w+)(:[?-])?")
REQUIRED = re.compile(r"\$\{\w+:\?[^}]+\}")
LOOPBACK = "${MINE_BIND:-127.0.0.1}:"


class ComposeLoader(yaml.SafeLoader):
    """Knows compose's own tags, which say how an override is merged."""


def _as_it_is(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node)


ComposeLoader.add_constructor("!override", _as_it_is)


def parsed(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(file.read_text(), ComposeLoader)
    return document


COMPOSE = parsed(COMPOSE_FILE)
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
each_container = pytest.mark.parametrize("name", CONTAINERS)
each_service = pytest.mark.parametrize("name", SERVICES)
each_override = pytest.mark.parametrize("file", OVERRIDES, ids=lambda file: file.name)


def environment(name: str) -> dict[str, str]:
    given: dict[str, str] = CONTAINERS[name].get("environment", {})
    return given


def without_required(text: str) -> str:
    return REQUIRED.sub("REQUIRED", text)


def test_there_is_a_container_for_every_part_and_one_that_creates_the_topics():
    assert set(CONTAINERS) == {*PARTS, "topics"}


# ---- what a container may do


@each_container
def test_a_container_has_no_rights_it_does_not_need(name):
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    user, _, group = container["user"].partition(":")
    assert user.isdigit() and int(user) > 0 and group.isdigit() and int(group) > 0
    loosening = {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "userns_mode", "volumes_from"}
    assert not loosening & set(container)


@each_container
def test_a_container_cannot_eat_the_machine(name):
    container = CONTAINERS[name]
    assert container["mem_limit"] and 0 < container["pids_limit"] <= 1000
    assert {"max-size", "max-file"} <= set(container["logging"]["options"])
    for place in container["tmpfs"]:
        assert "size=" in place and "noexec" in place and "nosuid" in place


@each_container
def test_a_container_is_healthy_or_not_and_comes_back(name):
    container = CONTAINERS[name]
    if name == "topics":
        assert container["restart"] == "no"
        return
    assert container["restart"] == "unless-stopped"
    assert container["healthcheck"]["test"][0] == "CMD", "no shell in between"
    assert int(container["stop_grace_period"].removesuffix("s")) >= 10


@each_container
def test_an_image_is_named_by_its_version(name):
    image = CONTAINERS[name]["image"]
    if "build" in CONTAINERS[name]:
        assert image == "${MINE_IMAGE:-mine:local}"
    else:
        assert re.fullmatch(r"[\w/.-]+:\d+\.\d+(\.\d+)?", image)


def test_the_image_is_made_of_a_named_version_and_of_locked_packages():
    text = DOCKERFILE.read_text()
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"python:3.12-slim"}
    assert "--require-hashes" in text and "requirements/base.txt" in text
    assert re.search(r"^USER 10001:10001$", text.rpartition("FROM ")[2], re.MULTILINE)
    assert "://" not in text, "where packages come from is the builder's affair"


def test_nothing_but_sources_reaches_the_builder():
    rules = [line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    assert {rule for rule in rules if rule[0] == "!"} == {
        "!requirements/base.txt", "!services", "!shared", "!deploy",
    }  # fmt: skip


# ---- who can be reached


def test_only_http_is_published_and_on_the_loopback_interface_unless_told_otherwise():
    published = {name: container["ports"] for name, container in CONTAINERS.items() if "ports" in container}
    assert set(published) == {*SERVICES, "smtp"}
    for name, entries in published.items():
        [entry] = entries
        port = "mail_page" if name == "smtp" else name
        inside = "8126" if name == "smtp" else environment(name)["MINE_HTTP_PORT"]
        assert entry == f"{LOOPBACK}${{{setting(port)}:-{Ports().of(port)}}}:{inside}"


def test_the_engines_have_no_way_out_and_nobody_has_a_way_in():
    assert COMPOSE["networks"]["engines"] == {"internal": True}
    for name in ("kafka", "mongo", "topics"):
        assert CONTAINERS[name]["networks"] == ["engines"]
    assert "engines" not in CONTAINERS["smtp"]["networks"], "who takes mails from anywhere needs no database"


@each_service
def test_a_service_waits_for_database_broker_and_topics(name):
    waits = {other: wait["condition"] for other, wait in CONTAINERS[name]["depends_on"].items()}
    assert waits.items() >= {
        "mongo": "service_healthy", "kafka": "service_healthy", "topics": "service_completed_successfully",
    }.items()  # fmt: skip


# ---- secrets


@each_container
def test_no_secret_has_a_default(name):
    for variable, text in environment(name).items():
        if re.search("PASSWORD|SECRET|TOKEN|_KEY$", variable) and variable != "MINE_SMTP_PASSWORD":
            assert REQUIRED.fullmatch(text), f"{variable} of {name}"
    assert environment("newsletter")["MINE_SMTP_PASSWORD"] == "${MAIL_SERVER_PASSWORD:-}", "the catcher asks for none"


def test_all_services_have_the_same_key_to_recognise_a_person_by():
    assert len({environment(name)["MINE_PERSON_KEY"] for name in SERVICES}) == 1


@each_service
def test_a_service_reaches_its_own_database_as_its_own_user_and_knows_no_other_password(name):
    uri = environment(name)["MINE_MONGO_URI"]
    assert without_required(uri) == f"mongodb://{name}:REQUIRED@mongo:27017/{name}"
    assert environment(name)["MINE_DATABASE"] == name
    passwords = re.findall(r"MONGO_\w+_PASSWORD", str(CONTAINERS[name]))
    assert set(passwords) == {f"MONGO_{name.upper()}_PASSWORD"}


def test_the_database_makes_a_user_for_every_service_and_for_nobody_else():
    script = (REPOSITORY / "deploy" / "docker" / "mongo-users.js").read_text()
    [listed] = re.findall(r"of \[(.*?)\]", script)
    assert set(re.findall(r'"(\w+)"', listed)) == set(SERVICES)
    assert re.findall(r"roles: \[(.*?)\]", script) == ['{ role: "readWrite", db: service }']
    assert "--auth" in CONTAINERS["mongo"]["command"]
    for service in SERVICES:
        assert f"MONGO_{service.upper()}_PASSWORD" in environment("mongo")


def test_the_example_has_a_line_for_every_variable_and_a_value_for_none_that_is_secret():
    lines = dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    named = {variable for variable, _ in VARIABLE.findall(COMPOSE_FILE.read_text())}
    assert named - set(lines) == {"MINE_IMAGE"}
    required = {variable for variable, how in VARIABLE.findall(COMPOSE_FILE.read_text()) if how == ":?"}
    uncommented = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert uncommented == dict.fromkeys(required, "")


@each_container
def test_containers_are_given_public_keys_and_no_other_file_that_could_be_a_secret(name):
    for volume in CONTAINERS[name].get("volumes", []):
        if isinstance(volume, dict):
            assert volume["source"] == "${MINE_HOME:-./var}/public-keys"
            assert volume["read_only"] is True
            assert volume["bind"] == {"create_host_path": False}
        elif volume.startswith("."):
            assert volume == "./deploy/docker/mongo-users.js:/docker-entrypoint-initdb.d/users.js:ro"
        else:
            assert volume.partition(":")[0] in COMPOSE["volumes"], "an anonymous volume would be lost"


# ---- the same network as on the local engine


def test_the_broker_is_set_as_the_local_one():
    def properties() -> dict[str, str]:
        lines = [line for line in _KAFKA_PROPERTIES.splitlines() if line and not line.startswith("#")]
        return dict(line.split("=", 1) for line in lines)

    about_the_place = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
    for name, wanted in properties().items():
        if name not in about_the_place:
            assert environment("kafka")["KAFKA_" + name.upper().replace(".", "_")] == wanted, name


@each_service
def test_a_service_is_told_only_what_it_understands(name):
    settings = importlib.import_module(f"services.{name}.service").SERVICE.settings
    told = set(environment(name)) - {"NUMBA_CACHE_DIR"}  # a library's
    assert told <= {f"MINE_{field.upper()}" for field in settings.model_fields}


@each_service
def test_a_service_is_asked_for_its_health_on_its_own_port(name):
    container = CONTAINERS[name]
    assert container["command"][-1] == f"services.{name}"
    assert container["healthcheck"]["test"][-1] == environment(name)["MINE_HTTP_PORT"]


# ---- overrides


@each_override
def test_an_override_loosens_nothing(file):
    for name, changed in parsed(file)["services"].items():
        assert set(changed) <= {"environment", "volumes", "networks", "ports", "command", "extends"}, name
        for volume in changed.get("volumes", []):
            assert volume["read_only"] is True and volume["source"] == "${MINE_HOME:-./var}/clock"
        for port in changed.get("ports", []):
            assert port.startswith("127.0.0.1:" if name in BACKING else LOOPBACK)


def test_there_are_overrides_to_look_at():
    assert {file.name for file in OVERRIDES} >= {"compose.no-auth.yml", "compose.virtual-clock.yml"}


@each_service
def test_without_users_no_password_is_left_in_a_uri(name):
    changed = parsed(REPOSITORY / "deploy" / "docker" / "compose.no-auth.yml")["services"]
    assert "@" not in changed[name]["environment"]["MINE_MONGO_URI"]
