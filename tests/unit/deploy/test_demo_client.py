"""The demo's client repeats what was not answered, with the same key, and writes down only what was accepted."""

import json
from collections.abc import AsyncIterator, Callable, Iterable

import httpx
import pytest

from deploy.demo.client import Client, Refused
from deploy.demo.ledger import Ledger
from deploy.demo.mail import form_on
from deploy.engines import SERVICES

Answer = Callable[[httpx.Request], httpx.Response]
RECEIPT = {"id": "c1", "version": 2, "events": ["CenterVerified"], "recorded": "2026-03-01T09:30:00.000Z"}


class Nowhere:
    def address(self, part: str) -> str:
        return f"http://{part}.example.org"

    def token(self, *roles: str, centers: Iterable[str] = (), networks: Iterable[str] = (), subject: str = "") -> str:
        return f"{subject} as {','.join(roles)}"


class Script:
    """Answers requests one after the other, as it is told."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response | Exception] = []
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def client(script: Script) -> AsyncIterator[Client]:
    transports = {service: httpx.MockTransport(script) for service in SERVICES}
    async with Client(Nowhere(), Ledger(), transports) as client:
        yield client


async def test_a_command_without_an_answer_is_repeated_with_its_key(script: Script, client: Client) -> None:
    script.answers = [
        httpx.ConnectError("gone"),
        httpx.Response(503),
        httpx.Response(200, json=RECEIPT, headers={"Idempotent-Replayed": "true"}),
    ]
    accepted = await client.command("directory", "POST", "/centers/c1/verification", client.center("c1"), {})
    assert len({request.headers["Idempotency-Key"] for request in script.asked}) == 1
    assert len({request.content for request in script.asked}) == 1
    assert json.loads(accepted.said) == RECEIPT
    assert client.ledger.accepted == [accepted]
    assert (client.ledger.unanswered["directory"], client.ledger.answered_again) == (2, 1)


async def test_a_refusal_is_told_and_not_written_down(script: Script, client: Client) -> None:
    script.answers = [httpx.Response(409, json={"type": "urn:mine:problem:wrong-state", "detail": "closed"})]
    with pytest.raises(Refused, match="wrong-state"):
        await client.command("directory", "POST", "/centers/c1/pause", client.office(), {"reason": "moving"})
    assert client.ledger.commands == 0


async def test_two_commands_never_share_a_key_and_a_repeat_does(script: Script, client: Client) -> None:
    script.answers = [httpx.Response(200, json=RECEIPT) for _ in range(3)]
    one = await client.command("directory", "POST", "/centers/c1/verification", client.office(), {})
    await client.command("directory", "POST", "/centers/c1/verification", client.office(), {})
    await client.again(one.request)
    first, second, third = (request.headers["Idempotency-Key"] for request in script.asked)
    assert first == third != second
    assert len(client.ledger.accepted) == 2


async def test_a_list_is_read_to_its_last_page(script: Script, client: Client) -> None:
    script.answers = [
        httpx.Response(200, json={"items": [{"id": 1}], "next": "more"}),
        httpx.Response(200, json={"items": [{"id": 2}], "next": None}),
    ]
    assert await client.pages("directory", "/centers", None) == [{"id": 1}, {"id": 2}]
    assert script.asked[1].url.params["cursor"] == "more"


def test_a_form_is_read_as_its_button_would_send_it() -> None:
    page = '<form method="post"><input type="hidden" name="wording" value="2026-1"><button>Yes</button></form>'
    assert form_on(page) == {"wording": "2026-1"}


def test_a_page_without_a_button_has_no_form() -> None:
    with pytest.raises(LookupError):
        form_on("<p>Thank you</p>")
