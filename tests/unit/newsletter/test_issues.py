"""An issue from the first news to the last reader, as editors, a publisher and readers meet it."""

from datetime import timedelta

import pytest

from services.newsletter.domain.subscription import Subscription
from shared.events.campaign import CAMPAIGN, CampaignLaunched, CampaignPhaseAdvanced, Trigger
from shared.events.directory.center import (
    CENTER,
    CenterRegistered,
    CenterReopened,
    CenterStatus,
    LocationVisibility,
    LocationVisibilityChanged,
)
from shared.events.exchange.visit import VISIT, VisitReported
from shared.events.newsletter import ISSUE, SubscriptionStatus
from tests.unit.newsletter.office import Office, key, ok

REPORTED = VisitReported(
    host="host-1", language="cs", answered=2, questions=3, topics=("founding-a-center",), intentions=()
)


async def items(office: Office, **where: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await ok(office.editor.get("/news-items", params=where))).json()["items"]
    return found


# ---- news


async def test_a_new_center_proposes_itself_in_three_languages(office: Office) -> None:
    await office.happen(CENTER, CenterRegistered(), about="center-1")
    (item,) = await items(office)
    assert (item["kind"], item["about"], item["status"]) == ("center-opened", "center-1", "proposed")
    assert item["texts"] == {
        "en": {
            "title": "New in the network: Pebble Mother Center",
            "text": "A new center has joined the network: Pebble Mother Center (Praha, Czechia).",
        },
        "de": {
            "title": "Neu im Netzwerk: Mateřské centrum Kamínek",
            "text": "Ein neues Zentrum gehört zum Netzwerk: Mateřské centrum Kamínek (Praha, Tschechien).",
        },
        "cs": {
            "title": "Nově v síti: Mateřské centrum Kamínek",
            "text": "Do sítě přibylo nové centrum: Mateřské centrum Kamínek (Praha, Česko).",
        },
    }


async def test_a_center_taken_over_from_an_old_list_is_no_news(office: Office) -> None:
    await office.happen(CENTER, CenterRegistered(imported=True))
    assert await items(office) == []


async def test_the_same_event_twice_is_one_piece_of_news(office: Office) -> None:
    record = await office.happen(CENTER, CenterReopened(after=CenterStatus.PAUSED))
    await office.say(record)
    (item,) = await items(office)
    assert (item["kind"], item["cause"]) == ("center-reopened", record.id)
    assert office.names("news-item") == ["NewsItemProposed"]


async def test_a_reported_visit_names_both_houses_as_far_as_they_are_known(office: Office) -> None:
    host = CENTER.snapshot.model_copy(
        update={"name": "Mütterzentrum Salzgitter", "country": "DE", "town": "Salzgitter"}
    )
    await office.happen(CENTER, CenterRegistered(imported=True), host, about="host-1")
    await office.happen(VISIT, REPORTED)
    (item,) = await items(office)
    texts = item["texts"]
    assert isinstance(texts, dict)
    assert texts["en"]["title"] == "Study visit: Czechia at Mütterzentrum Salzgitter"
    assert "2 of 3 questions" in texts["en"]["text"]
    assert "Tschechien" in texts["de"]["title"]


async def test_a_campaign_is_news_when_it_begins_and_when_it_moves_on(office: Office) -> None:
    await office.happen(CAMPAIGN, CampaignLaunched(phase="collect"))
    await office.happen(CAMPAIGN, CampaignPhaseAdvanced(left="collect", entered="harvest", trigger=Trigger.OFFICE))
    titles = {str(item["kind"]): item["texts"] for item in await items(office)}
    begun, moved = titles["campaign-launched"], titles["campaign-phase"]
    assert isinstance(begun, dict)
    assert isinstance(moved, dict)
    assert begun["de"]["title"] == "Die Kampagne hat begonnen: Wie wollen wir unsere Kinder erziehen?"
    assert moved["en"]["title"] == "How do we want to raise our children?: Harvest"


async def test_a_center_that_hides_is_not_told_about(office: Office) -> None:
    await office.happen(CENTER, CenterRegistered(), about="center-1")
    shown = LocationVisibilityChanged(before=LocationVisibility.EXACT, after=LocationVisibility.TOWN)
    await office.happen(CENTER, shown, about="center-1")
    assert [item["status"] for item in await items(office)] == ["proposed"]
    hidden = LocationVisibilityChanged(before=LocationVisibility.TOWN, after=LocationVisibility.HIDDEN)
    await office.happen(CENTER, hidden, about="center-1")
    (item,) = await items(office)
    assert (item["status"], item["rejection"]) == ("rejected", "wish-of-those-concerned")


