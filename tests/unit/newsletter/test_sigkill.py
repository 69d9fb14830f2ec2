"""A real process sends to 1,200 readers and is killed with SIGKILL again and again, wherever it happens to be."""

import asyncio
import random
import sys
from pathlib import Path

import pytest

from shared.events.newsletter import WhenUncertain
from shared.store.memory import MemoryStore
from tests.unit.newsletter.machine import Machine, verdict
from tests.unit.newsletter.remote_store import serve_store
from tests.unit.newsletter.sink import Sink

READERS = 1200
KILLS = 6
CONNECTIONS = 4


async def start(socket: Path, home: Path, sink: Sink) -> asyncio.subprocess.Process:
    """A victim that is at work."""
    victim = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.unit.newsletter.victim",
        str(socket),
        str(home),
        str(sink.port),
        stdout=asyncio.subprocess.PIPE,
    )
    assert victim.stdout is not None
    assert await victim.stdout.readline() == b"ready\n"
    return victim


@pytest.mark.timeout(300)
@pytest.mark.parametrize("choice", list(WhenUncertain))
async def test_killed_again_and_again_nobody_is_forgotten_or_written_to_twice(
    tmp_path: Path, sink: Sink, choice: WhenUncertain
) -> None:
    store = MemoryStore()
    machine = Machine(tmp_path, sink, store=store)
    server = await serve_store(store, tmp_path / "store")
    await machine.subscribe(READERS)
    issue = await machine.start_issue(choice)
    dice = random.Random(7)
    kills = 0
    while kills < KILLS:
        before = len(sink.mails)
        victim = await start(tmp_path / "store", tmp_path / "home", sink)
        await sink.has(min(READERS, before + dice.randrange(20, READERS // KILLS)))
        await asyncio.sleep(dice.uniform(0, 0.003))
        victim.kill()
        assert await victim.wait() != 0, "it had finished before it was killed"
        kills += 1
    victim = await start(tmp_path / "store", tmp_path / "home", sink)
    assert victim.stdout is not None
    assert await victim.stdout.readline() == b"done\n"
    await victim.wait()
    server.close()
    assert await verdict(machine, issue, READERS, most_doubts=KILLS * CONNECTIONS) == []
