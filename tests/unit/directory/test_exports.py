"""Centers as a table, on a map, in an address book, for search engines, and as a page for people."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.importer.lists import CenterList
from services.directory.domain.center import Center
from services.directory.exports import page
from services.directory.service import SERVICE
from shared.spreadsheets import unescaped
from shared.store.port import StoreUnavailable
from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk
from tests.unit.directory.open_centers import FULL, every_sort

NASTY = {
    **FULL, "name": "=HYPERLINK(\"x\");,\\ </script><!--", "names": {"en": "@SUM(A1)", "de": "+49 Haus; Hof, \\n"},
    "descriptions": {"en": "-2+3\n\n</script><script>alert(1)</script> & \u2028 \"quoted\""[:60]},
}  # fmt: skip


@pytest_asyncio.fixture
async def ids(network: MemoryNetwork, office: Desk) -> dict[str, str]:
    found = await every_sort(office.done)
    await network.settle()
    return found


async def rows(desk: Desk, query: str = "") -> dict[str, dict[str, str]]:
    answer = await desk.get(f"/centers.csv{query}")
    assert answer.status_code == 200, answer.text
    lines = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True)
    return {row["external_id"]: {name: unescaped(cell) for name, cell in row.items()} for row in lines}


# ---- the table


async def test_the_table_has_a_line_for_each_center_as_everybody_may_see_it(
    ids: dict[str, str], everybody: Desk
) -> None:
    found = {**await rows(everybody), **await rows(everybody, "?status=closed")}
    assert set(found) == set(ids.values())
    full = found[ids["full"]]
    assert [full[name] for name in ("name", "name_ar", "languages", "lat", "phone", "services", "status")] == [
        "Mateřské centrum Praha", "مركز الأمهات في براغ", "cs;uk;ar", "50.12345", "+420 555 000 111",
        "open-cafe;language-course;baby-group", "active",
    ]  # fmt: skip
    assert full["description_cs"] == "Obývací pokoj.\n\nPro celou čtvrť."
    hidden = found[ids["hidden"]]
    assert (hidden["name"], hidden["country"], hidden["town"], hidden["email"]) == ("U Lípy", "CZ", "", "")
    assert found[ids["rtl"]]["town_lat"] == "-1.29"
    assert [found[ids[sort]]["status"] for sort in ("paused", "closed")] == ["paused", "closed"]
    assert {row["changed"] for row in found.values()} == {"2026-03-01T09:00:00.000Z"}


async def test_the_table_takes_the_filters_of_the_list(ids: dict[str, str], everybody: Desk) -> None:
    assert set(await rows(everybody, "?country=KE")) == {ids["rtl"]}
    assert set(await rows(everybody, "?q=mateřské praha&status=active")) == {ids["full"]}
    assert await rows(everybody, "?q=nothing") == {}
    assert (await everybody.get("/centers.csv?service=cafe")).json()["type"] == "urn:mine:problem:unknown-service"


async def test_a_table_can_be_taken_in_again(
    network: MemoryNetwork, office: Desk, everybody: Desk, tmp_path: Path
) -> None:
    """By the importer, into another directory; what comes out of that one is the same."""
    south_west = {**FULL, "place": {**FULL["place"], "point": {"lat": -0.00001, "lon": -179.5}}}
    for body in (FULL, NASTY, south_west):
        await office.done("POST", "/centers?force=true", body)
    await network.settle()
    (tmp_path / "centers.csv").write_bytes((await everybody.get("/centers.csv")).content)
    before = await rows(everybody)
    async with MemoryNetwork(SERVICE) as other:
        there = Desk(other.client("directory", "office"))
        for row in CenterList(tmp_path / "centers.csv"):
            assert row.faults == ()
            await there.done("POST", "/centers?force=true", row.body)
        await other.settle()
        again = await rows(there)
    assert sorted(map(without_id, again.values())) == sorted(map(without_id, before.values()))


def without_id(row: dict[str, str]) -> list[str]:
    return [cell for name, cell in row.items() if name != "external_id"]


async def test_no_cell_of_the_table_is_a_formula(network: MemoryNetwork, office: Desk, everybody: Desk) -> None:
    await office.done("POST", "/centers", NASTY)
    await network.settle()
    answer = await everybody.get("/centers.csv")
    [_, line] = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True)
    assert not [cell for cell in line if cell.startswith(("=", "+", "-", "@"))]
    assert sum(cell.startswith("'") for cell in line) == 5


async def test_many_centers_come_in_parts_and_each_once(
    network: MemoryNetwork, office: Desk, everybody: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await every_sort(office.done)
    await network.settle()
    monkeypatch.setattr("services.directory.api.exports._AT_ONCE", 2)
    there = sorted(id for sort, id in ids.items() if not sort.startswith("closed"))
    assert sorted(await rows(everybody)) == there
    features = (await everybody.get("/centers.geojson")).json()["features"]
    assert sorted(feature["id"] for feature in features) == there


# ---- the map


async def test_the_map_has_a_feature_for_each_center(ids: dict[str, str], everybody: Desk) -> None:
    answer = await everybody.get("/centers.geojson")
    assert answer.headers["Content-Type"] == "application/geo+json"
    collection = answer.json()
    assert set(collection) == {"type", "features"}
    assert collection["type"] == "FeatureCollection"
    for feature in collection["features"]:
        assert set(feature) == {"type", "id", "geometry", "properties"}
        assert feature["type"] == "Feature"
        assert feature["geometry"] is None or feature["geometry"]["type"] == "Point"
    by_id = {feature["id"]: feature for feature in collection["features"]}

    def where(sort: str) -> tuple[Any, Any]:
        feature = by_id[ids[sort]]
        return (feature["geometry"] or {}).get("coordinates"), feature["properties"]["point_is"]

    assert where("full") == ([14.51234, 50.12345], "door")
    assert where("rtl") == ([36.82, -1.29], "town")
    assert where("hidden") == where("bare") == (None, None)
    assert by_id[ids["full"]]["properties"]["services"] == ["open-cafe", "language-course"]


async def test_an_empty_map_is_a_map(everybody: Desk) -> None:
    assert (await everybody.get("/centers.geojson?country=IT")).json() == {"type": "FeatureCollection", "features": []}


# ---- the card

PROPERTY = re.compile(r"([A-Z]+)((?:;[A-Z]+=(?:[A-Za-z0-9-]+))*):(.*)", re.DOTALL)


def card(text: str) -> list[tuple[str, str, str]]:
    """A vCard, read strictly by RFC 6350: its properties with their parameters and raw values."""
    assert text.endswith("\r\n")
    lines = text.removesuffix("\r\n").split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "\n" not in "".join(lines)
    read = []
    for line in "\r\n".join(lines).replace("\r\n ", "").split("\r\n"):
        found = PROPERTY.fullmatch(line)
        assert found, line
        read.append((found[1], found[2], found[3]))
    names = [name for name, _, _ in read]
    assert names[:2] == ["BEGIN", "VERSION"]
    assert names[-1] == "END"
    assert all(names.count(name) == 1 for name in ("KIND", "UID", "REV", "FN"))
    return read


def values(raw: str, separator: str) -> list[str]:
    """The values of a list or of a structured property. No backslash but before one of ``\\ , ; n``."""
    assert re.fullmatch(r"(?:[^\\]|\\[\\,;n])*", raw, re.DOTALL), raw
    parts = re.split(rf"((?:[^\\{separator}]|\\.)*)(?:{separator}|$)", raw)[1::2]
    plain = [re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], part) for part in parts]
    return plain[: raw.replace("\\\\", "").replace(f"\\{separator}", "").count(separator) + 1]


async def test_the_card_of_a_center(ids: dict[str, str], everybody: Desk) -> None:
    answer = await everybody.get(f"/centers/{ids['full']}.vcf?language=de")
    assert answer.headers["Content-Type"] == "text/vcard; charset=utf-8"
    read = {name: value for name, _, value in card(answer.text)}
    assert read["UID"] == f"urn:uuid:{ids['full']}"
    assert read["FN"] == "Mateřské centrum Praha"
    assert values(read["ADR"], ";") == ["", "", "Hejnická 538", "Praha", "Hlavní město", "190 00", "Tschechien"]
    assert (read["GEO"], read["TEL"]) == ("geo:50.12345,14.51234", "tel:+420555000111")
    assert values(read["CATEGORIES"], ",") == ["Offener Treff und Café", "Sprachkurs"]
    assert read["SOURCE"] == f"http://directory.example.org/centers/{ids['full']}.vcf"


async def test_the_card_of_a_center_that_hides_or_has_closed_leads_nowhere(
    ids: dict[str, str], everybody: Desk
) -> None:
    hidden = {name: value for name, _, value in card((await everybody.get(f"/centers/{ids['hidden']}.vcf")).text)}
    assert values(hidden["ADR"], ";") == ["", "", "", "", "", "", "Czechia"]
    assert hidden["NOTE"] == "This center does not publish where it is."
    assert not {"GEO", "TEL", "EMAIL", "URL", "TZ"} & set(hidden)
    closed = {name: value for name, _, value in card((await everybody.get(f"/centers/{ids['closed']}.vcf")).text)}
    assert closed["NOTE"] == "This center has closed for good."
    assert not {"TEL", "EMAIL", "URL", "CATEGORIES"} & set(closed)


async def test_whatever_a_name_holds_the_card_can_be_read(office: Desk, everybody: Desk) -> None:
    id = (await office.done("POST", "/centers", NASTY))["id"]
    read = {name: value for name, _, value in card((await everybody.get(f"/centers/{id}.vcf")).text)}
    assert values(read["FN"], ",") == [NASTY["name"]]
    assert values(read["NICKNAME"], ",") == ["@SUM(A1)", "+49 Haus; Hof, \\n"]


# ---- for search engines


async def test_schema_org_says_who_where_and_when(ids: dict[str, str], everybody: Desk) -> None:
    answer = await everybody.get(f"/centers/{ids['full']}.jsonld")
    assert answer.headers["Content-Type"] == "application/ld+json"
    facts = answer.json()
    assert (facts["@context"], facts["@type"], facts["name"]) == (
        "https://schema.org", "LocalBusiness", "Mateřské centrum Praha",
    )  # fmt: skip
    assert facts["address"]["streetAddress"] == "Hejnická 538"
    assert facts["geo"] == {"@type": "GeoCoordinates", "latitude": 50.12345, "longitude": 14.51234}
    assert facts["knowsLanguage"] == facts["contactPoint"]["availableLanguage"] == ["cs", "uk", "ar"]
    weekly = next(
        each for each in facts["openingHoursSpecification"] if each.get("dayOfWeek") == ["Tuesday", "Thursday"]
    )
    assert (weekly["opens"], weekly["closes"], weekly["validFrom"]) == ("17:30", "00:30", "2026-09-03")
    [shut] = facts["specialOpeningHoursSpecification"]
    assert (shut["opens"], shut["closes"], shut["validThrough"]) == ("00:00", "00:00", "2026-08-31")
    offers = {offer["itemOffered"]["serviceType"]: offer for offer in facts["makesOffer"]}
    assert set(offers) == {"open-cafe", "language-course"}
    assert (offers["language-course"]["price"], offers["language-course"]["priceCurrency"]) == ("49.50", "CZK")
    assert offers["language-course"]["itemOffered"]["audience"]["suggestedMinAge"] == 16


async def test_a_town_is_an_address_and_no_point_to_go_to(ids: dict[str, str], everybody: Desk) -> None:
    facts = (await everybody.get(f"/centers/{ids['rtl']}.jsonld")).json()
    assert "geo" not in facts
    assert facts["address"] == {"@type": "PostalAddress", "addressLocality": "Nairobi", "addressCountry": "KE"}


async def test_a_center_that_hides_or_has_closed_is_no_place(ids: dict[str, str], everybody: Desk) -> None:
    for sort in ("hidden", "closed", "closed-hidden"):
        facts = (await everybody.get(f"/centers/{ids[sort]}.jsonld")).json()
        assert facts["@type"] == "Organization"
        assert not {"openingHoursSpecification", "email", "telephone", "sameAs"} & set(facts)


async def test_what_is_over_is_not_told_any_more(network: MemoryNetwork, ids: dict[str, str], everybody: Desk) -> None:
    path = f"/centers/{ids['full']}.jsonld"
    before = (await everybody.get(path)).json()
    network.clock.move(timedelta(days=900))
    after = (await everybody.get(path)).json()
    assert "specialOpeningHoursSpecification" not in after
    assert len(after["openingHoursSpecification"]) < len(before["openingHoursSpecification"])


# ---- the page


def facts_of(text: str) -> Any:
    [found] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


async def test_the_page_speaks_the_readers_language(ids: dict[str, str], everybody: Desk) -> None:
    path = f"/centers/{ids['full']}.html"
    for asked, language, about, course in (
        ("de-AT, cs;q=0.5", "de", "Über uns", "Sprachkurs"),
        ("cs", "cs", "O nás", "Jazykový kurz"),
        ("sw", "en", "About us", "Language course"),
    ):
        answer = await everybody.get(path, **{"Accept-Language": asked})
        assert answer.headers["Content-Language"] == language
        assert f'<html lang="{language}" dir="ltr">' in answer.text
        assert about in answer.text
        assert course in answer.text
    assert "Obývací pokoj." in (await everybody.get(f"{path}?language=cs")).text
    assert "A living room; for &lt;all&gt; of us" in (await everybody.get(path)).text


async def test_the_page_and_the_facts_inside_say_what_schema_org_says(ids: dict[str, str], everybody: Desk) -> None:
    for id in ids.values():
        inside = facts_of((await everybody.get(f"/centers/{id}.html")).text)
        assert inside == (await everybody.get(f"/centers/{id}.jsonld")).json()


async def test_nothing_that_a_center_writes_gets_out_of_its_place(office: Desk, everybody: Desk) -> None:
    id = (await office.done("POST", "/centers", NASTY))["id"]
    answer = await everybody.get(f"/centers/{id}.html")
    assert answer.text.count("<script") == answer.text.count("</script>") == 1
    assert facts_of(answer.text)["name"] == NASTY["name"]
    assert html.escape(NASTY["name"], quote=False).replace('"', "&#34;") in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy == page.POLICY
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'")


async def test_names_from_right_to_left_stand_in_their_own_direction(ids: dict[str, str], everybody: Desk) -> None:
    text = (await everybody.get(f"/centers/{ids['rtl']}.html")).text
    assert "<h1><bdi>مركز الأمهات</bdi></h1>" in text
    assert '<bdi lang="he" dir="rtl">מרכז אימהות</bdi>' in text
    assert '<div lang="ar" dir="rtl">' in text


async def test_every_link_of_the_page_to_ourselves_leads_somewhere(ids: dict[str, str], everybody: Desk) -> None:
    path = f"/centers/{ids['full']}.html"
    links = set(re.findall(r'href="([^"]+)"', (await everybody.get(path)).text))
    ours = {f"{path}{link}" if link.startswith("?") else link for link in links if "directory.example.org" in link}
    ours |= {f"{path}{link}" for link in links if link.startswith("?")}
    assert len(ours) >= 6
    for link in ours:
        assert (await everybody.get(link)).status_code == 200


async def test_notices_stand_on_top(network: MemoryNetwork, ids: dict[str, str], everybody: Desk) -> None:
    async def text(sort: str) -> str:
        return str((await everybody.get(f"/centers/{ids[sort]}.html")).text)

    assert "This center is shut until Tuesday, 1 September 2026." in await text("paused")
    assert "Its work is carried on by another center." in await text("closed")
    assert 'name="robots" content="noindex"' in await text("hidden")
    assert "noindex" not in await text("full")
    network.clock.move(timedelta(days=500))
    await network.settle()
    network.clock.move(timedelta(days=100))
    await network.settle()
    assert "Nobody has confirmed this page since Sunday, 1 March 2026." in await text("full")


async def test_hours_stand_there_in_words_and_as_the_next_days(
    network: MemoryNetwork, ids: dict[str, str], everybody: Desk
) -> None:
    path = f"/centers/{ids['full']}.html"
    assert "Fridays" not in (await everybody.get(path)).text  # the course begins in half a year
    network.clock.move(timedelta(days=185))
    text = (await everybody.get(path)).text
    assert "Tuesdays and Thursdays 17:30–0:30 (Not on Thursday, 24 December 2026)" in text
    assert (
        "Every 2 weeks: Fridays 17:30–0:30 "
        "(Next: Friday, 4 September 2026; Friday, 18 September 2026; Friday, 2 October 2026)"
    ) in text
    assert f"/centers/{ids['full']}/calendar.ics" in text
    assert "calendar.ics" not in (await everybody.get(f"/centers/{ids['hidden']}.html")).text


# ---- how it is answered


async def test_a_center_is_still_found_by_its_id_and_nothing_else(ids: dict[str, str], everybody: Desk) -> None:
    assert (await everybody.get(f"/centers/{ids['full']}")).json()["id"] == ids["full"]
    for ending in ("vcf", "jsonld", "html"):
        assert (await everybody.get(f"/centers/nobody.{ending}")).status_code == 404
        answer = await everybody.get(f"/centers/{ids['full']}.{ending}")
        again = await everybody.get(f"/centers/{ids['full']}.{ending}", **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.text) == (304, "")
    assert (await everybody.get(f"/centers/{ids['full']}.pdf")).status_code == 404


async def test_without_a_database_there_is_no_answer_that_breaks_off(
    network: MemoryNetwork, ids: dict[str, str], everybody: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> Any:
        raise StoreUnavailable("away")

    monkeypatch.setattr(network.runtimes["directory"].repository(Center), "find", away)
    for path in ("/centers.csv", "/centers.geojson", "/hsds/services?format=ndjson"):
        assert (await everybody.get(path)).status_code == 503


async def test_a_token_shows_no_more(ids: dict[str, str], everybody: Desk, office: Desk) -> None:
    hidden = ids["hidden"]
    for path in ("/centers.csv", "/centers.geojson", *(f"/centers/{hidden}.{e}" for e in ("vcf", "jsonld", "html"))):
        assert (await office.get(path)).text == (await everybody.get(path)).text


async def test_the_license_and_the_public_address_are_settings() -> None:
    license, public = "https://creativecommons.example.org/by", "https://directory.example.com/"
    async with MemoryNetwork(SERVICE, settings={"data_license": license, "public_url": public}) as network:
        office, everybody = network.client("directory", "office"), network.client("directory")
        answer = await office.post("/centers", json=FULL, headers={"Idempotency-Key": "1"})
        await network.settle()
        own = f"/centers/{answer.json()['id']}"
        for path in ("/hsds", "/hsds/services", "/centers.csv", "/centers.geojson", f"{own}.vcf", f"{own}.html"):
            headers = (await everybody.get(path)).headers
            assert (headers["Link"], headers["Access-Control-Allow-Origin"]) == (f'<{license}>; rel="license"', "*")
        assert f'href="{license}" rel="license noreferrer"' in (await everybody.get(f"{own}.html")).text
        assert (await everybody.get(f"{own}.jsonld")).json()["@id"] == f"https://directory.example.com{own}.html"
        assert (await everybody.get("/hsds")).json()["openapi_url"] == "https://directory.example.com/openapi.json"
