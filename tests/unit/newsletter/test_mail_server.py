"""The SMTP dialogue: what is certain, and what is not, when it goes wrong."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.newsletter.sending.smtp import Refused, Relay, RelayAway, SmtpConnection, Unanswered
from tests.unit.newsletter.sink import Sink

MAIL = b"Message-ID: <1@example.org>\r\n\r\n.a dot\r\n..two dots\r\nend\r\n"
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(*replies: str | None) -> AsyncIterator[Relay]:
    """A server that gives these answers, one per line it hears (a body counts as one), and hangs up at None."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        in_body = False
        for reply in replies:
            if reply is None:
                break
            writer.write(reply.encode() + b"\r\n")
            in_body = reply.startswith("354")
            try:
                await reader.readuntil(b"\r\n.\r\n" if in_body else b"\r\n")
            except (OSError, EOFError):
                break
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield Relay("127.0.0.1", listening.sockets[0].getsockname()[1], timeout_s=0.5)


async def send(relay: Relay) -> None:
    connection = await SmtpConnection.open(relay)
    try:
        await connection.envelope("news@example.org", "jana@example.org")
        await connection.body(MAIL)
    finally:
        connection.abort()


HELLO = ("220 hi", "250 hi")


@pytest.mark.parametrize(
    "replies",
    [
        (None,),
        ("554 not here",),
        ("nonsense",),
        ("220 hi", None),
        ("220 hi", "502 no"),
        ("220-" + "x" * 10_000,),
        (*HELLO, "530 5.7.0 login first"),
        (*HELLO, "421 4.3.2 later"),
        (*HELLO, "550 5.1.8 you do not exist"),
        (*HELLO, "250 ok", "503 bad sequence"),
    ],
)
async def test_trouble_that_is_no_readers_fault_is_certainly_not_sent(replies: tuple[str | None, ...]) -> None:
    async with server(*replies) as relay:
        with pytest.raises(RelayAway):
            await send(relay)


async def test_a_server_that_is_not_there_is_away() -> None:
    async with server() as relay:
        pass
    with pytest.raises(RelayAway):
        await SmtpConnection.open(relay)


@pytest.mark.parametrize(
    ("replies", "reply", "permanent", "no_such_address"),
    [
        ((*HELLO, "250 ok", "550 5.1.1 who?"), "550 5.1.1", True, True),
        ((*HELLO, "250 ok", "550 who?"), "550", True, True),
        ((*HELLO, "250 ok", "550 5.7.1 spam"), "550 5.7.1", True, False),
        ((*HELLO, "250 ok", "552 5.2.2 full"), "552 5.2.2", True, False),
        ((*HELLO, "250 ok", "451 4.7.1 greylisted"), "451 4.7.1", False, False),
        ((*HELLO, "250 ok", "421 4.7.0 enough"), "421 4.7.0", False, False),
        ((*HELLO, "250 ok", None), "421 4.4.2", False, False),
        ((*HELLO, "250 ok", "250-multi\r\n250 line", "554 5.1.1 no"), "554 5.1.1", True, False),
        ((*HELLO, "250 ok", "250 ok", "354 go", "554 5.1.1 content"), "554 5.1.1", True, False),
        ((*HELLO, "250 ok", "250 ok", "354 go", "452 4.3.1 full"), "452 4.3.1", False, False),
        ((*HELLO, "250 ok", "250 ok", "354 go", "421 4.3.2 bye"), "421 4.3.2", False, False),
    ],
)
async def test_a_refusal_of_this_mail_is_certain_too(
    replies: tuple[str | None, ...], reply: str, permanent: bool, no_such_address: bool
) -> None:
    async with server(*replies) as relay:
        with pytest.raises(Refused) as caught:
            await send(relay)
    refusal = caught.value
    assert (refusal.reply, refusal.permanent, refusal.no_such_address) == (reply, permanent, no_such_address)


