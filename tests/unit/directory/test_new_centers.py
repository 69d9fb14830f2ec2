"""The movement's success event, through HTTP: a visit, an idea, a mentor, an open door; and its place in the forest."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.directory.api.initiatives import Opening, Proposal
from services.directory.api.lineage import NewOrigin
from services.directory.domain.initiative import Initiative
from shared.commands import Command
from shared.events.exchange.visit import VisitStatus
from shared.testing import MemoryNetwork

Body = Callable[..., dict[str, Any]]
Desk = Any
Held = Callable[..., Awaitable[str]]

MUENCHEN = {"country": "DE", "town": "München"}
OLOMOUC = {"country": "CZ", "town": "Olomouc"}
CONSENT = {"wording": 1, "language": "cs"}
PROPOSAL: dict[str, Any] = {
    "country": "CZ",
    "town": "Olomouc",
    "languages": ["cs"],
    "contact": {"name": "Alena Vzorová", "email": "alena@olomouc.example.org", "consent": CONSENT},
    "own_words": {"language": "cs", "text": "Je nás šest.\n\nHledáme místnost."},
}


def problem(answer: Any) -> str:
    """The code of the problem that the answer is."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    code: str = answer.json()["type"].removeprefix("urn:mine:problem:")
    return code


@pytest_asyncio.fixture
async def muenchen_id(office: Desk, registration: Body) -> str:
    body = registration(name="Mütterzentrum München", names={}, place=MUENCHEN, founded=1985)
    return str((await office.done("POST", "/centers", body))["id"])


@pytest.fixture
def cz(coordinator: Callable[..., Desk]) -> Desk:
    """The coordinator of the Czech centers."""
    return coordinator("CZ")


@pytest_asyncio.fixture
async def initiative(everybody: Desk) -> str:
    """The id of an initiative in Olomouc that was just proposed."""
    return str((await everybody.done("POST", "/initiatives", PROPOSAL))["id"])


# ---- the story


async def test_a_visit_leads_to_a_new_center_and_the_forest_knows_how(
    network: MemoryNetwork,
    everybody: Desk,
    cz: Desk,
    house: Callable[[str], Desk],
    registration: Body,
    muenchen_id: str,
    praha_id: str,
    visit_was_held: Held,
) -> None:
    visit = await visit_was_held(muenchen_id)
    proposal = {**PROPOSAL, "inspired_by": {"visit": visit}, "on": "2026-02-08"}
    id = (await everybody.done("POST", "/initiatives", proposal))["id"]
    path = f"/initiatives/{id}"
    await cz.done("PUT", f"{path}/mentor", {"center": praha_id})
    mentor = house(praha_id)
    await mentor.done("PUT", f"{path}/milestones/group-found", {"on": "2026-01-20"})
    await mentor.done("PUT", f"{path}/milestones/first-open-day", {"on": "2026-02-25"})

    body = registration(name="MC Heřmánek", place=OLOMOUC, founded=2026)
    opened = await cz.send("POST", f"{path}/opening", body)
    assert (opened.status_code, opened.headers["Location"]) == (201, f"/centers/{id}")
    await network.settle()

    seen = (await everybody.get(path)).json()
    assert (seen["status"], seen["center"], seen["town"]) == ("became-center", id, None)
    [*_, became] = network.events("directory.initiative.v1", id)
    origin = {
        "came_from": muenchen_id, "cause": "visit", "visit": visit, "mentor": praha_id, "initiative": id, "year": 2025
    }  # fmt: skip
    assert (became.data["center"], became.data["origin"]) == (id, origin)
    assert became.happened.isoformat() == "2026-02-25T00:00:00+00:00"

    lineage = (await everybody.get(f"/centers/{id}/lineage")).json()
    assert lineage["center"]["origin"] == origin
    assert [each["name"] for each in lineage["ancestors"]] == ["Mütterzentrum München"]
    mother = (await everybody.get(f"/centers/{muenchen_id}/lineage")).json()
    assert [each["id"] for each in mother["descendants"]] == [id]


