"""The engines that are measured, behind the same four questions. SQL joins are in ``benches.sql``."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import fields
from typing import Any, Protocol

import numpy as np

from benches.population import TODAY
from bot.matching import blocks
from bot.matching.columns import MissionColumns, Vector, VolunteerColumns

LENGTH = 40
"""So many candidates a volunteer or mission has."""
ENTRIES = {"closed", "excluded", "busy_slots", "busy_first", "busy_last"}
"""Columns that are not one number a row."""
Ranked = list[tuple[int, int]]
"""Rows and their points, the best first."""


class Engine(Protocol):
    """Something that finds candidates."""

    name: str
    takes_all: bool
    """Whether it is fast enough to be measured on everybody at any size."""

    def batch(self, start: int, end: int) -> tuple[int, int]:
        """The candidates of the volunteers from start to before end: (how many, their points together)."""

    def missions_for(self, volunteer: int) -> Ranked: ...

    def volunteers_for(self, mission: int) -> Ranked: ...

    def clock(self) -> float:
        """CPU seconds that it used so far."""

    def peak_mb(self) -> float:
        """The most memory that it held at once."""

    def notes(self) -> str:
        """What was chosen for it."""

    def close(self) -> None: ...


def part_of(volunteers: VolunteerColumns, start: int, end: int) -> VolunteerColumns:
    """The rows from start to before end, without a copy."""
    cut: dict[str, Vector] = {}
    for column in fields(volunteers):
        values = getattr(volunteers, column.name)
        if column.name.endswith("_from"):
            values = values[start : end + 1]
        elif column.name not in ENTRIES:
            values = values[start:end]
        cut[column.name] = values
    return VolunteerColumns(**cut)


def one_of(missions: MissionColumns, row: int) -> MissionColumns:
    return MissionColumns(**{column.name: getattr(missions, column.name)[row : row + 1] for column in fields(missions)})


def own_peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def ranked(rows: Vector, points: Vector) -> Ranked:
    """A row of lists without the empty places."""
    return [(int(row), int(worth)) for row, worth in zip(rows, points, strict=True) if row != blocks.NOBODY]


class OverColumns:
    """numpy's blocks, or numba's twin of them."""

    def __init__(self, name: str, volunteers: VolunteerColumns, missions: MissionColumns) -> None:
        self.name = name
        self.takes_all = name == "numba"
        self._module: Any = blocks
        if name == "numba":
            from bot.matching import compiled

            compiled.warm()
            self._module = compiled
        self._volunteers, self._missions = volunteers, missions

    def batch(self, start: int, end: int) -> tuple[int, int]:
        rows, points = self._module.best_missions(part_of(self._volunteers, start, end), self._missions, TODAY, LENGTH)
        found = rows != blocks.NOBODY
        return int(found.sum()), int(points[found].sum(dtype=np.int64))

    def missions_for(self, volunteer: int) -> Ranked:
        points = self._module.points_of_one(self._volunteers, volunteer, self._missions, TODAY)[None, :]
        rows = blocks.best(points, points != blocks.NO_MATCH, LENGTH)[0]
        return ranked(rows, points[0][rows])

    def volunteers_for(self, mission: int) -> Ranked:
        rows, points = self._module.best_volunteers(self._volunteers, one_of(self._missions, mission), TODAY, LENGTH)
        return ranked(rows[0], points[0])

    def clock(self) -> float:
        return time.process_time()

    def peak_mb(self) -> float:
        return own_peak_mb()

    def notes(self) -> str:
        return ""

    def close(self) -> None:
        """Nothing is open."""
