"""Signing up, confirming, choosing a language and leaving, as a reader meets it."""

import re
from datetime import timedelta

import pytest

from services.newsletter.domain.subscription import Subscription
from services.newsletter.wording import CONSENT, LANGUAGE_NAMES, WORDS
from shared.commands import Command
from shared.events.newsletter import DELIVERY, BounceKind, DeliveryBounced, SubscriptionStatus
from shared.http.app import create_app
from shared.ids import new_id
from shared.security import unguarded_routes
from tests.unit.newsletter.office import Office, key, ok

JANA = "jana@example.org"
DAY = timedelta(days=1)


async def only_subscription(office: Office) -> Subscription:
    (loaded,) = await office.world.repository(Subscription).find({})
    return loaded.aggregate


async def test_a_reader_signs_up_confirms_and_is_subscribed(office: Office) -> None:
    answer = await office.sign_up(JANA, "cs")
    assert (answer.status_code, answer.json()) == (202, {"status": "check-your-mail"})
    await office.deliver_letters()
    (mail,) = office.sink.mails
    assert mail.recipient == JANA
    assert mail.parsed["Subject"] == WORDS["cs"].confirm_subject
    page = await office.press(mail.link("confirmations"))
    assert page.status_code == 200
    assert WORDS["cs"].confirmed_title in page.text
    await office.network.settle()
    assert office.names("subscription") == ["SubscriptionRequested", "SubscriptionConfirmed"]


async def test_the_consent_is_kept_with_the_wording_that_was_shown(office: Office) -> None:
    await office.sign_up(JANA, "de")
    await office.deliver_letters()
    link = office.sink.mails[0].link("confirmations")
    shown = (await office.open(link)).text
    assert CONSENT["2026-1"]["de"] in shown
    await office.press(link)
    await office.network.settle()
    consent = (await only_subscription(office)).consent
    assert consent is not None
    assert (consent.wording, consent.language, consent.list) == ("2026-1", "de", "newsletter")
    assert consent.text == CONSENT["2026-1"]["de"]
    told = office.network.events("newsletter.subscription.v1")[-1].data
    assert (told["wording"], told["wording_language"], told["list"]) == ("2026-1", "de", "newsletter")
    assert told["consented"] == "2026-03-01T09:00:00.000Z"


async def test_opening_a_link_changes_nothing(office: Office) -> None:
    await office.confirmed("other@example.org")
    await office.sign_up(JANA)
    await office.deliver_letters()
    other = office.sink.to("other@example.org")[0]
    before = office.names("subscription")
    await office.open(office.sink.to(JANA)[0].link("confirmations"))
    id = (await office.world.repository(Subscription).find({"state.status": "confirmed"}))[0].aggregate.id
    token = office_token(office, id)
    await office.anybody.get(f"/unsubscribe/{token}")
    await office.anybody.get(f"/preferences/{token}")
    await office.open(other.link("confirmations"))
    await office.network.settle()
    assert office.names("subscription") == before


def office_token(office: Office, id: str) -> str:
    from services.newsletter.keyed import Keyed
    from tests.unit.newsletter.office import SECRET

    return Keyed(SECRET).reader_token(id)


async def test_the_answer_does_not_tell_whether_an_address_reads_already(office: Office) -> None:
    await office.confirmed(JANA)
    for address in (JANA, "JANA@Example.org", "new@example.org"):
        answer = await office.sign_up(address)
        assert (answer.status_code, answer.json()) == (202, {"status": "check-your-mail"})
        assert "Idempotent-Replayed" not in answer.headers
        assert "ETag" not in answer.headers
    await office.deliver_letters()
    assert len(office.sink.to(JANA)) == 1


async def test_not_even_a_repeated_key_tells_it(office: Office) -> None:
    await office.confirmed("reads@example.org")
    for address in ("reads@example.org", "new@example.org"):
        same = key()
        for language in ("en", "de"):
            body = {"address": address, "language": language}
            answer = await office.anybody.post("/subscriptions", json=body, headers=same)
            assert (answer.status_code, answer.json()) == (202, {"status": "check-your-mail"})


