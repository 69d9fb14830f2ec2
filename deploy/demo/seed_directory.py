"""The part of the example that lives in the directory: networks, partners, figures, initiatives, lineage, practices."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random

from deploy.demo.centers import SEED
from deploy.demo.chapters import figures, initiatives, networks, practices
from deploy.demo.client import Client
from deploy.demo.ledger import Accepted
from deploy.demo.stage import House, Member, together

Command = Callable[..., Awaitable[Accepted]]
"""A command to the directory: method, path, token, body, key, and perhaps the version that it is based on."""

_REPORTING = {"DE": 12, "CZ": 12, "SK": 6}
_WRITERS = ("DE-2", "CZ-1", "SK-1")
"""Whose practices they are."""
_BEGAN_BEFORE = timedelta(days=240)
_ON_THE_WAY = (("CZ", "Jihlava", "cs", 2), ("DE", "Ulm", "de", 1), ("SK", "Levice", "sk", 0))
"""Initiatives that have not opened yet: where, in which language, and how many milestones they have reached."""


@dataclass(frozen=True)
class Directory:
    """Fills the directory, which holds the centers already. Every command has a key, so a repeat changes nothing."""

    client: Client
    command: Command
    houses: Mapping[str, House]
    """By country and number, as in ``CZ-1``, country by country."""
    today: date

    async def all(self) -> None:
        """One part after the other."""
        known = await self._networks()
        await self._partners(known)
        await self._figures()
        await self._lineage()
        await self._initiatives()
        await self._practices()

    def _of(self, country: str) -> list[House]:
        return [house for house in self.houses.values() if house.country == country]

    async def _networks(self) -> dict[str, str]:
        """Their ids, by what the story calls them."""
        known: dict[str, str] = {}
        members: list[Member] = []
        office = self.client.office()
        for key, network in networks.NETWORKS.items():
            body = networks.registration_of(key, known)
            known[key] = (await self.command("POST", "/networks", office, body, f"network-{key}")).id
            if network.country:
                body = {"criteria": networks.criteria()}
                await self.command("PUT", f"/networks/{known[key]}/criteria", office, body, f"criteria-{key}", 1)
                members += networks.old_list(key, self._of(network.country))
        await together([partial(self._enter, member, known[member.network]) for member in members])
        return known

    async def _enter(self, member: Member, network: str) -> None:
        path, key = f"/networks/{network}/earlier-members", f"member-{member.network}-{member.house.external_id}"
        await self.command("POST", path, self.client.office(), networks.earlier(member), key)

    async def _partners(self, known: Mapping[str, str]) -> None:
        office, house = self.client.office(), self.houses["CZ-1"]
        links = ({"kind": "funder", "network": known["CZ"]}, {"kind": "sponsor", "center": house.id})
        for number, (partner, link) in enumerate(zip(networks.PARTNERS, links, strict=True)):
            found = await self.command("POST", "/partners", office, partner, f"partner-{number}")
            body = {**link, "since": partner["since"]}
            await self.command("POST", f"/partners/{found.id}/links", office, body, f"link-{number}")

    async def _figures(self) -> None:
        houses = {country: self._of(country)[:number] for country, number in _REPORTING.items()}
        told = figures.reports(Random(f"{SEED} figures"), houses, self.today.year - 1)
        await together([partial(self._report, house, sheet) for house, sheet in told])

    async def _report(self, house: House, sheet: Mapping[str, object]) -> None:
        path, token = f"/centers/{house.id}/figures", self.client.center(house.id)
        await self.command("POST", path, token, sheet, f"figures-{house.external_id}-{sheet['year']}")

    async def _lineage(self) -> None:
        for child, (parent, cause, year) in initiatives.FAMILY.items():
            body = {"came_from": self.houses[parent].id, "cause": cause, "year": year}
            path = f"/centers/{self.houses[child].id}/lineage"
            await self.command("PUT", path, self.client.office(), body, f"lineage-{child}")

    async def _initiatives(self) -> None:
        """One that has become a center, and some on their way."""
        everything = len(initiatives.MILESTONES)
        for country, town, language, reached in (("CZ", "Olomouc", "cs", everything), *_ON_THE_WAY):
            began, office = self.today - _BEGAN_BEFORE, self.client.office()
            body = initiatives.proposal(country, town, language, began)
            id = (await self.command("POST", "/initiatives", office, body, f"initiative-{town}")).id
            path, mentor = f"/initiatives/{id}", {"center": self.houses[f"{country}-1"].id, "on": began.isoformat()}
            await self.command("PUT", f"{path}/mentor", office, mentor, f"mentor-{town}")
            days = initiatives.days_of_milestones(began)
            for milestone in initiatives.MILESTONES[:reached]:
                on, key = {"on": days[milestone].isoformat()}, f"{milestone}-{town}"
                await self.command("PUT", f"{path}/milestones/{milestone}", office, on, key)
            if reached == everything:
                opening = initiatives.opening_of(country, town, language, days["first-open-day"])
                await self.command("POST", f"{path}/opening", office, opening, f"opening-{town}")

    async def _practices(self) -> None:
        for writer, practice in zip(_WRITERS, practices.PRACTICES, strict=True):
            house, office = self.houses[writer], self.client.office()
            body = {"center": house.id, **practice}
            written = await self.command("POST", "/practices", self.client.center(house.id), body, f"practice-{writer}")
            for method, step, body in (("PUT", "consent", practices.CONSENT), ("POST", "publication", {})):
                await self.command(method, f"/practices/{written.id}/{step}", office, body, f"{step}-{writer}")
