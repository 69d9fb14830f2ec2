"""Whatever is sent to whichever route of a service, it answers, and refuses with a problem document.

The requests are made of the OpenAPI document: mostly in its form, at times with something strange in it. The same seed
makes the same requests, so what failed once fails again.
"""

import json
from collections import defaultdict
from importlib import import_module
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from shared.testing import MemoryNetwork

REQUESTS = 200
"""For each service: some seconds. With a larger number this is a search for bugs."""

STRANGE: list[Any] = [
    None, True, 0, -1, 10**400, 2**63, 1e308, float("nan"), float("-inf"), [], [[]], {}, {"a": {"b": [1]}}, "", " ",
    "\ud800", "\x00", "x" * 70_000, "\u202egnp.exe", "e\u0301" * 300, "١٢٣", "../../x", "2026-02-30", "0001-01-01",
    "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "FREQ=SECONDLY", "office@kaminek.example.org",
]  # fmt: skip
USUAL: dict[str, list[Any]] = {
    "date": ["2026-02-28", "2026-03-01", "2024-02-29", "1992-01-01", "0001-01-01", "9999-12-31"],
    "date-time": ["2026-02-28T10:00:00Z", "2026-03-29T02:30:00+01:00", "9999-12-31T23:59:59-12:00"],
    "email": ["office@kaminek.example.org"],
    "country": ["CZ", "DE", "XX"],
    "language": ["cs", "ar", "xx"],
    "service": ["open-cafe", "baby-group", "open-caffe"],
    "topic": ["founding-a-center"],
    "rrule": ["FREQ=WEEKLY;BYDAY=TH", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;COUNT=999999999"],
    "time_zone": ["Europe/Prague", "Pacific/Kiritimati", "../etc/passwd"],
    "phone": ["+420 555 000 222"],
    "offer_id": ["s1", "s2"],
}
CENTERS = {"successor", "mentor", "host", "guest", "came_from", "root"}
Schema = dict[str, Any]


class Sender:
    """Makes requests, and learns from the answers which ids there are."""

    def __init__(self, seed: str, schemas: dict[str, Schema]) -> None:
        self.dice = Random(seed)
        self.strangeness = 0.0
        self._schemas = schemas
        self._ids: dict[str, list[str]] = defaultdict(list)

    def learn(self, path: str, id: str) -> None:
        """Something was created by posting to this path."""
        self._ids[path.rstrip("s").rpartition("/")[2]].append(id)

    def known(self, name: str) -> str:
        """An id that a parameter or field of this name may hold."""
        kind = "center" if name in CENTERS else "membership" if name == "member" else name.removesuffix("_id")
        ids = self._ids[kind] or [id for ids in self._ids.values() for id in ids] or ["nowhere"]
        return self.dice.choice(ids)

    def request(self, path: str, operation: Schema) -> tuple[str, dict[str, str], bytes | None]:
        """Address, headers and body of a request."""
        self.strangeness = self.dice.choice([0, 0, 0.03, 0.2])
        query, headers = [], {}
        for parameter in operation.get("parameters", ()):
            name, place = parameter["name"], parameter["in"]
            if name == "Idempotency-Key":
                headers[name] = str(self.dice.getrandbits(64))
            elif name == "If-Match":
                headers[name] = self.dice.choice(["*", "*", '"1"'])
            elif place == "path":
                path = path.replace(f"{{{name}}}", quote(_bytes(self.value(parameter["schema"], name))[:500], safe=""))
            elif place == "query" and (parameter.get("required") or self.dice.random() < 0.2):
                value = self.value(parameter["schema"], name)
                query += [(name, _bytes(each)[:500]) for each in (value if isinstance(value, list) else [value])]
        body = None
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            headers["Content-Type"] = media_type
            filled = self.value(content["schema"], "")
            body = json.dumps(filled).encode()
            if media_type != "application/json" and isinstance(filled, dict):
                body = urlencode({_bytes(name): _bytes(value) for name, value in filled.items()}).encode()
        return f"{path}?{urlencode(query)}", headers, body

    def value(self, schema: Schema, name: str, depth: int = 0) -> Any:
        """Something for a parameter or field of this name."""
        dice = self.dice
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if dice.random() < self.strangeness or depth > 8:
            return dice.choice(STRANGE)
        if isinstance(schema.get("examples"), list) and dice.random() < 0.5:
            return dice.choice(schema["examples"])
        for choices in ("anyOf", "oneOf"):
            if choices in schema:
                return self.value(dice.choice(schema[choices]), name, depth + 1)
        return self._of_type(schema, name, depth)

    def _of_type(self, schema: Schema, name: str, depth: int) -> Any:
        dice = self.dice
        match schema:
            case {"const": value}:
                return value
            case {"enum": values}:
                return dice.choice(values)
            case {"type": "boolean"}:
                return dice.random() < 0.5
            case {"type": "integer" | "number"}:
                return dice.choice([schema.get("minimum", 0), schema.get("maximum", 2025), dice.randint(0, 200), 2025])
            case {"type": "array"}:
                items = range(dice.choice([schema.get("minItems", 0), 1, 2]))
                return [self.value(schema.get("items", {}), name.removesuffix("s"), depth + 1) for _ in items]
            case {"type": "object"}:
                return self._filled(schema, depth)
            case {"type": "null"}:
                return None
        return self._text(schema, name)

    def _text(self, schema: Schema, name: str) -> Any:
        for usual in (name, schema.get("format", "")):
            if usual in USUAL:
                return self.dice.choice(USUAL[usual])
        if name.endswith("_id") or name in {"id", "center", "network", "partner", "visit"} | CENTERS:
            return self.known(name)
        return self.dice.choice(["Praha", "مركز الأمهات", "x" * self.dice.randint(1, 200)])

    def _filled(self, schema: Schema, depth: int) -> dict[str, Any]:
        needed = schema.get("required", ())
        filled = {
            name: self.value(each, name, depth + 1)
            for name, each in schema.get("properties", {}).items()
            if name in needed or self.dice.random() < 0.4
        }
        others = schema.get("additionalProperties")
        if isinstance(others, dict):
            filled[self.dice.choice(["cs", "en", "\ud800"])] = self.value(others, "", depth + 1)
        return filled


def _bytes(value: Any) -> bytes:
    return str(value)[:5000].encode("utf-8", "surrogatepass") if not isinstance(value, int) else f"{value:x}".encode()


@pytest.mark.parametrize("name", ["directory", "exchange", "newsletter", "campaign"])
async def test_no_request_makes_a_service_fail(name: str) -> None:
    async with MemoryNetwork(import_module(f"services.{name}.service").SERVICE) as network:
        office = network.client(name, "office")
        document = (await office.get("/openapi.json")).json()
        sender = Sender(name, document["components"]["schemas"])
        operations = [
            (path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if not path.startswith(("/health", "/metrics"))
        ]
        others = [network.client(name), network.client(name, "coordinator", networks=["CZ"])]
        for number in range(REQUESTS):
            if number % 100 == 99:
                await network.settle()
                others[2:] = [network.client(name, "center", center=sender.known("center"))]
            path, method, operation = sender.dice.choice(operations)
            address, headers, body = sender.request(path, operation)
            caller = office if sender.dice.random() < 0.7 else sender.dice.choice(others)
            answer = await caller.request(method, address, headers=headers, content=body)
            sent = f"request {number}: {method} {address[:500]} {headers} {(body or b'')[:2000]!r}"
            assert answer.status_code < 500, f"{answer.status_code} for {sent}"
            is_page = any("text/html" in told.get("content", {}) for told in operation["responses"].values())
            if answer.status_code >= 400 and not is_page:
                assert answer.headers["Content-Type"] == "application/problem+json", sent
                assert answer.json()["type"].startswith("urn:mine:problem:"), sent
            if answer.status_code == 201:
                sender.learn(path, answer.json()["id"])
        await network.settle()
        assert await network.runtimes[name].dead_letters() == []
