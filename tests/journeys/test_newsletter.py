"""A reader signs up, confirms, reads, and leaves; an issue goes out once two people have seen it."""

import re
from functools import partial

import httpx
import pytest

from tests.journeys.story import Story, code, eventually

SUBSCRIPTION = "newsletter.subscription.v1"
_HIDDEN = re.compile(r'name="([^"]+)" value="([^"]+)"')


@pytest.fixture
def post(story: Story) -> "Post":
    """What arrived at the mail server."""
    return Post(story)


class Post:
    """The mails of this story's readers, from the page of the SMTP catcher."""

    def __init__(self, story: Story) -> None:
        self._page = story.network.address("mail-page")

    def to(self, address: str) -> list[dict]:
        """All mails to an address, the oldest first, with text, headers and links."""
        items = httpx.get(f"{self._page}/api/mails", params={"to": address}).json()["items"]
        return [httpx.get(f"{self._page}/api/mails/{item['id']}").json() for item in items]

    def first(self, address: str) -> dict:
        """The first mail to an address, when it has come."""
        return eventually(lambda: self.to(address), f"mail to {address}")[0]


def _link(mail: dict, to: str) -> str:
    [link] = [link for link in mail["links"] if f"/{to}/" in link]
    return str(link)


def _signed_up(story: Story, name: str, language: str = "en") -> str:
    address = f"{name}-{story.mark}@example.org"
    form = {"address": address, "language": language}
    answer = story.say(story.client("newsletter"), "POST", "/subscriptions", form)
    assert (answer.status_code, answer.json()) == (202, {"status": "check-your-mail"})
    return address


def _confirmed(story: Story, post: Post, name: str, language: str = "en") -> str:
    address = _signed_up(story, name, language)
    link = _link(post.first(address), "confirmations")
    page = httpx.get(link)
    assert page.status_code == 200
    assert httpx.post(link, data=dict(_HIDDEN.findall(page.text))).status_code == 200
    return address


def _status(story: Story, subscription: str) -> str:
    return str(story.events(SUBSCRIPTION, subscription)[-1].data["snapshot"]["status"])


def _latest_subscription(story: Story) -> str:
    """The id of the subscription that was asked for last: no event tells whose it is."""
    asked = [event for event in story.events(SUBSCRIPTION) if event.kind == "SubscriptionRequested"]
    return str(max(asked, key=lambda event: event.headers["ce_recordedtime"]).key)


def test_opening_the_link_changes_nothing_and_the_button_confirms(story: Story, post: Post):
    mail = post.first(_signed_up(story, "anna", "cs"))
    assert mail["subject"]
    link = _link(mail, "confirmations")
    subscription = _latest_subscription(story)

    for _ in range(3):  # mail scanners open every link
        page = httpx.get(link)
        assert (page.status_code, page.headers["Content-Language"]) == (200, "cs")
        assert "<form" in page.text
        assert "set-cookie" not in page.headers
    assert story.kinds(SUBSCRIPTION, subscription) == ["SubscriptionRequested"]

    hidden = dict(_HIDDEN.findall(page.text))
    for _ in range(2):  # an impatient finger
        assert httpx.post(link, data=hidden).status_code == 200
    eventually(lambda: _status(story, subscription) == "confirmed")
    assert story.kinds(SUBSCRIPTION, subscription) == ["SubscriptionRequested", "SubscriptionConfirmed"]
    assert len(post.to(f"anna-{story.mark}@example.org")) == 1
    events = story.events(SUBSCRIPTION, subscription)
    assert not any("anna" in str(event.data) + str(event.headers) for event in events), "no address leaves the service"


def test_a_forged_link_opens_nothing(story: Story, post: Post):
    link = _link(post.first(_signed_up(story, "eva")), "confirmations")
    forged = link[:-3] + ("AAA" if not link.endswith("AAA") else "BBB")
    assert httpx.get(forged).status_code == 404
    assert httpx.post(forged, data={"wording": "2026-1", "language": "en"}).status_code == 404


def test_an_issue_goes_out_after_a_second_look_and_reaches_each_reader_once(story: Story, post: Post):
    readers = {
        _confirmed(story, post, "cs-reader", "cs"): "Jaro v našich centrech",
        _confirmed(story, post, "de-reader", "de"): "Frühling in unseren Zentren",
        _confirmed(story, post, "pl-reader", "pl"): "Spring in our centers",  # nothing in Polish: English
    }
    unconfirmed = _signed_up(story, "undecided", "en")
    writer = story.client("newsletter", "editor", "publisher", subject=f"writer-{story.mark}")
    second = story.client("newsletter", "publisher", subject=f"second-{story.mark}")

    draft = {"language": "en", "title": f"Spring in our centers {story.mark}", "introduction": "Dear readers,"}
    answer = story.say(writer, "POST", "/issues", draft)
    issue = story.done(answer, 201)["id"]
    tag = answer.headers["ETag"]
    for language, title in (("cs", "Jaro v našich centrech"), ("de", "Frühling in unseren Zentren")):
        text = {"title": f"{title} {story.mark}", "introduction": "Milé čtenářky,"}
        answer = story.say(writer, "PUT", f"/issues/{issue}/texts/{language}", text, If_Match=tag)
        story.done(answer)
        tag = answer.headers["ETag"]

    own = story.say(writer, "POST", f"/issues/{issue}/approval", If_Match=tag)
    assert (own.status_code, code(own)) == (403, "second-person-needed")
    too_early = story.say(second, "POST", f"/issues/{issue}/sending")
    assert (too_early.status_code, code(too_early)) == (409, "wrong-state")
    story.done(story.say(second, "POST", f"/issues/{issue}/approval", If_Match=tag))
    story.done(story.say(second, "POST", f"/issues/{issue}/sending"))
    eventually(lambda: second.get(f"/issues/{issue}").json()["status"] == "sent", "the issue sent")

    def issues_to(address: str) -> list[dict]:
        return [mail for mail in post.to(address) if story.mark in mail["subject"]]

    for address, title in readers.items():
        [mail] = eventually(partial(issues_to, address), f"the issue at {address}")
        assert mail["subject"] == f"{title} {story.mark}"
    assert issues_to(unconfirmed) == [], "who has not confirmed gets nothing"
    assert story.kinds("newsletter.issue.v1", issue)[-1] == "IssueSent"

    leaver = next(iter(readers))
    [mail] = issues_to(leaver)
    headers = dict(mail["headers"])
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].strip("<>")
    assert httpx.get(link).status_code == 200
    before = [event.kind for event in story.events(SUBSCRIPTION)].count("SubscriberUnsubscribed")
    for _ in range(2):
        assert httpx.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200

    def left() -> bool:
        kinds = [event.kind for event in story.events(SUBSCRIPTION)]
        return kinds.count("SubscriberUnsubscribed") == before + 1

    eventually(left)
