"""What a story needs: who acts, how a command is sent, and the patience to wait for what follows from it."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from deploy.engines import SERVICES
from deploy.network import Network
from tests.journeys import foreign
from tests.journeys.foreign import Seen

T = TypeVar("T")
PATIENCE_S = 90.0


def eventually(look: Callable[[], T | None], what: str = "it") -> T:
    """The first answer of ``look`` that is true. Assertions and lost connections in it count as "not yet"."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        reason: object = None
        try:
            if found := look():
                return found
        except (AssertionError, httpx.TransportError) as not_yet:
            reason = not_yet
        assert time.monotonic() < deadline, f"{what} did not come about: {reason or 'still false'}"
        time.sleep(0.1)


def code(answer: httpx.Response) -> str:
    """The stable code of a problem document; fails for an answer that is none."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert set(problem) >= {"type", "title", "status", "detail", "instance"}
    prefix, _, found = str(problem["type"]).rpartition(":")
    assert prefix == "urn:mine:problem"
    return found


class Story:
    """One story's people and things, on a network that others may have used before it."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.kafka = network.address("kafka")
        self.mark = uuid4().hex[:8]
        self._open = ExitStack()
        self._clients: dict[object, httpx.Client] = {}

    def __enter__(self) -> "Story":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    # ---- who

    def client(
        self,
        service: str,
        *roles: str,
        centers: Sequence[str] = (),
        networks: Sequence[str] = (),
        subject: str = "operator",
    ) -> httpx.Client:
        """An HTTP client with a token for these roles; without roles: anybody."""
        who = (service, roles, tuple(centers), tuple(networks), subject)
        if who not in self._clients:
            token = None
            if roles:
                token = self.network.token(*roles, centers=centers, networks=networks, subject=subject)
            self._clients[who] = self._open.enter_context(self.network.client(service, token))
        return self._clients[who]

    def office(self, service: str) -> httpx.Client:
        """The network's own office."""
        return self.client(service, "office")

    def center(self, service: str, id: str) -> httpx.Client:
        """Somebody of this center."""
        return self.client(service, "center", centers=[id], subject=f"center-{id[:8]}")

    # ---- what

    def key(self) -> str:
        """An idempotency key that was not used before."""
        return uuid4().hex

    def say(
        self,
        client: httpx.Client,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Sends a command; ``If_Match="..."`` and the like become headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.request(method, path, json=body, headers={"Idempotency-Key": key or self.key(), **named})

    def done(self, answer: httpx.Response, status: int = 200) -> dict[str, Any]:
        """The receipt of a command that went well."""
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        receipt: dict[str, Any] = answer.json()
        return receipt

    def days_pass(self, days: int) -> None:
        """So many days pass; returns when every service has noticed."""
        self.network.clock.move(timedelta(days=days))
        now = self.network.time()
        for service in SERVICES:
            eventually(partial(self._has_reached, service, now), f"the new day at {service}")

    def _has_reached(self, service: str, now: datetime) -> bool:
        return datetime.fromisoformat(self.office(service).get("/admin/status").json()["now"]) >= now

    def day(self, ahead: int) -> date:
        """The day so many days from now, by the network's clock."""
        return self.network.time().date() + timedelta(days=ahead)

    # ---- what happened

    def events(self, topic: str, key: str | None = None) -> list[Seen]:
        """What a stranger reads on a topic (about ``key``)."""
        return [seen for seen in foreign.read(self.kafka, topic) if key in (None, seen.key)]

    def kinds(self, topic: str, key: str) -> list[str]:
        """The names of the events about ``key``, each once, in order."""
        return [seen.kind for seen in {seen.id: seen for seen in self.events(topic, key)}.values()]

    # ---- the usual beginnings

    def registration(self, name: str, country: str = "CZ", **different: Any) -> dict[str, Any]:
        """The form that registers a center."""
        place = {"country": country, "town": "Praha", "town_point": {"lat": 50.09, "lon": 14.42}}
        return {"name": f"{name} {self.mark}", "languages": ["cs", "de"], "place": place, **different}

    def registered(self, name: str, country: str = "CZ", **different: Any) -> str:
        """The id of a center that was registered just now."""
        answer = self.say(self.office("directory"), "POST", "/centers", self.registration(name, country, **different))
        return str(self.done(answer, 201)["id"])

    def hosts(self, name: str, *, topic: str, language: str, country: str = "DE") -> str:
        """The id of a new center that offers to host."""
        center = self.registered(name, country)
        offer = {"center": center, "topics": [topic], "languages": [language], "capacity": 6}
        key = self.key()

        def offered() -> bool:
            answer = self.say(self.center("exchange", center), "POST", "/host-offers", offer, key=key)
            assert answer.status_code == 201 or code(answer) == "center-unknown", answer.text
            return answer.status_code == 201

        eventually(offered, "the exchange's knowledge of the new center")
        return center

    def asks(self, guest: str, *, topic: str, language: str, preferred: Sequence[str] = ()) -> str:
        """The id of a visit that a center asked for, as soon as the exchange knows the center."""
        body = {
            "guest": guest,
            "questions": [{"topic": topic, "text": "Wie habt ihr angefangen?", "language": "de"}],
            "party": {"guests": 3, "children": 1},
            "window": {"first": str(self.day(30)), "last": str(self.day(60))},
            "length": 3,
            "languages": [language],
            "preferred": list(preferred),
        }
        key = self.key()

        def asked() -> str | None:
            answer = self.say(self.center("exchange", guest), "POST", "/visits", body, key=key)
            assert answer.status_code == 201 or code(answer) == "center-unknown", answer.text
            return str(answer.json()["id"]) if answer.status_code == 201 else None

        return str(eventually(asked, "the exchange's knowledge of the guest"))

    def visit(self, id: str) -> dict[str, Any]:
        """The visit as the office sees it."""
        answer = self.office("exchange").get(f"/visits/{id}")
        return self.done(answer)