async def test_two_strangers_with_the_same_key_do_not_meet(office: Office) -> None:
    headers = {"Idempotency-Key": "1"}
    for address in (JANA, "eva@example.org"):
        await ok(office.anybody.post("/subscriptions", json={"address": address}, headers=headers))
    await office.deliver_letters()
    assert {mail.recipient for mail in office.sink.mails} == {JANA, "eva@example.org"}
    assert len({event.id for event in office.network.events("newsletter.subscription.v1")}) == 2


async def test_a_repeated_request_sends_one_mail(office: Office) -> None:
    same = key()
    for _ in range(3):
        await ok(office.anybody.post("/subscriptions", json={"address": JANA}, headers=same))
    await office.deliver_letters()
    assert len(office.sink.mails) == 1


async def test_an_address_entered_a_hundred_times_gets_three_mails_a_week(office: Office) -> None:
    for _ in range(20):
        await office.sign_up(JANA)
        office.network.clock.move(timedelta(minutes=11))
        await office.deliver_letters()
    assert len(office.sink.mails) == 3


async def test_two_mails_do_not_come_within_ten_minutes(office: Office) -> None:
    for _ in range(3):
        await office.sign_up(JANA)
        await office.deliver_letters()
    assert len(office.sink.mails) == 1


async def test_an_older_link_still_works_after_a_second_mail(office: Office) -> None:
    await office.sign_up(JANA)
    await office.deliver_letters()
    office.network.clock.move(timedelta(hours=1))
    await office.sign_up(JANA)
    await office.deliver_letters()
    first, second = (mail.link("confirmations") for mail in office.sink.mails)
    assert (await office.press(first)).status_code == 200
    assert WORDS["en"].confirmed_title in (await office.open(second)).text


async def test_who_does_not_confirm_is_forgotten_after_seven_days(office: Office) -> None:
    await office.sign_up(JANA)
    await office.deliver_letters()
    link = office.sink.mails[0].link("confirmations")
    office.network.clock.move(7 * DAY)
    await office.network.settle()
    subscription = await only_subscription(office)
    assert (subscription.status, subscription.address) == (SubscriptionStatus.EXPIRED, None)
    assert office.names("subscription")[-1] == "SubscriptionExpired"
    page = await office.open(link)
    assert (page.status_code, WORDS["en"].gone_title in page.text) == (410, True)
    form = {"wording": "2026-1", "language": "en"}
    late = await office.anybody.post(link.removeprefix("https://news.example.org"), data=form)
    assert late.status_code == 410


async def test_a_link_of_an_earlier_round_confirms_nothing(office: Office) -> None:
    await office.confirmed(JANA)
    await ok(office.anybody.post(f"/unsubscribe/{office_token(office, (await only_subscription(office)).id)}"))
    old = office.sink.mails[0].link("confirmations").removeprefix("https://news.example.org")
    office.network.clock.move(timedelta(hours=1))
    await office.sign_up(JANA)
    await office.network.settle()
    answer = await office.anybody.post(old, data={"wording": "2026-1", "language": "en"})
    assert answer.status_code == 410
    assert (await only_subscription(office)).status is SubscriptionStatus.REQUESTED


async def test_a_forged_or_broken_link_is_explained(office: Office) -> None:
    await office.sign_up(JANA)
    await office.deliver_letters()
    link = office.sink.mails[0].link("confirmations")
    id, round, expires, signature = link.rpartition("/")[2].split(".")
    for forged in (
        f"{id}.{round}.{int(expires) + 1}.{signature}",
        f"{id}.2.{expires}.{signature}",
        link.rpartition("/")[2][:-1],
        "x",
        "...",
    ):
        page = await office.anybody.get(f"/confirmations/{forged}", headers={"Accept-Language": "xx, de-AT;q=0.8"})
        assert (page.status_code, WORDS["de"].unknown_title in page.text) == (404, True)
        form = {"wording": "2026-1", "language": "en"}
        assert (await office.anybody.post(f"/confirmations/{forged}", data=form)).status_code == 404
        assert (await office.anybody.post(f"/unsubscribe/{forged}")).status_code == 404
        assert (await office.anybody.post(f"/preferences/{forged}", data={"language": "de"})).status_code == 404
    assert (await only_subscription(office)).status is SubscriptionStatus.REQUESTED


