"""The exchange as its users see it: over HTTP, with all that follows from each command."""

import asyncio
from datetime import date
from typing import Any

import pytest

from services.exchange.reactions import matching
from shared.events.base import Event
from shared.events.directory import center as told
from tests.unit.exchange.conftest import Story


async def test_a_visit_from_praha_is_matched_with_reasons_accepted_confirmed_held_and_reported(story: Story) -> None:
    await story.hosts("muenchen")
    await story.hosts("stuttgart", topics=["founding-a-center"])
    id = await story.asks("praha")

    visit = await story.visit(id)
    assert (visit["status"], visit["host"]) == ("matched", "muenchen")
    assert visit["match"]["considered"] == 2
    assert visit["match"]["score"] == sum(reason["points"] for reason in visit["match"]["reasons"])
    assert "Distance between the towns: 300 km" in [reason["text"] for reason in visit["match"]["reasons"]]

    muenchen, praha = story.center("muenchen"), story.center("praha")
    assert (await story.say(muenchen, f"/visits/{id}/acceptance", {"host": "muenchen"})).status_code == 200
    assert (await story.offer("muenchen"))["places_held"] == 1
    assert (await story.say(praha, f"/visits/{id}/confirmation")).status_code == 200
    offer = await story.offer("muenchen")
    assert (offer["places_held"], offer["places_taken"]) == (0, 1)
    programme = [{"title": "Rundgang", "topic": "founding-a-center"}]
    body = {"host": "muenchen", "programme": programme}
    assert (await story.say(muenchen, f"/visits/{id}/preparation", body)).status_code == 200

    too_soon = await story.say(praha, f"/visits/{id}/attendance", {"side": "guest", "held": True})
    assert (too_soon.status_code, too_soon.json()["type"]) == (409, "urn:mine:problem:not-yet")
    await story.passes(days=200)
    assert (await story.say(praha, f"/visits/{id}/attendance", {"side": "guest", "held": True})).status_code == 200
    assert (await story.say(muenchen, f"/visits/{id}/attendance", {"side": "host", "held": True})).status_code == 200
    assert (await story.visit(id))["status"] == "held"

    report = {
        "language": "cs",
        "story": "Anna nám ukázala všechno.",
        "answered": [1, 2],
        "topics": ["founding-a-center"],
        "intentions": [{"topic": "self-run-childcare", "text": "Od září."}],
    }
    answer = await story.say(praha, f"/visits/{id}/report", report)
    assert answer.json()["events"] == ["VisitReported"]
    reflection = {"host": "muenchen", "language": "de", "story": "Schön war es.", "topics": ["father-involvement"]}
    assert (await story.say(muenchen, f"/visits/{id}/reflection", reflection)).status_code == 200
    assert (await story.offer("muenchen"))["places_taken"] == 1
    assert story.events("visit", id) == [
        "VisitRequested",
        "PlaceRequested",
        "VisitMatched",
        "VisitAccepted",
        "VisitConfirmed",
        "VisitPrepared",
        "AttendanceStated",
        "VisitHeld",
        "VisitReported",
        "HostReflectionAdded",
    ]


async def test_a_closed_host_sends_the_guest_to_the_next_house(story: Story) -> None:
    await story.hosts("muenchen")
    await story.hosts("stuttgart", topics=["founding-a-center"])
    id, host = await story.agreed("praha")
    assert host == "muenchen"

    closed = told.CenterStatus.CLOSED
    await story.directory("muenchen", told.CenterClosed(reason="lost-premises"), status=closed)

    visit = await story.visit(id)
    assert (visit["status"], visit["host"]) == ("matched", "stuttgart")
    assert story.events("visit", id)[-3:] == ["VisitRematched", "PlaceRequested", "VisitMatched"]
    offer = await story.offer("muenchen")
    assert (offer["barred"], offer["places_taken"]) == (["center-closed"], 0)
    assert visit["inside"]["earlier"][0]["outcome"] == "host-closed"


