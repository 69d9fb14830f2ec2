"""Opening hours as people write them in one cell: ``Tu,Th 09:00-12:00; Sa 10:00-13:00``.

A part says when, and from what time to what time, once or more often; parts are separated by semicolons or line breaks:

    Mo-Fr 9-12, 14-17            every week; days in English, German, Czech or Slovak, short or long
    daily 9:00-18:00             täglich, denně
    1st Sa 10-13                 every month: 1., 2., 3., 4., last (letzter, poslední); also 1.,3. We
    2026-05-01 10:00-16:00       on that day only
    FREQ=MONTHLY;BYDAY=-1FR 16:00-18:00      any rule of RFC 5545 that the directory takes

Whatever else stands there is refused, never guessed: a door that is shut is worse than a line to mend.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from shared.text import fold

Schedule = dict[str, Any]
"""As the directory's API takes it."""

LONG_SINCE = date(2000, 1, 1)
"""From when weekly hours count when nobody says."""

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NAMES = {
    "en": (
        "mo mon monday, tu tue tues tuesday, we wed wednesday, th thu thur thurs thursday, fr fri friday, "
        "sa sat saturday, su sun sunday"
    ),
    "de": (
        "mo montag montags, di dienstag dienstags, mi mittwoch mittwochs, do donnerstag donnerstags, "
        "fr freitag freitags, sa samstag samstags sonnabend, so sonntag sonntags"
    ),
    "cs": "po pondělí, út úterý, st středa středu, čt čtvrtek, pá pátek, so sobota sobotu, ne neděle neděli",
    "sk": "po pondelok, ut utorok, st streda stredu, št štvrtok, pi piatok, so sobota sobotu, ne nedeľa nedeľu",
}
_DAILY = {"daily", "täglich", "denně", "denne"}
_LAST = {"last", "letzter", "letzte", "letzten", "poslední", "posledni", "posledný", "posledny"}

_TIME = r"[0-9]{1,2}(?:[:.][0-9]{2})?"
_SPAN = rf"{_TIME}-{_TIME}"
_NTH = rf"(?:[1-5](?:\.|st|nd|rd|th)|{'|'.join(sorted(_LAST, key=len, reverse=True))})"
_WORDS = r"[^\W\d_]+\.?(?:[-,/&+ ]+[^\W\d_]+\.?)*"
_PART = re.compile(
    rf"(?:(?:rrule:)?(?P<rule>freq=[^\s]+)|(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"
    rf"|(?P<nth>{_NTH}(?:[,/&+ ]+{_NTH})*)\s*(?P<nth_days>{_WORDS})|(?P<days>{_WORDS}))"
    rf":?\s+(?P<spans>{_SPAN}(?:\s*[,+&]\s*{_SPAN})*)\s*(?:uhr|h|hod\.?)?\s*(?:[;\n,]\s*|$)",
    re.IGNORECASE,
)
_COUNTING = re.compile(r"interval=|count=", re.IGNORECASE)
_LONGEST = 500
_UNDERSTOOD = "write it like Tu,Th 09:00-12:00; Sa 10:00-13:00"


def schedules(text: str, start: date | None = None, languages: Sequence[str] = ()) -> list[Schedule]:
    """The schedules that ``text`` tells; what repeats counts from the day ``start``, else from `LONG_SINCE`.

    ``languages`` decide where a day's name means another day in another language (So: Sunday in German, Saturday in
    Czech), the first one that fits. ValueError, which does not repeat the text, for what cannot be understood.
    """
    parts = list(_parts(text))
    if start is None and any(_COUNTING.search(part["rule"] or "") for part in parts):
        raise ValueError("has a rule that counts weeks, months or times: the column hours_from must say from which day")
    read = {
        language: found
        for language, week in _WEEKS.items()
        if (found := _read(parts, week, start or LONG_SINCE)) is not None
    }
    if not read:
        raise ValueError(f"has a name of a day that is not known; {_UNDERSTOOD}")
    readings = list(read.values())
    if all(found == readings[0] for found in readings):
        return readings[0]
    for language in languages:
        if language in read:
            return read[language]
    raise ValueError("has days that mean others in another language (So, Di ...): say which it is, by hours_language")


