"""The week as bits: what people say of days and times, and back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.slots import ALL, DAYS, TIMES, bit, days_and_times, expand_days, slots_of, slots_of_dates
from bot.vocabulary.hours import time_of_day

MONDAY = date(2026, 11, 23)


def named(slots: int) -> dict[str, tuple[str, ...]]:
    return dict(days_and_times(slots))


def test_every_slot_has_a_bit_of_its_own() -> None:
    bits = [bit(day, time) for day in DAYS for time in TIMES]
    assert len(set(bits)) == 28
    assert sum(bits) == ALL


@pytest.mark.parametrize(
    ("days", "times", "slots"),
    [
        (["sat"], ["morning"], {"sat": ("morning",)}),
        (["sun", "sat"], ["evening", "morning"], {"sat": ("morning", "evening"), "sun": ("morning", "evening")}),
        # Who says "on Saturdays" does not offer the night.
        (["sat"], [], {"sat": ("morning", "afternoon", "evening")}),
        (["sat"], ["night"], {"sat": ("night",)}),
        ([], ["morning"], dict.fromkeys(DAYS, ("morning",))),
        ([], [], dict.fromkeys(DAYS, ("morning", "afternoon", "evening"))),
        (["weekend"], ["morning"], {"sat": ("morning",), "sun": ("morning",)}),
        (["weekday"], ["morning"], dict.fromkeys(DAYS[:5], ("morning",))),
        (["weekend", "sat", "fri"], ["morning"], dict.fromkeys(("fri", "sat", "sun"), ("morning",))),
        (["weekday", "weekend"], list(TIMES), dict.fromkeys(DAYS, TIMES)),
    ],
)
def test_days_and_times_become_slots(days: list[str], times: list[str], slots: dict[str, tuple[str, ...]]) -> None:
    assert named(slots_of(days, times)) == slots


def test_an_unknown_time_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        slots_of(["sat"], ["noon"])


@given(st.integers(0, ALL))
def test_slots_are_named_and_read_back(slots: int) -> None:
    read = 0
    for day, times in days_and_times(slots):
        read |= slots_of([day], times)
    assert read == slots
    assert list(named(slots)) == list(expand_days(named(slots)))


@given(st.integers(0, 400), st.integers(0, 30))
def test_dates_fall_on_their_weekdays(start: int, length: int) -> None:
    first = MONDAY + timedelta(days=start)
    slots = slots_of_dates(first, first + timedelta(days=length), ["morning"])
    weekdays = {DAYS[(first + timedelta(days=n)).weekday()] for n in range(length + 1)}
    assert named(slots) == {day: ("morning",) for day in DAYS if day in weekdays}


@pytest.mark.parametrize(
    ("hour", "time"),
    [
        (0, "night"),
        (5.9, "night"),
        (6, "morning"),
        (11.9, "morning"),
        (12, "afternoon"),
        (17.5, "afternoon"),
        (18, "evening"),
        (21.9, "evening"),
        (22, "night"),
        (24, "night"),
    ],
)
def test_an_hour_is_a_time_of_day(hour: float, time: str) -> None:
    assert time_of_day(hour) == time
