"""Rules for hours and parts of the day."""

from __future__ import annotations

import re

from bot.vocabulary.numbers import number_of
from bot.vocabulary.time_reader import Reader, lookup
from bot.vocabulary.time_words import FROM, HOURS, PARTS, TO

_CLOCK = re.compile(r"(\d{1,2})(?:h|:)(\d{2})?")
_AT = frozenset("a à m3a maa مع الساعه ساعه عالساعه فالساعه vers heures".split())
_OF = frozenset("d de du dial dyal ديال د في من".split())
_UNTIL = TO | {"et", "و", "a"}
_AFTERNOON = "afternoon"


def _hour(normal: str, is_bare_allowed: bool) -> tuple[int, int] | None:
    """Hours and minutes of a word; a bare number counts only where the words around it speak of time."""
    if found := _CLOCK.fullmatch(normal):
        hour, minute = int(found[1]), int(found[2] or 0)
    elif is_bare_allowed and (number := HOURS.get(normal) or number_of(normal)) is not None:
        hour, minute = number, 0
    else:
        return None
    return (hour, minute) if 0 <= hour < 24 and minute < 60 else None


def hours(reader: Reader, index: int) -> None:
    """de 15h à 18h, 9h-12h, من 3 ل 6, m3a 3, à 15h, 10:00, الساعة 10 صباحا."""
    word = reader.normal(index)
    if word in FROM and reader.normal(index + 2) in _UNTIL:
        first, last = _hour(reader.normal(index + 1), True), _hour(reader.normal(index + 3), True)
        if first and last:
            _claim_hours(reader, first, last, index, 4)
        return
    if word in FROM and _hour(reader.normal(index + 1), True) and (joined := _joined_hour(reader.normal(index + 2))):
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


def _claim_hours(reader: Reader, first: tuple[int, int], last: tuple[int, int] | None, index: int, count: int) -> None:
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
    reader.claim("time_of_day", part or time_of_day(middle), index, count)
    reader.also("time_from", f"{start[0]:02d}:{start[1]:02d}")
    if end:
        reader.also("time_to", f"{end[0] % 24:02d}:{end[1]:02d}")


def time_of_day(hour: float) -> str:
    """The time of day of an hour 0–24: 6–11 morning, 12–17 afternoon, 18–21 evening, else night."""
    if 6 <= hour < 12:
        return "morning"
    if 12 <= hour < 18:
        return "afternoon"
    return "evening" if 18 <= hour < 22 else "night"


def part_of_day(reader: Reader, index: int) -> None:
    part, length = _part_at(reader, index)
    if part:
        reader.claim("time_of_day", part, index, length)


def _part_at(reader: Reader, index: int) -> tuple[str | None, int]:
    """The part of day named at a word, and how many words name it: matin, بعد الزوال."""
    pair = f"{reader.normal(index)} {reader.normal(index + 1)}"
    if pair in PARTS:
        return PARTS[pair], 2
    return lookup(PARTS, reader.normal(index)), 1