async def test_a_confirmation_link_cannot_be_used_to_unsubscribe(office: Office) -> None:
    await office.confirmed(JANA)
    token = office.sink.mails[0].link("confirmations").rpartition("/")[2]
    assert (await office.anybody.post(f"/unsubscribe/{token}")).status_code == 404


async def test_a_consent_text_that_was_never_shown_is_not_taken(office: Office) -> None:
    await office.sign_up(JANA)
    await office.deliver_letters()
    link = office.sink.mails[0].link("confirmations").removeprefix("https://news.example.org")
    for form in ({"wording": "1999-1", "language": "en"}, {"wording": "2026-1", "language": "xx"}):
        page = await office.anybody.post(link, data=form)
        assert "<form" in page.text
    assert (await only_subscription(office)).status is SubscriptionStatus.REQUESTED


async def test_one_click_in_the_mail_program_unsubscribes_and_forgets_the_address(office: Office) -> None:
    await office.confirmed(JANA)
    issue = await office.drafted()
    await office.approved(issue)
    await office.send(issue)
    mail = office.mails_of("Spring")[0].parsed
    path = mail["List-Unsubscribe"].strip("<>").removeprefix("https://news.example.org")
    answer = await office.anybody.post(path, content=b"List-Unsubscribe=One-Click", headers=FORM)
    assert answer.status_code == 200
    await office.network.settle()
    subscription = await only_subscription(office)
    assert (subscription.status, subscription.address) == (SubscriptionStatus.UNSUBSCRIBED, None)
    assert office.network.events("newsletter.subscription.v1")[-1].data["by"] == "one-click"
    again = await office.anybody.post(path, content=b"List-Unsubscribe=One-Click", headers=FORM)
    assert again.status_code == 200
    await office.network.settle()
    assert office.names("subscription").count("SubscriberUnsubscribed") == 1


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_the_page_behind_the_link_has_one_button_that_unsubscribes(office: Office) -> None:
    await office.confirmed(JANA, "de")
    link = f"https://news.example.org/unsubscribe/{office_token(office, (await only_subscription(office)).id)}"
    page = await office.open(link)
    assert page.text.count("<button") == 1
    assert WORDS["de"].leave_button in page.text
    done = await office.press(link)
    assert WORDS["de"].left_title in done.text
    await office.network.settle()
    assert office.network.events("newsletter.subscription.v1")[-1].data["by"] == "page"
    assert WORDS["de"].left_title in (await office.open(link)).text


async def test_who_came_back_can_leave_again_by_the_same_old_link(office: Office) -> None:
    await office.confirmed(JANA)
    path = f"/unsubscribe/{office_token(office, (await only_subscription(office)).id)}"
    for _ in range(2):
        await ok(office.anybody.post(path))
        assert (await only_subscription(office)).status is SubscriptionStatus.UNSUBSCRIBED
        office.network.clock.move(timedelta(hours=1))
        await office.confirmed(JANA)
    await ok(office.anybody.post(path))
    await office.network.settle()
    assert office.names("subscription").count("SubscriberUnsubscribed") == 3


async def test_who_never_asked_can_say_so_before_confirming(office: Office) -> None:
    await office.sign_up(JANA)
    await office.network.settle()
    await ok(office.anybody.post(f"/unsubscribe/{office_token(office, (await only_subscription(office)).id)}"))
    await office.deliver_letters()
    assert office.sink.mails == []
    assert (await only_subscription(office)).address is None


