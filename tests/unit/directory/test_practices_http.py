"""Practices over HTTP: written by a center, let pass by its coordinator, found by everybody, and cited for good."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from services.directory.api.practices import NewPractice, Rewriting
from services.directory.domain.practice import Practice, Word
from services.directory.service import SERVICE
from shared.commands import Command
from shared.events.directory.practice import Adoption
from shared.testing import MemoryNetwork

Body = Callable[..., dict[str, Any]]
Desk = Any
Houses = Callable[[str], Desk]

TEXT = {"title": "O sobotách vaří tátové", "summary": "Kuchyň patří tátům.", "body": "Začalo to takhle.\n\nJednou…"}
AGREED = {"wording": 1, "language": "cs"}


def problem(answer: Any) -> str:
    """The code of the problem that the answer is."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    code: str = answer.json()["type"].removeprefix("urn:mine:problem:")
    return code


def content(**different: Any) -> dict[str, Any]:
    usual = {"original": "cs", "texts": {"cs": TEXT}, "topics": ["father-involvement"], "license": "CC-BY-4.0"}
    return {**usual, **different}


@pytest.fixture
def cz(coordinator: Callable[..., Desk]) -> Desk:
    """The coordinator of the Czech centers."""
    return coordinator("CZ")


@pytest_asyncio.fixture
async def draft(house: Houses, praha_id: str) -> str:
    """The id of a practice that the center in Praha has written down."""
    return str((await house(praha_id).done("POST", "/practices", {**content(), "center": praha_id}))["id"])


@pytest_asyncio.fixture
async def practice(network: MemoryNetwork, house: Houses, cz: Desk, praha_id: str, draft: str) -> str:
    """The id of that practice, published."""
    await house(praha_id).done("PUT", f"/practices/{draft}/consent", AGREED)
    await cz.done("POST", f"/practices/{draft}/publication", {"on": "2026-02-20"})
    await network.settle()
    return draft


# ---- from the draft to the reader


async def test_a_draft_is_for_its_people_only(
    everybody: Desk, house: Houses, coordinator: Callable[..., Desk], praha_id: str, draft: str
) -> None:
    for path in ("", "/editions", "/editions/1"):
        answer = await everybody.get(f"/practices/{draft}{path}")
        assert (answer.status_code, problem(answer)) == (404, "not-found")
    assert (await everybody.get(f"/practices/{draft}/manuscript")).status_code == 401
    assert (await coordinator("DE").get(f"/practices/{draft}/manuscript")).status_code == 403
    seen = await house(praha_id).get(f"/practices/{draft}/manuscript")
    assert (seen.json()["content"]["texts"]["cs"], seen.headers["ETag"]) == (TEXT, '"1"')
    [line] = (await house(praha_id).get(f"/practices/{draft}/editions")).json()
    assert (line["edition"], line["published_on"]) == (1, None)


async def test_a_center_cannot_publish_by_itself_and_nobody_without_the_center(
    house: Houses, cz: Desk, praha_id: str, draft: str
) -> None:
    path = f"/practices/{draft}"
    early = await cz.send("POST", f"{path}/publication", {})
    assert (early.status_code, problem(early)) == (409, "consent-missing")
    await house(praha_id).done("PUT", f"{path}/consent", AGREED)
    assert (await house(praha_id).send("POST", f"{path}/publication", {})).status_code == 403
    await cz.done("POST", f"{path}/publication", {})


async def test_everybody_reads_and_cites_what_was_let_pass(
    everybody: Desk, praha_id: str, practice: str, network: MemoryNetwork
) -> None:
    answer = await everybody.get(f"/practices/{practice}")
    seen = answer.json()
    assert (seen["title"], seen["body"], seen["languages"]) == (TEXT["title"], TEXT["body"], ["cs"])
    assert seen["center"] == {
        "id": praha_id, "name": "Mateřské centrum Praha", "country": "CZ", "status": "active",
    }  # fmt: skip
    assert answer.headers["Link"] == f'<http://directory.example.org/practices/{practice}>; rel="canonical"'
    address = f"http://directory.example.org/practices/{practice}/editions/1"
    assert seen["cite"] == {
        "text": f"Mateřské centrum Praha: O sobotách vaří tátové. Edition 1, 2026. {address}",
        "address": address,
        "license": "CC-BY-4.0",
    }
    assert (seen["adopted"], seen["adapted"]) == (0, 0)
    assert (
        await everybody.get(f"/practices/{practice}", **{"If-None-Match": answer.headers["ETag"]})
    ).status_code == 304
    assert "Začalo" not in str(network.events("directory.practice.v1"))


