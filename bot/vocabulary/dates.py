"""Rules for dates: explicit ones, ranges, relative ones, weekdays. Everything relative is counted from the reader's day."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.vocabulary.numbers import number_of
from bot.vocabulary.time_reader import Reader, lookup, stripped
from bot.vocabulary.time_words import (
    AGO,
    BARE_WEEKDAYS,
    DAYS,
    DUALS,
    FIRST,
    FROM,
    HERE,
    IN_AFTER,
    LAST,
    MONTH_LEADS,
    MONTHS,
    NEXT,
    ONE,
    PHRASES,
    THIS,
    TO,
    UNITS,
    WEEK,
    WEEKDAY_LEADS,
    WEEKDAYS,
)

DAY_MONTH = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2,4}))?")
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TO_NUMBER = re.compile(r"(?:ل|l)(\d{1,2})")
_DATE_LEADS = frozenset("le du au nhar yom يوم نهار".split())
_ARTICLES = frozenset("le les l ل".split())
_BETWEEN = TO | {"et", "و", "o", "w"}


def phrase(reader: Reader, index: int) -> None:
    """Fixed phrases of several words: week-end, en semaine, any time, tomorrow …"""
    for length in (4, 3, 2, 1):
        key = " ".join(reader.normal(index + n) for n in range(length))
        value = PHRASES.get(key) or (next((PHRASES[f] for f in stripped(key) if f in PHRASES), None) if length == 1 else None)
        if not value:
            continue
        kind, meaning = value
        if kind == "days" and weekday_at(reader, index + length):
            return  # "kol nhar jem3a" is every Friday, not every day
        if kind == "days":
            first, *rest = meaning.split()
            reader.claim("day", first, index, length)
            for other in rest:
                reader.also("day", other)
        else:
            reader.claim("date", offset(reader.today, meaning), index, length)
        return


def offset(today: date, meaning: str) -> str:
    """A date relative to today: "+1", "-1", "week+1" (Monday to Sunday; this week from today on), "weekend+0", "month-1"."""
    unit, count = re.fullmatch(r"([a-z]*)([+-]\d+)", meaning).groups()  # type: ignore[union-attr]
    n = int(count)
    monday = today - timedelta(days=today.weekday())
    if unit == "week":
        first = monday + timedelta(weeks=n)
        return f"{max(first, today) if n == 0 else first}/{first + timedelta(days=6)}"
    if unit == "weekend":
        saturday = monday + timedelta(weeks=n, days=5)
        return f"{saturday}/{saturday + timedelta(days=1)}"
    if unit == "month":
        months = today.year * 12 + today.month - 1 + n
        first, following = date(months // 12, months % 12 + 1, 1), date((months + 1) // 12, (months + 1) % 12 + 1, 1)
        return f"{max(first, today) if n == 0 else first}/{following - timedelta(days=1)}"
    return str(today + timedelta(days=n))


# ---- explicit dates


def date_range(reader: Reader, index: int) -> None:
    """du 14 au 20 décembre, من 3 إلى 10 دجنبر, mn 20 l 31 decembre, les 20 et 21 mars, du 28/12 au 3/1: a range ``first/last``."""
    first, at = _end_of_range(reader, index)
    if first is None:
        return
    joined = _TO_NUMBER.fullmatch(reader.normal(at))
    if joined:
        last, end = _end_of_range(reader, at, joined[1])
    elif reader.normal(at) in _BETWEEN:
        skipped = 1 if reader.normal(at + 1) in _ARTICLES else 0
        last, end = _end_of_range(reader, at + 1 + skipped)
    else:
        return
    if last is None or last[1] is None:
        return  # without a month these are hours, or two numbers
    _claim_range(reader, first, last, index, end)


_End = tuple[int, "int | None", "str | None"]
"""Day, month, year; None: not said."""


def _end_of_range(reader: Reader, index: int, day: str | None = None) -> tuple[_End | None, int]:
    """The end of a range that starts at a word, and the index behind it."""
    word = day or reader.normal(index)
    if numeric := DAY_MONTH.fullmatch(word):
        return (int(numeric[1]), int(numeric[2]), numeric[3]), index + 1
    number = 1 if word in FIRST else number_of(word.removesuffix("er"))
    if number is None or not 0 < number < 32:
        return None, index
    month = lookup(MONTHS, reader.normal(index + 1))
    year = reader.normal(index + 2) if month else ""
    has_year = year.isdecimal() and len(year) == 4
    return (number, int(month) if month else None, year if has_year else None), index + 1 + bool(month) + has_year


def _claim_range(reader: Reader, first: _End, last: _End, index: int, end: int) -> None:
    month = last[1] or 0
    ends_on = next_date(reader.today, last[0], month, last[2])
    starts_on = ends_on and next_date(min(reader.today, ends_on), first[0], first[1] or month, first[2] or last[2] or None)
    if ends_on is None or starts_on is None:
        reader.has_impossible_date = True
        reader.taken[index:end] = [True] * (end - index)
        return
    if starts_on > ends_on and not last[2]:
        # A range that has begun: from the 20th of November, said on the 24th.
        begun = _date(ends_on.year - (1 if (first[1] or month) > month else 0), first[1] or month, first[0])
        starts_on = begun or starts_on
    before = reader.normal(index - 1)
    start = index - 1 if before in FROM | _ARTICLES else index
    if before in _ARTICLES and reader.normal(index - 2) in FROM:
        start = index - 2
    reader.claim("date", f"{min(starts_on, ends_on)}/{max(starts_on, ends_on)}", start, end - start)


def explicit_date(reader: Reader, index: int) -> None:
    """20/12, 20/12/2026, 2026-12-20, le 20 décembre, 20 دجنبر 2026, فاتح ماي; a weekday before it belongs to it."""
    word = reader.normal(index)
    count, found = 1, None
    day = 1 if word in FIRST else number_of(word.removesuffix("er"))
    if iso := ISO.fullmatch(word):
        found = _date(int(iso[1]), int(iso[2]), int(iso[3]))
    elif numeric := DAY_MONTH.fullmatch(word):
        found = next_date(reader.today, int(numeric[1]), int(numeric[2]), numeric[3])
    elif day and (month := lookup(MONTHS, reader.normal(index + 1))):
        year = reader.normal(index + 2)
        has_year = year.isdecimal() and len(year) == 4
        lead = reader.words[index - 1].normal if index else ""
        # "2 Mars" is a quarter of Casablanca unless it is said like a date.
        if word == "2" and month == "3" and not has_year and lead not in _DATE_LEADS:
            return
        found = next_date(reader.today, day, int(month), year if has_year else None)
        count = 3 if has_year else 2
    if found is None:
        if count > 1 or DAY_MONTH.fullmatch(word) or ISO.fullmatch(word):
            reader.has_impossible_date = True
            reader.taken[index : index + count] = [True] * count  # nor is it a number
        return
    first = index
    if lookup(WEEKDAYS, reader.normal(index - 1)):
        first, count = index - 1, count + 1
    reader.claim("date", str(found), first, count)


def whole_month(reader: Reader, index: int) -> None:
    """en décembre, f décembre, فدجنبر, شهر دجنبر: what is left of it."""
    word = reader.normal(index)
    lead = reader.normal(index - 1)
    month = MONTHS.get(word) if lead in MONTH_LEADS else MONTHS.get(word[1:]) if word[:1] in ("ف", "ب") else None
    if month is None:
        return
    first = next_date(reader.today.replace(day=1), 1, int(month), None)
    if first is not None:
        following = (first + timedelta(days=32)).replace(day=1)
        start = index - 1 if lead in MONTH_LEADS else index
        reader.claim("date", f"{max(first, reader.today)}/{following - timedelta(days=1)}", start, index - start + 1)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def next_date(today: date, day: int, month: int, year: str | None) -> date | None:
    """The date of a day and month: in the year that was said, else the next one from today on; None: in no calendar."""
    if year:
        return _date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _date(today.year, month, day)
    if found is None or found < today:
        # The 29th of February waits for the next leap year.
        later = (_date(today.year + years, month, day) for years in range(1, 9))
        return next((date for date in later if date), None)
    return found


# ---- relative dates


def relative_date(reader: Reader, index: int) -> None:
    """In two weeks, b3d 3 iyam, two days ago; next week, last month, this weekend in any order of words."""
    word = reader.normal(index)
    if word in HERE and reader.normal(index - 1) in FROM and (unit := lookup(UNITS, reader.normal(index + 1))):
        reader.claim("date", _later(reader.today, 1, unit), index - 1, 3)
        return
    if word in IN_AFTER:
        _some_time_off(reader, index, index + 1, forward=True)
        return
    if word in AGO:
        _some_time_off(reader, index, index + 1, forward=False)
        return
    if word == "il" and (reader.normal(index + 1), reader.normal(index + 2)) == ("y", "a"):
        _some_time_off(reader, index, index + 3, forward=False)
        return
    unit = lookup(WEEK, word)
    if not unit:
        return
    before = reader.normal(index - 1)
    if reader.normal(index + 1) in NEXT:
        reader.claim("date", offset(reader.today, f"{unit}+1"), index, 2)
    elif length := _last_at(reader, index + 1):
        reader.claim("date", offset(reader.today, f"{unit}-1"), index, 1 + length)
    elif before in THIS:
        reader.claim("date", offset(reader.today, f"{unit}+0"), index - 1, 2)


def _some_time_off(reader: Reader, start: int, at: int, forward: bool) -> None:
    """So many days, weeks or months from today, counted at a word."""
    sign = 1 if forward else -1
    count, unit = number_of(reader.normal(at)), lookup(UNITS, reader.normal(at + 1))
    single, dual = lookup(UNITS, reader.normal(at)), lookup(DUALS, reader.normal(at))
    if dual:
        reader.claim("date", _later(reader.today, sign * 2, dual), start, at - start + 1)
    elif count and unit:
        reader.claim("date", _later(reader.today, sign * count, unit), start, at - start + 2)
    elif single in ("week", "month"):
        reader.claim("date", _later(reader.today, sign, single), start, at - start + 1)


def _later(today: date, count: int, unit: str) -> str:
    days = {"day": 1, "week": 7, "month": 30}[unit] * max(min(count, 1000), -1000)
    return str(today + timedelta(days=days))


def _last_at(reader: Reader, index: int) -> int:
    """How many words at an index say "last": dernier, الماضي, li fat."""
    if f"{reader.normal(index)} {reader.normal(index + 1)}" in LAST:
        return 2
    return 1 if reader.normal(index) in LAST else 0


# ---- weekdays


def weekday_at(reader: Reader, index: int) -> str | None:
    """The weekday a word names. Bare أحد and 7ed are "anybody" more often than Sunday: they need a word that leads to a day."""
    word = reader.normal(index)
    if word in ONE:
        return None  # واحد is no و + أحد
    if word in BARE_WEEKDAYS and (reader.words[index - 1].normal if index else "") not in WEEKDAY_LEADS:
        return None
    return lookup(WEEKDAYS, word)


def weekday(reader: Reader, index: int) -> None:
    """A weekday alone is a ``day``; with "this", "next" or "last" it is a ``date``; "du lundi au jeudi" are the days between."""
    day = weekday_at(reader, index)
    if day is None:
        return
    following = reader.normal(index + 1)
    if following in NEXT:
        reader.claim("date", str(_coming(reader.today, day)), index, 2)
    elif length := _last_at(reader, index + 1):
        days = 14 if day == DAYS[reader.today.weekday()] else 7
        reader.claim("date", str(_coming(reader.today, day) - timedelta(days=days)), index, 1 + length)
    elif reader.normal(index - 1) in THIS:
        reader.claim("date", str(_coming(reader.today, day)), index - 1, 2)
    elif following in TO and (last := lookup(WEEKDAYS, reader.normal(index + 2))):
        span = _between(day, last)
        reader.claim("day", span[0], index, 3)
        for other in span[1:]:
            reader.also("day", other)
    else:
        reader.claim("day", day, index, 1)


def _coming(today: date, day: str) -> date:
    """The next such weekday after today."""
    return today + timedelta(days=(DAYS.index(day) - today.weekday() - 1) % 7 + 1)


def _between(first: str, last: str) -> list[str]:
    start, count = DAYS.index(first), (DAYS.index(last) - DAYS.index(first)) % 7 + 1
    days = [DAYS[(start + n) % 7] for n in range(count)]
    return ["weekday"] if days == list(DAYS[:5]) else days