async def test_a_name_with_line_breaks_cannot_break_a_headline(office: Office) -> None:
    await office.happen(
        CENTER,
        CenterRegistered(),
        CENTER.snapshot.model_copy(update={"name": "Evil\r\nBcc: x@example.org\u2028" + "x" * 500, "names": {}}),
    )
    (item,) = await items(office)
    texts = item["texts"]
    assert isinstance(texts, dict)
    assert texts["en"]["title"].startswith("New in the network: Evil Bcc: x@example.org xxx")
    assert len(texts["en"]["title"]) == 200


async def test_an_editor_rewords_accepts_and_changes_her_mind(office: Office) -> None:
    await office.happen(CENTER, CenterRegistered())
    (item,) = await items(office)
    path = f"/news-items/{item['id']}"
    text = {"title": "Willkommen", "text": "Ein neues Haus."}
    tag = (await ok(office.editor.get(path))).headers["ETag"]
    await ok(office.editor.put(f"{path}/texts/de", json=text, headers=key(tag)))
    stale = await office.editor.put(f"{path}/texts/de", json=text, headers=key(tag))
    assert stale.status_code == 412
    await ok(office.editor.post(f"{path}/acceptance", headers=key()))
    await ok(office.editor.post(f"{path}/rejection", json={"reason": "told-already"}, headers=key()))
    assert (await items(office, status="rejected"))[0]["texts"]["de"] == text  # type: ignore[index]
    await office.network.settle()
    assert office.names("news-item") == ["NewsItemProposed", "NewsItemReworded", "NewsItemAccepted", "NewsItemRejected"]


# ---- issues


async def test_the_whole_story(office: Office) -> None:
    for address, language in (("jana@example.org", "cs"), ("eva@example.org", "de"), ("ali@example.org", "ar")):
        await office.confirmed(address, language)
    item = await office.item("Mütterzentrum & Söhne <b>")
    issue = await office.drafted([item])
    await office.translated(issue, "cs", "Jaro")
    await office.translated(issue, "ar", "الربيع", items={item: {"title": "مركز جديد", "text": "خبر"}})
    await office.approved(issue)
    await office.send(issue)
    titles = {mail.recipient: mail.parsed["Subject"] for mail in office.sink.mails[3:]}
    assert titles == {"jana@example.org": "Jaro", "eva@example.org": "Spring", "ali@example.org": "الربيع"}
    jana, ali = office.mails_of("Jaro")[0], office.mails_of("الربيع")[0]
    assert "Do sítě přibylo nové centrum: Mütterzentrum & Söhne <b>" in jana.text("plain")
    assert "Mütterzentrum &amp; Söhne &lt;b&gt;" in jana.text("html")
    assert '<html lang="ar" dir="rtl">' in ali.text("html")
    assert '<section lang="ar" dir="rtl">' in ali.text("html")
    assert office.names("issue") == [
        "IssueDrafted",
        "IssueTranslated",
        "IssueTranslated",
        "IssueApproved",
        "IssueSendingStarted",
        "IssueSent",
    ]
    sent = office.network.events("newsletter.issue.v1")[-1].data
    assert sent["audience"] == 3
    assert sent["totals"] == {"pending": 0, "accepted": 3, "bounced": 0, "ambiguous": 0, "skipped": 0}
    assert office.names("news-item")[-1] == "NewsItemUsed"
    progress = (await ok(office.editor.get(f"/issues/{issue}/delivery"))).json()
    assert (progress["status"], progress["batches"], progress["batches_done"]) == ("sent", 1, 1)


