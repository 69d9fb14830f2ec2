"""A strict SMTP server in this process: it counts what it has promised to deliver, and can be told to misbehave."""

import asyncio
import email
import email.policy
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType

_LINE_MOST = 1000
_MESSAGE_ID = re.compile(rb"^Message-ID: (<\S+>)\r\n", re.MULTILINE)
TAKEN_WITHOUT_ANSWER = "taken, and the connection breaks"
"""For ``answer_body``: the mail is kept, the client never learns it."""


@dataclass(frozen=True)
class Delivered:
    """A mail the sink has answered with 250, or tried to."""

    recipient: str
    message_id: str
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        message = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def text(self, kind: str) -> str:
        """The plain or html part."""
        part = self.parsed.get_body((kind,))
        assert part is not None
        content = part.get_content()
        assert isinstance(content, str)
        return content

    def link(self, word: str) -> str:
        """The link in the plain text whose path begins with ``word``."""
        found = re.search(rf"https?://\S+/{word}/\S+", self.text("plain"))
        assert found, f"no link to {word}"
        return found.group(0)


class Breach(Exception):
    """The client broke the protocol."""


class Sink:
    """``async with Sink() as sink``: listens on a free port of the loopback interface.

    ``answer_recipient`` and ``answer_body`` map an address to another reply than 250; ``None`` closes the connection
    without one. ``mails`` holds what was accepted. A body that was complete counts as accepted before the answer is
    sent, as with a real server: the client may die in between.
    """

    def __init__(self) -> None:
        self.mails: list[Delivered] = []
        self.breaches: list[str] = []
        self.open = 0
        self.most_open = 0
        self.answer_sender: Callable[[str], str | None] = lambda address: "250 ok"
        self.answer_recipient: Callable[[str], str | None] = lambda address: "250 ok"
        self.answer_body: Callable[[str], str | None] = lambda address: "250 2.0.0 taken"
        self.body_takes_s = 0.0
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "Sink":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LINE_MOST)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        if kind is None:
            assert self.breaches == []

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def has(self, number: int) -> None:
        """Returns when so many mails are here."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.mails) >= number)

    def received(self) -> Counter[str]:
        """How many mails each address got."""
        return Counter(mail.recipient for mail in self.mails)

    def to(self, address: str) -> list[Delivered]:
        """The mails to one address."""
        return [mail for mail in self.mails if mail.recipient == address]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        self._writers.add(writer)
        try:
            await self._talk(reader, writer)
        except Breach as breach:
            self.breaches.append(str(breach))
        except (OSError, EOFError):
            pass
        finally:
            self.open -= 1
            self._writers.discard(writer)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One mail after the other, until the client leaves or is thrown out."""
        sender = recipient = None
        reply: str | None = "220 sink.example.org ESMTP"
        while reply is not None:
            writer.write(reply.encode() + b"\r\n")
            await writer.drain()
            line = await self._line(reader)
            match line.split(":")[0].split(" ")[0].upper():
                case "EHLO":
                    reply = "250-sink.example.org\r\n250 ENHANCEDSTATUSCODES"
                case "MAIL" if sender is None:
                    reply = self.answer_sender(_path(line))
                    sender = _path(line) if _taken(reply) else None
                case "RCPT" if sender is not None and recipient is None:
                    reply = self.answer_recipient(_path(line))
                    recipient = _path(line) if _taken(reply) else None
                case "DATA" if recipient is not None:
                    writer.write(b"354 go on\r\n")
                    reply = await self._take(recipient, await self._body(reader))
                    sender = recipient = None
                case "RSET":
                    sender = recipient = None
                    reply = "250 ok"
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    raise Breach(f"unexpected here: {line!r}")

    async def _take(self, recipient: str, raw: bytes) -> str | None:
        reply = self.answer_body(recipient)
        if _taken(reply) or reply is TAKEN_WITHOUT_ANSWER:
            found = _MESSAGE_ID.search(raw)
            if found is None:
                raise Breach("a mail without a Message-ID")
            self.mails.append(Delivered(recipient, found.group(1).decode(), raw))
            async with self._arrived:
                self._arrived.notify_all()
        if self.body_takes_s:
            await asyncio.sleep(self.body_takes_s)
        return None if reply is TAKEN_WITHOUT_ANSWER else reply

    async def _line(self, reader: asyncio.StreamReader) -> str:
        line = await reader.readuntil(b"\n")
        if not line.endswith(b"\r\n") or b"\0" in line:
            raise Breach(f"a line must end in CRLF: {line!r}")
        return line[:-2].decode("ascii")

    async def _body(self, reader: asyncio.StreamReader) -> bytes:
        lines: list[bytes] = []
        while True:
            line = await reader.readuntil(b"\n")
            if not line.endswith(b"\r\n"):
                raise Breach(f"a line of a mail must end in CRLF: {line!r}")
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line.removeprefix(b"."))


def _taken(reply: str | None) -> bool:
    return reply is not None and reply.startswith("250")


def _path(line: str) -> str:
    found = re.fullmatch(r"(?:MAIL FROM|RCPT TO):<([^<>\s]+)>", line)
    if found is None:
        raise Breach(f"not an address: {line!r}")
    return found.group(1)
