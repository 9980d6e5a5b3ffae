"""Which values an entity of the contract (docs/understanding.md) may have."""

from __future__ import annotations

import re
from datetime import date

from bot.vocabulary import lists

LISTS = ("cause", "skill", "day", "time_of_day", "organisation_kind", "language", "frequency", "mode")
"""Entities whose values are ids of a closed list."""
ENTITIES = ("place", *LISTS, "date", "number", "mission_ref", "time_from", "time_to")
_MORE_DAYS = ("weekday", "weekend")
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_NUMBER = re.compile(r"0|-?[1-9]\d{0,8}", re.ASCII)
_REFERENCE = re.compile(r"[1-9]\d{0,9}", re.ASCII)


def is_canonical(entity: str, value: str) -> bool:
    """Whether a value is one of its entity; False for an entity that is none."""
    if entity == "place":
        return lists.place(value) is not None
    if entity == "day" and value in _MORE_DAYS:
        return True
    if entity in LISTS:
        return lists.term(entity, value) is not None
    if entity == "date":
        return _is_date_or_range(value)
    pattern = {"number": _NUMBER, "mission_ref": _REFERENCE, "time_from": _HOUR, "time_to": _HOUR}.get(entity)
    return pattern is not None and pattern.fullmatch(value) is not None


def _is_date_or_range(value: str) -> bool:
    first, slash, last = value.partition("/")
    try:
        return date.fromisoformat(first) <= date.fromisoformat(last if slash else first)
    except ValueError:
        return False
