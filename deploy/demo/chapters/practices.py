"""What a house does well is written down, agreed to, published, and can be cited for ever as it was read."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from deploy.demo.client import Json
from deploy.demo.stage import House, Stage

_TOPIC = "father-involvement"
_MORE = " Seit diesem Jahr auch den Großvätern."


async def a_practice_is_written_down(stage: Stage) -> None:
    """The host of the visit from Praha writes down what its guests asked about; its coordinator lets it pass."""
    host, client = stage.cast.visits[0].host, stage.client
    token, coordinator = client.center(host.id), client.coordinator(host.country)
    written = await client.command("directory", "POST", "/practices", token, {"center": host.id, **PRACTICES[0]})
    path = f"/practices/{written.id}"
    early = await client.refused("directory", "POST", f"{path}/publication", coordinator, {})
    unseen = await client.status("directory", path)
    await client.command("directory", "PUT", f"{path}/consent", token, CONSENT)
    await client.command("directory", "POST", f"{path}/publication", coordinator, {})
    stage.report.expect(
        "a practice is published when its house has agreed, and not seen before",
        (early and early.code, unseen) == ("consent-missing", 404) and (await _found(stage, "cs")) == [written.id],
        str(host),
    )
    cited = await _read(stage, path, "de")
    stage.report.say(f"“{cited['cite']['text']}”")
    await _it_is_revised(stage, path, host)
    before, now = await _read(stage, urlsplit(cited["cite"]["address"]).path, "de"), await _read(stage, path, "de")
    stage.report.expect(
        "what was cited stays as it was read, beside the edition of today",
        (before["edition"], before["summary"]) == (1, cited["summary"])
        and (now["edition"], now["summary"]) == (2, cited["summary"] + _MORE),
        f"edition {before['edition']} and edition {now['edition']}",
    )
    titles = [(await _read(stage, path, language))["title"] for language in _FATHERS]
    stage.report.expect(
        "each reads it in the language they ask for",
        titles == [text["title"] for text in _FATHERS.values()],
        ", ".join(titles),
    )


# ---- what is told of practices, also to a network that stays

CONSENT: Json = {"wording": 1, "language": "de"}
_LICENSE = "CC-BY-4.0"
_FATHERS = {
    "de": {
        "title": "Samstags kochen die Väter",
        "summary": "Einmal im Monat gehört die Küche den Vätern und den Kindern.",
        "body": "Angefangen haben drei.\n\nMan braucht eine Küche und jemanden, der einkauft.",
    },
    "cs": {
        "title": "V sobotu vaří tátové",
        "summary": "Jednou za měsíc patří kuchyně tátům a dětem.",
        "body": "Začali tři.\n\nStačí kuchyně a někdo, kdo nakoupí.",
    },
}
_SHOP = {
    "cs": {
        "title": "Bazárek, který platí nájem",
        "summary": "Třikrát týdně otevřený obchůdek s dětským oblečením. Z výtěžku se platí polovina nájmu.",
        "body": "Začaly jsme s jedním stojanem na chodbě.\n\nKdo prodává, má ten den oběd zdarma.",
    },
    "en": {
        "title": "A second-hand shop that pays the rent",
        "summary": "Children's clothes, three days a week. Half of the rent comes from it.",
        "body": "We began with one rack in the corridor.\n\nWhoever sells has lunch for free on that day.",
    },
}
_NEWCOMERS = {
    "sk": {
        "title": "Prvé ráno v novom meste",
        "summary": "Kto sa prisťahuje, dostane pozvanie na raňajky od niekoho, kto hovorí jeho jazykom.",
        "body": "Potrebujete stôl, kávu a zoznam jazykov, ktorými sa u vás hovorí.",
    },
    "en": {
        "title": "The first morning in a new town",
        "summary": "Newcomers are asked to breakfast by somebody who speaks their language.",
        "body": "You need a table, coffee, and a list of the languages that are spoken in your house.",
    },
}
PRACTICES: Sequence[Json] = (
    {"kind": "practice", "original": "de", "texts": _FATHERS, "topics": [_TOPIC], "license": _LICENSE},
    {"kind": "practice", "original": "cs", "texts": _SHOP, "topics": ["social-business"], "license": _LICENSE},
    {"kind": "story", "original": "sk", "texts": _NEWCOMERS, "topics": ["newcomers-and-language"], "license": _LICENSE},
)


# ---- pieces


async def _it_is_revised(stage: Stage, path: str, host: House) -> None:
    """A second edition is written and published."""
    client, token = stage.client, stage.client.center(host.id)
    manuscript: Json = (await client.get("directory", f"{path}/manuscript", token)).json()
    content = manuscript["content"]
    content["texts"]["de"]["summary"] += _MORE
    await client.command("directory", "PUT", f"{path}/manuscript", token, content, if_match=manuscript["version"])
    await client.command("directory", "POST", f"{path}/publication", client.coordinator(host.country), {})


async def _read(stage: Stage, path: str, language: str) -> Json:
    found: Json = (await stage.client.get("directory", path, language=language)).json()
    return found


async def _found(stage: Stage, language: str) -> list[str] | None:
    """The practices on the topic with a text in the language, once there are any."""

    async def some() -> list[str] | None:
        found = await stage.client.pages("directory", "/practices", None, topic=_TOPIC, language=language)
        return [each["id"] for each in found] or None

    return await stage.until("the practice is found by its topic", some)
