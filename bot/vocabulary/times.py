"""Days, times of day, dates, hours and numbers in what people type, in four registers.

By the contract: a weekday alone is a ``day``; "this" or "next Saturday" is a ``date``; next week is a range ``start/end``; hours give a
``time_of_day`` (6–11 morning, 12–17 afternoon, 18–21 evening, 22–5 night; a range by its middle) and ``time_from``, ``time_to``;
a number inside a date or time is no ``number``. Everything relative is counted from an instant that the caller gives, in legal time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache

from bot.clock import CASABLANCA
from bot.vocabulary.mentions import Mention, is_negated
from bot.vocabulary.numbers import number_of
from bot.vocabulary.spelling import normalise, words
from bot.vocabulary.time_words import (
    DAYS,
    DUALS,
    HERE,
    IN_AFTER,
    MONTHS,
    NEXT,
    OR,
    PARTS,
    PHRASES,
    THIS,
    TO,
    UNITS,
    WEEK,
    WEEKDAYS,
)

_CLOCK = re.compile(r"(\d{1,2})(?:h|:)(\d{2})?")
_DAY_MONTH = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2,4}))?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_FROM = frozenset("de du des entre mn men min من بين".split())
_AT = frozenset("a à m3a maa مع الساعه ساعه vers heures".split())
_OF = frozenset("d de du dial dyal ديال د في من".split())
_UNTIL = TO | {"et", "و", "a"}
_DATE_LEADS = frozenset("le du au nhar yom يوم نهار".split())
_MORNING, _AFTERNOON = "morning", "afternoon"
_KILOMETRES = re.compile(r"(\d{1,3})\s*(?:km|kms|kilo\w*|kilom\w*|كلم|كيلو\w*)\b")


class _Reader:
    """One pass over the words of a text: each rule claims words, and a claimed word means nothing else."""

    def __init__(self, text: str, today: date) -> None:
        self.text = text
        self.words = words(text)
        self.today = today
        self.taken = [False] * len(self.words)
        self.mentions: list[Mention] = []
        self.has_impossible_date = False

    def normal(self, index: int) -> str:
        """The normalised word, or nothing beyond the ends and where it is claimed."""
        return self.words[index].normal if 0 <= index < len(self.words) and not self.taken[index] else ""

    def claim(self, kind: str, value: str, first: int, count: int) -> None:
        self.taken[first : first + count] = [True] * count
        start, end = self.words[first].start, self.words[first + count - 1].end
        self.mentions.append(Mention(kind, value, start, end, is_negated(self.text, self.words, first)))

    def also(self, kind: str, value: str) -> None:
        """A second value of the span claimed last."""
        last = self.mentions[-1]
        self.mentions.append(Mention(kind, value, last.start, last.end, last.negated))

    def each(self, rule: Callable[[_Reader, int], None]) -> None:
        for index in range(len(self.words)):
            if not self.taken[index]:
                rule(self, index)


def find_times(text: str, now: datetime) -> list[Mention]:
    """Mentions of kind day, time_of_day, date, time_from, time_to and number, in the order of the text.

    ``now`` is an aware datetime. Impossible dates (31/02) give nothing; past ones are given as they stand, for the caller to tell.
    """
    return sorted(_read(text, now).mentions, key=lambda mention: (mention.start, mention.end, mention.kind))


def names_impossible_date(text: str, now: datetime) -> bool:
    """Whether a date is named that no calendar has, such as the 31st of February."""
    return _read(text, now).has_impossible_date


def _read(text: str, now: datetime) -> _Reader:
    reader = _Reader(text[:4096], now.astimezone(CASABLANCA).date())
    for rule in (_phrase, _explicit_date, _relative_date, _weekday, _hours, _part_of_day, _number):
        reader.each(rule)
    return reader


def find_distance_km(text: str) -> int | None:
    """A distance in kilometres that is named, or None."""
    found = _KILOMETRES.search(normalise(text))
    return int(found[1]) if found else None


@lru_cache(maxsize=8192)
def _stripped(normal: str) -> tuple[str, ...]:
    """A word as it stands and without what may be written to it: f-, b-, l-, و, ف, ب, ل, ال."""
    forms = [normal]
    found = re.match(r"(?:و?[فبلك]?(?:ال|ل)?|(?:w|ou?)?(?:f|b|d)?l?)(?=\w{3})", normal)
    for size in range(1, found.end() + 1 if found else 0):
        forms.append(normal[size:])
    return tuple(forms)


def _lookup(table: dict[str, str], normal: str) -> str | None:
    return next((table[form] for form in _stripped(normal) if form in table), None) if normal else None


def _phrase(reader: _Reader, index: int) -> None:
    """Fixed phrases of several words: week-end, en semaine, any time, tomorrow …"""
    for length in (4, 3, 2, 1):
        key = " ".join(reader.normal(index + n) for n in range(length))
        value = PHRASES.get(key) or (next((PHRASES[f] for f in _stripped(key) if f in PHRASES), None) if length == 1 else None)
        if not value:
            continue
        kind, meaning = value
        if kind == "days" and _lookup(WEEKDAYS, reader.normal(index + length)):
            return  # "kol nhar jem3a" is every Friday, not every day
        if kind == "days":
            first, *rest = meaning.split()
            reader.claim("day", first, index, length)
            for other in rest:
                reader.also("day", other)
        else:
            reader.claim("date", _offset(reader.today, meaning), index, length)
        return


def _offset(today: date, meaning: str) -> str:
    """A date relative to today: "+1", "week+1" (Monday to Sunday), "weekend+0", "month+1"."""
    unit, _, count = meaning.partition("+")
    n = int(count)
    monday = today - timedelta(days=today.weekday())
    if unit == "week":
        first = monday + timedelta(weeks=n)
        return f"{max(first, today)}/{first + timedelta(days=6)}"
    if unit == "weekend":
        saturday = monday + timedelta(weeks=n, days=5)
        return f"{saturday}/{saturday + timedelta(days=1)}"
    if unit == "month":
        first = (today.replace(day=1) + timedelta(days=32 * n)).replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        return f"{max(first, today)}/{following - timedelta(days=1)}"
    return str(today + timedelta(days=n))


def _explicit_date(reader: _Reader, index: int) -> None:
    """20/12, 20/12/2026, 2026-12-20, le 20 décembre, 20 دجنبر 2026; a weekday before it belongs to it."""
    word = reader.normal(index)
    count, found = 1, None
    if iso := _ISO.fullmatch(word):
        found = _date(int(iso[1]), int(iso[2]), int(iso[3]))
    elif numeric := _DAY_MONTH.fullmatch(word):
        found = _next_date(reader.today, int(numeric[1]), int(numeric[2]), numeric[3])
    elif (day := number_of(word.removesuffix("er"))) and (month := _lookup(MONTHS, reader.normal(index + 1))):
        year = reader.normal(index + 2)
        has_year = year.isdigit() and len(year) == 4
        lead = reader.words[index - 1].normal if index else ""
        # "2 Mars" is a quarter of Casablanca unless it is said like a date.
        if word == "2" and month == "3" and not has_year and lead not in _DATE_LEADS:
            return
        found = _next_date(reader.today, day, int(month), year if has_year else None)
        count = 3 if has_year else 2
    if found is None:
        if count > 1 or _DAY_MONTH.fullmatch(word) or _ISO.fullmatch(word):
            reader.has_impossible_date = True
            reader.taken[index : index + count] = [True] * count  # nor is it a number
        return
    first = index
    if _lookup(WEEKDAYS, reader.normal(index - 1)):
        first, count = index - 1, count + 1
    reader.claim("date", str(found), first, count)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _next_date(today: date, day: int, month: int, year: str | None) -> date | None:
    if year:
        return _date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _date(today.year, month, day)
    if found is None or found < today:
        # The 29th of February waits for the next leap year.
        later = (_date(today.year + years, month, day) for years in range(1, 9))
        return next((date for date in later if date), None)
    return found


def _relative_date(reader: _Reader, index: int) -> None:
    """In two weeks, b3d 3 iyam; next week, this weekend, next month in any order of words."""
    word = reader.normal(index)
    if word in HERE and reader.normal(index - 1) in _FROM and (unit := _lookup(UNITS, reader.normal(index + 1))):
        reader.claim("date", _later(reader.today, 1, unit), index - 1, 3)
        return
    if word in IN_AFTER:
        count = number_of(reader.normal(index + 1))
        unit = _lookup(UNITS, reader.normal(index + 2))
        single = _lookup(UNITS, reader.normal(index + 1))
        dual = _lookup(DUALS, reader.normal(index + 1))
        if dual:
            reader.claim("date", _later(reader.today, 2, dual), index, 2)
        elif count and unit:
            reader.claim("date", _later(reader.today, count, unit), index, 3)
        elif single in ("week", "month"):
            reader.claim("date", _later(reader.today, 1, single), index, 2)
        return
    unit = _lookup(WEEK, word)
    if not unit:
        return
    after, before = reader.normal(index + 1), reader.normal(index - 1)
    if after in NEXT:
        reader.claim("date", _offset(reader.today, f"{unit}+1"), index, 2)
    elif before in THIS:
        reader.claim("date", _offset(reader.today, f"{unit}+0"), index - 1, 2)


def _later(today: date, count: int, unit: str) -> str:
    days = {"day": 1, "week": 7, "month": 30}[unit] * min(count, 1000)
    return str(today + timedelta(days=days))


def _weekday(reader: _Reader, index: int) -> None:
    day = _lookup(WEEKDAYS, reader.normal(index))
    if day is None:
        return
    following = reader.normal(index + 1)
    if following in NEXT:
        reader.claim("date", str(_coming(reader.today, day)), index, 2)
    elif reader.normal(index - 1) in THIS:
        reader.claim("date", str(_coming(reader.today, day)), index - 1, 2)
    elif following in TO and (last := _lookup(WEEKDAYS, reader.normal(index + 2))):
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


def _hour(normal: str, is_bare_allowed: bool) -> tuple[int, int] | None:
    """Hours and minutes of a word; a bare number counts only where the words around it speak of time."""
    if found := _CLOCK.fullmatch(normal):
        hour, minute = int(found[1]), int(found[2] or 0)
    elif is_bare_allowed and (number := number_of(normal)) is not None:
        hour, minute = number, 0
    else:
        return None
    return (hour, minute) if 0 <= hour < 24 and minute < 60 else None


def _hours(reader: _Reader, index: int) -> None:
    """de 15h à 18h, 9h-12h, من 3 ل 6, m3a 3, à 15h, 10:00, الساعة 10 صباحا."""
    word = reader.normal(index)
    if word in _FROM and reader.normal(index + 2) in _UNTIL:
        first, last = _hour(reader.normal(index + 1), True), _hour(reader.normal(index + 3), True)
        if first and last:
            _claim_hours(reader, first, last, index, 4)
        return
    if word in _FROM and _hour(reader.normal(index + 1), True) and (joined := _joined_hour(reader.normal(index + 2))):
        _claim_hours(reader, _hour(reader.normal(index + 1), True) or (0, 0), joined, index, 3)
        return
    led = word in _AT and _hour(reader.normal(index + 1), word not in ("a", "à"))
    start = index + 1 if led else index
    first = _hour(reader.normal(start), bool(led))
    if first is None:
        if number_of(word) is not None and reader.normal(index + 1) in ("heure", "heures"):
            reader.taken[index + 1] = True  # a duration: the number stays one
        return
    if reader.normal(start + 1) in _UNTIL and (last := _hour(reader.normal(start + 2), True)):
        _claim_hours(reader, first, last, index, start - index + 3)
    elif (last := _hour(reader.normal(start + 1), False)) and reader.text[
        reader.words[start].end : reader.words[start + 1].start
    ].strip() in ("-", "–", "/"):
        _claim_hours(reader, first, last, index, start - index + 2)
    else:
        _claim_hours(reader, first, None, index, start - index + 1)


def _joined_hour(normal: str) -> tuple[int, int] | None:
    """ل6, l6: the second hour with its preposition."""
    found = re.fullmatch(r"(?:ل|l)(\d{1,2})(?:h(\d{2})?)?", normal)
    return (int(found[1]), int(found[2] or 0)) if found and int(found[1]) < 24 else None


def _claim_hours(reader: _Reader, first: tuple[int, int], last: tuple[int, int] | None, index: int, count: int) -> None:
    """Claim hours; the part of day that follows, or how people use small numbers, says which half of the day is meant."""
    link = 1 if reader.normal(index + count) in _OF and _part_at(reader, index + count + 1)[0] else 0
    part, length = _part_at(reader, index + count + link)
    in_24_hours = first[0] > 12 or (last is not None and last[0] > 12)
    marked = any("h" in reader.words[index + n].normal and number_of(reader.words[index + n].normal) is None for n in range(count))
    later = part in (_AFTERNOON, "evening") or (part is None and not in_24_hours and first[0] <= (5 if marked else 7))
    shift = 12 if later and first[0] < 12 else 0
    start = (first[0] + shift, first[1])
    end = None
    if last is not None:
        end = (last[0] + (12 if last[0] < 12 and (shift or last[0] < start[0]) else 0), last[1])
    middle = (start[0] + start[1] / 60 + (end[0] + end[1] / 60 if end else start[0] + start[1] / 60)) / 2
    if part:
        count += link + length
    reader.claim("time_of_day", part or _time_of_day(middle), index, count)
    reader.also("time_from", f"{start[0]:02d}:{start[1]:02d}")
    if end:
        reader.also("time_to", f"{end[0] % 24:02d}:{end[1]:02d}")


def _time_of_day(hour: float) -> str:
    if 6 <= hour < 12:
        return "morning"
    if 12 <= hour < 18:
        return "afternoon"
    return "evening" if 18 <= hour < 22 else "night"


def _part_of_day(reader: _Reader, index: int) -> None:
    part, length = _part_at(reader, index)
    if part:
        reader.claim("time_of_day", part, index, length)


def _part_at(reader: _Reader, index: int) -> tuple[str | None, int]:
    """The part of day named at a word, and how many words name it: matin, بعد الزوال."""
    pair = f"{reader.normal(index)} {reader.normal(index + 1)}"
    if pair in PARTS:
        return PARTS[pair], 2
    return _lookup(PARTS, reader.normal(index)), 1


def _number(reader: _Reader, index: int) -> None:
    number = number_of(reader.normal(index))
    if number is None:
        return
    following = reader.normal(index + 1)
    # "10 km" is a distance; of "2 or 3" the first counts.
    if re.fullmatch(r"kms?|kilo\w*|كلم|كيلو\w*", following):
        reader.taken[index] = True
        return
    total, count = _compound(reader, index, number)
    reader.claim("number", str(total), index, count)
    if reader.normal(index + count) in OR and number_of(reader.normal(index + count + 1)) is not None:
        reader.taken[index + count + 1] = True


def _compound(reader: _Reader, index: int, number: int) -> tuple[int, int]:
    """A spelled number of two parts and its words: vingt-cinq, vingt et un, خمسة و عشرين, khamsa o 3echrin."""
    if reader.normal(index).isdigit():
        return number, 1
    second, count = reader.normal(index + 1), 2
    if second in ("و", "o", "w", "ou", "et") and (index + 2) < len(reader.words):
        second, count = reader.normal(index + 2), 3
    elif second.startswith("و"):
        second = second.removeprefix("و")
    other = number_of(second) if not second.isdigit() else None
    if other is None:
        return number, 1
    small, tens = sorted((number, other))
    return (small + tens, count) if small < 10 and tens in range(20, 100, 10) else (number, 1)
