"""The directory: the list comes in, every center finds its place, and nobody sees what a house hides."""

from collections.abc import Sequence
from pathlib import Path

from deploy.demo.centers import ARABIC_HOUSE, CAFE_HOURS, BadRow
from deploy.demo.client import Json
from deploy.demo.countries import COUNTRIES
from deploy.demo.ledger import Accepted, Request
from deploy.demo.stage import House, Stage
from deploy.importer.directory import Target
from deploy.importer.lists import CenterList
from deploy.importer.report import Outcome
from deploy.importer.report import Report as Imported
from deploy.importer.sending import How, import_centers


async def centers_come_in(stage: Stage) -> None:
    """750 centers of 15 countries are imported from a list with three bad rows; a second run changes nothing."""
    client, report, listed = stage.client, stage.report, stage.listed
    report.say(f"{listed.path} holds {len(listed.centers)} centers of {len(COUNTRIES)} countries, and some bad rows")
    notes = listed.path.parent / "imports" / "story.done"
    checked = await _import(stage, notes, How(dry_run=True))
    present: int = (await client.get("directory", "/countries")).json()["centers"]
    first = await _import(stage, notes)
    new, refused = first.counts[Outcome.NEW], [told for told in first.notable if told.outcome is Outcome.REFUSED]
    report.say(f"{new} new, {len(refused)} refused:")
    for told in refused:
        report.say(f"  {told}")
    report.expect(
        "a dry run foretells what becomes of every row, and changes nothing",
        checked.counts == first.counts and present == 0,
        f"{checked.counts[Outcome.NEW]} would come in",
    )
    report.expect("every center of the list is in", new == len(listed.centers), f"{new} created")
    report.expect(
        "every bad row is reported by its line",
        [told.line for told in refused] == [bad.line for bad in listed.bad],
        _lines(listed.bad),
    )
    second = await _import(stage, notes)
    report.expect(
        "the import run again is a no-op",
        second.counts == {Outcome.DONE: len(listed.centers), Outcome.REFUSED: len(listed.bad)},
        f"{second.counts[Outcome.DONE]} done before",
    )
    await _meet_the_houses(stage)
    await _every_service_knows_them(stage)
    found = (await client.get("directory", "/countries")).json()
    numbers = {item["country"]: item["active"] for item in found["items"]}
    wanted = {code: country.centers for code, country in COUNTRIES.items()}
    report.say("  ".join(f"{code} {numbers.get(code, 0)}" for code in COUNTRIES))
    report.expect("the directory counts 750 centers in 15 countries", numbers == wanted, f"{sum(numbers.values())}")
    await _nobody_sees_what_is_hidden(stage)


async def a_new_center_opens(stage: Stage) -> None:
    """A center that stood on no list is registered by the coordinator of its country."""
    body = {
        "name": "Майчин център „Червено камъче“",
        "names": {"en": "Red Pebble Mother Center"},
        "languages": ["bg", "tr"],
        "place": {"country": "BG", "town": "Русе", "town_point": {"lat": 43.85, "lon": 25.95}},
        "services": ["open-cafe", "newcomer-contact"],
    }
    opened = await stage.client.command("directory", "POST", "/centers", stage.client.coordinator("BG"), body)
    stage.report.say(f"a new one opens: {body['name']} (Русе) — {', '.join(opened.events)}")


async def _import(stage: Stage, notes: Path, how: How = How()) -> Imported:
    network = stage.network
    with stage.report.counting(f"mine import centers{' --dry-run' if how.dry_run else ''}") as progress:
        target = Target(network.address("directory"), stage.client.office())
        return await import_centers(CenterList(stage.listed.path), target, how, notes=notes, progress=progress)


async def _meet_the_houses(stage: Stage) -> None:
    """Reads the whole directory as the office, and writes the imported centers into the ledger."""

    async def all_in_the_list() -> list[Json] | None:
        found = await stage.client.pages("directory", "/centers", stage.client.office())
        return found if len(found) >= len(stage.listed.centers) else None

    found = await stage.until("all centers are listed", all_in_the_list)
    by_external_id = {item["internal"]["external_id"]: item for item in found}
    for row in stage.listed.centers:
        item = by_external_id[row["external_id"]]
        stage.cast.houses[row["external_id"]] = House.of_row(row, item["id"])
        registration = Request("directory", "POST", "/centers", "", row["external_id"])
        stage.ledger.add(Accepted(registration, item["id"], 1, ["CenterRegistered"]))
        if row[CAFE_HOURS]:
            offer = Request("directory", "POST", f"/centers/{item['id']}/services", "", row["external_id"])
            stage.ledger.add(Accepted(offer, item["id"], 2, ["ServiceOffered"]))


async def _every_service_knows_them(stage: Stage) -> None:
    wanted = len(stage.listed.centers)
    for service in ("exchange", "newsletter", "campaign"):

        async def knows_all(service: str = service) -> bool:
            documents: dict[str, int] = (await stage.status(service))["documents"]
            return documents["centers"] >= wanted

        await stage.until(f"{service} has heard of all centers", knows_all)
    stage.report.say("exchange, newsletter and campaign have heard of all of them")


async def _nobody_sees_what_is_hidden(stage: Stage) -> None:
    """Looks at a hidden house, one that shows its town only, and the one written from right to left, as a stranger."""
    hidden, town_only = (
        next(row for row in stage.listed.centers[1:] if row["location_visibility"] == visibility)
        for visibility in ("hidden", "town")
    )
    shown = await _as_a_stranger(stage, hidden["external_id"])
    half_shown = await _as_a_stranger(stage, town_only["external_id"])
    stage.report.expect(
        "a hidden house shows its country and nothing more",
        _only_country(shown) and hidden["town"] not in shown["name"] and shown["contact"] is None,
        shown["name"],
    )
    stage.report.expect(
        "a house may show its town and not its door",
        half_shown["place"]["town"] == town_only["town"] and half_shown["place"]["street"] is None,
        f"{half_shown['name']}, {half_shown['place']['town']}",
    )
    arabic = await _as_a_stranger(stage, ARABIC_HOUSE)
    stage.report.expect("names keep their own script", arabic["name"] == stage.cast.houses[ARABIC_HOUSE].name)


async def _as_a_stranger(stage: Stage, external_id: str) -> Json:
    center = stage.cast.houses[external_id].id
    found: Json = (await stage.client.get("directory", f"/centers/{center}")).json()
    return found


def _only_country(shown: Json) -> bool:
    return [name for name, value in shown["place"].items() if value is not None] == ["country"]


def _lines(bad: Sequence[BadRow]) -> str:
    return ", ".join(f"line {each.line}: {each.mistake}" for each in bad)