async def test_a_reader_chooses_another_language(office: Office) -> None:
    await office.confirmed(JANA, "cs")
    link = f"https://news.example.org/preferences/{office_token(office, (await only_subscription(office)).id)}"
    page = await office.open(link)
    assert '<option value="cs" lang="cs" selected>' in page.text
    assert all(name in page.text for name in LANGUAGE_NAMES.values())
    saved = await office.press(link, language="ar")
    assert 'dir="rtl"' in saved.text
    assert WORDS["ar"].language_saved in saved.text
    await office.network.settle()
    assert office.network.events("newsletter.subscription.v1")[-1].data["before"] == "cs"
    for language in ("cs", "ar", "cs"):
        await office.press(link, language=language)
        assert (await only_subscription(office)).language == language


async def test_who_has_left_has_no_language_to_choose(office: Office) -> None:
    await office.confirmed(JANA)
    token = office_token(office, (await only_subscription(office)).id)
    await ok(office.anybody.post(f"/unsubscribe/{token}"))
    assert (await office.anybody.get(f"/preferences/{token}")).status_code == 410
    assert (await office.anybody.post(f"/preferences/{token}", data={"language": "de"})).status_code == 410


@pytest.mark.parametrize(
    "address",
    [
        "",
        "jana",
        "jana@",
        "@example.org",
        "jana@localhost",
        "ja na@example.org",
        "jana@example.org\r\nBcc: x@example.org",
        '"jana x"@example.org',
        "jana@[127.0.0.1]",
        "Jana <jana@example.org>",
        "jána@example.org",
        "j" * 250 + "@example.org",
    ],
)
async def test_what_is_no_address_is_refused_and_not_repeated(office: Office, address: str) -> None:
    answer = await office.sign_up(address)
    assert answer.status_code == 422
    assert "example" not in answer.text


async def test_an_address_in_another_alphabet_of_domains_gets_its_mail(office: Office) -> None:
    await office.sign_up("Jana@Mütterzentrum.example.org")
    await office.deliver_letters()
    assert office.sink.mails[0].recipient == "Jana@xn--mtterzentrum-dlb.example.org"


async def test_an_unknown_list_is_refused(office: Office) -> None:
    assert (await office.sign_up(JANA, list="secrets")).json()["type"] == "urn:mine:problem:unknown-list"


async def test_a_sign_up_needs_a_key(office: Office) -> None:
    assert (await office.anybody.post("/subscriptions", json={"address": JANA})).status_code == 400


async def test_sign_ups_from_one_place_are_limited(office: Office) -> None:
    answers = [(await office.sign_up(f"reader{number}@example.org")).status_code for number in range(32)]
    assert answers == [202] * 30 + [429] * 2


async def test_a_dead_address_is_suppressed_and_cannot_be_entered_for_half_a_year(office: Office) -> None:
    await office.confirmed(JANA)
    id = (await only_subscription(office)).id
    bounce = DeliveryBounced(subscription=id, kind=BounceKind.ADDRESS, code="550 5.1.1")
    await office.happen(DELIVERY, bounce, about="issue-1")
    assert office.names("subscription")[-1] == "AddressSuppressed"
    assert (await only_subscription(office)).address is None
    office.network.clock.move(8 * DAY)
    await office.sign_up(JANA)
    assert (await only_subscription(office)).status is SubscriptionStatus.SUPPRESSED
    office.network.clock.move(180 * DAY)
    await office.confirmed(JANA)
    assert (await only_subscription(office)).status is SubscriptionStatus.CONFIRMED


async def test_a_refusal_by_policy_suppresses_nobody(office: Office) -> None:
    await office.confirmed(JANA)
    id = (await only_subscription(office)).id
    bounce = DeliveryBounced(subscription=id, kind=BounceKind.REFUSED, code="550 5.7.1")
    await office.happen(DELIVERY, bounce, about="issue-1")
    assert (await only_subscription(office)).status is SubscriptionStatus.CONFIRMED


