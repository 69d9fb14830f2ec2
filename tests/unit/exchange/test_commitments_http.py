"""Commitments as their centers see them: made by a report, asked about half a year later, answered and put right."""

from datetime import date
from typing import Any

from services.exchange.domain.visit import Visit
from shared.commands import Command
from shared.erasure.person import Persons
from shared.events.directory import center as told
from shared.events.directory.practice import PracticeStatus
from tests.unit.exchange.conftest import Story

CHILDCARE, FATHERS = ("self-run-childcare", "Od září dvakrát týdně."), ("father-involvement", "")


async def closes(story: Story, center: str) -> None:
    """The directory tells that a center has closed for good."""
    await story.directory(center, told.CenterClosed(reason="lost-premises"), status=told.CenterStatus.CLOSED)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:mine:problem:")


async def test_what_praha_meant_to_adopt_is_asked_again_after_half_a_year_and_answered(story: Story) -> None:
    id = await story.commitment(CHILDCARE, FATHERS)
    praha = story.center("praha")
    made = (await praha.get(f"/commitments/{id}")).json()
    assert (made["status"], made["text"], made["languages"]) == ("made", CHILDCARE[1], ["cs"])
    assert made["due_at"] == "2027-03-17T00:00:00.000Z", "the report is of 17 September"

    await story.passes(days=180)
    assert story.events("commitment", id) == ["CommitmentMade"]
    await story.passes(days=1)
    assert story.events("commitment", id) == ["CommitmentMade", "FollowUpDue"]
    await story.passes(days=300)
    assert len(story.events("commitment", id)) == 2, "nobody is asked twice"

    await story.practice("kitchen", center="muenchen")
    seen = await praha.get(f"/commitments/{id}")
    body = {"outcome": "adapted", "practice": "kitchen", "on": "2027-01-10"}
    answer = await story.answers(praha, id, body, match=seen.headers["ETag"])
    assert answer.json()["events"] == ["PracticeAdapted"]
    shown = answer.json()["snapshot"]
    assert (shown["status"], shown["practice"], shown["settled_on"]) == ("adapted", "kitchen", "2027-01-10")


async def test_a_report_that_is_told_again_makes_nothing_twice(story: Story) -> None:
    id = await story.commitment(CHILDCARE, FATHERS)
    visit = (await story.office.get(f"/commitments/{id}")).json()["visit"]
    await story.network.runtimes["exchange"].republish("exchange.visit.v1")
    await story.network.settle()
    found = (await story.office.get("/commitments", params={"visit": visit})).json()["items"]
    assert sorted(each["number"] for each in found) == [1, 2]
    assert story.events("commitment", id) == ["CommitmentMade"]


async def test_an_answer_is_an_edit_and_its_repeat_gets_the_first_receipt(story: Story) -> None:
    id, praha = await story.commitment(), story.center("praha")
    await story.practice("kitchen", center="muenchen")
    body = {"outcome": "adopted", "practice": "kitchen"}
    assert problem(await story.answers(praha, id, body, match=None)) == (428, "if-match-missing")
    first = await story.answers(praha, id, body, match='"1"', key="same")
    assert first.status_code == 200
    assert problem(await story.answers(praha, id, {**body, "outcome": "adapted"}, match='"1"')) == (
        412,
        "stale-version",
    )
    await story.answers(praha, id, {"outcome": "dropped", "reason": "no-people"})
    await story.practice("kitchen", center="muenchen", status=PracticeStatus.WITHDRAWN)
    again = await story.answers(praha, id, body, match='"1"', key="same")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await praha.get(f"/commitments/{id}")).json()["status"] == "dropped"


async def test_answers_that_make_no_sense_are_refused(story: Story) -> None:
    id, praha = await story.commitment(), story.center("praha")
    await story.practice("gone", center="muenchen", status=PracticeStatus.WITHDRAWN)
    await story.practice("own", center="praha")
    for wrong, code in (
        ({"outcome": "adopted", "practice": "nowhere"}, "unknown-practice"),
        ({"outcome": "adopted", "practice": "gone"}, "unknown-practice"),
        ({"outcome": "adopted", "practice": "own"}, "own-practice"),
        ({"outcome": "adopted", "on": "2027-01-01"}, "in-the-future"),
        ({"outcome": "adopted", "on": "2026-08-31"}, "before-the-visit"),
        ({"outcome": "adopted", "reason": "no-people"}, "invalid-input"),
        ({"outcome": "dropped", "reason": "center-closed"}, "invalid-input"),
        ({"outcome": "dropped"}, "invalid-input"),
        ({"outcome": "made"}, "invalid-input"),
        ({}, "invalid-input"),
    ):
        assert problem(await story.answers(praha, id, wrong)) == (422, code), wrong
    assert problem(await story.answers(praha, "nothing", {"outcome": "adopted"})) == (404, "not-found")
    assert story.events("commitment", id) == ["CommitmentMade"]


