"""A day of the past: what the network was like then, and what a closing that is entered late does to it."""

from collections import Counter
from datetime import timedelta

from deploy.demo.chapters.networks import A_DAY
from deploy.demo.client import Json
from deploy.demo.stage import House, Stage

_CLOSED_ON = A_DAY - timedelta(days=71)


async def the_map_of_a_past_day(stage: Stage) -> None:
    """The network on a day long ago, counted by country; the same day once more, when an old closing is entered."""
    wanted = Counter(house.country for house in stage.cast.houses.values() if house.founded <= A_DAY.year)
    counted = await _counts(stage, A_DAY)
    few = ", ".join(f"{country} {number}" for country, number in wanted.most_common(5))
    stage.report.expect(
        "every house of a past day is on its map",
        counted == wanted,
        f"{counted.total()} on {A_DAY}, {len(stage.cast.houses)} today: {few} …",
    )
    house = _long_gone(stage)
    before = _CLOSED_ON - timedelta(days=1)
    the_day_before = await _counts(stage, before)
    await stage.client.command(
        "directory", "POST", f"/centers/{house.id}/closing", stage.client.coordinator("DE"),
        {"reason": "no-volunteers", "on": _CLOSED_ON.isoformat()},
    )  # fmt: skip
    stage.cast.closed.add(house.id)
    stage.report.say(f"somebody remembers that {house} closed on {_CLOSED_ON:%-d %B %Y}, and enters it")

    async def changed() -> bool:
        return await _counts(stage, A_DAY) != counted

    await stage.until("the past day changes", changed)
    one_less = Counter(wanted)
    one_less["DE"] -= 1
    stage.report.expect(
        "what is entered late changes its own days, and none before",
        await _counts(stage, A_DAY) == one_less and await _counts(stage, before) == the_day_before,
        f"{the_day_before['DE']} in DE on {before}, {one_less['DE']} on {A_DAY}",
    )
    day: Json = (await stage.client.get("directory", f"/centers/{house.id}/days/{A_DAY}")).json()
    because = day["because"]["status"]
    stage.report.expect(
        "and the day says by which event it is so, and when that was entered",
        (because["event"], because["recorded"][:10]) == ("CenterClosed", stage.today().isoformat()),
        f"{because['event']}, entered {because['recorded'][:10]}",
    )


async def _counts(stage: Stage, day: object) -> Counter[str]:
    """How many houses were open, by country."""
    found = (await stage.client.get("directory", "/countries", on=str(day))).json()["items"]
    return Counter({item["country"]: item["active"] for item in found if item["active"]})


def _long_gone(stage: Stage) -> House:
    """A house with a past, and without another part in the story."""
    return next(house for house in stage.cast.of("DE")[100:] if house.founded < A_DAY.year - 5)