async def test_once_the_doors_are_open_nobody_finds_the_founders_private_contact(
    network: MemoryNetwork, cz: Desk, office: Desk, registration: Body, initiative: str
) -> None:
    await cz.done("POST", f"/initiatives/{initiative}/opening", registration(place=OLOMOUC))
    await network.settle()
    internal = (await office.get(f"/initiatives/{initiative}")).json()["internal"]
    assert (internal["contact"], internal["own_words"]) == (None, None)
    stored = await network.runtimes["directory"].store.collection("initiative").find({})
    assert "Alena" not in str(stored) and "Hejnická" not in str(stored)


async def test_no_event_of_the_whole_story_names_the_founders(
    network: MemoryNetwork, cz: Desk, registration: Body, initiative: str
) -> None:
    await cz.done("PATCH", f"/initiatives/{initiative}", {"own_words": None}, match="*")
    await cz.done("PUT", f"/initiatives/{initiative}/contact", {**PROPOSAL["contact"], "phone": "+420 555 010 010"})
    await cz.done("POST", f"/initiatives/{initiative}/opening", registration(place=OLOMOUC))
    await network.settle()
    told = str(network.events("directory.initiative.v1"))
    assert "InitiativeBecameCenter" in told
    assert not any(secret in told for secret in ("Alena", "olomouc.example.org", "555", "šest", "Hejnická"))


async def test_two_coordinators_who_open_the_same_initiative_make_one_center(
    network: MemoryNetwork, cz: Desk, office: Desk, registration: Body, initiative: str
) -> None:
    path, body = f"/initiatives/{initiative}/opening", registration(place=OLOMOUC)
    first = await cz.send("POST", path, body, key="open")
    assert (await cz.send("POST", path, body, key="open")).content == first.content
    other = await office.send("POST", path, body)
    assert (other.status_code, problem(other), other.json()["id"]) == (409, "already-exists", initiative)
    await network.settle()
    assert (await cz.send("POST", path, body, key="open")).content == first.content


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"services": ["language-curse"]}, "unknown-service"),
        ({"place": {"country": "CZ"}}, "town-missing"),
        ({"founded": 2031}, "in-the-future"),
        ({"external_id": "list-2009:CZ-17"}, "invalid-input"),
    ],
)
async def test_an_opening_with_a_wrong_registration_is_refused_and_the_initiative_stays_as_it_is(
    cz: Desk, everybody: Desk, registration: Body, initiative: str, wrong: dict[str, Any], code: str
) -> None:
    answer = await cz.send("POST", f"/initiatives/{initiative}/opening", registration(**{"place": OLOMOUC, **wrong}))
    assert (answer.status_code, problem(answer)) == (422, code)
    assert (await everybody.get(f"/initiatives/{initiative}")).json()["status"] == "proposed"
    assert (await everybody.get(f"/centers/{initiative}")).status_code == 404


async def test_a_center_that_is_there_already_is_not_opened_once_more_unless_somebody_insists(
    cz: Desk, registration: Body, praha_id: str, initiative: str
) -> None:
    path = f"/initiatives/{initiative}/opening"
    alike = await cz.send("POST", path, registration())
    assert (alike.status_code, problem(alike), alike.json()["twins"]) == (
        409, "possible-duplicate", [f"/centers/{praha_id}"],
    )  # fmt: skip
    await cz.done("POST", f"{path}?force=true", registration())


async def test_not_even_a_digest_of_what_the_founders_told_stays_in_the_journal(
    network: MemoryNetwork, cz: Desk, initiative: str
) -> None:
    await cz.done("PUT", f"/initiatives/{initiative}/contact", PROPOSAL["contact"])
    await cz.done("PATCH", f"/initiatives/{initiative}", {"own_words": None}, match="*")
    await network.settle()
    journal = await network.runtimes["directory"].store.collection("journal").find({})
    assert {entry["fingerprint"] for entry in journal} == {""}


async def test_an_initiative_given_up_is_resumed_before_it_opens(
    cz: Desk, registration: Body, initiative: str
) -> None:  # fmt: skip
    path = f"/initiatives/{initiative}"
    await cz.done("POST", f"{path}/abandonment", {"reason": "no-room"})
    refused = await cz.send("POST", f"{path}/opening", registration(place=OLOMOUC))
    assert (refused.status_code, problem(refused)) == (409, "wrong-state")
    await cz.done("POST", f"{path}/resumption", {})
    await cz.done("POST", f"{path}/opening", registration(place=OLOMOUC))


