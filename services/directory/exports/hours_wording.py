"""Opening hours said to people, in English, German and Czech: "Tuesdays and Thursdays 9:00–12:00".

Said is what repeats; days off and extra days are not. In German and Czech days stand as on a door ("Dienstag und
Donnerstag"), so that nothing has to be inflected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list

from services.directory.domain import recurrence
from services.directory.domain.recurrence import Rule
from services.directory.domain.schedule import Schedule

_MOST_DATES = 6
_EVERY_DAY = tuple(range(7))


@dataclass(frozen=True)
class _Words:
    """How one language says it."""

    locale: Locale
    weekday: str
    through: str
    every_day: str
    every_so_many_days: str
    every_so_many_weeks: str
    ordinals: dict[int, str]
    of_the_month: str
    day_of_the_month: str
    last_day_of_the_month: str
    every_year: str
    hours: str
    until: str
    otherwise: str


_ENGLISH = _Words(
    locale=Locale.parse("en_GB"),
    weekday="{}s",
    through="{} to {}",
    every_day="every day",
    every_so_many_days="every {} days from {}",
    every_so_many_weeks="every {} weeks: {}",
    ordinals={1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"},
    of_the_month="{} of the month",
    day_of_the_month="on day {} of the month",
    last_day_of_the_month="on the last day of the month",
    every_year="every year on {}",
    hours="{}–{}",
    until="{}, until {}",
    otherwise="on days shown in the calendar",
)
_GERMAN = _Words(
    locale=Locale.parse("de"),
    weekday="{}",
    through="{} bis {}",
    every_day="täglich",
    every_so_many_days="alle {} Tage ab {}",
    every_so_many_weeks="alle {} Wochen: {}",
    ordinals={1: "1.", 2: "2.", 3: "3.", 4: "4.", 5: "5.", -1: "letzter"},
    of_the_month="{} im Monat",
    day_of_the_month="am {}. des Monats",
    last_day_of_the_month="am letzten Tag des Monats",
    every_year="jedes Jahr am {}",
    hours="{}–{} Uhr",
    until="{}, bis {}",
    otherwise="an den Tagen, die der Kalender zeigt,",
)
_CZECH = _Words(
    locale=Locale.parse("cs"),
    weekday="{}",
    through="{} až {}",
    every_day="denně",
    every_so_many_days="každý {}. den od {}",
    every_so_many_weeks="každý {}. týden: {}",
    ordinals={1: "1.", 2: "2.", 3: "3.", 4: "4.", 5: "5.", -1: "poslední"},
    of_the_month="{} v měsíci",
    day_of_the_month="{}. den v měsíci",
    last_day_of_the_month="poslední den v měsíci",
    every_year="každý rok {}",
    hours="{}–{}",
    until="{}, do {}",
    otherwise="ve dnech, které ukazuje kalendář,",
)
_SPOKEN = {"en": _ENGLISH, "de": _GERMAN, "cs": _CZECH}


def describe(schedule: Schedule, language: str) -> str:
    """The schedule in words; in English for all languages but German and Czech."""
    words = _SPOKEN.get(language, _ENGLISH)
    rule = schedule.rule
    days = _dates(schedule, words) if rule is None else _days(rule, schedule.start_date, words)
    said = f"{days or words.otherwise} {words.hours.format(_clock(schedule.start_time), _clock(schedule.end_time))}"
    if rule:
        if days and rule.months and rule.freq != "YEARLY":
            said += f" ({', '.join(words.locale.months['stand-alone']['wide'][month] for month in rule.months)})"
        if rule.until or rule.count:
            said = words.until.format(said, _date(recurrence.last_day(rule, schedule.start_date), words))
    return said[0].upper() + said[1:]


def _dates(schedule: Schedule, words: _Words) -> str | None:
    dates = sorted({schedule.start_date, *schedule.extra_dates} - {*schedule.except_dates})
    if len(dates) == 1:
        return format_date(dates[0], "full", words.locale)
    return _listed([_date(day, words) for day in dates], words) if 0 < len(dates) <= _MOST_DATES else None


def _days(rule: Rule, start: date, words: _Words) -> str | None:
    """The days of a rule; None for one that has no short name."""
    weekdays = tuple(day.weekday for day in rule.weekdays)
    match rule.freq:
        case "DAILY" if rule.interval > 1:
            return words.every_so_many_days.format(rule.interval, _date(start, words)) if not weekdays else None
        case "DAILY":
            return _weekdays(weekdays or _EVERY_DAY, words)
        case "WEEKLY" if rule.interval > 1:
            days = _weekdays(weekdays or (start.weekday(),), words)
            return words.every_so_many_weeks.format(rule.interval, days)
        case "WEEKLY":
            return _weekdays(weekdays or (start.weekday(),), words)
        case "MONTHLY" if rule.interval == 1:
            return _of_the_month(rule, start, words)
        case "YEARLY" if rule.interval == 1:
            return _of_the_year(rule, start, words)
    return None


def _weekdays(days: Sequence[int], words: _Words) -> str:
    """Monday to Friday; Tuesdays and Thursdays."""
    names = [words.weekday.format(_weekday(day, words)) for day in days]
    if len(days) == len(_EVERY_DAY):
        return words.every_day
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return words.through.format(names[0], names[-1])
    return _listed(names, words)


def _of_the_month(rule: Rule, start: date, words: _Words) -> str | None:
    """First and third Saturday of the month; on day 15 of the month."""
    if not rule.weekdays and not rule.positions:
        days = rule.month_days or (start.day,)
        if days == (-1,):
            return words.last_day_of_the_month
        return words.day_of_the_month.format(days[0]) if len(days) == 1 and days[0] > 0 else None
    numbered = [(day.weekday, day.n or 0) for day in rule.weekdays]
    if rule.positions and len(numbered) == 1 and numbered[0][1] == 0:
        numbered = [(numbered[0][0], position) for position in rule.positions]
    elif rule.positions:
        return None
    if rule.month_days or not all(n in words.ordinals for _, n in numbered):
        return None
    said = []
    for weekday in dict.fromkeys(weekday for weekday, _ in numbered):
        which = sorted((n for day, n in numbered if day == weekday), key=lambda n: n if n > 0 else 9)
        said.append(f"{_listed([words.ordinals[n] for n in which], words)} {_weekday(weekday, words)}")
    return words.of_the_month.format(_listed(said, words))


def _of_the_year(rule: Rule, start: date, words: _Words) -> str | None:
    """Every year on 1 May."""
    match rule.months, rule.month_days:
        case (), ():
            day = start
        case (month,), (number,) if number > 0:
            day = date(2000, month, number)
        case _:
            return None
    if rule.weekdays or rule.positions:
        return None
    return words.every_year.format(format_skeleton("MMMMd", day, locale=words.locale))


def _weekday(day: int, words: _Words) -> str:
    return str(words.locale.days["stand-alone"]["wide"][day])


def _date(day: date, words: _Words) -> str:
    return format_date(day, "long", words.locale)


def _clock(at: time) -> str:
    return f"{at.hour}:{at:%M}"


def _listed(items: Sequence[str], words: _Words) -> str:
    return format_list(list(items), locale=words.locale)
