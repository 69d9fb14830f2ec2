"""The newsletter: news proposes itself, four eyes let an issue go, everybody gets it once, leaving takes one click."""

from collections import Counter
from collections.abc import Mapping, Sequence

from deploy.demo.chapters.storm import kill_and_restart
from deploy.demo.client import Json, Refused
from deploy.demo.mail import Envelope
from deploy.demo.stage import Reader, Stage

Texts = Mapping[str, tuple[str, str]]
"""Title and introduction of an issue, by language."""

_EDITOR, _PUBLISHER = "editor-1", "publisher-1"
SPRING: Texts = {
    "en": ("Spring in our centers", "Guests came and went, and rooms began to talk."),
    "de": ("Frühling in unseren Zentren", "Gäste kamen und gingen, und in den Räumen wird geredet."),
    "cs": ("Jaro v našich centrech", "Hosté přijížděli a odjížděli a v místnostech se začalo mluvit."),
    "ar": ("الربيع في مراكزنا", "جاء الضيوف وذهبوا، وبدأ الحديث في القاعات."),
}
_HARVEST: Texts = {
    "en": ("What the rooms said", "A year of talking, and what comes of it."),
    "de": ("Was die Räume sagten", "Ein Jahr voller Gespräche, und was daraus wird."),
    "cs": ("Co řekly místnosti", "Rok rozhovorů a co z nich vzejde."),
    "ar": ("ما قالته القاعات", "عام من الحوار، وما نتج عنه."),
}


async def news_goes_out(stage: Stage) -> None:
    """The editor takes up the news that proposed itself; the newsletter service is killed while the issue leaves."""
    items = await _news(stage, {"visit-reported": 2, "campaign-launched": 1, "center-opened": 1})
    stage.report.say(f"{len(items)} pieces of news have proposed themselves:")
    for item in items:
        stage.report.say(f"  {item['texts']['en']['title']}")
    told = await _decide(stage, items)
    issue = await _draft(stage, SPRING, told)
    await _approve(stage, issue)
    stage.report.say(f"an issue in {len(SPRING)} languages is drafted by one person and approved by another")
    before = await stage.mailbox.received()
    await _send(stage, issue)

    async def begun() -> bool:
        return await stage.mailbox.received() > before

    await stage.until("the first mail is out", begun)
    await kill_and_restart(stage, "newsletter")
    totals = await _sent(stage, issue)
    stage.report.say(f"the issue is sent nevertheless: {_in_words(totals)}")
    await _everybody_got_it(stage, issue, SPRING, before, stage.cast.confirmed)


async def one_leaves(stage: Stage) -> None:
    """A reader presses the button that the mail program shows (RFC 8058); opening the link alone changes nothing."""
    reader = next(each for each in stage.cast.confirmed if each.language == "cs")
    mails = [mail for mail in await stage.mailbox.arrived() if mail.to == reader.mail]
    mail = await stage.mailbox.open(mails[-1])
    path = mail.link("/unsubscribe/")
    stage.report.expect(
        "every issue can be left with one click (RFC 8058)",
        path in mail.headers["List-Unsubscribe"]
        and mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click",
    )
    await stage.client.get("newsletter", path, address=reader.address)
    await stage.settled()
    stayed = stage.stranger.count("SubscriberUnsubscribed") == 0
    await stage.client.press(
        "newsletter", "one click", path, address=reader.address, form={"List-Unsubscribe": "One-Click"}
    )
    await stage.settled()
    gone = stage.stranger.count("SubscriberUnsubscribed") == 1
    stage.report.expect("a link that is opened unsubscribes nobody, a click does", stayed and gone)
    stage.cast.confirmed.remove(reader)
    stage.cast.left.append(reader)


async def the_year_is_told(stage: Stage) -> None:
    """A second issue goes to everybody but the one who left."""
    items = await _news(stage, {"campaign-phase": 2})
    told = await _decide(stage, items)
    issue = await _draft(stage, _HARVEST, told)
    await _approve(stage, issue)
    before = await stage.mailbox.received()
    await _send(stage, issue)
    totals = await _sent(stage, issue)
    stage.report.say(f"the second issue is sent: {_in_words(totals)}")
    mails = await _everybody_got_it(stage, issue, _HARVEST, before, stage.cast.confirmed)
    left = {reader.mail for reader in stage.cast.left}
    stage.report.expect("who has left gets nothing any more", not any(mail.to in left for mail in mails))


# ---- pieces


async def _news(stage: Stage, kinds: Mapping[str, int]) -> list[Json]:
    """The proposals of these kinds, once there are as many as there must be."""

    async def proposed() -> list[Json] | None:
        editor = stage.client.person("editor", _EDITOR)
        found = await stage.client.pages("newsletter", "/news-items", editor, status="proposed")
        number = Counter(item["kind"] for item in found)
        return found if all(number[kind] >= wanted for kind, wanted in kinds.items()) else None

    return await stage.until("the news proposes itself", proposed)