async def test_an_ordinary_center_is_no_initiatives_business(network: MemoryNetwork, praha_id: str) -> None:
    await network.settle()
    assert network.events("directory.initiative.v1") == []
    assert await network.runtimes["directory"].dead_letters() == []


async def test_the_documented_examples_are_true(office: Desk, everybody: Desk, muenchen_id: str, praha_id: str) -> None:
    [example] = Proposal.model_json_schema()["examples"]
    id = (await everybody.done("POST", "/initiatives", {**example, "inspired_by": {"center": muenchen_id}}))["id"]
    [example] = Opening.model_json_schema()["examples"]
    await office.done("POST", f"/initiatives/{id}/opening", example)
    [example] = NewOrigin.model_json_schema()["examples"]
    await office.done("PUT", f"/centers/{praha_id}/lineage", {**example, "came_from": muenchen_id})


# ---- proposing


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"inspired_by": {"visit": "never-heard-of"}}, "unknown-visit"),
        ({"inspired_by": {"center": "nowhere"}}, "unknown-center"),
        ({"contact": {"email": "alena@olomouc.example.org"}}, "consent-missing"),
        ({"contact": {**PROPOSAL["contact"], "consent": {"wording": 1, "language": "sw"}}}, "unknown-wording"),
        ({"on": "2026-04-01"}, "in-the-future"),
        ({"town": "Olo\u202emouc"}, "invalid-input"),
        ({"own_words": {"language": "cs", "text": "á" * 4001}}, "invalid-input"),
        ({"contact": {"name": "Alena Vzorová"}}, "invalid-input"),
        ({"street": "Na Příkladu 5"}, "invalid-input"),
    ],
)
async def test_a_proposal_that_makes_no_sense_is_refused_by_what_is_wrong(
    everybody: Desk, wrong: dict[str, Any], code: str
) -> None:
    answer = await everybody.send("POST", "/initiatives", {**PROPOSAL, **wrong})
    assert (answer.status_code, problem(answer)) == (422, code)
    assert "Alena" not in answer.text


async def test_a_text_of_five_megabytes_is_too_large(everybody: Desk) -> None:
    words = {"language": "cs", "text": "á" * 5_000_000}
    answer = await everybody.send("POST", "/initiatives", {**PROPOSAL, "own_words": words})
    assert answer.status_code == 413


async def test_a_stranger_who_proposes_all_day_is_slowed_down(everybody: Desk) -> None:
    answers = [await everybody.send("POST", "/initiatives", PROPOSAL) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429]


async def test_everybody_sees_that_there_is_an_initiative_and_its_people_see_whom_to_call(
    everybody: Desk,
    cz: Desk,
    coordinator: Callable[..., Desk],
    house: Callable[[str], Desk],
    praha_id: str,
    initiative: str,
) -> None:
    path = f"/initiatives/{initiative}"
    for desk in (everybody, coordinator("SK"), house(praha_id)):
        seen = (await desk.get(path)).json()
        assert (seen["country"], seen["town"], seen["internal"]) == ("CZ", None, None)
        assert "Alena" not in (await desk.get("/initiatives")).text
    assert (await cz.get(path)).json()["internal"]["contact"]["email"] == "alena@olomouc.example.org"

    await cz.done("PUT", f"{path}/mentor", {"center": praha_id})
    seen = await house(praha_id).get(path)
    assert (seen.json()["internal"]["own_words"]["text"], seen.headers["Vary"]) == (
        "Je nás šest.\n\nHledáme místnost.", "Authorization",
    )  # fmt: skip
    assert (await everybody.get(path)).json()["town"] == "Olomouc"


async def test_initiatives_are_listed_newest_first_and_by_what_is_asked_for(
    everybody: Desk, office: Desk, cz: Desk, praha_id: str, initiative: str
) -> None:
    older = (await office.done("POST", "/initiatives", {**PROPOSAL, "country": "SK", "on": "2025-11-02"}))["id"]
    await cz.done("PUT", f"/initiatives/{initiative}/mentor", {"center": praha_id})
    for query, found in (
        ("", [initiative, older]),
        ("?country=SK", [older]),
        ("?status=mentored", [initiative]),
        (f"?mentor={praha_id}", [initiative]),
        ("?country=AT", []),
    ):
        page = (await everybody.get(f"/initiatives{query}")).json()
        assert [each["id"] for each in page["items"]] == found, query
    first = (await everybody.get("/initiatives?limit=1")).json()
    rest = (await everybody.get(f"/initiatives?limit=1&cursor={first['next']}")).json()
    assert [first["items"][0]["id"], rest["items"][0]["id"], rest["next"]] == [initiative, older, None]


