"""A plain SMTP dialogue (RFC 5321) that always knows whether a mail's body had begun to leave.

That is why it is our own: before the body, a broken connection means the mail was certainly not taken; after the
server's answer, its fate is certain too; only in between nobody can know. Each of the three has its own exception.
"""

import asyncio
import base64
import re
import ssl
from dataclasses import dataclass
from typing import Literal

_CODE = re.compile(r"^(\d{3})([ -]?)(.*)$")
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
_PATH = re.compile(r"^[!-;=?-~]+@[!-;=?-~]+$")
_BROKEN = (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError)
"""All that a server, or the way to it, can do to a dialogue."""
_LINES_MOST = 100
_LINE_BYTES = 8192
_OUR_FAULT = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538})
"""Replies that speak of our dialogue or our login, never of a reader."""


class RelayAway(Exception):
    """The mail server cannot be used now, through no fault of a reader; the mail was certainly not taken."""


class Unanswered(Exception):
    """The connection broke after the body had begun to leave: nobody knows whether the mail was taken."""


class Refused(Exception):
    """The server does not take this reader's mail; that is certain."""

    def __init__(self, code: int, enhanced: str | None, at_recipient: bool) -> None:
        self.reply = f"{code} {enhanced}" if enhanced else str(code)
        super().__init__(self.reply)
        self.permanent = code >= 500
        self.no_such_address = (
            at_recipient and self.permanent and (enhanced.startswith("5.1.") if enhanced else code in (550, 551, 553))
        )  # 5.1.x speaks of the address itself, 5.7.x and the rest of policy


