"""A center comes into the directory, and word of it gets around."""

from datetime import datetime
from uuid import UUID

from tests.journeys.story import Story, eventually


def test_a_registered_center_becomes_known_to_exchange_and_campaign(story: Story):
    center = story.registered("Mateřské centrum")
    story.hosts("Mütterzentrum", topic="digital-tools", language="eo")  # the exchange takes an offer of who it knows
    coordinator = story.client("campaign", "coordinator", networks=["CZ"], subject="coordinator-cz")

    def campaign_knows_its_country() -> bool:
        return coordinator.get("/rounds", params={"center": center}).status_code == 200

    eventually(campaign_knows_its_country)


def test_a_center_is_found_by_its_name_soon_after_it_was_registered(story: Story):
    center = story.registered("Kamínek")
    anybody = story.client("directory")

    def found() -> bool:
        answer = story.done(anybody.get("/centers", params={"q": story.mark}))
        return [item["id"] for item in answer["items"]] == [center]

    eventually(found)


def test_a_stranger_reads_a_center_s_life_as_cloudevents_with_contiguous_numbers(story: Story):
    directory = story.office("directory")
    center = story.registered("Slunce")
    seen = directory.get(f"/centers/{center}").headers["ETag"]
    story.done(story.say(directory, "PATCH", f"/centers/{center}", {"founded": 1992}, If_Match=seen))
    story.done(story.say(directory, "POST", f"/centers/{center}/pause", {"reason": "renovation"}))
    story.done(story.say(directory, "POST", f"/centers/{center}/resume", {}))
    expected = ["CenterRegistered", "CenterProfileUpdated", "CenterPaused", "CenterReopened"]
    eventually(lambda: story.kinds("directory.center.v1", center) == expected)

    events = story.events("directory.center.v1", center)
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    for event in events:
        headers = event.headers
        assert headers["ce_specversion"] == "1.0"
        assert headers["ce_source"] == "/directory"
        assert headers["ce_type"] == f"org.mine.directory.{event.kind}.v1"
        assert headers["ce_subject"] == event.key == center
        assert headers["ce_dataschema"] == f"urn:mine:schema:directory.{event.kind}.v1"
        assert headers["content-type"] == "application/json"
        assert UUID(event.id)
        assert headers["ce_traceparent"].startswith("00-")
        assert "ce_causationid" not in headers, "a person did it"
        for time in ("ce_time", "ce_recordedtime"):
            assert datetime.fromisoformat(headers[time]).tzinfo
        assert event.data["snapshot"]["name"] == f"Slunce {story.mark}"
        assert "street" not in event.data["snapshot"]
    assert len({event.id for event in events}) == 4
    assert events[-1].data["after"] == "paused"


def test_the_trace_of_a_request_reaches_the_events_of_another_service_s_reaction(story: Story):
    trace, correlation = "4bf92f3577b34da6a3ce929d0e0e4736", f"letter-{story.mark}"
    said = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "X_Correlation_Id": correlation}
    form = story.registration("Duha")
    answer = story.say(story.office("directory"), "POST", "/centers", form, **said)
    center = story.done(answer, 201)["id"]
    assert answer.headers["X-Correlation-Id"] == correlation
    assert trace in answer.headers["traceparent"]

    def proposed() -> list:
        news = story.events("newsletter.news-item.v1")
        return [event for event in news if event.data["snapshot"]["about"] == center]

    [news] = eventually(proposed, "news of the new center")
    [registered] = story.events("directory.center.v1", center)
    assert news.correlation == registered.correlation == correlation
    assert news.cause == registered.id
    spans = [event.headers["ce_traceparent"].split("-") for event in (registered, news)]
    assert [span[1] for span in spans] == [trace, trace]
    assert spans[0][2] != spans[1][2], "each step is a span of its own"
