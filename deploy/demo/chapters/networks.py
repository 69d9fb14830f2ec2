"""Networks, from a region to the world: they admit and decline, and know who belonged to them when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from deploy.demo.client import Json
from deploy.demo.stage import House, Member, Stage, together

A_DAY = date(2006, 11, 10)
"""A day of the past on which the network is looked at."""
WORLD, REGION = "world", "south"


@dataclass(frozen=True)
class Network:
    """An invented network, the one that it belongs to, and which houses of its country stand on its list."""

    name: str
    english: str
    languages: tuple[str, ...]
    founded: int
    country: str = ""
    above: str = ""
    members: tuple[int, int] = (0, 0)
    """From where to where they stand in the country's list."""


NETWORKS: Mapping[str, Network] = {
    WORLD: Network("Example Network of Mother Centers", "Example Network of Mother Centers", ("en",), 2000),
    "DE": Network("Beispielverband der Mütterzentren", "Example Federation", ("de",), 1988, "DE", WORLD, (40, 60)),
    REGION: Network("Beispielverband Süd", "Example Federation, South", ("de",), 1994, "DE", "DE", (60, 66)),
    "CZ": Network("Příkladná síť mateřských center", "Example Network", ("cs",), 1996, "CZ", WORLD, (10, 28)),
    "SK": Network("Príkladná únia materských centier", "Example Union", ("sk",), 2003, "SK", WORLD, (8, 18)),
}
"""Each after the one that it belongs to; the national ones by the code of their country."""
_CRITERIA = {
    "open-to-all": {
        "en": "Open to everybody, without a fee at the door",
        "de": "Offen für alle, ohne Eintritt",
        "cs": "Otevřené všem, bez vstupného",
        "sk": "Otvorené všetkým, bez vstupného",
    },
    "led-by-mothers": {
        "en": "Led by those who use it",
        "de": "Geleitet von denen, die es nutzen",
        "cs": "Vedou je ti, kdo je navštěvují",
        "sk": "Vedú ho tí, ktorí ho navštevujú",
    },
    "daily-opening": {
        "en": "Open on every working day",
        "de": "Täglich geöffnet",
        "cs": "Otevřené každý všední den",
        "sk": "Otvorené každý pracovný deň",
    },
}
_MANDATORY = ("open-to-all", "led-by-mothers")
_APPLY = 28
"""From where in its country's list the three houses come that apply."""


async def networks_are_founded(stage: Stage) -> None:
    """The office registers them, their coordinators write down what they ask for and bring their old lists in."""
    client, networks = stage.client, stage.cast.networks
    for key, network in NETWORKS.items():
        body = registration_of(key, networks)
        networks[key] = (await client.command("directory", "POST", "/networks", client.office(), body)).id
        if network.country:
            await client.command(
                "directory", "PUT", f"/networks/{networks[key]}/criteria", _coordinator(stage, key),
                {"criteria": criteria()}, if_match=1,
            )  # fmt: skip
            stage.cast.members += old_list(key, stage.cast.of(network.country))
    await together([partial(_enter, stage, member) for member in stage.cast.members])
    stage.report.say(
        f"{len(networks)} networks are registered, the world's, three national ones and a region's, with "
        f"{len(_CRITERIA)} criteria each; {len(stage.cast.members)} memberships come in from their old lists"
    )
    below = await client.pages("directory", f"/networks/{networks[WORLD]}/members", None, below="true")
    present = sorted(member.house.id for member in stage.cast.members if member.until is None)
    stage.report.expect(
        "the international network knows the members of those below it",
        sorted(each["center"] for each in below) == present,
        f"{len(below)} centers",
    )


