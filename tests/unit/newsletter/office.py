"""The newsletter as its readers, editors and publishers meet it: over HTTP and by mail, on the memory engines."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.newsletter.sending.loops import postman_of, sender_of
from services.newsletter.service import SERVICE
from shared.events.base import Event, Recorded, Snapshot, Stream
from shared.events.catalogue import data_of
from shared.events.directory.center import CENTER, CenterRegistered
from shared.ids import new_id
from shared.messaging import wire
from shared.testing import MemoryNetwork
from tests.unit.newsletter.sink import Delivered, Sink

SECRET = "a secret for tests only, long enough to be taken"


@dataclass
class Office:
    """One newsletter with everybody around it."""

    network: MemoryNetwork
    sink: Sink
    told: Counter[str] = field(default_factory=Counter)
    """How many events each aggregate elsewhere has had."""

    def __post_init__(self) -> None:
        self.anybody = self.network.client("newsletter")
        self.editor = self.network.client("newsletter", "editor", subject="editor-1")
        self.other_editor = self.network.client("newsletter", "editor", subject="editor-2")
        self.publisher = self.network.client("newsletter", "publisher", subject="publisher-1")
        self.world = self.network.runtimes["newsletter"].world

    @classmethod
    def network_for(cls, sink: Sink, **settings: Any) -> MemoryNetwork:
        """The network with this service alone, its mails going to ``sink``."""
        values = {"secret": SECRET, "smtp_port": sink.port, "public_url": "https://news.example.org", **settings}
        return MemoryNetwork(SERVICE, settings=values)

    # ---- readers

    async def sign_up(self, address: str, language: str = "en", **more: Any) -> httpx.Response:
        """Enters an address, as anybody may."""
        body = {"address": address, "language": language, **more}
        return await self.anybody.post("/subscriptions", json=body, headers=key())

    async def deliver_letters(self) -> None:
        """Lets events and letters do what they have to do."""
        await self.network.settle()
        postman = postman_of(self.world)
        while await postman.run_once():
            pass

    async def confirmed(self, address: str, language: str = "en") -> None:
        """A reader who signed up and confirmed through the link in the mail."""
        await self.sign_up(address, language)
        await self.deliver_letters()
        answer = await self.press(self.sink.to(address)[-1].link("confirmations"))
        assert answer.status_code == 200, answer.text
        await self.network.settle()

    async def open(self, link: str, **headers: str) -> httpx.Response:
        """Opens a link of a mail."""
        assert link.startswith("https://news.example.org/")
        return await self.anybody.get(link.removeprefix("https://news.example.org"), headers=headers)

    async def press(self, link: str, **chosen: str) -> httpx.Response:
        """Opens a link and presses the page's button, as a browser without scripts would."""
        page = await self.open(link)
        assert page.text.count("<form") == 1, page.text
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        return await self.anybody.post(link.removeprefix("https://news.example.org"), data={**fields, **chosen})

    # ---- issues

    async def item(self, title: str = "Something happened") -> str:
        """An accepted news item, proposed by a center that opened; its id."""
        snapshot = CENTER.snapshot.model_copy(update={"name": title, "names": {}})
        await self.happen(CENTER, CenterRegistered(), snapshot)
        found = (await self.editor.get("/news-items", params={"status": "proposed"})).json()["items"]
        item = next(each for each in found if title in each["texts"]["en"]["title"])
        id: str = item["id"]
        await ok(self.editor.post(f"/news-items/{id}/acceptance", headers=key()))
        return id

    async def drafted(self, items: list[str] | None = None, **more: Any) -> str:
        """An issue in English; its id."""
        body = {"language": "en", "title": "Spring", "introduction": "Hello.", "items": items or [], **more}
        answer = await ok(self.editor.post("/issues", json=body, headers=key()))
        id: str = answer.json()["id"]
        return id

    async def translated(self, issue: str, language: str, title: str, **more: Any) -> None:
        """Writes the issue in one more language."""
        body = {"title": title, "introduction": f"Text in {language}.", **more}
        path = f"/issues/{issue}/texts/{language}"
        await ok(self.editor.put(path, json=body, headers=key(await self.version(issue))))

    async def approved(self, issue: str) -> None:
        """A second person lets it go."""
        headers = key(await self.version(issue))
        await ok(self.publisher.post(f"/issues/{issue}/approval", headers=headers))

    async def version(self, issue: str) -> str:
        """The ETag of an issue."""
        tag: str = (await ok(self.editor.get(f"/issues/{issue}"))).headers["ETag"]
        return tag

    async def send(self, issue: str) -> None:
        """Sends it to the end."""
        await ok(self.publisher.post(f"/issues/{issue}/sending", headers=key()))
        await self.run_sender()

    async def run_sender(self) -> None:
        """Lets a sender do all there is to do."""
        await self.network.settle()
        sender = sender_of(self.world)
        while await sender.run_once():
            assert sender.trouble is None, sender.trouble
        await sender.close()
        await self.network.settle()

    def mails_of(self, issue_title: str) -> list[Delivered]:
        """The mails with this subject."""
        return [mail for mail in self.sink.mails if mail.parsed["Subject"] == issue_title]

    # ---- other services

    async def happen(
        self, stream: Stream, event: Event, snapshot: Snapshot | None = None, about: str | None = None
    ) -> Recorded:
        """Something happens in another service."""
        now = self.network.clock.now()
        key = about or new_id()
        self.told[key] += 1
        record = Recorded(
            id=new_id(),
            type=stream.type_of(type(event)),
            topic=stream.topic,
            key=key,
            sequence=self.told[key],
            happened=now,
            recorded=now,
            data=data_of(event, snapshot or stream.snapshot),
            correlation=new_id(),
        )
        await self.say(record)
        return record

    async def say(self, record: Recorded) -> None:
        """A record arrives, perhaps again."""
        wired = wire.encode(record)
        await self.network.log.send(wired.topic, wired.key, wired.value, wired.headers)
        await self.network.settle()

    def names(self, topic: str, about: str | None = None) -> list[str]:
        """The names of the events on a topic."""
        return [event.type.split(".")[-2] for event in self.network.events(f"newsletter.{topic}.v1", about)]


def key(version: str | None = None) -> dict[str, str]:
    """Headers of a new command, on this version."""
    headers = {"Idempotency-Key": new_id()}
    return {**headers, "If-Match": version} if version else headers


async def ok(request: Any) -> httpx.Response:
    """The answer, which must be a good one."""
    answer: httpx.Response = await request
    assert answer.status_code < 400, f"{answer.status_code}: {answer.text}"
    return answer
