"""The readers: they enter an address, get a mail, and say yes on the page behind its link. Only the button counts."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from deploy.demo.mail import Envelope, form_on
from deploy.demo.stage import NeverHappened, Reader, Stage, together

READERS = 300
LATECOMERS = 60
"""Those of them who sign up while the services are being killed."""
_SPOKEN = {"de": 90, "cs": 75, "en": 45, "sk": 25, "ar": 15, "it": 12, "nl": 12, "fr": 8, "uk": 6, "bg": 6, "tr": 6}
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
"""Kept for documentation (RFC 5737): what a proxy in front would report of its clients."""
_PATIENCE_S, _LONGEST_WAIT_S = 20.0, 60.0
_UNTIL_ANOTHER_MAIL = timedelta(minutes=11)
"""An address that is entered again sooner gets no second mail."""


def invented_readers() -> list[Reader]:
    """300 readers in eleven languages, each behind a network address of their own."""
    languages = [language for language, number in _SPOKEN.items() for _ in range(number)]
    return [
        Reader(f"reader{number:03d}@example.org", language, f"{_NETWORKS[number // 250]}.{number % 250 + 1}")
        for number, language in enumerate(languages)
    ]


async def readers_sign_up(stage: Stage) -> None:
    """Most of the readers sign up, and confirm through the link in the mail that they get."""
    stage.cast.readers = invented_readers()
    early = stage.cast.readers[:-LATECOMERS]
    await together([partial(sign_up, stage, reader) for reader in early])
    stage.report.say(f"{len(early)} readers in {len(_SPOKEN)} languages enter their addresses, each gets a mail")
    await readers_confirm(stage, early)


async def sign_up(stage: Stage, reader: Reader) -> None:
    """A reader enters an address."""
    body = {"address": reader.mail, "language": reader.language}
    await stage.client.press("newsletter", "sign-up", "/subscriptions", address=reader.address, body=body)


async def readers_confirm(stage: Stage, readers: Sequence[Reader]) -> None:
    """The readers open their mails and the pages behind the links, which changes nothing, and press the buttons."""
    links = await _links(stage, readers)
    before = stage.stranger.count("SubscriptionConfirmed")
    pages = await together([partial(_page, stage, reader, links[reader.mail]) for reader in readers])
    await stage.settled()
    stage.report.expect(
        "opening the page behind the link changes nothing",
        stage.stranger.count("SubscriptionConfirmed") == before,
        f"{len(pages)} pages opened",
    )
    await together(
        [
            partial(_press, stage, reader, links[reader.mail], form_on(page))
            for reader, page in zip(readers, pages, strict=True)
        ]
    )
    stage.cast.confirmed += readers
    stage.report.say(f"{len(readers)} readers press the button: {len(stage.cast.confirmed)} are confirmed now")


async def _links(stage: Stage, readers: Sequence[Reader]) -> dict[str, str]:
    """For each reader the path of the link in the confirmation mail. Who waits in vain enters the address again."""
    arrived = await _arrived(stage, readers, _PATIENCE_S)
    late = [reader for reader in readers if reader.mail not in arrived]
    if late:
        stage.report.say(f"{len(late)} wait for their mails; after ten minutes they enter their addresses again")
        stage.network.clock.move(_UNTIL_ANOTHER_MAIL)
        await together([partial(sign_up, stage, reader) for reader in late])
        arrived |= await _arrived(stage, late, _LONGEST_WAIT_S)
    stage.report.expect("every reader got the mail with the link", len(arrived) == len(readers), f"{len(arrived)}")
    mails = await together([partial(stage.mailbox.open, arrived[reader.mail]) for reader in readers])
    return {reader.mail: mail.link("/confirmations/") for reader, mail in zip(readers, mails, strict=True)}


async def _arrived(stage: Stage, readers: Sequence[Reader], patience_s: float) -> dict[str, Envelope]:
    """The newest mail to each reader, once all of them have one; after ``patience_s`` those that there are."""
    wanted = {reader.mail for reader in readers}
    found: dict[str, Envelope] = {}

    async def all_of_them() -> bool:
        found.update({mail.to: mail for mail in await stage.mailbox.arrived() if mail.to in wanted})
        return len(found) == len(wanted)

    with suppress(NeverHappened):
        await stage.until("every reader has got a mail", all_of_them, patience_s)
    return found


async def _page(stage: Stage, reader: Reader, path: str) -> str:
    return (await stage.client.get("newsletter", path, address=reader.address)).text


async def _press(stage: Stage, reader: Reader, path: str, form: dict[str, str]) -> None:
    await stage.client.press("newsletter", "confirmation", path, address=reader.address, form=form)