@pytest.mark.parametrize(
    ("away", "away_is", "back", "back_is", "outcome"),
    [
        (
            told.CenterPaused(reason="renovation"),
            {"status": told.CenterStatus.PAUSED},
            told.CenterReopened(after=told.CenterStatus.PAUSED),
            {"status": told.CenterStatus.ACTIVE},
            "host-paused",
        ),
        (
            told.VerificationLapsed(last_verified_on=date(2026, 3, 1)),
            {"check": told.Check.LAPSED},
            told.CenterVerified(verified_on=date(2026, 3, 1), by="center"),
            {"check": told.Check.FRESH},
            "host-lapsed",
        ),
    ],
)
async def test_a_house_that_is_away_loses_its_guest_to_the_waiting_list_and_gets_it_back(
    story: Story, away: Event, away_is: Any, back: Event, back_is: Any, outcome: str
) -> None:
    await story.hosts("muenchen")
    id, _ = await story.agreed("praha")
    await story.directory("muenchen", away, **away_is)
    visit = await story.visit(id)
    assert (visit["status"], visit["host"]) == ("waitlisted", None)
    assert visit["inside"]["earlier"][0]["outcome"] == outcome
    await story.directory("muenchen", back, **back_is)
    visit = await story.visit(id)
    assert (visit["status"], visit["host"]) == ("matched", "muenchen")
    offer = await story.offer("muenchen")
    assert (offer["places_held"], offer["places_taken"], offer["barred"]) == (1, 0, [])


async def test_a_no_and_a_silence_lead_to_the_next_house_and_nobody_is_asked_twice(story: Story) -> None:
    for house in ("muenchen", "stuttgart", "ulm"):
        await story.hosts(house)
    id = await story.asks("praha")
    first = (await story.visit(id))["host"]
    body = {"host": first, "reason": "no-time"}
    assert (await story.say(story.center(first), f"/visits/{id}/decline", body)).status_code == 200
    second = (await story.visit(id))["host"]
    await story.passes(days=14, minutes=1)
    third = (await story.visit(id))["host"]
    assert {first, second, third} == {"muenchen", "stuttgart", "ulm"}
    late = await story.say(story.center(second), f"/visits/{id}/acceptance", {"host": second})
    assert (late.status_code, late.json()["type"]) == (410, "urn:mine:problem:answer-too-late")
    assert (await story.say(story.center(third), f"/visits/{id}/decline", {**body, "host": third})).status_code == 200
    assert (await story.visit(id))["status"] == "waitlisted"
    for house in (first, second, third):
        assert (await story.offer(house))["places_held"] == 0
    await story.say(story.center(first), f"/host-offers/{first}/pause")
    await story.say(story.center(first), f"/host-offers/{first}/resumption")
    assert (await story.visit(id))["status"] == "waitlisted"


async def test_a_waiting_visit_is_matched_when_a_new_house_offers_the_oldest_request_first(story: Story) -> None:
    window = {"first": "2026-09-01", "last": "2026-09-04"}
    early = await story.asks("praha", window=window)
    await story.passes(hours=1)
    late = await story.asks("brno", window=window)
    assert {(await story.visit(id))["status"] for id in (early, late)} == {"waitlisted"}
    await story.hosts("muenchen", capacity=4)
    assert (await story.visit(early))["status"] == "matched"
    assert (await story.visit(late))["status"] == "waitlisted"
    await story.say(story.center("praha"), f"/visits/{early}/cancellation")
    assert (await story.visit(late))["status"] == "matched"


async def test_many_guests_at_once_never_overbook_a_house(story: Story) -> None:
    await story.hosts("muenchen", capacity=6)
    await story.hosts("stuttgart", capacity=4, topics=["founding-a-center"])
    window = {"first": "2026-09-01", "last": "2026-09-03"}
    guests = [f"guest-{number}" for number in range(6)]
    for guest in guests:
        await story.directory(guest)
    body = {
        "questions": [{"topic": "founding-a-center", "text": "?", "language": "de"}],
        "party": {"guests": 2},
        "window": window,
        "length": 3,
        "languages": ["de"],
    }
    await asyncio.gather(*(
        story.center(guest).post("/visits", json={**body, "guest": guest}, headers={"Idempotency-Key": guest})
        for guest in guests
    ))  # fmt: skip
    await story.network.settle()
    visits = (await story.public.get("/visits")).json()["items"]
    hosts = sorted(str(visit["host"]) for visit in visits)
    assert hosts == ["None", "muenchen", "muenchen", "muenchen", "stuttgart", "stuttgart"]
    for house in ("muenchen", "stuttgart"):
        calendar = (await story.public.get(f"/host-offers/{house}/calendar?first=2026-09-01&last=2026-09-03")).json()
        assert [day["free"] for day in calendar["days"]] == [0, 0, 0]


