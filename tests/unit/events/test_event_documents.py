"""What docs/events says is true today, is valid, and is what a stranger's tools expect."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from shared.events import Event
from shared.events.catalogue import SERVICES, event_type, parse, streams, topics
from shared.events.compatibility import released
from shared.events.documents import short_name
from shared.events.documents.asyncapi import HEADERS, network_document, service_document
from shared.events.documents.schema import about
from shared.events.generate import FOLDER, documents, listening, stale, write
from shared.messaging.wire import decode

CURRENT = sorted(short_name(type_) for stream in streams() for type_ in stream.types)


def test_the_documents_are_those_of_todays_events() -> None:
    listened = listening(f"services.{service}" for service in SERVICES)
    assert stale(FOLDER, documents(streams(), released(FOLDER), listened)) == [], "make docs"


def test_there_is_no_document_of_an_event_that_never_was() -> None:
    known = released(FOLDER)
    for name, promise in known.items():
        assert promise.schema is not None, f"{name} has an example and no schema"
        assert promise.example is not None, f"{name} has a schema and no example"
    assert {path.name for path in (FOLDER / "asyncapi").iterdir()} == {
        "mine.json",
        *(f"{service}.json" for service in SERVICES),
    }


def test_the_same_events_give_the_same_bytes(tmp_path: Path) -> None:
    first = documents(streams(), {}, {})
    write(tmp_path, first)
    assert stale(tmp_path, first) == []
    assert documents(streams(), released(tmp_path), {}) == first


def test_a_changed_document_is_noticed(tmp_path: Path) -> None:
    files = documents(streams(), {}, {})
    write(tmp_path, files)
    name = f"schemas/{CURRENT[0]}.json"
    (tmp_path / name).write_text("{}")
    (tmp_path / "README.md").unlink()
    assert stale(tmp_path, files) == ["README.md", name]


@pytest.mark.parametrize("name", CURRENT)
def test_a_schema_is_valid_and_its_example_fits(name: str) -> None:
    schema, golden = _schema(name), _golden(name)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    validator.validate(golden["data"])
    for example in schema["examples"]:
        validator.validate(example)
    assert schema["$id"] == golden["headers"]["ce_dataschema"] == f"urn:mine:schema:{name}"
    assert schema["title"] == name.split(".")[1]
    assert schema["description"]


@pytest.mark.parametrize("name", CURRENT)
def test_a_schema_refuses_what_it_should_and_lets_newer_fields_pass(name: str) -> None:
    schema = _schema(name)
    validator = Draft202012Validator(schema)
    data = _golden(name)["data"]
    validator.validate({**data, "added_later": 1, "snapshot": {**data["snapshot"], "added_later": 1}})
    for field in schema["required"]:
        with pytest.raises(ValidationError):
            validator.validate({key: value for key, value in data.items() if key != field})
    with pytest.raises(ValidationError):
        validator.validate({**data, "snapshot": {}})


@pytest.mark.parametrize("name", CURRENT)
def test_a_golden_example_is_a_record_that_we_read(name: str) -> None:
    golden = _golden(name)
    headers: list[tuple[str, bytes | None]] = [(key, value.encode()) for key, value in golden["headers"].items()]
    recorded = decode(golden["topic"], golden["key"].encode(), json.dumps(golden["data"]).encode(), headers)
    known = event_type(recorded.type)
    assert known is not None
    assert known[0].topic == golden["topic"]
    received = parse(recorded)
    assert received is not None
    assert isinstance(received.event, known[1])
    assert set(golden["headers"]) == set(HEADERS), "the example shows every header"


def test_an_event_that_does_not_explain_itself_gets_no_document() -> None:
    class Unexplained(Event):
        pass

    with pytest.raises(ValueError, match="Unexplained needs a docstring"):
        about(Unexplained)


def test_every_field_of_the_index_is_there() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    for spec in topics():
        assert f"`{spec.name}`" in page
    for stream in streams():
        for event in stream.events:
            assert f"[{type(event).__name__}](schemas/{short_name(stream.type_of(type(event)))}.json)" in page
    for link in _links(page):
        assert (FOLDER / link).is_file(), link


def _links(page: str) -> Iterator[str]:
    for part in page.split("](")[1:]:
        target = part.split(")")[0]
        if not target.startswith("#"):
            yield target


# ---- AsyncAPI, without tools of others


@pytest.mark.parametrize("name", ["mine", *SERVICES])
def test_an_asyncapi_document_holds_together(name: str) -> None:
    document = _asyncapi(name)
    assert document["asyncapi"] == "3.0.0"
    assert set(document["info"]) == {"title", "version", "description"}
    for reference in _references(document):
        _resolve(document, reference)
    for channel in document["channels"].values():
        stream = next(stream for stream in streams() if stream.topic == channel["address"])
        assert channel["bindings"]["kafka"]["partitions"] == stream.partitions
        for key, reference in channel["messages"].items():
            message = _resolve(document, reference["$ref"])
            assert short_name(message["name"]) == key
    for operation in document["operations"].values():
        channel = _resolve(document, operation["channel"]["$ref"])
        assert operation["action"] in ("send", "receive")
        for reference in operation["messages"]:
            assert reference["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
            assert reference["$ref"].rpartition("/")[2] in channel["messages"]


@pytest.mark.parametrize("name", ["mine", *SERVICES])
def test_an_asyncapi_documents_examples_fit_its_schemas(name: str) -> None:
    document = _asyncapi(name)
    for message in document["components"]["messages"].values():
        payload = {**_resolve(document, message["payload"]["$ref"]), "components": document["components"]}
        for example in message["examples"]:
            Draft202012Validator(payload, format_checker=FormatChecker()).validate(example["payload"])
            Draft202012Validator(message["headers"], format_checker=FormatChecker()).validate(example["headers"])


def test_the_whole_network_sends_every_event_and_each_service_its_own() -> None:
    whole = _asyncapi("mine")
    assert {channel["address"] for channel in whole["channels"].values()} == {stream.topic for stream in streams()}
    assert sorted(whole["components"]["messages"]) == CURRENT
    for service in SERVICES:
        document = _asyncapi(service)
        sent = {
            _resolve(document, operation["channel"]["$ref"])["address"]
            for operation in document["operations"].values()
            if operation["action"] == "send"
        }
        assert sent == {stream.topic for stream in streams() if stream.service == service}


def test_a_service_receives_what_it_listens_to_and_nothing_else() -> None:
    stream = streams()[0]
    followed = list(stream.types)[:2]
    document = service_document("campaign", streams(), {stream.topic: followed})
    received = [op for op in document["operations"].values() if op["action"] == "receive"]
    assert [reference["$ref"].rpartition("/")[2] for op in received for reference in op["messages"]] == [
        short_name(type_) for type_ in followed
    ]
    channel = _resolve(document, received[0]["channel"]["$ref"])
    assert list(channel["messages"]) == [short_name(type_) for type_ in followed]
    assert set(network_document(streams())["channels"]) > set(document["channels"])


def test_no_document_names_a_real_host() -> None:
    for path in (FOLDER / "asyncapi").iterdir():
        server = json.loads(path.read_text(encoding="utf-8"))["servers"]["kafka"]
        assert server["host"] == "{kafka}"
        assert server["variables"]["kafka"]["default"] == "127.0.0.1:9092"


# ---- AsyncAPI, with the parser of its authors

PARSER = "@asyncapi/parser@3.6.3"
HOME = Path(__file__).resolve().parents[3] / ".engines" / "asyncapi"
SCRIPT = """
import { readFileSync } from "node:fs";
import parser from "@asyncapi/parser";
const told = {};
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await new parser.Parser().parse(readFileSync(file, "utf8"), { source: file });
  told[file] = {
    parsed: document !== undefined,
    messages: document === undefined ? [] : document.allMessages().all().map((message) => message.name()),
    errors: diagnostics.filter((d) => d.severity === 0).map((d) => `${d.path.join(".")}: ${d.message}`),
    warnings: diagnostics.filter((d) => d.severity === 1).map((d) => `${d.path.join(".")}: ${d.message}`),
  };
}
console.log(JSON.stringify(told));
"""


@pytest.fixture(scope="module")
def official_parser() -> Path:
    """A folder with the parser in it, installed once under .engines; skips where it cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("the AsyncAPI parser needs node and npm, which are not here")
    if not (HOME / "node_modules" / "@asyncapi" / "parser").is_dir():
        HOME.mkdir(parents=True, exist_ok=True)
        (HOME / "package.json").write_text('{"private": true, "type": "module"}')
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", PARSER]
        done = subprocess.run(command, check=False, cwd=HOME, capture_output=True, text=True, timeout=180)
        if done.returncode != 0:
            pytest.skip(f"npm could not fetch {PARSER}: {done.stderr.strip().splitlines()[-1:]}")
    (HOME / "validate.mjs").write_text(SCRIPT)
    return HOME


