"""What lies ahead and just outside: whom a mission would suit before it is published, and what a little more room would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from bot.matching import blocks
from bot.matching.columns import MissionColumns, VolunteerColumns
from bot.matching.model import Forecast, Match, MissionNeed
from bot.matching.slots import ALL, SLOTS_OF_A_WEEK

RADII_KM = (3, 5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)
"""Distances that people think in."""


def forecast(mission: MissionNeed, volunteers: VolunteerColumns, today: date) -> Forecast:
    """How many volunteers a mission would suit, and the weekly slot at which it would suit most."""
    # Numbers that nobody has put aside.
    missions = MissionColumns.of([replace(mission, mission_id=-2), replace(mission, mission_id=-1, slots=ALL)])
    fitting, by_slot = 0, np.zeros(SLOTS_OF_A_WEEK, np.int64)
    step = blocks.PAIRS_AT_ONCE
    for start in range(0, len(volunteers), step):
        rows = slice(start, min(start + step, len(volunteers)))
        fits = blocks.points(volunteers, rows, missions, today) != blocks.NO_MATCH
        fitting += int(fits[:, 0].sum())
        slots = volunteers.slots[rows][fits[:, 1]]
        by_slot += [int(((slots >> bit) & 1).sum()) for bit in range(SLOTS_OF_A_WEEK)]
    best = int(np.argmax(by_slot))
    if by_slot[best] <= fitting:
        return Forecast(fitting)
    return Forecast(fitting, 1 << best, int(by_slot[best]))


def wider_radius(outside: Sequence[Match]) -> tuple[int, int] | None:
    """How far one would have to go for the nearest of missions that are only too far, and how many there are within that.

    Returns kilometres (of RADII_KM) and a count; None where none lies within any of these.
    """
    distances = sorted(match.distance_km for match in outside if match.distance_km is not None)
    if not distances or distances[0] > RADII_KM[-1]:
        return None
    radius = next(km for km in RADII_KM if km >= distances[0])
    return radius, sum(distance <= radius for distance in distances)


def best_day(outside: Sequence[Match], days: Sequence[int]) -> tuple[int, int] | None:
    """The day of the week on which most of the missions take place that are only at the wrong time.

    Args:
        days: the slots of each day, as bits.

    Returns the day's place and a count; None where there are none.
    """
    counts = [sum(bool(match.mission.slots & bits) for match in outside) for bits in days]
    if not counts or max(counts) == 0:
        return None
    best = counts.index(max(counts))
    return best, counts[best]
