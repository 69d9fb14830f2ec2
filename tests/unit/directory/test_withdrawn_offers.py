"""What a center no longer offers stays known by its id: whoever copied it must be told that it ended."""

from datetime import datetime

import pytest

from services.directory.domain.center import Center, ClosingReason, SuccessorMissing
from shared.taxonomy import SERVICES


def ended(center: Center) -> list[tuple[str, str]]:
    return [(offer.id, offer.service) for offer in center.withdrawn]


def test_a_withdrawn_service_is_remembered_also_when_it_is_offered_again(center: Center) -> None:
    center.withdraw_offer("s1")
    center.offer(SERVICES.known("open-cafe"))
    center.withdraw_offer("s3")
    assert ended(center) == [("s1", "open-cafe"), ("s3", "open-cafe")]
    assert [offer.id for offer in center.offers] == ["s2"]


def test_a_closed_center_remembers_all_it_ever_offered_and_so_does_a_reopened_one(
    center: Center, now: datetime
) -> None:
    center.withdraw_offer("s2")
    center.close(ClosingReason.OTHER, now)
    center.reopen(now)
    assert (center.offers, ended(center)) == ([], [("s2", "language-course"), ("s1", "open-cafe")])


def test_a_refused_closing_ends_no_service(center: Center, now: datetime) -> None:
    with pytest.raises(SuccessorMissing):
        center.close(ClosingReason.DUPLICATE, now)
    assert (len(center.offers), center.withdrawn) == (2, [])
