"""A good client of the four services: a key for every command, repeated with that key until there is an answer."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from itertools import count
from types import TracebackType
from typing import Any, Protocol

import httpx

from deploy.demo.ledger import Accepted, Ledger, Request
from deploy.engines import SERVICES
from shared.ids import new_id

Json = dict[str, Any]
NOBODY = ""
"""The token of somebody who has none."""
_PASSING = frozenset({429, 502, 503, 504})
_GIVE_UP_AFTER_S = 90.0
_LONGEST_WAIT_S = 2.0
_TIMEOUT_S = 15.0


class Refused(Exception):
    """A service said no, and a repeat would not change that. ``code`` is the problem's, ``status`` HTTP's.

    ``problem`` is the whole document, with what this kind of refusal tells besides.
    """

    def __init__(self, asked: str, status: int, code: str, detail: str, problem: Json | None = None) -> None:
        super().__init__(f"{asked}: {status} {code}: {detail}")
        self.status, self.code, self.problem = status, code, problem or {}


class Unanswered(Exception):
    """A service stayed away for longer than anybody would wait."""


class Place(Protocol):
    """Where the services are, and who may speak to them."""

    def address(self, part: str) -> str:
        """The base URL of a service."""
        ...

    def token(self, *roles: str, centers: Iterable[str] = (), networks: Iterable[str] = (), subject: str = "") -> str:
        """A signed token."""
        ...


class Client:
    """Speaks to all four services, in any role, and keeps the ledger."""

    def __init__(
        self, place: Place, ledger: Ledger, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None
    ) -> None:
        self.ledger = ledger
        self._place = place
        self._tokens: dict[tuple[str, ...], str] = {}
        limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
        self._http = {
            service: httpx.AsyncClient(
                base_url=place.address(service),
                timeout=_TIMEOUT_S,
                limits=limits,
                transport=(transports or {}).get(service),
            )
            for service in SERVICES
        }

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for http in self._http.values():
            await http.aclose()

    # ---- in which role

    def office(self) -> str:
        """The office's token."""
        return self._token("office", subject="office")

    def center(self, id: str) -> str:
        """The token of a center's own people."""
        return self._token("center", subject=f"center-{id}", centers=(id,))

    def coordinator(self, network: str) -> str:
        """The token of a coordinator; ``network`` is a country's code, or a network's id."""
        return self._token("coordinator", subject=f"coordinator-{network}", networks=(network,))

    def person(self, role: str, name: str) -> str:
        """The token of an editor or publisher; ``name`` is an account."""
        return self._token(role, subject=name)

    def _token(self, role: str, *, subject: str, centers: tuple[str, ...] = (), networks: tuple[str, ...] = ()) -> str:
        known = (role, subject, *centers, *networks)
        if known not in self._tokens:
            self._tokens[known] = self._place.token(role, subject=subject, centers=centers, networks=networks)
        return self._tokens[known]

    # ---- asking for something to be done

    async def command(
        self,
        service: str,
        method: str,
        path: str,
        token: str,
        body: object = None,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> Accepted:
        """Has a command carried out and written down; repeats it until it is answered. `Refused`, `Unanswered`."""
        request = Request(service, method, path, token, key or new_id(), body, if_match)
        answer, attempts = await self._until_answered(service, method, path, request.headers, json=body)
        self._require_success(answer)
        if attempts > 1 and answer.headers.get("Idempotent-Replayed") == "true":
            self.ledger.answered_again += 1
        receipt = answer.json()
        accepted = Accepted(request, receipt["id"], receipt["version"], receipt["events"], answer.content)
        self.ledger.add(accepted)
        return accepted

    async def refused(
        self, service: str, method: str, path: str, token: str, body: object = None, *, if_match: int | None = None
    ) -> Refused | None:
        """Tries a command that is to be refused; None when it was accepted, which is written down then."""
        try:
            await self.command(service, method, path, token, body, if_match=if_match)
        except Refused as refusal:
            return refusal
        return None

    async def again(self, request: Request) -> httpx.Response:
        """Sends a command that was accepted once more, as it was. Not written down a second time."""
        answer, _ = await self._until_answered(
            request.service, request.method, request.path, request.headers, json=request.body
        )
        return answer

    async def press(
        self,
        service: str,
        what: str,
        path: str,
        *,
        address: str,
        form: Mapping[str, str] | None = None,
        body: object = None,
    ) -> httpx.Response:
        """Somebody without an account sends a form or JSON, from the network ``address``; written down as ``what``."""
        headers = {"Idempotency-Key": new_id(), "X-Forwarded-For": address}
        content = {"data": form} if form is not None else {"json": body}
        answer, _ = await self._until_answered(service, "POST", path, headers, **content)
        self._require_success(answer)
        self.ledger.without_receipt[what] += 1
        return answer

    # ---- reading

    async def get(
        self,
        service: str,
        path: str,
        token: str | None = None,
        *,
        address: str | None = None,
        language: str | None = None,
        **query: Any,
    ) -> httpx.Response:
        """Reads something; tries again while the service is away."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if language:
            headers["Accept-Language"] = language
        if address:
            headers["X-Forwarded-For"] = address
        answer, _ = await self._until_answered(service, "GET", path, headers, params=query)
        self._require_success(answer)
        return answer

    async def status(self, service: str, path: str, token: str | None = None) -> int:
        """With what HTTP status this reader is answered, when something is not to be seen."""
        answer, _ = await self._until_answered(
            service, "GET", path, {"Authorization": f"Bearer {token}"} if token else {}
        )
        return answer.status_code

    async def pages(self, service: str, path: str, token: str | None, **query: Any) -> list[Json]:
        """A whole list, page by page."""
        items: list[Json] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await self.get(service, path, token, **query, **cursor, limit=200)).json()
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = {"cursor": page["next"]}

    # ---- pieces

    async def _until_answered(
        self, service: str, method: str, path: str, headers: Mapping[str, str], **content: Any
    ) -> tuple[httpx.Response, int]:
        """The first answer that would stay the same, and how many attempts it took."""
        deadline = asyncio.get_running_loop().time() + _GIVE_UP_AFTER_S
        for attempt in count(1):
            wait_s = min(_LONGEST_WAIT_S, 0.05 * 2 ** min(attempt, 10)) * random.uniform(0.5, 1)
            try:
                answer = await self._http[service].request(method, path, headers=dict(headers), **content)
                if answer.status_code not in _PASSING:
                    return answer, attempt
                trouble = f"HTTP {answer.status_code}"
                wait_s = max(wait_s, _retry_after_s(answer))
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
            if method != "GET":
                self.ledger.unanswered[service] += 1
            if asyncio.get_running_loop().time() + wait_s > deadline:
                break
            await asyncio.sleep(wait_s)
        raise Unanswered(f"{service} does not answer {method} {path}: {trouble}")

    @staticmethod
    def _require_success(answer: httpx.Response) -> None:
        if answer.is_success:
            return
        asked = f"{answer.request.method} {answer.request.url}"
        try:
            problem: Json = answer.json()
            code = str(problem["type"]).rpartition(":")[2]
            detail = str(problem["detail"])
            if problem.get("errors"):
                detail += f" {problem['errors']}"
        except (ValueError, KeyError, TypeError):
            problem, code, detail = {}, "no-problem-document", answer.reason_phrase
        raise Refused(asked, answer.status_code, code, detail, problem)


def _retry_after_s(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), 60.0) if text.isdigit() else 0.0