async def test_guest_and_host_and_their_coordinators_see_it_and_only_the_guests_side_answers(story: Story) -> None:
    id = await story.commitment()
    network = story.network

    async def sees(client: Any) -> bool:
        listed = (await client.get("/commitments")).json()["items"]
        one = (await client.get(f"/commitments/{id}")).status_code
        assert one == (200 if listed else 403)
        return bool(listed)

    cz = network.client("exchange", "coordinator", networks=["CZ"])
    de = network.client("exchange", "coordinator", networks=["DE"])
    sk = network.client("exchange", "coordinator", networks=["SK"])
    inside = (story.center("praha"), story.center("muenchen"), cz, de, story.office)
    assert [await sees(client) for client in inside] == [True] * 5
    assert [await sees(client) for client in (story.center("stuttgart"), sk)] == [False, False]
    assert (await story.public.get("/commitments")).status_code == 401
    assert (await story.public.get(f"/commitments/{id}")).status_code == 401

    body = {"outcome": "adopted"}
    for client in (story.center("muenchen"), de, sk):
        assert problem(await story.answers(client, id, body)) == (403, "forbidden")
    assert (await story.answers(cz, id, body)).status_code == 200
    assert (await story.answers(story.office, id, {**body, "outcome": "adapted"})).status_code == 200


async def test_the_list_is_filtered_and_paged(story: Story) -> None:
    id = await story.commitment(CHILDCARE, FATHERS, CHILDCARE)
    await story.answers(story.office, id, {"outcome": "adopted"})

    async def found(**params: Any) -> list[str]:
        answer = await story.office.get("/commitments", params=params)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "private, no-store"
        return [each["id"] for each in answer.json()["items"]]

    assert await found(status="adopted") == [id]
    assert len(await found(status=["adopted", "made"])) == 3
    assert len(await found(center="muenchen", status="made")) == 2
    assert await found(center="stuttgart") == []
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await story.office.get("/commitments", params={"limit": 2, **cursor})).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(set(seen)) == 3


async def test_a_center_that_closes_is_asked_nothing_any_more(story: Story) -> None:
    open_one = await story.commitment(CHILDCARE, FATHERS)
    visit = (await story.office.get(f"/commitments/{open_one}")).json()["visit"]
    [answered] = {each["id"] for each in (await story.office.get("/commitments")).json()["items"]} - {open_one}
    await story.answers(story.office, answered, {"outcome": "adopted"})
    await closes(story, "praha")
    assert story.events("commitment", open_one) == ["CommitmentMade", "CommitmentDropped"]
    assert story.events("commitment", answered) == ["CommitmentMade", "PracticeAdopted"]
    await story.passes(days=400)
    found = (await story.office.get("/commitments", params={"visit": visit})).json()["items"]
    assert {each["reason"] for each in found} == {None, "center-closed"}
    assert "FollowUpDue" not in story.events("commitment", open_one)
    coordinator = story.network.client("exchange", "coordinator", networks=["CZ"])
    late = await story.answers(coordinator, open_one, {"outcome": "adopted"})
    assert late.json()["snapshot"]["status"] == "adopted", "it had been adopted before the house closed"


async def test_a_report_handed_in_by_a_closed_center_leaves_nothing_to_ask(story: Story) -> None:
    await story.hosts("muenchen")
    visit, host = await story.agreed("praha")
    await story.passes(days=200)
    await story.held(visit, "praha", host)
    await closes(story, "praha")
    [id] = await story.reports(visit, "praha", CHILDCARE)
    assert story.events("commitment", id) == ["CommitmentMade", "CommitmentDropped"]