@pytest.mark.parametrize("answer", [None, "nonsense", "354 again", "199 what"])
async def test_without_an_answer_to_the_body_nobody_knows(answer: str | None) -> None:
    async with server(*HELLO, "250 ok", "250 ok", "354 go", answer) as relay:
        with pytest.raises(Unanswered):
            await send(relay)


async def test_a_server_that_falls_asleep_after_the_body_leaves_it_open(sink: Sink) -> None:
    sink.body_takes_s = 30
    with pytest.raises(Unanswered):
        await send(Relay("127.0.0.1", sink.port, timeout_s=0.2))


async def test_dots_at_the_beginning_of_lines_arrive_as_they_left(sink: Sink) -> None:
    await send(Relay("127.0.0.1", sink.port))
    assert sink.mails[0].raw == MAIL


async def test_a_connection_can_be_used_after_a_refusal(sink: Sink) -> None:
    sink.answer_recipient = lambda address: "550 5.1.1 no" if address.startswith("eva") else "250 ok"
    connection = await SmtpConnection.open(Relay("127.0.0.1", sink.port))
    with pytest.raises(Refused):
        await connection.envelope("news@example.org", "eva@example.org")
    await connection.envelope("news@example.org", "jana@example.org")
    await connection.body(MAIL)
    await connection.quit()
    assert len(sink.mails) == 1


@pytest.mark.parametrize("recipient", ["jana@example.org>\r\nRCPT TO:<x@example.org", "jána@example.org", "a b@c", ""])
async def test_an_address_that_could_speak_to_the_server_never_reaches_it(sink: Sink, recipient: str) -> None:
    connection = await SmtpConnection.open(Relay("127.0.0.1", sink.port))
    with pytest.raises(Refused):
        await connection.envelope("news@example.org", recipient)
    await connection.quit()


# ---- login and encryption, against another server than our own sink


class Keeper:
    """Keeps what aiosmtpd hands it."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bool]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.got.append((envelope.rcpt_tos[0], session.ssl is not None))
        return "250 2.0.0 kept"


@asynccontextmanager
async def guarded_server(keeper: Keeper, certificate: Path, *, from_the_start: bool = False) -> AsyncIterator[int]:
    """A server that wants encryption and a login."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def authenticate(*arguments: object) -> AuthResult:
        data = arguments[-1]
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"news", b"right")
        return AuthResult(success=right, handled=False)

    def factory() -> SMTP:
        return SMTP(
            keeper,
            hostname="sink.example.org",
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=not from_the_start,
            require_starttls=not from_the_start,
            tls_context=None if from_the_start else context,
        )

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(factory, "127.0.0.1", 0, ssl=context if from_the_start else None)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for 127.0.0.1 that this process trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_server_that_wants_encryption_and_a_login_gets_both(certificate: Path, tls: str) -> None:
    keeper = Keeper()
    async with guarded_server(keeper, certificate, from_the_start=tls == "tls") as port:
        await send(Relay("127.0.0.1", port, tls, "news", "right", 5.0))  # type: ignore[arg-type]
    upgraded = tls == "starttls"  # aiosmtpd does not say it of a connection that was encrypted before it began
    assert keeper.got == [("jana@example.org", upgraded)]


async def test_a_wrong_password_sends_nothing_and_blames_no_reader(certificate: Path) -> None:
    keeper = Keeper()
    async with guarded_server(keeper, certificate) as port:
        with pytest.raises(RelayAway, match="AUTH"):
            await send(Relay("127.0.0.1", port, "starttls", "news", "wrong", 5.0))
    assert keeper.got == []


async def test_a_server_nobody_vouches_for_gets_no_password(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    keeper = Keeper()
    async with guarded_server(keeper, certificate) as port:
        with pytest.raises(RelayAway, match="STARTTLS"):
            await send(Relay("127.0.0.1", port, "starttls", "news", "right", 5.0))
    assert keeper.got == []
