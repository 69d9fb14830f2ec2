"""Fills a new network with the example: the directory, some houses that host, visits, a campaign, an issue.

Done again it changes nothing: every command has a key of its own and the day of the first time is kept beside the
data. A network that holds centers of its own is left alone.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random

from deploy.demo.centers import LIST, SEED, List, write_list
from deploy.demo.chapters.campaign import plan_of, sheet_of
from deploy.demo.chapters.exchange import offer_of, wish_of
from deploy.demo.chapters.initiatives import numbered
from deploy.demo.chapters.newsletter import SPRING, draft_of, translation_of
from deploy.demo.chapters.readers import invented_readers
from deploy.demo.client import Client, Json
from deploy.demo.ledger import Accepted, Ledger
from deploy.demo.mail import Mailbox, form_on
from deploy.demo.seed_directory import Directory
from deploy.demo.stage import Campaign, House, Reader, found_within
from deploy.engines import Tell
from deploy.importer.directory import Target
from deploy.importer.lists import CenterList
from deploy.importer.sending import import_centers
from deploy.network import Network

_HOSTS = {"DE": 6, "CZ": 3, "SK": 2, "NL": 1}
_ROUNDS, _READERS = 24, 8
_BEGAN_BEFORE = timedelta(days=20)


def seed(network: Network, tell: Tell) -> None:
    """Fills ``network``, which runs. `Trouble` when the import cannot go on; else whatever went wrong."""
    asyncio.run(_seed(network, tell))


async def _seed(network: Network, tell: Tell) -> None:
    async with Client(network, Ledger()) as client:
        centers: int = (await client.get("directory", "/countries")).json()["centers"]
        kept = _Kept(network.plan.home / "seed.json")
        if centers and kept.day is None:
            tell("the network holds centers already; the example is left out")
            return
        if centers and kept.done:
            return
        today = kept.begin(network.time().date()) if centers == 0 else kept.day or network.time().date()
        await _Seeding(network, client, tell, today).all()
        kept.finish()


class _Kept:
    """The day on which the example was begun, and whether it is complete."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.day: date | None = None
        self.done = False
        if path.exists():
            kept = json.loads(path.read_text())
            self.day, self.done = date.fromisoformat(kept["day"]), kept["done"]

    def begin(self, day: date) -> date:
        self.day, self.done = day, False
        self._write()
        return day

    def finish(self) -> None:
        self.done = True
        self._write()

    def _write(self) -> None:
        self._path.write_text(json.dumps({"day": str(self.day), "done": self.done}) + "\n")