async def test_a_host_that_closes_takes_nothing_back(story: Story) -> None:
    id = await story.commitment()
    await closes(story, "muenchen")
    assert story.events("commitment", id) == ["CommitmentMade"]


async def test_who_is_forgotten_stands_in_no_commitment_any_more(story: Story) -> None:
    id = await story.commitment(("self-run-childcare", "Zeptat se: anna@example.org, od září."))
    erasure = "an erasure"
    persons = Persons.of(story.network.runtimes["exchange"].world)
    person = persons.wanted(erasure, persons.subject(erasure, "anna@example.org"))
    seen = await story.center("praha").get(f"/commitments/{id}")
    visits = story.network.runtimes["exchange"].repository(Visit)
    await visits.change(seen.json()["visit"], Command("forget"), lambda it, _: it.erase(person))
    again = await story.center("praha").get(f"/commitments/{id}", headers={"If-None-Match": seen.headers["ETag"]})
    assert (again.status_code, again.json()["text"]) == (200, "Zeptat se: […], od září.")
    listed = (await story.center("praha").get("/commitments")).json()["items"]
    assert [each["text"] for each in listed] == ["Zeptat se: […], od září."]


async def test_no_word_of_a_commitment_leaves_in_an_event(story: Story) -> None:
    id = await story.commitment()
    await story.answers(story.office, id, {"outcome": "adopted"})
    records = story.network.events("exchange.commitment.v1", id)
    assert len(records) == 2
    assert "září" not in str(records)


# ---- what they show together


async def test_everybody_sees_how_much_of_what_was_seen_is_really_done(story: Story) -> None:
    first = await story.commitment(CHILDCARE, FATHERS, FATHERS)
    rest = [each["id"] for each in (await story.office.get("/commitments")).json()["items"] if each["id"] != first]
    await story.answers(story.office, first, {"outcome": "adopted"})
    early = (await story.public.get("/adoption")).json()["total"]
    assert (early["came_due"], early["to_come"], early["rate"]) == (0, 3, None)

    await story.passes(days=181)
    [dropped, _] = rest
    await story.answers(story.office, dropped, {"outcome": "dropped", "reason": "no-money"})
    seen = await story.public.get("/adoption")
    counts = {"to_come": 0, "center_closed": 0, "adapted": 0}
    assert seen.json() == {
        "total": {**counts, "came_due": 3, "adopted": 1, "dropped": 1, "unanswered": 1, "rate": 0.333},
        "topics": [
            {
                "topic": "father-involvement",
                **counts,
                "came_due": 2,
                "adopted": 0,
                "dropped": 1,
                "unanswered": 1,
                "rate": 0.0,
            },
            {
                "topic": "self-run-childcare",
                **counts,
                "came_due": 1,
                "adopted": 1,
                "dropped": 0,
                "unanswered": 0,
                "rate": 1.0,
            },
        ],
        "hosts": [
            {"host": "muenchen", **counts, "came_due": 3, "adopted": 1, "dropped": 1, "unanswered": 1, "rate": 0.333}
        ],
    }
    assert (await story.public.get("/adoption", headers={"If-None-Match": seen.headers["ETag"]})).status_code == 304
    filtered = (await story.public.get("/adoption", params={"topic": "self-run-childcare"})).json()
    assert (filtered["total"]["came_due"], len(filtered["topics"])) == (1, 1)
    assert (await story.public.get("/adoption", params={"host": "ulm"})).json()["hosts"] == []
    unknown = await story.public.get("/adoption", params={"topic": "self-run-child"})
    assert problem(unknown) == (422, "unknown-topic")
    assert "self-run-childcare" in unknown.json()["nearest"]


async def test_the_next_guest_is_told_that_the_house_is_proven(story: Story) -> None:
    id = await story.commitment()
    await story.answers(story.office, id, {"outcome": "adopted"})
    today = date(2026, 9, 17)
    await story.directory("brno")
    window = {"first": today.replace(month=11).isoformat(), "last": today.replace(month=12).isoformat()}
    visit = await story.visit(await story.asks("brno", window=window))
    assert visit["host"] == "muenchen"
    [proven] = [reason for reason in visit["match"]["reasons"] if reason["code"] == "proven"]
    assert (proven["points"], proven["value"]) == (5, 1)
    assert proven["text"] == "Centers that do at home now what they saw there: 1"
