"""A reader who wants to be forgotten: also in the middle of an issue, and whatever links lie in old mails."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.newsletter.domain.issue import Issue
from services.newsletter.domain.subscription import Consent, Erased, LinkNoLongerValid, Subscription
from services.newsletter.keyed import Keyed
from services.newsletter.sending.batches import RETRY_AFTER
from services.newsletter.wording import WORDS
from shared.commands import Command
from shared.erasure.person import OMITTED, Persons, Wanted
from shared.events.newsletter import Departure, SubscriptionStatus, WhenUncertain
from shared.ids import new_id
from shared.service import Runtime
from tests.unit.newsletter.machine import START, Machine
from tests.unit.newsletter.office import SECRET, Office, ok
from tests.unit.newsletter.sink import Sink

JANA = "jana@example.org"
PERSONS = Persons("a key for tests only, long enough to be taken")


def wanted(address: str) -> Wanted:
    return PERSONS.wanted("erasure", PERSONS.subject("erasure", address))


async def forget(runtime: Runtime, id: str, address: str) -> None:
    """The reader is erased, as the policy does it."""
    subscriptions = runtime.repository(Subscription)
    await subscriptions.change(id, Command(new_id()), lambda it, now: it.erase(wanted(address)))


@pytest.fixture
def machine(tmp_path: Path, sink: Sink) -> Machine:
    return Machine(tmp_path, sink)


# ---- in the middle of an issue


async def test_who_is_forgotten_while_an_issue_is_sent_gets_none_and_the_sums_are_right(machine: Machine) -> None:
    ids = await machine.subscribe(12)
    issue = await machine.start_issue()
    sender = machine.sender()
    await sender.run_once()  # one batch
    got = {mail.recipient for mail in machine.sink.mails}
    assert 0 < len(got) < 12
    for index in range(12):
        if index % 3 == 0:
            await forget(machine.runtime(), ids[index], f"reader{index}@example.org")
    await machine.run(sender)
    await sender.close()
    received = machine.sink.received()
    for index in range(12):
        address = f"reader{index}@example.org"
        assert received[address] == (0 if index % 3 == 0 and address not in got else 1)
    totals = (await machine.delivery(issue)).totals
    skipped = sum(f"reader{index}@example.org" not in got for index in range(0, 12, 3))
    assert (totals.accepted, totals.skipped, totals.pending) == (12 - skipped, skipped, 0)


async def test_a_mail_that_was_put_off_is_not_tried_again_for_who_is_forgotten(machine: Machine) -> None:
    ids = await machine.subscribe(3)
    issue = await machine.start_issue()
    machine.sink.answer_recipient = lambda address: "451 4.7.1 later" if "reader1" in address else "250 ok"
    await machine.run_to_the_end()
    await forget(machine.runtime(), ids[1], "reader1@example.org")
    machine.sink.answer_recipient = lambda address: "250 ok"
    machine.clock.move(RETRY_AFTER[0])
    await machine.run_to_the_end()
    assert machine.sink.to("reader1@example.org") == []
    progress = await machine.progress(issue)
    assert (progress.totals.accepted, progress.totals.skipped, progress.postponed) == (2, 1, 0)


@pytest.mark.parametrize("choice", list(WhenUncertain))
async def test_killed_and_forgotten_in_between_nobody_else_is_missed_or_written_to_twice(
    tmp_path: Path, sink: Sink, choice: WhenUncertain
) -> None:
    for moment in range(20, 220, 13):
        sink.mails.clear()
        machine = Machine(tmp_path / str(moment), sink)
        ids = await machine.subscribe(7)
        issue = await machine.start_issue(choice)
        await machine.run_until_killed(moment)
        before = sink.received()
        await forget(machine.observer, ids[3], "reader3@example.org")
        await machine.run_to_the_end()
        received, progress = sink.received(), await machine.progress(issue)
        doubts = {doubt.subscription: doubt for doubt in progress.doubts}
        assert received["reader3@example.org"] == before["reader3@example.org"], f"{moment}: written to afterwards"
        for index in {*range(7)} - {3}:
            doubt, got = doubts.get(ids[index]), received[f"reader{index}@example.org"]
            again = doubt.times if doubt and doubt.sent_again else 0
            assert got <= 1 + again, f"{moment}: reader {index} got it {got} times"
            assert got or (doubt and not again), f"{moment}: reader {index} was forgotten"
        assert progress.totals.pending == 0
        assert (await machine.delivery(issue)).totals == progress.totals


async def test_who_stood_in_an_issue_is_left_out_of_the_mails_that_still_go(machine: Machine) -> None:
    machine.changes = {"batch_size": 2}
    await machine.subscribe(4)
    issues = machine.observer.repository(Issue)
    id = await machine.start_issue()
    text = f"Write to {JANA}."
    await issues.change(id, Command(new_id()), lambda it, now: _say(it, text))
    sender = machine.sender()
    await sender.run_once()
    await issues.change(id, Command(new_id()), lambda it, now: it.erase(wanted(JANA)))
    await machine.run(sender)
    await sender.close()
    said = [mail.text("plain") for mail in machine.sink.mails]
    assert [JANA in each for each in said] == [True, True, False, False]
    assert [OMITTED in each for each in said] == [False, False, True, True]


def _say(issue: Issue, text: str) -> None:
    """Its introduction says something else, as if it had been approved so."""
    issue.texts = {"en": issue.texts["en"].model_copy(update={"introduction": text})}
    issue.pause()
    issue.resume()


# ---- before and after


async def test_who_is_forgotten_before_she_was_asked_to_confirm_gets_no_mail(office: Office) -> None:
    await office.sign_up(JANA)
    await office.network.settle()
    await forget(office.network.runtimes["newsletter"], Keyed(SECRET).subscription_id("newsletter", JANA), JANA)
    await office.deliver_letters()
    assert office.sink.mails == []


async def test_links_in_old_mails_say_that_they_are_no_longer_good_and_change_nothing(office: Office) -> None:
    await office.confirmed(JANA)
    id = Keyed(SECRET).subscription_id("newsletter", JANA)
    token, confirmation = Keyed(SECRET).reader_token(id), office.sink.to(JANA)[0].link("confirmations")
    await forget(office.network.runtimes["newsletter"], id, JANA)
    await office.confirmed(JANA)  # she came back: mails to her have other links now
    before = office.names("subscription")
    for answer in (
        await office.anybody.get(f"/unsubscribe/{token}"),
        await office.anybody.post(f"/unsubscribe/{token}"),
        await office.anybody.get(f"/preferences/{token}"),
        await office.anybody.post(f"/preferences/{token}", data={"language": "de"}),
        await office.open(confirmation),
    ):
        assert (answer.status_code, WORDS["en"].gone_title in answer.text) == (410, True)
    await office.network.settle()
    assert office.names("subscription") == before
    assert office.names("subscription", id)[-1] == "SubscriptionErased"


async def test_she_comes_back_as_somebody_new_and_reads_again(office: Office) -> None:
    first = Keyed(SECRET).subscription_id("newsletter", JANA)
    for _ in range(3):
        await office.confirmed(JANA)
        [reads] = await office.world.repository(Subscription).find({"state.status": "confirmed"})
        issue = await office.drafted()
        await office.approved(issue)
        await office.send(issue)
        await forget(office.network.runtimes["newsletter"], reads.aggregate.id, JANA)
    lives = [Keyed(SECRET).subscription_id("newsletter", JANA, life) for life in range(3)]
    assert lives[0] == first
    assert len({*lives}) == 3
    assert {each.aggregate.id for each in await office.world.repository(Subscription).find({})} == {*lives}
    assert len(office.mails_of("Spring")) == 3
    unsubscribe = {mail.parsed["List-Unsubscribe"] for mail in office.mails_of("Spring")}
    assert len(unsubscribe) == 3, "nothing joins the new reader to the old one"


async def test_who_left_before_may_come_back_to_where_she_was(office: Office) -> None:
    await office.confirmed(JANA)
    id = Keyed(SECRET).subscription_id("newsletter", JANA)
    await ok(office.anybody.post(f"/unsubscribe/{Keyed(SECRET).reader_token(id)}"))
    office.network.clock.move(timedelta(hours=1))
    await office.sign_up(JANA)
    await office.network.settle()
    [found] = await office.world.repository(Subscription).find({})
    assert (found.aggregate.id, found.aggregate.round) == (id, 2)


# ---- the rules


def reader(status: SubscriptionStatus) -> Subscription:
    made = Subscription.request("id", "newsletter", JANA, "cs", START)
    if status is not SubscriptionStatus.REQUESTED:
        made.confirm(1, Consent(wording="2026-1", language="cs", text="ano", list="newsletter", at=START))
    return made


@pytest.mark.parametrize("status", [SubscriptionStatus.REQUESTED, SubscriptionStatus.CONFIRMED])
def test_an_erased_subscription_is_over_for_ever(status: SubscriptionStatus) -> None:
    erased = reader(status)
    erased.erase(wanted(JANA))
    assert (erased.status, erased.address, erased.due()) == (SubscriptionStatus.ERASED, None, None)
    assert not erased.awaits_mail
    erased.take_facts()
    before = erased.model_copy(deep=True)
    with pytest.raises(Erased):
        erased.request_again(JANA, "cs", START)
    with pytest.raises(LinkNoLongerValid):
        erased.confirm(1, Consent(wording="1", language="cs", text="ano", list="newsletter", at=START))
    with pytest.raises(LinkNoLongerValid):
        erased.unsubscribe(Departure.PAGE)
    erased.ring(datetime.max.replace(tzinfo=START.tzinfo))
    assert (erased, erased.take_facts()) == (before, [])
