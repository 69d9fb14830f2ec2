"""Somebody wants to be forgotten: what every service does, and what is left in the end."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from services.directory.domain.center import Center
from services.newsletter.domain.subscription import Subscription
from shared.commands import Command
from shared.erasure import answering
from shared.erasure.person import OMITTED
from shared.events.newsletter import SubscriptionStatus
from shared.ids import new_id
from shared.messaging import wire
from shared.store.port import Put
from shared.testing import MemoryNetwork
from tests.unit.erasure.town import (
    ALL,
    EVA,
    EVAS_NAME,
    EVAS_PHONE,
    JANA,
    JANAS_NAME,
    JANAS_PHONE,
    KINDS,
    asked_to_forget,
    center,
    demand,
    documents,
    erasure,
    everything,
    network,
    office,
    places,
    removed,
    settle_in,
    subscription,
    traces,
)

NOTHING: dict[str, dict[str, int]] = {service.name: {} for service in ALL}


async def test_afterwards_no_document_topic_dead_letter_or_file_has_a_trace_of_her() -> None:
    async with network() as town:
        await settle_in(town)
        before = traces(town, JANA, JANAS_NAME)
        assert {place.partition("/")[0] for place in before} == {service.name for service in ALL}, "it can find her"
        id = await asked_to_forget(town)
        await town.settle()
        assert traces(town, JANA, JANAS_NAME) == []
        done = await erasure(town, id)
        assert (done["status"], done["missing"]) == ("completed", [])
        assert removed(done) == KINDS


async def test_nobody_else_loses_a_word() -> None:
    async with network() as town:
        await settle_in(town)
        before, hers = documents(town), {f"{made.stream.service}/{made.id}" for made in theirs(JANA)}
        await asked_to_forget(town)
        await town.settle()
        after = documents(town)
        changed = {place for place in before if before[place] != after[place]}
        assert {f"{place.split('/')[0]}/{place.split('/')[2]}" for place in changed} == hers
        assert (
            len(traces(town, EVA, EVAS_NAME, EVAS_PHONE)) >= len(hers) - 3
        )  # three centers are one collection, two ideas too


def theirs(who: str) -> list[Any]:
    return [made for _, made in places(who, "x" * 5, JANAS_PHONE)]


async def test_what_stood_around_her_stays() -> None:
    async with network() as town:
        await settle_in(town)
        await asked_to_forget(town)
        await town.settle()
        kept = documents(town)
        text = f"Milé sousedky!\n\nPište na <{OMITTED}>, nebo volejte."
        assert kept["directory/center/jana-3"]["profile"]["descriptions"] == {"cs": text}
        assert kept["exchange/host-offer/jana-1"]["arrival"]["route"] == text
        assert kept["exchange/visit/jana-visit"]["report"]["story"] == f"{text} {text}"
        assert kept["exchange/visit/jana-visit"]["questions"][0]["text"] == text
        assert kept["newsletter/issue/jana-issue"]["pieces"][0]["texts"]["cs"]["text"] == text
        assert kept["campaign/discussion-round/jana-round"]["contributions"][0]["text"] == text
        assert kept["directory/initiative/jana-words"]["own_words"]["text"] == text
        assert kept["directory/initiative/jana-words"]["contact"]["email"] == "office@example.org"
        assert kept["directory/initiative/jana-idea"]["contact"] is None
        assert kept["directory/practice/jana-practice"]["editions"][0]["content"]["texts"]["cs"]["body"] == text
        assert kept["directory/center/jana-1"]["contact_person"] is None
        assert kept["directory/center/jana-2"]["profile"]["contact"] == {
            "email": None,
            "phone": JANAS_PHONE,
            "website": None,
        }


async def test_who_is_known_by_a_phone_number_only_is_found_by_it() -> None:
    async with network() as town:
        await settle_in(town)
        answer = await demand(town, {"phone": "+420601123456"})
        await town.settle()
        done = await erasure(town, answer.json()["id"])
        assert removed(done) == {**NOTHING, "directory": {"center": 2}}
        assert traces(town, JANAS_PHONE) == []
        assert traces(town, EVAS_PHONE) == ["directory/center"]


async def test_who_is_known_nowhere_gets_empty_receipts_from_everybody() -> None:
    async with network() as town:
        await settle_in(town)
        before = documents(town)
        id = await asked_to_forget(town, "nobody@example.org")
        await town.settle()
        done = await erasure(town, id)
        assert (done["status"], removed(done)) == ("completed", NOTHING)
        after = documents(town)
        assert {place: after[place] for place in before} == before


async def test_the_events_tell_what_happened_and_of_nobody() -> None:
    async with network() as town:
        await settle_in(town)
        id = await asked_to_forget(town)
        await town.settle()

        def said(service: str) -> list[str]:
            return [event.type.split(".")[3] for event in town.events(f"{service}.erasure.v1", id)]

        assert said("directory")[0] == "ErasureRequested"
        assert sorted(said("directory")[1:-1]) == [
            *["ErasureReceiptTaken"] * 3, "PersonalDataErased", "TracesErased",
        ]  # fmt: skip
        assert said("directory")[-1] == "ErasureCompleted"
        for other in ("exchange", "newsletter", "campaign"):
            assert said(other) == ["TracesErased", "PersonalDataErased"]
        assert [
            event.data["erased"] for event in town.events("directory.center.v1", "jana-1") if "erased" in event.data
        ] == [True]
        assert town.events("newsletter.subscription.v1")[-1].type.split(".")[3] == "SubscriptionErased"


# ---- again


async def test_asked_again_with_the_same_key_it_is_the_same_erasure() -> None:
    async with network() as town:
        await settle_in(town)
        first = await demand(town, {"address": JANA}, "key")
        await town.settle()
        again = await demand(town, {"address": JANA}, "key")
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
        other = await demand(town, {"address": EVA}, "key")
        assert (other.status_code, other.json()["type"]) == (422, "urn:mine:problem:idempotency-key-reused")
        assert len(town.events("directory.erasure.v1", first.json()["id"])) == 7


async def test_a_later_demand_is_a_new_erasure_that_finds_what_has_come_since() -> None:
    async with network() as town:
        await settle_in(town)
        first = await asked_to_forget(town)
        await town.settle()
        centers = town.runtimes["directory"].repository(Center)
        await centers.create(Command(new_id()), lambda id, now: center("new", JANA, JANAS_NAME), "new")
        second = await asked_to_forget(town)
        await town.settle()
        assert second != first
        assert removed(await erasure(town, second)) == {**NOTHING, "directory": {"center": 1}}
        assert traces(town, JANA, JANAS_NAME) == []
        subjects = {event.data["subject"] for event in town.events("directory.erasure.v1") if "subject" in event.data}
        assert len(subjects) == 2, "nobody can tell that it was the same person"


async def test_a_redelivered_event_erases_nothing_twice() -> None:
    async with network() as town:
        await settle_in(town)
        id = await asked_to_forget(town)
        await town.settle()
        before, counted = documents(town), {topic: len(town.events(topic)) for topic in topics(town)}
        for runtime in town.runtimes.values():
            await runtime.store.collection("inbox").drop()  # even without the memory of what was seen
        [request] = [event for event in town.events("directory.erasure.v1", id) if event.sequence == 1]
        record = wire.encode(request)
        await town.log.send(record.topic, record.key, record.value, record.headers)
        await town.settle()
        assert documents(town) == before
        after = {topic: len(town.events(topic)) for topic in topics(town)}
        assert {topic: after[topic] - counted[topic] for topic in after if after[topic] != counted[topic]} == {
            "directory.erasure.v1": 1
        }


def topics(town: MemoryNetwork) -> list[str]:
    return [topic for topic in town.log.topics if topic.endswith(".v1")]


# ---- a reader


async def test_who_comes_back_is_another_reader() -> None:
    async with network() as town:
        await settle_in(town)
        await asked_to_forget(town)
        await town.settle()
        anybody = town.client("newsletter")
        for _ in range(2):
            body = {"address": JANA.capitalize(), "language": "de"}
            answer = await anybody.post("/subscriptions", json=body, headers={"Idempotency-Key": "back"})
            assert answer.status_code == 202
        await town.settle()
        found = [each.aggregate for each in await town.runtimes["newsletter"].repository(Subscription).find({})]
        by_status = {each.status: each for each in found if each.address != EVA}
        assert set(by_status) == {SubscriptionStatus.ERASED, SubscriptionStatus.REQUESTED}
        old, new = by_status[SubscriptionStatus.ERASED], by_status[SubscriptionStatus.REQUESTED]
        assert (new.address, new.language, new.round, new.mail_number) == (JANA.capitalize(), "de", 1, 1)
        assert old.id == subscription(JANA).id != new.id
        assert (await town.runtimes["newsletter"].store.collection("letters").count({"subscription": new.id})) == 1

        again = await asked_to_forget(town)
        await town.settle()
        assert removed(await erasure(town, again))["newsletter"] == {"subscription": 1}
        assert traces(town, JANA) == []


async def test_of_an_erased_reader_only_the_proof_of_consent_is_left() -> None:
    async with network() as town:
        await settle_in(town)
        await asked_to_forget(town)
        await town.settle()
        id = subscription(JANA).id
        left = documents(town)[f"newsletter/subscription/{id}"]
        assert left.pop("consent") == {
            "wording": "2026-1", "language": "cs", "text": "ano", "list": "newsletter",
            "at": "2026-03-01T09:00:00.000Z",
        }  # fmt: skip
        told = {name: value for name, value in left.items() if value not in (None, [], "")}
        assert told == {
            "id": id, "list": "newsletter", "language": "und", "status": "erased", "round": 1, "mail_number": 1,
        }  # fmt: skip


# ---- when something goes wrong


async def test_a_service_that_is_away_is_an_alarm_and_completes_it_when_it_is_back() -> None:
    async with network() as town:
        await settle_in(town)
        campaign = town.subscriptions["campaign"]
        pump, campaign.pump = campaign.pump, away  # type: ignore[method-assign]
        id = await asked_to_forget(town)
        await town.settle()
        waiting = await erasure(town, id)
        assert (waiting["status"], waiting["missing"]) == ("requested", ["campaign"])
        town.clock.move(timedelta(days=3))
        await town.settle()
        late = await erasure(town, id)
        assert (late["status"], late["missing"], late["reminders"]) == ("overdue", ["campaign"], 1)
        assert alarms(town) == 1
        town.clock.move(timedelta(days=7))
        await town.settle()
        assert alarms(town) == 2
        overdue = [event.data for event in town.events("directory.erasure.v1", id) if "reminder" in event.data]
        assert [(each["missing"], each["reminder"]) for each in overdue] == [(["campaign"], 1), (["campaign"], 2)]
        assert [each["id"] for each in (await office(town).get("/erasures")).json()["items"]] == [id]

        campaign.pump = pump  # type: ignore[method-assign]
        await town.settle()
        done = await erasure(town, id)
        assert (done["status"], removed(done)) == ("completed", KINDS)
        assert town.events("directory.erasure.v1", id)[-1].data["late"] is True
        town.clock.move(timedelta(days=70))
        await town.settle()
        assert alarms(town) == 2
        assert (await office(town).get("/erasures")).json()["items"] == []
        completed = (await office(town).get("/erasures", params={"status": "completed"})).json()["items"]
        assert [each["id"] for each in completed] == [id]


async def away(most: int = 0) -> int:
    return 0


def alarms(town: MemoryNetwork) -> float:
    return town.runtimes["directory"].metrics.registry.get_sample_value("mine_erasures_overdue_total") or 0


@pytest.mark.parametrize("wrong", ["forgets nothing", "refuses", "breaks"])
async def test_a_service_that_could_not_forget_gives_no_receipt(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    def erase(center: Center, person: Any) -> None:
        if wrong == "refuses":
            center.require(False, "not today")
        if wrong == "breaks":
            raise KeyError(JANA)

    async with network() as town:
        await settle_in(town)
        with monkeypatch.context() as broken:
            broken.setattr(Center, "erase", erase)
            id = await asked_to_forget(town)
            await town.settle()
        waiting = await erasure(town, id)
        assert waiting["missing"] == ["directory"]
        assert {place.partition("/")[0] for place in traces(town, JANA)} == {"directory"}
        [letter] = await town.runtimes["directory"].dead_letters()
        assert JANA not in str(letter)
        town.clock.move(timedelta(days=3))
        await town.settle()
        assert (await erasure(town, id))["status"] == "overdue"

        assert await town.runtimes["directory"].retry_dead_letters() == 1
        await town.settle()
        done = await erasure(town, id)
        assert (done["status"], removed(done)) == ("completed", KINDS)
        assert traces(town, JANA, JANAS_NAME) == []


async def test_a_service_with_another_key_gives_no_receipt() -> None:
    async with network() as town:
        await settle_in(town)
        campaign = town.runtimes["campaign"]
        key, campaign.settings.person_key = (
            campaign.settings.person_key,
            SecretStr("another key, long enough".ljust(40)),
        )
        id = await asked_to_forget(town)
        await town.settle()
        assert (await erasure(town, id))["missing"] == ["campaign"]
        campaign.settings.person_key = key
        await campaign.retry_dead_letters()
        await town.settle()
        assert removed(await erasure(town, id)) == KINDS


async def test_who_was_forgotten_since_a_backup_is_forgotten_again_when_it_is_restored() -> None:
    async with network() as town:
        await settle_in(town)
        collections = town.runtimes["newsletter"].store._collections  # type: ignore[attr-defined]
        backup = {name: deepcopy(collection._documents) for name, collection in collections.items()}
        id = await asked_to_forget(town)
        await town.settle()
        for name, collection in collections.items():
            collection._documents = backup.get(name, {})
        assert traces(town, JANA) == ["newsletter/issue", "newsletter/news-item", "newsletter/subscription"]
        await town.runtimes["directory"].republish("directory.erasure.v1")
        await town.settle()
        assert traces(town, JANA, JANAS_NAME) == []
        assert (await erasure(town, id))["status"] == "completed"


async def test_what_an_earlier_attempt_has_erased_is_in_the_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    erase, attempts = Center.erase, []

    def shaky(center: Center, person: Any) -> None:
        attempts.append(center.id)
        if center.id == "jana-2" and attempts.count("jana-2") < 3:
            raise RuntimeError("not yet")
        erase(center, person)

    monkeypatch.setattr(Center, "erase", shaky)
    async with network() as town:
        await settle_in(town)
        id = await asked_to_forget(town)
        await town.settle()
        assert attempts.count("jana-1") == 1, "done before the first failure, and not again"
        assert removed(await erasure(town, id)) == KINDS


async def test_somebody_else_who_took_her_place_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The document was found with Jana in it; when it is changed, Eva stands there."""
    async with network() as town:
        centers = town.runtimes["directory"].repository(Center)
        await centers.create(Command(new_id()), lambda id, now: center("one", JANA, JANAS_NAME), "one")
        await town.settle()
        keeping, named = answering._keeping, center("one", EVA, EVAS_NAME).contact_person
        assert named is not None

        def name(it: Center, now: datetime) -> None:
            it.name_contact_person(named.person, named.consent, now)

        async def slow(*arguments: Any) -> Any:
            async for id in keeping(*arguments):
                if id == "one":
                    await centers.change("one", Command("in between"), name)
                yield id

        monkeypatch.setattr(answering, "_keeping", slow)
        await asked_to_forget(town)
        await town.settle()
        person = (await centers.get("one")).aggregate.contact_person
        assert person is not None and person.person.email == EVA


async def test_what_was_being_written_while_it_looked_is_found_by_the_second_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An accepted correction was on its way into a center that had been looked at already."""
    async with network() as town:
        await settle_in(town)
        centers, keeping = town.runtimes["directory"].repository(Center), answering._keeping

        async def slow(*arguments: Any) -> Any:
            async for id in keeping(*arguments):
                yield id
            if arguments[1] is Center:
                late = center("late", JANA, JANAS_NAME)
                await centers.change("late", Command("late"), lambda it, now: None, lambda id: late)

        monkeypatch.setattr(answering, "_keeping", slow)
        asked = await asked_to_forget(town)
        await town.settle()
        done = await erasure(town, asked)
        assert (done["status"], removed(done)["directory"]["center"]) == ("completed", 4)
        assert traces(town, JANA, JANAS_NAME) == []


async def test_the_scan_of_these_tests_finds_what_is_packed() -> None:
    async with network() as town:
        store = town.runtimes["campaign"].store.collection("dead-letters")
        await store.write([Put("x", {"_id": "x", "value": "amFuYUBleGFtcGxlLm9yZw=="})])
        assert traces(town, JANA) == ["campaign/dead-letters"]
        assert any(place == "jwks.json" for place, _ in everything(town))
