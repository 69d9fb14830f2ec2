"""Centers of every sort, for whoever looks at the open data: all there is to say, hidden, shut, closed, from right to
left."""

from collections.abc import Awaitable, Callable
from typing import Any

Done = Callable[..., Awaitable[dict[str, Any]]]

PLACE = {
    "country": "CZ", "region": "Hlavní město", "town": "Praha", "town_point": {"lat": 50.09, "lon": 14.42},
    "postal_code": "190 00", "street": "Hejnická 538", "point": {"lat": 50.12345, "lon": 14.51234},
    "time_zone": "Europe/Prague",
}  # fmt: skip
NAIROBI = {
    "country": "KE", "town": "Nairobi", "town_point": {"lat": -1.29, "lon": 36.82}, "time_zone": "Africa/Nairobi",
}  # fmt: skip
FULL: dict[str, Any] = {
    "name": "Mateřské centrum Praha",
    "names": {"en": "Prague Mother Center", "ar": "مركز الأمهات في براغ"},
    "descriptions": {"cs": "Obývací pokoj.\n\nPro celou čtvrť.", "en": "A living room; for <all> of us, \"really\"."},
    "languages": ["cs", "uk", "ar"],
    "founded": 1992,
    "legal_form": "part-of-another",
    "registration_number": "26999900",
    "contact": {
        "email": "office@praha.example.org", "phone": "+420 555 000 111", "website": "https://praha.example.org/",
    },
    "topics": ["founding-a-center"],
    "accessibility": ["step-free", "near-public-transport"],
    "staff": 1, "volunteers": 28, "families": 150,
    "funding": ["municipality", "donations"],
    "place": PLACE,
    "location_visibility": "exact",
    "services": ["open-cafe", "baby-group"],
}  # fmt: skip
RULES = (
    None, "FREQ=DAILY", "FREQ=DAILY;BYDAY=MO,WE;COUNT=20", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=TU,TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;WKST=SU", "FREQ=WEEKLY;UNTIL=20270701", "FREQ=WEEKLY;BYMONTH=5,6;BYDAY=SA",
    "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=1SA,-1FR", "FREQ=MONTHLY;BYMONTHDAY=1,-1", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2",
    "FREQ=YEARLY;BYMONTH=12;BYDAY=1SU", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
)  # fmt: skip
COURSE: dict[str, Any] = {
    "service": "language-course", "languages": ["cs"], "sign_up": "needed", "ages": {"youngest": 16},
    "price": {"kind": "fee", "amount": "49.50", "currency": "CZK"},
    "hours": [
        {
            "start_date": "2026-09-03", "start_time": "17:30", "end_time": "00:30", **({"rrule": rule} if rule else {}),
            **({"except_dates": ["2026-12-24"], "extra_dates": ["2026-12-21"]} if rule else {}),
        }
        for rule in RULES
    ],
}  # fmt: skip
BARE: dict[str, Any] = {"name": "Bare Bones", "languages": ["en"], "place": {"country": "US", "town": "Springfield"}}
HIDDEN: dict[str, Any] = {
    **FULL,
    "location_visibility": "hidden",
    "discreet_name": "U Lípy",
    "registration_number": "1",
}
RIGHT_TO_LEFT: dict[str, Any] = {
    "name": "مركز الأمهات", "names": {"he": "מרכז אימהות"}, "languages": ["ar", "he"], "place": NAIROBI,
    "descriptions": {"ar": "غرفة معيشة للحي كله."}, "services": ["open-cafe", "second-hand-shop"],
}  # fmt: skip


async def every_sort(done: Done) -> dict[str, str]:
    """Registers them all; their ids by what they are."""

    async def registered(body: dict[str, Any]) -> str:
        return str((await done("POST", "/centers?force=true", body))["id"])

    ids = {
        "full": await registered(FULL),
        "bare": await registered(BARE),
        "hidden": await registered(HIDDEN),
        "rtl": await registered(RIGHT_TO_LEFT),
        "paused": await registered({**FULL, "name": "Paused House", "names": {}, "location_visibility": "town"}),
        "closed": await registered({**FULL, "name": "Closed House", "names": {}}),
        "closed-hidden": await registered({**HIDDEN, "name": "Closed Hideaway"}),
    }
    for sort in ("full", "hidden"):
        await done("POST", f"/centers/{ids[sort]}/services", COURSE)
        await done("POST", f"/centers/{ids[sort]}/services/s2/withdrawal")
        await done("POST", f"/centers/{ids[sort]}/services", {"service": "baby-group", "price": {"kind": "free"}})
        await done("POST", f"/centers/{ids[sort]}/services/s4/pause")
        closures = [{"first_day": "2026-07-01", "last_day": "2026-08-31", "reason": "school-holidays"}]
        await done("PUT", f"/centers/{ids[sort]}/closed-days", {"closures": closures}, match="*")
    await done("POST", f"/centers/{ids['paused']}/pause", {"reason": "renovation", "until": "2026-09-01"})
    await done("POST", f"/centers/{ids['closed']}/closing", {"reason": "merged", "successor": ids["full"]})
    await done("POST", f"/centers/{ids['closed-hidden']}/closing", {"reason": "lost-premises"})
    return ids