async def test_a_public_address_that_was_set_is_the_one_to_cite(registration: Body) -> None:
    async with MemoryNetwork(SERVICE, settings={"public_url": "https://centers.example.org/"}) as network:
        office = network.client("directory", "office")

        async def done(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = await office.request(method, path, json=body, headers={"Idempotency-Key": "k"})
            assert answer.is_success, answer.text
            receipt: dict[str, Any] = answer.json()
            return receipt

        center = await done("POST", "/centers", registration())
        id = (await done("POST", "/practices", {**content(), "center": center["id"]}))["id"]
        await done("PUT", f"/practices/{id}/consent", AGREED)
        await done("POST", f"/practices/{id}/publication", {})
        seen = (await office.get(f"/practices/{id}")).json()
        assert seen["cite"]["address"] == f"https://centers.example.org/practices/{id}/editions/1"


async def test_each_reader_gets_it_in_a_language_that_there_is(
    house: Houses, cz: Desk, everybody: Desk, praha_id: str, practice: str
) -> None:
    path = f"/practices/{practice}"
    both = content(texts={"cs": TEXT, "de": {**TEXT, "title": "Samstags kochen die Väter"}})
    await house(praha_id).done("PUT", f"{path}/manuscript", both, match="*")
    await cz.done("POST", f"{path}/publication", {})
    for wanted, title in (
        ("de-AT, cs;q=0.5", "Samstags kochen die Väter"),
        ("sw", "Samstags kochen die Väter"),
        ("cs", TEXT["title"]),
    ):
        seen = await everybody.get(path, **{"Accept-Language": wanted})
        assert seen.json()["title"] == title
        assert seen.headers["Content-Language"] == seen.json()["language"]
    assert "Accept-Language" in seen.headers["Vary"]


async def test_what_was_cited_stays_when_a_new_edition_is_published(
    house: Houses, cz: Desk, everybody: Desk, praha_id: str, practice: str
) -> None:
    path = f"/practices/{practice}"
    new = content(texts={"cs": {**TEXT, "title": "Tátové vaří každý den"}})
    assert problem(await house(praha_id).send("PUT", f"{path}/manuscript", new)) == "if-match-missing"
    await house(praha_id).done("PUT", f"{path}/manuscript", new, match="*")
    assert (await everybody.get(path)).json()["edition"] == 1
    unseen = await everybody.get(f"{path}/editions/2")
    assert (unseen.status_code, problem(unseen)) == (404, "no-such-edition")

    await cz.done("POST", f"{path}/publication", {})
    assert (await everybody.get(path)).json()["title"] == "Tátové vaří každý den"
    old = (await everybody.get(f"{path}/editions/1")).json()
    assert (old["title"], old["latest"]) == (TEXT["title"], 2)
    lines = (await everybody.get(f"{path}/editions")).json()
    assert [(line["edition"], line["published_on"]) for line in lines] == [(1, "2026-02-20"), (2, "2026-03-01")]


async def test_an_edition_that_names_somebody_is_erased(
    house: Houses, cz: Desk, everybody: Desk, network: MemoryNetwork, praha_id: str, practice: str
) -> None:
    path = f"/practices/{practice}"
    refused = await house(praha_id).send("DELETE", f"{path}/editions/1")
    assert (refused.status_code, problem(refused)) == (409, "wrong-state")
    await house(praha_id).done(
        "PUT", f"{path}/manuscript", content(texts={"cs": {**TEXT, "body": "Jinak."}}), match="*"
    )
    await cz.done("POST", f"{path}/publication", {})
    await house(praha_id).done("DELETE", f"{path}/editions/1")
    gone = await everybody.get(f"{path}/editions/1")
    assert (gone.status_code, problem(gone)) == (410, "edition-erased")
    assert [line["erased"] for line in (await everybody.get(f"{path}/editions")).json()] == [True, False]
    await network.settle()
    assert "Začalo" not in str(await network.runtimes["directory"].store.collection("practice").find({}))


async def test_a_center_that_no_longer_agrees_is_obeyed_at_once(
    house: Houses, cz: Desk, everybody: Desk, praha_id: str, practice: str
) -> None:
    path = f"/practices/{practice}"
    receipt = await house(praha_id).done("DELETE", f"{path}/consent")
    assert receipt["events"] == ["PracticeConsentWithdrawn", "PracticeWithdrawn"]
    assert (await everybody.get("/practices")).json()["items"] == [], "the list must not lag behind"
    for part in ("", "/editions", "/editions/1"):
        gone = await everybody.get(path + part)
        assert (gone.status_code, problem(gone)) == (410, "no-longer-published")
    history = (await everybody.get(f"{path}/history")).json()
    assert [entry["event"] for entry in history["items"]][-1] == "PracticeWithdrawn"
    assert TEXT["title"] not in str(history)
    assert problem(await cz.send("POST", f"{path}/publication", {})) == "consent-missing"


async def test_when_its_center_closes_a_practice_stays_and_says_so(
    network: MemoryNetwork, cz: Desk, everybody: Desk, praha_id: str, practice: str
) -> None:
    tag = (await everybody.get(f"/practices/{practice}")).headers["ETag"]
    await cz.done("POST", f"/centers/{praha_id}/closing", {"reason": "no-funding"})
    await network.settle()
    seen = await everybody.get(f"/practices/{practice}", **{"If-None-Match": tag})
    assert seen.json()["center"]["status"] == "closed"
    [found] = (await everybody.get("/practices")).json()["items"]
    assert found["center"]["status"] == "closed"


async def test_a_center_that_hides_is_cited_by_the_name_it_shows(
    house: Houses, everybody: Desk, praha_id: str, practice: str
) -> None:
    await house(praha_id).done("PUT", f"/centers/{praha_id}/visibility", {"location_visibility": "hidden"})
    for path in ("/practices", f"/practices/{practice}"):
        assert "Praha" not in (await everybody.get(path)).text
    assert (await everybody.get(f"/practices/{practice}")).json()["cite"]["text"].startswith("Mother Center: ")


async def test_how_often_it_was_taken_over_is_shown(
    network: MemoryNetwork, everybody: Desk, practice: str
) -> None:  # fmt: skip
    practices = network.runtimes["directory"].repository(Practice)

    def count(it: Practice, now: datetime) -> None:
        for center, how in (("brno", Adoption.ADOPTED), ("zlín", Adoption.ADAPTED)):
            it.count_adoption(f"{center}'s visit", Word(center=center, how=how, sequence=2, said=now), now)

    await practices.change(practice, Command("taken over"), count)
    seen = (await everybody.get(f"/practices/{practice}")).json()
    assert (seen["adopted"], seen["adapted"]) == (1, 1)


# ---- found


@pytest_asyncio.fixture
async def story(
    network: MemoryNetwork, office: Desk, registration: Body, practice: str
) -> str:  # fmt: skip
    """A story from Wien, published after the practice from Praha."""
    wien = registration(name="Eltern-Kind-Zentrum Wien", names={}, place={"country": "AT", "town": "Wien"})
    center = (await office.done("POST", "/centers", wien))["id"]
    text = {"title": "Ein Haus für Mütter", "summary": "Wie es begann.", "body": "Am Anfang war ein Keller."}
    body = content(original="de", texts={"de": text}, topics=["founding-a-center", "founding-a-center"])
    id = (await office.done("POST", "/practices", {**body, "center": center, "kind": "story"}))["id"]
    await office.done("PUT", f"/practices/{id}/consent", {"wording": 1, "language": "de"})
    await office.done("POST", f"/practices/{id}/publication", {})
    await network.settle()
    return str(id)


async def test_practices_are_found_by_what_they_are_about(
    everybody: Desk, praha_id: str, practice: str, story: str
) -> None:  # fmt: skip
    for query, found in (
        ("", [story, practice]),
        ("?topic=father-involvement", [practice]),
        ("?language=de", [story]),
        ("?country=AT", [story]),
        ("?country=SK", []),
        (f"?center={praha_id}", [practice]),
        ("?kind=story", [story]),
        ("?q=muetter", [story]),
        ("?q=SOBOTACH tat", [practice]),
        ("?q=väter", [practice]),  # the German label of its topic
        ("?q=začalo", []),  # texts are read, not searched
        ("?q=.*", []),
        ("?q=muetter&country=CZ", []),
    ):
        page = (await everybody.get(f"/practices{query}")).json()
        assert [each["id"] for each in page["items"]] == found, query
    unknown = await everybody.get("/practices?topic=father-involvment")
    assert (problem(unknown), unknown.json()["nearest"][0]) == ("unknown-topic", "father-involvement")


async def test_the_list_is_turned_page_by_page_also_within_a_country(
    everybody: Desk, office: Desk, practice: str, story: str, praha_id: str
) -> None:
    first = (await everybody.get("/practices?limit=1")).json()
    rest = (await everybody.get(f"/practices?limit=1&cursor={first['next']}")).json()
    assert [first["items"][0]["id"], rest["items"][0]["id"], rest["next"]] == [story, practice, None]


# ---- what is refused


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"center": "nowhere"}, "unknown-center"),
        ({"topics": ["father-involvment"]}, "unknown-topic"),
        ({"original": "en"}, "invalid-input"),
        ({"license": "mine-all-mine"}, "invalid-input"),
        ({"texts": {"cs": {**TEXT, "body": "á" * 20_001}}}, "invalid-input"),
        ({"texts": {"cs": {**TEXT, "title": "O sobo\u202etách"}}}, "invalid-input"),
        ({"on": "2026-04-01"}, "in-the-future"),
        (
            {"attachments": [{"title": "Seznam", "url": "javascript:alert(1)", "media_type": "text/html"}]},
            "invalid-input",
        ),
    ],
)
async def test_a_practice_that_makes_no_sense_is_refused(
    house: Houses, praha_id: str, wrong: dict[str, Any], code: str
) -> None:
    answer = await house(praha_id).send("POST", "/practices", {**content(), "center": praha_id, **wrong})
    assert (answer.status_code, problem(answer)) == (422, code)


