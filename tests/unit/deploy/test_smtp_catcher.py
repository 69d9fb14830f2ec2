import json
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from deploy.smtp_catcher import Mailbox, Words, create_page, header, shown

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mail")


@pytest.fixture
def page(mailbox):
    transport = httpx.ASGITransport(create_page(mailbox, ["localhost"]))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


def mail(subject: str = "Hello", text: str = "Dear reader", html: str | None = None) -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "newsletter@example.org"
    message["Message-ID"] = "<1@example.org>"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message.as_bytes().replace(b"\n", b"\r\n")


def keep(mailbox: Mailbox, *recipients: str, content: bytes | None = None) -> str:
    return mailbox.keep("newsletter@example.org", recipients or ("reader@example.org",), content or mail()).id


# ---- what is kept


def test_a_mail_lies_in_the_maildir_as_it_came_with_its_envelope_before_it(mailbox, tmp_path):
    content = mail("Grüße")
    id = keep(mailbox, "a@example.org", "b@example.org", content=content)
    stored = (tmp_path / "mail" / "new" / id).read_bytes()
    assert stored == (
        b"Return-Path: <newsletter@example.org>\r\nDelivered-To: a@example.org\r\nDelivered-To: b@example.org\r\n"
        + content
    )
    assert not list((tmp_path / "mail" / "tmp").iterdir())


def test_mails_are_found_by_recipient_sender_and_subject(mailbox):
    keep(mailbox, "anna@example.org", content=mail("Zpráva č. 1"))
    keep(mailbox, "berta@example.org", content=mail("Brief Nr. 1"))
    assert [entry.to for entry in mailbox.search(Words(to="ANNA@"))] == [("anna@example.org",)]
    assert [entry.subject for entry in mailbox.search(Words(subject="zpráva Č"))] == ["Zpráva č. 1"]
    assert len(list(mailbox.search(Words(sender="newsletter@")))) == 2
    assert not list(mailbox.search(Words(sender="else@")))


def test_the_list_is_the_same_after_a_restart(mailbox, tmp_path):
    ids = [keep(mailbox, f"r{number}@example.org") for number in range(3)]
    again = Mailbox(tmp_path / "mail")
    assert list(again.search(Words())) == list(mailbox.search(Words()))
    assert again.received == 3
    assert keep(again) not in ids
    assert [entry.number for entry in again.search(Words())] == [1, 2, 3, 4]


def test_a_mail_that_was_stored_but_not_listed_when_the_catcher_was_killed_is_listed_again(mailbox, tmp_path):
    keep(mailbox, "first@example.org")
    keep(mailbox, "second@example.org", content=mail("Second"))
    listing = tmp_path / "mail" / "list.jsonl"
    first, second = listing.read_text().splitlines()
    listing.write_text(first + "\n" + second[: len(second) // 2])
    for _ in range(2):  # the repaired list also survives the next restart
        again = Mailbox(tmp_path / "mail")
        entries = list(again.search(Words()))
        assert [(entry.number, entry.to, entry.subject) for entry in entries] == [
            (1, ("first@example.org",), "Hello"),
            (2, ("second@example.org",), "Second"),
        ]
        assert entries[1].sender == "newsletter@example.org"


def test_only_the_newest_are_listed_but_all_are_kept(tmp_path):
    mailbox = Mailbox(tmp_path / "mail", listed_at_most=3)
    for number in range(5):
        keep(mailbox, f"r{number}@example.org")
    assert [entry.number for entry in mailbox.search(Words())] == [3, 4, 5]
    assert mailbox.received == 5
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 5


def test_an_emptied_mailbox_is_empty_and_goes_on(mailbox, tmp_path):
    keep(mailbox)
    mailbox.empty()
    assert not list(mailbox.search(Words()))
    assert not list((tmp_path / "mail" / "new").iterdir())
    keep(mailbox, "next@example.org")
    assert [entry.to for entry in Mailbox(tmp_path / "mail").search(Words())] == [("next@example.org",)]


# ---- what is made of untrusted mails


@pytest.mark.parametrize(
    ("head", "subject"),
    [
        ("Subject: plain", "plain"),
        ("subject:lower case", "lower case"),
        ("Subject: one\r\n two\r\n\tthree", "one two three"),
        ("Subject: =?utf-8?b?R3LDvMOfZQ==?= =?utf-8?q?_aus_Brno?=", "Grüße aus Brno"),
        ("Subject: =?no-such-charset?b?R3LDvMOfZQ==?=", "=?no-such-charset?b?R3LDvMOfZQ==?="),
        ("Subject: =?utf-8?b?R3L?=", "Gr"),
        ("Subject: =?utf-8?b?R?=", "=?utf-8?b?R?="),
        ("X-Subject: no\r\nOther: Subject: no", ""),
        ("Subject: " + "x" * 1000, "x" * 300),
    ],
)
def test_a_subject_is_decoded_where_that_is_possible(head, subject):
    assert header(head, "Subject") == subject


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"no header at all",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH",
        b"Content-Type: message/rfc822\r\n\r\n" * 50,
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"Subject: a\r\nSubject: b\r\n\r\n" + b"x" * 100_000,
    ],
)
async def test_a_broken_mail_is_kept_and_can_be_looked_at(mailbox, page, content):
    id = keep(mailbox, content=content)
    async with page:
        assert (await page.get("/")).status_code == 200
        assert (await page.get(f"/mails/{id}")).status_code == 200
        assert (await page.get(f"/api/mails/{id}")).status_code == 200
        assert (await page.get(f"/api/mails/{id}/raw")).content.endswith(content)


