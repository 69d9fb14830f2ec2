"""The examples for strangers read our records. (Run against a broker by hand, see their READMEs.)"""

import importlib.util
import shutil
import subprocess
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from shared.events import Recorded
from shared.events.catalogue import streams
from shared.events.documents.golden import example
from shared.messaging.wire import encode

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture(scope="module")
def subscribe() -> ModuleType:
    """examples/python/subscribe.py"""
    spec = importlib.util.spec_from_file_location("subscribe", EXAMPLES / "python" / "subscribe.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def as_received(recorded: Recorded, offset: int = 0) -> SimpleNamespace:
    """The record as aiokafka hands it over."""
    record = encode(recorded)
    return SimpleNamespace(
        topic=record.topic,
        partition=0,
        offset=offset,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
    )


EVENT = replace(example(streams()[0], streams()[0].events[0]), sequence=1)


def test_the_python_example_shows_an_event_once(subscribe: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    seen = subscribe.Seen()
    subscribe.handle(as_received(EVENT), seen)
    subscribe.handle(as_received(EVENT), seen)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"2026-03-01 09:30 {EVENT.type} {EVENT.key} #1"
    assert len(told) == 2


def test_the_python_example_says_when_something_is_missing(
    subscribe: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = subscribe.Seen()
    subscribe.handle(as_received(EVENT), seen)
    subscribe.handle(as_received(replace(EVENT, sequence=4)), seen)
    assert f"(events 2 to 3 of {EVENT.key} are missing)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "headers",
    [(), (("ce_id", b"\xff"),), tuple(pair for pair in encode(EVENT).headers if pair[0] != "ce_type")],
    ids=["no headers", "not UTF-8", "no type"],
)
def test_the_python_example_passes_over_what_is_no_event(
    subscribe: ModuleType, capsys: pytest.CaptureFixture[str], headers: tuple[tuple[str, bytes], ...]
) -> None:
    record = as_received(EVENT, offset=7)
    record.headers = headers
    subscribe.handle(record, subscribe.Seen())
    assert capsys.readouterr().out.startswith("passed over directory.center.v1 0:7: ")


def test_the_python_example_names_the_versions_it_is_tested_with() -> None:
    wanted = (EXAMPLES / "python" / "requirements.txt").read_text().split()
    assert wanted == [f"{name}=={version(name)}" for name in ("aiokafka", "cloudevents")]


def test_the_node_example_is_a_program() -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not here")
    done = subprocess.run(
        ["node", "--check", str(EXAMPLES / "node" / "subscribe.mjs")], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
