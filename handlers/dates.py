"""The strict grammar of the dates that people type: British, never guessed, refused with examples."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EARLIEST_YEAR = 1900

WorkingDay = Callable[[date, int], date]


class DoubtfulDate(ValueError):
    """What was typed is no date that can be read in one way only; `sentence` says so to the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class _Wrong(Exception):
    """What is wrong with what was typed, in the words that follow it in the sentence."""


class _Ask(NamedTuple):
    """What a reading may depend on."""

    today: date
    working_day: WorkingDay | None


def read_date(text: str, today: date, *, working_day: WorkingDay | None = None) -> date:
    """The day that was typed; `working_day(day, n)` gives the n-th working day after `day`.

    Day before month; two-figure years are 20xx; without a year, the next such day, today included. A weekday
    is the next one after today: nobody who means today calls it by its name. "next Friday" is refused, since
    half of its readers think of another one. "in 1 month" is the same day of that month, or its last day
    where the month is too short. Raises DoubtfulDate.
    """
    ask, typed = _Ask(today, working_day), _tidied(text)
    try:
        return _checked(_read(typed, ask))
    except _Wrong as wrong:
        raise DoubtfulDate(_sentence(text, str(wrong), today)) from None
    except (ValueError, OverflowError):
        raise DoubtfulDate(_sentence(text, "is not a day in the calendar", today)) from None


def _tidied(text: str) -> str:
    """Small letters, single spaces, and no full stop or comma at the end."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(" .,")


def _read(typed: str, ask: _Ask) -> date:
    for pattern, reading in _GRAMMAR:
        if found := pattern.fullmatch(typed):
            return reading(found, ask)
    raise _Wrong("cannot be read as one day for certain" if typed else "is no date")


def _checked(day: date) -> date:
    if day.year < EARLIEST_YEAR:
        raise _Wrong("is too long ago to be meant")
    return day


# --- what can be typed --------------------------------------------------------------------------------------


def _iso(found: re.Match[str], ask: _Ask) -> date:
    return date(int(found["year"]), int(found["month"]), int(found["day"]))


def _slashed(found: re.Match[str], ask: _Ask) -> date:
    day, month = int(found["day"]), int(found["month"])
    if month > 12 >= day:
        raise _Wrong("has the month before the day")
    return _dated(day, month, found["year"], ask)


def _named(found: re.Match[str], ask: _Ask) -> date:
    day = _dated(int(found["day"]), _month(found["month"]), found["year"], ask)
    if found["weekday"] and _weekday(found["weekday"]) != day.weekday():
        raise _Wrong(f"does not agree with itself, since {_shown(day)} is a {WEEKDAYS[day.weekday()]}")
    return day


def _on_weekday(found: re.Match[str], ask: _Ask) -> date:
    return _after(_weekday(found["weekday"]), ask.today)


def _next_weekday(found: re.Match[str], ask: _Ask) -> date:
    first = _after(_weekday(found["weekday"]), ask.today)
    raise _Wrong(f"may be {_shown(first)} or {_shown(first + timedelta(days=7))}")


def _spoken(found: re.Match[str], ask: _Ask) -> date:
    return ask.today + timedelta(days={"yesterday": -1, "today": 0, "tomorrow": 1}[found[0]])


def _from_now(found: re.Match[str], ask: _Ask) -> date:
    number = int(found["number"]) if found["number"].isdecimal() else 1
    match found["unit"]:
        case "day":
            return ask.today + timedelta(days=number)
        case "week":
            return ask.today + timedelta(weeks=number)
        case "month":
            return _months_on(ask.today, number)
    if ask.working_day is None:
        raise _Wrong("counts working days, which are not known here")
    return ask.working_day(ask.today, number)


def _end_of_month(found: re.Match[str], ask: _Ask) -> date:
    return _last_day(ask.today.year, ask.today.month)


def _end_of_named(found: re.Match[str], ask: _Ask) -> date:
    month = _month(found["month"])
    if found["year"]:
        return _last_day(_year(found["year"]), month)
    return _last_day(ask.today.year + (month < ask.today.month), month)


def _either(names: tuple[str, ...], *short: str) -> str:
    """A pattern for full names and their first three letters; the longest first."""
    words = {n.lower() for n in names} | {n.lower()[:3] for n in names} | set(short)
    return "|".join(sorted(words, key=len, reverse=True))


_MONTH = f"(?P<month>{_either(MONTHS, 'sept')})"
_WEEKDAY = f"(?P<weekday>{_either(WEEKDAYS, 'tues', 'weds', 'thur', 'thurs')})"
_YEAR = "(?P<year>[0-9]{4}|[0-9]{2})"
_DAY = "(?P<day>[0-9]{1,2})"
_NUMBER = "(?P<number>[0-9]{1,5}|an?|one)"

_GRAMMAR: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Ask], date]], ...] = tuple(
    (re.compile(pattern), reading)
    for pattern, reading in (
        (r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})", _iso),
        (rf"{_DAY}/(?P<month>[0-9]{{1,2}})(?:/{_YEAR})?", _slashed),
        (rf"{_DAY}\.(?P<month>[0-9]{{1,2}})\.{_YEAR}", _slashed),
        (rf"{_DAY}-(?P<month>[0-9]{{1,2}})-(?P<year>[0-9]{{4}})", _slashed),
        (
            rf"(?:{_WEEKDAY},? )?(?:the )?{_DAY}(?:st|nd|rd|th)?(?: of)? ?{_MONTH}\.?(?:,? {_YEAR})?",
            _named,
        ),
        (rf"(?P<weekday>){_DAY}-{_MONTH}-{_YEAR}", _named),
        (_WEEKDAY, _on_weekday),
        (rf"next {_WEEKDAY}", _next_weekday),
        ("yesterday|today|tomorrow", _spoken),
        (rf"in {_NUMBER} (?P<unit>day|week|month|working day)s?", _from_now),
        ("(?:the )?end of (?:the |this )?month", _end_of_month),
        (rf"(?:the )?end of {_MONTH}(?:,? {_YEAR})?", _end_of_named),
    )
)


# --- the calendar -------------------------------------------------------------------------------------------


def _dated(day: int, month: int, year: str | None, ask: _Ask) -> date:
    """Of that year; without one, the next such day from today on."""
    if year:
        return date(_year(year), month, day)
    for later in range(9):  # at most eight years lie between two 29ths of February
        wanted = ask.today.year + later
        if 1 <= month <= 12 and 1 <= day <= monthrange(wanted, month)[1]:
            found = date(wanted, month, day)
            if found >= ask.today:
                return found
    raise ValueError(day)


def _year(figures: str) -> int:
    return int(figures) + (2000 if len(figures) == 2 else 0)


def _month(word: str) -> int:
    return 1 + [name.lower()[:3] for name in MONTHS].index(word[:3])


def _weekday(word: str) -> int:
    return [name.lower()[:3] for name in WEEKDAYS].index(word[:3])


def _after(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    last = _last_day(day.year + years, month + 1)
    return last.replace(day=min(day.day, last.day))


# --- what is said -------------------------------------------------------------------------------------------


def _shown(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def _sentence(text: str, wrong: str, today: date) -> str:
    year = today.year + (today > date(today.year, 4, 3))
    examples = f"3 Apr {year}, 3/4/{year} or {year}-04-03"
    said = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    said = said if len(said) <= 40 else said[:39] + "…"
    return f"“{said}” {wrong}: give the date with its year, such as {examples}."