class _Seeding:
    """The parts of the example, one after the other. The same day gives the same commands."""

    def __init__(self, network: Network, client: Client, tell: Tell, today: date) -> None:
        self._network, self._client, self._tell, self._today = network, client, tell, today
        self._random = Random(SEED)
        self._houses: dict[str, House] = {}

    async def all(self) -> None:
        listed = write_list(self._network.plan.home / "centers.csv", self._today)
        await self._centers(listed)
        await self._directory()
        hosts = await self._hosts()
        await self._visits(hosts)
        await self._campaign()
        await self._issue()

    async def _command(
        self, service: str, method: str, path: str, token: str, body: object, key: str, if_match: int | None = None
    ) -> Accepted:
        return await self._client.command(service, method, path, token, body, key=f"seed-{key}", if_match=if_match)

    async def _centers(self, listed: List) -> None:
        """The list without its bad rows' complaints: they belong to the example."""
        client, token = self._client, self._client.office()
        notes = listed.path.parent / "imports" / "seed.done"

        def told(done: int, rows: int) -> None:
            if done % 150 == 0:
                self._tell(f"centers of the example: {done} of {rows}")

        target = Target(self._network.address("directory"), token)
        await import_centers(CenterList(listed.path), target, notes=notes, progress=told)
        wanted = len(listed.centers)

        async def known_everywhere() -> list[Json] | None:
            for service in ("exchange", "newsletter", "campaign"):
                status = (await client.get(service, "/admin/status", token)).json()
                if status["documents"]["centers"] < wanted:
                    return None
            found = await client.pages("directory", "/centers", token)
            return found if len(found) >= wanted else None

        found = await found_within("all services know the centers", known_everywhere)
        ids = {item["internal"]["external_id"]: item["id"] for item in found}
        self._houses = {row["external_id"]: House.of_row(row, ids[row["external_id"]]) for row in listed.centers}

    async def _directory(self) -> None:
        self._tell("networks, figures, initiatives and practices are entered")
        command = partial(self._command, "directory")
        await Directory(self._client, command, numbered(self._houses), self._today).all()

    def _of(self, country: str, first: int, number: int) -> list[House]:
        return [self._houses[f"{LIST}:{country}-{place}"] for place in range(first, first + number)]

    async def _hosts(self) -> list[House]:
        self._tell("houses offer to host")
        hosts = [house for country, number in _HOSTS.items() for house in self._of(country, 2, number)]
        for house in hosts:
            token, name = self._client.center(house.id), house.external_id
            on = {"on": self._today.isoformat()}
            await self._command("directory", "POST", f"/centers/{house.id}/verification", token, on, f"verify-{name}")
            await self._command(
                "exchange", "POST", "/host-offers", token, offer_of(house, self._random), f"offer-{name}"
            )
        return hosts

    async def _visits(self, hosts: Sequence[House]) -> None:
        """Three visits: one confirmed, one accepted, one that waits for an answer."""
        self._tell("centers ask for visits")
        steps = {1: ("acceptance", "confirmation"), 2: ("acceptance",), 3: ()}
        for number, guest in enumerate([*self._of("CZ", 1, 1), *self._of("SK", 1, 1), *self._of("CZ", 7, 1)], 1):
            token = self._client.center(guest.id)
            body = wish_of(guest, self._today, ("cs", "sk", "de", "en"), 2)
            visit = await self._command("exchange", "POST", "/visits", token, body, f"visit-{number}")
            host = await self._match(visit.id)
            for step in steps[number]:
                accepting = step == "acceptance"
                await self._command(
                    "exchange", "POST", f"/visits/{visit.id}/{step}",
                    self._client.center(host) if accepting else token,
                    {"host": host} if accepting else None, f"visit-{number}-{step}",
                )  # fmt: skip

    async def _match(self, visit: str) -> str:
        async def host() -> str | None:
            found: Json = (await self._client.get("exchange", f"/visits/{visit}", self._client.office())).json()
            return str(found["host"]) if found["host"] else None

        return await found_within("the visit is matched", host)

    async def _campaign(self) -> None:
        """A campaign that began three weeks ago, with rounds from four countries."""
        self._tell("the campaign begins")
        office = self._client.office()

        async def seven() -> list[Json] | None:
            found = await self._client.pages("campaign", "/questionnaires", office)
            return found if len(found) >= 7 else None

        questionnaires = await found_within("the seven questionnaires are published", seven)
        opens = self._today - _BEGAN_BEFORE
        drafted = await self._command(
            "campaign", "POST", "/campaigns", office, plan_of(questionnaires, opens), "campaign"
        )
        await self._command("campaign", "POST", f"/campaigns/{drafted.id}/launch", office, None, "launch")
        campaign = Campaign(drafted.id, opens, tuple(each["id"] for each in questionnaires))
        houses = [house for country in ("DE", "CZ", "SK", "IT") for house in self._of(country, 1, _ROUNDS // 4)]
        for number, house in enumerate(houses):
            sheet = sheet_of(campaign, self._random, [house], _BEGAN_BEFORE.days)
            await self._command(
                "campaign", "POST", f"/campaigns/{campaign.id}/rounds", self._client.center(house.id), sheet.sheet,
                f"round-{number}",
            )  # fmt: skip

    async def _issue(self) -> None:
        """A few readers, and an issue with the news of the campaign."""
        self._tell("an issue goes out")
        async with Mailbox(self._network.address("mail-page")) as mailbox:
            for reader in invented_readers()[: _READERS * 30 : 30]:
                await self._subscribe(reader, mailbox)
        editor = self._client.person("editor", "editor-1")
        publisher = self._client.person("publisher", "publisher-1")

        async def of_the_campaign() -> Json | None:
            found = await self._client.pages("newsletter", "/news-items", editor)
            return next((item for item in found if item["kind"] == "campaign-launched"), None)

        item = await found_within("the news of the campaign proposes itself", of_the_campaign)
        await self._command("newsletter", "POST", f"/news-items/{item['id']}/acceptance", editor, None, "news")
        issue = await self._command("newsletter", "POST", "/issues", editor, draft_of(SPRING, [item]), "issue")
        path, version = f"/issues/{issue.id}", issue.version
        for language in list(SPRING)[1:]:
            body = translation_of(SPRING, language, [item])
            translated = await self._command(
                "newsletter", "PUT", f"{path}/texts/{language}", editor, body, f"issue-{language}", version
            )
            version = translated.version
        await self._command("newsletter", "POST", f"{path}/approval", publisher, None, "approval", version)
        await self._command("newsletter", "POST", f"{path}/sending", publisher, None, "sending")

    async def _subscribe(self, reader: Reader, mailbox: Mailbox) -> None:
        """Signs up and confirms; nothing happens if that was done before."""
        body = {"address": reader.mail, "language": reader.language}
        await self._client.press("newsletter", "sign-up", "/subscriptions", address=reader.address, body=body)

        async def arrived() -> str | None:
            mails = [mail for mail in await mailbox.arrived() if mail.to == reader.mail]
            return (await mailbox.open(mails[0])).link("/confirmations/") if mails else None

        path = await found_within("the confirmation mail arrives", arrived)
        page = (await self._client.get("newsletter", path, address=reader.address)).text
        try:
            form = form_on(page)
        except LookupError:  # confirmed already
            return
        await self._client.press("newsletter", "confirmation", path, address=reader.address, form=form)
