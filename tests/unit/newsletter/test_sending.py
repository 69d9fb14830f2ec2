"""An issue on its way to its readers, with a real mail server on the other side of a real socket."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from services.newsletter.domain.delivery import Delivery
from services.newsletter.domain.issue import Issue
from services.newsletter.domain.subscription import Subscription
from services.newsletter.sending.batches import RETRY_AFTER, Batches, Fenced
from services.newsletter.sending.loops import _send_for_ever
from services.newsletter.service import SERVICE
from shared.commands import Command
from shared.events.newsletter import BounceKind, Departure, WhenUncertain
from shared.ids import new_id
from tests.unit.newsletter.machine import Machine, verdict
from tests.unit.newsletter.office import Office, key, ok
from tests.unit.newsletter.sink import TAKEN_WITHOUT_ANSWER, Sink


@pytest.fixture
def machine(tmp_path: Path, sink: Sink) -> Machine:
    return Machine(tmp_path, sink)


async def test_every_reader_gets_one_mail_in_the_right_language(machine: Machine) -> None:
    await machine.subscribe(12, ("de", "en", "sr-Latn", "uk"))
    issue = await machine.start_issue(languages=("en", "de", "sr"))
    await machine.run_to_the_end()
    assert await verdict(machine, issue, 12, most_doubts=0) == []
    subjects = [machine.sink.to(f"reader{index}@example.org")[0].parsed["Subject"] for index in range(4)]
    assert subjects == ["Spring (de)", "Spring", "Spring (sr)", "Spring"]
    totals = (await machine.delivery(issue)).totals
    assert (totals.accepted, totals.pending) == (12, 0)


async def test_a_mail_can_be_left_with_one_click_and_says_so_in_its_headers(machine: Machine) -> None:
    await machine.subscribe(1)
    await machine.start_issue()
    await machine.run_to_the_end()
    mail = machine.sink.mails[0]
    headers = mail.parsed
    assert headers["List-Unsubscribe"] == f"<{mail.link('unsubscribe')}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == "<newsletter.example.org>"
    assert headers["To"] == "reader0@example.org"
    assert headers["Date"].datetime == machine.clock.now()
    assert ".A first paragraph." in mail.text("plain")
    assert mail.link("unsubscribe") in mail.text("html")


async def test_the_same_reader_has_another_unsubscribe_link_than_her_neighbour(machine: Machine) -> None:
    await machine.subscribe(2)
    await machine.start_issue()
    await machine.run_to_the_end()
    assert machine.sink.mails[0].link("unsubscribe") != machine.sink.mails[1].link("unsubscribe")


async def test_who_leaves_before_her_mail_is_out_gets_none(machine: Machine) -> None:
    ids = await machine.subscribe(6)
    issue = await machine.start_issue()
    sender = machine.sender()
    await sender._prepare_started()
    subscriptions = machine.runtime().repository(Subscription)
    await subscriptions.change(ids[2], Command(new_id()), lambda each, now: each.unsubscribe(Departure.ONE_CLICK))
    await machine.run(sender)
    await sender.close()
    assert machine.sink.to("reader2@example.org") == []
    totals = (await machine.delivery(issue)).totals
    assert (totals.accepted, totals.skipped) == (5, 1)


async def test_an_unknown_address_bounces_and_a_policy_refusal_is_told_apart(machine: Machine) -> None:
    await machine.subscribe(4)
    issue = await machine.start_issue()
    answers = {"reader1@example.org": "550 5.1.1 no such user", "reader2@example.org": "550 5.7.1 not wanted"}
    machine.sink.answer_recipient = lambda address: answers.get(address, "250 ok")
    machine.sink.answer_body = lambda address: "554 5.6.0 no" if address == "reader3@example.org" else "250 ok"
    await machine.run_to_the_end()
    progress = await machine.progress(issue)
    assert sorted((bounce.kind, bounce.code) for bounce in progress.bounces) == [
        (BounceKind.ADDRESS, "550 5.1.1"),
        (BounceKind.REFUSED, "550 5.7.1"),
        (BounceKind.REFUSED, "554 5.6.0"),
    ]
    assert progress.totals.accepted == 1
    assert (await machine.delivery(issue)).totals == progress.totals


async def test_a_temporary_refusal_is_tried_again_when_its_time_has_come(machine: Machine) -> None:
    await machine.subscribe(3)
    issue = await machine.start_issue()
    machine.sink.answer_recipient = lambda address: "451 4.7.1 later" if address == "reader1@example.org" else "250 ok"
    await machine.run_to_the_end()
    assert (await machine.progress(issue)).postponed == 1
    machine.sink.answer_recipient = lambda address: "250 ok"
    await machine.run_to_the_end()
    assert machine.sink.to("reader1@example.org") == []
    machine.clock.move(RETRY_AFTER[0])
    await machine.run_to_the_end()
    assert await verdict(machine, issue, 3, most_doubts=0) == []


async def test_a_mailbox_that_is_never_ready_bounces_in_the_end_and_is_not_suppressed(machine: Machine) -> None:
    await machine.subscribe(1)
    issue = await machine.start_issue()
    machine.sink.answer_recipient = lambda address: "452 4.2.2 full"
    for wait in (*RETRY_AFTER, timedelta(0)):
        await machine.run_to_the_end()
        machine.clock.move(wait)
    progress = await machine.progress(issue)
    assert [bounce.kind for bounce in progress.bounces] == [BounceKind.GAVE_UP]
    assert (await machine.delivery(issue)).finished


async def test_a_server_that_refuses_our_mails_bounces_nobody(machine: Machine) -> None:
    await machine.subscribe(3)
    issue = await machine.start_issue()
    machine.sink.answer_sender = lambda address: "530 5.7.0 authentication required"
    sender = machine.sender()
    assert await sender.run_once()
    assert sender.trouble
    assert (await machine.progress(issue)).totals.pending == 3
    machine.sink.answer_sender = lambda address: "250 ok"
    await machine.run(sender)
    await sender.close()
    assert await verdict(machine, issue, 3, most_doubts=0) == []


async def test_a_reader_at_whom_the_connection_always_breaks_does_not_hold_up_the_others(machine: Machine) -> None:
    await machine.subscribe(6)
    issue = await machine.start_issue()
    machine.sink.answer_recipient = lambda address: None if address == "reader0@example.org" else "250 ok"
    await machine.run_to_the_end()
    assert len(machine.sink.mails) == 5
    assert (await machine.progress(issue)).postponed == 1


@pytest.mark.parametrize("reply", [None, TAKEN_WITHOUT_ANSWER])
@pytest.mark.parametrize("choice", list(WhenUncertain))
async def test_a_connection_that_breaks_after_the_body_leaves_a_doubt(
    machine: Machine, choice: WhenUncertain, reply: str | None
) -> None:
    await machine.subscribe(4)
    issue = await machine.start_issue(choice)
    broken: list[str] = []

    def break_once(address: str) -> str | None:
        if broken:
            return "250 ok"
        broken.append(address)
        return reply

    machine.sink.answer_body = break_once
    await machine.run_to_the_end()
    progress = await machine.progress(issue)
    assert await verdict(machine, issue, 4, most_doubts=1) == []
    assert [doubt.sent_again for doubt in progress.doubts] == [choice is WhenUncertain.NEVER_MISSED]
    assert progress.totals.ambiguous == (choice is WhenUncertain.NEVER_TWICE)
    assert len(machine.sink.to(broken[0])) == (choice is WhenUncertain.NEVER_MISSED) + (reply is not None)


async def test_several_connections_are_used_and_not_more(machine: Machine) -> None:
    machine.changes = {"connections": 3, "batch_size": 50, "window": 20}
    machine.sink.body_takes_s = 0.01
    await machine.subscribe(20)
    await machine.start_issue()
    await machine.run_to_the_end()
    assert machine.sink.most_open == 3


async def test_a_paused_issue_goes_on_where_it_stopped(machine: Machine) -> None:
    await machine.subscribe(12)
    issue = await machine.start_issue()
    issues = machine.runtime().repository(Issue)
    sender = machine.sender()
    await sender.run_once()
    sent = len(machine.sink.mails)
    assert 0 < sent < 12
    await issues.change(issue, Command(new_id()), lambda each, now: each.pause())
    assert not await sender.run_once()
    assert len(machine.sink.mails) == sent
    await issues.change(issue, Command(new_id()), lambda each, now: each.resume())
    await machine.run(sender)
    await sender.close()
    assert await verdict(machine, issue, 12, most_doubts=0) == []


async def test_a_cancelled_issue_reaches_nobody_else_and_the_totals_add_up(machine: Machine) -> None:
    await machine.subscribe(12)
    issue = await machine.start_issue()
    sender = machine.sender()
    await sender.run_once()
    sent = len(machine.sink.mails)
    await machine.runtime().repository(Issue).change(issue, Command(new_id()), lambda each, now: each.cancel())
    await machine.run(sender)
    await sender.close()
    delivery = await machine.delivery(issue)
    assert delivery.finished
    assert (delivery.totals.accepted, delivery.totals.skipped) == (sent, 12 - sent)


async def test_an_issue_without_readers_is_finished_at_once(machine: Machine) -> None:
    issue = await machine.start_issue()
    await machine.run_to_the_end()
    assert (await machine.delivery(issue)).finished


async def test_two_senders_share_the_work_and_nobody_gets_it_twice(machine: Machine) -> None:
    machine.sink.body_takes_s = 0.001
    await machine.subscribe(60)
    issue = await machine.start_issue()
    senders = [machine.sender(), machine.sender()]
    await asyncio.gather(*(machine.run(sender) for sender in senders))
    await machine.run_to_the_end()
    for sender in senders:
        await sender.close()
    assert await verdict(machine, issue, 60, most_doubts=0) == []


async def test_a_stopping_sender_lets_mails_on_their_way_arrive_and_leaves_no_doubt(machine: Machine) -> None:
    machine.changes = {"batch_size": 50, "window": 40}
    machine.sink.body_takes_s = 0.02
    await machine.subscribe(40)
    issue = await machine.start_issue()
    sender = machine.sender()
    work = asyncio.create_task(_send_for_ever(sender, 0.01))
    await machine.sink.has(5)
    sender.stop()
    await asyncio.wait_for(work, 2)
    await sender.close()
    progress = await machine.progress(issue)
    assert 5 <= progress.totals.accepted == len(machine.sink.mails) < 40
    assert progress.doubts == []
    await machine.run_to_the_end()
    assert await verdict(machine, issue, 40, most_doubts=0) == []


def started(office: Office) -> list[asyncio.Future[None]]:
    """The service's own loops, at work."""
    return [asyncio.ensure_future(work(office.world)) for work in SERVICE.background]