async def test_only_its_people_touch_a_practice(
    everybody: Desk, coordinator: Callable[..., Desk], house: Houses, praha_id: str, practice: str
) -> None:
    path = f"/practices/{practice}"
    commands: list[tuple[str, str, dict[str, Any] | None]] = [
        ("PUT", f"{path}/manuscript", content()),
        ("PUT", f"{path}/consent", AGREED),
        ("DELETE", f"{path}/consent", None),
        ("POST", f"{path}/publication", {}),
        ("POST", f"{path}/withdrawal", {"reason": "other"}),
        ("DELETE", f"{path}/editions/1", None),
        ("POST", "/practices", {**content(), "center": praha_id}),
    ]
    for method, where, body in commands:
        assert (await everybody.send(method, where, body, match="*")).status_code == 401
        for desk in (coordinator("DE"), house("elsewhere")):
            answer = await desk.send(method, where, body, match="*")
            assert (answer.status_code, problem(answer)) == (403, "forbidden"), where


async def test_a_consent_is_to_a_text_that_there_was(house: Houses, praha_id: str, draft: str) -> None:
    answer = await house(praha_id).send("PUT", f"/practices/{draft}/consent", {**AGREED, "wording": 99})
    assert (answer.status_code, problem(answer), answer.json()["latest"]) == (422, "unknown-wording", 1)


async def test_what_does_not_exist_is_missing(office: Desk, everybody: Desk) -> None:
    for part in ("", "/editions", "/editions/1", "/history"):
        assert problem(await everybody.get(f"/practices/nothing{part}")) == "not-found"
    for method, part, body in (
        ("PUT", "/manuscript", content()), ("PUT", "/consent", AGREED), ("POST", "/publication", {}),
        ("POST", "/withdrawal", {"reason": "other"}), ("DELETE", "/editions/1", None),
    ):  # fmt: skip
        assert problem(await office.send(method, f"/practices/nothing{part}", body, match="*")) == "not-found"


async def test_the_documented_examples_are_true(office: Desk, praha_id: str) -> None:
    [example] = NewPractice.model_json_schema()["examples"]
    id = (await office.done("POST", "/practices", {**example, "center": praha_id}))["id"]
    [example] = Rewriting.model_json_schema()["examples"]
    assert (await office.done("PUT", f"/practices/{id}/manuscript", example, match="*"))["events"] == []


async def test_topics_can_be_looked_up_where_they_are_needed(everybody: Desk) -> None:
    topics = (await everybody.get("/taxonomy/topics")).json()
    assert "father-involvement" in [term["code"] for term in topics["terms"]]
