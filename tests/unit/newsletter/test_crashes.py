"""The sender is killed at every moment of its work, one after the other, and what became of every reader is looked at.

The last tests break the protocol on purpose, to show that these checks can fail.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from services.newsletter.sending.batches import Batch, NotSent
from services.newsletter.sending.journal import Journal, Mark
from shared.events.newsletter import WhenUncertain
from tests.unit.newsletter.machine import Machine, verdict
from tests.unit.newsletter.sink import Sink

READERS = 7


async def killed_at(
    moment: int, choice: WhenUncertain, home: Path, sink: Sink, again: int = 0
) -> tuple[bool, list[str]]:
    """A sender dies at that moment, and its successor ``again`` moments after it began; a third one finishes. Whether
    the first was killed at all, and what is wrong at the end."""
    sink.mails.clear()
    machine = Machine(home, sink)
    await machine.subscribe(READERS)
    issue = await machine.start_issue(choice)
    killed = await machine.run_until_killed(moment)
    if again:
        await machine.run_until_killed(again)
    await machine.run_to_the_end()
    deaths = killed + bool(again)
    return killed, await verdict(machine, issue, READERS, most_doubts=deaths * machine.settings().connections)


async def wrong_somewhere(choice: WhenUncertain, home: Path, sink: Sink, step: int = 1) -> AsyncIterator[str]:
    """What is wrong in all the lives that end at one moment each, or at every ``step``th."""
    moment, killed = 1, True
    while killed:
        killed, wrong = await killed_at(moment, choice, home / str(moment), sink)
        for each in wrong:
            yield f"killed at moment {moment}: {each}"
        moment += step
    assert moment > 150


async def found_out(choice: WhenUncertain, home: Path, sink: Sink, words: str) -> bool:
    """Whether some life ends with this wrong."""
    async for each in wrong_somewhere(choice, home, sink):
        if words in each:
            return True
    return False


async def test_killed_at_any_moment_nobody_is_forgotten_or_written_to_twice(tmp_path: Path, sink: Sink) -> None:
    assert [each async for each in wrong_somewhere(WhenUncertain.NEVER_TWICE, tmp_path, sink)] == []


async def test_killed_at_any_moment_an_issue_that_must_not_be_missed_reaches_everybody(
    tmp_path: Path, sink: Sink
) -> None:
    assert [each async for each in wrong_somewhere(WhenUncertain.NEVER_MISSED, tmp_path, sink, step=3)] == []


@pytest.mark.parametrize("choice", list(WhenUncertain))
async def test_nor_if_the_successor_is_killed_while_it_cleans_up(
    choice: WhenUncertain, tmp_path: Path, sink: Sink
) -> None:
    found: list[str] = []
    for moment in range(60, 200, 31):
        for again in range(3, 70, 5):
            _, wrong = await killed_at(moment, choice, tmp_path / f"{moment}-{again}", sink, again)
            found += [f"killed at {moment} and {again}: {each}" for each in wrong]
    assert found == []


# ---- the checks can fail


async def test_a_sender_that_takes_every_doubt_for_not_sent_is_found_out(tmp_path: Path, sink: Sink) -> None:
    def careless(batch: Batch, marks: bytes | None, choice: WhenUncertain) -> None:
        batch.settle({index: NotSent() for index in batch.window}, choice, None)

    with patch.object(Batch, "resolve", careless):
        assert await found_out(WhenUncertain.NEVER_TWICE, tmp_path, sink, "got it 2 times")


async def test_a_sender_that_notes_a_flight_too_late_is_found_out(tmp_path: Path, sink: Sink) -> None:
    mark = Journal.mark

    def late(journal: Journal, reader: int, what: Mark) -> None:
        if what is not Mark.FLYING:
            mark(journal, reader, what)

    with patch.object(Journal, "mark", late):
        assert await found_out(WhenUncertain.NEVER_TWICE, tmp_path, sink, "got it 2 times")


async def test_a_sender_without_a_journal_leaves_more_doubts_than_connections(tmp_path: Path, sink: Sink) -> None:
    with patch.object(Journal, "marks", lambda *_: None):
        assert await found_out(WhenUncertain.NEVER_TWICE, tmp_path, sink, "3 in doubt")


async def test_a_sender_that_announces_its_window_too_late_is_found_out(tmp_path: Path, sink: Sink) -> None:
    def unannounced(batch: Batch) -> dict[str, Any]:
        return {**batch.model_dump(mode="json", exclude={"id", "version"}), "window": []}

    with patch("services.newsletter.sending.batches._fields", unannounced):
        assert await found_out(WhenUncertain.NEVER_TWICE, tmp_path, sink, "got it 2 times")


async def test_a_sender_that_cleans_its_journal_before_it_reads_it_is_found_out(tmp_path: Path, sink: Sink) -> None:
    marks = Journal.marks

    def wiped(journal: Journal, batch: str, epoch: int) -> bytes | None:
        found = marks(journal, batch, epoch)
        return bytes(len(found)) if found else None

    with patch.object(Journal, "marks", wiped):
        assert await found_out(WhenUncertain.NEVER_TWICE, tmp_path, sink, "got it 2 times")
