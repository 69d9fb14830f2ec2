"""An erasure: who has answered, when somebody is told, and what is kept of whom it is about."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.directory.domain.center import Center, ClosingReason
from services.directory.domain.consent import Consent
from services.directory.domain.erasure import ALARM_AFTER, ALARM_AGAIN, LAWFUL, Erasure
from services.directory.domain.profile import Contact, ContactPerson, ProfileChange
from shared.days import InTheFuture
from shared.erasure.person import OMITTED, Persons, Wanted
from shared.events import Event
from shared.events.directory.center import LocationVisibility
from shared.events.erasure import ErasureOverdue, ErasureStatus, Removal

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ASKED = ("directory", "exchange", "newsletter")
CENTER = (Removal(kind="center", documents=1),)
VISITS = (Removal(kind="visit", documents=2),)


def requested(received_on: date | None = None) -> Erasure:
    erasure = Erasure.request("id", "subject", ASKED, NOW, received_on)
    erasure.take_facts()
    return erasure


def facts(erasure: Erasure | Center) -> list[Event]:
    return [event for event, _ in erasure.take_facts()]


def names(erasure: Erasure | Center) -> list[str]:
    return [type(event).__name__ for event in facts(erasure)]


def test_it_is_complete_when_everybody_has_answered_in_whatever_order() -> None:
    erasure = requested()
    erasure.take_receipt("newsletter", (), NOW)
    erasure.forget("subject", CENTER, NOW)
    erasure.answer(NOW)
    assert (erasure.status, erasure.missing) == (ErasureStatus.REQUESTED, ("exchange",))
    erasure.take_receipt("exchange", VISITS, NOW)
    assert (erasure.status, erasure.missing, erasure.due()) == (ErasureStatus.COMPLETED, (), None)
    assert names(erasure) == [
        "ErasureReceiptTaken", "TracesErased", "PersonalDataErased", "ErasureReceiptTaken", "ErasureCompleted",
    ]  # fmt: skip
    told = erasure.snapshot().receipts
    assert [(each.service, each.removed) for each in told] == [
        ("directory", CENTER), ("exchange", VISITS), ("newsletter", ()),
    ]  # fmt: skip


def test_the_first_answer_of_a_service_counts_and_strangers_do_not() -> None:
    erasure = requested()
    for removed in (VISITS, CENTER):
        erasure.take_receipt("exchange", removed, NOW)
    erasure.take_receipt("post-office", CENTER, NOW)
    erasure.answer(NOW)
    erasure.answer(NOW)
    assert names(erasure) == ["ErasureReceiptTaken", "PersonalDataErased"]
    assert erasure.receipts["exchange"].removed == VISITS


def test_what_is_found_in_several_looks_is_added_up() -> None:
    erasure = requested()
    for removed in (CENTER, VISITS, CENTER):
        erasure.forget("subject", removed, NOW)
    erasure.answer(NOW)
    assert [(each.kind, each.documents) for each in erasure.receipts["directory"].removed] == [
        ("center", 2), ("visit", 2),
    ]  # fmt: skip


def test_somebody_is_told_after_three_days_and_every_week_who_is_missing() -> None:
    erasure = requested()
    erasure.take_receipt("exchange", (), NOW)
    erasure.take_facts()
    erasure.ring(NOW + ALARM_AFTER - timedelta(seconds=1))
    assert names(erasure) == []
    now = NOW + ALARM_AFTER
    for reminder in (1, 2):
        assert erasure.due() == now
        erasure.ring(now)
        [event] = facts(erasure)
        assert event == ErasureOverdue(
            missing=("directory", "newsletter"), reminder=reminder, lawful_until=date(2026, 3, 29)
        )
        now += ALARM_AGAIN
    assert erasure.status is ErasureStatus.OVERDUE


@pytest.mark.parametrize("received", [date(2026, 1, 31), date(2024, 1, 31), date(2026, 2, 28), date(2026, 12, 31)])
def test_the_lawful_day_is_within_a_month_whatever_the_month(received: date) -> None:
    in_a_month = date(received.year + received.month // 12, received.month % 12 + 1, min(received.day, 28))
    assert received + LAWFUL <= in_a_month


def test_a_demand_cannot_have_arrived_tomorrow() -> None:
    with pytest.raises(InTheFuture):
        requested(date(2026, 3, 3))


def test_whom_it_is_about_is_not_in_its_state() -> None:
    assert "subject" not in str(requested().model_dump().values())


# ---- what a center does


def person(identity: str) -> Wanted:
    persons = Persons("a key for tests only, long enough to be taken")
    return persons.wanted("id", persons.subject("id", identity))


JANA = person("jana@example.org")


def test_a_closed_center_forgets_too(center: Center) -> None:
    text = "Pište na jana@example.org."
    center.edit(ProfileChange(descriptions={"cs": text}), NOW)
    center.close(ClosingReason.WORK_DONE, NOW)
    center.take_facts()
    center.erase(JANA)
    assert center.profile.descriptions == {"cs": f"Pište na {OMITTED}."}
    assert names(center) == ["CenterProfileUpdated"]


def test_the_house_keeps_what_is_not_hers_of_its_contact(center: Center) -> None:
    contact = Contact(email="jana@example.org", phone="+420 601 123 456", website="https://praha.example.org")
    center.edit(ProfileChange(contact=contact), NOW)
    center.erase(JANA)
    assert center.profile.contact == contact.model_copy(update={"email": None})


def test_a_contact_person_is_forgotten_as_a_whole_by_address_or_by_number(center: Center) -> None:
    who = ContactPerson(name="Jana Nováková", email="jana@example.org", phone="+420 601 123 456")
    for identity in ("jana@example.org", "+420601123456"):
        center.name_contact_person(who, Consent(given_on=NOW.date(), entered_by="center", wording=1), NOW)
        center.take_facts()
        center.erase(person(identity))
        assert (center.contact_person, names(center)) == (None, ["ContactPersonForgotten"])


def test_where_nobody_would_look_for_an_address_it_is_found_too(center: Center) -> None:
    center.place = center.place.model_copy(update={"street": "Hejnická 538, jana@example.org"})
    center.profile = center.profile.model_copy(update={"name": "U jana@example.org"})
    center.show_location(LocationVisibility.HIDDEN, "Dům jana@example.org")
    center.take_facts()
    center.erase(JANA)
    assert not JANA.stands_in(center)
    assert (center.place.street, center.profile.name) == (f"Hejnická 538, {OMITTED}", f"U {OMITTED}")
    assert center.discreet_name is None
    assert names(center) == ["LocationVisibilityChanged", "CenterRelocated", "CenterProfileUpdated"]
    assert "jana" not in center.looks_like
