"""A person whom others may ask, because she said yes; and who is forgotten everywhere when she wants to be."""

from deploy.demo.chapters.exchange import offer_of
from deploy.demo.client import Json
from deploy.demo.stage import House, Person, Stage

_NAME = "Jana Vzorová"
_KNOWN_TO = {"directory": ["center"], "exchange": ["host-offer"], "newsletter": ["subscription"]}
_WHERE = 9
"""Which house of its country's list is hers."""


async def somebody_may_be_asked(stage: Stage) -> None:
    """A Czech house names a contact person with her consent; she also reads the newsletter and takes in guests."""
    house, client = stage.cast.of("CZ")[_WHERE], stage.client
    reader = [each for each in stage.cast.confirmed if each.language == "cs"][-1]
    stage.cast.asked = person = Person(_NAME, house, reader)
    wording = (await client.get("directory", "/consent-wordings/contact-person")).json()["version"]
    body = {
        "person": {"name": person.name, "email": reader.mail, "languages": ["cs", "en"]},
        "consent_given_on": stage.today().isoformat(),
        "consent_wording": wording,
    }
    token = client.center(house.id)
    await client.command("directory", "PUT", f"/centers/{house.id}/contact-person", token, body)
    offer = offer_of(house, stage.random)
    offer["arrival"]["route"] = f"Write to {reader.mail} before you come."
    await client.command("exchange", "POST", "/host-offers", token, offer)
    stage.cast.hosts.append(house)
    member = client.center(stage.cast.of("DE")[0].id)
    seen = await _named(stage, house, member), await _named(stage, house)
    stage.report.expect(
        "a contact person is seen by members of the network, and by nobody else",
        seen == (person.name, None),
        f"{person.name}, {house}",
    )


async def somebody_wants_to_be_forgotten(stage: Stage) -> None:
    """One demand to the office, a receipt from each of the four services, and no trace of her anywhere."""
    person, client = stage.cast.asked, stage.client
    assert person is not None
    asked = await client.command("directory", "POST", "/erasures", client.office(), {"address": person.reader.mail})

    async def completed() -> Json | None:
        found: Json = (await client.get("directory", f"/erasures/{asked.id}", client.office())).json()
        return found if found["status"] == "completed" else None

    found = await stage.until("all four services have answered", completed)
    removed = {each["service"]: [what["kind"] for what in each["removed"]] for each in found["receipts"]}
    stage.report.say(f"somebody wants to be forgotten; {len(removed)} services answer with a receipt:")
    for service, kinds in removed.items():
        stage.report.say(f"  {service:<11} {', '.join(kinds) or 'did not know her'}")
    stage.report.expect(
        "every service says what it has forgotten",
        removed == {"campaign": [], **_KNOWN_TO},
    )
    stage.cast.confirmed.remove(person.reader)
    stage.cast.left.append(person.reader)
    await stage.settled()
    member = client.center(stage.cast.of("DE")[0].id)
    history = (await client.get("directory", f"/centers/{person.house.id}/history", member, limit=200)).text
    texts = [seen.raw.decode() for seen in stage.stranger.events] + [history]
    named = await _named(stage, person.house, member)
    stage.report.expect(
        "no trace of her is left: not in her house's entry, not in its history, on no topic",
        named is None and not any(each in text for text in texts for each in (person.name, person.reader.mail)),
        f"{len(texts) - 1} events looked through",
    )


async def _named(stage: Stage, house: House, token: str | None = None) -> str | None:
    """Who is named as the house's contact, for this reader."""
    shown: Json = (await stage.client.get("directory", f"/centers/{house.id}", token)).json()
    return str(shown["contact_person"]["name"]) if shown["contact_person"] else None