async def test_nothing_of_a_mail_reaches_a_browser_unescaped(mailbox, page):
    id = mailbox.keep(HOSTILE, [HOSTILE], mail(HOSTILE, HOSTILE, f"<p>{HOSTILE}")).id
    async with page:
        for path in ("/", f"/mails/{id}", f"/?to={HOSTILE}&subject={HOSTILE}"):
            answer = await page.get(path)
            assert "<script" not in answer.text
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "<iframe sandbox srcdoc=" in (await page.get(f"/mails/{id}")).text
        raw = await page.get(f"/api/mails/{id}/raw")
        assert raw.headers["Content-Disposition"].startswith("attachment")
        assert raw.headers["Content-Type"] == "message/rfc822"


async def test_only_web_links_are_offered(mailbox, page):
    text = "javascript:alert(1) see https://example.org/confirm?a=1&b=2, and https://example.org/x."
    id = keep(mailbox, content=mail(text=text, html='<a href="https://example.org/y?a=1&amp;b=2">y</a>'))
    async with page:
        found = (await page.get(f"/api/mails/{id}")).json()
    assert found["links"] == [
        "https://example.org/confirm?a=1&b=2", "https://example.org/x", "https://example.org/y?a=1&b=2",
    ]  # fmt: skip


# ---- the page's API


async def test_the_list_goes_on_where_the_last_page_ended(mailbox, page):
    for number in range(5):
        keep(mailbox, f"r{number}@example.org")
    async with page:
        first = (await page.get("/api/mails", params={"limit": 3})).json()
        second = (await page.get("/api/mails", params={"limit": 3, "after": first["next"]})).json()
    assert [item["number"] for item in first["items"] + second["items"]] == [1, 2, 3, 4, 5]
    assert (second["next"], second["received"]) == (None, 5)


async def test_the_page_for_people_shows_the_newest_first_and_leads_to_the_older(mailbox, page):
    for number in range(60):
        keep(mailbox, f"r{number}@example.org")
    async with page:
        newest = (await page.get("/")).text
        assert newest.index("r59@") < newest.index("r10@")
        assert "r9@" not in newest
        older = (await page.get("/", params={"before": 11})).text
    assert "before=11" in newest
    assert "r9@" in older
    assert "r10@" not in older


async def test_one_mail_is_shown_decoded(mailbox, page):
    id = keep(mailbox, content=mail("Grüße", "Hallo\nWelt ä", "<b>Hallo</b>"))
    async with page:
        found = (await page.get(f"/api/mails/{id}")).json()
    assert found["text"] == "Hallo\nWelt ä\n"
    assert found["html"].strip() == "<b>Hallo</b>"
    assert ["Message-ID", "<1@example.org>"] in found["headers"]
    assert found["message_id"] == "<1@example.org>"


async def test_mails_can_be_thrown_away(mailbox, page):
    id = keep(mailbox)
    async with page:
        assert (await page.delete("/api/mails")).status_code == 204
        assert (await page.get("/api/mails")).json()["received"] == 0
        assert (await page.get(f"/api/mails/{id}")).status_code == 404


@pytest.mark.parametrize("limit", ["0", "-5", "x", "999999999999999999999", "²"])
async def test_a_strange_limit_is_no_error(mailbox, page, limit):
    keep(mailbox)
    async with page:
        assert len((await page.get("/api/mails", params={"limit": limit})).json()["items"]) == 1


async def test_a_path_cannot_lead_out_of_the_mailbox(mailbox, page, tmp_path):
    (tmp_path / "secret").write_text("secret")
    async with page:
        for id in ("..%2f..%2fsecret", "%2e%2e", "list.jsonl"):
            assert (await page.get(f"/api/mails/{id}/raw")).status_code == 404


async def test_it_answers_to_its_own_names_only(mailbox, page):
    async with page:
        assert (await page.get("/api/mails", headers={"Host": "attacker.example"})).status_code == 400


def test_a_shown_mail_can_be_written_as_json(mailbox):
    id = keep(mailbox, content=b"Subject: \xff\r\n\r\n\xff")
    entry = mailbox.get(id)
    raw = mailbox.raw(entry)
    assert json.loads(json.dumps(shown(entry, raw)))["id"] == id