async def test_who_wrote_in_an_issue_cannot_approve_it(office: Office) -> None:
    issue = await office.drafted()
    headers = key(await office.version(issue))
    refused = await office.editor.post(f"/issues/{issue}/approval", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:mine:problem:second-person-needed")
    headers = key(await office.version(issue))
    await ok(office.other_editor.post(f"/issues/{issue}/approval", headers=headers))


async def test_a_translator_cannot_approve_either(office: Office) -> None:
    issue = await office.drafted()
    body = {"title": "Frühling", "introduction": "Hallo."}
    headers = key(await office.version(issue))
    await ok(office.other_editor.put(f"/issues/{issue}/texts/de", json=body, headers=headers))
    refused = await office.other_editor.post(f"/issues/{issue}/approval", headers=key(await office.version(issue)))
    assert refused.status_code == 403


async def test_what_is_approved_is_what_was_read(office: Office) -> None:
    issue = await office.drafted()
    read = await office.version(issue)
    await office.translated(issue, "de", "Frühling")
    assert (await office.publisher.post(f"/issues/{issue}/approval", headers=key(read))).status_code == 412
    assert (await office.publisher.post(f"/issues/{issue}/approval", headers=key())).status_code == 428


async def test_after_approval_nothing_changes_not_even_by_way_of_the_news(office: Office) -> None:
    await office.confirmed("jana@example.org")
    item = await office.item("Old name")
    issue = await office.drafted([item])
    tag = (await ok(office.editor.get(f"/news-items/{item}"))).headers["ETag"]
    new = {"title": "New words", "text": "New words."}
    await ok(office.editor.put(f"/news-items/{item}/texts/en", json=new, headers=key(tag)))
    await office.approved(issue)
    body = {"title": "Other", "introduction": "Other."}
    late = await office.editor.put(f"/issues/{issue}/texts/en", json=body, headers=key(await office.version(issue)))
    assert late.status_code == 409
    body2 = {"items": [], "when_uncertain": "never-missed"}
    late = await office.editor.put(f"/issues/{issue}/composition", json=body2, headers=key(await office.version(issue)))
    assert late.status_code == 409
    await office.send(issue)
    assert "Old name" in office.mails_of("Spring")[0].text("plain")
    assert "New words" not in office.mails_of("Spring")[0].text("plain")


async def test_only_accepted_news_can_be_told_and_each_once(office: Office) -> None:
    await office.happen(CENTER, CenterRegistered())
    (proposed,) = await items(office)
    accepted = await office.item("Another")
    for chosen, status in (([proposed["id"]], 409), (["nothing"], 404), ([accepted, accepted], 409), ([accepted], 201)):
        body = {"language": "en", "title": "T", "introduction": "I", "items": chosen}
        assert (await office.editor.post("/issues", json=body, headers=key())).status_code == status


async def test_an_issue_can_be_recomposed_until_it_is_approved(office: Office) -> None:
    item = await office.item("Something")
    issue = await office.drafted()
    body = {"items": [item], "when_uncertain": "never-missed"}
    headers = key(await office.version(issue))
    receipt = (await ok(office.editor.put(f"/issues/{issue}/composition", json=body, headers=headers))).json()
    assert receipt["events"] == ["IssueRevised"]
    assert receipt["snapshot"]["items"] == [item]
    again = key(await office.version(issue))
    receipt = (await ok(office.editor.put(f"/issues/{issue}/composition", json=body, headers=again))).json()
    assert receipt["events"] == []


@pytest.mark.parametrize("title", ["two\nlines", "a\rb", "", "x" * 201, "bell\x07", "line\u2028separator"])
async def test_a_title_that_could_break_a_header_is_refused(office: Office, title: str) -> None:
    body = {"language": "en", "title": title, "introduction": "Hello."}
    assert (await office.editor.post("/issues", json=body, headers=key())).status_code == 422


async def test_only_an_approved_issue_is_sent_and_only_by_a_publisher(office: Office) -> None:
    issue = await office.drafted()
    assert (await office.publisher.post(f"/issues/{issue}/sending", headers=key())).status_code == 409
    await office.approved(issue)
    assert (await office.editor.post(f"/issues/{issue}/sending", headers=key())).status_code == 403
    assert (await office.anybody.get(f"/issues/{issue}")).status_code == 401
    assert (await office.publisher.get(f"/issues/{issue}/delivery")).status_code == 404


async def test_a_scheduled_issue_sends_itself(office: Office) -> None:
    await office.confirmed("jana@example.org")
    issue = await office.drafted()
    await office.approved(issue)
    early = {"send_at": "2026-02-01T08:00:00Z"}
    assert (await office.publisher.post(f"/issues/{issue}/schedule", json=early, headers=key())).status_code == 422
    when = {"send_at": "2026-03-21T08:00:00Z"}
    await ok(office.publisher.post(f"/issues/{issue}/schedule", json=when, headers=key()))
    await office.run_sender()
    assert office.mails_of("Spring") == []
    office.network.clock.move(timedelta(days=20))
    await office.run_sender()
    assert len(office.mails_of("Spring")) == 1


async def test_a_paused_schedule_waits_and_goes_off_at_once_when_resumed_too_late(office: Office) -> None:
    await office.confirmed("jana@example.org")
    issue = await office.drafted()
    await office.approved(issue)
    when = {"send_at": "2026-03-21T08:00:00Z"}
    await ok(office.publisher.post(f"/issues/{issue}/schedule", json=when, headers=key()))
    await ok(office.publisher.post(f"/issues/{issue}/pause", headers=key()))
    office.network.clock.move(timedelta(days=30))
    await office.run_sender()
    assert office.mails_of("Spring") == []
    await ok(office.publisher.post(f"/issues/{issue}/resumption", headers=key()))
    await office.run_sender()
    assert len(office.mails_of("Spring")) == 1


async def test_a_cancelled_issue_is_never_sent(office: Office) -> None:
    await office.confirmed("jana@example.org")
    issue = await office.drafted()
    await office.approved(issue)
    await ok(office.publisher.post(f"/issues/{issue}/cancellation", headers=key()))
    assert (await office.publisher.post(f"/issues/{issue}/sending", headers=key())).status_code == 409
    await office.run_sender()
    assert office.mails_of("Spring") == []
    assert office.names("issue")[-1] == "IssueCancelled"


async def test_an_issue_that_is_sent_cannot_be_cancelled_or_paused(office: Office) -> None:
    issue = await office.drafted()
    await office.approved(issue)
    await office.send(issue)
    assert (await office.publisher.post(f"/issues/{issue}/cancellation", headers=key())).status_code == 409
    assert (await office.publisher.post(f"/issues/{issue}/pause", headers=key())).status_code == 409
    again = await ok(office.publisher.post(f"/issues/{issue}/sending", headers=key()))
    assert again.json()["events"] == []


async def test_a_hard_bounce_suppresses_the_reader_and_the_totals_add_up(office: Office) -> None:
    for number in range(4):
        await office.confirmed(f"reader{number}@example.org")
    office.sink.answer_recipient = lambda address: "550 5.1.1 no" if address.startswith("reader2") else "250 ok"
    issue = await office.drafted()
    await office.approved(issue)
    await office.send(issue)
    totals = (await ok(office.editor.get(f"/issues/{issue}"))).json()["totals"]
    assert totals == {"pending": 0, "accepted": 3, "bounced": 1, "ambiguous": 0, "skipped": 0}
    suppressed = await office.world.repository(Subscription).find({"state.status": "suppressed"})
    assert [each.aggregate.status for each in suppressed] == [SubscriptionStatus.SUPPRESSED]
    assert office.names("delivery", issue) == ["DeliveryCounted", "DeliveryBounced", "DeliveryCounted"]
    progress = (await ok(office.editor.get(f"/issues/{issue}/delivery"))).json()
    assert [bounce["subscription"] for bounce in progress["bounces"]] == [suppressed[0].aggregate.id]
    assert "@" not in str(progress)


async def test_progress_lists_who_is_in_doubt_without_addresses(office: Office) -> None:
    await office.confirmed("jana@example.org")
    await office.confirmed("eva@example.org")
    office.sink.answer_body = lambda address: None if address.startswith("jana") else "250 ok"
    issue = await office.drafted()
    await office.approved(issue)
    await office.send(issue)
    progress = (await ok(office.editor.get(f"/issues/{issue}/delivery"))).json()
    assert progress["totals"]["ambiguous"] == 1
    assert [doubt["sent_again"] for doubt in progress["doubts"]] == [False]
    assert "jana" not in str(progress)
    assert (await office.publisher.get("/issues", params={"status": "sent"})).json()["items"][0]["id"] == issue


async def test_sent_issues_can_be_read_by_everybody_and_others_cannot(office: Office) -> None:
    first, second = await office.drafted(), await office.drafted(title="Not yet")
    await office.translated(first, "de", "Frühling")
    await office.approved(first)
    await office.send(first)
    archive = (await ok(office.anybody.get("/archive"))).json()["items"]
    assert [(each["id"], each["titles"]) for each in archive] == [(first, {"en": "Spring", "de": "Frühling"})]
    page = await ok(office.anybody.get(f"/archive/{first}", params={"language": "de"}))
    assert "<h1>Frühling</h1>" in page.text
    assert "unsubscribe" not in page.text
    assert (await office.anybody.get(f"/archive/{second}")).status_code == 404
    preview = await ok(office.editor.get(f"/issues/{second}/preview"))
    assert "<h1>Not yet</h1>" in preview.text


async def test_no_person_is_named_in_the_events_of_an_issue(office: Office) -> None:
    issue = await office.drafted()
    await office.approved(issue)
    assert "editor-1" not in str(await office.world.store.collection(ISSUE.aggregate).find({}))
    assert "publisher-1" not in str(office.network.log.topics)


async def test_a_broken_character_where_an_items_id_belongs_is_invalid_input_and_no_failure(office: Office) -> None:
    draft = {"language": "en", "title": "Spring", "introduction": "Dear readers"}
    id = (await ok(office.editor.post("/issues", json=draft, headers=key()))).json()["id"]
    body = b'{"title": "Jaro", "introduction": "...", "items": {"\\ud800": {"title": "x", "text": "x"}}}'
    answer = await office.editor.put(
        f"/issues/{id}/texts/cs",
        content=body,
        headers={**key(), "If-Match": "*", "Content-Type": "application/json"},
    )
    assert answer.status_code == 422