# ---- accompanying

COMMANDS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("PATCH", "", {"town": "Brno"}),
    ("PUT", "/contact", {"email": "office@olomouc.example.org", "personal": False}),
    ("DELETE", "/contact", None),
    ("POST", "/mentor/withdrawal", {"reason": "no-time"}),
    ("PUT", "/milestones/funding", {}),
    ("DELETE", "/milestones/funding", None),
    ("POST", "/news", {}),
    ("POST", "/abandonment", {"reason": "no-room"}),
]
FOR_THE_NETWORK: list[tuple[str, str, dict[str, Any] | None]] = [
    ("PUT", "/mentor", {"center": "praha"}),
    ("POST", "/resumption", {}),
]


async def test_only_its_people_touch_an_initiative(
    everybody: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], praha_id: str, initiative: str
) -> None:
    for method, path, body in [*COMMANDS, *FOR_THE_NETWORK]:
        body = {"center": praha_id} if body == {"center": "praha"} else body
        assert (await everybody.send(method, f"/initiatives/{initiative}{path}", body, match="*")).status_code == 401
        for desk in (coordinator("SK"), house(praha_id)):
            answer = await desk.send(method, f"/initiatives/{initiative}{path}", body, match="*")
            assert (answer.status_code, problem(answer)) == (403, "forbidden"), path


async def test_its_mentor_may_do_all_but_choose_itself(
    cz: Desk, house: Callable[[str], Desk], praha_id: str, initiative: str
) -> None:
    path = f"/initiatives/{initiative}"
    mentor = house(praha_id)
    await cz.done("PUT", f"{path}/mentor", {"center": praha_id})
    for method, step, body in COMMANDS:
        if step not in ("/mentor/withdrawal", "/abandonment"):
            await mentor.done(method, path + step, body, match="*")
    for method, step, _ in FOR_THE_NETWORK:
        assert (
            await mentor.send(method, path + step, {"center": praha_id} if step == "/mentor" else {})
        ).status_code == 403
    await mentor.done("POST", f"{path}/mentor/withdrawal", {"reason": "no-time"})
    assert (await mentor.send("POST", f"{path}/news", {})).status_code == 403
    alone = await cz.send("POST", f"{path}/mentor/withdrawal", {"reason": "no-time"})
    assert (alone.status_code, problem(alone)) == (409, "wrong-state")


async def test_what_does_not_exist_is_missing(office: Desk, praha_id: str, registration: Body) -> None:
    for path in ("/initiatives/nowhere", "/initiatives/nowhere/history"):
        assert problem(await office.get(path)) == "not-found"
    for method, path, body in [
        *COMMANDS,
        ("PUT", "/mentor", {"center": praha_id}),
        ("POST", "/opening", registration()),
    ]:
        answer = await office.send(method, f"/initiatives/nowhere{path}", body, match="*")
        assert (answer.status_code, problem(answer)) == (404, "not-found"), path


async def test_a_national_network_gives_mentors_in_its_country_and_a_region_does_not(
    office: Desk, coordinator: Callable[..., Desk], praha_id: str, initiative: str
) -> None:
    national = (await office.done("POST", "/networks", {"name": "Síť", "level": "national", "country": "CZ"}))["id"]
    body = {"name": "Středočeská síť", "level": "regional", "country": "CZ", "parent": national}
    region = (await office.done("POST", "/networks", body))["id"]
    path = f"/initiatives/{initiative}"
    assert (await coordinator(region).send("PUT", f"{path}/mentor", {"center": praha_id})).status_code == 403
    await coordinator(national).done("PUT", f"{path}/mentor", {"center": praha_id})
    assert (await coordinator(national).get(path)).json()["internal"]["contact"]["name"] == "Alena Vzorová"
    assert (await coordinator(region).get(path)).json()["internal"] is None