def _parts(text: str) -> Iterator[re.Match[str]]:
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than opening hours are ({_LONGEST} characters)")
    told = re.sub(r"[ \t\u00a0]+", " ", text.strip().rstrip(";"))
    told = re.sub(r" ?[-\u2010-\u2015] ?", "-", told)
    place, number = 0, 0
    while place < len(told) or not number:
        number += 1
        part = _PART.match(told, place)
        if part is None:
            raise ValueError(f"is not understood from part {number} on; {_UNDERSTOOD}")
        yield part
        place = part.end()


class _Week:
    """The days' names in one language, also without their accents where that is no other day's name."""

    def __init__(self, language: str) -> None:
        days = [names.split() for names in _NAMES[language].split(", ")]
        self._days = {fold(name): day for day, names in zip(_DAYS, days, strict=True) for name in names}
        self._days |= {name: day for day, names in zip(_DAYS, days, strict=True) for name in names}
        if language == "sk":
            self._days |= {"st": "WE", "št": "TH"}

    def days(self, words: str) -> set[str] | None:
        """The days that are named, one by one or as a range; None when one is no day in this language."""
        found: set[str] = set()
        for item in re.split(r"[,/&+ ]+", words.strip()):
            ends = [self._days.get(end.rstrip(".").casefold()) for end in item.split("-")]
            if None in ends or len(ends) > 2:
                return None
            first, last = (_DAYS.index(str(end)) for end in (ends[0], ends[-1]))
            found |= {_DAYS[day % 7] for day in range(first, last + 1 + (7 if last < first else 0))}
        return found


_WEEKS = {language: _Week(language) for language in _NAMES}


def _read(parts: Sequence[re.Match[str]], week: _Week, start: date) -> list[Schedule] | None:
    """What the parts say in one language; None when a word is no day in it."""
    weekly: dict[tuple[str, str], set[str]] = {}
    others: list[Schedule] = []
    for part in parts:
        spans = [_span(span) for span in re.findall(_SPAN, part["spans"])]
        words = part["nth_days"] or part["days"] or ""
        days = set(_DAYS) if words.casefold() in _DAILY else week.days(words) if words else set()
        if days is None:
            return None
        if part["days"]:
            for span in spans:
                weekly.setdefault(span, set()).update(days)
        else:
            others += [_schedule(span, *_when(part, days, start)) for span in spans]
    every_week = [
        _schedule(span, start, f"FREQ=WEEKLY;BYDAY={','.join(sorted(days, key=_DAYS.index))}")
        for span, days in weekly.items()
    ]
    return every_week + others


def _when(part: re.Match[str], days: set[str], start: date) -> tuple[date, str | None]:
    """From when a part counts, and by which rule it repeats."""
    if part["day"]:
        try:
            return date.fromisoformat(part["day"]), None
        except ValueError:
            raise ValueError("has a day that the calendar does not have") from None
    if part["rule"]:
        return start, part["rule"].upper()
    counts = [
        -1 if count.casefold() in _LAST else int(count[0]) for count in re.findall(_NTH, part["nth"], re.IGNORECASE)
    ]
    numbered = [f"{count}{day}" for count in counts for day in sorted(days, key=_DAYS.index)]
    return start, f"FREQ=MONTHLY;BYDAY={','.join(numbered)}"


def _schedule(span: tuple[str, str], start: date, rule: str | None) -> Schedule:
    told = {"start_date": start.isoformat(), "start_time": span[0], "end_time": span[1]}
    return told | ({"rrule": rule} if rule else {})


def _span(text: str) -> tuple[str, str]:
    """``9-12.30`` as ``("09:00", "12:30")``."""
    begin, end = (_clock(told) for told in text.split("-"))
    if begin == end:
        raise ValueError("has a time that ends when it begins")
    return begin, end


def _clock(told: str) -> str:
    hours, _, minutes = told.replace(".", ":").partition(":")
    if int(minutes or 0) > 59 or int(hours) > 24 or (int(hours) == 24 and int(minutes or 0)):
        raise ValueError("has a time of day that no clock shows")
    return f"{int(hours) % 24:02}:{int(minutes or 0):02}"
