"""A membership from the application to the end and back again, and the days on which it held."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from services.directory.domain.membership import (
    BeforeApplication,
    CriteriaOutdated,
    DeclineReason,
    EndReason,
    Membership,
    MemberSpell,
    RequirementsMissing,
    StatusWouldChange,
)
from services.directory.domain.network import CriteriaList, Criterion
from services.directory.domain.spells import EndsBeforeItBegan, Gone, SpellsOverlap
from shared.aggregate import WrongState
from shared.days import InTheFuture
from shared.events import Event
from shared.events.directory import membership as said
from shared.events.directory.membership import MembershipKind, MembershipStatus

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
FULL, FRIENDLY = MembershipKind
NO_LIST = CriteriaList()
OPEN_TO_ALL = Criterion(code="open-to-all", labels={"en": "Open to everybody"})
DAILY = Criterion(code="daily-opening", labels={"en": "Open every day"}, mandatory=False)
LIST = CriteriaList(version=2, criteria=(OPEN_TO_ALL, DAILY))


def day(text: str) -> date:
    return date.fromisoformat(text)


def spell(kind: MembershipKind, since: str, until: str | None = None) -> MemberSpell:
    return MemberSpell(kind=kind, since=day(since), until=day(until) if until else None)


def strangers() -> Membership:
    return Membership(id="m", network="sit", center="praha")


def applied(kind: MembershipKind = FRIENDLY, on: str | None = None) -> Membership:
    membership = strangers()
    membership.apply(kind, True, NOW, day(on) if on else None)
    membership.take_facts()
    return membership


def member(since: str = "2010-05-01", kind: MembershipKind = FRIENDLY) -> Membership:
    membership = applied(kind, on="2000-01-01")
    membership.accept_code(NOW)
    membership.admit(NO_LIST, NOW, day(since))
    membership.take_facts()
    return membership


def happened(membership: Membership) -> list[Event]:
    return [event for event, _ in membership.take_facts()]


# ---- applying and being admitted


def test_a_friendly_center_is_admitted_without_more_ado() -> None:
    membership = strangers()
    membership.apply(FRIENDLY, True, NOW)
    membership.admit(LIST, NOW)
    assert happened(membership) == [
        said.MembershipApplied(kind=FRIENDLY, on=NOW.date()),
        said.MembershipAdmitted(kind=FRIENDLY, on=NOW.date()),
    ]
    assert membership.snapshot().spells == (said.MembershipSpell(kind=FRIENDLY, since=NOW.date()),)


def test_a_full_member_needs_the_mandatory_criteria_and_the_ethical_code() -> None:
    membership = applied(FULL)
    with pytest.raises(RequirementsMissing) as refused:
        membership.admit(LIST, NOW)
    assert refused.value.details == {"missing_criteria": ("open-to-all",), "ethical_code_missing": True}

    membership.check_criteria(LIST, 2, ["daily-opening"], NOW)
    membership.accept_code(NOW, day("2026-02-14"))
    with pytest.raises(RequirementsMissing) as refused:
        membership.admit(LIST, NOW)
    assert refused.value.details == {"missing_criteria": ("open-to-all",), "ethical_code_missing": False}

    membership.check_criteria(LIST, 2, ["open-to-all"], NOW)
    membership.admit(LIST, NOW)
    assert happened(membership) == [
        said.CriteriaChecked(list_version=2, met=("daily-opening",), missing=("open-to-all",), on=NOW.date()),
        said.EthicalCodeAccepted(on=day("2026-02-14")),
        said.CriteriaChecked(list_version=2, met=("open-to-all",), missing=(), on=NOW.date()),
        said.MembershipAdmitted(kind=FULL, on=NOW.date()),
    ]


def test_what_was_checked_by_an_older_list_counts_and_a_new_check_is_by_the_present_one() -> None:
    membership = applied(FULL)
    membership.accept_code(NOW)
    membership.check_criteria(LIST, 2, ["open-to-all"], NOW)
    stricter = CriteriaList(version=3, criteria=(*LIST.criteria, Criterion(code="statutes", labels={"en": "Statutes"})))
    with pytest.raises(CriteriaOutdated) as refused:
        membership.check_criteria(stricter, 2, ["open-to-all"], NOW)
    assert refused.value.details == {"present": 3}
    membership.admit(stricter, NOW)
    assert membership.snapshot().criteria_version == 2


def test_a_network_without_criteria_asks_for_the_code_alone() -> None:
    membership = applied(FULL)
    membership.accept_code(NOW)
    membership.admit(NO_LIST, NOW)
    assert membership.status is MembershipStatus.ADMITTED


def test_who_applied_as_full_may_be_admitted_as_friendly_and_become_full_later() -> None:
    membership = applied(FULL, on="2020-01-01")
    membership.admit(LIST, NOW, day("2020-03-01"), FRIENDLY)
    with pytest.raises(RequirementsMissing):
        membership.change_kind(FULL, LIST, NOW)
    membership.check_criteria(LIST, 2, ["open-to-all"], NOW, day("2021-01-15"))
    membership.accept_code(NOW, day("2021-01-15"))
    membership.change_kind(FULL, LIST, NOW, day("2021-02-01"))
    membership.change_kind(FULL, LIST, NOW)
    assert membership.spells == [spell(FRIENDLY, "2020-03-01", "2021-02-01"), spell(FULL, "2021-02-01")]
    assert happened(membership)[-1] == said.MembershipKindChanged(before=FRIENDLY, after=FULL, on=day("2021-02-01"))


def test_saying_the_same_again_is_no_event() -> None:
    membership = applied(FULL)
    for _ in range(2):
        membership.consent()
        membership.accept_code(NOW)
        membership.check_criteria(LIST, 2, ["open-to-all"], NOW)
    assert [type(event).__name__ for event in happened(membership)] == ["EthicalCodeAccepted", "CriteriaChecked"]


def test_what_the_network_entered_from_paper_the_center_confirms() -> None:
    membership = strangers()
    membership.apply(FRIENDLY, False, NOW)
    assert not membership.consented
    membership.consent()
    assert membership.consented
    assert happened(membership)[-1] == said.CenterConsented()


# ---- declined, withdrawn, ended, and once more


def test_a_note_is_kept_for_its_people_and_told_to_nobody_else() -> None:
    membership = applied()
    membership.decline(DeclineReason.INCOMPLETE, NOW, note="Paní X. zapomněla stanovy.")
    [declined] = happened(membership)
    assert declined == said.MembershipDeclined(reason="incomplete", on=NOW.date())
    assert membership.note == "Paní X. zapomněla stanovy."
    assert "Paní" not in membership.snapshot().model_dump_json()


def test_whoever_was_declined_withdrew_or_left_may_apply_again_and_begins_anew() -> None:
    membership = applied(FULL)
    membership.accept_code(NOW)
    membership.decline(DeclineReason.CRITERIA_NOT_MET, NOW, note="Zu klein.")
    membership.apply(FULL, False, NOW)
    assert (membership.code_accepted_on, membership.note, membership.reason, membership.consented) == (
        None, None, None, False,
    )  # fmt: skip
    membership.withdraw(NOW)
    membership.apply(FRIENDLY, True, NOW)
    membership.admit(NO_LIST, NOW)
    membership.end(EndReason.OWN_WISH, NOW)
    membership.apply(FRIENDLY, True, NOW)
    assert membership.status is MembershipStatus.APPLIED


@pytest.mark.parametrize("open", [applied, member])
def test_there_is_never_more_than_one_open_application_or_membership(open: Callable[[], Membership]) -> None:
    membership = open()
    with pytest.raises(WrongState):
        membership.apply(FULL, True, NOW)
    with pytest.raises(WrongState):
        membership.record_earlier(spell(FULL, "2025-01-01"), True, NOW)


DECISIONS: list[Callable[[Membership], object]] = [
    lambda it: it.admit(NO_LIST, NOW),
    lambda it: it.decline(DeclineReason.OTHER, NOW),
    lambda it: it.withdraw(NOW),
    lambda it: it.consent(),
    lambda it: it.accept_code(NOW),
    lambda it: it.check_criteria(LIST, 2, [], NOW),
    lambda it: it.end(EndReason.OTHER, NOW),
    lambda it: it.change_kind(FULL, NO_LIST, NOW),
]


@pytest.mark.parametrize("decide", DECISIONS)
def test_nothing_can_be_decided_where_nothing_is_open(decide: Callable[[Membership], object]) -> None:
    membership = member()
    membership.end(EndReason.OTHER, NOW)
    with pytest.raises(WrongState):
        decide(membership)


@pytest.mark.parametrize("decide", DECISIONS[:3])
def test_a_member_has_no_application_to_decide(decide: Callable[[Membership], object]) -> None:
    with pytest.raises(WrongState):
        decide(member())


@pytest.mark.parametrize("decide", DECISIONS[-2:])
def test_an_applicant_is_no_member_yet(decide: Callable[[Membership], object]) -> None:
    with pytest.raises(WrongState):
        decide(applied())


# ---- days


def test_a_membership_entered_late_counts_for_its_days() -> None:
    membership = applied(on="2010-01-01")
    membership.admit(NO_LIST, NOW, day("2010-05-01"))
    membership.end(EndReason.OWN_WISH, NOW, day("2012-07-01"))
    assert [at for _, at in membership.take_facts()] == [
        datetime(2010, 5, 1, tzinfo=UTC), datetime(2012, 7, 1, tzinfo=UTC),
    ]  # fmt: skip
    held = {text: membership.on(day(text)) is not None for text in ("2010-04-30", "2010-05-01", "2012-06-30")}
    assert held == {"2010-04-30": False, "2010-05-01": True, "2012-06-30": True}
    assert membership.on(day("2012-07-01")) is None


def test_a_day_that_has_begun_on_kiritimati_counts_and_tomorrow_does_not() -> None:
    evening = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    membership = applied()
    membership.admit(NO_LIST, evening, day("2026-03-02"))
    assert membership.take_facts() == [(said.MembershipAdmitted(kind=FRIENDLY, on=day("2026-03-02")), None)]
    with pytest.raises(InTheFuture):
        membership.end(EndReason.OTHER, evening, day("2026-03-03"))


def test_nobody_is_admitted_before_applying_or_leaves_before_coming() -> None:
    membership = applied(on="2026-02-14")
    for decide in (
        lambda: membership.admit(NO_LIST, NOW, day("2026-02-13")),
        lambda: membership.decline(DeclineReason.OTHER, NOW, day("2026-02-13")),
        lambda: membership.withdraw(NOW, day("2026-02-13")),
    ):
        with pytest.raises(BeforeApplication):
            decide()
    membership.admit(NO_LIST, NOW, day("2026-02-20"))
    for change in (
        lambda: membership.end(EndReason.OTHER, NOW, day("2026-02-19")),
        lambda: membership.change_kind(FULL, NO_LIST, NOW, day("2026-02-19")),
    ):
        membership.code_accepted_on = NOW.date()
        with pytest.raises(EndsBeforeItBegan):
            change()


def test_nobody_is_admitted_for_a_day_on_which_it_was_a_member_already() -> None:
    membership = member("2010-05-01")
    membership.end(EndReason.OWN_WISH, NOW, day("2012-07-01"))
    membership.apply(FRIENDLY, True, NOW, day("2012-01-01"))
    with pytest.raises(SpellsOverlap) as refused:
        membership.admit(NO_LIST, NOW, day("2012-06-30"))
    assert refused.value.details == {"since": day("2010-05-01"), "until": day("2012-07-01")}
    membership.admit(NO_LIST, NOW, day("2012-07-01"))
    assert len(membership.spells) == 2


# ---- from older lists, and put right


def test_an_older_list_adds_what_was_and_what_still_is() -> None:
    membership = strangers()
    membership.record_earlier(spell(FULL, "2006-11-10"), True, NOW)
    membership.record_earlier(spell(FRIENDLY, "1998-05-01", "2003-01-01"), True, NOW)
    assert (membership.status, membership.kind) == (MembershipStatus.ADMITTED, FULL)
    assert membership.spells == [spell(FRIENDLY, "1998-05-01", "2003-01-01"), spell(FULL, "2006-11-10")]
    assert membership.take_facts()[1] == (
        said.MembershipRecorded(kind=FRIENDLY, since=day("1998-05-01"), until=day("2003-01-01")),
        datetime(1998, 5, 1, tzinfo=UTC),
    )
    for wrong, why in (
        (spell(FULL, "2002-12-31", "2004-01-01"), SpellsOverlap),
        (spell(FULL, "2010-01-01", "2011-01-01"), SpellsOverlap),
        (spell(FULL, "1990-01-02", "1990-01-01"), EndsBeforeItBegan),
        (spell(FULL, "1990-01-02", "2026-03-09"), InTheFuture),
    ):
        with pytest.raises(why):
            membership.record_earlier(wrong, True, NOW)


def test_an_older_list_that_knows_of_a_past_membership_leaves_an_open_application_alone() -> None:
    membership = applied(FULL)
    membership.record_earlier(spell(FRIENDLY, "1998-05-01", "2003-01-01"), True, NOW)
    assert (membership.status, membership.kind) == (MembershipStatus.APPLIED, FULL)


def test_a_slip_of_the_pen_is_put_right() -> None:
    membership = member("2002-05-01", FULL)
    membership.correct([spell(FULL, "2020-05-01"), spell(FRIENDLY, "2019-05-01", "2020-05-01")], NOW)
    membership.correct([spell(FRIENDLY, "2019-05-01", "2020-05-01"), spell(FULL, "2020-05-01")], NOW)
    [corrected] = happened(membership)
    assert isinstance(corrected, said.MembershipCorrected)
    assert [each.since for each in corrected.spells] == [day("2019-05-01"), day("2020-05-01")]
    assert membership.on(day("2010-01-01")) is None


def test_a_correction_neither_ends_nor_begins_a_membership_nor_breaks_the_rules_of_days() -> None:
    membership = member("2010-05-01")
    for wrong, why in (
        ([], StatusWouldChange),
        ([spell(FULL, "2010-05-01", "2011-01-01")], StatusWouldChange),
        ([spell(FULL, "2010-05-01", "2011-01-01"), spell(FULL, "2010-12-31")], SpellsOverlap),
        ([spell(FULL, "2010-05-01"), spell(FULL, "2011-05-01")], SpellsOverlap),
        ([spell(FULL, "2010-05-02", "2010-05-01"), spell(FULL, "2011-05-01")], EndsBeforeItBegan),
        ([spell(FULL, "2026-05-01")], InTheFuture),
    ):
        with pytest.raises(why):
            membership.correct(wrong, NOW)
    membership.end(EndReason.OTHER, NOW)
    with pytest.raises(StatusWouldChange):
        membership.correct([spell(FULL, "2010-05-01")], NOW)
    membership.correct([], NOW)
    assert membership.snapshot().spells == ()


# ---- when center or network are gone


def test_what_is_gone_ends_a_membership_on_its_day_and_voids_an_application() -> None:
    closed, known = day("2026-02-01"), NOW + timedelta(minutes=1)
    membership = member()
    membership.give_up(Gone.CENTER_CLOSED, closed, known, NOW)
    membership.give_up(Gone.CENTER_CLOSED, closed, known, NOW)
    assert membership.take_facts() == [
        (said.MembershipEnded(reason="center-closed", on=closed), datetime(2026, 2, 1, tzinfo=UTC))
    ]
    application = applied(on="2026-02-20")
    application.give_up(Gone.NETWORK_DISSOLVED, closed, known, NOW)
    assert happened(application) == [
        said.ApplicationWithdrawn(reason="network-dissolved", on=day("2026-02-20")),
    ]


def test_a_closing_entered_for_a_day_before_the_admission_leaves_no_day_as_a_member() -> None:
    membership = member("2026-02-20")
    membership.give_up(Gone.CENTER_CLOSED, day("2026-02-01"), NOW, NOW)
    assert membership.spells == [spell(FRIENDLY, "2026-02-20", "2026-02-20")]
    assert not any(membership.on(NOW.date() - timedelta(days=days)) for days in range(60))


def test_news_of_an_old_closing_does_not_end_what_was_begun_after_the_reopening() -> None:
    membership = applied()
    membership.give_up(Gone.CENTER_CLOSED, NOW.date(), NOW - timedelta(seconds=1), NOW)
    assert membership.status is MembershipStatus.APPLIED
