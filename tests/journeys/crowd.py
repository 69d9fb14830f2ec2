"""Busy, impatient people: they send commands, repeat with the same key what was not answered, remember every answer.

What one of them owns (a center, a round, an issue) nobody else changes: there a refusal or a version that is not the
next one is a lost or doubled command, and fails at once.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx

GIVE_UP_S = 300.0
TOPIC = "founding-a-center"
LANGUAGE = "ky"
"""Nobody else's guests and houses speak it: visits of the crowd are hosted by houses of the crowd."""

Json = dict[str, Any]


@dataclass
class Answered:
    """How a command ended: its receipt if the service gave one; None when it was refused or has no receipt."""

    service: str
    status: int
    receipt: Json | None

    @property
    def accepted(self) -> bool:
        return self.status < 300


@dataclass
class Notebook:
    """What the whole crowd was told, by the correlation id of the command."""

    answers: dict[str, Answered] = field(default_factory=dict)
    repeated: int = 0
    replayed: int = 0
    accepted: Counter[str] = field(default_factory=Counter)


@dataclass
class Own:
    """Something that only its owner changes."""

    id: str
    version: int
    state: str = ""


class Person:
    """One of the crowd."""

    def __init__(
        self, name: str, addresses: dict[str, str], token: str, today: date, campaign: str, notebook: Notebook
    ) -> None:
        self._name, self._addresses, self._today, self._campaign = name, addresses, today, campaign
        self._notebook = notebook
        self._http = httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=20)
        self._random = random.Random(name)
        self._sent = 0
        self.centers: list[Own] = []
        self.hosts: list[str] = []
        self._visits: list[str] = []
        self._rounds: list[Own] = []
        self._held = Counter[str]()
        self._issues: list[Own] = []

    async def live(self, enough: asyncio.Event) -> None:
        """Does one thing after the other until it is ``enough``; the last one is finished."""
        habits: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (3, self.register),
            (6, self.shut_or_open),
            (4, self.edit),
            (5, self.ask_for_a_visit),
            (10, self.go_on_with_a_visit),
            (2, self.let_a_house_rest),
            (4, self.report_a_round),
            (4, self.correct_a_round),
            (4, self.sign_up),
            (2, self.draft_an_issue),
            (4, self.translate_an_issue),
            (3, self.accept_news),
        ]
        weights, deeds = zip(*habits, strict=True)
        while not enough.is_set():
            await self._random.choices(deeds, weights)[0]()
            await asyncio.sleep(self._random.uniform(0, 0.02))
        await self._http.aclose()

    # ---- directory

    async def register(self) -> None:
        place = {"country": self._random.choice(("CZ", "DE", "PL")), "town": "Praha"}
        form = {
            "name": f"Center {len(self.centers) + len(self.hosts)} of {self._name}",
            "languages": ["cs"],
            "place": place,
        }
        self.centers.append(await self._own("directory", "POST", "/centers", form))

    async def shut_or_open(self) -> None:
        center = self._random.choice(self.centers)
        if center.state == "paused":
            await self._own("directory", "POST", f"/centers/{center.id}/resume", {}, center)
            center.state = ""
        else:
            await self._own("directory", "POST", f"/centers/{center.id}/pause", {"reason": "holidays"}, center)
            center.state = "paused"

    async def edit(self) -> None:
        center = self._random.choice(self.centers)
        founded = {"founded": 1900 + center.version % 100}
        await self._own("directory", "PATCH", f"/centers/{center.id}", founded, center)

    # ---- exchange

    async def offer_hosting(self) -> None:
        """A new house of the crowd's."""
        await self.register()
        house = self.centers.pop().id
        offer = {"center": house, "topics": [TOPIC], "languages": [LANGUAGE], "capacity": 12}
        await self._own("exchange", "POST", "/host-offers", offer)
        self.hosts.append(house)

    async def ask_for_a_visit(self) -> None:
        window = {"first": str(self._today + timedelta(days=30)), "last": str(self._today + timedelta(days=150))}
        wish = {
            "guest": self._random.choice(self.centers).id,
            "questions": [{"topic": TOPIC, "text": "Jak jste začaly?", "language": "cs"}],
            "party": {"guests": 2},
            "window": window,
            "length": self._random.randint(1, 5),
            "languages": [LANGUAGE],
            "preferred": [self._random.choice(self.hosts)],
        }
        self._visits.append((await self._own("exchange", "POST", "/visits", wish)).id)

    async def go_on_with_a_visit(self) -> None:
        if not self._visits:
            return
        path = f"/visits/{self._random.choice(self._visits)}"
        visit = await self._look("exchange", path)
        whim, host = self._random.random(), {"host": visit["host"]}
        match visit["status"]:
            case "matched" if whim < 0.8:
                await self._say("exchange", "POST", f"{path}/acceptance", host)
            case "matched":
                await self._say("exchange", "POST", f"{path}/decline", {**host, "reason": "no-time"})
            case "accepted" if whim < 0.8:
                await self._say("exchange", "POST", f"{path}/confirmation")
            case "accepted" | "confirmed" if whim > 0.9:
                await self._say("exchange", "POST", f"{path}/cancellation")

    async def let_a_house_rest(self) -> None:
        house = self._random.choice(self.hosts)
        wish = self._random.choice(("pause", "resumption", "resumption"))
        await self._say("exchange", "POST", f"/host-offers/{house}/{wish}")

    # ---- campaign

    async def report_a_round(self) -> None:
        center = self._random.choice(self.centers).id
        ordinal = self._held[center]
        self._held[center] += 1
        form = {
            "center": center,
            "held": str(self._today - timedelta(days=ordinal % 20)),
            "session": 1 + ordinal // 20 % 9,
            "headcount": self._random.randint(3, 30),
            "language": "cs",
            "discussed": [{"questionnaire": "good-child-raising", "edition": 1, "questions": ["limits"]}],
        }
        self._rounds.append(await self._own("campaign", "POST", f"/campaigns/{self._campaign}/rounds", form))

    async def correct_a_round(self) -> None:
        if self._rounds:
            entered = self._random.choice(self._rounds)
            form = {"reason": "miscounted", "headcount": 100 + entered.version}
            await self._own("campaign", "PATCH", f"/rounds/{entered.id}", form, entered)

    # ---- newsletter

    async def sign_up(self) -> None:
        address = f"reader-{self._sent}@{self._name}.example.org"
        await self._say("newsletter", "POST", "/subscriptions", {"address": address, "language": "cs"})

    async def draft_an_issue(self) -> None:
        form = {"language": "en", "title": f"News of {self._name}", "introduction": "Dear readers,"}
        self._issues.append(await self._own("newsletter", "POST", "/issues", form))

    async def translate_an_issue(self) -> None:
        if self._issues:
            issue = self._random.choice(self._issues)
            text = {"title": f"Novinky {issue.version}", "introduction": "Milé čtenářky,"}
            await self._own("newsletter", "PUT", f"/issues/{issue.id}/texts/cs", text, issue)

    async def accept_news(self) -> None:
        proposed = await self._look("newsletter", "/news-items?status=proposed&limit=10")
        if proposed["items"]:
            item = self._random.choice(proposed["items"])["id"]
            await self._say("newsletter", "POST", f"/news-items/{item}/acceptance")

    # ---- how to say it

    async def _own(self, service: str, method: str, path: str, body: Json, own: Own | None = None) -> Own:
        """A command on one's own thing, or one that creates it: must be carried out, as exactly the next version."""
        seen = {"If-Match": f'"{own.version}"'} if own else {}
        answer = await self._say(service, method, path, body, seen)
        receipt = answer.receipt
        assert receipt is not None, f"{method} {path} was refused ({answer.status}), although nobody else is at it"
        known = own or Own(receipt["id"], 0)
        assert receipt["version"] == known.version + len(receipt["events"]), f"{method} {path}: {receipt}, was {known}"
        known.version = receipt["version"]
        return known

    async def _say(
        self, service: str, method: str, path: str, body: Json | None = None, seen: dict[str, str] | None = None
    ) -> Answered:
        """Sends a command until it is answered, always with the same key."""
        self._sent += 1
        correlation = f"{self._name}-{self._sent}"
        headers = {"Idempotency-Key": correlation, "X-Correlation-Id": correlation, **(seen or {})}
        answer = await self._until_answered(service, method, path, json=body, headers=headers)
        self._notebook.replayed += "Idempotent-Replayed" in answer.headers
        document = answer.json()
        told = Answered(service, answer.status_code, document if "events" in document else None)
        assert told.accepted or told.status in (403, 409), f"{method} {path}: {answer.status_code} {answer.text}"
        self._notebook.answers[correlation] = told
        self._notebook.accepted[service] += told.accepted
        return told

    async def _look(self, service: str, path: str) -> Json:
        answer = await self._until_answered(service, "GET", path)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        found: Json = answer.json()
        return found

    async def _until_answered(self, service: str, method: str, path: str, **request: Any) -> httpx.Response:
        async with asyncio.timeout(GIVE_UP_S):
            while True:
                try:
                    answer = await self._http.request(method, self._addresses[service] + path, **request)
                except httpx.TransportError:
                    self._notebook.repeated += 1
                else:
                    if answer.status_code != 503 and not _too_early(answer):
                        return answer
                await asyncio.sleep(self._random.uniform(0.05, 0.3))


def _too_early(answer: httpx.Response) -> bool:
    """The news of a new center have not arrived there yet: nothing was done, ask again."""
    return answer.status_code == 409 and answer.json()["type"].endswith(":center-unknown")
