"""Whether a profile is still true: one click on a signed link confirms it; one that nobody confirms lapses."""

from html import unescape
from urllib.parse import urlsplit

from deploy.demo.chapters.exchange import a_forgotten_house_is_found
from deploy.demo.mail import form_on
from deploy.demo.stage import House, Stage

_ADDRESS = "192.0.2.253"


async def one_click_confirms(stage: Stage) -> None:
    """A house that was asked whether its profile is true opens the link it got, and presses the button."""
    house, client = await _asked(stage), stage.client
    token = client.coordinator(house.country)
    link = (await client.get("directory", f"/centers/{house.id}/verification-link", token)).json()["url"]
    path = urlsplit(link).path
    page = (await client.get("directory", path, language=house.languages[0])).text
    form_on(page)
    untouched = await _check(stage, house)
    await client.press("directory", "confirmation of a profile", path, address=_ADDRESS, form={})
    stage.report.expect(
        "opening the link confirms nothing, one click does, and then it is used up",
        (untouched, await _check(stage, house), await client.status("directory", path)) == ("due", "fresh", 410)
        and house.name in unescape(page),
        str(house),
    )


async def who_does_nothing_lapses(stage: Stage) -> None:
    """Nobody answered for a year and a quarter: asked, asked again, lapsed, out of matching; and back by one word."""
    house = stage.cast.forgotten
    assert house is not None
    kinds = ("VerificationRequested", "VerificationReminded", "VerificationLapsed")
    told = [seen.name for seen in stage.stranger.named(*kinds) if seen.key == house.id]
    stage.report.expect(
        "who does not answer is reminded before the profile lapses, and lapses once",
        told[:1] + told[-1:] == [kinds[0], kinds[-1]] and set(told[1:-1]) == {kinds[1]},
        f"{house}: {', '.join(told)}",
    )
    await a_forgotten_house_is_found(stage)


# ---- pieces


async def _asked(stage: Stage) -> House:
    """A house whose profile is due and that shows its name."""
    found = await stage.client.pages("directory", "/centers", None, check="due", status="active")
    due = {item["id"] for item in found}
    return next(house for house in stage.cast.houses.values() if house.id in due and not house.hides)


async def _check(stage: Stage, house: House) -> str:
    return str((await stage.client.get("directory", f"/centers/{house.id}")).json()["check"])
