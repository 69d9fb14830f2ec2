"""What every chapter of the story works with: the network from outside, and who takes part."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from deploy.demo.centers import List, Row
from deploy.demo.city import City
from deploy.demo.client import Client, Json
from deploy.demo.ledger import Ledger
from deploy.demo.mail import Mailbox
from deploy.demo.report import Report
from deploy.demo.watch import Stranger
from deploy.engines import SERVICES
from deploy.network import Network

T = TypeVar("T")
_PATIENCE_S = 45.0
_LOOK_AGAIN_S = 0.1
_QUIET_FOR_S = 0.8
AFTER_THE_CLOCK_S = 3.0
"""Long enough for every service's timers to have gone round."""


class NeverHappened(Exception):
    """Something that had to happen by itself did not, within all the time one would wait for it."""


@dataclass(frozen=True)
class House:
    """A center, as the one who tells the story knows it."""

    id: str
    external_id: str
    name: str
    country: str
    town: str
    languages: tuple[str, ...]
    founded: int
    verified_on: date
    hides: bool

    @classmethod
    def of_row(cls, row: Row, id: str) -> "House":
        """The house of this row of the list."""
        return cls(
            id,
            row["external_id"],
            row["name"],
            row["country"],
            row["town"],
            tuple(row["languages"].split(";")),
            int(row["founded"]),
            date.fromisoformat(row["verified_on"]),
            row["location_visibility"] == "hidden",
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.town})"


@dataclass
class Visit:
    """A study visit of the story."""

    id: str
    guest: House
    host: House
    days: tuple[date, date]


@dataclass(frozen=True)
class Reader:
    """Somebody who wants the newsletter, with a mail address and the network address a proxy would report."""

    mail: str
    language: str
    address: str


@dataclass(frozen=True)
class Round:
    """A discussion round as it stands on the sheet of paper."""

    house: House
    held: date
    headcount: int
    language: str
    questionnaires: tuple[str, ...]

    @property
    def sheet(self) -> Json:
        """What is sent."""
        return {
            "center": self.house.id,
            "held": self.held.isoformat(),
            "headcount": self.headcount,
            "language": self.language,
            "discussed": [{"questionnaire": each, "edition": 1} for each in self.questionnaires],
        }


@dataclass
class Campaign:
    """The campaign, and the rounds that were accepted for it."""

    id: str
    opens: date
    questionnaires: tuple[str, ...]
    rounds: list[Round] = field(default_factory=list)


@dataclass(frozen=True)
class Member:
    """A house and the time it was, or is, a member of a network, as that one's list has it."""

    network: str
    house: House
    since: date
    until: date | None = None

    def on(self, day: date) -> bool:
        """Whether it was a member on that day; the day it left is the first without it."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True)
class Initiative:
    """People who want to open a center, and the visit that gave them the idea."""

    id: str
    visit: Visit
    proposed: date


@dataclass(frozen=True)
class Person:
    """Somebody whom members of the network may ask, because she agreed to it. No topic may ever hold her."""

    name: str
    house: House
    reader: Reader


@dataclass
class Cast:
    """Who takes part."""

    houses: dict[str, House] = field(default_factory=dict)
    """By external id, in the order of the list."""
    hosts: list[House] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    confirmed: list[Reader] = field(default_factory=list)
    left: list[Reader] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    killed: list[Json] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    """Ids of centers that closed."""
    forgotten: House | None = None
    """A host whose profile nobody has confirmed for long."""
    networks: dict[str, str] = field(default_factory=dict)
    """Ids of the networks, by what the story calls them: the national ones by the code of their country."""
    members: list[Member] = field(default_factory=list)
    asked: Person | None = None
    """A center's contact person."""
    initiative: Initiative | None = None
    city: City | None = None

    def house(self, id: str) -> House:
        """The house with this id."""
        return next(house for house in self.houses.values() if house.id == id)

    def of(self, country: str) -> list[House]:
        """The houses of a country, in the order of the list."""
        return [house for house in self.houses.values() if house.country == country]

    def in_town(self, country: str, town: str) -> House:
        """The first house of a town."""
        return next(house for house in self.of(country) if house.town == town)


@dataclass
class Stage:
    """Network, client, reader of topics, mailbox and report of one telling."""

    network: Network
    client: Client
    ledger: Ledger
    stranger: Stranger
    mailbox: Mailbox
    report: Report
    listed: List
    random: Random = field(default_factory=lambda: Random(2009))  # the same story every time
    cast: Cast = field(default_factory=Cast)
    campaign: Campaign | None = None
    days_passed: int = 0

    def __post_init__(self) -> None:
        self._rows = {row["external_id"]: row for row in self.listed.centers}

    def row(self, house: House) -> Row:
        """What the list says of a house."""
        return self._rows[house.external_id]

    # ---- time

    def today(self) -> date:
        """The day in the network."""
        return self.network.time().date()

    def days_later(self, days: int) -> None:
        """Moves the clock of all services."""
        self.network.clock.move(timedelta(days=days))
        self.days_passed += days
        self.report.say(f"… {days} days later: {self.today():%-d %B %Y}")

    # ---- what the story leaves behind

    def keep(self, name: str, content: str) -> Path:
        """Writes a file into the network's own directory, for whoever wants to look at it."""
        path = self.network.plan.home / name
        path.write_text(content, encoding="utf-8")
        return path

    # ---- waiting

    async def until(self, what: str, found: Callable[[], Awaitable[T | None]], patience_s: float = _PATIENCE_S) -> T:
        """See `found_within`."""
        return await found_within(what, found, patience_s)

    async def status(self, service: str) -> Json:
        """What a service says of itself to the office."""
        found: Json = (await self.client.get(service, "/admin/status", self.client.office())).json()
        return found

    async def settled(self, quiet_for_s: float = _QUIET_FOR_S, patience_s: float = 90.0) -> None:
        """Waits until every event is out and read, and none has followed for a while."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while asyncio.get_running_loop().time() < deadline:
            before = len(self.stranger.events)
            statuses = await asyncio.gather(*(self.status(service) for service in SERVICES))
            await asyncio.sleep(quiet_for_s)
            quiet = await self.stranger.caught_up() and len(self.stranger.events) == before
            if quiet and not any(status["pending_events"] for status in statuses):
                return
        raise NeverHappened(f"the network was not quiet within {patience_s:.0f} s")


async def found_within(what: str, found: Callable[[], Awaitable[T | None]], patience_s: float = _PATIENCE_S) -> T:
    """Waits until ``found`` gives something. `NeverHappened` after a while."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while True:
        result = await found()
        if result:
            return result
        if asyncio.get_running_loop().time() > deadline:
            raise NeverHappened(f"waited {patience_s:.0f} s in vain: {what}")
        await asyncio.sleep(_LOOK_AGAIN_S)


async def together(work: Sequence[Callable[[], Awaitable[T]]], at_once: int = 8) -> list[T]:
    """Does all of ``work``, some of it at the same time; the results in order. The first failure ends it."""
    results: dict[int, T] = {}
    waiting = iter(enumerate(work))

    async def worker() -> None:
        for number, each in waiting:
            results[number] = await each()

    tasks = [asyncio.create_task(worker()) for _ in range(min(at_once, len(work)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    return [results[number] for number in range(len(work))]
