"""The week as 28 bits: seven days of four times of day, so that availability is one integer and overlap one AND."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIMES = ("morning", "afternoon", "evening", "night")
SLOTS_OF_A_WEEK = len(DAYS) * len(TIMES)
ALL = (1 << SLOTS_OF_A_WEEK) - 1
_GROUPS = {"weekday": DAYS[:5], "weekend": DAYS[5:]}


def bit(day: str, time: str) -> int:
    """The bit of one slot, such as ("sat", "morning")."""
    return 1 << (DAYS.index(day) * len(TIMES) + TIMES.index(time))


def expand_days(days: Iterable[str]) -> tuple[str, ...]:
    """Days in the order of the week, with weekday and weekend spelled out."""
    wanted = {single for day in days for single in _GROUPS.get(day, (day,))}
    return tuple(day for day in DAYS if day in wanted)


def slots_of(days: Iterable[str], times: Iterable[str]) -> int:
    """The slots of these days at these times; no day means every day, no time any time but the night.

    Somebody who says "on Saturdays" did not offer to come at three in the morning.
    """
    chosen_days = expand_days(days) or DAYS
    chosen_times = tuple(times) or TIMES[:3]
    slots = 0
    for day in chosen_days:
        for time in chosen_times:
            slots |= bit(day, time)
    return slots


def slots_of_dates(starts_on: date, ends_on: date, times: Iterable[str]) -> int:
    """The weekly slots that the days from starts_on to ends_on, included, fall on."""
    length = min((ends_on - starts_on).days, 6)
    return slots_of((DAYS[(starts_on + timedelta(days=n)).weekday()] for n in range(length + 1)), times)


def days_and_times(slots: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each day that has a slot, with its times, in the order of the week."""
    for day in DAYS:
        times = tuple(time for time in TIMES if slots & bit(day, time))
        if times:
            yield day, times
