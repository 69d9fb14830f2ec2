"""The exchange: houses open their doors to guests, a visit is matched and held, and a closed host is replaced."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from random import Random

from deploy.demo.client import Json, Refused
from deploy.demo.countries import COUNTRIES, TOPICS
from deploy.demo.ledger import Accepted
from deploy.demo.stage import House, Stage, Visit, together

_ASKED = ("founding-a-center", "self-run-childcare", "father-involvement")
_HOSTS = {"DE": 16, "CZ": 8, "SK": 4, "IT": 3, "NL": 3, "AT": 3, "CH": 2, "HU": 1}
_WINDOW_BEGINS_IN, _WINDOW_DAYS, _STAY = 40, 35, 4


async def houses_offer_to_host(stage: Stage) -> None:
    """Forty houses confirm their profile and offer to host; one offers without having confirmed anything for long."""
    hosts = [house for country, number in _HOSTS.items() for house in stage.cast.of(country)[1 : number + 1]]
    await together([partial(_confirm_and_offer, stage, house) for house in hosts])
    stage.cast.hosts = hosts
    stage.report.say(f"{len(hosts)} houses in {len(_HOSTS)} countries confirm their profiles and offer to host")
    others = (house for house in stage.cast.of("DE") if house not in hosts and house.id not in stage.cast.closed)
    forgotten = min(others, key=lambda house: house.verified_on)
    await offer(stage, forgotten)
    stage.cast.forgotten = forgotten
    stage.report.say(f"so does {forgotten}, whose profile was last confirmed on {forgotten.verified_on}")


async def praha_goes_to_learn(stage: Stage) -> None:
    """Mothers from Praha ask three questions, are matched with reasons, accepted, and confirm."""
    guest = stage.cast.in_town("CZ", "Praha")
    wish = stage.cast.in_town("DE", "München")
    visit, shown = await _request(stage, guest, wish, ("cs", "de"), questions=3)
    report = stage.report
    report.say(f"{guest} asks for a visit; {shown['match']['considered']} houses could host it")
    report.say(f"matched with {visit.host}, {visit.days[0]} to {visit.days[1]}, {shown['match']['score']} points:")
    for reason in shown["match"]["reasons"]:
        report.say(f"  {reason['points']:>3}  {reason['text']}")
    report.expect("the visit from Praha is matched, with reasons", len(shown["match"]["reasons"]) >= 5)
    report.expect("the wish for München is heard", visit.host == wish, str(visit.host))
    await _answer(stage, visit, "acceptance")
    report.expect("the way to the house is told only after confirmation", not await _knows_the_way(stage, visit))
    await _answer(stage, visit, "confirmation")
    report.expect("and then it is", await _knows_the_way(stage, visit))
    programme = [{"title": "Breakfast, and how it began", "topic": topic} for topic in _ASKED]
    await stage.client.command(
        "exchange", "POST", f"/visits/{visit.id}/preparation", stage.client.center(visit.host.id),
        {"host": visit.host.id, "programme": programme},
    )  # fmt: skip
    report.say(f"{visit.host.town} accepts, Praha confirms, the programme is written")


async def a_host_closes(stage: Stage) -> None:
    """A second visit is accepted; then its host closes for good, and its guests are matched anew."""
    guest, wish = stage.cast.in_town("SK", "Bratislava"), stage.cast.in_town("CZ", "Brno")
    visit, _ = await _request(stage, guest, wish, ("sk", "cs", "de"), questions=2)
    await _answer(stage, visit, "acceptance")
    closed = visit.host
    stage.report.say(f"{guest} is matched with {closed}, which accepts — and then loses its premises")
    await stage.client.command(
        "directory", "POST", f"/centers/{closed.id}/closing", stage.client.center(closed.id),
        {"reason": "lost-premises"},
    )  # fmt: skip
    stage.cast.hosts.remove(closed)
    stage.cast.closed.add(closed.id)

    async def matched_anew() -> Json | None:
        found = await _shown(stage, visit.id)
        return found if found["status"] == "matched" and found["host"] != closed.id else None

    found = await stage.until("the visit is matched anew", matched_anew)
    earlier = [(answer["host"], answer["outcome"]) for answer in found["inside"]["earlier"]]
    visit.host, visit.days = stage.cast.house(found["host"]), _days(found)
    stage.report.expect(
        "a closed host's guests are matched anew, and know why",
        earlier == [(closed.id, "host-closed")],
        f"{closed.town} → {visit.host}",
    )
    await _answer(stage, visit, "acceptance")
    await _answer(stage, visit, "confirmation")


async def the_visits_are_held(stage: Stage) -> None:
    """Time passes; of each visit both sides say that it was held, the guests report, the hosts reflect."""
    last = max(visit.days[1] for visit in stage.cast.visits)
    stage.days_later((last - stage.today()).days + 1)
    for visit in stage.cast.visits:
        guest, host = stage.client.center(visit.guest.id), stage.client.center(visit.host.id)
        path = f"/visits/{visit.id}"
        first = await stage.client.command(
            "exchange", "POST", f"{path}/attendance", guest, {"side": "guest", "held": True}
        )
        held = await stage.client.command(
            "exchange", "POST", f"{path}/attendance", host, {"side": "host", "held": True}
        )
        stage.report.expect(
            f"held is held when both sides say so ({visit.guest.town})",
            "VisitHeld" not in first.events and list(held.events) == ["VisitHeld"],
        )
        await stage.client.command("exchange", "POST", f"{path}/report", guest, _report(visit))
        await stage.client.command("exchange", "POST", f"{path}/reflection", host, _reflection(visit))
        stage.report.say(f"{visit.guest} was with {visit.host} from {visit.days[0]}, and tells what it brought home")


async def a_forgotten_house_is_found(stage: Stage) -> None:
    """A host that nobody confirmed for a year and a quarter takes no guests; one confirmation brings it all back."""
    house, client = stage.cast.forgotten, stage.client
    assert house is not None

    async def barred() -> Json | None:
        found: Json = (await client.get("exchange", f"/host-offers/{house.id}")).json()
        return found if found["barred"] else None

    found = await stage.until("the forgotten house is barred", barred)
    lapsed = found["barred"] == ["check-lapsed"]
    await client.command("directory", "POST", f"/centers/{house.id}/verification", client.center(house.id), {})

    async def back() -> bool:
        return not (await client.get("exchange", f"/host-offers/{house.id}")).json()["barred"]

    await stage.until("the forgotten house hosts again", back)
    stage.report.expect("an unconfirmed house hosts nobody until somebody confirms it", lapsed, str(house))


# ---- what other chapters use, too


async def offer(stage: Stage, house: House) -> Accepted:
    """A house offers to host."""
    body = offer_of(house, stage.random)
    return await stage.client.command("exchange", "POST", "/host-offers", stage.client.center(house.id), body)


async def request(
    stage: Stage, guest: House, languages: Sequence[str], questions: int, preferred: Sequence[str] = ()
) -> Accepted:
    """A center asks for a visit."""
    body = wish_of(guest, stage.today(), languages, questions, preferred)
    return await stage.client.command("exchange", "POST", "/visits", stage.client.center(guest.id), body)


def offer_of(house: House, random: Random) -> Json:
    """What a house offers: what Praha asks for if it is in München or Brno, else any five topics."""
    sought = house.town in ("München", "Brno")
    return {
        "center": house.id,
        "topics": [*_ASKED, "newcomers-and-language"] if sought else random.sample(TOPICS, 5),
        "languages": list(dict.fromkeys([*house.languages, "en"])),
        "capacity": random.randint(6, 12),
        "arrival": {
            "address": f"{COUNTRIES[house.country].street} 1, {house.town}",
            "route": "From the station by tram, third stop.",
            "house_rules": "Slippers in the children's room, please.",
        },
    }


def wish_of(guest: House, today: date, languages: Sequence[str], questions: int, preferred: Sequence[str] = ()) -> Json:
    """A request for four days with four guests, six to eleven weeks from today."""
    begins = today + timedelta(days=_WINDOW_BEGINS_IN)
    return {
        "guest": guest.id,
        "questions": [
            {"topic": topic, "text": "How did you begin, and what would you do otherwise?", "language": "en"}
            for topic in _ASKED[:questions]
        ],
        "party": {"guests": 4, "children": 1},
        "window": {"first": begins.isoformat(), "last": (begins + timedelta(days=_WINDOW_DAYS)).isoformat()},
        "length": _STAY,
        "languages": list(languages),
        "preferred": list(preferred),
    }


async def _confirm_and_offer(stage: Stage, house: House) -> None:
    token = stage.client.center(house.id)
    await stage.client.command("directory", "POST", f"/centers/{house.id}/verification", token, {})
    await offer(stage, house)


async def _request(
    stage: Stage, guest: House, wish: House, languages: tuple[str, ...], questions: int
) -> tuple[Visit, Json]:
    """Asks for a visit and waits for its match."""
    accepted = await request(stage, guest, languages, questions, (wish.id,))

    async def matched() -> Json | None:
        found = await _shown(stage, accepted.id)
        return found if found["status"] == "matched" else None

    found = await stage.until("the visit is matched", matched)
    visit = Visit(accepted.id, guest, stage.cast.house(found["host"]), _days(found))
    stage.cast.visits.append(visit)
    return visit, found


async def _answer(stage: Stage, visit: Visit, what: str) -> None:
    """The host accepts, or the guest confirms."""
    accepting = what == "acceptance"
    body = {"host": visit.host.id} if accepting else None
    token = stage.client.center(visit.host.id if accepting else visit.guest.id)
    await stage.client.command("exchange", "POST", f"/visits/{visit.id}/{what}", token, body)


async def _knows_the_way(stage: Stage, visit: Visit) -> bool:
    try:
        await stage.client.get("exchange", f"/visits/{visit.id}/arrival", stage.client.center(visit.guest.id))
    except Refused as refused:
        if refused.status == 403:
            return False
        raise
    return True


async def _shown(stage: Stage, visit: str) -> Json:
    found: Json = (await stage.client.get("exchange", f"/visits/{visit}", stage.client.office())).json()
    return found


def _days(shown: Json) -> tuple[date, date]:
    days = shown["match"]["days"]
    return date.fromisoformat(days["first"]), date.fromisoformat(days["last"])


def _report(visit: Visit) -> Json:
    return {
        "language": visit.guest.languages[0],
        "story": "We saw how it can be done, and drank a lot of coffee.",
        "answered": [1, 2],
        "topics": list(_ASKED[:2]),
        "intentions": [{"topic": "self-run-childcare", "text": "Twice a week from autumn on."}],
    }


def _reflection(visit: Visit) -> Json:
    return {
        "host": visit.host.id,
        "language": visit.host.languages[0],
        "story": "Our guests asked what we had stopped asking ourselves.",
        "topics": ["father-involvement"],
    }