async def _decide(stage: Stage, items: Sequence[Json]) -> list[Json]:
    """The editor tells all of it but the last piece, if there are several."""
    editor = stage.client.person("editor", _EDITOR)
    told, dropped = (items[:-1], items[-1:]) if len(items) > 2 else (items, [])
    for item in told:
        await stage.client.command("newsletter", "POST", f"/news-items/{item['id']}/acceptance", editor)
    for item in dropped:
        path = f"/news-items/{item['id']}/rejection"
        await stage.client.command("newsletter", "POST", path, editor, {"reason": "told-already"})
    return list(told)


async def _draft(stage: Stage, texts: Texts, items: Sequence[Json]) -> str:
    """An editor writes it in the first language and translates it; its id."""
    editor = stage.client.person("editor", _EDITOR)
    drafted = await stage.client.command("newsletter", "POST", "/issues", editor, draft_of(texts, items))
    version = drafted.version
    for language in list(texts)[1:]:
        path, body = f"/issues/{drafted.id}/texts/{language}", translation_of(texts, language, items)
        version = (await stage.client.command("newsletter", "PUT", path, editor, body, if_match=version)).version
    return drafted.id


def draft_of(texts: Texts, items: Sequence[Json]) -> Json:
    """An issue in the first of its languages, with pieces of news."""
    language, (title, introduction) = next(iter(texts.items()))
    told = [item["id"] for item in items]
    return {"language": language, "title": title, "introduction": introduction, "items": told}


def translation_of(texts: Texts, language: str, items: Sequence[Json]) -> Json:
    """The issue in another language, with words for the news that has none in it."""
    title, introduction = texts[language]
    worded = {item["id"]: {"title": title, "text": introduction} for item in items if language not in item["texts"]}
    return {"title": title, "introduction": introduction, "items": worded}


async def _approve(stage: Stage, issue: str) -> None:
    path = f"/issues/{issue}"
    publisher = stage.client.person("publisher", _PUBLISHER)
    version: int = (await stage.client.get("newsletter", path, publisher)).json()["version"]
    try:
        editor = stage.client.person("editor", _EDITOR)
        await stage.client.command("newsletter", "POST", f"{path}/approval", editor, if_match=version)
        refused = "nothing"
    except Refused as refusal:
        refused = refusal.code
    stage.report.expect("who wrote an issue cannot let it go alone", refused == "second-person-needed", refused)
    await stage.client.command("newsletter", "POST", f"{path}/approval", publisher, if_match=version)


async def _send(stage: Stage, issue: str) -> None:
    publisher = stage.client.person("publisher", _PUBLISHER)
    await stage.client.command("newsletter", "POST", f"/issues/{issue}/sending", publisher)


async def _sent(stage: Stage, issue: str) -> dict[str, int]:
    """Waits until every reader is decided; the totals."""
    publisher = stage.client.person("publisher", _PUBLISHER)

    async def done() -> dict[str, int] | None:
        found = (await stage.client.get("newsletter", f"/issues/{issue}", publisher)).json()
        return found["totals"] if found["status"] == "sent" else None

    return await stage.until("the issue is sent", done, patience_s=90)


async def _everybody_got_it(
    stage: Stage, issue: str, texts: Texts, before: int, readers: Sequence[Reader]
) -> list[Envelope]:
    """Counts the mails that arrived, reader by reader, against what the service says of its own doubts."""
    publisher = stage.client.person("publisher", _PUBLISHER)
    delivery: Json = (await stage.client.get("newsletter", f"/issues/{issue}/delivery", publisher)).json()
    totals, doubts = delivery["totals"], delivery["doubts"]
    mails = await stage.mailbox.arrived(before)
    got = Counter(mail.to for mail in mails)
    missed = [reader for reader in readers if not got[reader.mail]]
    uncertain = totals["ambiguous"]
    stage.report.expect(
        "no reader got the issue twice, and nobody got it who did not ask",
        max(got.values()) == 1 and set(got) <= {reader.mail for reader in readers},
        f"{len(mails)} mails",
    )
    stage.report.expect(
        "no confirmed reader was forgotten, except those listed as uncertain",
        len(missed) <= uncertain == len(doubts) and delivery["audience"] == len(readers),
        f"{len(readers)} readers, {len(missed)} without a mail, {uncertain} listed as uncertain",
    )
    subjects = {reader.mail: texts.get(reader.language, texts["en"])[0] for reader in readers}
    stage.report.expect(
        "everybody reads it in the language they asked for, or in English",
        all(mail.subject == subjects[mail.to] for mail in mails),
        ", ".join(f"{title} {number}" for title, number in Counter(mail.subject for mail in mails).most_common()),
    )
    return mails


def _in_words(totals: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in totals.items() if number)
