"""Entries are put right: by strangers who know better, and by finding that two of them are one center."""

from urllib.parse import urlsplit

from deploy.demo.client import NOBODY, Json
from deploy.demo.stage import House, Stage


async def a_stranger_knows_better(stage: Stage) -> None:
    """Somebody without an account says what is not right; the house takes over what is true."""
    house = stage.cast.of("CZ")[40]
    founded = house.founded - 1
    path = f"/centers/{house.id}/corrections"
    right, wrong = [
        await stage.client.command("directory", "POST", path, NOBODY, {"change": {"founded": year}, "remark": remark})
        for year, remark in ((founded, "I was there on the first day."), (1850, "Older than you think!"))
    ]
    token = stage.client.center(house.id)
    open_ones = await stage.client.pages("directory", path, token)
    await stage.client.command("directory", "POST", f"/corrections/{right.id}/acceptance", token)
    await stage.client.command("directory", "POST", f"/corrections/{wrong.id}/refusal", token, {"reason": "not-so"})

    async def taken_over() -> bool:
        return bool((await _shown(stage, house))["founded"] == founded)

    await stage.until("the correction is taken over", taken_over)
    stage.report.expect(
        "a stranger's correction goes in when the house says yes, and only then",
        len(open_ones) == 2 and (await _shown(stage, house))["founded"] == founded,
        f"{house} was founded in {founded}, not {house.founded}",
    )


async def two_entries_are_one_center(stage: Stage) -> None:
    """A house is entered again: refused, with a link; entered all the same, and found out in the end."""
    house, client = stage.cast.of("CZ")[42], stage.client
    coordinator = client.coordinator("CZ")
    body = {
        "name": house.name.upper(),
        "languages": [house.languages[0]],
        "place": {"country": "CZ", "town": house.town},
    }
    refusal = await client.refused("directory", "POST", "/centers", coordinator, body)
    twins = refusal.problem["twins"] if refusal else []
    stage.report.expect(
        "a house that is entered twice is refused, with the way to the first entry",
        refusal is not None
        and refusal.code == "possible-duplicate"
        and (await client.get("directory", urlsplit(twins[0]).path)).json()["id"] == house.id,
        f"“{body['name']}”",
    )
    second = await client.command("directory", "POST", "/centers?force=true", coordinator, body)
    await client.command(
        "directory", "POST", f"/centers/{second.id}/closing", coordinator,
        {"reason": "duplicate", "successor": house.id},
    )  # fmt: skip

    async def absorbed() -> bool:
        return bool((await _shown(stage, house))["absorbed"])

    await stage.until("the entry that stays has absorbed the other", absorbed)
    old: Json = (await client.get("directory", f"/centers/{second.id}")).json()
    stage.report.expect(
        "of two entries of one center one absorbs the other, and the old address still leads there",
        (await _shown(stage, house))["absorbed"] == [second.id] and old["successor"] == house.id,
        str(house),
    )


async def _shown(stage: Stage, house: House) -> Json:
    found: Json = (await stage.client.get("directory", f"/centers/{house.id}")).json()
    return found
