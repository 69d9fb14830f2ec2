"""Logs, traces and numbers."""

import asyncio
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shared.observability import tracing
from shared.observability.logging import configure_logging
from shared.observability.metrics import Metrics

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    root = logging.getLogger()
    before = (root.handlers, root.level)
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    root.handlers, root.level = before
    structlog.reset_defaults()


def test_a_line_says_service_time_level_logger_and_trace(logged: Any) -> None:
    configure_logging("park")
    with tracing.continued(f"00-{TRACE}-{SPAN}-01", "case-7", service="lake") as trace:
        structlog.get_logger("here").info("said", number=3, none=None)
    structlog.get_logger("here").warning("later")
    structlog.get_logger("here").debug("not shown")
    first, second = logged()
    assert first.pop("time").endswith("Z")
    assert first == {
        "event": "said",
        "number": 3,
        "none": None,
        "level": "info",
        "logger": "here",
        "service": "lake",
        "correlation": "case-7",
        "trace": TRACE,
        "span": trace.span_id,
    }
    assert second["service"] == "park"
    assert "trace" not in second


def test_what_libraries_log_takes_the_same_way_once(logged: Any) -> None:
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.addHandler(logging.StreamHandler(sys.stdout))
    configure_logging("park")
    with tracing.continued(None, "case-7"):
        for name in ("uvicorn.error", "aiokafka.consumer", "faststream", "anything"):
            logging.getLogger(name).warning("from %s", name, extra={"partition": 3})
        logging.getLogger("uvicorn.access").info("GET /benches/secret")
    lines = logged()
    assert [line["event"] for line in lines] == [
        "from uvicorn.error",
        "from aiokafka.consumer",
        "from faststream",
        "from anything",
    ]
    assert {(line["correlation"], line["partition"]) for line in lines} == {("case-7", 3)}


def test_no_personal_data_reaches_the_log(logged: Any) -> None:
    configure_logging("park")
    log = structlog.get_logger("here")
    log.info("to marie@example.org", email="a", Address="b", nested={"token": "c", "list": [{"phone": "d"}]})
    try:
        raise ValueError("no mailbox <jan.novák+x@example.org>")
    except ValueError:
        log.exception("failed", who=ValueError("eva@example.org"), kept="Praha")
    first, second = logged()
    assert first["event"] == "to [masked]"
    assert (first["email"], first["Address"], first["nested"]["token"]) == ("[masked]", "[masked]", "[masked]")
    assert first["nested"]["list"] == [{"phone": "[masked]"}]
    assert second["kept"] == "Praha"
    assert "ValueError: no mailbox <[masked]>" in second["exception"]
    assert "example.org" not in json.dumps([first, second])


def test_a_trace_goes_on_in_a_new_span() -> None:
    with tracing.continued(f"00-{TRACE}-{SPAN}-00", "c") as trace:
        assert tracing.current_trace.get() == trace
        assert str(trace).startswith(f"00-{TRACE}-")
        assert str(trace).endswith("-00")
        assert trace.span_id != SPAN
    assert tracing.current_trace.get() is None


def test_a_context_does_not_outlive_an_exception() -> None:
    with pytest.raises(RuntimeError), tracing.continued(None, "c"):
        raise RuntimeError
    assert tracing.current_trace.get() is None
    assert structlog.contextvars.get_contextvars() == {}


async def _spans_of(number: int) -> tuple[str, str]:
    with tracing.continued(None, str(number)) as trace:
        await asyncio.sleep(0)
        return trace.trace_id, structlog.contextvars.get_contextvars()["trace"]


def test_concurrent_requests_do_not_mix() -> None:
    async def many() -> list[tuple[str, str]]:
        return await asyncio.gather(*(_spans_of(number) for number in range(20)))

    found = asyncio.run(many())
    assert len({own for own, _ in found}) == 20
    assert all(own == bound for own, bound in found)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE[:-1]}٣-{SPAN}-01",
    ],
)
def test_a_malformed_traceparent_begins_a_new_trace(header: str | None) -> None:
    assert tracing.parse(header) is None
    with tracing.continued(header, "c") as begun:
        assert begun.trace_id != TRACE


def test_a_later_version_is_read_by_what_is_known_of_it() -> None:
    assert tracing.parse(f"01-{TRACE}-{SPAN}-03-more") == tracing.Trace(TRACE, SPAN, "01")


@given(st.text(max_size=80))
def test_any_header_gives_a_valid_child(header: str) -> None:
    with tracing.continued(header, "c") as begun:
        assert tracing.parse(str(begun)) == begun


def test_several_services_in_a_process_keep_their_own_numbers() -> None:
    first, second = Metrics(), Metrics()
    first.mails.labels("sent").inc(3)
    in_flight = []

    def fail() -> None:
        with first.command("bench"), first.command("bench"):
            in_flight.append(first.registry.get_sample_value("mine_commands_in_flight"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert in_flight == [2]
    assert first.registry.get_sample_value("mine_commands_in_flight") == 0
    assert b'mine_mails_total{outcome="sent"} 3.0' in first.exposition()
    assert b"sent" not in second.exposition()
    outcomes = {"aggregate": "bench", "outcome": "KeyError"}
    assert first.registry.get_sample_value("mine_command_seconds_count", outcomes) == 2
