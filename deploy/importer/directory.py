"""The directory's API as an import asks it: patiently, and with keys that make every repeat harmless."""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.errors import Trouble
from deploy.importer.rows import ColumnOf, Finding, Row
from shared.ids import derived_id

_TRIES = 30
_LONGEST_WAIT_S = 5.0
_PASSING = frozenset({429, 502, 503, 504})

Json = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """The directory to bring a list into. ``transport`` replaces the network in tests."""

    url: str
    token: str
    transport: httpx.AsyncBaseTransport | None = None


class Directory:
    """What an import asks of a directory. Every method waits for one that is away; `Trouble` when it stays away, or
    when the token does not hold.
    """

    def __init__(self, target: Target, connections: int) -> None:
        self._client = httpx.AsyncClient(
            base_url=target.url,
            headers={"Authorization": f"Bearer {target.token}", "Content-Type": "application/json"},
            limits=httpx.Limits(max_connections=connections),
            timeout=60,
            transport=target.transport,
        )

    async def close(self) -> None:
        """Closes its connections."""
        await self._client.aclose()

    def link(self, path: str) -> str:
        """The whole address of something in it."""
        return f"{str(self._client.base_url).rstrip('/')}{path}"

    async def check(self, rows: Sequence[Row]) -> list[Json]:
        """What would become of each row; see POST /centers/checks."""
        if not rows:
            return []
        answer = await self._ask("POST", "/centers/checks", f'{{"items": [{",".join(row.text for row in rows)}]}}')
        if answer.is_success:
            items: list[Json] = answer.json()["items"]
            return items
        if len(rows) > 1 or answer.status_code != 413:
            raise Trouble(f"the directory does not check the list: {problem_of(answer)['detail']}")
        return [{"problems": [{"code": "too-large", "pointer": "", "detail": str(problem_of(answer)["detail"])}]}]

    async def register(self, row: Row, force: bool) -> httpx.Response:
        """Registers a row's center. Its id is derived from the external id, and so is the command's key."""
        path = "/centers?force=true" if force else "/centers"
        return await self._ask("POST", path, json.dumps(row.body), key=derived_id("import", "center", row.external_id))

    async def offer(self, center: str, row: Row, offer: Json) -> httpx.Response:
        """Offers one of a row's services."""
        key = derived_id("import", "service", row.external_id, offer.get("service"))
        return await self._ask("POST", f"/centers/{center}/services", json.dumps(offer), key=key)

    async def center(self, row: Row) -> tuple[Json, str] | None:
        """The center with the row's external id, and its ETag; None when there is none."""
        answer = await self._ask("GET", f"/centers/{derived_id('center', row.external_id)}")
        return (answer.json(), answer.headers["ETag"]) if answer.is_success else None

    async def edit(self, center: str, row: Row, change: Json, etag: str) -> httpx.Response:
        """Changes a center's profile, if it is still as it was."""
        text = json.dumps(change, sort_keys=True)
        key = derived_id("import", "edit", row.external_id, etag, text)
        return await self._ask("PATCH", f"/centers/{center}", text, key=key, etag=etag)

    async def check_figures(self, row: Row) -> httpx.Response:
        """Whether a row's yearly figures can be true, and what is unusual about them."""
        return await self._ask("POST", "/figures/check", json.dumps(_figures(row)))

    async def figures(self, row: Row) -> httpx.Response:
        """The figures that the row's center has reported of the row's year."""
        center = derived_id("center", row.external_id)
        return await self._ask("GET", f"/centers/{center}/figures/{row.body.get('year')}")

    async def report_figures(self, row: Row) -> httpx.Response:
        """Reports a row's yearly figures. There is one report for a center and year, whatever the key."""
        key = derived_id("import", "figures", row.external_id, row.text)
        path = f"/centers/{derived_id('center', row.external_id)}/figures"
        return await self._ask("POST", path, json.dumps(_figures(row)), key=key)

    async def _ask(
        self, method: str, path: str, text: str | None = None, *, key: str | None = None, etag: str | None = None
    ) -> httpx.Response:
        """Asks until there is an answer that will stay the same."""
        headers = {"Idempotency-Key": key, "If-Match": etag}
        given = {name: value for name, value in headers.items() if value is not None}
        trouble = ""
        for attempt in range(_TRIES):
            wait_s = min(_LONGEST_WAIT_S, 0.1 * 2**attempt) * random.uniform(0.5, 1)
            try:
                answer = await self._client.request(method, path, content=text, headers=given)
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
            else:
                if answer.status_code == 401:
                    raise Trouble(f"the directory does not accept this token: {problem_of(answer)['detail']}")
                if answer.status_code not in _PASSING:
                    return answer
                trouble = str(problem_of(answer)["detail"])
                wait_s = max(wait_s, _retry_after(answer))
            await asyncio.sleep(wait_s)
        raise Trouble(f"the directory at {self._client.base_url} does not take centers now: {trouble}")


def _figures(row: Row) -> Json:
    return {name: value for name, value in row.body.items() if name != "external_id"}


def findings_of(row: Row, answer: httpx.Response, column_of: ColumnOf, within: str = "") -> tuple[Finding, ...]:
    """A refusal by column: a finding for each field that the problem names. ``within`` is where the body belongs."""
    problem, code = problem_of(answer), code_of(answer)
    errors = problem.get("errors") or [{"pointer": "", "detail": problem["detail"]}]
    return tuple(
        Finding(column_of(row, within + str(error["pointer"]), code), code, str(error["detail"])) for error in errors
    )


def code_of(answer: httpx.Response) -> str:
    """The code of the problem that an answer is; empty for a success."""
    return "" if answer.is_success else str(problem_of(answer)["type"]).rpartition(":")[2]


def problem_of(answer: httpx.Response) -> Mapping[str, Any]:
    """The answer's problem document, or something like it when a proxy answered instead of the directory."""
    otherwise = {"type": f"urn:mine:problem:http-{answer.status_code}", "detail": f"HTTP {answer.status_code}"}
    try:
        document = answer.json()
    except ValueError:
        return otherwise
    return {**otherwise, **document} if isinstance(document, dict) else otherwise


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), 30.0) if text.isdigit() else 0.0