async def test_only_an_active_center_becomes_a_mentor(cz: Desk, praha_id: str, initiative: str) -> None:
    path = f"/initiatives/{initiative}/mentor"
    assert problem(await cz.send("PUT", path, {"center": "nowhere"})) == "unknown-center"
    await cz.done("POST", f"/centers/{praha_id}/pause", {"reason": "holidays"})
    refused = await cz.send("PUT", path, {"center": praha_id})
    assert (refused.status_code, problem(refused)) == (409, "mentor-not-active")


async def test_when_its_mentor_closes_an_initiative_looks_for_another(
    network: MemoryNetwork, everybody: Desk, cz: Desk, praha_id: str, initiative: str
) -> None:
    await cz.done("PUT", f"/initiatives/{initiative}/mentor", {"center": praha_id})
    await cz.done("POST", f"/centers/{praha_id}/closing", {"reason": "no-funding"})
    await network.settle()
    seen = (await everybody.get(f"/initiatives/{initiative}")).json()
    assert (seen["status"], seen["mentor"]) == ("proposed", None)
    [*_, released] = network.events("directory.initiative.v1", initiative)
    assert released.data["reason"] == "center-closed"


async def test_a_mentor_that_closed_in_the_very_moment_of_its_assignment_does_not_stay(
    network: MemoryNetwork, everybody: Desk, office: Desk, praha_id: str, initiative: str
) -> None:
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "no-funding"})
    await network.settle()
    initiatives = network.runtimes["directory"].repository(Initiative)
    await initiatives.change(initiative, Command("late"), lambda it, now: it.assign_mentor(praha_id, now))
    await network.settle()
    assert (await everybody.get(f"/initiatives/{initiative}")).json()["mentor"] is None


async def test_an_edit_is_based_on_what_was_seen(cz: Desk, coordinator: Callable[..., Desk], initiative: str) -> None:
    path = f"/initiatives/{initiative}"
    assert problem(await cz.send("PATCH", path, {"town": "Brno"})) == "if-match-missing"
    edited = await cz.send("PATCH", path, {"town": "Brno"}, match='"1"')
    assert edited.json()["snapshot"]["town"] == "Brno"
    assert problem(await cz.send("PATCH", path, {"town": "Zlín"}, match='"1"')) == "stale-version"
    abroad = await cz.send("PATCH", path, {"country": "SK"}, match='"2"')
    assert (abroad.status_code, problem(abroad)) == (403, "forbidden")
    await coordinator("CZ", "SK").done("PATCH", path, {"country": "SK"}, match='"2"')
    assert (
        problem(await coordinator("SK").send("PATCH", path, {"inspired_by": {"visit": "x"}}, match="*"))
        == "unknown-visit"
    )


async def test_half_a_year_without_news_is_an_event_that_a_letter_can_follow(
    network: MemoryNetwork, cz: Desk, initiative: str
) -> None:
    network.clock.move(timedelta(days=181))
    await network.settle()
    [*_, quiet] = network.events("directory.initiative.v1", initiative)
    assert (quiet.type, quiet.data["last_heard"]) == ("org.mine.directory.InitiativeWentQuiet.v1", "2026-03-01")


async def test_the_history_tells_by_which_role_each_step_was_entered(
    network: MemoryNetwork, everybody: Desk, cz: Desk, registration: Body, initiative: str
) -> None:
    await cz.done("PUT", f"/initiatives/{initiative}/milestones/funding", {"on": "2026-02-02"})
    await cz.done("POST", f"/initiatives/{initiative}/opening", registration(place=OLOMOUC))
    await network.settle()
    history = (await everybody.get(f"/initiatives/{initiative}/history?limit=2")).json()
    told = [(entry["event"], entry["by"]) for entry in history["items"]]
    assert told == [("InitiativeProposed", "public"), ("MilestoneReached", "coordinator")]
    assert history["items"][1]["happened"] == "2026-02-02T00:00:00.000Z"
    rest = (await everybody.get(f"/initiatives/{initiative}/history?after={history['next']}")).json()
    assert [entry["by"] for entry in rest["items"]] == ["follow_a_center_that_was_an_initiative"]
    assert rest["next"] is None