async def centers_apply(stage: Stage) -> None:
    """Three Czech houses apply: one is admitted in full, one as a friend, one is declined."""
    full, friend, other = stage.cast.of("CZ")[_APPLY : _APPLY + 3]
    coordinator, network = stage.client.coordinator("CZ"), stage.cast.networks["CZ"]
    applied = {house.id: await _apply(stage, house, network, "full") for house in (full, other)}
    applied[friend.id] = await _apply(stage, friend, network, "friendly")
    early = await stage.client.refused(
        "directory", "POST", f"/memberships/{applied[full.id]}/admission", coordinator, {}
    )
    stage.report.expect(
        "nobody is a full member who was not asked about the criteria",
        early is not None and early.code == "requirements-missing",
        ", ".join(early.problem["missing_criteria"]) if early else "admitted",
    )
    for step, token, body in (
        ("criteria", coordinator, {"version": 1, "met": list(_MANDATORY)}),
        ("code-acceptance", stage.client.center(full.id), {}),
        ("admission", coordinator, {}),
    ):
        method = "PUT" if step == "criteria" else "POST"
        await stage.client.command("directory", method, f"/memberships/{applied[full.id]}/{step}", token, body)
    await stage.client.command("directory", "POST", f"/memberships/{applied[friend.id]}/admission", coordinator, {})
    await stage.client.command(
        "directory", "POST", f"/memberships/{applied[other.id]}/decline", coordinator,
        {"reason": "criteria-not-met", "note": "Next year, when the rooms are open every day."},
    )  # fmt: skip
    stage.cast.members += [Member("CZ", house, stage.today()) for house in (full, friend)]
    stage.report.say(f"{full} is admitted as a full member, {friend} as a friend; {other} is declined")
    told = await _membership(stage, applied[other.id], stage.client.center(other.id))
    await _not_for_everybody(stage, applied[other.id], told)
    await _acts_for(stage, full, other)


async def a_partner_is_found(stage: Stage) -> None:
    """A ministry pays for a network, a foundation for a house, and who houses a hidden one is told to nobody."""
    client, network = stage.client, stage.cast.networks["CZ"]
    coordinator = client.coordinator("CZ")
    house, hidden = stage.cast.in_town("CZ", "Praha"), _hidden(stage, "CZ")
    ministry, foundation = [
        (await client.command("directory", "POST", "/partners", coordinator, body)).id for body in PARTNERS
    ]
    for partner, link, token in (
        (ministry, {"kind": "funder", "network": network}, coordinator),
        (foundation, {"kind": "sponsor", "center": house.id}, client.center(house.id)),
        (foundation, {"kind": "host-of-premises", "center": hidden.id}, client.center(hidden.id)),
    ):
        await client.command(
            "directory", "POST", f"/partners/{partner}/links", token, {**link, "since": "2015-09-01"}
        )  # fmt: skip

    async def found(token: str | None = None, **query: str) -> list[str]:
        return [each["id"] for each in await client.pages("directory", "/partners", token, **query)]

    stage.report.expect(
        "partners are found by what they are to a network, and to a center",
        (await found(network=network), await found(center=house.id)) == ([ministry], [foundation]),
        f"{PARTNERS[0]['name']}, {PARTNERS[1]['name']}",
    )
    stage.report.expect(
        "who gives a hidden house its rooms is told to its own people only",
        (await found(center=hidden.id), await found(client.center(hidden.id), center=hidden.id)) == ([], [foundation]),
    )


async def who_was_a_member_then(stage: Stage) -> None:
    """The networks on a day that was long before this directory."""
    rows, wrong = [], []
    for key, network in NETWORKS.items():
        path = f"/networks/{stage.cast.networks[key]}/members"
        then = await stage.client.pages("directory", path, None, on=A_DAY.isoformat())
        now = await stage.client.pages("directory", path, None)
        mine = [member for member in stage.cast.members if member.network == key]
        for found, day in ((then, A_DAY), (now, stage.today())):
            if {each["center"] for each in found} != {member.house.id for member in mine if member.on(day)}:
                wrong.append(f"{network.name} on {day}")
        if mine:
            rows.append((network.name, len(then), len(now)))
    stage.report.table("Members", ("network", f"on {A_DAY:%-d %B %Y}", "today"), rows)
    stage.report.expect("a network knows who was its member on any day", not wrong, ", ".join(wrong))


# ---- what is told of networks, also to a network that stays

