"""A study visit, from the question to the report; and what becomes of it when the host closes its doors."""

from tests.journeys.story import Story, code, eventually

VISIT = "exchange.visit.v1"


def _matched(story: Story, visit: str, host: str) -> None:
    eventually(lambda: (story.visit(visit)["status"], story.visit(visit)["host"]) == ("matched", host), "the match")


def test_a_visit_goes_from_the_question_to_the_report(story: Story):
    topic, language = "social-business", "la"
    host = story.hosts("Mütterzentrum", topic=topic, language=language)
    guest = story.registered("Mateřské centrum")
    visit = story.asks(guest, topic=topic, language=language)
    path = f"/visits/{visit}"
    as_host, as_guest = story.center("exchange", host), story.center("exchange", guest)
    _matched(story, visit, host)

    match = story.visit(visit)["match"]
    reasons = {reason["code"]: reason["text"] for reason in match["reasons"]}
    assert {"topic-overlap", "common-language", "cross-border"} <= set(reasons)
    assert all(reasons.values()), "every reason is told in words"

    stranger = story.center("exchange", story.registered("Cizí centrum"))
    assert story.say(stranger, "POST", f"{path}/acceptance", {"host": host}).status_code == 403
    story.done(story.say(as_host, "POST", f"{path}/acceptance", {"host": host}))
    story.done(story.say(as_guest, "POST", f"{path}/confirmation"))
    programme = {"host": host, "programme": [{"title": "Breakfast", "topic": topic}]}
    story.done(story.say(as_host, "POST", f"{path}/preparation", programme))
    calendar = eventually(lambda: _days_with_guests(story, host, visit), "the place taken")
    assert calendar == [3, 3, 3]

    early = story.say(as_guest, "POST", f"{path}/attendance", {"side": "guest", "held": True})
    assert (early.status_code, code(early)) == (409, "not-yet")
    story.days_pass(35)
    story.done(story.say(as_guest, "POST", f"{path}/attendance", {"side": "guest", "held": True}))
    story.done(story.say(as_host, "POST", f"{path}/attendance", {"side": "host", "held": True}))
    report = {"language": "cs", "story": "Viděly jsme, jak to jde.", "answered": [1], "topics": [topic]}
    story.done(story.say(as_guest, "POST", f"{path}/report", report))

    whole_story = [
        "VisitRequested", "PlaceRequested", "VisitMatched", "VisitAccepted", "VisitConfirmed", "VisitPrepared",
        "AttendanceStated", "VisitHeld", "VisitReported",
    ]  # fmt: skip
    eventually(lambda: story.kinds(VISIT, visit) == whole_story, "the whole story on the topic")
    assert [event.sequence for event in story.events(VISIT, visit)] == list(range(1, 10))
    assert not any("Viděly" in str(event.data) for event in story.events(VISIT, visit)), "reports are not published"


def _days_with_guests(story: Story, host: str, visit: str) -> list[int]:
    """How many guests are promised on each day of the visit, once its place is taken."""
    if "PlaceTaken" not in story.kinds("exchange.host-offer.v1", host):
        return []
    days = story.visit(visit)["match"]["days"]
    answer = story.office("exchange").get(f"/host-offers/{host}/calendar", params=days)
    return [day["promised"] for day in story.done(answer)["days"]]


def test_a_closed_host_s_guest_is_matched_anew_and_its_place_is_free(story: Story):
    topic, language = "first-1000-days", "ia"
    first = story.hosts("Mütterzentrum", topic=topic, language=language)
    second = story.hosts("Mütterhaus", topic=topic, language=language)
    visit = story.asks(story.registered("Mateřské centrum"), topic=topic, language=language, preferred=[first])
    _matched(story, visit, first)
    as_first = story.center("exchange", first)
    story.done(story.say(as_first, "POST", f"/visits/{visit}/acceptance", {"host": first}))

    closing = {"reason": "lost-premises"}
    story.done(story.say(story.center("directory", first), "POST", f"/centers/{first}/closing", closing))
    _matched(story, visit, second)

    kinds = story.kinds(VISIT, visit)
    assert kinds.count("VisitRematched") == 1
    [rematched] = [event for event in story.events(VISIT, visit) if event.kind == "VisitRematched"]
    assert (rematched.data["host"], rematched.data["reason"]) == (first, "host-closed")
    offer = eventually(lambda: _emptied(story, first), "the closed house's place let go")
    assert (offer["barred"], offer["places_taken"]) == (["center-closed"], 0)
    again = story.say(as_first, "POST", f"/visits/{visit}/acceptance", {"host": first})
    assert again.status_code == 403, "it is not its visit any more"


def _emptied(story: Story, host: str) -> dict | None:
    offer = story.done(story.office("exchange").get(f"/host-offers/{host}"))
    return offer if offer["places_held"] == 0 else None


def test_a_host_that_does_not_answer_in_time_is_passed_over(story: Story):
    topic, language = "public-relations", "io"
    silent = story.hosts("Mütterzentrum", topic=topic, language=language)
    visit = story.asks(story.registered("Mateřské centrum"), topic=topic, language=language)
    _matched(story, visit, silent)
    story.days_pass(15)
    eventually(lambda: story.visit(visit)["status"] == "waitlisted", "the time to answer passed")
    late = story.say(story.center("exchange", silent), "POST", f"/visits/{visit}/acceptance", {"host": silent})
    assert (late.status_code, code(late)) == (410, "answer-too-late")
    assert "OfferExpired" in story.kinds(VISIT, visit)
