"""The database or the broker is away for a while; an operator looks after what could not be handled."""

import time
from collections.abc import Iterator

import pytest

from tests.journeys import foreign
from tests.journeys.story import Story, code, eventually

CENTER = "directory.center.v1"


@pytest.fixture(autouse=True)
def _mended(story: Story) -> Iterator[None]:
    """Whatever happens in a story, the next one finds everything running."""
    yield
    story.network.up()


def _register(story: Story, name: str, key: str) -> int:
    """The status of the answer to a registration."""
    answer = story.say(story.office("directory"), "POST", "/centers", story.registration(name), key=key)
    if answer.status_code == 503:
        assert code(answer) == "store-unavailable"
        assert int(answer.headers["Retry-After"]) > 0
    return answer.status_code


def _registered_as(story: Story, name: str) -> list[str]:
    """The ids of the centers of this name, as a stranger reads them."""
    events = story.events(CENTER)
    wanted = f"{name} {story.mark}"
    return [
        str(event.key)
        for event in events
        if event.kind == "CenterRegistered" and event.data["snapshot"]["name"] == wanted
    ]


def test_while_the_database_is_away_nothing_is_promised_and_a_repeat_is_carried_out_once(story: Story):
    directory, key = story.client("directory"), story.key()
    time.sleep(1)  # the local database may lose the last moment before it is killed: that is another story
    story.network.kill("mongo")
    for _ in range(3):
        assert _register(story, "Voda", key) == 503
    reading = story.office("directory").get("/centers")
    assert (reading.status_code, code(reading)) == (503, "store-unavailable")
    ready = directory.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["parts"]["store"] != "ok"
    assert directory.get("/health/live").status_code == 200, "waiting is no reason to be started anew"

    story.network.start("mongo")
    eventually(lambda: _register(story, "Voda", key) == 201, "the registration")
    eventually(lambda: directory.get("/health/ready").status_code == 200, "readiness")
    eventually(lambda: _registered_as(story, "Voda"), "the event")
    assert len(_registered_as(story, "Voda")) == 1


def test_while_the_broker_is_away_commands_are_accepted_and_their_events_come_later(story: Story):
    directory = story.office("directory")
    center = story.registered("Vítr")
    story.network.kill("kafka")
    for _ in range(5):
        story.done(story.say(directory, "POST", f"/centers/{center}/pause", {"reason": "holidays"}))
        story.done(story.say(directory, "POST", f"/centers/{center}/resume", {}))
    ready = directory.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["parts"]["broker"] != "ok"
    assert directory.get("/admin/status").json()["pending_events"] >= 10

    story.network.start("kafka")
    eventually(lambda: len(story.kinds(CENTER, center)) == 11, "all events of the center")
    sequences = [event.sequence for event in story.events(CENTER, center)]
    seen = 0
    for sequence in sequences:
        assert sequence <= seen + 1, f"{sequences} has a hole"
        seen = max(seen, sequence)
    eventually(lambda: directory.get("/admin/status").json()["pending_events"] == 0, "the outboxes empty")

    def told() -> bool:
        news = story.events("newsletter.news-item.v1")
        return sum(event.data["snapshot"]["about"] == center for event in news) == 6

    eventually(told, "the newsletter's knowledge of the registration and five reopenings")


def test_what_cannot_be_read_is_set_aside_listed_and_can_be_sent_again(story: Story):
    key = f"forged-{story.mark}"
    foreign.send(story.kafka, CENTER, key.encode(), b"not json", [("ce_specversion", b"1.0"), ("ce_id", b"\xff")])
    campaign = story.office("campaign")

    def letters() -> list[dict]:
        found = campaign.get("/admin/dead-letters", params={"limit": 1000}).json()
        mine = [seen for seen in foreign.read(story.kafka, "campaign.dead-letters") if seen.key == key]
        origins = {seen.headers["dl_origin"] for seen in mine}
        return [letter for letter in found if letter["origin"] in origins]

    [letter] = eventually(letters, "the dead letter")
    assert letter["topic"] == CENTER
    assert letter["reason"].startswith("header ce_")
    assert letter["attempts"] == 1

    first_origin = letter["origin"]
    retry = campaign.post("/admin/dead-letters/retry", json={"ids": [letter["id"]]})
    assert (retry.status_code, retry.json()) == (200, {"count": 1})

    def judged_anew() -> bool:
        return [letter["origin"] for letter in letters()] not in ([], [first_origin])

    eventually(judged_anew, "the verdict on the letter sent again: still unreadable")
    center = story.registered("Po bouři")  # and the partitions go on
    eventually(lambda: story.kinds(CENTER, center) == ["CenterRegistered"])
    unknown = campaign.post("/admin/dead-letters/retry", json={"ids": ["no-such-letter"]})
    assert unknown.json() == {"count": 0}


def test_a_republished_topic_repeats_its_events_and_nothing_happens_twice(story: Story):
    center = story.registered("Ozvěna")
    directory, newsletter = story.office("directory"), "newsletter.news-item.v1"

    def news() -> list[str]:
        return [event.id for event in story.events(newsletter) if event.data["snapshot"]["about"] == center]

    eventually(news, "news of the center")
    before = story.events(CENTER, center)
    answer = directory.post("/admin/republish", json={"topic": CENTER})
    assert answer.status_code == 200
    assert answer.json()["count"] >= 1

    def twice() -> bool:
        return [(event.id, event.sequence) for event in story.events(CENTER, center)] == [
            (before[0].id, 1), (before[0].id, 1),
        ]  # fmt: skip

    eventually(twice, "the event once more")
    after = story.registered("Po ozvěně")

    def word_of_the_next_center() -> bool:
        return any(event.data["snapshot"]["about"] == after for event in story.events(newsletter))

    eventually(word_of_the_next_center)
    assert len(news()) == 1
    foreign_topic = directory.post("/admin/republish", json={"topic": newsletter})
    assert (foreign_topic.status_code, code(foreign_topic)) == (404, "no-such-topic")