async def test_the_service_stops_within_its_grace_and_leaves_no_doubt(office: Office) -> None:
    for number in range(12):
        await office.confirmed(f"reader{number}@example.org")
    issue = await office.drafted()
    await office.approved(issue)
    office.sink.body_takes_s = 0.05
    loops = started(office)
    await ok(office.publisher.post(f"/issues/{issue}/sending", headers=key()))
    before = len(office.sink.mails)
    await office.sink.has(before + 2)
    for loop in loops:
        loop.cancel()
    await asyncio.wait_for(asyncio.gather(*loops, return_exceptions=True), 2)
    progress = (await ok(office.editor.get(f"/issues/{issue}/delivery"))).json()
    assert 2 <= progress["totals"]["accepted"] == len(office.sink.mails) - before < 12
    assert progress["doubts"] == []
    loops = started(office)
    await office.sink.has(before + 12)
    while not (await office.world.repository(Delivery).get(issue)).aggregate.finished:
        await asyncio.sleep(0.01)
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    assert set(office.sink.received().values()) == {2}  # the confirmation and the issue


async def test_the_loops_wait_for_a_mail_server_that_is_away(office: Office) -> None:
    await office.confirmed("jana@example.org")
    issue = await office.drafted()
    await office.approved(issue)
    office.sink.answer_sender = lambda address: "421 4.3.2 not now"
    loops = started(office)
    await ok(office.publisher.post(f"/issues/{issue}/sending", headers=key()))
    await office.sign_up("eva@example.org")
    await office.network.settle()
    await asyncio.sleep(0.3)
    assert len(office.sink.mails) == 1
    office.sink.answer_sender = lambda address: "250 ok"
    await office.sink.has(3)
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    assert office.sink.received() == {"jana@example.org": 2, "eva@example.org": 1}


