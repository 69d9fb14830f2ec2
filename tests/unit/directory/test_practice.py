"""A practice: written, agreed to, let pass, revised beside what is published, withdrawn, counted when taken over."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.directory.domain.consent import Consent
from services.directory.domain.practice import (
    MOST_EDITIONS,
    Attachment,
    ConsentMissing,
    Content,
    EditionErased,
    NoSuchEdition,
    Practice,
    TooManyEditions,
    WithdrawalReason,
    Word,
)
from shared.aggregate import Refusal, WrongState
from shared.days import InTheFuture
from shared.events.directory.practice import (
    Adoption,
    PracticeAdoptionCounted,
    PracticeAdoptionTakenBack,
    PracticeConsentGiven,
    PracticeConsentWithdrawn,
    PracticeDocumented,
    PracticeEditionErased,
    PracticeKind,
    PracticePublished,
    PracticeRevised,
    PracticeStatus,
    PracticeWithdrawn,
)

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
CONSENT = Consent(wording=1, language="de", given_on=date(2026, 3, 1), entered_by="center")


def content(title: str = "Samstags kochen die Väter", **different: Any) -> Content:
    usual: dict[str, Any] = {
        "original": "de",
        "texts": {"de": {"title": title, "summary": "Die Küche gehört den Vätern.", "body": "So fing es an."}},
        "topics": ["father-involvement"],
    }
    return Content.model_validate({**usual, **different})


def documented(**different: Any) -> Practice:
    practice = Practice.document("p1", "münchen", PracticeKind.PRACTICE, content(**different), NOW)
    practice.take_facts()
    return practice


def published() -> Practice:
    practice = documented()
    practice.agree(CONSENT, NOW)
    practice.publish(NOW)
    practice.take_facts()
    return practice


def facts(practice: Practice) -> list[object]:
    return [fact for fact, _ in practice.take_facts()]


# ---- written and let pass


def test_a_draft_tells_nobody_what_is_in_it() -> None:
    practice = Practice.document("p1", "münchen", PracticeKind.STORY, content(), NOW, date(2026, 2, 8))
    assert practice.take_facts() == [(PracticeDocumented(languages=("de",)), datetime(2026, 2, 8, tzinfo=UTC))]
    snapshot = practice.snapshot()
    assert (snapshot.status, snapshot.titles, snapshot.topics, snapshot.edition) == ("draft", {}, (), None)


def test_without_the_centers_consent_nothing_is_published() -> None:
    practice = documented()
    with pytest.raises(ConsentMissing):
        practice.publish(NOW)
    practice.agree(CONSENT, NOW)
    practice.publish(NOW)
    assert facts(practice) == [PracticeConsentGiven(by="center", wording=1), PracticePublished(edition=1)]
    assert practice.snapshot().titles == {"de": "Samstags kochen die Väter"}


def test_an_unpublished_text_is_written_anew_in_place() -> None:
    practice = documented()
    practice.revise(content("Väter kochen"), NOW)
    practice.revise(content("Väter kochen"), NOW)
    assert facts(practice) == [PracticeRevised(edition=1, languages=("de",))]
    assert len(practice.editions) == 1


def test_a_revision_is_seen_by_everybody_only_when_somebody_let_it_pass() -> None:
    practice = published()
    practice.revise(content("Väter kochen", topics=["newcomers-and-language"]), NOW)
    assert (practice.snapshot().edition, practice.snapshot().topics) == (1, ("father-involvement",))
    practice.publish(NOW, date(2026, 2, 27))
    assert facts(practice) == [PracticeRevised(edition=2, languages=("de",)), PracticePublished(edition=2)]
    assert practice.snapshot().titles == {"de": "Väter kochen"}
    assert practice.content(1) == content()
    with pytest.raises(WrongState):
        practice.publish(NOW)


def test_who_withdraws_consent_withdraws_the_practice() -> None:
    practice = published()
    practice.disagree("center", NOW)
    assert facts(practice) == [PracticeConsentWithdrawn(by="center"), PracticeWithdrawn(reason="consent-withdrawn")]
    assert (practice.snapshot().titles, practice.published()) == ({}, {})
    with pytest.raises(ConsentMissing):
        practice.publish(NOW)
    with pytest.raises(WrongState):
        practice.disagree("center", NOW)


def test_what_was_withdrawn_can_be_published_again() -> None:
    practice = published()
    practice.withdraw(WithdrawalReason.OUTDATED, NOW)
    with pytest.raises(WrongState):
        practice.withdraw(WithdrawalReason.OTHER, NOW)
    practice.revise(content("Väter kochen"), NOW)
    practice.publish(NOW)
    assert (practice.status, sorted(practice.published())) == (PracticeStatus.PUBLISHED, [1, 2])


def test_entries_from_paper_are_refused_only_for_days_to_come() -> None:
    day = date(2026, 3, 9)
    practice = documented()
    refused: list[Callable[[], object]] = [
        lambda: Practice.document("p2", "münchen", PracticeKind.STORY, content(), NOW, day),
        lambda: practice.revise(content("Neu"), NOW, day),
        lambda: practice.agree(CONSENT.model_copy(update={"given_on": day}), NOW),
    ]
    for entry in refused:
        with pytest.raises(InTheFuture):
            entry()


# ---- editions


def test_the_text_of_an_older_edition_is_erased_for_good_and_its_number_stays() -> None:
    practice = published()
    practice.revise(content("Väter kochen"), NOW)
    practice.publish(NOW)
    practice.take_facts()
    practice.erase_edition(1)
    practice.erase_edition(1)
    assert facts(practice) == [PracticeEditionErased(edition=1)]
    assert "Samstags" not in practice.model_dump_json()
    with pytest.raises(EditionErased):
        practice.content(1)
    with pytest.raises(NoSuchEdition):
        practice.erase_edition(3)


def test_what_everybody_reads_now_is_not_erased_under_their_eyes() -> None:
    practice = published()
    with pytest.raises(WrongState):
        practice.erase_edition(1)
    practice.withdraw(WithdrawalReason.MODERATION, NOW)
    practice.erase_edition(1)
    with pytest.raises(EditionErased):
        practice.publish(NOW)
    practice.revise(content("Väter kochen"), NOW)
    practice.publish(NOW)
    assert practice.snapshot().edition == 2


def test_a_practice_keeps_fifty_editions() -> None:
    practice = published()
    for number in range(2, MOST_EDITIONS + 1):
        practice.revise(content(f"Fassung {number}"), NOW)
        practice.publish(NOW)
    with pytest.raises(TooManyEditions):
        practice.revise(content("Noch eine"), NOW)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"original": "en"}, "original language"),
        ({"texts": {}}, "at least 1"),
        ({"topics": []}, "at least 1"),
        ({"texts": {f: {"title": "Titel", "summary": "s", "body": "b" * 20_000} for f in ("de", "en", "cs")}}, "60000"),
        (
            {"attachments": [{"title": "Liste", "url": "http://files.example.org/a", "media_type": "text/plain"}]},
            "https",
        ),
        ({"attachments": [{"title": "Liste", "url": "https://files.example.org/a", "media_type": "pdf"}]}, "pattern"),
    ],
)
def test_a_content_that_makes_no_sense(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        content(**wrong)


def test_the_original_is_named_before_its_translations() -> None:
    text = {"title": "Titel", "summary": "s", "body": "b"}
    assert content(original="sk", texts={"de": text, "sk": text, "cs": text}).languages == ("sk", "cs", "de")


def test_an_attachment_is_reserved_to_its_authors_unless_it_says_otherwise() -> None:
    kept = Attachment(title="Liste", url="https://files.example.org/a.pdf", media_type="application/pdf")
    assert kept.license == "all-rights-reserved"


# ---- taken over


def word(center: str, how: Adoption | None, sequence: int = 2, day: int = 1) -> Word:
    return Word(center=center, how=how, sequence=sequence, said=datetime(2026, 2, day, tzinfo=UTC))


def test_each_center_that_took_it_over_counts_once_by_what_it_said_last() -> None:
    practice = published()
    practice.count_adoption("first visit", word("praha", Adoption.ADAPTED, day=1), NOW)
    practice.count_adoption("brno's visit", word("brno", Adoption.ADOPTED, day=2), NOW)
    practice.count_adoption("second visit", word("praha", Adoption.ADOPTED, day=3), NOW)
    assert facts(practice) == [
        PracticeAdoptionCounted(center="praha", how=Adoption.ADAPTED),
        PracticeAdoptionCounted(center="brno", how=Adoption.ADOPTED),
        PracticeAdoptionCounted(center="praha", how=Adoption.ADOPTED),
    ]
    assert (practice.snapshot().adopted, practice.snapshot().adapted) == (2, 0)
    with pytest.raises(WrongState):
        practice.count_adoption("a visit", word("münchen", Adoption.ADOPTED), NOW)


def test_what_is_taken_back_on_one_visit_still_counts_by_another() -> None:
    practice = published()
    practice.count_adoption("first visit", word("praha", Adoption.ADAPTED, day=1), NOW)
    practice.count_adoption("second visit", word("praha", Adoption.ADOPTED, day=2), NOW)
    practice.count_adoption("second visit", word("praha", None, sequence=3, day=3), NOW)
    assert facts(practice)[-1] == PracticeAdoptionTakenBack(center="praha")
    assert practice.counted() == {"praha": Adoption.ADAPTED}
    practice.count_adoption("first visit", word("praha", None, sequence=3, day=4), NOW)
    assert practice.counted() == {}


def test_an_old_word_that_comes_late_is_no_news() -> None:
    practice = published()
    practice.count_adoption("a visit", word("praha", None, sequence=4), NOW)
    facts(practice)
    for sequence, how in ((3, Adoption.ADOPTED), (4, None)):
        practice.count_adoption("a visit", word("praha", how, sequence=sequence), NOW)
    assert (facts(practice), practice.counted()) == ([], {})


# ---- whatever is done

STEPS: dict[str, Callable[[Practice], object]] = {
    "revise": lambda it: it.revise(content("Väter kochen"), NOW),
    "revise back": lambda it: it.revise(content(), NOW),
    "agree": lambda it: it.agree(CONSENT, NOW),
    "disagree": lambda it: it.disagree("center", NOW),
    "publish": lambda it: it.publish(NOW),
    "withdraw": lambda it: it.withdraw(WithdrawalReason.OTHER, NOW),
    "erase first": lambda it: it.erase_edition(1),
    "erase second": lambda it: it.erase_edition(2),
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=30))
def test_whatever_is_done_only_what_was_agreed_to_is_shown_and_what_was_cited_stays(steps: list[str]) -> None:
    practice, cited = documented(), dict[int, Content]()
    for step in steps:
        before = practice.model_dump()
        try:
            STEPS[step](practice)
        except Refusal:
            practice = Practice.model_validate(before)
        happened = facts(practice)
        assert bool(happened) == (practice.model_dump() != before)
        assert "So fing es an" not in f"{happened} {practice.snapshot()!r}"
        number = practice.shown
        assert (number is not None) == (practice.status is PracticeStatus.PUBLISHED)
        if number is not None:
            assert practice.consent is not None
            cited.setdefault(number, practice.content(number))
            assert practice.snapshot().titles == {"de": practice.content(number).texts["de"].title}
        for each, text in cited.items():
            assert practice.editions[each - 1].content in (text, None)
        assert all(edition.published_on for edition in practice.editions[:-1])