PARTNERS: Sequence[Json] = (
    {
        "name": "Příkladné ministerstvo rodiny",
        "names": {"en": "Example Ministry of the Family"},
        "kind": "ministry",
        "country": "CZ",
        "since": "2015-09-01",
        "website": "https://ministerstvo.example.org/",
        "contact": {"email": "rodina@ministerstvo.example.org"},
    },
    {
        "name": "Nadace Příklad",
        "names": {"en": "Example Foundation"},
        "kind": "foundation",
        "country": "CZ",
        "since": "2015-09-01",
        "website": "https://nadace.example.org/",
        "contact": {"email": "info@nadace.example.org"},
    },
)


def registration_of(key: str, known: Mapping[str, str]) -> Json:
    """A network as it is registered; ``known`` has the ids of those that were registered before."""
    network, label = NETWORKS[key], key.lower()
    level = "international" if key == WORLD else "national" if key == network.country else "regional"
    return {
        "name": network.name,
        "names": {"en": network.english},
        "level": level,
        "country": network.country or None,
        "parent": known[network.above] if network.above else None,
        "languages": list(network.languages),
        "founded": network.founded,
        "website": f"https://{label}.network.example.org/",
        "contact": {"email": f"office@{label}.network.example.org"},
    }


def criteria() -> list[Json]:
    """What a network asks of its members."""
    return [
        {"code": code, "labels": labels, "mandatory": code in _MANDATORY} for code, labels in _CRITERIA.items()
    ]  # fmt: skip


def old_list(key: str, houses: Sequence[House]) -> Iterator[Member]:
    """Who stands on a network's list, since when; one of them left, on the very day the story looks at.

    Nobody who hides stands on the list of a region: that would tell where to look.
    """
    network = NETWORKS[key]
    chosen = [house for house in houses[slice(*network.members)] if key == network.country or not house.hides]
    for number, house in enumerate(chosen):
        since = date(max(house.founded, network.founded) + 1, 5, 1)
        yield Member(key, house, since, A_DAY if number == 1 and since < A_DAY else None)


def earlier(member: Member) -> Json:
    """A membership as it is entered from an old list."""
    until = member.until.isoformat() if member.until else None
    return {"center": member.house.id, "kind": "full", "since": member.since.isoformat(), "until": until}


# ---- pieces


def _coordinator(stage: Stage, key: str) -> str:
    """The token of a network's own coordinator: a national one's may name its country."""
    return stage.client.coordinator(key if key == NETWORKS[key].country else stage.cast.networks[key])


async def _enter(stage: Stage, member: Member) -> None:
    path = f"/networks/{stage.cast.networks[member.network]}/earlier-members"
    token = _coordinator(stage, member.network)
    await stage.client.command("directory", "POST", path, token, earlier(member))


async def _apply(stage: Stage, house: House, network: str, kind: str) -> str:
    body = {"center": house.id, "kind": kind}
    path, token = f"/networks/{network}/members", stage.client.center(house.id)
    return (await stage.client.command("directory", "POST", path, token, body)).id


async def _membership(stage: Stage, id: str, token: str) -> Json:
    found: Json = (await stage.client.get("directory", f"/memberships/{id}", token)).json()
    return found


async def _not_for_everybody(stage: Stage, id: str, told: Json) -> None:
    public = await stage.client.status("directory", f"/memberships/{id}")
    stage.report.expect(
        "why a house was declined is between the two of them",
        public == 404 and (told["reason"], bool(told["internal"]["note"])) == ("criteria-not-met", True),
    )


async def _acts_for(stage: Stage, member: House, stranger: House) -> None:
    """A token that names a network, and no country, is good for its members."""
    token = stage.client.coordinator(stage.cast.networks["CZ"])
    await stage.client.command("directory", "POST", f"/centers/{member.id}/verification", token, {})
    refused = await stage.client.refused("directory", "POST", f"/centers/{stranger.id}/verification", token, {})
    stage.report.expect(
        "a network's coordinator acts for its members and for nobody else",
        refused is not None and refused.status == 403,
        f"for {member}, not for {stranger}",
    )


def _hidden(stage: Stage, country: str) -> House:
    return next(house for house in stage.cast.of(country) if house.hides)