async def test_the_text_of_a_consent_can_be_shown_before_it_is_asked_for(everybody: Desk) -> None:
    for purpose, said in (
        ("initiative-contact", "coordinator of my country"),
        ("publication", "under the license chosen"),
    ):
        shown = (await everybody.get(f"/consent-wordings/{purpose}")).json()
        assert shown["version"] == 1 and said in shown["texts"]["en"]
        assert (await everybody.get(f"/consent-wordings/{purpose}/1")).json() == shown
        assert problem(await everybody.get(f"/consent-wordings/{purpose}/2")) == "unknown-wording"
    assert (await everybody.get("/consent-wordings/everything")).status_code == 422


# ---- lineage by hand


async def test_an_origin_of_older_times_is_entered_corrected_and_removed(
    network: MemoryNetwork, everybody: Desk, cz: Desk, office: Desk, registration: Body, muenchen_id: str, praha_id: str
) -> None:
    path = f"/centers/{praha_id}/lineage"
    origin = {"came_from": muenchen_id, "cause": "visit", "year": 1991}
    receipt = await cz.done("PUT", path, origin)
    assert receipt["snapshot"]["origin"]["year"] == 1991
    assert (await cz.done("PUT", path, origin))["events"] == []
    await cz.done("PUT", path, {**origin, "cause": "mentor", "year": 1990})
    seen = (await everybody.get(path)).json()
    assert seen["center"]["origin"]["mentor"] == muenchen_id
    await cz.done("DELETE", path)
    assert (await everybody.get(path)).json()["ancestors"] == []
    missing = await cz.send("DELETE", path)
    assert (missing.status_code, problem(missing)) == (404, "no-lineage")

    await network.settle()
    history = (await everybody.get("/lineage/history")).json()["items"]
    assert [entry["event"] for entry in history] == ["LineageRecorded", "LineageCorrected", "LineageRemoved"]


async def test_before_anything_is_known_the_forest_is_empty(everybody: Desk, office: Desk, praha_id: str) -> None:
    assert (await everybody.get("/lineage")).json() == {"centers": 0, "trees": 0, "generations": 0, "members": []}
    assert (await everybody.get("/lineage/history")).json()["items"] == []
    assert "<svg" in (await everybody.get("/lineage.svg")).text
    alone = (await everybody.get(f"/centers/{praha_id}/lineage")).json()
    assert (alone["center"]["origin"], alone["center"]["generation"], alone["descendants"]) == (None, 0, [])
    assert problem(await office.send("DELETE", f"/centers/{praha_id}/lineage")) == "no-lineage"


async def test_an_origin_that_cannot_be_is_refused_by_what_is_wrong(
    office: Desk, muenchen_id: str, praha_id: str, visit_was_held: Held
) -> None:
    await office.done("PUT", f"/centers/{praha_id}/lineage", {"came_from": muenchen_id, "cause": "visit"})
    visit = await visit_was_held(praha_id)
    usual = {"came_from": praha_id, "cause": "visit"}
    for center, wrong, status, code in (
        (praha_id, usual, 422, "own-parent"),
        (muenchen_id, usual, 409, "lineage-cycle"),
        (praha_id, {"came_from": "nowhere", "cause": "visit"}, 422, "unknown-center"),
        (praha_id, {"came_from": muenchen_id, "cause": "visit", "mentor": "nowhere"}, 422, "unknown-center"),
        (praha_id, {"came_from": muenchen_id, "cause": "visit", "visit": "never"}, 422, "unknown-visit"),
        (praha_id, {"came_from": muenchen_id, "cause": "visit", "visit": visit}, 422, "visit-elsewhere"),
        (praha_id, {"came_from": muenchen_id, "cause": "visit", "year": 2031}, 422, "in-the-future"),
        (praha_id, {"came_from": muenchen_id, "cause": "mentor", "visit": visit}, 422, "invalid-input"),
        (praha_id, {"came_from": muenchen_id, "cause": "mentor", "mentor": praha_id}, 422, "invalid-input"),
        ("nowhere", usual, 404, "not-found"),
    ):
        answer = await office.send("PUT", f"/centers/{center}/lineage", wrong)
        assert (answer.status_code, problem(answer)) == (status, code)