@dataclass(frozen=True)
class Relay:
    """The mail server to hand mails to."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"] = "none"
    user: str = ""
    password: str = ""
    timeout_s: float = 120.0
    hello: str = "localhost"
    """The name we introduce ourselves with."""


@dataclass(frozen=True)
class _Reply:
    code: int
    lines: tuple[str, ...]

    @property
    def enhanced(self) -> str | None:
        found = _ENHANCED.match(self.lines[-1])
        return found.group(1) if found else None


class SmtpConnection:
    """One open connection. Not for concurrent use; after `RelayAway` or `Unanswered` it is of no use any more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_s = timeout_s
        self._dirty = False
        self.usable = True

    @classmethod
    async def open(cls, relay: Relay) -> "SmtpConnection":
        """Connects, secures and authenticates as told. `RelayAway` when any of it fails."""
        try:
            async with asyncio.timeout(relay.timeout_s):
                reader, writer = await asyncio.open_connection(
                    relay.host,
                    relay.port,
                    limit=_LINE_BYTES,
                    ssl=ssl.create_default_context() if relay.tls == "tls" else None,
                )
        except (OSError, TimeoutError) as error:
            raise RelayAway(f"cannot connect to {relay.host}:{relay.port}: {_reason(error)}") from None
        connection = cls(reader, writer, relay.timeout_s)
        try:
            await connection._greet(relay)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def envelope(self, sender: str, recipient: str) -> None:
        """Says who writes to whom, up to the point where the server waits for the body. No body byte leaves here.

        `Refused` for this reader, or `RelayAway`; either way the mail was not taken.
        """
        if not _PATH.match(recipient):
            raise Refused(553, None, at_recipient=True)
        if self._dirty:
            await self._expect("RSET", 250)
            self._dirty = False
        reply = await self._command(f"MAIL FROM:<{sender}>")
        if reply.code != 250:
            raise self._away(f"MAIL FROM answered {reply.code}")
        self._dirty = True
        for command, wanted in ((f"RCPT TO:<{recipient}>", (250, 251)), ("DATA", (354,))):
            try:
                reply = await self._command(command)
            except RelayAway:  # perhaps because of this very reader: the others must not wait behind
                raise Refused(421, "4.4.2", at_recipient=False) from None
            if reply.code not in wanted:
                raise self._refusal(reply, at_recipient=command != "DATA")

    async def body(self, message: bytes) -> None:
        """Sends the mail itself (lines end in CRLF) and waits for the answer: returning means the server took it.

        `Refused` when it did not, `Unanswered` when nobody knows.
        """
        stuffed = message.replace(b"\r\n.", b"\r\n..")
        try:
            async with asyncio.timeout(self._timeout_s):
                self._writer.write(stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"))
                await self._writer.drain()
                reply = await self._reply()
        except _BROKEN as error:
            self.abort()
            raise Unanswered(f"no answer to a body: {_reason(error)}") from None
        self._dirty = False
        if reply.code == 421 or reply.code // 100 not in (2, 4, 5):
            self.abort()
        if reply.code // 100 == 2:
            return
        if reply.code // 100 not in (4, 5):
            raise Unanswered(f"a body was answered with {reply.code}")
        raise Refused(reply.code, reply.enhanced, at_recipient=False)

    async def quit(self) -> None:
        """Takes leave; errors do not matter any more."""
        if self.usable:
            try:
                async with asyncio.timeout(2):
                    self._writer.write(b"QUIT\r\n")
                    await self._reply()
            except _BROKEN:
                pass
        self.abort()

    def abort(self) -> None:
        """Closes the connection at once."""
        self.usable = False
        self._writer.transport.abort()

    # ---- the dialogue

    async def _greet(self, relay: Relay) -> None:
        reply = await self._guarded("")
        if reply.code != 220:
            raise self._away(f"greeting was {reply.code}")
        features = await self._hello(relay.hello)
        if relay.tls == "starttls":
            await self._expect("STARTTLS", 220)
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._writer.start_tls(ssl.create_default_context(), server_hostname=relay.host)
            except (OSError, TimeoutError) as error:
                raise self._away(f"STARTTLS failed: {_reason(error)}") from None
            features = await self._hello(relay.hello)
        if relay.user:
            if "PLAIN" not in features.get("AUTH", "").split():
                raise self._away("the server offers no AUTH PLAIN")
            secret = base64.b64encode(f"\0{relay.user}\0{relay.password}".encode()).decode()
            await self._expect(f"AUTH PLAIN {secret}", 235)

    async def _hello(self, name: str) -> dict[str, str]:
        reply = await self._expect(f"EHLO {name}", 250)
        words = (line.upper().partition(" ") for line in reply.lines[1:])
        return {name: parameters for name, _, parameters in words}

    async def _expect(self, command: str, code: int) -> _Reply:
        reply = await self._command(command)
        if reply.code != code:
            raise self._away(f"{command.partition(' ')[0]} answered {reply.code}")
        return reply

    async def _command(self, command: str) -> _Reply:
        if "\r" in command or "\n" in command:
            raise ValueError("a command is one line")
        return await self._guarded(command + "\r\n")

    async def _guarded(self, line: str) -> _Reply:
        """One round of the dialogue before any body: whatever breaks it, no mail was taken."""
        try:
            async with asyncio.timeout(self._timeout_s):
                if line:
                    self._writer.write(line.encode("ascii"))
                return await self._reply()
        except _BROKEN as error:
            raise self._away(f"connection lost: {_reason(error)}") from None

    async def _reply(self) -> _Reply:
        lines: list[str] = []
        while len(lines) < _LINES_MOST:
            line = (await self._reader.readuntil(b"\n")).decode("latin-1").rstrip("\r\n")
            found = _CODE.match(line)
            if found is None:
                raise ValueError("not an SMTP reply")
            lines.append(found.group(3))
            if found.group(2) != "-":
                return _Reply(int(found.group(1)), tuple(lines))
        raise ValueError("an endless SMTP reply")

    def _refusal(self, reply: _Reply, *, at_recipient: bool) -> Exception:
        if reply.code in _OUR_FAULT or reply.code // 100 not in (4, 5):
            return self._away(f"the server answered {reply.code}")
        if reply.code == 421:
            self.abort()
        return Refused(reply.code, reply.enhanced, at_recipient)

    def _away(self, reason: str) -> RelayAway:
        self.abort()
        return RelayAway(reason)


def _reason(error: Exception) -> str:
    return "timeout" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
