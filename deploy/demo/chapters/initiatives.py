"""A visit leads to a new center: proposed without an account, accompanied, opened; and where all of them came from."""

from collections.abc import Mapping
from datetime import date, timedelta
from xml.etree import ElementTree

from deploy.demo.client import NOBODY, Json
from deploy.demo.stage import House, Initiative, Stage

FAMILY: Mapping[str, tuple[str, str, int]] = {
    "CZ-1": ("DE-3", "visit", 1991),
    "CZ-2": ("CZ-1", "mentor", 1993),
    "CZ-3": ("CZ-1", "inspiration", 1994),
    "SK-1": ("CZ-2", "visit", 1996),
    "SK-2": ("SK-1", "mentor", 1997),
    "AT-1": ("DE-3", "inspiration", 1989),
    "BG-1": ("SK-1", "visit", 2001),
    "BA-1": ("CZ-3", "mentor", 1996),
}
"""Where some of the example's houses came from: the house, the cause and the year, by the house that came."""
MILESTONES = ("group-found", "room-found", "legal-form", "funding", "first-open-day")
_DAYS_BETWEEN = 12
_PICTURE = "lineage.svg"
NEW = "Mateřské centrum Heřmánek"


async def a_visit_is_followed_by_an_idea(stage: Stage) -> None:
    """Women from Olomouc were in the party from Praha. They want a house of their own, and have no account."""
    visit, client = stage.cast.visits[0], stage.client
    body = proposal("CZ", "Olomouc", "cs", stage.today()) | {"inspired_by": {"visit": visit.id}}
    proposed = await client.command("directory", "POST", "/initiatives", NOBODY, body)
    stage.cast.initiative = Initiative(proposed.id, visit, stage.today())
    path = f"/initiatives/{proposed.id}"
    stranger = (await client.get("directory", path)).json()
    insider = (await client.get("directory", path, client.coordinator("CZ"))).json()
    stage.report.expect(
        "what an initiative tells of itself is for its network; not even its town is shown before somebody has looked",
        (stranger["town"], stranger["internal"]) == (None, None)
        and (insider["town"], insider["internal"]["own_words"]) == ("Olomouc", body["own_words"]),
        "Olomouc",
    )
    mentor = visit.guest
    await client.command("directory", "PUT", f"{path}/mentor", client.coordinator("CZ"), {"center": mentor.id})
    stage.report.say(f"after the visit an initiative in Olomouc is proposed; {mentor} accompanies it")


async def it_opens_its_doors(stage: Stage) -> None:
    """Its mentor enters the milestones late, each on its day; then it is a center, and has a place in the family."""
    it, client = stage.cast.initiative, stage.client
    assert it is not None
    mentor, path = client.center(it.visit.guest.id), f"/initiatives/{it.id}"
    days = days_of_milestones(it.proposed)
    for milestone, day in days.items():
        body = {"on": day.isoformat()}
        await client.command("directory", "PUT", f"{path}/milestones/{milestone}", mentor, body)
    opened = days["first-open-day"]
    opening = opening_of("CZ", "Olomouc", "cs", opened)
    await client.command("directory", "POST", f"{path}/opening", client.coordinator("CZ"), opening)

    async def in_the_family() -> Json | None:
        found: Json = (await client.get("directory", f"/centers/{it.id}/lineage")).json()
        return found if found["ancestors"] else None

    lineage = await stage.until("the new center has its place in the family", in_the_family)
    initiative = (await client.get("directory", path, client.office())).json()
    stage.report.say(f"{NEW} (Olomouc) opened its doors on {opened:%-d %B %Y}, after {len(days)} milestones")
    stage.report.expect(
        "an initiative becomes a center under its own id, and what its people told of themselves is forgotten",
        (initiative["status"], initiative["center"]) == ("became-center", it.id)
        and (initiative["internal"]["contact"], initiative["internal"]["own_words"]) == (None, None),
    )
    origin = lineage["center"]["origin"]
    stage.report.expect(
        "it came from the house that was visited, by that visit, with its mentor's help",
        (origin["came_from"], origin["visit"], origin["mentor"]) == (it.visit.host.id, it.visit.id, it.visit.guest.id),
        f"{it.visit.host} → {it.visit.guest.town} → Olomouc",
    )


async def the_family_is_drawn(stage: Stage) -> None:
    """Coordinators enter what old people know; a circle is refused; the whole forest as data and as a picture."""
    client, houses = stage.client, numbered(stage.cast.houses)
    for child, (parent, cause, year) in FAMILY.items():
        house = houses[child]
        body = {"came_from": houses[parent].id, "cause": cause, "year": year}
        token = client.coordinator(house.country)
        await client.command("directory", "PUT", f"/centers/{house.id}/lineage", token, body)
    first, last = houses["DE-3"], houses["BG-1"]
    circle = await client.refused(
        "directory", "PUT", f"/centers/{first.id}/lineage", client.coordinator("DE"),
        {"came_from": last.id, "cause": "mentor"},
    )  # fmt: skip
    stage.report.expect(
        "no house is its own grandmother",
        circle is not None and circle.code == "lineage-cycle",
        " → ".join(stage.cast.house(id).town for id in circle.problem["path"]) if circle else "accepted",
    )
    it = stage.cast.initiative
    assert it is not None
    forest: Json = (await client.get("directory", "/lineage")).json()
    origins = {each["id"]: each["origin"] and each["origin"]["came_from"] for each in forest["members"]}
    wanted = {houses[child].id: houses[parent].id for child, (parent, _, _) in FAMILY.items()}
    stage.report.expect(
        "the forest knows who came from whom",
        wanted | {it.id: it.visit.host.id} == {id: parent for id, parent in origins.items() if parent},
        f"{forest['centers']} centers, {forest['trees']} trees, {forest['generations']} generations",
    )
    picture = (await client.get("directory", "/lineage.svg", language="en")).text
    words = " ".join(ElementTree.fromstring(picture).itertext())  # noqa: S314 - our own
    drawn = [each["name"] for each in forest["members"] if each["name"] in words]
    stage.report.expect("everybody of the family is in its picture", len(drawn) == forest["centers"], f"{len(drawn)}")
    stage.report.say(f"drawn in {stage.keep(_PICTURE, picture)}")


# ---- what is told of initiatives, also to a network that stays


def proposal(country: str, town: str, language: str, on: date) -> Json:
    """People who want to open a center, with somebody's own address and her consent to it."""
    return {
        "country": country,
        "town": town,
        "languages": [language],
        "contact": {
            "email": f"initiative@{country.lower()}.example.org",
            "personal": True,
            "consent": {"wording": 1, "language": "en"},
        },
        "own_words": {"language": language, "text": "Je nás šest a chceme mít obývací pokoj pro všechny."},
        "on": on.isoformat(),
    }


def opening_of(country: str, town: str, language: str, opened: date) -> Json:
    """The registration of the center that an initiative becomes."""
    return {
        "name": NEW,
        "languages": [language],
        "founded": opened.year,
        "place": {"country": country, "town": town},
        "services": ["open-cafe", "drop-in-childcare"],
    }


def days_of_milestones(began: date) -> dict[str, date]:
    """When an initiative came to each of the milestones, one after the other."""
    return {each: began + timedelta(days=_DAYS_BETWEEN * number) for number, each in enumerate(MILESTONES, 1)}


def numbered(houses: Mapping[str, House]) -> dict[str, House]:
    """The houses by country and number, as in ``CZ-1``."""
    return {external_id.rpartition(":")[2]: house for external_id, house in houses.items()}