async def test_only_the_coordinator_of_its_country_says_where_a_center_came_from(
    everybody: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], muenchen_id: str, praha_id: str
) -> None:
    body = {"came_from": muenchen_id, "cause": "visit"}
    for desk, status in ((everybody, 401), (house(praha_id), 403), (coordinator("DE"), 403), (coordinator("CZ"), 200)):
        assert (await desk.send("PUT", f"/centers/{praha_id}/lineage", body)).status_code == status
    for desk, status in ((everybody, 401), (house(praha_id), 403), (coordinator("DE"), 403), (coordinator("CZ"), 200)):
        assert (await desk.send("DELETE", f"/centers/{praha_id}/lineage")).status_code == status


async def test_the_network_of_a_center_says_where_it_came_from_and_lets_its_practices_pass(
    office: Desk, coordinator: Callable[..., Desk], house: Callable[[str], Desk], muenchen_id: str, praha_id: str
) -> None:
    region = (await office.done("POST", "/networks", {"name": "Síť", "level": "regional", "country": "CZ"}))["id"]
    desk, body = coordinator(region), {"came_from": muenchen_id, "cause": "visit"}
    assert (await desk.send("PUT", f"/centers/{praha_id}/lineage", body)).status_code == 403
    applied = await house(praha_id).done(
        "POST", f"/networks/{region}/members", {"center": praha_id, "kind": "friendly"}
    )
    await desk.done("POST", f"/memberships/{applied['id']}/admission", {})
    await desk.done("PUT", f"/centers/{praha_id}/lineage", body)

    text = {"title": "Tátové vaří", "summary": "Jednou měsíčně.", "body": "Takhle."}
    practice = {"center": praha_id, "original": "cs", "texts": {"cs": text}, "topics": ["father-involvement"]}
    path = f"/practices/{(await desk.done('POST', '/practices', practice))['id']}"
    await desk.done("PUT", f"{path}/consent", {"wording": 1, "language": "cs"})
    await desk.done("POST", f"{path}/publication", {})
    assert (await desk.get(f"{path}/manuscript")).json()["consent"]["entered_by"] == "coordinator"


async def test_a_visit_of_which_it_is_known_that_it_did_not_take_place_leads_nowhere(
    network: MemoryNetwork, everybody: Desk, cz: Desk, registration: Body, muenchen_id: str, visit_was_held: Held
) -> None:
    visit = await visit_was_held(muenchen_id, VisitStatus.CANCELLED)
    id = (await everybody.done("POST", "/initiatives", {**PROPOSAL, "inspired_by": {"visit": visit}}))["id"]
    await cz.done("POST", f"/initiatives/{id}/opening", registration(place=OLOMOUC))
    await network.settle()
    assert (await everybody.get(f"/centers/{id}/lineage")).json()["center"]["origin"] is None


async def test_when_two_entries_were_of_one_center_its_lineage_stays_with_the_one_that_stays(
    network: MemoryNetwork,
    everybody: Desk,
    office: Desk,
    registration: Body,
    muenchen_id: str,
    kosice_id: str,
    praha_id: str,
) -> None:
    body = registration(name="Centrum Praha 9", names={}, place={"country": "CZ", "town": "Praha"}, founded=1992)
    stays = (await office.done("POST", "/centers", body))["id"]
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "duplicate", "successor": stays})
    await network.settle()
    lineage = (await everybody.get(f"/centers/{stays}/lineage")).json()
    assert [each["id"] for each in lineage["ancestors"]] == [muenchen_id]
    assert [each["id"] for each in lineage["descendants"]] == [kosice_id]
    alone = (await everybody.get(f"/centers/{praha_id}/lineage")).json()
    assert (alone["ancestors"], alone["descendants"]) == ([], [])


# ---- the forest


@pytest_asyncio.fixture
async def kosice_id(office: Desk, registration: Body, muenchen_id: str, praha_id: str) -> str:
    """München → Praha → Košice, which is entered last."""
    body = registration(name="MC Bambulkovo", names={}, place={"country": "SK", "town": "Košice"}, founded=1999)
    id = str((await office.done("POST", "/centers", body))["id"])
    await office.done("PUT", f"/centers/{praha_id}/lineage", {"came_from": muenchen_id, "cause": "visit", "year": 1991})
    await office.done("PUT", f"/centers/{id}/lineage", {"came_from": praha_id, "cause": "mentor", "year": 1998})
    return id