async def test_pages_need_no_script_and_allow_nothing_from_elsewhere(office: Office) -> None:
    await office.sign_up(JANA, "ar")
    await office.deliver_letters()
    page = await office.open(office.sink.mails[0].link("confirmations"))
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert '<html lang="ar" dir="rtl">' in page.text
    assert not re.search(r"<script|src=|href=|http", page.text)


async def test_no_address_leaves_the_service_or_stays_when_the_reader_left(office: Office) -> None:
    await office.confirmed(JANA)
    await office.sign_up("eva@example.org")
    await office.deliver_letters()
    for loaded in await office.world.repository(Subscription).find({}):
        await ok(office.anybody.post(f"/unsubscribe/{office_token(office, loaded.aggregate.id)}"))
    await office.network.settle()
    everything = str(office.network.log.topics)
    for collection in ("subscription", "journal", "letters", "batches", "audiences", "dead-letters"):
        everything += str(await office.world.store.collection(collection).find({}))
    assert "SubscriberUnsubscribed" in everything
    assert not re.search(r"jana|eva|@example\.org", everything)


async def test_a_letter_waits_while_the_mail_server_is_away(office: Office) -> None:
    await office.sign_up(JANA)
    office.sink.answer_sender = lambda address: "421 4.3.2 not now"
    await office.network.settle()
    from services.newsletter.sending.loops import postman_of

    await postman_of(office.world).run_once()
    assert office.sink.mails == []
    office.sink.answer_sender = lambda address: "250 ok"
    await office.deliver_letters()
    assert len(office.sink.mails) == 1


async def test_a_letter_that_was_sent_is_not_sent_again_when_its_event_comes_again(office: Office) -> None:
    await office.sign_up(JANA)
    await office.deliver_letters()
    await office.say(office.network.events("newsletter.subscription.v1")[0])
    await office.deliver_letters()
    assert len(office.sink.mails) == 1


async def test_letters_to_two_postmen_go_out_once(office: Office) -> None:
    import asyncio

    from services.newsletter.sending.loops import postman_of

    for number in range(25):
        await office.sign_up(f"reader{number}@example.org")
    await office.network.settle()
    await asyncio.gather(*(postman_of(office.world).run_once() for _ in range(3)))
    await office.deliver_letters()
    assert sorted(office.sink.received().values()) == [1] * 25


async def test_a_letter_to_a_mailbox_that_is_not_ready_comes_later(office: Office) -> None:
    office.sink.answer_recipient = lambda address: "450 4.2.1 later"
    await office.sign_up(JANA)
    await office.deliver_letters()
    office.sink.answer_recipient = lambda address: "250 ok"
    await office.deliver_letters()
    assert office.sink.mails == []
    office.network.clock.move(timedelta(minutes=11))
    await office.deliver_letters()
    assert len(office.sink.mails) == 1


async def test_every_route_says_who_may_use_it(office: Office) -> None:
    assert unguarded_routes(create_app(office.network.runtimes["newsletter"])) == []


async def test_the_same_address_is_the_same_subscription_only_with_the_same_secret(office: Office) -> None:
    from services.newsletter.keyed import Keyed

    one, other = Keyed("x" * 32), Keyed("y" * 32)
    assert one.subscription_id("newsletter", JANA) == one.subscription_id("newsletter", JANA)
    assert one.subscription_id("newsletter", JANA) != other.subscription_id("newsletter", JANA)
    assert one.subscription_id("newsletter", JANA) != one.subscription_id("press", JANA)


async def test_a_confirmed_reader_keeps_her_language_whatever_strangers_enter(office: Office) -> None:
    await office.confirmed(JANA, "cs")
    office.network.clock.move(timedelta(days=2))
    await office.sign_up(JANA, "de")
    assert (await only_subscription(office)).language == "cs"


async def test_a_command_on_a_subscription_that_was_never_there_finds_nothing(office: Office) -> None:
    from shared.aggregate import NotFound

    with pytest.raises(NotFound):
        await office.world.repository(Subscription).change("nobody", Command(new_id()), lambda each, now: None)
