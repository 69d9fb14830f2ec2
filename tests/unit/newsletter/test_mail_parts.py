"""The pieces mails are made of: slots, signatures, the journal, the batch."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.newsletter.domain.issue import Issue, IssueText
from services.newsletter.keyed import Confirmation, Keyed, LinkNotValid
from services.newsletter.rendering import issue as render
from services.newsletter.sending import journal as journal_module
from services.newsletter.sending.batches import Batch, Outcome, Postponed, Taken, Uncertain
from services.newsletter.sending.journal import Journals, Mark
from services.newsletter.sending.mails import IssueMails, Stationery
from services.newsletter.sending.mime import Sender, Slots, Unrenderable, compose
from services.newsletter.sending.readers import Reader
from services.newsletter.settings import NewsletterSettings
from services.newsletter.wording import CONSENT, CONSENT_VERSION, LANGUAGE_NAMES, WORDS
from shared.events.newsletter import WhenUncertain
from tests.unit.newsletter.sink import Delivered

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SECRET = "a secret for tests only, long enough to be taken"
STATIONERY = Stationery(NewsletterSettings.model_construct(**NewsletterSettings(secret=SECRET).__dict__))
READER = Reader("5f0c2be77ea9d1c7a4f0b6d3e8129a45", "jana@example.org", "en")

texts = st.text(min_size=1, max_size=300)


def mail(title: str, introduction: str) -> Delivered:
    """The mail of an issue with these words."""
    issue = Issue.draft("i1", "p1", "newsletter", "en", IssueText(title=title, introduction=introduction))
    parcel = IssueMails(issue, STATIONERY, NOW).parcel(READER)
    return Delivered(parcel.recipient, "", parcel.message)


def test_without_a_secret_the_service_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINE_SECRET", raising=False)
    with pytest.raises(ValidationError, match="secret"):
        NewsletterSettings()
    monkeypatch.setenv("MINE_SECRET", "short")
    with pytest.raises(ValidationError, match="secret"):
        NewsletterSettings()
    monkeypatch.setenv("MINE_SECRET", SECRET)
    assert SECRET not in repr(NewsletterSettings())


@given(introduction=texts)
def test_whatever_an_editor_writes_arrives_as_text_and_the_links_stay_whole(introduction: str) -> None:
    if not introduction.strip():
        return
    made = mail("Spring", introduction)
    assert all(len(line) <= 998 for line in made.raw.split(b"\r\n"))
    assert b"\n" not in made.raw.replace(b"\r\n", b"")
    assert b"\r" not in made.raw.replace(b"\r\n", b"")
    token = STATIONERY.keyed.reader_token(READER.subscription)
    assert made.link("unsubscribe").endswith(f"/unsubscribe/{token}")
    assert made.parsed["List-Unsubscribe"] == f"<{made.link('unsubscribe')}>"
    assert made.text("html").count("<script") == 0


@given(title=texts)
def test_a_title_is_either_refused_or_arrives_as_the_subject(title: str) -> None:
    try:
        made = mail(title, "Hello.")
    except ValidationError:
        return
    assert " ".join(str(made.parsed["Subject"]).split()) == " ".join(title.split())
    assert made.parsed.get_all("To") == ["jana@example.org"]
    assert made.parsed.get_all("Bcc") is None


@pytest.mark.parametrize(
    "value", ["a@b\r\nBcc: x@example.org", "a@b c", "a@b,c@d", "ä@example.org", "<a@b>", '"a"@b', "a@b;", ""]
)
def test_a_value_that_could_end_a_header_does_not_fit_a_slot(value: str) -> None:
    issue = Issue.draft("i1", "p1", "newsletter", "en", IssueText(title="T", introduction="I"))
    with pytest.raises(Unrenderable):
        IssueMails(issue, STATIONERY, NOW).parcel(Reader("s1", value, "en"))


def test_a_mail_whose_slot_would_be_torn_is_not_compiled() -> None:
    slots = Slots("confirm")
    with pytest.raises(Unrenderable):
        compose(
            slots=slots,
            sender=Sender("N", "n@example.org"),
            subject="S",
            language="en",
            text="x" * 70 + slots.body("confirm"),
            html="",
            date=NOW,
            headers={},
        )


def test_a_reader_of_a_language_without_pages_of_its_own_gets_the_footer_in_english() -> None:
    issue = Issue.draft("i1", "p1", "newsletter", "sw", IssueText(title="T", introduction="I"))
    text, html = render(issue, "sw", {"unsubscribe": "u", "preferences": "p"})
    assert WORDS["en"].mail_why in text
    assert '<p lang="en" dir="ltr">' in html


def test_every_language_of_the_pages_has_its_consent_and_its_name() -> None:
    assert set(CONSENT[CONSENT_VERSION]) == set(WORDS) <= set(LANGUAGE_NAMES)


@given(st.text(max_size=80))
def test_no_text_is_taken_for_a_link_of_ours(token: str) -> None:
    keyed = Keyed(SECRET)
    with pytest.raises(LinkNotValid):
        keyed.read_confirmation(token)
    with pytest.raises(LinkNotValid):
        keyed.read_reader(token)


def test_a_link_says_what_was_signed_and_only_to_the_same_secret() -> None:
    link = Confirmation("s1", 3, NOW)
    token = Keyed(SECRET).confirmation_token(link)
    assert Keyed(SECRET).read_confirmation(token) == link
    with pytest.raises(LinkNotValid):
        Keyed(SECRET[::-1]).read_confirmation(token)


# ---- the journal


def test_a_dead_senders_journal_can_be_read_and_a_living_ones_cannot(tmp_path: Path) -> None:
    first = Journals(tmp_path).acquire()
    first.begin("i1:000000", 3)
    first.mark(7, Mark.FLYING)
    assert Journals(tmp_path).of_dead(first.name) is None
    second = Journals(tmp_path).acquire()
    assert second.name != first.name
    first.close()
    found = Journals(tmp_path).of_dead(first.name)
    assert found is not None
    marks = found.marks("i1:000000", 3)
    assert marks is not None
    assert (marks[7], marks[8]) == (Mark.FLYING, Mark.QUIET)
    assert found.marks("i1:000000", 4) is None
    assert found.marks("i1:000001", 3) is None
    found.close()
    assert Journals(tmp_path).acquire().name == first.name


def test_a_journal_from_before_a_reboot_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journals(tmp_path).acquire()
    journal.begin("i1:000000", 1)
    monkeypatch.setattr(journal_module, "_boot_id", lambda: b"another".ljust(40, b"\0"))
    assert journal.marks("i1:000000", 1) is None
    monkeypatch.setattr(journal_module, "_boot_id", lambda: bytes(40))
    journal.begin("i1:000000", 1)
    assert journal.marks("i1:000000", 1) is None


def test_a_journal_of_another_home_is_not_ours_to_read(tmp_path: Path) -> None:
    here, there = Journals(tmp_path / "here"), Journals(tmp_path / "there")
    journal = there.acquire()
    journal.close()
    assert here.of_dead(journal.name) is None
    assert here.of_dead("nonsense") is None


def test_a_journal_that_was_cut_off_or_overwritten_says_nothing(tmp_path: Path) -> None:
    journal = Journals(tmp_path).acquire()
    journal.begin("i1:000000", 1)
    journal.close()
    (tmp_path / "sender-0").write_bytes(b"\xff" * 100)
    assert Journals(tmp_path).acquire().marks("i1:000000", 1) is None


# ---- the batch


def batch(window: list[int]) -> Batch:
    made = Batch.of("b", "i", 0, 4)
    made.window = window
    return made


def test_without_a_journal_the_whole_window_is_in_doubt() -> None:
    found = batch([1, 2])
    found.resolve(None, WhenUncertain.NEVER_TWICE)
    assert (found.outcomes, found.window) == (".uu.", [])


def test_a_journal_narrows_the_doubt_down() -> None:
    found = batch([0, 1, 2, 3])
    found.resolve(bytes([Mark.TAKEN, Mark.FLYING, Mark.QUIET, Mark.REFUSED]), WhenUncertain.NEVER_TWICE)
    assert found.outcomes == "au.."


def test_a_mark_nobody_knows_counts_as_doubt() -> None:
    found = batch([0])
    found.resolve(bytes([77]), WhenUncertain.NEVER_TWICE)
    assert found.outcomes[0] == Outcome.AMBIGUOUS


def test_a_mail_that_always_breaks_the_connection_is_not_sent_for_ever() -> None:
    found = Batch.of("b", "i", 0, 1)
    sent = 0
    while found.pending():
        sent += 1
        found.settle({0: Uncertain()}, WhenUncertain.NEVER_MISSED, NOW)
    assert (sent, found.outcomes, found.uncertain) == (4, "u", {0: 4})


def test_a_batch_that_only_waits_for_retries_sleeps_until_the_first() -> None:
    found = Batch.of("b", "i", 0, 3)
    found.settle({0: Taken(), 1: Postponed("451")}, WhenUncertain.NEVER_TWICE, NOW)
    found.settle({2: Postponed("451")}, WhenUncertain.NEVER_TWICE, NOW + timedelta(minutes=1))
    assert found.next_window(5, NOW) == []
    found.release()
    assert (found.due, found.done) == (NOW + timedelta(minutes=1), False)
    assert found.next_window(5, NOW + timedelta(minutes=1)) == [1]


def test_a_batch_survives_its_document() -> None:
    found = batch([1])
    found.settle({1: Uncertain(), 2: Postponed("451 4.7.1")}, WhenUncertain.NEVER_MISSED, NOW)
    document = found.model_dump(mode="json")
    assert all(isinstance(key, str) for field in ("uncertain", "retries") for key in document[field])
    assert Batch.model_validate(document) == found
