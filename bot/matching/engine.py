"""The one door to matching in bulk: numpy always, numba's compiled twin from the moment on in which it is warm. Both give the same."""

from __future__ import annotations

from datetime import date
from types import ModuleType

import structlog

from bot.matching import blocks
from bot.matching.columns import MissionColumns, Vector, VolunteerColumns

log = structlog.get_logger("matching")
_in_use: ModuleType = blocks
"""bot.matching.blocks or bot.matching.compiled; it is only ever replaced whole, so that threads see one or the other."""


def warm() -> bool:
    """Load and compile what is faster, which takes seconds the first time; a process does it when it starts.

    False where numba is not installed or does not work here: numpy goes on, more slowly.
    """
    global _in_use
    try:
        from bot.matching import compiled

        compiled.warm()
    except ImportError:
        return False
    except Exception:
        # A compiler has many ways to fail (no place to write, a processor it does not know), none of which may keep a bot from starting.
        log.warning("numba.broken", exc_info=True)
        return False
    _in_use = compiled
    return True


def name() -> str:
    """numpy or numba: what calls are answered with now."""
    return "numpy" if _in_use is blocks else "numba"


def best_missions(
    volunteers: VolunteerColumns, missions: MissionColumns, today: date, length: int, price: Vector | None = None
) -> tuple[Vector, Vector]:
    """For each volunteer the missions of the highest points less price, as :func:`bot.matching.blocks.best_missions`."""
    found: tuple[Vector, Vector] = _in_use.best_missions(volunteers, missions, today, length, price)
    return found


def best_volunteers(volunteers: VolunteerColumns, missions: MissionColumns, today: date, length: int) -> tuple[Vector, Vector]:
    """For each mission the volunteers of the most points, as :func:`bot.matching.blocks.best_volunteers`."""
    found: tuple[Vector, Vector] = _in_use.best_volunteers(volunteers, missions, today, length)
    return found


def points_of_one(volunteers: VolunteerColumns, row: int, missions: MissionColumns, today: date) -> Vector:
    """The points of one volunteer with every mission, as :func:`bot.matching.blocks.points_of_one`."""
    return _in_use.points_of_one(volunteers, row, missions, today)