def _told_by_parser(home: Path, files: list[Path]) -> dict[str, Any]:
    done = subprocess.run(
        ["node", "validate.mjs", *map(str, files)],
        check=False,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


BREAKING: dict[str, Callable[[dict[str, Any], str], object]] = {
    "a missing message": lambda document, name: document["components"]["messages"].pop(name),
    "a missing schema": lambda document, name: document["components"]["schemas"].pop(name),
    "an operation without action": lambda document, _: next(iter(document["operations"].values())).pop("action"),
}


@pytest.fixture(scope="module")
def told(official_parser: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the parser says of each document, by its name, and of one that was broken in each of three ways."""
    files = {path.stem: path for path in sorted((FOLDER / "asyncapi").glob("*.json"))}
    for number, (name, breaking) in enumerate(BREAKING.items()):
        document = _asyncapi("campaign")
        breaking(document, next(iter(document["components"]["messages"])))
        files[name] = tmp_path_factory.mktemp("broken") / f"{number}.json"
        files[name].write_text(json.dumps(document))
    by_file = _told_by_parser(official_parser, list(files.values()))
    return {name: by_file[str(path)] for name, path in files.items()}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["mine", *SERVICES])
def test_the_official_parser_accepts_every_document(told: dict[str, Any], name: str) -> None:
    assert told[name]["parsed"]
    assert told[name]["errors"] == []
    assert told[name]["warnings"] == []
    assert {short_name(message) for message in told[name]["messages"]} == set(_asyncapi(name)["components"]["messages"])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("broken", BREAKING)
def test_the_official_parser_would_say_so(told: dict[str, Any], broken: str) -> None:
    assert told[broken]["errors"]


def _schema(name: str) -> dict[str, Any]:
    return _read(FOLDER / "schemas" / f"{name}.json")


def _golden(name: str) -> dict[str, Any]:
    return _read(FOLDER / "examples" / f"{name}.json")


def _asyncapi(name: str) -> dict[str, Any]:
    return _read(FOLDER / "asyncapi" / f"{name}.json")


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _resolve(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found