async def test_a_sender_that_lost_its_lease_sends_nothing_more(machine: Machine) -> None:
    await machine.subscribe(4)
    await machine.start_issue()
    sender = machine.sender()
    sender._holds_lease = lambda: False  # type: ignore[method-assign]
    await sender.run_once()
    sender.abort()
    assert machine.sink.mails == []


async def test_a_sender_from_another_machine_waits_for_the_lease_and_doubts_the_whole_window(
    machine: Machine, tmp_path: Path
) -> None:
    await machine.subscribe(5)
    issue = await machine.start_issue()
    machine.changes = {"lease_s": 1.5}
    machine.sink.body_takes_s = 30
    asleep = machine.sender()
    work = asyncio.create_task(asleep.run_once())
    await machine.sink.has(2)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    asleep.abort()
    machine.sink.body_takes_s = 0
    elsewhere = Machine(tmp_path / "elsewhere", machine.sink, store=machine.store)
    other = elsewhere.sender()
    await other.run_once()
    assert len(machine.sink.mails) == 2
    await asyncio.sleep(1.6)
    await machine.run(other)
    await other.close()
    progress = await machine.progress(issue)
    assert progress.totals.ambiguous == 3  # the window: two on their way, one not begun, and nobody here can tell
    assert progress.totals.accepted == 2
    assert await verdict(machine, issue, 5, most_doubts=3) == []


async def test_a_batch_that_somebody_else_has_saved_cannot_be_saved(machine: Machine) -> None:
    await machine.subscribe(5)
    issue = await machine.start_issue()
    sender = machine.sender()
    await sender._prepare_started()
    await sender.close()
    assert machine.store is not None
    batches = Batches(machine.store)
    mine, theirs = (await batches.of_issue(issue))[0], (await batches.of_issue(issue))[0]
    until = asyncio.get_running_loop().time() + 1
    await batches.save(theirs, until)
    with pytest.raises(Fenced):
        await batches.save(mine, until)


async def test_an_audience_cut_by_two_senders_at_once_is_one_audience(machine: Machine) -> None:
    ids = await machine.subscribe(23)
    issue = await machine.start_issue()
    senders = [machine.sender() for _ in range(3)]
    await asyncio.gather(*(sender._prepare_started() for sender in senders))
    for sender in senders:
        await sender.close()
    assert machine.store is not None
    batches = Batches(machine.store)
    chain = await batches.chain(issue)
    cut = [reader for part in chain for reader in await batches.readers(part.id)]
    assert cut == sorted(ids)
    assert [part.final for part in chain] == [False] * 5 + [True]
    assert (await machine.delivery(issue)).audience == 23