async def test_the_best_house_is_found_among_more_than_one_page_of_them(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "_PAGE", 2)
    for number in range(4):
        await story.hosts(f"house-{number}", topics=["founding-a-center"])
    await story.hosts("zzz-the-best")
    visit = await story.visit(await story.asks("praha"))
    assert (visit["host"], visit["match"]["considered"]) == ("zzz-the-best", 5)


async def test_a_guest_that_closes_frees_its_place(story: Story) -> None:
    await story.hosts("muenchen")
    id, _ = await story.agreed("praha")
    await story.directory("praha", told.CenterClosed(reason="merged"), status=told.CenterStatus.CLOSED)
    assert (await story.visit(id))["status"] == "cancelled"
    assert (await story.offer("muenchen"))["places_taken"] == 0
    refused = await story.say(story.center("praha"), "/visits", {"guest": "praha", **_ANY_REQUEST})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:mine:problem:guest-closed")


async def test_a_visit_that_did_not_take_place_gives_its_room_back(story: Story) -> None:
    await story.hosts("muenchen")
    id, _ = await story.agreed("praha")
    await story.passes(days=190)
    await story.say(story.center("praha"), f"/visits/{id}/attendance", {"side": "guest", "held": False})
    await story.say(story.center("muenchen"), f"/visits/{id}/attendance", {"side": "host", "held": True})
    assert (await story.visit(id))["status"] == "disputed"
    settled = await story.say(story.office, f"/visits/{id}/settlement", {"held": False})
    assert settled.json()["snapshot"]["status"] == "not-held"
    assert (await story.offer("muenchen"))["places_taken"] == 0


async def test_a_house_that_withdraws_sends_its_guests_on(story: Story) -> None:
    await story.hosts("muenchen")
    id, _ = await story.agreed("praha")
    await story.hosts("stuttgart")
    await story.say(story.center("muenchen"), "/host-offers/muenchen/withdrawal")
    visit = await story.visit(id)
    assert (visit["status"], visit["host"]) == ("matched", "stuttgart")
    assert visit["inside"]["earlier"][0]["outcome"] == "host-withdrew"


async def test_no_free_text_and_no_child_ever_leaves_in_an_event(story: Story) -> None:
    await story.hosts("muenchen")
    id, _ = await story.agreed("praha")
    programme = [{"title": "Rundgang mit Hannelore", "topic": "founding-a-center"}]
    await story.say(story.center("muenchen"), f"/visits/{id}/preparation", {"host": "muenchen", "programme": programme})
    await story.passes(days=200)
    for side, center in (("guest", "praha"), ("host", "muenchen")):
        await story.say(story.center(center), f"/visits/{id}/attendance", {"side": side, "held": True})
    intentions = [{"topic": "self-run-childcare", "text": "Tajemství"}]
    body = {"language": "cs", "story": "Hannelore byla milá.", "intentions": intentions}
    assert (await story.say(story.center("praha"), f"/visits/{id}/report", body)).status_code == 200
    reflection = {"host": "muenchen", "language": "de", "story": "Jana war da."}
    assert (await story.say(story.center("muenchen"), f"/visits/{id}/reflection", reflection)).status_code == 200
    published = b"".join(
        record.value or b""
        for topic, partitions in story.network.log.topics.items()
        if topic.startswith("exchange.")
        for partition in partitions
        for record in partition
    ).decode()
    assert '"intentions":["self-run-childcare"]' in published, "the codes are there"
    for secret in ("Hannelore", "Tajemství", "Jana", "Markt", "Tram", "Slippers", "angefangen", "children", "Praha"):
        assert secret not in published, secret


_ANY_REQUEST = {
    "questions": [{"topic": "founding-a-center", "text": "?", "language": "de"}],
    "party": {"guests": 2},
    "window": {"first": "2026-09-01", "last": "2026-09-30"},
    "length": 3,
    "languages": ["de"],
}