async def test_the_forest_is_told_from_the_roots_on_and_by_country_and_by_root(
    everybody: Desk, muenchen_id: str, praha_id: str, kosice_id: str
) -> None:
    whole = await everybody.get("/lineage")
    assert [(each["id"], each["generation"], each["descendants"]) for each in whole.json()["members"]] == [
        (muenchen_id, 0, 2), (praha_id, 1, 1), (kosice_id, 2, 0),
    ]  # fmt: skip
    assert (whole.json()["trees"], whole.json()["generations"]) == (1, 3)
    for query, ids in (
        (f"?root={praha_id}", [praha_id, kosice_id]),
        ("?country=CZ", [muenchen_id, praha_id]),
        ("?country=AT", []),
    ):
        assert [each["id"] for each in (await everybody.get(f"/lineage{query}")).json()["members"]] == ids
    assert (await everybody.get("/lineage?root=nowhere")).status_code == 404
    tag = whole.headers["ETag"]
    assert (await everybody.get("/lineage", **{"If-None-Match": tag})).status_code == 304


async def test_a_closed_center_keeps_its_place_and_a_hidden_one_tells_its_country_only(
    network: MemoryNetwork, everybody: Desk, office: Desk, praha_id: str, kosice_id: str
) -> None:
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "lost-premises"})
    await office.done("PUT", f"/centers/{kosice_id}/visibility", {"location_visibility": "hidden"})
    await network.settle()
    for path in ("/lineage", f"/centers/{kosice_id}/lineage", "/lineage.svg"):
        answer = await everybody.get(path)
        assert "Košice" not in answer.text and "Bambulkovo" not in answer.text
        assert "Mother Center" in answer.text and "Praha" in answer.text
    lineage = (await everybody.get(f"/centers/{kosice_id}/lineage")).json()
    assert (lineage["ancestors"][0]["id"], lineage["ancestors"][0]["status"]) == (praha_id, "closed")
    assert (lineage["center"]["country"], lineage["center"]["town"]) == ("SK", None)


async def test_the_picture_speaks_the_readers_language(everybody: Desk, kosice_id: str) -> None:
    picture = await everybody.get("/lineage.svg", **{"Accept-Language": "cs"})
    assert (picture.headers["Content-Type"], picture.headers["Content-Language"]) == ("image/svg+xml", "cs")
    assert "Rodokmen mateřských center" in picture.text and "návštěva 1991" in picture.text
    same = await everybody.get("/lineage.svg?language=cs")
    assert same.content == picture.content
    assert "Stammbaum" in (await everybody.get("/lineage.svg?language=de")).text


# ---- a center that hides, and the initiative it was


async def test_the_initiative_does_not_tell_where_the_hidden_center_is_that_it_became(
    network: MemoryNetwork, everybody: Desk, cz: Desk, house: Callable[[str], Desk], registration: Body, praha_id: str
) -> None:
    id = (await cz.done("POST", "/initiatives", PROPOSAL))["id"]
    await cz.done("PUT", f"/initiatives/{id}/mentor", {"center": praha_id})
    body = registration(place=OLOMOUC, location_visibility="hidden")
    await cz.done("POST", f"/initiatives/{id}/opening", body)
    for _ in range(2):  # also in the moments before the initiative has heard of its center
        for reader in (everybody, house(praha_id)):
            for path in (f"/initiatives/{id}", f"/initiatives/{id}/history", "/initiatives"):
                assert "Olomouc" not in (await reader.get(path)).text
        await network.settle()
    [*_, became] = network.events("directory.initiative.v1", id)
    assert became.data["snapshot"]["town"] is None


# ---- repeats


async def test_a_repeated_assignment_gets_its_answer_though_the_mentor_has_paused_since(
    cz: Desk, initiative: str, praha_id: str
) -> None:
    first = await cz.send("PUT", f"/initiatives/{initiative}/mentor", {"center": praha_id}, key="once")
    await cz.done("POST", f"/centers/{praha_id}/pause", {"reason": "holidays"})
    again = await cz.send("PUT", f"/initiatives/{initiative}/mentor", {"center": praha_id}, key="once")
    assert (again.status_code, again.content) == (200, first.content)
