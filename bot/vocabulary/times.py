"""Days, times of day, dates, hours and numbers in what people type, in four registers.

By the contract: a weekday alone is a ``day``; "this" or "next Saturday" is a ``date``; next week is a range ``start/end``; hours give a
``time_of_day`` (6–11 morning, 12–17 afternoon, 18–21 evening, 22–5 night; a range by its middle) and ``time_from``, ``time_to``;
a number inside a date or time is no ``number``. Everything relative is counted from an instant that the caller gives, in legal time.
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.clock import CASABLANCA
from bot.vocabulary import dates, hours
from bot.vocabulary.mentions import Mention
from bot.vocabulary.numbers import number_of
from bot.vocabulary.spelling import normalise
from bot.vocabulary.time_reader import Reader
from bot.vocabulary.time_words import OR

LONGEST_TEXT = 4096
_KILOMETRES = re.compile(r"(\d{1,3})\s*(?:km|kms|kilo\w*|kilom\w*|كلم|كيلو\w*)\b")


def find_times(text: str, now: datetime) -> list[Mention]:
    """Mentions of kind day, time_of_day, date, time_from, time_to and number, in the order of the text.

    ``now`` is an aware datetime. Impossible dates (31/02) give nothing; past ones are given as they stand, for the caller to tell.
    """
    return sorted(_read(text, now).mentions, key=lambda mention: (mention.start, mention.end, mention.kind))


def names_impossible_date(text: str, now: datetime) -> bool:
    """Whether a date is named that no calendar has, such as the 31st of February."""
    return _read(text, now).has_impossible_date


def find_distance_km(text: str) -> int | None:
    """A distance in kilometres that is named, or None."""
    found = _KILOMETRES.search(normalise(text))
    return int(found[1]) if found else None


def _read(text: str, now: datetime) -> Reader:
    reader = Reader(text[:LONGEST_TEXT], now.astimezone(CASABLANCA).date())
    for rule in (
        dates.phrase,
        dates.date_range,
        dates.explicit_date,
        dates.whole_month,
        dates.relative_date,
        dates.weekday,
        hours.hours,
        hours.part_of_day,
        _number,
    ):
        reader.each(rule)
    return reader


def _number(reader: Reader, index: int) -> None:
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


def _compound(reader: Reader, index: int, number: int) -> tuple[int, int]:
    """A spelled number of two parts and its words: vingt-cinq, vingt et un, خمسة و عشرين, khamsa o 3echrin."""
    if reader.normal(index).isdecimal():
        return number, 1
    second, count = reader.normal(index + 1), 2
    if second in ("و", "o", "w", "ou", "et") and (index + 2) < len(reader.words):
        second, count = reader.normal(index + 2), 3
    elif second.startswith("و"):
        second = second.removeprefix("و")
    other = number_of(second) if not second.isdecimal() else None
    if other is None:
        return number, 1
    if other == 10 and 2 < number < 10 and second.startswith("عشر"):
        return number + 10, count  # خمسة عشر
    small, tens = sorted((number, other))
    return (small + tens, count) if small < 10 and tens in range(20, 100, 10) else (number, 1)
