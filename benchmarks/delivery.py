"""Delivery: the kernel against the idiomatic FastStream service, alternating in one run on the same engines.

The same broker settings and database, the same events, the same effects, each checked. Rates depend on the machine
and on its database; look at the client's CPU per effect and at the ratios.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.table import Spread, arguments, json_line, keep, markdown
from deploy.network import Network
from shared.events.catalogue import TopicSpec
from shared.messaging.topics import create_topics
from tests.toys import ACCOUNT, TALLY

_LATENCY_RATES = (100, 500)
_LATENCY_COUNT = 1500
_DRAINED = 5000


def main() -> None:
    """Runs everything, prints the table, keeps it, and ends with one JSON line if asked."""
    options = arguments(__doc__ or "")
    with tempfile.TemporaryDirectory() as home:
        network = Network.ephemeral(Path(home))
        try:
            network.engine.install(_say)
            network.start("kafka", "mongo", tell=_say)
            result = _measure(network, options.runs, options.events)
        finally:
            network.down()
    page = _page(result, options.events)
    print(page)
    keep("delivery", page, ("aiokafka", "faststream", "motor"))
    if options.json:
        print(json_line(result))


def _measure(network: Network, runs: int, count: int) -> dict[str, Any]:
    kafka, mongo = network.address("kafka"), network.address("mongo")
    _topics(kafka)
    _side("publish", kafka, mongo, "publish", count)
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    for run in range(runs + 1):  # the first is to warm the engines up, and does not count
        for effect in ("projection", "policy"):
            for side in ("ours", "idiomatic"):
                _say(f"run {run} of {runs}: {side} {effect}" if run else f"warming up: {side} {effect}")
                one = _side(f"{side}-{effect}", kafka, mongo, f"{side}-{effect}-{run}", count)
                _say(f"  {one['rate']:,.0f} effects/s, {one['cpu_us']:,.0f} µs client CPU an effect")
                if run:
                    found.setdefault(effect, {}).setdefault(side, []).append(one)
    drained = []
    for run in range(runs):
        _say(f"run {run + 1} of {runs}: outboxes drained")
        drained.append(_side("drained", kafka, mongo, f"drained-{run}", _DRAINED))
    latency = {str(rate): _latency(kafka, mongo, rate) for rate in _LATENCY_RATES}
    result: dict[str, Any] = {"ratio": {}, "rate_ratio": {}, "sides": {}, "drained": {}, "visible_ms": latency}
    for effect, sides in found.items():
        pairs = list(zip(sides["ours"], sides["idiomatic"], strict=True))
        result["ratio"][effect] = Spread.of([theirs["cpu_us"] / mine["cpu_us"] for mine, theirs in pairs])
        result["rate_ratio"][effect] = Spread.of([mine["rate"] / theirs["rate"] for mine, theirs in pairs])
        result["sides"][effect] = {
            side: {what: Spread.of([one[what] for one in ones]) for what in ("rate", "cpu_us")}
            for side, ones in sides.items()
        }
    result["drained"] = {what: Spread.of([one[what] for one in drained]) for what in ("rate", "cpu_us")}
    return result


def _latency(kafka: str, mongo: str, rate: int) -> dict[str, float]:
    """Milliseconds from a command's acceptance in one process to its visibility in another."""
    _say(f"accepted → visible at {rate}/s")
    mirror = _started("mirror", kafka, mongo, f"mirror-{rate}", _LATENCY_COUNT, rate)
    assert mirror.stdout is not None
    mirror.stdout.readline()
    accepted = _side("commands", kafka, mongo, f"commands-{rate}", _LATENCY_COUNT, rate)
    visible = _answer(mirror)
    waits = sorted((visible[key] - accepted[key]) * 1000 for key in accepted)
    return {f"p{percent}": round(waits[int((len(waits) - 1) * percent / 100)], 1) for percent in (50, 95, 99)}


def _side(side: str, kafka: str, mongo: str, name: str, count: int, rate: int = 0) -> dict[str, float]:
    return _answer(_started(side, kafka, mongo, name, count, rate))


def _started(side: str, kafka: str, mongo: str, name: str, count: int, rate: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.delivery_sides", side, kafka, mongo, name, str(count), str(rate)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _answer(process: subprocess.Popen[str]) -> dict[str, float]:
    """What the process measured: it prints the file in which it stands."""
    output, _ = process.communicate(timeout=600)
    if process.returncode:
        raise SystemExit(f"{process.args!r} failed")
    file = Path(output.strip().splitlines()[-1])
    result: dict[str, float] = json.loads(file.read_text())
    file.unlink()
    return result


def _topics(kafka: str) -> None:

    names = [ACCOUNT.topic, TALLY.topic]
    for service in ("left", "right"):
        names += [f"{service}.dead-letters", f"{service}.republish-requests"]
    asyncio.run(create_topics(kafka, [TopicSpec(name, 6, "benchmark") for name in names]))


def _page(result: dict[str, Any], count: int) -> str:
    rows: list[tuple[object, ...]] = []
    for effect, sides in result["sides"].items():
        for side, numbers in sides.items():
            rows.append((f"{effect}, {side}", numbers["rate"], numbers["cpu_us"]))
        rows.append((f"**{effect}, ratio**", f"{result['rate_ratio'][effect]} ×", f"{result['ratio'][effect]} ×"))
    rows.append(("outbox drained, ours", result["drained"]["rate"], result["drained"]["cpu_us"]))
    visible = "; ".join(
        f"at {rate}/s p50 {ms['p50']}, p95 {ms['p95']}, p99 {ms['p99']}" for rate, ms in result["visible_ms"].items()
    )
    about = (
        f"{count:,} events a run, both sides alternating on the same local engines; medians (least–most). Ratios are "
        f"taken pair by pair: how many times the rate, how many times less client CPU.\n\n"
        f"Accepted in one process → visible in another, milliseconds: {visible}.\n\n"
        "What limits it: the database, on the same two cores as everything else. A projection is one write an event, "
        "and of several events of one aggregate only the last. A policy is four: the aggregate with its outbox, the "
        "journal, the outbox emptied, the inbox; the idiomatic service writes once and keeps no outbox, no journal and "
        "no memory of what it has handled, so after a crash it would lose or double. Its time goes into waiting for a "
        "read, a write, an acknowledgement and an offset commit for every message."
    )
    columns = ("what", "effects/s", "client CPU µs an effect")
    return markdown("Delivery: the kernel and the idiomatic FastStream service", about, columns, rows)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
